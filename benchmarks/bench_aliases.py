r"""What dictionary aliasing saves on real texts, kind by kind.

    python bench_aliases.py …/data [--passages 150]

``…/data`` holds ``samples`` and ``qa/dev``. Each text is aliased by itself; the contexts of RAG are the passages of one
question joined by blank lines, as a stuffing chain sends them. Every text is expanded again and compared; a text that
got longer or did not come back byte for byte stops the run.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path

from laconic.two_stage.aliases import Aliaser, expand

RAG = ("ambigqa_pages", "covidqa", "hotpotqa", "nq", "policyqa", "qmsum", "tatqa", "toolbench_schemas", "xquad_multi")


def texts_of(data: Path, most: int) -> Iterator[tuple[str, str]]:
    """Kind and text."""
    for folder in ("docs", "chat", "agent", "api", "json", "logs", "shell"):
        for path in sorted((data / "samples" / folder).iterdir()):
            yield f"samples/{folder}", path.read_text(encoding="utf-8", errors="replace")
    for name in RAG:
        with gzip.open(data / "qa" / "dev" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line, _ in zip(lines, range(most), strict=False):
                yield f"qa/dev/{name}", "\n\n".join(passage["text"] for passage in json.loads(line)["passages"])


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("data", type=Path, help="folder that holds samples and qa/dev")
    cli.add_argument("--passages", type=int, default=150, help="questions per file")
    args = cli.parse_args()
    aliaser = Aliaser()
    table: dict[str, list[float]] = {}
    for kind, text in texts_of(args.data, args.passages):
        began = time.perf_counter()
        result = aliaser.alias(text)
        seconds = time.perf_counter() - began
        assert result.tokens <= result.original_tokens == aliaser.counter.count(text)
        assert result.tokens == aliaser.counter.count(result.text)
        assert result.expand() == text
        assert not result.legend or expand(result.text) == text
        row = table.setdefault(kind, [0.0] * 6)
        best = result.saved_tokens / max(1, result.original_tokens)
        for at, value in enumerate((1, bool(result.legend), result.original_tokens, result.saved_tokens, seconds)):
            row[at] += value
        row[5] = max(row[5], best)
    print("| kind | texts | aliased | tokens | saved | saved % | best text % | ms per 10,000 tokens |")
    print("|---|---|---|---|---|---|---|---|")
    for kind, (texts, aliased, tokens, saved, seconds, best) in table.items():
        print(
            f"| {kind} | {texts:.0f} | {aliased:.0f} | {tokens:,.0f} | {saved:,.0f} | {100 * saved / tokens:.2f} "
            f"| {100 * best:.1f} | {seconds / tokens * 1e7:.0f} |"
        )


if __name__ == "__main__":
    main()
