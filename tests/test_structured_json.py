"""JSON: what is kept of valid JSON is valid JSON, made of the input's own characters."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import laconic
from laconic.kinds.json.render import JsonRenderer
from laconic.kinds.json.segment import JsonSegmenter
from laconic.kinds.json.tree import find_values, parse_json, string_cuts
from laconic.types import DROPPED, Passage, Segment

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True),
    st.text(st.characters(exclude_categories=["Cs"])),
)
_LONG = st.text(st.sampled_from('ab .\n\\"é😀'), min_size=600, max_size=1300)
_VALUES = st.recursive(
    st.one_of(_SCALARS, _LONG),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(st.sampled_from('ab_id"\\'), max_size=4), inner, max_size=4),
    ),
    max_leaves=12,
)
_INDENTS = st.sampled_from([None, 0, 2])


def _render(text, keep):
    segments = JsonSegmenter().segment(Passage(text), 0, 0)
    levels = [0 if keep(at) else DROPPED for at in range(len(segments))]
    return segments, levels, JsonRenderer().render(Passage(text), segments, levels)


def _is_part(part, whole):
    """Whether ``part`` is ``whole`` with members, elements and pieces of strings left out."""
    if isinstance(whole, dict):
        return isinstance(part, dict) and all(key in whole and _is_part(part[key], whole[key]) for key in part)
    if isinstance(whole, list):
        if not isinstance(part, list):
            return False
        rest = iter(whole)
        return all(any(_is_part(item, other) for other in rest) for item in part)
    if isinstance(whole, str):
        rest = iter(whole)
        return isinstance(part, str) and all(char in rest for char in part)
    return repr(part) == repr(whole)  # repr: NaN is a value like others


@given(_VALUES, _INDENTS, st.booleans(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_any_selection_of_valid_json_is_valid_json_and_a_part_of_it(value, indent, ascii_only, random):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    _, levels, rendered = _render(text, lambda at: random.random() < 0.5)
    assert "".join(text[start:end] for start, end in rendered.spans) == rendered.text
    assert all(left[1] < right[0] for left, right in zip(rendered.spans, rendered.spans[1:], strict=False))
    if any(level != DROPPED for level in levels):
        assert _is_part(json.loads(rendered.text), value)
    else:
        assert rendered.text == ""


@given(_VALUES, _INDENTS)
@settings(max_examples=100, deadline=None)
def test_segments_cover_the_text_in_order(value, indent):
    text = json.dumps(value, indent=indent)
    segments, _, rendered = _render(text, lambda at: True)
    assert rendered.text == text
    ends = [0]
    for segment in segments:
        assert ends[-1] <= segment.start < segment.end
        assert not text[ends[-1] : segment.start].strip()
        ends.append(segment.end)
    assert not text[ends[-1] :].strip()
    assert all(need < len(segments) for segment in segments for need in segment.requires)


@given(st.one_of(_VALUES.map(json.dumps), st.text(st.sampled_from('{}[]",:1a \n\\'), max_size=30)))
@settings(max_examples=250, deadline=None)
def test_the_tree_accepts_what_the_standard_parser_accepts(text):
    try:
        json.loads(text)
    except ValueError:
        expected = False
    else:
        expected = True
    roots = parse_json(text)
    if expected:
        assert len(roots) == 1
        assert text[roots[0].start : roots[0].end] == text.strip()
        for node in roots[0].walk():
            json.loads(text[node.start : node.end])
    elif "\\" not in text and len(roots) == 1:  # escapes are not checked, several values are JSON lines
        pytest.fail(f"{text!r} is not JSON")


@given(_VALUES, _INDENTS, st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_beginning_of_a_segment_is_valid_json_too(value, indent, random):
    text = json.dumps(value, indent=indent)
    segment = random.choice(JsonSegmenter().segment(Passage(text), 0, 0))
    end = random.randint(segment.start + 1, segment.end)
    rendered = JsonRenderer().render_beginning(Passage(text), segment, end)
    if rendered is not None:
        assert _is_part(json.loads(rendered.text), value)
        assert "".join(text[start:end] for start, end in rendered.spans) == rendered.text


def test_a_string_is_cut_between_its_quotes():
    text = '{"a": {"b": "some long text", "c": 1234}}'
    first, second = JsonSegmenter().segment(Passage(text), 0, 0)
    renderer = JsonRenderer()
    assert renderer.render_beginning(Passage(text), first, text.index(" long")).text == '{"a": {"b": "some"}}'
    assert renderer.render_beginning(Passage(text), first, text.index("b")) is None
    assert renderer.render_beginning(Passage(text), second, text.index("34")) is None
    assert renderer.render_beginning(Passage("{a, b c}"), Segment(0, 4, 8, "record"), 6).text == "b "


def test_a_member_brings_the_one_that_names_its_record():
    text = json.dumps([{"flight": {"number": "HAT1"}, "flight_number": "HAT1", "prices": {"economy": 7}}, {"seats": 3}])
    segments = JsonSegmenter().segment(Passage(text), 0, 0)
    words = [text[segment.start : segment.end] for segment in segments]
    (price,) = [at for at, word in enumerate(words) if "economy" in word]
    (number,) = [at for at, word in enumerate(words) if "flight_number" in word]
    assert segments[price].requires == (number,)
    assert segments[-1].requires == ()


_RECORD = st.fixed_dictionaries(
    {"order_id": st.none(), "status": st.sampled_from(["sent", "pending", "lost on its way"])},
    optional={
        "userId": st.none(),
        "uuid": st.none(),
        "total": st.integers(0, 99),
        "note": st.sampled_from(["a gift", "leave at the door, please, and ring twice"]),
        "items": st.lists(
            st.fixed_dictionaries({"item_id": st.none(), "product_id": st.none(), "price": st.integers(0, 999)}),
            max_size=3,
        ),
    },
)


@given(st.lists(_RECORD, min_size=1, max_size=12), st.integers(60, 400), st.sampled_from([None, 1]))
@settings(max_examples=100, deadline=None)
def test_every_id_of_a_record_survives_with_any_member_of_it(records, max_tokens, indent):
    ids = iter(range(1000, 9999))

    def numbered(value):
        if isinstance(value, dict):
            return {
                key: f"#{key[0]}{next(ids)}" if key.lower().endswith(("id", "uuid")) else numbered(member)
                for key, member in value.items()
            }
        return [numbered(item) for item in value] if isinstance(value, list) else value

    whole = {"request_id": "r1", "orders": numbered(records)}
    text = json.dumps(whole, indent=indent)
    query = f"Where is the order {whole['orders'][-1]['order_id']} that was lost, and what did it cost?"
    result = laconic.compress([{"text": text, "kind": "json"}], query, max_tokens=max_tokens)
    assert result.text
    originals = {record["order_id"]: record for record in whole["orders"]}
    originals |= {item["item_id"]: item for record in whole["orders"] for item in record.get("items", [])}
    kept = json.loads(result.text)
    assert kept["request_id"] == "r1"
    orders = kept.get("orders", [])
    for record in [*orders, *(item for order in orders for item in order.get("items", []))]:
        original = originals[record.get("item_id") or record["order_id"]]
        names = [key for key in original if key.lower().endswith(("id", "uuid"))]
        assert {name: original[name] for name in names}.items() <= record.items()


def test_the_ids_of_a_record_come_along():
    record = {
        "id": 1, "_id": "a", "parent_id": None, "userID": 2, "zip_code": 8001, "name": "n", "valid": True, "key": "k",
        "accountId": "", "ids": [1, 2], "phone_number": "1",
    }  # fmt: skip
    text = json.dumps(record)
    segments = JsonSegmenter().segment(Passage(text), 0, 0)
    (zip_code,) = [segment for segment in segments if "zip_code" in text[segment.start : segment.end]]
    brought = [text[segments[at].start : segments[at].end] for at in zip_code.needs]
    assert [member.split('"')[1] for member in brought] == ["id", "_id", "userID", "key"]
    references = JsonSegmenter().segment(Passage(json.dumps({"id": 0, **{f"x{n}_id": n for n in range(19)}})), 0, 0)
    assert all(len(segment.needs) <= 1 for segment in references), "a table of references has no ids of its own"


def test_a_key_is_paid_once_and_what_repeats_it_is_not_needed():
    text = '{"card_7": {"brand": "visa", "id": "card_7"}, "card_8": {"brand": "visa", "id": "card_8"}}'
    segments = JsonSegmenter().segment(Passage(text), 0, 0)
    words = [text[segment.start : segment.end] for segment in segments]
    assert words == [
        '{"card_7": {',
        '"brand": "visa",',
        '"id": "card_7"},',
        '"card_8": {',
        '"brand": "visa",',
        '"id": "card_8"}}',
    ]
    assert [segment.needs for segment in segments] == [(), (0,), (0,), (), (3,), (3,)]
    assert JsonRenderer().render(Passage(text), segments, [-1, -1, -1, 0, -1, -1]).text == '{"card_8": {}}'


def test_pairs_of_a_name_and_a_value_are_members_of_the_record_around_them():
    hosts = [
        {"id": f"i-0{n}", "tags": [{"Key": "Name", "Value": f"web-{n}"}, {"Key": "Zone", "Value": "b"}]}
        for n in (1, 2, 3)
    ]
    text = json.dumps(hosts)
    segments = JsonSegmenter().segment(Passage(text), 0, 0)
    records = list(dict.fromkeys(segment.record for segment in segments if segment.record.members))
    assert [[(m.name, m.value) for m in record.members] for record in records] == [
        [("id", f"i-0{n}"), ("tags/Name", f"web-{n}"), ("tags/Zone", "b")] for n in (1, 2, 3)
    ]
    assert [[member.value for member in record.identity] for record in records] == [
        [f"i-0{n}", f"web-{n}"] for n in (1, 2, 3)
    ]
    assert text[segments[1].start : segments[1].end] == '"tags": [{"Key": "Name", "Value": "web-1"},'


def test_rows_of_a_matrix_are_whole_and_bring_their_header():
    text = json.dumps({"columns": ["id", "price"], "rows": [[1, 2.5], [2, 3.5], [3, 4.5]], "more": False})
    segments = JsonSegmenter().segment(Passage(text), 0, 0)
    assert [text[segment.start : segment.end] for segment in segments] == [
        '{"columns": ["id", "price"],', '"rows": [[1, 2.5],', "[2, 3.5],", "[3, 4.5]],", '"more": false}',
    ]  # fmt: skip
    assert [segment.requires for segment in segments] == [(), (0,), (0,), (0,), ()]
    assert [(member.name, member.value) for member in segments[2].record.members] == [("id", "2"), ("price", "3.5")]


def test_json_lines_stay_lines():
    text = '{"id": 1, "a": 2}\n{"id": 2, "a": 3}\r\n{"id": 3, "a": 4}\n'
    _, _, rendered = _render(text, lambda at: at in (1, 5))
    assert [json.loads(line) for line in rendered.text.splitlines()] == [{"a": 2}, {"a": 4}]


def test_ten_thousand_levels_are_no_deeper_than_one():
    text = '[{"a":' * 5_000 + '"x","b": 1' + "}]" * 5_000
    _, _, rendered = _render(text, lambda at: at == 0)
    assert rendered.text == '[{"a":' * 5_000 + '"x"' + "}]" * 5_000


@pytest.mark.parametrize(
    "text", ["{", '{"a": 1,', '{"a" 1}', "[1, 2", '{"a": tru}', "", '{"a": 1} {"b": 2}', '["a\n"]']
)
def test_what_is_no_json_stays_verbatim(text):
    assert parse_json(text) == ()
    segments = JsonSegmenter().segment(Passage(text), 0, 0)
    rendered = JsonRenderer().render(Passage(text), segments, [0] * len(segments))
    assert rendered.text == text


def test_values_inside_other_text_are_found():
    text = 'Result [1] of {braces}: {"a": [1, {"b": 2}]} and then [INFO] ["x"] {"broken": '
    assert [text[node.start : node.end] for node in find_values(text)] == ["[1]", '{"a": [1, {"b": 2}]}', '["x"]']


def test_no_cut_falls_inside_an_escape():
    text = r'"a\n\u00e9\ud83d\ude00b"'
    for at in range(1, len(text) - 1):
        if at not in string_cuts(text, 0, len(text)):
            json.loads(text[:at] + '"').encode()


def test_a_member_pays_for_a_part_of_the_identifiers_that_it_brings():
    class Indifferent:
        name = "indifferent"

        def score(self, query, passages, segments):
            return np.zeros(len(segments))

    record = {"order_id": "W-1234567", "user_id": "mia_garcia_4516", "n": 1}
    text = json.dumps({"orders": [record, record | {"order_id": "W-7654321"}], "note": "green and blue"})
    compressor = laconic.Compressor(scorer=Indifferent(), counter="cl100k_base")
    # The shorter "n" would bring two identifiers and leave no room for the note.
    assert json.loads(compressor.compress([text], "any", max_tokens=34).text) == {"note": "green and blue"}


def test_a_piece_of_a_long_string_says_something():
    """It is whole sentences; neither a number nor the line break at the end is one of its own."""
    steps = " ".join(
        f"{n}. Tighten the bolts of span {n}. Then look at all of them again! Then rest." for n in range(19)
    )
    text = json.dumps({"note": f"\n\n{steps} \n", "next": "1"})
    spans = [text[each.start : each.end] for each in JsonSegmenter().segment(Passage(text), 0, 0)]
    assert len(spans) > 5
    assert all(re.search(r"(?<!\\)[a-z]{4}", span) for span in spans[:-1])
    assert all(re.search(r"[.!]$|\\n\",$", span) for span in spans[:-1])
