"""Every regular expression of the project's source, found in the syntax trees: a new one joins by itself."""

from __future__ import annotations

import ast
import builtins
import importlib
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from structure_support import ROOT, modules, tree

__all__ = ["Found", "found", "made_at_run_time"]

_MAKERS = frozenset(("compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"))
_AT_ONE_PLACE = frozenset(("match", "fullmatch"))


class Found(NamedTuple):
    """A regular expression.

    Attributes:
        place: its module and name.
        pattern: compiled.
        search: whether it is searched for, or found all of, somewhere; else it is tried at one place.
        whole: whether it is only asked for whole matches.
    """

    place: str
    pattern: re.Pattern[Any]
    search: bool
    whole: bool


def _name_of(path: Path) -> str:
    parts = path.relative_to(ROOT / "engine").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _makes_pattern(call: ast.Call) -> str | None:
    """How a call that is given a pattern uses it (``"compile"`` leaves it open), None for other calls."""
    function = call.func
    if isinstance(function, ast.Name) and function.id == "compiled_late":
        return "compile"
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "re":
        return function.attr if function.attr in _MAKERS else None
    return None


@cache
def _nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(path)))


@cache
def _uses(path: Path) -> dict[str, set[str]]:
    """Methods by the name of what they are called on, in one file; a scan from place to place is a search."""
    uses: dict[str, set[str]] = {}
    called = {id(node.func): node for node in _nodes(path) if isinstance(node, ast.Call)}
    for node in _nodes(path):
        if not isinstance(node, ast.Attribute):
            continue
        value = node.value.func if isinstance(node.value, ast.Call) else node.value
        name = value.id if isinstance(value, ast.Name) else value.attr if isinstance(value, ast.Attribute) else None
        if name is None:
            continue
        call = called.get(id(node))
        scans = call is not None and node.attr == "match" and len(call.args) > 1
        uses.setdefault(name, set()).add("search" if scans else node.attr)
    return uses


def _calls(path: Path) -> Iterator[tuple[str, str, ast.Call]]:
    """The name that a pattern is given, how it is used, and the call that makes it.

    One in a table has the table's name and a number, one that is used where it is made its function's.
    """
    made = [(node, use) for node in _nodes(path) if isinstance(node, ast.Call) and (use := _makes_pattern(node))]
    if not made:
        return
    named: dict[int, tuple[str, str]] = {}
    around: dict[int, str] = {}
    for node in _nodes(path):
        if isinstance(node, ast.FunctionDef):
            around.update((id(inner), f"{node.name}()") for inner in ast.walk(node))
    for node in _nodes(path):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            name = (
                target.id
                if isinstance(target, ast.Name)
                else target.attr
                if isinstance(target, ast.Attribute)
                else None
            )
            value, method = node.value, "compile"
            if isinstance(value, ast.Attribute):
                value, method = value.value, value.attr
            if name is not None:
                named[id(value)] = name, method
                around.update((id(inner), name) for inner in ast.walk(value) if inner is not value)
    numbers: Counter[str] = Counter()
    for node, use in made:
        name, method = named.get(id(node), (None, use))
        if name is None:
            table = around.get(id(node), "")
            name = f"{table}[{numbers[table]}]"
            numbers[table] += 1
        yield name, method if use == "compile" else use, node


def _pattern(call: ast.Call, names: dict[str, Any]) -> re.Pattern[Any]:
    """The pattern of a call, its arguments read in the module's names.

    Raises:
        NameError: they are made at run time.
    """

    def value(node: ast.expr) -> Any:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id not in names and not hasattr(builtins, inner.id):
                raise NameError(inner.id)
        return eval(compile(ast.Expression(node), "<pattern>", "eval"), names)  # noqa: S307 - our own source

    flags = [keyword.value for keyword in call.keywords if keyword.arg == "flags"]
    function = call.func.attr if isinstance(call.func, ast.Attribute) else "compile"
    more = call.args[3 if function == "split" else 4 if function in ("sub", "subn") else 2 :]
    if function == "compile":
        more = call.args[1:]
    given = [*flags, *more][:1]
    return re.compile(value(call.args[0]), value(given[0]) if given else 0)


@cache
def _all() -> list[tuple[str, set[str], ast.Call, dict[str, Any]]]:
    places = []
    paths = modules("engine/laconic")
    for path in paths:
        calls = list(_calls(path))
        if not calls:
            continue
        module = _name_of(path)
        names = vars(importlib.import_module(module))
        for name, method, call in calls:
            methods = {method} if method != "compile" else set()
            if method == "compile":
                public = not name.startswith("_")
                methods = set().union(*(_uses(other).get(name, ()) for other in (paths if public else [path])))
            places.append((f"{module.removeprefix('laconic.')}:{name}", methods & _MAKERS, call, names))
    return places


def found() -> Iterator[Found]:
    """Those that are written down in the source, wherever they stand."""
    for place, methods, call, names in _all():
        try:
            pattern = _pattern(call, names)
        except NameError:
            continue
        yield Found(place, pattern, not methods or not methods <= _AT_ONE_PLACE, methods == {"fullmatch"})


def made_at_run_time() -> Iterator[str]:
    """Where patterns are made of what is known only at run time, as ``module:name``."""
    for place, _, call, names in _all():
        try:
            _pattern(call, names)
        except NameError:
            yield place
