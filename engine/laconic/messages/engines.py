"""Engines by name: what cleans blocks and filters the words of prose."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from laconic._options import did_you_mean
from laconic.exceptions import ConfigurationError, MissingDependencyError
from laconic.messages.directives import TextEngine
from laconic.messages.heuristics import HeuristicEngine

__all__ = ["ENGINES", "HeuristicEngine", "LLMLinguaEngine", "engine_named"]


class LLMLinguaEngine(HeuristicEngine):
    """LLMLingua-2 (Pan et al., 2024) for the words of prose; the heuristics for all else.

    Args:
        model: folder of the model, or with ``local_only=False`` its name on the hub.
        local_only: refuse to download: transformers is told to look at local files only.
        compressor: an ``llmlingua.PromptCompressor`` of the caller's own, in place of one that is made here.
        **heuristics: see `HeuristicEngine`.

    Raises:
        MissingDependencyError: the package llmlingua is not installed.

    The model is loaded at the first use, and then a second or more of work for 10,000 tokens.
    """

    name = "llmlingua"

    def __init__(
        self,
        model: str = "microsoft/llmlingua-2-bert-base-multilingual-cased-meetingbank",
        *,
        local_only: bool = True,
        compressor: Any = None,
        **heuristics: Any,
    ) -> None:
        super().__init__(**heuristics)
        if compressor is None and find_spec("llmlingua") is None:
            raise MissingDependencyError("llmlingua", "llmlingua", "the engine 'llmlingua'")
        self.model = model
        self.local_only = local_only
        self._compressor = compressor

    def _loaded(self) -> Any:
        if self._compressor is None:
            from llmlingua import PromptCompressor

            self._compressor = PromptCompressor(
                self.model,
                device_map="cpu",
                model_config={"local_files_only": True} if self.local_only else {},
                use_llmlingua2=True,
            )
        return self._compressor

    def filter_tokens(self, text: str, ratio: float, query: str | None = None) -> str:
        """What the model keeps of ``text`` at the rate ``ratio``; numbers are forced to stay."""
        result = self._loaded().compress_prompt([text], rate=ratio, force_reserve_digit=True)
        return str(result["compressed_prompt"])


ENGINES: dict[str, Callable[[], TextEngine]] = {"heuristic": HeuristicEngine, "llmlingua": LLMLinguaEngine}
"""Name to engine."""


def engine_named(engine: str | TextEngine) -> TextEngine:
    """An engine by name, or the caller's own.

    Raises:
        ConfigurationError: an unknown name, or an object without ``clean`` and ``filter_tokens``.
        MissingDependencyError: its package is not installed.
    """
    if isinstance(engine, str):
        if engine not in ENGINES:
            names = ", ".join(map(repr, ENGINES))
            raise ConfigurationError(
                f"engine {engine!r} is not known{did_you_mean(engine, ENGINES)}: use one of {names}"
            )
        return ENGINES[engine]()
    methods = (getattr(engine, name, None) for name in ("clean", "filter_tokens"))
    if isinstance(engine, type) or not all(map(callable, methods)):
        raise ConfigurationError(
            f"engine {engine!r} is not usable: give a name ({', '.join(map(repr, ENGINES))}) or an object with clean() "
            "and filter_tokens()"
        )
    return engine
