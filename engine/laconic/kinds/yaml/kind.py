"""YAML: entries of records, each with the lines that say where it stands."""

from __future__ import annotations

from laconic.kinds.kind import Kind
from laconic.kinds.records import RECORD_RULES
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.kinds.yaml.segment import YamlSegmenter, looks_like_yaml
from laconic.score.steps import structure_steps

__all__ = ["YAML"]

YAML = Kind(
    name="yaml",
    example="towers:\n  - id: T1\n    name: Eiffel\n    city:\n      name: Paris\n    metres: 330\n"
    "  - id: T2\n    name: CN\n    city:\n      name: Toronto\n    note: >\n      Its floor is glass.\n      It sways.",
    segmenter=lambda _: YamlSegmenter(),
    renderer=VerbatimRenderer,
    suffixes=(".yaml", ".yml"),
    looks_like=looks_like_yaml,
    rules=RECORD_RULES,
    steps=structure_steps,
)
