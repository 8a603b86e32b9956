"""LLMLingua-2, where its weights are on this machine: ``LLMLINGUA_MODEL`` names their folder or their name on a hub."""

from __future__ import annotations

import os
from typing import Any

PACKAGE, KEEPS_BUDGET = "llmlingua", False


def make() -> Any:
    name = os.environ.get("LLMLINGUA_MODEL")
    if not name:
        raise FileNotFoundError("set LLMLINGUA_MODEL to the folder of LLMLingua-2's weights")
    from llmlingua import PromptCompressor

    compressor = PromptCompressor(name, use_llmlingua2=True, device_map="cpu")

    def system(query: str, passages: list[Any], max_tokens: int) -> str:
        texts = [passage.text for passage in passages]
        return str(compressor.compress_prompt(texts, question=query, target_token=max_tokens)["compressed_prompt"])

    return system
