"""Delimited tables: the header row goes with every row."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.kinds.table.segment import TableSegmenter, delimiter_of, table_rows
from laconic.types import Passage

_CELL = st.text(st.sampled_from('ab1," \n'), max_size=6)
_ROWS = st.lists(st.lists(_CELL, min_size=2, max_size=2), min_size=1, max_size=8)


@given(_ROWS, st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=200, deadline=None)
def test_rows_are_those_of_the_standard_reader(rows, newline):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows(rows)
    text = out.getvalue()
    spans = list(table_rows(text))
    assert [next(csv.reader(io.StringIO(text[start:end], newline=""))) for start, end in spans] == rows


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name,age\nBob,3\nAnn,4\n", ","),
        ('name\tnote\nBob\t"a, b"\nAnn\tc\n', "\t"),
        ("a;b;c\n1;2;3\n4;5;6\n", ";"),
        ("| name | age |\n|------|-----|\n| Bob | 3 |\n| Ann | 4 |\n", "|"),
        ("name,age\nBob,3\n", None),
        ("1,2\n3,4\n5,6\n", None),
        ("First, we meet. Then, we go.\nNo, he said.\nWell, fine.\n", None),
        ("one\ntwo\nthree\n", None),
        ("", None),
    ],
)
def test_which_text_is_a_table(text, expected):
    assert delimiter_of(text) == expected


def test_rows_require_the_header_and_its_rule_is_part_of_it():
    text = "| name | age |\n|------|-----|\n| Bob | 3 |\n| Ann | 4 |\n"
    segments = TableSegmenter().segment(Passage(text), 1, 7)
    assert [(s.kind, s.requires) for s in segments] == [("table_header", ()), ("table_row", (7,)), ("table_row", (7,))]
    assert text[segments[0].start : segments[0].end] == "| name | age |\n|------|-----|"


def test_a_quote_that_never_closes_ends_with_its_line():
    text = 'a,b\n1,"x\n' + "2,y\n" * 10_000
    assert len(list(table_rows(text))) > 5_000
