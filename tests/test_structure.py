"""The shape of the source: no circle between files, and imports that point down through the layers.

Read from the syntax trees: an import in a function or for type checking couples two files as one at the top does.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache

import pytest
from structure_support import FRAMEWORKS, ROOT, import_statements, imported, modules, tree

LAYERS = (
    "ground", "segment", "score", "select", "render", "table of kinds", "core", "doors", "chain", "façades", "adapters",
    "command line",
)  # fmt: skip
"""From the bottom up; a file imports files of its own layer and of those below."""

PLACES = (
    ("laconic/_utils/*", "ground"),
    ("laconic/exceptions.py", "ground"),
    ("laconic/types.py", "ground"),
    ("laconic/pictures/*", "ground"),
    ("laconic/telemetry.py", "ground"),
    ("laconic/tokens/*", "ground"),
    ("laconic/score/*", "score"),
    ("laconic/select/*", "select"),
    # What writes a kind of text rather than cutting it.
    ("laconic/kinds/verbatim.py", "render"),
    ("laconic/kinds/examples.py", "render"),
    ("laconic/kinds/samples.py", "render"),
    ("laconic/kinds/*/render.py", "render"),
    ("laconic/kinds/*/samples.py", "render"),
    ("laconic/kinds/*/digest.py", "render"),
    ("laconic/kinds/*/compose.py", "render"),
    ("laconic/kinds/*/prune.py", "render"),
    ("laconic/kinds/*/detail.py", "render"),
    ("laconic/kinds/*/companions.py", "render"),
    ("laconic/kinds/*/narrow.py", "render"),
    # The table, its rows, and the packages that show a kind's names: they know how it is cut, scored and written.
    ("laconic/kinds/catalogue.py", "table of kinds"),
    ("laconic/kinds/*/kind.py", "table of kinds"),
    ("laconic/kinds/*__init__.py", "table of kinds"),
    # All else of a kind has the lowest place that it can have, so that a file which reaches up must be named above.
    ("laconic/kinds/*", "segment"),
    ("laconic/core/*", "core"),
    ("laconic/messages/*", "doors"),
    ("laconic/scaledown/*", "doors"),
    ("laconic/supercompress/*", "doors"),
    ("laconic/two_stage/*", "doors"),
    ("laconic/lod/*", "doors"),
    ("laconic/project/*", "doors"),
    ("laconic/servers/*", "doors"),
    ("laconic/batch/*", "doors"),
    ("laconic/evaluation/*", "doors"),
    ("laconic/chain/*", "chain"),
    ("laconic/__init__.py", "façades"),
    ("laconic/compressor.py", "façades"),
    ("laconic/config.py", "façades"),
    ("laconic/metrics.py", "façades"),
    ("laconic/optimizer.py", "façades"),
    ("laconic/pipeline.py", "façades"),
    ("laconic/cli/*", "command line"),
    ("langchain_laconic/*", "adapters"),
    ("llama_index/postprocessor/laconic/*", "adapters"),
)
"""Which files stand on which layer; the first pattern that matches counts, and ``*`` matches slashes too."""

LOADED_BY_NAME = {
    "laconic/_utils/files.py": "data beside a module",
    "laconic/_utils/lazy.py": "façades look up what they promise",
    "laconic/evaluation/systems.py": "what the caller names as module:function",
    "laconic/kinds/code/language.py": "one table per language, read when the language turns up",
    "laconic/kinds/code/parse.py": "grammars, which are packages of their own",
    "laconic/score/vectors/search.py": "faiss, which ships no types",
    "laconic/types.py": "ScaleDown documents its results under this module's name",
}
"""Files other than façades and packages that load modules by a string, and which."""

FILES = {
    path.relative_to(ROOT / folder).as_posix(): path
    for folder in ("engine", "integrations")
    for path in modules(folder)
}
MODULES = {name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): name for name in FILES}
PACKAGES = ("laconic", "langchain_laconic", "llama_index.postprocessor.laconic")

Edges = Mapping[str, Collection[str]]


@cache
def graph() -> Edges:
    """The files that each file imports; a package is its ``__init__.py``."""
    return {name: frozenset(imported_files(name)) - {name} for name in FILES}


def imported_files(name: str) -> Iterator[str]:
    for module, taken in import_statements(FILES[name]):
        if not f"{module}.".startswith(tuple(f"{package}." for package in PACKAGES)):
            continue
        assert module in MODULES, f"{name} imports {module}, which does not exist"
        inside = [MODULES[f"{module}.{part}"] for part in taken if f"{module}.{part}" in MODULES]
        yield from inside
        if not taken or len(inside) < len(taken):
            yield MODULES[module]


def circles(edges: Edges) -> set[frozenset[str]]:
    """The sets of files that reach each other."""
    reached = {name: reachable(edges, name) for name in edges}
    return {
        frozenset(other for other in reached[name] if name in reached[other]) for name in edges if name in reached[name]
    }


def reachable(edges: Edges, start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        new = set(edges[waiting.pop()]) - seen
        seen |= new
        waiting += new
    return seen


def layer(name: str) -> str | None:
    return next((place for pattern, place in PLACES if fnmatchcase(name, pattern)), None)


def upward(edges: Edges) -> set[tuple[str, str]]:
    """The imports of a higher layer's files by a lower layer's."""
    height = {name: LAYERS.index(layer(name)) for name in edges}
    return {(name, other) for name in edges for other in edges[name] if height[other] > height[name]}


def test_a_circle_is_found_and_what_only_leads_to_it_is_not():
    edges = {"a": "b", "b": "c", "c": "a", "d": "ae", "e": "d", "f": "a"}
    assert circles(edges) == {frozenset("abc"), frozenset("de")}
    assert circles({"a": "bc", "b": "c", "c": ""}) == set()


def test_an_import_upwards_is_found():
    edges = {"laconic/types.py": [], "laconic/score/a.py": ["laconic/types.py", "laconic/core/b.py"]}
    edges["laconic/core/b.py"] = ["laconic/score/a.py"]
    assert upward(edges) == {("laconic/score/a.py", "laconic/core/b.py")}


def test_an_import_is_seen_wherever_it_stands():
    """At the top, in a function, for type checking, of a package."""
    edges = graph()
    assert "laconic/exceptions.py" in edges["laconic/_utils/unicode.py"]
    assert "laconic/score/vectors/openai_api.py" in edges["laconic/score/vectors/embedders.py"]
    assert "laconic/types.py" in edges["laconic/__init__.py"]
    assert "laconic/tokens/__init__.py" in edges["laconic/score/vectors/openai_api.py"]


def test_no_files_import_each_other_in_a_circle():
    found = sorted(", ".join(sorted(circle)) for circle in circles(graph()))
    assert not found, "\n".join(["files that import each other in a circle:", *found])


def test_every_file_has_a_layer():
    homeless = [name for name in FILES if layer(name) is None]
    assert not homeless, f"no pattern of PLACES matches {homeless}: say there on which layer they stand"


def test_imports_point_down():
    found = sorted(f"{low} ({layer(low)}) imports {high} ({layer(high)})" for low, high in upward(graph()))
    assert not found, "\n".join(["imports of a higher layer by a lower one:", *found])


def test_the_types_stand_on_the_ground_alone():
    """Every stage speaks in them, so they need no stage, and of other packages only the names of numpy's types."""
    name = "laconic/types.py"
    others = {module for module in imported(FILES[name]) if module not in MODULES}
    assert {module for module in others if module.split(".")[0] not in sys.stdlib_module_names} <= {
        "numpy",
        "numpy.typing",
    }
    assert {layer(other) for other in graph()[name]} <= {"ground"}


def test_modules_are_loaded_by_name_only_where_that_is_the_point():
    """A string in place of an import would hide an arrow from everything here."""
    loaders = {"import_module", "__import__", "lazily"}
    found = {
        name
        for name, path in FILES.items()
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Name) and node.id in loaders)
        or (isinstance(node, ast.Attribute) and node.attr in loaders)
    }
    assert {
        name for name in found if layer(name) != "façades" and not name.endswith("/__init__.py")
    } == LOADED_BY_NAME.keys()


def test_the_engine_imports_no_framework_and_no_adapter():
    for path in modules("engine/laconic"):
        for name in imported(path):
            top = name.split(".")[0]
            assert top not in (*FRAMEWORKS, "langchain_laconic"), f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize(
    ("adapter", "other"), [("langchain_laconic", "llama_index"), ("llama_index", "langchain")], ids=str
)
def test_adapters_do_not_import_each_other(adapter, other):
    for path in modules(f"integrations/{adapter}"):
        assert not [name for name in imported(path) if name.startswith(other)], path.relative_to(ROOT)


def test_only_the_middleware_needs_langchain_itself():
    for path in modules("integrations/langchain_laconic"):
        tops = {name.split(".")[0] for name in imported(path)}
        assert "langchain_classic" not in tops
        if path.name != "middleware.py":
            assert "langchain" not in tops, f"{path.name} imports langchain"
