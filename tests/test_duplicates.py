"""Sentences that overlapping chunks repeat are kept once."""

from __future__ import annotations

import numpy as np
import pytest
import strategies as s
from hypothesis import given, settings
from hypothesis import strategies as st
from step_counting import steps_within

import laconic
from laconic.kinds.prose.kind import PROSE
from laconic.kinds.prose.segment import ProseSegmenter
from laconic.select.coverage import covered
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
        part, whole = (passages[each.passage].text[each.start : each.end] for each in (segments[at], segments[of]))
        assert bare(part) in bare(whole)


def bare(text):
    """A text without its line breaks and marks of quotation."""
    return " ".join(text.replace(">", " ").split())


def test_the_result_has_the_sentence_once_and_says_why():
    chunks = [f"{A} {B}", f"{B} {C}", f"{C} {A}"]
    result = laconic.compress(chunks, "When was the tower finished?", max_tokens=45)
    assert result.text.count("spring of 1889") == 1
    assert {piece.reason for piece in result.dropped} <= {"duplicate", "budget"}
    assert "duplicate" in {piece.reason for piece in result.dropped}


@pytest.mark.parametrize("copies", [["{0}{0}"], ["{0}", "{0}"], ["{0}", "{0}", "{0}"]])
def test_a_second_copy_of_short_sentences_is_told(copies):
    two = "The sky is blue today. Grass is green in May. "
    result = laconic.compress([copy.format(two) for copy in copies], "What colour is the sky?", max_tokens=20)
    assert result.text.count("sky is blue") == result.text.count("Grass is green") == 1
    assert {piece.reason for piece in result.dropped} <= {"duplicate", "layout"}


def test_a_second_copy_of_a_page_is_told_with_its_code_and_rows():
    page = (
        f"# Tower\n\n{A} {B}\n\n```python\nx = step(1)\nx = step(1)\npaint(x)\nreturn x\n```\n\n"
        f"| floor | metres |\n|---|---|\n| first | 57 |\n| second | 57 |\n\n{C} "
        "It is made of iron, and it is painted often.\n"
    )
    result = laconic.compress(f"{page}\n{page}", "When was the tower finished?", recall=0.999)
    for piece in (A, "paint(x)", "| second | 57 |", C):
        assert result.text.count(piece) == 1


def test_a_short_sentence_may_be_said_again_elsewhere():
    assert duplicates_of(f"I do not know. {A}", f"{C} I do not know. {B}") == {}


@pytest.mark.parametrize(
    "line",
    [
        "the disk is full on node",
        "Please check the cable.",
        "ERROR disk full on /dev/sda1",
        "2024-05-01 10:00:01 ERROR job failed: disk full",
    ],
)
@pytest.mark.parametrize("query", [None, "Is the disk full?"])
def test_of_a_line_that_comes_a_hundred_times_one_is_kept(line, query):
    result = laconic.compress(f"{line}\n" * 100, query, rate="auto")
    assert result.text.strip() == line
    assert {piece.reason for piece in result.dropped} <= {"duplicate", "layout"}


@pytest.mark.parametrize(
    "text",
    [
        "tower,city\nEiffel,Paris\nEiffel,Paris\nCN,Toronto\n",
        '[{"a": 1, "b": "x y z"}, {"a": 1, "b": "x y z"}]',
        "2024-05-01 10:00:01 INFO job 7 runs\n2024-05-01 10:00:02 INFO job 7 runs\n2024-05-01 10:00:03 INFO job 8\n",
        "def f(x):\n    x = step(x)\n    x = step(x)\n    return x\n\n\ndef g(x):\n    return f(x)\n",
    ],
)
def test_rows_members_lines_and_statements_that_are_alike_stay_apart(text):
    result = laconic.compress(text, "x job Eiffel", max_tokens=max(1, laconic.Compressor().counter.count(text) - 4))
    assert "duplicate" not in {piece.reason for piece in result.dropped}


@given(
    st.lists(st.tuples(st.floats(-9, 0), st.integers(0, 3)), min_size=1, max_size=9),
    st.floats(0.05, 1),
)
@settings(max_examples=200, deadline=None)
def test_copies_count_once_in_coverage(said, threshold):
    """``said``: of each segment its score, and which of four things it says."""
    first: dict[int, int] = {}
    originals = [first.setdefault(thing, at) for at, (_, thing) in enumerate(said)]
    duplicates = {at: original for at, original in enumerate(originals) if at != original}
    best = [max(score for score, thing in said if thing == each) for each in first]
    alone = dict(zip(first, covered(np.array(best), threshold), strict=True))
    wanted = covered(np.array([score for score, _ in said]), threshold, duplicates)
    assert wanted.tolist() == [alone[thing] for _, thing in said]


def test_a_page_that_is_pasted_again_and_again_is_told_in_linear_steps():
    page = "\n".join([f"{A} {B}", f"{C}"])

    def steps(copies):
        passages, segments = segments_of("\n\n".join([page] * copies))
        found = repetitions(passages, segments)
        assert set(found.values()) <= {0, 1, 2}
        return steps_within(["laconic"], lambda: repetitions(passages, segments))

    assert steps(400) < 4.4 * steps(100)
