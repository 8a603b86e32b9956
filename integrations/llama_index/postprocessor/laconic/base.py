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
from llama_index.postprocessor.laconic.events import CompressionEndEvent, CompressionStartEvent
from llama_index.postprocessor.laconic.nodes import is_compressible, rewrite, seen_by_model

__all__ = ["LaconicPostprocessor"]

dispatcher = get_dispatcher(__name__)

# RetrieverTool hands its arguments on as "\ninput is How high is it?\n" and "How high is it?\n\n".
_TOOL_ARGUMENT = re.compile(r"\A\n\w+ is (.+)\n\Z", re.DOTALL)

_HALVINGS = 4  # each costs a compression


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
        description="Whether the budget is for all that the model sees of the nodes, metadata and template included. "
        "Metadata is never cut: if that of a single node is over the budget, so is the result.",
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
        if self.count_metadata:
            return self._within_what_is_seen(nodes, items, query)
        outcome = self.attempt(items, query, least=self.min_nodes)
        return rewrite(nodes, items, outcome, self.metadata_key), outcome

    def _within_what_is_seen(
        self, nodes: list[NodeWithScore], items: list[NodeWithScore], query: str | None
    ) -> tuple[list[NodeWithScore], Outcome]:
        """Compress until the nodes with their metadata hold the budget, then look for a larger allowance that does too.

        What the metadata of a dropped node cost is free for the others, so an allowance lowered by what was too much is
        often too low: a few halvings between it and the one before find most of that room.
        """
        seen = self._seen(nodes)
        budget = self.engine.budget
        ceiling = budget.ceiling(seen)
        if ceiling is None:  # the scores alone decide
            outcome = self.attempt(items, query, least=self.min_nodes)
            return rewrite(nodes, items, outcome, self.metadata_key), outcome
        if seen <= ceiling and not budget.by_coverage:
            return list(nodes), Outcome(skipped="fits")
        coverage = {"recall": budget.recall, "rate": budget.rate if budget.by_coverage else None}

        def within(allowance: int) -> tuple[list[NodeWithScore], Outcome, int]:
            outcome = self.attempt(items, query, least=self.min_nodes, max_tokens=allowance, **coverage)
            kept = rewrite(nodes, items, outcome, self.metadata_key)
            return kept, outcome, self._seen(kept)

        allowance = refused = ceiling
        kept, outcome, used = within(allowance)
        while used > ceiling and allowance > 1 and outcome.compression is not None:
            refused, allowance = allowance, max(1, allowance - (used - ceiling))
            kept, outcome, used = within(allowance)
        if used > ceiling or outcome.compression is None:
            return kept, outcome
        for _ in range(_HALVINGS):
            middle = (allowance + refused) // 2
            if middle == allowance or used == ceiling:
                break
            more, its_outcome, its_use = within(middle)
            if its_use > ceiling or its_outcome.compression is None:
                refused = middle
            else:
                allowance = middle
                if its_use > used:
                    kept, outcome, used = more, its_outcome, its_use
        return kept, outcome

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
