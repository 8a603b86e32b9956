"""Settings of the ScaleDown compressor that one call may change; checked when made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Any, Literal

from laconic._options import unknown_option
from laconic.core.budget import AUTO, Budget
from laconic.exceptions import BudgetError, ConfigurationError

__all__ = ["CompressionOptions"]


@dataclass(frozen=True)
class CompressionOptions:
    """How a context is compressed, locally or by the hosted API.

    Attributes:
        rate: share of the context's tokens that may be kept, 0 < rate ≤ 1, or ``"auto"``.
        temperature: ≥ 0; None and 0 mean no variation.
        preserve_keywords: whether detected keywords are preserved.
        preserve_words: words and phrases that are preserved, most important first; a tuple once made.
        seed: of the variation; only the local engine has one.

    Raises:
        ConfigurationError: a value that cannot work (`BudgetError` for the rate).
    """

    rate: float | Literal["auto"] = "auto"
    temperature: float | None = None
    preserve_keywords: bool = False
    preserve_words: Sequence[str] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        if self.rate is None:
            raise BudgetError(f"rate is None: give a share of the context's tokens, 0 < rate ≤ 1, or {AUTO!r}")
        Budget(rate=self.rate)
        heat = self.temperature
        is_number = isinstance(heat, (int, float)) and not isinstance(heat, bool)
        if heat is not None and not (is_number and isfinite(heat) and heat >= 0):
            raise ConfigurationError(f"temperature is {heat!r}: give a number ≥ 0, or None for no variation")
        if not isinstance(self.preserve_keywords, bool):
            raise ConfigurationError(f"preserve_keywords is {self.preserve_keywords!r}: give True or False")
        object.__setattr__(self, "preserve_words", _phrases(self.preserve_words))
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise ConfigurationError(f"seed is {self.seed!r}: give a whole number ≥ 0")

    @classmethod
    def names(cls) -> frozenset[str]:
        """What a call may change."""
        return frozenset(field.name for field in fields(cls))

    def changed(self, changes: Mapping[str, Any]) -> CompressionOptions:
        """These options with some of them replaced.

        Raises:
            UnknownOptionError: a TypeError too: a name that is none of the options.
            ConfigurationError: a value that cannot work.
        """
        for name in changes:
            if name not in self.names():
                raise unknown_option(name, self.names(), "compress()")
        return replace(self, **changes) if changes else self


def _phrases(given: Sequence[str] | None) -> tuple[str, ...]:
    if given is None:
        return ()
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        raise ConfigurationError(f"preserve_words is {given!r}: give a list of words and phrases")
    for phrase in given:
        if not isinstance(phrase, str) or not phrase.strip():
            raise ConfigurationError(f"preserve_words holds {phrase!r}: give words and phrases that are not blank")
    return tuple(given)
