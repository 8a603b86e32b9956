"""The heuristic engine: what can go from a text without a model and without changing what it says.

White space at line ends, runs of blank lines, white space between the tokens of JSON, comments that only instruct
tools, the marks of Markdown. Strings of code and the insides of fences are never touched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from laconic._utils.remembered import bounded
from laconic._utils.unicode import compiled_late
from laconic._utils.words import MARKS
from laconic.exceptions import ConfigurationError
from laconic.kinds.json.tree import parse_json
from laconic.messages.code import cleaned_code, same_language
from laconic.score.words import STOP_WORDS, query_terms, stem

__all__ = ["HeuristicEngine", "flatten_markdown"]

_LINE_END = re.compile(r"(?<![^\S\n])[^\S\n]+(?=\n|\Z)")
_BLANK_LINES = re.compile(r"\n{3,}")
_INNER_SPACE = re.compile(r"(?<=[^\s|])[ \t]{2,}(?=[^\s|])")
_JSON_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[^\s"]+')

_FENCE = re.compile(r"^[ ]{0,3}(`{3,}|~{3,}).*?(?:^[ ]{0,3}\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_CODE_SPAN = r"(?P<code>(?<!`)(?P<ticks>`+)(?!`).{1,1000}?(?<!`)(?P=ticks)(?!`))"
_INLINE = re.compile(
    _CODE_SPAN + r"|!?\[(?P<label>[^\[\]\n]*)\]\((?P<url>[^()\s]+)(?:\s+\"[^\"\n]*\")?\)"
    r"|(?P<strong>\*\*|__)(?=\S)(?P<strong_text>[^*_\n]+?)(?<=\S)(?P=strong)(?!\w)"
    r"|(?<![\w*])\*(?=[^\s*])(?P<emphasis>[^*\n]+?)(?<=[^\s*])\*(?![\w*])"
    r"|~~(?=\S)(?P<struck>[^~\n]+?)(?<=\S)~~"
    r"|(?P<comment><!--(?:(?!<!--).)*?-->)",
    re.DOTALL,
)
_MARK = re.compile(r"[`!\[*_~<]")  # what each alternative of it begins with
_HEADING = re.compile(r"^[ ]{0,3}#{1,6}[ \t]+(\S.*)$", re.MULTILINE)
_UNDERLINE = re.compile(r"(?<=\S\n)[ ]{0,3}(?:=+|-{3,})[ \t]*$\n?", re.MULTILINE)
_RULE = re.compile(r"^[ ]{0,3}(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$\n?", re.MULTILINE)
_QUOTE = re.compile(r"^[ ]{0,3}>[ ]?", re.MULTILINE)

_WORD = re.compile(r"(?<!\s)\s*\S+")
_CACHED_WORDS = 16_384  # about 3 MB; a chat has a few thousand different ones
_AROUND = ".,;:!?\"'()[]"
_DIGIT = re.compile(r"\d")
_CHARS_A_FURTHER_TOKEN = 8  # by the words of qa/train, counted by o200k_base
_CORE = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_MARKED_CORE = compiled_late(rf"[^\W\d_]+(?:[{MARKS}]+[^\W\d_]*)*(?:['’-][^\W\d_]+(?:[{MARKS}]+[^\W\d_]*)*)*")
# Words that carry the sense of a sentence though they are short and common.
_KEPT_WORDS = frozenset(
    "no not never none nothing without cannot can't don't doesn't didn't won't isn't aren't wasn't weren't shouldn't "
    "wouldn't couldn't mustn't must should only except unless if before after than more less most least all any every "
    "until or nor neither but above below over under between who what when where why how which".split()
)


class HeuristicEngine:
    """The default engine.

    Args:
        comments: languages (as fences call them) whose comments go; True for all, False for none.
        pragmas: comments that only instruct linters, type checkers and formatters go.
        keep_licence: licence and copyright comments at the top of a file stay.
        whitespace: normalise white space.
        flatten: Markdown loses its marks; see `flatten_markdown`.

    Raises:
        ConfigurationError: ``comments`` is neither a bool nor a list of names.

    Under 5 ms for 10,000 tokens; where comments are taken out of code, what the parser takes (3–8 ms, by grammar) and a
    millisecond more.
    """

    name = "heuristic"
    fast = True
    """Whether filtering again with another ratio costs next to nothing."""

    def __init__(
        self,
        *,
        comments: bool | Sequence[str] = False,
        pragmas: bool = True,
        keep_licence: bool = True,
        whitespace: bool = True,
        flatten: bool = False,
    ) -> None:
        if isinstance(comments, str) or not (isinstance(comments, bool) or all(isinstance(c, str) for c in comments)):
            raise ConfigurationError(f"comments is {comments!r}: give True, False or a list of languages")
        self.comments = comments if isinstance(comments, bool) else tuple(comments)
        self.pragmas = pragmas
        self.keep_licence = keep_licence
        self.whitespace = whitespace
        self.flatten = flatten

    def clean(self, text: str, kind: str, language: str | None = None) -> str:
        """The text without what says nothing.

        Args:
            text: of a block.
            kind: its type, see `laconic.messages.blocks.Block`.
            language: of code; of a tool result its kind.

        Returns:
            The text, never longer. JSON is the same value; code parses as before (white space in code is never
            touched); diffs, tables and shell output keep their columns.
        """
        if kind == "code":
            wants_comments = self.comments is True or any(
                same_language(name, language or "") for name in self.comments or ()
            )
            cleaned = cleaned_code(
                text, language, comments=wants_comments, pragmas=self.pragmas, keep_licence=self.keep_licence
            )
            return text if cleaned is None else cleaned
        if self.flatten and kind == "markdown":
            text = flatten_markdown(text)
        if not self.whitespace:
            return text
        if kind == "json" or language == "json":
            return _minified(text)
        if language == "diff":  # a blank at a line's end is content
            return text
        text = _BLANK_LINES.sub("\n\n", _LINE_END.sub("", text))
        return _INNER_SPACE.sub(" ", text) if kind == "text" else text

    def filter_tokens(self, text: str, ratio: float, query: str | None = None) -> str:
        """The words that matter most.

        Args:
            text: prose.
            ratio: share of the text to keep, 0–1, in tokens as the length of its words tells them.
            query: the question.

        Returns:
            The kept words in order, lines kept apart. Function words go first, then words from the most common to the
            rarest; then what ends a sentence or begins a line, names and identifiers, the question's words; last of all
            numbers, negations, conditions and what stands in back ticks. Deterministic.
        """
        words = _WORD.findall(text)
        wanted = _wanted(query) if query else frozenset()
        ranked: list[tuple[float, int]] = []
        in_ticks = False
        has_ticks = "`" in text
        for at, word in enumerate(words):
            ticked = has_ticks and (in_ticks or "`" in word)
            if has_ticks:
                in_ticks ^= word.count("`") % 2 == 1
            worth = _worth(word)
            asked = worth.stem in wanted and worth.worth < _ASKED
            ranked.append((_MUST if ticked else _ASKED if asked else worth.worth, at))
        ranked.sort()
        sizes = [_size(word) for word in words]
        spare = (1 - ratio) * sum(sizes)
        gone: set[int] = set()
        for _, at in ranked:
            if sizes[at] > spare:
                break
            spare -= sizes[at]
            gone.add(at)
        if not gone:
            return text
        kept = "".join(_without(words, gone))
        return kept.lstrip() if text[:1].strip() else kept


def _without(words: Sequence[str], gone: Collection[int]) -> Iterator[str]:
    """The words that stay; the line break before one that goes comes before the next that stays."""
    pending = ""
    for at, word in enumerate(words):
        if at in gone:
            if not pending and "\n" in word:
                pending = word[: len(word) - len(word.lstrip())]
            continue
        if pending and "\n" not in word:
            word = pending + word.lstrip()
        pending = ""
        yield word


def _minified(text: str) -> str:
    """JSON without white space between its tokens; JSON lines stay lines. Anything else as it is."""
    if _is_json(text):
        return "".join(_JSON_TOKEN.findall(text))
    lines = ("".join(_JSON_TOKEN.findall(text, root.start, root.end)) for root in parse_json(text) or ())
    return "\n".join(lines) or text


def _is_json(text: str) -> bool:
    """Whether the standard library reads a text, in a tenth of the time that our own reader takes."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):  # what is nested too deep for it our own reads
        return False
    return True


# What words are worth, in the order they go: function words 0, others from 1 on, the rarer the more, then these.
_LAYOUT, _NAMED, _ASKED, _MUST = 1e3, 2e3, 3e3, 4e3


class _Worth(NamedTuple):
    """What a word is worth, and what it is compared with the question's words by."""

    stem: str
    worth: float


@bounded(_CACHED_WORDS)
def _worth(word: str) -> _Worth:
    """The worth of a word with the white space before it."""
    from laconic.score.vectors.static import StaticVectors  # reads a table of megabytes

    bare = word.strip()
    core = (_CORE if bare.isascii() else _MARKED_CORE()).fullmatch(bare.strip(_AROUND))
    if core is None:
        # a number or another identifier, else marks alone
        return _Worth(bare, _MUST if _DIGIT.search(bare) else _NAMED if any(map(str.isalpha, bare)) else _LAYOUT)
    lower = core.group().lower()
    if lower in _KEPT_WORDS:
        return _Worth(stem(lower), _MUST)
    if bare[-1] in ".!?:;" or "\n" in word:
        return _Worth(stem(lower), _LAYOUT)  # what ends a sentence or begins a line holds the text together
    if lower in STOP_WORDS:
        return _Worth(stem(lower), 0.0)
    if core.group() != lower:
        return _Worth(stem(lower), _NAMED)
    return _Worth(stem(lower), 1.0 + float(StaticVectors.shared().rarity(lower)))


def _size(word: str) -> int:
    """About how many tokens a word has: most have one, long ones and those of signs more."""
    return 1 + len(word.strip()) // _CHARS_A_FURTHER_TOKEN


@bounded(1, 100_000)
def _wanted(query: str) -> frozenset[str]:
    """The words of a question, which stay; of one question at a time, for all texts of a chat."""
    return frozenset(query_terms(query))


def flatten_markdown(text: str) -> str:
    """Markdown as plain text: no marks of headings, emphasis, quotes and rules, links as ``label (url)``, no comments.

    Code spans, fenced code, lists and tables stay as they are. Linear in the text.
    """
    pieces: list[str] = []
    at = 0
    for fence in _FENCE.finditer(text):
        pieces += [_flattened(text[at : fence.start()]), fence.group()]
        at = fence.end()
    return "".join([*pieces, _flattened(text[at:])])


def _flattened(text: str) -> str:
    text = _UNDERLINE.sub("", _RULE.sub("", _QUOTE.sub("", _HEADING.sub(_heading, text))))
    pieces: list[str] = []
    at = 0
    for mark in _MARK.finditer(text):  # four times as fast as `sub`, which tries every alternative at every character
        match = _INLINE.match(text, mark.start()) if mark.start() >= at else None
        if match:
            pieces += [text[at : match.start()], _plain(match)]
            at = match.end()
    return "".join([*pieces, text[at:]])


def _heading(match: re.Match[str]) -> str:
    """The text of a heading, without the signs that may close it: those behind a blank, so that C# stays."""
    text = match[1].rstrip(" \t")
    bare = text.rstrip("#")
    return bare.rstrip(" \t") if bare[-1:] in ("", " ", "\t") else text


def _plain(match: re.Match[str]) -> str:
    if match["code"]:
        return match.group()
    if match["url"]:
        label, url = match["label"].strip(), match["url"]
        return url if label in ("", url) else f"{label} ({url})"
    return next((match[name] for name in ("strong_text", "emphasis", "struck") if match[name]), "")
