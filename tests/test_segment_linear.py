"""Cutting prose takes steps in proportion to the text, on the worst of texts too. Steps are counted, not timed."""

from __future__ import annotations

import pytest
from step_counting import steps_within

from laconic.kinds.prose.segment import ProseSegmenter
from laconic.types import Passage

BAD = {
    "blanks": " \n",
    "quotes": "> ",
    "quoted lines": "> a\n",
    "bare quotes": ">\n",
    "open fences": "```a\n",
    "fences of growing length": "````\n```a\n",
    "tildes": "~~~\n",
    "rules": "----\n",
    "bullets": "- \n",
    "items": "- a\n",
    "nested items": "- a\n  - b\n",
    "numbers": "1. a\n",
    "brackets": "(",
    "bracketed numbers": "(1) ",
    "opened sentences": "(a\n",
    "words": "word ",
    "small lines": "words that go on and on and on over the line\n",
    "capital lines": "Words That Go On And On And On Over The Line\n",
    "terms": "a\n    b\n",
    "deeper and deeper": "a\n  b\n    c\n",
    "columns": "=== ===\na   b\n",
    "grids": "+--+\n| a|\n",
    "pipes": "| a | b |\n",
    "half a table": "a | b\nc\n",
    "pages": "some text that goes on for a while without\n12\nand goes on\n",
    "form feeds": "\f",
    "pages of blanks": "\n\f\n",
    "headings": "# a\n",
    "underlines": "a\n=\n",
    "directives": ".. code::\n\n",
    "nested directives": ".. note::\n  a\n",
    "front matter": "---\n",
    "labels": "a: b\n",
    "URLs": "http://a.b/c\n",
    "one line": "a. ",
    "no spaces": "a",
    "full stops": ".",
    "carriage returns": "\r",
    "comments": "# a line of a comment that goes on and\n# on\n",
    "double spacing": "text that goes on\n\nand on\n\n",
    "indented": "    a\n\n",
    "announced": "a::\n\n    b\n\n",
    "backquotes": "`",
    "emphasis": "*a",
    "CJK": "東京は大きい\n",
}


def steps_of_segmenting(text):
    """Steps in the segmenter's own files."""
    return steps_within(["prose"], lambda: ProseSegmenter().segment(Passage(text), 0, 0))


@pytest.mark.parametrize("unit", BAD)
def test_segmenting_takes_linear_steps(unit):
    few, many = (steps_of_segmenting(BAD[unit] * n + "\nThe end.") for n in (200, 800))
    assert many <= 4.6 * few + 2000, (few, many)


class Watched(str):
    """A text that counts how often all of it is looked through by a method."""

    looks = 0


def _watch(name):
    def method(self, *args, **kwargs):
        self.looks += 1
        return getattr(str, name)(self, *args, **kwargs)

    return method


for (
    _name
) in "__contains__ find rfind index count split splitlines strip lstrip rstrip isascii lower replace encode".split():
    setattr(Watched, _name, _watch(_name))


@pytest.mark.parametrize("unit", BAD)
def test_all_of_a_text_is_looked_through_a_fixed_number_of_times(unit):
    looks = []
    for n in (100, 400):
        text = Watched(BAD[unit] * n + "\nThe end.")
        text.looks = 0
        ProseSegmenter().segment(Passage(text), 0, 0)
        looks.append(text.looks)
    assert looks[0] == looks[1]
    assert looks[0] < 20


@pytest.mark.parametrize("unit", ["a", "word ", "(1) ", "> ", "1. ", "東"])
def test_a_line_of_five_megabytes_is_cut(unit):
    text = unit * (5_000_000 // len(unit)) + "\nThe end."
    segments = ProseSegmenter().segment(Passage(text), 0, 0)
    assert segments[-1].end == len(text)
    assert sum(segment.end - segment.start for segment in segments) >= 0.4 * len(text)
