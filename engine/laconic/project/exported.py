"""Whether a definition can be seen from other files, by the words and names that its language says it with."""

from __future__ import annotations

import re

from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.units import Unit

__all__ = ["is_exported"]

_HEAD_BYTES = 400
_WORD = re.compile(r"#?\w+")
_UNDERSCORED = frozenset(("python", "dart"))
_HIDING = {
    "java": {"private"}, "c_sharp": {"private"}, "kotlin": {"private"}, "scala": {"private"}, "php": {"private"},
    "swift": {"private", "fileprivate"}, "c": {"static"}, "cpp": {"static"}, "typescript": {"private"},
    "tsx": {"private"}, "rust": set[str](), "javascript": set[str](),
}  # fmt: skip
_ES = frozenset(("javascript", "typescript", "tsx"))
_EXPORTS = re.compile(rb"(?m)^export\b")


def is_exported(parsed: ParsedCode, unit: Unit) -> bool:
    """Whether nothing of a definition itself hides it; what it stands in may.

    Ruby's ``private`` sections are not seen, nor C++'s: their members count as seen.
    """
    language = parsed.language.name
    if language in _UNDERSCORED:
        return not unit.name.startswith("_") or (unit.name.startswith("__") and unit.name.endswith("__"))
    if language == "go":
        return unit.name[:1].isupper()
    end = min(unit.signature_end, unit.start + _HEAD_BYTES)
    head = parsed.slice(unit.start, end).partition(unit.name)[0]
    words = set(_WORD.findall(head))
    if language == "rust":
        return "pub" in words or unit.node.type == "impl_item" or _in_trait(unit)
    if language in _ES and (unit.name.startswith("#") or not (unit.parent is not None or _es_exports(parsed, words))):
        return False
    in_type = unit.parent is not None and language in ("cpp", "c")
    return in_type or words.isdisjoint(_HIDING.get(language, ()))


def _in_trait(unit: Unit) -> bool:
    around = unit.node.parent.parent if unit.node.parent is not None else None
    return around is not None and (around.type == "trait_item" or around.child_by_field_name("trait") is not None)


def _es_exports(parsed: ParsedCode, words: set[str]) -> bool:
    """Whether a definition is marked, or nothing in its file is."""
    return "export" in words or parsed.derive("has exports", lambda own: _EXPORTS.search(own.data)) is None
