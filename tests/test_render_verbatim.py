"""Kept segments come back verbatim, with the structure that they had."""

from __future__ import annotations

import strategies as s
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.kinds.catalogue import segmenter_for
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.types import DROPPED, Passage


def render(text, keep):
    passage = Passage(text)
    segments = segmenter_for(passage).segment(passage, 0, 0)
    levels = [0 if keep(at) else DROPPED for at in range(len(segments))]
    return VerbatimRenderer().render(passage, segments, levels)


@given(s.texts, st.integers(0, 2**16))
@settings(max_examples=300, deadline=None)
def test_the_spans_are_the_text(text, bits):
    rendered = render(text, lambda at: bits >> (at % 16) & 1)
    assert "".join(text[start:end] for start, end in rendered.spans) == rendered.text
    ends = [0, *(end for _, end in rendered.spans)]
    assert all(before <= start < end for before, (start, end) in zip(ends, rendered.spans, strict=False))


@given(s.texts)
@settings(max_examples=100, deadline=None)
def test_all_kept_is_unchanged_and_none_kept_is_nothing(text):
    assert render(text, lambda at: True).text == text
    segments = segmenter_for(Passage(text)).segment(Passage(text), 0, 0)
    assert render(text, lambda at: False).text == ("" if segments else text)


TEXT = "# Title\n\nOne. Two. Three.\n\n- first\n- second\n  - inner\n\nLast."


def test_a_cut_inside_a_paragraph_leaves_a_space():
    assert render(TEXT, lambda at: at in (1, 3)).text == "One. Three."


def test_a_cut_across_paragraphs_leaves_a_blank_line():
    assert render(TEXT, lambda at: at in (0, 3)).text == "# Title\n\nThree."
    assert render(TEXT, lambda at: at in (1, 7)).text == "One.\n\nLast."


def test_list_items_keep_their_lines_and_indentation():
    assert render(TEXT, lambda at: at in (4, 6)).text == "- first\n  - inner"
    assert render(TEXT, lambda at: at in (2, 6)).text == "Two.\n\n  - inner"


def test_scripts_without_spaces_gain_none():
    assert render("他去了。他来了。他走了。", lambda at: at != 1).text == "他去了。他走了。"
