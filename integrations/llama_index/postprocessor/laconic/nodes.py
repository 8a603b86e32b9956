"""Nodes in, copies out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llama_index.core.schema import BaseNode, ImageNode, IndexNode, MetadataMode, Node, NodeWithScore, TextNode

from laconic.chain.failing import mended
from laconic.chain.outcome import Outcome, compose_spans, read_spans, written_spans
from laconic.core.inputs import as_passages
from laconic.types import CompressedPassage, Passage, Span

__all__ = [
    "Keeping", "images_of", "is_compressible", "rewrite", "seen_by_model", "source_spans", "text_of", "with_heads",
]  # fmt: skip

_KEY = "laconic"
_SPANS_KEY = "source_spans"
_CONTENT = "\0"
"""Stands for a node's text where we look what is written around it."""


@dataclass(frozen=True)
class Keeping:
    """What copies of nodes say of the nodes that they were made of.

    Attributes:
        key: under which the metadata of each copy has its figures, hidden from model and embeddings; None for none.
        original: whether the figures have the text as it was retrieved.
        move_offsets: whether a copy is a chunk of its own: its offsets are then those of its own text, and where that
            is not one stretch of the document, ``source_spans`` in its metadata (as text, which every store takes;
            hidden as well) says where all of it stands.
    """

    key: str | None = None
    original: bool = False
    move_offsets: bool = False


def text_of(node: BaseNode) -> str:
    """A node's own text; empty where it has none, or cannot give it."""
    try:
        text = node.get_content(metadata_mode=MetadataMode.NONE)
    except Exception:  # noqa: BLE001 - classes of other people raise what they like
        return ""
    return text if isinstance(text, str) else ""


def is_compressible(node: BaseNode) -> bool:
    """Whether a node's text may be cut.

    Text nodes, documents and multimodal nodes may (of the last only the text is). Image nodes have a caption, index
    nodes a pointer: both pass through, as do nodes without text, or without metadata.
    """
    if isinstance(node, (ImageNode, IndexNode)) or not isinstance(node, (TextNode, Node)):
        return False
    text = text_of(node)
    return bool(text) and not text.isspace() and isinstance(node.metadata, dict)


def images_of(node: BaseNode) -> int:
    """How many pictures a multimodal prompt would show of a node."""
    return int(isinstance(node, ImageNode) or getattr(node, "image_resource", None) is not None)


def seen_by_model(node: BaseNode) -> str:
    """The text of a node with its metadata, as a synthesizer writes it into the prompt."""
    try:
        return mended(node.get_content(metadata_mode=MetadataMode.LLM))
    except Exception:  # noqa: BLE001 - a template of other people's
        return mended(text_of(node))


def with_heads(items: Sequence[NodeWithScore]) -> Iterator[Passage]:
    """Nodes as passages, each with what the model sees beside its text (metadata, the words of its template) as head.

    What a template writes behind the text is counted in the head too: no budget knows where it stands.

    """
    for passage, item in zip(as_passages(items, unicode_only=False), items, strict=True):
        seen = seen_by_model(item.node.model_copy(update=_text(item.node, _CONTENT)))
        yield replace(passage, head=seen.replace(_CONTENT, "", 1))


def rewrite(
    nodes: Sequence[NodeWithScore], given: Sequence[NodeWithScore], outcome: Outcome, keeping: Keeping
) -> list[NodeWithScore]:
    """What is left of the nodes, as copies with their scores, in order.

    Args:
        nodes: as retrieved.
        given: those of them that were given to the engine, in the same order.
        outcome: of the engine. Where the context goes on unchanged, so do the nodes.
        keeping: what the copies say of the originals.
    """
    chosen = set(map(id, given))
    return outcome.rewritten(
        nodes,
        (id(item) in chosen for item in nodes),
        lambda item, part: item.model_copy(update={"node": _copy(item.node, part, keeping)}),
    )


def source_spans(node: BaseNode, *, metadata_key: str = _KEY) -> list[Span] | None:
    """Where the text of a node stands in the document that it was cut from, for citations.

    Args:
        node: as it was retrieved, or as `LaconicPostprocessor` or `LaconicTransform` gave it.
        metadata_key: of the postprocessor.

    Returns:
        Character spans of the document, in order; joined, they are the node's text (but for a last line that laconic
        wrote itself). None where that is not known: the chunk had no ``start_char_idx``, or it was cut by a
        postprocessor without a ``metadata_key``.
    """
    length = len(text_of(node))
    ours = node.metadata.get(metadata_key)
    if isinstance(ours, dict) and isinstance(ours.get(_SPANS_KEY), list):
        found = [(start, end) for start, end in ours[_SPANS_KEY]]
        if _length(found) <= length:
            return found
    several = read_spans(node.metadata.get(_SPANS_KEY))
    if several and _length(several) == length:
        return several
    start, end = getattr(node, "start_char_idx", None), getattr(node, "end_char_idx", None)
    if isinstance(start, int) and isinstance(end, int) and end - start == length:
        return [(start, end)]
    return None


def _copy(node: BaseNode, part: CompressedPassage, keeping: Keeping) -> BaseNode:
    # A deep copy would copy the embedding too, so what is changed is copied one by one.
    update: dict[str, Any] = {"metadata": dict(node.metadata)}
    hidden = []
    if keeping.key is not None:
        update["metadata"][keeping.key] = _figures(node, part, keeping.key, keeping.original)
        hidden.append(keeping.key)
    source = source_spans(node, metadata_key=keeping.key or _KEY) if keeping.move_offsets else None
    if source is not None and part.spans:
        spans = compose_spans(source, part.spans)
        update |= {"start_char_idx": spans[0][0], "end_char_idx": spans[-1][1]}
        update["metadata"].pop(_SPANS_KEY, None)
        if len(spans) > 1:
            update["metadata"][_SPANS_KEY] = written_spans(spans)
            hidden.append(_SPANS_KEY)
    if hidden:
        for name in ("excluded_llm_metadata_keys", "excluded_embed_metadata_keys"):
            update[name] = list(dict.fromkeys([*getattr(node, name), *hidden]))
    return node.model_copy(update=update | _text(node, part.text))


def _text(node: BaseNode, text: str) -> dict[str, Any]:
    """What is to be changed of a node so that it has another text."""
    if isinstance(node, Node) and node.text_resource is not None:
        # `set_content` would make a new resource without the MIME type and the rest
        return {"text_resource": node.text_resource.model_copy(update={"text": text})}
    return {"text": text}


def _figures(node: BaseNode, part: CompressedPassage, key: str, with_original: bool) -> dict[str, object]:
    """Figures of one node. Of a node that is compressed a second time, spans and original are still those of the first
    text.
    """
    before = node.metadata.get(key)
    text = text_of(node)
    spans, original = list(part.spans), text
    if isinstance(before, dict) and isinstance(before.get("spans"), list):
        if part.level == "full":
            return before
        outer = [(start, end) for start, end in before["spans"]]
        if _length(outer) == len(text):
            spans, original = compose_spans(outer, spans), before.get("original", text)
    found: dict[str, object] = {
        "node_id": node.node_id,
        "spans": [list(span) for span in spans],
        "tokens": part.tokens,
        "level": part.level,
    }
    if part.score is not None:
        found["score"] = part.score
    source = source_spans(node, metadata_key=key)
    if source is not None:
        found[_SPANS_KEY] = [list(span) for span in compose_spans(source, part.spans)]
    if with_original:
        found["original"] = original
    return found


def _length(spans: Iterable[Span]) -> int:
    return sum(end - start for start, end in spans)
