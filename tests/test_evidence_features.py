"""The arrays behind the evidence scorer against plain, slow readings of the same definitions."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.kinds.catalogue import segmenter_for
from laconic.score.evidence.features import FEATURE_NAMES, compute_features
from laconic.score.evidence.lexicon import Bit, Lexicon
from laconic.score.evidence.question import KINDS, focus_phrase, kind_of
from laconic.score.evidence.reading import MAX_TERMS, Reading, read_call
from laconic.score.evidence.signals import Signals
from laconic.score.vectors.static import StaticVectors
from laconic.score.words import STOP_WORDS, stem
from laconic.types import Passage, Segment

WORD = re.compile(r"[^\W_]+")
VOCABULARY = "the river rivers bank Bank of Paris 1999 42 runs running ran water is who quickly Ünïcode getName".split()
TEXTS = st.lists(st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=12).map(" ".join), min_size=1, max_size=6)


def reading_of(
    query: str, texts: list[str], titles: list[str | None] | None = None, lexicon: Lexicon | None = None
) -> Reading:
    passages = [Passage(text, title=titles[i] if titles else None) for i, text in enumerate(texts)]
    segments = [Segment(i, 0, len(text)) for i, text in enumerate(texts)]
    return read_call(lexicon or Lexicon(StaticVectors.shared()), query, passages, segments)


def column(reading: Reading, name: str) -> np.ndarray:
    return compute_features(reading).table[:, FEATURE_NAMES.index(name)]


@settings(deadline=None)
@given(texts=TEXTS, query=st.lists(st.sampled_from(VOCABULARY[:-1]), min_size=1, max_size=8).map(" ".join))
def test_counts_and_similarities(texts: list[str], query: str) -> None:
    vectors = StaticVectors.shared()
    reading = reading_of(query, texts)
    terms = list(dict.fromkeys(stem(word.lower()) for word in WORD.findall(query)))
    first = {stem(word.lower()): word for word in reversed(WORD.findall(query))}
    assert reading.exact.shape == (len(terms), len(texts))
    for t, term in enumerate(terms):
        for i, text in enumerate(texts):
            words = [word for word in WORD.findall(text) if word != "getName"]
            assert reading.exact[t, i] == sum(stem(word.lower()) == term for word in words)
            if reading.exact[t, i]:
                assert reading.similar[t, i] == 1
                continue
            if reading.is_stop[t] or first[term].lower() in STOP_WORDS:
                continue
            best = 0.0
            mine = vectors.word_vector(first[term])
            for word in [*words, *(["getName", "get", "Name"] if "getName" in text else [])]:
                if word.lower() not in STOP_WORDS:
                    other = vectors.word_vector(word)
                    best = max(best, float(mine @ other / np.linalg.norm(mine) / np.linalg.norm(other)))
            # Vectors are kept in eight bits.
            assert reading.similar[t, i] == pytest.approx(best if best >= 0.3 else 0.0, abs=0.02) or 0.28 < best < 0.32


@settings(deadline=None)
@given(texts=TEXTS, query=st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=8).map(" ".join))
def test_table_is_finite_and_shares_are_shares(texts: list[str], query: str) -> None:
    reading = reading_of(query, texts, [None if i % 2 else "River Bank" for i in range(len(texts))])
    table, links = compute_features(reading)
    assert table.shape == (len(texts), len(FEATURE_NAMES))
    assert np.isfinite(table).all()
    for name in ("bm25", "covered", "soft_titled", "window_soft", "label", "topic", "bridge", "title_asked"):
        values = table[:, FEATURE_NAMES.index(name)]
        assert (values >= -1e-5).all()
        assert (values <= 1 + 1e-5).all()
    assert (links < max(reading.segments, reading.passages)).all()


@settings(deadline=None)
@given(texts=TEXTS)
def test_what_the_lexicon_met_before_does_not_matter(texts: list[str]) -> None:
    """To the last bit: a worker that is started later gives what the others give."""
    used = Lexicon(StaticVectors.shared())
    for word in ("zebra", "Paris", "quux", "42", *reversed(" ".join(texts).split())):
        used.rows(word)
    used.columns()
    left = compute_features(reading_of("who runs the river bank", texts)).table
    right = compute_features(reading_of("who runs the river bank", texts, lexicon=used)).table
    assert np.array_equal(left, right)


def test_bm25_against_the_formula() -> None:
    texts = ["river river bank", "bank of Paris", "water runs quickly in Paris today"]
    query = "river Paris"
    lengths = [3, 3, 6]
    n, mean = len(texts), sum(lengths) / 3
    expected = []
    for text, length in zip(texts, lengths, strict=True):
        score = 0.0
        for term in ("river", "Paris"):
            df = sum(term in other.split() for other in texts)
            idf = math.log(1 + (n - df + 0.5) / (df + 0.5))
            tf = text.split().count(term)
            score += idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * length / mean))
        expected.append(score)
    assert Signals(reading_of(query, texts)).bm25 == pytest.approx(expected, rel=1e-5)


def test_neighbours_stay_inside_their_passage() -> None:
    passages = [Passage("One. Two. Three."), Passage("Four. Five.")]
    segments: list[Segment] = []
    for index, passage in enumerate(passages):
        segments.extend(segmenter_for(passage).segment(passage, index, len(segments)))
    reading = read_call(Lexicon(None), "two", passages, segments)
    values = np.arange(1.0, 1.0 + reading.segments)
    assert reading.segments == 5
    before, behind = reading.beside(values)
    assert before.tolist() == [0, 1, 2, 0, 4]
    assert behind.tolist() == [2, 3, 0, 5, 0]
    before, behind = reading.beside(np.stack([values, -values]), 2)
    assert before.tolist() == [[0, 0, 1, 0, 0], [0, 0, -1, 0, 0]]
    assert behind.tolist() == [[3, 0, 0, 0, 0], [-3, 0, 0, 0, 0]]
    assert reading.best_of_passage(values).shape == (2,)


def test_links_lead_from_a_name_to_its_passage() -> None:
    texts = ["The film was directed by Arthur Rosson.", "He was born in 1886.", "Bread is baked."]
    reading = reading_of(
        "When was the director of the film born?", texts, ["King of the Sierras", "Arthur Rosson", "Bread"]
    )
    table, links = compute_features(reading)
    assert links.tolist() == [[0, 1]]
    named = table[:, FEATURE_NAMES.index("passage_named")]
    assert named[1] > named[2] == 0


def test_a_subject_stands_in_for_a_missing_title() -> None:
    texts = [
        "The film was directed by Arthur Rosson.",
        "Arthur Rosson (1886 – 1960) was a director.",
        "Bread is baked.",
    ]
    assert compute_features(reading_of("Who directed the film?", texts)).links.tolist() == [[0, 1]]


def test_label_of_a_record_a_row_and_a_speaker() -> None:
    texts = ['"order status": "shipped",', "Order status | 14 | 15", "Order status: it was shipped.", "It was shipped."]
    reading = reading_of("What is the order status?", texts)
    assert column(reading, "label").tolist() == pytest.approx([1, 1, 1, 0])
    assert column(reading, "labelled").tolist() == [1, 1, 1, 0]


def test_requirements_are_context() -> None:
    passage = Passage("Appliances | 2019\nSensors | 914")
    segments = [Segment(0, 0, 17, "table_header"), Segment(0, 18, 31, "table_row", requires=(0,))]
    reading = read_call(Lexicon(StaticVectors.shared()), "What was it for Sensors in 2019?", [passage], segments)
    assert column(reading, "above_adds")[1] > 0


def test_long_questions_are_cut_to_terms_that_occur() -> None:
    query = " ".join(f"filler{i}" for i in range(300)) + " river bank"
    reading = reading_of(query, ["the river", "a bank", "something"])
    assert len(reading.terms) == MAX_TERMS
    assert reading.exact.sum() == 2


def test_words_in_capitals_digits_and_scripts() -> None:
    lexicon = Lexicon(StaticVectors.shared())
    rows = lexicon.rows("In May 1999 getUserName cost $5 because 北京大学 2019年")
    columns = lexicon.columns()
    bits = {row: int(columns.bits[row]) for row in rows}
    words = lexicon._row_of
    assert bits[words["May"]] & Bit.CALENDAR
    assert bits[words["1999"]] & Bit.YEAR
    assert bits[words["$"]] & Bit.MONEY
    assert bits[words["because"]] & Bit.REASON
    assert {"getUserName", "get", "User", "Name", "北京", "京大", "大学", "2019", "年"} <= set(words)


def test_columns_taken_earlier_stay_valid_when_the_lexicon_grows() -> None:
    lexicon = Lexicon(StaticVectors.shared())
    row = lexicon.rows("Paris")[0]
    before = lexicon.columns()
    vector = before.vector[row].copy()
    lexicon.rows(" ".join(f"word{i}" for i in range(9000)))
    after = lexicon.columns()
    assert np.array_equal(before.vector[row], vector)
    assert np.array_equal(after.vector[row], vector)
    assert len(after.stem) >= len(lexicon) > 9000


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who wrote it?", "who"),
        ("In what year did it open?", "when"),
        ("how many episodes are there", "number"),
        ("Where is it?", "where"),
        ("Why did it fail?", "why"),
        ("Is it open?", "yes_no"),
        ("¿Quién lo escribió?", "who"),
        ("北京在哪里？", "where"),
        ("Когда он родился?", "when"),
        ("errors", "other"),
    ],
)
def test_kinds_of_question(question: str, kind: str) -> None:
    assert KINDS[kind_of(question)] == kind


def test_focus() -> None:
    assert focus_phrase("Which football club won?").split()[:2] == ["football", "club"]
    assert focus_phrase("Tell me.") == ""
