"""Prose and Markdown are cut where a reader would cut them, and nothing of them is lost."""

from __future__ import annotations

import pytest
import strategies as s
from hypothesis import assume, given, settings

from laconic.kinds.catalogue import recognise, segmenter_for
from laconic.kinds.prose.language import guess_language
from laconic.kinds.prose.segment import ProseSegmenter
from laconic.kinds.prose.sentences import MAX_SENTENCE_CHARS, sentence_spans
from laconic.types import Passage


def cut(text, **fields):
    segments = segmenter_for(Passage(text, **fields)).segment(Passage(text, **fields), 0, 0)
    return [(segment.kind, text[segment.start : segment.end]) for segment in segments]


@given(s.texts)
@settings(max_examples=300, deadline=None)
def test_segments_are_in_order_and_hold_all_but_white_space(text):
    assume(recognise(Passage(text)).kind.name not in ("json", "literal"))  # a word around a value: docs/reliability.md
    segments = segmenter_for(Passage(text)).segment(Passage(text), 3, 7)
    at = 0
    for position, segment in enumerate(segments, start=7):
        assert segment.passage == 3
        assert at <= segment.start < segment.end <= len(text)
        assert not text[at : segment.start].strip()
        piece = text[segment.start : segment.end]
        assert piece == piece.strip()
        assert all(7 <= needed < position for needed in segment.requires)
        if segment.kind != "fence":
            assert len(piece) <= MAX_SENTENCE_CHARS
        at = segment.end
    assert not text[at:].strip()


SENTENCES = [
    ("Dr. Smith paid $3.50 at 5 p.m. in the U.S. capital. He left.", 2),
    ("See Fig. 3 for details. It is clear.", 2),
    ("Is it? Yes! Good.", 3),
    ("他去了巴黎。他很高兴！你呢？", 3),
    ("東京は大きい。京都は古い。", 2),
    ("Это город. Он большой.", 2),
    ("यह शहर है। वह बड़ा है।", 2),
    ("1. It is red.", 1),
]


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_sentences_of_many_languages(text, expected):
    assert len(cut(text)) == expected


def test_markdown_blocks_keep_their_kind():
    text = """# Title

Para one. Para two.

- first item
- second item
  goes on

| city | height |
|------|--------|
| Paris | 324 |
| Tokyo | 333 |

> quoted words
> go on

```python
x = 1

y = 2
```
"""
    assert cut(text) == [
        ("heading", "# Title"),
        ("sentence", "Para one."),
        ("sentence", "Para two."),
        ("list_item", "- first item"),
        ("list_item", "- second item\n  goes on"),
        ("table_header", "| city | height |\n|------|--------|"),
        ("table_row", "| Paris | 324 |"),
        ("table_row", "| Tokyo | 333 |"),
        ("quote", "> quoted words\n> go on"),
        ("fence", "```python\nx = 1\n\ny = 2\n```"),
    ]


def test_table_rows_need_their_own_header():
    text = "| a | b |\n|---|---|\n| 1 | 2 |\n\nBetween.\n\n| c | d |\n|---|---|\n| 3 | 4 |"
    segments = ProseSegmenter().segment(Passage(text), 0, 10)
    assert [(segment.kind, segment.requires) for segment in segments] == [
        ("table_header", ()),
        ("table_row", (10,)),
        ("sentence", ()),
        ("table_header", ()),
        ("table_row", (13,)),
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Answer in English.\n-----\nThe tower is high.", "sentence"),  # a rule between the parts of a prompt
        ("Answers\n-----\nThe tower is high.", "heading"),
        ("Use it.\n-------\nThe tower is high.", "heading"),
        ("Why is it high?\n---\nIt is a tower.", "heading"),
    ],
)
def test_a_row_of_dashes_below_a_sentence_is_a_rule(text, kind):
    assert ProseSegmenter().segment(Passage(text), 0, 0)[0].kind == kind


def test_an_rst_underline_is_no_fence():
    text = "Intro line\n~~~~~~~~~~\nText below. More.\n\nNext\n~~~~\nEnd."
    assert [kind for kind, _ in cut(text)] == ["heading", "sentence", "sentence", "heading", "sentence"]


def test_an_open_fence_is_text():
    assert ("fence", "```") not in cut("```\nnever closed. Two sentences.")
    assert len(cut("```\nnever closed. Two sentences.")) >= 2


def test_indented_code_and_doctests_stay_whole():
    text = "Call it so:\n\n    def f():\n        try:\n\n            pass\n\nOr try:\n\n>>> f()\n42\n\nDone."
    assert cut(text) == [
        ("sentence", "Call it so:"),
        ("fence", "def f():\n        try:\n\n            pass"),
        ("sentence", "Or try:"),
        ("fence", ">>> f()\n42"),
        ("sentence", "Done."),
    ]
    indented_throughout = "   One line. Two.\n\n   Another line."
    assert len(cut(indented_throughout)) == 3


def test_hard_wrapped_lines_are_joined_and_meaningful_breaks_are_not():
    wrapped = (
        "The quick brown fox jumps over the lazy dog and then it runs away to\n"
        "the forest where nobody can find it. After some days it comes back to\n"
        "the house because it is hungry and because the nights are cold there\n"
        "in the forest. It finds nothing.\n"
    )
    assert len(cut(wrapped)) == 3
    dialogue = "Ann: do you have it\nBob: yes\nAnn: where is it then\nBob: at home I think"
    assert len(cut(dialogue)) == 4


def test_windows_line_ends_are_line_ends():
    assert cut("# T\r\n\r\nOne. Two.\r\n- item\r\n") == [
        ("heading", "# T"),
        ("sentence", "One."),
        ("sentence", "Two."),
        ("list_item", "- item"),
    ]


def test_a_long_sentence_is_cut_at_its_clauses():
    text = "; ".join(f"clause {n} says something of its own" for n in range(60)) + "."
    pieces = [piece for _, piece in cut(text)]
    assert len(pieces) > 3
    assert all(piece.endswith((";", ".")) for piece in pieces)


def test_no_character_is_parted_from_its_marks():
    text = "e\u0301" * 2000
    assert all(not piece.startswith("\u0301") for _, piece in cut(text))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The cat is on the table and it was there for long.", "en"),
        ("Der Hund und die Katze sind nicht im Haus, das ist gut.", "de"),
        ("Le chat est sur la table et il dort dans une boîte.", "fr"),
        ("El perro y los gatos viven en una casa que se ve por la calle.", "es"),
        ("他去了巴黎", "zh"),
        ("東京は大きいです", "ja"),
        ("서울은 크다", "ko"),
        ("Это город, и он стоит на реке.", "ru"),
        ("Це місто, що стоїть на річці.", "uk"),
        ("Бұл қала және оның өзені бар.", "kk"),
        ("این شهر در کنار رودخانه است و از آن آب می‌گیرد.", "fa"),
        ("یہ شہر دریا کے کنارے ہے اور اس کی تاریخ پرانی ہے۔", "ur"),
        ("هذه المدينة التي تقع على النهر هي العاصمة.", "ar"),
        ("Se on kaupunki, joka oli ennen pieni, mutta nyt se on suuri.", "fi"),
        ("Det er en by som ligger ved elven, og den har ikke alltid vært så stor.", "no"),
        ("Det är en stad som ligger vid floden, och den har inte alltid varit stor.", "sv"),
        ("To jest miasto, które nie było tak duże jak dzisiaj.", "pl"),
        ("Este un oraș care nu a fost atât de mare și se află pe un râu.", "ro"),
        ("Bu şehir çok büyük bir yer olarak bilinir ve daha sonra da böyle kaldı.", "tr"),
        ("Đây là một thành phố của người Việt và được xây trong thế kỷ này.", "vi"),
        ("Kota ini adalah kota yang besar dan tidak jauh dari laut.", "id"),
        ("Mji huu ni mkubwa na pia una historia ya zamani katika nchi ya Kenya.", "sw"),
        ("Ez a város nem volt olyan nagy, mint most, de már akkor is szép volt.", "hu"),
        ("Das Haus. The house. Ett hus.", None),
        ("Zxq wvu", None),
        ("Grün é ñ ő", None),  # letters alone tell nothing: names bring them along
        ("", None),
        ("12345", None),
    ],
)
def test_the_language_is_told_or_not_at_all(text, language):
    assert guess_language(text) == language


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "fi",
            ["Hän syntyi 27. joulukuuta 1919 Turussa.", "Hän kuoli esim. vuonna 1990.", "Katso s. 12.", "Uusi alkaa."],
        ),
        (None, ["Hän syntyi 27. joulukuuta 1919 Turussa.", "Hän kuoli."]),
        ("de", ["Er wurde am 27. Dezember 1919 geboren.", "Ludwig XIV. Bourbon war König.", "Er kam."]),
        ("nb", ["Han ble født 27. desember 1919 i Oslo.", "Han var bl.a. lege.", "Se nr. 5."]),
        ("hu", ["1919. december 27. napján született.", "A 3. fejezet itt van."]),
        ("tr", ["II. Abdülhamid 1919 yılında öldü.", "Atatürk 5. Ordu komutanı oldu.", "Bu 19. yüzyılda oldu."]),
        ("pl", ["Mieszka na ul. Długiej.", "Był tam ks. Jan Nowak.", "Był m.in. lekarzem."]),
        ("ru", ["См. рис. 5.", "В 1999 г. он уехал и др. города видел.", "Акад. Павлов жил здесь."]),
        ("hi", ["यह एक शहर है।", "वह बड़ा है।"]),
        ("bn", ["এটি একটি শহর।", "এটি বড়।"]),
        ("ur", ["یہ ایک شہر ہے۔", "وہ بڑا ہے؟", "ہاں ہے۔"]),
        ("ar", ["هذه مدينة كبيرة.", "هل هي قديمة؟", "نعم هي."]),
        ("my", ["ရန်ကုန်သည် မြို့ကြီးဖြစ်သည်။", "လူများသည်။"]),
        ("am", ["አዲስ አበባ ከተማ ናት።", "ትልቅ ናት።"]),
        ("hy", ["Երևանը քաղաք է։", "Մեծ է։"]),
        ("km", ["ភ្នំពេញជាទីក្រុង។", "វាធំណាស់។"]),
        ("bo", ["ལྷ་ས་ནི་གྲོང་ཁྱེར་ཡིན།", "ཆེན་པོ་རེད།"]),
        ("klingon", ["Qapla is here.", "It ends."]),
        ("x" * 500, ["One ends here.", "Another one too."]),
    ],
)
def test_sentences_end_where_the_language_ends_them(language, sentences):
    text = " ".join(sentences)
    assert [text[start:end] for start, end in sentence_spans(text, 0, len(text), language)] == sentences


def test_thai_is_cut_at_blanks_behind_phrases_of_some_length():
    phrase = "ประเทศไทยมีชื่ออย่างเป็นทางการว่าราชอาณาจักรไทย"
    text = " ".join([phrase] * 9)
    pieces = [text[start:end] for start, end in sentence_spans(text, 0, len(text), "th")]
    assert " ".join(pieces) == text
    assert len(pieces) == 3
    assert all(piece.startswith(phrase) and piece.endswith(phrase) for piece in pieces)
    dated = f"{phrase} ในปี พ.ศ. 2482 เวลา 10.30 น. และ {phrase}"
    assert all("พ.ศ. 2482" in dated[start:end] for start, end in sentence_spans(dated, 0, 70, "th"))


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"text": "plain words"}, "prose"),
        ({"text": '{"a": 1}'}, "json"),
        ({"text": "[1] A citation, not a list."}, "prose"),
        ({"text": "plain words", "source": "https://host/data/x.json?version=2"}, "json"),
        ({"text": "plain words", "source": "notes/README.md"}, "markdown"),
        ({"text": '{"a": 1}', "kind": "prose"}, "prose"),
    ],
)
def test_the_kind_is_told_by_name_then_source_then_text(fields, kind):
    assert recognise(Passage(**fields)).kind.name == kind


def test_json_is_cut_at_members_outside_strings():
    text = '{"a": "x, y", "b": [1, 2], "c": {"d": "\\"q\\", r"}}'
    assert [piece for _, piece in cut(text)] == ['{"a": "x, y",', '"b": [1,', "2],", '"c": {"d": "\\"q\\", r"}}']
