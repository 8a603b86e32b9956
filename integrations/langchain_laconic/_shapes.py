"""The shapes in which a chain hands over its context, each with the way back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage
from langchain_core.prompt_values import ChatPromptValue, PromptValue, StringPromptValue

from laconic.chain.options import Outcome
from langchain_laconic._documents import has_text, rewrite
from langchain_laconic._messages import is_target, last_question, query_text, replace_texts, texts_of

__all__ = ["Job", "Shapes"]


@dataclass(frozen=True)
class Job:
    """One input, taken apart.

    Attributes:
        items: what the engine compresses; empty when there is nothing to do.
        query: the question that came with the input, None if none did.
        least: fewest items of which something must be left.
        rebuild: makes the output of an outcome; its argument's ``passages`` point into ``items``.
    """

    items: Sequence[Any]
    query: str | None
    least: int
    rebuild: Callable[[Outcome], Any]


@dataclass(frozen=True)
class Shapes:
    """How to read inputs; the fields are those of `LaconicCompressor`."""

    context_key: str
    query_key: str
    message_types: Collection[str]
    metadata_key: str | None
    keep_original: bool
    min_documents: int

    def read(self, value: Any) -> Job:
        """Take an input apart.

        Raises:
            TypeError: it has none of the accepted shapes; the message lists them.
        """
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, str):
            return Job([value], None, 1, lambda outcome: _strings([value], outcome)[0])
        if isinstance(value, ChatPromptValue):
            return self._chat(value, value.messages, lambda found: value.model_copy(update={"messages": found}))
        if isinstance(value, StringPromptValue):
            text = value.text
            return Job([text], None, 1, lambda outcome: value.model_copy(update={"text": _strings([text], outcome)[0]}))
        if isinstance(value, PromptValue):
            return self._chat(value, value.to_messages(), lambda found: ChatPromptValue(messages=found))
        if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
            return self._sequence(value)
        raise self._unknown(value)

    def _mapping(self, value: Mapping[str, Any]) -> Job:
        if self.context_key in value:
            job = self._context(value[self.context_key], f"the value under {self.context_key!r}")
            query = query_text(value.get(self.query_key))
            rebuild = job.rebuild
            return Job(job.items, query, job.least, lambda outcome: {**value, self.context_key: rebuild(outcome)})
        if "documents" in value:
            job = self._context(value["documents"], "the value under 'documents'")
            return Job(job.items, query_text(value.get("query")), job.least, job.rebuild)
        raise TypeError(
            f"the input has the keys {', '.join(map(repr, value)) or 'none'}: it needs {self.context_key!r} and "
            f"{self.query_key!r} (set context_key and query_key to use other names), or 'documents' and 'query'"
        )

    def _context(self, value: Any, name: str) -> Job:
        if isinstance(value, str):
            return Job([value], None, 1, lambda outcome: _strings([value], outcome)[0])
        if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
            if all(isinstance(item, Document) for item in value):
                return self._documents(value)
            if all(isinstance(item, str) for item in value):
                return Job(value, None, self.min_documents, lambda outcome: _kept_strings(value, outcome))
        raise TypeError(f"{name} is {_described(value)}: give documents, strings, or one string")

    def _sequence(self, value: Sequence[Any]) -> Job:
        if value and all(isinstance(item, BaseMessage) for item in value):
            return self._chat(value, value, list)
        if all(isinstance(item, (Document, str)) for item in value):
            return self._context(value, "the input")
        raise self._unknown(value)

    def _documents(self, documents: Sequence[Document]) -> Job:
        return Job(
            [document for document in documents if has_text(document)],
            None,
            self.min_documents,
            lambda outcome: rewrite(documents, outcome, self.metadata_key, self.keep_original),
        )

    def _chat(self, value: Any, messages: Sequence[BaseMessage], finish: Callable[[list[BaseMessage]], Any]) -> Job:
        wanted = [is_target(message, self.message_types) for message in messages]
        items = [
            text
            for message, target in zip(messages, wanted, strict=True)
            if target
            for text in texts_of(message.content)
        ]

        def rebuild(outcome: Outcome) -> Any:
            if outcome.passages is None:
                return value
            texts = iter(_strings(items, outcome))
            rebuilt = []
            for message, target in zip(messages, wanted, strict=True):
                if target:
                    own = [next(texts) for _ in texts_of(message.content)]
                    content = replace_texts(message.content, own)
                    rebuilt.append(message.model_copy(update={"content": content}))
                else:
                    rebuilt.append(message)
            return finish(rebuilt)

        # a message that lost all of its text is refused by some providers, so something is left of each
        return Job(items, last_question(messages), len(items), rebuild)

    def _unknown(self, value: Any) -> TypeError:
        return TypeError(
            f"the input is {_described(value)}: give documents, strings, a string, "
            f"{{'documents': …, 'query': …}}, {{{self.context_key!r}: …, {self.query_key!r}: …}}, a prompt, or messages"
        )


def _strings(texts: Sequence[str], outcome: Outcome) -> list[str]:
    """The texts after compression, each in its place."""
    if outcome.passages is None:
        return list(texts)
    left = [""] * len(texts)
    for part in outcome.passages:
        left[part.index] = part.text
    return left


def _kept_strings(texts: Sequence[str], outcome: Outcome) -> list[str]:
    if outcome.passages is None:
        return list(texts)
    return [part.text for part in outcome.passages]


def _described(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        kinds = sorted({type(item).__name__ for item in value})
        return f"a {type(value).__name__} of {' and '.join(kinds)}"
    return f"a {type(value).__name__}"
