"""Shadow mode: what compression would do to the calls of a running product, recorded before it is switched on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from math import isfinite
from time import time
from typing import Any, Literal

from laconic._utils.append import append_line, make_appendable
from laconic._utils.locks import ForkLock
from laconic.chain.failing import mended
from laconic.chain.outcome import Outcome, logger
from laconic.core.inputs import as_passages
from laconic.exceptions import ConfigurationError, InputError
from laconic.telemetry import error_type
from laconic.types import Compression, Passage, Savings

__all__ = ["Shadow", "ShadowTotals", "recorded_totals"]

Row = dict[str, Any]
"""One recorded call, as plain JSON values; see `Shadow`."""

Record = str | os.PathLike[str] | Callable[[Row], Any]
"""Where rows go: a file, or a function."""

Prices = float | Mapping[str, float]
"""Money for a million tokens of input: of any model, or by the model's name."""

_PER = 1_000_000


@dataclass(frozen=True)
class ShadowTotals(Savings):
    """What calls came to.

    Attributes:
        calls: that were seen.
        compressed: of these, the calls of which the tokens below are sums: with ``serve="full"`` the sampled ones.
        recorded: rows that were written.
        failed: calls that the engine failed.
        lost: rows that could not be written.
        original_tokens, compressed_tokens: sums.
        saved_money: by the prices; None without any, or where no call was of a model that has one.
    """

    calls: int = 0
    compressed: int = 0
    recorded: int = 0
    failed: int = 0
    lost: int = 0
    original_tokens: int = 0
    compressed_tokens: int = 0
    saved_money: float | None = None

    @property
    def saved_tokens(self) -> int:
        """Tokens that were left out, or would have been."""
        return self.original_tokens - self.compressed_tokens

    @property
    def _counts(self) -> tuple[int, int]:
        return self.original_tokens, self.compressed_tokens

    def __str__(self) -> str:
        money = "" if self.saved_money is None else f", {self.saved_money:,.2f} of money"
        return (
            f"{self.calls:,} calls, {self.compressed:,} compressed, {self.recorded:,} recorded; "
            f"{self.original_tokens:,} -> {self.compressed_tokens:,} tokens ({self.savings_percent:.1f}%{money})"
        )


class Shadow:
    """Records a share of the calls inside a chain, with all that was retrieved and all that was kept of it::

        LaconicCompressor(max_tokens=1200, shadow=Shadow("calls.jsonl", share=0.05))

    Args:
        record: file of JSON lines that rows are appended to, or a function that takes each row, a dict.
        share: of the calls that are recorded, 0 < share ≤ 1. The content of a call decides, so the same call is always
            in or always out, in every process.
        serve: what the chain gets: ``"full"``, its context as it came, whatever the call (those out of the sample are
            not compressed at all); or ``"compressed"``.
        prices: money for a million tokens of input, as one number or by name of the model; for the money saved.
        redact: makes of each text, title, source and question what may be recorded of it.
        seed: another one chooses other calls.
        clock: seconds since 1970.

    Raises:
        ConfigurationError: an option cannot work, or the file cannot be written.

    A row has ``query``, ``passages`` (with ``id``, ``text``, ``title`` … where they have one) and ``kept`` (a text for
    each passage of which something is left), as ``laconic evaluate`` reads it; ``kept_spans`` (``[passage, start,
    end]``, in characters; not where texts are redacted, for they may then be longer or shorter); ``call`` (the same
    for the same content), ``at``, ``door``, ``model``, ``served``, ``original_tokens``, ``compressed_tokens``,
    ``saved_tokens``, ``budget_tokens``, ``latency_ms``, ``fallback`` and ``error`` (class of what failed: then all was
    kept), and with prices ``saved_money``. Ids are recorded as they are, metadata is not.

    Calls without a question, or without a text, are counted and not recorded: nothing could be asked of their rows.

    Nothing of this breaks a chain: what the engine raises with ``serve="full"`` is recorded, and a row that cannot be
    recorded is logged by the class of the error, and lost. Share one between threads; lines of several processes stay
    whole. In another process totals begin at nothing.
    """

    def __init__(
        self,
        record: Record,
        *,
        share: float = 0.05,
        serve: Literal["full", "compressed"] = "full",
        prices: Prices | None = None,
        redact: Callable[[str], str] | None = None,
        seed: int = 0,
        clock: Callable[[], float] = time,
    ) -> None:
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share <= 1:
            raise ConfigurationError(f"share is {share!r}: it must be a share of the calls, 0 < share ≤ 1")
        if serve not in ("full", "compressed"):
            raise ConfigurationError(f"serve is {serve!r}: it is 'full' or 'compressed'")
        if redact is not None and not callable(redact):
            raise ConfigurationError(f"redact is {redact!r}: give a function from text to text")
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise ConfigurationError(f"seed is {seed!r}: give a whole number")
        self.record = record
        self.share = share
        self.serve = serve
        self.prices = _checked_prices(prices)
        self.redact = redact
        self.seed = seed
        self.clock = clock
        self._write = _writer(record)
        self._totals = ShadowTotals()
        self._lock = ForkLock()

    def __reduce__(self) -> tuple[Any, ...]:
        options = {name: getattr(self, name) for name in ("share", "serve", "prices", "redact", "seed", "clock")}
        return partial(Shadow, self.record, **options), ()

    def __repr__(self) -> str:
        return f"Shadow({self.record!r}, share={self.share!r}, serve={self.serve!r})"

    @property
    def totals(self) -> ShadowTotals:
        """What the calls of this process came to so far; `recorded_totals` has those in a file."""
        return self._totals

    def samples(self, passages: Sequence[Passage], query: str | None) -> bool:
        """Whether a call with this content is recorded."""
        return self._is_in(_digest(passages, query))

    def around(
        self,
        items: Iterable[Any],
        query: str | None,
        compress: Callable[[list[Any]], Outcome],
        *,
        door: str,
        model: str | None,
    ) -> Outcome:
        """A call in shadow mode.

        Args:
            items: of the call; see `laconic.core.inputs.as_passages`.
            query: of it.
            compress: the call without this.
            door: who asks.
            model: that will read the context, where it is known.

        Returns:
            What the chain is to get: with ``serve="full"`` an outcome that was skipped.

        Raises:
            Exception: what ``compress`` raises, with ``serve="compressed"``.
        """
        given = list(items)
        digest, passages = self._looked_at(given, query)
        chosen = digest is not None and self._is_in(digest)
        is_told = chosen and bool((query or "").strip()) and any(each.text.strip() for each in passages)
        outcome = Outcome(skipped="shadow")
        if self.serve == "compressed":
            outcome = compress(given)
        elif chosen:
            try:
                outcome = compress(given)
            except Exception as error:  # noqa: BLE001 - the chain does without, and the row says so
                outcome = Outcome(error=error)
        money = self._money(outcome.compression, model)
        written = lost = False
        if is_told and digest is not None and (outcome.compression is not None or outcome.error is not None):
            written = self._recorded(digest, passages, query, outcome, money, door, model)
            lost = not written
        self._count(outcome, money, written=written, lost=lost)
        return Outcome(skipped="shadow") if self.serve == "full" else outcome

    def _looked_at(self, given: list[Any], query: str | None) -> tuple[str | None, list[Passage]]:
        """What stands for the content of a call, and its passages; None where there are none to read."""
        try:
            passages = as_passages(given, unicode_only=False)
            return _digest(passages, query), passages
        except Exception:  # noqa: BLE001 - the engine says what is wrong with them
            return None, []

    def _is_in(self, digest: str) -> bool:
        place = hashlib.blake2b(f"{self.seed} {digest}".encode(), digest_size=8).digest()
        return int.from_bytes(place, "big") < self.share * 2**64

    def _money(self, result: Compression | None, model: str | None) -> float | None:
        price = self.prices.get(model or "") if isinstance(self.prices, Mapping) else self.prices
        if price is None or result is None:
            return None
        return (result.metrics.original_tokens - result.metrics.compressed_tokens) * price / _PER

    def _recorded(
        self,
        digest: str,
        passages: Sequence[Passage],
        query: str | None,
        outcome: Outcome,
        money: float | None,
        door: str,
        model: str | None,
    ) -> bool:
        """Whether the row of a call was written."""
        try:
            row = self._row(passages, query, outcome)
            at = datetime.fromtimestamp(self.clock(), timezone.utc).isoformat(timespec="milliseconds")
            row |= {"call": digest, "at": at, "door": door, "model": model, "served": self.serve}
            if money is not None:
                row["saved_money"] = money
            self._write(row)
            return True
        except Exception as error:  # noqa: BLE001 - a record must not cost a call; what the error says may be a text
            logger.warning("a call in shadow mode was not recorded: %s", error_type(error))
            return False

    def _row(self, passages: Sequence[Passage], query: str | None, outcome: Outcome) -> Row:
        result = outcome.compression
        row: Row = {
            "query": None if query is None else self._redacted(query),
            "passages": [self._fields(passage) for passage in passages],
            "kept": [self._redacted(part.text) for part in (passages if result is None else result.passages)],
        }
        if result is not None:
            if self.redact is None:
                row["kept_spans"] = [[part.index, *span] for part in result.passages for span in part.spans]
            metrics = result.metrics
            row |= {
                "original_tokens": metrics.original_tokens,
                "compressed_tokens": metrics.compressed_tokens,
                "saved_tokens": metrics.original_tokens - metrics.compressed_tokens,
                "budget_tokens": metrics.budget_tokens,
                "latency_ms": round(metrics.latency_ms, 3),
                "fallback": metrics.fallback is not None,
            }
        row["error"] = None if outcome.error is None else error_type(outcome.error)
        return row

    def _fields(self, passage: Passage) -> dict[str, str]:
        found = {name: getattr(passage, name) for name in ("id", "text", "title", "source", "kind", "language")}
        redacted = ("text", "title", "source")
        return {
            name: self._redacted(value) if name in redacted else mended(str(value))
            for name, value in found.items()
            if value is not None
        }

    def _redacted(self, text: str) -> str:
        text = mended(text)
        if self.redact is None:
            return text
        found = self.redact(text)
        if not isinstance(found, str):
            raise TypeError(f"redact returned a {type(found).__name__}: it must return a text")
        return found

    def _count(self, outcome: Outcome, money: float | None, *, written: bool, lost: bool) -> None:
        result = outcome.compression
        original = compressed = 0
        if result is not None:
            original, compressed = result.metrics.original_tokens, result.metrics.compressed_tokens
        with self._lock:
            before = self._totals
            self._totals = ShadowTotals(
                calls=before.calls + 1,
                compressed=before.compressed + (result is not None),
                recorded=before.recorded + written,
                failed=before.failed + (outcome.error is not None),
                lost=before.lost + lost,
                original_tokens=before.original_tokens + original,
                compressed_tokens=before.compressed_tokens + compressed,
                saved_money=_sum(before.saved_money, money),
            )


def recorded_totals(path: str | os.PathLike[str], *, prices: Prices | None = None) -> ShadowTotals:
    """What the calls in a file came to, whichever processes wrote it.

    Args:
        path: of the file.
        prices: money for a million tokens of input, in place of those that rows were written with.

    Raises:
        InputError: the file cannot be read, or a line of it is no row.
        ConfigurationError: prices that are none.
    """
    checked = _checked_prices(prices)
    totals = ShadowTotals()
    try:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                totals = _with_row(totals, _read(line, number, path), checked)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{os.fspath(path)!r} cannot be read: {error}") from error
    return totals


def _read(line: str, number: int, path: str | os.PathLike[str]) -> Row:
    try:
        row = json.loads(line)
        if isinstance(row, dict) and isinstance(row.get("saved_tokens", 0), int):
            return row
    except ValueError:
        pass
    raise InputError(f"line {number} of {os.fspath(path)!r} is no row of shadow mode: leave it out")


def _with_row(totals: ShadowTotals, row: Row, prices: Prices | None) -> ShadowTotals:
    is_compressed = "saved_tokens" in row
    money = row.get("saved_money")
    price = prices.get(row.get("model") or "") if isinstance(prices, Mapping) else prices
    if prices is not None:
        money = None if price is None or not is_compressed else row["saved_tokens"] * price / _PER
    return ShadowTotals(
        calls=totals.calls + 1,
        compressed=totals.compressed + is_compressed,
        recorded=totals.recorded + 1,
        failed=totals.failed + (row.get("error") is not None),
        original_tokens=totals.original_tokens + row.get("original_tokens", 0),
        compressed_tokens=totals.compressed_tokens + row.get("compressed_tokens", 0),
        saved_money=_sum(totals.saved_money, money),
    )


def _sum(before: float | None, more: float | None) -> float | None:
    return before if more is None else (before or 0.0) + more


def _digest(passages: Sequence[Passage], query: str | None) -> str:
    """Stands for the content of a call."""
    content = json.dumps([query, [passage.text for passage in passages]])
    return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()


def _writer(record: Any) -> Callable[[Row], Any]:
    if isinstance(record, (str, os.PathLike)):
        path = os.path.abspath(record)
        try:
            make_appendable(path)
        except OSError as error:
            raise ConfigurationError(f"record {path!r} cannot be written ({error}): give another file") from error
        return partial(_append, path)
    if isinstance(record, type) or not callable(record):
        raise ConfigurationError(f"record is {record!r}: give the path of a file, or a function that takes a row")
    function: Callable[[Row], Any] = record
    return function


def _append(path: str, row: Row) -> None:
    append_line(path, json.dumps(row, ensure_ascii=False).encode())


def _checked_prices(prices: Any) -> Prices | None:
    if prices is None:
        return None
    each = prices if isinstance(prices, Mapping) else {"all models": prices}
    for name, price in each.items():
        fine = isinstance(price, (int, float)) and not isinstance(price, bool) and isfinite(price) and price >= 0
        if not fine or not isinstance(name, str):
            raise ConfigurationError(
                f"prices has {price!r} for {name!r}: give money for a million tokens of input, a number ≥ 0, or a dict "
                "of such by the model's name"
            )
    found: Prices = prices
    return found
