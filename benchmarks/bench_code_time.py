"""Time of HASTE and of the levels of detail, beside one parse and one token count of the same file.

    python benchmarks/bench_code_time.py

Files: modules of the standard library of about a thousand lines. Every first question meets text that was never parsed
(a comment with a number is appended); the second question asks something else of the same text. Medians of 15 rounds on
one core; ratios are of times taken in the same round, so that a busy machine slows both alike.
"""

from __future__ import annotations

import statistics
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

from laconic.lod import LODExtractor
from laconic.optimizer import HasteOptimizer
from laconic.segment.code.parse import ParsedCode
from laconic.tokens import counter_for

FILES = ("email/message.py", "http/cookiejar.py", "asyncio/base_events.py", "smtplib.py", "imaplib.py", "zipfile.py")
QUESTIONS = ("close the connection after an error", "read the header and decode its value")
ROUNDS = 15


def clock(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def main() -> None:
    folder = Path(sysconfig.get_path("stdlib"))
    count = counter_for("gpt-4o").count
    optimizer = HasteOptimizer()
    count("warm")
    print("| file | lines | parse + count ms | first question | second question | LOD 2 |\n|---|---|---|---|---|---|")
    for name in FILES:
        if not (folder / name).exists():
            continue
        source = (folder / name).read_text(encoding="utf-8")
        rows = []
        for number in range(ROUNDS):
            text = f"{source}\n# {number}\n"
            base = clock(lambda text=text: (ParsedCode(text, "python"), count(text)))  # type: ignore[misc]
            asked = [
                clock(lambda text=text, q=question: optimizer.optimize(text, query=q, file_path=name))  # type: ignore[misc]
                for question in QUESTIONS
            ]
            level = clock(lambda text=text: LODExtractor().extract(text + "#", 2, name))  # type: ignore[misc]
            rows.append((base, asked[0], asked[1], level))
        base, first, second, level = (statistics.median(column) for column in zip(*rows, strict=True))
        ratio = [statistics.median(row[at] / row[0] for row in rows) for at in (1, 2)]
        lines = source.count("\n")
        print(
            f"| {name} | {lines} | {base:.1f} | {first:.1f} ms, {ratio[0]:.1f}x | {second:.1f} ms, {ratio[1]:.1f}x "
            f"| {level:.1f} ms |"
        )


if __name__ == "__main__":
    main()
