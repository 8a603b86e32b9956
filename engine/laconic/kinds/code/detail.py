"""Levels of detail of a source file that still parse: without comments, signatures, class skeletons."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from laconic.kinds.code.compose import Edit
from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.prune import prune
from laconic.kinds.code.symbols import Symbol, export_lists, symbols
from laconic.kinds.code.units import Unit, comment_spans, merge, outline, without
from laconic.types import Span

__all__ = ["body_edit", "functions_of", "signatures", "skeleton", "without_comments"]

# A body is replaced where that saves something.
_MIN_BODY = 24
# Characters of a declaration from which its value is emptied: three lines, as a list of names is worth reading.
_LONG_VALUE = 240
# A line of a comment with nothing on it, or with a tag, after one that has words.
_PARAGRAPH_END = re.compile(
    rb"(?<=[\w.,:;!?)`\"'>])[ \t]*\r?\n[ \t]*(?:\*(?!/)|//[/!]?|#)?[ \t]*(?:\r?\n|[@\\]\w|</?\w)"
)
_VALUES = frozenset(
    "annotated_lambda argument_list arguments array array_creation_expression array_expression array_initializer "
    "array_literal block call_suffix case_block class_body computed_property dictionary dictionary_literal "
    "function_body generator_expression hash initializer_expression initializer_list lambda_literal list "
    "literal_value object set_or_map_literal list_literal statement_block template_body tuple value_arguments "
    "willset_didset_block".split()
)
# Code of a property, which is emptied as the body of a function is.
_COMPUTED = frozenset({"computed_property", "willset_didset_block"})
_PAIRS = {b"{": b"}", b"[": b"]", b"(": b")"}
_DART_MODIFIERS = ("async*", "async", "sync*", "sync")


def without_comments(parsed: ParsedCode) -> list[Edit]:
    """Edits that delete every comment but a ``#!`` line. Docstrings are code, and stay."""
    return prune(parsed, without((0, len(parsed.data)), merge(_comments(parsed))))


def signatures(parsed: ParsedCode, *, brief: bool = False) -> list[Edit]:
    """Edits that leave everything but the bodies of functions, and comments that document nothing.

    ``brief`` cuts the comments that document to their first paragraph, and deletes those behind code.
    """
    functions = functions_of(parsed)
    bodies = merge(unit.body for unit in functions if unit.body)
    docs = merge({unit.doc for unit in outline(parsed).units if unit.doc})
    found = [*comment_spans(parsed, docstrings=True), *(_comments(parsed) if brief else ())]
    holes = merge(
        span
        for span in found
        if not _within(span, docs) and not _within(span, bodies) and not _is_shebang(parsed, span[0])
    )
    edits = prune(parsed, without((0, len(parsed.data)), holes))
    if brief:
        edits += [edit for doc in docs if not _within(doc, bodies) for edit in _brief(parsed, doc)]
    return edits + [edit for unit in functions for edit in body_edit(parsed, unit, doc=True)]


def _comments(parsed: ParsedCode) -> list[Span]:
    """Byte spans of all comments but a ``#!`` line."""
    nodes = parsed.captures("query").get("comment", ())
    return [(node.start_byte, node.end_byte) for node in nodes if not _is_shebang(parsed, node.start_byte)]


def _brief(parsed: ParsedCode, doc: Span) -> list[Edit]:
    """The edit that leaves of a comment its first paragraph, up to an empty line or a tag, and its end."""
    text = parsed.data[doc[0] : doc[1]]
    found = _PARAGRAPH_END.search(text, 1)
    if found is None or text.count(b"/*") > 1:
        return []
    end = text.rfind(b"*/")
    stop = end if end >= 0 else len(text)
    return [Edit(doc[0] + found.start(), doc[0] + stop, " " if end >= 0 else "")] if found.start() < stop else []


def skeleton(parsed: ParsedCode) -> list[Edit]:
    """Edits that leave what a file declares, without comments and imports.

    Types with their fields and the signatures of their methods, signatures of functions, constants, macros, prototypes,
    lists of exports; long values are emptied.
    """
    found = outline(parsed)
    known = symbols(parsed)
    functions = functions_of(parsed)
    shown = [*functions, *(unit for unit in found.units if unit.kind == "class")]
    declared = [symbol.span for symbol in known if symbol.unit is None]
    spans = merge([*((unit.start, unit.end) for unit in shown), *declared, *export_lists(parsed)])
    bodies = merge(unit.body for unit in functions if unit.body)
    docs = [unit.doc for unit in found.units if unit.doc and unit.doc[0] > unit.start]
    holes = [span for span in merge([*_comments(parsed), *docs]) if not _within(span, bodies)]
    wanted = [piece for span in spans for piece in without(span, _touching(span, holes))]
    values = [edit for symbol in known if symbol.unit is None for edit in _short_value(parsed, symbol)]
    return prune(parsed, wanted) + values + [edit for unit in functions for edit in body_edit(parsed, unit, doc=False)]


def _short_value(parsed: ParsedCode, symbol: Symbol) -> list[Edit]:
    """Edits that empty the brackets of a long value; what they hold is told from what they are."""
    data = parsed.data
    if symbol.kind not in ("constant", "member", "macro") or symbol.end - symbol.start <= _MIN_BODY:
        return []
    top = parsed.root.descendant_for_byte_range(symbol.start, symbol.end)
    stack = [top] if top is not None else []
    edits: list[Edit] = []
    while stack:
        node = stack.pop()
        start, end = node.start_byte, node.end_byte
        if end - start <= _MIN_BODY or start < symbol.start:
            continue
        long = end - start > _LONG_VALUE // 2 and symbol.end - symbol.start > _LONG_VALUE
        if node.type in _COMPUTED and b"\n" in data[start:end]:
            edits.append(Edit(start + 1, end - 1, parsed.language.empty_value.replace("{n}", _lines(data[start:end]))))
        elif not long:
            stack.extend(node.named_children)
        elif node.type == "preproc_arg" or node.type.endswith("macro_body"):
            edits.append(Edit(start, end, f"/* … {_lines(data[start:end])} */"))
        elif (
            node.type in _VALUES
            and data[start : start + 1] in _PAIRS
            and data[end - 1 : end] == _PAIRS[data[start : start + 1]]
        ):
            inner = parsed.language.empty_value.replace("{n}", _lines(data[start + 1 : end - 1]))
            edits.append(Edit(start + 1, end - 1, inner))
        else:
            stack.extend(node.named_children)
    return edits


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


def _lines(data: bytes) -> str:
    count = sum(1 for line in data.split(b"\n") if line.strip(b" \t\r{}"))
    return f"{count} lines" if count != 1 else "1 line"


def _within(span: Span, spans: Sequence[Span]) -> bool:
    """Whether one of spans in order, which do not overlap, holds a span."""
    at = bisect_right(spans, (span[0], span[1])) - 1
    return any(start <= span[0] and span[1] <= end for start, end in spans[max(at, 0) : at + 2])


def _touching(span: Span, holes: Sequence[Span]) -> Sequence[Span]:
    """Those of spans in order, which do not overlap, that lie in a span."""
    return holes[bisect_left(holes, (span[0], span[0])) : bisect_left(holes, (span[1], span[1]))]


def _is_shebang(parsed: ParsedCode, byte: int) -> bool:
    return byte == parsed.shift and parsed.data.startswith(b"#!", byte)
