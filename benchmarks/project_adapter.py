"""The code benchmark's view of a project's context: a plug-in ``(files, query, budget) -> {path: text}``.

The files are written into a temporary folder and indexed there; tasks that follow each other over the same files share
the index. The benchmark counts with cl100k_base.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from laconic.project import ProjectIndex
from laconic.project.context import assemble_context

_last: list[tuple[dict[str, str], tempfile.TemporaryDirectory[str], ProjectIndex]] = []


def _index(files: dict[str, str]) -> ProjectIndex:
    if not _last or _last[0][0] is not files:
        if _last:
            _last[0][2].close()
            _last[0][1].cleanup()
            _last.clear()
        folder = tempfile.TemporaryDirectory()
        root = Path(folder.name) / "project"
        for path, text in files.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode("utf-8", "surrogatepass"))
        index = ProjectIndex.build(root, Path(folder.name) / "index.sqlite", include=["*"])
        _last.append((files, folder, index))
    return _last[0][2]


def context(files: dict[str, str], query: str, budget: int) -> dict[str, str]:
    """`assemble_context` with its defaults and a budget of tokens."""
    found = assemble_context(_index(files), query, max_tokens=budget, model="cl100k_base")
    return {chunk.source_path: chunk.text for chunk in found.chunks}


def wide(files: dict[str, str], query: str, budget: int) -> dict[str, str]:
    """The same with thirty files."""
    found = assemble_context(_index(files), query, k=30, max_tokens=budget, model="cl100k_base")
    return {chunk.source_path: chunk.text for chunk in found.chunks}
