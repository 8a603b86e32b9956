"""Documents in, copies out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.documents import Document

from laconic.chain.options import Outcome, compose_spans
from laconic.types import CompressedPassage

__all__ = ["has_text", "rewrite"]


def has_text(document: Document) -> bool:
    """Whether there is text to compress; subclasses and ``model_construct`` let other things through."""
    return isinstance(document.page_content, str)


def rewrite(
    documents: Sequence[Document], outcome: Outcome, metadata_key: str | None, keep_original: bool
) -> list[Document]:
    """What is left of the documents, as copies, in order.

    Args:
        documents: as retrieved; those that have text were given to the engine, in this order.
        outcome: of the engine. Where the context goes on unchanged, so do the documents.
        metadata_key: under which each copy gets its figures; None for none.
        keep_original: whether the figures include the text as it was.
    """
    return outcome.rewritten(
        documents, map(has_text, documents), lambda document, part: _copy(document, part, metadata_key, keep_original)
    )


def _copy(document: Document, part: CompressedPassage, metadata_key: str | None, keep_original: bool) -> Document:
    metadata = dict(document.metadata or {})  # ``model_construct`` lets None through
    if metadata_key is not None:
        before = metadata.get(metadata_key)
        if not (part.level == "full" and _is_ours(before)):
            metadata[metadata_key] = _figures(document.page_content, part, before, keep_original)
    return document.model_copy(update={"page_content": part.text, "metadata": metadata})


def _figures(text: str, part: CompressedPassage, before: Any, keep_original: bool) -> dict[str, Any]:
    """Figures of one document. Of a document that is compressed a second time, the spans and the original are still
    those of the text that was retrieved.
    """
    spans = list(part.spans)
    original = text
    if _is_ours(before) and sum(end - start for start, end in before["spans"]) == len(text):
        spans = compose_spans([(start, end) for start, end in before["spans"]], spans)
        original = before.get("original", text)
    found: dict[str, Any] = {"spans": [list(span) for span in spans], "tokens": part.tokens, "level": part.level}
    if keep_original:
        found["original"] = original
    return found


def _is_ours(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("spans"), list)
