"""A recipe's options for passages: what ``compress:`` may hold, checked as `laconic.Compressor` checks its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from laconic._utils.options import repr_of, unknown_option
from laconic.core.compressor import Compressor
from laconic.exceptions import ConfigurationError
from laconic.select.coverage import Calibration

__all__ = ["compress_options"]

_KEYS = ("max_tokens", "rate", "recall", "calibration", "preserve", "scorer", "at_least")


def compress_options(given: Any) -> dict[str, Any]:
    """Keyword arguments of `laconic.Compressor` of the mapping that stands in a recipe.

    Raises:
        ConfigurationError: it is no mapping, has another key, or the compressor refuses a value.
    """
    if not isinstance(given, Mapping) or not given:
        raise ConfigurationError(f"compress is {repr_of(given)}: give options of laconic.compress, as rate: 0.3")
    for key in given:
        if key not in _KEYS:
            raise unknown_option(key, _KEYS, "compress")
    options = dict(given)
    if "calibration" in options:
        options["calibration"] = _calibration(options["calibration"])
    if not isinstance(options.get("scorer", ""), str):
        raise ConfigurationError(f"scorer is {repr_of(options['scorer'])}: a recipe names one")
    Compressor(**options)
    return options


def _calibration(given: Any) -> Calibration:
    names = [each.name for each in fields(Calibration)]
    if not isinstance(given, Mapping) or sorted(map(str, given)) != sorted(names):
        raise ConfigurationError(
            f"calibration is {repr_of(given)}: it has {', '.join(names)}, as laconic calibrate writes it"
        )
    numbers = [value for name, value in given.items() if name != "interval"]
    interval = given["interval"]
    if not isinstance(interval, list) or len(interval) != 2 or not all(_is_number(each) for each in interval + numbers):
        raise ConfigurationError(f"calibration is {repr_of(given)}: its values are numbers, interval two of them")
    return Calibration(**{**given, "interval": (float(interval[0]), float(interval[1]))})


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
