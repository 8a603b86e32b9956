"""Records of ``Name: value`` lines, in blocks between blank lines or rules."""

from __future__ import annotations

from laconic.kinds.blocks.lines import looks_like_blocks
from laconic.kinds.blocks.segment import BlocksSegmenter
from laconic.kinds.kind import Kind
from laconic.kinds.records import RECORD_RULES
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.score.steps import structure_steps

__all__ = ["BLOCKS"]

BLOCKS = Kind(
    name="blocks",
    example="-- 1 --\nTower: Eiffel\nCode: T1\nCity: Paris\nMetres: 330\n-- 2 --\nTower: CN\nCode: T2\nCity: Toronto\n"
    "Metres: 553\nNote: Its floor is glass.\n  It sways.\n-- 3 --\nTower: Skytree\nCode: T3\nCity: Tokyo\n",
    segmenter=lambda _: BlocksSegmenter(),
    renderer=VerbatimRenderer,
    suffixes=(".ldif",),
    looks_like=looks_like_blocks,
    rules=RECORD_RULES,
    steps=structure_steps,
)
