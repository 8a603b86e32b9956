"""Sections: what a long passage's headings make of it for the scorer."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import laconic
from laconic.kinds.catalogue import segmenter_for
from laconic.score.evidence.sections import Sections, find_sections
from laconic.types import Passage, Segment


def read(*passages: Passage) -> tuple[list[Segment], Sections]:
    segments: list[Segment] = []
    for index, passage in enumerate(passages):
        segments += segmenter_for(passage).segment(passage, index, len(segments))
    return segments, find_sections(passages, segments)


SENTENCES = " ".join(f"The {number} of them are counted here." for number in ("first", "second", "third", "fourth"))
PAGE = f"Preface to all.\n\n# Fees\n\n{SENTENCES}\n\n## Refunds\n\n{SENTENCES}\n\n# Shipping\n\n{SENTENCES}\n"


def test_headings_are_the_titles_of_what_stands_under_them() -> None:
    _, found = read(Passage(PAGE, title="Handbook"))
    titles = [section.title for section in found.present]
    assert titles == ["Handbook", "Handbook Fees", "Handbook Fees Refunds", "Handbook Shipping"]
    assert [section.lead[:9] for section in found.present] == ["Preface t", "# Fees\n\nT", "## Refund", "# Shippin"]


def test_headings_without_text_between_them_open_one_section() -> None:
    _, found = read(Passage(f"# Fees\n\n## Refunds\n\n{SENTENCES}\n\n## Terms\n\n{SENTENCES}\n"))
    assert [section.title for section in found.present] == ["Fees Refunds", "Fees Terms"]


def test_a_chunk_under_its_heading_and_one_without() -> None:
    chunk, plain = Passage("# Fees\n\nThey are low.", title="Note"), Passage(f"{SENTENCES} {SENTENCES} {SENTENCES}")
    segments, found = read(chunk, plain)
    assert [section.title for section in found.present] == ["Note Fees", None]
    assert found.owner.tolist() == [segment.passage for segment in segments]


def test_a_heading_as_long_as_a_text_is_no_title() -> None:
    _, found = read(Passage(f"# {'word ' * 60}\n\n{SENTENCES}\n\n{SENTENCES}\n"))
    assert [section.title for section in found.present] == [None]


def test_a_short_line_between_blank_ones_is_a_heading_too() -> None:
    text = f"Fees of today\n\n{SENTENCES}\n\nNo fees.\n\nmore of this\n\n{SENTENCES}\n\nShipping\n\n{SENTENCES}\n"
    _, found = read(Passage(text))
    assert [section.title for section in found.present] == ["Fees of today", "Shipping"]


HEADED = st.lists(
    st.sampled_from(["# One\n\n", "## Two\n\n", "A sentence stands here. ", "A line\n\n", "- an item\n", "\n\n"]),
    max_size=30,
)


@settings(deadline=None, max_examples=60)
@given(st.lists(HEADED, min_size=1, max_size=3))
def test_sections_are_runs_of_segments_of_one_passage(texts: list[list[str]]) -> None:
    segments, found = read(*(Passage("".join(text)) for text in texts))
    assert len(found.first) == len(found.present) == (found.owner[-1] + 1 if len(segments) else 0)
    assert (np.diff(found.owner) >= 0).all()
    for number, first in enumerate(found.first.tolist()):
        inside = np.flatnonzero(found.owner == number)
        assert inside[0] == first
        assert len({segments[at].passage for at in inside.tolist()}) == 1


def test_a_heading_says_what_the_sentences_below_it_are_about() -> None:
    """Sentences that match the question alike: those under the heading that it names go first."""
    topics = ["Deliveries", "Returns", "Warranty", "Accounts", "Privacy", "Payment"]
    text = "\n\n".join(
        f"## {topic}\n\n" + " ".join(f"It takes {day} days at office {number}{day}." for day in range(2, 8))
        for number, topic in enumerate(topics)
    )
    result = laconic.compress(text, "How many days does a warranty case take?", max_tokens=60)
    assert "Warranty" in result.text
    assert not any(topic in result.text for topic in topics if topic != "Warranty")
