"""headroom-ai: its pipeline on a tool's result before the question, aimed at the share that the budget is.

Its text model comes from a hub; where that cannot be reached only its compressors of structures act.
"""

from __future__ import annotations

from typing import Any

PACKAGE, KEEPS_BUDGET = "headroom-ai", False


def make() -> Any:
    import headroom

    from harness.questions import COUNTER

    def system(query: str, passages: list[Any], max_tokens: int) -> list[str]:
        total = sum(COUNTER.count(passage.text) for passage in passages)
        calls = [{"id": str(at), "type": "function", "function": {"name": "search", "arguments": "{}"}}
                 for at in range(len(passages))]  # fmt: skip
        results = [
            {"role": "tool", "tool_call_id": str(at), "content": passage.text} for at, passage in enumerate(passages)
        ]
        messages = [{"role": "assistant", "content": None, "tool_calls": calls}, *results,
                    {"role": "user", "content": query}]  # fmt: skip
        found = headroom.compress(messages, model="gpt-4", target_ratio=max_tokens / max(1, total), protect_recent=0)
        return [str(message["content"]) for message in found.messages if message["role"] == "tool"]

    return system
