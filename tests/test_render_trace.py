"""Traces: where the characters of a text come from, checked character by character."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from strategies import texts

from laconic.core.trace import Trace, align, subtract
from laconic.types import Span


def check(source: str, text: str, trace: Trace) -> None:
    """What a trace promises: pieces in order in both, each the same characters."""
    at = start = 0
    for piece_at, piece_start, length in trace.pieces:
        assert piece_at >= at
        assert piece_start >= start
        assert length > 0
        assert text[piece_at : piece_at + length] == source[piece_start : piece_start + length]
        at, start = piece_at + length, piece_start + length


@st.composite
def cuts(draw: st.DrawFn, text: str) -> list[Span]:
    """Some spans of a text, in order."""
    edges = sorted(draw(st.lists(st.integers(0, len(text)), max_size=10, unique=True)))
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False) if a < b]


def joined(text: str, spans: list[Span]) -> str:
    return "".join(text[start:end] for start, end in spans)


@given(st.data())
def test_claimed_spans_are_taken_and_composed(data: st.DataObject) -> None:
    first = data.draw(texts)
    outer = data.draw(cuts(first))
    second = joined(first, outer)
    inner = data.draw(cuts(second))
    third = joined(second, inner)
    trace = align(second, third, inner).through(align(first, second, outer))
    assert joined(first, list(trace.spans)) == third
    check(first, third, trace)


@given(st.data())
def test_lines_are_found_without_help(data: st.DataObject) -> None:
    source = data.draw(texts)
    lines = source.splitlines(keepends=True)
    keep = data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    text = "".join(line for line, kept in zip(lines, keep, strict=True) if kept)
    trace = align(source, text)
    check(source, text, trace)
    if "\r" not in source and not any(c in source for c in "\v\f\x1c\x1d\x1e\x85\u2028\u2029"):  # other line ends
        assert joined(source, list(trace.spans)) == text


@given(texts, texts)
def test_any_two_texts(source: str, text: str) -> None:
    check(source, text, align(source, text))


def test_what_the_cutter_wrote_has_no_source() -> None:
    source = "def f():\n    a = 1\n    return a\n\ndef g():\n    return 2\n"
    text = "def f():\n    ...  # 2 lines\n\ndef g():\n    return 2\n"
    trace = align(source, text)
    check(source, text, trace)
    kept = joined(source, list(trace.spans))
    assert "def f():\n" in kept
    assert "def g():\n    return 2\n" in kept
    assert "return a" not in kept


def test_false_claims_are_not_believed() -> None:
    assert align("abc\ndef\n", "def\n", [(0, 4)]).spans == ((4, 8),)


@given(st.data())
def test_subtract_against_sets(data: st.DataObject) -> None:
    text = "x" * data.draw(st.integers(0, 60))
    spans, taken = data.draw(cuts(text)), data.draw(cuts(text))

    def members(some: list[Span]) -> set[int]:
        return {at for start, end in some for at in range(start, end)}

    left = subtract(spans, taken)
    assert members(left) == members(spans) - members(taken)
    assert left == sorted(left)
    assert all(start < end for start, end in left)
