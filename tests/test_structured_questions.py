"""What a question says of tables, what values say as numbers and dates, and what stands out among them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.score.structure.limits import limits_of
from laconic.score.structure.odd import failures, severity, surprises
from laconic.score.structure.question import Question, asks_for_failures, identifiers
from laconic.score.structure.superlatives import superlatives_of
from laconic.score.structure.values import quantities, quantity


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("42", 42.0), ("-3.5", -3.5), ("1e3", 1000.0), ("$1,234.50", 1234.5), ("EUR 12", 12.0), ("48 %", 48.0),
        ("1.234,56", 1234.56), ("12 kg", 12.0), ("10:30", 37_800.0), ("1:30:00 PM", 48_600.0), ("", None),
        ("n/a", None), ("v1.4.2", None), ("nan", None), ("1_000", None), ("room 12", None),
    ],
)  # fmt: skip
def test_values_as_numbers(value, expected):
    read = quantity(value)
    assert (read and read[:2]) == (expected if expected is None else ("number", expected))


@pytest.mark.parametrize(
    "value",
    ["2024-05-20", "2024/5/20", "20 May 2024", "May 20th, 2024", "Mon, 20 May 2024", "05/20/2024", "20.05.2024"],
)
def test_dates_in_any_spelling_are_the_same_day(value):
    assert quantity(value) == quantity("2024-05-20T00:00:00Z")
    assert quantity(f"{value.rstrip('Z')}") < quantity("2024-05-20 07:00")


def test_columns_of_several_units_are_compared_by_what_they_mean():
    assert quantities(["900 ms", "2 s", "1 min"]).values == [0.9, 2.0, 60.0]
    assert quantities(["3 kg", "12 kg"]).values == [3.0, 12.0]
    assert quantities(["1.5K", "3M", "700"]).values == [1500.0, 3e6, 700.0]
    assert quantities(["1700000000", "1710000000"]).sort == "date"
    assert quantities(["1", "2", "3", "4", "unknown"]).values == [1.0, 2.0, 3.0, 4.0, None]
    assert quantities(["red", "blue"]) is None


@given(st.text(max_size=60))
def test_any_value_can_be_read(value):
    read = quantity(value)
    assert read is None or read[0] in ("number", "date")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which has the most stars?", [("most", 1, 1)]),
        ("the three cheapest flights", [("cheapest", -1, 3)]),
        ("top 5 by revenue", [("top", 1, 5)]),
        ("What is the most expensive one, and the least expensive?", [("expensive", 1, 1), ("expensive", -1, 1)]),
        ("Who joined most recently?", [("recently", 1, 1)]),
        ("the steepest climb", [("steepest", 1, 1)]),
        ("the first order", [("first", -1, 1)]),
        ("at least two of the most likely guests at the request of the west", []),
        ("my first name, the last four digits, last week", []),
    ],
)
def test_superlatives(question, expected):
    found = superlatives_of(Question(question).words)
    assert [(each.word, each.directions[0][0], each.ranks) for each in found] == expected


@pytest.mark.parametrize(
    ("question", "within", "beyond"),
    [
        ("over 500 stars", 501, 499),
        ("at most $1,200", 1200, 1201),
        ("between 3 and 5", 4, 6),
        (">= 2.5k requests", 2500, 2.4),
        ("more than 3 million", 4, 2),
    ],
)
def test_limits(question, within, beyond):
    (limit,) = limits_of(question)
    assert limit.holds(within)
    assert not limit.holds(beyond)


def test_years_limit_dates():
    (limit,) = limits_of("hired before 2021")
    day = quantity("2020-12-31")[1]
    assert limit.on("date").holds(day)
    assert not limit.on("date").holds(quantity("2021-03-01")[1])
    assert next(limits_of("over 500")).on("date") is None
    (dated,) = limits_of("since 20 May 2024")
    assert dated.on("number") is None


def test_values_that_a_question_says():
    question = Question("Which orders in New York were not shipped by Acme-7, and is IT in 東京 the owner?")
    said = {
        value: question.place_of(value)
        for value in (
            "New York",
            "new york",
            "York",
            "order",
            "Acme-7",
            "acme 7",
            "IT",
            "it",
            "in",
            "東京",
            "Boston",
            "a",
        )
    }
    assert [value for value, place in said.items() if place is None] == ["it", "in", "Boston", "a"]
    assert said["New York"] == said["new york"] == (3, 5)
    assert question.denies(said["Acme-7"][0])
    assert not question.denies(said["New York"][0])
    assert question.names("New York", said["New York"])
    assert not question.names("order", said["order"])


def test_columns_that_a_question_speaks_of():
    question = Question("What was the delivery date, and the payment method?")
    mentions = {
        name: question.mention(name) for name in ("delivery_date", "paymentMethod", "date", "method_of_return", "price")
    }
    assert mentions["delivery_date"] == (1.0, (3, 5))
    assert mentions["paymentMethod"][0] == mentions["date"][0] == 1.0
    assert 0 < mentions["method_of_return"][0] < 0.5
    assert mentions["price"] is None
    assert Question("the weight?").mention("weight_g")[0] == 1.0, "a unit need not be said"


def test_what_names_something_in_a_question():
    assert identifiers("Is order #W2611340 (or blk_-38.) from 2024-05-20?") == ["#W2611340", "blk_-38", "2024-05-20"]
    assert identifiers("Who was it?") == []
    assert asks_for_failures("Which errors occur?")
    assert asks_for_failures(None)
    assert not asks_for_failures("Who logged in?")


@pytest.mark.parametrize(
    ("values", "odd"),
    [
        (["ok"] * 40 + ["lost"], [40]),
        (["red", "green", "blue"] * 14, []),
        ([str(n) for n in range(40)], []),
        ([str(40 + n % 9) for n in range(40)] + ["900"], [40]),
        ([str(2**n) for n in range(30)], []),
        ([f"served in {n} ms" for n in range(40)] + ["the key was copied"], [40]),
        ([f"name of {chr(97 + n)}" for n in range(20)], []),
        (["a", "b", "b"], []),
        ([], []),
    ],
)
def test_rare_values(values, odd):
    assert [at for at, surprise in surprises(values, len(values)) if surprise >= 1.0] == odd


def test_what_few_records_have_is_rare():
    assert [at for at, _ in surprises(["E7"], 50)] == [0]
    assert surprises(["note"] * 25, 50) == []


@given(st.lists(st.sampled_from(["a", "b", "3", "4.5", "2024-01-01", "", "x y z"]), max_size=60), st.integers(0, 30))
def test_surprises_are_of_places_and_over_one(values, more):
    found = surprises(values, len(values) + more)
    assert all(0 <= at < len(values) and surprise > 0 for at, surprise in found)
    assert len({at for at, _ in found}) == len(found)


def test_failures_of_values_and_keys():
    assert severity("CrashLoopBackOff") > 0
    assert severity("payment_failed") > 0
    assert severity("critical") == 1.0
    assert severity("delivered") == 0
    assert dict(failures(["", "E1"], "error_code", 50)).keys() == {0, 1}
    assert dict(failures(["0", "false"], "errors", 50)) == {}
    rare, common = dict(failures(["failed"], "state", 50)), dict(failures(["failed"] * 50, "state", 50))
    assert rare[0] > common[0] > 0


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Who ordered #W17?", {"customer", "created_by", "by"}),
        ("When was #W17 placed?", {"order_date", "createdAt"}),
        ("Wann wurde #W17 bestellt?", {"order_date", "createdAt"}),
        ("Where does #W17 go to?", {"ship/city"}),
        ("What is in #W17?", set()),
        ("Which of them is late?", set()),
    ],
)
def test_question_words_ask_for_columns_that_hold_such_answers(question, asked):
    columns = ("customer", "created_by", "order_date", "createdAt", "ship/city", "total", "status", "note", "by")
    assert {name for name in columns if Question(question).about(name, "rows") is not None} == asked


def test_what_a_question_says_of_a_column_goes_before_its_question_word():
    assert Question("Who is the manager of it?").about("manager", "teams")[0] == 1.0
    assert Question("Who is the manager of it?").about("owner", "teams")[0] < 1.0
