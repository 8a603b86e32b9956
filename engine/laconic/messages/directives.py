"""Directives: which action is for which type of block, how they are checked, and what actions are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

from laconic._utils.options import did_you_mean, repr_of
from laconic.exceptions import ConfigurationError, UnknownOptionError
from laconic.messages.blocks import BLOCK_TYPES, TOOL_RESULT_KINDS, Block
from laconic.messages.code import same_language
from laconic.types import TokenCounter

__all__ = ["ACTIONS", "Context", "Directive", "TextEngine", "directive_from"]

# action: the types of block that it makes sense for
_PROSE = ("text", "markdown", "system")
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "keep": BLOCK_TYPES,
    "signature_only": ("code",),
    "strip_comments": ("code",),
    "keep_headers": ("markdown", "system"),
    "flatten_markdown": _PROSE,
    "filter_tokens": _PROSE,
    "filter_sentences": (*_PROSE, "tool_result"),
    "schema_sample": ("json", "tool_result"),
    "template_logs": ("tool_result",),
    "dedup_lines": ("text", "markdown", "tool_result"),
    "truncate": ("text", "markdown", "code", "json", "tool_result", "system"),
}
"""Every action, and the types of block that it applies to."""


class TextEngine(Protocol):
    """What cleans blocks and filters the words of prose."""

    name: str

    def clean(self, text: str, kind: str, language: str | None = None) -> str:
        """The text of a block without what says nothing."""

    def filter_tokens(self, text: str, ratio: float, query: str | None = None) -> str:
        """The share ``ratio`` of the words of prose that matters most."""


@dataclass(frozen=True)
class Directive:
    """One instruction of a recipe.

    Attributes:
        type: of the blocks it is for, one of `laconic.messages.blocks.BLOCK_TYPES`.
        action: one of `ACTIONS` that applies to the type.
        language: only for blocks of these languages (of tool results: kinds); empty for all.
        preserve_docstrings: of ``signature_only``: documentation stays.
        max_depth: of ``keep_headers``: deepest heading that stays, 1–6.
        ratio: share of the block's tokens to keep, 0 < ratio ≤ 1; for actions that aim at a size.
        min_tokens: blocks with fewer are left alone.

    Raises:
        ConfigurationError: a value outside its range, or an action that does not apply to the type.
    """

    type: str
    action: str
    language: tuple[str, ...] = ()
    preserve_docstrings: bool = True
    max_depth: int = 6
    ratio: float = 0.5
    min_tokens: int = 0

    def __post_init__(self) -> None:
        if self.type not in BLOCK_TYPES:
            near = did_you_mean(self.type, BLOCK_TYPES)
            raise ConfigurationError(
                f"type {repr_of(self.type)} is not known{near}: use one of {', '.join(BLOCK_TYPES)}"
            )
        if not isinstance(self.action, str) or self.action not in ACTIONS:
            near = did_you_mean(self.action, ACTIONS)
            raise ConfigurationError(
                f"action {repr_of(self.action)} is not known{near}: use one of {', '.join(ACTIONS)}"
            )
        if self.type not in ACTIONS[self.action]:
            possible = [action for action, types in ACTIONS.items() if self.type in types]
            raise ConfigurationError(
                f"action {repr_of(self.action)} does not apply to type {self.type!r}: use one of {', '.join(possible)}"
            )
        if isinstance(self.language, str):
            object.__setattr__(self, "language", (self.language,))
        languages = self.language
        if not isinstance(languages, Sequence) or not all(isinstance(name, str) and name for name in languages):
            raise ConfigurationError(f"language is {repr_of(languages)}: give a list of names such as [python, js]")
        object.__setattr__(self, "language", tuple(languages))
        if self.type == "tool_result":
            unknown = [name for name in languages if name not in TOOL_RESULT_KINDS]
            if unknown:
                raise ConfigurationError(
                    f"language {repr_of(unknown[0])} is no kind of tool result: use one of "
                    f"{', '.join(TOOL_RESULT_KINDS)}"
                )
        if not isinstance(self.preserve_docstrings, bool):
            raise ConfigurationError(f"preserve_docstrings is {repr_of(self.preserve_docstrings)}: give true or false")
        if not _is_whole(self.max_depth) or not 1 <= self.max_depth <= 6:
            raise ConfigurationError(f"max_depth is {repr_of(self.max_depth)}: it must be a whole number from 1 to 6")
        if isinstance(self.ratio, bool) or not isinstance(self.ratio, (int, float)) or not 0 < self.ratio <= 1:
            raise ConfigurationError(f"ratio is {repr_of(self.ratio)}: it must be a share of the tokens, 0 < ratio ≤ 1")
        if not _is_whole(self.min_tokens) or self.min_tokens < 0:
            raise ConfigurationError(f"min_tokens is {repr_of(self.min_tokens)}: it must be a whole number ≥ 0")

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """The keys of a directive in a recipe."""
        return tuple(field.name for field in fields(cls))

    def applies_to(self, block: Block) -> bool:
        """Whether the directive is for this block."""
        if block.type != self.type or block.tokens < self.min_tokens:
            return False
        if not self.language:
            return True
        if block.language is None:
            return False
        return any(same_language(name, block.language) for name in self.language)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True)
class Context:
    """What actions may use."""

    counter: TokenCounter  # text to tokens
    query: str | None  # what the chat asks for, None where nothing tells
    engine: TextEngine  # cleans and filters prose
    aggressive: bool = False  # halve every ratio and drop documentation too

    def count(self, text: str) -> int:
        """Tokens of a text."""
        return self.counter.count(text)


def directive_from(values: Mapping[str, Any]) -> Directive:
    """A directive of a mapping as recipes have it.

    Raises:
        ConfigurationError: a key that is not known or missing, or what `Directive` refuses.
    """
    known = Directive.keys()
    for key in values:
        if key not in known:
            near = did_you_mean(key, known)
            raise UnknownOptionError(f"{repr_of(key)} is no key of a directive{near}: use {', '.join(known)}")
    for key in ("type", "action"):
        if not isinstance(values.get(key), str):
            raise ConfigurationError(f"a directive needs {key!r}, a word; it has {repr_of(values.get(key))}")
    return Directive(**values)
