"""The best segment always has its share, cut at clauses where it does not fit; a few words are no filling."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import laconic
from laconic.kinds.clauses import clause_spans, is_short
from laconic.select.budget import fill_budget

FEE = (
    "The entrance fee for adults who visit the upper platform of the tower by the lift in the summer months, "
    "when it is open until midnight, is 35 euros, but those who take the stairs to the second floor, which has 674 "
    "steps, pay only 14 euros."
)
CLAUSES = [FEE[start:end] for start, end in clause_spans(FEE, 0, len(FEE))]
DOGS = " Dogs are not allowed."
count = laconic.Compressor().counter.count


@pytest.mark.parametrize("neighbour", ["", DOGS, DOGS * 3])
@pytest.mark.parametrize("budget", range(20, 60, 4))
def test_the_best_sentence_is_cut_at_clauses_before_lesser_ones_are_taken(neighbour, budget):
    result = laconic.compress(FEE + neighbour, "What is the entrance fee for adults?", max_tokens=budget)
    kept = [FEE[start : min(end, len(FEE))] for start, end in result.passages[0].spans if start < len(FEE)]
    assert kept
    assert result.metrics.compressed_tokens <= budget
    for piece in kept:
        at = FEE.index(piece)
        assert any(FEE[at:].startswith(clause) for clause in CLAUSES), "begins inside a clause"
        assert any(FEE[: at + len(piece.rstrip())].endswith(clause) for clause in CLAUSES), "ends inside a clause"


def test_what_is_kept_is_about_the_question_where_that_is_not_the_beginning():
    query = "How much do those who take the stairs pay?"
    assert "pay only 14 euros" in laconic.compress(FEE + DOGS, query, max_tokens=30).text


def test_below_a_clause_words_are_kept_of_the_best_sentence():
    result = laconic.compress(FEE + DOGS, "What is the entrance fee for adults?", max_tokens=10)
    assert result.text in FEE
    assert re.match(r"\W|$", FEE[result.passages[0].spans[0][1] :]), "ends inside a word"


def test_a_phrase_to_preserve_is_in_what_is_kept_of_its_sentence():
    result = laconic.compress(FEE + DOGS, "Are dogs allowed?", max_tokens=30, preserve=["674 steps"])
    assert "674 steps" in result.text


def test_where_passages_share_a_budget_each_is_cut_at_clauses():
    other = FEE.replace("tower", "castle")
    result = laconic.compress([FEE, other], "What is the entrance fee?", max_tokens=60, at_least=2)
    assert len(result.passages) == 2
    for part in result.passages:
        assert part.text[-1] in ",.", part.text


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("budget", range(20, 100, 8))
def test_of_json_a_long_string_becomes_a_shorter_one(indent, budget):
    towers = [{"id": "T1", "note": FEE}, {"id": "T2", "note": "Its floor is glass"}]
    result = laconic.compress(
        json.dumps(towers, indent=indent), "What is the entrance fee of T1 for adults?", max_tokens=budget
    )
    kept = json.loads(result.text)
    assert kept[0]["id"] == "T1"
    if "note" in kept[0]:
        assert kept[0]["note"] in FEE
        assert re.search(r"(^|[,.;] )$", FEE[: FEE.index(kept[0]["note"])]), "begins inside a clause"


def test_the_best_row_is_kept_from_its_beginning_with_its_header():
    rows = f"tower,city,note\nEiffel,Paris,{FEE.replace(',', '')}\nCN,Toronto,Glass floor\nTokyo,Tokyo,Red\n"
    for budget in (20, 30, 40):
        lines = laconic.compress(rows, "What is the entrance fee of the Eiffel tower?", max_tokens=budget).text.split(
            "\n"
        )
        assert lines[0] == "tower,city,note"
        assert lines[1].startswith("Eiffel,Paris,The entrance fee")


@pytest.mark.parametrize("budget", range(8, 60, 4))
def test_no_quotation_of_a_row_is_left_open(budget):
    rows = f'tower,city,note\nEiffel,Paris,"{FEE}"\nCN,Toronto,"Glass, floor"\nTokyo,Tokyo,Red\n'
    text = laconic.compress(rows, "What is the entrance fee of the Eiffel tower?", max_tokens=budget).text
    if "\n" in text:  # with its header
        list(csv.reader(io.StringIO(text), strict=True))


def test_the_best_log_line_is_kept_from_its_beginning():
    log = (
        "2024-05-01 10:00:00 INFO start of job 7\n2024-05-01 10:00:01 ERROR job 7 failed because of the disk that was "
        "full on node 5, which has no quota, so that nothing could be written\n2024-05-01 10:00:02 INFO job 8 runs\n"
    )
    text = laconic.compress(log, "Why did job 7 fail?", max_tokens=30).text
    assert text.startswith("2024-05-01 10:00:01 ERROR job 7 failed because of the disk that was full on node 5")


# -- the allocator ---------------------------------------------------------------------------------------------------


class Halves:
    """Cuts any segment to what room there is, at least to half."""

    def __init__(self, worth, costs):
        self.worth, self.costs = worth, costs
        self.kept = None

    def may_cut(self, at):
        return self.kept is None

    def cut(self, at, kept, room):
        if 2 * room < self.costs[at]:
            return False
        self.kept = (at, room)
        return True


@given(st.lists(st.tuples(st.floats(0.01, 1), st.integers(1, 30)), min_size=1, max_size=8), st.integers(2, 40))
@settings(max_examples=200, deadline=None)
def test_the_best_is_kept_or_cut_whatever_else_there_is(pairs, budget):
    worth, costs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    best = max(range(len(pairs)), key=worth.__getitem__)
    cuts = Halves(worth, costs)

    def measure(chosen):
        return sum(costs[at] for at in chosen) + (cuts.kept[1] if cuts.kept else 0)

    kept = fill_budget(range(len(pairs)), costs, {}, budget, measure, cuts=cuts, best=best)
    assert measure(kept) <= budget
    if costs[best] <= budget:
        assert best in kept
    elif 2 * budget >= costs[best]:
        assert cuts.kept is not None
        assert cuts.kept[0] == best


def test_what_a_cut_segment_requires_is_kept_with_it():
    cuts = Halves([0.1, 0.9, 0.2], [4, 30, 3])
    requires = {1: (0,)}

    def measure(chosen):
        return sum([4, 30, 3][at] for at in chosen) + (cuts.kept[1] if cuts.kept else 0)

    kept = fill_budget([1, 2], [4, 30, 3], requires, 20, measure, cuts=cuts, best=1)
    assert (cuts.kept, set(kept)) == ((1, 16), {0})


# -- crumbs ----------------------------------------------------------------------------------------------------------

FACTS = [
    "The tower was finished in the spring of 1889 after two years of work on the site.",
    "Its three levels are open to visitors on most days of the year except in storms.",
    "The iron was made in a works near the river, a little to the east of the town.",
]


@pytest.mark.parametrize("budget", [24, 30, 44, 50])
def test_a_few_words_are_not_taken_to_fill_room(budget):
    passages = [f"Well then. {fact} That's it. More soon. See below. {fact[::-1]}" for fact in FACTS]
    result = laconic.compress(passages, "When was the tower finished?", max_tokens=budget)
    assert "1889" in result.text
    for part in result.passages:
        assert len(part.text) > 24, "a crumb stands alone"


def test_a_few_words_that_answer_are_kept():
    passages = ["When was it finished? In 1889. " + FACTS[1], "Nobody knows. " + FACTS[2]]
    assert "In 1889." in laconic.compress(passages, "When was it finished? In which year?", max_tokens=12).text


def test_a_short_passage_is_no_crumb():
    result = laconic.compress(["255.0", *FACTS], "What does the change of the flight cost?", max_tokens=25)
    assert "255.0" in result.text


# -- clauses ---------------------------------------------------------------------------------------------------------


@given(st.text(st.sampled_from("ab ,;:.-–\n\"'，。は1"), max_size=80))
@settings(max_examples=200, deadline=None)
def test_clauses_hold_all_but_white_space_in_order(text):
    spans = clause_spans(text, 0, len(text))
    assert "".join(text[start:end] for start, end in spans).split() == [] or spans
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)


def test_numbers_times_and_names_of_members_are_not_parted():
    text = '"note": "It opens at 10:30, costs 1,500 yen; see a-b."'
    assert [text[a:b] for a, b in clause_spans(text, 0, len(text))] == [
        '"note": "It opens at 10:30,', "costs 1,500 yen;", 'see a-b."',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "short"), [("However,", True), ("won 24–21.", True), ("塔の高さは三百三十メートル。", False)]
)
def test_what_is_short_depends_on_the_script(text, short):
    assert is_short(text) is short
