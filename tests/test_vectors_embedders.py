"""Whatever a program embeds with becomes an embedder, and what an embedder may return is checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.exceptions import ConfigurationError, InputError, MissingDependencyError
from laconic.score.vectors.checks import unit_rows
from laconic.score.vectors.embedders import (
    CheckedEmbedder,
    Embedder,
    as_embedder,
    embed_query,
    embedder_for_sem_model,
    embedder_name,
)
from laconic.score.vectors.static import StaticVectors
from laconic.score.vectors.windows import cut_to_windows, split_to_window


class LangChainLike:
    """Two sides that differ, as instruction-tuned models have them."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        assert all(text.strip() for text in texts)
        return [[float(len(text)), 1.0] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [0.0, float(len(text))]


class LlamaIndexLike:
    model_name = "like"

    def get_text_embedding_batch(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, float(len(text))] for text in texts]

    def get_query_embedding(self, text: str) -> list[float]:
        return [float(len(text)), 0.0]


class FastEmbedLike:
    def embed(self, texts: Sequence[str]) -> Any:
        return (np.array([len(text), 2.0]) for text in texts)


class EncodeLike:
    def encode(self, texts: Sequence[str]) -> Any:
        return np.array([[len(text), 3.0] for text in texts], dtype=np.float16)


OBJECTS = [LangChainLike(), LlamaIndexLike(), FastEmbedLike(), EncodeLike()]


@pytest.mark.parametrize("foreign", OBJECTS, ids=lambda o: type(o).__name__)
def test_foreign_objects_become_embedders(foreign: Any) -> None:
    embedder = as_embedder(foreign)
    assert isinstance(embedder, Embedder)
    rows = embedder.embed(["one", "", "three words here", " \n"])
    assert rows.shape == (4, 2)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 0, 1, 0], atol=1e-6)
    assert embed_query(embedder, "what?").shape == (2,)
    assert embed_query(embedder, "").tolist() == [0.0, 0.0]
    assert embedder_name(embedder) == type(foreign).__name__


def test_questions_go_through_the_query_side() -> None:
    assert embed_query(as_embedder(LangChainLike()), "what?").tolist() == [0.0, 1.0]
    assert embed_query(as_embedder(LlamaIndexLike()), "what?").tolist() == [1.0, 0.0]
    plain = as_embedder(EncodeLike())
    np.testing.assert_array_equal(embed_query(plain, "what?"), plain.embed(["what?"])[0])


def test_the_table_is_the_default() -> None:
    assert as_embedder() is as_embedder(None) is as_embedder("laconic-static") is StaticVectors.shared()
    assert embedder_for_sem_model("laconic-static") is StaticVectors.shared()
    assert as_embedder(StaticVectors.shared()) is StaticVectors.shared()
    checked = CheckedEmbedder("mine", lambda texts: [[1.0]] * len(texts))
    assert as_embedder(checked) is checked


@pytest.mark.parametrize("wrong", [7, object(), ["a"], b"name"])
def test_what_cannot_embed_is_refused_at_once(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="is no embedder; pass 'laconic-static'"):
        as_embedder(wrong)


def test_a_class_in_place_of_an_object_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="LangChainLike is a class"):
        as_embedder(LangChainLike)


@pytest.mark.parametrize("wrong", ["", "  ", None, 3])
def test_sem_model_must_be_a_name(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="sem_model is"):
        embedder_for_sem_model(wrong)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ([[1.0, math.nan], [1.0, 2.0]], "NaN or infinity for text 0 of 2"),
        ([[1.0, 2.0], [math.inf, 2.0]], "NaN or infinity for text 1 of 2"),
        ([[1.0, 2.0]], r"array of shape \(1, 2\); expected \(2, dimensions\)"),
        ([1.0, 2.0], r"array of shape \(2,\)"),
        ([[], []], r"array of shape \(2, 0\)"),
        ([[1.0], [1.0, 2.0]], "no array of numbers"),
        (["one", "two"], "no array of numbers"),
        (None, "array of shape|no array of numbers"),
        (object(), "no array of numbers"),
    ],
)
def test_unusable_vectors_are_named(output: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        CheckedEmbedder("theirs", lambda _: output).embed(["a", "b"])
    assert "theirs" in str(caught.value)


def test_the_length_of_vectors_may_not_change() -> None:
    sizes = iter([3, 4])
    embedder = CheckedEmbedder("theirs", lambda texts: np.ones((len(texts), next(sizes))))
    assert embedder.embed(["a"]).shape == (1, 3)
    with pytest.raises(ConfigurationError, match="4 dimensions after 3"):
        embedder.embed(["b"])


def test_an_error_of_the_callers_own_embedder_stays_his() -> None:
    def broken(texts: list[str]) -> Any:
        raise RuntimeError("CUDA out of memory")

    with pytest.raises(RuntimeError, match="CUDA"):
        CheckedEmbedder("theirs", broken).embed(["a"])


def test_texts_must_be_a_list_of_strings() -> None:
    with pytest.raises(InputError, match="one string"):
        as_embedder(EncodeLike()).embed("text")
    with pytest.raises(InputError, match="int at position 0"):
        as_embedder(EncodeLike()).embed([1])  # type: ignore[list-item]


@given(st.lists(st.lists(st.floats(-1e300, 1e300), min_size=3, max_size=3), min_size=1, max_size=5))
def test_rows_come_to_length_one_without_overflow(rows: list[list[float]]) -> None:
    found = unit_rows(rows, len(rows), "theirs")
    for row, unit in zip(rows, found, strict=True):
        assert np.linalg.norm(unit) == pytest.approx(1.0 if any(row) else 0.0, abs=1e-5)
        scale = max(map(abs, row)) or 1.0
        scaled = np.array(row) / scale
        np.testing.assert_allclose(unit, scaled / (np.linalg.norm(scaled) or 1.0), atol=1e-6)


def words(text: str) -> int:
    return len(text.split())


@given(st.text(alphabet="ab \n", max_size=200), st.integers(1, 9))
def test_windows_hold_everything_and_nothing_too_long(text: str, window: int) -> None:
    def count(part: str) -> int:
        return len(part.encode())  # one token per byte: the worst tokenizer

    parts = split_to_window(text, count, window)
    assert "".join(parts) == text
    assert all(count(part) <= window for part in parts)


def test_a_text_that_fits_is_not_cut_and_not_counted() -> None:
    assert split_to_window("short", lambda _: pytest.fail("counted"), 256) == ["short"]
    assert split_to_window("a " * 300, words, 300) == ["a " * 300]


def test_a_cut_falls_on_white_space() -> None:
    text = "alpha beta gamma delta epsilon zeta eta theta"
    parts = split_to_window(text, words, 2)
    assert [part.split() for part in parts] == [text.split()[i : i + 2] for i in (0, 2, 4, 6)]


def test_parts_of_one_text_are_averaged_by_length() -> None:
    windows = cut_to_windows(["aaaa", "b"], len, 3)
    assert windows.owners == [0, 0, 1]
    merged = windows.merge(np.array([[1, 0], [0, 1], [1, 1]], dtype=np.float32), 2)
    np.testing.assert_array_equal(merged, [[2, 2], [1, 1]])


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("laconic.score.vectors.transformer.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'laconic\[semantic\]'"):
        as_embedder("some/model")
    monkeypatch.setattr("laconic.score.vectors.openai_api.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'laconic\[hosted\]'"):
        embedder_for_sem_model("text-embedding-3-small")
