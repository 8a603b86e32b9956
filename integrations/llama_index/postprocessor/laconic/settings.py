"""What `Settings` and the model in use say: how tokens are counted, and how many fit."""

from __future__ import annotations

from collections.abc import Callable, Sized
from functools import partial
from typing import Any

import llama_index.core
from llama_index.core import Settings
from llama_index.core.indices.prompt_helper import PromptHelper

from laconic.exceptions import ConfigurationError

__all__ = ["check_llm", "room", "settings_tokenizer"]


def settings_tokenizer() -> Callable[[str], Sized] | None:
    """``Settings.tokenizer`` where somebody has set one; None where it is LlamaIndex's default (gpt-3.5-turbo's),
    which any part of LlamaIndex may have put there.
    """
    found = llama_index.core.global_tokenizer
    if isinstance(found, partial) and getattr(getattr(found.func, "__self__", None), "name", "") == "cl100k_base":
        return None
    return found


def check_llm(llm: Any) -> None:
    """Refuse what does not say how much it takes in.

    Raises:
        ConfigurationError: it has no ``metadata`` with a ``context_window``.
    """
    if not isinstance(getattr(getattr(llm, "metadata", None), "context_window", None), int):
        raise ConfigurationError(
            f"llm is {llm!r}: give a model of LlamaIndex, whose metadata has its context_window, or max_tokens=<number>"
        )


def room(llm: Any, reserve: int, question: int) -> int:
    """Tokens that the context may have in the model's window.

    Args:
        llm: the model; None for that of ``Settings``.
        reserve: tokens of the prompt beside context and question.
        question: tokens of the question.

    Returns:
        What the window leaves when the answer (``num_output``), the reserve and the question are taken off; at least 1.

    Raises:
        Exception: ``Settings`` has no model and cannot make its default one.
    """
    helper = Settings.prompt_helper if llm is None else PromptHelper.from_llm_metadata(llm.metadata)
    return max(1, helper.context_window - helper.num_output - reserve - question)
