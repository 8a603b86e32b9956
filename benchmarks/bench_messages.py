"""Every sample through every recipe: validity, tokens, time.

    python benchmarks/bench_messages.py SAMPLES [--recipe default --recipe logs] [--mode strict] [--files]

SAMPLES is a folder with ``INDEX.json`` (a list of ``{"file", "kind"}``) beside real tool outputs, logs, JSON, chats and
documents. Chats and agent trajectories become conversations; anything else becomes the result of a tool call, with a
question about it behind. Each is compressed three times by a fresh pipeline, nothing that was read being remembered.

Checked for each: the same roles in the same order but for removed repetitions, ids of calls and results paired as
before, what was JSON is JSON, a diff that was cut says so, never more tokens, the caller's messages unchanged. A
violation is printed and the exit status is 1.

``ms/10k`` is the median, ``worst`` the largest processor time for 10,000 tokens, over chats of 1,000 tokens or more,
the least of the three each; other work on the machine makes single runs half as slow again.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import Counter, defaultdict
from pathlib import Path
from time import process_time
from typing import Any

from laconic.kinds.code import parse
from laconic.kinds.json.tree import json_leaves, parse_json
from laconic.messages import MessagePipeline, builtin_recipes
from laconic.messages.blocks import text_pieces, tool_result_kind
from laconic.messages.chat import message_tokens
from laconic.messages.counts import CachedCounter
from laconic.tokens import counter_for, load_encoding

Chat = list[dict[str, Any]]


def conversation(path: Path) -> Chat:
    """A sample as messages."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.parent.name == "agent" and path.name.endswith(".traj.json"):
        return _trajectory(json.loads(text))
    if path.parent.name == "agent" and path.suffix == ".json":
        return json.loads(text)
    if path.parent.name == "agent":
        return _transcript(text)
    if path.parent.name == "chat":
        return _spoken(json.loads(text))
    return [
        {"role": "user", "content": f"Read {path.name}."},
        {"role": "assistant", "content": None, "tool_calls": [_call("call_0", "read", {"path": path.name})]},
        {"role": "tool", "tool_call_id": "call_0", "content": text},
        {"role": "user", "content": f"What is the most important thing in {path.name}, and did anything go wrong?"},
    ]


def _call(identifier: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"id": identifier, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


def _trajectory(run: dict[str, Any]) -> Chat:
    chat: Chat = []
    for at, step in enumerate(run["trajectory"]):
        call = _call(f"call_{at}", "shell", {"command": step["action"]})
        chat.append({"role": "assistant", "content": step["thought"], "tool_calls": [call]})
        chat.append({"role": "tool", "tool_call_id": f"call_{at}", "content": step["observation"] or ""})
    return [{"role": "user", "content": "Solve the task."}, *chat, {"role": "user", "content": "What did you change?"}]


def _transcript(text: str) -> Chat:
    chat: Chat = []
    for line in text.splitlines():
        role, mark, said = line.partition(": ")
        if mark and role in ("user", "assistant", "tool"):
            chat.append({"role": "user" if role == "tool" else role, "content": said})
    return chat


def _spoken(sample: dict[str, Any]) -> Chat:
    chat: Chat = []
    for turn in sample["input"].split("\n"):
        role, _, said = turn.strip().partition(": ")
        if role in ("USER", "ASSISTANT"):
            chat.append({"role": role.lower(), "content": said})
    return chat


def violations(before: Chat, after: Chat) -> list[str]:
    """What must not happen."""
    found = []
    left = iter(message["role"] for message in before)
    if not all(any(role == other for other in left) for role in (message["role"] for message in after)):
        found.append("roles are out of order")
    for key in ("tool", "assistant"):
        was, now = ([_ids(m) for m in chat if m["role"] == key and any(_ids(m))] for chat in (before, after))
        if was != now:
            found.append(f"ids of {key} messages changed")
    results = {m.get("tool_call_id"): m["content"] for m in before if m["role"] == "tool"}
    for message in after:
        text, was = message["content"], results.get(message.get("tool_call_id"))
        if message["role"] != "tool" or was is None or text == was or text == "[same as above]":
            continue
        kind = tool_result_kind(was)
        if kind == "json":
            try:
                json.loads(text)
            except ValueError as error:
                found.append(f"JSON is broken: {error}")
        elif kind == "diff" and not text.lstrip().startswith("["):
            found.append("a cut diff does not say so")
    return found


def _ids(message: dict[str, Any]) -> list[Any]:
    return [message.get("tool_call_id"), *(call.get("id") for call in message.get("tool_calls") or ())]


def forget() -> None:
    """Empty the caches of what was read: texts, JSON, code."""
    for cached in (text_pieces.cached, parse_json, json_leaves):
        cached.cache_clear()
    parse.forget()


def count_cache(chat: Chat) -> str:
    """A chat counted once, and again as the next turn would."""
    counter = CachedCounter(counter_for("gpt-4o"))
    began = process_time()
    tokens = message_tokens(chat, counter.count)
    first = process_time() - began
    began = process_time()
    for _ in range(100):
        message_tokens(chat, counter.count)
    again = (process_time() - began) / 100
    return f"count cache: {tokens} tokens in {first * 1e3:.2f} ms, again in {again * 1e3:.4f} ms: {first / again:.0f}x"


def turns(chats: list[Chat]) -> str:
    """A chat that grows turn by turn, each time sent through one pipeline, against a fresh one for each."""
    chat = max((chat for chat in chats if len(chat) > 20), key=len)
    seconds = []
    for shared in (True, False):
        text_pieces.cached.cache_clear()
        pipeline = MessagePipeline(mode="strict")
        began = process_time()
        for end in range(2, len(chat), 2):
            if not shared:
                text_pieces.cached.cache_clear()
                pipeline = MessagePipeline(mode="strict")
            pipeline.run(chat[:end])
        seconds.append(process_time() - began)
    return (
        f"{len(chat) // 2} turns of one chat: {seconds[0] * 1e3:.0f} ms with one pipeline, "
        f"{seconds[1] * 1e3:.0f} ms with a new one each"
    )


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("samples", type=Path)
    cli.add_argument("--recipe", action="append", choices=builtin_recipes())
    cli.add_argument("--mode", default="strict", choices=("strict", "aggressive"))
    cli.add_argument("--files", action="store_true", help="one row for each sample")
    args = cli.parse_args()
    files = [args.samples / entry["file"] for entry in json.loads((args.samples / "INDEX.json").read_text())]
    chats = {file: conversation(file) for file in files}
    load_encoding("o200k_base")
    MessagePipeline(mode=args.mode).run(chats[files[0]])  # loads what is loaded once
    broken = 0
    print(f"{'recipe':14} {'folder':8} {'chats':>5} {'tokens':>8} {'after':>8} {'saved':>6} {'ms/10k':>7} {'worst':>7}")
    for recipe in args.recipe or builtin_recipes():
        totals: dict[str, Counter[str]] = defaultdict(Counter)
        times: dict[str, list[float]] = defaultdict(list)
        for file, chat in chats.items():
            before = json.dumps(chat)
            elapsed = float("inf")
            for _ in range(3):
                pipeline = MessagePipeline(recipe, mode=args.mode)
                forget()
                began = process_time()
                result = pipeline.run(chat)
                elapsed = min(elapsed, process_time() - began)
            problems = violations(chat, result.messages)
            if result.tokens_after > result.tokens_raw:
                problems.append("longer than the input")
            if json.dumps(chat) != before:
                problems.append("the caller's messages were edited")
            for problem in problems:
                broken += 1
                print(f"VIOLATION {recipe} {file.name}: {problem}")
            speed = elapsed * 1e7 / max(1, result.tokens_raw)
            if args.files:
                print(f"  {file.parent.name}/{file.name:40} {result.tokens_raw:8} {result.tokens_after:8} {speed:7.1f}")
            for folder in (file.parent.name, "ALL"):
                totals[folder].update(n=1, raw=result.tokens_raw, after=result.tokens_after)
                if result.tokens_raw >= 1000:
                    times[folder].append(speed)
        for folder, total in totals.items():
            speeds = f"{statistics.median(times[folder]):7.1f} {max(times[folder]):7.1f}"
            saved = 100 * (1 - total["after"] / total["raw"])
            print(f"{recipe:14} {folder:8} {total['n']:5} {total['raw']:8} {total['after']:8} {saved:5.1f}% {speeds}")
    chat = max(chats.values(), key=lambda chat: len(json.dumps(chat)))
    print(count_cache(chat), turns(list(chats.values())), sep="\n")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
