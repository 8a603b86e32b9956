r"""What the two-stage engine saves, by kind of content, beside what its model promises.

    python bench_two_stage.py …/data [--texts 60]

``…/data`` holds ``samples`` and ``qa/dev``. Each text is compressed as one user message without a question, at the
default and at the aggressive setting. "Gate" is how often the gate undid the pruning; "lost" is what the aggressive
setting deleted of every hundred words, by kind. The promises are those of the system that the engine follows.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from laconic.two_stage.engine import TwoStageEngine

PROMISED = {
    "instructions": "40–55",
    "retrieved documents": "35–50",
    "history": "30–45",
    "code": "10–20",
    "JSON": "15–25",
    "tool schemas": "–",
}
DOCUMENTS = ("covidqa", "hotpotqa", "nq", "policyqa", "xquad_en")
_TURN = re.compile(r"USER:(.*?)(?=ASSISTANT:|USER:|\Z)", re.DOTALL)


def passages_of(path: Path, most: int) -> Iterator[list[dict]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line, _ in zip(lines, range(most), strict=False):
            yield json.loads(line)["passages"]


def texts_of(data: Path, most: int) -> Iterator[tuple[str, str]]:
    """Kind and text."""
    dev = data / "qa" / "dev"
    with gzip.open(dev / "toolbench_schemas.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield "instructions", json.loads(line)["question"]
    for path in sorted((data / "samples" / "chat").glob("*.json")):
        for turn in _TURN.findall(json.loads(path.read_text(encoding="utf-8"))["input"]):
            yield "instructions", turn.strip()
    for name in DOCUMENTS:
        for passages in passages_of(dev / f"{name}.jsonl.gz", most):
            yield "retrieved documents", "\n\n".join(p["text"] for p in passages)
    for passages in passages_of(dev / "qmsum.jsonl.gz", most):
        yield "history", "\n\n".join(p["text"] for p in passages)
    for path in sorted((data / "samples" / "chat").glob("*.json")):
        yield "history", json.loads(path.read_text(encoding="utf-8"))["input"]
    for passages in passages_of(dev / "code_funcs.jsonl.gz", most):
        for p in passages[:3]:
            yield "code", f"```python\n{p['text']}\n```"
    for path in sorted((data / "samples" / "json").glob("*.json")):
        yield "JSON", path.read_text(encoding="utf-8")[:400_000]
    for passages in passages_of(dev / "kv_json.jsonl.gz", most):
        yield "JSON", passages[0]["text"]
    for passages in passages_of(dev / "taubench_tools.jsonl.gz", most):
        yield "JSON", "[" + ",\n".join(p["text"] for p in passages if p["text"][:1] in "{[") + "]"
    for name in ("toolbench_schemas", "bfcl_tools"):
        for passages in passages_of(dev / f"{name}.jsonl.gz", most):
            yield "tool schemas", "[" + ",\n".join(p["text"] for p in passages) + "]"


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("data", type=Path, help="folder that holds samples and qa/dev")
    cli.add_argument("--texts", type=int, default=60, help="questions per file")
    args = cli.parse_args()
    texts = list(texts_of(args.data, args.texts))
    heads = (
        "setting, content, texts, tokens, white space and comments %, pruning %, aliases and keys %, all %, "
        "promised %, gate, mean quality"
    )
    print("| " + heads.replace(", ", " | ") + " |\n" + "|---" * 11 + "|")
    lost: dict[str, Counter[str]] = {kind: Counter() for kind in PROMISED}
    for setting in ("default", "aggressive"):
        engine = TwoStageEngine(aggressive=setting == "aggressive")
        table: dict[str, list[float]] = {kind: [0.0] * 7 for kind in PROMISED}
        for kind, text in texts:
            result = engine.compress(text)
            assert result.tokens <= result.original_tokens
            assert result.expand() == result.text or result.legend or result.keys
            stages = result.stage_tokens
            quality = result.quality.score if result.quality else 1.0
            values = (1, result.original_tokens, *stages.values(), result.gated, quality)
            table[kind] = [total + value for total, value in zip(table[kind], values, strict=True)]
            if setting == "aggressive":
                lost[kind].update(result.lost, words=len(text.split()))
        for kind, (number, tokens, structure, pruned, final, gated, quality) in table.items():
            saved = [tokens - structure, structure - pruned, pruned - final, tokens - final]
            shares = " | ".join(f"{100 * each / tokens:.1f}" for each in saved)
            print(
                f"| {setting} | {kind} | {number:.0f} | {tokens:,.0f} | {shares} | {PROMISED[kind]} "
                f"| {gated / number:.1%} | {quality / number:.3f} |"
            )
    for kind, counts in lost.items():
        words = counts.pop("words")
        print(f"lost of {kind}: " + ", ".join(f"{name} {100 * n / words:.1f}" for name, n in counts.most_common()))


if __name__ == "__main__":
    main()
