"""Documents as people and programs write them, made of a random source and a size: what the laws are tried on.

Each has a name for its shape, the kind that it is of, and the places at which a piece of it may begin or end where the
shape has such (sentences, rows, entries), which is what law 12 is about.
"""

from __future__ import annotations

import csv
import io
import json
import random
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from xml.sax.saxutils import escape

from code_samples import SAMPLES

from laconic.types import Passage

__all__ = ["CODE_SHAPES", "NOTATIONS", "SHAPES", "Document", "document", "mixed"]


@dataclass(frozen=True)
class Document:
    """A text and what is known of it.

    Attributes:
        shape: its name in `SHAPES`.
        text: of it.
        kind: name of the kind.
        language: of code.
        source: a path that tells what it is.
        units: spans of its sentences, rows or entries, where the shape has such.
    """

    shape: str
    text: str
    kind: str
    language: str | None = None
    source: str | None = None
    units: tuple[tuple[int, int], ...] = ()

    def passage(self, told: str = "nothing", id: str | None = None) -> Passage:  # noqa: A002
        """A passage that says of itself ``"nothing"``, its ``"kind"`` or its ``"source"``."""
        if told == "kind":
            return Passage(self.text, id=id, kind=self.kind, language=self.language)
        if told == "source":
            return Passage(self.text, id=id, source=self.source, title="A title", metadata={"nested": {"at": [1]}})
        return Passage(self.text, id=id)


Maker = Callable[[random.Random, int], Document]
SHAPES: dict[str, Maker] = {}

_NOUNS = "tower bridge garden harbour river museum library station lift roof gate office kitchen engine valve".split()
_NAMES = "Ada Ben Cleo Dina Emil Fay Gül Håkon Iva João Kenji Lúcia Миша 秀明 O'Neil van-Dyk".split()
_VERBS = "opened closed painted measured repaired bought sold moved inspected flooded rebuilt counted".split()
_ODD = [
    "in 1889",
    "for $1,200.50",
    "at 7 a.m.",
    "near St. Paul's",
    "(see p. 12)",
    "on 2024-03-01",
    "at 99.9 %",
    "e.g. twice",
]
_CJK = [
    "塔は高さ330メートルです。",
    "毎年700万人が訪れます。",
    "桥在河上。",
    "他们在2019年修好了屋顶！",
    "本当ですか？",
]
_STATES = ("open", "paid", "failed", "cancelled", "delivered")


def shape(name: str) -> Callable[[Maker], Maker]:
    """Registers a maker of documents."""

    def register(maker: Maker) -> Maker:
        SHAPES[name] = maker
        return maker

    return register


def document(name: str, seed: int, size: int) -> Document:
    """The document of a shape that a seed and a size make."""
    return SHAPES[name](random.Random(f"{name} {seed}"), size)


def _joined(name: str, kind: str, units: Sequence[str], between: str | Callable[[int], str], **more: Any) -> Document:
    """A document of units with something between them."""
    text, spans = "", []
    for at, unit in enumerate(units):
        if at:
            text += between if isinstance(between, str) else between(at)
        spans.append((len(text), len(text) + len(unit)))
        text += unit
    return Document(name, text, kind, units=tuple(spans), **more)


# -- prose ------------------------------------------------------------------------------------------------------------


def _sentence(rng: random.Random) -> str:
    words = [rng.choice(_NAMES), rng.choice(_VERBS), "the", rng.choice(_NOUNS)]
    for _ in range(rng.randint(0, 3)):
        words += [rng.choice(["and the", "but not the", "because of the", "with a", "while the"]), rng.choice(_NOUNS)]
    if rng.random() < 0.4:
        words.append(rng.choice(_ODD))
    return " ".join(words) + rng.choice("....!?")


def _paragraphs(rng: random.Random, size: int) -> list[list[str]]:
    return [[_sentence(rng) for _ in range(rng.randint(1, 5))] for _ in range(size)]


@shape("prose")
def _prose(rng: random.Random, size: int) -> Document:
    paragraphs = _paragraphs(rng, size)
    breaks = {sum(map(len, paragraphs[: at + 1])) for at in range(len(paragraphs))}
    units = [sentence for paragraph in paragraphs for sentence in paragraph]
    return _joined("prose", "prose", units, lambda at: "\n\n" if at in breaks else " ", source="notes/a.txt")


@shape("wrapped prose")
def _wrapped(rng: random.Random, size: int) -> Document:
    width = rng.choice((40, 60, 72, 80))
    indent = rng.choice(("", "", "  "))
    paragraphs = [
        textwrap.fill(" ".join(each), width, initial_indent=indent, break_on_hyphens=False)
        for each in _paragraphs(rng, size)
    ]
    return Document("wrapped prose", "\n\n".join(paragraphs), "prose", source="notes/a.txt")


@shape("prose of several scripts")
def _scripts(rng: random.Random, size: int) -> Document:
    units = [
        rng.choice([rng.choice(_CJK), _sentence(rng), "Это было в 1889 году.", "كان البرج عاليا.", "Café 🏗️ é naïve."])
        for _ in range(3 * size)
    ]
    return Document("prose of several scripts", " ".join(units), "prose", source="notes/a.txt")


@shape("markdown")
def _markdown(rng: random.Random, size: int) -> Document:
    blocks = []
    for _ in range(size):
        lines = [_sentence(rng) for _ in range(3)]
        blocks += [
            "#" * rng.randint(1, 3) + f" The {rng.choice(_NOUNS)}",
            " ".join(lines),
            rng.choice(
                [
                    "\n".join(f"- {line}" for line in lines),
                    "\n".join(f"{at}. {line}" for at, line in enumerate(lines, 1)),
                    "> " + " ".join(lines),
                    "```\n" + "\n".join(lines) + "\n```",
                    "| a | b |\n|---|---|\n"
                    + "\n".join(f"| {rng.choice(_NOUNS)} | {rng.randint(0, 99)} |" for _ in lines),
                    f"**{lines[0]}** See [this](https://example.org/{rng.choice(_NOUNS)}).",
                ]
            ),
        ]
    return Document("markdown", "\n\n".join(blocks), "markdown", source="docs/a.md")


# -- records ----------------------------------------------------------------------------------------------------------


def _rows(rng: random.Random, size: int) -> list[dict[str, Any]]:
    first = rng.randint(1, 900)
    return [
        {
            "id": f"B-{first + at}",
            "name": rng.choice(_NAMES),
            "item": f"{rng.choice(_NOUNS)} {rng.choice(_NOUNS)}",
            "state": rng.choice(_STATES),
            "price": round(rng.random() * 900, 2),
            "note": rng.choice(["", _sentence(rng), 'said "no", twice', "a; b, c"]),
        }
        for at in range(size + 2)
    ]


def _nested(rows: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(
        {"count": len(rows), "data": {"orders": [{"id": r["id"], "order": r} for r in rows]}},
        indent=2,
        ensure_ascii=False,
    )


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _yaml(rows: Sequence[Mapping[str, Any]]) -> str:
    return "orders:\n" + "".join(
        "".join(
            f"{'  - ' if not at else '    '}{key}: {json.dumps(value, ensure_ascii=False)}\n"
            for at, (key, value) in enumerate(row.items())
        )
        for row in rows
    )


def _xml(rows: Sequence[Mapping[str, Any]]) -> str:
    orders = "".join(
        "  <order>\n"
        + "".join(f"    <{key}>{escape(str(value))}</{key}>\n" for key, value in row.items())
        + "  </order>\n"
        for row in rows
    )
    return f'<?xml version="1.0"?>\n<orders>\n{orders}</orders>\n'


def _html_table(rows: Sequence[Mapping[str, Any]]) -> str:
    def line(cells: Any, tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells) + "</tr>\n"

    body = "".join(line(row.values(), "td") for row in rows)
    table = f"<table>\n{line(rows[0], 'th')}{body}</table>"
    return f"<!DOCTYPE html>\n<html><body>\n<h1>Orders</h1>\n{table}\n</body></html>\n"


def _columns(rows: Sequence[Mapping[str, Any]]) -> str:
    table = [[key.upper() for key in rows[0]], *([str(value) or "-" for value in row.values()] for row in rows)]
    widths = [max(len(row[at]) for row in table) for at in range(len(table[0]))]
    return "\n".join(
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
    )


def _dumps(value: Any, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, **options)


NOTATIONS: dict[str, tuple[str, str, Callable[[Sequence[Mapping[str, Any]]], str]]] = {
    "list": ("json", "a.json", lambda rows: _dumps(rows, indent=2)),
    "compact": ("json", "a.json", lambda rows: _dumps({"count": len(rows), "results": rows}, separators=(",", ":"))),
    "keyed": ("json", "a.json", lambda rows: _dumps({row["id"]: row for row in rows}, indent=1)),
    "nested": ("json", "a.json", _nested),
    "lines of json": ("json", "a.jsonl", lambda rows: "\n".join(map(_dumps, rows))),
    "literal": ("literal", "a.txt", lambda rows: repr(list(rows))),
    "csv": ("table", "a.csv", _csv),
    "markdown table": (
        "markdown",
        "a.md",
        lambda rows: "\n".join(
            "| " + " | ".join(str(cell) for cell in line) + " |"
            for line in (list(rows[0]), ["---"] * len(rows[0]), *(row.values() for row in rows))
        ),
    ),
    "columns": ("columns", "a.txt", _columns),
    "yaml": ("yaml", "a.yaml", _yaml),
    "xml": ("xml", "a.xml", _xml),
    "html table": ("html", "a.html", _html_table),
    "blocks": (
        "blocks",
        "a.txt",
        lambda rows: "\n\n".join(
            "\n".join(f"{key.capitalize()}: {value}" for key, value in row.items()) for row in rows
        ),
    ),
}
"""The same records in the notations in which programs write them: name → kind, file, writer."""


def _notation(name: str) -> Maker:
    kind, source, write = NOTATIONS[name]

    def make(rng: random.Random, size: int) -> Document:
        return Document(f"records: {name}", write(_rows(rng, size)), kind, source=source)

    return make


for _name in NOTATIONS:
    SHAPES[f"records: {_name}"] = _notation(_name)


@shape("rows of csv")
def _plain_csv(rng: random.Random, size: int) -> Document:
    rows = [f"B-{at},{rng.choice(_NAMES)},{rng.choice(_STATES)},{rng.randint(1, 999)}" for at in range(4 * size)]
    return _joined("rows of csv", "table", ["id,name,state,price", *rows], "\n", source="a.csv")


@shape("settings")
def _settings(rng: random.Random, size: int) -> Document:
    lines = ["# made by hand"]
    for at in range(size):
        lines += [
            f"[{rng.choice(_NOUNS)}.{at}]",
            f"host = {rng.choice(_NOUNS)}.example.org",
            f"port = {rng.randint(1, 9999)}",
            f"; {_sentence(rng)}",
            f'title = "{rng.choice(_NOUNS)} of {rng.choice(_NAMES)}"',
            "",
        ]
    return Document("settings", "\n".join(lines), "settings", source="a.ini")


# -- what programs print ----------------------------------------------------------------------------------------------


def _log_lines(rng: random.Random, size: int) -> list[str]:
    return [
        f"2024-03-{1 + at // 60 % 28:02} 08:{at % 60:02}:07,{rng.randint(0, 999):03} "
        f"{rng.choice(['INFO', 'INFO', 'INFO', 'DEBUG', 'WARNING', 'ERROR'])} {rng.choice(_NOUNS)}: "
        f"{rng.choice(_NOUNS)} {rng.randint(1, 40)} {rng.choice(_VERBS)} by {rng.choice(_NAMES)}"
        for at in range(4 * size)
    ]


@shape("log")
def _log(rng: random.Random, size: int) -> Document:
    return _joined("log", "log", _log_lines(rng, size), "\n", source="a.log")


@shape("log with a traceback")
def _log_with_trace(rng: random.Random, size: int) -> Document:
    lines = _log_lines(rng, size)
    lines.insert(rng.randint(0, len(lines)), _trace(rng, 3))
    return Document("log with a traceback", "\n".join(lines) + "\n", "log", source="a.log")


def _trace(rng: random.Random, size: int) -> str:
    frames = "".join(
        f'  File "/srv/{rng.choice(_NOUNS)}.py", line {rng.randint(1, 900)}, in {rng.choice(_VERBS)}\n'
        f"    self.{rng.choice(_NOUNS)}.{rng.choice(_VERBS)}({rng.randint(0, 9)})\n"
        for _ in range(size)
    )
    return (
        f"Traceback (most recent call last):\n{frames}{rng.choice(['ValueError', 'app.NoRoomError'])}: {_sentence(rng)}"
    )


@shape("traceback")
def _traceback(rng: random.Random, size: int) -> Document:
    return Document("traceback", _trace(rng, 2 * size), "traceback")


@shape("diff")
def _diff(rng: random.Random, size: int) -> Document:
    text = ""
    for at in range(1 + size // 3):
        name = f"{rng.choice(_NOUNS)}_{at}.py"
        text += f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n"
        for hunk in range(1, 4):
            a, b = rng.choice(_NOUNS), rng.choice(_NOUNS)
            line = 20 * hunk
            text += f"@@ -{line},3 +{line},3 @@ def {a}():\n {a} = 1\n-{b} = {hunk}\n+{b} = {hunk + 1}\n end = 0\n"
    return Document("diff", text, "diff", source="a.diff")


@shape("shell session")
def _shell(rng: random.Random, size: int) -> Document:
    commands = [
        f"$ {rng.choice(['ls', 'grep -n', 'make', 'kubectl get', 'git log'])} {rng.choice(_NOUNS)}\n"
        + "\n".join(
            f"{rng.choice(_NOUNS)}.{at} {rng.choice(_VERBS)} {rng.randint(0, 99)}" for at in range(rng.randint(0, 5))
        )
        for _ in range(2 * size)
    ]
    return Document("shell session", "\n".join(commands) + "\n", "shell")


@shape("mail")
def _mail(rng: random.Random, size: int) -> Document:
    who, other = rng.choice(_NAMES), rng.choice(_NAMES)
    body = "\n\n".join(textwrap.fill(" ".join(_sentence(rng) for _ in range(3)), 70) for _ in range(size))
    quoted = "\n".join(f"> {line}" for line in textwrap.wrap(" ".join(_sentence(rng) for _ in range(2 * size)), 66))
    text = (
        f"From: {who} <a@example.org>\nTo: {other} <b@example.org>\nSubject: Re: the {rng.choice(_NOUNS)}\n"
        f"Date: Mon, 4 Mar 2024 08:15:00 +0100\nMessage-ID: <1@example.org>\n\nHi {other},\n\n{body}\n\n"
        f"On Sun, 3 Mar 2024 at 10:00, {other} <b@example.org> wrote:\n{quoted}\n\n-- \n{who}\n"
    )
    return Document("mail", text, "mail", source="a.eml")


@shape("chat log")
def _turns(rng: random.Random, size: int) -> Document:
    pair = rng.sample(_NAMES[:10], 2)
    turns = [
        f"{pair[at % 2]}: {' '.join(_sentence(rng) for _ in range(rng.randint(1, 3)))}" for at in range(2 * size + 4)
    ]
    return Document("chat log", "\n".join(turns), "transcript")


@shape("subtitles")
def _cues(rng: random.Random, size: int) -> Document:
    cues = [
        f"{at + 1}\n00:{minute:02}:{second:02},000 --> 00:{minute:02}:{second + 2:02},500\n{_sentence(rng)}"
        for at, (minute, second) in enumerate((at // 20 % 60, at * 3 % 60) for at in range(3 * size))
    ]
    return Document("subtitles", "\n\n".join(cues) + "\n", "transcript", source="a.srt")


@shape("web page")
def _page(rng: random.Random, size: int) -> Document:
    blocks = []
    for at in range(size):
        lines = [escape(_sentence(rng)) for _ in range(3)]
        blocks.append(
            f"<h2 id='s{at}'>The {rng.choice(_NOUNS)}</h2>\n<p>{' '.join(lines)}</p>\n"
            + rng.choice(
                [
                    "<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>",
                    f"<pre><code class='language-python'>{escape(SAMPLES['python'][:400])}</code></pre>",
                    f"<table><tr><th>a</th><th>b</th></tr><tr><td>{rng.choice(_NOUNS)}</td><td>{at}</td></tr></table>",
                    f"<blockquote>{lines[0]}<br>{lines[1]}</blockquote><script>var x = '<p>';</script>",
                ]
            )
        )
    text = "<!DOCTYPE html>\n<html><head><title>A page</title><style>p { color: red }</style></head>\n<body>\n"
    text += "<nav><a href='/'>Home</a> <a href='/b'>B</a></nav>\n" + "\n".join(blocks) + "\n</body></html>\n"
    return Document("web page", text, "html", source="a.html")


@shape("lines")
def _lines(rng: random.Random, size: int) -> Document:
    return Document("lines", "\n".join(f"{rng.choice(_NOUNS)} {rng.randint(0, 99)}" for _ in range(4 * size)), "lines")


# -- code -------------------------------------------------------------------------------------------------------------

_SUFFIX = {
    "c": "c",
    "c_sharp": "cs",
    "cpp": "hpp",
    "dart": "dart",
    "go": "go",
    "java": "java",
    "javascript": "js",
    "kotlin": "kt",
    "php": "php",
    "python": "py",
    "ruby": "rb",
    "rust": "rs",
    "scala": "scala",
    "swift": "swift",
    "tsx": "tsx",
    "typescript": "ts",
}


def _code(language: str) -> Maker:
    def make(rng: random.Random, size: int) -> Document:
        text = SAMPLES[language]
        for word in ("delay", "attempt", "retries", "Sender", "Client", "sender"):
            if rng.random() < 0.4:
                text = text.replace(word, word + rng.choice(["Of", "With", "In"]) + str(rng.randint(1, 9)))
        return Document(f"code: {language}", text, "code", language, f"src/a.{_SUFFIX[language]}")

    return make


CODE_SHAPES = tuple(f"code: {language}" for language in SAMPLES)
for _language in SAMPLES:
    SHAPES[f"code: {_language}"] = _code(_language)


# -- several of them --------------------------------------------------------------------------------------------------


@shape("mixed page")
def mixed(rng: random.Random, size: int) -> Document:
    """A page that holds parts of other kinds, in fences, indented or pasted between sentences."""
    names = [name for name in SHAPES if name not in ("mixed page", "markdown")]
    blocks = [f"# The {rng.choice(_NOUNS)}", " ".join(_sentence(rng) for _ in range(3))]
    for _ in range(1 + size // 3):
        inner = SHAPES[rng.choice(names)](rng, max(1, size // 3))
        way = rng.randrange(3)
        tag = rng.choice(["", inner.language or inner.kind, "text"])
        inside = inner.text.strip("\n")
        if way == 0:
            blocks.append(f"````{tag}\n{inside}\n````")
        elif way == 1:
            blocks.append("\n".join(f"    {line}" if line else line for line in inside.split("\n")))
        else:
            blocks.append(inside)
        blocks += [f"## Then the {rng.choice(_NOUNS)}", " ".join(_sentence(rng) for _ in range(2))]
    return Document("mixed page", "\n\n".join(blocks) + "\n", "markdown", source="docs/a.md")


def changed(given: Document, way: str, at: float, to: float) -> Document:
    """A document as it arrives: whole, cut out of another one, with other line ends, quoted, indented, damaged."""
    text = given.text
    if way == "cut":
        start, end = sorted((int(at * len(text)), int(to * len(text))))
        text = text[start:end]
    elif way == "returns":
        text = text.replace("\n", "\r\n")
    elif way == "quoted":
        text = "\n".join(f"> {line}" for line in text.split("\n"))
    elif way == "indented":
        text = "\n".join(f"    {line}" for line in text.split("\n"))
    elif way == "damaged":
        start, end = sorted((int(at * len(text)), int(to * len(text))))
        text = (
            text[:start] + "\x00\u2028e\u0301🏗️\ufeff\r" + text[start : start + (end - start) // 2] + '"{[<' + text[end:]
        )
    else:
        return given
    return replace(given, text=text, units=())
