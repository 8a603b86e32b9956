"""When a conversation is long enough to be worth compressing, in the forms that LangChain's own middleware takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from langchain_core.messages import BaseMessage

from laconic.exceptions import ConfigurationError

__all__ = ["Trigger", "TriggerForm"]

TriggerForm = (
    tuple[str, int | float] | dict[str, int | float] | list[tuple[str, int | float] | dict[str, int | float]] | None
)
"""``("tokens", 4000)``, ``("messages", 50)``, ``("fraction", 0.8)`` of the model's input; a dict of several that must
all be reached; a list of which one must be; None for always.
"""


class Trigger:
    """Whether a conversation has reached one of its thresholds.

    Args:
        form: see `TriggerForm`.
        count_tokens: messages to number of tokens.
        chat_model: for ``"fraction"``: the model, whose profile says how much it takes in.

    Raises:
        ConfigurationError: a threshold that is unknown, out of range, or needs what the model's profile does not say.
    """

    def __init__(
        self, form: TriggerForm, count_tokens: Callable[[Iterable[BaseMessage]], int], chat_model: Any = None
    ) -> None:
        self._count_tokens = count_tokens
        items = list(form) if isinstance(form, list) else [] if form is None else [form]
        self._clauses = [_clause(item, chat_model) for item in items]

    def reached(self, messages: Sequence[BaseMessage]) -> bool:
        """Whether the messages are as many, or as long, as one of the thresholds says."""
        if not self._clauses:
            return True
        tokens = None
        if any("tokens" in clause for clause in self._clauses):
            tokens = self._count_tokens(messages)
        found = {"tokens": tokens, "messages": len(messages)}
        return any(
            all((found[kind] or 0) >= threshold for kind, threshold in clause.items()) for clause in self._clauses
        )


def _clause(item: Any, chat_model: Any) -> dict[str, float]:
    """Thresholds in tokens and messages, all of which must be reached."""
    pairs = list(item.items()) if isinstance(item, dict) else [item] if isinstance(item, tuple) else []
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise ConfigurationError(
            f"trigger {item!r} is not usable: give ('tokens', n), ('messages', n), ('fraction', f), a dict of them, "
            "or a list of these"
        )
    clause: dict[str, float] = {}
    for kind, value in pairs:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
            raise ConfigurationError(f"trigger {item!r}: the threshold of {kind!r} must be a number > 0")
        if kind == "fraction":
            if value > 1:
                raise ConfigurationError(f"trigger {item!r}: a fraction of the model's input is at most 1")
            kind, value = "tokens", value * _max_input_tokens(chat_model, item)
        if kind not in ("tokens", "messages"):
            raise ConfigurationError(f"trigger {item!r}: {kind!r} is not one of 'tokens', 'messages', 'fraction'")
        clause[kind] = max(clause.get(kind, 0), value)
    return clause


def _max_input_tokens(chat_model: Any, item: Any) -> int:
    profile = getattr(chat_model, "profile", None) or {}
    found = profile.get("max_input_tokens")
    if not isinstance(found, int):
        raise ConfigurationError(
            f"trigger {item!r} needs to know how much the model takes in: give chat_model= one whose profile has "
            "'max_input_tokens', or use ('tokens', n)"
        )
    return found
