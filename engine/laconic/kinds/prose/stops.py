"""Dots that end no sentence in other languages than English, and ends that are written without a dot.

Sentencex knows most abbreviations and the German months; ordinals (*27. joulukuuta*, *XIX. századi*) and further
abbreviations are put together again here. Thai and Lao write no marks: a blank behind a phrase of some length ends it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from laconic._utils.unicode import compiled_late

__all__ = ["code_of", "runs_over", "split_softly"]

_WORD_CHARS = 16
_OPENING = "([{\"'«„“‘"
_ROMAN = re.compile(r"[IVX]{1,5}")
_SHORT = 4  # letters of an abbreviation; longer ones are listed
# Languages that write an ordinal with a dot, so that a Roman number has one before whatever follows.
_DOTTED_ORDINALS = frozenset("az cs da de et eu fi hr hu is lv no sk sl sr tr".split())
# Those whose verb comes last: hardly a sentence ends in a number.
_VERB_LAST = frozenset("az kk ky tr uz".split())
_WITHOUT_STOPS = frozenset(("th", "lo"))  # a dot there belongs to an abbreviation
_LONG_ABBREVIATIONS = frozenset(
    "proc. approx. ecc. milj. mlrd. mnoh. násl. pozn. přibl. szept. szerk. telef. тобто".split()
)
# Before names and numbers, where the next word tells nothing.
_BEFORE_NAMES = {
    language: frozenset(words.split())
    for language, words in {
        "cs": "č čp čl např obr odst ul nám sv str tab tj tzv kpt mjr",
        "da": "ca dr evt frk hr jf kl nr prof s skt st stk tlf vedr",
        "de": "hl nr abs bd ca dr prof s st str vgl",
        "es": "av avda art cap dr dra dña fig gral ing lic núm pág prof sr sra sta sto",
        "fi": "esim fil kl klo ks mm n nk noin nro prof s tri ts v vrt",
        "fr": "av bd cf chap dr fig mgr mme mlle pp st ste",
        "hr": "br čl dr gđa npr prof ul str sv sl tj tzv",
        "hu": "dr ifj kb kft krt özv pl prof st sz szt u ún vö",
        "id": "bpk dr drs ir jl jln kab kec kel no prof sdr st tgl",
        "it": "art cap dott dr fig ing prof sig ss st",
        "nl": "art bijv ca dhr dr fig ing mevr mr nr prof st",
        "no": "ca dr evt hr jf kl nr pkt prof s st tlf",
        "pl": "abp al bł bp dr fig hab im inż kard kpt ks lek mgr mjr nr np o os pl płk por pow prof rozdz rys "
        "św s str tab tel tzw ul ur ust woj zm",
        "pt": "art av cap dr dra eng fig prof sr sra sta sto",
        "ro": "art bd d-l dl dna dr fig gen ing jud lt nr pct prof sf str șos",
        "sk": "č čl napr obr odst ul nám sv str tab tj tzv",
        "sl": "dr g ga npr oz prof sv št t ul",
        "sv": "bl.a ca dr ev hr jfr kl nr prof s s.k st t.ex",
        "sw": "bi bw dkt dk mh mhe mwl prof uk",
        "tr": "alb bkz cad dr doç gen hz mah no op ord prof s st yzb",
        "vi": "bs gs ks pgs q p st th tp ts tt",
        "be": "акад вул гл д мал праф рыс св см стар табл",
        "bg": "акад бул гл гр доц д-р инж проф св стр см табл ул фиг",
        "kk": "акад б.з.б б.з.д проф",
        "ru": "акад гл гр д доц илл инж обл пл пос пр проф просп р рис св см ср ст стр табл тов ул",
        "sr": "бр др г ин проф св сл стр тзв ул",
        "uk": "акад бульв вул гл див доц ім мал обл пл пр проф рис св ст табл",
    }.items()
}


def code_of(language: str | None) -> str:
    """A language as the rules call it: the part of a tag before its region, ``"und"`` for None."""
    code = re.split("[-_]", language, maxsplit=1)[0].lower() if language else "und"
    return "no" if code in ("nb", "nn") else code


def runs_over(text: str, begin: int, end: int, following: str, language: str) -> bool:
    """Whether a sentence goes on behind what looks like its end: the dot of an ordinal or of an abbreviation.

    Args:
        text: that holds it.
        begin: of the sentence.
        end: behind the dot.
        following: what comes next, without white space before it.
        language: by `code_of`; not English, whose dots sentencex knows.
    """
    if text[end - 1] != ".":
        return False
    before = text[max(begin, end - _WORD_CHARS) : end - 1].split()
    word = before[-1].lstrip(_OPENING) if before else ""
    if not word:
        return False
    if language in _WITHOUT_STOPS and not word.isascii():
        return True
    goes_on = following[0].islower()
    if word.isdecimal():
        # the year before a month, the day before it, a number before what is counted by it
        return goes_on or (language in _VERB_LAST and len(word) < 4)
    if language in _DOTTED_ORDINALS and _ROMAN.fullmatch(word) and (goes_on or len(word) > 1 or word in "VX"):
        return True
    low = word.lower()
    if low in _BEFORE_NAMES.get(language, ()):
        return True
    return goes_on and (len(low) <= _SHORT or "." in low or f"{low}." in _LONG_ABBREVIATIONS)


# -- scripts with few marks or none -----------------------------------------------------------------------------------

# Ends that sentencex does not know: of Khmer, Tibetan, Lao as it was, and of two marks of Urdu and Arabic.
_MARKS = "\u17d4\u17d5\u0f0d\u0f0e\u104b\u1362\u0589\u06d4"
_MARKED_END = compiled_late(rf"(?<=[{_MARKS}])(?![{_MARKS}])\s*(?=\S)")
_SOFT_LETTERS = "\u0e01-\u0e4e\u0e81-\u0ecd\u1780-\u17d3"
_SOFT_END = compiled_late(rf"(?<=[{_SOFT_LETTERS}])[ \t\u00a0]+(?=[{_SOFT_LETTERS}])")
_SOFT_LANGUAGES = frozenset(("th", "lo", "km"))
_SOFT_CHARS, _SOFT_REST = 100, 40
"""A phrase behind which a blank ends something, and what must follow then: about twenty words of Thai, and eight."""


def split_softly(piece: str, language: str) -> Iterator[str]:
    """A piece of sentencex cut where scripts of Asia end sentences otherwise; joined the piece again, linear."""
    at = 0
    for end in _MARKED_END().finditer(piece):
        if end.end() > at:
            yield from _at_blanks(piece[at : end.end()], language)
            at = end.end()
    yield from _at_blanks(piece[at:], language)


def _at_blanks(piece: str, language: str) -> Iterator[str]:
    at = 0
    if language in _SOFT_LANGUAGES:
        for blank in _SOFT_END().finditer(piece):
            if blank.end() - at >= _SOFT_CHARS and len(piece) - blank.end() >= _SOFT_REST:
                yield piece[at : blank.end()]
                at = blank.end()
    if at < len(piece):
        yield piece[at:]
