"""An agent over the Python language reference whose tool results are shortened by middleware, once, on entry.

Needs: pip install 'laconic[langchain-agents]'. Runs offline, with a script in place of the model's decisions; with
OPENAI_API_KEY and langchain-openai it also asks a real model, which then decides for itself.
"""

from __future__ import annotations

from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langchain_parts import real_model
from pydantic import PrivateAttr
from python_reference import QUESTIONS, answers, search

from laconic.tokens import counter_for
from langchain_laconic.middleware import LaconicMiddleware

MAX_TOKENS = 300


@tool
def search_reference(query: str) -> str:
    """Search the Python language reference."""
    return "\n\n".join(chunk.text for chunk, _ in search(query, 10))


class ScriptedModel(BaseChatModel):
    """Stands in for a chat model: asks the tool what it was asked, then is done. Keeps what it was sent."""

    _sent: list[list[BaseMessage]] = PrivateAttr(default_factory=list)

    @property
    def last_prompt(self) -> list[BaseMessage]:
        """The messages of the last call."""
        return self._sent[-1]

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> ScriptedModel:
        """The script knows its tool."""
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self._sent.append(messages)
        last = messages[-1]
        answer = AIMessage("(no model was asked)")
        if isinstance(last, HumanMessage):
            call = {"name": search_reference.name, "args": {"query": last.text}, "id": f"call-{len(self._sent)}"}
            answer = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=answer)])


def main() -> None:
    count = counter_for("gpt-4o").count
    scripted, model = ScriptedModel(), real_model()
    agent = create_agent(scripted, [search_reference], middleware=[LaconicMiddleware(max_tokens=MAX_TOKENS)])
    messages: list[BaseMessage] = []
    seen: list[str] = []  # what the model was sent of each tool result so far
    for question in QUESTIONS:
        messages = agent.invoke({"messages": [*messages, HumanMessage(question)]})["messages"]
        results = [message.text for message in scripted.last_prompt if isinstance(message, ToolMessage)]
        before, after = count(search_reference.invoke(question)), count(results[-1])
        print(f"Question: {question}")
        print(f"Tool result: {before} tokens -> {after} tokens ({100 * (1 - after / before):.1f}% saved)")
        print("The model receives:")
        print("\n".join(f"  | {line}" for line in results[-1].splitlines()))
        print()

        assert after <= MAX_TOKENS < before / 3
        assert answers(question, results[-1]), "the shortened result lost the answer"
        assert results[:-1] == seen, "what the model has seen stays as it was, so a prompt cache keeps its hold"
        seen = results
        if model is not None:
            real = create_agent(model, [search_reference], middleware=[LaconicMiddleware(max_tokens=MAX_TOKENS)])
            print("Answer:", real.invoke({"messages": [HumanMessage(question)]})["messages"][-1].text, "\n")


if __name__ == "__main__":
    main()
