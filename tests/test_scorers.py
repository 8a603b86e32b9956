"""Scorers of other people: every accepted shape, what is read, what comes back, and what goes wrong."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import laconic
from laconic.exceptions import BudgetError, ConfigurationError
from laconic.kinds.catalogue import KINDS
from laconic.kinds.kind import Kind
from laconic.score.readers.answers import ScoredSpan
from laconic.score.readers.pruners import kept_spans, placed
from laconic.types import Passage

QUESTION = "What do the lifts of the tower cost?"
TEXTS = [
    "The tower was finished in 1889. Workers of Gustave Eiffel built it. The restaurant is closed in winter.",
    "Parliament voted on the budget. A ride in the lift costs ten euros. A train left the station at noon.",
    "Painters need sixty tons of paint. Every lift ride up the tower starts at the southern pillar.",
]
ANSWER = "A ride in the lift costs ten euros."


def worth(query: str, text: str) -> float:
    """Letters in threes that a question and a text share: what a small scorer of somebody's might do."""
    threes = [{each.lower()[at : at + 3] for at in range(len(each) - 2)} for each in (query, text)]
    return len(threes[0] & threes[1]) / max(1, len(threes[1]))


def prefers_the_budget(query: str, texts: Sequence[str]) -> list[float]:
    return [float("budget" in text) for text in texts]


def overlap(query: str, texts: Sequence[str]) -> list[float]:
    return [worth(query, text) for text in texts]


class OfPairs:
    """As LangChain's ``BaseCrossEncoder`` has it."""

    def score(self, text_pairs: list[tuple[str, str]]) -> list[float]:
        return [worth(query, text) for query, text in text_pairs]


class Predicts:
    def predict(self, pairs: list[tuple[str, str]], show_progress_bar: bool = True) -> Any:
        assert show_progress_bar is False
        return np.array([worth(query, text) for query, text in pairs], dtype=np.float32)

    def rank(self, query: str, documents: list[str]) -> list[dict[str, Any]]:
        raise AssertionError("predict is enough")


class Service:
    """As clients of rerank services have it: results by index, best first, and fewer of them unless all are wanted."""

    def rerank(self, *, model: str, query: str, documents: list[str], top_n: int | None = 2) -> Any:
        ranked = sorted(enumerate(documents), key=lambda each: -worth(query, each[1]))[:top_n]
        return {"results": [{"index": at, "relevance_score": worth(query, text)} for at, text in ranked]}


class Client:
    def __init__(self) -> None:
        self.service = Service()

    def rerank(self, documents: list[str], query: str, *, top_n: int | None = 2) -> list[dict[str, Any]]:
        return list(self.service.rerank(model="any", query=query, documents=documents, top_n=top_n)["results"])


def sentences(text: str) -> list[str]:
    return re.findall(r"[^.]+\.\s*", text)


class OpenProvence:
    """The interface of open-provence's ``process``."""

    def process(
        self,
        question: str,
        context: str,
        *,
        threshold: float = 0.1,
        show_progress: bool = True,
        return_sentence_metrics: bool = False,
        return_sentence_texts: bool = False,
    ) -> dict[str, Any]:
        assert not show_progress
        own = sentences(context)
        probabilities = [worth(question, each) for each in own]
        kept = [each for each, p in zip(own, probabilities, strict=True) if p > threshold]
        found = {"pruned_context": "".join(kept), "reranking_score": np.float32(max(probabilities))}
        if return_sentence_texts:
            found["kept_sentences"] = kept
        if return_sentence_metrics:
            found["sentence_probabilities"] = probabilities
        return found


class Zilliz:
    def process(
        self, question: str, context: str, threshold: float = 0.5, return_sentence_metrics: bool = False
    ) -> dict[str, Any]:
        found = OpenProvence().process(
            question, context, threshold=threshold, show_progress=False, return_sentence_metrics=True
        )
        kept = [each.strip() for each in sentences(context) if worth(question, each) >= threshold]
        return {"highlighted_sentences": kept, "sentence_probabilities": found["sentence_probabilities"]}


class Provence:
    """The first of them says which sentences are left, and no more."""

    def process(self, question: str, context: str, threshold: float = 0.1) -> dict[str, Any]:
        scores = {each: worth(question, each) for each in sentences(context)}
        return {
            "reranking_score": max(scores.values()),
            "pruned_context": " ".join(each.strip() for each in scores if scores[each] > 0.2),
        }


def spans(query: str, texts: Sequence[str]) -> list[list[tuple[int, int, float]]]:
    """Words with scores."""
    return [[(m.start(), m.end(), worth(query, m[0])) for m in re.finditer(r"\w{3,}", text)] for text in texts]


SHAPES: dict[str, Callable[[], Any]] = {
    "function": lambda: overlap,
    "generator": lambda: lambda query, texts: (worth(query, text) for text in texts),
    "array": lambda: lambda query, texts: np.array(overlap(query, texts)),
    "pairs": OfPairs,
    "predict": Predicts,
    "client": Client,
    "service": lambda: partial(Service().rerank, model="any"),
    "open-provence": OpenProvence,
    "zilliz": Zilliz,
    "provence": Provence,
    "spans of segments": lambda: spans,
    "spans of passages": lambda: laconic.Reranker(spans, whole=True),
}


def compressed(scorer: Any, **options: Any) -> laconic.Compression:
    return laconic.compress(TEXTS, QUESTION, **{"max_tokens": 12, **options}, scorer=scorer)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_finds_the_answer(shape: str) -> None:
    result = compressed(SHAPES[shape](), fallback=False)
    assert result.text == ANSWER
    assert result.metrics.texts_reread > 0
    assert result.metrics.fallback is None
    assert result.metrics.compressed_tokens <= 12


def test_the_reader_decides_over_the_fast_scorer() -> None:
    assert compressed("evidence").text == ANSWER
    result = compressed(prefers_the_budget)
    assert result.text == "Parliament voted on the budget."
    assert result.metrics.scorer == "prefers_the_budget"


def test_laconics_own_scorers_are_asked_as_before() -> None:
    class Own:
        def score(self, query: str | None, passages: Sequence[Passage], segments: Sequence[Any]) -> Any:
            return np.array([float("budget" in passages[s.passage].text[s.start : s.end]) for s in segments])

    result = compressed(Own())
    assert result.text == "Parliament voted on the budget."
    assert (result.metrics.scorer, result.metrics.texts_reread) == ("Own", 0)


# -- what is read ------------------------------------------------------------------------------------------------------


class Recording:
    """A function that remembers what it was given."""

    def __init__(self, function: Callable[[str, Sequence[str]], Any] = overlap) -> None:
        self.function = function
        self.texts: list[str] = []

    def __call__(self, query: str, texts: list[str]) -> Any:
        self.texts += texts
        given = self.function(query, texts)
        texts.clear()  # it is the caller's own list
        return given


MANY = [
    f"Street {number} has a lift that costs {number} euros. Nobody lives there. It is {number} metres long."
    for number in range(60)
]


@pytest.mark.parametrize("times", [0.5, 1, 3])
def test_as_much_is_read_as_the_budget_may_need(times: float) -> None:
    reader = Recording()
    result = laconic.compress(
        MANY,
        "What does the lift in street 7 cost?",
        max_tokens=100,
        scorer=laconic.Reranker(reader, times_budget=times, least_tokens=0),
    )
    assert 0 < len(reader.texts) == result.metrics.texts_reread < result.metrics.segments
    assert sum(map(laconic.Compressor().counter.count, reader.texts)) <= times * 100 + 5


def test_a_small_budget_reads_some_all_the_same_and_inf_reads_everything() -> None:
    question = "What does the lift in street 7 cost?"
    read = [
        laconic.compress(MANY, question, max_tokens=5, scorer=laconic.Reranker(overlap, **options)).metrics.texts_reread
        for options in ({"least_tokens": 0}, {}, {"times_budget": float("inf")})
    ]
    assert 1 <= read[0] < read[1] < read[2]


def test_read_and_unread_segments_share_one_scale() -> None:
    options: dict[str, Any] = {"max_tokens": 60, "explain": True}
    question = "What does the lift in street 7 cost?"
    fast = laconic.compress(MANY, question, **options)
    reader = laconic.Reranker(lambda query, texts: [-1e6 * worth(query, text) for text in texts], least_tokens=0)
    slow = laconic.compress(MANY, question, **options, scorer=reader)
    before, after = (np.exp([each.score for each in result.explanations or ()]) for result in (fast, slow))
    moved = [at for at, (old, new) in enumerate(zip(before, after, strict=True)) if old != pytest.approx(new)]
    assert 0 < len(moved) <= slow.metrics.texts_reread < len(before)
    assert before.sum() == pytest.approx(after.sum())
    order = sorted(moved, key=lambda at: -after[at])
    read = [(slow.explanations or ())[at] for at in order]
    said = [worth(question, MANY[each.index][slice(*each.span)]) for each in read]
    assert said == sorted(said)
    assert all(any("lambda" in reason.feature for reason in each.contributions) for each in read)


def test_ties_stay_in_the_fast_scorers_order() -> None:
    def indifferent(query: str, texts: Sequence[str]) -> list[int]:
        return [1] * len(texts)

    assert compressed(indifferent).text == compressed("evidence").text


def test_a_text_comes_with_its_title_heading_and_header() -> None:
    reader = Recording()
    rows = "\n".join(f"| {place} | {cost} |" for cost, place in enumerate(["lift", "stairs", "roof", "cellar"]))
    page = f"# Prices\n\n| place | euros |\n|---|---|\n{rows}\n"
    laconic.compress([{"text": page, "title": "The tower"}], QUESTION, max_tokens=24, scorer=reader)
    (lift,) = [text for text in reader.texts if "lift" in text]
    assert lift.startswith("The tower\n")
    assert lift.index("# Prices") < lift.index("| place | euros |") < lift.index("| lift | 0 |")


def test_whole_passages_are_read_as_they_are() -> None:
    reader = Recording(lambda query, texts: [worth(query, text) for text in texts])
    result = compressed(laconic.Reranker(reader, whole=True))
    assert sorted(reader.texts) == sorted(TEXTS)
    assert result.metrics.texts_reread == 3


def test_one_number_for_each_passage_ranks_the_passages() -> None:
    def first(query: str, texts: Sequence[str]) -> list[float]:
        return [float("1889" in text) for text in texts]

    result = compressed(laconic.Reranker(first, whole=True), max_tokens=30)
    assert result.ranked[0].index == 0


def test_spans_tell_the_sentences_of_a_passage_apart() -> None:
    def noon(query: str, texts: Sequence[str]) -> list[list[tuple[int, int, float]]]:
        return [[(at, at + 4, 0.9)] if (at := text.find("noon")) >= 0 else [] for text in texts]

    assert compressed(laconic.Reranker(noon, whole=True)).text == "A train left the station at noon."


# -- scores of passages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scorer", ["evidence", overlap, OpenProvence()], ids=["evidence", "function", "pruner"])
def test_passages_come_with_scores(scorer: Any) -> None:
    given = [{"text": text, "score": 0.1 * at} for at, text in enumerate(TEXTS)]
    result = laconic.compress(given, QUESTION, max_tokens=60, at_least=3, scorer=scorer)
    scores = [part.score for part in result.passages]
    assert sum(score or 0 for score in scores) == pytest.approx(1)
    assert [part.retrieval_score for part in result.passages] == [0.0, 0.1, 0.2]
    assert [part.score for part in result.ranked] == sorted(scores, reverse=True)
    assert [part.index for part in result.passages] == [0, 1, 2]


def test_the_pruners_word_orders_the_passages() -> None:
    class Backwards(Provence):
        def process(self, question: str, context: str, threshold: float = 0.1) -> dict[str, Any]:
            return {**super().process(question, context), "reranking_score": -float(TEXTS.index(context))}

    result = compressed(Backwards(), max_tokens=60, at_least=3)
    assert [part.index for part in result.ranked] == [0, 1, 2]


def test_where_all_fits_nobody_is_asked_unless_scores_are_wanted_anyhow() -> None:
    reader = Recording()
    result = compressed(reader, max_tokens=1000)
    assert not reader.texts
    assert [part.score for part in result.passages] == [None] * 3
    assert [part.index for part in result.ranked] == [0, 1, 2]
    result = compressed(laconic.Reranker(reader, always=True), max_tokens=1000)
    assert [part.text for part in result.passages] == TEXTS
    assert len(reader.texts) == result.metrics.texts_reread > 0
    assert result.ranked[0].index == 1


# -- no question, no text, other kinds ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("texts", "query"), [(TEXTS, None), (TEXTS, "  "), ([], QUESTION), (["", " \n"], QUESTION)])
def test_without_a_question_or_text_nobody_is_asked(texts: list[str], query: str | None) -> None:
    reader = Recording()
    result = laconic.compress(texts, query, max_tokens=12, scorer=laconic.Reranker(reader, always=True))
    assert not reader.texts
    assert result.metrics.compressed_tokens <= 12
    assert result.metrics.texts_reread == 0


def test_json_stays_json_and_the_readers_word_counts() -> None:
    records = json.dumps([{"id": at, "name": name} for at, name in enumerate(["ada", "bob", "cyd", "dan"])], indent=1)
    result = laconic.compress(
        records,
        "Which one?",
        max_tokens=26,
        scorer=lambda query, texts: [float("cyd" in text) for text in texts],
    )
    assert json.loads(result.text) == [{"id": 2, "name": "cyd"}]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_budget_holds_for_every_kind(kind: Kind, whole: bool) -> None:
    """And what is kept stands in the passage, whoever chose it."""
    given = {"text": kind.example * 3, "kind": kind.name}
    engine = laconic.Compressor(scorer=laconic.Reranker(spans, whole=whole), rate=0.3, fallback=False)
    result = engine.compress([given, "The lift costs ten euros."], QUESTION)
    assert result.metrics.compressed_tokens <= (result.metrics.budget_tokens or 0)
    for part in result.passages:
        assert all(0 <= start < end <= len(part.original) for start, end in part.spans)
    assert result == engine.compress([given, "The lift costs ten euros."], QUESTION)


def test_code_stays_code() -> None:
    pytest.importorskip("tree_sitter_python")
    source = "import os\n\n\ndef lift():\n    return os.getcwd()\n\n\ndef stairs():\n    return 1 + 1\n"
    result = laconic.compress(
        [{"text": source, "source": "a.py"}],
        "What goes up?",
        max_tokens=20,
        scorer=lambda query, texts: [float("stairs" in text) for text in texts],
    )
    compile(result.text, "a.py", "exec")
    assert "stairs" in result.text


class Against:
    """A step that has something against a word."""

    name = "against"

    def __init__(self, word: str) -> None:
        self.word = word

    def adjust(self, query: Any, passages: Sequence[Passage], segments: Sequence[Any], scores: Any) -> Any:
        texts = [passages[s.passage].text[s.start : s.end] for s in segments]
        return scores - np.array([50.0 * (self.word in text) for text in texts])


def test_steps_come_behind_the_reader() -> None:
    assert compressed(overlap, steps=[Against("lift costs")]).text != ANSWER
    assert compressed(overlap, steps=[]).text == ANSWER


# -- what goes wrong ---------------------------------------------------------------------------------------------------


def fails(query: str, texts: Sequence[str]) -> list[float]:
    raise ConnectionError("the service is down\nand more")


def test_a_failure_leaves_it_to_the_fast_scorer_and_the_metrics_say_so() -> None:
    result = compressed(fails)
    assert result.text == compressed("evidence").text
    assert result.metrics.scorer == "evidence"
    assert result.metrics.fallback == "evidence scorer in place of fails: ConnectionError: the service is down"
    assert result.metrics.texts_reread == 0
    lexical = compressed(laconic.Reranker(fails, base="lexical"))
    assert (lexical.text, lexical.metrics.scorer) == (compressed("lexical").text, "lexical")


def test_or_raises() -> None:
    with pytest.raises(ConnectionError, match="the service is down"):
        compressed(fails, fallback=False)


async def coroutine(query: str, texts: Sequence[str]) -> list[float]:
    return overlap(query, texts)


@pytest.mark.parametrize(
    ("gives", "named"),
    [
        (lambda texts: [0.5], r"a list of 1 \(float\) for 8 texts"),
        (lambda texts: np.zeros((len(texts), 2)), r"an array of shape \(8, 2\) .text 0 got an array of shape \(2,\)"),
        (lambda texts: [[0.1]] * len(texts), r"list of 8 \(list of 1\)"),
        (lambda texts: [float("nan")] * len(texts), "nan"),
        (lambda texts: [float("inf")] + [0.0] * (len(texts) - 1), r"text 0 got inf"),
        (lambda texts: ["0.5"] * len(texts), "str"),
        (lambda texts: [True] * len(texts), "bool"),
        (lambda texts: [None] * len(texts), "NoneType"),
        (lambda texts: 0.5, "gave float"),
        (lambda texts: "good", "gave str"),
        (lambda texts: None, "gave NoneType"),
        (lambda texts: {"scores": [1]}, "gave dict"),
        (lambda texts: [{"index": len(texts), "relevance_score": 1.0}], r"list of 1 \(dict\)"),
        (lambda texts: [{"index": 0, "relevance_score": 1.0}] * 2, r"list of 2 \(dict\)"),
        (lambda texts: [[(0, 1 << 20, 0.5)]] * len(texts), r"\(0, 1048576, 0\.5\) as a span of text 0"),
        (lambda texts: [[(0, 1, float("nan"))]] * len(texts), "nan.* as a span"),
    ],
)
@pytest.mark.parametrize("fallback", [True, False])
def test_a_wrong_shape_is_an_error_that_names_it(gives: Callable[[Any], Any], named: str, fallback: bool) -> None:
    def somebody(query: str, texts: Sequence[str]) -> Any:
        return gives(texts)

    with pytest.raises(ConfigurationError, match=rf"(?s)somebody.*({named}).*expected"):
        compressed(somebody, fallback=fallback)


def test_a_coroutine_is_no_answer() -> None:
    with pytest.raises(ConfigurationError, match="coroutine gave coroutine for 8 texts"):
        compressed(coroutine)


@pytest.mark.parametrize(
    ("gives", "named"),
    [
        ("text", "a str"),
        ({}, "a mapping of nothing"),
        ({"pruned_context": ["a"]}, "a mapping of 'pruned_context'"),
        ({"pruned_context": "a", "reranking_score": "high"}, "a reranking_score of 'high'"),
        ({"sentence_probabilities": [0.1, 0.2], "kept_sentences": ["a"]}, "1 sentences with 2 probabilities"),
        ({"sentence_probabilities": [float("nan")], "kept_sentences": ["a"]}, ".* probabilities"),
    ],
)
def test_so_is_that_of_a_pruner(gives: Any, named: str) -> None:
    class Pruner:
        def process(self, question: str, context: str) -> Any:
            return gives

    with pytest.raises(
        ConfigurationError, match=f"scorer Pruner gave {named}.* expected a mapping with pruned_context"
    ):
        compressed(Pruner())


class Embeds:
    def encode(self, texts: Sequence[str]) -> Any:
        raise AssertionError


@pytest.mark.parametrize(
    ("scorer", "named"),
    [
        (3, "int 3"),
        (None, "NoneType"),
        (b"bytes", "bytes"),
        (object(), "object"),
        (Predicts, "Predicts .a class; give an instance"),
        (lambda query: 0.0, "<lambda>"),
        (lambda query, texts, more: 0.0, "<lambda>"),
        (Embeds(), "Embeds .it embeds"),
    ],
)
def test_what_is_no_scorer_is_refused_when_it_is_given(scorer: Any, named: str) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"scorer .*{named}.*is not usable: give .*\(query, texts\) -> scores"
    ):
        laconic.Compressor(scorer=scorer)


def test_a_service_whose_model_is_missing_says_how_to_name_it() -> None:
    with pytest.raises(ConfigurationError, match=r"needs model too; fill it in with functools\.partial\(.*model="):
        laconic.Compressor(scorer=Service())


@pytest.mark.parametrize("place", ["./no/such/folder", Path("/no/such/folder")])
def test_a_folder_that_is_not_there_is_refused(place: Any) -> None:
    with pytest.raises(ConfigurationError, match="no such folder"):
        laconic.Compressor(scorer=place)


@pytest.mark.parametrize(
    "options",
    [{"times_budget": 0}, {"times_budget": True}, {"times_budget": float("nan")}, {"least_tokens": -1}, {"base": "x"}],
)
def test_an_option_that_cannot_work_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        laconic.Reranker(overlap, **options)


def test_it_promises_no_share_of_the_evidence_until_it_is_calibrated() -> None:
    with pytest.raises(BudgetError, match=r"Reranker\(overlap.*promises no share"):
        laconic.Compressor(scorer=overlap, recall=0.5)
    rows = [{"query": QUESTION, "passages": TEXTS, "evidence": [ANSWER]}] * 30
    calibration = laconic.calibrate(rows, recall=0.9, scorer=overlap)
    result = laconic.compress(TEXTS, QUESTION, recall=0.9, calibration=calibration, scorer=overlap)
    assert ANSWER in result.text


# -- objects -----------------------------------------------------------------------------------------------------------


def test_it_pickles_and_says_what_it_is() -> None:
    reranker = laconic.Reranker(overlap, times_budget=2, base="lexical")
    assert repr(reranker) == "Reranker(overlap, base='lexical', times_budget=2, reads segments)"
    engine = pickle.loads(pickle.dumps(laconic.Compressor(scorer=reranker, max_tokens=12)))  # noqa: S301 - our own bytes
    assert engine.compress(TEXTS, QUESTION).text == ANSWER


def test_threads_share_it() -> None:
    for scorer in (overlap, OpenProvence(), Predicts()):
        engine = laconic.Compressor(scorer=scorer, max_tokens=12, fallback=False)
        with ThreadPoolExecutor(8) as pool:
            found = set(pool.map(lambda _: engine.compress(TEXTS, QUESTION).text, range(24)))  # noqa: B023 - ends here
        assert found == {ANSWER}


def test_the_same_call_has_the_same_result() -> None:
    assert compressed(overlap) == compressed(overlap)


def test_what_is_left_of_a_text_is_found_by_its_words() -> None:
    text = "The end is near. The beginning is far away. It is what it is."
    (span,) = kept_spans(text, "the beginning  is far away!")
    assert text[span.start : span.end] == "The beginning is far away."
    assert kept_spans(text, "") == []
    assert kept_spans("", "words") == []
    assert kept_spans("one", "one") == [ScoredSpan(0, 3, 1.0)]


def test_sentences_are_found_whatever_their_white_space() -> None:
    text = "One  two.\nThree.   One two."
    found = placed(text, ["One two.", "nowhere", "Three.\n", "Onetwo.", ""])
    assert [None if span is None else text[slice(*span)] for span in found] == [
        "One  two.", None, "Three.", "One two.", None,
    ]  # fmt: skip
