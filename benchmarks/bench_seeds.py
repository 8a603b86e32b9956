"""Milliseconds of every engine for 10,000 tokens of every kind, and what the systems claim of their own speed.

    python bench_seeds.py DATA

DATA holds ``samples/json``, ``samples/logs``, ``samples/docs`` and ``qa/dev/nq.jsonl.gz``; the code is the standard
library's ``tarfile.py``. Each time is the processor time of the best of seven calls, each with a text that was not seen
before (a number in its first line differs), after one call to load what is loaded once. ``-`` stands where an engine is
not for that kind.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from time import perf_counter, process_time, time

import laconic
from laconic.compressor import ScaleDownCompressor
from laconic.lod import LODExtractor
from laconic.messages import HeuristicEngine, MessagePipeline, Telemetry, compact_history
from laconic.messages.counts import CachedCounter
from laconic.messages.telemetry import Call
from laconic.optimizer import HasteOptimizer, SemanticOptimizer
from laconic.tokens import counter_for

TOKENS = 10_000
COUNTER = counter_for("gpt-4o")
QUESTION = "Which of them failed in 2019, and why?"
_FRESH = count(1000)


def texts_of(data: Path) -> dict[str, Callable[[], str]]:
    """For each kind what makes a new text of about 10,000 tokens."""
    with gzip.open(data / "qa/dev/nq.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    prose = _first(["\n\n".join(passage["text"] for passage in row["passages"]) for row in rows], "\n\n")
    docs = _first((data / "samples/docs/ripgrep_GUIDE.md").read_text(encoding="utf-8").splitlines(), "\n")
    log = _first((data / "samples/logs/Apache.log").read_text(encoding="utf-8", errors="replace").splitlines(), "\n")
    code = _first(Path(tarfile.__file__).read_text(encoding="utf-8").splitlines(), "\n")
    found = json.loads((data / "samples/json/orders.json").read_text(encoding="utf-8"))
    records = list(found.values()) if isinstance(found, dict) else found
    kept = _first([json.dumps(record, indent=1) for record in records], ",\n")
    return {
        "prose": lambda: f"Number {next(_FRESH)}.\n\n{prose}",
        "Markdown": lambda: f"Number {next(_FRESH)}.\n\n{docs}",
        "code": lambda: f"# {next(_FRESH)}\n{code}",
        "JSON": lambda: f'[{{"number": {next(_FRESH)}}},\n{kept}\n]',
        "log": lambda: f"{log}\n{next(_FRESH)}",
    }


def _first(parts: list[str], join: str) -> str:
    """As many of the first parts as come to the tokens."""
    total, kept = 0, []
    for part in parts:
        total += COUNTER.count(part) + 1
        if total > TOKENS:
            break
        kept.append(part)
    return join.join(kept)


def engines() -> dict[str, tuple[Callable[[str, str], object], frozenset[str]]]:
    """Name to a call for a text and its kind, and the kinds that it is for; all where there are none."""
    haste, semantic = HasteOptimizer(), SemanticOptimizer(model_name="laconic-static")
    auto, strict = ScaleDownCompressor(), MessagePipeline(mode="strict", engine="heuristic")
    clean = HeuristicEngine(comments=True, flatten=True)
    kinds = {"prose": "text", "Markdown": "markdown", "code": "code", "JSON": "json", "log": "tool_result"}
    languages = {"code": "python", "JSON": "json", "log": "log"}

    def chat(text: str, kind: str) -> object:
        fenced = f"```python\n{text}\n```" if kind == "code" else text
        return strict.run([{"role": "user", "content": fenced}, {"role": "user", "content": QUESTION}])

    def history(text: str, kind: str) -> object:
        parts = [text[at : at + 500] for at in range(0, len(text), 500)]
        turns = [{"role": ("user", "assistant")[at % 2], "content": part} for at, part in enumerate(parts)]
        return compact_history([*turns, {"role": "user", "content": QUESTION}], TOKENS // 2)

    every: frozenset[str] = frozenset()
    return {
        "laconic.compress(rate=0.5)": (lambda text, _: laconic.compress(text, QUESTION, rate=0.5), every),
        "ScaleDownCompressor()": (lambda text, _: auto.compress(text, QUESTION), every),
        "HasteOptimizer()": (lambda text, _: haste.optimize(text, QUESTION, file_path="a.py"), frozenset(["code"])),
        "SemanticOptimizer(static)": (lambda text, _: semantic.optimize(text, QUESTION), every),
        "compress_context(0.5)": (lambda text, _: laconic.compress_context(text, QUESTION, 0.5), every),
        "LODExtractor, level 2": (lambda text, _: LODExtractor().extract(text, 2, "a.py"), frozenset(["code"])),
        "MessagePipeline(mode='strict')": (chat, every),
        "HeuristicEngine.clean": (lambda text, kind: clean.clean(text, kinds[kind], languages.get(kind)), every),
        "compact_history to a half": (history, frozenset(["prose"])),
    }


def best(call: Callable[[str], object], make: Callable[[], str], rounds: int = 7) -> float:
    """Least milliseconds of the processor for a call with a new text."""
    call(make())
    times = []
    for _ in range(rounds):
        text = make()
        began = process_time()
        call(text)
        times.append(process_time() - began)
    return min(times) * 1000


def claims() -> None:
    """What TokenPak claims of counting and telemetry."""
    cached = CachedCounter(COUNTER)
    text = " ".join(f"word{n}" for n in range(3000))
    plain = best(COUNTER.count, lambda: text)
    print(f"\n| count of {COUNTER.count(text):,} tokens again | plain {plain:.2f} ms | remembered ", end="")
    print(f"{best(cached.count, lambda: text):.3f} ms |")
    with tempfile.TemporaryDirectory() as folder:
        for batch in (1, 64):
            telemetry = Telemetry(Path(folder) / f"{batch}.sqlite", batch=batch, seconds=1e9)
            began = perf_counter()
            for _ in range(640):
                telemetry.record(Call(time(), "default", "strict", "heuristic", 10, 5, 1.0, ""))
            telemetry.flush()
            print(f"| a call noted in SQLite, {batch} at once | {(perf_counter() - began) / 640 * 1000:.3f} ms |")
    print(f"| SQLite | {sqlite3.sqlite_version} |")


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("data", type=Path)
    texts = texts_of(cli.parse_args().data)
    print("| engine | " + " | ".join(texts) + " |")
    print("|---|" + "---|" * len(texts))
    print("| tokens | " + " | ".join(f"{COUNTER.count(make()):,}" for make in texts.values()) + " |")
    print("| counting them once | " + " | ".join(f"{best(COUNTER.count, make):.1f}" for make in texts.values()) + " |")
    for name, (call, kinds) in engines().items():
        cells = []
        for kind, make in texts.items():
            if kinds and kind not in kinds:
                cells.append("-")
            else:
                cells.append(f"{best(lambda text, call=call, kind=kind: call(text, kind), make):.1f}")  # type: ignore[misc]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    claims()


if __name__ == "__main__":
    main()
