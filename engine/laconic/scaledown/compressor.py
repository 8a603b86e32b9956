"""`ScaleDownCompressor`: the compressor that ScaleDown documents, local by default, hosted when asked."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Literal

from laconic._utils.http import run_to_end
from laconic._utils.options import known_options
from laconic._utils.remembered import bounded
from laconic.core.budget import Budget
from laconic.exceptions import AuthenticationError, ConfigurationError
from laconic.scaledown.base import BaseCompressor, Progress
from laconic.scaledown.config import API_KEY_VARIABLE, get_api_key
from laconic.scaledown.hosted import HostedClient, HostedError
from laconic.scaledown.local import LocalEngine
from laconic.scaledown.metrics import CompressionMetrics
from laconic.scaledown.options import CompressionOptions
from laconic.scaledown.results import CompressedPrompt, figures_of_prompts
from laconic.telemetry import reported, reported_async
from laconic.tokens import counter_for
from laconic.types import Passage, TokenCounter

__all__ = ["ScaleDownCompressor"]

logger = logging.getLogger("laconic")


class ScaleDownCompressor(BaseCompressor):
    """Compresses contexts for a prompt, with the parameters that ScaleDown documents.

    The work is done on this machine by the engine of `laconic.compress`: no key, no network. With ``backend="api"`` the
    hosted API does it, and context, prompt and the settings below leave the machine, and the keywords of a call that
    are not known here, as ScaleDown documents; nothing else does. A blank context is not sent.

    Args:
        target_model: the model that will read the result; chooses the token counter.
        rate: share of the context's tokens to keep, 0 < rate ≤ 1, never exceeded; or ``"auto"``: as much as holds the
            evidence, by the scores (little for a question with one clear answer, more for a broad one), what says
            again what is kept left out; without a question half of what is distinct.
        api_key: key of the hosted API; None takes `laconic.config.set_api_key`'s or ``SCALEDOWN_API_KEY``. A key alone
            sends nothing anywhere: ask for ``backend="api"``.
        temperature: how much the choice among sentences of nearly the same score varies, ≥ 0; None and 0 are
            deterministic. See `laconic.score.temperature`.
        preserve_keywords: whether domain terms, identifiers, quantities, dates and names pull in a sentence that holds
            them, the most telling first, with at most half of the budget.
        preserve_words: words and phrases (letter case aside) that stay wherever they stand, each with its sentence,
            while the budget has room: first, in the given order, for each the best sentence that holds it, then all
            others. The budget is never exceeded for them: what found no room at all is in the result's
            ``missing_words``, what stands in fewer places than before in ``cut_words``.
        backend: ``"local"`` or ``"api"``.
        fallback: with ``backend="api"``, what to do when the API fails: None raises, ``"local"`` compresses here and
            says so in the result's ``fallback``.
        seed: of the variation by ``temperature``; the same seed gives the same result.
        api_url, timeout, max_retries, backoff, max_concurrency: of the hosted API, see
            `laconic.scaledown.hosted.HostedClient` and `laconic.scaledown.config.get_api_url`.

    Raises:
        ConfigurationError: an option that cannot work (`BudgetError` for the rate).
        AuthenticationError: ``backend="api"`` and there is no key, or one that cannot be sent.
        MissingDependencyError: ``backend="api"`` and httpx is not installed.

    An instance holds no state of its calls: share it between threads and tasks. One with ``backend="api"`` holds its
    key, but no pickle does: where it arrives, the key is read as ``api_key=None`` reads it.
    """

    call_options = CompressionOptions.names() | {"query", "file_path"}

    @known_options
    def __init__(
        self,
        target_model: str = "gpt-4o",
        rate: float | Literal["auto"] = "auto",
        api_key: str | None = None,
        temperature: float | None = None,
        preserve_keywords: bool = False,
        preserve_words: Sequence[str] | None = None,
        *,
        backend: Literal["local", "api"] = "local",
        fallback: Literal["local"] | None = None,
        seed: int = 0,
        api_url: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 3,
        backoff: float = 0.5,
        max_concurrency: int = 8,
    ) -> None:
        if backend not in ("local", "api"):
            raise ConfigurationError(f"backend is {backend!r}: give 'local' or 'api'")
        if fallback not in (None, "local"):
            raise ConfigurationError(f"fallback is {fallback!r}: give 'local', or None to raise what the API raises")
        words = () if preserve_words is None else preserve_words
        self.options = CompressionOptions(rate, temperature, preserve_keywords, words, seed)
        self.target_model = target_model
        self.counter = counter_for(target_model)
        self.backend = backend
        self.fallback = fallback
        self._client: HostedClient | None = None
        if backend == "api":
            key = get_api_key(api_key)
            if key is None:
                raise AuthenticationError(
                    "backend='api' needs a key: pass api_key=, call laconic.scaledown.config.set_api_key() or set "
                    f"{API_KEY_VARIABLE} in the environment"
                )
            self._client = HostedClient(
                key,
                url=api_url,
                timeout=timeout,
                max_retries=max_retries,
                backoff=backoff,
                max_concurrency=max_concurrency,
            )

    @property
    def rate(self) -> float | Literal["auto"]:
        """Share of the context's tokens to keep, or ``"auto"``."""
        return self.options.rate

    @property
    def temperature(self) -> float | None:
        """How much the choice among near-equals varies."""
        return self.options.temperature

    @property
    def preserve_keywords(self) -> bool:
        """Whether detected keywords are preserved."""
        return self.options.preserve_keywords

    @property
    def preserve_words(self) -> list[str] | None:
        """Words and phrases that are preserved; None where there are none."""
        return list(self.options.preserve_words) or None

    def __repr__(self) -> str:
        return f"ScaleDownCompressor(target_model={self.target_model!r}, rate={self.rate!r}, backend={self.backend!r})"

    def passages_engine(self, separator: str | None) -> LocalEngine | None:
        """What compresses several passages under one budget, as `laconic.chain.pipeline.Pipeline` wants it.

        Args:
            separator: what joins the passages; see `laconic.Compressor`.

        Returns:
            None where the hosted API does the work: it knows single texts only.
        """
        return _engine(self.target_model, self.options, separator) if self._client is None else None

    @reported("ScaleDownCompressor", figures_of_prompts)
    def compress_batch(
        self,
        contexts: Sequence[str],
        prompts: Sequence[str],
        max_tokens: int | None = None,
        *,
        on_progress: Progress | None = None,
        **kwargs: Any,
    ) -> list[CompressedPrompt]:
        """Compress each context for its prompt; `compress` for strings and lists comes here.

        Args:
            contexts: what to compress.
            prompts: as many.
            max_tokens: most tokens of each result, ≥ 1, in the target model's count; beside ``rate`` the tighter holds.
            on_progress: called with the number of finished contexts after each.
            **kwargs: ``rate``, ``temperature``, ``preserve_keywords``, ``preserve_words`` and ``seed`` for this call in
                place of the instance's; ``query``, used as prompt where that is blank; ``file_path``, which tells the
                local engine what kind of text it is. The last two and ``seed`` are never sent. With ``backend="api"``
                any other keyword goes into the payload as it is (a dict ``scaledown`` beside the settings there).

        Raises:
            UnknownOptionError: a TypeError too: with the local engine another keyword, which nothing would read.
            ConfigurationError: a value that cannot work, or of another keyword one that is no JSON.
            AuthenticationError, APIError: see `laconic.scaledown.hosted`; with ``fallback="local"`` never.
        """
        if self._client is not None:
            return run_to_end(self.acompress_batch(contexts, prompts, max_tokens, on_progress=on_progress, **kwargs))
        results = []
        for call in self._calls(contexts, prompts, max_tokens, kwargs):
            results.append(call.locally())
            if on_progress is not None:
                on_progress(len(results))
        return results

    @reported_async("ScaleDownCompressor", figures_of_prompts)
    async def acompress_batch(
        self,
        contexts: Sequence[str],
        prompts: Sequence[str],
        max_tokens: int | None = None,
        *,
        on_progress: Progress | None = None,
        **kwargs: Any,
    ) -> list[CompressedPrompt]:
        """`compress_batch` without blocking the event loop; cancelling it cancels the requests under way."""
        if self._client is None:
            return await super().acompress_batch(contexts, prompts, max_tokens, on_progress=on_progress, **kwargs)
        calls = self._calls(contexts, prompts, max_tokens, kwargs)

        sent = [call for call in calls if call.context.strip()]
        blank = len(calls) - len(sent)

        async def rescue(at: int, error: HostedError) -> CompressedPrompt:
            return await asyncio.to_thread(sent[at].locally, because=error)

        if on_progress is not None and blank:
            on_progress(blank)
        replies = await self._client.compress(
            [call.payload() for call in sent],
            rescue=rescue if self.fallback == "local" else None,
            on_progress=None if on_progress is None else lambda done: on_progress(blank + done),
        )
        checked = iter([call.checked(reply) for call, reply in zip(sent, replies, strict=True)])
        return [next(checked) if call.context.strip() else call.locally() for call in calls]

    def _calls(
        self, contexts: Sequence[str], prompts: Sequence[str], max_tokens: int | None, changes: dict[str, Any]
    ) -> list[_Call]:
        Budget(max_tokens)
        changes = dict(changes)
        path, query = changes.pop("file_path", None), changes.pop("query", None)
        source = None if path is None else str(path)
        asked = [prompt if prompt.strip() else query or "" for prompt in prompts]
        extra = {}
        if self._client is not None:
            extra = {name: changes.pop(name) for name in list(changes) if name not in CompressionOptions.names()}
            _check_payload(extra)
        options = self.options.changed(changes)
        return [
            _Call(self.target_model, self.counter, context, prompt, max_tokens, options, source, extra)
            for context, prompt in zip(contexts, asked, strict=True)
        ]


@dataclass(frozen=True)
class _Call:
    """One context with its prompt and what holds for it."""

    model: str
    counter: TokenCounter
    context: str
    prompt: str
    max_tokens: int | None
    options: CompressionOptions
    source: str | None
    extra: Mapping[str, Any]

    def locally(self, because: HostedError | None = None) -> CompressedPrompt:
        """The local engine's result; ``because`` of what, where the hosted API should have done it."""
        began = perf_counter()
        engine = _engine(self.model, self.options)
        passage = Passage(self.context, source=self.source)
        found = engine.compress([passage], self.prompt, max_tokens=self.max_tokens)
        reasons = [found.metrics.fallback] if found.metrics.fallback else []
        if because is not None:
            reasons.insert(0, f"local engine in place of the hosted API: {type(because).__name__}: {because}")
            logger.warning("%s", reasons[0])
        metrics = CompressionMetrics(
            original_prompt_tokens=found.metrics.original_tokens,
            compressed_prompt_tokens=found.metrics.compressed_tokens,
            latency_ms=round((perf_counter() - began) * 1000),
        )
        return self._result(found.text, metrics, fallback="; ".join(reasons) or None, model_used=self.model)

    def payload(self) -> dict[str, Any]:
        """The body of the request: the documented fields, those that are not set left out, and the caller's own."""
        settings = {
            "rate": self.options.rate,
            "temperature": self.options.temperature,
            "preserve_keywords": self.options.preserve_keywords,
            "preserve_words": list(self.options.preserve_words) or None,
            "max_tokens": self.max_tokens,
        }
        own = {name: value for name, value in settings.items() if value is not None}
        return {
            "context": self.context,
            "prompt": self.prompt,
            "model": self.model,
            **self.extra,
            "scaledown": own | self.extra.get("scaledown", {}),
        }

    def checked(self, reply: CompressedPrompt) -> CompressedPrompt:
        """A result of the hosted API under the promises of this class: ``max_tokens`` holds, lost words are named."""
        if reply.backend == "local":  # it was rescued
            return reply
        content, metrics, fallback = reply.content, reply.metrics, None
        if self.max_tokens is not None and self.counter.count(content) > self.max_tokens:
            fallback = f"the hosted API returned more than max_tokens={self.max_tokens}; the rest was cut locally"
            engine = _engine(self.model, self.options)
            content = engine.compress(content, self.prompt, max_tokens=self.max_tokens, rate=1.0).text
            metrics = metrics.model_copy(update={"compressed_prompt_tokens": self.counter.count(content)})
        return self._result(content, metrics, backend="api", fallback=fallback, model_used=reply.model_used)

    def _result(self, content: str, metrics: CompressionMetrics, **fields: Any) -> CompressedPrompt:
        before, after = self.context.casefold(), content.casefold()
        words = [(phrase, phrase.casefold()) for phrase in self.options.preserve_words]
        return CompressedPrompt(
            content=content,
            metrics=metrics,
            missing_words=tuple(phrase for phrase, folded in words if folded in before and folded not in after),
            cut_words=tuple(phrase for phrase, folded in words if after.count(folded) < before.count(folded)),
            estimated=not getattr(self.counter, "exact", True),
            **fields,
        )


def _check_payload(extra: Mapping[str, Any]) -> None:
    """Refuse what cannot be sent as it is.

    Raises:
        ConfigurationError: a value that is no JSON, or a ``scaledown`` that is no dict.
    """
    for name, value in extra.items():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(
                f"{name} is {value!r}: it goes into the payload, so give a value of JSON ({error})"
            ) from error
    if not isinstance(extra.get("scaledown", {}), dict):
        raise ConfigurationError(f"scaledown is {extra['scaledown']!r}: give a dict of settings")


@bounded(64, None)
def _engine(model: str, options: CompressionOptions, separator: str | None = "\n\n") -> LocalEngine:
    return LocalEngine(model, options, separator)
