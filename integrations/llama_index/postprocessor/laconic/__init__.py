"""laconic for LlamaIndex: retrieved nodes, shrunk to the parts that answer the question.

`LaconicPostprocessor` goes last into ``node_postprocessors`` of a query engine, chat engine or tool;
`compress_tool` shortens the results of an agent's tools; `LaconicHistoryBlock` goes into its memory, `LaconicTransform`
into an ingestion pipeline.
"""

from __future__ import annotations

from importlib.util import find_spec

from laconic.exceptions import MissingDependencyError

if find_spec("llama_index.core") is None:
    raise MissingDependencyError("llama-index-core", "llama-index", "llama_index.postprocessor.laconic")

from llama_index.postprocessor.laconic.base import LaconicPostprocessor
from llama_index.postprocessor.laconic.events import CompressionEndEvent, CompressionStartEvent
from llama_index.postprocessor.laconic.expand import expand_tool
from llama_index.postprocessor.laconic.memory import LaconicHistoryBlock
from llama_index.postprocessor.laconic.nodes import source_spans
from llama_index.postprocessor.laconic.retriever import ProjectRetriever
from llama_index.postprocessor.laconic.tools import compress_tool
from llama_index.postprocessor.laconic.transform import LaconicTransform

__all__ = [
    "CompressionEndEvent",
    "CompressionStartEvent",
    "LaconicHistoryBlock",
    "LaconicPostprocessor",
    "LaconicTransform",
    "ProjectRetriever",
    "compress_tool",
    "expand_tool",
    "source_spans",
]
