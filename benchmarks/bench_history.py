"""Evidence of the newest question kept by `compact_history`, beside keeping the newest turns.

    python bench_history.py DATA

DATA holds ``qa/*/taubench_*.jsonl.gz`` and ``samples/agent/tau_airline_*.json`` (dialogues of tau-bench, MIT).
Two kinds of histories: **tools**, each tool call of a dialogue with its result and the user's newest message;
**dialogues**, all of a dialogue up to a message of the user. The evidence is what the agent's actual next reply quotes
of it: the labels of the data set, and of dialogues the words with a digit in the reply that stand in a turn before. Of
each history the share of such values that are still in it is averaged. System messages are left out of both.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from laconic.messages import compact_history
from laconic.messages.chat import message_tokens, repaired_pairs
from laconic.tokens import counter_for

COUNT = counter_for("gpt-4o").count
_VALUE = re.compile(r"[\w#.:/$-]*\d[\w#.:/$-]*\w|\w*\d\w*")

Message = dict[str, Any]


class History(NamedTuple):
    """Messages that end in a question, and what its answer quotes of them."""

    messages: list[Message]
    values: list[str]


def of_tools(path: Path) -> Iterator[History]:
    """Calls with their results and a question."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            messages: list[Message] = []
            for at, passage in enumerate(row["passages"]):
                name, _, arguments = str(passage["title"]).partition("(")
                function = {"name": name, "arguments": arguments.removesuffix(")")}
                call = {"id": f"call_{at}", "type": "function", "function": function}
                messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
                messages.append({"role": "tool", "tool_call_id": f"call_{at}", "content": passage["text"]})
            messages.append({"role": "user", "content": row["question"]})
            yield History(messages, row["answers"])


def of_dialogues(path: Path) -> Iterator[History]:
    """A dialogue up to each message of the user that is answered with values said before."""
    messages = [message for message in json.loads(path.read_text(encoding="utf-8")) if message["role"] != "system"]
    for at, message in enumerate(messages):
        if message["role"] != "user":
            continue
        reply = next((m["content"] for m in messages[at + 1 :] if m["role"] == "assistant" and m.get("content")), "")
        before = said(messages[:at])
        values = sorted({value for value in _VALUE.findall(reply) if len(value) > 1 and value in before})
        if values:
            yield History(messages[: at + 1], values)


def said(messages: list[Message]) -> str:
    """All that messages say."""
    return "\n".join(
        f"{message.get('content') or ''} {json.dumps(message.get('tool_calls') or '')}" for message in messages
    )


def newest(messages: list[Message], limit: int) -> list[Message]:
    """As many of the newest messages as fit, with pairs of calls and results whole."""
    for first in range(len(messages)):
        kept = [m for m in repaired_pairs(messages, messages[first:]) if m.get("content") or m.get("tool_calls")]
        if message_tokens(kept, COUNT) <= limit:
            return kept
    return []


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("data", type=Path, help="folder that holds qa/dev and samples/agent")
    data = cli.parse_args().data
    sets = {
        "tools, airline (dev)": list(of_tools(data / "qa/dev/taubench_tools.jsonl.gz")),
        "tools, retail (train)": list(of_tools(data / "qa/train/taubench_retail.jsonl.gz")),
        "dialogues, airline": [
            history
            for path in sorted((data / "samples/agent").glob("tau_airline_*.json"))
            for history in of_dialogues(path)
        ],
    }
    print("| histories | of them | tokens kept | compact_history | newest turns |")
    print("|---|---|---|---|---|")
    for name, histories in sets.items():
        for share in (0.5, 0.25):
            figures = []
            for messages, values in histories:
                raw = message_tokens(messages, COUNT)
                limit = max(int(share * raw), message_tokens(messages[-1:], COUNT))
                left = compact_history(messages, limit, keep_last=1)
                assert message_tokens(left.messages, COUNT) <= limit
                texts = said(left.messages), said(newest(messages, limit))
                held = [mean(value in text for value in values) for text in texts]
                figures.append((left.tokens_after / raw, *held))
            row = [mean(column) for column in zip(*figures, strict=True)]
            print(f"| {name} | {len(histories)} | {row[0]:.2f} | {row[1]:.3f} | {row[2]:.3f} |")


if __name__ == "__main__":
    main()
