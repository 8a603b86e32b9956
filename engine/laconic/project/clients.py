"""Which tier of detail a client gets, by the name that it gives itself."""

from __future__ import annotations

import re

from laconic.exceptions import ConfigurationError
from laconic.lod.assembly import TIERS, Tier, tier_named

__all__ = ["DEFAULT_TIER", "chosen_tier", "tier_of_client"]

DEFAULT_TIER = 2
"""Of a client that is not known, or where none is named: the middle one. SourcePrep's own example of an answer (a score
of 0.47 at level 2) is of this tier."""

_CLIENTS = {
    "claude": 1,
    "gemini": 1,
    "cursor": 2,
    "windsurf": 2,
    "copilot": 2,
    "cline": 2.5,
    "roo": 2.5,
    "continue": 2.5,
}
_WORDS = re.compile(r"[a-z]+")


def tier_of_client(name: str | None) -> Tier:
    """The tier of a client: of Claude Code and Gemini CLI 1, of Cursor, Windsurf and Copilot 2, of Cline, Roo and
    Continue 2.5.

    Args:
        name: as the client gives it in a handshake or header, in any spelling (``claude-code``, ``Roo Code/3.1``);
            None where it gives none. One that is not known is of tier `DEFAULT_TIER`.
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name or "")
    found = [_CLIENTS[word] for word in _WORDS.findall(spaced.lower()) if word in _CLIENTS]
    return TIERS[found[0] if found else DEFAULT_TIER]


def chosen_tier(tier: float | str, client: str | None = None) -> Tier:
    """The tier that a caller asks for: a number of `TIERS` or its name, or ``"auto"``: by the client's name.

    Raises:
        ConfigurationError: there is no such tier.
    """
    if tier == "auto":
        return tier_of_client(client)
    if isinstance(tier, str):
        named = {each.name: each for each in TIERS.values()}
        if tier not in named:
            raise ConfigurationError(f"tier is {tier!r}: it must be one of auto, {', '.join(named)}")
        return named[tier]
    if isinstance(tier, bool):
        raise ConfigurationError(f"tier is {tier!r}: it must be one of auto, {', '.join(map(str, TIERS))}")
    return tier_named(tier)
