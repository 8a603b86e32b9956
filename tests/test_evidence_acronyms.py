"""Short forms that the passages define, asked for in either form."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import laconic
from laconic.score.evidence.acronyms import defined_forms

BOTH = [("IBT", "International Brotherhood of Teamsters")]
TEAMSTERS = "Pilots joined the International Brotherhood of Teamsters (IBT) in May."


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("Who does IBT represent?", TEAMSTERS, BOTH),
        ("who does ibt represent", TEAMSTERS, BOTH),
        ("How many international brotherhoods of teamsters?", TEAMSTERS, BOTH),
        ("Was PCR used?", "We used PCR (polymerase chain reaction) twice.", [("PCR", "polymerase chain reaction")]),
        ("Where is the DNA?", "the deoxyribonucleic acid (DNA)", [("DNA", "deoxyribonucleic acid")]),
        ("What is an LLM?", "large language models (LLMs) guess", [("LLM", "large language models")]),
        ("Is treatment as usual (TAU) enough?", "Is treatment as usual (TAU) enough?", [("TAU", "treatment as usual")]),
        ("Which row is it?", "the right of way (ROW)", []),
        ("Who are the teamsters?", TEAMSTERS, []),
        ("What is in note A?", "Purchases rose (see note A), said the US (again).", []),
        ("Who is XY?", "x (XY)", []),
        ("", TEAMSTERS, []),
    ],
)  # fmt: skip
def test_what_is_defined_and_asked_for(query: str, text: str, found: list[tuple[str, str]]) -> None:
    assert defined_forms(query, [text]) == found


@settings(deadline=None)
@given(
    query=st.text("aAbB ()İß\n", max_size=30),
    texts=st.lists(st.text("aAbB ()sİß\n", max_size=60), max_size=4),
)
def test_any_text(query: str, texts: list[str]) -> None:
    found = defined_forms(query, texts)
    assert len(found) <= 8
    assert found == defined_forms(query, texts[::-1])
    for short, long in found:
        assert any(short in text and long in text for text in texts)


@pytest.mark.parametrize(
    ("written", "asked"),
    [("International Brotherhood of Teamsters", "IBT"), ("IBT", "International Brotherhood of Teamsters")],
)
def test_one_form_is_answered_by_the_other(written: str, asked: str) -> None:
    others = ("air carrier council", "mechanics guild", "ground crew board", "cabin union", "dispatch league")
    facts = [f"The {name} has its seat in {place}." for name, place in zip(others, "ABCDE", strict=True)]
    wanted = f"The {written} has its seat in Ohio."
    passages = [TEAMSTERS, " ".join([*facts[:3], wanted, *facts[3:]])]
    assert wanted in laconic.compress(passages, f"Where has the {asked} its seat?", rate=0.25).text


def test_a_short_form_is_read_as_it_is_written() -> None:
    passages = [
        "Information technology (IT) has a desk. It was long. It rained in May. IT costs nine euros. It snowed."
    ]
    kept = laconic.compress(passages, "What does information technology cost?", rate=0.5).text
    assert "IT costs nine euros." in kept
