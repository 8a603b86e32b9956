"""litellm: ``trim_messages``, which shortens messages from the middle until they fit."""

from __future__ import annotations

import os
from typing import Any

PACKAGE, KEEPS_BUDGET = "litellm", False


def make() -> Any:
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # no request for prices
    from litellm.utils import trim_messages

    def system(query: str, passages: list[Any], max_tokens: int) -> str:
        text = "\n\n".join(passage.text for passage in passages)
        found = trim_messages([{"role": "user", "content": text}], model="gpt-4", max_tokens=max_tokens, trim_ratio=1.0)
        return "\n\n".join(str(message["content"]) for message in found)

    return system
