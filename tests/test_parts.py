"""Mixed pages: prose that holds code, JSON, logs, diffs and tables, each cut as its kind under one budget."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import laconic
from laconic.core.budget import Budget
from laconic.core.reading import Reading, Settings
from laconic.core.repeats import remove_repeats
from laconic.kinds.catalogue import recognise
from laconic.kinds.code.parse import parses_clean
from laconic.kinds.pasted import find_pasted
from laconic.kinds.prose.segment import ProseSegmenter
from laconic.score.lexical import LexicalScorer
from laconic.tokens import as_counter
from laconic.types import Passage

ORDERS = json.dumps(
    {
        "orders": [
            {"id": f"B-{number}", "guest": guest, "room": 100 + number, "state": state, "nights": 2 + number % 5}
            for number, (guest, state) in enumerate(
                [("Ada", "paid"), ("Ben", "open"), ("Cleo", "paid"), ("Dina", "cancelled"), ("Emil", "paid")], 41
            )
        ],
        "next_page": None,
    },
    indent=2,
)
CODE = """import hotel


class Desk:
    def __init__(self, house):
        self.house = house

    def check_in(self, guest, nights):
        # the key is handed out at once
        room = self.house.free_room(nights)
        room.give_key(guest)
        return room

    def bill(self, guest):
        return sum(night.price for night in guest.nights) * 1.07


def open_desk(path):
    return Desk(hotel.load(path))"""
CODE += "".join(
    f"\n\n\ndef keys_{number}(house):\n    keys, doors = house.keys({number}), house.doors({number})\n"
    f"    print(len(keys), len(doors), sep='; ')\n    return dict(zip(keys, doors))"
    for number in range(7)
)
"""Long enough to be cut rather than kept as one example."""
LOG = "\n".join(
    f"2024-03-0{day} 08:15:0{second} INFO sync of floor {second} is done" for day in (1, 2, 3) for second in range(5)
).replace("02 08:15:03 INFO sync of floor 3 is done", "02 08:15:03 ERROR sync of floor 3 failed: no route to the lift")
DIFF = """--- a/hotel.py
+++ b/hotel.py
@@ -3,3 +3,3 @@ class House:
 rooms = 40
-breakfast = "seven"
+breakfast = "eight"
 stars = 3
@@ -30,3 +30,4 @@ class Lift:
 floors = 5
+speed = 2
 doors = 1
 end = 0"""
TRACE = """Traceback (most recent call last):
  File "desk.py", line 12, in check_in
    room = self.house.free_room(nights)
  File "hotel.py", line 88, in free_room
    raise NoRoomError(nights)
hotel.NoRoomError: nothing is free for 9 nights"""
SESSION = "\n".join(
    ["$ hotel rooms --floor 3", "301 free", "302 taken by the Rossi family", "303 free", ""]
    + [f"$ hotel stay {number}\nThe stay {number} ends on day {number % 28} after breakfast." for number in range(12)]
)
PAGE = f"""# The front desk

The desk program keeps the rooms of a small hotel. It was written in one winter and runs on an old laptop.

## What the server answers

A list of bookings comes back:

```json
{ORDERS}
```

## Your own desk

Write a class like this one:

```python
{CODE}
```

## When it fails

Look for lines such as these:

~~~
{LOG}
~~~

The change that was made since is small.

```diff
{DIFF}
```

## By hand

```console
{SESSION}
```

| floor | beds |
|-------|------|
| first | 12   |
| third | 18   |

Breakfast is served in the garden when the weather allows it.
"""


def cut(text, query, budget=90):
    return laconic.compress([text], query, max_tokens=budget).text


def fences(text):
    """The inside of each fence of the output."""
    return re.findall(r"^(?:```|~~~)(\w*)\n(.*?)\n(?:```|~~~)$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("query", "tag", "holds"),
    [
        ("Which state does booking B-44 have?", "json", ('"id": "B-44"', '"state": "cancelled"')),
        ("How is the bill of a guest computed?", "python", ("class Desk:", "* 1.07")),
        ("Why did the sync fail?", "", ("ERROR sync of floor 3 failed: no route to the lift",)),
        ("Which change adds the speed of the lift?", "diff", ("+++ b/hotel.py", "+speed = 2")),
        ("Who has taken room 302?", "console", ("$ hotel rooms --floor 3", "302 taken by the Rossi family")),
    ],
)
def test_a_part_is_cut_as_its_kind_and_keeps_its_fence(query, tag, holds):
    text = cut(PAGE, query)
    inside = next(body for name, body in fences(text) if name == tag)
    assert all(each in inside for each in holds)
    assert len(re.findall(r"^(?:```|~~~)", text, re.MULTILINE)) == 2 * len(fences(text))


def test_rows_of_a_table_come_with_their_header_as_before():
    text = cut(PAGE, "How many beds are on the third floor?", 60)
    assert "| floor | beds |\n|-------|------|\n" in text
    assert "| third | 18   |" in text


@settings(max_examples=40, deadline=None)
@given(
    budget=st.integers(12, 1100),
    query=st.sampled_from(["Which state does booking B-44 have?", "bill of a guest", "sync failed", "lift", None]),
    returns=st.booleans(),
)
def test_what_is_kept_of_a_part_reads_as_what_it_was(budget, query, returns):
    page = PAGE.replace("\n", "\r\n") if returns else PAGE
    result = laconic.compress([page], query, max_tokens=budget)
    assert result.metrics.compressed_tokens <= budget
    for tag, inside in fences(result.text.replace("\r\n", "\n")):
        if tag == "json":
            json.loads(inside)
        if tag == "python":
            assert parses_clean(inside, "python")
        if tag == "diff":
            assert inside.startswith("--- a/hotel.py\n+++ b/hotel.py\n@@ -")
    spans = [span for passage in result.passages for span in passage.spans]
    assert all(a < b <= c < d for (a, b), (c, d) in pairwise(spans))
    everything = sorted(spans + [piece.span for piece in result.dropped])
    assert [0, *(end for _, end in everything)] == [*(start for start, _ in everything), len(page)]


@pytest.mark.parametrize(("kind", "material"), [("json", ORDERS), ("traceback", TRACE), ("diff", DIFF)])
def test_what_is_pasted_between_words_is_a_part_where_it_is_certain(kind, material):
    before, behind = (
        "This is what I see when I run it on the old laptop:",
        "What shall I do about it? It worked in May.",
    )
    text = f"{before}\n{material}\n{behind}"
    assert [(text[start:end], name) for start, end, name in find_pasted(text)] == [(material, kind)]
    assert recognise(Passage(text)).kind.name == "prose"
    segments = ProseSegmenter().segment(Passage(text), 0, 0)
    assert [text[segment.start : segment.end] for segment in segments if segment.part] == [material]
    assert text[segments[0].start : segments[0].end] == before


@pytest.mark.parametrize(
    "text",
    [
        "The values were\n[1, 2]\nand stayed so.",
        "He said {never}\nand left.\n{\nan open bracket",
        "Errors happen at the desk\n  at times, and at night.",
        "@@ -1,2 +1,2 @@\nis how a hunk begins.",
        "KeyError: what does it mean?\nIt means that a key is missing.",
    ],
)
def test_words_are_not_taken_for_something_pasted(text):
    assert find_pasted(text) == []


def test_a_mixed_page_is_none_of_what_it_holds():
    assert recognise(Passage(PAGE)).kind.name == "prose"
    assert recognise(Passage(f"Subject: lift\n\n{DIFF}\n")).kind.name == "diff"
    assert recognise(Passage(TRACE)).kind.name == "traceback"
    assert (
        recognise(Passage(f"{ORDERS}\n\nThe list above came back yesterday. It is shorter than I thought.")).kind.name
        == "prose"
    )


def parts(text, **fields):
    """The parts of a passage as the core opens them: kind and text."""
    settings = Settings(Budget(max_tokens=9), as_counter(len), None, LexicalScorer())
    reading = Reading([Passage(text, **fields)], None, settings)
    return [(part.kind.name, part.passage.text) for part in reading.parts]


@pytest.mark.parametrize(
    ("opening", "inside", "kind"),
    [
        ("```json", ORDERS, "json"),
        ("```", ORDERS, "json"),
        ("~~~ {.python .numberLines}", CODE, "code"),
        ("```{code-block} python", CODE, "code"),
        ("````python", f'{CODE}\n\nTEXT = """\n```\n"""', "code"),
        ("```text", LOG, "log"),
        ("```patch", DIFF, "diff"),
        ("```cobol", CODE, "lines"),
        ("```json", ORDERS.replace("]", "...]"), "lines"),
        ("```python", SESSION, "lines"),
        ("```csv", "floor,beds,view\n" + "\n".join(f"{n},{n * 3},sea" for n in range(9)), "table"),
    ],
)
def test_a_part_is_of_the_kind_that_it_is_called_if_it_reads_as_that(opening, inside, kind):
    mark = re.match(r"[`~]+", opening)[0]
    assert parts(f"Read this.\n\n{opening}\n{inside}\n{mark}\n\nThat was it.") == [(kind, inside)]


def test_code_that_is_only_indented_is_a_part():
    code = CODE.split("\n\n\ndef keys_")[0]
    indented = "\n".join(f"    {line}" if line else line for line in code.split("\n"))
    text = f"# Desk\n\nWrite this:\n\n{indented}\n\nThen run it. The lift needs a key of its own."
    segments = ProseSegmenter().segment(Passage(text), 0, 0)
    assert [text[each.part.start : each.part.end] for each in segments if each.part is not None] == [indented]
    kept = cut(text, "How is the bill of a guest computed?", 120)
    assert "\n    class Desk:\n" in kept
    assert "* 1.07" in kept


def test_the_inside_of_a_directive_is_a_part():
    inside = "\n".join(f"   {line}" if line else line for line in CODE.split("\n"))
    text = f"Desk\n====\n\n.. code-block:: python\n   :linenos:\n\n{inside}\n\nThen run it."
    assert parts(text, kind="prose") == [("code", inside)]


def test_a_fence_that_a_chunk_was_cut_in():
    assert parts(f"Write this:\n\n```python\n{CODE}") == [("code", CODE)]
    closed = f"    return 1\n```\n\nThen write this.\n\n```python\n{CODE}\n```\n\nThat was it."
    assert parts(closed) == [("code", CODE)]
    assert parts("```\nNever closed. Two sentences, and one more for the road.") == []


def test_a_quoted_fence_is_kept_whole():
    text = "\n".join(f"> {line}" for line in f"He wrote:\n\n```json\n{ORDERS}\n```".split("\n"))
    assert parts(text) == []
    assert [s.kind for s in ProseSegmenter().segment(Passage(text), 0, 0)].count("fence") == 1


def test_small_examples_stay_whole():
    page = f"# Start\n\n```sh\npip install hotel\nhotel start\n```\n\n{PAGE}"
    kept = cut(page, "How do I pip install it?", 60)
    assert "```sh\npip install hotel\nhotel start\n```" in kept


def test_a_heading_comes_along_with_what_is_kept_of_a_part_below_it():
    assert "## What the server answers" in cut(PAGE, "Which state does booking B-44 have?")


def test_score_steps_see_each_part_as_a_passage_of_its_own():
    seen = []

    class Look:
        name = "look"

        def adjust(self, query, passages, segments, scores):
            seen.extend((passages[s.passage].kind, passages[s.passage].text[s.start : s.end]) for s in segments)
            return scores

    laconic.compress([PAGE], "bill", max_tokens=60, steps=[Look()])
    assert ("json", '"state": "cancelled",') in seen
    assert any(kind == "diff" and "+speed = 2" in text for kind, text in seen)


def test_without_a_question_something_of_the_page_is_kept_and_it_is_not_broken():
    text = cut(PAGE, None, 200)
    assert "# The front desk" in text
    for tag, inside in fences(text):
        assert tag != "json" or json.loads(inside)


def test_repeated_code_in_pages_of_a_collection_is_left_whole():
    pages = [PAGE, PAGE.replace("one winter", "one summer")]
    result = remove_repeats(pages, boilerplate_share=None)
    assert CODE in result.passages[1].text


@pytest.mark.parametrize("times", [1, 400])
def test_many_parts_and_long_ones(times):
    page = f"# Desk\n\n```\n{LOG * times}\n```\n\n" + f"Read on.\n\n```json\n{ORDERS}\n```\n\n" * (times // 8)
    result = laconic.compress([page], "Why did the sync of floor 3 fail?", max_tokens=80)
    assert "no route to the lift" in result.text
