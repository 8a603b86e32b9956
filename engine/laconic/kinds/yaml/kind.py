"""YAML: entries of records, each with the lines that say where it stands."""

from __future__ import annotations

from laconic.kinds.kind import Kind, Parts, Repeats, SegmentRule
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.kinds.yaml.segment import YamlSegmenter, looks_like_yaml
from laconic.score.steps import structure_steps

__all__ = ["YAML"]

# As members of JSON are, which entries of YAML are in another notation.
_ENTRY = SegmentRule(
    steep_from=1.0, needs_price=0.5, repeats=Repeats.BY_NAMES, same_words_differ=True, parts=Parts.BEGINNING
)

YAML = Kind(
    name="yaml",
    example="towers:\n  - id: T1\n    name: Eiffel\n    city:\n      name: Paris\n    metres: 330\n"
    "  - id: T2\n    name: CN\n    city:\n      name: Toronto\n    note: >\n      Its floor is glass.\n      It sways.",
    segmenter=lambda _: YamlSegmenter(),
    renderer=VerbatimRenderer,
    suffixes=(".yaml", ".yml"),
    looks_like=looks_like_yaml,
    rules={"record": _ENTRY},
    steps=structure_steps,
)
