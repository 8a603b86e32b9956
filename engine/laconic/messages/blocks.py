"""The segmentizer: texts of messages to typed blocks.

Fences, headings, lists and tables are found by markdown-it-py; JSON values, diffs, logs, stack traces and tables that
someone pasted between them by their own readers. Nothing is compressed here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from laconic._utils.remembered import bounded
from laconic.kinds.catalogue import KINDS, kind_named
from laconic.kinds.diff.segment import looks_like_diff
from laconic.kinds.json.tree import find_values, parse_json
from laconic.messages.chat import ROLES, Message, last_user, text_slots, tool_calls

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

__all__ = [
    "BLOCK_TYPES", "TOOL_RESULT_KINDS", "Block", "markdown_parser", "segmentize", "text_pieces", "tool_result_kind",
]  # fmt: skip

BLOCK_TYPES = ("code", "markdown", "json", "tool_call", "tool_result", "system", "text")
"""The types of block; see `Block`."""

TOOL_RESULT_KINDS = ("json", "diff", "table", "traceback", "log", "shell", "text")
"""What a tool result's ``language`` can be."""

# Worth of a type, before recency: what the model must obey or answer, down to what it can ask for again.
_WORTH = {"system": 1.0, "text": 0.8, "code": 0.7, "markdown": 0.6, "json": 0.5, "tool_result": 0.4}

# The user's last message says what is wanted; long texts in it are material.
_REQUEST_CHARS = 1200

_MIN_JSON_CHARS = 80  # shorter values inside prose read as prose
_CACHED_TEXTS = 512
_PARAGRAPH = re.compile(r"\S[^\n]*(?:\n[^\S\n]*\S[^\n]*)*")
# What people paste between paragraphs and is known by a paragraph's lines; JSON and diffs are looked for by themselves.
_PASTED = [kind_named(name) for name in ("traceback", "log", "table")]
_LINE_BREAK = re.compile(r"\r\n?|\n")
_SHELL = re.compile(
    r"^(?:[$%#>] \S|[dl-][rwxst-]{9}[ .+@]|[\w./-]+[:-]\d+[:-]|\d+ (?:blob|tree|commit) |[\da-f]{7,40} )", re.MULTILINE
)
_MARKUP = frozenset(
    ("heading_open", "bullet_list_open", "ordered_list_open", "blockquote_open", "table_open", "hr", "html_block")
)
_TOOL_TAGS = {
    "diff": "diff", "patch": "diff", "csv": "table", "tsv": "table", "log": "log", "logs": "log", "console": "shell",
    "shell-session": "shell", "traceback": "traceback", "pytb": "traceback", "output": "text",
}  # fmt: skip
_JSON_TAGS = frozenset(("json", "jsonl", "json5", "jsonc"))
_PLAIN_TAGS = frozenset(("", "text", "txt", "plain", "plaintext", "none"))


@dataclass(frozen=True)
class Block:
    """A typed piece of a message.

    Attributes:
        type: one of `BLOCK_TYPES`.
        text: of the block.
        message: index of its message in the list that was segmented.
        part: index of the content part it stands in, None where the content is a string; of a tool call the
            call's index.
        start, end: character span in that text; of a tool call in its arguments. Fences and the white space between
            blocks belong to none.
        tokens: count of ``text``.
        language: of code as its fence calls it; of JSON ``"json"``; of a tool result one of `TOOL_RESULT_KINDS`.
        priority: 0–1, 1 for what is kept whatever the recipe says: tool calls, and the request in the user's last
            message. Else the worth of the type, times 0.5 for the first message up to 1 for the last.
        tokens_after: count of what the directives left; equal to ``tokens`` before them.
        actions: the directives that changed it.
        text_after: what they left; None where that is ``text``.
    """

    type: str
    text: str = field(repr=False)
    message: int
    part: int | None
    start: int
    end: int
    tokens: int
    language: str | None
    priority: float
    tokens_after: int
    actions: tuple[str, ...] = ()
    text_after: str | None = field(default=None, repr=False)


class _Piece(NamedTuple):
    type: str
    start: int
    end: int
    language: str | None = None


def segmentize(messages: Sequence[Message], count: Callable[[str], int]) -> list[Block]:
    """The blocks of the messages, in order.

    Args:
        messages: as `laconic.messages.chat.read_messages` gives them. Roles that it does not know give no blocks.
        count: text to tokens.

    Linear in the text, about 4 MB/s for Markdown; texts seen before (the history of a chat) cost next to nothing.
    """
    blocks: list[Block] = []
    request = last_user(messages)
    for slot in text_slots(messages):
        role = messages[slot.message]["role"]
        if role not in ROLES:
            continue
        for piece in _pieces_for(role, slot.text):
            kind, start, end, language = piece
            text = slot.text[start:end]
            tokens = count(text)
            is_request = slot.message == request and kind in ("text", "markdown") and len(text) <= _REQUEST_CHARS
            recency = 0.5 + 0.5 * (slot.message + 1) / len(messages)
            priority = 1.0 if is_request else round(min(0.99, _WORTH[kind]) * recency, 3)
            blocks.append(Block(kind, text, slot.message, slot.part, start, end, tokens, language, priority, tokens))
    for at, message in enumerate(messages):
        for place, call in enumerate(tool_calls(message)):
            arguments = _arguments(call)
            tokens = count(arguments)
            blocks.append(Block("tool_call", arguments, at, place, 0, len(arguments), tokens, None, 1.0, tokens))
    blocks.sort(key=lambda block: (block.message, block.type == "tool_call"))
    return blocks


def _arguments(call: Any) -> str:
    function = call.get("function")
    arguments = function.get("arguments") if hasattr(function, "get") else None
    return arguments if isinstance(arguments, str) else ""


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the text of a stretch begins and ends, the white space around it left out."""
    stretch = text[start:end]
    return end - len(stretch.lstrip()), start + len(stretch.rstrip())


def _pieces_for(role: str, text: str) -> Sequence[_Piece]:
    start, end = _stripped(text, 0, len(text))
    if start >= end:
        return ()
    if role in ("system", "developer"):
        return (_Piece("system", start, end),)
    if role in ("tool", "function"):
        return (_Piece("tool_result", start, end, tool_result_kind(text)),)
    return text_pieces(text)


def tool_result_kind(text: str) -> str:
    """What a tool's output is: one of `TOOL_RESULT_KINDS`. A glance, but for JSON, which is parsed."""
    for kind in KINDS:
        if kind.details is not None and kind.is_one(text):
            return kind.name
    lines = text[:8000].count("\n") + 1
    return "shell" if len(_SHELL.findall(text[:8000])) * 3 >= lines else "text"


@bounded(_CACHED_TEXTS, 20_000)
def text_pieces(text: str) -> tuple[_Piece, ...]:
    """Typed spans of a user's or assistant's text, in order, none blank."""
    if "\n" not in text and "{" not in text and "[" not in text:
        start, end = _stripped(text, 0, len(text))
        return (_Piece("text", start, end),) if start < end else ()
    pieces: list[_Piece] = []
    at = 0
    fences, markup = _markdown(text)
    for fence in (*fences, None):
        stop = fence.outer_start if fence else len(text)
        pieces.extend(_between_fences(text, at, stop, markup))
        if fence:
            pieces.append(_fenced(text, fence))
            at = fence.outer_end
    return tuple(piece for piece in pieces if piece.start < piece.end)


class _Fence(NamedTuple):
    outer_start: int
    outer_end: int
    start: int
    end: int
    tag: str


@cache
def markdown_parser() -> MarkdownIt:
    """A parser that finds where blocks are, and nothing inside them."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _markdown(text: str) -> tuple[list[_Fence], list[tuple[int, int]]]:
    """The fences that stand at the top level, and the spans of other Markdown structure."""
    fences: list[_Fence] = []
    markup: list[tuple[int, int]] = []
    starts = [0, *(match.end() for match in _LINE_BREAK.finditer(text)), len(text)]
    for token in markdown_parser().parse(text):
        if token.level or token.map is None:
            continue
        first, last = (starts[min(line, len(starts) - 1)] for line in token.map)
        if token.type == "fence":
            lines = token.map[1] - token.map[0]
            closed = text[starts[token.map[1] - 1] : last].strip().startswith(token.markup)
            inner_end = starts[token.map[1] - 1] if closed and lines > 1 else last
            tag = token.info.strip().split(" ")[0].split("{")[0].lower()
            fences.append(_Fence(first, last, min(starts[token.map[0] + 1], inner_end), inner_end, tag))
        elif token.type in _MARKUP:
            markup.append((first, last))
    return fences, markup


def _fenced(text: str, fence: _Fence) -> _Piece:
    """The inside of a fence, without the line break in front of its closing mark."""
    end = fence.start + len(text[fence.start : fence.end].rstrip("\r\n"))
    inside = text[fence.start : end]
    may_be_json = fence.tag in _JSON_TAGS or (fence.tag in _PLAIN_TAGS and inside.lstrip()[:1] in ("{", "["))
    if may_be_json and parse_json(inside):
        return _Piece("json", fence.start, end, "json")
    if fence.tag in _TOOL_TAGS:
        return _Piece("tool_result", fence.start, end, _TOOL_TAGS[fence.tag])
    if fence.tag in ("md", "markdown"):
        return _Piece("markdown", fence.start, end)
    if fence.tag in _PLAIN_TAGS:
        kind = tool_result_kind(inside)
        if kind not in ("text", "json"):
            return _Piece("tool_result", fence.start, end, kind)
    return _Piece("code", fence.start, end, None if fence.tag in _PLAIN_TAGS else fence.tag)


def _between_fences(text: str, start: int, end: int, markup: Sequence[tuple[int, int]]) -> Iterator[_Piece]:
    """Pasted material in a stretch without fences, and the prose around it."""
    stretch = text[start:end]
    if not stretch.strip():
        return
    if looks_like_diff(stretch):
        begin = start + re.search(r"^(?:diff --git |--- )", stretch, re.MULTILINE).start()  # type: ignore[union-attr]
        yield from _prose(text, start, begin, markup)
        yield _Piece("tool_result", begin, start + len(stretch.rstrip()), "diff")
        return
    at = start
    values = [
        _Piece("json", node.start, node.end, "json")
        for node in find_values(text, start, end)
        if node.end - node.start >= _MIN_JSON_CHARS
    ]
    for value in values:
        yield from _pasted(text, at, value.start, markup)
        yield value
        at = value.end
    yield from _pasted(text, at, end, markup)


def _pasted(text: str, start: int, end: int, markup: Sequence[tuple[int, int]]) -> Iterator[_Piece]:
    """Paragraphs that are logs, stack traces or tables, and the prose around them."""
    at = start
    for match in _PARAGRAPH.finditer(text, start, end):
        paragraph = match.group()
        if paragraph.count("\n") < 2:
            continue
        kind = next((kind.name for kind in _PASTED if kind.looks_like(paragraph)), None)
        in_markup = any(first <= match.start() < last for first, last in markup)
        if kind and not (kind == "table" and in_markup):
            yield from _prose(text, at, match.start(), markup)
            yield _Piece("tool_result", match.start(), match.start() + len(paragraph.rstrip()), kind)
            at = match.end()
    yield from _prose(text, at, end, markup)


def _prose(text: str, start: int, end: int, markup: Sequence[tuple[int, int]]) -> Iterator[_Piece]:
    """One block of Markdown where there is structure in the stretch, else one of text."""
    begin, stop = _stripped(text, start, end)
    if begin < stop:
        marked = any(first < stop and last > begin for first, last in markup)
        yield _Piece("markdown" if marked else "text", begin, stop)
