"""A second opinion on the best segments of a call, on the scale of the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from laconic.exceptions import ConfigurationError
from laconic.score.readers.answers import Answer, ScoredSpan
from laconic.score.readers.reranker import Reranker
from laconic.types import Passage, Segment, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Opinion", "passage_shares", "reread"]


# The n-th of an order has so many times log n less. On 56 questions of four sets of training data, read by cosine, the
# evidence kept is .751, .756 and .747 with 0, .5 and 1: noise. At 0 a reader finds no record of a list of alike ones.
_STEEPNESS = 0.5

_BLOCK = 16  # texts that are read between two looks at the clock: what models read in one go


class Opinion(NamedTuple):
    """What came of a second reading.

    Attributes:
        scores: of all segments, log-probabilities as they were, those of the read ones in the reader's order.
        read: how many texts the reader was given.
        said: what it said of each segment that it read, on its own scale.
        passages: what it said of each passage, where it did.
        failed: why its word does not count; None where it does.
    """

    scores: NDArray[np.float64]
    read: int = 0
    said: Mapping[int, float] = {}
    passages: Mapping[int, float] = {}
    failed: str | None = None


def reread(
    reranker: Reranker,
    query: str,
    passages: Sequence[Passage],
    segments: Sequence[Segment],
    scores: NDArray[np.float64],
    order: Sequence[int],
    costs: Sequence[int],
    room: float,
    *,
    fallback: bool,
    is_over: Callable[[], bool] | None = None,
) -> Opinion:
    """Ask a foreign scorer about the best segments of a call.

    Args:
        reranker: who is asked, and how.
        query: the question.
        passages: of the call, as scorers read them.
        segments: of the passages.
        scores: the fast scorer's log-probabilities.
        order: the segments that compete, most wanted first.
        costs: tokens of each segment.
        room: tokens that are read.
        fallback: whether the fast scores stand where the reader fails.
        is_over: of a call with a deadline, whether it has passed. The reader is then asked in blocks, the most wanted
            first, and no further ones where it has.

    Raises:
        ConfigurationError: what the reader gave has the wrong shape, or its model is not there.
        Exception: what the reader raised, without ``fallback``.
    """
    ask = _passages if reranker.whole else _segments
    try:
        return ask(reranker, query, passages, segments, scores, order, costs, room, is_over)
    except ConfigurationError:
        raise  # it would go wrong at every call
    except Exception as error:
        if not fallback:
            raise
        message = (str(error).strip() or "no message").splitlines()[0]
        return Opinion(scores, failed=f"{type(error).__name__}: {message}")


def _segments(
    reranker: Reranker,
    query: str,
    passages: Sequence[Passage],
    segments: Sequence[Segment],
    scores: NDArray[np.float64],
    order: Sequence[int],
    costs: Sequence[int],
    room: float,
    is_over: Callable[[], bool] | None,
) -> Opinion:
    """One text for each segment."""
    chosen = _within(order, [costs[at] for at in order], room)
    texts = {at: _with_context(passages, segments, at) for at in chosen}
    answers = _asked(reranker, query, texts, is_over)
    chosen = sorted(answers)
    if not chosen:
        return Opinion(scores)
    said: dict[int, float] = {}
    for at in chosen:
        answer, text = answers[at], texts[at]
        if answer.spans is not None:
            own = segments[at].end - segments[at].start
            (said[at],) = _worths(answer.spans, len(text), [(len(text) - own, len(text))])
        elif answer.score is not None:
            said[at] = answer.score
    return Opinion(_reordered(scores, _completed(said, chosen), reranker.weight), len(chosen), said)


def _passages(
    reranker: Reranker,
    query: str,
    passages: Sequence[Passage],
    segments: Sequence[Segment],
    scores: NDArray[np.float64],
    order: Sequence[int],
    costs: Sequence[int],
    room: float,
    is_over: Callable[[], bool] | None,
) -> Opinion:
    """One text for each passage that holds a wanted segment."""
    whole = [0] * len(passages)
    for segment, cost in zip(segments, costs, strict=False):
        whole[segment.passage] += cost
    wanted = list(dict.fromkeys(segments[at].passage for at in order))
    texts = {index: passages[index].text for index in _within(wanted, [whole[index] for index in wanted], room)}
    by_passage = _asked(reranker, query, texts, is_over)
    chosen = sorted(by_passage)
    if not chosen:
        return Opinion(scores)
    own: dict[int, list[int]] = {index: [] for index in chosen}
    for at in sorted(order):
        own.get(segments[at].passage, []).append(at)
    said: dict[int, float] = {}
    for index, answer in by_passage.items():
        if answer.spans is not None:
            stretches = [(segments[at].start, segments[at].end) for at in own[index]]
            said |= zip(own[index], _worths(answer.spans, len(passages[index].text), stretches), strict=True)
    of_passages = {index: answer.score for index, answer in by_passage.items() if answer.score is not None}
    if said:
        return Opinion(_reordered(scores, said, reranker.weight), len(chosen), said, of_passages)
    moved = _moved(scores, segments, _completed(of_passages, chosen), reranker.weight)
    return Opinion(moved, len(chosen), {}, of_passages)


def _asked(
    reranker: Reranker, query: str, texts: Mapping[int, str], is_over: Callable[[], bool] | None
) -> dict[int, Answer]:
    """What the reader says of texts by their places: of all in the order of the call, or of blocks in this order."""
    if is_over is None:
        blocks = [sorted(texts)] if texts else []
    else:
        blocks = [[*texts][at : at + _BLOCK] for at in range(0, len(texts), _BLOCK)]
    found: dict[int, Answer] = {}
    for block in blocks:
        if is_over is not None and is_over():
            break
        found |= zip(block, reranker.reader.read(query, [texts[at] for at in block]), strict=True)
    return found


def _within(order: Sequence[int], costs: Sequence[int], room: float) -> list[int]:
    """The first of an order that fit the room, and the first of all."""
    chosen: list[int] = []
    for at, cost in zip(order, costs, strict=True):
        room -= cost
        if chosen and room < 0:
            break
        chosen.append(at)
    return chosen


def _with_context(passages: Sequence[Passage], segments: Sequence[Segment], at: int) -> str:
    """A segment as a reader who sees nothing else understands it: title, headings, what it needs (the header of its
    table, who says it), a line each, and the segment.
    """
    segment = segments[at]
    passage = passages[segment.passage]
    before = sorted({*segment.under, *segment.requires})
    parts = [passage.title or "", *(passage.text[segments[each].start : segments[each].end] for each in before)]
    lines = [part.strip() for part in parts]
    return "".join(f"{line}\n" for line in lines if line) + passage.text[segment.start : segment.end]


def _worths(spans: Sequence[ScoredSpan], length: int, stretches: Sequence[Span]) -> list[float]:
    """Mean score of the characters of each stretch of a text; of those that no span covers it is 0. Linear."""
    import numpy as np

    steps = np.zeros(length + 1)
    np.add.at(steps, [span.start for span in spans], [span.score for span in spans])
    np.add.at(steps, [span.end for span in spans], [-span.score for span in spans])
    before = np.concatenate([[0.0], np.cumsum(np.cumsum(steps))])
    return [float(before[end] - before[start]) / max(1, end - start) for start, end in stretches]


def _completed(said: Mapping[int, float], chosen: Sequence[int]) -> dict[int, float]:
    """Those that nothing was said of are below all others."""
    least = min(said.values(), default=0.0) - 1.0
    return {at: said.get(at, least) for at in chosen}


def _reordered(scores: NDArray[np.float64], said: Mapping[int, float], weight: float) -> NDArray[np.float64]:
    """The probability of the read segments shared out anew among them, in the reader's order; ties as they were.

    The shares are those that they had, made steeper by rank, so that the order counts where the fast scorer saw no
    difference and length would decide. With a weight below 1 the order is that of the mean of these and the scores.
    """
    import numpy as np

    mine = sorted(said, key=lambda at: (-scores[at], at))
    theirs = sorted(mine, key=lambda at: -said[at])
    shares = scores[mine] - _STEEPNESS * np.log1p(np.arange(len(mine)))
    shares += np.logaddexp.reduce(scores[mine]) - np.logaddexp.reduce(shares)
    changed: NDArray[np.float64] = scores.copy()
    changed[theirs] = shares
    if weight < 1:
        mean = weight * changed + (1 - weight) * scores
        changed[sorted(mine, key=lambda at: -mean[at])] = shares
    return changed


def _exchanged(values: NDArray[np.float64], said: Mapping[int, float]) -> NDArray[np.float64]:
    """Values of passages shared out in the reader's order; ties as they were."""
    mine = sorted(said, key=lambda at: (-values[at], at))
    changed: NDArray[np.float64] = values.copy()
    changed[sorted(mine, key=lambda at: -said[at])] = values[mine]
    return changed


def passage_shares(
    scores: NDArray[np.float64], segments: Sequence[Segment], count: int, said: Mapping[int, float]
) -> list[float]:
    """Which share of a call's worth stands in each passage: 0–1, together 1 where there is anything.

    Args:
        scores: log-probabilities of the segments.
        segments: of the call.
        count: of passages.
        said: what a reader said of passages; those share out their shares in its order.
    """
    import numpy as np

    shares = np.zeros(count)
    if len(scores):
        weights = np.exp(scores - scores.max())
        np.add.at(shares, [segment.passage for segment in segments], weights / weights.sum())
    return [float(share) for share in _exchanged(shares, said)]


def _moved(
    scores: NDArray[np.float64], segments: Sequence[Segment], said: Mapping[int, float], weight: float
) -> NDArray[np.float64]:
    """The scores with whole passages in the reader's order: each segment rises or falls with its passage."""
    import numpy as np

    owner = np.fromiter((segment.passage for segment in segments), np.intp, len(segments))
    mass = np.full(int(owner.max()) + 1, -np.inf)
    np.logaddexp.at(mass, owner, scores)
    mass[np.isneginf(mass)] = 0.0  # no segment is in these passages
    changed: NDArray[np.float64] = scores + weight * (_exchanged(mass, said) - mass)[owner]
    return changed
