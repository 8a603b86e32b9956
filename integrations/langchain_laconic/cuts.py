"""Stores of LangGraph and of deepagents as back ends of `laconic.chain.cuts.CutStore`. Neither is imported."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from math import inf
from threading import Lock
from typing import Any

from laconic.chain.stores import Cut
from laconic.exceptions import ConfigurationError

__all__ = ["DeepAgentsCuts", "LangGraphCuts"]

_PAGE = 100
_TRIM_AFTER = 8
"""A store is looked through when an eighth of its bound has been written: listing a table in a network at each call
would cost more than what is over."""


class _Listed:
    """What the two have in common: they can list, but not tell what was used last, so what was written first goes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._since: float = inf  # characters written since the store was looked through; the first call does

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_lock", "_since")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        _Listed.__init__(self)

    def trim(self, max_chars: int, written_before: float = -inf) -> None:
        """See `laconic.chain.stores.CutBackend`; the bound may be passed by an eighth for each process."""
        with self._lock:
            if self._since * _TRIM_AFTER < max_chars:
                return
            self._since = 0
        held = 0
        for cut in sorted(self._all(), key=lambda cut: -cut.written):
            held += cut.chars
            if cut.written < written_before or held > max_chars:
                self.delete(cut.handle)

    def __len__(self) -> int:
        return sum(1 for _ in self._all())

    def delete(self, handle: str) -> None:
        raise NotImplementedError

    def _all(self) -> Iterator[Cut]:
        raise NotImplementedError

    def _note(self, cut: Cut) -> None:
        with self._lock:
            self._since += cut.chars


class LangGraphCuts(_Listed):
    """In a ``BaseStore`` of LangGraph: in memory, Postgres, Redis, or LangGraph's platform.

    Args:
        store: that the graph is compiled with; its ``get``, ``put``, ``delete`` and ``search`` are used. Nothing is
            indexed.
        namespace: below which everything lies; give each user one, where what one has read is not for others.
    """

    def __init__(self, store: Any, namespace: Sequence[str] = ("laconic", "cuts")) -> None:
        super().__init__()
        if isinstance(namespace, str) or not namespace or not all(isinstance(part, str) and part for part in namespace):
            raise ConfigurationError(f"namespace is {namespace!r}: give a list of names, as LangGraph's stores take it")
        _check_methods(store, ("get", "put", "delete", "search"), "a BaseStore of LangGraph")
        self.store = store
        self.namespace = tuple(namespace)

    def read(self, handle: str) -> Cut | None:
        """See `laconic.chain.stores.CutBackend`."""
        item = self.store.get(self.namespace, handle)
        return None if item is None else _cut(handle, item.value)

    def write(self, cut: Cut) -> None:
        """See `laconic.chain.stores.CutBackend`."""
        self._note(cut)
        self.store.put(self.namespace, cut.handle, _value(cut), index=False)

    def delete(self, handle: str) -> None:
        """See `laconic.chain.stores.CutBackend`."""
        self.store.delete(self.namespace, handle)

    def _all(self) -> Iterator[Cut]:
        found: list[Cut] = []
        while True:
            items = self.store.search(self.namespace, limit=_PAGE, offset=len(found))
            found += (_cut(item.key, item.value) for item in items)
            if len(items) < _PAGE:
                return iter(found)


class DeepAgentsCuts(_Listed):
    """As files of a back end of deepagents: its state, a store, a folder or a sandbox.

    Args:
        backend: of the agent; its ``write``, ``download_files``, ``delete`` and ``ls`` are used. With ``StateBackend``
            it works inside of a run only, and the files are a part of the thread's checkpoints.
        folder: in which the files lie, one for each handle.
    """

    def __init__(self, backend: Any, folder: str = "/laconic_cuts") -> None:
        super().__init__()
        if not isinstance(folder, str) or not folder.startswith("/") or not folder.strip("/"):
            raise ConfigurationError(f"folder is {folder!r}: give an absolute path below '/', as the back end has them")
        _check_methods(backend, ("write", "download_files", "delete", "ls"), "a back end of deepagents")
        self.backend = backend
        self.folder = folder.rstrip("/")

    def read(self, handle: str) -> Cut | None:
        """See `laconic.chain.stores.CutBackend`."""
        if not handle.isalnum():  # a model writes handles, and must not choose the file
            return None
        [found] = self.backend.download_files([self._path(handle)])
        return None if found.content is None else _cut(handle, json.loads(found.content))

    def write(self, cut: Cut) -> None:
        """See `laconic.chain.stores.CutBackend`."""
        self._note(cut)
        path = self._path(cut.handle)
        content = json.dumps(_value(cut), ensure_ascii=False)
        if self.backend.write(path, content).error:  # older ones make files only
            self.backend.delete(path)
            error = self.backend.write(path, content).error
            if error:
                raise OSError(f"{path} cannot be written: {error}")

    def delete(self, handle: str) -> None:
        """See `laconic.chain.stores.CutBackend`."""
        if handle.isalnum():
            self.backend.delete(self._path(handle))

    def _path(self, handle: str) -> str:
        return f"{self.folder}/{handle}.json"

    def _all(self) -> Iterator[Cut]:
        names = [entry["path"].rsplit("/", 1)[-1] for entry in self.backend.ls(self.folder).entries or ()]
        for name in names:
            cut = self.read(name.removesuffix(".json")) if name.endswith(".json") else None
            if cut is not None:
                yield cut


def _value(cut: Cut) -> dict[str, Any]:
    return {"record": cut.record, "chars": cut.chars, "written": cut.written}


def _cut(handle: str, value: dict[str, Any]) -> Cut:
    return Cut(handle, value["record"], value["chars"], value["written"])


def _check_methods(value: Any, names: Sequence[str], what: str) -> None:
    if isinstance(value, type) or not all(callable(getattr(value, name, None)) for name in names):
        raise ConfigurationError(f"{value!r} is not usable: give {what}, which has {', '.join(names)}")
