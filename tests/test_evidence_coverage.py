"""Coverage: the fewest segments whose mass reaches a threshold, and fitting the threshold."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import laconic
from laconic.core.calibration import calibrate, wilson_interval
from laconic.exceptions import BudgetError, ConfigurationError, InputError
from laconic.score.lexical import LexicalScorer, log_softmax
from laconic.select.coverage import AUTO_RECALL, Calibration, covered, mass_above, threshold_for

SCORES = st.lists(st.floats(-8, 8), min_size=1, max_size=30).map(lambda xs: log_softmax(np.array(xs)))


@settings(deadline=None)
@given(SCORES, st.floats(0.01, 0.999))
def test_fewest_best_first(scores: np.ndarray, threshold: float) -> None:
    wanted = covered(scores, threshold)
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    mass, expected = 0.0, set()
    for at in order:
        if mass >= threshold:
            break
        expected.add(at)
        mass += math.exp(scores[at])
    # Sums in another order may differ in the last bit exactly at the threshold.
    assert len(expected ^ set(np.flatnonzero(wanted).tolist())) <= 1
    assert wanted[order[0]]


@settings(deadline=None)
@given(SCORES, st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_higher_threshold_never_wants_fewer(scores: np.ndarray, a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert (covered(scores, low) <= covered(scores, high)).all()


def test_everything_at_one() -> None:
    assert covered(np.array([0.0, -500.0, -900.0]), 1.0).all()
    assert mass_above(np.zeros(0)).shape == (0,)


def test_recall_to_threshold() -> None:
    thresholds = [threshold_for(recall / 100) for recall in range(1, 101)]
    assert thresholds == sorted(thresholds)
    assert thresholds[0] > 0
    assert thresholds[-1] == 1.0
    assert 0 < AUTO_RECALL < 1


@pytest.mark.parametrize("recall", [0, -0.1, 1.1, float("nan"), True, "0.9", None])
def test_bad_recall(recall: object) -> None:
    with pytest.raises(BudgetError, match="recall is"):
        threshold_for(recall)  # type: ignore[arg-type]


def test_calibration_of_another_recall() -> None:
    calibration = Calibration(0.9, 0.8, 50, 0.92, (0.8, 0.97), 0.2)
    assert threshold_for(0.9, calibration) == 0.8
    with pytest.raises(BudgetError, match=r"fitted for 0\.9.*calibrate\(rows, recall=0\.95\)"):
        threshold_for(0.95, calibration)
    with pytest.raises(ConfigurationError, match="threshold is 0"):
        Calibration(0.9, 0.0, 50, 0.92, (0.8, 0.97), 0.2)


class Planted:
    """A scorer that gives its segments fixed log-probabilities."""

    name = "planted"

    def __init__(self, probabilities: list[float]) -> None:
        self.probabilities = probabilities

    def score(self, query: object, passages: object, segments: list[object]) -> np.ndarray:
        return np.log(np.array(self.probabilities[: len(segments)]))


TEXT = "Alpha is first. Beta is second. Gamma is third. Delta is fourth."
PROBABILITIES = [0.5, 0.3, 0.15, 0.05]


def rows(evidence: list[str]) -> list[dict[str, object]]:
    return [{"query": "which?", "passages": [TEXT], "evidence": [word]} for word in evidence]


def test_threshold_reaches_the_recall() -> None:
    labelled = rows(["Alpha"] * 70 + ["Beta"] * 20 + ["Gamma"] * 9 + ["Delta"])
    calibration = calibrate(labelled, 0.9, Planted(PROBABILITIES))
    # Alpha and Beta alone are .90, which leaves no room for the question that is counted as lost.
    assert 0.8 <= calibration.threshold < 0.95
    assert calibration.n == 100
    assert calibration.achieved == pytest.approx(0.99)
    assert calibration.interval[0] < 0.99 < calibration.interval[1]
    assert calibration.kept == pytest.approx(0.75, abs=0.05)
    assert calibrate(labelled, 0.85, Planted(PROBABILITIES)).threshold < 0.8


def test_too_few_questions_keep_everything() -> None:
    calibration = calibrate(rows(["Alpha"] * 5), 0.95, Planted(PROBABILITIES))
    assert calibration.threshold == 1.0
    assert calibration.achieved == 1.0
    assert calibration.kept == 1.0


def test_promise_holds_on_further_questions() -> None:
    random = np.random.default_rng(3)
    words = np.array(["Alpha", "Beta", "Gamma", "Delta"])
    reached = []
    for _ in range(60):
        sample = random.choice(words, size=60, p=[0.6, 0.2, 0.15, 0.05])
        threshold = calibrate(rows(sample[:30].tolist()), 0.8, Planted(PROBABILITIES)).threshold
        wanted = covered(np.log(PROBABILITIES), threshold)
        reached.append(float(np.mean([wanted[words.tolist().index(w)] for w in sample[30:]])))
    assert np.mean(reached) >= 0.8 - 0.02


def test_spans_strings_and_several_places() -> None:
    passages = [TEXT, "Delta is also here. And more."]
    spans = [{"query": "q", "passages": passages, "evidence": [(0, 0, 5), "Delta"]}] * 30
    calibration = calibrate(spans, 0.9, LexicalScorer())
    assert 0 < calibration.threshold <= 1


RECORDS = json.dumps(
    [{"order_id": f"#W{n}", "status": "sent" if n % 3 else "pending", "total": n * 1.5} for n in range(100, 140)]
)
FUNCTIONS = [
    ("add", "Returns the sum of all prices in a cart.", "return sum(cart.values())"),
    ("write_out", "Serialises a cart to a file.", "path.write_text(json.dumps(cart))"),
    ("tax", "Value added tax of a price.", "return price * RATE"),
    ("drop_old", "Carts that nobody touched for a week are removed.", "del CARTS[cart]"),
]
CODE = "\n\n".join(f'def {name}(cart, path, price):\n    """{doc}"""\n    {body}' for name, doc, body in FUNCTIONS)
STRUCTURED = {
    "json": [
        {"query": f"What is the total of order #W{n}?", "passages": [RECORDS], "evidence": [f'"total": {n * 1.5}']}
        for n in range(100, 130)
    ],
    "code": [
        {
            "query": f"Which function does this: {doc}",
            "passages": [{"text": CODE, "source": "carts.py"}, "Carts are emptied on Mondays. Nobody pays for them."],
            "evidence": [body],
        }
        for _, doc, body in FUNCTIONS * 8
    ],
}


@pytest.mark.parametrize("kind", STRUCTURED)
@pytest.mark.parametrize("scorer", ["evidence", "lexical"])
def test_threshold_is_a_mass_of_the_compressor(kind: str, scorer: str) -> None:
    """Where structure moves the scores, the calibration reads the moved ones."""
    labelled = STRUCTURED[kind]
    calibration = calibrate(labelled, 0.8, scorer)
    compressor = laconic.Compressor(recall=0.8, calibration=calibration, scorer=scorer, explain=True)
    needs, reached = [], []
    for row in labelled:
        result = compressor.compress(row["passages"], row["query"])
        found = result.explanations
        assert found
        mass = mass_above(np.array([each.score for each in found]))
        text = row["passages"][0]["text"] if kind == "code" else RECORDS
        start = text.index(row["evidence"][0])
        end = start + len(row["evidence"][0])
        needs.append(max(m for m, e in zip(mass, found, strict=True) if e.index == 0 and _meet(e.span, (start, end))))
        reached.append(row["evidence"][0] in result.text)
    assert calibration.threshold < 1
    assert min(abs(calibration.threshold - need) for need in needs) < 1e-12
    assert np.mean([need < calibration.threshold for need in needs]) == calibration.achieved
    assert np.mean(reached) == calibration.achieved


def _meet(span: tuple[int, int], other: tuple[int, int]) -> bool:
    return span[0] < other[1] and span[1] > other[0]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"query": " ", "passages": [TEXT], "evidence": ["Alpha"]}, "row 0: query is ' '"),
        ({"query": "q", "passages": [TEXT]}, "row 0 lacks evidence"),
        ({"query": "q", "passages": [TEXT], "evidence": []}, "evidence is"),
        ({"query": "q", "passages": [TEXT], "evidence": "Alpha"}, "give a list"),
        ({"query": "q", "passages": [TEXT], "evidence": ["Omega"]}, "'Omega' stands in none"),
        ({"query": "q", "passages": [TEXT], "evidence": [(0, 5, 999)]}, r"\(0, 5, 999\) is neither"),
        ({"query": "q", "passages": [TEXT], "evidence": [(3, 0, 1)]}, "neither"),
        ({"query": "q", "passages": [" "], "evidence": ["x"]}, "hold no text"),
    ],
)
def test_bad_rows(row: dict[str, object], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        calibrate([row])


def test_no_rows_and_bad_recall() -> None:
    with pytest.raises(InputError, match="no rows"):
        calibrate([])
    for recall in (0, 1, 1.5, True):
        with pytest.raises(BudgetError, match="recall is"):
            calibrate(rows(["Alpha"]), recall)
    with pytest.raises(ConfigurationError, match="'leksical' is not known"):
        calibrate(rows(["Alpha"]), 0.9, "leksical")


def test_wilson_interval_against_known_values() -> None:
    low, high = wilson_interval(0.5, 10)
    assert (round(low, 4), round(high, 4)) == (0.2366, 0.7634)
    assert wilson_interval(1.0, 50)[1] == 1.0
    assert wilson_interval(0.0, 50)[0] == pytest.approx(0.0, abs=1e-12)


def test_a_call_unlike_the_calibration_data_is_told() -> None:
    passages = ["Alpha is first. Beta is second. Gamma is third. Delta is fourth."] * 2
    log = "\n".join(f"2024-05-01 10:00:{second:02} INFO [main] request {second} served" for second in range(40))
    numbers = " ".join(f"Number {number} is here." for number in range(800))

    def warning(texts: list[str], query: str, **options: object) -> str | None:
        return laconic.compress(texts, query, **options).metrics.warning  # type: ignore[arg-type]

    assert warning(passages, "Which is second?") is None
    assert "fitted on no log" in str(warning([log], "Which request was served?"))
    assert "no word of the question" in str(warning(passages, "Zweitgenanntes?", recall=0.8))
    assert "700 segments" in str(warning([numbers], "Which number is here?"))
    assert warning([log], "Which request was served?", max_tokens=50) is None
    calibration = Calibration(0.9, 0.8, 50, 0.92, (0.8, 0.97), 0.2)
    fitted = laconic.Compressor(recall=0.9, calibration=calibration)
    assert fitted.compress([log], "Which request was served?").metrics.warning is None
