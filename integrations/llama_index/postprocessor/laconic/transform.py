"""`LaconicTransform`: repetitions and boilerplate removed from nodes before they are indexed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

from llama_index.core.bridge.pydantic import ConfigDict, Field, field_validator
from llama_index.core.schema import BaseNode, NodeWithScore, TransformComponent

from laconic.chain.outcome import Outcome, attempt_to, of_outcome
from laconic.core.repeats import check_boilerplate_share, remove_repeats
from laconic.telemetry import reported
from llama_index.postprocessor.laconic.nodes import Keeping, is_compressible, rewrite
from llama_index.postprocessor.laconic.portable import Portable

__all__ = ["LaconicTransform"]


class LaconicTransform(Portable, TransformComponent):
    """Leaves out what other nodes of the collection say in the same words, and what nearly all of them carry::

        IngestionPipeline(transformations=[SentenceSplitter(), LaconicTransform(), embed_model])

    There is no question at ingestion, so nothing is judged: only repetitions go (of overlapping chunks, of mirrored
    pages) and boilerplate (menus, footers, notices). It sees the nodes of one call together, so an ingestion with
    several workers looks for repetitions within each worker's share. Nodes come back as copies with id, metadata and
    relationships; one of which nothing is left is left out, but never all of them.

    Raises:
        pydantic.ValidationError: (a ``ValueError``) at construction, for an option that is unknown or cannot work.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    boilerplate_share: float | None = Field(
        default=0.5,
        description="A line or sentence that stands in at least this share of the nodes (and in at least three) is "
        "boilerplate, 0 < share ≤ 1; null looks for repetitions only.",
    )
    metadata_key: str | None = Field(
        default=None,
        description="Key in each node's metadata for node id, kept spans, tokens and level; null for none.",
    )
    on_error: Literal["passthrough", "raise"] = Field(
        default="passthrough", description="What fails leaves the nodes as they were and is logged, or is raised."
    )

    @field_validator("boilerplate_share", mode="before")
    @classmethod
    def _check_share(cls, value: Any) -> Any:
        check_boilerplate_share(value)
        return value

    @classmethod
    def class_name(cls) -> str:
        """Name of the class in serialized form."""
        return "LaconicTransform"

    def __call__(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[BaseNode]:
        """The nodes without repetitions, as copies; ``kwargs`` are for other transformations and not used."""
        given = [NodeWithScore(node=node) for node in nodes]
        items = [item for item in given if is_compressible(item.node)]
        outcome = self._outcome(items)
        return [item.node for item in rewrite(given, items, outcome, Keeping(self.metadata_key, move_offsets=True))]

    @reported("LaconicTransform", of_outcome)
    def _outcome(self, items: Sequence[NodeWithScore]) -> Outcome:
        if not items:
            return Outcome(skipped="no nodes")
        return attempt_to(lambda: remove_repeats(items, boilerplate_share=self.boilerplate_share), self.on_error)

    async def acall(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[BaseNode]:
        """The same without blocking the event loop."""
        return await asyncio.to_thread(self.__call__, nodes, **kwargs)
