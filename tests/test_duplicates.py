"""Sentences that overlapping chunks repeat are kept once."""

from __future__ import annotations

import strategies as s
from hypothesis import given, settings

import laconic
from laconic.kinds.prose.kind import PROSE
from laconic.kinds.prose.segment import ProseSegmenter
from laconic.select.duplicates import find_duplicates
from laconic.types import Passage

A = "The tower was finished in the spring of 1889 after two years."
B = "Its three levels are open to visitors on most days of the year."
C = "The iron was made in a works near the river, east of the town."


def repetitions(passages, segments):
    return find_duplicates(passages, segments, lambda at: PROSE.rule(segments[at].kind))


def segments_of(*texts):
    passages = [Passage(text) for text in texts]
    segments = []
    for index, passage in enumerate(passages):
        segments += ProseSegmenter().segment(passage, index, len(segments))
    return passages, segments


def duplicates_of(*texts):
    passages, segments = segments_of(*texts)
    text = [passages[x.passage].text[x.start : x.end] for x in segments]
    return {(at, text[at]): (of, text[of]) for at, of in repetitions(passages, segments).items()}


def test_equal_sentences_stand_for_one_another():
    assert duplicates_of(f"{A} {B}", f"{B} {C}") == {(2, B): (1, B)}


def test_line_breaks_do_not_make_a_difference():
    assert len(duplicates_of(f"{A}", A.replace(" in the", "\nin the"))) <= 1


def test_a_sentence_cut_off_by_a_chunks_end_is_a_repetition_of_the_whole():
    assert duplicates_of(f"{A} {B[:40]}", f"{B} {C}") == {(1, B[:40].strip()): (2, B)}


def test_a_sentence_cut_into_by_a_chunks_beginning_is_too():
    assert duplicates_of(f"{B[20:]} {C}", f"{A} {B}") == {(0, B[20:].strip()): (3, B)}


def test_short_lines_may_repeat():
    assert duplicates_of("Yes. No. Yes.", "Yes. No.") == {}


def test_a_changed_number_is_no_repetition():
    assert duplicates_of(A, A.replace("1889", "1890")) == {}


@given(s.passages)
@settings(max_examples=100, deadline=None)
def test_what_stands_for_a_repetition_is_none_itself(texts):
    passages, segments = segments_of(*texts)
    duplicates = repetitions(passages, segments)
    assert not set(duplicates) & set(duplicates.values())
    for at, of in duplicates.items():
        part = " ".join(passages[segments[at].passage].text[segments[at].start : segments[at].end].split())
        whole = " ".join(passages[segments[of].passage].text[segments[of].start : segments[of].end].split())
        assert part in whole


def test_the_result_has_the_sentence_once_and_says_why():
    chunks = [f"{A} {B}", f"{B} {C}", f"{C} {A}"]
    result = laconic.compress(chunks, "When was the tower finished?", max_tokens=45)
    assert result.text.count("spring of 1889") == 1
    assert {piece.reason for piece in result.dropped} <= {"duplicate", "budget"}
    assert "duplicate" in {piece.reason for piece in result.dropped}
