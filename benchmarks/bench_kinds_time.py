"""Time of a whole call by kind of text and size, in counts of its tokens.

    python benchmarks/bench_kinds_time.py QA_FOLDER [--kinds prose,json] [--sizes 300,1000] [--against OTHER/engine]

QA_FOLDER holds files of questions and passages (``nq.jsonl.gz`` …; see `SOURCES`), code comes from the standard
library. A call of 300 or 1,000 tokens is one passage, a longer one is passages of 1,000; a quarter is kept. Texts that
there are too few of for 600,000 tokens come round again, as pages do that are retrieved twice.

Each kind and size is several calls; each is counted and compressed in turn, the least processor time of both over some
rounds is taken, and the ratio is that of the sums. Code has another comment at its end in every round, so that nothing
of it is remembered; its second question is asked of the text of the first. The last lines are fresh interpreters.
``--against`` measures two engines in turns, round by round, as a busy machine changes from minute to minute.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import os
import random
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import count as count_from
from itertools import cycle
from pathlib import Path

import laconic
from laconic.kinds.code.parse import ParsedCode
from laconic.tokens import counter_for

COUNTER = counter_for("gpt-4o")
ENCODE = COUNTER.encoding.encode_ordinary  # remembers nothing, as `COUNTER` does
SIZES = (300, 1_000, 3_000, 30_000, 600_000)
PASSAGE = 1_000  # tokens
SOURCES = {
    "prose": ("nq", "hotpotqa"),
    "json": ("taubench_tools",),
    "tables": ("wtq", "fetaqa"),
    "logs": ("loghub_alerts",),
    "chinese": ("ml_zh",),
    "hindi": ("ml_hi",),
}
MODULES = ("email/message.py", "http/cookiejar.py", "asyncio/base_events.py", "smtplib.py", "imaplib.py", "zipfile.py",
           "argparse.py", "configparser.py", "difflib.py", "tarfile.py", "inspect.py", "typing.py")  # fmt: skip
CODE_QUESTIONS = ("close the connection after an error", "read the header and decode its value")
KINDS = (*SOURCES, "code", "functions")
PLAIN = "import laconic; laconic.compress(['The tower is 300 m high. It is made of iron. It stands in Paris.'] * 3, 'How high is it?', max_tokens=12)"  # noqa: E501


def clock(work: Callable[[], object]) -> float:
    """Milliseconds of processor time."""
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


def read(folder: Path, kind: str) -> tuple[list[str], list[str]]:
    """Different texts of a kind, and questions about them."""
    texts: dict[str, None] = {}
    questions: list[str] = []
    for name in SOURCES[kind]:
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                questions.append(row["question"])
                texts.update((passage["text"], None) for passage in row["passages"] if passage["text"].strip())
    return list(texts), questions


def cut(text: str, size: int) -> str:
    """As many whole lines, else words, of a text as have about ``size`` tokens."""
    share = size / max(size, COUNTER.count(text))
    kept = text[: int(len(text) * share)]
    end = max(kept.rfind("\n"), 0) or max(kept.rfind(" "), 0)
    return kept[:end] if share < 1 and end else kept


def pages(kind: str, texts: Sequence[str], size: int) -> Iterator[str]:
    """Passages of about ``size`` tokens of one kind, over and over."""
    source = cycle(texts)
    if kind == "tables":
        source = cycle(sorted(texts, key=lambda text: -len(text))[:100])
    while True:
        parts: list[str] = [next(source)]
        tokens = COUNTER.count(parts[0])
        while tokens < size and kind != "tables":
            parts.append(next(source))
            tokens += COUNTER.count(parts[-1])
        if kind == "json":
            found = []
            for part in parts:
                try:
                    found.append(json.loads(part))
                except ValueError:
                    continue
            while len(found) > 1 and COUNTER.count(json.dumps(found)) > size * 1.1:
                found.pop()
            yield json.dumps(found)
        else:
            yield cut(("\n" if kind in ("logs", "tables") else "\n\n").join(parts), size)


def functions(most: int) -> list[str]:
    """Functions of the standard library, up to ``most`` in a text."""
    found: list[str] = []
    for name in MODULES:
        source = (Path(sysconfig.get_path("stdlib")) / name).read_text(encoding="utf-8")
        nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
        every = [ast.get_source_segment(source, node, padded=False) or "" for node in nodes]
        found += [text for text in every if 200 < len(text) < 3000]
    random.Random(0).shuffle(found)  # noqa: S311 (any order)
    return ["\n\n".join(found[at : at + 1 + at % most]) for at in range(0, len(found) - most, most)]


def filled(source: Iterator[str], size: int) -> list[str]:
    """Passages of a source that have ``size`` tokens together, the last one cut."""
    taken: list[str] = []
    left = size
    while left > size * 0.05:
        text = next(source)
        taken.append(text if COUNTER.count(text) < left * 1.1 else cut(text, left))
        left -= COUNTER.count(taken[-1])
    return taken


def unread(kind: str, number: int) -> str:
    """What makes a text another one to whatever remembers texts, and the same to everything else."""
    return f"\n# {number}" if kind == "functions" else " " * (number % 50)


class Calls:
    """Calls of one kind and size, each a list of passages and a question; every round has texts that are new."""

    def __init__(self, kind: str, texts: Sequence[str], questions: Sequence[str], size: int) -> None:
        self._kind = kind
        self._compressor = laconic.Compressor()
        self._numbers = count_from(1)
        calls = 6 if size <= 3_000 else 2 if size <= 30_000 else 1
        source = cycle(texts) if kind == "functions" else pages(kind, texts, min(size, PASSAGE))
        whole = kind == "functions" and size < PASSAGE  # of one to three functions, as they are
        several = ([next(source)] if whole else filled(source, size) for _ in range(calls))
        self._calls = list(zip(several, cycle(questions), strict=False))
        self.tokens = [sum(map(COUNTER.count, passages)) for passages, _ in self._calls]

    def round(self) -> list[tuple[float, float]]:
        """Of each call the milliseconds of one count of its tokens, and its own."""
        found = []
        for (passages, question), total in zip(self._calls, self.tokens, strict=True):
            fresh = [text + unread(self._kind, next(self._numbers)) for text in passages]
            count = clock(lambda: [ENCODE(text) for text in passages])  # noqa: B023 (called at once)
            budget = max(1, total // 4)
            call = clock(lambda: self._compressor.compress(fresh, question, max_tokens=budget))  # noqa: B023
            found.append((count, call))
        return found


def least(rounds: Sequence[Sequence[tuple[float, float]]]) -> tuple[float, float]:
    """Means over the calls of the least count and the least call of all rounds."""
    by_call = list(zip(*rounds, strict=True))
    count, call = (sum(min(pair[side] for pair in pairs) for pairs in by_call) / len(by_call) for side in (0, 1))
    return count, call


def rounds_of(size: int) -> int:
    """How many rounds a size is measured."""
    return 5 if size <= 3_000 else 3 if size <= 30_000 else 2


def measured(folder: Path, kind: str, sizes: Sequence[int]) -> Iterator[tuple[float, list[tuple[float, float]]]]:
    """The rounds of each size, one after the other: the mean tokens of a call, and what `Calls.round` gives."""
    texts, questions = (functions(3), CODE_QUESTIONS) if kind == "functions" else read(folder, kind)
    Calls(kind, texts, questions, 300).round()  # whatever is built at first use
    for size in sizes:
        calls = Calls(kind, texts, questions, size)
        for _ in range(rounds_of(size)):
            yield sum(calls.tokens) / len(calls.tokens), calls.round()


def serve(folder: Path, kinds: Sequence[str], sizes: Sequence[int]) -> None:
    """Measure a round for each line that comes in: what `in_turns` asks of the processes of two engines."""
    for kind in kinds:
        rounds = measured(folder, kind, sizes)
        while sys.stdin.readline().strip() == kind:  # nothing is built or measured while the other side does
            print(json.dumps(next(rounds)), flush=True)


def in_turns(folder: Path, kinds: Sequence[str], sizes: Sequence[int], other: Path) -> None:
    """The table with two engines, one process each, that measure one round after the other's."""
    command = [sys.executable, __file__, str(folder), "--serve", "--kinds", ",".join(kinds)]
    command += ["--sizes", ",".join(map(str, sizes))]
    with ExitStack() as stack:
        sides = [
            stack.enter_context(
                subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                    env=os.environ | {"PYTHONPATH": str(path)},
                )
            )
            for path in (other, Path(laconic.__file__).parents[1])
        ]  # fmt: skip
        print("| kind | tokens | count ms | before ms | before / count | after ms | after / count |")
        print("|---|---|---|---|---|---|---|")
        for kind in kinds:
            for size in sizes:
                found: list[list[list[tuple[float, float]]]] = [[], []]
                tokens = 0.0
                for _ in range(rounds_of(size)):
                    for side, rounds in zip(sides, found, strict=True):
                        side.stdin.write(f"{kind}\n")  # type: ignore[union-attr]
                        side.stdin.flush()  # type: ignore[union-attr]
                        tokens, one = json.loads(side.stdout.readline())  # type: ignore[union-attr]
                        rounds.append(one)
                (count, before), (again, after) = map(least, found)
                count = min(count, again)
                row = f"{count:.2f} | {before:.2f} | {before / count:.1f} | {after:.2f} | {after / count:.1f}"
                print(f"| {kind} | {tokens:,.0f} | {row} |", flush=True)
            for side in sides:
                side.stdin.write("\n")  # type: ignore[union-attr]
                side.stdin.flush()  # type: ignore[union-attr]


def code_files() -> Iterator[tuple[str, float, float, float, float]]:
    """Each module with milliseconds of a parse, of a count, of a first and of a second question."""
    compressor = laconic.Compressor()
    for name in MODULES:
        source = (Path(sysconfig.get_path("stdlib")) / name).read_text(encoding="utf-8")
        rows = []
        for number in range(4):
            text = f"{source}\n# {number}\n"
            count = clock(lambda: ENCODE(text))  # noqa: B023 (called at once)
            parse = clock(lambda: ParsedCode(text + "#", "python"))  # noqa: B023
            passage = {"text": text, "source": name}
            asked = [
                clock(lambda: compressor.compress([passage], question, max_tokens=1200))  # noqa: B023
                for question in CODE_QUESTIONS
            ]
            rows.append((parse, count, *asked))
        parse, count, first, second = (min(column) for column in zip(*rows, strict=True))
        yield name, parse, count, first, second


def fresh(script: str) -> float:
    """Least milliseconds of processor time of a script, the interpreter's own start taken off, over eight."""
    timed = f"import time; began = time.process_time(); {script}; print((time.process_time() - began) * 1000)"
    command = [sys.executable, "-c", timed]
    with tempfile.TemporaryDirectory() as folder:  # bytecode at hand, as an installer leaves it
        here = os.environ | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": folder}
        runs = [subprocess.run(command, capture_output=True, text=True, check=True, env=here) for _ in range(8)]
    return min(float(run.stdout) for run in runs)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("folder", type=Path)
    cli.add_argument("--kinds", default=",".join(KINDS))
    cli.add_argument("--sizes", default=",".join(map(str, SIZES)))
    cli.add_argument("--against", type=Path, help="the folder engine/ of another checkout, measured in turns")
    cli.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = cli.parse_args()
    kinds, sizes = args.kinds.split(","), list(map(int, args.sizes.split(",")))
    COUNTER.count("warm")
    several = [kind for kind in kinds if kind != "code"]
    if args.serve:
        serve(args.folder, several, sizes)
        return
    if args.against:
        in_turns(args.folder, several, sizes, args.against)
        return
    print("| kind | tokens | count ms | call ms | call / count |\n|---|---|---|---|---|")
    for kind in kinds:
        if kind == "code":
            continue
        rounds = measured(args.folder, kind, sizes)
        for size in sizes:
            found = [next(rounds) for _ in range(rounds_of(size))]
            count, call = least([each for _, each in found])
            print(f"| {kind} | {found[0][0]:,.0f} | {count:.2f} | {call:.2f} | {call / count:.1f} |", flush=True)
    if "code" in kinds:
        print("\n| file | parse ms | count ms | first / (parse + count) | second / count |\n|---|---|---|---|---|")
        for name, parse, count, first, second in code_files():
            ratios = f"{first / (parse + count):.1f} | {second / count:.1f}"
            print(f"| {name} | {parse:.1f} | {count:.1f} | {ratios} |", flush=True)
    print(f"\nimport and first call {fresh(PLAIN):.0f} ms, import alone {fresh('import laconic'):.0f} ms")


if __name__ == "__main__":
    main()
