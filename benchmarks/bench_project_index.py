r"""An index of the standard library: what it costs, how fast it is brought up to date, and whether it survives kills.

    PYTHONPATH=engine python benchmarks/bench_project_index.py
    PYTHONPATH=engine python benchmarks/bench_project_index.py --kills 20

Works on a copy of the running Python's standard library without its tests, site-packages and idlelib, in a temporary
folder. ``--root`` takes another tree. A build is measured in a process of its own, for its peak memory.

With ``--kills n``: n builds from nothing and n updates of a tenth of all files are each killed with SIGKILL at a random
time; after each the index has to open and to answer for every file that it names, and after all of them a build that is
not killed has to give what a fresh index gives.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from laconic.exceptions import ProjectIndexError
from laconic.project import ProjectIndex
from laconic.project.terms import query_words

LEFT_OUT = ("site-packages", "test", "tests", "idlelib", "__pycache__", "config-*", "*.so", "*.a", "lib-dynload")
QUESTION = "where is the base64 encoding of an e-mail's attachment decided"


def copy_of(root: Path, folder: Path) -> Path:
    place = folder / "tree"
    shutil.copytree(root, place, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
    for path in place.rglob("*"):
        if path.is_file():
            os.utime(path, (1_000_000_000, 1_000_000_000))
    return place


def timed(call, times: int) -> float:
    """Median of some calls, in milliseconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return median(taken) * 1000


def child(root: Path, path: Path) -> None:
    with ProjectIndex.build(root, path) as index:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        cpu = time.process_time()
        print(
            json.dumps(
                {"seconds": index.report.seconds, "cpu": cpu, "peak": peak, "skipped": len(index.report.skipped)}
            )
        )


def built(root: Path, path: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", str(root), str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def costs(root: Path, folder: Path) -> None:
    path = folder / "index.sqlite"
    source = sum(file.stat().st_size for file in root.rglob("*") if file.is_file())
    figures = built(root, path)
    again = built(root, path)
    with ProjectIndex.open(path) as index:
        sizes = index.statistics()
        print(f"files {sizes.files}, left out {figures['skipped']}, {source / 1e6:.1f} MB in the tree")
        print(f"definitions {sizes.symbols}, of which candidates {sizes.candidates}; edges between files {sizes.edges}")
        print(f"build {figures['seconds']:.1f} s ({figures['cpu']:.1f} s of CPU), peak memory {figures['peak']:.0f} MB")
        print(f"index {path.stat().st_size / 1e6:.1f} MB")
        print(f"update of nothing, process started for it: {again['seconds']:.3f} s, peak {again['peak']:.0f} MB")
        changed = root / "email" / "message.py" if (root / "email").exists() else root / index.files()[0].path
        taken = []
        for at in range(5):
            with changed.open("a", encoding="utf-8") as file:
                file.write(f"\n\ndef added_{at}(value):\n    return value\n")
            taken.append(index.update().seconds)
        print(f"update after one changed file ({changed.name}): {median(taken):.3f} s, at most {max(taken):.3f} s")
        print(f"update of nothing: {timed(index.update, 5) / 1000:.3f} s")

        def opened() -> None:
            with ProjectIndex.open(path) as other:
                other.file("os.py")

        paths = [file.path for file in index.files()]
        print(f"open and look up one file: {timed(opened, 20):.1f} ms")
        print(f"level 2 of a file: {timed(lambda: [index.level(each, 2) for each in paths], 3) / len(paths):.2f} ms")
        print(f"neighbours of a file: {timed(lambda: [index.neighbours(e) for e in paths], 3) / len(paths):.2f} ms")
        words = query_words(QUESTION)
        print(f"postings of {len(words)} words: {timed(lambda: index.postings(words), 20):.1f} ms")
        print(f"ten hubs: {timed(lambda: index.hubs(10), 20):.1f} ms: {', '.join(index.hubs(5))}")


def answers(path: Path) -> int:
    """Ask for everything of every file; the number of files."""
    with ProjectIndex.open(path) as index:
        files = index.files()
        for file in files:
            assert len(index.read(file.path)) == file.chars
            index.level(file.path, 5), index.symbols(file.path), index.neighbours(file.path)
        index.hubs(10), index.find("main"), index.postings(query_words(QUESTION))
        return len(files)


def contents(path: Path) -> object:
    """Everything in an index, without the numbers of its files."""
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        paths = dict(db.execute("SELECT id, path FROM files"))
        found = [
            sorted((paths[file], *rest) for file, *rest in db.execute(f"SELECT file, {columns} FROM {table}"))  # noqa: S608
            for table, columns in (
                ("texts", "lod, data"), ("symbols", "at, qualname, signature, doc"), ("mentions", "at, name, form"),
                ("postings", "term, count, in_path, places"), ("modules", "key, parts"),
            )
        ]  # fmt: skip
        edges = sorted((paths[one], paths[other], *rest) for one, other, *rest in db.execute("SELECT * FROM edges"))
    db.close()
    return [*found, edges]


def kills(root: Path, folder: Path, count: int, seconds: float) -> None:
    path, chance = folder / "killed.sqlite", random.Random(5)  # noqa: S311 - moments to kill at
    for kind in ("build", "update"):
        opened, counted = 0, []
        for trial in range(count):
            if kind == "build":
                for file in folder.glob("killed.sqlite*"):
                    file.unlink()
            else:
                ProjectIndex.build(root, path).close()
                for file in sorted(root.rglob("*.py"))[trial % 10 :: 10]:
                    with file.open("a", encoding="utf-8") as target:
                        target.write(f"\n\ndef added_{trial}(value):\n    return value\n")
            with subprocess.Popen(
                [sys.executable, __file__, "--child", str(root), str(path)], stdout=subprocess.DEVNULL
            ) as process:
                while not path.exists():
                    time.sleep(0.001)
                time.sleep(chance.uniform(0, seconds if kind == "build" else 0.15 * seconds))
                process.send_signal(signal.SIGKILL)
            try:
                counted.append(answers(path))
                opened += 1
            except ProjectIndexError as error:
                print(f"  {kind} {trial}: {error}")
        print(f"{kind}: {opened} of {count} opened and answered; files in the index: {min(counted)} to {max(counted)}")
    ProjectIndex.build(root, path).close()
    ProjectIndex.build(root, folder / "fresh.sqlite").close()
    print(f"finished index equals a fresh one: {contents(path) == contents(folder / 'fresh.sqlite')}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(os.__file__).parent)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--child", nargs=2, type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        child(*asked.child)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = copy_of(asked.root, folder)
        if asked.kills:
            kills(root, folder, asked.kills, built(root, folder / "timed.sqlite")["seconds"] + 0.5)
        else:
            costs(root, folder)


if __name__ == "__main__":
    main()
