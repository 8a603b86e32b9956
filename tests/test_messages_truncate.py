"""Truncation of messages: the beginning and the end, whole lines, as many as the limit holds."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from messages_support import LOG

from laconic.messages.actions import perform
from laconic.messages.blocks import Block
from laconic.messages.directives import Context, Directive
from laconic.messages.engines import engine_named
from laconic.tokens import counter_for

COUNTER = counter_for("gpt-4o")
CONTEXT = Context(COUNTER, None, engine_named("heuristic"))
NOTE = re.compile(r"\[… (\d+) lines left out …\]")


def truncated(text: str, limit: int) -> str | None:
    """A text cut to ``limit`` tokens, as a directive does it."""
    tokens = COUNTER.count(text)
    block = Block("text", text, 0, None, 0, len(text), tokens, None, 0.5, tokens)
    directive = Directive("text", "truncate", ratio=min(1.0, (limit + 0.5) / tokens))
    return perform(directive, [(text, block)], CONTEXT)[0]


LINES = st.lists(
    st.sampled_from(["", "a", "one line of words", "    indented = 1", "x" * 300, "語" * 40]), min_size=4, max_size=40
)


@settings(deadline=None)
@given(LINES, st.integers(1, 120))
@example(["a first line", "b" * 900, *["short"] * 30], 60)
@example([*["short"] * 20, "b" * 900, *["short"] * 3], 60)
def test_what_is_left_is_whole_lines_of_both_ends_within_the_limit(lines, limit):
    text = "\n".join(lines)
    if COUNTER.count(text) <= limit:
        return
    found = truncated(text, limit)
    assert COUNTER.count(found) <= limit
    note = NOTE.search(found)
    if note is None:
        assert text.startswith(found.removesuffix(" …"))
        return
    head, tail = found[: note.start()], found[note.end() :]
    left = text.removeprefix(head)
    assert text == head + left
    assert not head or head.endswith("\n")
    assert left.endswith(tail)
    left = left.removesuffix(tail)
    assert not tail or tail.startswith("\n")
    assert left.count("\n") + 1 == int(note[1]) > 0


@pytest.mark.parametrize("limit", [40, 100, 400, 1000])
def test_the_limit_is_used(limit):
    """What is left free is less than two lines; more of the beginning is kept than of the end."""
    found = truncated(LOG, limit)
    longest = max(COUNTER.count(line + "\n") for line in LOG.split("\n"))
    assert limit - 2 * longest < COUNTER.count(found) <= limit
    head, tail = NOTE.split(found)[::2]
    assert head.count("\n") >= tail.count("\n")


def test_a_line_that_is_too_long_ends_one_side_only():
    """Each side goes on while it can: a line that does not fit at the one does not stop the other."""
    lines = ["first", "second", "b " * 400, *(f"line {at}" for at in range(300))]
    head, tail = NOTE.split(truncated("\n".join(lines), 200))[::2]
    assert head == "first\nsecond\n"
    assert tail.count("\n") > 40


@pytest.mark.parametrize(
    "text", ["word " * 4000, "語" * 4000, "a9Z/" * 4000, "short and then " + "a9Z/" * 4000, " " * 9000 + "end"]
)
@pytest.mark.parametrize("limit", [1, 2, 7, 60, 900])
def test_a_text_without_lines_is_cut_between_words(text, limit):
    if COUNTER.count(text) <= limit:
        return
    found = truncated(text, limit)
    assert COUNTER.count(found) <= limit
    assert text.startswith(found.removesuffix(" …"))
    if text.startswith("word"):
        assert not found or found.endswith("word …")
    if limit > 100 and not text.startswith(" "):
        assert COUNTER.count(found) > 0.9 * limit
