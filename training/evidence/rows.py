"""Labelled questions: reading them, and turning them into what the nets train on."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from laconic.kinds.catalogue import segmenter_for
from laconic.score.evidence.features import compute_features
from laconic.score.evidence.lexicons import Lexicons
from laconic.score.evidence.reading import read_call
from laconic.types import Passage, Segment

__all__ = [
    "FAMILIES", "FIRST_FAMILIES", "Example", "Piece", "Row", "example_of", "family_of", "first_files", "read_rows",
    "segments_of", "targets",
]  # fmt: skip

FAMILIES: dict[str, tuple[str, ...]] = {
    "multi-hop": ("hotpotqa", "hotpot_sents", "2wiki"),
    "wikipedia": ("nq", "qed_nq", "squad2", "qamr_sents", "clapnq"),
    "pages": ("timeqa",),
    "claims": ("wice_claims",),
    "facts": ("entailmentbank",),
    "medicine": ("covidqa", "pubmedqa"),
    "trials": ("evidence_inference",),
    "health": ("medquad",),
    "policies": ("policyqa",),
    "contracts": ("contract_nli", "cuad_clauses"),
    "finance": ("tatqa", "finqa_ops"),
    "tables": ("wtq", "fetaqa", "aitqa"),
    "meetings": ("qmsum",),
    "dialogue": ("friendsqa",),
    "reviews": ("dstc11_reviews",),
    "code": ("code_funcs",),
    "tools": ("taubench_retail",),
    "functions": ("bfcl_tools",),
    "databases": ("spider_schema",),
    "romance": ("ml_es", "ml_fr", "ml_it", "ml_pt"),
    "nordic": ("ml_fi", "ml_no", "ml_sv"),
    "east-asian": ("ml_ja", "ml_ko", "ml_zh", "ml_zht"),
    "arabic": ("ml_ar", "ml_fa"),
    "other-languages": ("ml_kk", "ml_ru", "ml_sw", "ml_te"),
}
"""Training files that are alike; leaving one out means leaving out its whole family."""

FIRST_FAMILIES = ("multi-hop", "wikipedia", "medicine", "policies", "finance", "meetings", "code", "tools")
"""The families of the first stage of training, in its order."""

LATER_FILES = ("clapnq", "finqa_ops")
"""Files of these families that only the second stage sees."""


@dataclass(frozen=True)
class Piece:
    """One passage of a row, with its evidence as character spans."""

    text: str
    title: str = ""
    gold: bool = False
    evidence: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Row:
    """One labelled question.

    Attributes:
        key: unique and stable; every random choice about the row is seeded by it.
        dataset: the file it comes from (also when its shape was changed).
        shape: how its text was changed, ``""`` for as it is.
        question: as asked.
        passages: in order.
        mode: the benchmark's ``evidence_mode``.
        answers: strings, for ``each_answer_any``.
    """

    key: str
    dataset: str
    question: str
    passages: tuple[Piece, ...]
    mode: str
    answers: tuple[str, ...] = ()
    shape: str = ""

    def random(self) -> np.random.Generator:
        """A generator that depends on the row alone."""
        return np.random.default_rng(crc32(f"{self.key}/{self.shape}".encode()))

    def shaped(self, shape: str, **changes: Any) -> Row:
        """A copy in another shape."""
        return replace(self, shape=shape, **changes)


@dataclass(frozen=True, eq=False)
class Example:
    """A row as numbers.

    Attributes:
        table: (n, features) float32.
        links: (k, 2) pairs (segment, passage).
        first: (P,) first segment of each passage.
        target: (n,) 1 where the segment holds evidence.
        row: where it comes from.
        segments: as cut.
    """

    table: NDArray[np.float32]
    links: NDArray[np.intp]
    first: NDArray[np.intp]
    target: NDArray[np.float32]
    row: Row
    segments: list[Segment]


def read_rows(path: Path) -> Iterator[Row]:
    """Rows of one ``.jsonl.gz`` file."""
    dataset = path.name.split(".")[0]
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield Row(
                key=str(record["id"]),
                dataset=dataset,
                question=record["question"],
                passages=tuple(
                    Piece(
                        text=p["text"],
                        title=p.get("title") or "",
                        gold=bool(p.get("is_gold")),
                        evidence=tuple((int(a), int(b)) for a, b in p.get("evidence") or ()),
                    )
                    for p in record["passages"]
                ),
                mode=record.get("evidence_mode", "all"),
                answers=tuple(record["answers"]),
            )


def first_files(family: str) -> tuple[str, ...]:
    """The files of a family that the first stage trains on, and the smaller models beside the scorer."""
    return tuple(name for name in FAMILIES[family] if family in FIRST_FAMILIES and name not in LATER_FILES)


def family_of(dataset: str) -> str:
    """The family that a file belongs to."""
    return next(family for family, members in FAMILIES.items() if dataset in members)


def passages_of(row: Row) -> list[Passage]:
    """The row's passages as the engine takes them; every second row of code as plain text, as without a parser."""
    is_code = row.dataset == "code_funcs" and (row.mode == "gold_passages" or row.shape == "source_file")
    kind = "prose" if is_code and crc32(row.key.encode()) % 2 else None
    return [Passage(piece.text, title=piece.title or None, kind=kind) for piece in row.passages]


def segments_of(passages: list[Passage]) -> list[Segment]:
    """The engine's own segments."""
    segments: list[Segment] = []
    for index, passage in enumerate(passages):
        segments += segmenter_for(passage).segment(passage, index, len(segments))
    return segments


def targets(row: Row, segments: list[Segment]) -> NDArray[np.float32]:
    """(n,) 1 for segments that hold a labelled span (or half of one, or are mostly inside one).

    Without spans every segment of a gold passage counts.
    """
    target = np.zeros(len(segments), np.float32)
    for at, segment in enumerate(segments):
        piece = row.passages[segment.passage]
        if row.mode == "gold_passages":
            target[at] = piece.gold
            continue
        for start, end in piece.evidence:
            shared = min(end, segment.end) - max(start, segment.start)
            if shared > 0 and shared >= 0.5 * min(end - start, segment.end - segment.start):
                target[at] = 1.0
                break
    return target


def example_of(row: Row, lexicons: Lexicons) -> Example | None:
    """The row as numbers; None where there is nothing to learn (no evidence, all evidence, hardly any choice)."""
    passages = passages_of(row)
    segments = segments_of(passages)
    if len(segments) < 4:
        return None
    target = targets(row, segments)
    if not target.any() or target.all():
        return None
    reading = read_call(lexicons.of(passages, row.question), row.question, passages, segments)
    table, links = compute_features(reading)
    return Example(table, links, reading.first, target, row, segments)
