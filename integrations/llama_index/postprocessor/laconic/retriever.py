"""`ProjectRetriever`: the files or definitions of a project that a question asks for, as nodes."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.callbacks import CallbackManager
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from laconic.project import ProjectIndex
from laconic.project.passages import Unit, check_count, check_unit, project_passages
from laconic.types import Passage

__all__ = ["ProjectRetriever"]

_NOT_SHOWN = ["language", "start_index", "line", "end_line"]
"""Metadata that is for programs: a model reads the path and the name."""


class ProjectRetriever(BaseRetriever):
    """Searches an index of a source tree; with `LaconicPostprocessor` behind it, a chat with a repository::

        index = ProjectIndex.build("path/to/project")
        engine = RetrieverQueryEngine.from_args(
            ProjectRetriever(index), node_postprocessors=[LaconicPostprocessor(max_tokens=2000)]
        )

    Nodes are whole files, the best first, from which the postprocessor takes the definitions that matter; with
    ``unit="definition"`` they are functions and types. Their metadata has ``source`` (path in the project) and
    ``language``, of a definition also ``name``, ``start_index``, ``line`` and ``end_line``; their score is 0–1. Nothing
    is read from the project's files: see `ProjectIndex.update` and `ProjectIndex.watch` for how the index stays fresh.

    Args:
        index: a `ProjectIndex`, or the path of one or of the project that has one.
        k: most nodes, ≥ 1.
        unit: what a node is, ``"file"`` or ``"definition"``.
        callback_manager: of LlamaIndex; its own where None.

    Raises:
        ConfigurationError: an option cannot work.
        ProjectIndexError: there is no index at the path.
    """

    def __init__(
        self,
        index: ProjectIndex | str | os.PathLike[str],
        k: int = 10,
        unit: Unit = "file",
        callback_manager: CallbackManager | None = None,
    ) -> None:
        check_count(k)
        check_unit(unit)
        self.index = index if isinstance(index, ProjectIndex) else ProjectIndex.open(index)
        self.k = k
        self.unit: Unit = unit
        super().__init__(callback_manager=callback_manager)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [_node(each) for each in project_passages(self.index, query_bundle.query_str, self.k, self.unit)]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


def _node(passage: Passage) -> NodeWithScore:
    metadata: dict[str, Any] = dict(passage.metadata)
    start = metadata.get("start_index", 0)
    node = TextNode(
        id_=passage.id or "",
        text=passage.text,
        metadata=metadata,
        start_char_idx=start,
        end_char_idx=start + len(passage.text),
        excluded_llm_metadata_keys=list(_NOT_SHOWN),
        excluded_embed_metadata_keys=list(_NOT_SHOWN),
    )
    return NodeWithScore(node=node, score=passage.score)
