"""Sampled and schema renderings: valid, shorter and shorter, with what the question names."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages_support import CSV, DIFF, LOG, ORDERS

from laconic.kinds.catalogue import kind_named
from laconic.kinds.examples import Wanted, chosen
from laconic.kinds.log.digest import LogDigest
from laconic.kinds.samples import details, most_detailed

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda v: st.lists(v, max_size=30) | st.dictionaries(st.text(max_size=5), v, max_size=30),
    max_leaves=80,
)


@given(_JSON, st.sampled_from([None, 1]), st.sampled_from([None, "Which 1 a?"]))
@settings(max_examples=100, deadline=None)
def test_every_level_of_json_is_json(value, indent, query):
    text = json.dumps(value, indent=indent)
    names = []
    for detail in details(text, kind_named("json"), query):
        json.loads(detail.text)
        names.append(detail.name)
    assert names[0] == "full"
    assert names == sorted(names, key=["full", "sampled", "schema"].index)


def test_records_that_the_question_names_stay_whole():
    detail = most_detailed(ORDERS, kind_named("json"), len, 900, "What is the status of #W1033?")
    assert detail.name == "sampled"
    orders = json.loads(detail.text)
    assert {"order_id": "#W1033", "status": "delivered", "items": [{"sku": 33, "price": 33.5}]} in orders
    assert orders[-1] == f"…{60 - len(orders) + 1} of 60 left out"
    assert len(detail.text) <= 900


def test_the_schema_says_what_there_is():
    assert json.loads(list(details(ORDERS, kind_named("json")))[-1].text) == [
        "×60",
        {
            "order_id": "string",
            "status": "pending | delivered",
            "items": ["×1", {"sku": "number 0–59", "price": "number 0.5–59.5"}],
        },
    ]
    table = json.dumps({f"k{n}": {"a": n, **({"b": None} if n % 2 else {})} for n in range(40)})
    assert json.loads(list(details(table, kind_named("json")))[-1].text) == {
        "×40 keys": {"a": "number 0–39", "b?": "null"}
    }


def test_tables_by_key_and_long_strings_are_sampled():
    table = json.dumps({f"k{n}": {"text": "x" * 3000, "…": 1} for n in range(40)} | {"…": {}})
    sampled = json.loads(most_detailed(table, kind_named("json"), len, 1500).text)
    assert sampled["……"].endswith("of 41 left out")
    assert all(len(record.get("text", "")) < 300 for record in sampled.values() if isinstance(record, dict))


def test_json_lines_stay_lines():
    text = "\n".join(json.dumps({"n": n}) for n in range(50))
    sampled = most_detailed(text, kind_named("json"), len, 100).text.split("\n")
    assert json.loads(sampled[-1]) == f"…{51 - len(sampled)} of 50 left out"
    assert all(json.loads(line) for line in sampled)


def test_a_table_keeps_its_header_and_the_rows_that_are_asked_for():
    for detail in details(CSV, kind_named("table"), "How old is person 41?"):
        assert detail.text.startswith("name,city,age\n")
        if detail.name == "sampled":
            assert "person 41,city 6,61" in detail.text
            assert detail.text.split("\n")[-1].endswith("of 80 rows left out]")


def test_an_excerpt_of_a_diff_says_so():
    detail = most_detailed(DIFF, kind_named("diff"), len, 400, "What changes in f7?")
    assert detail.name == "sampled"
    assert detail.text.startswith("[excerpt of a diff: 2 of 12 changes]\n")
    assert "+++ b/f7.py" in detail.text
    outline = list(details(DIFF, kind_named("diff")))[-1].text.split("\n")
    assert outline[:3] == ["[diff in outline]", "f0.py", "  line 1: +1 -1 def f0():"]


def test_a_log_in_short():
    full, *sampled, schema = details(LOG, kind_named("log"), "Did job 1042 finish?")
    assert full.text == LOG
    for detail in sampled:
        assert "ERROR worker-1: job 1050 failed: disk /dev/sda1 is full" in detail.text
        assert "finished job 1042" in detail.text
        assert "finished job 1049" in detail.text, "the line before a failure"
    assert schema.text.split("\n")[0] == "[log of 101 lines, 2 kinds: templates; ×n counts lines of one kind]"
    assert schema.text.split("\n")[1].startswith("[×1] <*> ERROR <*> job <*> failed: disk <*>")
    assert schema.text.split("\n")[2].startswith("[×100] <*> INFO <*> finished job <*> in <*> ms")


def test_a_long_trace_keeps_both_ends():
    trace = ["12:00:00 ERROR it broke", "Traceback (most recent call last):"]
    trace += [f'  File "m{n}.py", line {n}, in f{n}' for n in range(50)] + ["ValueError: the reason"]
    digest = LogDigest(Wanted(None))
    for line in trace:
        digest.add(line)
    lines = digest.sampled(1).split("\n")
    assert trace[0] in lines
    assert trace[-1] in lines
    assert trace[51] in lines
    assert any("lines]" in line for line in lines)
    assert len(lines) < 20


@pytest.mark.parametrize("kind", ["json", "log", "table", "diff"])
def test_what_is_something_else_stays_whole(kind):
    for text in ("", "just words", "{", "\n\n"):
        assert next(details(text, kind_named(kind))).text == text
        assert len(most_detailed(text, kind_named(kind), len, 10**6).text) == len(text)


def test_a_streamed_log_needs_no_more_memory_when_it_is_longer():
    line = "2024-05-01 12:00:00 INFO worker-{}: finished job {} with {} after a while" + " and some padding" * 40
    digest = LogDigest(Wanted(None))
    peaks = []
    tracemalloc.start()
    for n in range(6_000):  # 4 MB; benchmarks/results/messages.md has the run of 50
        digest.add(line.format(n % 7, n, "success" if n % 100 else "an error: failed"))
        if n % 3_000 == 2_999:
            peaks.append(tracemalloc.get_traced_memory()[1])
    short = digest.sampled(2)
    tracemalloc.stop()
    assert "log of 6000 lines" in short
    assert "failed" in short
    assert len(short) < 20_000
    assert peaks[1] < 1.1 * peaks[0] < 8_000_000


@given(st.lists(st.floats(0, 5), max_size=40), st.integers(1, 50))
@settings(max_examples=100, deadline=None)
def test_the_best_matches_are_among_the_examples(matches, size):
    picked = chosen(matches, size)
    assert picked == sorted(set(picked))
    assert len(picked) <= size
    assert all(0 <= at < len(matches) for at in picked)
    best = sorted((at for at, match in enumerate(matches) if match > 0), key=lambda at: -matches[at])[:size]
    assert set(best) <= set(picked)


def test_words_that_all_hold_say_nothing():
    wanted = Wanted("status of order 4711")
    assert wanted(["status a", "status b", "status c 4711", "status d"])[2] >= 10
    assert wanted(["status a", "status b", "status c", "status d"]) == [0.0] * 4
    assert Wanted(None)(["x"]) == [0.0]
    assert Wanted(" ")([]) == []
