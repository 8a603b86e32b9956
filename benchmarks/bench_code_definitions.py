"""How much of what kept code mentions is defined in the output, and what that costs of the code that was looked for.

    python benchmarks/bench_code_definitions.py --data TRAIN/commit.jsonl.gz --every 29 --budgets 600,1200,2400

Data: commit tasks (a source file, a question, the functions that the commit changed). For each door and budget:

``lines``
    share of the lines of the changed functions that are kept, blank and comment lines aside, by task.
``defined``
    of the names that kept functions mention and that their file declares or imports, the share whose declaration is
    kept too; a signature is enough. Every name counts once for a task, and a name of a member only where it is a member
    of the class that the mention stands in. Names that a function declares itself are left out, as far as they are its
    parameters.
``import``, ``function``, ``type``, ``value``, ``field``
    the same by what the name is (``field`` too where a constructor assigns it).
``used``
    share of the budget.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from code_bench_adapter import ALL

from laconic import Compressor
from laconic.kinds.code.parse import ParsedCode, ParseTimeoutError, parse
from laconic.kinds.code.symbols import symbols
from laconic.kinds.code.units import comment_spans, imported_names, outline
from laconic.optimizer import HasteOptimizer

if TYPE_CHECKING:
    from tree_sitter import Node

Span = tuple[int, int]

KINDS = ("import", "function", "type", "value", "field")
_OF_SYMBOL = {"function": "function", "type": "type", "constant": "value", "macro": "value", "member": "field"}
_FIELD = re.compile(rb"(?:\b(?:self|this|\$this)(?:\.|->)|@)([A-Za-z_]\w*)\s*(?:=(?!=)|:)")
_CONSTRUCTORS = frozenset({"__init__", "constructor", "initialize", "__construct", "init"})
_STRINGS = ("string", "comment", "char_literal", "regex")


class Declared(NamedTuple):
    """One declaration of a name."""

    kind: str
    owner: int | None  # the type it is a member of, by its number in the outline
    at: int  # a byte of its name, or of the import


def declared(parsed: ParsedCode) -> dict[str, list[Declared]]:
    """What a file declares outside its functions, and imports, by name."""
    found: defaultdict[str, list[Declared]] = defaultdict(list)
    units = outline(parsed).units
    for symbol in symbols(parsed):
        owner = symbol.owner
        inside = owner is not None and units[owner].kind == "class"
        name = re.split(r"[.:]+", symbol.name)[-1]
        start = units[symbol.unit].definition if symbol.unit is not None else symbol.start
        at = parsed.data.find(name.encode(), start, symbol.end)
        found[name].append(Declared(_OF_SYMBOL[symbol.kind], owner if inside else None, max(at, start)))
    for (start, end), names in imported_names(parsed):
        for name in names:
            at = parsed.data.find(name.encode(), start, end)
            found[name].append(Declared("import", None, max(at, start)))
    for unit in units:
        if unit.kind == "function" and unit.name in _CONSTRUCTORS and unit.parent is not None:
            for match in _FIELD.finditer(parsed.data, unit.start, unit.end):
                name = match.group(1).decode()
                if not any(each.owner == unit.parent for each in found.get(name, ())):
                    found[name].append(Declared("field", unit.parent, match.start(1)))
    return found


def mentions(parsed: ParsedCode) -> Iterator[tuple[str, int]]:
    """Identifiers of a file with the byte where each stands, strings and comments aside."""
    stack: list[Node] = [parsed.root]
    while stack:
        node = stack.pop()
        if any(part in node.type for part in _STRINGS) and "interpol" not in node.type and not node.named_child_count:
            continue
        if not node.child_count and ("identifier" in node.type or node.type in ("constant", "name")):
            yield parsed.slice(node.start_byte, node.end_byte), node.start_byte
        stack.extend(node.children)


def shares(parsed: ParsedCode, kept: Sequence[Span]) -> dict[str, tuple[int, int]]:
    """Of each kind the names that kept functions mention, and those of them whose declaration is kept."""
    spans = [(parsed.byte(start), parsed.byte(end)) for start, end in kept]

    def is_kept(byte: int) -> bool:
        return any(start <= byte < end for start, end in spans)

    table = declared(parsed)
    units, found = outline(parsed).units, outline(parsed)
    seen: dict[tuple[str, int | None], list[Declared]] = {}
    for name, byte in mentions(parsed):
        if name not in table or not is_kept(byte):
            continue
        around = found.owners(byte)
        function = next((at for at in around if units[at].kind == "function"), None)
        if function is None or _is_parameter(parsed, function, name, byte):
            continue
        classes = {at for at in around if units[at].kind == "class"}
        meant = [each for each in table[name] if each.owner is None or each.owner in classes]
        own = [each for each in meant if each.at == byte]  # the declaration itself is no mention
        if meant and not own:
            owner = meant[0].owner
            seen[name, owner] = meant
    counts = dict.fromkeys(KINDS, (0, 0))
    for meant in seen.values():
        kind = meant[0].kind
        all_of, shown = counts[kind]
        counts[kind] = all_of + 1, shown + any(is_kept(each.at) for each in meant)
    return counts


def _is_parameter(parsed: ParsedCode, function: int, name: str, byte: int) -> bool:
    unit = outline(parsed).units[function]
    if parsed.data[max(0, byte - 2) : byte].endswith((b".", b"->", b"@", b"::")):
        return False
    head = parsed.data[unit.definition : unit.signature_end].partition(b"(")[2]
    return re.search(rb"\b%s\b" % re.escape(name.encode()), head) is not None and byte >= unit.signature_end


def lines_kept(parsed: ParsedCode, kept: Sequence[Span], gold: Sequence[dict[str, Any]]) -> float:
    """Mean over the changed functions of the share of their lines that are kept."""
    shown = bytearray(len(parsed.text) + 1)
    for start, end in kept:
        shown[start:end] = b"\1" * (end - start)
    comments = {
        parsed.data.count(b"\n", 0, at) + 1 + more
        for start, end in comment_spans(parsed)
        for at in (start,)
        for more in range(parsed.data.count(b"\n", start, end) + 1)
    }
    result, at, wanted = [], 0, []
    for number, line in enumerate(parsed.text.split("\n"), start=1):
        bare = line.strip()
        if bare and number not in comments:
            first = at + line.index(bare)
            wanted.append((number, all(shown[first : first + len(bare)])))
        at += len(line) + 1
    for each in gold:
        own = [held for number, held in wanted if each["start"] <= number <= each["end"]]
        result.append(sum(own) / max(1, len(own)))
    return sum(result) / max(1, len(result))


def by_compress(task: dict[str, Any], budget: int) -> tuple[Sequence[Span], int]:
    compressor = Compressor(max_tokens=budget, counter="cl100k_base")
    result = compressor.compress([{"text": task["source"], "source": task["path"]}], task["query"])
    return (result.passages[0].spans if result.passages else ()), result.metrics.compressed_tokens


def by_haste(task: dict[str, Any], budget: int) -> tuple[Sequence[Span], int]:
    optimizer = HasteOptimizer(target_model="cl100k_base", top_k=ALL, prefilter=ALL, hard_cap=budget)
    result = optimizer.optimize(task["source"], query=task["query"], file_path=task["path"])
    return result.spans or (), result.metrics.optimized_tokens


DOORS = {"compress": by_compress, "haste": by_haste}


def tasks(path: Path, every: int, first: int) -> Iterator[tuple[dict[str, Any], ParsedCode]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % every == first:
                task = json.loads(line)
                try:
                    yield task, parse(task["source"], "tsx" if task["path"].endswith(".tsx") else task["lang"])
                except ParseTimeoutError:
                    continue


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--every", type=int, default=29, help="one task in so many")
    arguments.add_argument("--first", type=int, default=3, help="from this one on")
    arguments.add_argument("--budgets", default="600,1200,2400")
    arguments.add_argument("--doors", default="compress,haste")
    options = arguments.parse_args()
    budgets = [int(budget) for budget in options.budgets.split(",")]
    doors = options.doors.split(",")
    rows: defaultdict[tuple[str, int], list[tuple[float, float, dict[str, tuple[int, int]]]]] = defaultdict(list)
    for task, parsed in tasks(options.data, options.every, options.first):
        for door in doors:
            for budget in budgets:
                kept, used = DOORS[door](task, budget)
                found = lines_kept(parsed, kept, task["gold_functions"]), used / budget, shares(parsed, kept)
                rows[door, budget].append(found)
    print("| door | budget | n | lines | defined | " + " | ".join(KINDS) + " | names | used |")
    print("|---" * (len(KINDS) + 7) + "|")
    for (door, budget), found in rows.items():
        sums = {kind: [sum(each[2][kind][at] for each in found) for at in (0, 1)] for kind in KINDS}
        names, shown = (sum(sums[kind][at] for kind in KINDS) for at in (0, 1))
        parts = " | ".join(f"{sums[kind][1] / max(1, sums[kind][0]):.2f}" for kind in KINDS)
        lines = sum(each[0] for each in found) / len(found)
        used = sum(each[1] for each in found) / len(found)
        print(
            f"| {door} | {budget} | {len(found)} | {lines:.4f} | {shown / max(1, names):.3f} | {parts} "
            f"| {names / len(found):.1f} | {used:.3f} |"
        )


if __name__ == "__main__":
    main()
