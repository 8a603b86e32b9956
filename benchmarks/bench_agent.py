"""An agent of ten turns with three tools over real outputs: tokens with and without laconic, prompt cache, answers.

    python benchmarks/bench_agent.py PATH_OF_SAMPLES

Each turn asks one thing that stands in one file; a scripted model calls the tool that reads it, then answers. Counted
are the tokens of all messages that the model is sent in each turn, how often a call does not begin with the messages of
the call before it (the prompt cache breaks there), and how many asked values stand in the result that the model saw.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, NamedTuple

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import PrivateAttr

from laconic.tokens import as_counter
from langchain_laconic.middleware import LaconicMiddleware


class Turn(NamedTuple):
    """A question, the tool and file that answer it, and the value that was asked for."""

    question: str
    tool: str
    file: str
    value: str


TURNS = (
    Turn("To which street does order #W2611340 go?", "records", "json/orders.json", "215 River Road"),
    Turn("When did flight HAT001 take off on 2024-05-02?", "records", "json/flights.json", "2024-05-02T05:35:00"),
    Turn("What does the smartphone with item id 5490694069 cost?", "records", "json/products.json", "1213.51"),
    Turn("In which scoreboard slot was child 6725 found?", "log", "logs/Apache.log", "slot 10"),
    Turn("From which address came the invalid user webmaster?", "log", "logs/OpenSSH.log", "173.234.31.186"),
    Turn(
        "To which node was blk_7128370237687728475 added?", "log", "logs/HDFS.log", "10.251.73.220:50010"
    ),
    Turn("Which card paid for reservation V5XFMY?", "records", "json/reservations.json", "credit_card_3323151"),
    Turn(
        "In which line of HISTORY.md is the support for connect timeouts?", "shell", "shell/grep_requests.txt", "1297"
    ),
    Turn(
        "Which commit adds an FAQ entry about UnicodeEncodeError on Windows?", "shell", "shell/git_log_click.txt",
        "131c86aa",
    ),
    Turn("Which file configures pre-commit?", "shell", "shell/ls_tree_pytest.txt", ".pre-commit-config.yaml"),
)  # fmt: skip

MODES: dict[str, dict[str, Any] | None] = {
    "without": None,
    "tool, 800 tokens a result": {"max_tokens": 800},
    "tool, 800 tokens a turn": {"max_tokens_per_turn": 800},
    "model, 800 tokens a result": {"where": "model", "max_tokens": 800},
    "model, keep=2": {"where": "model", "max_tokens": 800, "keep": 2},
}


class Scripted(BaseChatModel):
    """Calls the tool of a turn for its file, then answers; keeps what it was sent."""

    _sent: list[list[Any]] = PrivateAttr(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        """Its script knows what to call."""
        return self

    def _generate(self, messages: list[Any], *args: Any, **kwargs: Any) -> ChatResult:
        self._sent.append(list(messages))
        answer = AIMessage("Done.")
        if isinstance(messages[-1], HumanMessage):
            turn = next(turn for turn in TURNS if turn.question == messages[-1].text)
            call = {"name": turn.tool, "args": {"path": turn.file}, "id": f"call-{TURNS.index(turn)}"}
            answer = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=answer)])


def tools_over(samples: Path) -> list[Any]:
    @tool
    def records(path: str) -> str:
        """Read a file of records."""
        return (samples / path).read_text(encoding="utf-8")

    @tool
    def log(path: str) -> str:
        """Read a log."""
        return (samples / path).read_text(encoding="utf-8")

    @tool
    def shell(path: str) -> str:
        """Read what a command of the shell wrote."""
        return (samples / path).read_text(encoding="utf-8")

    return [records, log, shell]


def run(samples: Path, options: dict[str, Any] | None) -> tuple[list[int], int, list[str]]:
    """Tokens sent in each turn, how often the prefix broke, and the questions whose value the model did not see."""
    count = as_counter("gpt-4o").count
    model = Scripted()
    middleware = [] if options is None else [LaconicMiddleware(**options)]
    agent = create_agent(model, tools_over(samples), middleware=middleware, checkpointer=InMemorySaver())
    tokens, missed = [], []
    for turn in TURNS:
        before = len(model._sent)
        agent.invoke({"messages": [HumanMessage(turn.question)]}, {"configurable": {"thread_id": "1"}})
        sent = model._sent[before:]
        tokens.append(sum(count(str(message.content)) for messages in sent for message in messages))
        seen = next(message for message in reversed(sent[-1]) if isinstance(message, ToolMessage))
        if turn.value not in seen.text:
            missed.append(turn.question)
    texts = [[(message.type, str(message.content)) for message in messages] for messages in model._sent]
    breaks = sum(texts[at][: len(texts[at - 1])] != texts[at - 1] for at in range(1, len(texts)))
    return tokens, breaks, missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", type=Path)
    samples = parser.parse_args().samples
    print("| mode | tokens of turn 1 … 10 | all | prefix breaks | values seen |\n|---|---|---|---|---|")
    for name, options in MODES.items():
        tokens, breaks, missed = run(samples, options)
        shown = " ".join(f"{each / 1000:.1f}k" for each in tokens)
        print(f"| {name} | {shown} | {sum(tokens):,} | {breaks} | {len(TURNS) - len(missed)}/{len(TURNS)} |")
        for question in missed:
            print(f"  missed: {question}", file=sys.stderr)


if __name__ == "__main__":
    main()
