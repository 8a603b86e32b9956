"""The contract of a LlamaIndex node postprocessor that compresses, as tests to inherit; see `laconic.chain.testing`."""

from __future__ import annotations

import pickle
from contextlib import suppress
from typing import Any, cast

from llama_index.core.schema import (
    ImageNode,
    MetadataMode,
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)

from laconic.chain.testing import QUESTION, AdapterContract
from llama_index.postprocessor.laconic.base import LaconicPostprocessor
from llama_index.postprocessor.laconic.nodes import source_spans

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

    def test_pickling_changes_nothing(self) -> None:
        """What cannot be pickled is refused or left behind, and stays in the object that is at work."""
        adapter = self.adapter(max_tokens=50, counter=lambda text: len(text.split()), on_result=lambda result: None)
        expected = self.view(self.call(adapter, self.documents(), QUESTION))
        with suppress(pickle.PicklingError):
            pickle.dumps(adapter)
        if adapter.on_result is None or self.view(self.call(adapter, self.documents(), QUESTION)) != expected:
            raise AssertionError("the adapter does something else after it was pickled")

    def test_spans_lead_into_the_source(self) -> None:
        """Where the chunk says where it stands in its document, what is left of it does."""
        documents = {item.node.node_id: item.node.text for item in self.documents()}
        for item in self.call(self.adapter(max_tokens=60, metadata_key="laconic"), self.documents(), QUESTION):
            spans = source_spans(item.node)
            found = "".join(documents[item.node.node_id][start - 10 : end - 10] for start, end in spans or ())
            if found != item.node.text:
                raise AssertionError(f"the spans of {item.node.node_id} hold {found!r}, not {item.node.text!r}")

    def test_what_passes_through_counts(self) -> None:
        """A picture's caption is in the prompt too."""
        image = NodeWithScore(node=ImageNode(id_="image", text="A picture of the tower, from the river. " * 3))
        for budget in (60, 100):
            kept = self.call(self.adapter(max_tokens=budget), [image, *self.documents()], QUESTION)
            if kept[0] != image or not budget // 2 < self.tokens(kept) <= budget:
                raise AssertionError(f"{self.tokens(kept)} tokens under a budget of {budget}: {kept!r}")

    def test_one_odd_node_does_not_cost_the_others_their_compression(self) -> None:
        """It goes on as it is."""

        class Odd(TextNode):
            def get_content(self, metadata_mode: MetadataMode = MetadataMode.NONE) -> str:
                raise KeyError("broken")

        kept = self.call(self.adapter(max_tokens=50), [*self.documents(), NodeWithScore(node=Odd(id_="odd"))], QUESTION)
        if kept[-1].node.node_id != "odd" or self.tokens(kept[:-1]) > 50:
            raise AssertionError(f"found {kept!r}")

    def test_a_query_without_words(self) -> None:
        """Is a missing one."""
        kept = self.adapter(max_tokens=50).postprocess_nodes(self.documents(), QueryBundle(query_str=cast(str, None)))
        if not kept or self.tokens(kept) > 50:
            raise AssertionError(f"found {kept!r}")
