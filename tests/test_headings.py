"""What is kept of a text comes with the headings above it, where there is room, and no heading stands alone."""

from __future__ import annotations

import pytest

import laconic
from laconic.kinds.prose.segment import ProseSegmenter
from laconic.types import Passage

CHANGES = "# Changelog\n\n" + "\n\n".join(
    f"## 1.{minor}.0 (May {minor + 1}, 2021)\n\n### Added\n\n- Support for code page {minor}.\n- A faster reader.\n\n"
    f"### Removed\n\n- Support for Fortran {60 + minor} compilers has been dropped.\n\n---"
    for minor in range(12)
)


def under(text: str) -> dict[str, list[str]]:
    """Of each segment that is no heading the headings that it names."""
    segments = ProseSegmenter().segment(Passage(text), 0, 0)
    words = [text[segment.start : segment.end] for segment in segments]
    return {words[at]: [words[up] for up in each.under] for at, each in enumerate(segments) if each.kind != "heading"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Top\n\nOne is here.\n\n## Sub\n\nTwo is here.\n\n# Next\n\nThree is here.", ["Top", "Sub Top", "Next"]),
        ("Top\n===\n\nOne is here.\n\nSub\n---\n\nTwo is here.\n\nNext\n====\n\nThree.", ["Top", "Sub Top", "Next"]),
        ("= Top\n\nOne is here.\n\n== Sub\n\nTwo is here.\n\n= Next\n\nThree is here.", ["Top", "Sub Top", "Next"]),
        ("# A\n\n## B\n\n### C\n\nOnly the nearest two are named.", ["C B"]),
        ("Nothing stands above this.\n\nNor above that.", ["", ""]),
    ],
)  # fmt: skip
def test_the_nearest_headings_above_a_segment(text, expected):
    found = [" ".join(heading.split("\n")[0].strip("#= ") for heading in above) for above in under(text).values()]
    assert found == expected


def test_rules_between_sections_stand_under_nothing():
    assert under("# Top\n\nWords are here.\n\n---\n\nMore are here.")["---"] == []


@pytest.mark.parametrize("budget", [40, 60, 100, 200])
def test_a_change_comes_with_its_release(budget):
    result = laconic.compress(CHANGES, "In which release was support for Fortran 65 dropped?", max_tokens=budget)
    assert "## 1.5.0 (May 6, 2021)" in result.text
    assert result.text.index("## 1.5.0") < result.text.index("Fortran 65")
    assert result.metrics.compressed_tokens <= budget


@pytest.mark.parametrize("budget", [20, 40, 60, 100, 200])
def test_no_heading_is_kept_without_what_it_heads(budget):
    lines = [line for line in laconic.compress(CHANGES, "Fortran 65?", max_tokens=budget).text.split("\n") if line]
    following = [*lines[1:], "## end"]
    depth = [len(line) - len(line.lstrip("#")) for line in lines]
    for at, line in enumerate(lines[:-1]):
        if depth[at]:
            assert not following[at].startswith("#") or depth[at + 1] > depth[at], line
    assert not depth[-1], lines


def test_the_best_sentence_does_not_give_way_to_its_heading():
    text = "# A long heading about the visitors of the old tower\n\nThe tower is 330 metres high.\n\nDogs stay out."
    result = laconic.compress(text, "How high is the tower?", max_tokens=10)
    assert result.text == "The tower is 330 metres high."


def test_headings_alone_are_kept_where_there_is_nothing_else():
    assert laconic.compress("# The tower\n\n# The bridge of iron", "tower?", max_tokens=4).text == "# The tower"
