"""Words of every script: what counts as one, and under which form it is compared."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic._utils.words import MARKED_WORD, MARKS, characters_of, find_words, fold_word, is_unspaced, unspaced_parts
from laconic.score.evidence.lexicon import Lexicon
from laconic.score.words import query_terms, stems

LETTERS = st.text(
    st.one_of(
        st.characters(min_codepoint=0x20, max_codepoint=0x24F),
        st.characters(min_codepoint=0x300, max_codepoint=0x1100),
        st.characters(min_codepoint=0x1780, max_codepoint=0x17FF),
        st.characters(min_codepoint=0x200B, max_codepoint=0x200F),
        st.characters(min_codepoint=0x3000, max_codepoint=0x30FF),
        st.characters(min_codepoint=0xF900, max_codepoint=0xFFFF),
        st.characters(min_codepoint=0x20000, max_codepoint=0x20010),
    ),
    max_size=30,
)


def test_the_set_of_marks_is_that_of_unicode() -> None:
    """Every combining mark that this Python knows, but variation selectors, and nothing else."""
    in_set = re.compile(f"[{MARKS}]")
    for code in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(code))
        if category != "Cn" and not (0xFE00 <= code <= 0xFE0F or code >= 0x1E000):
            assert (category in ("Mn", "Mc")) == (in_set.match(chr(code)) is not None), hex(code)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("हिन्दी भाषा।", ["हिन्दी", "भाषा"]),
        ("বাংলা ভাষা", ["বাংলা", "ভাষা"]),
        ("తెలుగు భాష", ["తెలుగు", "భాష"]),
        ("தமிழ் மொழி", ["தமிழ்", "மொழி"]),
        ("اللُّغَةُ العَرَبِيَّة", ["اللُّغَةُ", "العَرَبِيَّة"]),
        ("می‌شود", ["می", "شود"]),  # a joiner parts words in Persian
        ("snake_case, don't", ["snake", "case", "don", "t"]),
        ("cafe\u0301 noir", ["cafe\u0301", "noir"]),
        ("\u0301\u094d", []),
    ],
)
def test_words_keep_their_marks(text: str, words: list[str]) -> None:
    assert find_words(text) == words


@given(LETTERS)
def test_words_are_letters_and_marks_and_none_is_lost(text: str) -> None:
    words = find_words(text)
    assert "".join(filter(str.isalnum, "".join(words))) == "".join(filter(str.isalnum, text))
    for word in words:
        assert word[0].isalnum()
        assert fold_word(word)
        for hangul in (False, True):
            if is_unspaced(word, hangul=hangul):
                parts = unspaced_parts(word, hangul=hangul)
                assert parts
                assert all(parts)


@given(LETTERS)
def test_folding_twice_is_folding_once(text: str) -> None:
    for word in find_words(text):
        assert fold_word(fold_word(word)) == fold_word(word)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("العَرَبِيَّة", "العربيه"),
        ("أحمد", "احمد"),
        ("كتاب", "کتاب"),
        ("ёлка", "Елка"),
        ("İstanbul", "istanbul"),
        ("ŞEHİR", "șehir"),
        ("cafe\u0301", "café"),
        ("१९४७", "1947"),
        ("ＡＢＣ", "abc"),
        ("שָׁלוֹם", "שלום"),
    ],
)
def test_what_writers_exchange_is_one_word(left: str, right: str) -> None:
    assert fold_word(left) == fold_word(right)


@pytest.mark.parametrize(
    ("word", "characters"),
    [
        ("ประเทศ", ["ป", "ระ", "เท", "ศ"]),
        ("เป็น", ["เป็", "น"]),
        ("កម្ពុជា", ["ក", "ម្ពុ", "ជា"]),
        ("မြန်မာ", ["မြန်", "မာ"]),
        ("ສາທາ", ["ສາ", "ທາ"]),
        ("東京", ["東", "京"]),
    ],
)
def test_characters_of_scripts_without_blanks(word: str, characters: list[str]) -> None:
    assert list(characters_of(word)) == characters


def test_scripts_without_blanks_are_read_in_pairs() -> None:
    assert unspaced_parts("東京タワーABC5階") == ["東京", "京タ", "タワ", "ワー", "ABC5", "階"]
    assert unspaced_parts("ประเทศ") == ["ประ", "ระเท", "เทศ"]
    assert unspaced_parts("猫") == ["猫"]


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("विश्वविद्यालय कहाँ है", "यह विश्वविद्यालयों की सूची है"),
        ("విశ్వవిద్యాలయం", "విశ్వవిద్యాలయంలో"),
        ("ประเทศไทย", "เมืองหลวงของประเทศไทยคือกรุงเทพ"),
        ("университет", "университетах"),
        ("ဘုရား", "ရွှေတိဂုံဘုရားသည်"),
    ],
)
def test_both_scorers_find_inflected_words(question: str, passage: str) -> None:
    assert set(query_terms(question)) & set(stems(passage))
    lexicon = Lexicon(None)
    rows = lexicon.rows(question), lexicon.rows(passage)
    stem = lexicon.columns().stem
    assert set(stem[rows[0]]) & set(stem[rows[1]])


def test_a_text_of_marks_alone_has_no_words() -> None:
    assert find_words("\u0902\u0903 \u0e34") == []
    assert re.compile(MARKED_WORD).findall("\u0902") == []
