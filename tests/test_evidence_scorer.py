"""The evidence scorer's contract: probabilities, what may not matter, bad input, threads, pickles."""

from __future__ import annotations

import math
import pickle
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.exceptions import ConfigurationError
from laconic.kinds.catalogue import segmenter_for
from laconic.score.evidence import FEATURE_NAMES, EvidenceScorer
from laconic.score.evidence import lexicon as lexicon_module
from laconic.types import Passage, Segment

TOWER = "The Eiffel Tower is 330 m tall. It was built in 1889. The tower is painted every seven years."
BREAD = "Bread is made from flour. Salt and water are added. It is baked in an oven."


def segments_of(passages: list[Passage]) -> list[Segment]:
    segments: list[Segment] = []
    for index, passage in enumerate(passages):
        segments.extend(segmenter_for(passage).segment(passage, index, len(segments)))
    return segments


def scores_of(query: str | None, texts: list[str], titles: list[str] | None = None) -> np.ndarray:
    passages = [Passage(text, title=titles[i] if titles else None) for i, text in enumerate(texts)]
    return EvidenceScorer.shared().score(query, passages, segments_of(passages))


def best(query: str, texts: list[str], titles: list[str] | None = None) -> str:
    passages = [Passage(text, title=titles[i] if titles else None) for i, text in enumerate(texts)]
    segments = segments_of(passages)
    at = int(np.argmax(EvidenceScorer.shared().score(query, passages, segments)))
    return texts[segments[at].passage][segments[at].start : segments[at].end]


def assert_probabilities(scores: np.ndarray, n: int) -> None:
    assert scores.shape == (n,)
    assert np.isfinite(scores).all()
    assert (scores <= 1e-9).all()
    assert math.isclose(float(np.exp(scores).sum()), 1.0, rel_tol=1e-6)


PLAIN = "the tower height of Paris 330 m König 北京 привет get_user getUserName 2024-05-21".split()
WORDS = st.sampled_from([*PLAIN, "{", "}", ":", "|", "\x00", "\u200d", "é", "?", ".", "\n", "-", "#", "$"])
TEXTS = st.lists(WORDS, min_size=1, max_size=40).map(" ".join)


@settings(deadline=None)
@given(
    query=st.one_of(st.none(), TEXTS, st.text(max_size=40)),
    texts=st.lists(st.one_of(TEXTS, st.text(max_size=60)), max_size=6),
)
def test_scores_are_log_probabilities(query: str | None, texts: list[str]) -> None:
    passages = [Passage(text) for text in texts]
    segments = segments_of(passages)
    scores = EvidenceScorer.shared().score(query, passages, segments)
    if segments:
        assert_probabilities(scores, len(segments))
    else:
        assert scores.shape == (0,)


@settings(deadline=None)
@given(texts=st.lists(TEXTS, min_size=2, max_size=5, unique=True), query=TEXTS, seed=st.randoms())
def test_order_of_passages_does_not_matter(texts: list[str], query: str, seed: object) -> None:
    order = list(range(len(texts)))
    seed.shuffle(order)  # type: ignore[attr-defined]

    def by_place(arranged: list[int]) -> dict[tuple[int, int], float]:
        passages = [Passage(texts[i], title=f"T{i}") for i in arranged]
        segments = segments_of(passages)
        scores = EvidenceScorer.shared().score(query, passages, segments)
        return {(arranged[s.passage], s.start): float(x) for s, x in zip(segments, scores, strict=True)}

    left, right = by_place(list(range(len(texts)))), by_place(order)
    assert left.keys() == right.keys()
    # The best passages and sentences are sources of two features; of equally good ones position may still decide.
    assert all(abs(math.exp(left[key]) - math.exp(right[key])) < 0.15 for key in left)


def test_same_call_same_scores_whatever_came_before() -> None:
    fresh = EvidenceScorer()
    passages = [Passage(TOWER), Passage(BREAD)]
    segments = segments_of(passages)
    first = fresh.score("How tall is it?", passages, segments)
    fresh.score("something else entirely", [Passage("new words everywhere")], [Segment(0, 0, 20)])
    assert np.array_equal(first, fresh.score("How tall is it?", passages, segments))


def test_finds_the_sentence_that_answers() -> None:
    assert best("How tall is the Eiffel Tower?", [BREAD, TOWER]) == "The Eiffel Tower is 330 m tall."
    assert "painted" in best("How often is it painted?", [BREAD, TOWER], ["Bread", "Eiffel Tower"])


def test_follows_an_entity_to_its_passage() -> None:
    texts = [
        "Kiss and Tell is a 1945 film starring Shirley Temple as Corliss Archer.",
        "Shirley Temple was an actress. She was named ambassador to Ghana and later served as Chief of Protocol.",
        "Meet Corliss Archer was a radio programme. It ran from 1943 to 1956 on several stations.",
        "Bread is made from flour. It is baked in an oven.",
    ]
    titles = ["Kiss and Tell (1945 film)", "Shirley Temple", "Meet Corliss Archer", "Bread"]
    passages = [Passage(text, title=title) for text, title in zip(texts, titles, strict=True)]
    segments = segments_of(passages)
    query = "What government position was held by the woman who portrayed Corliss Archer in the film Kiss and Tell?"
    order = np.argsort(-EvidenceScorer.shared().score(query, passages, segments))
    top = [texts[segments[i].passage][segments[i].start : segments[i].end] for i in order[:4]]
    assert top[0] == texts[0]
    assert any("Chief of Protocol" in text for text in top)


def test_finds_a_key_a_row_and_a_speaker() -> None:
    record = "{\n" + ",\n".join(f'"{i * 7919:08x}": "{i * 104729:08x}"' for i in range(1, 60)) + "\n}"
    assert best(f'What is the value of the key "{33 * 7919:08x}"?', [record]).startswith(f'"{33 * 7919:08x}"')
    table = " | 2019 | 2018\nSensors | 914 | 918\nAppliances | 680 | 774\nEnergy | 699 | 712\nTotal | 2,293 | 2,404"
    assert best("What was the amount for Appliances in 2019?", [table]).startswith("Appliances")


def test_english_question_finds_shared_names_in_other_languages() -> None:
    german = "Der Eiffelturm ist 330 Meter hoch. Er steht in Paris. Brot wird aus Mehl gebacken. Das Wetter ist schön."
    assert_probabilities(scores_of("Was the tower built in Paris?", [german]), 4)
    assert "Paris" in best("What stands in Paris?", [german])
    chinese = "北京是中国的首都。面包是用面粉做的。今天天气很好。"
    assert "北京" in best("中国的首都是哪里？", [chinese])


def test_question_of_five_thousand_words() -> None:
    query = " ".join(f"word{i}" for i in range(5000)) + " How tall is the Eiffel Tower?"
    scores = scores_of(query, [TOWER, BREAD] * 20)
    assert_probabilities(scores, 120)
    assert best(query, [BREAD, TOWER]) in TOWER


@pytest.mark.parametrize("texts", [["a"], ["word"] * 50, ["-", "?", "…"], ["\u0301", "\ufeff", "…"]])
def test_passages_of_one_word(texts: list[str]) -> None:
    passages = [Passage(text) for text in texts]
    segments = [Segment(i, 0, len(text)) for i, text in enumerate(texts)]
    assert_probabilities(EvidenceScorer.shared().score("word?", passages, segments), len(texts))


def test_no_segments_and_no_question() -> None:
    assert EvidenceScorer.shared().score("?", [Passage("")], []).shape == (0,)
    for query in (None, "", "???", "\x00"):
        assert_probabilities(scores_of(query, [TOWER, BREAD]), 6)


def test_time_grows_no_faster_than_the_text() -> None:
    def seconds(sentences: int) -> float:
        texts = [
            " ".join(f"Sentence {i} of part {p} names Thing{i % 97} and value {i * p}." for i in range(20))
            for p in range(sentences // 20)
        ]
        passages = [Passage(text, title=f"Part {p}") for p, text in enumerate(texts)]
        segments = segments_of(passages)
        scorer = EvidenceScorer()
        began = time.thread_time()
        scores = scorer.score("Which value does Thing42 of part 7 name?", passages, segments)
        assert_probabilities(scores, len(segments))
        return time.thread_time() - began

    seconds(200)
    small, large = seconds(2_000), seconds(20_000)
    assert large < 25 * small  # ten times the text; quadratic work would take a hundred times as long


def test_the_word_memo_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon_module, "_MAX_WORDS", 200)
    scorer = EvidenceScorer()
    passages = [Passage(TOWER), Passage(BREAD)]
    expected = scorer.score("How tall is the tower?", passages, segments_of(passages))
    for call in range(20):
        text = " ".join(f"w{call}x{i}" for i in range(100))
        scorer.score("w", [Passage(text)], [Segment(0, 0, len(text))])
        assert len(scorer._lexicons) <= 200 + 100 * 5
    assert np.array_equal(expected, scorer.score("How tall is the tower?", passages, segments_of(passages)))


def test_the_memo_is_bounded_for_text_whose_words_are_few_but_never_divided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon_module, "_MAX_CHUNK_BYTES", 10_000)
    scorer = EvidenceScorer()
    for call in range(20):  # no blanks: every text is one new chunk of the same two pairs of characters
        text = "塔高" * (500 + call)
        scorer.score("塔", [Passage(text)], [Segment(0, 0, len(text))])
        assert sum(map(len, scorer._lexicons.of(())._code_of)) <= 10_000 + 6 * len(text)


def test_threads_share_one_scorer() -> None:
    scorer = EvidenceScorer()
    calls = [
        (f"Which value has key{i}?", [Passage(" ".join(f"key{j} has value{j * i}." for j in range(40)))])
        for i in range(1, 40)
    ]
    expected = [EvidenceScorer().score(query, passages, segments_of(passages)) for query, passages in calls[:5]]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda call: scorer.score(call[0], call[1], segments_of(call[1])), calls * 3))
    for got, want in zip(results, expected, strict=False):
        assert np.allclose(got, want, atol=1e-5)
    for at, result in enumerate(results[: len(calls)]):
        assert np.array_equal(result, results[at + len(calls)])


def test_pickles() -> None:
    scorer = EvidenceScorer()
    passages = [Passage(TOWER)]
    copy = pickle.loads(pickle.dumps(scorer))  # noqa: S301 - our own bytes
    assert np.array_equal(
        scorer.score("How tall?", passages, segments_of(passages)),
        copy.score("How tall?", passages, segments_of(passages)),
    )


def test_explanations_are_of_the_same_scores() -> None:
    passages = [Passage(TOWER), Passage(BREAD)]
    segments = segments_of(passages)
    scorer = EvidenceScorer.shared()
    scores = scorer.score("How tall is the Eiffel Tower?", passages, segments)
    explained = scorer.explain("How tall is the Eiffel Tower?", passages, segments, top=3)
    assert [e.score for e in explained] == scores.tolist()
    assert math.isclose(sum(e.probability for e in explained), 1.0, rel_tol=1e-6)
    for explanation in explained:
        assert len(explanation.contributions) == 3
        assert all(c.feature in FEATURE_NAMES for c in explanation.contributions)
        sizes = [abs(c.points) for c in explanation.contributions]
        assert sizes == sorted(sizes, reverse=True)
    every = scorer.explain("How tall is the Eiffel Tower?", passages, segments, top=len(FEATURE_NAMES))
    sums = [sum(c.points for c in explanation.contributions) for explanation in every]
    assert sums[0] > max(0.0, *sums[1:])
    assert scorer.explain("?", passages, [], top=3) == []
    with pytest.raises(ConfigurationError, match="top=-1"):
        scorer.explain("?", passages, segments, top=-1)
