"""The segmentizer: which type each block is, and where."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages_support import CODE, CSV, DIFF, LOG, MARKDOWN, ORDERS, PROSE, everything

from laconic.messages.blocks import BLOCK_TYPES, segmentize, text_pieces, tool_result_kind
from laconic.messages.chat import text_slots

TRACE = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    g()\nValueError: no\n'


def types(text):
    return [(piece.type, piece.language) for piece in text_pieces(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there.", [("text", None)]),
        ("", []),
        (" \n ", []),
        (f"See:\n```python\n{CODE}```\nDone.", [("text", None), ("code", "python"), ("text", None)]),
        (f"```\n{CODE}```", [("code", None)]),
        (f"```json\n{ORDERS}\n```", [("json", "json")]),
        ("```json\n{broken\n```", [("code", "json")]),
        (f"```\n{ORDERS}\n```", [("json", "json")]),
        (f"It said {ORDERS} today.", [("text", None), ("json", "json"), ("text", None)]),
        ('Short {"a": 1} stays text.', [("text", None)]),
        (MARKDOWN, [("markdown", None)]),
        ("# Title\n\nWords.\n\n```sh\nls\n```\n\nMore words.", [("markdown", None), ("code", "sh"), ("text", None)]),
        (f"Here:\n\n{LOG}\n\nWhy?", [("text", None), ("tool_result", "log"), ("text", None)]),
        (f"Look:\n\n{TRACE}\nWhy?", [("text", None), ("tool_result", "traceback"), ("text", None)]),
        (f"Apply this:\n\n{DIFF}", [("text", None), ("tool_result", "diff")]),
        (f"Table:\n\n{CSV}\nThanks.", [("text", None), ("tool_result", "table"), ("text", None)]),
        (f"```diff\n{DIFF}```", [("tool_result", "diff")]),
        (f"```\n{LOG}\n```", [("tool_result", "log")]),
        ("~~~rust\nfn main() {}\n~~~", [("code", "rust")]),
        ("```python\nnever closed = 1\n", [("code", "python")]),
        ("- item\n- ```js\n  x\n  ```\n", [("markdown", None)]),
    ],
)
def test_types(text, expected):
    assert types(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ORDERS, "json"),
        ('{"id": 1}\n{"id": 2}\n', "json"),
        ("[1, 2", "text"),
        ("255.0", "text"),
        (DIFF, "diff"),
        (CSV, "table"),
        (LOG, "log"),
        (TRACE, "traceback"),
        ("total 8\n-rw-r--r-- 1 me me 12 May 1 a.txt\ndrwxr-xr-x 2 me me 40 May 1 b\n", "shell"),
        ("src/a.py:12:def f():\nsrc/b.py:7:def g():\n", "shell"),
        (PROSE, "text"),
        ("", "text"),
    ],
)
def test_kinds_of_tool_results(text, expected):
    assert tool_result_kind(text) == expected


@given(
    st.lists(
        st.sampled_from(
            [CODE, LOG, DIFF, CSV, MARKDOWN, "```py\nx = 1\n```", "```", "Words.", '{"a": [1]}', "\r\n", "\x00"]
        ),
        max_size=5,
    ).map("\n\n".join)
)
@settings(max_examples=150, deadline=None)
def test_pieces_are_in_order_and_what_lies_between_is_layout_or_fences(text):
    at = 0
    for piece in text_pieces(text):
        assert at <= piece.start < piece.end
        assert piece.type in BLOCK_TYPES
        for line in text[at : piece.start].splitlines():
            assert not line.strip() or line.strip().startswith(("```", "~~~"))
        at = piece.end
    assert all(not line.strip() or line.strip().startswith("```") for line in text[at:].splitlines())


def test_blocks_say_where_they_are_and_what_they_cost():
    messages = everything()
    blocks = segmentize(messages, len)
    texts = {(slot.message, slot.part): slot.text for slot in text_slots(messages)}
    for block in blocks:
        if block.type != "tool_call":
            assert texts[block.message, block.part][block.start : block.end] == block.text
        assert block.tokens == block.tokens_after == len(block.text)
        assert 0 < block.priority <= 1
    assert {block.type for block in blocks} == set(BLOCK_TYPES)
    assert [block.message for block in blocks] == sorted(block.message for block in blocks)
    assert [block.text for block in blocks if block.type == "tool_call"] == [f'{{"n": {n}}}' for n in range(4)]


def test_the_request_has_the_highest_priority_and_later_counts_more():
    turns = [{"role": "user", "content": f"Question {n}."} for n in range(3)]
    assert [block.priority for block in segmentize(turns, len)] == [0.533, 0.667, 1.0]
    material = [{"role": "user", "content": PROSE * 3}]
    assert segmentize(material, len)[0].priority < 1.0, "a long text is material"


def test_roles_that_are_not_known_have_no_blocks():
    assert segmentize([{"role": "critic", "content": PROSE}], len) == []
