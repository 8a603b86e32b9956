"""More shapes of the training questions: what a retriever, a tool or a person makes of the same text.

Each shape is a function from a row (and a pool of other rows' passages) to a changed row, or None where it does not
apply. The labels move with the text. Which rows get which shape follows from their keys alone, so that the set is the
same each time it is made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from zlib import crc32

import numpy as np

from evidence.editing import Draft, cut_into_chunks
from evidence.rows import FAMILIES, Piece, Row
from laconic.score.words import STOP_WORDS

__all__ = ["SHAPES", "shaped_rows"]

Pool = Sequence[Piece]
Shape = Callable[[Row, Pool], "Row | None"]

_SPANLESS = "gold_passages"
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


def _with_spans(row: Row) -> bool:
    return row.mode != _SPANLESS and any(piece.evidence for piece in row.passages)


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
    return row.shaped("untitled", passages=tuple(_titled(piece, "") for piece in row.passages))


def file_names(row: Row, pool: Pool) -> Row:
    """Titles that say nothing."""
    random = row.random()
    form = _FILE_NAMES[int(random.integers(len(_FILE_NAMES)))]
    numbers = random.permutation(len(row.passages) * 3)
    named = tuple(_titled(p, form.format(n)) for p, n in zip(row.passages, numbers, strict=False))
    return row.shaped("file_names", passages=named)


def chunks(row: Row, pool: Pool) -> Row | None:
    """Passages joined to one text and cut anew without regard for sentences."""
    if not _with_spans(row):
        return None
    random = row.random()
    draft = Draft()
    for piece in row.passages:
        draft.add(piece.text + "\n\n", piece.evidence)
    cut = cut_into_chunks(draft.piece(), int(random.integers(300, 1400)))
    return row.shaped("chunks", passages=_shuffled([_titled(piece, "") for piece in cut], random))


def document(row: Row, pool: Pool) -> Row | None:
    """One long Markdown document with headings; sometimes hard-wrapped."""
    if not _with_spans(row):
        return None
    random = row.random()
    draft = Draft()
    last = None
    for piece in _shuffled(row.passages, random):
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
        strangers = [_titled(stranger, "") for stranger in strangers]
    return row.shaped("mixed", passages=_shuffled([*row.passages, *strangers], random))


def clauses(row: Row, pool: Pool) -> Row | None:
    """Numbered clauses under headings, as contracts have them."""
    if not _with_spans(row) or row.dataset in ("tatqa", "qmsum", "taubench_retail"):
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
    if not _with_spans(row) or row.dataset in ("tatqa", "taubench_retail"):
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
    if not _with_spans(row) or row.dataset not in FAMILIES["wikipedia"]:
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
        cuts = sorted(_pick(random, ends[:-1], int(random.integers(1, 4)))) if len(ends) > 2 else []
        for start, end in zip((0, *cuts), (*cuts, len(text)), strict=True):
            pieces.append(Piece(text[start:end].strip(), "", piece is gold))
    question = row.question
    if random.random() < 0.6:
        claims = _SENTENCE_END.split(gold.text[:2400])
        words = claims[int(random.integers(len(claims)))].split()[: int(random.integers(9, 20))]
        words = [word for word in words if random.random() < 0.65]
        question = str(random.choice(_YES_NO)).format(" ".join(words))
    passages = _shuffled([piece for piece in pieces if piece.text], random)
    return row.shaped("sections", question=question, passages=passages, mode=_SPANLESS)


_SENTENCE_END = re.compile(r"(?<=[a-z)\]])\. (?=[A-Z])")
_YES_NO = ("Does {}?", "Is {}?", "Do {}?", "Are {}?", "Is it true that {}?", "Can {}?", "Should {}?", "Has {}?")


def vague(row: Row, pool: Pool) -> Row | None:
    """Without about half of the words that the evidence repeats: asked in other words than the text's."""
    if not _with_spans(row) or row.dataset in ("qmsum", "taubench_retail"):
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


# --- questions that need a second passage

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
    if not _with_spans(row) or row.dataset not in FAMILIES["wikipedia"]:
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
        passages = _shuffled([*kept, draft.piece(other.title)], random)
        return row.shaped("bridge", question=question, passages=passages, mode="all")
    return None


# What leads from one thing to the next, and how the next is called by way of the first.
_RELATIONS = (
    ("{subject} was directed by {name}.", "director"),
    ("The music for {subject} was written by {name}.", "composer"),
    ("It was founded by {name}.", "founder"),
    ("{subject} was written by {name}.", "author"),
    ("Since then it has been owned by {name}.", "owner"),
    ("{subject} was the child of {name} and his second wife.", "father"),
    ("In the same year {name} became the spouse of {subject}.", "spouse"),
    ("{subject}, produced by {name}, was well received.", "producer"),
    ("The first performer of {subject} was {name}.", "performer"),
    ("{name} was the one who taught {subject}.", "teacher"),
    ("It lies within {name}.", "place"),
)
_ASKED_OF_LAST = (
    "When was {} born?", "Where was {} born?", "What nationality is {}?", "When did {} die?", "What is {} known for?",
    "Which country is {} from?", "Where is {} located?", "What kind of thing is {}?", "who is {}", "Where does {} come from?",
    "When was {} founded?", "What does {} do?", "Which award did {} win?",
)  # fmt: skip
_ASKED_OF_TWO = (
    "Who was born first, {} or {}?", "Which came out first, {} or {}?", "Are {} and {} from the same country?",
    "Which is older, {} or {}?", "What do {} and {} have in common?", "Were both {} and {} made in the same place?",
    "Are {} and {} both located in Europe?", "Which has more members, {} or {}?", "Is {} the same kind of thing as {}?",
    "Who lived longer, {} or {}?", "Between {} and {}, which is larger?", "{} and {} are both what?",
)  # fmt: skip


def relation(row: Row, pool: Pool) -> Row | None:
    """Asks what a thing is that only another passage connects with the thing in the question (*the director of …*)."""
    led = _led_by_their_titles(row)
    if len(led) < 4:
        return None
    random = row.random()
    first, last, rival, stranger = _pick(random, led, 4)
    said, called = _RELATIONS[int(random.integers(len(_RELATIONS)))]
    name, subject = _bare_title(first), _bare_title(last)
    question = str(random.choice(_ASKED_OF_LAST)).format(f"the {called} of {name}")
    passages = []
    for piece in row.passages:
        lead = _lead_end(piece)
        if piece is first or (piece is rival and random.random() < 0.5):
            inserted = said.format(subject=name, name=subject)
            if piece is rival:
                inserted = said.format(subject=_bare_title(rival), name=_bare_title(stranger))
            draft = Draft().add(piece.text[:lead].rstrip() + " ")
            draft.add(inserted, ((0, len(inserted)),) if piece is first else ()).add(" " + piece.text[lead:].lstrip())
            passages.append(draft.piece(piece.title, piece is first))
        else:
            held = ((0, lead),) if piece is last else ()
            passages.append(Piece(piece.text, piece.title, piece is last, held))
    return row.shaped("relation", question=question, passages=_maybe_untitled(passages, random), mode="all")


def comparison(row: Row, pool: Pool) -> Row | None:
    """Asks about two things, each the subject of a passage of its own."""
    led = _led_by_their_titles(row)
    if len(led) < 2:
        return None
    random = row.random()
    pair = _pick(random, led, 2)
    question = str(random.choice(_ASKED_OF_TWO)).format(*map(_bare_title, pair))
    passages = [
        Piece(p.text, p.title, p in pair, ((0, _lead_end(p)),) if p in pair else ()) for p in row.passages
    ]
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
    return _shuffled([_titled(piece, "") if without else piece for piece in pieces], random)


# --- tables


def table_form(row: Row, pool: Pool) -> Row | None:
    """Tables of pipe-joined rows as Markdown, CSV, JSON records or lines of ``label: values``."""
    if row.dataset != "tatqa" or not any(piece.title == "table" for piece in row.passages):
        return None
    random = row.random()
    form = (_markdown_table, _csv_table, _json_table, _labelled_lines)[int(random.integers(4))]
    passages = tuple(form(piece) if piece.title == "table" else piece for piece in row.passages)
    return row.shaped(f"table_form:{form.__name__.strip('_')}", passages=passages)


Cell = tuple[str, tuple[tuple[int, int], ...]]


def _cells(piece: Piece) -> list[list[Cell]]:
    """Cells with the spans inside each, trimmed."""
    table = []
    at = 0
    for line in piece.text.split("\n"):
        row: list[Cell] = []
        begin = at
        for cell in line.split("|"):
            bare = cell.strip()
            start = begin + len(cell) - len(cell.lstrip())
            end = start + len(bare)
            held = tuple(
                (max(low, start) - start, min(high, end) - start)
                for low, high in piece.evidence
                if min(high, end) > max(low, start)
            )
            row.append((bare, held))
            begin += len(cell) + 1
        table.append(row)
        at += len(line) + 1
    return table


def _markdown_table(piece: Piece) -> Piece:
    draft = Draft()
    for number, row in enumerate(_cells(piece)):
        for text, spans in row:
            draft.add("| ").add(text, spans).add(" ")
        draft.add("|\n")
        if number == 0:
            draft.add("|" + " --- |" * len(row) + "\n")
    return draft.piece("", piece.gold)


def _csv_table(piece: Piece) -> Piece:
    draft = Draft()
    for row in _cells(piece):
        for number, (text, spans) in enumerate(row):
            quote = '"' if "," in text else ""
            draft.add("," if number else "").add(quote).add(text, spans).add(quote)
        draft.add("\n")
    return draft.piece("table.csv", piece.gold)


def _json_table(piece: Piece) -> Piece:
    rows = _cells(piece)
    width = max(map(len, rows))
    heads = [0, 1] if len(rows) > 2 and not rows[1][0][0] else [0]
    names = []
    for column in range(width):
        parts = [rows[head][column][0] for head in heads if column < len(rows[head]) and rows[head][column][0]]
        names.append(" ".join(parts).replace('"', "'") or ("item" if column == 0 else f"column {column}"))
    draft = Draft().add("[\n")
    for row in rows[len(heads) :]:
        draft.add("  {")
        for column, (text, spans) in enumerate(row):
            draft.add(", " if column else "").add(f'"{names[column]}": "').add(text.replace('"', "'"), spans).add('"')
        draft.add("},\n")
    return draft.add("]").piece("", piece.gold)


def _labelled_lines(piece: Piece) -> Piece:
    rows = _cells(piece)
    names = [text for text, _ in rows[0]]
    draft = Draft()
    for row in rows[1:]:
        draft.add("- ").add(*row[0])
        for column, (text, spans) in enumerate(row[1:], 1):
            if text:
                name = names[column] if column < len(names) else ""
                draft.add(": " if column == 1 else "; ").add(f"{name} " if name else "").add(text, spans)
        draft.add("\n")
    return draft.piece("", piece.gold)


# --- dialogue


def chat_form(row: Row, pool: Pool) -> Row | None:
    """Turns as chat messages in JSON, in Markdown, or with times."""
    if row.dataset != "qmsum":
        return None
    random = row.random()
    form = int(random.integers(3))
    pieces = []
    for piece in row.passages:
        draft = Draft()
        at = 0
        for number, line in enumerate(piece.text.split("\n")):
            name, colon, said = line.partition(": ")
            begin = at + len(name) + len(colon)
            spans = [
                (max(low, begin) - begin, min(high, begin + len(said)) - begin)
                for low, high in piece.evidence
                if min(high, begin + len(said)) > max(low, begin)
            ]
            at += len(line) + 1
            if not colon:
                draft.add(line + "\n")
            elif form == 0:
                safe = said.replace('"', "'").replace("\\", "/")
                draft.add(f'{{"role": "{name}", "content": "').add(safe, spans).add('"},\n')
            elif form == 1:
                draft.add(f"**{name}:** ").add(said, spans).add("\n\n")
            else:
                draft.add(f"[{9 + number // 60:02}:{number % 60:02}] {name}: ").add(said, spans).add("\n")
        pieces.append(draft.piece("", piece.gold))
    return row.shaped(f"chat_form:{form}", passages=tuple(pieces))


# --- code


def source_file(row: Row, pool: Pool) -> Row | None:
    """Functions one below the other in few files."""
    if row.dataset != "code_funcs":
        return None
    random = row.random()
    order = _shuffled(row.passages, random)
    files = max(1, len(order) // 6)
    drafts = [Draft() for _ in range(files)]
    for number, piece in enumerate(order):
        span = ((0, len(piece.text)),) if piece.gold else ()
        drafts[number % files].add(piece.text, span).add("\n\n\n")
    return row.shaped("source_file", mode="all", passages=tuple(draft.piece("") for draft in drafts))


# --- tool results


def tool_value(row: Row, pool: Pool) -> Row | None:
    """A question for one value of one record among the row's tool results."""
    if row.dataset != "taubench_retail":
        return None
    random = row.random()
    found = []
    for number, piece in enumerate(row.passages):
        found += [(number, *leaf) for leaf in _leaves(piece.text)]
    if len(found) < 8:
        return None
    number, path, start, end, owner = found[int(random.integers(len(found)))]
    key = path.replace("_", " ")
    subject = f" of {owner}" if owner else ""
    forms = ("What is the {}{}?", "{}{}", "Could you check the {}{} for me, please?", "I need the {}{} again.")
    question = forms[int(random.integers(len(forms)))].format(key, subject)
    passages = []
    for at, piece in enumerate(row.passages):
        evidence = ((start, end),) if at == number else ()
        passages.append(Piece(piece.text, piece.title, at == number, evidence))
    return row.shaped("tool_value", question=question, passages=tuple(passages), mode="all", answers=())


_LEAF = re.compile(r'"(\w+)": ("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false)')
_NAMING = re.compile(r'"(?:\w+_id|id|name|order_id)": "([^"]+)"')


def _leaves(text: str) -> Iterator[tuple[str, int, int, str]]:
    """Key, span of key and value, and the nearest name or id before it, of the scalars in JSON text."""
    for leaf in _LEAF.finditer(text):
        names = list(_NAMING.finditer(text, max(0, leaf.start() - 400), leaf.start()))
        owner = names[-1].group(1) if names else ""
        if owner and leaf.group(1) not in ("id", "name"):
            yield leaf.group(1), leaf.start(), leaf.end(), owner


def pretty_json(row: Row, pool: Pool) -> Row | None:
    """Tool results with a member a line."""
    if row.dataset != "taubench_retail":
        return None
    pieces = []
    for piece in row.passages:
        try:
            text = json.dumps(json.loads(piece.text), indent=2, ensure_ascii=False)
        except ValueError:
            pieces.append(piece)
            continue
        values = {piece.text[start:end] for start, end in piece.evidence}
        spans = [m.span() for value in sorted(values) for m in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text)]
        pieces.append(Piece(text, piece.title, bool(spans), tuple(sorted(spans))))
    return row.shaped("pretty_json", passages=tuple(pieces))


# --- made from nothing but a key: look-ups and logs


def look_up(row: Row, pool: Pool) -> Row | None:
    """Random identifiers as keys: JSON, YAML, properties or a list; the question names one."""
    random = row.random()
    number = int(random.integers(30, 90))

    def token() -> str:
        kind = random.integers(4)
        digits = "".join(f"{int(part):08x}" for part in random.integers(2**32, size=4))
        if kind == 0:
            return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"
        if kind == 1:
            return digits[: int(random.integers(6, 12))].upper()
        if kind == 2:
            return f"{'ORD INV CVE REQ TKT'.split()[int(random.integers(5))]}-{int(random.integers(1000, 99999))}"
        return f"user_{int(random.integers(10**6))}"

    form = int(random.integers(4))
    chosen = int(random.integers(number))
    draft = Draft().add("{\n" if form == 0 else "")
    key = ""
    for at in range(number):
        name, value = token(), token()
        line = ('  "{}": "{}",', "{}: {}", "{}={}", "- {} has the value {}.")[form].format(name, value)
        if at == chosen:
            key = name
            place = line.rindex(value)
            draft.add(line + "\n", ((place, place + len(value)),))
        else:
            draft.add(line + "\n")
    draft.add("}" if form == 0 else "")
    forms = ('What is the value of the key "{}"?', "{}", "Look up {}.", "which value belongs to {}")
    question = forms[int(random.integers(len(forms)))].format(key)
    return Row(row.key, row.dataset, question, (draft.piece(),), "any", shape="look_up")


_METRICS = (
    "revenue price quantity status owner date score population capacity version region cost size weight rating "
    "temperature budget deadline".split()
)
_STATES = "open closed pending shipped cancelled active failed approved unknown".split()
_PHRASE = re.compile(r"\b[A-Za-z][a-z]{3,}(?: [A-Za-z][a-z]{3,}){0,2}\b")


def grid(row: Row, pool: Pool) -> Row | None:
    """A table of made-up values about phrases of the row's own text, in one of many notations; asks for cells."""
    random = row.random()
    text = " ".join(piece.text[:600] for piece in row.passages)
    labels = list(dict.fromkeys(phrase for phrase in _PHRASE.findall(text) if len(phrase) < 40))
    if len(labels) < 12:
        return None
    labels = _pick(random, labels, int(random.integers(5, min(40, len(labels)))))
    if random.random() < 0.6:
        # Rows of an account share most of their words.
        tails = _pick(random, _ITEMS, 4)
        labels = [f"{label} {tails[int(random.integers(4))]}" if random.random() < 0.7 else label for label in labels]
        labels = [*dict.fromkeys(labels), f"Total {tails[0]}"]
    if random.random() < 0.6:
        last = int(random.integers(1998, 2025))
        columns = [str(last - back) for back in range(int(random.integers(2, 5)))]
    else:
        columns = _pick(random, _METRICS, int(random.integers(2, 6)))
    question, wanted = _grid_question(random, labels, columns)
    values = [[_value(random, name) for name in columns] for _ in labels]
    form = int(random.choice(5, p=(0.4, 0.15, 0.15, 0.15, 0.15)))
    draft = _grid_head(random, form, columns, wanted)
    for at, (label, cells) in enumerate(zip(labels, values, strict=True)):
        draft.add(("", "| ", "", '  {"name": "', "- ")[form] + label)
        for number, (name, value) in enumerate(zip(columns, cells, strict=True)):
            before = (" | ", " | ", ",", f'", "{name}": "', f"{': ' if not number else ', '}{name} ")[form]
            quote = '"' if form == 2 and "," in value else ""
            draft.add(before + quote).add(value, ((0, len(value)),) if (at, number) in wanted else ()).add(quote)
        draft.add(("", " |", "", '"},', "")[form] + "\n")
    if not draft.spans:
        return None
    # What else is there speaks of the same things.
    around = [Piece(piece.text[:800]) for piece in (*row.passages[:6], *(pool[int(at)] for at in random.integers(len(pool), size=2)))]
    passages = _shuffled([draft.piece("table" if form == 0 else ""), *around], random)
    return Row(row.key, row.dataset, question, passages, "all", shape="grid")


_ITEMS = (
    "expense", "expenses, net", "income", "net income", "revenue", "net revenues", "costs", "assets", "liabilities", "tax",
    "cash", "sales", "rate", "benefit", "at year end", "per share",
)  # fmt: skip
_HEADER = -1
_OF_ONE_CELL = ("What was the {c} of {l}?", "{l} {c}", "What is {l} in {c}?", "Give me the {c} for {l}.")
_OF_TWO_COLUMNS = (
    "What was the change in {l} between {c} and {d}?", "What is the percentage change in {l} from {d} to {c}?",
    "What was the average {l} for {c} and {d}?", "What is {l} in {c} and {d} respectively?", "{l} {c} vs {d}",
)  # fmt: skip
_OF_TWO_ROWS = (
    "What is the sum of {l} and {m} in {c}?", "What was the difference between {l} and {m} in {c}?",
    "How much more was {l} than {m} in {c}?", "What are {l} and {m} in {c}?",
)  # fmt: skip
_OF_HEADER = ("In which year was {l} {v}?", "When was {l} the highest?", "Which column has the larger {l}?")


def _grid_question(
    random: np.random.Generator, labels: Sequence[str], columns: Sequence[str]
) -> tuple[str, set[tuple[int, int]]]:
    """A question for cells of a table, and the cells: row (or `_HEADER`) and column."""
    row, other_row = (int(at) for at in random.permutation(len(labels))[:2])
    column, other_column = (int(at) for at in random.permutation(len(columns))[:2])
    kind = random.random()
    if kind < 0.4:
        forms, wanted = _OF_ONE_CELL, {(row, column)}
    elif kind < 0.7:
        forms, wanted = _OF_TWO_COLUMNS, {(row, column), (row, other_column)}
    elif kind < 0.88:
        forms, wanted = _OF_TWO_ROWS, {(row, column), (other_row, column)}
    else:
        forms, wanted = _OF_HEADER, {(_HEADER, column)}
    form = forms[int(random.integers(len(forms)))]
    return form.format(
        l=labels[row], m=labels[other_row], c=columns[column], d=columns[other_column], v=random.integers(10, 9999)
    ), wanted


def _grid_head(random: np.random.Generator, form: int, columns: Sequence[str], wanted: set[tuple[int, int]]) -> Draft:
    """What stands above the rows of a table."""
    draft = Draft()
    if form in (3, 4):  # the names of the columns stand with each value
        return draft.add("[\n" if form == 3 else "")
    if form == 0 and random.random() < 0.5:
        above = ("Years ended December 31,", "Fiscal year", "$ in thousands", "As of June 30,")[int(random.integers(4))]
        draft.add(f" | {above}" + " | " * (len(columns) - 1) + "\n")
    draft.add((" ", "| Name ", "name")[form])
    for number, name in enumerate(columns):
        draft.add(("| ", "| ", ",")[form]).add(name, ((0, len(name)),) if (_HEADER, number) in wanted else ())
        draft.add(" " if form < 2 else "")
    draft.add("|\n|" + " --- |" * (len(columns) + 1) if form == 1 else "")
    return draft.add("\n")


def _value(random: np.random.Generator, column: str) -> str:
    if column in ("status", "region", "owner"):
        return _STATES[int(random.integers(len(_STATES)))]
    if column in ("date", "deadline"):
        return f"2023-{random.integers(1, 13):02}-{random.integers(1, 29):02}"
    number = int(random.integers(1, 10 ** int(random.integers(1, 6))))
    digits = f"{number:,}" if random.random() < 0.5 else f"{number}.{random.integers(100):02}"
    kind = random.random()
    return f"${digits}" if kind < 0.15 else f"({digits})" if kind < 0.3 else f"{digits}%" if kind < 0.35 else digits


_COMPONENTS = "auth-service api.gateway db.pool scheduler kernel sshd payment.worker cache nginx hdfs.DataNode".split()
_CALM = (
    "request {n} served in {n} ms", "connection from 10.0.{b}.{b} accepted", "heartbeat ok", "checkpoint {n} written",
    "user session {n} opened", "block blk_{n} received", "job {n} finished", "cache hit ratio 0.{b}",
    "retry not needed", "configuration reloaded", "worker {b} idle", "generating core.{n}",
)  # fmt: skip
_TROUBLED = (
    "connection to 10.0.{b}.{b} refused", "request {n} failed: timeout after {n} ms", "out of memory in worker {b}",
    "disk /dev/sd{b} is not responding", "authentication failure for user{n}", "unhandled exception in job {n}",
    "checksum mismatch in block blk_{n}", "machine check interrupt", "cannot open file /var/data/{n}",
    "kernel terminated for reason {n}", "possible break-in attempt from 10.0.{b}.{b}", "deadlock detected in pool {b}",
)  # fmt: skip
_BAD_LEVELS, _CALM_LEVELS = ("ERROR", "FATAL", "WARN", "error", "CRITICAL"), ("INFO", "info", "DEBUG")
_LOG_QUESTIONS = (
    "Which errors or failures are in this log?", "What went wrong?", "Why did the job fail?", "errors",
    "Find the alerts and warnings.", "Show me every problem that was logged.",
    "Which errors, failures or security alerts appear here?", "Are there any fatal or critical events?",
)  # fmt: skip


def log(row: Row, pool: Pool) -> Row | None:
    """A log with a few lines of trouble, with or without levels, and a question for them."""
    random = row.random()
    levels = random.random() < 0.7
    few = _pick(random, _CALM, 4)
    bad = _pick(random, _TROUBLED, 3)
    component = _pick(random, _COMPONENTS, 4)
    draft = Draft()
    second = int(random.integers(86_000))
    trouble = False
    for _ in range(int(random.integers(40, 110))):
        second += int(random.integers(20))
        trouble = random.random() < (0.5 if trouble else 0.04)
        text = str(random.choice(bad if trouble else few))
        text = text.replace("{n}", str(random.integers(10, 99_999))).replace("{b}", str(random.integers(1, 255)))
        level = str(random.choice(_BAD_LEVELS if trouble else _CALM_LEVELS))
        stamp = f"2024-03-{1 + second // 86_400:02} {second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}"
        line = f"{stamp} {random.choice(component)} {level + ' ' if levels else ''}{text}"
        draft.add(line, ((0, len(line)),) if trouble else ()).add("\n")
    if not draft.spans:
        return None
    question = str(random.choice(_LOG_QUESTIONS))
    return Row(row.key, row.dataset, question, (draft.piece("service.log"),), "all", shape="log")


def _pick(random: np.random.Generator, items: Sequence[str], number: int) -> list[str]:
    return [items[int(at)] for at in random.permutation(len(items))[:number]]


def _titled(piece: Piece, title: str) -> Piece:
    return Piece(piece.text, title, piece.gold, piece.evidence)


def _shuffled(pieces: Sequence[Piece], random: np.random.Generator) -> tuple[Piece, ...]:
    return tuple(pieces[int(at)] for at in random.permutation(len(pieces)))


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
        (sections, 3.0),
        (bridge, 12.0),  # applies to few
        (relation, 8.0),
        (comparison, 4.0),
        (table_form, 4.0),
        (chat_form, 4.0),
        (source_file, 4.0),
        (tool_value, 6.0),
        (pretty_json, 2.0),
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
