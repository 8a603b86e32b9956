"""An option by a name that there is not is refused, and the error names the nearest one."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import laconic
from laconic._options import did_you_mean, known_options, unknown_option
from laconic.chain.options import CompressorOptions
from laconic.compressor import ScaleDownCompressor
from laconic.exceptions import ConfigurationError, MissingDependencyError, UnknownOptionError
from laconic.messages import MessagePipeline, load_recipe
from laconic.optimizer import SemanticOptimizer
from laconic.pipeline import make_pipeline

TEXT = "The tower is 330 metres high. Nobody asked."


def options(function: Callable[..., Any]) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


@pytest.mark.parametrize(
    ("call", "nearest"),
    [
        (lambda: laconic.compress(TEXT, "How high?", max_token=5), "max_tokens"),
        (lambda: laconic.Compressor(max_tokens_=5), "max_tokens"),
        (lambda: laconic.Compressor().compress(TEXT, "How high?", ratio=0.5), "rate"),
        (lambda: laconic.compress_context(TEXT, "How high?", budget_ration=0.5), "budget_ratio"),
        (lambda: laconic.TwoStageEngine(treshold=0.5), "threshold"),
        (lambda: ScaleDownCompressor(preserve_keyword=True), "preserve_keywords"),
        (lambda: ScaleDownCompressor().compress(TEXT, "How high?", Temperature=0.5), "temperature"),
        (lambda: SemanticOptimizer(model="laconic-static"), "model_name"),
        (lambda: MessagePipeline(treshold_tokens=5), "threshold_tokens"),
        (lambda: make_pipeline(laconic.Compressor(), target_modell="gpt-4o"), "target_model"),
        (lambda: make_pipeline(laconic.Compressor()).run(TEXT, qeury="How high?"), "query"),
        (lambda: make_pipeline(ScaleDownCompressor()).run(TEXT, preserve_word=["high"]), "preserve_words"),
        (lambda: CompressorOptions(on_error="raise").attempt([TEXT], "How high?", max_token=5), "max_tokens"),
    ],
)
def test_an_unknown_option_names_the_nearest(call: Callable[[], Any], nearest: str) -> None:
    with pytest.raises(UnknownOptionError, match=rf"did you mean {nearest}\? It has ") as caught:
        call()
    assert isinstance(caught.value, ConfigurationError)
    assert isinstance(caught.value, TypeError)


def test_haste_names_the_nearest() -> None:
    pytest.importorskip("tree_sitter")
    from laconic.optimizer import HasteOptimizer

    for call in (lambda: HasteOptimizer(hardcap=5), lambda: HasteOptimizer().optimize(TEXT, "high", hardcap=5)):
        with pytest.raises(UnknownOptionError, match=r"did you mean hard_cap\?"):
            call()


@pytest.mark.parametrize(
    ("call", "nearest"),
    [
        (lambda: CompressorOptions(max_token=5), "max_tokens"),
        (lambda: CompressorOptions(strategy="hast"), "haste"),
        (lambda: laconic.Compressor(scorer="lexcial"), "lexical"),
        (lambda: laconic.compress([{"text": TEXT, "tittle": "Towers"}], "How high?"), "title"),
        (lambda: load_recipe({"name": "mine", "directive": []}), "directives"),
        (lambda: load_recipe({"name": "mine", "directives": [{"type": "code", "acton": "keep"}]}), "action"),
        (lambda: MessagePipeline("agent-tool"), "agent-tools"),
        (lambda: MessagePipeline(engine="heuristics"), "heuristic"),
        (lambda: load_recipe({"name": "mine", "directives": [{"type": "cod", "action": "keep"}]}), "code"),
        (lambda: load_recipe({"name": "mine", "directives": [{"type": "code", "action": "truncat"}]}), "truncate"),
    ],
)
def test_so_does_an_unknown_key_or_value(call: Callable[[], Any], nearest: str) -> None:
    with pytest.raises(ValueError, match=rf"did you mean {nearest}\?"):
        call()


@pytest.mark.parametrize("function", [laconic.Compressor, ScaleDownCompressor, MessagePipeline, laconic.TwoStageEngine])
def test_a_letter_too_few_or_doubled_is_not_too_far(function: Callable[..., Any]) -> None:
    names = options(function)
    for name in names:
        for at in range(len(name)):
            for typo in (name[:at] + name[at + 1 :], name[: at + 1] + name[at:]):
                if typo not in names:
                    assert did_you_mean(typo, names) == f" (did you mean {name}?)", typo


def test_what_is_like_nothing_gets_the_list_alone() -> None:
    assert str(unknown_option("zzz", ["recall", "rate"], "it")) == "it has no option 'zzz': it has rate, recall"
    assert did_you_mean(7, ["rate"]) == ""


def test_the_checked_function_is_the_function() -> None:
    """Signature, documentation, name and result; and errors that are Python's own stay Python's own."""

    def add(first: int, *, second: int = 1) -> int:
        """Add two numbers."""
        return first + second

    checked = known_options(add)
    assert checked(1, second=2) == 3
    assert checked(first=1) == 2
    assert inspect.signature(checked) == inspect.signature(add)
    assert (checked.__doc__, checked.__name__) == (add.__doc__, add.__name__)
    with pytest.raises(TypeError, match="missing 1 required positional argument") as caught:
        checked()  # type: ignore[call-arg]
    assert not isinstance(caught.value, ConfigurationError)
    assert pickle.loads(pickle.dumps(laconic.compress_context)) is laconic.compress_context  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    "error", [unknown_option("a", ["b"], "it"), MissingDependencyError("httpx", "hosted", "the hosted API")], ids=repr
)
def test_the_error_survives_a_process_pool(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(again), str(again)) == (type(error), str(error))
