"""Engines by name: what cleans blocks and filters the words of prose."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from laconic._utils.options import did_you_mean
from laconic.exceptions import ConfigurationError, MissingDependencyError
from laconic.messages.directives import TextEngine
from laconic.messages.heuristics import HeuristicEngine
from laconic.tokens import load_encoding

__all__ = [
    "ENGINES", "AutomaticEngine", "HeuristicEngine", "LLMLinguaEngine", "engine_named", "llmlingua_missing",
]  # fmt: skip


DEFAULT_MODEL = "microsoft/llmlingua-2-bert-base-multilingual-cased-meetingbank"
MODEL_VARIABLE = "LACONIC_LLMLINGUA_MODEL"
"""Environment variable for the model of the engine ``"auto"``: a folder, or a name in the local cache of the hub."""

logger = logging.getLogger("laconic")


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
    fast = False

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
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

            with _shipped_tokens():
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


@contextmanager
def _shipped_tokens() -> Iterator[None]:
    """In the block tiktoken has the encoding that LLMLingua counts with, which it would download else."""
    from tiktoken import registry

    name = "cl100k_base"
    added = name not in registry.ENCODINGS
    if added:
        registry.ENCODINGS[name] = load_encoding(name)
    try:
        yield
    finally:
        if added:
            registry.ENCODINGS.pop(name, None)


class AutomaticEngine(HeuristicEngine):
    """LLMLingua-2 for the words of prose where it is installed and its model at hand, else the heuristics alone.

    Args:
        **heuristics: see `HeuristicEngine`.

    Attributes:
        name: of the engine that filters words, ``"llmlingua"`` or ``"heuristic"``.
        note: why it is not LLMLingua; None where it is.
    """

    def __init__(self, **heuristics: Any) -> None:
        super().__init__(**heuristics)
        self.note = llmlingua_missing()
        self._llmlingua = LLMLinguaEngine(_model_of_llmlingua()) if self.note is None else None
        self.fast = self._llmlingua is None
        self.name = "heuristic" if self.fast else "llmlingua"

    def filter_tokens(self, text: str, ratio: float, query: str | None = None) -> str:
        """See `LLMLinguaEngine` and `HeuristicEngine`; where the first fails the second does it from then on."""
        if self._llmlingua is not None:
            try:
                return self._llmlingua.filter_tokens(text, ratio, query)
            except Exception as error:  # noqa: BLE001 - a model of any version raises anything, and nobody named it
                self._use_heuristics(f"LLMLingua failed ({type(error).__name__}: {error})")
        return super().filter_tokens(text, ratio, query)

    def _use_heuristics(self, note: str) -> None:
        logger.warning("the heuristics filter words: %s", note)
        self.note, self._llmlingua, self.name, self.fast = note, None, "heuristic", True


def _model_of_llmlingua() -> str:
    return os.environ.get(MODEL_VARIABLE, "").strip() or DEFAULT_MODEL


def llmlingua_missing() -> str | None:
    """Why LLMLingua cannot run here as it is; None where it can. Nothing is loaded or downloaded to find out."""
    if find_spec("llmlingua") is None:
        return "llmlingua is not installed: pip install 'laconic[llmlingua]'"
    model = _model_of_llmlingua()
    if Path(model).is_dir():
        return None
    with suppress(ImportError, ValueError):  # a path of no folder is no name of the hub
        from huggingface_hub import try_to_load_from_cache

        if isinstance(try_to_load_from_cache(model, "config.json"), str):
            return None
    return (
        f"the model {model!r} is not on this machine: download it, or name a folder that holds it in {MODEL_VARIABLE}"
    )


ENGINES: dict[str, Callable[[], TextEngine]] = {
    "auto": AutomaticEngine,
    "heuristic": HeuristicEngine,
    "llmlingua": LLMLinguaEngine,
}
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
