"""SuperCompress: ``compress_context`` with its default policy, aimed at the share that the budget is."""

from __future__ import annotations

from typing import Any

PACKAGE, KEEPS_BUDGET = "supercompress", False


def make() -> Any:
    from supercompress import compress_context

    from harness.questions import COUNTER

    def system(query: str, passages: list[Any], max_tokens: int) -> str:
        text = "\n\n".join(passage.text for passage in passages)
        share = min(1.0, max_tokens / max(1, COUNTER.count(text)))
        return str(compress_context(text, query, budget_ratio=share).compressed_text)

    return system
