"""What the heuristic engine costs: milliseconds for 10,000 tokens of texts that it has not seen before.

    python benchmarks/bench_heuristics.py SAMPLES [--code CODE.jsonl.gz] [--files 10] [--repeats 7]

SAMPLES is the folder of `bench_messages.py`: white space, JSON and Markdown are measured on its files. CODE holds one
source file a line (``lang``, ``repo``, ``path``, ``source``): of each language the first FILES of a fixed shuffle, each
path once, are cleaned by the engine as it comes, which takes out comments that only instruct tools, and with every
comment taken out; the parse alone stands beside it, which no way through the parser can beat, and how many comments
there were. Processor time; of each file the least of REPEATS, summed over files.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from time import process_time

from laconic.kinds.code import parse as parsing
from laconic.kinds.json.tree import parse_json
from laconic.messages import HeuristicEngine
from laconic.messages.blocks import tool_result_kind
from laconic.messages.heuristics import flatten_markdown
from laconic.tokens import counter_for


def least(*calls: Callable[[], object], repeats: int) -> list[float]:
    """Milliseconds of the fastest run of each call, taken in turns, nothing being remembered from the runs before."""
    best = [float("inf")] * len(calls)
    for _ in range(repeats):
        for at, call in enumerate(calls):
            parsing.forget()
            parse_json.cache_clear()
            began = process_time()
            call()
            best[at] = min(best[at], (process_time() - began) * 1e3)
    return best


def texts(samples: Path, repeats: int) -> None:
    count = counter_for("gpt-4o").count
    engine = HeuristicEngine()
    totals: dict[str, list[float]] = {}
    for entry in json.loads((samples / "INDEX.json").read_text()):
        text = (samples / entry["file"]).read_text(encoding="utf-8", errors="replace")
        tokens = count(text)
        kind = tool_result_kind(text)
        measured = {"white space": lambda text=text, kind=kind: engine.clean(text, "tool_result", kind)}
        if kind == "json":
            measured = {"JSON": lambda text=text: engine.clean(text, "json")}
        elif entry["file"].endswith(".md"):
            measured["Markdown flattened"] = lambda text=text: flatten_markdown(text)
        for name, call in measured.items():
            total = totals.setdefault(name, [0, 0.0, 0.0, 0.0])
            (spent,) = least(call, repeats=repeats)
            total[0] += 1
            total[1] += tokens
            total[2] += spent
            total[3] = max(total[3], spent * 1e4 / tokens if tokens >= 1000 else 0.0)
    print("| text | files | ms/10k | worst file |\n|---|---|---|---|")
    for name, (files, tokens, spent, worst) in totals.items():
        print(f"| {name} | {files:.0f} | {spent * 1e4 / tokens:.2f} | {worst:.2f} |")


def code(path: Path, files: int, repeats: int) -> None:
    count = counter_for("gpt-4o").count
    default, engine = HeuristicEngine(), HeuristicEngine(comments=True)
    sources: dict[str, dict[tuple[str, str], str]] = {}
    with gzip.open(path, "rt") as lines:
        for row in map(json.loads, lines):
            sources.setdefault(row["lang"], {}).setdefault((row["repo"], row["path"]), row["source"])
    print("| language | tokens | comments | as it comes, ms/10k | parse alone | comments out | on top | tokens left |")
    print("|---|---|---|---|---|---|---|---|")
    for language, by_path in sorted(sources.items()):
        chosen = sorted(by_path.items())
        random.Random(1).shuffle(chosen)  # noqa: S311
        tokens = left = comments = 0
        usual = alone = whole = 0.0
        for _, source in chosen[:files]:
            tokens += count(source)
            data = source.encode() + b"\n"
            parsed = parsing.parse(source, language)
            comments += len(parsed.captures("query").get("comment", []))
            best = least(
                lambda source=source, language=language: default.clean(source, "code", language),
                lambda data=data, language=language: parsing.parse_bytes(data, language),
                lambda source=source, language=language: engine.clean(source, "code", language),
                repeats=repeats,
            )
            usual += best[0]
            alone += best[1]
            whole += best[2]
            left += count(engine.clean(source, "code", language))
        scale = 1e4 / tokens
        print(
            f"| {language} | {tokens:,} | {comments * scale:.0f} | {usual * scale:.2f} | {alone * scale:.2f} "
            f"| {whole * scale:.2f} | {(whole - alone) * scale:.2f} | {left / tokens:.0%} |"
        )


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("samples", type=Path)
    cli.add_argument("--code", type=Path)
    cli.add_argument("--files", type=int, default=10)
    cli.add_argument("--repeats", type=int, default=7)
    args = cli.parse_args()
    texts(args.samples, args.repeats)
    if args.code:
        code(args.code, args.files, args.repeats)


if __name__ == "__main__":
    main()
