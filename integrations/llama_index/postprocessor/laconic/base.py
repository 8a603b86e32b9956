"""`LaconicPostprocessor`: a node postprocessor."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from llama_index.core.bridge.pydantic import ConfigDict, Field, StrictInt, model_validator
from llama_index.core.instrumentation import get_dispatcher  # type: ignore[attr-defined] # its documented place
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle

from laconic.chain.failing import mended
from laconic.chain.options import CompressorOptions, Outcome
from laconic.chain.outcome import of_outcome
from laconic.chain.seen import Seen
from laconic.exceptions import ConfigurationError
from laconic.telemetry import Figures, reported
from llama_index.postprocessor.laconic.events import CompressionEndEvent, CompressionStartEvent
from llama_index.postprocessor.laconic.nodes import (
    Keeping,
    images_of,
    is_compressible,
    rewrite,
    seen_by_model,
    text_of,
    with_heads,
)
from llama_index.postprocessor.laconic.portable import Portable
from llama_index.postprocessor.laconic.question import check_transform, question_of, transformed
from llama_index.postprocessor.laconic.settings import check_llm, room, settings_tokenizer

__all__ = ["LaconicPostprocessor"]

dispatcher = get_dispatcher(__name__)


def _figures(found: tuple[list[NodeWithScore], Outcome]) -> Figures:
    return of_outcome(found[1])


class LaconicPostprocessor(CompressorOptions, Portable, BaseNodePostprocessor):
    """Shrinks retrieved nodes to the parts that answer the question: verbatim, in order, inside a token budget.

    ::

        index.as_query_engine(similarity_top_k=10, node_postprocessors=[LaconicPostprocessor(max_tokens=1200)])

    Put it last: after rerankers, cutoffs, and whatever adds or replaces nodes. Nodes come back as copies with id,
    score, metadata, relationships, embedding and offsets kept (``start_char_idx`` and ``end_char_idx`` still tell
    where the retrieved chunk was in its document); a node of which nothing is left is left out, but never all of them.
    Image nodes, index nodes, nodes without text and those whose text cannot be read pass through, and their text counts
    in the budget. Nodes are never edited. Do not store the copies in an index: they have the ids of the originals.

    The question is the query's, with its ``custom_embedding_strs`` where there are any. Without one it keeps what
    matters most (``on_missing_query``). Tokens are counted by ``counter``, else as ``model`` does, else with
    ``Settings.tokenizer`` where that has been set, else as gpt-4o does.

    Raises:
        pydantic.ValidationError: (a ``ValueError``) at construction, for an option that is unknown or cannot work.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, validate_assignment=True)

    left_behind: ClassVar[frozenset[str]] = frozenset({"callback_manager", "on_result", "expand"})

    max_tokens: StrictInt | Literal["fit"] | None = Field(  # type: ignore[assignment] # one value more than others take
        default=None,
        description="Most tokens of the final context, ≥ 1; or 'fit': what the window of `llm` leaves beside the "
        "answer, the question and `reserve`, counted as the model sees the nodes (see `count_metadata`).",
    )
    llm: Any = Field(default=None, description="Whose window max_tokens='fit' fills; null for that of `Settings`.")
    reserve: int = Field(
        default=750,
        ge=0,
        strict=True,
        description="With max_tokens='fit', tokens of the prompt beside context and question. LlamaIndex's compact "
        "mode keeps 500 free, and its longest template has about 200; more for the history of a chat.",
    )
    on_missing_query: Literal["importance", "passthrough", "raise"] = Field(
        default="importance",
        description="When a call has no query: keep what matters most without a question, go on unchanged, or raise.",
    )
    query_transform: Any = Field(
        default=None,
        description="Makes the question for the compression from the query: a function from text to text (or to a "
        "message or a model's answer), or one of LlamaIndex's query transforms.",
    )
    min_nodes: int = Field(
        default=1,
        ge=1,
        strict=True,
        description="Fewest nodes that come back, or all if there were fewer: where the budget would leave less, it is "
        "shared out so that something of the best ones is left.",
    )
    top_n: int | None = Field(
        default=None,
        ge=1,
        strict=True,
        description="Most nodes that come back beside those that pass through: the best ones, which then share the "
        "budget. For response modes that call the model once for each node.",
    )
    min_node_tokens: int = Field(
        default=0,
        ge=0,
        strict=True,
        description="Fewest tokens of a node that are worth a place: one that would be cut to less is left out.",
    )
    metadata_key: str | None = Field(
        default=None,
        description="Key in each node's metadata for the original node id, the kept spans (offsets into the retrieved "
        "text, and into the source document where the node knows its own), tokens and level; hidden from the model and "
        "from embeddings. Null, the default, for none.",
    )
    keep_original: bool = Field(
        default=False,
        description="Also keep the retrieved text there (under 'laconic' without a `metadata_key`), for applications "
        "that show their sources.",
    )
    count_metadata: bool = Field(
        default=False,
        description="Whether the budget is for all that the model sees of the nodes, metadata and template included: a "
        "node is left only where its text is worth that price. Metadata is never cut: if that of a single node is over "
        "the budget, so is the result.",
    )
    image_tokens: int = Field(
        default=0,
        ge=0,
        strict=True,
        description="Tokens that each picture of a node counts in the budget, for synthesizers that show them.",
    )

    @model_validator(mode="after")
    def _refuse_what_llama_index_cannot_do(self) -> LaconicPostprocessor:
        if self.query_transform is not None:
            check_transform(self.query_transform)
        if self.llm is not None:
            check_llm(self.llm)
        if self.top_n is not None and self.top_n < self.min_nodes:
            raise ConfigurationError(f"top_n is {self.top_n}, below min_nodes, which is {self.min_nodes}")
        return self

    @classmethod
    def class_name(cls) -> str:
        """Name of the class in serialized form."""
        return "LaconicPostprocessor"

    def engine_options(self) -> dict[str, Any]:
        """The keyword arguments of `laconic.Compressor` that are set, and the tokenizer of ``Settings``."""
        options = super().engine_options()
        if self.max_tokens == "fit":
            del options["max_tokens"]  # each call has its own
        if "counter" not in options and "model" not in options:
            tokenizer = settings_tokenizer()
            if tokenizer is not None:
                options["counter"] = tokenizer
        return options

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if not nodes:
            return []
        query = question_of(query_bundle)
        dispatcher.event(CompressionStartEvent(query=query, node_ids=_ids(nodes)))
        try:
            kept, outcome = self._compressed(nodes, query)
        except Exception as error:
            dispatcher.event(CompressionEndEvent(node_ids=[], figures=Outcome(error=error).figures()))
            raise
        dispatcher.event(CompressionEndEvent(node_ids=_ids(kept), figures=outcome.figures()))
        return kept

    @dispatcher.span
    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._postprocess_nodes, nodes, query_bundle)

    @reported(lambda postprocessor: postprocessor.door, _figures)
    def _compressed(self, nodes: Sequence[NodeWithScore], query: str | None) -> tuple[list[NodeWithScore], Outcome]:
        try:
            items = [item for item in nodes if is_compressible(item.node)]
            if not items:
                return list(nodes), Outcome(skipped="no text")
            question = self._transformed(query)
            budget = self._budget(question)
            seen = self._seen(nodes, items)
        except Exception as error:  # noqa: BLE001 - on_error decides
            return list(nodes), self.failed(error)
        outcome = self.attempt(
            with_heads(items) if self._counts_metadata else items,
            question,
            least=self.min_nodes,
            most=self.top_n,
            smallest=self.min_node_tokens,
            seen=seen,
            **budget,
        )
        key = self.metadata_key or ("laconic" if self.keep_original else None)
        try:
            return rewrite(nodes, items, outcome, Keeping(key, self.keep_original)), outcome
        except Exception as error:  # noqa: BLE001 - on_error decides
            return list(nodes), self.failed(error)

    def _transformed(self, query: str | None) -> str | None:
        if self.query_transform is None or not query:
            return query
        try:
            return transformed(self.query_transform, query)
        except Exception as error:  # noqa: BLE001 - on_error decides; the query itself does as well
            self.failed(error)
            return query

    def _budget(self, question: str | None) -> dict[str, Any]:
        """The budget of a call whose ceiling is what the model's window leaves; empty for the options' own."""
        if self.max_tokens != "fit":
            return {}
        most = room(self.llm, self.reserve, self.engine.counter.count(question or ""))
        budget = {"max_tokens": most, "rate": self.rate, "recall": self.recall}
        return {name: value for name, value in budget.items() if value is not None}

    @property
    def _counts_metadata(self) -> bool:
        return self.count_metadata or self.max_tokens == "fit"

    def _seen(self, nodes: Sequence[NodeWithScore], items: Sequence[NodeWithScore]) -> Seen | None:
        """What the budget is for; None where that is the text that the engine gets."""
        chosen = set(map(id, items))
        passing = [item for item in nodes if id(item) not in chosen]
        outside = self._tokens(passing) if passing else 0
        pictures = self.image_tokens and any(images_of(item.node) for item in nodes)
        if not outside and not pictures and not self._counts_metadata:
            return None
        return Seen(
            before=lambda: self._tokens(nodes),
            after=lambda result: self._tokens(rewrite(nodes, items, Outcome(result), Keeping())),
            outside=outside,
        )

    def _tokens(self, nodes: Sequence[NodeWithScore]) -> int:
        """Tokens of nodes as the model gets to see them."""
        shown = (seen_by_model(item.node) if self._counts_metadata else mended(text_of(item.node)) for item in nodes)
        texts = [text for text in shown if text]
        count = self.engine.counter.count
        tokens = sum(map(count, texts)) if self.separator is None else count(self.separator.join(texts))
        return tokens + self.image_tokens * sum(images_of(item.node) for item in nodes) if self.image_tokens else tokens


def _ids(nodes: Sequence[NodeWithScore]) -> list[str]:
    return [item.node.node_id for item in nodes]
