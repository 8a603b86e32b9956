"""HTML and XML: what is kept of them, whatever their tags are like. Steps are counted, not timed."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise, product
from xml.parsers import expat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from regex_steps import steps_of
from step_counting import steps_within

import laconic
from laconic.kinds import runs, tags
from laconic.kinds.catalogue import kind_named, recognise
from laconic.kinds.html import blocks, detect, parts
from laconic.kinds.html.parts import read_html, words_alone
from laconic.kinds.tags import find_tags
from laconic.kinds.xml import detect as xml_detect
from laconic.kinds.xml import records as xml_records
from laconic.kinds.xml import render as xml_render
from laconic.kinds.xml import tree as xml_tree
from laconic.kinds.xml.tree import fault_of, read_xml
from laconic.types import DROPPED, Passage

PAGE = """<!DOCTYPE html>
<html><head><title>The tower</title><script>if (a < b) { paint("<p>no text</p>") }</script></head>
<body class="x"><nav><a href="/">Home</a></nav>
<h1 id="top">Eiffel</h1>
<p>The <a href="/eiffel" title="It is > 300 m.">Eiffel Tower</a> is 330&nbsp;metres high. It
   is made of <b>iron</b>, e.g. of puddled iron.<br>Gustave Eiffel built it.</p>
<dl><dt>Paint</dt><dd>Sixty tonnes are needed. It takes a year.</dd></dl>
<ul><li>Open from nine to five.<li>Dogs stay outside.</ul>
<table class="wide"><tr><th>floor</th><th>metres</th><th>stairs</th></tr>
<tr><td class="n">first</td><td>57</td><td></td></tr><tr><td>second</td><td>115</td><td>674</td></tr></table>
<pre class="sh"><code>make  <span class="k">paint</span>
make clean</code></pre>
<!-- a comment --></body></html>"""


def kept_of(text, query, tokens, kind=None):
    [part] = laconic.compress([Passage(text, kind=kind)], query, max_tokens=tokens).passages
    return part


# -- HTML -----------------------------------------------------------------------------------------------------------


def test_a_page_is_its_text():
    said = ["".join(PAGE[start:end] for start, end in part.kept) for part in read_html(PAGE)]
    assert said == [
        "The tower",
        "<h1>Eiffel",
        "The Eiffel Tower is 330&nbsp;metres high.",
        "It is made of iron, e.g. of puddled iron.",
        "Gustave Eiffel built it.",
        "Paint<dd>Sixty tonnes are needed.",
        "It takes a year.",
        "<li>Open from nine to five.",
        "<li>Dogs stay outside.",
        "<th>floor<th>metres<th>stairs",
        "<td>first<td>57",
        "<td>second<td>115<td>674",
        "<pre>make  paint\nmake clean</pre>",
    ]


def test_an_inline_tag_parts_no_sentence_and_is_none_of_the_result():
    part = kept_of(PAGE, "How high is the Eiffel Tower in metres?", 13)
    assert part.text == "The Eiffel Tower is 330&nbsp;metres high."
    assert "".join(PAGE[start:end] for start, end in part.spans) == part.text


def test_two_breaks_part_what_one_does_not():
    text = "<p>Ada Lopez<br>12 Main Road<br><br>Her tower is open<br>\nall day.</p>"
    said = ["".join(text[start:end] for start, end in part.kept) for part in read_html(text)]
    assert said == ["Ada Lopez<br>12 Main Road", "Her tower is open<br>all day."]


def test_a_row_comes_with_the_header_and_cells_stay_in_their_columns():
    part = kept_of(PAGE, "How many stairs to the second floor, 115 metres up?", 30)
    assert "<th>floor<th>metres<th>stairs\n" in part.text
    assert re.search("(\n|<tr>)<td>second<td>115<td>674", part.text)
    table = "<table><tr><th>a<th>b<th>c</tr><tr><td><td><td>7</tr><tr><td colspan=2>x<td>8</tr></table>"
    cells = [part.cells for part in read_html(table)]
    assert cells == [("a", "b", "c"), ("", "", "7"), ("x", "", "8")]


def test_a_table_that_lays_out_a_page_is_text():
    cell = "<p>The tower is high. It is made of iron.</p><p>Paint keeps it safe from rust. It is brown.</p>"
    page = f"<table><tr><td>{cell}</td><td>{cell}</td></tr><tr><td>{cell}</td><td>{cell}</td></tr></table>"
    assert {part.kind for part in read_html(page)} == {"sentence"}
    nested = f"<table><tr><td>{PAGE}</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>"
    assert "The Eiffel Tower is 330&nbsp;metres high." in [
        "".join(nested[start:end] for start, end in part.kept) for part in read_html(nested)
    ]


def test_what_is_not_for_readers_comes_before_nothing():
    for tokens in range(5, 90, 4):
        text = kept_of(PAGE, "Home? no text? a comment?", tokens).text
        assert not re.search(r"Home|no text|comment|href|class", text)
    assert "Home" in kept_of("<nav><ul><li>Home is here now</li>\n<li>Away from here</li></ul></nav>", "Home?", 8).text


def test_scorers_read_the_words_where_they_stand():
    alone = words_alone(PAGE)
    assert len(alone) == len(PAGE)
    assert " ".join(alone.split()).startswith(
        "The tower Eiffel The Eiffel Tower is 330 metres high. It is made of iron"
    )
    assert all(a in (b, " ") for a, b in zip(alone, PAGE, strict=True))


class Reader(HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=False)
        self.found = []
        self.line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.feed(text)
        self.close()

    def at(self):
        line, column = self.getpos()
        return self.line_starts[line - 1] + column

    def handle_starttag(self, tag, attrs):
        self.found.append((self.at(), tag))

    def handle_endtag(self, tag):
        self.found.append((self.at(), "/" + tag))


@pytest.mark.parametrize("text", [PAGE, kind_named("html").example])
def test_tags_stand_where_the_parser_of_the_standard_library_sees_them(text):
    marks = {"open": "", "empty": "", "close": "/"}
    own = [
        (t.start, marks[t.kind] + t.name) for t in find_tags(text, frozenset(["script", "style"])) if t.kind in marks
    ]
    assert own == Reader(text).found


# -- XML ------------------------------------------------------------------------------------------------------------

STAFF = (
    "<staff>\n"
    + "".join(
        f'  <person id="P{n}" grade="{n % 3}">\n    <name>{name}</name>\n    <desk><floor>{n % 4}</floor>'
        f"<room>{100 + n}</room></desk>\n    <state>{'absent' if n == 5 else 'here'}</state>\n  </person>\n"
        for n, name in enumerate("Ada Ben Cleo Dora Emil Finn Gita Hugo Ines Jo".split())
    )
    + "</staff>"
)


@given(budget=st.integers(8, 400), query=st.sampled_from(["What is the room of Dora?", "P7", "Who is absent?", None]))
@settings(max_examples=60, deadline=None)
def test_what_is_kept_of_records_is_well_formed(budget, query):
    text = laconic.compress(STAFF, query, max_tokens=budget).text
    if text:
        reads(text)
        assert text.startswith("<staff>")
        assert set(re.findall(r">[^<>]*\w[^<>]*</\w+>", text)) <= set(re.findall(r">[^<>]*\w[^<>]*</\w+>", STAFF))


def reads(text):
    """Raises where a text is not well-formed, or a prefix of it is bound to nothing."""
    expat.ParserCreate(namespace_separator=" ").Parse(text, True)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("What is the room of Dora?", ["Dora", "<room>103</room>"]),
        ("In which room is P7?", ['id="P7"', "<room>107</room>"]),
        ("Who has the highest room?", ["Jo", "109"]),
        (None, ["absent", "Finn"]),
    ],
)
def test_a_record_comes_with_what_names_it_however_deep_the_member(query, wanted):
    text = laconic.compress(STAFF, query, max_tokens=60).text
    assert all(each in text for each in wanted)


def test_attributes_elements_and_text_are_members_by_name():
    text = '<a><b id="1">x<!-- no --></b><b id="2"><c k="v">t &amp; u</c></b><b><d/></b></a>'
    records, _ = xml_records.xml_records(text, read_xml(text).roots)
    found = [[(member.name, member.value) for member in record.members] for record in records]
    assert found == [[], [("id", "1"), ("b", "x")], [("id", "2"), ("c/k", "v"), ("c/c", "t & u")], [("d", "")]]


def test_elements_named_by_what_they_are_of_are_records_by_key():
    text = (
        "<servers>"
        + "".join(
            f"<{name}><host>10.0.0.{n}</host><port>{80 + n}</port></{name}>"
            for n, name in enumerate(("web", "db", "cache"))
        )
        + "</servers>"
    )
    assert kept_of(text, "What is the port of db?", 30).text == (
        "<servers><db><host>10.0.0.1</host><port>81</port></db></servers>"
    )


def test_a_document_is_its_sentences():
    para = (
        "The tower is 330 metres high. It is made of <emphasis>puddled</emphasis> iron. Paint keeps it safe from rust."
    )
    more = "<para>Dogs stay outside at all times. The tower is closed at night.</para>"
    text = f"<article><title>Tower</title><para>{para}</para>{more}</article>"
    assert recognise(Passage("<?xml version='1.0'?>" + text)).kind.name == "xml"
    part = kept_of(text, "What is made of puddled iron?", 30, "xml")
    assert "It is made of <emphasis>puddled</emphasis> iron." in part.text
    assert "<para>" not in part.text


def test_name_spaces_stay_where_they_are_used():
    items = "".join(f"<item><x:id>{n}</x:id><y:size>{n * 7}</y:size></item>" for n in range(12))
    text = f'<r xmlns:x="urn:x" xmlns:y="urn:y" xmlns="urn:z">{items}</r>'
    kept = kept_of(text, "What is the size of id 8?", 50).text
    reads(kept)
    assert 'xmlns:x="urn:x"' in kept
    assert 'xmlns="urn:z"' not in kept


def test_entities_are_never_expanded():
    bomb = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12)
    )
    text = f"{bomb}]><l><m>&m;</m><n>x</n><o>y &m;</o></l>"
    result = laconic.compress(text, "x", max_tokens=30)
    assert "entities" in result.metrics.fallback
    assert len(result.text) < 200


# -- which texts are which ------------------------------------------------------------------------------------------

HEAD = "# Tower\n\nIt is <b>high</b>.\n\n"


@pytest.mark.parametrize(
    ("text", "source", "kind"),
    [
        (PAGE, None, "html"),
        (PAGE[400:1100], None, "html"),
        ("<div>\n<p>The tower is high.</p>\n<p>It is made of iron.</p>\n</div>", None, "html"),
        (STAFF, None, "xml"),
        (STAFF[300:900], None, "xml"),
        (STAFF.replace("\n", ""), None, "xml"),
        ('<?xml version="1.0"?>\n<a>some text</a>', None, "xml"),
        (HEAD + '<p align="center"><img src="a.png"></p>\n\n- a\n- b\n', None, "prose"),
        ('<p align="center"><img src="a.png"></p>\n\n' + HEAD + "## Use\n\n```sh\nmake\n```\n", None, "prose"),
        (HEAD, "README.md", "markdown"),
        ("The <b> tag makes text bold, the <i> tag italic.\nUse <p> and </p> around paragraphs.", None, "prose"),
        (
            "<instructions>\nAnswer in one sentence. Be brief.\n</instructions>\n<question>\nHow high?\n</question>",
            None,
            "prose",
        ),
        ('<div className="a">\n  {items.map(item => <Item key={item.id} />)}\n</div>', "list.jsx", "code"),
        ("<?php foreach ($a as $b): ?>\n<p><?= $b ?></p>\n<?php endforeach; ?>\n", "list.php", "code"),
        ("{% extends 'base.html' %}\n{% block body %}\n<p>{{ a }}</p>\n{% endblock %}\n", "list.html", "lines"),
        ("def f(a):\n    return '<p>' + a + '</p>'\n\n\ndef g(b):\n    return f(b)\n", None, "code"),
        ("if a < b and c > d then\nx <y> z\n", None, "prose"),
    ],
)
def test_a_text_is_what_it_reads_as(text, source, kind):
    assert recognise(Passage(text, source=source)).kind.name == kind


def test_what_a_caller_says_counts():
    assert recognise(Passage("<b>a</b>", language="html")).kind.name == "html"
    assert recognise(Passage("<b>a</b>", metadata={"content_type": "text/html; charset=utf-8"})).kind.name == "html"
    assert recognise(Passage("<b>a</b>", metadata={"mime": "application/atom+xml"})).kind.name == "xml"


@pytest.mark.parametrize(
    ("text", "source", "why"),
    [
        ("plain words\n", "a.html", "without a tag"),
        ("plain words\n", "a.xml", "without a tag"),
        ("<a><b>1</b><c>2</a>", "a.xml", "mismatched tag"),
        (STAFF[:700], "a.xml", "not well-formed"),
        ("<a>&nbsp;<b>1</b></a>", "a.xml", "undefined entity"),
    ],
)
def test_a_fallback_is_told(text, source, why):
    result = laconic.compress([Passage(text * 9, source=source)], "b", max_tokens=12)
    assert why in result.metrics.fallback


# -- bad input ------------------------------------------------------------------------------------------------------

BAD = {
    "open": "<a>", "paragraphs": "<p>", "unclosed quotes": '<a b="', "less than": "<", "declarations": "<!",
    "comments": "<!-- ", "sections": "<![CDATA[", "instructions": "<?a ", "references": "&#", "nested": "<div>",
    "lists": "<ul><li>", "tables": "<table><tr><td>", "ends": "</b>", "crossed": "<i>a</b>", "script": "<script>",
    "navigation": "<nav>", "words": "word ", "entities": "&amp;", "attributes": "<a b=\"1\" c='2' d=3>x</a>",
    "spaces": "<a   ", "preformatted": "<pre>a", "breaks": "a<br>", "terms": "<dt>a",
    "rows": "<tr><td>1</td><td>2</td></tr>", "subsets": "<!DOCTYPE a [ ]", "open subsets": "<!A [>",
    "closed comments": "<!-- -->", "records": "<r><id>1</id><n>Ada L</n></r>", "spaces of names": '<a xmlns:b="c">',
    "slashes": "<a/", "equals": "<a =", "empty": "<a/>", "titles": "<title>a</title>", "heads": "<head>",
    "capitals": "<A HREF=x>B</A> ", "blank lines": " \n", "tables in tables": "<table>", "wide": '<a b="<">x</a>',
    "text": "<p>Some <b>bold</b> text. And more.</p>\r\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", ["html", "xml"])
@pytest.mark.parametrize("unit", BAD)
def test_nothing_of_broken_text_is_lost(kind, unit):
    text = BAD[unit] * 30 + "\nThe <b>end</b> is near. It is 7."
    for tokens in (4, 20, 60):
        result = laconic.compress([Passage(text, kind=kind)], "Is the end near?", max_tokens=tokens)
        assert result.metrics.compressed_tokens <= tokens
        spans = sorted([*(span for part in result.passages for span in part.spans), *(d.span for d in result.dropped)])
        assert [0, *(end for _, end in spans)] == [*(start for start, _ in spans), len(text)]


pieces = st.sampled_from(
    [
        *BAD.values(),
        "é ",
        "\U0001f600",
        "Dr. A. is in. ",
        "]]>",
        "-->",
        "?>",
        '"',
        "</p>",
        "</td>",
        "</table>",
        "</r>",
        "\r\n",
    ]
)


@given(
    text=st.lists(pieces, max_size=40).map("".join), kind=st.sampled_from(["html", "xml"]), tokens=st.integers(1, 60)
)
@settings(max_examples=150, deadline=None)
def test_any_mixture_keeps_the_laws(text, kind, tokens):
    result = laconic.compress([Passage(text, kind=kind)], "Is Dr. A. in?", max_tokens=tokens)
    for part in result.passages:
        assert "".join(text[start:end] for start, end in part.spans) == part.text
        assert all(a[1] < b[0] for a, b in pairwise(part.spans))
    assert all(a.start < a.end <= b.start for a, b in pairwise(find_tags(text)))
    segments = kind_named(kind).segmenter(None).segment(Passage(text), 0, 0)
    assert all(a.end <= b.start for a, b in pairwise(segments))
    assert all(segment.start < segment.end for segment in segments)


@given(text=st.lists(pieces, max_size=30).map(lambda found: f"<r>{''.join(found)}</r>"), tokens=st.integers(1, 60))
@settings(max_examples=150, deadline=None)
def test_what_was_well_formed_stays_it(text, tokens):
    read = read_xml(text)
    if fault_of(text) is None and read.balanced and not read.is_document:
        segments = kind_named("xml").segmenter(None).segment(Passage(text), 0, 0)
        for at in range(len(segments)):
            levels = [0 if other == at else DROPPED for other in range(len(segments))]
            rendered = kind_named("xml").renderer().render(Passage(text), segments, levels)
            assert fault_of(rendered.text) is None


def test_what_no_subset_ends_goes_no_further_than_its_own_end():
    text = "<b>]]></b><!DOCTYPE a [ <i>x</i> ]"
    assert [text[tag.start : tag.end] for tag in find_tags(text)] == ["<b>", "</b>", "<!DOCTYPE a [ <i>", "</i>"]
    assert [tag.kind for tag in find_tags("<!DOCTYPE a [<!ELEMENT b ANY>] ><a/>")] == ["declaration", "empty"]


def test_ten_thousand_levels_and_a_line_of_five_megabytes():
    for name in ("div", "a", "table"):
        deep = f"<{name}>" * 10_000 + "The end is near." + f"</{name}>" * 10_000
        for kind in ("html", "xml"):
            assert laconic.compress([Passage(deep, kind=kind)], "end", max_tokens=20).metrics.compressed_tokens <= 20
    long = "<p>" + "It is <b>high</b>. " * 10_000 + "a" * 4_800_000 + "</p>"
    segments = kind_named("html").segmenter(None).segment(Passage(long), 0, 0)
    assert len(segments) > 10_000


MODULES = (blocks, detect, parts, runs, tags, xml_detect, xml_records, xml_render, xml_tree)
PATTERNS = [
    pytest.param(value, id=f"{module.__name__}.{name}")
    for module in MODULES
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern) and name != "_WIDE_TAG"  # tried some two hundred times, on some characters
]
UNITS = [*"a1 -=>[/<{\"'&\n", *map("".join, product("a <=", repeat=2)), "a=1 ", "a='b' ", "<!-- ", "</a", "é"]
TAILS = ("", "x>")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_takes_linear_steps(pattern):
    """Tried where its first character stands, as all are; twice the text takes at most about twice the steps."""
    for unit, tail in product(UNITS, TAILS):
        few = steps_of(pattern, unit * (120 // len(unit)) + tail, search=False)
        many = steps_of(pattern, unit * (240 // len(unit)) + tail, search=False)
        assert many <= 2.6 * few + 400, (unit, tail, few, many)


def steps_of_segmenting(text, kind):
    """Steps in the files of the two kinds and of what they share."""

    def segmenting():
        kind_named(kind).segmenter(None).segment(Passage(text), 0, 0)
        recognise(Passage(text, kind=kind))
        recognise(Passage(text))

    own = ("kinds/html", "kinds/xml", "kinds/tags", "kinds/runs", "kinds/records", "kinds/json")
    return steps_within(own, segmenting)


DEEP = frozenset(["crossed", "preformatted", "breaks", "terms"])
"""What nests without end: names of members grow with the depth up to a limit, so steps are counted beyond it."""


@pytest.mark.parametrize("kind", ["html", "xml"])
@pytest.mark.parametrize("unit", BAD)
def test_segmenting_takes_linear_steps(unit, kind):
    times = (400, 1600) if kind == "xml" and unit in DEEP else (100, 400)
    few, many = (steps_of_segmenting(BAD[unit] * n + "\nThe end.", kind) for n in times)
    assert many <= 5 * few + 4000, (few, many)
