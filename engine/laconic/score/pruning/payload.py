"""What of a text asks for something, and what is the material that is asked about: the payload.

"Rewrite this politely: Give me the very big one, please." asks with four words; what stands behind the colon is not to
be obeyed or shortened but to be rewritten, and a word lost there changes the task. Payload is found by how requests are
built: by colons, by words for the material ("the sentence below", "this email"), and by words that speak of words
("the word …", "begins with …", "how do you say …"). Where it is not sure how far a payload goes, it goes to the end:
what is taken for payload by mistake costs savings, what is missed costs the task. Quotations, code and data need no
finding here; they are protected everywhere (`laconic.score.pruning.protected`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from laconic.score.pruning.classes import DETERMINERS, FUNCTION_WORDS, KEPT
from laconic.score.pruning.phrases import BY_FIRST_WORD
from laconic.score.pruning.requests import (
    ABOUT_WORDS,
    DOCUMENT_LABELS,
    LANGUAGE,
    MATERIAL,
    MATERIAL_LABELS,
    OUTPUTS,
    REQUEST_LABELS,
    REQUEST_VERBS,
    SPOKEN,
    SPOKEN_BY,
    TRANSFORMS,
)
from laconic.types import Span

__all__ = ["Parts", "read_parts"]

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_STOP = re.compile(r"[.!?…。！？]{1,8}[\"'”’»)\]]{0,4}(?=\s)|[\r\n]+")
_LABEL = re.compile(r"(?:^[ \t]*|(?<=\s))([A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){0,3}):(?=\s)", re.MULTILINE)
_ABBREVIATIONS = frozenset("mr mrs ms dr prof st vs etc no e.g i.e fig p pp".split())
_QUOTE_MARK = re.compile(r'["“”«»]')
_FEWEST_TURNS = 3
_LEAST_ASKING = 0.25  # share of the sentences of a longer text that must ask, where neither its first nor its last does
_SHORT = 5  # sentences
_MOST_BEFORE_COLON = 40  # words

_PRONOUNS = (["it"], ["this"], ["these"], ["them"], ["that"])
_FRAGMENT = 4  # words of a question that is no sentence
_ASIDES = frozenset(
    (("of", "course"), ("you", "know"), ("i", "think"), ("i", "believe"), ("i", "guess"), ("i", "mean"))
)
_NAMED_VERBS = frozenset(
    "explain define describe use replace put insert remove delete add capitalize capitalise".split()
)
_BEFORE_MENTION = frozenset("at in on by as to for of from with after all more less".split())
_ARROW = re.compile("->|=>|→")
_CLOSED = FUNCTION_WORDS | KEPT
_OBJECTS = (DETERMINERS - {"that"}) | frozenset("all both only it them me us".split())
_STEPS = frozenset("then first second next now and also finally lastly".split())
_LINKS = frozenset(
    "begin begins beginning start starts starting end ends ending finish finishes reply answer respond sign signed "
    "open opens close closes greet".split()
)
_POINTERS = frozenset("this these following below above".split())
_FINITE = frozenset("is are was were do does did have has had will would can could".split())
_SHORTENED = frozenset("tl tldr eli5".split())
_JOINTS = frozenset("that which who whom whose what when where why how whether if because since while as".split())


@dataclass(frozen=True)
class Parts:
    """The parts of a text.

    Attributes:
        requests: spans that ask for something, with all that belongs to them; the rest is a document.
        payload: spans inside them that stay as they are.
    """

    requests: tuple[Span, ...]
    payload: tuple[Span, ...]

    @property
    def asks(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.requests)


class _Sentence(NamedTuple):
    start: int
    end: int
    words: list[tuple[str, int, int]]  # in lower case, with their places


def read_parts(text: str, running: Sequence[Span] | None = None) -> Parts:
    """The requests of a text and their payload.

    Args:
        text: one message. In a transcript each turn is read by itself.
        running: the spans of it that are running text, in order; what stands between them (code, data) asks for
            nothing and belongs to the payload that it stands in. The whole text when None.

    Linear; about 2 MB/s.
    """
    requests: list[Span] = []
    payload: list[Span] = []
    prose = [(0, len(text))] if running is None else running
    turns = _turns(text)
    for start, end in turns:
        sentences = list(_sentences(text, start, end, prose))
        examples = [span for first, last in prose for span in _examples(text, max(start, first), min(end, last))]
        if _is_request(sentences, text) or (examples and len(sentences) <= _SHORT):
            if (start, end) == turns[-1]:  # what was asked before has been answered
                requests.append((start, end))
            payload += (*_quotations(text, start, end), *examples)
            payload += _payload(text, end, sentences, running or ())
    stripped = (_stripped(text, *span) for span in payload)
    return Parts(tuple(requests), tuple((start, end) for start, end in stripped if start < end))


def _quotations(text: str, start: int, end: int) -> Iterator[Span]:
    """Quotations of any length inside a paragraph, whose marks all have their partners."""
    at = start
    for paragraph in text[start:end].split("\n\n"):
        marks = [at + match.start() for match in _QUOTE_MARK.finditer(paragraph)]
        if len(marks) % 2 == 0:
            yield from ((first, last + 1) for first, last in zip(marks[::2], marks[1::2], strict=True))
        at += len(paragraph) + 2


def _examples(text: str, start: int, end: int) -> Iterator[Span]:
    """Lines with an arrow: "the dog -> le chien"."""
    for match in _ARROW.finditer(text, start, end):
        after = text.find("\n", match.end(), end)
        yield max(start, text.rfind("\n", start, match.start()) + 1), end if after < 0 else after


def _stripped(text: str, start: int, end: int) -> Span:
    inside = text[start:end]
    return start + len(inside) - len(inside.lstrip()), start + len(inside.rstrip())


def _turns(text: str) -> list[Span]:
    """What each speaker of a transcript says; the whole text where it is none."""
    no_speakers = MATERIAL_LABELS | REQUEST_LABELS
    labels = [match for match in _LABEL.finditer(text) if match.group(1).lower().split()[0] not in no_speakers]
    at_line = [match for match in labels if match.group(1).lower() in SPOKEN_BY or _begins_line(text, match.start(1))]
    if len(at_line) < _FEWEST_TURNS or text[: at_line[0].start(1)].strip():
        return [(0, len(text))]
    ends = [match.start(1) for match in at_line[1:]] + [len(text)]
    return [(match.end(), end) for match, end in zip(at_line, ends, strict=True)]


def _begins_line(text: str, at: int) -> bool:
    return not text[text.rfind("\n", 0, at) + 1 : at].strip()


def _sentences(text: str, start: int, end: int, running: Sequence[Span]) -> Iterator[_Sentence]:
    """Of running text, by marks and line ends; none without a word."""
    for first, last in running:
        at, stop_at = max(first, start), min(last, end)
        if at >= stop_at:
            continue
        for stop in (*(match.span() for match in _STOP.finditer(text, at, stop_at)), (stop_at, stop_at)):
            words = [(m.group().lower().replace("’", "'"), *m.span()) for m in _WORD.finditer(text, at, stop[0])]
            if not words or (text[slice(*stop)] == "." and words[-1][2] == stop[0] and words[-1][0] in _ABBREVIATIONS):
                continue
            yield _Sentence(words[0][1], stop[1], words)
            at = stop[1]


def _is_request(sentences: Sequence[_Sentence], text: str) -> bool:
    """Whether a text asks for something: a document that asks its reader a question now and then does not."""
    if not sentences:
        return False
    direct = [_commands(sentence, text) for sentence in sentences]
    asking = [one or _asks(sentence, text) for one, sentence in zip(direct, sentences, strict=True)]
    if len(sentences) <= _SHORT:
        return any(asking) or (len(sentences) <= 2 and _colon(text, sentences[0]) is not None)
    return (
        direct[0]
        or direct[-1]
        or (asking[-1] and "?" in text[sentences[-1].words[-1][2] :])
        or sum(asking) >= _LEAST_ASKING * len(asking)
    )


def _commands(sentence: _Sentence, text: str) -> bool:
    """Whether a sentence is an order: "list …", "could you …", "you are an agent"."""
    words = [word for word, _, _ in sentence.words]
    if words[0] in _SHORTENED:
        return True
    opening = words[_frame(sentence) :]
    if opening and opening[0] in _STEPS:
        opening = opening[1:]
    if opening and (opening[0] in REQUEST_VERBS or opening[0] in ("never", "always", "don't", "please", "kindly")):
        return True
    if len(opening) > 1 and opening[0] not in _CLOSED and opening[1] in _OBJECTS:
        return True  # "Greet every visitor …"
    pairs = set(pairwise(words))
    return (
        "please" in words
        or any(word in TRANSFORMS and text[start - 2 : start] == ", " for word, start, _ in sentence.words[2:12])
        or any((word, "you") in pairs for word in ("can", "could", "would", "will", "want", "need", "like"))
        or words[:2]
        in (
            ["you", "are"],
            ["your", "task"],
            ["your", "job"],
            ["your", "goal"],
            ["i", "want"],
            ["i", "need"],
            ["i'd", "like"],
        )
        or words[:3] == ["i", "would", "like"]
    )


def _directs(sentence: _Sentence, text: str) -> bool:
    return _commands(sentence, text) or _asks(sentence, text)


def _asks(sentence: _Sentence, text: str) -> bool:
    """Whether a sentence is a question, or says what the reader must do."""
    words = [word for word, _, _ in sentence.words]
    if _points_to_material(words) and _colon(text, sentence) is None:
        return True  # "From the review below, …"
    return "?" in text[sentence.words[-1][2] : sentence.end] or any(
        ("you", word) in pairwise(words) for word in ("must", "should", "shall", "will")
    )


def _frame(sentence: _Sentence) -> int:
    """How many words of courtesy stand in front."""
    words = [word for word, _, _ in sentence.words]
    at = 0
    while at < len(words):
        for phrase in BY_FIRST_WORD.get(words[at], ()):
            if phrase.kind in ("politeness", "filler") and tuple(words[at : at + len(phrase.words)]) == phrase.words:
                at += len(phrase.words)
                break
        else:
            return at
    return 0


def _payload(text: str, end: int, sentences: Sequence[_Sentence], running: Sequence[Span]) -> Iterator[Span]:
    """The payload of one request."""
    for at, sentence in enumerate(sentences):
        colon = _colon(text, sentence)
        if colon is not None:
            before = [word for word, _, last in sentence.words if last <= colon]
            if _speaks_of_words(before):
                yield sentence.words[min(_frame(sentence), len(before) - 1)][1], colon
            pasted = _pasted(text, colon + 1, end, running)
            if pasted is not None:
                yield pasted
            elif _leads_on(before):
                pass
            elif _gives_material(before, sentences[:at]):
                yield colon + 1, end
                return
            else:
                listed = not text[colon + 1 : sentence.end].strip()  # what follows the line, up to a blank one
                blank = text.find("\n\n", sentence.end, end) if listed else sentence.end
                yield colon + 1, end if blank < 0 else blank
                continue
        words = [word for word, _, _ in sentence.words]
        if _speaks_of_words(words) or (_directs(sentence, text) and _speaks_to_others(text, sentence)):
            yield sentence.words[min(_frame(sentence), len(words) - 1)][1], sentence.end
        pointed = _points_to_material(words) or _hands_over(text, sentence)
        if pointed == "above" and at:
            yield sentences[0].start, sentences[at - 1].end
        if pointed and text[sentence.end : end].strip():
            yield sentence.end, end
            return


def _pasted(text: str, at: int, end: int, running: Sequence[Span]) -> Span | None:
    """The code or data that follows a colon at the end of running text; None where running text follows."""
    index = bisect_right(running, (at, end)) - 1
    if index < 0 or text[at : running[index][1]].strip():
        return None
    last = running[index + 1][0] if index + 1 < len(running) else end
    return (at, min(last, end)) if text[at:last].strip() else None


def _colon(text: str, sentence: _Sentence) -> int | None:
    """Where the first colon is that a blank or the end of the line follows."""
    at = text.find(":", sentence.start, sentence.end)
    while at >= 0 and text[at + 1 : at + 2].strip():
        at = text.find(":", at + 1, sentence.end)
    return at if at >= 0 else None


def _leads_on(before: Sequence[str]) -> bool:
    """Whether the request goes on behind a colon: "Rules:", "Follow these steps in order:"."""
    if not before or set(before) & (TRANSFORMS - {"make", "check", "order"}):
        return False
    return before[-1] in DOCUMENT_LABELS or any(word in REQUEST_LABELS for word in before)


def _gives_material(before: Sequence[str], earlier: Sequence[_Sentence]) -> bool:
    """Whether a colon is followed by something that the request is done to."""
    return (
        not before
        or len(before) <= 3
        or bool(set(before) & (MATERIAL | TRANSFORMS | _POINTERS))
        or (not earlier and len(before) <= 5)
    )


def _hands_over(text: str, sentence: _Sentence) -> str:
    """``"below"`` where a sentence asks for something to be done to what is not in it: "Make it friendlier."."""
    words = [word for word, _, _ in sentence.words]
    asks = "?" in text[sentence.words[-1][2] : sentence.end]
    if asks and (len(words) <= _FRAGMENT or {"this", "it"} & set(words[-2:])):
        return "below"  # "Positive or negative?", "Is there a mistake in this?"
    for at, word in enumerate(words):
        behind = words[at + 1 : at + 5]
        wished = words[at - 1 : at] == ["to"] and {"i", "we"} & set(words[:at]) and "you" not in words[:at]
        if (
            word in TRANSFORMS
            and not wished
            and (behind[:1] in _PRONOUNS or set(behind) & LANGUAGE or ("my" in behind and set(behind) & MATERIAL))
        ):
            return "below"
    return ""


def _speaks_to_others(text: str, sentence: _Sentence) -> bool:
    """Whether words that are said to somebody stand inside a sentence, where they are no courtesy to its reader."""
    places = sentence.words[_frame(sentence) :]
    for at, (word, start, end) in enumerate(places):
        if (
            word == "please"
            and at
            and places[at - 1][0] not in ("you", "and", "also", "then", "but")
            and text[start - 2 : start] != ", "
        ):
            return True
        if (
            word in SPOKEN
            and at
            and not (text[start - 2 : start] == ", " and text[end : end + 1] in ".!?" and at > len(places) - 6)
        ):
            return True
        if (word, places[at + 1][0] if at + 1 < len(places) else "") in _ASIDES and at:
            return True
        if at == 1 and places[0][0] in _NAMED_VERBS and word in _BEFORE_MENTION and start - places[0][2] == 1:
            return True
    return False


def _points_to_material(words: Sequence[str]) -> str:
    """``"above"``, ``"below"`` (or what follows), or an empty string."""
    for at, word in enumerate(words):
        if word == "above":
            return "above"
        if word in ("below", "following", "attached") or (word == "next" and set(words[at + 1 : at + 3]) & MATERIAL):
            return "below"
        if word in ("this", "these") and any(next_ in MATERIAL for next_ in words[at + 1 : at + 4]):
            return "below"
        if word in ("this", "these") and at and words[at - 1] in TRANSFORMS:
            return "below"
        if (
            word in TRANSFORMS
            and "the" in words[at + 1 : at + 3]
            and any(w in MATERIAL for w in words[at + 1 : at + 5])
        ):
            return "below"
    return ""


def _speaks_of_words(words: Sequence[str]) -> bool:
    """Whether a sentence may hold words that it speaks of, and does not use."""
    for at, word in enumerate(words):
        if word in ABOUT_WORDS:
            return True
        if word in _LINKS and "with" in words[at + 1 : at + 5]:
            return True
        if word in ("difference", "choose", "confuse") and "between" in words[at + 1 : at + 3] and len(words) - at < 9:
            return True
        if word == "use" and at > 1 and words[at - 1] == "i" and words[at - 2] in ("do", "should", "can"):
            return True
        if word == "formal" or (word in ("than", "as") and at > 1 and words[at - 1] in ("formal", "polite")):
            return True
        if word in OUTPUTS and at and _is_clause(words[at + 1 :]):
            return True
        if word == "do" and words[at + 1 : at + 4] == ["you", "say"]:
            return True
    return False


def _is_clause(words: Sequence[str]) -> bool:
    """Whether words have a verb of their own before anything that joins one clause to another."""
    for at, word in enumerate(words):
        if word in _JOINTS:
            return False
        if word in _FINITE:
            return at > 0
    return False
