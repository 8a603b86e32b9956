"""JSON with errors, JSON lines with a broken one, literals of Python, tables with uneven or too wide rows."""

from __future__ import annotations

import ast
import json
import pprint
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from regex_steps import steps_of

import laconic
from laconic.kinds.catalogue import recognise
from laconic.kinds.json import loose
from laconic.kinds.json.segment import JsonSegmenter
from laconic.types import Passage

TOWERS = [
    {"id": f"T{at}", "name": name, "city": {"name": city}, "metres": metres, "open": at % 2 == 0, "note": None}
    for at, (name, city, metres) in enumerate(
        [("Eiffel", "Paris", 330), ("CN", "Toronto", 553), ("Skytree", "Tokyo", 634), ("Calgary", "Calgary", 191)]
    )
]
STRICT = json.dumps(TOWERS, indent=1)
BROKEN = {
    "trailing commas": re.sub(r"\n( *)([}\]])", r",\n\1\2", STRICT),
    "comments": STRICT.replace(' "name"', ' // what it is called\n "name"'),
    "missing commas": STRICT.replace(",\n", "\n"),
    "cut off": STRICT[: STRICT.index("191") + 3],
    "a bracket too many": STRICT.replace("}\n]", "}}\n]"),
}
JSON_LINES = "\n".join(json.dumps(tower) for tower in TOWERS)


def members(text):
    records = {id(s.record): s.record for s in JsonSegmenter().segment(Passage(text), 0, 0) if s.record}.values()
    return [{m.name: m.value for m in record.members} for record in records]


def asked(text, max_tokens, question="How many metres has the CN?"):
    return laconic.compress([text], question, max_tokens=max_tokens)


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_json_with_errors_is_cut_by_its_members_and_the_metrics_say_so(text):
    result = asked(text, 45)
    assert "CN" in result.text
    assert "553" in result.text
    assert "634" not in result.text
    assert "errors" in result.metrics.fallback
    assert [m["name"] for m in members(text)] == [tower["name"] for tower in TOWERS]


def test_what_is_json_is_no_fallback():
    doubled = STRICT.replace('"open"', '"name": "again", "open"').replace("null", "NaN")
    for text in (STRICT, JSON_LINES, doubled, "[" * 10_000 + "]" * 10_000):
        assert asked(text, 30).metrics.fallback is None


def test_of_json_lines_the_broken_one_stays_a_line_and_the_others_are_records():
    lines = JSON_LINES.split("\n")
    text = "\n".join([lines[0], '{"id": "T9", "name": "Bro', *lines[1:]])
    found = asked(text, 30)
    assert "553" in found.text
    assert "1 of 5 lines is no JSON" in found.metrics.fallback
    json.loads(found.text.split("\n")[-1])
    segments = JsonSegmenter().segment(Passage(text), 0, 0)
    assert '{"id": "T9", "name": "Bro' in [text[s.start : s.end] for s in segments]


@pytest.mark.parametrize(
    "text", [repr(TOWERS), pprint.pformat(TOWERS), repr({t["id"]: tuple(t.items()) for t in TOWERS})]
)
def test_a_literal_of_python_is_a_kind_of_its_own(text):
    assert recognise(Passage(text)).kind.name == "literal"
    result = asked(text, 40)
    assert "553" in result.text
    assert result.metrics.fallback is None
    ast.literal_eval(result.text)


@settings(max_examples=60, deadline=None)
@given(value=st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
))  # fmt: skip
def test_values_stand_where_the_tree_says(value):
    text = repr({"top": value, "more": [value]})
    for root in loose.read_loosely(text):
        for node in root.walk():
            if node.is_leaf:
                ast.literal_eval(text[node.start : node.end])
            assert node.parent is None or node.parent.start < node.start <= node.end < node.parent.end


def test_a_call_is_one_value():
    text = "{'at': datetime.datetime(2024, 1, 2), 'by': User(id=1, name='Ada'), 'n': 1}"
    assert members(text)[0]["at"] == "datetime.datetime(2024, 1, 2)"
    assert members(text)[0]["n"] == "1"


def test_text_in_brackets_is_no_json():
    for text in ("[1] See the note, p. 4.\nMore.", "{a, b c}", "{curly} and so on: it goes.", '{"a"} is a set.\nWell.'):
        assert loose.read_json(text).roots == ()


@pytest.mark.parametrize("unit", ["[{'a", "([", '{"a":', "/*", "//", "'", '"', "a'", "{a:(", "}]", "[}", "\\", "'\\"])
def test_reading_takes_steps_in_proportion(unit):
    """Tokens of the pattern, and what the stack does with them: each bracket is opened and closed once."""
    few, many = (steps_of(loose._TOKEN, unit * n, search=True) for n in (60, 120))
    assert many <= 2.6 * few + 400
    loose.read_loosely(unit * 20_000)


# -- tables ----------------------------------------------------------------------------------------------------------

HEADER = "id,name,city,metres,opened,architect,material,floors,visitors_per_year,lift_maker"
ROWS = [
    f"T{at},{name},{city},{metres},19{at}0,Office {at},steel,{at + 3},{at}00000,Maker {at}"
    for at, (name, city, metres) in enumerate(
        [("Eiffel", "Paris", 330), ("CN", "Toronto", 553), ("Skytree", "Tokyo", 634), ("Calgary", "Calgary", 191)], 2
    )
]
CSV = "\n".join([HEADER, *ROWS])
MARKDOWN = "\n".join(
    f"| {' | '.join(line.split(','))} |" for line in [HEADER, ",".join("-" * 3 for _ in HEADER.split(",")), *ROWS]
)


def test_where_a_row_has_no_room_columns_that_nobody_asks_for_go():
    assert asked(CSV, 14).text == "id,name,metres\nT3,CN,553"
    lines = asked(MARKDOWN, 30).text.split("\n")
    assert lines == ["| id | name | metres |", "| --- | --- | --- |", "| T3 | CN | 553 |"]


@settings(max_examples=80, deadline=None)
@given(budget=st.integers(8, 120), text=st.sampled_from([CSV, MARKDOWN]), question=st.sampled_from(
    ["How many metres has the CN?", "Which tower has the most floors?", "Which towers are in Tokyo?", "steel", None]
))  # fmt: skip
def test_rows_have_the_columns_of_their_header(budget, text, question):
    def cells(table):
        return [[cell.strip() for cell in re.split(r"[,|]", line)] for line in table.split("\n")]

    rows = cells(laconic.compress([text], question, max_tokens=budget).text)
    names, *full = cells(text)
    if set(rows[0]) <= set(names):  # else not even the fewest columns have room, and a row stands alone
        columns = [names.index(name) for name in rows[0] if name]
        for row in rows[1:]:
            values = [value for value in row if value]
            wanted = next([each[at] for at in columns] for each in full if each[columns[0]].startswith(values[0]))
            assert values == wanted or ",".join(wanted).startswith(",".join(values)), "its beginning, where it is cut"


def test_a_header_is_not_kept_alone():
    for budget in range(1, 40):
        assert asked(CSV, budget).text != HEADER


def test_rows_of_another_length_are_rows_and_the_metrics_say_so():
    uneven = f"{CSV}\nT8,Short\nT9,Long,Rome,20,1990,x,y,3,4,z,more"
    assert asked(CSV, 40).metrics.fallback is None
    result = asked(uneven, 60)
    assert "553" in result.text
    assert "2 of 6 rows" in result.metrics.fallback
    assert "Short" in asked(uneven, 40, "What is T8?").text
    unclosed = CSV.replace("Paris", '"Paris')
    assert "1 of 4 rows" in asked(Passage(unclosed, kind="table"), 40).metrics.fallback


def test_line_breaks_inside_quotes_end_no_row():
    quoted = "id,name,note\n" + "\n".join(f'{at},N{at},"one, two\nthree {at}"' for at in range(30))
    kept = asked(quoted, 40, "What is the note of N17?").text
    assert '17,N17,"one, two\nthree 17"' in kept
