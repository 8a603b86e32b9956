"""Texts counted by their lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.tokens import TiktokenCounter
from laconic.tokens.parts import countable_lines

ENCODINGS = ("o200k_base", "cl100k_base")
PARTS = (
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\t",
    "    ",
    " ",
    "/",
    "//",
    "});",
    '"""',
    "x",
    "Word",
    "'s",
    "1234",
    "é",
    "\x0c",
    "\u2028",
    "\xa0",
    "#",
)


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=400, deadline=None)
@given(parts=st.lists(st.sampled_from(PARTS), max_size=40))
def test_counts_of_lines_add_up(encoding: str, parts: list[str]) -> None:
    text = "".join(parts)
    counter = TiktokenCounter(encoding)
    pieces = countable_lines(text)
    assert "".join(pieces) == text
    assert sum(map(counter.count, pieces)) == len(counter.encoding.encode_ordinary(text))
