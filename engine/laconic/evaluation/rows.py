"""The rows of an evaluation: questions with their passages and what has to be kept of them, read and checked.

A row is a mapping, as a line of a JSON file or as the caller's own dicts::

    {"query": "…",                          # or "question"
     "passages": ["…", {"text": "…", "title": "…", "id": "…"}],   # or documents and nodes of a framework
     "answers": ["…", "…"],                 # any one of them suffices; compared as SQuAD compares
     "evidence": ["a quote", {"passage": 0, "start": 10, "end": 42}, {"passage": "id", "text": "a quote"}],
     "evidence_mode": "all",                # or "any": one of the pieces suffices
     "id": "…", "kept": "…"}                # kept: what a compressor made of it in production (shadow mode)

Other keys are left alone.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from laconic.core.inputs import as_passages, as_query
from laconic.evaluation.judging import holds, normalised
from laconic.exceptions import ConfigurationError, InputError
from laconic.types import Passage

__all__ = ["Label", "Place", "Row", "Rows", "read_rows"]

Place = tuple[int, int, int]
"""``(passage index, start, end)``: character offsets, half open."""

_PASSAGE_KEYS = ("text", "id", "title", "source", "metadata", "score", "kind", "language", "head")
_WHAT_TO_ADD = '"answers": ["…"], or "evidence": ["a quote of a passage", …], or judge them by a model (judge=)'
_NAMED = 5  # rows that a message names


@dataclass(frozen=True)
class Label:
    """One piece of evidence.

    Attributes:
        text: what it says.
        places: where it stands; keeping one of them is enough.
    """

    text: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Row:
    """One question.

    Attributes:
        name: its id, else where it was read (``"line 7"``).
        query: the question; empty only where a call without one was recorded.
        passages: what was retrieved.
        answers: strings of which one suffices; empty where there are none.
        evidence: what has to be kept; empty where nothing is labelled. Only pieces that stand in the passages.
        any_piece: whether one piece of the evidence suffices.
        missing: labels that stand in no passage.
        kept: what was made of it in production, None where that is not recorded.
        source: the mapping that it was read from.
    """

    name: str
    query: str
    passages: tuple[Passage, ...]
    answers: tuple[str, ...] = ()
    evidence: tuple[Label, ...] = ()
    any_piece: bool = False
    missing: tuple[str, ...] = ()
    kept: tuple[str, ...] | None = None
    source: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def context(self) -> str:
        """All passages, as a stuffing chain joins them."""
        return "\n\n".join(passage.text for passage in self.passages)

    @property
    def is_labelled(self) -> bool:
        """Whether something says what has to be kept."""
        return bool(self.answers or self.evidence or self.missing)

    def answer_passages(self) -> list[int]:
        """The passages in which an answer stands."""
        wanted = [text for text in map(normalised, self.answers) if text]
        return [at for at, passage in enumerate(self.passages) if holds(normalised(passage.text), wanted)]


@dataclass(frozen=True)
class Rows:
    """The rows of a call, and those that say nothing.

    Attributes:
        rows: what can be measured.
        unlabelled: names of rows without answers and evidence, where no model judges.
        unasked: names of recorded calls without a question.
        misplaced: names of rows none of whose labels stands in a passage: retrieval lost it, not the compressor.
        partly: names of rows some of whose evidence stands in no passage; the rest of it is measured.
    """

    rows: tuple[Row, ...]
    unlabelled: tuple[str, ...] = ()
    misplaced: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()


def read_rows(
    rows: str | os.PathLike[str] | Iterable[Mapping[str, Any]],
    *,
    limit: int | None = None,
    seed: int = 0,
    judged: bool = False,
) -> Rows:
    """Read and check rows.

    Args:
        rows: path of a file of JSON lines (also ``.gz``), or mappings of the form above; what was read already
            (`Rows`' own rows) passes.
        limit: most rows; beyond it as many are drawn at random, in their order.
        seed: of the draw.
        judged: whether a model will judge, so that rows need no labels.

    Raises:
        InputError: no rows; a line that is no JSON object; a row without question or passages, or with labels of
            another form; an id that two rows have; or no row at all that can be measured. The message names the line.
        ConfigurationError: ``limit`` is no number ≥ 1.
    """
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise ConfigurationError(f"limit is {limit!r}: give the most rows to measure, ≥ 1")
    path = rows if isinstance(rows, (str, os.PathLike)) else None
    found = list(_from_file(Path(path)) if path is not None else _numbered(cast("Iterable[Any]", rows)))
    if not found:
        raise InputError(f"{path or 'rows'}: there are no rows: give a question with its passages on each line")
    _refuse_twins(found)
    read = [row if isinstance(row, Row) else _row(row, name) for name, row in found]
    if limit is not None and len(read) > limit:
        chosen = sorted(random.Random(seed).sample(range(len(read)), limit))  # noqa: S311 - a sample, not a secret
        read = [read[at] for at in chosen]
    return _sorted_out(read, judged)


# --- where they come from


def _from_file(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        with _opened(path) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield f"line {number}", _parsed(line, path, number)
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _parsed(line: bytes, path: Path, number: int) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}, line {number}: this is no JSON ({error}): mend the line, or take it out") from error
    if not isinstance(found, dict):
        raise InputError(f"{path}, line {number}: a {type(found).__name__}: a row is an object with query and passages")
    return found


def _numbered(rows: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for number, row in enumerate(rows):
        if not isinstance(row, (Mapping, Row)):
            raise InputError(f"row {number} is a {type(row).__name__}: a row is a mapping with query and passages")
        yield f"row {number}", row


def _refuse_twins(found: Sequence[tuple[str, Mapping[str, Any] | Row]]) -> None:
    first: dict[str, str] = {}
    for name, row in found:
        own = row.name if isinstance(row, Row) else row.get("id")
        if own is None:
            continue
        if str(own) in first:
            raise InputError(
                f"{name} has the id {str(own)!r} of {first[str(own)]}: give each row an id of its own, or none at all"
            )
        first[str(own)] = name


# --- one row


def _row(values: Mapping[str, Any], name: str) -> Row:
    where = name if values.get("id") is None else f"{name} ({values['id']})"
    passages = _passages(values, where)
    pieces = [*_as_list(values.get("evidence"), where, "evidence"), *_inside(values)]
    placed = [_label(piece, passages, where) for piece in pieces]
    mode = values.get("evidence_mode", "all")
    return Row(
        name=name if values.get("id") is None else str(values["id"]),
        query=_query(values, where),
        passages=passages,
        answers=_answers(values, where),
        evidence=tuple(label for label in placed if label.places),
        any_piece=mode == "any",
        missing=tuple(label.text for label in placed if not label.places),
        kept=_kept(values.get("kept"), where),
        source=values,
    )


def _query(values: Mapping[str, Any], where: str) -> str:
    given = values.get("query", values.get("question"))
    try:
        query = as_query(given)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    if query is None and values.get("kept") is None:  # a call without a question may have been recorded
        raise InputError(f'{where} has no question: add "query": "…"')
    return query or ""


def _passages(values: Mapping[str, Any], where: str) -> tuple[Passage, ...]:
    given = values.get("passages")
    if given is None:
        raise InputError(f'{where} has no passages: add "passages": ["…"], what was retrieved for its question')
    items = [given] if isinstance(given, (str, Passage)) or not isinstance(given, Iterable) else list(given)
    try:
        found = tuple(as_passages([_plain(item) for item in items]))
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    if not any(passage.text.strip() for passage in found):
        raise InputError(f"{where}: its passages hold no text")
    return found


def _plain(item: Any) -> Any:
    """A dict with the keys of a passage alone: files bring labels and scores of their own beside them."""
    if not isinstance(item, Mapping):
        return item
    found = {key: item[key] for key in _PASSAGE_KEYS if item.get(key) is not None}
    if "text" not in found and isinstance(item.get("page_content"), str):
        metadata = item.get("metadata") or {}
        found |= {"text": item["page_content"], "title": found.get("title", metadata.get("title"))}
    if "id" in found:
        found["id"] = str(found["id"])
    return found or item


def _answers(values: Mapping[str, Any], where: str) -> tuple[str, ...]:
    given = values.get("answers", values.get("answer"))
    if isinstance(given, Mapping):  # as SQuAD's files have them
        given = given.get("text")
    if isinstance(given, str):
        given = [given]
    found = _as_list(given, where, "answers")
    for each in found:
        if not isinstance(each, (str, int, float)) or isinstance(each, bool):
            raise InputError(f"{where}: answers holds {each!r}: give a list of strings")
    return tuple(str(each) for each in found if normalised(str(each)))


def _as_list(given: Any, where: str, name: str) -> list[Any]:
    if given is None:
        return []
    if isinstance(given, str) and name == "evidence":
        return [given]
    if isinstance(given, (str, Mapping)) or not isinstance(given, Iterable):
        raise InputError(f"{where}: {name} is {given!r}: give a list")
    return list(given)


def _inside(values: Mapping[str, Any]) -> Iterator[tuple[int, Any, Any]]:
    """Spans that stand in the passages themselves, as ``"evidence": [[start, end], …]``."""
    passages = values.get("passages")
    for at, item in enumerate(passages if isinstance(passages, Sequence) and not isinstance(passages, str) else ()):
        for span in (item.get("evidence") or ()) if isinstance(item, Mapping) else ():
            if isinstance(span, Sequence) and len(span) == 2:
                yield at, span[0], span[1]


def _kept(given: Any, where: str) -> tuple[str, ...] | None:
    if given is None:
        return None
    items = [given] if isinstance(given, (str, Mapping)) else given
    texts: list[Any] = [item.get("text") if isinstance(item, Mapping) else item for item in items]
    if not all(isinstance(text, str) for text in texts):
        raise InputError(f"{where}: kept is {given!r}: give the kept text, or a list of texts")
    return tuple(texts)


# --- evidence


def _label(piece: Any, passages: Sequence[Passage], where: str) -> Label:
    """A label with its places; without any where it does not stand in the passages.

    Raises:
        InputError: it is of another form.
    """
    if isinstance(piece, str) and piece.strip():
        return Label(piece, tuple(_quoted(piece, passages, range(len(passages)))))
    if isinstance(piece, Mapping) and isinstance(piece.get("text"), str) and "start" not in piece:
        within = [_index(piece["passage"], passages)] if "passage" in piece else list(range(len(passages)))
        return Label(piece["text"], tuple(_quoted(piece["text"], passages, [at for at in within if at is not None])))
    span: Any = piece
    if isinstance(piece, Mapping):
        span = (piece.get("passage"), piece.get("start"), piece.get("end"))
    if isinstance(span, Sequence) and len(span) == 3 and all(type(part) is int for part in span[1:]):
        return _span(span, passages)
    raise InputError(
        f'{where}: evidence {piece!r} is none: give a quote, [passage, start, end], {{"passage", "start", "end"}} or '
        '{"passage", "text"}; a passage is its number from 0 or its id'
    )


def _span(span: Sequence[Any], passages: Sequence[Passage]) -> Label:
    at, (start, end) = _index(span[0], passages), span[1:]
    if at is None or not 0 <= start < end <= len(passages[at].text):
        return Label(f"passage {span[0]}, characters {start} to {end}", ())
    return Label(passages[at].text[start:end], ((at, start, end),))


def _index(passage: Any, passages: Sequence[Passage]) -> int | None:
    if type(passage) is int:
        return passage if 0 <= passage < len(passages) else None
    return next((at for at, each in enumerate(passages) if each.id is not None and each.id == str(passage)), None)


def _quoted(text: str, passages: Sequence[Passage], within: Iterable[int]) -> Iterator[Place]:
    """Where a quote stands: as it is, else with other white space."""
    within = list(within)
    exact = [
        (at, found.start(), found.end()) for at in within for found in re.finditer(re.escape(text), passages[at].text)
    ]
    if exact:
        yield from exact
        return
    loose = re.compile(r"\s+".join(map(re.escape, text.split())))
    yield from ((at, found.start(), found.end()) for at in within for found in loose.finditer(passages[at].text))


# --- all rows


def _sorted_out(read: Sequence[Row], judged: bool) -> Rows:
    """The rows that can be measured; see `Rows` for the others."""
    good: list[Row] = []
    unlabelled: list[str] = []
    misplaced: list[str] = []
    unasked = tuple(row.name for row in read if not row.query)
    for row in read:
        if not row.query:
            continue
        if judged:
            good.append(row)
        elif not row.is_labelled:
            unlabelled.append(row.name)
        elif row.evidence or row.answer_passages():
            good.append(row)
        else:
            misplaced.append(row.name)
    if not good:
        raise InputError(_nothing_to_measure(unlabelled, misplaced, unasked))
    partly = tuple(row.name for row in good if row.missing)
    return Rows(tuple(good), tuple(unlabelled), tuple(misplaced), partly, unasked)


def _nothing_to_measure(unlabelled: Sequence[str], misplaced: Sequence[str], unasked: Sequence[str]) -> str:
    parts = [f"{_names(unasked)} of calls without a question"] if unasked else []
    if unlabelled:
        parts.append(f"{_names(unlabelled)} without answers and evidence: add {_WHAT_TO_ADD}")
    if misplaced:
        parts.append(
            f"{_names(misplaced)} with labels that stand in none of their passages: give the passages that the "
            "answers were taken from, and offsets that count characters"
        )
    return f"no row can be measured: {'; '.join(parts)}"


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return f"{len(names)} {'row' if len(names) == 1 else 'rows'} ({shown}{' …' if len(names) > _NAMED else ''})"
