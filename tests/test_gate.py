"""The quality gate measures: it passes what says the same and stops what does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.exceptions import ConfigurationError, InputError
from laconic.score.vectors.static import StaticVectors
from laconic.two_stage.gate import QualityGate
from laconic.two_stage.pruner import Pruner

TREATY = "The treaty of Utrecht was signed in April 1713 by Queen Anne's envoys."
FILLER = [
    "Bread is baked from flour and water in a hot oven.",
    "The committee discussed the budget of the school for hours.",
    "Many birds leave the north before winter and return in spring.",
    "A violin has four strings, which are tuned in fifths.",
    "The new railway line connects the harbour with the airport.",
    "Volcanoes form where plates of the crust drift apart.",
    "Her novel sold two million copies in its first year.",
    "The server restarts whenever its memory runs out.",
]
TEXT = " ".join([*FILLER[:4], TREATY, *FILLER[4:]])
QUESTION = "Who signed the treaty of Utrecht?"
GATE = QualityGate()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=120), st.text(max_size=120), st.sampled_from([None, "", QUESTION]))
def test_a_score_is_a_cosine(original, compressed, query):
    result = GATE.check(original, compressed, query)
    assert 0.0 <= result.score <= 1.0
    assert result.passed == (result.score >= 0.85)


@pytest.mark.parametrize("query", [None, QUESTION])
@pytest.mark.parametrize("text", ["", " ", "!?", TEXT, "東京は日本の首都です。"])
def test_the_same_text_scores_one(text, query):
    assert GATE.check(text, text, query).score == 1.0


def test_what_answers_may_stand_alone_and_may_not_go():
    assert GATE.check(TEXT, TREATY, QUESTION).passed
    assert not GATE.check(TEXT, TEXT.replace(TREATY, ""), QUESTION).passed
    assert not GATE.check(TEXT, FILLER[0], QUESTION).passed


def test_without_a_question_all_sentences_count():
    assert GATE.check(TEXT, TEXT.replace(FILLER[2], "")).passed
    assert not GATE.check(TEXT, TREATY).passed
    scores = [GATE.check(TEXT, ". ".join(TEXT.split(". ")[:kept])).score for kept in range(1, 9)]
    assert scores[0] < scores[2] < scores[4] < scores[6]


def test_pruned_text_passes_and_gutted_text_does_not():
    original = (
        "I think that the committee really wanted, of course, to close the old railway station north of the city. "
        "It should be noted that the mayor, in my opinion, did not agree with the very expensive plan."
    )
    pruned = Pruner().prune(original).text
    assert len(pruned) < 0.8 * len(original)
    assert GATE.check(original, pruned).passed
    gutted = (
        "I think that of course in the of the. It should be noted that the mayor, in my opinion, did with the very."
    )
    assert not GATE.check(original, gutted).passed


def test_a_plain_mean_of_vectors_would_pass_everything():
    """Why the gate has its own pooling: parts of one text point the same way."""
    whole, half = StaticVectors.shared().embed([TEXT, " ".join(FILLER)])
    assert float(whole @ half) > 0.85
    assert not GATE.check(TEXT, " ".join(FILLER), QUESTION).passed


@pytest.mark.parametrize(
    ("original", "compressed", "score"), [("a text", "", 0.0), ("", "", 1.0), ("!!", "??", 0.0), ("!", "!", 1.0)]
)
def test_texts_without_words(original, compressed, score):
    assert GATE.check(original, compressed).score == score


def test_any_embedder():
    class Letters:
        name = "letters"

        def embed(self, texts):
            rows = np.array([[text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts])
            return rows / np.maximum(1e-9, np.linalg.norm(rows, axis=1, keepdims=True))

    gate = QualityGate(0.9, embedder=Letters())
    result = gate.check(TEXT, TREATY)
    assert result.embedder == "letters"
    assert result.threshold == 0.9
    assert not result.passed


def test_long_texts_are_compared_in_blocks():
    sentences = [f"Item {number} of the list costs {number * 7} coins." for number in range(1500)]
    text = " ".join(sentences)
    assert GATE.check(text, " ".join(sentences[:1400])).passed


@pytest.mark.parametrize(
    "options", [{"threshold": -0.1}, {"threshold": 1.1}, {"threshold": "high"}, {"scorer": "best"}]
)
def test_options_that_cannot_work(options):
    with pytest.raises(ConfigurationError):
        QualityGate(**options)


def test_what_is_not_text():
    with pytest.raises(InputError, match="compressed is a NoneType"):
        GATE.check("text", None)
