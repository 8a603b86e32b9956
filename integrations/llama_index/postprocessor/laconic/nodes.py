"""Nodes in, copies out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from llama_index.core.schema import BaseNode, ImageNode, IndexNode, MetadataMode, Node, NodeWithScore, TextNode

from laconic.chain.options import Outcome, compose_spans
from laconic.core.inputs import as_passages
from laconic.types import CompressedPassage, Passage

__all__ = ["is_compressible", "rewrite", "seen_by_model", "with_heads"]

_CONTENT = "\0"
"""Stands for a node's text where we look what is written around it."""


def is_compressible(node: BaseNode) -> bool:
    """Whether a node's text may be cut.

    Text nodes, documents and multimodal nodes may (of the last only the text is). Image nodes have a caption, index
    nodes a pointer: both pass through, as do nodes without text.
    """
    if isinstance(node, (ImageNode, IndexNode)) or not isinstance(node, (TextNode, Node)):
        return False
    text = node.get_content(metadata_mode=MetadataMode.NONE)
    return isinstance(text, str) and bool(text) and not text.isspace()


def seen_by_model(nodes: Sequence[NodeWithScore]) -> list[str]:
    """The text of each node with its metadata, as a synthesizer writes it into the prompt."""
    return [item.node.get_content(metadata_mode=MetadataMode.LLM) for item in nodes]


def with_heads(items: Sequence[NodeWithScore]) -> Iterator[Passage]:
    """Nodes as passages, each with what the model sees beside its text (metadata, the words of its template) as head.

    What a template writes behind the text is counted in the head too: no budget knows where it stands.

    Raises:
        InputError: see `laconic.core.inputs.as_passages`.
    """
    for passage, item in zip(as_passages(items), items, strict=True):
        seen = item.node.model_copy(update=_text(item.node, _CONTENT)).get_content(metadata_mode=MetadataMode.LLM)
        yield replace(passage, head=seen.replace(_CONTENT, "", 1))


def rewrite(
    nodes: Sequence[NodeWithScore], given: Sequence[NodeWithScore], outcome: Outcome, metadata_key: str | None
) -> list[NodeWithScore]:
    """What is left of the nodes, as copies with their scores, in order.

    Args:
        nodes: as retrieved.
        given: those of them that were given to the engine, in the same order.
        outcome: of the engine. Where the context goes on unchanged, so do the nodes.
        metadata_key: under which each copy gets its figures, hidden from model and embeddings; None for none.
    """
    chosen = set(map(id, given))
    return outcome.rewritten(
        nodes,
        (id(item) in chosen for item in nodes),
        lambda item, part: item.model_copy(update={"node": _copy(item.node, part, metadata_key)}),
    )


def _copy(node: BaseNode, part: CompressedPassage, metadata_key: str | None) -> BaseNode:
    # A deep copy would copy the embedding too, so what is changed is copied one by one.
    update: dict[str, Any] = {"metadata": dict(node.metadata)}
    if metadata_key is not None:
        update["metadata"][metadata_key] = _figures(node, part, metadata_key)
        update["excluded_llm_metadata_keys"] = _with(node.excluded_llm_metadata_keys, metadata_key)
        update["excluded_embed_metadata_keys"] = _with(node.excluded_embed_metadata_keys, metadata_key)
    return node.model_copy(update=update | _text(node, part.text))


def _text(node: BaseNode, text: str) -> dict[str, Any]:
    """What is to be changed of a node so that it has another text."""
    if isinstance(node, Node) and node.text_resource is not None:
        # `set_content` would make a new resource without the MIME type and the rest
        return {"text_resource": node.text_resource.model_copy(update={"text": text})}
    return {"text": text}


def _figures(node: BaseNode, part: CompressedPassage, key: str) -> dict[str, object]:
    """Figures of one node. Of a node that is compressed a second time, the spans are still those of the first text."""
    before = node.metadata.get(key)
    spans = list(part.spans)
    if isinstance(before, dict) and isinstance(before.get("spans"), list):
        if part.level == "full":
            return before
        outer = [(start, end) for start, end in before["spans"]]
        if sum(end - start for start, end in outer) == len(node.get_content(metadata_mode=MetadataMode.NONE)):
            spans = compose_spans(outer, spans)
    return {
        "node_id": node.node_id,
        "spans": [list(span) for span in spans],
        "tokens": part.tokens,
        "level": part.level,
    }


def _with(keys: list[str], key: str) -> list[str]:
    return keys if key in keys else [*keys, key]
