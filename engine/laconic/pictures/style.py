"""How a picture looks: one style sheet for the light and the dark theme, and the page around a picture."""

from __future__ import annotations

from html import escape

from laconic._utils.unicode import shown

__all__ = ["SHADES", "page", "styled"]

SHADES = 5
"""Steps of the shading by score, ``s0`` to ``s4``."""

# Colours are named by what they are for. Each text colour has a contrast of at least 4.5 on each ground that it can
# stand on, in both themes; tests/test_pictures.py computes that from here.
_LIGHT = (
    "--ground:#fff;--text:#1a1a1a;--cut:#4a4a4a;--line:#767676;--panel:#f3f4f6;"
    "--s0:#fff;--s1:#e6f4ea;--s2:#cfe9d7;--s3:#b5dcc2;--s4:#a0d2b1;"
    "--note-ground:#1f2937;--note:#fff;--focus:#1d4ed8;--bar:#2f7d4f;--own:#6b21a8"
)
_DARK = (
    "--ground:#14181b;--text:#f2f2f2;--cut:#ccc;--line:#8a8f94;--panel:#20262b;"
    "--s0:#14181b;--s1:#15291f;--s2:#193a2a;--s3:#1e4a33;--s4:#235a3e;"
    "--note-ground:#e5e7eb;--note:#111827;--focus:#93c5fd;--bar:#5fc48a;--own:#d8b4fe"
)

_RULES = """
.laconic{background:var(--ground);color:var(--text);font:14px/1.6 system-ui,sans-serif;padding:.75em;\
overflow-wrap:anywhere;text-align:start;color-scheme:light dark}
.laconic *{box-sizing:border-box}
.laconic section h3{font-size:1em;margin:0 0 .25em;font-weight:600}
.laconic p,.laconic ul.legend{margin:.25em 0;padding:0}
.laconic ul.legend{display:flex;flex-wrap:wrap;gap:.25em 1.25em;list-style:none;font-size:.9em}
.laconic section{border-inline-start:3px solid var(--line);margin:1em 0;padding-inline-start:.75em}
.laconic .bar{background:var(--panel);border:1px solid var(--line);height:.7em;margin:.25em 0 .5em;min-width:2px}
.laconic .bar i{background:var(--bar);display:block;height:100%}
.laconic .source{position:relative;white-space:pre-wrap;unicode-bidi:plaintext;tab-size:4;margin:.25em 0}
.laconic .indented{font-family:ui-monospace,monospace}
.laconic .m{border-radius:2px;padding-block:1px}
.laconic del{color:var(--cut);text-decoration:line-through}
.laconic .pruned del{text-decoration:line-through double}
.laconic ins{color:var(--own);text-decoration:underline dotted}
.laconic .m[aria-label]:hover{outline:1px dashed var(--line)}
.laconic .m:focus-visible,.laconic summary:focus-visible{outline:2px solid var(--focus);outline-offset:1px}
.laconic .m[aria-label]:hover::after,.laconic .m:focus-visible::after{content:attr(aria-label);display:block;\
position:absolute;inset-inline:0;z-index:1;width:fit-content;max-width:100%;margin-top:.3em;padding:.2em .6em;\
background:var(--note-ground);color:var(--note);border-radius:4px;font:13px/1.5 system-ui,sans-serif;\
white-space:normal;text-decoration:none;pointer-events:none}
.laconic details{border:1px dashed var(--line);border-radius:4px;margin:.25em 0;padding:.1em .5em}
.laconic summary{cursor:pointer;font-size:.9em;white-space:normal}
.laconic .scale b{border:1px solid var(--line);display:inline-block;height:1em;vertical-align:-.15em;width:1.2em}
"""

_STYLE = (
    f"<style>.laconic{{{_LIGHT}}}@media(prefers-color-scheme:dark){{.laconic{{{_DARK}}}}}"
    + _RULES.replace("\n", "")
    + "".join(f".laconic .s{shade}{{background:var(--s{shade})}}" for shade in range(SHADES))
    + "</style>"
)


def styled(label: str, parts: list[str]) -> str:
    """A fragment of its parts, which are HTML.

    Args:
        label: what it is called to people who do not see it, plain text.
        parts: in order.
    """
    # MathJax, which notebooks run, would read prices as formulas
    classes = "laconic tex2jax_ignore mathjax_ignore"
    return f'<div class="{classes}" role="group" aria-label="{plain(label)}">{_STYLE}{"".join(parts)}</div>'


def plain(text: str) -> str:
    """A line of anybody's text as HTML, inside an attribute too."""
    return escape(shown(text, in_line=True))


def page(fragment: str, title: str) -> str:
    """A fragment as a document of its own, which may load and run nothing.

    Args:
        fragment: of `styled`.
        title: plain text.
    """
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{plain(title)}</title>'
        "<style>body{margin:0;background:#fff}@media(prefers-color-scheme:dark){body{background:#14181b}}"
        "main{max-width:60em;margin:auto}</style></head>\n"
        f"<body><main>{fragment}</main></body>\n</html>\n"
    )
