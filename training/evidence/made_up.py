"""Shapes that are made from little more than a row's key: look-ups, tables of made-up values, logs."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from evidence.editing import Draft, pick, shuffled
from evidence.rows import FAMILIES, Piece, Row

__all__ = ["grid", "log", "look_up"]

Pool = Sequence[Piece]

# These families have few rows of their own to spare.
_NOT_FOR = (*FAMILIES["meetings"], *FAMILIES["code"], *FAMILIES["tools"])


def look_up(row: Row, pool: Pool) -> Row | None:
    """Random identifiers as keys: JSON, YAML, properties or a list; the question names one."""
    if row.dataset in _NOT_FOR:
        return None
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
    if row.dataset in _NOT_FOR:
        return None
    random = row.random()
    text = " ".join(piece.text[:600] for piece in row.passages)
    labels = list(dict.fromkeys(phrase for phrase in _PHRASE.findall(text) if len(phrase) < 40))
    if len(labels) < 12:
        return None
    labels = pick(random, labels, int(random.integers(5, min(40, len(labels)))))
    if random.random() < 0.6:
        # Rows of an account share most of their words.
        tails = pick(random, _ITEMS, 4)
        labels = [f"{label} {tails[int(random.integers(4))]}" if random.random() < 0.7 else label for label in labels]
        labels = [*dict.fromkeys(labels), f"Total {tails[0]}"]
    if random.random() < 0.6:
        last = int(random.integers(1998, 2025))
        columns = [str(last - back) for back in range(int(random.integers(2, 5)))]
    else:
        columns = pick(random, _METRICS, int(random.integers(2, 6)))
    question, wanted = _grid_question(random, labels, columns)
    form = int(random.choice(5, p=(0.4, 0.15, 0.15, 0.15, 0.15)))
    draft = _written_grid(random, form, labels, columns, wanted)
    if not draft.spans:
        return None
    # What else is there speaks of the same things.
    strangers = (pool[int(at)] for at in random.integers(len(pool), size=2))
    around = [Piece(piece.text[:800]) for piece in (*row.passages[:6], *strangers)]
    title = "table" if form == 0 else ""
    if random.random() < 0.6:
        others = [str(random.choice(_VARIANTS)).format(label) for label in pick(random, labels, len(labels) // 2)]
        around.append(_written_grid(random, form, others, columns, set()).piece(title))
    if random.random() < 0.6:
        around.append(_talk(random, labels, columns))
    passages = shuffled([draft.piece(title), *around], random)
    return Row(row.key, row.dataset, question, passages, "all", shape="grid")


def _written_grid(
    random: np.random.Generator, form: int, labels: Sequence[str], columns: Sequence[str], wanted: set[tuple[int, int]]
) -> Draft:
    """A table of made-up values in one of the notations, the wanted cells labelled."""
    values = [[_value(random, name) for name in columns] for _ in labels]
    draft = _grid_head(random, form, columns, wanted)
    for at, (label, cells) in enumerate(zip(labels, values, strict=True)):
        draft.add(("", "| ", "", '  {"name": "', "- ")[form] + label)
        for number, (name, value) in enumerate(zip(columns, cells, strict=True)):
            before = (" | ", " | ", ",", f'", "{name}": "', f"{': ' if not number else ', '}{name} ")[form]
            quote = '"' if form == 2 and "," in value else ""
            draft.add(before + quote).add(value, ((0, len(value)),) if (at, number) in wanted else ()).add(quote)
        draft.add(("", " |", "", '"},', "")[form] + "\n")
    return draft


def _talk(random: np.random.Generator, labels: Sequence[str], columns: Sequence[str]) -> Piece:
    """Remarks on what a table holds, without its values."""
    sentences = []
    for label in pick(random, labels, min(len(labels), int(random.integers(2, 6)))):
        first, second = (columns[int(at)] for at in random.permutation(len(columns))[:2])
        remark = str(random.choice(_REMARKS)).format(
            l=label, m=labels[int(random.integers(len(labels)))], c=first, d=second, v=_value(random, "share")
        )
        sentences.append(remark[0].upper() + remark[1:])
    return Piece(" ".join(sentences))


_VARIANTS = (
    "{}, beginning of period", "{}, end of period", "Provisions made to {}", "Charges against {}", "Change in {}",
    "Other {}", "Deferred {}", "{} (note 3)", "{} of associates", "Foreign {}", "{} per day", "Interest on {}",
)  # fmt: skip
_REMARKS = (
    "{l} increased by {v} from {d} to {c}, primarily due to {m}.", "The following table shows {l} for {c} and {d}:",
    "{l} includes {v} of {m} in {c}.", "The change in {l} between {d} and {c} was caused by {m}.",
    "As a share of {m}, {l} remained at {v} in {c}.", "See also {l} and {m} in the notes for {d}.",
    "We expect {l} to be higher than in {c}.", "{m} is part of {l} since {d}.",
)  # fmt: skip
_ITEMS = (
    "expense", "expenses, net", "income", "net income", "revenue", "net revenues", "costs", "assets", "liabilities",
    "tax", "cash", "sales", "rate", "benefit", "at year end", "per share",
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
    if row.dataset in _NOT_FOR:
        return None
    random = row.random()
    levels = random.random() < 0.7
    few = pick(random, _CALM, 4)
    bad = pick(random, _TROUBLED, 3)
    component = pick(random, _COMPONENTS, 4)
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
