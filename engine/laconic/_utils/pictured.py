"""What results that can be drawn have in common."""

from __future__ import annotations

__all__ = ["Pictured"]


class Pictured:
    """A result as HTML; it draws itself as `_picture`, which loads what draws when it is asked to."""

    def _picture(self, *, page: bool = False, brief: bool = False) -> str:
        raise NotImplementedError

    def to_html(self, *, page: bool = False) -> str:
        """The source as HTML: kept, pruned and cut text, shaded by score, with the reason on hover and on focus.

        A fragment that loads nothing and runs nothing, for the light and the dark theme; of the length of the input.

        Args:
            page: whether it is a document of its own, to be written to a file.
        """
        return self._picture(page=page)

    def _repr_html_(self) -> str:
        """What notebooks show: `to_html` with long stretches of what was cut shortened."""
        return self._picture(brief=True)
