"""Real code, offline: the standard library's own source, cut into chunks as a text splitter would, and a retriever."""

from __future__ import annotations

import importlib
import inspect
from collections import Counter
from dataclasses import dataclass
from functools import cache

from laconic.score.code.identifiers import code_terms
from laconic.tokens import counter_for

MODULES = ("http.client", "http.cookies", "email.message", "email.header", "asyncio.locks", "asyncio.queues")
CHUNK_LINES = 60

# A question about the source, and a line of it that the answer needs.
QUESTIONS = {
    "How does asyncio.Queue wait for a free slot when it is full?": "await putter",
    "Which host and port does an HTTP connection get from a string with brackets?": "def _get_hostport",
    "How does an email message decide whether it is multipart?": "return isinstance(self._payload, list)",
}


@dataclass(frozen=True)
class Chunk:
    """Sixty lines of a module, wherever they begin and end."""

    path: str
    first_line: int
    text: str


@cache
def chunks() -> tuple[Chunk, ...]:
    """The modules' source in pieces of CHUNK_LINES lines, cut in the middle of classes and functions."""
    found = []
    for name in MODULES:
        lines = inspect.getsource(importlib.import_module(name)).split("\n")
        path = name.replace(".", "/") + ".py"
        for first in range(0, len(lines), CHUNK_LINES):
            found.append(Chunk(path, first + 1, "\n".join(lines[first : first + CHUNK_LINES])))
    return tuple(found)


def search(question: str, k: int = 8) -> list[Chunk]:
    """The k chunks that share most words with the question, rare words counting more."""
    terms = set(code_terms(question))
    counts = [Counter(code_terms(f"{chunk.path} {chunk.text}")) for chunk in chunks()]
    places = Counter(term for count in counts for term in terms & count.keys())
    scores = [sum(min(3, count[term]) / places[term] for term in terms & count.keys()) for count in counts]
    best = sorted(range(len(counts)), key=lambda at: (-scores[at], at))[:k]
    return [chunks()[at] for at in best]


def holds_answer(question: str, context: str) -> bool:
    """Whether a context has the line that answers one of the QUESTIONS."""
    return QUESTIONS[question] in context


def report(question: str, before: list[str], context: str) -> None:
    """Print what became of the chunks of one question."""
    count = counter_for("gpt-4o").count
    original, kept = count("\n\n".join(before)), count(context)
    print(f"Question: {question}")
    print(f"{original} -> {kept} tokens ({100 * (original - kept) / original:.1f}% saved)")
    print(f"The model receives:\n\n{context}\n")
