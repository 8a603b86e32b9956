"""The shapes in which a chain hands over its context, each with the way back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage
from langchain_core.prompt_values import ChatPromptValue, PromptValue, StringPromptValue
from pydantic import BaseModel

from laconic.chain.outcome import Outcome
from laconic.types import CompressedPassage
from langchain_laconic._documents import Format, has_text, rewritten
from langchain_laconic._messages import is_marked, is_target, last_question, marked, query_text, replace_texts, texts_of

__all__ = ["Job", "Shapes"]


@dataclass(frozen=True)
class Job:
    """One input, taken apart.

    Attributes:
        items: what the engine compresses; empty when there is nothing to do.
        query: the question that came with the input, None if none did.
        least: fewest items of which something must be left.
        rebuild: makes the output of an outcome; its argument's ``passages`` point into ``items``.
        texts: of an outcome what the prompt will hold, for a budget that is for more than the items' own texts; None
            where the items joined by the separator are the prompt.
        report: takes the call's result into the output, where that has a place for it.
    """

    items: Sequence[Any]
    query: str | None
    least: int
    rebuild: Callable[[Outcome], Any]
    texts: Callable[[Outcome], list[str]] | None = None
    report: Callable[[Any, Outcome], Any] = lambda output, outcome: output


@dataclass(frozen=True)
class Shapes:
    """How to read inputs; the fields are those of `LaconicCompressor`, but for the last ones.

    Attributes:
        as_text: whether documents and strings come back as one text.
        joint: what joins them there.
        format: a document to its text in the prompt; None for its content.
        update_only: whether a dict is the state of a graph, of which only what has changed is given back.
    """

    context_key: str
    query_key: str
    messages_key: str
    message_types: Collection[str]
    metadata_key: str | None
    keep_original: bool
    min_documents: int
    result_key: str | None
    as_text: bool
    joint: str
    format: Format | None
    update_only: bool

    def read(self, value: Any) -> Job:
        """Take an input apart.

        Raises:
            TypeError: it has none of the accepted shapes; the message lists them.
        """
        if isinstance(value, Mapping):
            return self._mapping(value, self.update_only)
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, ChatPromptValue):
            return self._chat(value, value.messages, lambda found: value.model_copy(update={"messages": found}))
        if isinstance(value, StringPromptValue):
            text = value.text
            return Job([text], None, 1, lambda outcome: value.model_copy(update={"text": _strings([text], outcome)[0]}))
        if isinstance(value, PromptValue):
            return self._chat(value, value.to_messages(), lambda found: ChatPromptValue(messages=found))
        if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
            return self._sequence(value)
        state = _state(value)
        if any(key in state for key in (self.context_key, "documents", self.messages_key)):
            return self._mapping(state, update_only=True)
        raise self._unknown(value)

    # -- dicts and states ---------------------------------------------------------------------------------------------

    def _mapping(self, value: Mapping[str, Any], update_only: bool) -> Job:
        if self.context_key in value:
            return self._keyed(value, self.context_key, value.get(self.query_key), update_only)
        if "documents" in value:
            query = value.get("query", value.get(self.query_key))
            if update_only:
                return self._keyed(value, "documents", query, update_only)
            job = self._context(value["documents"], "the value under 'documents'")
            return replace(job, query=query_text(query))
        if self.messages_key in value:
            return self._messages(value, update_only)
        raise TypeError(
            f"the input has the keys {', '.join(map(repr, value)) or 'none'}: it needs {self.context_key!r} and "
            f"{self.query_key!r} (set context_key and query_key to use other names), 'documents' and 'query', or "
            f"{self.messages_key!r}"
        )

    def _keyed(self, value: Mapping[str, Any], key: str, query: Any, update_only: bool) -> Job:
        """The value under a key, in its place; the question may be that of the messages beside it."""
        job = self._context(value[key], f"the value under {key!r}")
        found = query_text(query)
        if found is None and isinstance(value.get(self.messages_key), list):
            found = query_text(value[self.messages_key])

        def rebuild(outcome: Outcome) -> dict[str, Any]:
            unchanged = outcome.passages is None and not self.as_text
            update = {} if update_only and unchanged else {key: job.rebuild(outcome)}
            return update if update_only else {**value, **update}

        return Job(job.items, found, job.least, rebuild, job.texts, self._reporting(update_only))

    def _messages(self, value: Mapping[str, Any], update_only: bool) -> Job:
        """The messages of a conversation. Of a state, what is compressed is marked, and not compressed again."""
        key = self.messages_key
        messages = value[key]
        if not isinstance(messages, Sequence) or not all(isinstance(item, BaseMessage) for item in messages):
            raise TypeError(f"the value under {key!r} is {_described(messages)}: give messages")
        if not update_only:
            job = self._chat(value, messages, lambda found: {**value, key: found})
            return replace(job, report=self._reporting(update_only))

        def changed(found: list[BaseMessage]) -> dict[str, Any]:
            pairs = zip(messages, found, strict=True)
            return {key: [marked(new) for old, new in pairs if new.content != old.content]}

        fresh = [not is_marked(message) for message in messages]
        job = self._chat({}, messages, changed, fresh)
        return replace(job, report=self._reporting(update_only))

    def _reporting(self, update_only: bool) -> Callable[[Any, Outcome], Any]:
        key = self.result_key
        if key is None:
            return lambda output, outcome: output
        if update_only:  # a checkpoint must be able to write it
            return lambda output, outcome: {**output, key: {"run_id": outcome.run_id, **outcome.figures()}}
        return lambda output, outcome: {**output, key: outcome}

    # -- contexts -----------------------------------------------------------------------------------------------------

    def _context(self, value: Any, name: str) -> Job:
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, Mapping):
            return self._named(value, name)
        if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
            if all(isinstance(item, Document) for item in value):
                return self._documents(value)
            if all(isinstance(item, str) for item in value):
                return self._strings(value)
            if all(map(_is_pair, value)):
                return self._pairs(value)
        raise TypeError(
            f"{name} is {_described(value)}: give documents, (document, score) pairs, strings, one string, or a dict "
            "of these by name"
        )

    def _sequence(self, value: Sequence[Any]) -> Job:
        if value and all(isinstance(item, BaseMessage) for item in value):
            return self._chat(value, value, list)
        if all(isinstance(item, (Document, str)) or _is_pair(item) for item in value):
            return self._context(value, "the input")
        raise self._unknown(value)

    def _string(self, value: str) -> Job:
        return Job([value], None, 1, lambda outcome: _strings([value], outcome)[0])

    def _strings(self, value: Sequence[str]) -> Job:
        def kept(outcome: Outcome) -> list[str]:
            return list(value) if outcome.passages is None else [part.text for part in outcome.passages]

        rebuild = (lambda outcome: self.joint.join(kept(outcome))) if self.as_text else kept
        return Job(value, None, self.min_documents, rebuild)

    def _documents(self, documents: Sequence[Document]) -> Job:
        texted = list(map(has_text, documents))

        def kept(outcome: Outcome) -> list[Document]:
            return outcome.rewritten(documents, texted, self._copy)

        def texts(outcome: Outcome) -> list[str]:
            return [self._joined(kept(outcome))]

        return Job(
            [document for document, has in zip(documents, texted, strict=True) if has],
            None,
            self.min_documents,
            (lambda outcome: texts(outcome)[0]) if self.as_text else kept,
            None if self.format is None else texts,
        )

    def _pairs(self, pairs: Sequence[tuple[Document, Any]]) -> Job:
        """As the documents alone; the scores stay with them."""
        job = self._documents([document for document, _ in pairs])
        if self.as_text:
            return job
        texted = [has_text(document) for document, _ in pairs]
        return replace(
            job,
            rebuild=lambda outcome: outcome.rewritten(
                pairs, texted, lambda pair, part: (self._copy(pair[0], part), pair[1])
            ),
        )

    def _named(self, value: Mapping[str, Any], name: str) -> Job:
        """Contexts by name, under one budget."""
        jobs = {key: self._context(context, f"{key!r} of {name}") for key, context in value.items()}
        starts: dict[str, int] = {}
        items: list[Any] = []
        for key, job in jobs.items():
            starts[key] = len(items)
            items += job.items

        def part(outcome: Outcome, key: str) -> Outcome:
            return outcome.part(starts[key], starts[key] + len(jobs[key].items))

        def texts(outcome: Outcome) -> list[str]:
            found: list[str] = []
            for key, job in jobs.items():
                own = part(outcome, key)
                found += job.texts(own) if job.texts is not None else [self._plain(job.rebuild(own))]
            return found

        return Job(
            items,
            None,
            self.min_documents,
            lambda outcome: {key: job.rebuild(part(outcome, key)) for key, job in jobs.items()},
            texts,
        )

    def _copy(self, document: Document, part: CompressedPassage) -> Document:
        return rewritten(document, part, self.metadata_key, self.keep_original)

    def _plain(self, context: Any) -> str:
        """A context as it will stand in a prompt."""
        if isinstance(context, str):
            return context
        items = [item[0] if _is_pair(item) else item for item in context]
        return self._joined(items)

    def _joined(self, items: Sequence[Document | str]) -> str:
        return self.joint.join(item if isinstance(item, str) else self._formatted(item) for item in items)

    def _formatted(self, document: Document) -> str:
        if self.format is not None:
            return self.format(document)
        return document.page_content if has_text(document) else ""

    # -- messages -----------------------------------------------------------------------------------------------------

    def _chat(
        self,
        value: Any,
        messages: Sequence[BaseMessage],
        finish: Callable[[list[BaseMessage]], Any],
        only: Sequence[bool] | None = None,
    ) -> Job:
        wanted = [is_target(message, self.message_types) for message in messages]
        if only is not None:
            wanted = [each and also for each, also in zip(wanted, only, strict=True)]
        items = [
            text
            for message, target in zip(messages, wanted, strict=True)
            if target
            for text in texts_of(message.content)
        ]

        def rebuilt(texts: Iterator[str]) -> Iterator[BaseMessage]:
            for message, target in zip(messages, wanted, strict=True):
                if target:
                    own = [next(texts) for _ in texts_of(message.content)]
                    yield message.model_copy(update={"content": replace_texts(message.content, own)})
                else:
                    yield message

        def rebuild(outcome: Outcome) -> Any:
            if outcome.passages is None:
                return value
            return finish(list(rebuilt(iter(_strings(items, outcome)))))

        # a message that lost all of its text is refused by some providers, so something is left of each
        return Job(items, last_question(messages), len(items), rebuild)

    def _unknown(self, value: Any) -> TypeError:
        return TypeError(
            f"the input is {_described(value)}: give documents, strings, a string, "
            f"{{'documents': …, 'query': …}}, {{{self.context_key!r}: …, {self.query_key!r}: …}}, a prompt, messages, "
            f"or a graph's state with {self.context_key!r} or {self.messages_key!r}"
        )


def _strings(texts: Sequence[str], outcome: Outcome) -> list[str]:
    """The texts after compression, each in its place."""
    if outcome.passages is None:
        return list(texts)
    left = [""] * len(texts)
    for part in outcome.passages:
        left[part.index] = part.text
    return left


def _is_pair(item: Any) -> bool:
    """Whether it is what ``similarity_search_with_score`` gives."""
    return isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], Document)


def _state(value: Any) -> dict[str, Any]:
    """The fields of a graph's state that is an object; none of what is no state."""
    if isinstance(value, (Document, BaseMessage, type)):
        return {}
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value) if hasattr(value, field.name)}
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields if hasattr(value, name)}
    return {}


def _described(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        kinds = sorted({type(item).__name__ for item in value})
        return f"a {type(value).__name__} of {' and '.join(kinds)}"
    return f"a {type(value).__name__}"
