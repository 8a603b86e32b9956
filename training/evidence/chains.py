"""Shapes of questions that need a second passage, made from questions and passages that stand alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from evidence.editing import Draft, pick, shuffled, titled, with_spans
from evidence.rows import FAMILIES, Piece, Row

__all__ = ["bridge", "comparison", "related_pair", "relation"]

Pool = Sequence[Piece]

# What is said of two things, and how the first is called by way of the second.
_BRIDGES = (
    ("{other} was named after {name}.", "what {other} was named after"),
    ("{other} is owned by {name}.", "the owner of {other}"),
    ("The best known neighbour of {other} is {name}.", "the best known neighbour of {other}"),
    ("{other} often collaborated with {name}.", "the one with whom {other} often collaborated"),
    ("The origin of {other} goes back to {name}.", "what {other} goes back to"),
    ("It was {name} that made {other} famous.", "what made {other} famous"),
)


def bridge(row: Row, pool: Pool) -> Row | None:
    """The thing that is asked about is only described, and another passage says what it is."""
    if not with_spans(row) or row.dataset not in FAMILIES["wikipedia"]:
        return None
    random = row.random()
    for gold in row.passages:
        name = re.sub(r"\s*\(.*?\)", "", gold.title).strip()
        at = row.question.lower().find(name.lower()) if len(name) > 3 else -1
        if not gold.evidence or at < 0:
            continue
        titled = [piece for piece in pool if piece.title and piece.title != gold.title and len(piece.text) > 150]
        if not titled:
            return None
        other = titled[int(random.integers(len(titled)))]
        said, called = _BRIDGES[int(random.integers(len(_BRIDGES)))]
        subject = re.sub(r"\s*\(.*?\)", "", other.title)
        sentence = said.format(other=subject, name=name)
        before = re.sub(r"\bthe\s+$", "", row.question[:at], flags=re.IGNORECASE)
        question = before + called.format(other=subject) + row.question[at + len(name) :]
        stop = other.text.find(". ", 60)
        head, tail = other.text[: stop + 2], other.text[stop + 2 : stop + 500]
        draft = Draft().add(head if stop > 0 else "").add(sentence, ((0, len(sentence)),)).add(" " + tail)
        kept = [Piece(p.text, p.title, p is gold, p.evidence if p is gold else ()) for p in row.passages]
        passages = shuffled([*kept, draft.piece(other.title)], random)
        return row.shaped("bridge", question=question, passages=passages, mode="all")
    return None


# What leads from one thing to the next: as a sentence of its own, as the end of another, how the next is then called.
_RELATIONS = (
    ("{subject} was directed by {name}.", "directed by {name}", "director"),
    ("The music for {subject} was written by {name}.", "with music by {name}", "composer"),
    ("It was founded by {name}.", "founded by {name}", "founder"),
    ("{subject} was written by {name}.", "written by {name}", "author"),
    ("Since then it has been owned by {name}.", "owned by {name}", "owner"),
    ("{subject} was the child of {name} and his second wife.", "a child of {name}", "father"),
    ("In the same year {name} became the spouse of {subject}.", "married to {name}", "spouse"),
    ("{subject}, produced by {name}, was well received.", "produced by {name}", "producer"),
    ("The first performer of {subject} was {name}.", "performed by {name}", "performer"),
    ("{name} was the one who taught {subject}.", "a pupil of {name}", "teacher"),
    ("It lies within {name}.", "in {name}", "place"),
)
_ASKED_OF_LAST = (
    "When was {} born?", "Where was {} born?", "What nationality is {}?", "When did {} die?", "What is {} known for?",
    "Which country is {} from?", "Where is {} located?", "What kind of thing is {}?", "who is {}",
    "Where does {} come from?", "When was {} founded?", "What does {} do?", "Which award did {} win?",
)  # fmt: skip
_ASKED_OF_TWO = (
    "Who was born first, {} or {}?", "Which came out first, {} or {}?", "Are {} and {} from the same country?",
    "Which is older, {} or {}?", "What do {} and {} have in common?", "Were both {} and {} made in the same place?",
    "Are {} and {} both located in Europe?", "Which has more members, {} or {}?", "Is {} the same kind of thing as {}?",
    "Who lived longer, {} or {}?", "Between {} and {}, which is larger?", "{} and {} are both what?",
)  # fmt: skip
_ASKED_OF_THE_LAST_TWO = (
    "Which has the {called} who was born first, {0} or {1}?", "Which has the older {called}, {0} or {1}?",
    "Do {0} and {1} have {called}s from the same country?", "Did the {called} of {0} die before the {called} of {1}?",
    "Are the {called}s of both {0} and {1} known for the same thing?", "Whose {called} lived longer, {0}'s or {1}'s?",
    "Do the {called} of {0} and the {called} of {1} have the same nationality?",
)  # fmt: skip


def relation(row: Row, pool: Pool) -> Row | None:
    """Asks what a thing is that only other passages connect with the thing in the question (*the director of …*)."""
    led = _led_by_their_titles(row)
    if len(led) < 4:
        return None
    random = row.random()
    first, last, rival, stranger = pick(random, led, 4)
    kind = int(random.integers(len(_RELATIONS)))
    called = _RELATIONS[kind][2]
    edited = {id(first): _leading_to(first, last, kind, random, wanted=True)}
    if random.random() < 0.25:  # two steps, of which the second is the answer
        second = int(random.integers(len(_RELATIONS)))
        edited[id(last)] = _leading_to(last, stranger, second, random, wanted=True)
        question = f"Who is the {_RELATIONS[second][2]} of the {called} of {_bare_title(first)}?"
    else:
        edited[id(last)] = Piece(last.text, last.title, True, ((0, _lead_end(last)),))
        question = str(random.choice(_ASKED_OF_LAST)).format(f"the {called} of {_bare_title(first)}")
        if random.random() < 0.5:
            edited[id(rival)] = _leading_to(rival, stranger, kind, random, wanted=False)
    return row.shaped("relation", question=question, passages=_all_of(row, edited, random), mode="all")


def related_pair(row: Row, pool: Pool) -> Row | None:
    """Compares what two things lead to, each in a passage of its own: four passages are needed."""
    led = _led_by_their_titles(row)
    if len(led) < 5:
        return None
    random = row.random()
    *ends, rival = pick(random, led, 5)
    kind = int(random.integers(len(_RELATIONS)))
    edited = {id(rival): _leading_to(rival, ends[0], kind, random, wanted=False)} if random.random() < 0.3 else {}
    for first, last in (ends[:2], ends[2:]):
        edited[id(first)] = _leading_to(first, last, kind, random, wanted=True)
        edited[id(last)] = Piece(last.text, last.title, True, ((0, _lead_end(last)),))
    question = str(random.choice(_ASKED_OF_THE_LAST_TWO))
    question = question.format(_bare_title(ends[0]), _bare_title(ends[2]), called=_RELATIONS[kind][2])
    return row.shaped("related_pair", question=question, passages=_all_of(row, edited, random), mode="all")


def _leading_to(piece: Piece, other: Piece, kind: int, random: np.random.Generator, *, wanted: bool) -> Piece:
    """``piece`` with the relation to ``other`` said in its first sentence or behind it."""
    sentence, ending, _ = _RELATIONS[kind]
    lead = _lead_end(piece)
    subject, name = _bare_title(piece), _bare_title(other)
    head = piece.text[:lead].rstrip()
    if random.random() < 0.5:
        head = f"{head.rstrip('.')}, {ending.format(name=name)}."
        draft = Draft().add(head, ((0, len(head)),) if wanted else ())
    else:
        said = sentence.format(subject=subject, name=name)
        draft = Draft().add(head + " ").add(said, ((0, len(said)),) if wanted else ())
    return draft.add(" " + piece.text[lead:].lstrip()).piece(piece.title, wanted)


def _all_of(row: Row, edited: dict[int, Piece], random: np.random.Generator) -> tuple[Piece, ...]:
    """The row's passages, the edited ones in the place of theirs, all others without labels."""
    return _maybe_untitled([edited.get(id(p)) or Piece(p.text, p.title) for p in row.passages], random)


def comparison(row: Row, pool: Pool) -> Row | None:
    """Asks about two things, each the subject of a passage of its own."""
    led = _led_by_their_titles(row)
    if len(led) < 2:
        return None
    random = row.random()
    pair = pick(random, led, 2)
    question = str(random.choice(_ASKED_OF_TWO)).format(*map(_bare_title, pair))
    passages = [Piece(p.text, p.title, p in pair, ((0, _lead_end(p)),) if p in pair else ()) for p in row.passages]
    return row.shaped("comparison", question=question, passages=_maybe_untitled(passages, random), mode="all")


def _bare_title(piece: Piece) -> str:
    return re.sub(r"\s*\(.*?\)", "", piece.title).strip()


def _lead_end(piece: Piece) -> int:
    """End of the first sentence, roughly."""
    stop = re.compile(r"[a-z)\]\"]\. (?=[A-Z])").search(piece.text, 30)
    return stop.end() - 1 if stop else len(piece.text)


def _led_by_their_titles(row: Row) -> list[Piece]:
    """Passages that begin with what their title names, one for each title."""
    if row.dataset not in FAMILIES["wikipedia"]:
        return []
    found: dict[str, Piece] = {}
    for piece in row.passages:
        name = _bare_title(piece)
        if len(name) > 2 and name.lower() in piece.text[: len(name) + 6].lower():
            found.setdefault(name.lower(), piece)
    return list(found.values())


def _maybe_untitled(pieces: Sequence[Piece], random: np.random.Generator) -> tuple[Piece, ...]:
    without = random.random() < 0.3
    return shuffled([titled(piece, "") if without else piece for piece in pieces], random)
