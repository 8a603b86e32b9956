"""Words of every script: letters and digits with the marks on them, and the form in which they are compared.

The word characters of Python's patterns leave out combining marks, so that a plain one breaks Hindi, Bengali, Telugu
or vowelled Arabic inside their words. What Chinese, Japanese, Thai, Lao, Khmer and Burmese write without blanks has no
words to split at; it is read as overlapping pairs of characters, with the marks and vowels that belong to each.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from laconic._utils.remembered import bounded
from laconic._utils.unicode import compiled_late

__all__ = [
    "MARKED_WORD",
    "MARKS",
    "characters_of",
    "find_words",
    "fold_word",
    "is_unspaced",
    "iter_words",
    "unspaced_parts",
]

MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u07a6-\u07b0\u07eb-\u07f3\u07fd"
    "\u0816-\u0819\u081b-\u0823\u0825-\u0827\u0829-\u082d\u0859-\u085b\u0898-\u089f\u08ca-\u08e1\u08e3-\u0903"
    "\u093a-\u093c\u093e-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc\u09be-\u09cd\u09d7\u09e2\u09e3"
    "\u09fe-\u0a03\u0a3c-\u0a51\u0a70\u0a71\u0a75\u0a81-\u0a83\u0abc\u0abe-\u0acd\u0ae2\u0ae3\u0afa-\u0b03\u0b3c"
    "\u0b3e-\u0b57\u0b62\u0b63\u0b82\u0bbe-\u0bcd\u0bd7\u0c00-\u0c04\u0c3c\u0c3e-\u0c56\u0c62\u0c63\u0c81-\u0c83"
    "\u0cbc\u0cbe-\u0cd6\u0ce2\u0ce3\u0d00-\u0d03\u0d3b\u0d3c\u0d3e-\u0d4d\u0d57\u0d62\u0d63\u0d81-\u0d83"
    "\u0dca-\u0ddf\u0df2\u0df3\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u0f18\u0f19\u0f35"
    "\u0f37\u0f39\u0f3e\u0f3f\u0f71-\u0f84\u0f86\u0f87\u0f8d-\u0fbc\u0fc6\u102b-\u103e\u1056-\u1059\u105e-\u1060"
    "\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d\u108f\u109a-\u109d\u135d-\u135f\u1712-\u1715\u1732-\u1734"
    "\u1752\u1753\u1772\u1773\u17b4-\u17d3\u17dd\u180b-\u180d\u180f\u1885\u1886\u18a9\u1920-\u193b\u1a17-\u1a1b"
    "\u1a55-\u1a7f\u1ab0-\u1abd\u1abf-\u1b04\u1b34-\u1b44\u1b6b-\u1b73\u1b80-\u1b82\u1ba1-\u1bad\u1be6-\u1bf3"
    "\u1c24-\u1c37\u1cd0-\u1cd2\u1cd4-\u1ce8\u1ced\u1cf4\u1cf7-\u1cf9\u1dc0-\u1dff\u20d0-\u20dc\u20e1\u20e5-\u20f0"
    "\u2cef-\u2cf1\u2d7f\u2de0-\u2dff\u302a-\u302f\u3099\u309a\ua66f\ua674-\ua67d\ua69e\ua69f\ua6f0\ua6f1\ua802\ua806"
    "\ua80b\ua823-\ua827\ua82c\ua880\ua881\ua8b4-\ua8c5\ua8e0-\ua8f1\ua8ff\ua926-\ua92d\ua947-\ua953\ua980-\ua983"
    "\ua9b3-\ua9c0\ua9e5\uaa29-\uaa36\uaa43\uaa4c\uaa4d\uaa7b-\uaa7d\uaab0\uaab2-\uaab4\uaab7\uaab8\uaabe\uaabf\uaac1"
    "\uaaeb-\uaaef\uaaf5\uaaf6\uabe3-\uabea\uabec\uabed\ufb1e\ufe20-\ufe2f\U000101fd\U000102e0\U00010376-\U0001037a"
    "\U00010a01-\U00010a0f\U00010a38-\U00010a3f\U00010ae5\U00010ae6\U00010d24-\U00010d27\U00010eab\U00010eac"
    "\U00010f46-\U00010f50\U00010f82-\U00010f85\U00011000-\U00011002\U00011038-\U00011046\U00011070"
    "\U00011073\U00011074\U0001107f-\U00011082\U000110b0-\U000110ba\U000110c2\U00011100-\U00011102"
    "\U00011127-\U00011134\U00011145\U00011146\U00011173\U00011180-\U00011182\U000111b3-\U000111c0"
    "\U000111c9-\U000111cc\U000111ce\U000111cf\U0001122c-\U00011237\U0001123e\U000112df-\U000112ea"
    "\U00011300-\U00011303\U0001133b\U0001133c\U0001133e-\U0001134d\U00011357\U00011362-\U00011374"
    "\U00011435-\U00011446\U0001145e\U000114b0-\U000114c3\U000115af-\U000115c0\U000115dc\U000115dd"
    "\U00011630-\U00011640\U000116ab-\U000116b7\U0001171d-\U0001172b\U0001182c-\U0001183a\U00011930-\U0001193e"
    "\U00011940\U00011942\U00011943\U000119d1-\U000119e0\U000119e4\U00011a01-\U00011a0a\U00011a33-\U00011a39"
    "\U00011a3b-\U00011a3e\U00011a47\U00011a51-\U00011a5b\U00011a8a-\U00011a99\U00011c2f-\U00011c3f"
    "\U00011c92-\U00011cb6\U00011d31-\U00011d45\U00011d47\U00011d8a-\U00011d97\U00011ef3-\U00011ef6"
    "\U00016af0-\U00016af4\U00016b30-\U00016b36\U00016f4f\U00016f51-\U00016f92\U00016fe4-\U00016ff1"
    "\U0001bc9d\U0001bc9e\U0001cf00-\U0001cf46\U0001d165-\U0001d169\U0001d16d-\U0001d172\U0001d17b-\U0001d182"
    "\U0001d185-\U0001d18b\U0001d1aa-\U0001d1ad\U0001d242-\U0001d244\U0001da00-\U0001da36\U0001da3b-\U0001da6c"
    "\U0001da75\U0001da84\U0001da9b-\U0001daaf"
)
"""Inside a set of a regular expression: combining marks (Unicode's Mn and Mc, without variation selectors)."""

_JOINERS = "\u200c\u200d"  # inside a word of Indic scripts behind a mark only: in Persian they part words
_WITHOUT_JOINERS = dict.fromkeys(map(ord, _JOINERS))
_PLAIN = re.compile(r"[^\W_]+")
MARKED_WORD = rf"[^\W_]+(?:[{MARKS}][{MARKS}{_JOINERS}]*[^\W_]*)*"
"""Pattern of a word; a text in ASCII needs but the beginning of it. Compile it late."""

_MARKED = compiled_late(MARKED_WORD)

# Ideographs and kana; in a set.
_CJK = "\u3005\u3007\u3040-\u3096\u3099-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HANGUL = "\uac00-\ud7af"
# Thai, Lao, Burmese and Khmer, without digits and punctuation.
_ABUGIDAS = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u109a-\u109f"
    "\u1780-\u17d3\u17d7\u17dc\u17dd\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa7f"
)
_UNSPACED = compiled_late(f"[{_CJK}{_ABUGIDAS}]")
_RUN = compiled_late(f"[{_CJK}{_ABUGIDAS}]+")
_RUN_WITH_HANGUL = compiled_late(f"[{_CJK}{_ABUGIDAS}{_HANGUL}]+")
# One character as readers see it: vowels written before (Thai, Lao) and behind their consonant, what is stacked under
# it (Khmer, Burmese), and the consonant that ends a Burmese syllable.
_CHARACTER = compiled_late(
    r"[\u0e40-\u0e44\u0ec0-\u0ec4]?\w"
    rf"(?:[\u17d2\u1039]\w|[\u1000-\u1021](?=\u1037?\u103a)|[\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3{MARKS}])*"
)

_WITHOUT_MARKS = compiled_late(f"[{_CJK}{_HANGUL}]+")

_COMPATIBLE = compiled_late("[\uf900-\uffef]")  # presentation forms, full and half width
# Vowel points of Arabic and Hebrew, which few writers put, the line that stretches Arabic words, joiners, and the dot
# that Turkish capitals leave behind.
_UNWRITTEN = compiled_late(
    "[\u0307\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u200c\u200d]"
)
_VARIANTS = str.maketrans(
    "أإآٱىيكةہھёςışţάέήίόύώϊϋΐΰ",
    "ااااییکهههеσișțαεηιουωιυιυ",
)
"""Letters that writers and keyboards exchange, after Lucene's normalisers for Arabic, Persian and Greek: forms of alef,
yeh, kaf and heh; ё; accents and sigma of Greek; dotless i; the cedilla of Romanian."""


def find_words(text: str) -> list[str]:
    """The words of a text: runs of letters and digits with their marks. Linear, and in ASCII as fast as a pattern."""
    return _PLAIN.findall(text) if text.isascii() else _MARKED().findall(text)


def iter_words(text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
    """Matches of the words of ``text[start:end]``; see `find_words`."""
    pattern = _PLAIN if text.isascii() else _MARKED()
    return pattern.finditer(text, start, len(text) if end is None else end)


def is_unspaced(word: str, *, hangul: bool = False) -> bool:
    """Whether a word has letters of a script that is written without blanks."""
    return not word.isascii() and (_RUN_WITH_HANGUL if hangul else _UNSPACED)().search(word) is not None


def unspaced_parts(word: str, *, hangul: bool = False) -> list[str]:
    """A word of `find_words` as what is compared: overlapping pairs of the characters of scripts without blanks.

    One that stands alone is a part as it is, and so is a run of letters and digits of other scripts.

    Args:
        word: which `is_unspaced`.
        hangul: whether Korean, which has blanks between phrases of a noun and its particles, is read so too.
    """
    word = word.translate(_WITHOUT_JOINERS)
    parts: list[str] = []
    at = 0
    for run in (_RUN_WITH_HANGUL if hangul else _RUN)().finditer(word):
        if run.start() > at:
            parts.append(word[at : run.start()])
        at = run.end()
        characters = characters_of(run.group())
        parts += ["".join(characters[i : i + 2]) for i in range(max(min(1, len(characters)), len(characters) - 1))]
    if at < len(word):
        parts.append(word[at:])
    return parts


def characters_of(word: str) -> Sequence[str]:
    """Characters as readers see them: letters with the marks and vowels that belong to them."""
    return word if _WITHOUT_MARKS().fullmatch(word) else _CHARACTER().findall(word)


@bounded(65_536)
def fold_word(word: str) -> str:
    """The form in which a word is compared with others: lower case, composed, digits of ASCII.

    What writers leave out (vowel points of Arabic and Hebrew) or exchange (forms of alef, ё, full width) is evened out.
    """
    if word.isascii():
        return word.lower()
    word = unicodedata.normalize("NFKC" if _COMPATIBLE().search(word) else "NFC", word).lower()
    folded = _UNWRITTEN().sub("", word).translate(_VARIANTS)
    if any(map(str.isdecimal, folded)):
        folded = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in folded)
    return folded or word
