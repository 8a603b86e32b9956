"""A call with a deadline does what is left by simpler means, says so, and keeps the laws. Clocks are handed in."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

import laconic
from laconic.batch import BatchCompressor
from laconic.exceptions import ConfigurationError
from laconic.pipeline import Pipeline

QUESTION = "Who keeps the lighthouse of Brema?"
PASSAGES = [
    f"The town of Brema{at} has {at + 3} gates. Its market opens at dawn. "
    + ("Olga Prins keeps the lighthouse of Brema. " if at == 7 else "Nobody counts the gulls. ")
    + "Ships wait for the tide. The council meets on Mondays."
    for at in range(12)
]


class Clock:
    """Seconds that pass only when somebody looks: ``step`` each time, all of them after ``stop`` looks."""

    def __init__(self, step: float = 0.0, stop: float = float("inf")) -> None:
        self.now, self.step, self.stop, self.looks = 0.0, step, stop, 0

    def __call__(self) -> float:
        self.looks += 1
        self.now += self.step if self.looks <= self.stop else 1e6
        return self.now


def compress(timeout_ms, passages=PASSAGES, query=QUESTION, **options):
    return laconic.compress(passages, query, timeout_ms=timeout_ms, **({"max_tokens": 60} | options))


def within(looks, **options):
    """A call whose time is over after so many looks at the clock."""
    return compress(laconic.Deadline(1000, clock=Clock(stop=looks)), **options)


def looks_of_a_call(**options):
    clock = Clock()
    compress(laconic.Deadline(1000, clock=clock), **options)
    return clock.looks


def bare(result):
    return result.text, result.passages, result.dropped


def test_a_deadline_that_does_not_pass_changes_nothing():
    ample = compress(laconic.Deadline(1000, clock=Clock()), explain=True)
    plain = compress(None, explain=True)
    assert ample == plain
    assert not ample.metrics.timed_out
    assert ample.metrics.fallback is None


def test_it_is_asked_often_and_whenever_it_passes_the_laws_hold():
    looks = looks_of_a_call()
    assert looks > len(PASSAGES)
    for stop in range(1, looks):
        result = within(stop)
        assert 0 < result.metrics.compressed_tokens <= 60
        texts = ["".join(PASSAGES[part.index][a:b] for a, b in part.spans) for part in result.passages]
        assert texts == [part.text for part in result.passages]
        pieces = sorted(
            [(part.index, *span) for part in result.passages for span in part.spans]
            + [(cut.index, *cut.span) for cut in result.dropped]
        )
        assert "".join(PASSAGES[at][a:b] for at, a, b in pieces) == "".join(PASSAGES)
        assert result.metrics.timed_out == (result.metrics.fallback is not None)
    assert within(1).metrics.timed_out


@pytest.mark.parametrize(
    ("share", "scorer", "said"),
    [
        (0.0, "evidence", None),
        (0.3, "lexical", "the question's words rank in place of evidence"),
        (0.6, "lexical", "12 of 12 passages are not read, so kept whole or not at all"),
        (0.96, "order", "the order of the passages ranks in place of evidence"),
        (1.0, "order", "the selection was not refined"),
    ],
)
def test_what_is_left_out_depends_on_how_much_of_the_time_is_over(share, scorer, said):
    class Jump(Clock):
        def __call__(self):
            self.looks += 1
            return 0.0 if self.looks == 1 else share

    metrics = compress(laconic.Deadline(1000, clock=Jump())).metrics
    assert metrics.scorer == scorer
    assert metrics.timed_out == (said is not None)
    assert said is None or (said in metrics.fallback and "1000 ms were over" in metrics.fallback)


def test_passages_that_are_read_in_time_are_cut_the_others_are_whole():
    read = 5
    result = within(1 + read, max_tokens=150)
    assert f"{len(PASSAGES) - read} of {len(PASSAGES)} passages" in result.metrics.fallback
    assert all(part.level == "full" for part in result.passages if part.index >= read)


def test_words_still_find_the_answer_where_the_scorer_has_no_time():
    class Third(Clock):
        def __call__(self):
            self.looks += 1
            return 0.0 if self.looks == 1 else 0.3

    assert "Olga Prins" in compress(laconic.Deadline(1000, clock=Third()), max_tokens=40).text


def test_what_fits_comes_back_as_it_is():
    result = within(1, max_tokens=10_000)
    assert result.text == "\n\n".join(PASSAGES)
    assert not result.metrics.timed_out


def test_coverage_becomes_half_where_nothing_tells_it():
    result = within(1, max_tokens=None, recall=0.9)
    assert result.metrics.budget_tokens == result.metrics.original_tokens // 2
    assert 0 < result.metrics.compressed_tokens <= result.metrics.budget_tokens


def test_at_least_and_preserve_hold_all_the_same():
    assert len(within(1, at_least=3).passages) >= 3
    assert "Olga" in within(1, preserve=["Olga"], max_tokens=70).text


def test_one_passage_that_nobody_read_is_begun():
    text = "word " * 5000
    result = within(1, passages=text, max_tokens=50)
    assert 40 <= result.metrics.compressed_tokens <= 50
    assert text.startswith(result.text)


def test_explanations_name_the_deadline():
    late = within(1, explain=True)
    assert {reason.feature for each in late.explanations for reason in each.contributions} == {"deadline"}
    assert all(reason.value == 1000 for each in late.explanations for reason in each.contributions)


def test_a_kind_that_is_not_known_is_refused_in_time_or_not():
    with pytest.raises(ConfigurationError, match="kind 'novel'"):
        within(1, passages=[{"text": "a b c d", "kind": "novel"}], max_tokens=2)


# -- scorers ----------------------------------------------------------------------------------------------------------


class Slow:
    """A reranker that takes time by a clock of the test's."""

    def __init__(self, clock, seconds):
        self.clock, self.seconds, self.read = clock, seconds, 0

    def __call__(self, query, texts):
        self.clock.now += self.seconds * len(texts)
        self.read += len(texts)
        return [float("gates" in text) for text in texts]


def test_a_reranker_is_not_asked_again_once_the_time_is_over():
    clock = Clock()
    slow = Slow(clock, 0.07)
    ranker = laconic.Reranker(slow, times_budget=float("inf"))
    result = compress(laconic.Deadline(1000, clock=clock), scorer=ranker)
    assert 0 < slow.read < result.metrics.segments
    assert result.metrics.texts_reread == slow.read
    assert "was not asked about all" in result.metrics.fallback
    assert "gates" in result.text


def test_a_reranker_that_had_no_turn_is_not_named():
    clock = Clock(stop=1)
    slow = Slow(clock, 0.07)
    metrics = compress(laconic.Deadline(1000, clock=clock), scorer=laconic.Reranker(slow)).metrics
    assert (slow.read, metrics.scorer) == (0, "order")


def test_a_scorer_that_cannot_be_stopped_is_not_begun_late():
    class Own:
        name = "own"

        def score(self, query, passages, segments):
            raise AssertionError("it was begun")

    assert within(1, scorer=Own()).metrics.scorer == "order"


def test_stopped_scorers_say_so():
    from laconic.score.evidence import EvidenceScorer
    from laconic.score.lexical import LexicalScorer
    from laconic.types import BoundedScorer, Passage, Segment

    passages, segments = [Passage("A gull. A ship.")], [Segment(0, 0, 7), Segment(0, 8, 15)]
    for scorer in (EvidenceScorer.shared(), LexicalScorer(), laconic.HybridScorer()):
        assert isinstance(scorer, BoundedScorer)
        assert scorer.score_within("gull", passages, segments, lambda: True) is None
        whole = scorer.score_within("gull", passages, segments, lambda: False)
        assert np.array_equal(whole, scorer.score("gull", passages, segments))


# -- doors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf"), True, "50"])
def test_what_is_no_time_is_refused(bad):
    with pytest.raises(ConfigurationError, match="timeout_ms is"):
        laconic.Compressor(timeout_ms=bad)
    with pytest.raises(ConfigurationError, match="timeout_ms is"):
        laconic.Compressor().compress("a b", "a", timeout_ms=bad)
    with pytest.raises(ConfigurationError, match="timeout_ms is"):
        laconic.Deadline(bad)


def test_what_cannot_work_is_refused():
    with pytest.raises(ConfigurationError, match="fallback=False"):
        laconic.Compressor(timeout_ms=50, fallback=False)
    with pytest.raises(ConfigurationError, match="fallback=False"):
        laconic.Compressor(fallback=False).compress("a b", "a", timeout_ms=50)
    with pytest.raises(ConfigurationError, match="Deadline"):
        laconic.Compressor(timeout_ms=laconic.Deadline(50))


def late(result):
    return "ms were over" in result


def test_every_call_of_an_instance_has_its_time():
    compressor = laconic.Compressor(max_tokens=60, timeout_ms=1e-6)
    assert compressor.compress(PASSAGES, QUESTION).metrics.timed_out
    assert compressor.compress(PASSAGES, QUESTION, timeout_ms=1e9).metrics.timed_out is False
    assert asyncio.run(compressor.acompress(PASSAGES, QUESTION)).metrics.timed_out
    assert all(each.metrics.timed_out for each in compressor.compress_batch([(PASSAGES, QUESTION)] * 2))


def test_two_calls_share_a_deadline():
    clock = Clock()
    deadline = laconic.Deadline(1000, clock=clock)
    assert not compress(deadline).metrics.timed_out
    clock.now = 2.0
    assert compress(deadline).metrics.timed_out


def test_batches_pipelines_and_prose_have_it():
    batch = BatchCompressor(max_tokens=60, timeout_ms=1e-6)
    row = batch({"query": [QUESTION], "passages": [PASSAGES]})
    assert row["compressed_tokens"][0] <= 60
    assert row["error"] == [None]
    step = laconic.Compressor(max_tokens=60, timeout_ms=1e-6)
    assert late(Pipeline([step]).compress(PASSAGES, QUESTION).metrics.fallback)


def test_adapters_have_it():
    documents = pytest.importorskip("langchain_core.documents")
    from langchain_laconic import LaconicCompressor

    results = []
    made = LaconicCompressor(max_tokens=60, timeout_ms=1e-6, on_result=results.append, on_error="raise")
    kept = made.compress_documents([documents.Document(text) for text in PASSAGES], QUESTION)
    assert kept
    assert results[0].metrics.timed_out
    assert results[0].metrics.compressed_tokens <= 60
    with pytest.raises(ValueError, match="timeout_ms"):
        LaconicCompressor(strategy="lod", timeout_ms=50)
    with pytest.raises(ValueError, match="timeout_ms"):
        LaconicCompressor(timeout_ms=0)
