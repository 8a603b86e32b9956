"""Planted instructions survive no more often than plain sentences; `bench_injections.py` has the whole grids."""

from __future__ import annotations

import sys
from itertools import islice

from structure_support import ROOT

import laconic

sys.path.insert(0, str(ROOT / "benchmarks"))
from bench_injections import PLACES, PLAIN, PLANTED, SHAPES, written_cells


def test_an_instruction_is_worth_no_more_than_another_sentence() -> None:
    compressor = laconic.Compressor(rate=0.25)
    left = {"planted": 0, "plain": 0}
    cells = list(written_cells(1))
    assert len(cells) == len(SHAPES) * len(PLACES) * (len(PLANTED) + len(PLAIN))
    for cell in islice(cells, 0, None, 2):
        left[cell.row] += cell.payload in compressor.compress(cell.passages, cell.query).text
    assert left["plain"] > 0
    assert left["planted"] <= left["plain"]
