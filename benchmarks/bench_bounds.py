"""Time and memory by the token for every kind and door, and what inputs that are worse than most take.

    python benchmarks/bench_bounds.py [--only kinds|doors|worst] [--seconds 120]

Each figure is a call in a forked child that has loaded everything: processor seconds, and by how much the child's
largest resident size grew. The rate is 0.4 unless a door has a budget of its own. ``growth`` is the time at the larger
size by the time at half of it: 2 is linear.
"""

from __future__ import annotations

import argparse
import os
import pickle
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "engine"), str(ROOT / "integrations")]

import laconic  # noqa: E402
import laconic.messages  # noqa: E402
from laconic.kinds.catalogue import KINDS  # noqa: E402
from laconic.tokens import counter_for  # noqa: E402
from laconic.types import Passage  # noqa: E402

QUESTION = "Which harbour is old, and who built it?"
Work = Callable[[], object]


def measured(work: Work, seconds: int) -> tuple[float, float] | None:
    """Processor seconds and megabytes of some work in a child; None where it took longer than that."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + seconds + 1,) * 2)
            before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
            work()
            took = time.process_time() - began
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
            os.write(write, pickle.dumps((took, grown)))
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        found = pipe.read()
    os.waitpid(child, 0)
    result: tuple[float, float] | None = pickle.loads(found) if found else None  # noqa: S301 - of our own child
    return result


def compress(passages: Any, query: str | None = QUESTION, **options: Any) -> Work:
    return lambda: laconic.compress(passages, query, **({"rate": 0.4} | options))


# -- by the token -----------------------------------------------------------------------------------------------------


def kinds(seconds: int, tokens: int = 40_000) -> Iterator[str]:
    """Each kind's example, so often that it has so many tokens and twice as many, in one passage."""
    yield "| kind | tokens | ms / 1,000 tokens | MB / 1,000 tokens | growth |\n|---|---|---|---|---|"
    count = counter_for("gpt-4o").count
    for kind in KINDS:
        times = max(2, tokens // count(kind.example))
        found = [
            measured(compress([{"text": kind.example * n, "kind": kind.name}]), seconds) for n in (times, 2 * times)
        ]
        size = count(kind.example * 2 * times)
        yield f"| {kind.name} | {size:,} | {_by_token(found, size)} |"


def _by_token(found: list[tuple[float, float] | None], size: int) -> str:
    half, whole = found
    if half is None or whole is None:
        return "over the limit | | "
    return f"{1e6 * whole[0] / size:.1f} | {1000 * whole[1] / size:.2f} | {whole[0] / max(half[0], 1e-3):.1f}"


def doors(seconds: int, passages: int = 150) -> Iterator[str]:
    """Each door of the laws' table; those for one text get all passages as one."""
    from doors import DOORS, Call

    yield "| door | tokens | ms / 1,000 tokens | MB / 1,000 tokens | growth |\n|---|---|---|---|---|"
    count = counter_for("gpt-4o").count
    text = (
        "The harbour of the town was built in {at} by the guild of weavers. Its tower is {at} steps high, and ships of "
        "{at} lands have seen it. Nobody knows who painted the gate, but the council pays for it every year. "
    )
    for name, door in DOORS.items():
        given = [Passage("".join(text.format(at=at + each) for each in range(4))) for at in range(2 * passages)]

        def call(n: int, door: Any = door, given: list[Passage] = given) -> Work:
            own = (Passage("\n\n".join(each.text for each in given[:n])),) if door.one_text else tuple(given[:n])
            budget = {"max_tokens": 2000} if "max_tokens" in door.budgets else {"rate": 0.4}
            return lambda: door.run(Call(own, QUESTION, budget))

        call(2)()  # what is loaded once
        found = [measured(call(n), seconds) for n in (passages, 2 * passages)]
        size = count("\n\n".join(each.text for each in given))
        yield f"| {name} | {size:,} | {_by_token(found, size)} |"


# -- the worst --------------------------------------------------------------------------------------------------------


def _nested(opening: str, middle: str, closing: str) -> Callable[[int], str]:
    return lambda n: opening * n + middle + closing * n


def _deeper(n: int) -> str:
    """Lines that are indented deeper and deeper: n characters in all."""
    return "".join(" " * at + "if a:\n" for at in range(int((2 * n) ** 0.5)))


WORST: dict[str, tuple[int, Callable[[int], Work]]] = {
    "nearly equal passages": (
        10_000,
        lambda n: compress([f"The harbour of the town was built in {at} by the guild of weavers." for at in range(n)]),
    ),
    "nearly equal passages, a number in each place": (
        10_000,
        lambda n: compress([f"Harbour {at % 97} of town {at % 89} was built by guild {at % 83}." for at in range(n)]),
    ),
    "equal passages": (100_000, lambda n: compress(["The harbour was built by the guild."] * n)),
    "passages": (100_000, lambda n: compress([f"Harbour {at} is {at * 7919 % 997} years old." for at in range(n)])),
    "passages, none below 5 tokens": (
        100_000,
        lambda n: compress([f"Harbour {at} is old. It is {at * 7919 % 997}." for at in range(n)], smallest=5),
    ),
    "passages, something of each": (
        20_000,
        lambda n: compress([f"Harbour {at} is old. It is {at * 7919 % 997}." for at in range(n)], at_least=n),
    ),
    "lines of one word": (1_000_000, lambda n: compress("word\n" * n)),
    "lines of one word, all different": (1_000_000, lambda n: compress("".join(f"w{at}\n" for at in range(n)))),
    "a line of words (characters)": (10_000_000, lambda n: compress("word " * (n // 5))),
    "a line of one letter": (10_000_000, lambda n: compress("a" * n)),
    "a line of Chinese": (3_000_000, lambda n: compress("东京港很古老" * (n // 6))),
    "a line of brackets": (1_000_000, lambda n: compress("(" * n)),
    "a line of JSON": (5_000_000, lambda n: compress('{"a":[' + '{"b":1,"c":"harbour"},' * (n // 22) + "1]}")),
    "JSON, arrays in arrays": (200_000, lambda n: compress(_nested("[", "1", "]")(n))),
    "JSON, objects in objects": (100_000, lambda n: compress(_nested('{"a":', "1", "}")(n))),
    "JSON, never closed": (200_000, lambda n: compress('[{"a":' * n)),
    "HTML, elements in elements": (100_000, lambda n: compress(_nested("<div>", "a", "</div>")(n))),
    "XML, elements in elements": (
        100_000, lambda n: compress([{"text": _nested("<a>", "b", "</a>")(n), "kind": "xml"}])
    ),
    "quotations in quotations": (100_000, lambda n: compress(">" * n + " a\n" + "> " * n + "b\n")),
    "lists in lists (characters)": (
        1_000_000, lambda n: compress("".join(" " * at + "- a\n" for at in range(int((2 * n) ** 0.5))))
    ),
    "code, indented deeper (characters)": (
        1_000_000, lambda n: compress([{"text": _deeper(n), "language": "python"}])
    ),
    "code, brackets in brackets": (
        50_000, lambda n: compress([{"text": "x = " + _nested("(", "1", ")")(n), "language": "python"}])
    ),
    "code, blocks in blocks": (
        20_000, lambda n: compress([{"text": _nested("f(){", "a();", "}")(n), "language": "cpp"}])
    ),
    "YAML, flow in flow": (100_000, lambda n: compress([{"text": "a: " + _nested("[", "1", "]")(n), "kind": "yaml"}])),
    "a question (characters)": (
        1_000_000, lambda n: compress("The harbour is old. Who built it?", "harbour who " * (n // 12), max_tokens=5)
    ),
    "a question of words all different (characters)": (
        1_000_000,
        lambda n: compress(
            ["The harbour is old. The guild built w7."] * 50, " ".join(f"w{at}" for at in range(n // 7)), max_tokens=50
        ),
    ),
    "phrases to preserve": (
        5_000,
        lambda n: compress("".join(f"The w{at} is old. " for at in range(n)), preserve=[f"w{at}" for at in range(n)]),
    ),
    "turns of a conversation": (
        100_000,
        lambda n: compress("The harbour is old. Who built it?", [f"and harbour {at}?" for at in range(n)], rate=0.5),
    ),
    "messages of a chat": (
        10_000,
        lambda n: lambda: laconic.messages.MessagePipeline(mode="strict").run(
            [{"role": "user", "content": f"The harbour {at} is old."} for at in range(n)]
        ),
    ),
}  # fmt: skip
"""By name: a size, and what makes the work of a size."""


def worst(seconds: int, only: str = "") -> Iterator[str]:
    yield "| input | size | s | MB | growth |\n|---|---|---|---|---|"
    for name, (size, make) in WORST.items():
        if only in name:
            half, whole = (measured(make(n), seconds) for n in (size // 2, size))
            if half is None or whole is None:
                yield f"| {name} | {size:,} | over {seconds} | | |"
            else:
                growth = whole[0] / max(half[0], 1e-3)
                yield f"| {name} | {size:,} | {whole[0]:.1f} | {whole[1]:.0f} | {growth:.1f} |"


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--only", choices=("kinds", "doors", "worst"))
    cli.add_argument("--name", default="", help="of worst inputs those whose names hold this")
    cli.add_argument("--seconds", type=int, default=120, help="processor time after which a call is given up")
    options = cli.parse_args()
    compress([{"text": kind.example, "kind": kind.name} for kind in KINDS])()  # what is loaded once
    counter_for("gpt-4o").encoding  # noqa: B018 - likewise
    for name, rows in (("kinds", kinds), ("doors", doors)):
        if options.only in (None, name):
            print(*rows(options.seconds), "", sep="\n", flush=True)
    if options.only in (None, "worst"):
        for row in worst(options.seconds, options.name):
            print(row, flush=True)


if __name__ == "__main__":
    main()
