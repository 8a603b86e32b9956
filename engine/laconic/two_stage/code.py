"""Code without what only people read: comments and blank lines. It parses as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laconic.messages.code import code_language
from laconic.messages.heuristics import HeuristicEngine

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["without_remarks"]

_NO_COMMENTS = HeuristicEngine(comments=True, pragmas=False)


def without_remarks(code: str, language: str | None) -> str:
    """Code without its comments (licences and what tools obey stay) and without blank lines outside strings.

    Args:
        code: of one language.
        language: as fences call it; without it, its grammar or a parse without errors the code comes back as it is.
    """
    name = code_language(language)
    if name is None:
        return code
    less = _NO_COMMENTS.clean(code, "code", language)
    return _without_blank_lines(less, name)


def _without_blank_lines(code: str, language: str) -> str:
    from laconic.kinds.code.parse import parse

    if "\n\n" not in code.replace(" ", "").replace("\t", "").replace("\r", ""):
        return code
    parsed = parse(code, language)
    if not parsed.clean:
        return code
    held = _rows_inside(parsed.root)
    lines = code.split("\n")
    less = "\n".join(line for row, line in enumerate(lines) if line.strip() or row in held or row == len(lines) - 1)
    again = parse(less, language)
    return less if again.clean and _leaves(again.root) == _leaves(parsed.root) else code


def _rows_inside(root: Node) -> set[int]:
    """Rows that lie inside one token or string: blank lines there are content."""
    rows: set[int] = set()
    nodes = [root]
    while nodes:
        node = nodes.pop()
        first, last = node.start_point[0], node.end_point[0]
        if first == last:
            continue
        if not node.children or any(part in node.type for part in ("string", "heredoc", "template", "text", "raw")):
            rows.update(range(first, last + 1))
        else:
            nodes.extend(node.children)
    return rows


def _leaves(root: Node) -> list[tuple[str, bytes | None]]:
    """The tokens, those that are only line ends or indents left out."""
    found: list[tuple[str, bytes | None]] = []
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if node.children:
            nodes.extend(reversed(node.children))
        elif node.text and node.text.strip():
            found.append((node.type, node.text))
    return found
