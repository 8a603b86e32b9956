"""The same questions over the same words, as documents write them: wrapped, quoted, in lists, out of a PDF.

None of that changes what answers a question; what counts is the loss against ``plain``. Offsets of the evidence are
carried along. Data files are those of `harness.questions`.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from harness.questions import Row, load, measure

_SENTENCE_END = re.compile(r"[.!?][\"')\]]*\s+(?=[A-Z0-9\"'(])")
_URL = (
    "https://handbook.example.org/en/latest/administration/backup/retention-policies.html?version=3.1&print=yes"
    "#keeping-months"
)

Inserted = list[tuple[int, str]]
"""What is written into a text, and before which character of it."""


def wrapped(text: str, width: int) -> str:
    """Blanks become line ends where lines would be longer; offsets stay."""
    out, start, blank = list(text), 0, -1
    for at, letter in enumerate([*text, " "]):
        if letter == "\n":
            start, blank = at + 1, -1
        elif letter == " ":
            if at - start > width and blank >= 0:
                out[blank] = "\n"
                start = blank + 1
            blank = at
    return "".join(out)


def _lines(text: str) -> list[int]:
    return [0, *(at + 1 for at, letter in enumerate(text) if letter == "\n" and at + 1 < len(text))]


def _sentences(text: str) -> list[int]:
    return [0, *(found.end() for found in _SENTENCE_END.finditer(text))]


def _before_lines(text: str, write: Callable[[int], str]) -> tuple[str, Inserted]:
    return text, [(at, write(number)) for number, at in enumerate(_lines(text), 1)]


def plain(text: str, title: str) -> tuple[str, Inserted]:
    """As it is."""
    return text, []


def wrapped_at(width: int) -> Callable[[str, str], tuple[str, Inserted]]:
    """Lines of at most so many characters."""
    return lambda text, title: (wrapped(text, width), [])


def long_line(text: str, title: str) -> tuple[str, Inserted]:
    """Wrapped, with an address in the middle."""
    starts = _sentences(text)
    at = starts[len(starts) // 2]
    before = "\n\n" if at else ""
    return wrapped(text, 72), [(at, f"{before}{_URL}\n\n")]


def document(text: str, title: str) -> tuple[str, Inserted]:
    """Markdown: a heading, short paragraphs, lists and commands between them."""
    between = ("\n\n- Purpose\n- Settings\n- Related pages\n\n", "\n\n```sh\n$ ./configure && make\n```\n\n", "\n\n")
    parts: Inserted = [(0, f"# {title}\n\n")] if title else []
    parts += [(at, between[number % 3]) for number, at in enumerate(_sentences(text)[3::3])]
    return wrapped(text, 76), parts


def bullets(text: str, title: str) -> tuple[str, Inserted]:
    """Each sentence an item, wrapped and indented."""
    body, starts = wrapped(text, 70), set(_sentences(text))
    parts: Inserted = []
    for at in sorted(starts | set(_lines(body))):
        mark = "- " if at == 0 or body[at - 1] == "\n" else "\n- "
        parts.append((at, mark if at in starts else "  "))
    return body, parts


def quoted(text: str, title: str) -> tuple[str, Inserted]:
    """As an answer to a mail quotes it."""
    return _before_lines(wrapped(text, 70), lambda number: "> ")


def indented(text: str, title: str) -> tuple[str, Inserted]:
    """Four blanks before each line."""
    return _before_lines(wrapped(text, 72), lambda number: "    ")


def numbered(text: str, title: str) -> tuple[str, Inserted]:
    """As ``cat -n`` shows a file."""
    return _before_lines(wrapped(text, 72), lambda number: f"{number:6d}\t")


def crlf(text: str, title: str) -> tuple[str, Inserted]:
    """Line ends of Windows."""
    body = wrapped(text, 72)
    return body, [(at, "\r") for at, letter in enumerate(body) if letter == "\n"]


def pdf(text: str, title: str) -> tuple[str, Inserted]:
    """Narrow lines, a quarter of the long words broken at a line's end, a footer on each page."""
    body, rng = wrapped(text, 62), random.Random(len(text))
    parts: Inserted = [
        (at, f"Yearly Review                                  Page {number // 12}\n\f")
        for number, at in enumerate(_lines(body)[1:], 1)
        if number % 12 == 0
    ]
    parts += [(word.start() + 5, "-\n") for word in re.finditer(r"[a-z]{11,}", text) if rng.random() < 0.25]
    return body, parts


def one_line(text: str, title: str) -> tuple[str, Inserted]:
    """Without line ends."""
    return text.replace("\n", " "), []


def sentence_lines(text: str, title: str) -> tuple[str, Inserted]:
    """Each sentence on a line of its own."""
    out = list(text)
    for found in _SENTENCE_END.finditer(text):
        out[found.end() - 1] = "\n"
    return "".join(out), []


FORMS: Mapping[str, Callable[[str, str], tuple[str, Inserted]]] = {
    "plain": plain, "wrapped at 40": wrapped_at(40), "wrapped at 72": wrapped_at(72), "wrapped at 110": wrapped_at(110),
    "long line": long_line, "document": document, "bullets": bullets, "quoted": quoted, "indented": indented,
    "numbered": numbered, "crlf": crlf, "pdf": pdf, "one line": one_line, "sentence lines": sentence_lines,
}  # fmt: skip


def rewritten(row: Row, form: Callable[[str, str], tuple[str, Inserted]]) -> Row:
    """A row whose passages have another form, its evidence where it stands now."""
    passages = []
    for passage in row["passages"]:
        body, parts = form(passage["text"], passage.get("title") or "")
        parts.sort(key=lambda part: part[0])
        text, spans = _with(body, parts, passage.get("evidence") or [])
        passages.append({**passage, "text": text, "evidence": spans or None})
    return {**row, "passages": passages}


def _with(body: str, parts: Inserted, spans: Iterable[Any]) -> tuple[str, list[list[int]]]:
    places, sums, out, last = [], [0], [], 0
    for at, what in parts:
        out += [body[last:at], what]
        places.append(at)
        sums.append(sums[-1] + len(what))
        last = at
    moved = [[start + sums[bisect_right(places, start)], end + sums[bisect_left(places, end)]] for start, end in spans]
    return "".join([*out, body[last:]]), moved


def run(args: argparse.Namespace) -> list[dict[str, Any]]:
    """What the form of a text costs; see `harness.forms`."""
    groups = load(args.data, args.limit)
    table = []
    for each in args.entrants:
        base = 0.0
        for name, form in FORMS.items():
            parts = [
                measure(each.system, [rewritten(row, form) for row in rows], args.rate, not each.keeps_budget)
                for rows in groups.values()
            ]
            evidence = statistics.fmean(part["evidence"] for part in parts if part["evidence"] is not None)
            base = evidence if name == "plain" else base
            over = sum(part["over"] for part in parts)
            table.append(
                {"system": each.name, "form": name, "rate": args.rate, "evidence": evidence, "loss": base - evidence,
                 "over": over}
            )  # fmt: skip
            print(
                f"{each.name[:18]:18} {name:16} evidence {evidence:.3f} {evidence - base:+.3f} over {over}", flush=True
            )
    return table
