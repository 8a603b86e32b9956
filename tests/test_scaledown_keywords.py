"""Which words and phrases count as a text's keywords."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from strategies import texts

from laconic.score.keywords import detect_keywords

CASES = {
    "The pump moves 3.5 GB/s at 50 Hz.": {"3.5 GB/s": "quantity", "50 Hz": "quantity"},
    "They paid $33 billion, 12.5 % of it in cash.": {"$33 billion": "quantity", "12.5 %": "quantity"},
    "It was signed on 28 June 1919.": {"28 June 1919": "date"},
    "Released July 16, 1969; again on 2024-05-01 and in Q3 2024.": {
        "July 16, 1969": "date",
        "2024-05-01": "date",
        "Q3 2024": "date",
    },
    "Call parse_header() or HttpClient.send with --max-retries.": {
        "parse_header": "identifier",
        "HttpClient.send": "identifier",
        "--max-retries": "identifier",
    },
    "NASA follows RFC 2616 with v1.2.3.": {"NASA": "identifier", "RFC 2616": "identifier", "v1.2.3": "identifier"},
    "Run `make demo` first.": {"make demo": "identifier"},
    "We met Marie Curie at the University of Paris.": {"Marie Curie": "name", "University of Paris": "name"},
    "Under the Treaty of Versailles, peace came.": {"Treaty of Versailles": "name"},
    "Mitochondria make energy.": {"Mitochondria": "term"},
}


@pytest.mark.parametrize("text", CASES)
def test_kinds(text: str) -> None:
    found = {keyword.text: keyword.kind for keyword in detect_keywords(text)}
    # "parse_header()" may come with its parentheses
    found = {name.removesuffix("()"): kind for name, kind in found.items()}
    assert CASES[text].items() <= found.items()


def test_common_words_are_no_keywords() -> None:
    assert detect_keywords("However, the system was built and it works. This is what they found.") == []


def test_a_repeated_term_counts_and_comes_earlier() -> None:
    text = "The liability is capped. A liability clause follows. The mitochondria are elsewhere. No liability."
    keywords = detect_keywords(text)
    assert [(keyword.text, keyword.count) for keyword in keywords] == [("liability", 3), ("mitochondria", 1)]


def test_a_part_of_a_keyword_is_none() -> None:
    texts_found = {
        keyword.text for keyword in detect_keywords("On 28 June 1919 the pump ran at 50 kHz, see parse_header.")
    }
    assert not texts_found & {"June", "1919", "28", "50", "kHz", "parse", "header"}


@given(texts)
def test_keywords_stand_in_the_text_once_each(text: str) -> None:
    keywords = detect_keywords(text)
    assert all(keyword.text in text and keyword.count >= 1 and keyword.weight > 0 for keyword in keywords)
    assert len({keyword.text.casefold() for keyword in keywords}) == len(keywords)
    assert [keyword.weight for keyword in keywords] == sorted((k.weight for k in keywords), reverse=True)
    assert detect_keywords(text) == keywords


@pytest.mark.parametrize("piece", ["a", "a_", "A-", "$1", "A B ", "1.", "`", "Aa", "a/b", "--", "a.", "1 ", "May "])
def test_time_is_linear_on_runs_without_end(piece: str) -> None:
    detect_keywords("warm up, Mitochondria")  # the word table is read once
    began = time.process_time()
    detect_keywords(piece * (100_000 // len(piece)))
    assert time.process_time() - began < 3
