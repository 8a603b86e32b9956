"""Memory over many calls, and times under 32 callers at once.

    python benchmarks/bench_memory.py [--calls 100000] [--callers 32] [--out benchmarks/results/concurrency.md]

Every call has texts that no other has: sentences of the Python language reference, which every CPython carries, with
words, names and numbers that are drawn anew, as prose, JSON, code, a log, a table, a page, and a chat in turn. What a
cache keeps for ever shows as memory that grows with the calls. Memory is the resident size of the process, read after
each tenth of the calls, garbage collected first.

Then the callers: threads of one process on one shared `laconic.Compressor`, and connections to one `laconic serve`;
each asks again as soon as it is answered. Ten passages of 150 tokens a call, ``max_tokens=400``.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from pydoc_data.topics import topics
from time import perf_counter

import laconic
from laconic._utils.remembered import caches
from laconic.messages import MessagePipeline

SENTENCES = [
    sentence
    for name in sorted(topics)
    for sentence in re.split(r"(?<=\.)\s+", " ".join(topics[name].split()))
    if 40 < len(sentence) < 300
]
QUESTION = "Which {} are raised when {} fails, and what does it return?"
PARTS = 10  # readings of memory


class Texts:
    """Texts of which no two are alike."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)  # noqa: S311 - not for secrets

    def word(self) -> str:
        """Four to twelve letters."""
        return "".join(self.draw.choices("aeioubdfgklmnprst", k=self.draw.randint(4, 12)))

    def prose(self, sentences: int = 3) -> str:
        """Sentences, each with words behind it."""
        return " ".join(f"{each} See {self.word()} {self.word()}." for each in self.draw.sample(SENTENCES, sentences))

    def question(self) -> str:
        """With two names in it."""
        return QUESTION.format(self.word(), self.word())

    def json(self) -> str:
        """Records."""
        rows = [{"id": self.draw.randint(0, 10**9), self.word(): self.word(), "note": self.word()} for _ in range(5)]
        return json.dumps(rows)

    def code(self) -> str:
        """Functions."""
        return "".join(f"def {self.word()}({self.word()}):\n    return {self.word()}()\n\n\n" for _ in range(4))

    def log(self) -> str:
        """Lines."""
        return "".join(
            f"2024-05-01 10:{at:02}:{self.draw.randint(10, 59)} INFO {self.word()}: request {self.word()} took "
            f"{self.draw.randint(1, 10**6)} ms\n"
            for at in range(6)
        )

    def table(self) -> str:
        """Rows."""
        return "name,amount,place\n" + "".join(
            f"{self.word()},{self.draw.randint(0, 10**6)},{self.word()}\n" for _ in range(8)
        )

    def page(self) -> str:
        """Paragraphs."""
        return f"<html><body>{''.join(f'<p>{self.prose(1)}</p>' for _ in range(2))}</body></html>"


def works(texts: Texts) -> list[Callable[[], object]]:
    """A call of each sort, each time with new texts."""
    engine, pipeline = laconic.Compressor(max_tokens=40), MessagePipeline(mode="aggressive")

    def compress(make: Callable[[], str]) -> Callable[[], object]:
        return lambda: engine.compress(make(), texts.question())

    def chat() -> object:
        said = [{"role": "user", "content": texts.prose(2)}, {"role": "tool", "content": texts.json()}]
        return pipeline.run([*said, {"role": "user", "content": texts.question()}])

    return [
        *(compress(make) for make in (texts.prose, texts.json, texts.code, texts.log, texts.table, texts.page)),
        chat,
    ]


def resident() -> float:
    """Megabytes of this process."""
    found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def memory(calls: int) -> Iterator[tuple[int, float, int]]:
    """Calls so far, megabytes, entries of all caches."""
    made = works(Texts(0))
    yield 0, resident(), sum(caches().values())
    for at in range(1, calls + 1):
        made[at % len(made)]()
        if at % (calls // PARTS) == 0 or at in (calls // 100, calls // 20):
            gc.collect()
            yield at, resident(), sum(caches().values())
    laconic.clear_caches()
    gc.collect()
    yield -1, resident(), sum(caches().values())


def passages(texts: Texts) -> list[str]:
    return [texts.prose(4) for _ in range(10)]


def percentiles(times: list[float]) -> str:
    cuts = statistics.quantiles(times, n=100)
    return f"{cuts[49]:.1f} | {cuts[98]:.1f} | {max(times):.1f}"


def threads(callers: int, each: int) -> tuple[list[float], float]:
    """Milliseconds of each call on one shared instance, and calls a second."""
    engine, times = laconic.Compressor(max_tokens=400), []
    given = [[(passages(texts), texts.question()) for _ in range(each)] for texts in map(Texts, range(1, callers + 1))]
    start = threading.Barrier(callers)

    def work(own: list[tuple[list[str], str]]) -> None:
        start.wait()
        for found, question in own:
            began = perf_counter()
            engine.compress(found, question)
            times.append((perf_counter() - began) * 1000)

    workers = [threading.Thread(target=work, args=(own,)) for own in given]
    began = perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return times, len(times) / (perf_counter() - began)


async def requests(url: str, callers: int, each: int) -> tuple[list[float], float, int]:
    """Milliseconds of each answered request, answers a second, and how many were refused as too many."""
    import httpx

    times: list[float] = []
    refused = 0
    limits = httpx.Limits(max_connections=callers)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits, trust_env=False) as client:

        async def work(texts: Texts) -> None:
            nonlocal refused
            given = [{"passages": passages(texts), "query": texts.question(), "max_tokens": 400} for _ in range(each)]
            for body in given:
                began = perf_counter()
                answer = await client.post("/compress", json=body)
                if answer.status_code == 200:
                    times.append((perf_counter() - began) * 1000)
                else:
                    refused += 1

        began = perf_counter()
        await asyncio.gather(*(work(Texts(seed)) for seed in range(1, callers + 1)))
        return times, len(times) / (perf_counter() - began), refused


def served(callers: int, each: int) -> tuple[list[float], float, int]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.py").write_text("x = 1\n")
        command = [sys.executable, "-m", "laconic.cli", "serve", "--project", folder, "--port", "0", "--no-watch"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            url = next(found.group() for line in process.stderr if (found := re.search(r"http://\S+", line)))
            return asyncio.run(requests(url.rstrip("/"), callers, each))
        finally:
            process.terminate()
            process.wait()


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--calls", type=int, default=100_000)
    cli.add_argument("--callers", type=int, default=32)
    cli.add_argument("--each", type=int, default=20, help="calls of each caller")
    cli.add_argument("--only", choices=("memory", "callers"))
    options = cli.parse_args()
    if options.only != "callers":
        print("| calls | MB | entries in caches |\n|---|---|---|", flush=True)
        for calls, size, entries in memory(options.calls):
            name = f"{calls:,}" if calls >= 0 else "after `clear_caches()`"
            print(f"| {name} | {size:.0f} | {entries:,} |", flush=True)
    if options.only != "memory":
        print(
            "\n| callers | through | p50 ms | p99 ms | longest ms | calls/s | refused |\n|---|---|---|---|---|---|---|"
        )
        for callers in (1, options.callers):
            times, rate = threads(callers, options.each)
            print(f"| {callers} | threads, one `Compressor` | {percentiles(times)} | {rate:.0f} | 0 |", flush=True)
            times, rate, refused = served(callers, options.each)
            print(f"| {callers} | HTTP, `POST /compress` | {percentiles(times)} | {rate:.0f} | {refused} |", flush=True)


if __name__ == "__main__":
    main()
