"""`Pipeline`: optimizers and compressors one after the other, with the figures of each."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from laconic._utils.options import known_options, unknown_option
from laconic.chain.steps import SHARED_ARGUMENTS, Step, StepOutput, as_steps
from laconic.core.budget import Budget
from laconic.core.compressor import Compressor
from laconic.core.inputs import as_passages, as_query
from laconic.core.outcome import build
from laconic.core.trace import Trace, align, subtract
from laconic.core.turns import Query
from laconic.exceptions import InputError, OptimizerError
from laconic.telemetry import Figures, of_compression, reported
from laconic.types import Compression, Dropped, Passage, Rendered

if TYPE_CHECKING:
    from laconic.scaledown.results import PipelineResult

__all__ = ["Pipeline", "make_pipeline"]

_BUDGET = "budget"
"""Name of the step that a pipeline adds where its own steps leave more than the budget."""


def _figures(result: PipelineResult) -> Figures:
    tokens = result.metrics.original_prompt_tokens, result.metrics.compressed_prompt_tokens
    return Figures(*tokens, is_fallback=any(step.details.get("fallback") for step in result.history))


class Pipeline:
    """Steps that each shrink what the one before left.

    Args:
        steps: `HasteOptimizer`, `SemanticOptimizer`, `LODExtractor`, `ScaleDownCompressor`, `laconic.Compressor`,
            another pipeline, or any function from text to text; each by itself or as a ``(name, step)`` pair. What
            reads the structure of its input (optimizers, levels of detail) comes before what does not (compressors).
        target_model: the model that will read the result; chooses the token counter of the figures and the budget.
        counter: counts instead; see `laconic.Compressor`.
        separator: what joins passages; see `laconic.Compressor`.

    Raises:
        ConfigurationError: a ValueError too: no steps, two of one name, something that is no step, or a wrong order.

    `run` is the door that ScaleDown documents, for one text. `compress` is the engine that both adapters take
    (``LaconicCompressor(strategy=…)``), for passages that keep their identity. An instance holds no state of its calls.
    """

    @known_options
    def __init__(
        self,
        steps: Iterable[Any],
        *,
        target_model: str = "gpt-4o",
        counter: Any = None,
        separator: str | None = "\n\n",
    ) -> None:
        self._steps = as_steps(steps)
        self._finisher = Compressor(model=target_model, counter=counter, separator=separator)
        self.counter = self._finisher.counter
        self.separator = separator

    @property
    def steps(self) -> list[tuple[str, Any]]:
        """``(name, step)`` pairs, in order."""
        return [(step.name, step.component) for step in self._steps]

    def get_step(self, name: str) -> Any:
        """The step called ``name``.

        Raises:
            KeyError: there is none; the message has the names that there are.
        """
        for step in self._steps:
            if step.name == name:
                return step.component
        raise KeyError(f"no step is called {name!r}: there are {', '.join(repr(step.name) for step in self._steps)}")

    def __repr__(self) -> str:
        return f"Pipeline({' → '.join(step.name for step in self._steps)})"

    # -- one text ---------------------------------------------------------------------------------------------------

    @reported("Pipeline", _figures)
    def run(self, context: str, **kwargs: Any) -> PipelineResult:
        """Run the steps on one text.

        Args:
            context: the text or source code; read from ``file_path`` where it is blank.
            **kwargs: arguments of the steps; each step is given those that it understands. ``query`` and ``prompt``
                stand in for each other where only one is given. ``file_path`` tells the language of the code; no step
                opens it, as each works on what the one before it left. ``max_tokens`` is the strict limit of the final
                text: it goes to the last step that takes one, and what still exceeds it in the end is cut by a further
                step, called ``"budget"`` in the history.

        Returns:
            The final text, the figures of each step and of the whole. The output tokens of a step are the input tokens
            of the next.

        Raises:
            InputError: ``context`` is not Unicode text.
            OptimizerError: ``context`` is blank and ``file_path`` cannot be read as UTF-8.
            BudgetError: ``max_tokens`` is not a whole number ≥ 1.
            UnknownOptionError: a TypeError too: an argument that no step understands.
            What the steps raise.
        """
        from laconic.scaledown.metrics import CompressionMetrics
        from laconic.scaledown.results import PipelineResult, StepMetrics

        began = perf_counter()
        if not isinstance(context, str):
            raise InputError(f"context is a {type(context).__name__}: give one string, or passages to compress()")
        as_query(context)  # for its check that this is Unicode
        arguments = self._arguments(kwargs)
        budget = Budget(arguments.pop("max_tokens", None))
        if not context.strip() and "file_path" in arguments:
            context = _read(arguments["file_path"])
        text, history = context, []
        tokens = [self.counter.count(context)]

        def note(name: str, component: str, output: StepOutput, step_began: float) -> None:
            tokens.append(self.counter.count(output.text))
            history.append(
                StepMetrics(
                    step_name=name,
                    input_tokens=tokens[-2],
                    output_tokens=tokens[-1],
                    latency_ms=_milliseconds(step_began),
                    details={"component": component, **output.details},
                )
            )

        last = self._last_with_budget()
        for step in self._steps:
            step_began = perf_counter()
            limit = {"max_tokens": budget.max_tokens} if step is last and budget.max_tokens is not None else {}
            output = step(text, arguments | limit)
            text = output.text
            note(step.name, step.label, output, step_began)
        if budget.max_tokens is not None and tokens[-1] > budget.max_tokens:
            step_began = perf_counter()
            text = self._finisher.compress(text, arguments.get("query"), max_tokens=budget.max_tokens).text
            note(_BUDGET, type(self._finisher).__name__, StepOutput(text), step_began)
        metrics = CompressionMetrics(
            original_prompt_tokens=tokens[0],
            compressed_prompt_tokens=tokens[-1],
            latency_ms=_milliseconds(began),
        )
        return PipelineResult(final_content=text, history=history, metrics=metrics)

    async def arun(self, context: str, **kwargs: Any) -> PipelineResult:
        """`run` in a worker thread, so that the event loop is free."""
        import asyncio

        return await asyncio.to_thread(self.run, context, **kwargs)

    def _arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a run, ``query`` and ``prompt`` completed from each other."""
        for name in given:
            if name not in SHARED_ARGUMENTS and not any(step.understands(name) for step in self._steps):
                known = frozenset(SHARED_ARGUMENTS).union(*(step.named for step in self._steps))
                raise unknown_option(name, known, repr(self))
        arguments = {name: value for name, value in given.items() if value is not None}
        query, prompt = arguments.get("query"), arguments.get("prompt")
        as_query(query)
        as_query(prompt)
        if query is None and prompt is not None:
            arguments["query"] = prompt
        arguments["prompt"] = prompt if prompt is not None else query if query is not None else ""
        return arguments

    def _last_with_budget(self) -> Step | None:
        return next((step for step in reversed(self._steps) if step.understands("max_tokens")), None)

    # -- passages ---------------------------------------------------------------------------------------------------

    @reported("Pipeline", of_compression)
    def compress(
        self,
        passages: Any,
        query: Query = None,
        *,
        max_tokens: int | None = None,
        rate: float | None = None,
    ) -> Compression:
        """Run the steps on the passages of one question.

        Steps that compress passages together (`ScaleDownCompressor` with its local engine, `laconic.Compressor`, a
        pipeline) see all of them at once; every other step sees one passage at a time, with the passage's source as
        ``file_path``. Blank passages are not shown to any step.

        Args:
            passages: see `laconic.Compressor.compress`; never edited.
            query: the question, or the turns that end in it; each step has its own way without one.
            max_tokens: most tokens of the final text, ≥ 1.
            rate: share of the input's tokens that may be kept, 0 < rate ≤ 1. With both the tighter one holds, with
                neither there is no limit but what the steps themselves keep.

        Returns:
            As `laconic.Compressor.compress`: each part points to its passage in the caller's list, and its spans to
            the characters that a step did not write itself. ``dropped`` names the step that cut a piece.

        Raises:
            InputError: passages or query are not text.
            BudgetError: ``max_tokens`` or ``rate`` is outside its range.
            What the steps raise.
        """
        began = perf_counter()
        given = as_passages(passages)
        question = as_query(query)
        state = _State(given)
        original = self._tokens(given)
        ceiling = Budget(max_tokens, rate).ceiling(original)
        arguments = self._arguments({"query": question})
        last = self._last_with_budget()
        for step in self._steps:
            joint = step.joint(self.separator)
            if joint is not None:
                state.together(step.name, joint(state.current, question, ceiling if step is last else None))
                continue
            for index, passage in enumerate(state.current):
                if passage.text.strip():
                    source = {} if passage.source is None else {"file_path": passage.source}
                    state.alone(step.name, index, step(passage.text, arguments | source))
        left = [passage for passage in state.current if passage.text]
        if ceiling is not None and self._tokens(left) > ceiling:
            state.together(_BUDGET, self._finisher.compress(state.current, question, max_tokens=ceiling))
        return self._compression(state, question, ceiling, began)

    async def acompress(
        self,
        passages: Any,
        query: Query = None,
        *,
        max_tokens: int | None = None,
        rate: float | None = None,
    ) -> Compression:
        """`compress` in a worker thread, so that the event loop is free."""
        import asyncio

        return await asyncio.to_thread(self.compress, passages, query, max_tokens=max_tokens, rate=rate)

    def _tokens(self, passages: Sequence[Passage]) -> int:
        """The budget's count of passages: joined by the separator, or one by one where there is none."""
        texts = [passage.head + passage.text for passage in passages]
        if self.separator is None:
            return sum(map(self.counter.count, texts))
        return self.counter.count(self.separator.join(texts))

    def _compression(self, state: _State, query: str | None, ceiling: int | None, began: float) -> Compression:
        texts = {
            index: Rendered(passage.text, state.traces[index].spans)
            for index, passage in enumerate(state.current)
            if passage.text
        }
        return build(
            state.given,
            texts,
            state.dropped(),
            counter=self.counter,
            separator=self.separator,
            began=began,
            ceiling=ceiling,
            scorer=repr(self),
            fallback="; ".join(state.fallbacks) or None,
            segments=len(state.given),
            segments_kept=len(texts),
            query=query,
        )


def _read(path: str | os.PathLike[str]) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise OptimizerError(
            f"the context is blank and {os.fspath(path)!r} cannot be read ({error}): pass the text as context, or the "
            "path of a UTF-8 file"
        ) from error


def _milliseconds(began: float) -> int:
    return round((perf_counter() - began) * 1000)


class _State:
    """The passages between two steps, and where their characters come from."""

    def __init__(self, given: Sequence[Passage]) -> None:
        self.given = given
        self.current = list(given)
        self.traces = [Trace.whole(len(passage.text)) for passage in given]
        self.fallbacks: list[str] = []
        self._cut: list[Dropped] = []

    def together(self, name: str, result: Compression) -> None:
        """Take in what a step made of all passages."""
        kept = {part.index: part for part in result.passages}
        for index, passage in enumerate(self.current):
            part = kept.get(index)
            if part is None:
                self._replace(name, index, "", Trace(()))
            else:
                self._replace(name, index, part.text, align(passage.text, part.text, part.spans))
        if result.metrics.fallback:
            self._note_fallback(name, result.metrics.fallback)

    def alone(self, name: str, index: int, output: StepOutput) -> None:
        """Take in what a step made of one passage."""
        trace = align(self.current[index].text, output.text, output.spans)
        self._replace(name, index, output.text, trace)
        fallback = output.details.get("fallback")
        if fallback:
            self._note_fallback(name, fallback if isinstance(fallback, str) else "treated as plain text")

    def _note_fallback(self, name: str, fallback: str) -> None:
        note = f"{name}: {fallback}"
        if note not in self.fallbacks:
            self.fallbacks.append(note)

    def _replace(self, name: str, index: int, text: str, trace: Trace) -> None:
        before, after = self.traces[index], trace.through(self.traces[index])
        source = self.given[index]
        for start, end in subtract(before.spans, after.spans):
            self._cut.append(Dropped(index, source.id, (start, end), source.text[start:end], f"step {name}"))
        self.traces[index] = after
        self.current[index] = replace(self.current[index], text=text)

    def dropped(self) -> tuple[Dropped, ...]:
        """What the steps cut, in input order; blank passages, which no step saw, are not among it."""
        return tuple(sorted(self._cut, key=lambda piece: (piece.index, piece.span)))


def make_pipeline(*steps: Any, **options: Any) -> Pipeline:
    """A pipeline of some steps.

    Args:
        *steps: one list of steps, or the steps themselves; see `Pipeline`.
        **options: of `Pipeline`.
    """
    if len(steps) == 1 and isinstance(steps[0], list):
        return Pipeline(steps[0], **options)
    return Pipeline(chain(steps), **options)
