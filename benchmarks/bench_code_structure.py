"""Cutting of real files: whether what is left parses.

    python benchmarks/bench_code_structure.py --data <folder with commit.jsonl.gz, doc.jsonl.gz, repo_blobs.jsonl.gz>
        [--headers <folder of C++ headers>] [--rounds 2]

Of every distinct file that parses, random subsets of statements, lines and definitions (seed 0), each with and without
marks; `failures` counts outputs that do not parse.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path

from laconic.kinds.code.compose import Marks, compose
from laconic.kinds.code.detect import detect_language
from laconic.kinds.code.parse import ParsedCode, ParseTimeoutError, parses_clean
from laconic.kinds.code.prune import prune
from laconic.kinds.code.units import outline


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--headers", type=Path)
    arguments.add_argument("--rounds", type=int, default=2)
    options = arguments.parse_args()
    files = sorted(set(sources(options.data)))
    if options.headers:
        paths = sorted(options.headers.glob("**/*.h"))
        files += [(str(path), "cpp", path.read_text("utf-8", "replace")) for path in paths]
    fuzz(files, options.rounds)


def sources(folder: Path) -> Iterator[tuple[str, str, str]]:
    """``(path, language, text)`` of the files of all tasks."""
    for kind in ("commit", "doc"):
        with gzip.open(folder / f"{kind}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                task = json.loads(line)
                yield task["path"], "tsx" if task["path"].endswith(".tsx") else task["lang"], task["source"]
    with gzip.open(folder / "repo.jsonl.gz", "rt", encoding="utf-8") as lines:
        paths = {blob: path for line in lines for path, blob in json.loads(line)["manifest"].items()}
    with gzip.open(folder / "repo_blobs.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            blob = json.loads(line)
            language = detect_language(path=paths.get(blob["sha"]), text=blob["text"])
            if language:
                yield paths[blob["sha"]], language, blob["text"]


def fuzz(files: list[tuple[str, str, str]], rounds: int) -> None:
    choose = random.Random(0)  # noqa: S311 - a fixed seed
    counts: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0, 0])
    for _, language, text in files:
        try:
            parsed = ParsedCode(text, language)
        except ParseTimeoutError:
            continue
        if not parsed.clean or len(text) > 100_000:
            continue
        counts[language][0] += 1
        for _ in range(rounds):
            edits = prune(parsed, selection(parsed, choose), [(0, len(parsed.data))])
            for marks in (Marks.NONE, Marks.ALL):
                counts[language][1] += 1
                counts[language][2] += not parses_clean(compose(parsed, edits, marks).text, language)
    print("| language | files that parse | outputs | failures |\n|---|---|---|---|")
    for language, row in sorted(counts.items()):
        print(f"| {language} | {row[0]} | {row[1]} | {row[2]} |")
    print(f"| all | {' | '.join(str(sum(row[at] for row in counts.values())) for at in range(3))} |")


def selection(parsed: ParsedCode, choose: random.Random) -> list[tuple[int, int]]:
    """Statements, lines or definitions, a few or nearly all of them."""
    share = choose.choice((0.02, 0.1, 0.3, 0.6, 0.9))
    what = choose.random()
    if what < 0.6:
        # Long statements hold the short ones; taken as often as those they would be everything.
        return [s for s in statements(parsed) if choose.random() < share * (1 if s[1] - s[0] < 400 else 0.1)]
    if what < 0.8:
        ends = [at for at, byte in enumerate(parsed.data) if byte == 10]
        return [span for span in zip([0, *ends], ends, strict=False) if choose.random() < share]
    return [(unit.start, unit.end) for unit in outline(parsed).units if choose.random() < share]


def statements(parsed: ParsedCode) -> list[tuple[int, int]]:
    """Every named child of a list-like node."""
    found, stack = [], [parsed.root]
    while stack:
        node = stack.pop()
        for child in node.children:
            if child.is_named and node.type in parsed.language.lists:
                found.append((child.start_byte, child.end_byte))
            if child.child_count:
                stack.append(child)
    return found


if __name__ == "__main__":
    main()
