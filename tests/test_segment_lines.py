"""What a line break means is told from the lines: the form of a text changes nothing about where its sentences end."""

from __future__ import annotations

import re
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.kinds.prose.segment import ProseSegmenter
from laconic.types import Passage

SENTENCES = (
    "The council met in the old town hall on Monday, although two of its members were still abroad.",
    "Dr. Smith of the United States Geological Survey measured the river at 3.5 metres, i.e. less than in spring.",
    "Is the bridge, which was built in 1887, safe for lorries?",
    "Nobody in Santa Barbara County had asked the engineers about that before!",
    'Mary Ann Evans said "it is not the water but the wind" and left.',
    "Of the 14 towns along the Rio Grande de Santiago, only Guadalajara has more than a million inhabitants.",
    "Repairs, new barriers and the signs for drivers cost $1,250,000 (about a third of the year's budget).",
    "See Fig. 3 for a comparison of the years from 1990 to 2010.",
    "In the end it was the mayor of Saint Paul who signed the contract with Northern Steel.",
)

paragraphs = st.lists(st.sampled_from(SENTENCES), min_size=3, max_size=7, unique=True)
documents = st.lists(paragraphs, min_size=1, max_size=3)
widths = st.integers(30, 160)


def pieces(text):
    return [text[segment.start : segment.end] for segment in ProseSegmenter().segment(Passage(text), 0, 0)]


def kinds(text):
    return [
        (segment.kind, text[segment.start : segment.end]) for segment in ProseSegmenter().segment(Passage(text), 0, 0)
    ]


def wrapped(paragraph, width, first="", rest=""):
    return textwrap.wrap(
        " ".join(paragraph),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def on_one_line(document):
    """The sentences of the paragraphs as they are where nothing is wrapped."""
    return [piece for paragraph in document for piece in pieces(" ".join(paragraph))]


def words(text):
    return " ".join(text.split())


def lines_of(document, width):
    """The lines of the paragraphs, a blank one between."""
    lines = []
    for paragraph in document:
        lines += [*wrapped(paragraph, width), ""]
    return lines[:-1]


PREFIXES = {
    "none": lambda number: "",
    "quoted": lambda number: "> ",
    "quoted twice": lambda number: "> > ",
    "quoted without blanks": lambda number: ">>",
    "indented": lambda number: "    ",
    "indented by a tab": lambda number: "\t",
    "cat -n": lambda number: f"{number:6d}\t",
    "numbered with a colon": lambda number: f"{number}: ",
    "numbered with a bar": lambda number: f"{number:4d} | ",
    "numbered with an arrow": lambda number: f"{number:6d}→",
    "commented with a hash": lambda number: "# ",
    "commented with slashes": lambda number: "// ",
    "commented with dashes": lambda number: "-- ",
}


# Where lines end a sentence is told by habit, so of some thousand documents one is misread: the same ones each time.
@pytest.mark.parametrize("prefix", PREFIXES)
@given(documents, st.data())
@settings(max_examples=25, deadline=None, derandomize=True)
def test_sentences_end_where_they_end_at_any_width_behind_any_prefix(prefix, document, data):
    """Of each segment the words, prefixes taken off, are a sentence of the unwrapped text; and none is missing."""
    width = data.draw(widths)
    lines = lines_of(document, width)
    marks = [PREFIXES[prefix](number) for number in range(1, len(lines) + 1)]
    text = "\n".join((mark + line).rstrip(" ") for mark, line in zip(marks, lines, strict=True))
    found = []
    for segment in ProseSegmenter().segment(Passage(text), 0, 0):
        at, own = 0, []
        for mark, line in zip(marks, lines, strict=True):
            physical = (mark + line).rstrip(" ")
            start, end = max(segment.start, at + len(mark)), min(segment.end, at + len(physical))
            own.append(text[start:end] if start < end else "")
            at += len(physical) + 1
        found.append(words(" ".join(own)))
    assert found == on_one_line(document)


@given(documents, widths, st.sampled_from(["\n", "\r\n", "\r", "\u2028"]))
@settings(max_examples=100, deadline=None)
def test_any_line_end_is_a_line_end(document, width, line_end):
    text = line_end.join(lines_of(document, width))
    assert [words(piece) for piece in pieces(text)] == on_one_line(document)


@given(documents, widths, st.lists(st.booleans(), min_size=400, max_size=400))
@settings(max_examples=50, deadline=None)
def test_mixed_line_ends_are_line_ends(document, width, windows):
    lines = lines_of(document, width)
    text = "".join(line + ("\r\n" if window else "\n") for line, window in zip(lines, windows, strict=False))
    assert [words(piece) for piece in pieces(text)] == on_one_line(document)


BETWEEN = {
    "a URL": "https://docs.example.org/en/stable/reference/configuration/advanced/options.html?highlight=retention#s-7-3",
    "a fence": "```sh\n$ make install && make check\n```",
    "an indented command": "    $ make install",
    "a table": "| name | value |\n|------|-------|\n| a    | 1     |",
    "a grid": "+---+----+\n| a | bb |\n+===+====+\n| 1 | 2  |\n+---+----+",
    "a list": "* Overview\n* Options\n* See also",
    "a heading": "## Next",
    "an underlined heading": "Next part\n~~~~~~~~~",
    "a rule": "* * *",
    "code of AsciiDoc": "[source,sh]\n----\nmake all\n----",
    "a directive": ".. code-block:: python\n\n   x = 1",
}


@pytest.mark.parametrize("between", BETWEEN)
@given(documents, widths)
@settings(max_examples=20, deadline=None)
def test_what_stands_between_paragraphs_does_not_unwrap_them(between, document, width):
    text = f"\n\n{BETWEEN[between]}\n\n".join("\n".join(wrapped(paragraph, width)) for paragraph in document)
    expected = on_one_line(document)
    assert [piece for piece in map(words, pieces(text)) if piece in expected] == expected


HANGING = {
    "bullets": ("- ", "  "),
    "numbers": ("{n}. ", "   "),
    "letters in brackets": ("   ({letter}) ", "       "),
    "bullets without indentation": ("* ", ""),
    "references": ("[{n}] ", "    "),
    "first lines indented": ("    ", ""),
    "fields": (":param p{n}: ", "    "),
}


@pytest.mark.parametrize("form", HANGING)
@given(st.lists(paragraphs, min_size=2, max_size=3), widths)
@settings(max_examples=25, deadline=None)
def test_entries_without_blank_lines_keep_their_sentences(form, document, width):
    """No segment begins or ends inside a sentence; items that are short are one segment."""
    first, rest = HANGING[form]
    lines = []
    for number, paragraph in enumerate(document, 1):
        opening = first.format(n=number, letter="abc"[number - 1])
        lines += wrapped(paragraph, width, opening, rest)
    for piece in pieces("\n".join(lines)):
        inside = words(piece)
        assert inside.endswith(SENTENCES)
        assert any(0 <= inside.find(sentence) < 12 for sentence in SENTENCES)


FOOTERS = {
    "page numbers": lambda n: [str(n)],
    "page numbers between blank lines": lambda n: ["", f"- {n} -", ""],
    "page of pages": lambda n: [f"Page {n} of 12"],
    "a form feed": lambda n: [f"Annual Report                    Page {n}", "\f"],
    "footer and header": lambda n: [
        "",
        f"Fielding, et al.           Standards Track           [Page {n}]",
        "\f",
        "RFC 2616                      HTTP/1.1                 June 1999",
        "",
    ],
    "a running title": lambda n: ["", "The Bridges of Santa Barbara", f"Page {n}", ""],
}


@pytest.mark.parametrize("footer", FOOTERS)
def test_pages_that_break_sentences_are_bridged(footer):
    lines, text, page = wrapped(SENTENCES, 60), [], 0
    for number, line in enumerate(lines, 1):
        text.append(line)
        if number % 4 == 0 and lines[number][0].islower() and line[-1].isalnum():
            page += 1
            text += FOOTERS[footer](page)
    assert page > 1
    found = []
    for piece in pieces("\n".join(text)):
        for number in range(1, page + 1):
            for line in filter(str.strip, FOOTERS[footer](number)):
                piece = re.sub(rf"\n{re.escape(line)}(?=\s)", "\n", piece)
        found.append(words(piece))
    assert found == on_one_line([SENTENCES])


def test_lines_that_are_no_furniture_stay():
    text = (
        "The price of the first ticket that anybody could remember was\n500\nand nobody paid it.\n\n"
        "Opening times\n\nThe museum is open.\n\nOpening times\n\nThe library is closed."
    )
    assert pieces(text) == [
        "The price of the first ticket that anybody could remember was\n500\nand nobody paid it.",
        "Opening times",
        "The museum is open.",
        "Opening times",
        "The library is closed.",
    ]


def test_a_word_that_a_line_end_breaks_stays_in_one_segment():
    text = "The measure-\nments of the commit-\ntee were published in the follow-\ning year. Nobody complained."
    assert pieces(text) == [text[: text.index(" Nobody")], "Nobody complained."]


def test_double_spacing_is_no_paragraphing():
    lines = wrapped(SENTENCES, 60)
    assert [words(piece) for piece in pieces("\n\n".join(lines))] == on_one_line([SENTENCES])


BREAKS_THAT_MEAN_SOMETHING = [
    "Ann: do you have it\nBob: yes\nAnn: where is it then\nBob: at home I think",
    "mark: is it on\nsusan: what is on\nmark: the heater in the hall\nsusan: no idea",
    "Roses are red\nViolets are blue\nSugar is sweet\nAnd so are you",
    "Mary Smith\n12 High Street\nLondon N1 7AA\nEngland",
    "apple\nbanana\ncherry\nkiwi\nplum",
    "Name: Ann\nBorn: 1970\nTown: Leeds\nTrade: joiner",
    "You may cancel at any time\nYou pay nothing for the first month\nWe keep your data for a year",
    "total   12\nfree    3\nused    9",
    "-a  show all\n-b  show both\n-c  show colours",
    "2024-01-02 started\n2024-01-02 loading the plan\n2024-01-03 stopped",
]


@pytest.mark.parametrize("text", BREAKS_THAT_MEAN_SOMETHING)
def test_breaks_that_mean_something_stay(text):
    assert pieces(text) == text.split("\n")


SCRIPTS = {
    "hi": [
        "यह पुल वर्ष 1887 में बनाया गया था और नगर के लोग आज भी इसे देखने के लिए आते हैं।",
        "मरम्मत का काम अगले साल पूरा होगा।",
        "इसके बाद यहाँ से भारी गाड़ियाँ भी जा सकेंगी।",
    ],
    "ar": [
        "بني هذا الجسر في عام 1887 وما زال سكان المدينة يأتون إليه كل يوم من أجل رؤية النهر.",
        "سوف تنتهي أعمال الإصلاح في العام القادم.",
        "بعد ذلك يمكن للشاحنات أن تمر من هنا.",
    ],
    "ru": [
        "Этот мост был построен в 1887 году, и жители города до сих пор приходят сюда смотреть на реку.",
        "Ремонт закончат в следующем году.",
        "После этого здесь смогут ездить грузовики.",
    ],
    "ko": [
        "이 다리는 1887년에 지어졌으며 도시 사람들은 지금도 강을 보려고 이곳을 찾아온다.",
        "수리는 내년에 끝날 예정이다.",
        "그 뒤에는 트럭도 이곳을 지나갈 수 있게 된다.",
    ],
}


@pytest.mark.parametrize("language", SCRIPTS)
@pytest.mark.parametrize("width", [40, 55, 70])
def test_other_scripts_are_unwrapped(language, width):
    text = "\n".join(wrapped(SCRIPTS[language], width))
    assert [words(piece) for piece in pieces(text)] == SCRIPTS[language]


@pytest.mark.parametrize("width", [18, 25, 40])
def test_scripts_without_spaces_are_unwrapped(width):
    text = (
        "この橋は1887年に建てられ、町の人々は今でも川を見るためにここへやって来ます。修理は来年に終わる予定です。"
        "その後はトラックもここを通ることができるようになります。しかし市長はまだ契約に署名していません。"
    )
    wrapped_text = "\n".join(text[at : at + width] for at in range(0, len(text), width))
    assert ["".join(piece.split()) for piece in pieces(wrapped_text)] == pieces(text)
    assert pieces("東京\n大阪\n京都") == ["東京", "大阪", "京都"]


def test_a_turn_that_is_broken_off_does_not_go_on_in_the_next():
    text = (
        "The Speaker: That is so. It is the view of this House\n"
        "Hon. Ann Smith (Minister of Innovation, Science and Trade): Mr. Chair, it is not.\nThe Speaker: Order."
    )
    assert pieces(text) == [
        "The Speaker: That is so.",
        "It is the view of this House",
        "Hon. Ann Smith (Minister of Innovation, Science and Trade): Mr. Chair, it is not.",
        "The Speaker: Order.",
    ]


def test_one_sentence_a_line_is_one_segment_a_line():
    text = "\n".join(SENTENCES)
    assert pieces(text) == list(SENTENCES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (  # initials and numbers that open no list
            "The novel about the orphans and their uncle was written by\nJ. Smith and published by the house of\n"
            "A. Brown in the year when the author was not more than\n37. It sold well.",
            2,
        ),
        ("For the full list of the options that the tool knows see section\n12. The rest is in the manual.", 2),
        ("The council of the town of Saint Paul has a budget of its own –\nabout a third of what the state has.", 1),
    ],
)
def test_marks_of_lists_in_the_middle_of_a_sentence_are_none(text, expected):
    assert len(pieces(text)) == expected


def test_terms_stand_with_what_they_name():
    manual = (
        "OPTIONS\n"
        "       -a, --all\n              Do not leave out hidden files.  They are listed\n              last.\n\n"
        "       -q\n       --quiet\n              Print nothing.\n"
    )
    assert pieces(manual) == [
        "OPTIONS",
        "-a, --all\n              Do not leave out hidden files.",
        "They are listed\n              last.",
        "-q\n       --quiet\n              Print nothing.",
    ]
    assert pieces("Retention\n:   How long a record is kept. See below.") == [
        "Retention\n:   How long a record is kept.",
        "See below.",
    ]


def test_text_that_is_indented_is_told_from_code():
    text = (
        "1. First step.\n\n   It needs the key that the clerk gave you, and it\n   takes an hour.\n"
        "\n       make install\n"
        "\n.. note::\n\n   This is not needed on Tuesdays.\n"
        "\n.. code-block:: sh\n\n   this is not prose but it reads so\n"
    )
    assert kinds(text) == [
        ("list_item", "1. First step."),
        ("sentence", "It needs the key that the clerk gave you, and it\n   takes an hour."),
        ("fence", "make install"),
        ("sentence", ".. note::"),
        ("sentence", "This is not needed on Tuesdays."),
        ("fence", ".. code-block:: sh\n\n   this is not prose but it reads so"),
    ]


def test_front_matter_is_cut_at_its_keys():
    text = "---\ntitle: A page\ntags:\n  - one\n  - two\ndate: 2024-01-02\n---\n\n# Head\n\nText."
    assert kinds(text) == [
        ("sentence", "---\ntitle: A page"),
        ("sentence", "tags:\n  - one\n  - two"),
        ("sentence", "date: 2024-01-02\n---"),
        ("heading", "# Head"),
        ("sentence", "Text."),
    ]


@pytest.mark.parametrize(
    "heading",
    ["# Head", "== Head ==", "Head\n====", "Head\n----", 'Head\n""""', "Head\n++++", "====\nHead\n====", "= Head"],
)
def test_headings_are_headings_whatever_marks_them(heading):
    assert kinds(f"{heading}\n\nOne. Two.") == [("heading", heading), ("sentence", "One."), ("sentence", "Two.")]


def test_grid_and_ruled_tables_are_rows_under_a_header():
    grid = "+---+----+\n| a | bb |\n+===+====+\n| 1 | 2  |\n+---+----+\n| 3 | 4  |\n+---+----+"
    assert kinds(grid) == [
        ("table_header", "+---+----+\n| a | bb |\n+===+====+"),
        ("table_row", "| 1 | 2  |\n+---+----+"),
        ("table_row", "| 3 | 4  |\n+---+----+"),
    ]
    ruled = "===  ===\na    b\n===  ===\n1    2\n3    4\n===  ==="
    assert kinds(ruled) == [
        ("table_header", "===  ===\na    b\n===  ==="),
        ("table_row", "1    2"),
        ("table_row", "3    4\n===  ==="),
    ]


def test_crumbs_stand_with_the_sentence_they_belong_to():
    assert pieces("It is so. It stays. [3] Then it goes.") == ["It is so.", "It stays. [3]", "Then it goes."]
    assert pieces("(1) The first thing is red. The second is not.") == [
        "(1) The first thing is red.",
        "The second is not.",
    ]
    assert pieces("It starts\n}\nIt ends") == ["It starts\n}", "It ends"]
    assert pieces("<p>\nAll of it.\n</p>") == ["<p>\nAll of it.\n</p>"]
    assert pieces("•\nThe first thing\n•\nThe second thing") == ["•\nThe first thing", "•\nThe second thing"]


@pytest.mark.parametrize(
    "text",
    [
        "The file lib/arm64/cdef16.S is new.",
        "Use the pattern `*.{html,css}` here.",
        "It is fast, e.g. Python starts at once.",
        "As Smith et al. (2015) have shown, it holds.",
        "Nothing starts with `!` here.",
        "They (the two of them. Both) left.",
    ],
)
def test_what_looks_like_an_end_inside_a_sentence(text):
    assert pieces(text) == [text]


def test_the_language_is_that_of_the_running_text():
    """Nothing of what stands before a text tells how its sentences end."""
    code = "```\n" + "the of and in to is was for as by on with\n" * 12 + "```\n\n"
    german = (
        "Der Vertrag und die Anlage gelten nach § 3 Abs. 2 Nr. 1 des Gesetzes nicht. Das ist von der Kammer so gewollt."
    )
    assert len(pieces(german)) == 2
    assert pieces(code + german)[1:] == pieces(german)


@given(
    st.lists(
        st.sampled_from(
            [
                "> ",
                ">",
                "-",
                "- ",
                "1. ",
                "# ",
                "a",
                "The end.",
                " ",
                "  ",
                "\t",
                "\n",
                "\n",
                "\r\n",
                "\f",
                "12",
                "|",
                "```",
                "=",
                "===",
                "---",
                "~~~",
                ":",
                "::",
                ".. ",
                "*",
                "(1) ",
                "Page 3",
                "A b c d e f",
                "word ",
                "…",
                "}",
                "+--+",
                "“",
                "東京",
                "🏗️",
                "1\t",
                "2: ",
                "3 | ",
            ]
        ),
        max_size=40,
    ).map("".join)
)
@settings(max_examples=400, deadline=None)
def test_segments_cover_all_but_white_space_and_nothing_twice(text):
    at = 0
    for segment in ProseSegmenter().segment(Passage(text), 0, 0):
        assert not text[at : segment.start].strip()
        assert segment.start < segment.end
        assert not text[segment.start].isspace()
        assert not text[segment.end - 1].isspace()
        at = segment.end
    assert not text[at:].strip()
