"""Hook of mkdocs: brings the pages outside docs/ into the site, and bends the links between the two.

In the repository a page of docs/ links to ``../benchmarks/RESULTS.md``, and that to ``../docs/budgets.md``. In the site
the pages of docs/ stand at the root, everything else under its own path beside them.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"(\]\()(?!https?:|mailto:|#)([^)#\s]+)")
_OUTSIDE = ("benchmarks/RESULTS.md", "benchmarks/results/*.md", "examples/README.md", "CONTRIBUTING.md", "CHANGELOG.md")
_SECURITY = "SECURITY.md"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages outside docs/, and every file that a page links to."""
    pages = {path for pattern in (*_OUTSIDE, _SECURITY) for path in _ROOT.glob(pattern)}
    for path in sorted(pages | _linked({*pages, *(_ROOT / "docs").rglob("*.md")})):
        place = path.relative_to(_ROOT).as_posix()
        if not place.startswith("docs/") and files.get_file_from_path(place) is None:
            files.append(File.generated(config, place, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links as they must be in the site."""
    here = page.file.src_uri
    folder = PurePosixPath(here if (_ROOT / here).is_file() else f"docs/{here}").parent

    def bent(match: re.Match[str]) -> str:
        target = normpath(f"{folder}/{match[2]}")
        if not (_ROOT / target).is_file():
            return match[0]
        return match[1] + relpath(target.removeprefix("docs/"), PurePosixPath(here).parent.as_posix())

    return _LINK.sub(bent, markdown)


def _linked(pages: set[Path]) -> set[Path]:
    """The files of the repository that the pages link to."""
    found = set()
    for page in pages:
        for match in _LINK.finditer(page.read_text(encoding="utf-8")):
            path = Path(normpath(page.parent / match[2]))
            if path.is_file() and path.is_relative_to(_ROOT):
                found.add(path)
    return found
