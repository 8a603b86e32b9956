"""The documentation as a site: every page can be reached, and every link with a place leads to a heading.

`make docs` builds it, with warnings as errors; this needs no site generator.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
_ANCHOR = re.compile(r"\]\(([^)#\s:]*)#([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+?)\s*$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def _nav_pages(nav):
    for entry in nav:
        for target in entry.values():
            if isinstance(target, str):
                yield target
            else:
                yield from _nav_pages(target)


def _anchors(page):
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in _HEADING.findall(text)]
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip()) for heading in headings}


def test_each_page_stands_in_the_navigation_once():
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = list(_nav_pages(yaml.safe_load(config)["nav"]))
    assert sorted(page for page in pages if (DOCS / page).is_file()) == PAGES
    assert all((DOCS / page).is_file() or (ROOT / page).is_file() for page in pages)


@pytest.mark.parametrize("page", ["../README.md", *PAGES])
def test_links_with_a_place_lead_to_a_heading(page):
    here = DOCS / page
    wrong = []
    for target, anchor in _ANCHOR.findall(here.read_text(encoding="utf-8")):
        there = here.parent / target if target else here
        if there.suffix == ".md" and anchor not in _anchors(there):
            wrong.append(f"{target}#{anchor}")
    assert not wrong


def test_the_start_page_leads_to_every_page_in_one_step_or_two():
    def links(page):
        text = (DOCS / page).read_text(encoding="utf-8")
        return {target for target in re.findall(r"\]\(([^)#\s:]+\.md)", text) if (DOCS / target).is_file()}

    near = links("index.md")
    reached = near.union({"index.md"}, *(links(page) for page in near))
    missing = {page for page in PAGES if not page.startswith("reference/")} - reached
    assert not missing
