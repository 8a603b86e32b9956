"""Files of several languages, of another language than is said, and of too much of one thing: what comes back."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("tree_sitter")

import laconic
from laconic.kinds.code.parse import parses_clean
from laconic.tokens import counter_for

QUERY = "how is the total of the rows summed?"

COMPONENT = """\
<template>
  <p v-if="rows.length">{{ total }}</p>
</template>

<script>
export default {
  computed: {
    total() { return this.rows.reduce((a, b) => a + b, 0) },
    largest() { return Math.max(...this.rows) },
  },
}
</script>

<style scoped>
.ledger { color: red; }
</style>
"""
PAGE = """\
<html>
<body>
<h1>Ledger</h1>
<?php
function largest($rows) { return max($rows); }
function total($rows) {
    $sum = 0;
    foreach ($rows as $row) { $sum += $row; }
    return $sum;
}
?>
<table>
<?php foreach ($rows as $row): ?>
  <tr><td><?= $row ?></td></tr>
<?php endforeach; ?>
</table>
</body>
</html>
"""
FUNCTION = "def part{at}(rows):\n    for row in rows:\n        print({at}, row)\n\n\n"
FUNCTIONS = "".join(FUNCTION.format(at=at) for at in range(9))
TOTAL = "def total(rows):\n    return sum(row.amount for row in rows)\n\n\n"


def compressed(text: str, path: str | None, budget: int) -> laconic.Compression:
    result = laconic.compress([{"text": text, "source": path}], QUERY, max_tokens=budget, counter="cl100k_base")
    assert counter_for("cl100k_base").count(result.text) <= budget
    return result


def lines_of(text: str) -> set[str]:
    return {line.strip() for line in text.split("\n")}


@pytest.mark.parametrize("path", ["Ledger.vue", "Ledger.svelte", "https://host.example/src/Ledger.astro?raw=1"])
def test_a_component_is_cut_by_its_lines_and_says_so(path: str) -> None:
    result = compressed(COMPONENT, path, 60)
    assert "total()" in result.text
    assert "no grammar for" in str(result.metrics.fallback)
    assert lines_of(result.text) <= lines_of(COMPONENT)


def test_php_in_a_page_keeps_the_function_and_parses() -> None:
    result = compressed(PAGE, "ledger.php", 60)
    assert "function total" in result.text
    assert parses_clean(result.text, "php")


def test_a_notebook_stays_json() -> None:
    cells = [FUNCTION.format(at=at) for at in range(9)]
    cells[4] = TOTAL
    notebook = {
        "cells": [{"cell_type": "code", "source": cell.splitlines(keepends=True), "outputs": []} for cell in cells],
        "nbformat": 4,
    }
    result = compressed(json.dumps(notebook, indent=1), "ledger.ipynb", 160)
    assert "def total" in json.dumps(json.loads(result.text))


def test_marks_of_a_merge_hide_nothing() -> None:
    merged = f"<<<<<<< HEAD\n{TOTAL}=======\n{TOTAL.replace('sum', 'math.fsum')}>>>>>>> branch\n"
    result = compressed(FUNCTIONS + merged + FUNCTIONS.replace("part", "rest"), "ledger.py", 90)
    assert "def total" in result.text


def test_a_language_told_wrongly_gives_way_to_the_one_that_reads() -> None:
    result = compressed(FUNCTIONS + TOTAL, "ledger.rs", 60)
    assert "def total" in result.text
    assert parses_clean(result.text, "python")
    assert "called rust was read as python" in str(result.metrics.fallback)


def test_what_cannot_be_read_as_it_is_called_is_cut_by_its_lines() -> None:
    rows = "".join(f"{at}) row ;;; (( {at} }} total ]\n" for at in range(40))
    result = compressed(rows, "rows.java", 60)
    assert "cannot be read as that" in str(result.metrics.fallback)
    assert lines_of(result.text) <= lines_of(rows)


TABLES = {
    "rows.py": ("ROWS = [\n", "    (%d, 'name', 7),\n", "]\n\n\ndef total(rows):\n    return sum(rows)\n"),
    "rows.js": ("const rows = {\n", "  key%d: [1, 3],\n", "};\nfunction total(rows) { return sum(rows) }\n"),
}


@pytest.mark.parametrize("path", TABLES)
def test_a_table_of_fifty_thousand_lines_does_not_hide_a_function(path: str) -> None:
    opens, row, closes = TABLES[path]
    text = opens + "".join(row % at for at in range(50_000)) + closes
    assert "total" in compressed(text, path, 60).text


def test_minified_code_keeps_whole_functions() -> None:
    text = "".join(f"function part{at}(a){{return a+{at}}}" for at in range(3000))
    text = text.replace("function part1500(a){return a+1500}", "function total(rows){return sum(rows)}")
    result = compressed(text, "ledger.min.js", 60)
    assert "function total(rows){return sum(rows)}" in result.text
    assert parses_clean(result.text, "javascript")
