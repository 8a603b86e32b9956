"""What was cut, kept for a while, so that a model can ask for it again by handle."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import Any

from laconic.chain.seen import refit
from laconic.core.compressor import Compressor
from laconic.core.inputs import as_query
from laconic.exceptions import ConfigurationError
from laconic.types import Compression, Passage

__all__ = ["TOOL_NAME", "CutStore", "mark"]

TOOL_NAME = "expand_context"
"""Name of the tool that the markers speak of."""

TOOL_DESCRIPTION = (
    "Gives back context that was shortened. Call it with the handle that stands in a line like "
    f'[shortened: {TOOL_NAME}("…") has the rest], and with the question that the rest should answer.'
)
"""What a model is told about the tool."""

_HANDLE_LENGTH = 10


class CutStore:
    """Passages as they were before compression, by handle; bounded, shared by threads.

    Args:
        max_chars: most characters that are kept, ≥ 1; the longest unused go first.
        max_tokens: most tokens that `expand` gives back at a time, ≥ 1.
        model: the model that will read them; chooses the token counter.

    Raises:
        ConfigurationError: a bound is out of range.

    Handles are made of the text, so the same passages have the same handle in every process. The passages themselves
    are in this object only, and a pickled store arrives empty.
    """

    def __init__(self, *, max_chars: int = 20_000_000, max_tokens: int = 2000, model: str = "gpt-4o") -> None:
        if isinstance(max_chars, bool) or not isinstance(max_chars, int) or max_chars < 1:
            raise ConfigurationError(f"max_chars is {max_chars!r}: it must be a whole number of characters ≥ 1")
        self.max_chars = max_chars
        self.max_tokens = max_tokens
        self.model = model
        self._compressor = Compressor(max_tokens=max_tokens, model=model)
        self._passages: OrderedDict[str, tuple[Passage, ...]] = OrderedDict()
        self._chars = 0
        self._lock = Lock()

    def put(self, passages: Sequence[Passage]) -> str | None:
        """Keep passages; their handle, or None where they are larger than the store."""
        kept = tuple(passages)
        size = _size(kept)
        if size > self.max_chars:
            return None
        digest = hashlib.sha256("\0".join(passage.text for passage in kept).encode())
        handle = digest.hexdigest()[:_HANDLE_LENGTH]
        with self._lock:
            if handle in self._passages:
                self._passages.move_to_end(handle)
                return handle
            self._passages[handle] = kept
            self._chars += size
            while self._chars > self.max_chars:
                _, oldest = self._passages.popitem(last=False)
                self._chars -= _size(oldest)
        return handle

    def get(self, handle: str) -> tuple[Passage, ...]:
        """The passages behind a handle.

        Raises:
            KeyError: there are none, or they had to make room.
        """
        with self._lock:
            self._passages.move_to_end(handle)
            return self._passages[handle]

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
        return self._compressor.compress(passages, as_query(question)).text

    def __len__(self) -> int:
        return len(self._passages)

    def __reduce__(self) -> tuple[Any, ...]:
        options: dict[str, Any] = {"max_chars": self.max_chars, "max_tokens": self.max_tokens, "model": self.model}
        return partial(CutStore, **options), ()


def mark(
    compression: Compression,
    passages: Sequence[Passage],
    store: CutStore,
    engine: Any,
    compress: Callable[[int], Compression],
    *,
    ceiling: int | None = None,
    count: Callable[[Compression], int] | None = None,
) -> Compression:
    """The result with a last line that tells how to get back what was cut.

    Args:
        compression: what was made of ``passages``.
        passages: of the call; kept in ``store``.
        store: where the tool finds them.
        engine: of the call; its counter and separator are used.
        compress: makes a result with fewer tokens, where the line would not fit in the budget: once, as a rule.
        ceiling: tokens that the result may have; the budget that held, or one less than the input, where None.
        count: a result to the tokens that ``ceiling`` is for; the engine's own where None.

    Returns:
        The result itself where nothing was cut, where the store does not hold the passages, or where the budget or what
        was saved is too small for such a line. The line is no part of any span.
    """
    if not compression.dropped or not compression.passages:
        return compression
    handle = store.put([replace(passage, head="") for passage in passages])  # heads are not cut
    if handle is None:
        return compression
    line = f'[shortened: {TOOL_NAME}("{handle}") has the rest]'
    if ceiling is None:
        ceiling = compression.metrics.budget_tokens
    if ceiling is None:
        ceiling = compression.metrics.original_tokens - 1

    def tokens(candidate: Compression) -> int:
        marked = _with_line(candidate, line, passages, engine)
        return marked.metrics.compressed_tokens if count is None else count(marked)

    found, fits = refit(compression, ceiling, compress, tokens)
    return _with_line(found, line, passages, engine) if fits and found.passages else compression


def _with_line(compression: Compression, line: str, passages: Sequence[Passage], engine: Any) -> Compression:
    if not compression.passages:
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


def _size(passages: Sequence[Passage]) -> int:
    return sum(len(passage.text) for passage in passages)
