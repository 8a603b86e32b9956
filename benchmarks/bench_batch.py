"""A million passages through `laconic.batch`: memory, two kills, one and two processes, equal output.

    python benchmarks/bench_batch.py [--passages 1000000] [--folder FOLDER]

Records of ten passages each are sentences of the Python language reference (which every CPython carries), drawn with a
seed. One run goes through without a stop; another is killed (SIGKILL, the whole process group) after a third and after
two thirds of its shards and goes on each time. Both outputs are hashed. Memory is the largest sum of the resident sizes
of the batch's processes in each tenth of the run: flat means that it does not depend on how much is done.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from pydoc_data.topics import topics

SHARD = 500
SCRIPT = """
import sys
from laconic.batch import compress_files
if __name__ == "__main__":
    report = compress_files(sys.argv[1], sys.argv[2], workers=int(sys.argv[3]), shard_records=500, max_tokens=120)
    print(report.records, report.failed, report.resumed)
"""


def write_records(path: Path, passages: int) -> None:
    draw = random.Random(0)  # noqa: S311 - not for secrets
    sentences = [
        sentence
        for name in sorted(topics)
        for sentence in re.split(r"(?<=\.)\s+", " ".join(topics[name].split()))
        if 40 < len(sentence) < 400
    ]
    names = sorted(topics)
    with path.open("w", encoding="utf-8") as file:
        for at in range(passages // 10):
            own = [" ".join(draw.sample(sentences, 2)) for _ in range(10)]
            record = {"id": at, "query": f"What is said of {draw.choice(names)}?", "passages": own}
            file.write(json.dumps(record) + "\n")


def resident(group: int) -> int:
    """Bytes of memory of all processes of a group, shared pages counted by each."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return total


def run(source: Path, out: Path, workers: int, stop_at: int | None = None) -> tuple[float, list[tuple[int, int]]]:
    """Seconds, and (finished shards, bytes) twice a second; killed when so many shards are there."""
    script = out.with_suffix(".py")
    script.write_text(SCRIPT, encoding="utf-8")
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, script, source, out, str(workers)], start_new_session=True)
    seen = []
    while process.poll() is None:
        shards = len(list(out.glob("part-*.jsonl")))
        seen.append((shards, resident(process.pid)))
        if stop_at is not None and shards >= stop_at:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            break
        time.sleep(0.5)
    return time.monotonic() - began, seen


def digest(out: Path) -> tuple[str, int, bool]:
    """Hash of the output, its records, and whether each stands once and in order."""
    found, number, in_order = hashlib.sha256(), 0, True
    for part in sorted(out.glob("part-*.jsonl")):
        with part.open("rb") as lines:
            for line in lines:
                found.update(line)
                in_order = in_order and json.loads(line)["id"] == number
                number += 1
    return found.hexdigest()[:16], number, in_order


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp())
    source = folder / "records.jsonl"
    write_records(source, options.passages)
    shards = -(-options.passages // 10 // SHARD)
    seconds, seen = run(source, folder / "whole", 2)
    print(f"{options.passages} passages, {shards} shards, 2 processes: {seconds:.0f} s")
    tenths = [
        max((size for done, size in seen if done * 10 // shards == tenth), default=0) >> 20 for tenth in range(10)
    ]
    print(f"memory in MiB, largest in each tenth: {tenths}")
    for stop in (shards // 3, 2 * shards // 3, None):
        run(source, folder / "killed", 2, stop)
    for name in ("whole", "killed"):
        print(name, *digest(folder / name))
    small = folder / "small.jsonl"
    write_records(small, max(10_000, options.passages // 20))
    one, two = run(small, folder / "one", 1)[0], run(small, folder / "two", 2)[0]
    print(f"a twentieth: 1 process {one:.1f} s, 2 processes {two:.1f} s, ratio {two / one:.2f}")


if __name__ == "__main__":
    main()
