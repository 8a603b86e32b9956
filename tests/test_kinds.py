"""The table of kinds: a new kind is a folder and a row, and these tests run over it, as `test_laws` does."""

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
