"""One step of a pipeline: optimizers, levels of detail, compressors and plain functions behind one call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from laconic.core.budget import Budget
from laconic.exceptions import ConfigurationError, OptimizerError
from laconic.scaledown.base import BaseCompressor
from laconic.types import Compression, Passage, Span

__all__ = ["SHARED_ARGUMENTS", "Step", "StepOutput", "as_steps"]

SHARED_ARGUMENTS = ("query", "prompt", "file_path", "max_tokens")
"""What any run may be given, whether a step of the pipeline understands it or not."""

DEFAULT_LOD = 2
"""Level of a level-of-detail step that is not given ``lod``: signatures and documentation."""

_REPORTED = ("retrieval_mode", "ast_fidelity", "chunks_retrieved", "fallback", "lod", "scorer")


@dataclass(frozen=True)
class StepOutput:
    """What a step made of a text.

    Attributes:
        text: what is left.
        spans: where it comes from in what went in, where the step says so.
        details: what the step reports about itself, as plain values.
    """

    text: str
    spans: tuple[Span, ...] | None = None
    details: dict[str, Any] = field(default_factory=dict)


class Step:
    """A named part of a pipeline.

    Args:
        name: of the step, unique in its pipeline.
        component: an object with ``optimize`` (HasteOptimizer, SemanticOptimizer), with ``compress`` of a text
            (ScaleDownCompressor) or of ``passages`` (laconic.Compressor, another Pipeline), or with ``extract``
            (LODExtractor); or a function from text to text.

    Attributes:
        named: the arguments that it takes by name.

    Raises:
        ConfigurationError: it is none of these.
    """

    def __init__(self, name: str, component: Any) -> None:
        self.name = name
        self.component = component
        self.kind, self._function = _entry(name, component)
        self.named, self._takes_all = _parameters(self._function, component, self.kind)

    @property
    def label(self) -> str:
        """Class of the component, or name of the function."""
        return getattr(self.component, "__name__", type(self.component).__name__)

    def joint(self, separator: str | None) -> Callable[[list[Passage], str | None, int | None], Compression] | None:
        """What compresses passages together under one budget: passages, query and most tokens to their compression.

        The component does, or the engine that its ``passages_engine`` gives for a separator; None when the step knows
        single texts only.
        """
        passages_engine = getattr(self.component, "passages_engine", None)
        engine = self.component if self.kind == "passages" else passages_engine and passages_engine(separator)
        if engine is None:
            return None

        def compress(passages: list[Passage], query: str | None, max_tokens: int | None) -> Compression:
            compression: Compression = engine.compress(passages, query, **_limits(engine, max_tokens))
            return compression

        return compress

    def understands(self, argument: str) -> bool:
        """Whether the step takes the argument by this name."""
        return argument in self.named or self._takes_all

    def __call__(self, text: str, arguments: Mapping[str, Any]) -> StepOutput:
        """The step's work on one text.

        Args:
            text: what the step before left.
            arguments: of the run; the step is given those that it understands.

        Raises:
            OptimizerError: the step returned no text.
            Whatever the step itself raises.
        """
        understood = {name: value for name, value in arguments.items() if self.understands(name)}
        if self.kind == "passages":
            path = arguments.get("file_path")
            passage = Passage(text, source=None if path is None else str(path))
            understood |= _limits(self.component, understood.get("max_tokens"))
            return _output(self.name, self._function([passage], **understood))
        if self.kind == "extract":
            understood.setdefault("lod", DEFAULT_LOD)
            if arguments.get("file_path") is not None and "path" in self.named:
                understood["path"] = arguments["file_path"]
        return _output(self.name, self._function(text, **understood))


def as_steps(steps: Iterable[Any]) -> tuple[Step, ...]:
    """Steps of what the caller gives, with their names.

    Args:
        steps: components or ``(name, component)`` pairs. A component without a name gets its class's in lower case, and
            a number from the second of the kind on.

    Raises:
        ConfigurationError: there are none, a name comes twice, something is no step, or a step that reads source code
            stands behind one that leaves no source code.
    """
    if isinstance(steps, (str, bytes, Mapping)) or not isinstance(steps, Iterable):
        raise ConfigurationError(f"steps is a {type(steps).__name__}: give a list of steps or of (name, step) pairs")
    made: dict[str, Step] = {}
    for at, given in enumerate(steps):
        name, component = _named(given, at, made)
        made[name] = Step(name, component)
    if not made:
        raise ConfigurationError("the pipeline is empty: give at least one step, for example a ScaleDownCompressor()")
    compressor = None
    for step in made.values():
        if step.kind in ("context", "passages"):
            compressor = step
        elif compressor is not None and step.kind in ("optimize", "extract"):
            raise ConfigurationError(
                f"step {step.name!r} ({step.label}) stands behind step {compressor.name!r} ({compressor.label}): it "
                "reads the structure of whole code or documents, which a compressor does not leave; put it first"
            )
    return tuple(made.values())


def _named(given: Any, at: int, made: Mapping[str, Step]) -> tuple[str, Any]:
    if isinstance(given, tuple):
        if len(given) != 2 or not isinstance(given[0], str) or not given[0].strip():
            raise ConfigurationError(
                f"steps[{at}] is {given!r}: a pair is (name, step), the name a string that is not blank"
            )
        if given[0] in made:
            raise ConfigurationError(f"two steps are called {given[0]!r}: get_step and the history need distinct names")
        return given
    base = getattr(given, "__name__", type(given).__name__).lower()
    name, number = base, 1
    while name in made:
        number += 1
        name = f"{base}-{number}"
    return name, given


def _entry(name: str, component: Any) -> tuple[str, Callable[..., Any]]:
    """What kind of step it is, and the function to call with a text."""
    if isinstance(component, type):
        raise ConfigurationError(
            f"step {name!r} is the class {component.__name__}: give an instance, {component.__name__}()"
        )
    for kind in ("optimize", "extract"):
        method = getattr(component, kind, None)
        if callable(method):
            return kind, method
    method = getattr(component, "compress", None)
    if callable(method):
        return ("passages" if "passages" in _signature(method) else "context"), method
    if callable(component):
        return "function", component
    raise ConfigurationError(
        f"step {name!r} is a {type(component).__name__}: a step is an object with optimize(), compress() or extract(), "
        "or a function from text to text"
    )


def _limits(engine: Any, max_tokens: int | None) -> dict[str, Any]:
    """The budget of one call: ``max_tokens`` beside what the engine was made with, not in its place."""
    if max_tokens is None:
        return {}
    own = getattr(engine, "budget", None)
    if not isinstance(own, Budget):
        return {"max_tokens": max_tokens}
    limits = {"max_tokens": min(max_tokens, own.max_tokens or max_tokens), "rate": own.rate, "recall": own.recall}
    return {name: value for name, value in limits.items() if value is not None}


def _signature(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):  # written in C without a signature, as str.strip
        return {}


def _parameters(function: Callable[..., Any], component: Any, kind: str) -> tuple[frozenset[str], bool]:
    """The arguments that a step takes by name, and whether it takes any whatever.

    A compressor of the ScaleDown surface names them. Another method with ``**kwargs`` takes settings for one call, so
    what its constructor takes; a function with ``**kwargs`` takes everything.
    """
    parameters = _signature(function)
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    own = [name for name, parameter in parameters.items() if parameter.kind in by_name]
    named = set(
        own if own and parameters[own[0]].kind is inspect.Parameter.KEYWORD_ONLY else own[1:]
    )  # first: the text
    takes_rest = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
    if isinstance(component, BaseCompressor):
        named |= component.call_options
    elif takes_rest and kind != "function":
        settings = _signature(type(component))
        named |= {name for name, parameter in settings.items() if parameter.kind in by_name}
    return frozenset(named), takes_rest and kind == "function"


def _output(name: str, returned: Any) -> StepOutput:
    if isinstance(returned, str):
        return StepOutput(returned)
    for attribute in ("content", "text"):
        text = getattr(returned, attribute, None)
        if isinstance(text, str):
            spans = getattr(returned, "spans", None)
            return StepOutput(text, None if spans is None else tuple(map(tuple, spans)), _reported(returned))
    raise OptimizerError(
        f"step {name!r} returned a {type(returned).__name__}: a step returns a string, or a result with content or text"
    )


def _reported(returned: Any) -> dict[str, Any]:
    """The figures of a step's own result that are worth a place in the history."""
    metrics = getattr(returned, "metrics", None)
    found: dict[str, Any] = {}
    for source in (returned, metrics):
        for field_name in _REPORTED:
            value = getattr(source, field_name, None)
            if isinstance(value, (str, int, float)):
                found.setdefault(field_name, value)
    return found
