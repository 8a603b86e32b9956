"""The contract of a LlamaIndex node postprocessor that compresses, as tests to inherit; see `laconic.chain.testing`."""

from __future__ import annotations

from typing import Any

from llama_index.core.schema import MetadataMode, NodeRelationship, NodeWithScore, RelatedNodeInfo, TextNode

from laconic.chain.testing import QUESTION, AdapterContract
from llama_index.postprocessor.laconic.base import LaconicPostprocessor

__all__ = ["PostprocessorContract"]


class PostprocessorContract(AdapterContract):
    """`laconic.chain.testing.AdapterContract` for `LaconicPostprocessor` and its subclasses."""

    def adapter(self, **options: Any) -> LaconicPostprocessor:
        """Build the postprocessor under test; override this."""
        return LaconicPostprocessor(**options)

    def document(self, id: str, text: str, metadata: dict[str, Any]) -> NodeWithScore:  # noqa: A002
        """A scored text node with all that a node carries."""
        node = TextNode(
            id_=id,
            text=text,
            metadata=metadata,
            embedding=[0.25, 0.5],
            start_char_idx=10,
            end_char_idx=10 + len(text),
            relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"document of {id}")},
            excluded_llm_metadata_keys=["page"],
        )
        return NodeWithScore(node=node, score=len(id) / 8)

    def call(self, adapter: Any, documents: list[Any], query: str) -> list[Any]:
        """Compress, as query engines do."""
        return list(adapter.postprocess_nodes(documents, query_str=query))

    async def acall(self, adapter: Any, documents: list[Any], query: str) -> list[Any]:
        """The same, asynchronously."""
        return list(await adapter.apostprocess_nodes(documents, query_str=query))

    def text(self, document: Any) -> str:
        """The text, without metadata."""
        return str(document.node.get_content(metadata_mode=MetadataMode.NONE))

    def id(self, document: Any) -> str | None:
        """The node's id."""
        return str(document.node.node_id)

    def metadata(self, document: Any) -> dict[str, Any]:
        """The node's metadata."""
        found: dict[str, Any] = document.node.metadata
        return found

    def score(self, document: Any) -> float | None:
        """The retrieval score."""
        found: float | None = document.score
        return found

    def test_all_else_of_a_node_survives(self) -> None:
        """Embedding, offsets into the document, relationships, templates; the prompt shows no metadata of ours."""
        before = {item.node.node_id: item.node for item in self.documents()}
        for options in ({}, {"metadata_key": "laconic"}):
            for item in self.call(self.adapter(max_tokens=60, **options), self.documents(), QUESTION):
                node, original = item.node, before[item.node.node_id]
                for field in ("embedding", "start_char_idx", "end_char_idx", "relationships", "text_template"):
                    if getattr(node, field) != getattr(original, field):
                        raise AssertionError(f"{field} of {node.node_id} is {getattr(node, field)!r}")
                for mode in (MetadataMode.LLM, MetadataMode.EMBED):
                    if node.get_metadata_str(mode) != original.get_metadata_str(mode):
                        raise AssertionError(f"in mode {mode} the metadata reads {node.get_metadata_str(mode)!r}")

    def test_dict_round_trip(self) -> None:
        """``from_dict(to_dict(…))`` has the same options and does the same."""
        adapter = self.adapter(max_tokens=50)
        again = type(adapter).from_dict(adapter.to_dict())
        if again.to_dict() != adapter.to_dict():
            raise AssertionError(f"expected {adapter.to_dict()!r}, found {again.to_dict()!r}")
        expected = self.view(self.call(adapter, self.documents(), QUESTION))
        if self.view(self.call(again, self.documents(), QUESTION)) != expected:
            raise AssertionError("the copy compresses differently")
