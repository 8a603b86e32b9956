"""Shapes of tables, dialogue, code and tool results: the same content in other notations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from evidence.editing import Draft, shuffled
from evidence.rows import FAMILIES, Piece, Row

__all__ = ["chat_form", "consent", "other_words", "pretty_json", "source_file", "table_form", "tool_value"]

Pool = Sequence[Piece]


def table_form(row: Row, pool: Pool) -> Row | None:
    """Tables of pipe-joined rows as Markdown, CSV, JSON records or lines of ``label: values``."""
    if row.dataset not in _TABLES or not any(map(_is_table, row.passages)):
        return None
    random = row.random()
    form = (_markdown_table, _csv_table, _json_table, _labelled_lines)[int(random.integers(4))]
    passages = tuple(form(piece) if _is_table(piece) else piece for piece in row.passages)
    return row.shaped(f"table_form:{form.__name__.strip('_')}", passages=passages)


_TABLES = (*FAMILIES["finance"], *FAMILIES["tables"])
_DIALOGUES = (*FAMILIES["meetings"], *FAMILIES["dialogue"])


def _is_table(piece: Piece) -> bool:
    lines = piece.text.split("\n")
    return piece.title == "table" or (len(lines) > 1 and all("|" in line for line in lines))


def _name(piece: Piece, otherwise: str = "") -> str:
    """The title of a table that has one of its own."""
    return piece.title if piece.title.lower() not in ("", "table") else otherwise


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
    return draft.piece(_name(piece), piece.gold)


def _csv_table(piece: Piece) -> Piece:
    draft = Draft()
    for row in _cells(piece):
        for number, (text, spans) in enumerate(row):
            quote = '"' if "," in text else ""
            draft.add("," if number else "").add(quote).add(text, spans).add(quote)
        draft.add("\n")
    return draft.piece(_name(piece, "table.csv"), piece.gold)


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
    return draft.add("]").piece(_name(piece), piece.gold)


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
    return draft.piece(_name(piece), piece.gold)


def chat_form(row: Row, pool: Pool) -> Row | None:
    """Turns as chat messages in JSON, in Markdown, or with times."""
    if row.dataset not in _DIALOGUES:
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


def source_file(row: Row, pool: Pool) -> Row | None:
    """Functions one below the other in few files."""
    if row.dataset != "code_funcs":
        return None
    random = row.random()
    order = shuffled(row.passages, random)
    files = max(1, len(order) // 6)
    drafts = [Draft() for _ in range(files)]
    for number, piece in enumerate(order):
        span = ((0, len(piece.text)),) if piece.gold else ()
        drafts[number % files].add(piece.text, span).add("\n\n\n")
    return row.shaped("source_file", mode="all", passages=tuple(draft.piece("") for draft in drafts))


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


_NAME_OR_NUMBER = re.compile(r"[A-Za-z]{3,}|[A-Za-z]?\d{5,}")
_LITERALS = frozenset(("true", "false", "null"))


def other_words(row: Row, pool: Pool) -> Row | None:
    """Tool results of another trade: keys, names and identifiers replaced throughout, in the question too."""
    if row.dataset != "taubench_retail":
        return None
    random = row.random()
    vocabulary = sorted(set(re.findall(r"\b[a-z]{3,10}\b", " ".join(piece.text[:400] for piece in pool[:400]))))
    letters = "".join(chr(65 + int(at)) for at in random.integers(26, size=int(random.integers(0, 4))))
    digits = int(random.integers(3, 10))
    replaced: dict[str, str] = {word: word for word in _LITERALS}

    def other(found: re.Match[str]) -> str:
        word = found.group()
        low = word.lower()
        if low not in replaced:
            if low[-1].isdigit():
                replaced[low] = letters + "".join(map(str, random.integers(10, size=digits)))
            elif random.random() < 0.6:
                replaced[low] = vocabulary[int(random.integers(len(vocabulary)))]
            else:
                replaced[low] = low
        new = replaced[low]
        return new.title() if word[0].isupper() and new.islower() else new

    pieces = []
    for piece in row.passages:
        draft = Draft()
        at = 0
        for start, end in sorted(piece.evidence):
            if start >= at:
                draft.add(_NAME_OR_NUMBER.sub(other, piece.text[at:start]))
                value = _NAME_OR_NUMBER.sub(other, piece.text[start:end])
                draft.add(value, ((0, len(value)),))
                at = end
        draft.add(_NAME_OR_NUMBER.sub(other, piece.text[at:]))
        pieces.append(draft.piece(piece.title))
    answers = tuple(_NAME_OR_NUMBER.sub(other, answer) for answer in row.answers)
    question = re.sub(
        r"[A-Za-z]{3,}|[A-Za-z]?\d{5,}", lambda m: replaced.get(m.group().lower(), m.group()), row.question
    )
    return row.shaped("other_words", question=question, passages=tuple(pieces), answers=answers)


_CONSENT = (
    "Yes, please.", "Yes, that is right.", "Sure, go ahead.", "That sounds good, thank you.", "Okay, please do that.",
    "Yes, I confirm.", "Great, what next?", "Yes, please go on with it.", "I agree.", "No, that is all right.",
)  # fmt: skip


def consent(row: Row, pool: Pool) -> Row | None:
    """A reply that names nothing: what is said next is about the same results."""
    if row.dataset != "taubench_retail":
        return None
    return row.shaped("consent", question=_CONSENT[int(row.random().integers(len(_CONSENT)))])
