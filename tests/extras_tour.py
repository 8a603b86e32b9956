"""Every public name used once: what it gives, what it falls back to, or which extra it asks for.

A script without pytest, so that it runs in an environment that holds nothing but laconic and one extra::

    python tests/extras_tour.py                                     # with the packages that are installed
    python tests/extras_tour.py --without rank_bm25 --only laconic  # as if that package were not; the engine alone

It prints one JSON object: ``steps`` (a `Step` for each thing that a use of `extras_uses` gave) and ``used`` (the names
that were used, and the classes of what came out).
"""

from __future__ import annotations

import argparse
import json
import os
import pkgutil
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from importlib.machinery import ModuleSpec
from typing import Any, NamedTuple

from extras_uses import CLOSED_PORT, TEXTS, USES

PACKAGES = ("laconic", "langchain_laconic", "llama_index.postprocessor.laconic")
INSTALL_LINE = re.compile(r"pip install 'laconic\[([a-z-]+)\]'")


class Step(NamedTuple):
    """What came of one use of a name.

    Attributes:
        use: a function of `extras_uses` or a module that is imported, and a number.
        text: the name of the text, empty where it needs none.
        outcome: ``"works"``, ``"falls back"``, ``"asks"`` (an error of laconic's own that prints the install line) or
            ``"broken"``.
        says: the reason of the fallback, or the error.
        value: what came out, as plain values without times.
    """

    use: str
    text: str
    outcome: str
    says: str
    value: Any


class Tour:
    """All uses, one after the other.

    Args:
        packages: whose modules are read and whose names are used.
        texts: the names of the texts that they are used on.

    Attributes:
        steps: what came of them.
        used: names of public things that were used, and the classes of what came out.
    """

    def __init__(self, packages: Sequence[str], texts: Sequence[str]) -> None:
        self.packages = packages
        self.texts = texts
        self.steps: list[Step] = []
        self.used: set[str] = set()

    def read_names(self) -> Tour:
        """Import every module and look up what it promises."""
        for package in self.packages:
            self._take(package, "", partial(self._read, package))
            if package in sys.modules:
                for found in pkgutil.walk_packages(sys.modules[package].__path__, f"{package}."):
                    self._take(found.name, "", partial(self._read, found.name))
        return self

    def _read(self, name: str) -> None:
        module = import_module(name)
        for public in getattr(module, "__all__", ()):
            if not callable(getattr(module, public)):  # a constant is used when it is read
                self.used.add(f"{name}.{public}")

    def run(self) -> Tour:
        """Use everything."""
        for name, (names, call, on_texts) in USES.items():
            if names[0].startswith(tuple(f"{package}." for package in self.packages)):
                self.used.update(names)
                for text in self.texts if on_texts else ("",):
                    self._take(name, text, partial(call, text) if text else call)
        return self

    def _take(self, use: str, text: str, call: Callable[[], Any]) -> None:
        for number, (outcome, says, value) in enumerate(self._results(call), 1):
            self.steps.append(Step(f"{use} {number}", text, outcome, says, value))

    def _results(self, call: Callable[[], Any]) -> Iterator[tuple[str, str, Any]]:
        """Outcome, reason and value of what a call returns, or of each of the things that it yields."""
        yielded: Iterator[Any] | None = None
        while True:
            try:
                value = call() if yielded is None else next(yielded)
                if isinstance(value, Iterator):
                    yielded, value = value, next(value)
                if isinstance(value, partial):
                    value = value()
            except StopIteration:
                return
            except Exception as error:  # noqa: BLE001 - whatever comes is what this is about
                yield (*outcome_of(error), None)
            else:
                self._note_classes(value)
                why = fallback(value)
                yield "falls back" if why else "works", why, plain(value)
            if yielded is None:
                return

    def _note_classes(self, value: Any) -> None:
        for each in value if isinstance(value, (list, tuple)) else (value,):
            parts = (*(getattr(each, "chunks", None) or ()), *(getattr(each, "history", None) or ()))
            for of in (each, getattr(each, "metrics", None), *parts):
                self.used.update(f"{base.__module__}.{base.__qualname__}" for base in type(of).__mro__)


def outcome_of(error: Exception) -> tuple[str, str]:
    """Whether an error is laconic's own and says what to install, and what it says."""
    from laconic.exceptions import LaconicError

    if isinstance(error, LaconicError) and INSTALL_LINE.search(str(error)):
        return "asks", f"{type(error).__name__}: {error}"
    return "broken", "".join(traceback.format_exception(error)[-3:])


def fallback(value: Any) -> str:
    """Why a result is simpler than what was asked for, in the result's own words; empty where it is not."""
    if isinstance(value, (list, tuple)):
        return next(filter(None, map(fallback, value)), "")
    chunks, history = (getattr(value, name, None) or () for name in ("chunks", "history"))
    for source in (value, getattr(value, "metrics", None), *chunks, *(step.details for step in history)):
        why = source.get("fallback") if isinstance(source, dict) else getattr(source, "fallback", None)
        if why:
            return why if isinstance(why, str) else "yes"
    return ""


def plain(value: Any) -> Any:
    """What a result says, without times and addresses."""
    if isinstance(value, (str, int, type(None))):
        return value
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    for name in ("text", "content", "compressed_text", "final_content", "context", "messages"):
        if hasattr(value, name):
            return plain(getattr(value, name))
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return type(value).__name__


class Hiding:
    """A finder of modules that does not find some, as if their packages were not installed."""

    def __init__(self, finder: Any, names: Sequence[str]) -> None:
        self._finder = finder
        self._names = tuple(names)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """None for what is hidden."""
        if f"{name}.".startswith(tuple(f"{hidden}." for hidden in self._names)):
            return None
        found: ModuleSpec | None = self._finder.find_spec(name, path, target)
        return found

    def __getattr__(self, name: str) -> Any:  # the metadata of the packages that are there
        return getattr(self._finder, name)


def hide(names: Sequence[str]) -> None:
    """From here on the packages cannot be found; they must not be loaded yet."""
    loaded = sorted(set(names) & set(sys.modules))
    if loaded:
        raise ValueError(f"{loaded[0]} is loaded already: hide it before anything is imported")
    sys.meta_path[:] = [Hiding(finder, names) for finder in sys.meta_path]


def main(arguments: Sequence[str] | None = None) -> None:
    """The tour of a command line; see the top of the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--without", nargs="*", default=[], help="modules that are hidden")
    parser.add_argument("--only", nargs="*", default=PACKAGES, help="packages whose names are used")
    parser.add_argument("--texts", nargs="*", default=list(TEXTS), help="names of the texts that they are used on")
    options = parser.parse_args(arguments)
    hide(options.without)
    os.environ |= {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": CLOSED_PORT, "NO_PROXY": "127.0.0.1"}
    stdout, sys.stdout = sys.stdout, sys.stderr  # some uses print
    tour = Tour(options.only, options.texts).read_names().run()
    json.dump({"steps": tour.steps, "used": sorted(tour.used)}, stdout)


if __name__ == "__main__":
    main()
