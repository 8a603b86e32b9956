"""Records as tools return them: a made-up table in many notations, asked in six ways; no notation should cost more.

Questions: ``field`` and ``named`` ask for a value of a record by its id or name (kept: the value, and what names the
record); ``failure`` which one failed and why; ``most`` which has the highest number; ``filter`` which are at a place;
``none`` asks nothing, and the failed record must be left. A case is ``whole`` where every string that is needed stands
in the output, ``evidence`` is the share of those strings. Over the budget is nothing.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from harness.questions import COUNTER
from laconic import Passage
from laconic.evaluation.systems import output_of

CASES = 20  # of each notation and question
Record = dict[str, Any]


class Trade(NamedTuple):
    """What a table is about."""

    noun: str
    id: tuple[str, str]
    name: tuple[str, Sequence[str]]
    state: tuple[str, Sequence[str], str]
    number: tuple[str, int, int]
    place: tuple[str, Sequence[str]]
    more: Mapping[str, Sequence[Any]]


TRADES = (
    Trade(
        "booking", ("booking_ref", "BK-{:05d}"),
        ("guest", "Alma Reyes|Bruno Keller|Celia Ndiaye|Dmitri Volkov|Elena Rossi|Finn Larsen|Greta Weiss|Hana Kimura|"
                  "Ivan Horvat|Julia Stone|Karim Saleh|Lena Fischer|Marco Silva|Nora Quinn".split("|")),
        ("status", ("confirmed", "checked_in", "completed"), "payment_failed"), ("nights", 1, 400),
        ("hotel", ("Seaview", "Parkside", "Grand Central", "Old Town Inn", "Lakehouse")),
        {"breakfast": (True, False), "room": (101, 204, 317, 422), "channel": ("web", "phone", "agency")},
    ),
    Trade(
        "sensor", ("serial", "SN{:06d}"),
        ("label", "boiler-inlet|roof-wind|cold-store|pump-two|dock-scale|attic-smoke|pool-ph|gate-counter|yard-noise|"
                  "silo-level|oven-core|mill-torque|well-depth|vent-flow".split("|")),
        ("health", ("ok", "ok", "idle"), "unreachable"), ("reading", 10, 5000),
        ("site", ("Aachen", "Bilbao", "Cork", "Dublin", "Espoo")),
        {"firmware": ("1.2.0", "1.3.1", "2.0.4"), "battery": (12, 55, 80, 97), "muted": (True, False)},
    ),
    Trade(
        "ticket", ("ticket", "HELP-{:04d}"),
        ("reporter", "Aoife Byrne|Bogdan Ilie|Carla Mendes|Deniz Aydin|Emre Kaya|Fatou Diop|Goran Babic|Heidi Lund|"
                     "Igor Petrov|Jana Novotna|Kofi Boateng|Lucia Bianchi|Mats Berg|Nadia Haddad".split("|")),
        ("state", ("open", "waiting", "solved"), "escalated"), ("age_minutes", 3, 9000),
        ("queue", ("printing", "network", "payroll", "laptops", "doors")),
        {"priority": (1, 2, 3), "vip": (True, False), "reopened": (0, 1, 4)},
    ),
)  # fmt: skip
QUESTIONS = ("field", "named", "failure", "most", "filter", "none")


def table(trade: Trade, rng: random.Random) -> tuple[list[Record], int]:
    """Records, and the number of the one that failed."""
    names = list(trade.name[1])
    rng.shuffle(names)
    names += [f"{name} {suffix}" for name in names[: rng.randint(0, 12)] for suffix in ("B", "C")]
    numbers = rng.sample(range(trade.number[1], trade.number[2]), len(names))
    ids = rng.sample(range(10, 9990), len(names))
    rows = []
    for name, number, mark in zip(names, numbers, ids, strict=True):
        row: Record = {
            trade.id[0]: trade.id[1].format(mark), trade.name[0]: name, trade.state[0]: rng.choice(trade.state[1]),
            trade.number[0]: number, trade.place[0]: rng.choice(trade.place[1][:-1]),
        }  # fmt: skip
        rows.append({**row, **{key: rng.choice(values) for key, values in trade.more.items()}})
    failed = rng.randrange(len(rows))
    rows[failed] |= {trade.state[0]: trade.state[2], "error_code": f"E{rng.randrange(1000, 9999)}"}
    for at in rng.sample(range(len(rows)), 2):
        rows[at][trade.place[0]] = trade.place[1][-1]
    return rows, failed


def asked(kind: str, trade: Trade, rows: list[Record], failed: int, rng: random.Random) -> tuple[str, list[Any]]:
    """A question, and what must be kept; of a tuple one string is enough."""
    id_, name, number, place = trade.id[0], trade.name[0], trade.number[0], trade.place[0]
    row, field = rng.choice(rows), rng.choice([trade.state[0], number, place])
    told = field.replace("_", " ")
    if kind == "field":
        return f"What is the {told} of {trade.noun} {row[id_]}?", [str(row[field]), row[id_]]
    if kind == "named":
        return f"What is the {told} of {row[name]}?", [str(row[field]), row[name]]
    if kind == "failure":
        return f"Which {trade.noun} has a problem, and what is the error?", [
            rows[failed][id_], trade.state[2], rows[failed]["error_code"],
        ]  # fmt: skip
    if kind == "most":
        top = max(rows, key=lambda each: int(each[number]))
        return f"Which {trade.noun} has the highest {number.replace('_', ' ')}?", [
            str(top[number]),
            (top[name], top[id_]),
        ]
    if kind == "filter":
        last = trade.place[1][-1]
        hits: list[Any] = [(each[name], each[id_]) for each in rows if each[place] == last]
        return f"Which {trade.noun}s have {place} {last}?", [last, *hits]
    return "", [rows[failed][id_], rows[failed]["error_code"]]


def _keys(rows: list[Record]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))


def _csv(rows: list[Record], trade: Trade) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=_keys(rows))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _markdown(rows: list[Record], trade: Trade) -> str:
    keys = _keys(rows)
    lines = ["| " + " | ".join(str(row.get(key, "")) for key in keys) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(keys) + " |", "|" + "---|" * len(keys), *lines])


def _nested(rows: list[Record], trade: Trade) -> str:
    outer = {trade.id[0], trade.name[0], trade.state[0]}
    parts = [
        {
            **{key: row[key] for key in (trade.id[0],)},
            "attributes": {key: row[key] for key in (trade.name[0], trade.state[0])},
            "detail": {key: value for key, value in row.items() if key not in outer},
        }
        for row in rows
    ]
    return json.dumps({"data": parts}, indent=1)


def _yaml(rows: list[Record], trade: Trade) -> str:
    items = ("\n    ".join(f"{key}: {json.dumps(value)}" for key, value in row.items()) for row in rows)
    return f"{trade.noun}s:\n" + "\n".join(f"  - {item}" for item in items)


def _xml(rows: list[Record], trade: Trade) -> str:
    def element(row: Record) -> str:
        inside = "".join(f"    <{key}>{escape(str(value))}</{key}>\n" for key, value in row.items())
        return f"  <{trade.noun}>\n{inside}  </{trade.noun}>\n"

    return f"<{trade.noun}s>\n{''.join(map(element, rows))}</{trade.noun}s>"


def _blocks(rows: list[Record], trade: Trade) -> str:
    def block(row: Record) -> str:
        return "\n".join(f"{key.replace('_', ' ').capitalize()}: {value}" for key, value in row.items())

    return "\n\n".join(map(block, rows))


NOTATIONS: Mapping[str, Callable[[list[Record], Trade], str]] = {
    "list": lambda rows, trade: json.dumps(rows, indent=2),
    "compact": lambda rows, trade: json.dumps({"total": len(rows), "items": rows}, separators=(",", ":")),
    "keyed": lambda rows, trade: json.dumps({row[trade.id[0]]: row for row in rows}, indent=1),
    "nested": _nested,
    "lines": lambda rows, trade: "\n".join(map(json.dumps, rows)),
    "csv": _csv,
    "markdown": _markdown,
    "yaml": _yaml,
    "xml": _xml,
    "blocks": _blocks,
}


def _share(wanted: Sequence[Any], text: str) -> float:
    return statistics.fmean(any(each in text for each in (one if isinstance(one, tuple) else (one,))) for one in wanted)


def run(args: argparse.Namespace) -> list[dict[str, Any]]:
    """What is kept of records in any notation; see `harness.records`."""
    cases, found_all = args.limit or CASES, []
    for each in args.entrants:
        for rate in args.rates:
            shares: dict[str, list[float]] = defaultdict(list)
            over = 0
            for notation, write in NOTATIONS.items():
                for kind in QUESTIONS:
                    for case in range(cases):
                        rng = random.Random(f"{kind} {case}")  # the same table and question in every notation
                        trade = rng.choice(TRADES)
                        rows, failed = table(trade, rng)
                        query, wanted = asked(kind, trade, rows, failed, rng)
                        passages = [Passage(write(rows, trade))]
                        budget = max(1, int(COUNTER.count(passages[0].text) * rate))
                        output = output_of(each.system(query, passages, budget), passages, COUNTER, None)
                        broke = output.tokens > budget
                        over += broke
                        share = 0.0 if broke and each.keeps_budget else _share(wanted, output.text)
                        for key in (notation if args.by == "notation" else kind, "ALL"):
                            shares[key].append(share)
            for key in [*(key for key in shares if key != "ALL"), "ALL"]:
                whole = statistics.fmean(share == 1.0 for share in shares[key])
                evidence = statistics.fmean(shares[key])
                found_all.append(
                    {"system": each.name, "rate": rate, "of": key, "n": len(shares[key]), "whole": whole,
                     "evidence": evidence, "over": over if key == "ALL" else None}
                )  # fmt: skip
                print(f"{each.name[:18]:18} {rate:5.3f} {key:10} whole {whole:.3f} evidence {evidence:.3f}", flush=True)
    return found_all
