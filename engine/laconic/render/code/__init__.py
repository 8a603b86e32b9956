"""Code that still parses after cutting.

`prune` deletes whole children of list-like nodes and copies every other byte; `compose` writes the result.
`laconic.render.code.detail` makes levels of detail (without comments, signatures only, …) the same way.
"""

from __future__ import annotations

from laconic.render.code.compose import Edit, Marks, compose
from laconic.render.code.prune import prune
from laconic.render.code.renderer import CodeRenderer

__all__ = ["CodeRenderer", "Edit", "Marks", "compose", "prune"]
