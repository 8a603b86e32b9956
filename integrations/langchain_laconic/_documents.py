"""Documents in, copies out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.documents import Document
from langchain_core.prompts import BasePromptTemplate, format_document

from laconic.chain.failing import mended
from laconic.chain.outcome import compose_spans, read_spans, shifted_spans, written_spans
from laconic.core.inputs import as_passages
from laconic.types import CompressedPassage, Passage, Span

__all__ = ["START_KEY", "Format", "formatter", "has_text", "rewritten", "source_spans", "with_heads"]

Format = Callable[[Document], str]
"""A document to its text in the prompt."""

START_KEY = "start_index"
"""Under which LangChain's text splitters say where a chunk begins in its document (``add_start_index=True``)."""

_KEY = "laconic"
_SPANS_KEY = "source_spans"
_CONTENT = "\0"
"""Stands for a document's text where we look what is written around it."""


def has_text(document: Document) -> bool:
    """Whether there is text to compress; subclasses and ``model_construct`` let other things through."""
    return isinstance(document.page_content, str)


def formatter(prompt: BasePromptTemplate[str] | None, function: Format | None) -> Format | None:
    """How documents are written into the prompt; None where that is their text alone."""
    if prompt is None:
        return function
    return lambda document: format_document(document, prompt)


def with_heads(items: Iterable[Any], write: Format) -> Iterator[Passage]:
    """Items as passages; what is written around a document's text is its head, a price that is paid on entry.

    What is written behind the text is counted in the head too: no budget knows where it stands. So is nothing where
    the text does not stand in what is written as it is.
    """
    items = list(items)
    for passage, item in zip(as_passages(items, unicode_only=False), items, strict=True):
        if isinstance(item, Document):
            shown = write(item.model_copy(update={"page_content": _CONTENT, "metadata": item.metadata or {}}))
            before, found, after = mended(shown).partition(_CONTENT)
            yield replace(passage, head=before + after if found else "")
        else:
            yield passage


def source_spans(document: Document, *, metadata_key: str = _KEY) -> list[Span] | None:
    """Where the text of a document stands in the document that it was once split from.

    Args:
        document: as it came back, or as it was indexed. Its chunk must have said where it begins, under
            ``"start_index"``.
        metadata_key: of the compressor.

    Returns:
        Character spans whose concatenation is the text (but for a last line that laconic wrote itself); None where it
        is not known where the chunk began.
    """
    metadata = document.metadata or {}
    ours = metadata.get(metadata_key)
    if isinstance(ours, dict) and _is_ours(ours):
        spans = ours.get("source_spans")
        return None if spans is None else [(start, end) for start, end in spans]
    return _source(metadata, len(document.page_content))


def rewritten(
    document: Document, part: CompressedPassage, metadata_key: str | None, keep_original: bool, *, move: bool = False
) -> Document:
    """A copy of a document that says what is left of it.

    Args:
        document: as retrieved.
        part: what is left.
        metadata_key: under which the copy gets its figures; None for none.
        keep_original: whether the figures include the text as it was.
        move: whether the copy is a chunk of its own: ``start_index`` then says where what is left begins, and
            ``source_spans`` (as text, which every store takes) where all of it stands, if that is not one stretch.
    """
    metadata = dict(document.metadata or {})  # ``model_construct`` lets None through
    source = _source(metadata, len(document.page_content))
    if metadata_key is not None:
        before = metadata.get(metadata_key)
        if not (part.level == "full" and _is_ours(before)):
            metadata[metadata_key] = _figures(document.page_content, part, source, before, keep_original)
    if move and source is not None and part.spans:
        spans = compose_spans(source, part.spans)
        metadata[START_KEY] = spans[0][0]
        metadata.pop(_SPANS_KEY, None)
        if len(spans) > 1:
            metadata[_SPANS_KEY] = written_spans(spans)
    return document.model_copy(update={"page_content": part.text, "metadata": metadata})


def _figures(
    text: str, part: CompressedPassage, source: list[Span] | None, before: Any, keep_original: bool
) -> dict[str, Any]:
    """Figures of one document. Of a document that is compressed a second time, the spans and the original are still
    those of the text that was retrieved.
    """
    spans = list(part.spans)
    original = text
    if _is_ours(before) and _length(before["spans"]) == len(text):
        outer = before.get("source_spans")
        source = None if outer is None else [(first, last) for first, last in outer]
        original = before.get("original", text)
        composed = compose_spans([(first, last) for first, last in before["spans"]], spans)
    else:
        composed = spans
    found: dict[str, Any] = {"spans": list(map(list, composed)), "tokens": part.tokens, "level": part.level}
    if part.score is not None:
        found["score"] = part.score
    if source is not None:
        found["source_spans"] = list(map(list, compose_spans(source, spans)))
    if keep_original:
        found["original"] = original
    return found


def _source(metadata: dict[str, Any], length: int) -> list[Span] | None:
    """Where a chunk stands in its document, by what its metadata say; None where they do not."""
    start = metadata.get(START_KEY)
    if not isinstance(start, int) or isinstance(start, bool) or start < 0:
        return None
    several = read_spans(metadata.get(_SPANS_KEY))
    if several and _length(several) == length:
        return several
    return shifted_spans([(0, length)], start)


def _length(spans: Iterable[Sequence[int]]) -> int:
    return sum(end - start for start, end in spans)


def _is_ours(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("spans"), list)
