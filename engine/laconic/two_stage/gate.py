"""The quality gate: a compression that no longer says what its original said is not let through.

What is measured is the cosine between a vector of the original and one of the compressed text. Which vectors decides
what the number means. Means of word vectors will not do: two halves of one article point the same way (measured: 0.98
on average), and a threshold of 0.85 lets everything pass. Here a text is the weighted sum of its sentences in a space
where unrelated sentences are orthogonal:

    score = Σ aᵢ bⱼ k(oᵢ, cⱼ) / √(Σ aᵢ aⱼ k(oᵢ, oⱼ) · Σ bᵢ bⱼ k(cᵢ, cⱼ)),   k(x, y) = max(0, cosine(x, y))⁸

with the sentences o of the original and c of the compressed text. The polynomial kernel is the inner product of such
a space (cosines of unrelated sentences, 0.2 to 0.5, become next to nought; a sentence and its pruned form, 0.99, stay
alike), so the score is a cosine still. With a question the weight of a sentence is the probability that it holds what
the question needs, by the evidence scorer; a sentence of the compressed text has the weight of the one of the
original that it is most like. Losing the sentence that answers then shows, however long the text. Without a question
a sentence counts by the root of its length.

If all sentences were orthogonal, the score would be the root of the share of squared weight that is kept: 0.85 asks for
0.72 of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from laconic.exceptions import ConfigurationError, InputError
from laconic.score.pruning.content import ContentVectors
from laconic.score.registry import check_scorer, load_scorer
from laconic.score.vectors.embedders import Embedder, as_embedder, embedder_name
from laconic.two_stage.pruner import Pruned
from laconic.types import Passage, Scorer, Segment

__all__ = ["DEFAULT_THRESHOLD", "GateResult", "QualityGate"]

DEFAULT_THRESHOLD = 0.85

_SENTENCE = re.compile(r"[^\s.!?。！？](?:[^\r\n.!?。！？]|[.!?](?=\S))*[.!?。！？]*")
_BLANK_LINE = re.compile(r"(?:\r\n?|\n)[ \t]*(?:\r\n?|\n)")
_BLOCK = 1024  # rows of the kernel held in memory at once


@dataclass(frozen=True)
class GateResult:
    """What the gate says.

    Attributes:
        score: cosine of original and compressed text, 0–1.
        threshold: least score that passes.
        embedder: name of the embedder that was used.
    """

    score: float
    threshold: float
    embedder: str

    @property
    def passed(self) -> bool:
        """Whether the compressed text may stand for the original."""
        return self.score >= self.threshold


class QualityGate:
    """Measures how much of a text's meaning its compression keeps.

    Args:
        threshold: least score that passes, 0–1; 0 lets everything pass, 1 only what is the same to the embedder.
        embedder: what embeds sentences; the embedded vectors of the words of content when None
            (`laconic.score.pruning.content`). See `laconic.score.vectors.embedders.as_embedder` for what may be given.
        scorer: weighs the sentences when there is a question; see `laconic.Compressor`. The lexical one stands in for
            the evidence scorer where its weights cannot be read.

    Raises:
        ConfigurationError: ``threshold`` is outside its range, or the embedder or scorer is unusable.
    """

    def __init__(
        self, threshold: float = DEFAULT_THRESHOLD, *, embedder: Any = None, scorer: str | Scorer = "evidence"
    ) -> None:
        if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) or not 0 <= threshold <= 1:
            raise ConfigurationError(f"threshold is {threshold!r}: it must be a cosine, 0 to 1")
        self.threshold = threshold
        self.embedder: Embedder = ContentVectors() if embedder is None else as_embedder(embedder)
        self.embedder_name = embedder_name(self.embedder)
        check_scorer(scorer)
        self.scorer = scorer

    def check(self, original: str, compressed: str, query: str | None = None) -> GateResult:
        """Score of a compressed text.

        Args:
            original: the text as it was.
            compressed: what is left of it, aliases expanded.
            query: the question that the text is read for.

        Returns:
            1.0 for equal texts; 0.0 where nothing is left of something. A text without any word is compared by its
            characters.

        Raises:
            InputError: a text is not a string.

        Time is that of embedding, and quadratic in the number of sentences beyond a thousand or so (1 s for 10,000).
        """
        for name, text in (("original", original), ("compressed", compressed)):
            if not isinstance(text, str):
                raise InputError(f"{name} is a {type(text).__name__}: give a string")
        return GateResult(self._score(original, compressed, query), self.threshold, self.embedder_name)

    def judge(self, pruned: Pruned, query: str | None = None) -> GateResult:
        """Score of what a pruner did: what is left against the original without its courtesies, whose loss is none.

        Args:
            pruned: what `laconic.two_stage.pruner.Pruner` gave.
            query: the question that the text is read for.

        Returns:
            1.0 where nothing but courtesies, hedges, filler and repetitions went.
        """
        return self.check(pruned.measured, pruned.text, query)

    def _score(self, original: str, compressed: str, query: str | None) -> float:
        if original == compressed:
            return 1.0
        passages, segments = _sentences(original)
        kept_passages, kept_segments = _sentences(compressed)
        sentences, kept = _texts(passages, segments), _texts(kept_passages, kept_segments)
        if not sentences or not kept:
            return float(not sentences and not kept and original.split() == compressed.split())
        distinct = list(dict.fromkeys((*sentences, *kept)))
        rows = dict(zip(distinct, self.embedder.embed(distinct), strict=True))
        vectors = np.stack([rows[sentence] for sentence in sentences]).astype(np.float32)
        kept_vectors = np.stack([rows[sentence] for sentence in kept]).astype(np.float32)
        if not vectors.any():
            return float("".join(original.split()) == "".join(compressed.split()))
        if query and query.strip():
            logarithms = load_scorer(self.scorer, fallback=True).scorer.score(query, passages, segments)
            weights = np.exp(logarithms - logarithms.max())
            nearest = np.concatenate(
                [
                    (kept_vectors[at : at + _BLOCK] @ vectors.T).argmax(axis=1)
                    for at in range(0, len(kept_vectors), _BLOCK)
                ]
            )
            kept_weights = weights[nearest]
        else:
            weights, kept_weights = _lengths(sentences), _lengths(kept)
        crossed = _kernel_sum(vectors, weights, kept_vectors, kept_weights)
        norms = _kernel_sum(vectors, weights, vectors, weights) * _kernel_sum(
            kept_vectors, kept_weights, kept_vectors, kept_weights
        )
        return float(min(1.0, crossed / np.sqrt(norms))) if norms > 0 else 0.0


def _sentences(text: str) -> tuple[list[Passage], list[Segment]]:
    """The paragraphs of a text, and their sentences.

    Cut at every sentence mark, abbreviations or not: pruning may leave a sentence that begins in lower case, and what
    matters here is that both texts are cut at the same places.
    """
    passages: list[Passage] = []
    segments: list[Segment] = []
    for paragraph in _BLANK_LINE.split(text):
        if not paragraph.strip():
            continue
        for match in _SENTENCE.finditer(paragraph):
            segments.append(Segment(len(passages), *match.span()))
        passages.append(Passage(paragraph))
    return passages, segments


def _texts(passages: Sequence[Passage], segments: Sequence[Segment]) -> list[str]:
    return [passages[segment.passage].text[segment.start : segment.end] for segment in segments]


def _lengths(sentences: Sequence[str]) -> NDArray[np.float64]:
    return np.sqrt([max(1, len(sentence.split())) for sentence in sentences])


def _kernel_sum(
    x: NDArray[np.float32], a: NDArray[np.float64], y: NDArray[np.float32], b: NDArray[np.float64]
) -> float:
    """``Σ aᵢ bⱼ max(0, xᵢ·yⱼ)⁸``, a block of rows at a time."""
    total = 0.0
    for at in range(0, len(x), _BLOCK):
        cosines = (x[at : at + _BLOCK] @ y.T).clip(0.0, 1.0)
        for _ in range(3):
            cosines *= cosines
        total += float(a[at : at + _BLOCK] @ (cosines.astype(float) @ b))
    return total
