"""The turns of a conversation, in whatever a caller carries them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from laconic.exceptions import InputError

__all__ = ["MessageLike", "Query", "Turn", "TurnLike", "as_turns"]

Role: TypeAlias = Literal["user", "assistant", ""]


class MessageLike(Protocol):
    """A message of LangChain (``type``) or LlamaIndex (``role``), or what reads like one."""

    content: Any


TurnLike: TypeAlias = "str | tuple[str, str] | Mapping[str, Any] | MessageLike"
"""One turn; see `as_turns`."""

Query: TypeAlias = "str | Sequence[TurnLike] | None"
"""A question, or the turns that end in it, the newest last."""


class Turn(NamedTuple):
    """Who said what. The role is empty for those who neither ask nor answer: the system, a tool."""

    role: Role
    text: str


_ROLES: dict[str, Role] = {
    "user": "user", "human": "user",
    "assistant": "assistant", "ai": "assistant", "model": "assistant", "chatbot": "assistant",
    "system": "", "developer": "", "tool": "", "function": "", "remove": "",
}  # fmt: skip


def as_turns(turns: Sequence[TurnLike]) -> list[Turn]:
    """The turns of a conversation, in order.

    Args:
        turns: a list or tuple, the newest last. Its items: strings (said by the user); pairs of role and text; dicts
            with ``role`` (or ``type``) and ``content``; messages of LangChain or LlamaIndex. Content may be a list of
            blocks, of which the texts are read, or None. Nothing is imported or edited to find out.

    Raises:
        InputError: an item is none of these, or its role or content is unknown. The message names the item.

    Linear in the number of turns.
    """
    if isinstance(turns, (bytes, bytearray)) or not isinstance(turns, Sequence):
        raise InputError(
            f"query is a {type(turns).__name__}: give a string, a list of turns with the newest last, or None to "
            "compress without a question"
        )
    return [_turn(turn, at) for at, turn in enumerate(turns)]


def _turn(turn: Any, at: int) -> Turn:
    if isinstance(turn, str):
        return Turn("user", turn)
    if isinstance(turn, Mapping):
        role, content = turn.get("role", turn.get("type")), turn.get("content")
    elif isinstance(turn, (tuple, list)) and len(turn) == 2:
        role, content = turn
    elif hasattr(turn, "content"):
        role, content = getattr(turn, "role", None) or getattr(turn, "type", None), turn.content
    else:
        raise InputError(
            f"query[{at}] is a {type(turn).__name__}: a turn is a string, a pair of role and text, a dict with 'role' "
            "and 'content', or a message"
        )
    return Turn(_role(role, at), _text(content, at))


def _role(role: Any, at: int) -> Role:
    name = getattr(role, "value", role)  # LlamaIndex has an enumeration
    known = _ROLES.get(name.lower().removesuffix("messagechunk")) if isinstance(name, str) else None
    if known is None:
        raise InputError(f"query[{at}] has the role {name!r}: the roles are {', '.join(_ROLES)}")
    return known


def _text(content: Any, at: int) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence) and not isinstance(content, (bytes, bytearray)):
        return "\n".join(text for text in map(_block_text, content) if text)
    raise InputError(f"query[{at}] has a content of type {type(content).__name__}: give text, or a list of blocks")


def _block_text(block: Any) -> str | None:
    if isinstance(block, str):
        return block
    text = block.get("text") if isinstance(block, Mapping) else getattr(block, "text", None)
    return text if isinstance(text, str) else None
