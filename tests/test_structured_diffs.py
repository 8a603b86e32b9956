"""Diffs: what is kept still applies."""

from __future__ import annotations

import difflib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import laconic
from laconic.kinds.diff.render import EXCERPT, DiffRenderer
from laconic.kinds.diff.segment import DiffSegmenter, hunks, looks_like_diff
from laconic.tokens import counter_for
from laconic.types import DROPPED, Passage

_LINES = st.lists(st.sampled_from(["alpha\n", "beta\n", "gamma " * 60 + "\n", "\n"]), max_size=40)
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def _apply(old, diff):
    """The plain reference: hunks at exactly the lines that their headers name; anything amiss is an error."""
    new, at, expected_new = [], 0, None
    lines = diff.splitlines(keepends=True)
    position = 0
    while position < len(lines):
        match = _HUNK.match(lines[position])
        position += 1
        if not match:
            continue
        first, old_count, first_new, new_count = (int(group) if group else 1 for group in match.groups())
        start = first - 1 if old_count else first
        new += old[at:start]
        at = start
        expected_new = len(new) + (1 if new_count else 0)
        assert first_new == expected_new
        while old_count or new_count:
            mark, body = lines[position][0], lines[position][1:]
            position += 1
            if mark in " -":
                assert old[at] == body
                at += 1
                old_count -= 1
            if mark in " +":
                new.append(body)
                new_count -= 1
    return new + old[at:]


@given(_LINES, _LINES, st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_any_part_of_a_diff_applies(old, new, random):
    diff = "".join(difflib.unified_diff(old, new, "a/x", "b/x"))
    segments = DiffSegmenter().segment(Passage(diff), 0, 0)
    everything = DiffRenderer().render(Passage(diff), segments, [0] * len(segments))
    assert everything.text == diff
    assert _apply(old, diff) == new
    levels = [0 if random.random() < 0.5 else DROPPED for _ in segments]
    kept = DiffRenderer().render(Passage(diff), segments, levels)
    result = _apply(old, kept.text)
    added = [line[1:] for line in diff.splitlines(keepends=True) if line.startswith("+") and not line.startswith("+++")]
    assert all(line in added or line in old for line in result)
    assert all(start < end for start, end in kept.spans)
    assert sorted(kept.spans) == list(kept.spans)


def test_a_hunk_brings_the_lines_that_name_its_file():
    diff = (
        "diff --git a/x.py b/x.py\nindex 1..2 100644\n--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@ def f():\n a\n-b\n+c\n"
        "diff --git a/y.py b/y.py\n--- a/y.py\n+++ b/y.py\n@@ -5 +5 @@\n-d\n+e\n"
    )
    segments = DiffSegmenter().segment(Passage(diff), 0, 3)
    assert [(s.kind, s.requires) for s in segments] == [
        ("diff_file", ()), ("diff_hunk", (3,)), ("diff_file", ()), ("diff_hunk", (5,)),
    ]  # fmt: skip
    kept = DiffRenderer().render(Passage(diff), segments, [DROPPED, DROPPED, 0, 0])
    assert kept.text == diff[diff.index("diff --git a/y.py") :]


def test_a_header_without_its_hunks_says_nothing():
    diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n"
    segments = DiffSegmenter().segment(Passage(diff), 0, 0)
    kept = DiffRenderer().render(Passage(diff), segments, [0, DROPPED, 0, 0])
    assert kept.text == diff[diff.index("--- a/y") :]
    alone = DiffRenderer().render(Passage(diff), segments, [0, DROPPED, DROPPED, DROPPED])
    assert alone.text == f"{EXCERPT}\n--- a/x\n+++ b/x"


@given(_LINES, _LINES, st.integers(1, 400))
@settings(max_examples=150, deadline=None)
def test_under_every_budget_a_diff_applies_or_is_marked(old, new, max_tokens):
    diff = "diff --git a/x b/x\nindex 1..2 100644\n" + "".join(difflib.unified_diff(old, new, "a/x", "b/x"))
    counter = counter_for("gpt-4o")
    result = laconic.compress([{"text": diff, "kind": "diff"}], "what changed in beta?", max_tokens=max_tokens)
    assert counter.count(result.text) <= max_tokens
    if result.text and not result.text.startswith(EXCERPT):
        assert result.text.count("@@ -") or "@@ -" not in diff
        _apply(old, result.text)


def test_a_budget_below_the_smallest_hunk_keeps_its_first_change():
    old = [f"line {n} of a file with some words\n" for n in range(12)]
    new = [*old[:3], "another line\n", *old[4:7], "and one more\n", *old[8:]]
    diff = "diff --git a/x b/x\nindex 1..2 100644\n" + "".join(difflib.unified_diff(old, new, "a/x", "b/x"))
    (part,) = laconic.compress([{"text": diff, "kind": "diff"}], "what changed?", max_tokens=60).passages
    assert part.text == (
        "--- a/x\n+++ b/x\n@@ -3,3 +3,3 @@\n line 2 of a file with some words\n-line 3 of a file with some words\n"
        "+another line\n line 4 of a file with some words\n"
    )
    assert _apply(old, part.text) == [*old[:3], "another line\n", *old[4:]]
    assert [diff[start:end].split("\n")[0] for start, end in part.spans] == [
        "--- a/x",
        old[2].join((" ", "")).strip("\n"),
    ]
    tiny = laconic.compress([{"text": diff, "kind": "diff"}], "what changed?", max_tokens=20)
    assert tiny.text.startswith(f"{EXCERPT}\n")
    assert tiny.text.removeprefix(f"{EXCERPT}\n") in diff


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", True),
        ("commit 12\n\n    words\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", True),
        ("--- a rule\nand text\n", False),
        ("- a list\n+ of things\n", False),
    ],
)
def test_which_text_is_a_diff(text, expected):
    assert looks_like_diff(text) is expected


def test_a_hunk_ends_where_its_lines_do():
    text = "@@ -1,9 +1,9 @@\n a\n+b\nSome words.\n"
    (hunk,) = hunks(text)
    assert text[hunk.start : hunk.end] == "@@ -1,9 +1,9 @@\n a\n+b"
