"""What is remembered from one call to the next: bounded, and forgotten when asked.

Every cache of the process that grows with what callers bring is made here or told here (`clearable`), so that
`clear_caches` reaches all of them. What an object remembers for itself goes with the object.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache, update_wrapper, wraps
from typing import Any, Generic, ParamSpec, Protocol, TypeVar
from weakref import WeakSet

from laconic._utils.locks import ForkLock

__all__ = ["LONGEST", "Owners", "Remembered", "bounded", "caches", "clear_caches", "clearable"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

LONGEST = 1000
"""Characters of a text that a `bounded` function remembers: of a word or a name, the longest that anybody writes."""

# A tree takes some twelve times its text, so these are 40 MB at the most. With fewer, each passage of a call of
# 600,000 tokens of JSON (600 passages of 4,000 characters) is parsed again whenever it is written: half of the call.
_TEXTS, _CHARS = 16, 3_200_000
_MOST_CHARS = 10_000_000  # of several texts, however few: more than any call but one of a few huge files
_TEXT_CHARS = 1000  # what a text takes beside its characters: of small ones some thousand are kept, not ten


class _Cache(Protocol):
    def cache_clear(self) -> None: ...

    def __len__(self) -> int: ...


_ALL: dict[str, _Cache] = {}  # grows with the modules that are loaded


def clearable(name: str, cache: _Cache) -> None:
    """Make a cache known to `clear_caches`; ``name`` is its module's and its own."""
    _ALL[name] = cache


def caches() -> dict[str, int]:
    """How many entries each cache of the process has now, by name; of modules that are loaded."""
    return {name: len(cache) for name, cache in sorted(_ALL.items())}


def clear_caches() -> None:
    """Forget what earlier calls left behind to make later ones faster: words, counts, parses.

    Nothing has to call this: every cache is bounded (``docs/reliability.md`` lists them). Results are the same before
    and after. What ships with the package (weights, vocabularies, grammars) stays loaded. Safe beside running calls.
    """
    for cache in list(_ALL.values()):
        cache.cache_clear()


class _Owner(Protocol):
    @property
    def remembered(self) -> int: ...

    def forget(self) -> None: ...


class Owners:
    """Shared objects that remember for themselves: ``forget`` drops it, ``remembered`` is how much.

    Args:
        name: see `clearable`.
    """

    def __init__(self, name: str) -> None:
        self._all: WeakSet[Any] = WeakSet()
        clearable(name, self)

    def add(self, owner: _Owner) -> None:
        """Reach an object as long as it lives."""
        self._all.add(owner)

    def cache_clear(self) -> None:
        """Have each of them forget."""
        for owner in list(self._all):
            owner.forget()

    def __len__(self) -> int:
        return sum(owner.remembered for owner in list(self._all))


class _Bounded:
    """The cache of a function, as `clear_caches` wants it."""

    def __init__(self, cached: Any) -> None:
        self._cached = cached

    def cache_clear(self) -> None:
        self._cached.cache_clear()

    def __len__(self) -> int:
        size: int = self._cached.cache_info().currsize
        return size


def bounded(entries: int, chars: int | None = LONGEST) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """A decorator: the last ``entries`` values of a function are kept.

    Args:
        entries: at the most.
        chars: a first argument that is a longer text is worked out afresh each time; None where none of it is a text
            of any length.
    """

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        cached: Any = lru_cache(maxsize=entries)(function)
        clearable(f"{function.__module__}.{function.__qualname__}", _Bounded(cached))
        if chars is None:
            return cached  # type: ignore[no-any-return]

        @wraps(function)
        def call(*arguments: _P.args, **named: _P.kwargs) -> _T:
            text: Any = arguments[0]
            if text is not None and len(text) > chars:
                return function(*arguments, **named)
            return cached(*arguments, **named)  # type: ignore[no-any-return]

        call.cached = cached  # type: ignore[attr-defined]
        return call

    return decorate


class Remembered(Generic[_T]):
    """A function of a text whose values are kept for the last few, and for more that are short together.

    Several that are kept have ten million characters together at the most. A text counts a thousand more than it has.

    Values are shared between calls and threads: treat them as read-only.

    Args:
        read: the function.
        texts: so many are kept whatever their length.
        chars: of all where they are more.
        name: of the function, where it has none.
    """

    def __init__(
        self, read: Callable[[str], _T], texts: int = _TEXTS, chars: int = _CHARS, *, name: str | None = None
    ) -> None:
        self._read = read
        self._texts = texts
        self._most_chars = chars
        self._known: OrderedDict[str, _T] = OrderedDict()
        self._chars = 0
        self._lock = ForkLock(self._renew)
        update_wrapper(self, read)
        clearable(name or f"{read.__module__}.{read.__qualname__}", self)

    def __len__(self) -> int:
        return len(self._known)

    def __bool__(self) -> bool:
        """True, as functions are: one that remembers nothing yet is no absent one."""
        return True

    def __call__(self, text: str) -> _T:
        """What ``read`` gives, and raises."""
        with self._lock:
            if text in self._known:
                self._known.move_to_end(text)
                return self._known[text]
        value = self._read(text)
        self.know(text, value)
        return value

    def know(self, text: str, value: _T) -> None:
        """Keep a value that was not read here; it must be what ``read`` gives."""
        with self._lock:
            if text not in self._known:
                self._known[text] = value
                self._chars += len(text) + _TEXT_CHARS
                while len(self._known) > 1 and (
                    self._chars > _MOST_CHARS or (len(self._known) > self._texts and self._chars > self._most_chars)
                ):
                    self._chars -= len(self._known.popitem(last=False)[0]) + _TEXT_CHARS

    def cache_clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._renew()

    def _renew(self) -> None:
        self._known = OrderedDict()
        self._chars = 0
