"""Levels of detail of a source file that still parse: without comments, signatures, class skeletons."""

from __future__ import annotations

from collections.abc import Iterable

from laconic.kinds.code.compose import Edit
from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.prune import prune
from laconic.kinds.code.units import Unit, comment_spans, merge, outline, without
from laconic.types import Span

__all__ = ["body_edit", "functions_of", "signatures", "skeleton", "without_comments"]

# A body is replaced where that saves something.
_MIN_BODY = 24
_DART_MODIFIERS = ("async*", "async", "sync*", "sync")


def without_comments(parsed: ParsedCode) -> list[Edit]:
    """Edits that delete every comment but a ``#!`` line. Docstrings are code, and stay."""
    nodes = parsed.captures("query").get("comment", ())
    holes = [(node.start_byte, node.end_byte) for node in nodes if not _is_shebang(parsed, node.start_byte)]
    return prune(parsed, without((0, len(parsed.data)), merge(holes)))


def signatures(parsed: ParsedCode) -> list[Edit]:
    """Edits that leave everything but the bodies of functions, and comments that document nothing."""
    functions = functions_of(parsed)
    bodies = [unit.body for unit in functions if unit.body]
    docs = {unit.doc for unit in outline(parsed).units if unit.doc}
    holes = [
        span
        for span in comment_spans(parsed, docstrings=True)
        if span not in docs and not _inside(span, bodies) and not _is_shebang(parsed, span[0])
    ]
    edits = prune(parsed, without((0, len(parsed.data)), holes))
    return edits + [edit for unit in functions for edit in body_edit(parsed, unit, doc=True)]


def skeleton(parsed: ParsedCode) -> list[Edit]:
    """Edits that leave the types with the signatures of their methods, and no comments; functions where no type is."""
    found = outline(parsed)
    types = [unit for unit in found.units if unit.kind == "class"]
    shown = types or list(functions_of(parsed))
    spans = merge((unit.start, unit.end) for unit in shown)
    functions = [unit for unit in functions_of(parsed) if _inside((unit.start, unit.end), spans)]
    bodies = [unit.body for unit in functions if unit.body]
    holes = [span for span in comment_spans(parsed, docstrings=True) if not _inside(span, bodies)]
    wanted = [piece for span in spans for piece in without(span, [h for h in holes if _inside(h, [span])])]
    return prune(parsed, wanted) + [edit for unit in functions for edit in body_edit(parsed, unit, doc=False)]


def functions_of(parsed: ParsedCode) -> tuple[Unit, ...]:
    """The functions that stand in no other function, wrappers of a whole module aside."""
    found = outline(parsed)
    return tuple(
        unit
        for index, unit in enumerate(found.units)
        if unit.kind == "function" and not unit.container and not found.is_inner(index)
    )


def body_edit(parsed: ParsedCode, unit: Unit, *, doc: bool) -> list[Edit]:
    """The edit that empties a function's body; none where it has none, or where that would save nothing.

    ``doc`` says whether a docstring in the body stays.
    """
    if unit.body is None:
        return []
    start, end = unit.body
    language = parsed.language
    text = parsed.data[start:end].decode("utf-8", "replace")
    lines = sum(1 for line in text.split("\n") if line.strip(" \t\r{}"))
    count = f"{lines} lines" if lines != 1 else "1 line"
    if language.docstring and doc and unit.doc and start <= unit.doc[0] and unit.doc[1] <= end:
        if not parsed.data[unit.doc[1] : end].strip():
            return []
        empty = parsed.newline + parsed.indent(unit.doc[0]) + language.empty_body["block"]
        return [Edit(unit.doc[1], end, empty)]
    replacement = _empty_body(parsed, text, start, end, count)
    if replacement is None or (len(text) < max(_MIN_BODY, len(replacement)) and "\n" not in text):
        return []
    return [Edit(start, end, replacement)]


def _empty_body(parsed: ParsedCode, text: str, start: int, end: int, count: str) -> str | None:
    table = parsed.language.empty_body
    node = parsed.root.descendant_for_byte_range(start, end)
    special = table.get(node.type) if node is not None and node.type else None
    if special is not None:
        return special.replace("{n}", count)
    if text.startswith("{"):
        return table[""].replace("{n}", count)
    for modifier in _DART_MODIFIERS:
        if text.startswith(modifier) and text[len(modifier) :].lstrip().startswith("{"):
            return modifier + " " + table[""].replace("{n}", count)
    expression = table.get("expression")
    if parsed.language.line_comment == "#":
        # No braces: a comment needs the line to itself.
        own_line = not parsed.data[parsed.line_start(start) : start].strip()
        return table[""].replace("{n}", count) if own_line else expression or table[""]
    if text.startswith("=>") and "expression" not in table:
        return table[""].replace("{n}", count)
    if text.startswith("=") and expression is not None:
        return "= " + expression.replace("{n}", count)
    return expression.replace("{n}", count) if expression is not None else None


def _inside(span: Span, spans: Iterable[Span]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in spans)


def _is_shebang(parsed: ParsedCode, byte: int) -> bool:
    return byte == parsed.shift and parsed.data.startswith(b"#!", byte)
