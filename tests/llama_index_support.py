"""A model of LlamaIndex's that says what a script says."""

from __future__ import annotations

from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, LLMMetadata
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection


def message(text, role="user"):
    return ChatMessage(role=role, content=text)


class ScriptedLLM(FunctionCallingLLM):
    """Says what its script says, turn by turn: a dict is a tool call. Keeps what it was sent."""

    script: list[Any]
    seen: list[list[ChatMessage]] = []  # noqa: RUF012 - a pydantic field, copied for each instance

    @property
    def metadata(self):
        return LLMMetadata(is_function_calling_model=True, is_chat_model=True)

    def _next(self, messages):
        turn = self.script[len(self.seen)]
        self.seen.append([m.model_copy(deep=True) for m in messages])
        if isinstance(turn, str):
            return ChatResponse(message=message(turn, "assistant"))
        calls = [{"id": "1", **turn}]
        return ChatResponse(message=ChatMessage(role="assistant", additional_kwargs={"tool_calls": calls}))

    def chat(self, messages, **kwargs: Any):
        return self._next(messages)

    async def achat(self, messages, **kwargs: Any):
        return self._next(messages)

    def stream_chat(self, messages, **kwargs: Any):
        yield self._next(messages)

    async def astream_chat(self, messages, **kwargs: Any):
        async def one():
            yield self._next(messages)

        return one()

    def complete(self, prompt, formatted=False, **kwargs: Any):
        raise NotImplementedError

    async def acomplete(self, prompt, formatted=False, **kwargs: Any):
        raise NotImplementedError

    def stream_complete(self, prompt, formatted=False, **kwargs: Any):
        raise NotImplementedError

    async def astream_complete(self, prompt, formatted=False, **kwargs: Any):
        raise NotImplementedError

    def _prepare_chat_with_tools(self, tools, user_msg=None, chat_history=None, **kwargs: Any):
        return {"messages": [*(chat_history or []), *([user_msg] if user_msg else [])]}

    def get_tool_calls_from_response(self, response, error_on_no_tool_call=True, **kwargs: Any):
        return [
            ToolSelection(tool_id=call["id"], tool_name=call["name"], tool_kwargs=call["arguments"])
            for call in response.message.additional_kwargs.get("tool_calls", [])
        ]
