"""Source text to a syntax tree, safely: bounded in time, cached, with a map back to character offsets."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import cache, cached_property, wraps
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from laconic._utils.locks import ForkLock
from laconic._utils.remembered import bounded, clearable
from laconic.exceptions import MissingDependencyError
from laconic.kinds.code.language import Language, language_named
from laconic.types import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tree_sitter import Language as Grammar
    from tree_sitter import Node, Query, Tree

__all__ = [
    "ParseTimeoutError", "ParsedCode", "error_bytes", "error_bytes_within", "forget", "kept", "missing_package",
    "output_fidelity", "parse", "parse_bytes", "parse_fragment", "parses_clean", "require_grammar",
]  # fmt: skip

_CHUNK = 1 << 16
# Of the thread's own time, so that a busy machine changes no result. A parser that loops leaves a hundred megabytes
# behind for each two seconds of it.
_SECONDS = 0.25
_SECONDS_PER_MEGABYTE = 8.0
_GIVEN_UP_BYTES = 1000  # what it takes to remember that
# Single functions, files of a few kilobytes, up to a 1 MB bundle; a tree takes about ten times its text, and of a
# function of a hundred bytes some thirty kilobytes. A call over six hundred functions asks for each of them four times.
_CACHE_ENTRIES = 1536
_CACHE_BYTES = 4_000_000
_MOST_RECENT = 4  # of a call: a selection and the one before, the function that is cut

_T = TypeVar("_T")
_P = ParamSpec("_P")


class ParseTimeoutError(Exception):
    """The parser did not come back in time; callers fall back to the full text."""


def require_grammar(language: str) -> None:
    """Check that a language's grammar is installed, without importing it.

    Raises:
        MissingDependencyError: tree-sitter or the grammar's wheel is missing.
    """
    table = language_named(language)
    for package, module in (("tree-sitter", "tree_sitter"), (table.package, table.module)):
        if find_spec(module) is None:
            raise MissingDependencyError(package, "code", f"parsing {language} source")


def missing_package(language: str) -> MissingDependencyError | None:
    """What is not installed of the packages that cut and rank code in a language; None where nothing is missing."""
    try:
        require_grammar(language)
    except MissingDependencyError as error:
        return error
    return MissingDependencyError("rank-bm25", "code", "ranking code") if not _can_rank() else None


_known_to_rank: list[bool] = []  # a look on the disk takes as long as the parse of a short fence


def _can_rank() -> bool:
    if not _known_to_rank and find_spec("rank_bm25") is not None:
        _known_to_rank.append(True)
    return bool(_known_to_rank)


@cache
def _grammar(language: str) -> Grammar:
    require_grammar(language)
    from tree_sitter import Language as Grammar

    table = language_named(language)
    return Grammar(getattr(import_module(table.module), table.factory)())


@cache
def _query(language: str, kind: str) -> Query:
    from tree_sitter import Query

    table = language_named(language)
    source: str = getattr(table, kind)
    if kind == "query":
        # Every pass over the tree costs as much as a third of the parse, so comments come along.
        source += f"\n[{' '.join(f'({name})' for name in sorted(table.comments))}] @comment"
    query: Query = Query(_grammar(language), source)
    return query


def parse_bytes(data: bytes, language: str, old: Tree | None = None) -> Tree:
    """One parse under a deadline.

    Args:
        data: UTF-8 that ends in a line break.
        language: one of `laconic.kinds.code.language.LANGUAGES`.
        old: tree of an earlier state of the data, told of every edit: what did not change is not parsed again.

    Raises:
        MissingDependencyError: tree-sitter or the grammar's wheel is missing.
        ParseTimeoutError: the parser needed more than .25 s of processor time plus 8 s a megabyte.

    A parser that loops is stopped by the progress callback. A scanner that loops is not (the callback is never
    reached); the one that is known to, Kotlin's, stops at a line break, which is why ``data`` must end in one.
    """
    grammar = _grammar(language)  # first, as it says what to install
    from tree_sitter import Parser

    deadline = time.thread_time() + _SECONDS + _SECONDS_PER_MEGABYTE * len(data) / 1e6

    def read(offset: int, _point: Any) -> bytes:
        return data[offset : offset + _CHUNK]

    def late(_offset: int = 0, _has_error: bool = False) -> bool:
        return time.thread_time() > deadline

    # A parser is not safe to share between threads, and costs microseconds to make.
    try:
        parse = Parser(grammar).parse
        tree = parse(read, progress_callback=late) if old is None else parse(read, old, progress_callback=late)
    except ValueError as error:
        if not late():
            raise
        raise ParseTimeoutError(f"{language}: {len(data)} bytes") from error
    if tree is None:
        raise ParseTimeoutError(f"{language}: {len(data)} bytes")
    return tree


def _broken(root: Node) -> tuple[Span, ...]:
    spans = []
    stack = [root] if root.has_error else []
    while stack:
        node = stack.pop()
        if node.is_error:
            spans.append((node.start_byte, node.end_byte))
        elif node.has_error:
            stack.extend(node.children)
    return tuple(sorted(spans))


def error_bytes(root: Node) -> int:
    """Bytes in ERROR nodes and one more, as a token may be missing; 0 where the parser found no error."""
    return 1 + sum(end - start for start, end in _broken(root)) if root.has_error else 0


class ParsedCode:
    """A source text and its tree.

    Attributes:
        text: the caller's text.
        language: its table.
        data: what was parsed, UTF-8: ``before + text + after``, always ending in a line break.
        tree: the tree over ``data``.
        shift: bytes of ``data`` in front of the text.
        size: bytes of the text itself.
    """

    def __init__(self, text: str, language: str, before: str = "", after: str = "") -> None:
        self.text = text
        self.language: Language = language_named(language)
        # "replace" keeps one character per lone surrogate, so that character offsets hold.
        body = text.encode("utf-8", "replace")
        head = before.encode()
        self.data = head + body + after.encode()
        if not self.data.endswith(b"\n"):
            self.data += b"\n"
        self.shift = len(head)
        self.size = len(body)
        self.tree = parse_bytes(self.data, language)
        self._derived: dict[Any, Any] = {}
        self._recent: tuple[tuple[Any, Any], ...] = ()

    @property
    def root(self) -> Node:
        """The tree's root node."""
        return self.tree.root_node

    @property
    def clean(self) -> bool:
        """Whether the parser found no error."""
        return not self.tree.root_node.has_error

    @property
    def alone(self) -> bool:
        """Whether the text was parsed by itself, without anything put around it."""
        return self.shift == 0 and len(self.data) - self.size <= 1

    @cached_property
    def newline(self) -> str:
        """The text's own line break."""
        return "\r\n" if "\r\n" in self.text else "\n"

    @cached_property
    def _chars(self) -> NDArray[np.int64] | None:
        """Number of characters before each byte of the text; None where the two are the same."""
        if self.size == len(self.text):
            return None
        body = np.frombuffer(self.data, dtype=np.uint8)[self.shift : self.shift + self.size]
        starts = np.concatenate(([0], np.cumsum((body & 0xC0) != 0x80)))
        return starts.astype(np.int64)

    def char(self, byte: int) -> int:
        """Character offset in ``text`` of a byte offset in ``data``, clamped to the text."""
        inside = min(max(byte - self.shift, 0), self.size)
        return inside if self._chars is None else int(self._chars[inside])

    def byte(self, char: int) -> int:
        """Byte offset in ``data`` of a character offset in ``text``."""
        if self._chars is None:
            return char + self.shift
        return int(np.searchsorted(self._chars, char)) + self.shift

    def slice(self, start: int, end: int) -> str:
        """The text between two byte offsets of ``data``."""
        return self.text[self.char(start) : self.char(end)]

    def line_start(self, byte: int) -> int:
        """Where the line of a byte begins, in ``data``."""
        return self.data.rfind(b"\n", 0, byte) + 1

    def indent(self, byte: int) -> str:
        """White space in front of a byte, up to the start of its line."""
        line = self.data[self.line_start(byte) : byte]
        return line[: len(line) - len(line.lstrip(b" \t"))].decode()

    def captures(self, kind: str) -> dict[str, list[Node]]:
        """Nodes by capture name of the language's ``query`` (with ``comment``) or ``edges``; kept with the tree."""
        from tree_sitter import QueryCursor

        cursor = QueryCursor(_query(self.language.name, kind))
        return self.derive(("captures", kind), lambda own: cursor.captures(own.root))

    def derive(self, key: Any, make: Callable[[ParsedCode], _T]) -> _T:
        """``make(self)``, kept with the tree; two threads may both compute it, and get equal values."""
        try:
            value: _T = self._derived[key]
        except KeyError:
            value = self._derived[key] = make(self)
        return value

    def recall(self, key: Any, make: Callable[[ParsedCode], _T]) -> _T:
        """As `derive`, of the few keys that were asked for last: for what depends on a question or a selection.

        Keys are compared, not hashed, as they may hold a counter of the caller's own.
        """
        for known, value in self._recent:
            if known == key:
                return value  # type: ignore[no-any-return]
        made = make(self)
        self._recent = (*self._recent[1 - _MOST_RECENT :], (key, made))
        return made

    @cached_property
    def broken(self) -> tuple[Span, ...]:
        """Byte spans of the top-most ERROR nodes."""
        return _broken(self.root)

    @property
    def fidelity(self) -> float:
        """Share of the bytes that lie outside ERROR nodes, 0–1; 1.0 for empty text."""
        if not self.size:
            return 1.0
        return max(0.0, 1.0 - sum(end - start for start, end in self.broken) / self.size)


def kept(make: Callable[Concatenate[ParsedCode, _P], _T]) -> Callable[Concatenate[ParsedCode, _P], _T]:
    """``make``, whose values are kept with the tree, by its further arguments; see `ParsedCode.derive`."""

    @wraps(make)
    def known(parsed: ParsedCode, /, *arguments: _P.args, **named: _P.kwargs) -> _T:
        key = (make, arguments, tuple(named.items()))
        return parsed.derive(key, lambda own: make(own, *arguments, **named))

    return known


class _Cache:
    """Least recently used parses, bounded in number and in bytes of text; that the parser gave up is remembered too."""

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[str, str], ParsedCode | ParseTimeoutError] = OrderedDict()
        self._bytes = 0
        self._lock = ForkLock(self._renew)

    def get(self, key: tuple[str, str], make: Callable[[], ParsedCode]) -> ParsedCode:
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
                return _given(found)
        made: ParsedCode | ParseTimeoutError
        try:
            made = make()
        except ParseTimeoutError as error:
            made = ParseTimeoutError(*error.args)  # without the frames that the traceback of the other holds
        with self._lock:
            if key not in self._entries:
                self._entries[key] = made
                self._bytes += _size(made)
            while len(self._entries) > 1 and (len(self._entries) > _CACHE_ENTRIES or self._bytes > _CACHE_BYTES):
                _, oldest = self._entries.popitem(last=False)
                self._bytes -= _size(oldest)
        return _given(made)

    def cache_clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._renew()

    def _renew(self) -> None:
        self._entries = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)


def _size(made: ParsedCode | ParseTimeoutError) -> int:
    return _GIVEN_UP_BYTES if isinstance(made, ParseTimeoutError) else len(made.data)


def _given(made: ParsedCode | ParseTimeoutError) -> ParsedCode:
    if isinstance(made, ParseTimeoutError):
        raise ParseTimeoutError(*made.args)
    return made


_PARSED = _Cache()
clearable(f"{__name__}.parse", _PARSED)


def parse(text: str, language: str) -> ParsedCode:
    """Parse a whole file; parses are cached (1,536 files or 4 MB of text, whichever is less).

    Cost: 5–17 MB/s, by grammar, for a text that is not in the cache.

    Raises:
        KeyError: the language is not supported.
        MissingDependencyError: its grammar is not installed.
        ParseTimeoutError: the parser needed more than .25 s of processor time plus 8 s a megabyte.
    """
    return _PARSED.get((language, text), lambda: ParsedCode(text, language))


def forget() -> None:
    """Empty the cache of parses."""
    _PARSED.cache_clear()


def parse_fragment(text: str, language: str) -> ParsedCode:
    """Parse a piece cut out of a file: like `parse`, but tries what may have stood around the piece.

    A chunk from the middle of a class does not parse by itself. The scopes of the language's table (a class, a class
    and a method) are put around it, missing braces are balanced, and the reading with the fewest bytes in ERROR nodes
    wins; the text as it is wins ties.

    Raises: as `parse`.
    """
    plain = parse(text, language)
    if plain.clean:
        return plain
    return _PARSED.get((f"{language} fragment", text), lambda: _best_reading(text, language, plain))


def error_bytes_within(text: str, language: str) -> int:
    """The bytes in error nodes of a text's best reading, as `parse_fragment` finds it; nothing is cached.

    Raises: as `parse`.
    """
    plain = ParsedCode(text, language)
    return error_bytes(plain.root) and error_bytes(_best_reading(text, language, plain).root)


def _best_reading(text: str, language: str, plain: ParsedCode) -> ParsedCode:
    best, fewest = plain, error_bytes(plain.root)
    for before, after in _surroundings(text, plain.language):
        reading = ParsedCode(text, language, before, after)
        errors = error_bytes(reading.root)
        if errors < fewest:
            best, fewest = reading, errors
        if reading.clean:
            break
    return best


def _surroundings(text: str, table: Language) -> list[tuple[str, str]]:
    """What may have stood before and after a fragment, the likeliest first."""
    prologue = "" if not table.prologue or table.prologue.strip() in text else table.prologue
    found = [(prologue, "")] if prologue else []
    if not table.scopes:
        return found
    if table.scopes[0][1] == "":  # scopes by indentation
        heads = [before for before, _ in table.scopes]
        return [*found, *(("".join(heads[: depth + 1]), "") for depth in range(len(heads)))]
    opened, closed = _unbalanced(text) if table.scopes[0][1].strip().startswith("}") else (0, 0)
    for depth in range(1, len(table.scopes) + 1):
        before = prologue + "".join(head for head, _ in table.scopes[:depth])
        tails = [tail for _, tail in reversed(table.scopes[:depth])]
        found.append((before, "\n" + "}" * opened + "".join(tails[min(closed, depth) :])))
    if opened:
        found.append((prologue, "\n" + "}" * opened))
    return found


def _unbalanced(text: str) -> tuple[int, int]:
    """Braces opened and never closed, and closed and never opened; braces in strings count too, as a guess may."""
    depth = lowest = 0
    for char in text:
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            lowest = min(lowest, depth)
    return depth - lowest, -lowest


def parses_clean(text: str, language: str) -> bool:
    """Whether a text parses without any ERROR or missing node; its tree is not kept.

    PHP without its opening tag is read as if it had one.
    """
    try:
        return _reread(text, language)[0]
    except ParseTimeoutError:
        return False


def output_fidelity(text: str, language: str) -> float:
    """Share of the bytes of an output outside ERROR nodes, 0–1; read as `parses_clean` does."""
    try:
        return _reread(text, language)[1]
    except ParseTimeoutError:
        return 0.0


@bounded(2, 1_000_000)  # what is written is looked over, then judged
def _reread(text: str, language: str) -> tuple[bool, float]:
    """Whether a text is clean, and its fidelity.

    Raises:
        ParseTimeoutError: the parser gave up.
    """
    table = language_named(language)
    before = table.prologue if table.prologue and table.prologue.strip() not in text else ""
    parsed = ParsedCode(text, language, before)
    return parsed.clean, parsed.fidelity
