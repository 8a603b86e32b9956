"""Sentences in which a writer introduces himself before he asks.

"I'm a product researcher and I need to compare prices. Can you list the offers for …?" Who asks and why may shape the
answer, so only the aggressive setting leaves it out, and counts it.
"""

from __future__ import annotations

from laconic.score.pruning.classes import NEGATIONS
from laconic.score.pruning.layout import Candidate
from laconic.score.pruning.losses import LOSS
from laconic.score.pruning.reading import Stretch
from laconic.score.pruning.requests import REQUEST_VERBS

__all__ = ["introduction"]

_WRITERS = (
    ("i", "am"), ("i'm",), ("i've", "been"), ("i", "have", "been"), ("we", "are"), ("we're",), ("my", "company", "is"),
    ("our", "company", "is"), ("my", "family", "and"), ("my", "friend", "is"), ("my", "friend", "wants"),
    ("our", "team", "is"), ("i", "work"),
)  # fmt: skip
_SELF = frozenset(("i", "i'm", "i've", "i'd", "i'll"))
_MOST_WORDS = 40


def introduction(stretch: Stretch, at: int) -> Candidate | None:
    """The sentence that begins at a word, where it says who writes, states no fact, and a request follows it."""
    lower = stretch.words[at].lower
    if not stretch.words[at].opens or not stretch.in_request(at) or not any(lower == first[0] for first in _WRITERS):
        return None
    last = at + 1
    while last < len(stretch.words) and not stretch.words[last].opens:
        last += 1
    words = stretch.words[at:last]
    said = tuple(word.lower for word in words)
    if not any(said[: len(first)] == first for first in _WRITERS) or len(words) > _MOST_WORDS:
        return None
    if stretch.after(last - 1) not in (".", "!") or any(_holds_fact(word.lower, word.protected) for word in words):
        return None
    if {word.lower for word in words[1:] if word.capital} - _SELF - {word.lower for word in stretch.words[last:]}:
        return None  # a name that is not said again
    if last == len(stretch.words) or not _asks(stretch, last):
        return None
    return Candidate(at, last, LOSS["background"], "background", words[0].start, words[-1].end)


def _holds_fact(lower: str, protected: bool) -> bool:
    return protected or lower in NEGATIONS or lower.endswith("n't") or lower in ("must", "only", "should", "if", "but")


def _asks(stretch: Stretch, at: int) -> bool:
    """Whether the sentence that begins at a word asks for something."""
    lower = stretch.words[at].lower
    return lower in ("can", "could", "please", "would", "what", "how", "which", "where") or lower in REQUEST_VERBS
