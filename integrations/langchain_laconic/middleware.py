"""For agents: tool results shortened on their way into the conversation, or on their way to the model.

Needs the extra ``langchain-agents``; nothing else of this package does.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Literal

from langchain_core.messages import AnyMessage, BaseMessage
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.runnables.config import run_in_executor
from langchain_core.tools import BaseTool

from laconic.chain.cuts import TOOL_NAME, CutStore
from laconic.exceptions import ConfigurationError, MissingDependencyError
from langchain_laconic._messages import last_question, texts_of
from langchain_laconic._tool_results import Artifacts, ToolResults, question_of, tool_messages
from langchain_laconic._triggers import Trigger, TriggerForm
from langchain_laconic.compressor import LaconicCompressor
from langchain_laconic.expand import expand_tool

if find_spec("langchain") is None:
    raise MissingDependencyError("langchain", "langchain-agents", "langchain_laconic.middleware")

from langchain.agents.middleware import AgentMiddleware, ModelRequest, SummarizationMiddleware, ToolCallRequest

__all__ = ["CompressToolResultsEdit", "LaconicMiddleware", "TriggerForm", "as_summarizer", "summarization_middleware"]


class LaconicMiddleware(AgentMiddleware[Any, Any, Any]):
    """Shortens the tool results of an agent to the parts that answer the question::

        agent = create_agent(model, tools, middleware=[LaconicMiddleware(max_tokens=800)])

    Each result is compressed once, for the last human message (or what that refers to, with the plan beside the call:
    `laconic.core.conversation`) and the arguments of its call, and the same result always comes to the same text, so
    that a provider's prompt cache keeps its hold. So are the results in a ``Command``. Error results and content other
    than text are left alone, and whatever fails leaves the result as it was. What is
    shortened ends with a line that says how much was left out (``omission_marks=False`` for none). Without
    ``create_agent``, a ``ToolNode`` takes `wrap_tool_call` and `awrap_tool_call`.

    Args:
        where: ``"tool"``: on entry; model and checkpoint have the short form. ``"model"``: on every call of the model;
            the checkpoint keeps the full text, and what was done is remembered.
        trigger: only when the conversation (with the new result) is this long; see
            `langchain_laconic.middleware.TriggerForm`. None for always.
        keep: with ``where="model"``: the last results that are left whole. Each becomes short, and the prompt cache
            begins anew there, when it is no longer one of them.
        exclude_tools: names of tools whose results are left alone.
        min_tokens: results with fewer tokens are left alone; None for 300, or ``max_tokens`` where that is less.
        max_tokens_per_turn: most tokens of the results of one message's calls together; what is worth most for the
            question gets most of it. With ``where="tool"`` they are then shortened before the next call of the model,
            when all of them are there. Without a budget for each result, results within this one stay whole.
        keep_original: with ``where="tool"``: keep the full content in the message's ``artifact``, where that is free.
        artifacts: with ``where="tool"``: ``"shrink"`` compresses documents and texts in artifacts as well, ``"drop"``
            leaves artifacts out of the conversation.
        token_counter: of the trigger.
        chat_model: whose profile a ``("fraction", …)`` trigger needs.
        query: makes the question from a tool call, in place of the above.
        expand: where full results are kept for the model to ask for; adds the tool for it to the agent.
        name: of this middleware; an agent takes two of a kind only under two names.
        **options: of `LaconicCompressor`; ``max_tokens`` and ``rate`` are for each result; ``query_transform`` makes
            the question from the above.

    Raises:
        ConfigurationError: or pydantic's ``ValidationError`` (both ``ValueError``): an option that cannot work.

    It pickles; a store in memory arrives empty.
    """

    def __new__(cls, *args: Any, max_tokens_per_turn: int | None = None, where: str = "tool", **options: Any) -> Any:
        """Agents make a step of their graph for each hook that a class has, so only what needs one has it."""
        shares = cls is LaconicMiddleware and max_tokens_per_turn is not None and where == "tool"
        return super().__new__(_SharingMiddleware if shares else cls)

    def __init__(
        self,
        *,
        where: Literal["tool", "model"] = "tool",
        trigger: TriggerForm = None,
        keep: int = 0,
        exclude_tools: Collection[str] = (),
        min_tokens: int | None = None,
        max_tokens_per_turn: int | None = None,
        keep_original: bool = False,
        artifacts: Artifacts = "keep",
        token_counter: Callable[[Iterable[Any]], int] = count_tokens_approximately,
        chat_model: Any = None,
        query: Callable[[ToolCallRequest], str] | None = None,
        expand: CutStore | None = None,
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        if where not in ("tool", "model"):
            raise ConfigurationError(f"where is {where!r}: it is 'tool' (on entry) or 'model' (on every call)")
        _check_keep(keep)
        if where == "tool" and keep:
            raise ConfigurationError(f"keep is {keep}: results are compressed on entry; use where='model' to wait")
        if where == "model" and (keep_original or query is not None or artifacts != "keep"):
            raise ConfigurationError(
                "keep_original, artifacts and query are for where='tool': the conversation keeps full results"
            )
        if max_tokens_per_turn is not None and (keep or query is not None):
            raise ConfigurationError("max_tokens_per_turn goes with neither keep nor query: results share a ceiling")
        self.where = where
        self.keep = keep
        self.query = query
        self.tools = _tools(expand)
        self._name = name
        self._trigger = Trigger(trigger, token_counter, chat_model)
        self._results = _results(
            options, expand, exclude_tools, min_tokens, keep_original, artifacts, max_tokens_per_turn
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "tools"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.tools = _tools(self.compressor.expand)

    @property
    def name(self) -> str:
        """Name of this middleware in the agent."""
        own = LaconicMiddleware if type(self) is _SharingMiddleware else type(self)
        return self._name or own.__name__

    @property
    def compressor(self) -> LaconicCompressor:
        """What does the work."""
        return self._results.compressor

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Any]) -> Any:
        """Run the tool; shorten what it gives."""
        result = handler(request)
        if not self._shortens(request, result):
            return result
        return self._results.shorten(result, request.tool_call["name"], self._question(request))

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Any]]
    ) -> Any:
        """Run the tool; shorten what it gives."""
        result = await handler(request)
        if not self._shortens(request, result):
            return result
        return await self._results.ashorten(result, request.tool_call["name"], self._question(request))

    def wrap_model_call(self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Any]) -> Any:
        """Call the model with shortened tool results."""
        if self.where != "model" or not self._trigger.reached(request.messages):
            return handler(request)
        return handler(request.override(messages=self._results.shorten_all(request.messages, self.keep)))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[Any]]
    ) -> Any:
        """Call the model with shortened tool results."""
        if self.where != "model" or not self._trigger.reached(request.messages):
            return await handler(request)
        messages = await run_in_executor(None, self._results.shorten_all, request.messages, self.keep)
        return await handler(request.override(messages=messages))

    def _shortens(self, request: ToolCallRequest, result: Any) -> bool:
        if self.where != "tool" or not self._results.has_work(result, request.tool_call["name"]):
            return False
        return self._trigger.reached([*_conversation(request.state), *tool_messages(result)])

    def _question(self, request: ToolCallRequest) -> str | None:
        if self.query is not None:
            try:
                return self.query(request)
            except Exception as error:  # noqa: BLE001 - on_error decides; the call's own words are a question as well
                self.compressor.failed(error)
        return question_of(_conversation(request.state), dict(request.tool_call))


class _SharingMiddleware(LaconicMiddleware):
    """`LaconicMiddleware` with a step before each call of the model, when all results of a turn are there."""

    def before_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """Shorten the newest results together."""
        messages = _conversation(state)
        changed = self._results.newest(messages) if self._trigger.reached(messages) else []
        return {"messages": changed} if changed else None

    async def abefore_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """Shorten the newest results together."""
        messages = _conversation(state)
        changed = await self._results.anewest(messages) if self._trigger.reached(messages) else []
        return {"messages": changed} if changed else None


@dataclass
class CompressToolResultsEdit:
    """An edit for LangChain's own ``ContextEditingMiddleware``: older tool results are shortened instead of cleared::

        ContextEditingMiddleware(edits=[CompressToolResultsEdit(trigger=8000, keep=2, options={"max_tokens": 400})])

    The conversation in the state stays whole; what was done is remembered.

    Attributes:
        trigger: tokens of the conversation from which on it is edited.
        keep: the last results that are left whole.
        exclude_tools: names of tools whose results are left alone.
        min_tokens: results with fewer tokens are left alone; None for 300, or ``max_tokens`` where that is less.
        options: of `LaconicCompressor`; ``max_tokens`` and ``rate`` are for each result.
    """

    trigger: int = 0
    keep: int = 0
    exclude_tools: Collection[str] = ()
    min_tokens: int | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_keep(self.keep)
        self._results = _results(self.options, None, self.exclude_tools, self.min_tokens, keep_original=False)

    def apply(self, messages: list[AnyMessage], *, count_tokens: Callable[[Any], int]) -> None:
        """Shorten tool results in the list, which the middleware has copied."""
        if count_tokens(messages) > self.trigger:
            messages[:] = self._results.shorten_all(messages, self.keep)


def as_summarizer(**options: Any) -> Runnable[list[AnyMessage], str]:
    """A summarizer for ``SummarizationMiddleware`` that asks no model: the parts of the old messages that matter most.

    Args:
        **options: of `LaconicCompressor`; ``max_tokens`` is for the whole summary. The last human message among the old
            ones is the question.

    Returns:
        A Runnable from messages to one text, each message's part after its role.
    """
    compressor = LaconicCompressor(**{"on_missing_query": "importance", **options}).called_through("as_summarizer")

    def summarize(messages: list[AnyMessage]) -> str:
        texts = [(message.type, "\n".join(texts_of(message.content))) for message in messages]
        texts = [(role, text) for role, text in texts if text.strip()]
        question = last_question(messages)
        outcome = compressor.attempt([text for _, text in texts], question)
        if outcome.passages is None:
            return "\n\n".join(f"{role}: {text}" for role, text in texts)
        return "\n\n".join(f"{texts[part.index][0]}: {part.text}" for part in outcome.passages)

    return RunnableLambda(summarize, name="LaconicSummarizer")


def summarization_middleware(model: Any, *, options: dict[str, Any], **arguments: Any) -> SummarizationMiddleware:
    """LangChain's ``SummarizationMiddleware`` with `as_summarizer`.

    Args:
        model: as for ``SummarizationMiddleware``; asked for its profile only.
        options: of `LaconicCompressor`.
        **arguments: of ``SummarizationMiddleware``: ``trigger``, ``keep`` …

    Raises:
        ConfigurationError: the installed langchain would ignore a summarizer (it takes one since 1.4.6).
    """
    if "summarizer" not in inspect.signature(SummarizationMiddleware.__init__).parameters:
        from importlib.metadata import version

        raise ConfigurationError(
            f"langchain {version('langchain')} takes no summarizer: install langchain>=1.4.6, or use LaconicMiddleware"
        )
    return SummarizationMiddleware(model, summarizer=as_summarizer(**options), **arguments)


def _results(
    options: dict[str, Any],
    expand: CutStore | None,
    exclude_tools: Collection[str],
    min_tokens: int | None,
    keep_original: bool,
    artifacts: Artifacts = "keep",
    max_tokens_per_turn: int | None = None,
) -> ToolResults:
    if isinstance(exclude_tools, str):
        raise ConfigurationError(f"exclude_tools is {exclude_tools!r}: give a list of names")
    defaults = {"on_missing_query": "importance", "omission_marks": True, "expand": expand}
    compressor = LaconicCompressor(**{**defaults, **options}).called_through("LaconicMiddleware")
    excluded = {*exclude_tools, TOOL_NAME}
    return ToolResults(compressor, excluded, min_tokens, keep_original, artifacts, max_tokens_per_turn)


def _tools(expand: CutStore | None) -> list[BaseTool]:
    return [] if expand is None else [expand_tool(expand)]


def _check_keep(keep: int) -> None:
    if isinstance(keep, bool) or not isinstance(keep, int) or keep < 0:
        raise ConfigurationError(f"keep is {keep!r}: it must be a whole number of tool results ≥ 0")


def _conversation(state: Any) -> list[BaseMessage]:
    """The messages of an agent's state, whatever kind of state it is; a prompt before the first answer is none."""
    messages = state.get("messages", []) if isinstance(state, dict) else getattr(state, "messages", [])
    return [message for message in messages if isinstance(message, BaseMessage)]
