"""Records: what is kept of a table does not depend on its notation, and what is asked of a record comes of that one."""

from __future__ import annotations

import csv
import io
import json
import random
import sys

import pytest

import laconic
from laconic.kinds.json.segment import JsonSegmenter
from laconic.kinds.table.segment import TableSegmenter
from laconic.score.structured import adjust_scores
from laconic.types import Passage

CITIES = ["Oslo", "Turku", "Ghent", "Porto"]


def table(size=40, seed=0):
    """Sensors, of which one has lost its link."""
    rng = random.Random(seed)
    rows = [
        {
            "serial": f"sn-{4000 + 7 * n}",
            "room": f"{rng.choice(['North', 'South', 'Upper', 'Lower'])} Hall {n}",
            "signal": rng.choice(["good", "good", "fair"]),
            "humidity": round(rng.uniform(20, 80), 1) + n / 1000,
            "calibrated": f"20{10 + n % 14}-{1 + n % 12:02}-{1 + n % 28:02}",
            "city": rng.choice(CITIES[:-1]),
            "spare": rng.random() < 0.5,
        }
        for n in range(size)
    ]
    rows[size // 2] |= {"signal": "no link", "fault": "E7731"}
    rows[3]["city"] = rows[7]["city"] = CITIES[-1]
    return rows


def as_csv(rows, delimiter=","):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(key for row in rows for key in row)), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_matrix(rows):
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return json.dumps({"columns": columns, "rows": [[row.get(key) for key in columns] for row in rows]})


def as_nested(rows):
    parts = [{"place": {"room": row["room"], "city": row["city"]}, "state": row} for row in rows]
    return json.dumps(
        {
            "data": [
                {"state": {}, **part, "ref": {"serial": row["serial"]}} for part, row in zip(parts, rows, strict=True)
            ]
        }
    )


NOTATIONS = {
    "list": lambda rows: json.dumps(rows, indent=1),
    "compact": lambda rows: json.dumps({"total": len(rows), "results": rows}, separators=(",", ":")),
    "keyed": lambda rows: json.dumps({r["serial"]: {k: v for k, v in r.items() if k != "serial"} for r in rows}),
    "keyed and repeated": lambda rows: json.dumps({row["serial"]: row for row in rows}, indent=2),
    "nested": as_nested,
    "lines": lambda rows: "\n".join(map(json.dumps, rows)),
    "csv": as_csv,
    "tsv": lambda rows: as_csv(rows, "\t"),
    "matrix": as_matrix,
}  # fmt: skip


def highest(rows, key):
    return max(rows, key=lambda row: row[key])


def _asked(rows):
    """Each question with what must be kept for it."""
    humid, latest = highest(rows, "humidity"), highest(rows, "calibrated")
    failed = [rows[20]["serial"], "no link", "E7731"]
    return {
        "a member by id": (f"Humidity of {rows[11]['serial']}?", [rows[11]["serial"], rows[11]["humidity"]]),
        "a member by name": (f"When was {rows[5]['room']} calibrated?", [rows[5]["room"], rows[5]["calibrated"]]),
        "by a value": ("Which sensors stand in Porto?", ["Porto", rows[3]["serial"], rows[7]["serial"]]),
        "the highest": ("Where is humidity highest?", [humid["humidity"], humid["serial"]]),
        "the latest": ("Which was calibrated most recently?", [latest["calibrated"], latest["serial"]]),
        "a failure": ("Is anything wrong, and what?", failed),
        "nothing": (None, failed),
    }


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("asked", _asked(table()))
def test_what_is_kept_of_a_table_does_not_depend_on_its_notation(notation, asked):
    rows = table()
    question, wanted = _asked(rows)[asked]
    result = laconic.compress([NOTATIONS[notation](rows)], question, rate=0.25, scorer="lexical")
    assert [value for value in map(str, wanted) if value not in result.text] == []


@pytest.mark.parametrize("notation", ["list", "keyed", "keyed and repeated", "lines", "csv", "tsv", "matrix"])
def test_every_notation_gives_the_same_view(notation):
    rows = table(12)
    text = NOTATIONS[notation](rows)
    segmenter = TableSegmenter() if notation in ("csv", "tsv") else JsonSegmenter()
    segments = segmenter.segment(Passage(text), 0, 0)
    records = list(dict.fromkeys(s.record for s in segments if s.record is not None and s.record.members))
    records = [record for record in records if any(member.name == "signal" for member in record.members)]
    assert [[member.value for member in record.identity] for record in records] == [
        [r["serial"], r["room"]] for r in rows
    ]
    for record, row in zip(records, rows, strict=True):
        values = {member.name: member.value for member in record.members if member.value not in ("", "null")}
        values["serial"] = row["serial"]
        assert {key: value.lower() for key, value in values.items()} == {
            key: str(value).lower() for key, value in row.items()
        }
        for member in record.members:
            assert any(member.value in text[s.start : s.end] for s in segments[member.at : member.until])
            assert segments[member.at].record is record


ORDERS = {
    "orders": [
        {
            "id": f"#W{1000 + n}",
            "status": ["delivered", "pending"][n % 2],
            "items": [{"name": ["lamp", "kettle", "chair", "desk", "rug"][n % 5], "price": 10.5 + n}],
        }
        for n in range(30)
    ]
}


@pytest.mark.parametrize("max_tokens", [25, 40, 60, 80])
def test_members_nested_in_a_named_record_are_the_records(max_tokens):
    question = "What is the price of the item in order #W1013?"
    result = laconic.compress([json.dumps(ORDERS)], question, max_tokens=max_tokens, counter="cl100k_base")
    kept = json.loads(result.text)["orders"]
    prices = {order["id"]: item["price"] for order in kept for item in order.get("items", []) if "price" in item}
    assert prices == {"#W1013": 23.5}, "the price of the named order, and of no other"


def test_a_look_up_by_key_is_answered_where_records_repeat_it():
    by_key = {
        f"#W{n}": {
            "order_id": f"#W{n}",
            "address": {"street": f"{n} River Road", "zip": str(90_000 + n)},
            "items": [{"item_id": str(n * 33), "name": "lamp", "price": n / 2}],
            "status": ["delivered", "pending"][n % 2],
        }
        for n in range(1000, 1060)
    }
    for n in range(1000, 1060, 7):
        result = laconic.compress([json.dumps(by_key)], f"What is the status of order #W{n}?", max_tokens=300)
        assert json.loads(result.text)[f"#W{n}"] == by_key[f"#W{n}"]
        assert result.metrics.compressed_tokens > 250, "the budget is spent"


def test_the_highest_comes_with_its_name():
    rows = [
        {"repo": f"lab/{word}", "stars": 10 * n, "forks": 99 - n}
        for n, word in enumerate(["ash", "birch", "elm", "fir", "oak", "yew"] * 5)
    ]
    rows = [{**row, "repo": f"{row['repo']}-{n}"} for n, row in enumerate(rows)]
    result = laconic.compress([json.dumps(rows)], "Which has the most stars?", max_tokens=40)
    assert {"repo": "lab/yew-29", "stars": 290} in [
        {k: v for k, v in row.items() if k != "forks"} for row in json.loads(result.text)
    ]


def kept_of(question, rows, max_tokens=120):
    return json.loads(laconic.compress([json.dumps(rows)], question, max_tokens=max_tokens, scorer="lexical").text)


STAFF = [
    {"name": f"{first} {last}", "team": team, "salary": salary, "hired": hired, "remote": remote}
    for first, last, team, salary, hired, remote in [
        ("Ada", "Berg", "Search", "$91,000", "2019-05-01", True),
        ("Ben", "Costa", "Billing", "$72,500", "2021-11-30", False),
        ("Cem", "Demir", "Search", "$88,000", "2016-02-14", False),
        ("Dee", "Evans", "Mobile", "$64,000", "2023-08-09", False),
        ("Eli", "Fox", "Mobile", "$105,250", "2012-01-03", False),
        ("Fay", "Gray", "Billing", "$79,999", "2020-07-21", False),
        ("Gus", "Hahn", "Search", "$69,000", "2018-03-17", False),
        ("Hal", "Ito", "Billing", "$71,000", "2022-12-01", False),
    ]
]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Who earns the highest salary?", "Eli Fox"),
        ("Who is the best paid by salary in Billing?", "Fay Gray"),
        ("Who was hired most recently?", "Dee Evans"),
        ("Who was the first to be hired?", "Eli Fox"),
        ("Who has a salary over 95000?", "Eli Fox"),
        ("Who was hired before 2013?", "Eli Fox"),
        ("Who is remote?", "Ada Berg"),
        ("How much does Costa earn?", "Ben Costa"),
        ("Wie viel verdient Hal Ito?", "Hal Ito"),
    ],
)
def test_conditions_limits_and_ends_of_columns(question, name):
    kept = [row.get("name") for row in kept_of(question, STAFF, 30)]
    assert name in kept[:3]
    assert len(kept) <= 3


@pytest.mark.parametrize(
    "odd",
    [
        {"state": "lost"},
        {"ms": 90_000},
        {"ms": None},
        {"error": {"code": 7, "why": "reset"}},
        {"note": "the key was copied by hand"},
    ],
)
@pytest.mark.parametrize("rate", [0.5, 0.25])
def test_one_odd_record_of_many_is_kept_whole_without_a_question(odd, rate):
    rng = random.Random(5)
    rows = [
        {
            "id": n,
            "state": rng.choice(["done", "queued"]),
            "ms": rng.randint(20, 40),
            "note": f"step {rng.randint(1, 9)} of 9",
        }
        for n in range(60)
    ]
    rows[41] |= odd
    assert rows[41] in json.loads(laconic.compress([json.dumps(rows)], rate=rate).text)


@pytest.mark.parametrize("notation", ["list", "keyed and repeated", "lines", "csv", "matrix"])
def test_without_a_question_examples_of_a_table_are_whole(notation):
    rows = table(30)
    text = laconic.compress([NOTATIONS[notation](rows)], rate=0.35).text
    whole = [row for row in rows if all(value in text or value.lower() in text for value in map(str, row.values()))]
    assert rows[15] in whole, "the odd one"
    assert len(whole) >= 5


def test_a_failure_among_records_with_longer_lists_in_them():
    rng = random.Random(2)
    orders = [
        {"id": f"o-{n}", "state": "sent", "lines": [{"sku": f"s{n}{k}", "qty": rng.randint(1, 5)} for k in range(6)]}
        for n in range(30)
    ]
    orders[17]["state"] = "refused"
    kept = json.loads(laconic.compress([json.dumps(orders)], "What went wrong?", rate=0.1).text)
    assert any(order["id"] == "o-17" and order.get("state") == "refused" for order in kept)


def test_a_date_is_found_in_any_spelling():
    rows = [{"ship": f"ship {n}", "sunk": f"1942-{1 + n % 12:02}-{1 + n:02}", "tons": 100 * n} for n in range(25)]
    kept = kept_of("What was lost on 14 February 1942?", rows, 40)
    assert {"ship": "ship 13", "sunk": "1942-02-14"}.items() <= kept[0].items()


def test_passages_that_are_one_record_each_are_one_table():
    passages = [json.dumps(row) for row in STAFF]
    result = laconic.compress(passages, "Who earns the highest salary?", max_tokens=30)
    assert any('"Eli Fox"' in part.text and "$105,250" in part.text for part in result.passages)


def test_the_only_record_of_a_list_needs_no_name_but_its_ids():
    text = json.dumps([{"id": "a1", "lines": [{"name": "rug", "line_id": 5, "price": 3}]}, {"id": "b2", "lines": []}])
    segments = JsonSegmenter().segment(Passage(text), 0, 0)
    (price,) = [segment for segment in segments if "price" in text[segment.start : segment.end]]
    brought = [text[segments[at].start : segments[at].end].strip("[{, ") for at in price.needs]
    assert brought == ['"id": "a1"', '"line_id": 5']


WORST = {
    "records": lambda n: json.dumps([{"id": f"#W{i}", "name": f"Item {i}", "status": "x", "n": i} for i in range(n)]),
    "keyed": lambda n: json.dumps({f"#W{i}": {"id": f"#W{i}", "status": "a b", "n": i} for i in range(n)}),
    "deep": lambda n: "".join(f'{{"id": "x{i}", "status": ' for i in range(n)) + "1" + "}" * n,
    "deep lists": lambda n: '[{"id": 1, "a": ' * n + "1" + "}]" * n,
    "many tables": lambda n: json.dumps({f"t{i}": [{"id": i, "status": "x"}] for i in range(n)}),
    "many matrices": lambda n: json.dumps({f"m{i}": [[1, 2], [3, 4], [5, 6]] for i in range(n)}),
    "a wide matrix": lambda n: json.dumps([[f"c{i}" for i in range(n)], *[list(range(n))] * 3]),
    "a wide object": lambda n: json.dumps({f"the status {i}": i for i in range(n)}),
    "a table": lambda n: "id,status,n\n" + "".join(f"#W{i},failed,{i}\n" for i in range(n)),
}  # fmt: skip


@pytest.mark.parametrize("shape", WORST)
@pytest.mark.parametrize(
    "question", ["Which status of #W17 has the highest n, not failed, over 500 before 2021?", None]
)
def test_the_work_is_linear_in_the_text(shape, question):
    small, large = (_calls(WORST[shape](n), question) for n in (200, 800))
    assert large < 6 * small


def _calls(text, question):
    """How many functions are called to cut and score a text."""
    count = 0

    def on_call(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    segmenter = TableSegmenter() if text.startswith("id,") else JsonSegmenter()
    sys.setprofile(on_call)
    try:
        segments = segmenter.segment(Passage(text), 0, 0)
        adjust_scores(question, [Passage(text)], segments, _zeros(len(segments)))
    finally:
        sys.setprofile(None)
    return count


def _zeros(size):
    import numpy as np

    return np.zeros(size)


def shop():
    """Products by id, the variants of each in it; of one there is room for another."""

    def product(name, start, options):
        variants = {
            f"v{start + at}": {"options": option, "available": at % 2 == 0, "price": 100 + (37 * (start + at)) % 90}
            for at, option in enumerate(options)
        }
        return {"name": name, "product_id": f"p{start}", "variants": variants}

    laptops = [{"screen": f"{13 + at}-inch", "ram": f"{8 * at} GB"} for at in range(1, 7)]
    bags = [
        {"compartment": "laptop" if at % 2 else "camera", "color": color} for at, color in enumerate(("red", "blue"))
    ]
    shirts = [{"color": color, "size": size} for color in ("red", "blue") for size in "SML"]
    made = (("Laptop", 10, laptops), ("Backpack", 20, bags * 3), ("Shirt", 30, shirts))
    return {f"p{start}": product(name, start, options) for name, start, options in made}


def test_what_is_asked_of_a_kind_of_thing_is_sought_among_its_own():
    data = shop()
    text = json.dumps(data, indent=1)
    kept = json.loads(laconic.compress(text, "How much is the cheapest laptop?", max_tokens=90).text)
    cheapest, found = min((variant["price"], at) for at, variant in data["p10"]["variants"].items())
    assert kept["p10"]["name"] == "Laptop"
    assert kept["p10"]["variants"][found]["price"] == cheapest


def test_what_all_records_say_is_said_once():
    rows = [
        {"agent": "primary", "note": f"Looked at span {n} of the bridge and found {n} loose bolts in it."}
        for n in range(30)
    ]
    kept = laconic.compress(json.dumps(rows), "How many loose bolts did the agent find?", max_tokens=150).text
    assert kept.count('"agent"') <= 1
    assert kept.count("loose bolts") >= 4
