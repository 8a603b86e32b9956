"""The project's source files and what they import, read from their syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FRAMEWORKS = ("langchain", "langchain_core", "langchain_classic", "langgraph", "langsmith", "llama_index")


def modules(folder: str) -> list[Path]:
    """The Python files below a folder of the project."""
    return sorted((ROOT / folder).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def import_statements(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each module that a file imports and the names taken from it: at its top, in functions, for type checking."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield node.module or "", tuple(alias.name for alias in node.names)


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports."""
    return (module for module, _ in import_statements(path))
