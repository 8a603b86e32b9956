"""Texts changed at random, in the ways that documents get broken."""

from __future__ import annotations

import random
from collections.abc import Sequence

__all__ = ["mutated"]

_PIECES = (
    "\n\n", "\r\n", "\r", "\t", " ", "\x00", "\ufeff", "\u2028", "\x85", "\u200d", "e\u0301", "🏗️", "ß", "İ", '"', "'",
    "`", "```", "~~~", "{", "}", "[", "]", "(", ")", "<", ">", "</", "<!--", "-->", "<![CDATA[", "]]>", "&lt;", "&#0;",
    "|", "|---|", ",", ";", ":", ": ", "- ", "* ", "> ", "# ", "---", "===", "@@ -1 +1 @@\n", "--- a\n+++ b\n", "$ ",
    "#", "//", "/*", "*/", '"""', "\\", "\\\n", "\\u", "%", "=", "0", "-1", "1e999", "NaN", "null", "true", "。", "…",
    "Traceback (most recent call last):\n", "00:00:01,000 --> 00:00:02,000\n", "On Mon, Ada wrote:\n", "From: a@b\n",
)  # fmt: skip


def mutated(rng: random.Random, known: Sequence[bytes]) -> bytes:
    """A new input of known ones: parts of them left out, doubled, moved, put together, with odd pieces between."""
    data = rng.choice(known)
    head, text = data[:1] or b"\0", data[1:].decode("utf-8", "replace")
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        a, b = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
        way = rng.randrange(7)
        if way == 0:
            text = text[:a] + text[b:]
        elif way == 1:
            text = text[:b] + text[a:b] + text[b:]
        elif way == 2:
            text = text[:a] + rng.choice(_PIECES) * rng.choice((1, 1, 2, 40)) + text[a:]
        elif way == 3:
            other = rng.choice(known)[1:].decode("utf-8", "replace")
            text = text[:a] + other[rng.randint(0, len(other)) :] + text[b:]
        elif way == 4:
            text = text[a:b] or text
        elif way == 5:
            lines = text.split("\n")
            at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
            lines[at], lines[to] = lines[to], lines[at]
            text = "\n".join(lines)
        else:
            text = text.replace(rng.choice(text or " "), rng.choice(_PIECES))
    if rng.random() < 0.5:
        head = bytes([rng.randrange(256)])
    return (head + text.encode("utf-8", "replace"))[:4096]
