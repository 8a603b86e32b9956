"""`LaconicPostprocessor`: a node postprocessor."""

from __future__ import annotations

import asyncio
import re
from typing import Literal

from llama_index.core.bridge.pydantic import ConfigDict, Field
from llama_index.core.instrumentation import get_dispatcher  # type: ignore[attr-defined] # its documented place
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle

from laconic.chain.options import CompressorOptions, Outcome
from laconic.chain.seen import Seen
from llama_index.postprocessor.laconic.events import CompressionEndEvent, CompressionStartEvent
from llama_index.postprocessor.laconic.nodes import is_compressible, rewrite, seen_by_model, with_heads

__all__ = ["LaconicPostprocessor"]

dispatcher = get_dispatcher(__name__)

# RetrieverTool hands its arguments on as "\ninput is How high is it?\n" and "How high is it?\n\n".
_TOOL_ARGUMENT = re.compile(r"\A\n\w+ is (.+)\n\Z", re.DOTALL)


class LaconicPostprocessor(CompressorOptions, BaseNodePostprocessor):
    """Shrinks retrieved nodes to the parts that answer the question: verbatim, in order, inside a token budget.

    ::

        index.as_query_engine(similarity_top_k=10, node_postprocessors=[LaconicPostprocessor(max_tokens=1200)])

    Put it last: after rerankers, cutoffs, and whatever adds or replaces nodes. Nodes come back as copies with id,
    score, metadata, relationships, embedding and offsets kept (``start_char_idx`` and ``end_char_idx`` still tell
    where the retrieved chunk was in its document); a node of which nothing is left is left out, but never all of them.
    Image nodes, index nodes and nodes without text pass through and cost nothing of the budget. Nodes are never
    edited. Do not store the copies in an index: they have the ids of the originals.

    Without a query it keeps what matters most without one (``on_missing_query``).

    Raises:
        pydantic.ValidationError: (a ``ValueError``) at construction, for an option that is unknown or cannot work.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, validate_assignment=True)

    on_missing_query: Literal["importance", "passthrough", "raise"] = Field(
        default="importance",
        description="When a call has no query: keep what matters most without a question, go on unchanged, or raise.",
    )
    min_nodes: int = Field(
        default=1,
        ge=1,
        strict=True,
        description="Fewest nodes that come back, or all if there were fewer: where the budget would leave less, it is "
        "shared out so that something of the best ones is left.",
    )
    metadata_key: str | None = Field(
        default=None,
        description="Key in each node's metadata for the original node id, the kept spans (offsets into the retrieved "
        "text), tokens and level; hidden from the model and from embeddings. Null, the default, for none.",
    )
    count_metadata: bool = Field(
        default=False,
        description="Whether the budget is for all that the model sees of the nodes, metadata and template included: a "
        "node is left only where its text is worth that price. Metadata is never cut: if that of a single node is over "
        "the budget, so is the result.",
    )

    @classmethod
    def class_name(cls) -> str:
        """Name of the class in serialized form."""
        return "LaconicPostprocessor"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if not nodes:
            return []
        query = None if query_bundle is None else _question(query_bundle.query_str)
        dispatcher.event(CompressionStartEvent(query=query, node_ids=_ids(nodes)))
        kept, outcome = self._compressed(nodes, query)
        dispatcher.event(CompressionEndEvent(node_ids=_ids(kept), figures=outcome.figures()))
        return kept

    @dispatcher.span
    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._postprocess_nodes, nodes, query_bundle)

    def _compressed(self, nodes: list[NodeWithScore], query: str | None) -> tuple[list[NodeWithScore], Outcome]:
        items = [item for item in nodes if is_compressible(item.node)]
        if not items:
            return list(nodes), Outcome(skipped="no text")
        if not self.count_metadata:
            outcome = self.attempt(items, query, least=self.min_nodes)
        else:
            seen = Seen(
                before=lambda: self._seen(nodes),
                after=lambda result: self._seen(rewrite(nodes, items, Outcome(result), self.metadata_key)),
            )
            outcome = self.attempt(with_heads(items), query, least=self.min_nodes, seen=seen)
        return rewrite(nodes, items, outcome, self.metadata_key), outcome

    def _seen(self, nodes: list[NodeWithScore]) -> int:
        texts = seen_by_model(nodes)
        count = self.engine.counter.count
        return sum(map(count, texts)) if self.separator is None else count(self.separator.join(texts))


def _ids(nodes: list[NodeWithScore]) -> list[str]:
    return [item.node.node_id for item in nodes]


def _question(query: str) -> str:
    """The query without what `RetrieverTool` writes around it."""
    match = _TOOL_ARGUMENT.match(query)
    return (match.group(1) if match else query).strip()
