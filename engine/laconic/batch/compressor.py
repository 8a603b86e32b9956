"""`BatchCompressor`: columns in, columns out; the unit of work of every runner of batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from laconic.core.compressor import Compressor
from laconic.exceptions import ConfigurationError, InputError
from laconic.telemetry import Figures, reported
from laconic.types import Compression

__all__ = ["OUTPUTS", "BatchCompressor"]

OUTPUTS = ("compressed", "original_tokens", "compressed_tokens", "kept_spans", "error")
"""The columns that a `BatchCompressor` adds."""

OnError = Literal["record", "raise"]


def _figures(row: dict[str, Any]) -> Figures:
    error = row["error"]
    return Figures(
        row["original_tokens"], row["compressed_tokens"], error=None if error is None else error.partition(":")[0]
    )


class BatchCompressor:
    """Compresses batches of records; picklable, so that it can be sent to any worker::

        compress = BatchCompressor(max_tokens=1200)
        compress({"query": ["…"], "passages": [["…", "…"]]})
        dataset.map_batches(BatchCompressor, fn_constructor_kwargs={"max_tokens": 1200}, concurrency=2)  # Ray Data

    Args:
        passages: column of the passages of each record: a string, or a list of strings or of dicts with ``text``; see
            `laconic.Compressor.compress`.
        query: column of the questions; a batch without it, and a record in which it is None, is compressed without one.
        on_error: ``"record"`` writes into the column ``error`` why a record could not be compressed, and goes on with
            the next; ``"raise"`` raises at the first.
        options: of `laconic.Compressor`.

    Raises:
        ConfigurationError: an option that cannot work.
    """

    def __init__(
        self, *, passages: str = "passages", query: str = "query", on_error: OnError = "record", **options: Any
    ) -> None:
        if on_error not in ("record", "raise"):
            raise ConfigurationError(f"on_error is {on_error!r}: it must be 'record' or 'raise'")
        for name, column in (("passages", passages), ("query", query)):
            if not isinstance(column, str) or column in OUTPUTS:
                raise ConfigurationError(
                    f"{name} is {column!r}: it must be the name of a column other than {', '.join(OUTPUTS)}"
                )
        self.passages = passages
        self.query = query
        self.on_error: OnError = on_error
        self.options = options
        self._compressor = Compressor(**options)

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self.passages, self.query, self.on_error, self.options)

    def __repr__(self) -> str:
        return f"BatchCompressor(passages={self.passages!r}, query={self.query!r}, options={self.options!r})"

    def __call__(self, batch: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
        """Compress one batch.

        Args:
            batch: columns of equal length: lists, or arrays of numpy.

        Returns:
            The columns of the batch, and those of `OUTPUTS`: ``compressed`` is the text, None where it failed;
            ``kept_spans`` lists ``[passage, start, end]`` of what was kept, in characters; ``error`` is None where a
            record went well. Columns of the batch under these names are replaced.

        Raises:
            InputError: the batch has no column of passages.
            LaconicError: with ``on_error="raise"``, what the first failing record raises.
        """
        if self.passages not in batch:
            raise InputError(f"the batch has no column {self.passages!r}: it has {', '.join(batch) or 'none'}")
        given = batch[self.passages]
        queries = batch.get(self.query)
        found = [self.record(given[at], None if queries is None else queries[at]) for at in range(len(given))]
        return {**batch, **{name: [each[name] for each in found] for name in OUTPUTS}}

    @reported("BatchCompressor", _figures)
    def record(self, passages: Any, query: Any = None) -> dict[str, Any]:
        """The output columns of one record; see `__call__`."""
        try:
            return _columns(self._compressor.compress(_plain(passages), _plain(query)))
        except Exception as error:
            if self.on_error == "raise":
                raise
            return failed(f"{type(error).__name__}: {error}")


def failed(message: str) -> dict[str, Any]:
    """The output columns of a record that could not be compressed."""
    return {**dict.fromkeys(OUTPUTS), "kept_spans": [], "error": message}


def _columns(result: Compression) -> dict[str, Any]:
    return {
        "compressed": result.text,
        "original_tokens": result.metrics.original_tokens,
        "compressed_tokens": result.metrics.compressed_tokens,
        "kept_spans": [[part.index, start, end] for part in result.passages for start, end in part.spans],
        "error": None,
    }


def _plain(value: Any) -> Any:
    """An array of numpy as the list that it came from."""
    return value.tolist() if hasattr(value, "tolist") else value


def _made(passages: str, query: str, on_error: OnError, options: dict[str, Any]) -> BatchCompressor:
    return BatchCompressor(passages=passages, query=query, on_error=on_error, **options)
