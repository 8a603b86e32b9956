"""JSON and JSON lines: members of records, written as JSON again."""

from __future__ import annotations

import json
from contextlib import suppress

from laconic.kinds.json.loose import looks_like_literal, read_json
from laconic.kinds.json.render import JsonRenderer
from laconic.kinds.json.samples import json_details
from laconic.kinds.json.segment import JsonSegmenter, looks_like_json
from laconic.kinds.json.tree import parse_json
from laconic.kinds.kind import Kind, Parts, Repeats, SegmentRule
from laconic.kinds.pasted import json_in_text
from laconic.score.steps import structure_steps
from laconic.types import Passage

__all__ = ["JSON", "LITERAL"]


def _in_trouble(passage: Passage) -> tuple[str, str] | None:
    """What keeps it from being JSON, where something does; it is cut by its members all the same."""
    with suppress(ValueError, RecursionError):
        json.loads(passage.text)  # fast, so that the tree is not built twice where it is not remembered
        return None
    trouble = read_json(passage.text).trouble
    return None if trouble is None else ("json", trouble)


# A member holds one value, however long, so its length counts in full; and it is ranked as if it cost this share of the
# identifiers that it brings along: more members of the record may share them. Of the evidence of taubench_retail/train,
# at a quarter of the tokens, weights that had not seen the tasks kept .761 with a quarter, .786 with a half and .771
# with all of it, others .908, .920 and .917.
_MEMBER = SegmentRule(
    steep_from=1.0,
    needs_price=0.5,
    repeats=Repeats.BY_NAMES,
    same_words_differ=True,
    cuttable=True,
    parts=Parts.CLAUSES,
)

JSON = Kind(
    name="json",
    example='{"towers": [{"id": "T1", "name": "Eiffel", "city": {"name": "Paris"}, "metres": 330}, '
    '{"id": "T2", "name": "CN", "city": {"name": "Toronto"}, "metres": 553, "note": "Its floor is glass. It sways."}]}',
    segmenter=lambda _: JsonSegmenter(),
    renderer=JsonRenderer,
    suffixes=(".geojson", ".json", ".jsonl"),
    looks_like=looks_like_json,
    holds=lambda text: any(root.kind in ("object", "array") for root in parse_json(text)),
    inside=json_in_text,
    one_line=True,
    rules={"record": _MEMBER},
    steps=structure_steps,
    frames=True,
    details=json_details,
    instead=_in_trouble,
)

LITERAL = Kind(
    name="literal",
    example="{'towers': [{'id': 'T1', 'name': 'Eiffel', 'city': {'name': 'Paris'}, 'metres': 330, 'open': True}, "
    "{'id': 'T2', 'name': 'CN', 'city': {'name': 'Toronto'}, 'metres': 553, 'note': None, 'floors': (1, 2)}]}",
    segmenter=lambda _: JsonSegmenter(),
    renderer=JsonRenderer,
    looks_like=looks_like_literal,
    one_line=True,
    rules={"record": _MEMBER},
    steps=structure_steps,
    frames=True,
)
"""Dicts, lists and tuples as Python prints them."""
