"""Source that defines nothing, such as a script: its statements under a token limit."""

from __future__ import annotations

import numpy as np

from laconic.kinds.code.render import CodeRenderer
from laconic.kinds.code.segment import CodeSegmenter
from laconic.score.code.scorer import CodeScorer
from laconic.types import DROPPED, Passage, Rendered, TokenCounter

__all__ = ["pick_statements"]


def pick_statements(text: str, language: str, query: str, budget: int, counter: TokenCounter) -> tuple[Rendered, int]:
    """The statements of a file that are worth most, in their order, within ``budget`` tokens.

    Returns:
        The rendered text and the number of statements; the text is empty where not even one fits.
    """
    passage = Passage(text, kind="code", language=language)
    segments = CodeSegmenter().segment(passage, 0, 0)
    if not segments:
        return Rendered("", ()), 0
    renderer = CodeRenderer()
    costs = np.array([counter.count(text[s.start : s.end]) + 1 for s in segments], dtype=float)
    scores = CodeScorer().score(query, [passage], segments)
    order = np.argsort(-(scores - np.log(costs + 1)), kind="stable").tolist()
    taken: list[int] = []
    room = float(budget)
    for at in order:
        if costs[at] <= room:
            taken.append(at)
            room -= costs[at]
    while taken:
        levels = [DROPPED] * len(segments)
        for at in taken:
            levels[at] = 0
        rendered = renderer.render(passage, segments, levels)
        if counter.count(rendered.text) <= budget:
            return rendered, len(taken)
        taken.pop()
    return Rendered("", ()), 0
