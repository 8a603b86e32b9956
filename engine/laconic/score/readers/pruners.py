"""Models that read a question with a whole passage and tell its sentences apart: Provence, OpenProvence, Zilliz'."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from laconic.exceptions import ConfigurationError
from laconic.score.readers.answers import Answer, ScoredSpan, called, number
from laconic.score.readers.reader import one_at_a_time, parameters

__all__ = ["PruneReader", "kept_spans", "placed"]

_WORD = re.compile(r"(\w+)[^\w\s]*")  # with the marks behind it, so that a whole sentence is worth a whole 1
_RUN = 3  # words that stand in this order are the same place of a text; two often are not


class PruneReader:
    """An object with ``process(question, context)`` for one passage at a time, which all of these models agree about.

    Where the method can be asked for the probability of each sentence (OpenProvence, Zilliz), these are what it says.
    Where it cannot (Provence), a sentence that is in the pruned text is worth 1 and any other 0. Of the passage it says
    its ``reranking_score``.
    """

    whole = True

    def __init__(self, model: Any) -> None:
        self.model = model
        self.name = called(model)
        wanted: dict[str, Any] = {"show_progress": False}
        known = parameters(model.process)
        if "return_sentence_metrics" in known:
            # of sentences whose probability is above the threshold we get the text, and of the others need none
            wanted |= {"return_sentence_metrics": True, "return_sentence_texts": True, "threshold": 0.0}
        self._options = {name: value for name, value in wanted.items() if name in known}

    def read(self, query: str, texts: list[str]) -> list[Answer]:
        """See `Reader.read`."""
        found = []
        for text in texts:
            with one_at_a_time(self.model):
                given = self.model.process(query, text, **self._options)
            found.append(self._answer(given, text))
        return found

    def _answer(self, given: Any, text: str) -> Answer:
        if not isinstance(given, Mapping):
            raise self._wrong(f"a {type(given).__name__}")
        ranking = given.get("reranking_score")
        score = number(ranking)
        if ranking is not None and score is None:
            raise self._wrong(f"a reranking_score of {ranking!r}")
        probabilities = given.get("sentence_probabilities")
        sentences = next((given[name] for name in ("kept_sentences", "highlighted_sentences") if name in given), None)
        if probabilities is not None and sentences is not None:
            return Answer(score, tuple(self._spans(text, list(sentences), list(probabilities))))
        pruned = given.get("pruned_context")
        if not isinstance(pruned, str) and sentences is not None and _are_texts(sentences):
            pruned = "\n".join(sentences)
        if not isinstance(pruned, str):
            raise self._wrong(f"a mapping of {', '.join(map(repr, given)) or 'nothing'}")
        return Answer(score, tuple(kept_spans(text, pruned)))

    def _spans(self, text: str, sentences: Sequence[Any], given: Sequence[Any]) -> list[ScoredSpan]:
        values = [number(each) for each in given]
        if None in values or not _are_texts(sentences):
            raise self._wrong(f"{len(sentences)} sentences and the probabilities {list(given)[:5]!r}")
        scores = [value for value in values if value is not None]
        if len(sentences) != len(scores):
            scores = [value for value in scores if value > 0]
        if len(sentences) != len(scores):
            raise self._wrong(f"{len(sentences)} sentences with {len(given)} probabilities")
        places = placed(text, sentences)
        return [ScoredSpan(*place, score) for place, score in zip(places, scores, strict=True) if place is not None]

    def _wrong(self, what: str) -> ConfigurationError:
        return ConfigurationError(
            f"scorer {self.name} gave {what} for a passage; expected a mapping with pruned_context, or with "
            "sentence_probabilities and as many kept_sentences or highlighted_sentences"
        )


def placed(text: str, sentences: Sequence[str]) -> list[tuple[int, int] | None]:
    """Where sentences that are in this order stand in a text, white space aside; None for those that do not.

    Linear, but for sentences that are not in the text.
    """
    characters = [at for at, each in enumerate(text) if not each.isspace()]
    squeezed = "".join(text[at] for at in characters)
    found: list[tuple[int, int] | None] = []
    behind = 0
    for sentence in sentences:
        own = "".join(sentence.split())
        at = squeezed.find(own, behind) if own else -1
        if at < 0:
            found.append(None)
            continue
        behind = at + len(own)
        found.append((characters[at], characters[behind - 1] + 1))
    return found


def kept_spans(text: str, pruned: str) -> list[ScoredSpan]:
    """Which words of a text stand in what is left of it, as spans worth 1; linear.

    A word stands there where it does with its neighbours, so that common words of what was cut do not.
    """
    left = [word[1].casefold() for word in _WORD.finditer(pruned)]
    run = min(_RUN, len(left))
    if not run:
        return []
    runs = {tuple(left[at : at + run]) for at in range(len(left) - run + 1)}
    words = list(_WORD.finditer(text))
    own = [word[1].casefold() for word in words]
    kept = [False] * len(words)
    for at in range(len(words) - run + 1):
        if tuple(own[at : at + run]) in runs:
            kept[at : at + run] = [True] * run
    found: list[ScoredSpan] = []
    for at, word in enumerate(words):
        if kept[at] and at and kept[at - 1]:
            found[-1] = found[-1]._replace(end=word.end())
        elif kept[at]:
            found.append(ScoredSpan(word.start(), word.end(), 1.0))
    return found


def _are_texts(sentences: Any) -> bool:
    return isinstance(sentences, (list, tuple)) and all(isinstance(each, str) for each in sentences)
