"""How a word sounds, roughly and in whatever script: names are spelled by ear from one language to the next.

Consonants in Latin letters, those that languages exchange made one (b, f, p, v; l, r), vowels left out as
Arabic and Hebrew leave them out. Letters of scripts without a table here sound as Unicode names them: ``HANGUL SYLLABLE
GANG``, ``KATAKANA LETTER NO``, ``DEVANAGARI LETTER KHA``.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["sounds_of"]

_LETTER_SOUNDS = {
    "абвгґдеёжзийіїјклљмнњопрстуўфхцчџшщъыьэєюяқғңұүһәөђћќѓѕ": (
        "a b v g g d e e s s i i i i i k l l m n n o p r s t u v f k s s s s s _ i _ e e u a k g n u u h a o s s k g s"
    ),
    "αβγδεζηθικλμνξοπρσςτυφχψω": "a v g d e s i t i k l m n ks o p r s s t i f k ps o",
    "ابپتثټجچحخدذڈدرزژڑسشصضطظعغفقکكگلمنںوهیيىءآأإؤئۀةے": (
        "a b p t s t s s h k d d d d r s s r s s s d t s _ g f k k k g l m n n _ h i i i _ a a a _ i h h i"
    ),
    "אבגדהוזחטיכךלמםנןסעפףצץקרשת": "a b g d h v s h t i k k l m m n n s _ p p s s k r s t",
}
_BY_LETTER = str.maketrans(
    {
        letter: sound
        for letters, sounds in _LETTER_SOUNDS.items()
        for letter, sound in zip(letters, sounds.split(), strict=True)
    }
)
_NAMED = re.compile(
    r"(?:HIRAGANA|KATAKANA|DEVANAGARI|BENGALI|GURMUKHI|GUJARATI|ORIYA|TAMIL|TELUGU|KANNADA|MALAYALAM|SINHALA|LAO|KHMER"
    r"|MYANMAR|ETHIOPIC|GEORGIAN|ARMENIAN|HANGUL|THAI|LATIN)"
    r"(?: SMALL| CAPITAL)* (?:LETTER|SYLLABLE|VOWEL SIGN|SIGN|CHARACTER|CONSONANT)(?: SMALL| VOCALIC| CAPITAL)* (\w+)"
)
_VIRAMAS = ("VIRAMA", "NUKTA", "ANUSVARA", "VISARGA", "CANDRABINDU", "CANDRA")
_SPELLINGS = (("sch", "s"), ("tch", "s"), ("sh", "s"), ("ch", "s"), ("ph", "f"), ("th", "t"), ("gh", "g"), ("kh", "k"),
              ("zh", "s"), ("ck", "k"), ("qu", "k"), ("tz", "s"), ("ts", "s"), ("dz", "s"), ("ng", "n"))  # fmt: skip
_SOFT_C = re.compile(r"c(?=[eiy])")
_ALIKE = str.maketrans(
    {"c": "k", "q": "k", "x": "ks", "w": "p", "v": "p", "b": "p", "z": "s", "j": "s", "f": "p", "l": "r"}
)
_SILENT = re.compile(r"[^dgkmnprst]+")
_DOUBLE = re.compile(r"(.)\1+")


class _Letters(dict[int, str]):
    """What each letter beyond ASCII sounds like, filled as they turn up."""

    def __missing__(self, code: int) -> str:
        found = _NAMED.match(unicodedata.name(chr(code), ""))
        sound = "" if found is None or found[1] in _VIRAMAS else found[1].lower()
        if found is not None and found[0].startswith("THAI"):
            sound = sound[:1] if unicodedata.category(chr(code)) == "Lo" and sound != "sara" else ""
        self[code] = "s" + sound[1:] if sound.startswith("c") else sound  # Indic CA and Hangul CA begin as *church*
        return self[code]


_LETTERS = _Letters()


def sounds_of(word: str) -> str:
    """The consonants of a word that is folded, as they sound; empty for one in ideographs. Linear."""
    if not word.isascii():
        word = unicodedata.normalize("NFC", word).translate(_BY_LETTER)
        bare = "".join(char for char in unicodedata.normalize("NFKD", word) if not 0x300 <= ord(char) <= 0x36F)
        word = unicodedata.normalize("NFC", bare)
        word = "".join(char if char.isascii() else _LETTERS[ord(char)] for char in word)
    for spelled, sound in _SPELLINGS:
        if spelled in word:
            word = word.replace(spelled, sound)
    word = _SOFT_C.sub("s", word).translate(_ALIKE)
    return _DOUBLE.sub(r"\1", _SILENT.sub("", word))
