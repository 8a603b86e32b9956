"""Fitting coverage to one's own questions: ``laconic.calibrate(rows, recall=0.95)``.

The threshold is chosen by conformal risk control (Angelopoulos et al., "Conformal Risk Control", ICLR 2024): the
smallest one at which the mean share of evidence lost on n questions, with one more counted as wholly lost, is at most
``1 - recall``. For further questions of the same kind the expected share of evidence kept is then at least ``recall``.
For questions of another kind nothing is promised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

from laconic.exceptions import BudgetError, InputError
from laconic.score.readers.reranker import as_reranker
from laconic.score.registry import DEFAULT_SCORER, load_scorer
from laconic.select.coverage import Calibration, mass_above
from laconic.tokens import as_counter
from laconic.types import Passage, Segment, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from laconic.core.reading import Settings

__all__ = ["calibrate", "wilson_interval"]

_Z = 1.96  # two-sided 95 %


def calibrate(rows: Iterable[Mapping[str, Any]], recall: float = 0.95, scorer: Any = DEFAULT_SCORER) -> Calibration:
    """Fit the coverage threshold on labelled questions.

    Args:
        rows: one mapping a question: ``"query"`` (str); ``"passages"`` as `laconic.compress` takes them; and
            ``"evidence"``, a list of what has to be kept, each a string that stands in at least one passage (keeping
            one of its places is enough), a tuple ``(passage index, start, end)`` of character offsets, or a list of
            such tuples of which one is enough. About 50 questions are a start; below ``recall / (1 - recall)`` of them
            (19 for 0.95) no threshold can be promised and everything is kept.
        recall: share of the evidence to keep on average, 0 < recall < 1.
        scorer: what the `Compressor` will be given. A calibration holds for its scorer alone.

    Returns:
        The threshold with what it reaches on the rows; pass it to `Compressor` as ``calibration``.

    Raises:
        InputError: no rows, a row without question or evidence, or evidence that stands in none of its passages.
        BudgetError: ``recall`` is outside its range.
        ConfigurationError: ``scorer`` is no scorer; see `Compressor`.
        WeightsError: the scorer's weights are damaged; a threshold of another scorer would promise nothing.

    Costs one scoring a question, a few milliseconds each.
    """
    import numpy as np

    from laconic.core.budget import Budget
    from laconic.core.reading import Settings

    if isinstance(recall, bool) or not isinstance(recall, (int, float)) or not 0 < recall < 1:
        raise BudgetError(f"recall is {recall!r}: it must be a share of the evidence, 0 < recall < 1")
    reranker = as_reranker(scorer)
    base = scorer if reranker is None else reranker.base
    settings = Settings(
        budget=Budget(recall=float(recall)),
        counter=as_counter(len),  # counts plan how passages are rendered and have no part in what they score
        separator=None,
        scorer=load_scorer(base, fallback=False).scorer,
        steps=None if isinstance(scorer, str) or reranker is not None else (),
        reranker=reranker,
        may_fail=False,
    )
    needs: list[NDArray[np.float64]] = []  # per question: for each piece of evidence the mass that must be kept
    masses: list[NDArray[np.float64]] = []
    sizes: list[NDArray[np.float64]] = []
    for number, row in enumerate(rows):
        need, mass, size = _measure(row, number, settings)
        needs.append(need)
        masses.append(mass)
        sizes.append(size)
    n = len(needs)
    if not n:
        raise InputError("calibrate() got no rows; give labelled questions, about 50 for a start")

    def share_kept(threshold: float) -> float:
        return float(np.mean([(need < threshold).mean() for need in needs]))

    threshold = 1.0
    for candidate in np.unique(np.concatenate(needs)):
        above = float(np.nextafter(candidate, 2.0))
        if above < 1 and (n * (1 - share_kept(above)) + 1) / (n + 1) <= 1 - recall:
            threshold = above
            break
    achieved = share_kept(threshold) if threshold < 1 else 1.0
    kept = [float(size[mass < threshold].sum() / size.sum()) for mass, size in zip(masses, sizes, strict=True)]
    return Calibration(
        recall=float(recall),
        threshold=threshold,
        n=n,
        achieved=achieved,
        interval=wilson_interval(achieved, n),
        kept=float(np.mean(kept)) if threshold < 1 else 1.0,
    )


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """95 % interval of a mean of n numbers between 0 and 1 (Wilson 1927, exact for zeros and ones, wider else)."""
    centre = share + _Z**2 / (2 * n)
    spread = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def _measure(
    row: Mapping[str, Any], number: int, settings: Settings
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """For one question: the mass needed for each piece of evidence, the mass above and the length of each segment.

    Segments and scores are those of a call of the compressor, as the threshold will be held against these.
    """
    import numpy as np

    from laconic.core.inputs import as_passages, as_query
    from laconic.core.reading import Reading

    missing = [key for key in ("query", "passages", "evidence") if key not in row]
    if missing:
        raise InputError(f"row {number} lacks {', '.join(missing)}; each row needs query, passages and evidence")
    query = as_query(row["query"])
    if query is None:
        raise InputError(f"row {number}: query is {row['query']!r}; without a question there is no evidence to keep")
    evidence = row["evidence"]
    if isinstance(evidence, str) or not evidence:
        raise InputError(f"row {number}: evidence is {evidence!r}; give a list of strings or (passage, start, end)")
    reading = Reading(as_passages(row["passages"]), query, settings)
    if not reading.segments:
        raise InputError(f"row {number}: its passages hold no text")
    mass = mass_above(reading.scores, reading.duplicates)
    need = [_mass_needed(piece, number, reading.passages, reading.segments, mass) for piece in evidence]
    size = np.array([segment.end - segment.start for segment in reading.segments], np.float64)
    return np.array(need), mass, size


def _mass_needed(
    piece: object, number: int, passages: Sequence[Passage], segments: Sequence[Segment], mass: NDArray[np.float64]
) -> float:
    """The mass above the least wanted segment of the piece, at the place where that is least."""
    places = _places(piece, number, passages)
    best = 1.0
    for index, (start, end) in places:
        held = [
            at
            for at, segment in enumerate(segments)
            if segment.passage == index and segment.start < end and segment.end > start
        ]
        if held:
            best = min(best, float(mass[held].max()))
    return best


def _places(piece: object, number: int, passages: Sequence[Passage]) -> list[tuple[int, Span]]:
    """Where a piece of evidence stands, as (passage, span)."""
    if isinstance(piece, str):
        found: list[tuple[int, Span]] = []
        for index, passage in enumerate(passages):
            at = passage.text.find(piece) if piece else -1
            while at >= 0:
                found.append((index, (at, at + len(piece))))
                at = passage.text.find(piece, at + len(piece))
        if found:
            return found
        raise InputError(f"row {number}: its evidence {piece[:80]!r} stands in none of its passages")
    if isinstance(piece, (tuple, list)) and len(piece) == 3 and all(isinstance(part, int) for part in piece):
        index, start, end = piece
        if 0 <= index < len(passages) and 0 <= start < end <= len(passages[index].text):
            return [(index, (start, end))]
    elif isinstance(piece, list) and piece and all(isinstance(part, tuple) for part in piece):
        return [place for part in piece for place in _places(part, number, passages)]
    raise InputError(
        f"row {number}: evidence {piece!r} is neither a string nor a span (passage index, start, end) in its passages"
    )
