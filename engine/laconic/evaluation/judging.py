"""Whether what is left of a context still holds what the question needs.

By strings: one of the answers stands in the kept text, both normalised as SQuAD does it (Rajpurkar et al., 2016: lower
case, without punctuation and articles), as whole words except in scripts that write no spaces. By spans: at least 80 %
of the words of a labelled piece stand in the kept text, in their order, so that a cut inside a sentence, a joined line
or a list mark does not count as a loss. By a model: whatever a callable says.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

__all__ = ["KEPT_WORDS", "holds", "normalised", "words_in_order"]

KEPT_WORDS = 0.8
"""Share of the words of a span that makes it a kept one."""

_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation, " "))
_ARTICLES = frozenset(("a", "an", "the"))
_WORD = re.compile(r"\w+")
_SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

# Cells of the table of the longest common subsequence; beyond it the words are counted without their order.
_MOST_CELLS = 400_000


def normalised(text: str) -> str:
    """Lower case, without punctuation, articles and more than one blank."""
    words = text.lower().translate(_PUNCTUATION).split()
    return " ".join(word for word in words if word not in _ARTICLES)


def holds(text: str, answers: Sequence[str]) -> bool:
    """Whether one of the answers stands in a text, as whole words where the script has words; all normalised."""
    padded = f" {text} "
    return any(answer in text if _SPACELESS.search(answer) else f" {answer} " in padded for answer in answers)


def words_in_order(span: str, text: str) -> float:
    """Share of the words of ``span`` that stand in ``text`` in their order, 0–1; 1 for a span without words.

    The length of the longest common subsequence; for spans of more than some hundred words in long texts, whose table
    would be too large, the words in common without their order.
    """
    want, have = _words(span), _words(text)
    if not want or " ".join(want) in " ".join(have):
        return 1.0
    if len(want) * len(have) > _MOST_CELLS:
        return sum((Counter(want) & Counter(have)).values()) / len(want)
    row = [0] * (len(have) + 1)
    for word in want:
        corner = 0
        for at, other in enumerate(have, 1):
            above = row[at]
            row[at] = corner + 1 if word == other else max(above, row[at - 1])
            corner = above
    return row[-1] / len(want)


def _words(text: str) -> list[str]:
    """Words in lower case; of scripts without spaces the letters."""
    found: list[str] = []
    for word in _WORD.findall(text.lower()):
        if _SPACELESS.search(word):
            found += word
        else:
            found.append(word)
    return found
