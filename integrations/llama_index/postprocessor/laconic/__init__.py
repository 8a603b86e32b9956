"""laconic for LlamaIndex: retrieved nodes, shrunk to the parts that answer the question.

`LaconicPostprocessor` goes last into ``node_postprocessors`` of a query engine, chat engine or tool.
"""

from __future__ import annotations

from importlib.util import find_spec

from laconic.exceptions import MissingDependencyError

if find_spec("llama_index.core") is None:
    raise MissingDependencyError("llama-index-core", "llama-index", "llama_index.postprocessor.laconic")

from llama_index.postprocessor.laconic.base import LaconicPostprocessor
from llama_index.postprocessor.laconic.events import CompressionEndEvent, CompressionStartEvent

__all__ = ["CompressionEndEvent", "CompressionStartEvent", "LaconicPostprocessor"]
