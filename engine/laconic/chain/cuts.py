"""What was cut, kept for a while, so that a model can ask for it again by handle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence, Sized
from dataclasses import replace
from functools import partial
from math import inf
from time import time
from typing import Any, cast

from laconic._utils.redaction import Redact, check_redact, redacted
from laconic.chain.omissions import Units
from laconic.chain.seen import refit
from laconic.chain.stores import Cut, CutBackend, MemoryCuts
from laconic.core.compressor import Compressor
from laconic.core.inputs import as_query
from laconic.exceptions import ConfigurationError
from laconic.telemetry import of_compression, reported
from laconic.types import Compression, Passage

__all__ = ["TOOL_NAME", "CutStore", "mark"]

TOOL_NAME = "expand_context"
"""Name of the tool that the markers speak of."""

TOOL_DESCRIPTION = (
    "Gives back context that was shortened. Call it with the handle that stands in a line like "
    f'[…: {TOOL_NAME}("…") has the rest], and with the question that the rest should answer.'
)
"""What a model is told about the tool."""

# Ten letters are told apart in a store of some 10,000 texts; where two would share them, the later one gets more.
_HANDLE_LENGTHS = (10, 16, 64)


class CutStore:
    """Passages as they were before compression, by handle; bounded, shared by threads.

    Args:
        backend: where they lie: in this process (None), in a file (`laconic.chain.stores.SQLiteCuts`), in a store of
            LangGraph or of deepagents (``langchain_laconic.cuts``), or a `laconic.chain.stores.CutBackend` of your own.
        max_chars: most characters that are kept, ≥ 1; the longest unused go first.
        max_tokens: most tokens that `expand` gives back at a time, ≥ 1.
        model: the model that will read them; chooses the token counter.
        ttl: seconds after which what was put is forgotten, unless it was put again; None for never.
        redact: makes of each text (and title) what may be stored of it, before it leaves the call.
        clock: seconds since 1970.

    Raises:
        ConfigurationError: a bound is out of range.

    Handles are made of the text that is stored, so the same passages have the same handle in every process. Stored are
    text, id, title, source, kind and language; metadata and scores are not. With the back end in memory a pickled store
    arrives empty.
    """

    def __init__(
        self,
        backend: CutBackend | None = None,
        *,
        max_chars: int = 20_000_000,
        max_tokens: int = 2000,
        model: str = "gpt-4o",
        ttl: float | None = None,
        redact: Redact | None = None,
        clock: Callable[[], float] = time,
    ) -> None:
        if isinstance(max_chars, bool) or not isinstance(max_chars, int) or max_chars < 1:
            raise ConfigurationError(f"max_chars is {max_chars!r}: it must be a whole number of characters ≥ 1")
        if ttl is not None and (isinstance(ttl, bool) or not isinstance(ttl, (int, float)) or not ttl > 0):
            raise ConfigurationError(f"ttl is {ttl!r}: it must be a number of seconds > 0, or None")
        check_redact(redact)
        self.backend: CutBackend = MemoryCuts() if backend is None else backend
        self.max_chars = max_chars
        self.max_tokens = max_tokens
        self.model = model
        self.ttl = ttl
        self.redact = redact
        self.clock = clock
        self._compressor = Compressor(max_tokens=max_tokens, model=model)

    def put(self, passages: Sequence[Passage]) -> str | None:
        """Keep passages; their handle, or None where they are larger than the store.

        Raises:
            What ``redact`` or the back end raises; nothing is kept then.
        """
        kept = [self._redacted(passage) for passage in passages]
        size = sum(len(passage.text) for passage in kept)
        if size > self.max_chars:
            return None
        digest = hashlib.sha256("\0".join(passage.text for passage in kept).encode()).hexdigest()
        handle, is_there = self._place(digest)
        if is_there and self.ttl is None:
            return handle
        record = json.dumps({"digest": digest, "passages": list(map(_fields, kept))}, ensure_ascii=False)
        self.backend.write(Cut(handle, record, size, self.clock()))
        self.backend.trim(self.max_chars, self._oldest())
        return handle

    def get(self, handle: str) -> tuple[Passage, ...]:
        """The passages behind a handle.

        Raises:
            KeyError: there are none, they had to make room, or their time is over.
        """
        cut = self._read(handle)
        if cut is None:
            raise KeyError(handle)
        return tuple(Passage(**fields) for fields in json.loads(cut.record)["passages"])

    def delete(self, handle: str) -> None:
        """Forget what lies behind a handle; nothing where there is none."""
        self.backend.delete(handle)

    def clear(self) -> None:
        """Forget everything."""
        self.backend.trim(0, inf)

    def expand(self, handle: str, question: str | None = None) -> str:
        """The text behind a handle, for a model to read.

        Args:
            handle: as it stands in the shortened context.
            question: what the text should answer; decides what is left of it where it is longer than the store gives
                back at a time. Without one it is what matters most.

        Returns:
            The text, or a sentence that says that the handle is not known: a model reads it, and goes on.
        """
        try:
            passages = self.get(handle.strip().strip("\"'"))
        except KeyError:
            return f"Nothing is kept under the handle {handle!r} (any more). Go on with the context that you have."
        return self._shortened(passages, question).text

    @reported("CutStore.expand", of_compression)
    def _shortened(self, passages: Sequence[Passage], question: str | None) -> Compression:
        return self._compressor.compress(passages, as_query(question))

    def __len__(self) -> int:
        """How many there are, where the back end can tell."""
        return len(cast(Sized, self.backend))

    def __reduce__(self) -> tuple[Any, ...]:
        options = {name: getattr(self, name) for name in _OPTIONS}
        return partial(CutStore, self.backend, **options), ()

    def _redacted(self, passage: Passage) -> Passage:
        if self.redact is None:
            return passage
        title = None if passage.title is None else redacted(self.redact, passage.title)
        return replace(passage, text=redacted(self.redact, passage.text), title=title)

    def _place(self, digest: str) -> tuple[str, bool]:
        """The handle of a text, and whether the text lies there; a longer one where the short one is another's."""
        for length in _HANDLE_LENGTHS:
            cut = self._read(digest[:length])
            if cut is None or json.loads(cut.record)["digest"] == digest:
                return digest[:length], cut is not None
        return digest, False

    def _read(self, handle: str) -> Cut | None:
        cut = self.backend.read(handle)
        if cut is not None and cut.written < self._oldest():
            self.backend.delete(handle)
            return None
        return cut

    def _oldest(self) -> float:
        return -inf if self.ttl is None else self.clock() - self.ttl


_OPTIONS = ("max_chars", "max_tokens", "model", "ttl", "redact", "clock")


def mark(
    compression: Compression,
    passages: Sequence[Passage],
    store: CutStore | None,
    engine: Any,
    compress: Callable[[int], Compression],
    *,
    ceiling: int | None = None,
    count: Callable[[Compression], int] | None = None,
    omissions: bool = False,
) -> Compression:
    """The result with a last line that tells how to get back what was cut, or how much that is.

    Args:
        compression: what was made of ``passages``.
        passages: of the call; kept in ``store``.
        store: where the tool finds them; None for a line that names no tool.
        engine: of the call; its counter and separator are used.
        compress: makes a result with fewer tokens, where the line would not fit in the budget: once, as a rule.
        ceiling: tokens that the result may have; the budget that held, or one less than the input, where None.
        count: a result to the tokens that ``ceiling`` is for; the engine's own where None.
        omissions: whether the line says how much was left out; see `laconic.chain.omissions.omitted`.

    Returns:
        The result itself where nothing was cut, where the store does not hold the passages, or where the budget or what
        was saved is too small for such a line. The line is no part of any span.
    """
    if not compression.dropped or not compression.passages or (store is None and not omissions):
        return compression
    kept = None if store is None else store.put([replace(passage, head="") for passage in passages])  # heads stay whole
    if kept is None and not omissions:
        return compression
    if ceiling is None:
        ceiling = compression.metrics.budget_tokens
    if ceiling is None:
        ceiling = compression.metrics.original_tokens - 1
    units = Units(passages) if omissions else None

    def marked(candidate: Compression) -> Compression:
        omitted = None if units is None else units.omitted(candidate)
        return _with_line(candidate, _line(kept, omitted), passages, engine)

    def tokens(candidate: Compression) -> int:
        found = marked(candidate)
        return found.metrics.compressed_tokens if count is None else count(found)

    found, fits = refit(compression, ceiling, compress, tokens)
    return marked(found) if fits and found.passages else compression


def _line(handle: str | None, omitted: str | None) -> str | None:
    if handle is None:
        return omitted and f"[{omitted}]"
    return f'[{omitted or "shortened"}: {TOOL_NAME}("{handle}") has the rest]'


def _with_line(compression: Compression, line: str | None, passages: Sequence[Passage], engine: Any) -> Compression:
    if not compression.passages or line is None:
        return compression
    last = compression.passages[-1]
    text = f"{last.text}\n{line}"
    parts = (*compression.passages[:-1], replace(last, text=text, tokens=engine.counter.count(text)))
    finals = [passages[part.index].head + part.text for part in parts]
    separator = engine.separator
    joined = ("\n\n" if separator is None else separator).join(finals)
    tokens = sum(map(engine.counter.count, finals)) if separator is None else engine.counter.count(joined)
    metrics = replace(compression.metrics, compressed_tokens=tokens)
    return replace(compression, text=joined, passages=parts, metrics=metrics)


def _fields(passage: Passage) -> dict[str, Any]:
    """What is stored of a passage."""
    names = ("text", "id", "title", "source", "kind", "language")
    return {name: value for name in names if (value := getattr(passage, name)) is not None}
