"""More shapes of the training questions: what a retriever, a tool or a person makes of the same text.

Each shape is a function from a row (and a pool of other rows' passages) to a changed row, or None where it does not
apply. The labels move with the text. Which rows get which shape follows from their keys alone, so that the set is the
same each time it is made.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from zlib import crc32

import numpy as np

from evidence.chains import bridge, comparison, related_pair, relation
from evidence.editing import SPANLESS, Draft, cut_into_chunks, pick, shuffled, titled, with_spans
from evidence.forms import chat_form, consent, other_words, pretty_json, source_file, table_form, tool_value
from evidence.made_up import grid, log, look_up
from evidence.rows import FAMILIES, Piece, Row
from laconic.score.words import STOP_WORDS

__all__ = ["SHAPES", "shaped_rows"]

Pool = Sequence[Piece]
Shape = Callable[[Row, Pool], "Row | None"]

_WRAPPERS = (
    "Please tell me: {}",
    "Hi! I have a question about these documents. {} Thanks in advance.",
    "Using only the context below, answer the question. {}",
    "I was wondering, {}",
    "Can you find out the following for me? {} Be brief.",
    'Highlight the parts (if any) of this text related to "{}" that should be reviewed by an expert. Details: {}',
    "You are a helpful assistant. Answer truthfully and say so if you do not know.\nQuestion: {}",
)
_FILE_NAMES = ("document_{}.pdf", "chunk-{}", "page {}", "{}.txt", "source {}")


# --- how the question is asked


def lower_case(row: Row, pool: Pool) -> Row:
    """As typed into a search box."""
    return row.shaped("lower_case", question=row.question.lower().rstrip("?. "))


def keywords(row: Row, pool: Pool) -> Row | None:
    """Only the words that carry meaning."""
    words = [word for word in re.findall(r"[\w'-]+", row.question) if word.lower() not in STOP_WORDS]
    return row.shaped("keywords", question=" ".join(words).lower()) if len(words) >= 3 else None


def wrapped_question(row: Row, pool: Pool) -> Row:
    """Inside courtesies or instructions."""
    wrapper = _WRAPPERS[int(row.random().integers(len(_WRAPPERS)))]
    return row.shaped("wrapped_question", question=wrapper.replace("{}", row.question))


# --- how passages are cut and named


def untitled(row: Row, pool: Pool) -> Row | None:
    """No titles, as most splitters leave it."""
    if not any(piece.title for piece in row.passages):
        return None
    return row.shaped("untitled", passages=tuple(titled(piece, "") for piece in row.passages))


def file_names(row: Row, pool: Pool) -> Row:
    """Titles that say nothing."""
    random = row.random()
    form = _FILE_NAMES[int(random.integers(len(_FILE_NAMES)))]
    numbers = random.permutation(len(row.passages) * 3)
    named = tuple(titled(p, form.format(n)) for p, n in zip(row.passages, numbers, strict=False))
    return row.shaped("file_names", passages=named)


def chunks(row: Row, pool: Pool) -> Row | None:
    """Passages joined to one text and cut anew without regard for sentences."""
    if not with_spans(row):
        return None
    random = row.random()
    draft = Draft()
    for piece in row.passages:
        draft.add(piece.text + "\n\n", piece.evidence)
    cut = cut_into_chunks(draft.piece(), int(random.integers(300, 1400)))
    return row.shaped("chunks", passages=shuffled([titled(piece, "") for piece in cut], random))


def document(row: Row, pool: Pool) -> Row | None:
    """One long Markdown document with headings; sometimes hard-wrapped."""
    if not with_spans(row):
        return None
    random = row.random()
    draft = Draft()
    last = None
    for piece in shuffled(row.passages, random):
        if piece.title and piece.title != last:
            draft.add(f"\n## {piece.title}\n\n")
            last = piece.title
        draft.add(piece.text.rstrip("\n"), piece.evidence).add("\n\n")
    whole = draft.piece()
    if random.random() < 0.5 and "|" not in whole.text:
        whole = Piece(_hard_wrapped(whole.text), "", True, whole.evidence)
    return row.shaped("document", passages=(whole,))


def mixed(row: Row, pool: Pool) -> Row:
    """Among passages of other sources and kinds."""
    random = row.random()
    number = min(12, max(3, len(row.passages)))
    others = [pool[int(at)] for at in random.integers(len(pool), size=number)]
    strangers = [Piece(other.text[:2000], other.title) for other in others]
    if not any(piece.title for piece in row.passages):
        strangers = [titled(stranger, "") for stranger in strangers]
    return row.shaped("mixed", passages=shuffled([*row.passages, *strangers], random))


def clauses(row: Row, pool: Pool) -> Row | None:
    """Numbered clauses under headings, as contracts have them."""
    if not with_spans(row) or row.dataset in ("tatqa", "qmsum", "taubench_retail"):
        return None
    random = row.random()
    pieces = []
    section = int(random.integers(1, 9))
    for number, piece in enumerate(row.passages, 1):
        draft = Draft().add(f"{section}.{number} ")
        if piece.title and random.random() < 0.5:
            draft.add(f"{piece.title}. ")
        pieces.append(draft.add(piece.text, piece.evidence).piece("", piece.gold))
    if random.random() < 0.5:
        whole = Draft()
        for piece in pieces:
            whole.add(piece.text + "\n", piece.evidence)
        return row.shaped("clauses", passages=tuple(cut_into_chunks(whole.piece(), int(random.integers(900, 2500)))))
    return row.shaped("clauses", passages=tuple(pieces))


def json_passages(row: Row, pool: Pool) -> Row | None:
    """Each passage as the JSON record that an API returns."""
    if not with_spans(row) or row.dataset in ("tatqa", "taubench_retail"):
        return None
    random = row.random()
    text_key = ("text", "content", "snippet", "body")[int(random.integers(4))]
    indent = "\n  " if random.random() < 0.5 else " "
    pieces = []
    for number, piece in enumerate(row.passages):
        draft = Draft().add("{" + indent.lstrip(" "))
        draft.add(f'"id": "{crc32(f"{row.key}{number}".encode()):08x}",{indent}')
        if piece.title:
            draft.add(f'"title": {json.dumps(piece.title, ensure_ascii=False)},{indent}')
        # Quotes and line breaks would be escaped and move the spans; look-alikes of the same length do not.
        safe = piece.text.replace('"', "'").replace("\\", "/").replace("\n", " ").replace("\t", " ")
        draft.add(f'"{text_key}": "').add(safe, piece.evidence).add(f'",{indent}"score": {random.random():.3f}')
        pieces.append(draft.add("\n}" if "\n" in indent else "}").piece("", piece.gold))
    return row.shaped("json_passages", passages=tuple(pieces))


def sections(row: Row, pool: Pool) -> Row | None:
    """One text among others, all in untitled parts; the whole text is wanted, as of an abstract that answers."""
    if not with_spans(row) or row.dataset in ("tatqa", "qmsum", "taubench_retail", "code_funcs"):
        return None
    gold = next((piece for piece in row.passages if piece.evidence and len(piece.text) > 500), None)
    if gold is None:
        return None
    random = row.random()
    others = [piece for piece in row.passages if not piece.evidence and piece.title != gold.title]
    others += [pool[int(at)] for at in random.integers(len(pool), size=4)]
    pieces = []
    for piece in (gold, *others[:7]):
        text = piece.text[:2400]
        ends = [found.end() for found in _SENTENCE_END.finditer(text)]
        cuts = sorted(pick(random, ends[:-1], int(random.integers(1, 4)))) if len(ends) > 2 else []
        for start, end in zip((0, *cuts), (*cuts, len(text)), strict=True):
            pieces.append(Piece(text[start:end].strip(), "", piece is gold))
    kind = random.random()
    question = row.question
    if kind < 0.35:
        question = str(random.choice(_YES_NO)).format(_claim(gold.text[:2400], random))
    elif kind < 0.75 or row.dataset not in FAMILIES["wikipedia"]:
        question = str(random.choice(_YES_NO)).format(_subject_words(gold.text[:2400], random))
    passages = shuffled([piece for piece in pieces if piece.text], random)
    return row.shaped("sections", question=question, passages=passages, mode=SPANLESS)


def _claim(text: str, random: np.random.Generator) -> str:
    """Most words of the beginning of one of the sentences."""
    claims = _SENTENCE_END.split(text)
    words = claims[int(random.integers(len(claims)))].split()[: int(random.integers(9, 20))]
    return " ".join(word for word in words if random.random() < 0.65)


def _subject_words(text: str, random: np.random.Generator) -> str:
    """Some of the words that the text uses again and again, in order of appearance."""
    words = [word.lower() for word in re.findall(r"[A-Za-z][\w-]{3,}", text)]
    counts = Counter(word for word in words if word not in STOP_WORDS)
    often = [word for word, count in counts.most_common(14) if count > 1]
    if len(often) < 4:
        return _claim(text, random)
    chosen = set(pick(random, often, int(random.integers(3, 8))))
    return " ".join(word for word in counts if word in chosen)


_SENTENCE_END = re.compile(r"(?<=[a-z)\]])\. (?=[A-Z])")
_YES_NO = ("Does {}?", "Is {}?", "Do {}?", "Are {}?", "Is it true that {}?", "Can {}?", "Should {}?", "Has {}?")


def vague(row: Row, pool: Pool) -> Row | None:
    """Without about half of the words that the evidence repeats: asked in other words than the text's."""
    if not with_spans(row) or row.dataset in ("qmsum", "taubench_retail"):
        return None
    random = row.random()
    near = " ".join(p.text[max(0, a - 80) : b + 80] for p in row.passages for a, b in p.evidence).lower()
    held = set(re.findall(r"\w+", near)) - STOP_WORDS
    words = re.findall(r"\S+", row.question)
    shared = [at for at, word in enumerate(words) if re.sub(r"\W", "", word).lower() in held]
    if len(shared) < 2:
        return None
    dropped = set(_pick_numbers(random, shared, len(shared) // 2))
    return row.shaped("vague", question=" ".join(word for at, word in enumerate(words) if at not in dropped))


def _pick_numbers(random: np.random.Generator, items: Sequence[int], number: int) -> list[int]:
    return [items[int(at)] for at in random.permutation(len(items))[:number]]


def _hard_wrapped(text: str) -> str:
    """Lines of at most about 80 characters; only spaces change, so offsets stay."""
    out = list(text)
    column, space = 0, -1
    for at, char in enumerate(text):
        if char == "\n":
            column, space = 0, -1
            continue
        if char == " ":
            space = at
        column += 1
        if column > 79 and space >= 0:
            out[space] = "\n"
            column, space = at - space, -1
    return "".join(out)


SHAPES: dict[str, tuple[Shape, float]] = {
    shape.__name__: (shape, share)
    for shape, share in (
        (lower_case, 0.6),
        (keywords, 0.8),
        (wrapped_question, 1.0),
        (untitled, 2.5),
        (file_names, 0.5),
        (chunks, 1.2),
        (document, 1.2),
        (mixed, 1.2),
        (clauses, 0.7),
        (json_passages, 0.7),
        (vague, 1.5),
        (sections, 4.0),
        (bridge, 12.0),  # applies to few
        (relation, 8.0),
        (related_pair, 8.0),
        (comparison, 4.0),
        (table_form, 4.0),
        (chat_form, 4.0),
        (source_file, 4.0),
        (tool_value, 6.0),
        (pretty_json, 2.0),
        (other_words, 6.0),
        (consent, 2.0),
        (look_up, 0.1),
        (log, 0.25),
        (grid, 1.5),
    )
}
"""Every shape with how often it is drawn, relative to the others that apply."""


def shaped_rows(rows: Sequence[Row], pool: Pool, times: int = 1) -> Iterator[Row]:
    """For each row ``times`` different shapes that apply to it, drawn by the row's key."""
    names = list(SHAPES)
    shares = np.array([share for _, share in SHAPES.values()])
    for row in rows:
        random = row.random()
        found = 0
        for at in random.choice(len(names), size=len(names), replace=False, p=shares / shares.sum()):
            shaped = SHAPES[names[int(at)]][0](row, pool)
            if shaped is not None:
                yield shaped
                found += 1
                if found == times:
                    break
