"""What every compressor of the ScaleDown surface shares: one context or many, sync or async."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, overload

from laconic._utils.unicode import check_unicode
from laconic.exceptions import InputError
from laconic.scaledown.results import CompressedPrompt, figures_of_prompt
from laconic.telemetry import reported, reported_async

__all__ = ["BaseCompressor", "Progress"]

Progress = Callable[[int], None]
"""Called with the number of finished contexts, after each."""


class BaseCompressor(ABC):
    """Contexts and prompts of any shape, to `compress_batch`, which is all that a subclass has to write.

    Attributes:
        call_options: names of the keywords that `compress` takes beside the documented parameters; a pipeline hands
            these on.
    """

    call_options: ClassVar[frozenset[str]] = frozenset()

    @overload
    def compress(self, context: str, prompt: str, max_tokens: int | None = None, **kwargs: Any) -> CompressedPrompt: ...

    @overload
    def compress(
        self, context: str, prompt: Sequence[str], max_tokens: int | None = None, **kwargs: Any
    ) -> list[CompressedPrompt]: ...

    @overload
    def compress(
        self, context: Sequence[str], prompt: str | Sequence[str], max_tokens: int | None = None, **kwargs: Any
    ) -> list[CompressedPrompt]: ...

    @reported(lambda compressor: type(compressor).__name__, figures_of_prompt)
    def compress(
        self, context: str | Sequence[str], prompt: str | Sequence[str], max_tokens: int | None = None, **kwargs: Any
    ) -> CompressedPrompt | list[CompressedPrompt]:
        """Compress one context, or each of a list.

        Args:
            context: the background to compress, or a list of them.
            prompt: the question or instruction that guides the compression and is not compressed itself; one for each
                context, or one for all. A list of them for one context compresses it for each. Blank keeps what matters
                most without a question.
            max_tokens: most tokens of each compressed text, ≥ 1.
            **kwargs: ``on_progress``, called with the number of finished contexts after each; the rest is the
                subclass's.

        Returns:
            One result for two strings; a list where either is one, in its order (empty for an empty one).

        Raises:
            InputError: a ValueError too: lists of different lengths, or something that is not Unicode text.
            What the subclass raises, at the first context that fails.
        """
        contexts, prompts = _paired(context, prompt)
        results = self.compress_batch(contexts, prompts, max_tokens, **kwargs)
        return results[0] if isinstance(context, str) and isinstance(prompt, str) else results

    @overload
    async def acompress(
        self, context: str, prompt: str, max_tokens: int | None = None, **kwargs: Any
    ) -> CompressedPrompt: ...

    @overload
    async def acompress(
        self, context: str, prompt: Sequence[str], max_tokens: int | None = None, **kwargs: Any
    ) -> list[CompressedPrompt]: ...

    @overload
    async def acompress(
        self, context: Sequence[str], prompt: str | Sequence[str], max_tokens: int | None = None, **kwargs: Any
    ) -> list[CompressedPrompt]: ...

    @reported_async(lambda compressor: type(compressor).__name__, figures_of_prompt)
    async def acompress(
        self, context: str | Sequence[str], prompt: str | Sequence[str], max_tokens: int | None = None, **kwargs: Any
    ) -> CompressedPrompt | list[CompressedPrompt]:
        """`compress` without blocking the event loop."""
        contexts, prompts = _paired(context, prompt)
        results = await self.acompress_batch(contexts, prompts, max_tokens, **kwargs)
        return results[0] if isinstance(context, str) and isinstance(prompt, str) else results

    @abstractmethod
    def compress_batch(
        self,
        contexts: Sequence[str],
        prompts: Sequence[str],
        max_tokens: int | None = None,
        *,
        on_progress: Progress | None = None,
        **kwargs: Any,
    ) -> list[CompressedPrompt]:
        """One result per context, in order; both lists have the same length and hold Unicode text."""

    async def acompress_batch(
        self,
        contexts: Sequence[str],
        prompts: Sequence[str],
        max_tokens: int | None = None,
        *,
        on_progress: Progress | None = None,
        **kwargs: Any,
    ) -> list[CompressedPrompt]:
        """`compress_batch`, one context at a time in a worker thread; cancelling ends it after the one under way."""
        results: list[CompressedPrompt] = []
        for context, prompt in zip(contexts, prompts, strict=True):
            results += await asyncio.to_thread(self.compress_batch, [context], [prompt], max_tokens, **kwargs)
            if on_progress is not None:
                on_progress(len(results))
        return results


def _paired(context: str | Sequence[str], prompt: str | Sequence[str]) -> tuple[list[str], list[str]]:
    """Contexts and prompts as lists of one length."""
    contexts, prompts = _texts(context, "context"), _texts(prompt, "prompt")
    if isinstance(prompt, str):
        prompts *= len(contexts)
    elif isinstance(context, str):
        contexts *= len(prompts)
    if len(prompts) != len(contexts):
        raise InputError(
            f"there are {len(contexts)} contexts and {len(prompts)} prompts: give as many prompts as contexts, or one "
            "string for all"
        )
    return contexts, prompts


def _texts(value: Any, name: str) -> list[str]:
    if isinstance(value, str):
        _check(value, name)
        return [value]
    if not isinstance(value, Sequence) or isinstance(value, (bytes, bytearray)):
        raise InputError(f"{name} is a {type(value).__name__}: give a string or a list of strings")
    for at, each in enumerate(value):
        _check(each, f"{name}[{at}]")
    return list(value)


def _check(text: Any, name: str) -> None:
    if not isinstance(text, str):
        raise InputError(f"{name} is a {type(text).__name__}: give a string or a list of strings")
    check_unicode(text, name)
