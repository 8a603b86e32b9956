"""Whatever the caller has retrieved, as passages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeAlias

from laconic._utils.options import did_you_mean
from laconic._utils.unicode import check_unicode
from laconic.core.turns import Query, as_turns
from laconic.exceptions import InputError
from laconic.types import Passage

__all__ = ["DocumentLike", "NodeLike", "PassageLike", "Passages", "ScoredNodeLike", "as_passages", "as_query"]

_DICT_KEYS = frozenset(("text", "id", "title", "source", "metadata", "score", "kind", "language", "head"))
_SOURCE_KEYS = ("source", "file_path", "path", "url", "file_name")


class DocumentLike(Protocol):
    """A LangChain document, or what reads like one."""

    page_content: str
    metadata: dict[str, Any]


class NodeLike(Protocol):
    """A LlamaIndex node, or what reads like one."""

    metadata: dict[str, Any]

    def get_content(self) -> str:
        """Its text."""
        ...


class ScoredNodeLike(Protocol):
    """A node with its retrieval score."""

    node: Any
    score: float | None


PassageLike: TypeAlias = "str | Passage | Mapping[str, Any] | DocumentLike | NodeLike | ScoredNodeLike"
"""One retrieved piece; see `as_passages`."""

Passages: TypeAlias = "str | Passage | Iterable[PassageLike]"
"""What was retrieved: one text, or any number of pieces."""


def as_passages(passages: Passages, *, unicode_only: bool = True) -> list[Passage]:
    """Passages of what the caller gives.

    Args:
        passages: one string; or an iterable whose items are strings, dicts with the keys of `Passage`, `Passage`
            objects, objects with ``page_content`` (LangChain documents) or with ``get_content()`` (LlamaIndex nodes,
            also inside a ``NodeWithScore``). Nothing is imported or edited to find out.
        unicode_only: whether text with lone surrogates is refused; False for a caller who looks for it himself.

    Returns:
        A new list, one passage per item, in order. A string gives one passage; an empty iterable gives none.

    Raises:
        InputError: an item is none of these, has no text, or its text is not Unicode (a lone surrogate). The message
            names the item.
    """
    if isinstance(passages, (str, Passage)):
        return [_checked(_one(passages, 0), 0, unicode_only)]
    if isinstance(passages, (bytes, Mapping)) or not isinstance(passages, Iterable):
        raise InputError(
            f"passages is a {type(passages).__name__}: give a string, or a list of strings, dicts, Passage objects, "
            "documents or nodes"
        )
    return [_checked(_one(item, at), at, unicode_only) for at, item in enumerate(passages)]


def as_query(query: Query) -> str | None:
    """The query, or None where it is None, empty or blank (compression by importance, without a question).

    Args:
        query: the question; or the turns that end in it, the newest last (see `laconic.core.turns.as_turns`): a newest
            turn that says little of its own then takes over what it refers to (`laconic.core.conversation`).

    Raises:
        InputError: it is neither, or not Unicode.
    """
    if query is None:
        return None
    if not isinstance(query, str):
        from laconic.core.conversation import question_of  # most questions are one, and its patterns take a while

        query = question_of(as_turns(query))
        if query is None:
            return None
    check_unicode(query, "query")
    return query if query.strip() else None


def _one(item: Any, at: int) -> Passage:
    if isinstance(item, Passage):
        return item
    if isinstance(item, str):
        return Passage(item)
    if isinstance(item, Mapping):
        return _from_dict(item, at)
    content = getattr(item, "page_content", None)
    if content is not None:
        return _from_metadata(content, item.metadata or {}, getattr(item, "id", None), None)
    node = getattr(item, "node", item)
    if callable(getattr(node, "get_content", None)):
        return _from_metadata(
            node.get_content(), node.metadata or {}, getattr(node, "node_id", None), getattr(item, "score", None)
        )
    raise InputError(
        f"passages[{at}] is a {type(item).__name__}: give a string, a dict with 'text', a Passage, an object with "
        "page_content (LangChain) or with get_content (LlamaIndex)"
    )


def _from_dict(item: Mapping[str, Any], at: int) -> Passage:
    if "text" not in item:
        raise InputError(f"passages[{at}] is a dict without 'text' (it has {', '.join(map(repr, item)) or 'nothing'})")
    unknown = [key for key in item if key not in _DICT_KEYS]
    if unknown:
        near = did_you_mean(unknown[0], _DICT_KEYS)
        raise InputError(
            f"passages[{at}] has the unknown keys {', '.join(map(repr, unknown))}{near}: the keys are "
            f"{', '.join(sorted(_DICT_KEYS))}; put what is yours under 'metadata'"
        )
    fields = dict(item)
    fields["metadata"] = fields.get("metadata") or {}
    return Passage(**fields)


def _from_metadata(text: Any, metadata: Mapping[str, Any], id: Any, score: Any) -> Passage:  # noqa: A002
    title = metadata.get("title")
    source = None
    for key in _SOURCE_KEYS:
        if isinstance(metadata.get(key), str):
            source = metadata[key]
            break
    return Passage(
        text=text,
        id=None if id is None else str(id),
        title=title if isinstance(title, str) else None,
        source=source,
        metadata=metadata,
        score=score,
    )


def _checked(passage: Passage, at: int, unicode_only: bool) -> Passage:
    if not isinstance(passage.text, str):
        raise InputError(
            f"passages[{at}] has a text of type {type(passage.text).__name__}: decode it or leave the passage out"
        )
    if unicode_only:
        check_unicode(passage.text, f"passages[{at}]")
    return passage
