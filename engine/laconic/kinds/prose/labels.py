"""What stands before a colon at the beginning of a line: who speaks, or what a value is of; and when."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from laconic.kinds.prose.lines import Line

__all__ = ["SPEAKER", "TIME", "labelled"]

# Some words with a capital, one or two without; or the time.
_LABEL = re.compile(
    r"[^\W_a-z](?:[^:;,.\n(]|(?<![a-z]{3})\.){0,40}(?:\([^()\n]{0,80}\))?:(?:\s|$)"
    r"|[a-z][^\s:;,]{0,30}(?: [^\s:;,]{1,30})?:\s"
    r"|\[?\d{1,2}:\d\d"
)
_LABEL_CHARS = 125

TIME = (
    r"[\[(]?(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:,? |T))?\d{1,3}:\d\d(?::\d\d)?(?:[.,]\d{1,6})?"
    r"(?:\s?[AaPp]\.?[Mm]\b\.?)?[\])]?"
)
"""A time of day, or from the beginning, with a date or without, as they are put before what was said."""

# Up to six words of which the first may be a sign that marks a role; an abbreviated name has a full stop.
SPEAKER = r"[#@_]?[^\W\d_](?:[^\s:;,<>{}\"|=!?]{0,29})(?: (?:[^\s:;,<>{}\"|=!?]{1,29})){0,5}"
"""A name, a nickname or an office before a colon."""


def labelled(lines: Sequence[Line]) -> Collection[int]:
    """Starts of the lines of one paragraph that begin with who speaks, or with what a value is of.

    Empty where there are no more than sentences may have: most lines should have a label, or several the same.
    """
    found = {
        line.start: match.group()
        for line in lines
        if ":" in line.text[:_LABEL_CHARS] and (match := _LABEL.match(line.text))
    }
    several = 5 * len(found) >= 2 * len(lines) or len(set(found.values())) < len(found)
    return found if len(found) > 1 and several else ()
