"""The share kept against tokens, as an SVG that needs no library and no script.

Colours are CSS variables of the page around it; lines differ by mark and dash as well, for readers who tell no colours
apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from math import floor, log10
from typing import Any

__all__ = ["as_svg"]

_WIDTH, _HEIGHT = 720, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 176, 16, 48
_DASHES = ("", "7 4", "2 3", "9 3 2 3", "4 4", "1 5")
_COLOURS = 6  # --line-0 … --line-5
_LINE_PX = 20  # between names beside the lines


def as_svg(found: Mapping[str, Any]) -> str:
    """A line for each system, a cross for the whole context; described for those who do not see it.

    Args:
        found: what `Evaluation.to_dict` gives.
    """
    points: dict[str, list[tuple[float, float, str]]] = {}
    for each in found["cells"]:
        points.setdefault(each["system"], []).append((each["tokens"], each["kept"], each["label"]))
    whole = max(1.0, found["tokens"])
    parts = [*_axes(whole, found["target"])]
    names = _beside({name: sorted(line)[-1][1] for name, line in points.items()})
    for number, (name, line) in enumerate(points.items()):
        parts += _line(number, name, sorted(line), names[name], whole)
    x, y = _x(whole, whole), _y(1.0)
    parts.append(
        f'<path d="M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10" stroke="currentColor" stroke-width="2">'
        f"<title>no compression: {whole:,.0f} tokens, 100 % kept</title></path>"
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="plot-title plot-text" '
        'xmlns="http://www.w3.org/2000/svg" fill="none" font-size="13">'
        '<title id="plot-title">Share of the answers kept against tokens</title>'
        f'<desc id="plot-text">{escape(_described(points))}</desc>{"".join(parts)}</svg>'
    )


def _x(tokens: float, whole: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(1.0, tokens / whole)


def _y(share: float) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - share)


def _axes(whole: float, target: float) -> list[str]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = []
    for tenths in range(0, 11, 2):
        y = _y(tenths / 10)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{right}" class="grid"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10 * tenths} %</text>')
    step = _step(whole)
    for number in range(int(whole / step) + 1):
        x = _x(number * step, whole)
        parts.append(f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{number * step:,.0f}</text>')
    y = _y(target)
    parts.append(f'<path d="M{_LEFT} {y:.1f}H{right}" class="target"/>')
    parts.append(f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" stroke="currentColor"/>')
    middle = (_LEFT + right) / 2
    parts.append(f'<text x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">tokens of a question, mean</text>')
    return parts


def _step(whole: float) -> float:
    """A round distance that gives five to ten marks."""
    rough = whole / 6
    unit: float = 10.0 ** floor(log10(rough)) if rough > 0 else 1.0
    return next((unit * each for each in (1, 2, 5) if unit * each >= rough), unit * 10)


def _beside(ends: Mapping[str, float]) -> dict[str, float]:
    """Heights of the names beside the lines, so that none covers another."""
    found: dict[str, float] = {}
    free = float(_TOP)
    for name in sorted(ends, key=lambda each: -ends[each]):
        found[name] = max(free, _y(ends[name]))
        free = found[name] + _LINE_PX
    return found


def _line(number: int, name: str, line: list[tuple[float, float, str]], name_y: float, whole: float) -> list[str]:
    colour = f"var(--line-{number % _COLOURS})"
    path = "L".join(f"{_x(x, whole):.1f} {_y(y):.1f}" for x, y, _ in line)
    dash = f' stroke-dasharray="{_DASHES[number % len(_DASHES)]}"' if number % len(_DASHES) else ""
    parts = [f'<path d="M{path}" stroke="{colour}" stroke-width="2"{dash}/>']
    for x, y, label in line:
        told = f"<title>{escape(name)} at {escape(label)}: {x:,.0f} tokens, {100 * y:.1f} % kept</title>"
        parts.append(f'<g fill="{colour}">{_mark(number, _x(x, whole), _y(y), told)}</g>')
    x = _WIDTH - _RIGHT + 12
    parts.append(f'<g fill="{colour}">{_mark(number, x, name_y, "")}</g>')
    parts.append(f'<text x="{x + 12}" y="{name_y + 4:.1f}">{escape(name[:20])}</text>')
    return parts


def _mark(number: int, x: float, y: float, told: str) -> str:
    if number % 3 == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5">{told}</circle>'
    if number % 3 == 1:
        return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8">{told}</rect>'
    return f'<path d="M{x:.1f} {y - 5:.1f}l5 9h-10z">{told}</path>'


def _described(points: Mapping[str, list[tuple[float, float, str]]]) -> str:
    return "; ".join(
        f"{name}: " + ", ".join(f"{100 * y:.0f} % kept of the answers with {x:,.0f} tokens" for x, y, _ in sorted(line))
        for name, line in points.items()
    )
