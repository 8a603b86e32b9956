"""LangChain's ``EmbeddingsFilter`` over sentences of its own splitter, with MiniLM: the nearest that fit.

The filter takes a number of pieces, not of tokens: of the ranking that it gives the pieces are taken while they fit.
"""

from __future__ import annotations

from typing import Any

PACKAGE, KEEPS_BUDGET = "langchain-classic", True
_PIECE_CHARS = 250  # about two sentences


def make() -> Any:
    import langchain_community.utils.math  # noqa: F401 - the filter imports it when it is made
    from langchain_classic.retrievers.document_compressors import EmbeddingsFilter
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    from harness.peers.minilm import model, vectors
    from harness.questions import COUNTER

    class MiniLM(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return vectors(texts)

        def embed_query(self, text: str) -> list[float]:
            return vectors([text])[0]

    model()
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=_PIECE_CHARS, chunk_overlap=0, separators=["\n\n", "\n", ". ", " "], add_start_index=True
    )

    def system(query: str, passages: list[Any], max_tokens: int) -> list[str]:
        given = [Document(passage.text, metadata={"at": at}) for at, passage in enumerate(passages)]
        pieces = splitter.split_documents(given)
        nearest = EmbeddingsFilter(embeddings=MiniLM(), k=len(pieces)).compress_documents(pieces, query)
        kept: list[tuple[int, int, str]] = []
        for piece in nearest:
            cost = COUNTER.count(piece.page_content) + 1
            if cost <= max_tokens:
                max_tokens -= cost
                kept.append((piece.metadata["at"], piece.metadata["start_index"], piece.page_content))
        texts = [""] * len(passages)
        for at, _, text in sorted(kept):
            texts[at] += text if not texts[at] else f" {text}"
        return texts

    return system
