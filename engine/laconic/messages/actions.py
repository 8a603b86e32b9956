"""Directives carried out: what each action does to the text of a block, and what they make of a chat's blocks.

An action returns the new text, or None where it can do nothing. It need not ask whether the new text is shorter: that
is checked for all in one place (`apply_directives`). JSON comes out as JSON, code as code
that parses, a diff as one that applies or says that it is an excerpt.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from laconic._utils.unicode import word_cuts
from laconic.kinds.catalogue import KIND_NAMES, kind_named
from laconic.kinds.kind import Kind
from laconic.kinds.log.segment import looks_like_log, looks_like_traceback
from laconic.kinds.samples import most_detailed
from laconic.messages.blocks import Block, markdown_parser
from laconic.messages.code import cleaned_code, code_language, signatures
from laconic.messages.directives import Context, Directive
from laconic.messages.heuristics import flatten_markdown
from laconic.messages.sentences import filter_sentences
from laconic.select.budget import fill_budget

__all__ = ["apply_directives", "perform"]

_Action = Callable[[Directive, str, Block, Context], "str | None"]
_Count = Callable[[str], int]

_LEARNED_TOKENS = 300  # with fewer there is little to choose, and a call of the learned scorer costs a millisecond
_MAX_CLEANED_CHARS = 4_000_000  # cleaning makes copies; longer texts go straight to the actions, which stream them
_MIN_REPEATED_CHARS = 4  # a line of a bracket repeats without being a repetition


class _State:
    """A block and what has been made of its text so far."""

    def __init__(self, block: Block, directives: Sequence[Directive]) -> None:
        self.block = block
        self.text = block.text
        self.tokens = block.tokens
        self.actions: list[str] = []
        mine = [at for at, directive in enumerate(directives) if directive.applies_to(block)]
        obeyed = block.type == "tool_call" or (block.priority >= 1.0 and block.type != "system")
        if obeyed or any(directives[at].action == "keep" for at in mine):
            mine = []
        self.directives = mine  # by their places

    def take(self, action: str, candidate: str | None, context: Context) -> None:
        """Take what an action returned if it says something in fewer tokens."""
        if candidate is None or candidate == self.text or (not candidate.strip() and self.text.strip()):
            return
        fewer = context.count(candidate)
        if fewer < self.tokens:
            self.text, self.tokens = candidate, fewer
            self.actions.append(action)

    def done(self) -> Block:
        """The block with what was done."""
        after = None if self.text == self.block.text else self.text
        return replace(self.block, tokens_after=self.tokens, actions=tuple(self.actions), text_after=after)


def apply_directives(
    blocks: Sequence[Block], directives: Sequence[Directive], context: Context
) -> list[tuple[Block, str]]:
    """Blocks and what the directives make of their texts.

    The engine cleans first, unless the only directive is ``keep``; then each directive that applies is carried out in
    the order of the recipe, on all its blocks at once. What an action returns is taken only where it has fewer tokens.
    Blocks of priority 1 are left alone, but for system messages.

    Returns:
        Each block with ``tokens_after``, ``actions`` and ``text_after``, and the new text.
    """
    states = [_State(block, directives) for block in blocks]
    for state in states:
        if state.directives and len(state.text) <= _MAX_CLEANED_CHARS:
            cleaned = context.engine.clean(state.text, state.block.type, state.block.language)
            state.take("clean", cleaned, context)
    for at, directive in enumerate(directives):
        mine = [state for state in states if at in state.directives]
        if not mine:
            continue
        if context.aggressive:
            directive = replace(directive, ratio=directive.ratio / 2, preserve_docstrings=False)
        texts = perform(directive, [(state.text, state.block) for state in mine], context)
        for state, text in zip(mine, texts, strict=True):
            state.take(directive.action, text, context)
    return [(state.done(), state.text) if state.directives else (state.block, state.text) for state in states]


def perform(directive: Directive, items: Sequence[tuple[str, Block]], context: Context) -> list[str | None]:
    """The texts of blocks after a directive; None where its action can do nothing with one."""
    if directive.action == "filter_sentences":
        return _filter_sentences(directive, items, context)
    action = _PERFORMERS[directive.action]
    return [action(directive, text, block, context) for text, block in items]


def _limit(directive: Directive, block: Block) -> int:
    """Tokens that a directive with a ratio aims at: of the block as it was."""
    return max(1, int(directive.ratio * block.tokens))


def _keep_headers(directive: Directive, text: str, block: Block, context: Context) -> str | None:
    """The headings alone, down to a depth; None where there are none."""
    lines = text.splitlines()
    tokens = markdown_parser().parse("\n".join(lines))
    kept = [
        line
        for token in tokens
        if token.type == "heading_open" and token.level == 0 and token.map and int(token.tag[1]) <= directive.max_depth
        for line in lines[token.map[0] : token.map[1]]
    ]
    return "\n".join(kept) if kept else None


def _filter_sentences(directive: Directive, items: Sequence[tuple[str, Block]], context: Context) -> list[str | None]:
    """The sentences that the engine of `laconic.compress` keeps for the question; one call for all short texts."""
    by_scorer: dict[str, list[int]] = {}
    for at, (_, block) in enumerate(items):
        if block.type != "tool_result" or block.language in ("text", "shell"):
            by_scorer.setdefault("evidence" if block.tokens >= _LEARNED_TOKENS else "lexical", []).append(at)
    results: dict[int, str] = {}
    for scorer, places in by_scorer.items():
        texts = [items[at][0] for at in places]
        limits = [_limit(directive, items[at][1]) for at in places]
        kept = filter_sentences(texts, limits, context.query, context.counter, scorer)
        results.update(zip(places, kept, strict=True))
    return [results.get(at) for at in range(len(items))]


_MOST_FILTERINGS = 4  # each lands within a few percent of what it aims at


def _filter_tokens(directive: Directive, text: str, block: Block, context: Context) -> str | None:
    """The words that the engine keeps, so that no more than the ratio of the block's tokens are left."""
    limit, tokens = _limit(directive, block), context.count(text)
    if tokens <= limit:
        return None
    ratio = directive.ratio * block.tokens / tokens  # cleaning has taken its part already
    kept = context.engine.filter_tokens(text, ratio, context.query)
    for _ in range(_MOST_FILTERINGS - 1 if getattr(context.engine, "fast", False) else 0):
        left = context.count(kept)
        if left <= limit:
            break
        ratio *= min(0.99, limit / left)
        kept = context.engine.filter_tokens(text, ratio, context.query)
    return kept


def _sampled_kind(block: Block) -> Kind | None:
    """The kind of a block's text where it has levels of detail, else None."""
    name = "json" if block.type == "json" else block.language
    kind = kind_named(name) if name in KIND_NAMES else None
    return kind if kind and kind.details else None


def _schema_sample(directive: Directive, text: str, block: Block, context: Context) -> str | None:
    kind = _sampled_kind(block)
    if kind is None:
        return None
    return most_detailed(text, kind, context.count, _limit(directive, block), context.query).text


def _template_logs(directive: Directive, text: str, block: Block, context: Context) -> str | None:
    if block.language not in ("log", "traceback") and not looks_like_log(text) and not looks_like_traceback(text):
        return None
    return most_detailed(text, kind_named("log"), context.count, _limit(directive, block), context.query).text


def _dedup_lines(directive: Directive, text: str, block: Block, context: Context) -> str | None:
    """Each line once, the first time with ``[×n]``; for output in which lines stand for themselves."""
    if block.type == "tool_result" and block.language not in ("log", "shell", "text"):
        return None
    lines = text.split("\n")
    counts = Counter(line.rstrip() for line in lines)
    seen: set[str] = set()
    kept: list[str] = []
    for line in lines:
        bare = line.rstrip()
        if len(bare.strip()) < _MIN_REPEATED_CHARS or counts[bare] == 1:
            kept.append(line)
        elif bare not in seen:
            seen.add(bare)
            kept.append(f"{bare} [×{counts[bare]}]")
    return "\n".join(kept)


def _truncate(directive: Directive, text: str, block: Block, context: Context) -> str | None:
    """The beginning and the end, whole lines, with a note of what is between them; structured text by its own means."""
    limit = _limit(directive, block)
    if context.count(text) <= limit:
        return None
    kind = None if block.type == "code" else _sampled_kind(block)
    if kind is not None:
        return most_detailed(text, kind, context.count, limit, context.query).text
    if block.type == "code" and code_language(block.language):
        return None  # a cut would break it; signature_only is the way to shorten it
    return _cut(text, limit, context)


_HEAD_SHARE = 0.6  # of the lines: a result is introduced at its beginning and summed up at its end
_FEWEST_LINES = 4
_SPARE = 4  # lines are counted one by one, and together have up to a quarter fewer tokens: blank or indented ones
_NOTE = "[… {n} lines left out …]"
_CUT_SIGN = " …"
_WORD_CHARS = 60  # so far back a cut looks for the end of a word
# A text of which a token is longer than this on average is blank or a pattern: its beginning may come out shorter.
_MOST_CHARS_A_TOKEN = 16


def _cut(text: str, limit: int, context: Context) -> str:
    """The beginning and the end in at most ``limit`` tokens, of a text that has more."""
    lines = text.split("\n")
    ends = _ends(lines, limit, context.count) if len(lines) >= _FEWEST_LINES else ""
    return ends or _beginning(text, limit, context.count)


def _ends(lines: Sequence[str], limit: int, count: _Count) -> str:
    """The first and the last lines, with a note of how many are between; empty where not even the first line fits."""
    note_cost = count(_NOTE.format(n=len(lines)) + "\n")
    found = list(_in_turn(lines, limit - note_cost, count))
    if not found or not found[0].of_head:
        return ""
    note = len(found)
    needs: dict[int, tuple[int, ...]] = {0: (note,)}
    before = {True: 0, False: 0}  # the first of the last lines needs the first line
    for at, line in enumerate(found[1:], start=1):
        needs[at] = (before[line.of_head],)
        before[line.of_head] = at

    def written(kept: Collection[int]) -> str:
        ends = Counter(found[at].of_head for at in kept if at != note)
        head, tail = ends[True], ends[False]
        return "\n".join([*lines[:head], _NOTE.format(n=len(lines) - head - tail), *lines[len(lines) - tail :]])

    costs = [*(line.cost for line in found), note_cost]
    kept = fill_budget(range(note), costs, needs, limit, lambda kept: count(written(kept)) if kept else 0)
    return written(kept) if kept else ""


class _Line(NamedTuple):
    """A line that may be kept: of which end, and its tokens."""

    of_head: bool
    cost: int


def _in_turn(lines: Sequence[str], room: int, count: _Count) -> Iterator[_Line]:
    """Lines of the beginning and of the end in turn, of each while they fit; then some more, as a plan is not exact."""
    head = tail = 0
    for left in (room, room // _SPARE):
        open_ends = {True, False}
        while open_ends and head + tail < len(lines):
            of_head = False not in open_ends or (True in open_ends and head <= _HEAD_SHARE * (head + tail))
            cost = count((lines[head] if of_head else lines[-1 - tail]) + "\n")
            if cost > left:
                open_ends.remove(of_head)
                continue
            left -= cost
            head += of_head
            tail += not of_head
            yield _Line(of_head, cost)


def _beginning(text: str, limit: int, count: _Count) -> str:
    """The beginning of a text in at most ``limit`` tokens, cut between words where one ends near the limit."""

    def too_long(end: int) -> bool:
        return count(text[:end] + _CUT_SIGN) > limit

    reach = range(min(len(text), limit * _MOST_CHARS_A_TOKEN) + 1)
    most = bisect_left(reach, True, key=too_long) - 1
    for end in reversed(word_cuts(text, max(0, most - _WORD_CHARS), most + 1)[:-1]):
        if not too_long(end):  # counts grow with the text but for a token or two
            return text[:end] + _CUT_SIGN
    return ""


_PERFORMERS: dict[str, _Action] = {
    "signature_only": lambda d, text, block, _: signatures(text, block.language, docstrings=d.preserve_docstrings),
    "strip_comments": lambda _, text, block, __: cleaned_code(text, block.language, comments=True),
    "keep_headers": _keep_headers,
    "flatten_markdown": lambda _, text, *__: flatten_markdown(text),
    "filter_tokens": _filter_tokens,
    "schema_sample": _schema_sample,
    "template_logs": _template_logs,
    "dedup_lines": _dedup_lines,
    "truncate": _truncate,
}
