"""LlamaIndex's ``SentenceEmbeddingOptimizer`` with MiniLM, aimed at the share that the budget is."""

from __future__ import annotations

from typing import Any

PACKAGE, KEEPS_BUDGET = "llama-index-core", False


def make() -> Any:
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.postprocessor.optimizer import SentenceEmbeddingOptimizer
    from llama_index.core.schema import NodeWithScore, TextNode

    from harness.peers.minilm import model, vectors
    from harness.questions import COUNTER

    class MiniLM(BaseEmbedding):
        def _get_text_embedding(self, text: str) -> list[float]:
            return vectors([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return vectors(texts)

        def _get_query_embedding(self, query: str) -> list[float]:
            return vectors([query])[0]

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return vectors([query])[0]

    model()
    embed = MiniLM(model_name="all-MiniLM-L6-v2", embed_batch_size=64)

    def system(query: str, passages: list[Any], max_tokens: int) -> list[str]:
        total = sum(COUNTER.count(passage.text) for passage in passages)
        # whole passages are one text to it: it keeps a share of the sentences of each node
        optimizer = SentenceEmbeddingOptimizer(
            embed_model=embed, percentile_cutoff=min(1.0, max_tokens / max(1, total))
        )
        text = "\n".join(passage.text for passage in passages)
        [found] = optimizer.postprocess_nodes([NodeWithScore(node=TextNode(text=text), score=1.0)], query_str=query)
        return [found.node.get_content()]

    return system
