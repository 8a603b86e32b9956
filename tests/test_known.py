"""What was read of a passage is remembered: results are those of reading it again, wherever it comes again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_kinds import MIXED

import laconic
from laconic.core import known
from laconic.core.known import read_passage
from laconic.kinds.catalogue import KINDS
from laconic.tokens import counter_for
from laconic.types import Passage

COUNTER = counter_for("gpt-4o")
EXAMPLES = [*(kind.example for kind in KINDS), MIXED.example]
PLACES = st.integers(0, 40)


def told(record):
    """All that a record and those around it say, and which objects are the same."""
    seen = {}

    def name(member):
        if member is None:
            return None
        number = seen.setdefault(id(member), len(seen))
        return (number, member.name, member.value, member.start, member.end, member.at, member.until)

    found = []
    while record is not None:
        found.append(
            (
                record.table,
                name(record.key),
                name(record.header),
                [name(each) for each in record.members],
                [name(each) for each in record.identity],
            )
        )
        record = record.parent
    return found


def bare(segments):
    records = {}
    shared = [None if each.record is None else records.setdefault(id(each.record), len(records)) for each in segments]
    plain = [each._replace(record=None) for each in segments]
    return plain, shared, [None if each.record is None else told(each.record) for each in segments]


@pytest.mark.parametrize("text", EXAMPLES, ids=[*(kind.name for kind in KINDS), "mixed"])
@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(PLACES, PLACES), min_size=2, max_size=4))
def test_a_passage_that_comes_again_has_the_segments_of_its_place(text, places):
    laconic.clear_caches()
    kept = [read_passage(Passage(text), index, first, COUNTER) for index, first in places]
    for (index, first), (recognised, segments) in zip(places, kept, strict=True):
        laconic.clear_caches()
        fresh = read_passage(Passage(text), index, first, COUNTER)
        assert recognised == fresh[0]
        assert bare(segments) == bare(fresh[1])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.sampled_from(EXAMPLES), min_size=1, max_size=4), min_size=1, max_size=4))
def test_results_do_not_depend_on_what_was_read_before(calls):
    def told_of(texts):
        found = laconic.compress(texts, "How high is the tower of T2?", rate=0.5, explain=True)
        return found.text, found.passages, found.dropped, found.explanations

    remembered = [told_of(texts) for texts in calls]
    for texts, found in zip(calls, remembered, strict=True):
        laconic.clear_caches()
        assert told_of(texts) == found


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_reads_nothing_of_a_passage_but_what_it_is_remembered_by(kind):
    plain = Passage(kind.example, kind=kind.name, language="python" if kind.name == "code" else None)
    other = replace(plain, id="7", title="import os", score=2.5, head="def f():\n", metadata={"language": 3, "rank": 2})
    laconic.clear_caches()
    found = read_passage(plain, 0, 0, COUNTER)
    laconic.clear_caches()
    assert bare(read_passage(other, 0, 0, COUNTER)[1]) == bare(found[1])


def test_what_a_passage_says_of_itself_counts():
    text = "port = 80\nhost = a\nname = b\n"
    said = [
        {"text": text},
        {"text": text, "kind": "lines"},
        {"text": text, "source": "a.toml"},
        {"text": text, "metadata": {"language": "python"}},
        {"text": text, "language": "python"},
    ]
    remembered = [laconic.compress([each], "port", max_tokens=5, explain=True) for each in said]
    for each, found in zip(said, remembered, strict=True):
        laconic.clear_caches()
        assert laconic.compress([each], "port", max_tokens=5, explain=True).explanations == found.explanations


def test_what_is_remembered_is_bounded_in_characters_and_entries():
    laconic.clear_caches()
    for number in range(60):
        read_passage(Passage(f"{number} " + "a tower of iron. " * 1000), 0, 0, COUNTER)
    assert 0 < len(known._known) < 30
    read_passage(Passage("a tower of iron. " * 40_000), 0, 0, COUNTER)
    assert len(known._known) < 30
    for number in range(6000):
        read_passage(Passage(f"{number}"), 0, 0, COUNTER)
    assert len(known._known) < 5000
