"""Pictures of results: the source is whole and in order, what is kept is the result, and hostile text stays text."""

from __future__ import annotations

import random
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from browser import CHROMIUM, DRIVER, browser

import laconic
from laconic._utils.unicode import shown
from laconic.messages import MessagePipeline
from laconic.pictures import style
from laconic.pictures.source import Allowance, Mark, Scale, Source, drawn
from laconic.supercompress.context import compress_context

QUERY = "Which port does the gateway listen on?"
PROSE = (
    "# Gateway\n\nThe gateway listens on port 8443 by default. It was written in 2019 by two people, in a week.\r\n\r\n"
    "## Limits\n\n| name | value |\n|---|---|\n| connections | 10,000 |\n| listen backlog | 512 |\n\nThe first version "
    "had no tests. Since then it was rewritten twice.\n"
)
CODE = (
    "import os\n\n\nclass Gateway:\n    # the port that it listens on\n    def port(self):\n        "
    '"""Port of the gateway."""\n        value = os.environ.get("PORT")\n        return int(value or 8443)\n\n'
    "    def stop(self):\n        for each in self.connections:\n            each.close()\n            each.wait()\n"
    "        self.connections = []\n"
)
RECORDS = "[" + ", ".join(f'{{"id": {n}, "port": {8000 + n}, "name": "gateway {n}"}}' for n in range(40)) + "]"
HOSTILE = (
    '</div></style><script>document.title="broken"</script><img src=x onerror=document.title="broken"> "onfocus=x '
    "'\"> <!-- --> ]]> &lt;b&gt; &#60; \x1b[31m \x00 \x7f \x85 \u202egnp\u202c \u2066x \ufeff \U000e0041 {x} %s"
    " javascript:x"
)
TEXTS = {
    "prose": PROSE,
    "code": CODE,
    "records": RECORDS,
    "hostile": HOSTILE,
    "rtl": "השער מאזין ביציאה 8443. זה הכל.",
    "e": "",
}
VOID = {"meta", "br", "img", "input", "link"}


class Read(HTMLParser):
    """What a reader, a keyboard and a network get of a picture."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.sources, self.kept, self.own = [], [], [], [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if tag == "br":
            self.handle_data("\n")
        if tag not in VOID:
            self.open.append((tag, attrs))
        if "source" in (attrs.get("class") or "").split():
            for each in (self.sources, self.kept, self.own):
                each.append("")

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        inside = [tag for tag, _ in self.open]
        classes = [name for _, attrs in self.open for name in (attrs.get("class") or "").split()]
        if "source" not in classes or "summary" in inside or "more" in classes:
            return
        if "ins" in inside:
            self.own[-1] += data
        else:
            self.sources[-1] += data
            self.kept[-1] += "" if "del" in inside else data


def words(text):
    return "".join(text.split())


def results():
    for name, text in TEXTS.items():
        for explain in (False, True):
            yield f"{name} {explain}", laconic.compress([text, PROSE, CODE], QUERY, max_tokens=60, explain=explain)
    yield "records", laconic.compress(RECORDS, "the port of gateway 7", max_tokens=40)
    yield "nothing cut", laconic.compress(list(TEXTS.values()), QUERY, max_tokens=10_000)
    yield "without a question", laconic.compress([PROSE, HOSTILE], max_tokens=30)
    yield "a word", laconic.compress([PROSE, HOSTILE], QUERY, max_tokens=1)
    yield "rerun", laconic.compress([{"text": PROSE * 30, "id": HOSTILE}], HOSTILE, rate=0.1)


RESULTS = dict(results())


@pytest.mark.parametrize("name", RESULTS)
def test_the_sources_are_whole_and_in_order_and_what_is_not_struck_through_is_the_result(name):
    result = RESULTS[name]
    originals = {part.index: part.original for part in result.passages}
    for piece in result.dropped:
        if piece.index not in {part.index for part in result.passages}:
            originals[piece.index] = originals.get(piece.index, "") + piece.text
    read = Read(result.to_html())
    assert read.sources == [shown(text) for _, text in sorted(originals.items())]
    texts = {part.index: part.text for part in result.passages}
    for place, index in enumerate(sorted(originals)):
        if read.own[place]:  # it stands where it was written, so that only its share of the characters is compared
            assert len(words(read.kept[place]) + words(read.own[place])) == len(words(shown(texts[index])))
        else:
            assert words(read.kept[place]) == words(shown(texts.get(index, "")))


@pytest.mark.parametrize("name", RESULTS)
def test_hostile_text_is_inert_and_nothing_is_loaded(name):
    for html in (RESULTS[name].to_html(), RESULTS[name].to_html(page=True), RESULTS[name]._repr_html_()):
        read = Read(html)
        allowed = set("br div style p strong bdi ul li span del ins b i section h3 details summary".split())
        if html.startswith("<!doctype"):
            allowed |= set("html head meta title body main".split())
        assert {tag for tag, _ in read.tags} <= allowed
        for tag, attrs in read.tags:
            assert not [each for each in attrs if each.startswith("on") or each in ("src", "href", "srcset", "action")]
            assert re.fullmatch(r"width:\d+\.\d\d%", attrs.get("style", "width:0.00%"))
            assert tag != "meta" or "http-equiv" not in attrs or "default-src 'none'" in attrs["content"]
        sheet = "".join(re.findall(r"<style>(.*?)</style>", html, re.DOTALL))
        assert not re.search(r"url\(|@import|//|expression", sheet)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
        html.encode()


def test_each_reason_is_reached_by_keyboard_and_named():
    read = Read(RESULTS["prose True"].to_html())
    marks = [
        attrs
        for tag, attrs in read.tags
        if tag == "span" and "m" in attrs.get("class", "").split() and "tabindex" in attrs
    ]
    assert marks
    assert all(attrs["role"] == "group" and attrs["tabindex"] == "0" for attrs in marks)
    labels = [attrs["aria-label"] for attrs in marks]
    assert any(label.startswith("kept · ") and "% of the evidence" in label for label in labels)
    assert any(label.startswith("cut: no room in the budget · ") for label in labels)
    assert any(re.search(r" [+-]\d\.\d", label) for label in labels)
    bars = [attrs for _, attrs in read.tags if attrs.get("class") == "bar"]
    assert bars
    assert all(attrs["role"] == "img" and attrs["aria-label"].endswith("% of its tokens kept") for attrs in bars)


def test_the_reason_stands_in_the_style_for_hover_and_focus():
    for state in (":hover", ":focus-visible"):
        assert re.search(rf"{state}::after[^{{]*{{content:attr\(aria-label\)", style.styled("", []))


def test_pruned_words_are_told_from_cut_sentences():
    table = "| city | country | people |\n|---|---|---|\n" + "".join(
        f"| town {n} | land | {n * 1000} |\n" for n in range(30)
    )
    result = laconic.compress(table, "How many people live in town 7?", max_tokens=18)
    states = {
        attrs["class"].split()[1]
        for tag, attrs in Read(result.to_html()).tags
        if "aria-label" in attrs and tag == "span"
    }
    assert states == {"kept", "cut", "pruned"}
    marks = [Mark(0, 5, "kept", "kept"), Mark(5, 9, "pruned", "pruned: x"), Mark(9, 12, "cut", "cut: y")]
    html = drawn(Source("s", "abcdefghijkl", marks), Scale("evidence", 0.0, 0), Allowance())
    assert '<span class="m pruned s0"' in html
    assert "line-through double" in style.styled("", [])


# -- size -------------------------------------------------------------------------------------------------------------


def test_long_cut_stretches_are_folded():
    result = laconic.compress([PROSE, "Ferries cross the river each hour. " * 100], QUERY, max_tokens=20)
    read = Read(result.to_html())
    assert [tag for tag, _ in read.tags].count("details") == 1
    assert re.search(r"<summary>3,\d\d\d characters cut: ", result.to_html())


def test_a_notebook_gets_no_more_than_it_can_hold():
    many = [f"Line {n} of the log says nothing at all.\n" * 60 for n in range(300)]
    result = laconic.compress([PROSE, *many], QUERY, max_tokens=40)
    whole, brief = result.to_html(), result._repr_html_()
    assert sum(map(len, Read(whole).sources)) == len(shown(PROSE)) + sum(map(len, many))
    assert sum(map(len, Read(brief).sources)) <= 100_000
    assert "passages more, in to_html()" in brief
    assert "8443" in Read(brief).kept[0]
    kept = laconic.compress("One line of many that are all kept. " * 10_000, QUERY, max_tokens=1_000_000)
    assert len(kept._repr_html_()) < 110_000
    assert "characters more, in to_html()" in kept._repr_html_()


def test_size_is_linear_and_many_marks_are_merged():
    def size(rows):
        text = "".join(f"{n},{n % 7}\n" for n in range(rows))
        return len(laconic.compress(text, "row 5", max_tokens=30).to_html())

    assert size(4000) < 2.5 * size(2000)
    marks = [Mark(n, n + 1, "cut", "cut: x", 0.5) for n in range(1000)]
    merged = drawn(Source("s", "a" * 1000, marks), Scale("evidence", 0.5, 0), Allowance())
    assert merged.count("tabindex") == 1


def test_marks_in_any_form_leave_the_text_whole():
    drawing = random.Random(7)
    for _ in range(300):
        text = "".join(drawing.choice("ab \n<&\r\x1b") for _ in range(drawing.randrange(60)))
        cuts = sorted(drawing.randrange(len(text) + 1) for _ in range(drawing.randrange(12)))
        states = ("kept", "cut", "pruned", "layout")
        marks = [Mark(a, b, drawing.choice(states), drawing.choice(("", "why"))) for a, b in pairwise(cuts)]
        marks = [mark for mark in marks if drawing.random() < 0.8]
        own = sorted((drawing.randrange(len(text) + 1), f"own{n}") for n in range(drawing.randrange(4)))
        read = Read(drawn(Source("x", text, marks, own), Scale("evidence", 0.0, 0), Allowance()))
        assert read.sources[0].replace("\n", "") == shown(text).replace("\n", "")
        assert read.own[0] == "".join(written for _, written in own)


# -- colours ----------------------------------------------------------------------------------------------------------


def luminance(colour):
    digits = colour.lstrip("#")
    digits = "".join(each * 2 for each in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_contrast_on_every_ground(theme):
    sheet = re.search(r"<style>(.*?)</style>", style.styled("", [])).group(1)
    dark = sheet.partition("@media(prefers-color-scheme:dark)")[2]
    colours = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{3,6})", (sheet if theme == "light" else dark).partition("}")[0]))
    grounds = [colours[f"s{shade}"] for shade in range(style.SHADES)] + [colours["ground"]]
    assert len(set(grounds)) == style.SHADES
    for text in ("text", "cut"):
        assert all(contrast(colours[text], ground) >= 4.5 for ground in grounds)
    assert contrast(colours["own"], colours["ground"]) >= 4.5
    assert contrast(colours["note"], colours["note-ground"]) >= 4.5
    for line in ("line", "focus", "bar"):  # what is no text
        assert contrast(colours[line], colours["ground"]) >= 3
    assert contrast(colours["bar"], colours["panel"]) >= 3


def test_nothing_is_told_by_colour_alone():
    sheet = style.styled("", [])
    for element in ("del", "ins"):
        assert re.search(rf"\.laconic {element}{{[^}}]*text-decoration:", sheet)


# -- other results ----------------------------------------------------------------------------------------------------


def test_what_compress_context_evicted():
    log = "\n".join(f"{n:02d}:00 worker {n % 7} finished <job> {n * 37}" for n in range(60))
    result = compress_context(
        f"{log}\n61:00 disk is full, writes fail\n{log}", "Why do writes fail?", budget_ratio=0.25
    )
    read = Read(result.to_html())
    assert read.sources == [result.original_text]
    assert words(read.kept[0]) == words(result.compressed_text)
    assert len(result._repr_html_()) < len(result.to_html(page=True))
    assert Read(compress_context("", "x").to_html()).sources == [""]


def test_the_blocks_of_a_chat():
    rows = "[" + ", ".join(f'{{"order": {n}, "state": "<sent>"}}' for n in range(100)) + "]"
    prose = "The door is really very heavy and quite old. It was made by hand. " * 8
    chat = [
        {"role": "user", "content": f"# Doors\n\n{prose}\n\n```python\ndef f():\n    return 1\n```\n"},
        {"role": "assistant", "content": rows},
        {"role": "user", "content": "What of order 7?"},
    ]
    result = MessagePipeline("default", mode="aggressive").run(chat)
    read = Read(result.to_html())
    assert read.sources == [shown(block.text) for block in result.segments]
    for place, block in enumerate(result.segments):
        after = block.text if block.text_after is None else block.text_after
        assert sorted(words(read.kept[place] + read.own[place])) == sorted(words(after))
    assert any(block.text_after for block in result.segments)
    assert "<script" not in result._repr_html_()


# -- in a browser -----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="there is no browser")
def test_in_a_browser(tmp_path):
    path = Path(tmp_path / "page.html")
    result = laconic.compress([{"text": PROSE, "id": HOSTILE}, HOSTILE * 3], QUERY, max_tokens=40, explain=True)
    path.write_text(result.to_html(page=True), encoding="utf-8")
    note = "return getComputedStyle(document.activeElement, '::after').content"
    with browser() as page:
        for scheme in ("light", "dark"):
            page.emulate(scheme)
            page.open(path.as_uri())
            page.keys("\ue004")  # Tab
            assert "kept" in page.run(note)
            colours = (
                "const c = getComputedStyle(document.querySelector('.laconic')); return [c.color, c.backgroundColor]"
            )
            text, ground = (sum(map(int, re.findall(r"\d+", each))) for each in page.run(colours))
            assert (text < ground) is (scheme == "light")
            assert page.run("return document.title") == f"laconic: {QUERY}"
            assert page.run("return document.scripts.length + document.images.length") == 0
            assert page.run("return document.documentElement.scrollWidth <= innerWidth")
        assert page.complaints() == []
