"""Keys that nothing shows by accident."""

from __future__ import annotations

__all__ = ["Secret"]

_SHOWN = "***"


class Secret:
    """A key of a service, for the one place that sends it.

    ``repr``, ``str`` and formats of it are ``***``. A copy is the same object; a pickle of it is empty, so that no key
    lies in a file or a queue: where it arrives, the key is read from the environment again.

    Args:
        value: the key; None for none.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str | None = None) -> None:
        self._value = value

    def reveal(self) -> str | None:
        """The key; None where there is none, or where it was left behind by pickling."""
        return self._value

    def hidden_in(self, text: str) -> str:
        """A text with ``***`` wherever the key stands in it."""
        return text.replace(self._value, _SHOWN) if self._value else text

    def __repr__(self) -> str:
        return _SHOWN

    def __reduce__(self) -> tuple[type[Secret], tuple[()]]:
        return Secret, ()

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self
