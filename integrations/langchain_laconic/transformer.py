"""`LaconicTransformer`: repetitions and boilerplate removed from documents before they are indexed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.documents import BaseDocumentTransformer, Document
from langchain_core.runnables.config import run_in_executor

from laconic.chain.outcome import Outcome, attempt_to, of_outcome
from laconic.core.repeats import check_boilerplate_share, remove_repeats
from laconic.exceptions import ConfigurationError
from laconic.telemetry import reported
from langchain_laconic._documents import has_text, rewritten

__all__ = ["LaconicTransformer"]


class LaconicTransformer(BaseDocumentTransformer):
    """Leaves out what other documents of the collection say in the same words, and what nearly all of them carry.

    There is no question at ingestion, so nothing is judged: only repetitions go (of overlapping chunks, of mirrored
    pages) and boilerplate (menus, footers, notices). Documents come back as copies with id and metadata; one of which
    nothing is left is left out, but never all of them. Where a chunk says with ``start_index`` where it begins in its
    document, the copy says where what is left of it begins, and `langchain_laconic.source_spans` where all of it
    stands.

    Args:
        boilerplate_share: a line or sentence that stands in at least this share of the documents (and in at least
            three) is boilerplate, 0 < share ≤ 1; None looks for repetitions only.
        metadata_key: key in each document's metadata for the kept spans (offsets into the text as it was), tokens and
            level; None for none.
        on_error: ``"passthrough"``: what fails leaves the documents as they were, and is logged; or ``"raise"``.

    Raises:
        ConfigurationError: an option that cannot work.
    """

    def __init__(
        self,
        *,
        boilerplate_share: float | None = 0.5,
        metadata_key: str | None = None,
        on_error: str = "passthrough",
    ) -> None:
        check_boilerplate_share(boilerplate_share)
        if on_error not in ("passthrough", "raise"):
            raise ConfigurationError(f"on_error is {on_error!r}: it is 'passthrough' or 'raise'")
        self.boilerplate_share = boilerplate_share
        self.metadata_key = metadata_key
        self.on_error = on_error

    def transform_documents(self, documents: Sequence[Document], **kwargs: Any) -> list[Document]:
        """The documents without repetitions, as copies; ``kwargs`` are for other transformers and not used."""
        items = [document for document in documents if has_text(document)]
        return self._outcome(items).rewritten(
            documents,
            map(has_text, documents),
            lambda document, part: rewritten(document, part, self.metadata_key, keep_original=False, move=True),
        )

    @reported("LaconicTransformer", of_outcome)
    def _outcome(self, items: Sequence[Document]) -> Outcome:
        if not items:
            return Outcome(skipped="no documents")
        return attempt_to(lambda: remove_repeats(items, boilerplate_share=self.boilerplate_share), self.on_error)

    async def atransform_documents(self, documents: Sequence[Document], **kwargs: Any) -> list[Document]:
        """`transform_documents` without blocking the event loop."""
        return await run_in_executor(None, self.transform_documents, documents, **kwargs)
