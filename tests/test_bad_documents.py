"""Documents as they come: broken, cut off, mixed, huge. Nothing is lost, no budget is exceeded, work stays linear.

The tests look through the doors only, so that any kind may take any of the texts.
"""

from __future__ import annotations

import json

import pytest
from test_calls_linear import steps_of

import laconic
from laconic.messages import MessagePipeline

QUESTION = "When was the harbour built, and which quay is in the south?"
_RECORDS = [f'{{"id": {at}, "name": "quay {at}", "state": "ok", "note": "row {at} is fine"}}' for at in range(60)]
_QUAYS = ("north", "east", "south", "west", "inner", "outer")
_DEEP = 10_000

BAD = {
    "broken HTML": "<html><body><div><p>The harbour <b>was built in 1923.<p>It is deep.</div></p><tr><td>a" * 4,
    "HTML cut in a tag": "<p>The harbour was built in 1923.</p>\n<p>It is deep.</p>\n<a href='http://a.b/c?d=",
    "crossed elements": "<b><i>The harbour</b> was built</i> in <u>1923.</b>\n" * 5,
    "an unclosed fence": "# Harbour\n\nIt was built in 1923.\n\n```python\ndef f():\n    return 1\n\nIt is old.\n",
    "fences in fences": "````\n```\nThe harbour was built in 1923.\n````\n```\nIt is deep.\n",
    "an unclosed quote": 'She said "the harbour was built in 1923. Nobody knew.\nShips come in. They go out.\n' * 4,
    "rows of different lengths": 'id,name,depth\n1,north,12\n2,south\n3,east,9,extra,more\n4,"west,7\n5,inner,3\n' * 4,
    "a quoted cell that never ends": "id,note\n" + "".join(f'{at},"note {at}\n' for at in range(40)),
    "trailing commas": '{"quays": [' + "".join(f'{{"name": "{name}", "depth": 2,}},' for name in _QUAYS) + "],}",
    "comments in JSON": "{\n  // all of them\n" + "".join(f'  "{name}": {{"depth": 2 /* m */}},\n' for name in _QUAYS) + "}",
    "NaN": '[{"id": 1, "depth": NaN}, {"id": 2, "depth": -Infinity}, {"id": 3, "name": "south", "depth": 4}]',
    "duplicate keys": '{"id": 1, "id": 2, "name": "north", "name": "south", "depth": 3, "note": "built in 1923"}',
    "single quotes": "{'id': 1, 'name': 'north', 'depth': None, 'built': 1923, 'open': True}\n" * 5,
    "JSON cut off": '{"harbour": [1, 2, {"note": "it was built in 1923", "quays": [1, 2, 3',
    "a line of NDJSON broken": "\n".join([*_RECORDS[:30], '{"id": 30,,, "name"', *_RECORDS[31:]]),
    "NDJSON cut off": "\n".join(_RECORDS)[:-20],
    "NDJSON with words between": "\n".join([*_RECORDS[:20], "connection lost, trying again", *_RECORDS[20:]]),
    "deep arrays": "[" * _DEEP + "1923" + "]" * _DEEP,
    "deep objects": '{"a":' * _DEEP + "1923" + "}" * _DEEP,
    "deep brackets never closed": "[{" * _DEEP,
    "deep elements": "<div>" * _DEEP + "harbour" + "</div>" * _DEEP,
    "deep quotes": ">" * _DEEP + " The harbour was built in 1923.",
    "deep lists": "\n".join(" " * at + "- quay" for at in range(300)),
    "deep YAML": "\n".join(" " * at + f"k{at}:" for at in range(300)),
    "deep brackets in prose": "(" * _DEEP + "The harbour was built in 1923" + ")" * _DEEP,
    "deep code": "def f():\n    return " + "(" * 500 + "1" + ")" * 500 + "\n\n\ndef g():\n    return 2\n",
    "mixed line ends": "The harbour is old.\rBuilt in 1923.\r\nShips come.\nThey go.\n\r\nMore ships.\u2028And more.",
    "mixed line ends of rows": "id,name\r\n1,north\n2,south\r3,east\r\n4,west\n5,inner\n",
    "control characters": "The harbour\x00 was\x0b built\x0c in 1923.\x1b[31m It is deep.\x07\n" * 4,
    "a mark of byte order": '\ufeff{"name": "south", "built": 1923, "depth": 12}',
    "a stack trace cut off": "Traceback (most recent call last):\n  File \"a.py\", line 3, in f\n    x = 1 /\nZeroDiv",
    "half a diff": "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,9 +1,9 @@\n-The harbour\n+The old harbour\n was built",
    "front matter never closed": "---\ntitle: Harbour\nbuilt: 1923\n\nIt is deep. Ships come in.\n",
    "blanks": " \t\n" * 200,
    "nothing but brackets": "}])>" * 200,
}  # fmt: skip

MENDED = ("trailing commas", "comments in JSON", "a line of NDJSON broken", "NDJSON cut off")
"""What is read by a rule for what is broken: the metrics say so."""


def _covered(result, text):
    spans = [span for passage in result.passages for span in passage.spans]
    spans += [dropped.span for dropped in result.dropped]
    at = 0
    for start, end in sorted(spans):
        assert start == at, (start, at)
        at = end
    assert at == len(text)


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("query", [QUESTION, None], ids=["asked", "unasked"])
def test_nothing_is_lost(name, query):
    text = BAD[name]
    for budget in (1, 12, 60):
        result = laconic.compress(text, query=query, max_tokens=budget)
        assert result.metrics.compressed_tokens <= budget
        if result.text != text:
            _covered(result, text)


@pytest.mark.parametrize("name", BAD)
def test_a_budget_that_holds_it_returns_it(name):
    assert laconic.compress(BAD[name], query=QUESTION, max_tokens=200_000).text == BAD[name]


@pytest.mark.parametrize("name", BAD)
def test_the_same_comes_out_twice(name):
    first, second = (laconic.compress(BAD[name], query=QUESTION, rate=0.3) for _ in range(2))
    assert (first.text, first.dropped) == (second.text, second.dropped)


@pytest.mark.parametrize("name", BAD)
def test_what_is_dropped_is_given_back(name):
    text = BAD[name]
    result = laconic.compress(text, query=QUESTION, rate=0.3)
    for dropped in result.dropped:
        assert dropped.text == text[slice(*dropped.span)]


@pytest.mark.parametrize("name", BAD)
def test_a_message_that_holds_it_survives(name):
    call = {"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    messages = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": BAD[name]},
        {"role": "user", "content": QUESTION},
    ]
    result = MessagePipeline(mode="strict").run(messages)
    assert result.messages[-1]["content"] == QUESTION
    assert result.tokens_after <= result.tokens_raw


@pytest.mark.parametrize("name", MENDED)
def test_the_metrics_tell_of_what_is_broken(name):
    assert laconic.compress(BAD[name], query=QUESTION, rate=0.5).metrics.fallback


@pytest.mark.parametrize(
    "name", ["trailing commas", "comments in JSON", "NaN", "duplicate keys", "rows of different lengths", "broken HTML"]
)
def test_what_is_asked_for_is_found_though_it_is_broken(name):
    kept = laconic.compress(BAD[name], query="the south quay, or 1923", rate=0.6).text
    assert "south" in kept or "1923" in kept


def test_a_record_beside_a_broken_line_is_found_whole():
    text = BAD["a line of NDJSON broken"]
    kept = laconic.compress(text, query="What is the state of quay 44?", max_tokens=60).text
    lines = [json.loads(line) for line in kept.splitlines() if "quay 44" in line]
    assert lines
    assert lines[0]["state"] == "ok"


def test_a_line_of_five_megabytes():
    words = "The ships that come in carry wool and salt and go out again; "
    text = words * (2_500_000 // len(words)) + "The harbour was built in 1923. " + words * (2_500_000 // len(words))
    result = laconic.compress(text, query="When was the harbour built?", max_tokens=100, counter=len_by_four)
    assert result.metrics.compressed_tokens <= 100
    _covered(result, text)


def len_by_four(text):
    """A counter that costs nothing, so that a test of five megabytes stays fast."""
    return (len(text) + 3) // 4


def test_a_table_of_many_rows():
    text = "id,name,depth\n" + "".join(f"{at},quay {at},{at % 17}\n" for at in range(20_000))
    result = laconic.compress(text, query="What is the depth of quay 17123?", max_tokens=60, counter=len_by_four)
    assert "17123,quay 17123," in result.text
    assert result.metrics.compressed_tokens <= 60


@pytest.mark.parametrize(
    "name", ["broken HTML", "rows of different lengths", "NaN", "mixed line ends of rows", "single quotes"]
)
def test_bad_documents_take_linear_steps(name):
    def call(times):
        laconic.compress(BAD[name] * times, query=QUESTION, rate=0.3)

    call(2)
    few, many = steps_of(lambda: call(8)), steps_of(lambda: call(32))
    assert many <= 5.2 * few + 20_000
