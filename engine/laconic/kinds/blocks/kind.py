"""Records of ``Name: value`` lines, in blocks between blank lines or rules."""

from __future__ import annotations

from laconic.kinds.blocks.lines import looks_like_blocks
from laconic.kinds.blocks.segment import BlocksSegmenter
from laconic.kinds.kind import Kind, Repeats, SegmentRule
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.score.steps import structure_steps

__all__ = ["BLOCKS"]

# As members of JSON are, which entries are in another notation.
_ENTRY = SegmentRule(steep_from=1.0, needs_price=0.5, repeats=Repeats.BY_NAMES, same_words_differ=True)

BLOCKS = Kind(
    name="blocks",
    example="Tower: Eiffel\nCode: T1\nCity: Paris\nMetres: 330\n\nTower: CN\nCode: T2\nCity: Toronto\nMetres: 553\n"
    "Note: Its floor is glass.\n  It sways.\n\nTower: Skytree\nCode: T3\nCity: Tokyo\nMetres: 634\n",
    segmenter=lambda _: BlocksSegmenter(),
    renderer=VerbatimRenderer,
    suffixes=(".ldif",),
    looks_like=looks_like_blocks,
    rules={"record": _ENTRY},
    steps=structure_steps,
)
