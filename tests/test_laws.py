"""The laws of the design over every door, every kind, every form of budget and several counters.

`doors.DOORS` says which laws a door does not promise, and why; `doors.LAWS` are their names. Few inputs are tried here;
``make laws`` tries many, for every kind by itself, and counts them (``benchmarks/results/laws.md``).
"""

from __future__ import annotations

import atexit
import json
import os
import re
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
import strategies as s
from doors import COUNTERS, DOORS, LAWS, Call, Door, Found, replace_call
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st
from laws import check_accounts, check_explanations, check_spans, is_within, tokens_of, whole

import laconic
from laconic.exceptions import BudgetError, InputError
from laconic.kinds.catalogue import kind_named, recognise
from laconic.kinds.code.parse import parses_clean
from laconic.tokens import as_counter, counter_for
from laconic.types import Passage

pytest.importorskip("tree_sitter")
pytest.importorskip("langchain")
pytest.importorskip("llama_index.core")

MANY = int(os.environ.get("LACONIC_LAWS", "0"))
"""Inputs for each door and kind; 0 tries a few for each door, the same ones every time."""

settings.register_profile(
    "laws",
    max_examples=MANY or 22,
    derandomize=not MANY,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
LAW_PROFILE = settings.get_profile("laws")
PAIRS = [(door, group) for door in DOORS for group in (s.GROUPS if MANY else ("all kinds",))]

_tried: Counter[str] = Counter()


def _write_tally() -> None:
    folder = os.environ.get("LACONIC_LAWS_TALLY")
    if folder and _tried:
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        (path / f"{os.getpid()}.json").write_text(json.dumps(dict(_tried)))


atexit.register(_write_tally)


@pytest.mark.parametrize(("name", "group"), PAIRS, ids=[f"{door}-{group}" for door, group in PAIRS])
@settings(LAW_PROFILE)
@given(data=st.data())
def test_laws(name: str, group: str, data: st.DataObject) -> None:
    door = DOORS[name]
    own = data.draw(st.sampled_from(list(s.GROUPS))) if group == "all kinds" else group
    call, documents = data.draw(s.calls(door, own))
    check_call(door, call, documents, lambda law: _tried.update([f"{law}\t{name}\t{own}"]))


def check_call(door: Door, call: Call, documents, tried=lambda law: None) -> None:
    """Every law that a door promises, on one call."""
    if not door.blank and not call.passages[0].text.strip():
        return
    found = door.run(call)
    note(f"{call.budget} {call.counter} → {found.text!r}")
    texts = [part.text for part in found.parts]
    passages = call.passages if found.given is None else found.given
    sources = [passages[part.index] for part in found.parts]
    of = [documents[int(source.id)] for source in sources]

    def holds(law: str) -> bool:
        if door.promises(law):
            tried(law)
            return True
        return False

    if holds("budget"):
        alone = call.separator is None and texts and not found.joined
        used = tokens_of(texts, None, found.count) if alone else found.count(found.text)
        assert found.ceiling is None or used <= found.ceiling, f"{used} tokens under a budget of {found.ceiling}"
        assert found.reported in (None, used), f"{found.reported} are reported, there are {used}"
    if holds("shorter"):
        before = found.count(whole([passage.text for passage in passages], call.separator))
        assert found.count(found.text) <= before
    if holds("spans"):
        indexes = [part.index for part in found.parts]
        assert indexes == sorted(set(indexes))
        for part, source in zip(found.parts, sources, strict=True):
            verbatim = not recognise(source).kind.frames and not recognise(source).kind.parts
            if part.spans is not None:
                check_spans(source.text, part.spans, part.text, verbatim=verbatim)
            elif verbatim:
                assert is_within(part.text, source.text)
    if holds("identity"):
        assert all(now == before for now, before in found.identity)
    if holds("accounts"):
        kept = {part.index: part.spans for part in found.parts}
        for at, passage in enumerate(passages):
            check_accounts(passage.text, kept.get(at, ()), [span for index, span in found.dropped if index == at])
        for (at, (start, end)), text in zip(found.dropped, found.expand, strict=True):
            assert passages[at].text[start:end] == text
    if holds("explained"):
        kinds = [recognise(passage).kind for passage in passages]
        check_explanations(found.result, lambda each: kinds[each.index].frames or kinds[each.index].parts)
    if holds("parses"):
        for part, document, source in zip(found.parts, of, sources, strict=True):
            if min(found.ceiling or 99, call.budget.get("max_tokens", 99)) > 30:  # below one statement a call that must keep something keeps its beginning
                _check_parses(part.text, document, source)
    if holds("ends"):
        for part, document in zip(found.parts, of, strict=True):
            _check_ends(part, document, found)
    if holds("same"):
        with suppress(laconic.exceptions.LaconicError):
            door.run(replace_call(call, passages=(Passage("Something else. And more of it."),), budget={"max_tokens": 3}))
        again = door.run(call)
        assert (again.text, again.parts, again.dropped) == (found.text, found.parts, found.dropped)
    if "max_tokens" in door.budgets and holds("unchanged"):
        separator = "\n\n" if found.joined else call.separator
        exact = tokens_of([passage.text for passage in passages], separator, found.count)
        fits = door.run(replace_call(call, budget={"max_tokens": max(1, exact)}))
        assert fits.text == whole([each.text for each in passages], separator) or not all(
            each.text.strip() for each in passages
        )
    if set(call.budget) == {"max_tokens"} and texts and holds("twice"):
        kept = [
            Passage(part.text, id=source.id, kind=source.kind, language=source.language, source=source.source)
            for part, source in zip(found.parts, sources, strict=True)
        ]
        assert door.run(replace_call(call, passages=tuple(kept))).text == found.text


def _check_parses(text: str, document, passage: Passage) -> None:
    """Law 7, where the engine can know the language."""
    if document.language is None or not text.strip() or recognise(passage).kind.name != "code":
        return
    told = passage.language or passage.source
    if told and parses_clean(document.text, document.language):
        assert parses_clean(text, document.language), f"{text!r} is no {document.language}"


_INSIDE = re.compile(r"[A-Za-z0-9]")


def _check_ends(part, document, found: Found) -> None:
    """Law 12: not inside a word where there is room for words; at units but for one that was cut, where there are such."""
    if part.spans is None or (found.ceiling or 10**9) < 12:
        return
    text = document.text
    for at in (offset for span in part.spans for offset in span):
        inside = 0 < at < len(text) and _INSIDE.match(text[at - 1]) and _INSIDE.match(text[at])
        assert not inside, f"{text[max(0, at - 20) : at]!r} | {text[at : at + 20]!r}"
    if not document.units:
        return
    largest = max(found.count(text[slice(*unit)]) for unit in document.units)
    if (found.ceiling or 10**9) < 3 * largest:
        return
    starts, ends = ({unit[side] for unit in document.units} for side in (0, 1))
    cut = 0
    for start, end in part.spans:
        start += len(text[start:end]) - len(text[start:end].lstrip())
        end -= len(text[start:end]) - len(text[start:end].rstrip())
        cut += start < end and (start not in starts or end not in ends)
    assert cut <= 1, f"{cut} pieces of {part.spans} begin or end inside a unit"
