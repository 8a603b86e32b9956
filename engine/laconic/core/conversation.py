"""The question of a conversation: a newest turn that says little of its own takes over what it refers to.

No model is asked. A question that stands alone is left as it is, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import NamedTuple

from laconic.core.turns import Turn
from laconic.kinds.prose.language import FUNCTION_WORDS
from laconic.score.words import STOP_WORDS

__all__ = ["question_of", "recent_question", "stands_alone"]

# Chosen on dev questions of nq, hotpotqa, covidqa, policyqa, tatqa, xquad_multi and ml_fi in the forms of
# benchmarks/bench_followups.py.
_READ_TURNS = 8
"""Most turns of the user's that are taken over; who agrees more often has lost the thread."""

_READ_CHARS = 2000
"""Of each of them: a question may have a pasted page behind it."""

_TAKEN_WORDS = 8
"""Most words taken over from what an assistant said, so that they do not outnumber a question's. (With 16 instead,
dialogues of tau-bench keep as much, and with none less: .644 for .718 of airline, lexical scores.)"""

_ENOUGH = 2
"""So many words of its own make a turn stand alone; a name or a number counts twice."""

_ENOUGH_UNKNOWN = 4
"""The same in a language whose function words are not known: some of its words will be such."""

_ENOUGH_JOINED = 6
"""The same for a turn that begins like the continuation of another."""

_ANTECEDENT = 4
"""So many words of its own before a pronoun are likely to hold what it stands for."""

_DESCRIBED = 8
"""So many words of its own describe what a pronoun stands for, wherever they are (*this Celtic ruler who …*)."""

_ITEM_CHARS = 20_000
"""Of a text in which an item is looked for."""

_ITEM_WORDS = 16
"""Of an item whose place is asked for."""

_SHORT_ANSWER = 4
"""Words of an answer of which not only names and numbers are taken over."""

# Words that carry a conversation on and name nothing, in the languages of `STOP_WORDS` and in French.
_SPOKEN = frozenset(
    (
        "yes yeah yep no nope ok okay sure please thanks thank great good fine right correct exactly perfect alright "
        "go ahead proceed continue more again else other another same one ones first second third fourth fifth last "
        "next previous above below both all tell show give explain say says said mean means sounds shall let lets just "
        "now too also well oh hello hi only even yet still much many detail details really sorry any anything "
        "something everything thing things want like look check see need help confirm option number "
        "don didn doesn isn ll re ve d m t "
        "sí si vale claro favor gracias bien bueno exacto seguro adelante sigue continúa otro otra mismo primero "
        "primera segundo segunda tercero tercera último última más también hola eso cuánto dice "
        "ja nein doch bitte danke gut gerne genau richtig wirklich sicher weiter mach mehr noch auch andere anderen "
        "erste ersten zweite zweiten dritte dritten letzte letzten nächste steht stimmt hallo klar "
        "да нет хорошо ладно пожалуйста спасибо давай давайте конечно верно точно дальше продолжай продолжайте ещё "
        "еще больше другой другая первый первая второй вторая третий третья последний последняя а но это написано "
        "oui non merci d'accord bien sûr plaît te vas-y allez continuez encore plus autre premier première deuxième "
        "second seconde troisième dernier dernière c'est ça est-ce est-il écrit"
    ).split()
)

# What ends the clause in which the noun of a pronoun may stand (*how high is the tower, and when was it built*).
_CLAUSE = re.compile(r"[,;:，、]|\b(?:and|if|when|that|who|which|und|wenn|y|si|cuando|и|если|когда|et|quand)\b")

# What stands for something that was named before.
_PRONOUNS = frozenset(
    (
        "it its he him his she her hers they them their theirs this these those "
        "él ella ellos ellas su sus eso esto ese esa este esta "
        "er ihn ihm sie es ihr ihre sein seine dies diese dieser dieses dessen deren "
        "он она оно они его её ее их ему ей им это эта этот "
        "il elle ils elles cela ça celui celle sa ses leur leurs"
    ).split()
)

_PRONOUN_UNSPACED = re.compile(r"[它他她这這]|それ|その|これ|この")

_EMPTY = STOP_WORDS | FUNCTION_WORDS | _SPOKEN | _PRONOUNS

# How a turn begins that goes on with another.
_JOINING = re.compile(
    r"[\s¿¡]*(?:and|or|but|also|then|so|what about|how about|what if|y|pero|qué tal|que tal|qué hay de|und|oder|aber"
    r"|was ist mit|wie (?:sieht es|steht es|wäre es) mit|а|и|но|или|et|mais|ou|qu'en est-il)\b"
    r"|\s*(?:那|还有|它|他|她|这|それ|その|では)",
    re.IGNORECASE,
)

# Places in a row, in the same languages.
_PLACES = {
    word: place
    for place, words in (
        (1, "first erste ersten primero primera первый первая premier première"),
        (2, "second zweite zweiten segundo segunda второй вторая deuxième seconde"),
        (3, "third dritte dritten tercero tercera третий третья troisième"),
        (4, "fourth vierte vierten cuarto cuarta четвёртый четвертый четвёртая четвертая quatrième"),
        (5, "fifth fünfte fünften quinto quinta пятый пятая cinquième"),
        (-1, "last letzte letzten último última последний последняя dernier dernière"),
    )
    for word in words.split()
}
_PLACE_UNSPACED = re.compile(r"第([一二三四五12345])")

_WORD = re.compile(r"[^\W_][^\s,;!?。！？、，；：…\"“”„«»()\[\]{}*]*")
_ELISION = re.compile(r"(?<=\w)['’](?=[^\W\d_])")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+")
_QUESTION_MARKS = ("?", "？", "؟")
_SENTENCE_END = re.compile(r"(?<=[.!?؟])\s+|(?<=[。！？])|\n+")
_ITEM = re.compile(r"^[ \t]*(?:\d{1,2}[.)]|[-*•])[ \t]+", re.MULTILINE)


class _Word(NamedTuple):
    """A word of a turn; weight 0 for what only carries the conversation on, 2 for a name or a number."""

    text: str
    weight: int


def question_of(turns: Sequence[Turn]) -> str | None:
    """What a conversation asks for in its end: the text that scorers read.

    Args:
        turns: the newest last. What an assistant said behind the last turn of the user is its plan.

    Returns:
        The text of the user's last turn, unchanged, where it stands alone (`stands_alone`) and answers no question of
        the assistant's. Otherwise, a line each:

        1. that turn, if it has words of its own;
        2. what the user said before, whole, back to a turn that stands alone. Of several questions or items, the one
           whose place is asked for (*and the second one?*); without the years and numbers that the new turn replaces
           (*what about 2023?*);
        3. of what the assistant said just before, and of its plan: names, numbers and the words of what it asks (all
           words of a short answer), at most eight of each; or the item whose place is asked for. Where the
           user has said nothing that stands alone, what the assistant asks, whole (*Do you mean …?* *Yes.*).

        None where nobody said anything.

    Reads at most the last nine turns of the user's and one of the assistant's before and behind the last of them, and
    2,000 characters of each; linear in the number of turns.
    """
    return recent_question(reversed(turns))


def recent_question(turns: Iterable[Turn]) -> str | None:
    """`question_of` of turns in the other order, the newest first; no more of them are taken than are read."""
    heard = (turn for turn in turns if turn.role and turn.text.strip())
    newest, plan = None, ""
    for turn in heard:
        if turn.role == "user":
            newest = turn.text
            break
        plan = plan or turn.text
    if newest is None:
        return plan or None
    before = next(heard, None)
    answer = before.text if before is not None and before.role == "assistant" else ""
    replies = any(mark in answer[-_READ_CHARS:] for mark in _QUESTION_MARKS) and not _asks(newest)
    if stands_alone(newest) and not replies:
        return newest
    words = _words(newest)
    asked = _asked(heard if before is None or answer else chain((before,), heard))
    said = _what_matters(answer)
    if not any(map(stands_alone, asked)):
        said = _asked_in(answer) or said  # *Do you mean this: …?*
    place = _place(newest, words)
    if place is not None:
        listed, wanted = _item(answer, place), _item(asked[0], place) if asked else None
        if listed is not None:
            said = " ".join(word.text for word in _words(listed)[:_ITEM_WORDS])
        elif wanted is not None:
            asked, said = [wanted], ""
    parts = [newest] if any(word.weight for word in words) else []
    parts += [_without_replaced(text, words) for text in asked]
    parts += [said, _what_matters(plan)]
    first, *others = [part.strip() for part in parts if part.strip()] or [newest]
    return "\n".join([first, *map(_without_capital, others)])


def stands_alone(text: str) -> bool:
    """Whether a turn can be understood without those before it: it has two words of its own (four where the language
    is not known; a name or number counts for two), does not begin as the continuation of another, and holds no pronoun
    whose noun it lacks.
    """
    text = text[:_READ_CHARS]
    words = _words(text)
    size = _size(words)
    if size < (_ENOUGH if _is_known(text, words) else _ENOUGH_UNKNOWN):
        return False
    if size < _ENOUGH_JOINED and _JOINING.match(text):
        return False
    if size >= _DESCRIBED:
        return True
    if _PRONOUN_UNSPACED.search(text):
        return False
    first = next((at for at, word in enumerate(words) if word.text.lower() in _PRONOUNS), None)
    if first is None:
        return True
    named = _size(words[:first])
    if named < _ENOUGH:
        return False
    return named >= _ANTECEDENT or _CLAUSE.search(text[: _start_of(words[first].text, text)]) is not None


def _asked(turns: Iterable[Turn]) -> list[str]:
    """What the user said, back to a turn that stands alone."""
    asked = []
    for turn in islice((turn for turn in turns if turn.role == "user"), _READ_TURNS):
        asked.append(turn.text[:_READ_CHARS])
        if stands_alone(turn.text):
            break
    return asked


def _asks(text: str) -> bool:
    text = text[:_READ_CHARS]
    return any(mark in text for mark in _QUESTION_MARKS) or _has_question_word(text)


def _has_question_word(text: str) -> bool:
    from laconic.score.evidence.question import KINDS, kind_of  # loads numpy, which most programs need later on

    return KINDS[kind_of(text)] not in ("other", "yes_no")


def _is_known(text: str, words: Sequence[_Word]) -> bool:
    """Whether a text is in a language whose function words are known, and written in words."""
    if _UNSPACED.search(text):
        return False
    known = {word.text.lower() for word in words} & (STOP_WORDS | FUNCTION_WORDS)
    return len(known) > 1 or _has_question_word(text)


# -- words ------------------------------------------------------------------------------------------------------------


def _words(text: str) -> list[_Word]:
    found: list[_Word] = []
    for written in _WORD.findall(_ELISION.sub(" ", text[:_READ_CHARS])):
        written = written.rstrip(".'’-–—/")
        runs = _UNSPACED.findall(written)
        if runs:
            found += [_Word(run[at : at + 2], 1) for run in runs for at in range(0, len(run) - 1, 2)]
        else:
            found.append(_Word(written, _weight(written, is_first=not found)))
    return found


def _weight(word: str, is_first: bool) -> int:
    if any(map(str.isdigit, word)):
        return 2
    low = word.lower()
    if low in _EMPTY:
        return 0
    return 2 if word[0].isupper() and not is_first else 1


def _size(words: Iterable[_Word]) -> int:
    return sum({word.text.lower(): word.weight for word in words}.values())


def _start_of(word: str, text: str) -> int:
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)
    return found.start() if found else 0


def _place(text: str, words: Sequence[_Word]) -> int | None:
    """The place in a row that a turn names: 1 for the first, -1 for the last."""
    unspaced = _PLACE_UNSPACED.search(text)
    if unspaced:
        return "一二三四五12345".index(unspaced[1]) % 5 + 1
    for word in words:
        if word.text.lower() in _PLACES:
            return _PLACES[word.text.lower()]
    return None


def _item(text: str, place: int) -> str | None:
    """The item of a list, or the question of several, in a place."""
    text = text[:_ITEM_CHARS]
    items = [item.strip() for item in _ITEM.split(text)[1:]]
    if len(items) < 2:
        items = [part for part in _SENTENCE_END.split(text) if part.rstrip().endswith(_QUESTION_MARKS)]
    if len(items) < 2 or place > len(items):
        return None
    return _without_lead(items[place if place < 0 else place - 1])


def _without_lead(text: str) -> str:
    """A sentence without *and then:* before it."""
    lead, colon, rest = text.replace("：", ":").partition(":")
    return rest.strip() if colon and rest.strip() and not _size(_words(lead)) else text


def _without_replaced(text: str, words: Sequence[_Word]) -> str:
    """A text without the numbers of the shape of those that a new turn brings: 2022 where that says 2023."""
    new = {word.text for word in words if len(word.text) > 3 and word.text.isdecimal()}
    for shape in {len(number) for number in new}:
        text = re.sub(rf"(?<!\d)\d{{{shape}}}(?!\d)", lambda old: old[0] if old[0] in new else "", text)
    return text


def _without_capital(text: str) -> str:
    """A line without the capital of its first word, unless that may be a name: scorers take capitals for names."""
    first = _WORD.match(text)
    if first is None or first[0].rstrip(".,:").lower() not in _EMPTY:
        return text
    return text[0].lower() + text[1:]


def _what_matters(text: str) -> str:
    """Of what an assistant said: names, numbers, and the words of what it asks, or of a short answer."""
    text = text[-_READ_CHARS:]
    words = _words(text)
    if len(words) <= _SHORT_ANSWER and not _asks(text):
        return _few([word for word in words if word.weight])
    taken: list[_Word] = []
    for sentence in _SENTENCE_END.split(_ITEM.sub("", text)):
        least = 1 if sentence.rstrip().endswith(_QUESTION_MARKS) else 2
        taken += [word for word in _words(sentence) if word.weight >= least]
    return _few(taken)


def _asked_in(text: str) -> str:
    """What an assistant asks, each question without its lead."""
    asked = [
        sentence for sentence in _SENTENCE_END.split(text[-_READ_CHARS:]) if sentence.rstrip().endswith(_QUESTION_MARKS)
    ]
    return "\n".join(sentence for sentence in map(_without_lead, asked) if _size(_words(sentence)))


def _few(words: Sequence[_Word]) -> str:
    """The last of some words, without repetitions; long numbers and identifiers go before other words."""
    texts = list(dict.fromkeys(word.text for word in words))
    order = list(reversed(texts))
    order.sort(key=lambda text: len(text) < 4 or not any(map(str.isdigit, text)))
    chosen = frozenset(order[:_TAKEN_WORDS])
    return " ".join(text for text in texts if text in chosen)
