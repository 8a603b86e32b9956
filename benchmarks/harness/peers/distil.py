"""distil-llm: its messages' compressor on tool results before the question. It takes no budget."""

from __future__ import annotations

from typing import Any

PACKAGE, KEEPS_BUDGET = "distil-llm", False


def make() -> Any:
    import distil

    def system(query: str, passages: list[Any], max_tokens: int) -> list[str]:
        results = [
            {"role": "tool", "tool_call_id": str(at), "content": passage.text} for at, passage in enumerate(passages)
        ]
        found = distil.compress_messages([*results, {"role": "user", "content": query}]).messages
        return [str(message["content"]) for message in found if message["role"] == "tool"]

    return system
