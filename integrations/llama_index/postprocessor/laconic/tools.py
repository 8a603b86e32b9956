"""`compress_tool`: tools of an agent whose results are shortened to what they were called for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from llama_index.core.base.llms.types import ImageBlock, TextBlock
from llama_index.core.tools import BaseTool, FunctionTool, ToolMetadata, ToolOutput
from llama_index.core.tools.types import adapt_to_async_tool

from laconic.chain.cuts import TOOL_NAME
from laconic.chain.options import CompressorOptions
from laconic.exceptions import ConfigurationError, InputError
from llama_index.postprocessor.laconic.question import argument_words, asked_in, check_transform, transformed

__all__ = ["CompressedTool", "compress_tool"]

_CONTEXT = "laconic_context"
_SMALL = 300
"""Tokens below which a result is no burden: about a screen of text."""


def compress_tool(
    tool: BaseTool | Callable[..., Any],
    *,
    min_tokens: int | None = None,
    user_question: bool = True,
    query: Callable[[dict[str, Any]], str] | None = None,
    query_transform: Callable[[str], Any] | None = None,
    **options: Any,
) -> CompressedTool:
    """A tool that does what another one does, and gives back the parts of its result that answer the question::

        agent = FunctionAgent(tools=[compress_tool(search, max_tokens=800)], llm=llm)

    Works in ``FunctionAgent``, ``ReActAgent`` and ``AgentWorkflow``, and wherever a tool is called. The question is the
    user's message, or what that refers to in the conversation (`laconic.core.conversation`), and the words of the
    call's arguments. A result is shortened once, on its way into the conversation,
    so the beginning of a prompt stays the same from turn to turn and a provider's prompt cache keeps its hold; the same
    call with the same result gives the same text. ``raw_output`` stays as the tool gave it, which no model sees.

    Left alone are errors, results of tools that return directly to the user, and all but the text of a result. Whatever
    fails leaves the result as it was (``on_error``). The answer of an MCP server is read as the texts and pictures that
    it is made of, where LlamaIndex would show the model the Python object around them.

    Args:
        tool: a function, ``FunctionTool``, ``QueryEngineTool``, ``RetrieverTool``, a tool of an MCP server, or any
            other; itself not edited.
        min_tokens: results with fewer tokens stay whole; None for 300, or ``max_tokens`` where that is less.
        user_question: whether the user's message is part of the question. The tool then asks the agent for its
            context, which ``CodeActAgent`` does not give: set it to False there.
        query: makes the question from the call's arguments, in place of the above.
        query_transform: makes the question from the above: a function from text to text, to a message or to a model's
            answer.
        **options: of `laconic.Compressor`, and ``expand``, ``on_result``, ``on_error``, ``strategy``: see
            `laconic.chain.options.CompressorOptions`; ``max_tokens`` and ``rate`` are for each result.

    Raises:
        ConfigurationError: or pydantic's ``ValidationError`` (both ``ValueError``): an option that cannot work.
    """
    if min_tokens is not None and (isinstance(min_tokens, bool) or not isinstance(min_tokens, int) or min_tokens < 0):
        raise ConfigurationError(f"min_tokens is {min_tokens!r}: it must be a whole number of tokens ≥ 0")
    if isinstance(tool, type) or not (isinstance(tool, BaseTool) or callable(tool)):
        raise ConfigurationError(f"tool is {tool!r}: give a tool, or a function to make one of")
    made = tool if isinstance(tool, BaseTool) else FunctionTool.from_defaults(tool)
    compressor = CompressorOptions(**{"on_missing_query": "importance", **options}).called_through("compress_tool")
    if min_tokens is None:
        min_tokens = _SMALL if compressor.max_tokens is None else min(_SMALL, compressor.max_tokens)
    if query_transform is not None:
        check_transform(query_transform)
    return CompressedTool(
        made,
        compressor,
        min_tokens=min_tokens,
        user_question=user_question,
        query=query,
        query_transform=query_transform,
    )


class CompressedTool(FunctionTool):
    """What `compress_tool` makes: a ``FunctionTool``, because agents give their context to no other kind; what it does
    not have itself (``query_engine``, say) it has from the tool that it stands for.
    """

    def __init__(
        self,
        tool: BaseTool,
        compressor: CompressorOptions,
        *,
        min_tokens: int,
        user_question: bool,
        query: Callable[[dict[str, Any]], str] | None,
        query_transform: Callable[[str], Any] | None = None,
    ) -> None:
        self.tool = adapt_to_async_tool(tool)
        self.compressor = compressor
        self.min_tokens = min_tokens
        self.query = query
        self.query_transform = query_transform
        self._own_context = getattr(tool, "ctx_param_name", None) if isinstance(tool, FunctionTool) else None
        self.requires_context = user_question or self._own_context is not None
        self.ctx_param_name = self._own_context or _CONTEXT
        # what agents look at beside the tool: the name and the arguments of its function
        self._fn = getattr(tool, "fn", self.tool.call)
        self._async_fn = getattr(tool, "async_fn", self.tool.acall)
        self._real_fn = getattr(tool, "real_fn", self.tool.call)
        self.partial_params = getattr(tool, "partial_params", {})

    def __getattr__(self, name: str) -> Any:
        if name == "tool":  # of an object that is being copied
            raise AttributeError(name)
        return getattr(self.tool, name)

    @property
    def metadata(self) -> ToolMetadata:
        """Of the tool itself."""
        return self.tool.metadata

    def __call__(self, *args: Any, **kwargs: Any) -> ToolOutput:
        """`call`."""
        return self.call(*args, **kwargs)

    def call(self, *args: Any, **kwargs: Any) -> ToolOutput:
        """Call the tool; shorten what it gives."""
        _, given = self._split(kwargs)
        return self._shortened(self.tool(*args, **kwargs), lambda: self._question(None, args, given))

    async def acall(self, *args: Any, **kwargs: Any) -> ToolOutput:
        """`call` without blocking the event loop; knows the user's message."""
        context, given = self._split(kwargs)
        output = await self.tool.acall(*args, **kwargs)
        user = await _user_question(context) if self.query is None else None
        return await asyncio.to_thread(self._shortened, output, lambda: self._question(user, args, given))

    def _split(self, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The agent's context, taken out of what the tool gets where that has no use for it, and the arguments."""
        name = self.ctx_param_name or _CONTEXT
        context = kwargs.get(name) if self._own_context else kwargs.pop(name, None)
        return context, {key: value for key, value in kwargs.items() if key != name}

    def _question(self, user: str | None, args: Sequence[Any], kwargs: dict[str, Any]) -> str | None:
        if self.query is not None:
            try:
                return self.query(dict(kwargs))
            except Exception as error:  # noqa: BLE001 - on_error decides; the call's own words are a question as well
                self.compressor.failed(error)
        words = filter(None, [user, *argument_words([*args, kwargs])])
        question = "\n".join(dict.fromkeys(words)) or None
        if question is None or self.query_transform is None:
            return question
        try:
            return transformed(self.query_transform, question)
        except Exception as error:  # noqa: BLE001 - on_error decides; the question itself does as well
            self.compressor.failed(error)
            return question

    def _shortened(self, output: ToolOutput, question: Callable[[], str | None]) -> ToolOutput:
        """A copy of the output with shortened text, or the output itself where there was nothing to cut; the question
        is made where it is needed.
        """
        try:
            blocks = _blocks(output)
            has_text = [isinstance(block, TextBlock) and bool(block.text.strip()) for block in blocks]
            texts = [block.text for block, given in zip(blocks, has_text, strict=True) if given]
            if not self._wants(output, texts):
                return _with_blocks(output, blocks)
            outcome = self.compressor.attempt(texts, question())
            kept = outcome.rewritten(blocks, has_text, lambda block, part: block.model_copy(update={"text": part.text}))
            return _with_blocks(output, kept)
        except InputError:  # on_missing_query="raise"
            raise
        except Exception as error:  # noqa: BLE001 - on_error decides
            self.compressor.failed(error)
            return output

    def _wants(self, output: ToolOutput, texts: Sequence[str]) -> bool:
        if not texts or _failed(output) or self.metadata.return_direct or self.metadata.name == TOOL_NAME:
            return False
        return not self.min_tokens or sum(map(self.compressor.engine.counter.count, texts)) >= self.min_tokens


async def _user_question(context: Any) -> str | None:
    """What the user wants of an agent, from the conversation that the agents of LlamaIndex keep in their context: the
    message that is worked on, or what it refers to.
    """
    if context is None:
        return None
    try:
        found = await context.store.get("user_msg_str", default=None)
    except Exception:  # noqa: BLE001 - a context of another make knows no message
        return None
    if not isinstance(found, str):
        return None
    try:
        said = await (await context.store.get("memory")).aget_all()
        plan = await context.store.get("scratchpad", default=None)  # what was said since
        return asked_in([*said, *(plan or ())]) or found
    except Exception:  # noqa: BLE001 - the message alone is a question as well
        return found


# -- what tools give --------------------------------------------------------------------------------------------------


def _with_blocks(output: ToolOutput, blocks: list[Any]) -> ToolOutput:
    return output if blocks == output.blocks else output.model_copy(update={"blocks": blocks})


def _blocks(output: ToolOutput) -> list[Any]:
    """The blocks of an output; of an MCP server's answer those that it is made of, and not the object as a string."""
    raw = output.raw_output
    content = getattr(raw, "content", None)
    if _mcp_error(raw) is None or not isinstance(content, list) or output.content != str(raw):
        return list(output.blocks)
    structured = getattr(raw, "structuredContent", getattr(raw, "structured_content", None))
    if structured is not None and len(content) != 1 and all(getattr(item, "type", None) == "text" for item in content):
        # servers cut a list into a text for each of its items, and give it here in one piece
        return [TextBlock(text=json.dumps(structured, ensure_ascii=False))]
    return [_mcp_block(item) for item in content]


def _mcp_block(item: Any) -> Any:
    kind = getattr(item, "type", None)
    if kind == "image":
        mimetype = getattr(item, "mimeType", getattr(item, "mime_type", None))
        return ImageBlock(image=item.data.encode(), image_mimetype=mimetype)
    text = getattr(getattr(item, "resource", item), "text", None)
    return TextBlock(text=text if isinstance(text, str) else str(item))


def _mcp_error(raw: Any) -> bool | None:
    """Whether an answer of an MCP server reports an error; None where it is no such answer."""
    found = getattr(raw, "isError", getattr(raw, "is_error", None))
    return found if isinstance(found, bool) else None


def _failed(output: ToolOutput) -> bool:
    return output.is_error or bool(_mcp_error(output.raw_output))
