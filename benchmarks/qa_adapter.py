"""The evidence benchmark's view of laconic: (question, passages, max_tokens) to one text per passage.

The benchmark counts with cl100k_base and sums the passages' own counts, hence the counter and ``separator=None``.
"""

from __future__ import annotations

import laconic

_COMPRESSORS = {
    scorer: laconic.Compressor(counter="cl100k_base", separator=None, scorer=scorer)
    for scorer in ("evidence", "lexical")
}


def _texts(scorer: str, question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    result = _COMPRESSORS[scorer].compress(passages, question, max_tokens=max_tokens)
    texts = [""] * len(passages)
    for part in result.passages:
        texts[part.index] = part.text
    return texts


def lexical(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    """The scorer without a model."""
    return _texts("lexical", question, passages, max_tokens)


def evidence(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    """The default: the learned scorer."""
    return _texts("evidence", question, passages, max_tokens)
