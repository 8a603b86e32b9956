"""laconic for LangChain: retrieved context, shrunk to the parts that answer the question.

`LaconicCompressor` is both a document compressor (for ``ContextualCompressionRetriever`` and
``DocumentCompressorPipeline``) and a Runnable (for LCEL). It needs ``langchain-core`` alone.
`langchain_laconic.middleware` is for agents and needs ``langchain``.
"""

from __future__ import annotations

from importlib.util import find_spec

from laconic.exceptions import MissingDependencyError

if find_spec("langchain_core") is None:
    raise MissingDependencyError("langchain-core", "langchain", "langchain_laconic")

from langchain_laconic._documents import source_spans
from langchain_laconic.compressor import COMPRESSION_EVENT, LaconicCompressor
from langchain_laconic.expand import expand_tool
from langchain_laconic.retriever import ProjectRetriever
from langchain_laconic.transformer import LaconicTransformer

__all__ = [
    "COMPRESSION_EVENT", "LaconicCompressor", "LaconicTransformer", "ProjectRetriever", "expand_tool", "source_spans",
]  # fmt: skip
