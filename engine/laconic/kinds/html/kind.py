"""HTML: the text of its elements, without the tags that say nothing to a reader."""

from __future__ import annotations

from laconic.kinds.html.detect import fallback_of, is_told_html, looks_like_html
from laconic.kinds.html.parts import words_alone
from laconic.kinds.html.render import HtmlRenderer
from laconic.kinds.html.segment import HtmlSegmenter
from laconic.kinds.kind import Kind, Repeats, SegmentRule
from laconic.score.steps import structure_steps

__all__ = ["HTML"]

_RUNNING = SegmentRule(repeats=Repeats.BY_WORDS)

HTML = Kind(
    name="html",
    example="<!DOCTYPE html>\n<html><head><title>Tower</title><style>p { color: red }</style></head>\n<body>\n"
    '<nav><a href="/">Home</a></nav>\n<h1 class="top">Eiffel</h1>\n<p>The <b>Eiffel Tower</b> is 330 metres high. It '
    'is made of <a href="/iron">iron</a>.</p>\n<ul>\n<li>Open from nine to five.</li>\n<li>Dogs stay outside.</li>\n'
    "</ul>\n<table>\n<tr><th>floor</th><th>metres</th></tr>\n<tr><td>first</td><td>57</td></tr>\n"
    "<tr><td>second</td><td>115</td></tr>\n</table>\n<pre><code>make paint</code></pre>\n</body></html>",
    segmenter=HtmlSegmenter,
    renderer=HtmlRenderer,
    suffixes=(".htm", ".html", ".xhtml"),
    told=is_told_html,
    looks_like=looks_like_html,
    one_line=True,
    rules={
        "sentence": _RUNNING,
        "list_item": _RUNNING,
        "quote": _RUNNING,
        "heading": SegmentRule(heads=True),
        "table_header": SegmentRule(heads=True),
        "table_row": SegmentRule(same_words_differ=True),
    },
    steps=structure_steps,
    frames=True,
    running_text=True,
    instead=fallback_of,
    words=words_alone,
)
