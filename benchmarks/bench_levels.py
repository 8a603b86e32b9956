"""Levels of detail on real files: ratios by language, empty levels, what parses, processor time.

    python benchmarks/bench_levels.py --data <folder with commit.jsonl.gz, doc.jsonl.gz, repo.jsonl.gz,
        repo_blobs.jsonl.gz> [--most 150]

Files: the standard library of the running Python without its tests, and of every other language the distinct files of
the tasks, `--most` of them chosen with seed 0. Ratios are medians of the files of 7,000 to 18,000 characters, as in the
table of SourcePrep; everything else is of all files.

`gave way` counts levels that came back as one above them, as they would have been longer; `empty`, levels without a
word of files that have some; `unparsed`, levels 1-3 of files that parse, which do not.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sysconfig
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench_code_structure import sources

from laconic.kinds.code.parse import ParsedCode, ParseTimeoutError, parses_clean
from laconic.lod.levels import LEVELS, FileLevels

SEED_RATIOS = ("1", "1.1-1.3", "1.3-2.6", "2.6", "8-14", "50-140")
LARGEST = 300_000


@dataclass
class Found:
    """What was measured of a language."""

    ratios: list[list[float]] = field(default_factory=lambda: [[] for _ in range(LEVELS)])
    milliseconds: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--most", type=int, default=150)
    options = arguments.parse_args()
    results: dict[str, Found] = defaultdict(Found)
    for path, text in library():
        measure(path, "python", text, results["python, standard library"])
    by_language: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for each in sorted(set(sources(options.data))):
        by_language[each[1]].append(each)
    for language, files in sorted(by_language.items()):
        random.Random(0).shuffle(files)  # noqa: S311 - a fixed seed
        for path, _, text in files[: options.most]:
            measure(path, language, text, results[language])
    report(results)


def library() -> Iterator[tuple[str, str]]:
    folder = Path(sysconfig.get_path("stdlib"))
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).parts
        if not {"site-packages", "test", "tests", "idle_test", "__pycache__"} & set(parts):
            yield "/".join(parts), path.read_text("utf-8", "replace")


def measure(path: str, language: str, text: str, found: Found) -> None:
    if len(text) > LARGEST or not text.strip():
        return
    try:
        clean = ParsedCode(text, language).clean
    except ParseTimeoutError:
        return
    began = time.process_time()
    file = FileLevels(text, path, language)
    pieces = [file.piece(level) for level in range(LEVELS)]
    found.milliseconds.append((time.process_time() - began) * 1000)
    found.counts["files"] += 1
    found.counts["clean"] += clean
    for level, piece in enumerate(pieces):
        if 7_000 <= len(text) <= 18_000:
            found.ratios[level].append(piece.compression_ratio)
        found.counts["empty"] += not piece.text.strip()
        found.counts["gave way"] += piece.lod != level
        found.counts["unparsed"] += clean and 1 <= level <= 3 and not parses_clean(piece.text, language)
        found.counts["longer"] += level > 0 and piece.output_chars > pieces[level - 1].output_chars
    found.counts["5 not below 4"] += len(text) >= 2_000 and pieces[5].output_chars >= pieces[4].output_chars


def report(results: dict[str, Found]) -> None:
    print(
        "Median ratios of files of 7,000-18,000 characters; milliseconds of all six levels together, with the parse.\n"
    )
    print("| language | files | 1 | 2 | 3 | 4 | 5 | ms, median | ms, 95 % |\n|---|---|---|---|---|---|---|---|---|")
    print(f"| SourcePrep | | {' | '.join(SEED_RATIOS[1:])} | <10 a level | |")
    for name, found in results.items():
        ratios = [f"{statistics.median(own):.2f}" if own else "-" for own in found.ratios[1:]]
        slow = statistics.quantiles(found.milliseconds, n=20)[-1]
        middle = statistics.median(found.milliseconds)
        print(f"| {name} | {len(found.ratios[0])} | {' | '.join(ratios)} | {middle:.1f} | {slow:.1f} |")
    every = [[ratio for found in results.values() for ratio in found.ratios[level]] for level in range(LEVELS)]
    print(f"| all | {len(every[0])} | {' | '.join(f'{statistics.median(own):.2f}' for own in every[1:])} | | |")
    names = ("files", "clean", "unparsed", "empty", "longer", "5 not below 4", "gave way")
    print(f"\n| language | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for name, found in results.items():
        print(f"| {name} | {' | '.join(str(found.counts[each]) for each in names)} |")
    total = sum((found.counts for found in results.values()), Counter[str]())
    print(f"| all | {' | '.join(str(total[each]) for each in names)} |")


if __name__ == "__main__":
    main()
