"""What the proxy adds to a request's time, beside forwarding alone.

    python benchmarks/bench_proxy.py [--rounds 15]

A provider that answers at once, the proxy and the client are three processes on one machine. Requests are chats of an
agent that has read files of this repository, one tool result each; every body has files that no other has. The columns:

- direct: to the provider;
- forwarded: through the proxy to a path that it does not read (bytes in, bytes out);
- counted: as a chat below the threshold (``--threshold`` out of reach): read, counted, and forwarded as it came;
- new: compressed by the default recipe, texts that the proxy sees for the first time;
- again: the same body once more, as a chat's history comes again with every turn.

Milliseconds from the request to the end of a short answer, medians; ``kept`` is the share of tokens that went on. Then
32 clients at once, each with a connection of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter

import httpx

from laconic.tokens import counter_for

ROOT = Path(__file__).resolve().parent.parent
CHAT = "/v1/chat/completions"
CLIENTS = 32
SIZES = (1_000, 5_000, 10_000, 40_000)

PROVIDER = """
import sys
from laconic.servers.guard import Limits, answer_json
from laconic.servers.listening import listen
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for kind in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{kind}.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    await answer_json(send, 200, {"choices": []})
listen(app, "127.0.0.1", 0, limits=Limits(), ready=lambda url: print(url, file=sys.stderr, flush=True))
"""


@contextmanager
def running(*command: str) -> Iterator[str]:
    """The address of a server in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    process = subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, text=True, env=clean)
    try:
        assert process.stderr is not None
        yield next(found.group() for line in process.stderr if (found := re.search(r"http://\S+", line)))
    finally:
        process.terminate()
        process.wait()


def proxy(upstream: str, *options: str) -> tuple[str, ...]:
    return ("-m", "laconic.cli", "serve", "--upstream", upstream, "--port", "0", *options)


def bodies(tokens: int, files: Iterator[str]) -> Iterator[bytes]:
    """Chats of about so many tokens; ends with the files."""
    count = counter_for("gpt-4o").count
    while True:
        messages = [{"role": "system", "content": "You answer questions about this repository."}]
        left = tokens
        while left > 0:
            text = next(files, None)
            if text is None:
                return
            text = text[: 4 * left]
            left -= count(text)
            call = f"call_{len(messages)}"
            function = {"name": "read", "arguments": "{}"}
            messages += [
                {"role": "assistant", "tool_calls": [{"id": call, "type": "function", "function": function}]},
                {"role": "tool", "tool_call_id": call, "content": text},
            ]
        messages.append({"role": "user", "content": "Where is the budget filled, and what is it never allowed to do?"})
        yield json.dumps({"model": "gpt-4o", "messages": messages}).encode()


def sources() -> Iterator[str]:
    """Files that an agent would read, one after another: each folder's in turn, so that sizes get all kinds."""
    found = [*ROOT.glob("engine/**/*.py"), *ROOT.glob("docs/*.md"), *ROOT.glob("tests/*.py"), *ROOT.glob("*.md")]
    for path in sorted(found, key=lambda path: (path.stem, path)):
        yield path.read_text(encoding="utf-8")


def timed(client: httpx.Client, path: str, body: bytes) -> tuple[float, httpx.Headers]:
    began = perf_counter()
    answer = client.post(path, content=body)
    answer.raise_for_status()
    assert "x-laconic-fallback" not in answer.headers
    return (perf_counter() - began) * 1000, answer.headers


async def crowd(url: str, path: str, sent: list[bytes]) -> tuple[float, list[float]]:
    """Seconds until all have their answers, and the milliseconds of each."""

    async def one(client: httpx.AsyncClient, body: bytes) -> float:
        began = perf_counter()
        answer = await client.post(path, content=body)
        answer.raise_for_status()
        assert "x-laconic-fallback" not in answer.headers
        return (perf_counter() - began) * 1000

    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        began = perf_counter()
        times = await asyncio.gather(*(one(client, body) for body in sent))
        return perf_counter() - began, times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with ExitStack() as stack:
        provider = stack.enter_context(running("-c", PROVIDER))
        compressing = stack.enter_context(running(*proxy(provider, "--mode", "strict")))
        counting = stack.enter_context(running(*proxy(provider, "--threshold", "1000000000")))
        direct, ours, only = (
            stack.enter_context(httpx.Client(base_url=url, timeout=60)) for url in (provider, compressing, counting)
        )
        ways = {"direct": (direct, CHAT), "forwarded": (ours, "/v1/other"), "counted": (only, CHAT),
                "new": (ours, CHAT), "again": (ours, CHAT)}  # fmt: skip
        print("| tokens | KiB | rounds |", " | ".join(ways), "| kept |")
        print("|---" * (len(ways) + 4) + "|")
        files = sources()
        for size in SIZES:
            times: dict[str, list[float]] = {way: [] for way in ways}
            kept, lengths = [], []
            for body in itertools.islice(bodies(size, files), max(3, rounds * 5_000 // max(size, 5_000))):
                for way, (client, path) in ways.items():
                    took, headers = timed(client, path, body)
                    times[way].append(took)
                kept.append(int(headers["x-laconic-tokens-after"]) / int(headers["x-laconic-tokens-before"]))
                lengths.append(len(body) / 1024)
            medians = " | ".join(f"{statistics.median(each):.1f}" for each in times.values())
            print(
                f"| {size:,} | {statistics.mean(lengths):.0f} | {len(kept)} | {medians} | {statistics.mean(kept):.2f} |"
            )
        sent = list(itertools.islice(bodies(5_000, files), CLIENTS))
        print(f"\n{len(sent)} clients at once, 5,000 tokens each:\n")
        print("| | requests/s | median ms | slowest ms |")
        print("|---|---|---|---|")
        for way, (client, path) in ways.items():
            seconds, each = asyncio.run(crowd(str(client.base_url), path, sent))
            print(f"| {way} | {len(sent) / seconds:.0f} | {statistics.median(each):.0f} | {max(each):.0f} |")


if __name__ == "__main__":
    main()
