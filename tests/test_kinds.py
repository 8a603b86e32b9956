"""The laws of the engine over the table of kinds: a new kind is a folder and a row, and these tests run over it."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structure_support import ROOT, modules, tree

import laconic
from laconic.kinds.catalogue import KIND_NAMES, KINDS, kind_named, recognise, segmenter_for
from laconic.kinds.code.parse import parses_clean
from laconic.types import Passage

QUERIES = st.sampled_from(["How high is the Eiffel tower in metres?", "job 7 failed", "paint", "T2 note", None, "zzz"])
MARKDOWN = kind_named("markdown")
MIXED = replace(
    MARKDOWN,
    example="\n\n".join(
        (MARKDOWN.example, *(f"## The {kind.name}\n\n````{kind.name}\n{kind.example}\n````" for kind in KINDS))
    ),
)
"""A page that holds a part of every kind."""

TABLE = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
WITH_MIXED = pytest.mark.parametrize("kind", [*KINDS, MIXED], ids=[*(kind.name for kind in KINDS), "mixed"])


def passage(kind):
    language = {"code": "python"}.get(kind.name)
    return Passage(kind.example, kind=kind.name, language=language)


def tiles(result, texts):
    """For each passage the characters of kept spans and dropped pieces, as (span, text) in order."""
    kept = {part.index: list(part.spans) for part in result.passages}
    for index, text in enumerate(texts):
        spans = kept.get(index, []) + [piece.span for piece in result.dropped if piece.index == index]
        yield text, sorted(spans)


@TABLE
def test_a_kind_has_a_name_of_its_own_and_knows_its_example(kind):
    assert next(name for name in KIND_NAMES if kind_named(name) is kind) == kind.name
    segments = segmenter_for(passage(kind)).segment(passage(kind), 0, 0)
    assert len(segments) >= 3
    assert all(a.end <= b.start for a, b in pairwise(segments))
    unknown = set(kind.rules) - {"heading", "list_item", "quote", "table_header", "table_row", "sentence"}
    assert unknown <= {s.kind for s in segments} | {"line", "type", "statement", "record", "cue"}, (
        "a rule for no segment"
    )


@TABLE
def test_a_kind_that_is_known_by_its_text_is_known_by_its_example(kind):
    if kind.looks_like("\n") or any(each.is_one(kind.example) for each in KINDS):
        recognised = recognise(Passage(kind.example)).kind
        assert recognised.name in (kind.name, "lines")
    for suffix in kind.suffixes:
        assert recognise(Passage("x\ny\n", source=f"a/b{suffix}")).kind.name in (kind.name, "lines")


@WITH_MIXED
@settings(max_examples=60, deadline=None)
@given(budget=st.integers(1, 160), query=QUERIES, separator=st.sampled_from(["\n\n", None]), twice=st.booleans())
def test_laws(kind, budget, query, separator, twice):
    given_passages = [passage(kind)] * (2 if twice else 1)
    engine = laconic.Compressor(max_tokens=budget, separator=separator, explain=True)
    result = engine.compress(given_passages, query)
    count = engine.counter.count
    texts = [part.text for part in result.passages]
    total = sum(map(count, texts)) if separator is None else count(separator.join(texts))
    assert result.metrics.compressed_tokens == total <= budget
    original = count(kind.example) if not twice else engine.compress(given_passages, query).metrics.original_tokens
    if original <= budget:
        assert texts == [each.text for each in given_passages]
        assert result.dropped == ()
    # kept and dropped together are the input, each character once, and expand gives it back
    for text, spans in tiles(result, [each.text for each in given_passages]):
        assert [span for span in spans if span[0] == span[1]] == []
        assert [0, *(end for _, end in spans)] == [*(start for start, _ in spans), len(text)]
    for piece in result.dropped:
        assert result.expand(piece.handle) == piece.text == given_passages[piece.index].text[slice(*piece.span)]
    # what an explanation calls kept is in the result, and the rest is not
    for explanation in result.explanations or ():
        start, end = explanation.span
        spans = next((part.spans for part in result.passages if part.index == explanation.index), ())
        overlap = any(a < end and b > start for a, b in spans)
        assert overlap or not explanation.kept
        # (the frames of a part are for the renderer of its kind to say)
        if not explanation.kept and not kind.frames and (kind is not MIXED or explanation.kind in kind.rules):
            assert not overlap
    again = engine.compress(given_passages, query)
    assert (again.text, again.dropped) == (result.text, result.dropped)


@WITH_MIXED
@given(budget=st.integers(1, 160), query=QUERIES)
@settings(max_examples=40, deadline=None)
def test_what_is_kept_is_of_its_kind(kind, budget, query):
    text = laconic.compress([passage(kind)], query, max_tokens=budget).text
    if kind.name == "json" and text and kind.holds(kind.example):
        json.loads(text)
    if kind.name == "code":
        assert parses_clean(text, "python")
    for json_text in re.findall(r"^````json\n(.*?)\n````$", text, re.MULTILINE | re.DOTALL):
        json.loads(json_text)


@WITH_MIXED
def test_compressing_twice_is_compressing_once(kind):
    engine = laconic.Compressor(max_tokens=40)
    once = engine.compress([passage(kind)], "How high is the Eiffel tower?")
    kept = [Passage(part.text, kind=kind.name, language=passage(kind).language) for part in once.passages]
    assert engine.compress(kept, "How high is the Eiffel tower?").text == once.text


def test_the_core_names_no_kind():
    """It asks the values of the table; a string or an import that names one is a branch on a kind."""
    names = {*KIND_NAMES, *(name for kind in KINDS for name in kind.rules)}
    folders = {path.name for path in (ROOT / "engine/laconic/kinds").iterdir() if path.is_dir()}
    for path in modules("engine/laconic/core"):
        of_messages = path.name == "turns.py"  # roles and attributes of other people's messages: "type", "function"
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and not of_messages:
                assert node.value not in names, f"{path.name}:{node.lineno} names the kind {node.value!r}"
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("laconic.kinds."):
                assert node.module.split(".")[2] not in folders, f"{path.name} imports {node.module}"
