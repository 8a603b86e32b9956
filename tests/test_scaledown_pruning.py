"""Token-level pruning in the local engine: words make room for sentences, and never change what is said."""

from __future__ import annotations

import re
from math import exp
from pydoc_data.topics import topics
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import structured_text

from laconic.compressor import ScaleDownCompressor
from laconic.scaledown.local import LocalEngine
from laconic.scaledown.options import CompressionOptions
from laconic.types import Compression

MANUAL = (
    "In order to reset the device, please hold the small red button for exactly ten seconds. "
    "It should be noted that the button is not the same as the power switch. "
    "Basically, the lamp will then blink 3 times. "
    "The manual was printed on recycled paper. "
    "As a matter of fact, the case of the device is really quite robust. "
    "You may of course call the hotline."
)
QUESTION = "How do I reset the device, and what does the lamp do?"
# What a deletion must never touch.
MEANING = re.compile(r"\d|\b(?:not|no|never|without|more|less|least|most|than)\b|[\"“”%$€]", re.IGNORECASE)


def engine(pruning: bool, **options: Any) -> LocalEngine:
    return LocalEngine("gpt-4o", CompressionOptions(**({"rate": 1.0} | options)), token_pruning=pruning)


def pruned(result: Compression) -> list[str]:
    return [piece.text for piece in result.dropped if piece.reason == "pruned"]


def check(result: Compression) -> None:
    for part in result.passages:
        assert "".join(part.original[start:end] for start, end in part.spans) == part.text
    for piece in result.dropped:
        assert piece.text == result_text(result, piece.index)[slice(*piece.span)]
        assert result.expand(piece.handle)
        for part in result.passages:  # what was dropped is not kept
            if part.index == piece.index:
                assert all(end <= piece.span[0] or piece.span[1] <= start for start, end in part.spans)


def result_text(result: Compression, index: int) -> str:
    return next((part.original for part in result.passages if part.index == index), MANUAL)


def lost(result: Compression) -> float:
    """Probability of the sentences that are left out."""
    return sum(exp(piece.score) for piece in result.dropped if piece.reason == "budget" and piece.score is not None)


def test_words_make_room_for_a_better_sentence() -> None:
    traded = 0
    for max_tokens in range(20, 70):
        plain = engine(False).compress(MANUAL, QUESTION, max_tokens=max_tokens)
        result = engine(True).compress(MANUAL, QUESTION, max_tokens=max_tokens)
        check(result)
        assert pruned(plain) == []
        assert result.metrics.compressed_tokens <= max_tokens
        if pruned(result):
            traded += 1
            assert lost(result) < lost(plain)
        else:
            assert result.text == plain.text
    assert traded > 0


@pytest.mark.parametrize("name", ["with", "for", "try", "integers", "formatstrings", "operator-summary"])
@pytest.mark.parametrize("rate", [0.1, 0.2, 0.4])
def test_nothing_that_carries_meaning_goes(name: str, rate: float) -> None:
    text = topics[name]
    result = engine(True).compress(text, "What does it return, and when?", rate=rate)
    check(result)
    for piece in pruned(result):
        assert not MEANING.search(piece)


def test_a_preserved_phrase_is_not_pruned() -> None:
    phrase = "really quite robust"
    for max_tokens in range(20, 60):
        result = engine(True, preserve_words=[phrase]).compress(MANUAL, QUESTION, max_tokens=max_tokens)
        assert phrase in result.text
        assert not any("really" in piece for piece in pruned(result))


def test_a_preserved_phrase_goes_before_probability() -> None:
    phrase = "really quite robust"
    held = [
        max_tokens
        for max_tokens in range(8, 60)
        if phrase in engine(True, preserve_words=[phrase]).compress(MANUAL, QUESTION, max_tokens=max_tokens).text
    ]
    assert held == list(range(held[0], 60))  # once there is room for its sentence, there is at every larger budget
    plain = [
        max_tokens
        for max_tokens in range(8, 60)
        if phrase in engine(False, preserve_words=[phrase]).compress(MANUAL, QUESTION, max_tokens=max_tokens).text
    ]
    assert held[0] <= plain[0]  # its clause fits as soon without fewer words


def test_without_pressure_no_word_goes() -> None:
    result = engine(True).compress(MANUAL, QUESTION, max_tokens=1000)
    assert result.text == MANUAL
    roomy = ScaleDownCompressor().compress("Basically, it works. " + MANUAL, "")
    assert "Basically" in roomy.content or roomy.savings_percent > 0


@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(structured_text, min_size=1, max_size=3),
    query=st.sampled_from(["How high is the tower?", "revenue 2019", None]),
    max_tokens=st.integers(5, 60),
    separator=st.sampled_from(["\n\n", None]),
)
def test_laws_hold_with_pruning(texts: list[str], query: str | None, max_tokens: int, separator: str | None) -> None:
    pruning = LocalEngine("gpt-4o", CompressionOptions(rate=1.0), separator)
    result = pruning.compress(texts, query, max_tokens=max_tokens)
    assert result.metrics.compressed_tokens <= max_tokens
    for part in result.passages:
        assert part.text or not part.original
        assert "".join(part.original[start:end] for start, end in part.spans) == part.text
    assert pruning.compress(texts, query, max_tokens=max_tokens).text == result.text
