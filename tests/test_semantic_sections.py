"""Segments gathered into sections: everything once, headings with what they head."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from laconic.kinds.catalogue import segmenter_for
from laconic.kinds.prose.sections import sections
from laconic.types import Passage, Segment

LINES = st.sampled_from(
    ["# Heading", "", "A short line.", "- an item", "word " * 60, "| a | b |", "\tindented", "日本語の文章。", "x"]
)


def cut(text: str) -> tuple[list[Segment], list[range]]:
    passage = Passage(text)
    segments = segmenter_for(passage).segment(passage, 0, 0)
    return segments, sections(text, segments)


@given(st.lists(LINES, max_size=20).map("\n".join))
def test_sections_hold_every_segment_once_in_order(text: str) -> None:
    segments, found = cut(text)
    assert [at for run in found for at in run] == list(range(len(segments)))
    assert all(len(run) for run in found)


@given(st.lists(LINES, max_size=20).map("\n".join))
def test_only_a_single_segment_or_a_heading_with_one_is_longer_than_the_most(text: str) -> None:
    segments, found = cut(text)
    for run in found:
        bodies = [at for at in run if segments[at].kind != "heading"]
        assert segments[run[-1]].end - segments[run[0]].start <= 1000 or len(bodies) <= 1


def test_a_heading_begins_a_section_and_takes_its_text_along() -> None:
    text = "# Returns\n\nWithin thirty days.\n\n# Opening hours\n\n## Weekdays\n\nNine to five.\n"
    segments, found = cut(text)
    texts = [text[segments[run[0]].start : segments[run[-1]].end] for run in found]
    assert texts == ["# Returns\n\nWithin thirty days.", "# Opening hours\n\n## Weekdays\n\nNine to five."]


def test_long_paragraphs_stand_alone_and_short_ones_together() -> None:
    long = "This sentence is here to fill a paragraph until it is long enough. " * 4
    text = "\n\n".join([long.strip(), long.strip(), "Short one.", "Short two."])
    _, found = cut(text)
    assert [len(run) for run in found] == [4, 4, 2]
