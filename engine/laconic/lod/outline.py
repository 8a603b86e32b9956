"""The two levels of detail that are lists, not code: imports with names, and one line."""

from __future__ import annotations

import re

from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.units import Outline, Unit, outline

__all__ = ["names_only", "one_line"]

_MAX_SUMMARY = 60
_MAX_EXPORTS = 70
_COMMENT_SIGNS = re.compile(r"^[\s/*#!;\"'\-]+|[\s*/\"']+$")
_NOT_A_SUMMARY = re.compile(
    r"copyright|licen[cs]e|coding[:=]|frozen_string_literal|^-\*-|^vim:|eslint|package |all rights|SPDX", re.I
)
_WHITE = re.compile(r"(?:\s|\\\n)+")


def names_only(parsed: ParsedCode) -> str:
    """The imports as they are, then the name of each type with those of its members, then those of functions."""
    found = outline(parsed)
    lines = [_WHITE.sub(" ", parsed.slice(start, end)).strip() for start, end in found.imports]
    loose = []
    for index, unit in enumerate(found.units):
        if any(not found.units[outer].container for outer in found.enclosing(index)):
            continue
        if unit.kind == "class":
            members = [other.name for other in found.units if other.parent == index]
            lines.append(f"{unit.qualname}: {', '.join(dict.fromkeys(members))}" if members else unit.qualname)
        elif unit.parent is None or found.units[unit.parent].kind == "function":
            loose.append(unit.name)
    if loose:
        lines.append(", ".join(dict.fromkeys(loose)))
    return "\n".join(lines)


def one_line(parsed: ParsedCode, path: str | None) -> str:
    """Path, the first sentence of the file's own comment where it has one, and what it defines."""
    found = outline(parsed)
    names = [unit.name for index, unit in enumerate(found.units) if _is_export(found, index, unit)]
    shown: list[str] = []
    for name in dict.fromkeys(names):
        if shown and len(", ".join([*shown, name])) > _MAX_EXPORTS:
            break
        shown.append(name)
    rest = len(dict.fromkeys(names)) - len(shown)
    exports = ", ".join(shown) + (f" +{rest}" if rest else "")
    parts = [path or "", _summary(parsed, found), exports]
    return " | ".join(part for part in parts if part)


def _is_export(found: Outline, index: int, unit: Unit) -> bool:
    """Whether a unit is at the top, where namespaces and modules that hold types count as nothing."""
    if unit.name.startswith("_") or unit.name == "(ns)":
        return False
    return all(_is_namespace(found.units[outer]) for outer in found.enclosing(index))


def _is_namespace(unit: Unit) -> bool:
    return unit.name == "(ns)" or "namespace" in unit.node.type or unit.node.type in ("module", "mod_item")


def _summary(parsed: ParsedCode, found: Outline) -> str:
    """First sentence of the comment or string that opens a file, licences and pragmas aside."""
    end = found.imports[0][0] if found.imports else found.units[0].start if found.units else parsed.shift + parsed.size
    head = parsed.slice(parsed.shift, min(end, parsed.shift + 2000))
    for line in head.split("\n"):
        text = _COMMENT_SIGNS.sub("", line)
        if not line.lstrip().startswith(("/", "*", "#", '"', "'")) and not text[:1].isupper():
            continue
        if len(text) < 12 or _NOT_A_SUMMARY.search(text) or not re.match(r"[A-Za-z]", text):
            continue
        sentence = re.split(r"(?<=[.!?])\s", text)[0]
        return sentence if len(sentence) <= _MAX_SUMMARY else sentence[: _MAX_SUMMARY - 1].rsplit(" ", 1)[0] + "…"
    return ""
