"""Structured passages through `laconic.compress`: valid, within the budget, what is asked for first."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages_support import CSV, DIFF, LOG, ORDERS, PROSE

import laconic

_RECORDS = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(0, 99), "name": st.sampled_from(["Ann", "Bob", "Zoë"]), "note": st.text(max_size=40)},
        optional={"tags": st.lists(st.sampled_from(["x", "y"]), max_size=3), "price": st.floats(allow_nan=False)},
    ),
    min_size=1,
    max_size=8,
)


@given(_RECORDS, st.integers(1, 120), st.sampled_from([None, 1]), st.sampled_from(["Who is 7?", "Ann's note?", None]))
@settings(max_examples=120, deadline=None)
def test_json_is_json_under_every_budget(records, max_tokens, indent, query):
    text = json.dumps(records, indent=indent)
    result = laconic.compress([text, PROSE], query, max_tokens=max_tokens, scorer="lexical")
    assert result.metrics.compressed_tokens <= max_tokens
    for part in result.passages:
        if part.index == 0:
            kept = json.loads(part.text)
            assert all(record.keys() <= {"id", "name", "note", "tags", "price"} for record in kept)


def test_a_record_brings_its_name():
    result = laconic.compress([ORDERS], "Which orders are pending?", max_tokens=150)
    assert len(json.loads(result.text)) > 3
    assert all("order_id" in order for order in json.loads(result.text))


def test_the_record_that_is_named_comes_whole():
    result = laconic.compress([ORDERS], "What about #W1033?", max_tokens=60)
    assert {"order_id": "#W1033", "status": "delivered", "items": [{"sku": 33, "price": 33.5}]} in json.loads(
        result.text
    )


def test_rows_come_with_their_header():
    result = laconic.compress([CSV], "How old is person 41?", max_tokens=40)
    lines = result.text.split("\n")
    assert lines[0] == "name,city,age"
    assert "person 41,city 6,61" in lines


def test_failures_of_a_log_come_first():
    for query in ("What went wrong?", None):
        result = laconic.compress([LOG], query, max_tokens=60)
        assert "ERROR worker-1: job 1050 failed: disk /dev/sda1 is full" in result.text


def test_hunks_come_with_their_file():
    result = laconic.compress([DIFF], "What changes in f7?", max_tokens=80)
    assert result.text.startswith("diff --git a/f")
    assert "+++ b/f7.py\n@@ -1,3 +1,3 @@ def f7():" in result.text


@pytest.mark.parametrize("max_tokens", range(1, 30))
def test_json_below_its_smallest_member(max_tokens):
    text = json.dumps({"a": {"b": "a long sentence that goes on and on for some twenty words, so that nothing fits"}})
    result = laconic.compress([text], "what is b?", max_tokens=max_tokens)
    assert result.metrics.compressed_tokens <= max_tokens
    if result.text:
        assert json.loads(text)["a"]["b"].startswith(json.loads(result.text)["a"]["b"])
