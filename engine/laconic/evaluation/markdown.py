"""An evaluation as Markdown; reads what `Evaluation.to_dict` gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["NOTES", "as_markdown", "losses_shown", "smallest_said", "table_of_cells", "table_of_kinds"]

_LOSSES = 20  # that a report shows; the JSON has all
_NAMED = 5

NOTES = (
    "Kept: the mean share of the answers or evidence that is still there, over the questions; the interval (95 %) is "
    "for further questions like these. An output over its budget counts as nothing kept, unless the run was lenient."
)


def as_markdown(found: Mapping[str, Any]) -> str:
    """The report: a summary, figures, kinds of text, losses, what was not measured."""
    parts = [
        f"# {title(found)}",
        *([f"**Stopped before its end: {_line(found['stopped'])}.** The figures are of the rows that were finished."]
          if found["stopped"] else []),
        summary(found),
        "\n".join(f"- {_line(line)}" for line in smallest_said(found)),
        "## Kept against tokens",
        _table(*table_of_cells(found)),
        NOTES,
    ]  # fmt: skip
    if len(found["kinds"]) > 1:
        parts += ["## By kind of text", _table(*table_of_kinds(found))]
    heading, losses = losses_shown(found)
    if losses:
        parts += [f"## {_line(heading)}", "\n\n".join(_loss(each) for each in losses)]
    if found["left_out"]:
        parts += ["## Not measured, or in part", "\n".join(f"- {_line(line)}" for line in left_out_said(found))]
    parts.append(_line(settings_said(found)))
    return "\n\n".join(parts) + "\n"


def title(found: Mapping[str, Any]) -> str:
    """One line that says what this is."""
    return f"What is kept of {found['n']:,} questions' context"


def summary(found: Mapping[str, Any]) -> str:
    """How many questions, of which kinds, judged by what."""
    kinds = ", ".join(f"{kind} ({n})" for kind, n in found["kinds"].items())
    judged = ", ".join(f"{name} ({n})" for name, n in found["judged_by"].items())
    return (
        f"{found['n']:,} questions with {found['tokens']:,.0f} tokens of context on average; kinds of text: {kinds}; "
        f"judged by: {judged}."
    )


def smallest_said(found: Mapping[str, Any]) -> list[str]:
    """For each system the budget that keeps the target."""
    lines = []
    for each in found["smallest"]:
        budget, (low, high) = each["budget"], each["interval"]
        what = "at most " if each["is_bound"] else ""
        if each["unit"] == "rate":
            figure = f"{what}{100 * budget:.1f} % of the tokens (95 % interval {100 * low:.1f} to {100 * high:.1f} %)"
        else:
            figure = f"{what}{budget:,.0f} tokens (95 % interval {low:,.0f} to {high:,.0f})"
        lines.append(f"{each['system']} keeps {100 * found['target']:g} % with {figure}")
    return lines


def table_of_cells(found: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the main table."""
    rows = [
        [
            each["system"],
            each["label"],
            percent(each["kept"]),
            f"{100 * each['interval'][0]:.0f}–{100 * each['interval'][1]:.0f} %",
            f"{each['tokens']:,.0f}",
            percent(each["rate"]),
            "" if each["ms"] is None else f"{each['ms']:.1f}",
            _trouble(each),
        ]
        for each in found["cells"]
    ]
    rows.append(["no compression", "100 %", percent(1.0), "", f"{found['tokens']:,.0f}", percent(1.0), "", ""])
    header = ["system", "budget", "kept", "interval", "tokens", "of the context", "ms", "trouble"]
    return header, rows


def _trouble(cell: Mapping[str, Any]) -> str:
    parts = [f"{cell['over']} over the budget"] if cell["over"] else []
    if cell["errors"]:
        parts.append(f"{cell['errors']} errors ({cell['first_error']})")
    return "; ".join(parts)


def table_of_kinds(found: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the table by kind of text."""
    kinds = list(found["kinds"])
    rows = [
        [
            each["system"],
            each["label"],
            *(percent(each["kinds"][kind][1]) if kind in each["kinds"] else "" for kind in kinds),
        ]
        for each in found["cells"]
    ]
    return ["system", "budget", *(f"{kind} ({found['kinds'][kind]})" for kind in kinds)], rows


def losses_shown(found: Mapping[str, Any]) -> tuple[str, Sequence[Mapping[str, Any]]]:
    """A heading and the losses at one budget: the least measured one that keeps the target, else the largest."""
    losses = found["losses"]
    if not losses:
        return "", []
    system = losses[0]["system"]
    own = [each for each in found["cells"] if each["system"] == system and each["kept"] < 1]
    if not own:
        return "", []
    good = [each for each in own if each["kept"] >= found["target"]]
    chosen = min(good, key=lambda each: each["tokens"]) if good else max(own, key=lambda each: each["tokens"])
    lost = [each for each in losses if each["system"] == system and each["budget"] == chosen["label"]]
    more = f", the first {_LOSSES} of {len(lost)}" if len(lost) > _LOSSES else ""
    return f"Lost by {system} at {chosen['label']}{more}", lost[:_LOSSES]


def left_out_said(found: Mapping[str, Any]) -> list[str]:
    """What was not measured and why, with the first names."""
    return [
        f"{len(names)} rows, {why}: {', '.join(names[:_NAMED])}{' …' if len(names) > _NAMED else ''}"
        for why, names in found["left_out"].items()
    ]


def settings_said(found: Mapping[str, Any]) -> str:
    """What a repetition needs."""
    return "Settings: " + ", ".join(f"{name} {value!r}" for name, value in found["settings"].items()) + "."


def percent(share: float) -> str:
    """A share as reports write it."""
    return f"{100 * share:.1f} %"


def _loss(each: Mapping[str, Any]) -> str:
    where = "" if each["passage"] is None else f" in passage {_line(str(each['id'] or each['passage']))}"
    lines = [f"**{_line(each['query'])}** ({_line(each['row'])})"]
    if each["label"]:
        lines.append(f"- lost: {_line(each['label'])}{where}")
    if each["sentence"]:
        lines.append(f"- sentence: “{_line(each['sentence'])}”")
    return "\n".join([*lines, f"- why: {_line(each['reason'])}"])


def _line(text: str) -> str:
    """Somebody's text inside a line of Markdown: its marks show instead of acting."""
    line = " ".join(text.split())
    for mark in "\\`*_[]<>|":
        line = line.replace(mark, f"\\{mark}")
    return line


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(map(_line, cells)) + " |"

    return "\n".join([line(header), "|" + "---|" * len(header), *map(line, rows)])
