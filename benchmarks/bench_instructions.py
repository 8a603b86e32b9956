r"""What the two-stage engine does to instructions: payload and task words that it keeps, and tokens that it saves.

    python bench_instructions.py …/data [--aggressive] [--half even] [--show 40] [--threshold 0.3]

Two beds. *Marked*: the instructions of ``tests/instructions.txt``, whose payload and whose words that say nothing are
marked; any other word but an article is a task word. *Real*: questions and prompts of ``…/data``, read by path; there
quotations, numbers, names, code and addresses are payload, and any word is a task word that is neither an article nor
part of a courtesy, hedge or filler as listed here, apart from the engine's own lists.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from laconic.two_stage.engine import TwoStageEngine, TwoStageText

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from marked_instructions import Instruction, instructions, lost_words

_SEED = 7
_QUESTIONS = {
    "toolbench_schemas": 55, "bfcl_tools": 30, "taubench_tools": 20, "obliqa": 10, "spider_schema": 10, "aitqa": 6,
    "dstc11_reviews": 8, "sharc_rules": 8, "code_funcs": 6, "wtq": 5, "policyqa": 4, "ml_de_legal": 3,
    "ml_fr": 3, "ml_zh": 2,
}  # fmt: skip
_TURN = re.compile(r"USER:(.*?)(?=ASSISTANT:|USER:|\Z)", re.DOTALL)
_FIXED = re.compile(
    r"\"[^\"\n]+\"|“[^”\n]+”|(?<!\w)'[^'\n]+'(?!\w)|`[^`\n]+`|https?://\S+|\S+@\S+|\S*\d\S*"  # quoted, coded, numbered
    r"|(?<=[a-z,;] )[A-Z][\w-]+(?: [A-Z][\w-]+)*"  # names
)
# What may go from a request, written down here by reading the questions: the judge must not be the judged.
_FREE = re.compile(
    r"\b(?:please|kindly"
    r"|thank you(?: (?:so|very) much)?(?: in advance| for (?:your|the) (?:help|time))?|thanks(?: a lot)?"
    r"(?: in advance)?"
    r"|hello|hi there|hey there|hi|hey|good (?:morning|afternoon|evening)"
    r"|(?:can|could|would|will) you(?: please| also| possibly| kindly)?(?: help me(?: to)?(?: by)?)?"
    r"(?: (?:tell|let) me(?: know)?)?|help me(?: to)?"
    r"|i(?: woul|')d (?:also )?(?:like|love)(?: you)? to(?: know)?|i want (?:you )?to(?: know)?|i need you to"
    r"|(?:let me know|tell me)(?= (?:what|why|how|when|where|who|which|whether|if)\b)"
    r"|it would be (?:great|helpful|nice|really helpful) if(?: you could)?|i was wondering(?: if you could)?"
    r"|if (?:that's|it is|it's) (?:okay|ok|possible)|if you (?:don't mind|could)|i (?:think|believe|guess)(?: that)?"
    r"|in order|actually|really|basically|of course|in fact|unfortunately|absolutely|sure|well|okay|yes|great question"
    r"|that(?:'s| is)(?: really| very)? [\w-]+(?: information)?(?=[.!])|sorry to bother you|that makes sense|i see)\b",
    re.IGNORECASE,
)


def real_instructions(data: Path) -> Iterator[Instruction]:
    """Real questions and prompts with their fixed parts marked by form."""
    chance = random.Random(_SEED)  # noqa: S311 – a sample
    for name, most in _QUESTIONS.items():
        with gzip.open(data / "qa" / "dev" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            texts = list(dict.fromkeys(json.loads(line)["question"] for line in lines))
        yield from (_real(name, text) for text in chance.sample(texts, min(most, len(texts))))
    for path in sorted((data / "samples" / "chat").glob("*.json")):
        turns = _TURN.findall(json.loads(path.read_text(encoding="utf-8"))["input"])
        yield from (_real("chat", turn.strip()) for turn in turns[:12])
    for path in sorted((data / "samples" / "agent").glob("tau_airline_*.json"))[:4]:
        messages = json.loads(path.read_text(encoding="utf-8"))
        yield _real("prompt", str(messages[0]["content"]))
        yield from (_real("agent", str(m["content"])) for m in messages[1:6] if m["role"] == "user" and m["content"])


def _real(kind: str, text: str) -> Instruction:
    fixed = tuple(match.span() for match in _FIXED.finditer(text))
    return Instruction(kind, text, fixed, tuple(match.span() for match in _FREE.finditer(text)))


def removed(result: TwoStageText) -> list[tuple[int, int]]:
    return [(removal.start, removal.end) for removal in result.removals]


def holds(result: TwoStageText, at: tuple[int, int]) -> bool:
    """Whether a payload is there byte for byte: its words in place, and the whole of it in the text that is sent."""
    cut = any(
        start < at[1] and at[0] < end and result.original[max(start, at[0]) : min(end, at[1])].strip()
        for start, end in removed(result)
    )
    return not cut and result.original[slice(*at)].strip() in result.text


def report(name: str, bed: list[Instruction], engine: TwoStageEngine, show: int) -> None:
    """One line of figures, what was lost, and some outputs to read."""
    words = Counter()
    before = after = gated = changed = 0
    lost: list[tuple[str, str]] = []
    broken: list[str] = []
    whole = 0
    results = [engine.compress(each.text) for each in bed]
    for each, result in zip(bed, results, strict=True):
        before += result.original_tokens
        after += result.tokens
        gated += result.gated
        changed += result.text != each.text
        bad = [each.text[slice(*span)] for span in each.payload if not holds(result, span)]
        broken += [f"{payload!r} of {each.text[:60]!r}" for payload in bad]
        gone = list(lost_words(each.text, removed(result), each.free))
        lost += [(word, each.text) for word, _ in gone]
        whole += not gone
        words["payload"] += len(each.payload)
        words["task"] += sum(1 for _ in lost_words(each.text, [(0, len(each.text))], each.free))
    payload = 1 - len(broken) / max(1, words["payload"])
    task = 1 - len(lost) / max(1, words["task"])
    shares = (whole / len(bed), changed / len(bed), gated / len(bed))
    print(
        f"| {name} | {len(bed)} | {before} | {100 * (1 - after / before):.1f} | {payload:.2%} of {words['payload']} "
        f"| {task:.2%} of {words['task']} | " + " | ".join(f"{share:.1%}" for share in shares) + " |"
    )
    if show:
        for text in broken[:20]:
            print("   BROKEN", text)
        for word, text in lost[:60]:
            print(f"   LOST {word!r} of {text[:110]!r}")
        for each, result in list(zip(bed, results, strict=True))[:show]:
            print(f"   < {each.text!r}\n   > {result.text!r}{' GATED' if result.gated else ''}")


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("data", type=Path, help="folder that holds samples and qa/dev")
    cli.add_argument("--aggressive", action="store_true")
    cli.add_argument("--threshold", type=float, help="of the pruner")
    cli.add_argument("--half", choices=("odd", "even", "fresh"), help="of the marked ones only")
    cli.add_argument("--show", type=int, default=0, help="outputs to print, with all that was lost")
    args = cli.parse_args()
    engine = TwoStageEngine(threshold=args.threshold, aggressive=args.aggressive)
    heads = "bed, instructions, tokens, saved %, payload intact, task words intact, nothing lost, changed, gated"
    print("| " + heads.replace(", ", " | ") + " |\n" + "|---" * 9 + "|")
    if args.half:
        report(f"marked, {args.half}", instructions(args.half), engine, args.show)
        return
    for half in ("odd", "even", "fresh"):
        report(f"marked, {half}", instructions(half), engine, args.show)
    report("real", list(real_instructions(args.data)), engine, args.show)


if __name__ == "__main__":
    main()
