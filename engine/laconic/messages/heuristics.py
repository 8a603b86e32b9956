"""The heuristic engine: what can go from a text without a model and without changing what it says.

White space at line ends, runs of blank lines, white space between the tokens of JSON, comments that only instruct
tools, the marks of Markdown. Strings of code and the insides of fences are never touched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

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
_HEADING = re.compile(r"^[ ]{0,3}#{1,6}[ \t]+(\S.*)$", re.MULTILINE)
_UNDERLINE = re.compile(r"(?<=\S\n)[ ]{0,3}(?:=+|-{3,})[ \t]*$\n?", re.MULTILINE)
_RULE = re.compile(r"^[ ]{0,3}(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$\n?", re.MULTILINE)
_QUOTE = re.compile(r"^[ ]{0,3}>[ ]?", re.MULTILINE)

_WORD = re.compile(r"(?<!\s)\s*\S+")
_CACHED_WORDS = 16_384  # about 3 MB; a chat has a few thousand different ones
_CORE = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
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

    Raises:
        ConfigurationError: ``comments`` is neither a bool nor a list of names.

    Under 5 ms for 10,000 tokens; where comments are taken out of code, what the parser takes (3–8 ms, by grammar) and a
    millisecond more.
    """

    name = "heuristic"

    def __init__(
        self,
        *,
        comments: bool | Sequence[str] = False,
        pragmas: bool = True,
        keep_licence: bool = True,
        whitespace: bool = True,
    ) -> None:
        if isinstance(comments, str) or not (isinstance(comments, bool) or all(isinstance(c, str) for c in comments)):
            raise ConfigurationError(f"comments is {comments!r}: give True, False or a list of languages")
        self.comments = comments if isinstance(comments, bool) else tuple(comments)
        self.pragmas = pragmas
        self.keep_licence = keep_licence
        self.whitespace = whitespace

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
            ratio: share of the words to keep, 0–1. Numbers, names, identifiers, negations, conditions, the question's
                words and what stands in back ticks always stay, so more may be left.
            query: the question.

        Returns:
            The kept words in order, lines kept apart. Function words go first, then the most common words.
            Deterministic.
        """
        words = _WORD.findall(text)
        wanted = _wanted(query) if query else frozenset()
        free: list[tuple[float, int]] = []
        in_ticks = False
        has_ticks = "`" in text
        for at, word in enumerate(words):
            if has_ticks:
                ticked = in_ticks or "`" in word
                in_ticks ^= word.count("`") % 2 == 1
                if ticked:
                    continue
            worth = _worth(word)
            if worth is not None and worth.stem not in wanted:
                free.append((worth.rarity, at))
        remove = max(0, len(words) - round(ratio * len(words)))
        gone = {at for _, at in sorted(free)[:remove]}
        kept = "".join([word for at, word in enumerate(words) if at not in gone])
        return kept.lstrip() if text[:1].strip() else kept


def _minified(text: str) -> str:
    """JSON without white space between its tokens; JSON lines stay lines. Anything else as it is."""
    lines = ("".join(_JSON_TOKEN.findall(text, root.start, root.end)) for root in parse_json(text) or ())
    return "\n".join(lines) or text


class _Worth(NamedTuple):
    """What a word is worth that may go: 0 for function words, more the rarer it is."""

    stem: str
    rarity: float


@lru_cache(maxsize=_CACHED_WORDS)
def _worth(word: str) -> _Worth | None:
    """The worth of a word with the white space before it; None where it stays."""
    from laconic.score.vectors.static import StaticVectors  # reads a table of megabytes

    bare = word.strip()
    core = _CORE.fullmatch(bare.strip(".,;:!?\"'()[]"))
    if core is None or bare[-1] in ".!?:;" or "\n" in word:
        return None  # what ends a sentence or begins a line holds the text together
    lower = core.group().lower()
    if lower in _KEPT_WORDS or core.group() != lower:
        return None
    rarity = 0.0 if lower in STOP_WORDS else 1.0 + float(StaticVectors.shared().rarity(lower))
    return _Worth(stem(lower), rarity)


@lru_cache(maxsize=1)
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
    return _INLINE.sub(_plain, text)


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
