"""A short round of fuzzing: all that was ever found, every seed, and some changed at random, always the same.

``make fuzz`` goes on for as long as it is told; see `fuzz.run`.
"""

from __future__ import annotations

import random

import pytest

pytest.importorskip("tree_sitter")

from fuzz.mutations import mutated
from fuzz.targets import CORPUS, TARGETS, run, seeds

_FEW = 12  # random inputs for each target; with seeds and corpus about four seconds in all
_MOST_BYTES = 200_000
_EVERY = {
    "question": 24,
    "haste": 6,
    "code": 2,
    "named": 2,
    "call": 2,
    "rewritten": 3,
    "eviction": 2,
}  # of the seeds of slow ones


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_breaks_a_segmenter_or_a_parser(name: str) -> None:
    known = list(seeds(name))
    for at, (_, data) in enumerate(known):
        if at % _EVERY.get(name, 1) == 0:
            run(name, data)
    rng = random.Random(name)
    for _ in range(_FEW // min(6, _EVERY.get(name, 1))):
        run(name, mutated(rng, [data for _, data in known]))


@pytest.mark.parametrize(
    "path", sorted(path for path in CORPUS.rglob("*") if path.is_file()), ids=lambda path: path.name
)
def test_what_was_found_once_is_not_found_again(path) -> None:
    run(path.parent.name, path.read_bytes())


def test_the_corpus_is_small_and_each_folder_is_a_target() -> None:
    assert {path.name for path in CORPUS.iterdir()} <= set(TARGETS)
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) <= _MOST_BYTES
