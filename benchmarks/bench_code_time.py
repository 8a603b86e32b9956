"""Time of HASTE and of the levels of detail, beside one parse and one token count of the same file.

    python benchmarks/bench_code_time.py

Files: modules of the standard library of about a thousand lines. Every first question meets text that was never parsed
(a comment with a number is appended); the second question asks something else of the same text. Processor time,
medians of 15 rounds; ratios are of times taken in the same round, so that a busy machine slows both alike.
"""

from __future__ import annotations

import statistics
import sysconfig
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from laconic.kinds.code.parse import ParsedCode
from laconic.lod import LODExtractor
from laconic.optimizer import HasteOptimizer
from laconic.tokens import counter_for, load_encoding

FILES = ("email/message.py", "http/cookiejar.py", "asyncio/base_events.py", "smtplib.py", "imaplib.py", "zipfile.py")
QUESTIONS = ("close the connection after an error", "read the header and decode its value")
ROUNDS = 15


def clock(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


def measure(source: str, name: str, number: int, optimizer: HasteOptimizer, count: Callable[[str], int]) -> list[float]:
    """Milliseconds of parse and count, of the first and the second question, and of LOD 2."""
    text = f"{source}\n# {number}\n"
    return [
        clock(lambda: (ParsedCode(text, "python"), count(text))),
        *(clock(partial(optimizer.optimize, text, query=question, file_path=name)) for question in QUESTIONS),
        clock(lambda: LODExtractor().extract(text + "#", 2, name)),
    ]


def main() -> None:
    folder = Path(sysconfig.get_path("stdlib"))
    count = counter_for("gpt-4o").count
    optimizer = HasteOptimizer()
    load_encoding("o200k_base")  # built in any program that runs for long
    print("| file | lines | parse + count ms | first question | second question | LOD 2 |\n|---|---|---|---|---|---|")
    for name in FILES:
        if not (folder / name).exists():
            continue
        source = (folder / name).read_text(encoding="utf-8")
        rows = [measure(source, name, number, optimizer, count) for number in range(ROUNDS)]
        base, first, second, level = (statistics.median(column) for column in zip(*rows, strict=True))
        ratio = [statistics.median(row[at] / row[0] for row in rows) for at in (1, 2)]
        lines = source.count("\n")
        print(
            f"| {name} | {lines} | {base:.1f} | {first:.1f} ms, {ratio[0]:.1f}x | {second:.1f} ms, {ratio[1]:.1f}x "
            f"| {level:.1f} ms |"
        )


if __name__ == "__main__":
    main()
