"""Which definitions a question names as the frames of a stack trace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from laconic.score.code.documents import Document
from laconic.score.code.features import Floats
from laconic.score.code.identifiers import plain

__all__ = ["Frame", "frames", "lifted"]

_MOST_FRAMES = 64
_MOST_CHARS = 20_000  # of a question; a trace is shorter

_PYTHON = re.compile(r'^[ \t]*File "[^"\n]{1,400}", line \d{1,9}, in ([\w.<>]{1,200})', re.MULTILINE)
_OTHERS = (
    # Java, Kotlin, Scala, C#, JavaScript, Dart: at a.b.Name.method(File.java:12), at async name (file.js:1:2)
    re.compile(r"^[ \t]*at (?:async |new )?([\w$.<>/\[\]`]{1,300}) ?\(", re.MULTILINE),
    # Ruby: file.rb:12:in `name', with the class before the name from 3.4 on
    re.compile(r":\d{1,9}:in [`']([^'`\n]{1,200})'"),
    # PHP: #1 /a/file.php(12): Name->method()
    re.compile(r"^#\d{1,4} [^\n(]{1,400}\(\d{1,9}\): ([\w\\]{1,200}(?:(?:->|::)\w{1,200})?)\(", re.MULTILINE),
    # Debuggers of C, C++, Swift: #1  0x0042 in name (x=1) at file.c:12
    re.compile(r"^[ \t]*#\d{1,4} {1,4}(?:0x[0-9a-fA-F]{1,20} in )?([\w:~<>.]{1,200}) ?\(", re.MULTILINE),
    # Go: the function with its arguments, the place in the next line
    re.compile(r"^([\w./*()\-]{1,300})\([^\n]{0,300}\)\n\t[^\n:]{1,400}:\d", re.MULTILINE),
    # Rust: 3: a::b::name, the place in the next line
    re.compile(r"^ {0,8}\d{1,4}: {1,4}(?:0x[0-9a-f]{1,20} - )?([\w<{][^\n]{0,300})\n {1,40}at ", re.MULTILINE),
)
_PARTS = re.compile(r"[\w$]+")
_CLOSURE = re.compile(r"\{\{?closure\}?\}|\[[^\[\]\n]{0,99}\]|<[^<>\n]{0,99}>|\bblock in\b|\.func\d|\blambda\b")

_LIFT = 2.0
"""How much more likely than anything else the innermost frame is, in log-odds; the next ones a half, a third of it …"""


class Frame(NamedTuple):
    """One call of a trace, by names as one compares them with a definition's."""

    name: str
    owner: str  # what stands before the name, empty where nothing does


def frames(question: str) -> tuple[Frame, ...]:
    """The calls of the stack traces in a question, the innermost first, each once; linear in the question.

    Python, Java, Kotlin, Scala, C#, JavaScript, TypeScript, Dart, Go, Rust, Ruby, PHP, and what debuggers print.
    """
    text = question[:_MOST_CHARS]
    found = [match.group(1) for match in _PYTHON.finditer(text)][::-1]
    for pattern in _OTHERS:
        found += (match.group(1) for match in pattern.finditer(text))
    named = (_frame(name) for name in found[:_MOST_FRAMES])
    return tuple(dict.fromkeys(frame for frame in named if frame is not None))


def _frame(written: str) -> Frame | None:
    parts = [plain(part) for part in _PARTS.findall(_CLOSURE.sub(" ", written))]
    parts = [part for part in parts if part]
    return Frame(parts[-1], parts[-2] if len(parts) > 1 else "") if parts else None


def _words(name: str) -> list[str]:
    """The parts of a qualified name (``Client::get``), at least one."""
    return _PARTS.findall(name) or [name]


def _owners(doc: Document) -> set[str]:
    """What a definition stands in: the types around it, and what its own name says."""
    return {plain(word) for owner in (*doc.plain_owners, doc.plain_name) for word in _words(owner)}


def lifted(question: str, found: Sequence[Document], scores: Floats) -> Floats:
    """Scores with the definitions that a trace names before all others, the innermost first.

    Of several of one name those go first that stand in what the trace writes before it, where some do.
    """
    named = frames(question)
    if not named or not len(scores):
        return scores
    by_name: dict[str, list[int]] = {}
    for at, doc in enumerate(found):
        by_name.setdefault(plain(_words(doc.plain_name)[-1]), []).append(at)
    top, depth, result = float(scores.max()), 0, scores.copy()
    for frame in named:
        meant = by_name.get(frame.name, [])
        own = [at for at in meant if frame.owner and frame.owner in _owners(found[at])]
        for at in own or meant:
            result[at] = max(result[at], top + _LIFT / (depth + 1))
        depth += bool(meant)
    return np.asarray(result)
