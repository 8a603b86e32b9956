"""Pictures of runs of ``qa --json``: evidence against tokens, and time against tokens, for each system.

Needs matplotlib (extra ``bench``). Written as SVG and PNG, in light and dark, without the date, so that the same run
gives the same file.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_THEMES: Mapping[str, Mapping[str, str]] = {
    "light": {"ground": "#ffffff", "ink": "#1b1f24", "rule": "#d1d9e0"},
    "dark": {"ground": "#14171a", "ink": "#e8eaed", "rule": "#3a4149"},
}
_LINES: Mapping[str, Sequence[str]] = {
    "light": ("#0550ae", "#a04100", "#116329", "#8250df", "#9a6700", "#a40e6a", "#57606a", "#0a7b83", "#b42318"),
    "dark": ("#79b8ff", "#ffa657", "#7ee787", "#d2a8ff", "#e3b341", "#ff9bce", "#9aa4ae", "#5fd4dc", "#ff8a80"),
}
_MARKS = "osD^vPX*<"


def draw(runs: Sequence[Path], folder: Path) -> None:
    """Write ``evidence.svg``, ``time.svg`` and so on into a folder.

    Raises:
        SystemExit: matplotlib is not installed, or the run has no figures of questions.
    """
    try:
        import matplotlib
    except ImportError:
        raise SystemExit("pip install 'laconic[bench]' for pictures (matplotlib)") from None
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "laconic"
    matplotlib.rcParams["font.family"] = "DejaVu Sans"
    rows = [row for run in runs for row in json.loads(run.read_text(encoding="utf-8"))["figures"]]
    figures = [row for row in rows if "evidence" in row]
    whole = {row["dataset"] for row in figures}
    if not whole:
        raise SystemExit("there are no figures of questions in it: give what qa --json wrote")
    dataset = "MACRO" if "MACRO" in whole else next(iter(whole))
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in figures:
        if row["dataset"] == dataset:
            lines[row["system"]].append(row)
    folder.mkdir(parents=True, exist_ok=True)
    for theme in _THEMES:
        suffix = "" if theme == "light" else "-dark"
        _draw(lines, "evidence", "evidence kept, %", folder / f"evidence{suffix}", theme, logarithmic=False)
        _draw(lines, "ms", "milliseconds of a call, median", folder / f"time{suffix}", theme, logarithmic=True)


def _draw(
    lines: Mapping[str, Sequence[Mapping[str, Any]]],
    figure: str,
    label: str,
    path: Path,
    theme: str,
    *,
    logarithmic: bool,
) -> None:
    from matplotlib import pyplot as plt

    colours, inks = _LINES[theme], _THEMES[theme]
    made, axes = plt.subplots(figsize=(7.5, 4.2), facecolor=inks["ground"], layout="constrained")
    axes.set_facecolor(inks["ground"])
    for number, (name, rows) in enumerate(lines.items()):
        points = sorted((100 * row["kept"], 100 * row[figure] if figure == "evidence" else row[figure]) for row in rows)
        axes.plot(
            *zip(*points, strict=True), label=name, color=colours[number % len(colours)],
            marker=_MARKS[number % len(_MARKS)], linewidth=2.5 if name == "laconic" else 1.5,
        )  # fmt: skip
    axes.set_xlabel("tokens kept, % of the context", color=inks["ink"])
    axes.set_ylabel(label, color=inks["ink"])
    axes.set_xlim(0, 102)
    if logarithmic:
        axes.set_yscale("log")
    else:
        axes.set_ylim(0, 102)
    axes.grid(color=inks["rule"], linewidth=0.6)
    axes.tick_params(colors=inks["ink"])
    for spine in axes.spines.values():
        spine.set_color(inks["rule"])
    legend = axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    for text in legend.get_texts():
        text.set_color(inks["ink"])
    made.savefig(path.with_suffix(".svg"), metadata={"Date": None}, facecolor=inks["ground"])
    made.savefig(path.with_suffix(".png"), dpi=150, metadata={"Software": None}, facecolor=inks["ground"])
    plt.close(made)
