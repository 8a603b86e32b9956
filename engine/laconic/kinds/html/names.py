"""What the elements of HTML are to a reader."""

from __future__ import annotations

__all__ = ["BLOCKS", "CLOSED_BY", "HEADINGS", "KNOWN", "RAW", "SKIPPED", "VOID"]

HEADINGS = frozenset("h1 h2 h3 h4 h5 h6 title caption summary legend".split())
"""They head what follows."""

BLOCKS = HEADINGS | frozenset(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer "
    "form frameset header hgroup hr html li main menu ol optgroup option p pre search section table tbody td tfoot th "
    "thead tr ul xmp".split()
)
"""Text does not go on over where they begin or end."""

RAW = frozenset("script style textarea".split())
"""What stands in them is not for readers, and is no markup."""

SKIPPED = frozenset(
    "audio button canvas datalist head iframe map math nav noscript object select svg template video".split()
)
"""What stands in them is not for readers, or leads them elsewhere."""

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
"""They hold nothing and have no end."""

KNOWN = (
    BLOCKS
    | RAW
    | SKIPPED
    | VOID
    | frozenset(
        "a abbr acronym b bdi bdo big cite code colgroup data del dfn em font i ins kbd label mark meter nobr output "
        "picture progress q rp rt ruby s samp slot small span strike strong sub sup time tt u var".split()
    )
)
"""Names of HTML."""

CLOSED_BY = {
    "li": (frozenset(["li"]), frozenset("ul ol menu dir".split())),
    "dt": (frozenset("dt dd".split()), frozenset(["dl"])),
    "dd": (frozenset("dt dd".split()), frozenset(["dl"])),
    "td": (frozenset("td th".split()), frozenset("tr table".split())),
    "th": (frozenset("td th".split()), frozenset("tr table".split())),
    "tr": (frozenset(["tr"]), frozenset(["table"])),
    "tbody": (frozenset("thead tbody tr".split()), frozenset(["table"])),
    "tfoot": (frozenset("thead tbody tr".split()), frozenset(["table"])),
}
"""Of elements whose end may go without saying: those that one of them ends, and those in which that holds."""
