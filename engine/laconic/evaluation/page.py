"""An evaluation as one HTML page: readable in light and dark, printed or read aloud, with nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from laconic.evaluation.markdown import (
    NOTES,
    left_out_said,
    losses_shown,
    settings_said,
    smallest_said,
    summary,
    table_of_cells,
    table_of_kinds,
    title,
)
from laconic.evaluation.plot import as_svg

__all__ = ["as_page"]

# Lines have a contrast of at least 4.5 to 1 against the background in either theme.
_STYLE = """
:root{color-scheme:light dark;--ground:#fff;--ink:#1b1f24;--soft:#59636e;--rule:#d1d9e0;--line-0:#0550ae;
--line-1:#a04100;--line-2:#116329;--line-3:#8250df;--line-4:#9a6700;--line-5:#a40e6a}
@media (prefers-color-scheme:dark){:root{--ground:#14171a;--ink:#e8eaed;--soft:#9aa4ae;--rule:#3a4149;
--line-0:#79b8ff;--line-1:#ffa657;--line-2:#7ee787;--line-3:#d2a8ff;--line-4:#e3b341;--line-5:#ff9bce}}
body{background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif;
margin:0 auto;max-width:60rem;padding:1.5rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{border-bottom:1px solid var(--rule);padding:.3rem .7rem;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
.note{color:var(--soft)}.stopped{border:2px solid currentColor;padding:.5rem 1rem}
blockquote{border-left:3px solid var(--rule);margin:.3rem 0;padding-left:.8rem}
svg{color:var(--soft);height:auto;max-width:100%;width:45rem}svg text{fill:var(--ink)}
.grid{stroke:var(--rule)}.target{stroke:currentColor;stroke-dasharray:3 3}
summary{cursor:pointer}:focus-visible{outline:2px solid var(--line-0);outline-offset:2px}
"""


def as_page(found: Mapping[str, Any]) -> str:
    """The page. All text of the caller's is escaped.

    Args:
        found: what `Evaluation.to_dict` gives.
    """
    parts = [f"<h1>{escape(title(found))}</h1>"]
    if found["stopped"]:
        parts.append(
            f'<p class="stopped"><strong>Stopped before its end: {escape(found["stopped"])}.</strong> The figures are '
            "of the rows that were finished.</p>"
        )
    parts.append(f"<p>{escape(summary(found))}</p>")
    parts.append(f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in smallest_said(found))}</ul>")
    parts.append(f"<h2>Kept against tokens</h2>{as_svg(found)}")
    parts.append(_table("Share kept by system and budget", *table_of_cells(found)))
    parts.append(
        f'<p class="note">{escape(NOTES)} The dashed line of the plot is the target, the cross the whole context.</p>'
    )
    if len(found["kinds"]) > 1:
        parts.append(f"<h2>By kind of text</h2>{_table('Share kept by kind of text', *table_of_kinds(found))}")
    heading, losses = losses_shown(found)
    if losses:
        parts.append(f"<h2>{escape(heading)}</h2>{''.join(map(_loss, losses))}")
    if found["left_out"]:
        lines = "".join(f"<li>{escape(line)}</li>" for line in left_out_said(found))
        parts.append(f"<h2>Not measured, or in part</h2><ul>{lines}</ul>")
    parts.append(f'<p class="note">{escape(settings_said(found))}</p>')
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title(found))}</title><style>{_STYLE}</style></head>\n<body><main>\n"
        + "\n".join(parts)
        + "\n</main></body>\n</html>\n"
    )


def _table(caption: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    # a region that scrolls must be reachable by keyboard
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _loss(each: Mapping[str, Any]) -> str:
    where = "" if each["passage"] is None else f" (passage {escape(str(each['id'] or each['passage']))})"
    parts = [f"<details><summary>{escape(each['query'])} <span class=note>{escape(each['row'])}</span></summary>"]
    if each["label"]:
        parts.append(f"<p>Lost: <strong>{escape(each['label'])}</strong>{where}</p>")
    if each["sentence"]:
        parts.append(f"<blockquote>{escape(each['sentence'])}</blockquote>")
    return "".join([*parts, f"<p>Why: {escape(each['reason'])}</p></details>"])
