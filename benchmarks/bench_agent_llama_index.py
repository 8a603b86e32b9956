"""An agent of ten turns with three tools, with and without `compress_tool`: what each call of the model costs.

    python benchmarks/bench_agent_llama_index.py SAMPLES [--max-tokens 600]

SAMPLES is a folder of real outputs: ``json/`` (orders, flights), ``logs/`` and ``docs/``. The agent is LlamaIndex's own
(``FunctionAgent``), its model a script: in each turn it calls the tool of the turn, then answers. Counted are the
tokens of the messages of the second call of each turn (o200k_base), whether the value that was asked for stands in
them, and prefix breaks: calls whose messages do not begin with all those of the call before, so that a provider's
prompt cache would begin anew.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, LLMMetadata
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.tools import FunctionTool

from laconic.tokens import counter_for
from llama_index.postprocessor.laconic import compress_tool


class Turn(NamedTuple):
    """What the user asks, the call that answers it, and what the answer needs."""

    question: str
    tool: str
    argument: str
    value: str


TURNS = (
    Turn("What is the status of order #W7554560?", "records", "orders", "processed"),
    Turn("In which city does the customer of order #W8341134 live?", "records", "orders", "Philadelphia"),
    Turn("When is flight HAT001 scheduled to depart?", "records", "flights", "06:00:00"),
    Turn(
        "Which version of requests dropped support for CPython 3.7?", "document", "requests_HISTORY.md", "CPython 3.7"
    ),
    Turn("How do I add a file type web to ripgrep?", "document", "ripgrep_GUIDE.md", "--type-add 'web:"),
    Turn("How do I use HTTP/2 prior knowledge in httpx?", "document", "httpx_CHANGELOG.md", "http1=False, http2=True"),
    Turn("Which warning is there about the libvirt image cache?", "log", "OpenStack.log", "Unknown base file"),
    Turn("Which connections were broken?", "log", "Zookeeper.log", "Connection broken for id 188978561024"),
    Turn("From which address did somebody try the user webmaster?", "log", "OpenSSH.log", "173.234.31.186"),
    Turn("What is the price of the Tea Kettle of order #W7554560?", "records", "orders", "91.13"),
)


class Scripted(FunctionCallingLLM):
    """Calls the tool of the turn, then answers; keeps what it was sent."""

    seen: list[list[str]] = []  # noqa: RUF012 - a pydantic field, copied for each instance

    @property
    def metadata(self) -> LLMMetadata:
        """A model that calls functions."""
        return LLMMetadata(is_function_calling_model=True, is_chat_model=True)

    async def achat(self, messages: Any, **kwargs: Any) -> ChatResponse:
        """The next line of the script."""
        turn = TURNS[len(self.seen) // 2]
        self.seen.append([f"{message.role.value}: {message.content}" for message in messages])
        if len(self.seen) % 2 == 0:
            return ChatResponse(message=ChatMessage(role="assistant", content=f"It is {turn.value}."))
        call = {"id": str(len(self.seen)), "name": turn.tool, "arguments": {"name": turn.argument}}
        return ChatResponse(message=ChatMessage(role="assistant", additional_kwargs={"tool_calls": [call]}))

    def _prepare_chat_with_tools(self, tools: Any, user_msg: Any = None, chat_history: Any = None, **kw: Any) -> Any:
        return {"messages": [*(chat_history or []), *([user_msg] if user_msg else [])]}

    def get_tool_calls_from_response(self, response: Any, **kwargs: Any) -> list[ToolSelection]:
        """The calls of a response."""
        return [
            ToolSelection(tool_id=call["id"], tool_name=call["name"], tool_kwargs=call["arguments"])
            for call in response.message.additional_kwargs.get("tool_calls", [])
        ]

    def _unused(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    chat = complete = stream_chat = stream_complete = _unused
    acomplete = astream_chat = astream_complete = _unused


def tools(samples: Path) -> list[FunctionTool]:
    """The three tools."""

    def records(name: str) -> str:
        return (samples / "json" / f"{name}.json").read_text(encoding="utf-8")

    def document(name: str) -> str:
        return (samples / "docs" / name).read_text(encoding="utf-8")

    def log(name: str) -> str:
        return (samples / "logs" / name).read_text(encoding="utf-8")

    return [FunctionTool.from_defaults(function) for function in (records, document, log)]


async def run(samples: Path, wrap: Callable[[FunctionTool], Any]) -> list[list[str]]:
    """What the model was sent, call by call."""
    llm = Scripted()
    agent = FunctionAgent(tools=[wrap(tool) for tool in tools(samples)], llm=llm, streaming=False)
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000_000)
    for turn in TURNS:
        await agent.run(turn.question, memory=memory)
    return llm.seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", type=Path)
    parser.add_argument("--max-tokens", type=int, default=600)
    options = parser.parse_args()
    count = counter_for("gpt-4o").count
    plain = asyncio.run(run(options.samples, lambda tool: tool))
    short = asyncio.run(run(options.samples, lambda tool: compress_tool(tool, max_tokens=options.max_tokens)))
    print("| turn | asked for | tokens without | tokens with | value in the result |\n|---|---|---|---|---|")
    for at, turn in enumerate(TURNS):
        before, after = plain[2 * at + 1], short[2 * at + 1]
        kept = turn.value in after[-1]
        assert turn.value in before[-1], turn
        print(f"| {at + 1} | {turn.question} | {count(' '.join(before))} | {count(' '.join(after))} | {kept} |")
    for name, seen in (("without", plain), ("with", short)):
        breaks = sum(late[: len(early)] != early for early, late in pairwise(seen))
        print(f"prefix breaks {name}: {breaks} of {len(seen) - 1}")


if __name__ == "__main__":
    main()
