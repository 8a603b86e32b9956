"""Rerankers of LangChain and LlamaIndex, which take documents or nodes and give back some of them, reordered.

Nothing is imported: where such an object is, its framework is loaded, and the classes of its documents with it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from laconic.score.readers.answers import Answer, called, number, wrong

__all__ = ["DocumentReader", "NodeReader"]

_AT = "laconic_index"


class DocumentReader:
    """A LangChain document compressor that reranks (``compress_documents``).

    What it says of a document is ``relevance_score`` of its metadata; where that is missing, its place in the order. Of
    documents that it leaves out nothing was said.
    """

    whole = False

    def __init__(self, model: Any) -> None:
        self.model = model
        self.name = called(model)

    def read(self, query: str, texts: list[str]) -> list[Answer]:
        """See `Reader.read`."""
        make = _loaded("langchain_core.documents", "Document")
        documents = [make(page_content=text, metadata={_AT: at}) for at, text in enumerate(texts)]
        given = _for_all(self.model, len(texts)).compress_documents(documents, query)
        if not isinstance(given, Sequence) or isinstance(given, str):
            raise wrong(self.name, given, len(texts))
        metadata = [getattr(document, "metadata", None) or {} for document in given]
        scores = [each.get("relevance_score") for each in metadata]
        return _ranked([each.get(_AT) for each in metadata], scores, given, texts, self.name)


class NodeReader:
    """A LlamaIndex postprocessor that reranks (``postprocess_nodes``); it says the score of each node."""

    whole = False

    def __init__(self, model: Any) -> None:
        self.model = model
        self.name = called(model)

    def read(self, query: str, texts: list[str]) -> list[Answer]:
        """See `Reader.read`."""
        node, scored = (_loaded("llama_index.core.schema", name) for name in ("TextNode", "NodeWithScore"))
        nodes = [scored(node=node(text=text, id_=str(at)), score=0.0) for at, text in enumerate(texts)]
        given = _for_all(self.model, len(texts)).postprocess_nodes(nodes, query_str=query)
        if not isinstance(given, Sequence) or isinstance(given, str):
            raise wrong(self.name, given, len(texts))
        ids = [getattr(getattr(each, "node", None), "node_id", "") for each in given]
        places = [int(each) if each.isdecimal() else None for each in ids]
        return _ranked(places, [getattr(each, "score", None) for each in given], given, texts, self.name)


def _loaded(module: str, name: str) -> Any:
    """A class of the framework that is loaded."""
    return getattr(sys.modules[module], name)


def _for_all(model: Any, count: int) -> Any:
    """The reranker, as a copy that gives back all of so many where it is set to give back fewer."""
    known = getattr(type(model), "model_fields", {})
    update = {name: count for name in ("top_n", "top_k") if name in known}
    return model.model_copy(update=update) if update else model


def _ranked(places: Sequence[Any], scores: Sequence[Any], given: Any, texts: Sequence[str], who: str) -> list[Answer]:
    """Answers by place; by rank where not each has a score."""
    found = [Answer(None)] * len(texts)
    values = [number(score) for score in scores]
    if any(score is not None and value is None for score, value in zip(scores, values, strict=True)):
        raise wrong(who, list(scores), len(texts))
    for rank, (at, value) in enumerate(zip(places, values, strict=True)):
        if not isinstance(at, int) or not 0 <= at < len(texts) or found[at].score is not None:
            raise wrong(who, list(given), len(texts))
        found[at] = Answer(float(-rank) if None in values else value)
    return found
