"""What kind of answer a question asks for, from its wording in the languages of the benchmark."""

from __future__ import annotations

import re

__all__ = ["KINDS", "focus_phrase", "kind_of"]

KINDS = ("who", "when", "where", "number", "why", "how", "what", "other", "yes_no")
"""Kinds of question; the position in this tuple is what the net is given."""

# In order: the first kind with a mark in the question wins. Head marks must stand early in it, the others anywhere.
_MARKS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("who", ("who ", "whom", "whose", "wer ", "qui "), ("quién", "кто", "谁", "哪位")),
    (
        "when",
        ("when", "what year", "which year", "what date", "what time", "what month", "quand"),
        ("cuándo", "qué año", "wann", "когда", "в каком году", "什么时候", "何时", "哪一年", "几年"),
    ),
    (
        "where",
        ("where", "what city", "what country", "which city", "which country", "wo "),
        ("dónde", "где", "哪里", "何处", "哪个城市", "哪个国家"),
    ),
    (
        "number",
        ("how many", "how much", "how long", "how old", "how far", "how often", "what percent", "what number"),
        ("what is the total", "what was the total", "average", "percentage", "cuánt", "wie viel", "wieviel",
         "сколько", "多少", "几个", "combien"),
    ),
    ("why", ("why", "por qué", "pourquoi"), ("warum", "почему", "为什么")),
    ("how", ("how ", "cómo", "wie ", "comment "), ("как ", "如何", "怎么")),
    ("what", ("what", "which", "qué", "cuál", "was "), ("welche", "что", "как", "什么", "哪")),
)  # fmt: skip
_HEAD_CHARS = 60
_YES_NO = re.compile(r"(?:is|are|was|were|do|does|did|can|could|has|have|will|would|should|may)\b")
_FOCUS = re.compile(
    r"\b(?:what|which|how many|how much|what is the|what was the|what are the|what were the)\s+((?:\w+\s*){1,3})",
    re.IGNORECASE,
)


def kind_of(question: str) -> int:
    """Index into `KINDS`."""
    text = question.lower() + " "
    head = text[:_HEAD_CHARS]
    for kind, early, anywhere in _MARKS:
        if any(mark in head for mark in early) or any(mark in text for mark in anywhere):
            return KINDS.index(kind)
    return KINDS.index("yes_no" if _YES_NO.match(text) else "other")


def focus_phrase(question: str) -> str:
    """The words right after the question word (*which* **football club** …): what the answer is; else empty."""
    found = _FOCUS.search(question)
    return found.group(1) if found else ""
