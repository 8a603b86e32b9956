"""Code of which nobody says that it is code, or which language: recognised, and cut so that it still parses."""

from __future__ import annotations

import pytest
from code_samples import SAMPLES

import laconic
from laconic.kinds.catalogue import recognise
from laconic.kinds.code.detect import passage_language
from laconic.kinds.code.parse import parse, parses_clean
from laconic.types import Passage

LICENCE = "".join(f"// Line {at} of a licence that stands at the top of every file, in words.\n" for at in range(80))

RUBY = """\
class Ledger
  def initialize(rows)
    @rows = rows
  end

  def total
    @rows.map { |row| row[:amount] }.sum
  end

  def largest
    @rows.max_by { |row| row[:amount] }
  end
end
"""
DART = """\
class Ledger {
  final List<int> rows;

  Ledger(this.rows);

  int total() {
    return rows.fold(0, (a, b) => a + b);
  }

  int largest() {
    return rows.reduce((a, b) => a > b ? a : b);
  }
}
"""
GO = """\
package ledger

func Total(rows []int) int {
	sum := 0
	for _, row := range rows {
		sum += row
	}
	return sum
}

func Largest(rows []int) int {
	top := 0
	for _, row := range rows {
		if row > top {
			top = row
		}
	}
	return top
}
"""
C = """\
static int largest(const struct row *rows, int count)
{
    int top = 0;
    for (int i = 0; i < count; i++) {
        if (rows[i].amount > top)
            top = rows[i].amount;
    }
    return top;
}
"""
JAVA = """\
    @Override
    public int largest(List<Row> rows) throws LedgerException {
        int top = 0;
        for (Row row : rows) {
            top = Math.max(top, row.getAmount());
        }
        return top;
    }
"""


@pytest.mark.parametrize("text", [RUBY, DART, GO, C, JAVA], ids=["ruby", "dart", "go", "c", "java"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_code_without_any_hint_is_code(text, newline):
    assert recognise(Passage(text.replace("\n", newline))).kind.name == "code"


@pytest.mark.parametrize("text", [DART, GO, C], ids=["dart", "go", "c"])
def test_a_licence_at_the_top_hides_nothing(text):
    assert recognise(Passage(LICENCE + text)).kind.name == "code"


@pytest.mark.parametrize("language", SAMPLES)
def test_code_without_a_language_stays_code_that_parses(language):
    text = SAMPLES[language]
    if not parse(text, language).clean:
        pytest.skip("the sample does not parse by itself")
    for rate in (0.3, 0.6):
        result = laconic.compress([{"text": text, "kind": "code"}], query="what is added", rate=rate)
        assert not result.text or parses_clean(result.text, language), result.text


@pytest.mark.parametrize(("text", "language"), [(RUBY, "ruby"), (DART, "dart"), (GO, "go")])
def test_below_a_statement_there_is_a_signature_or_nothing(text, language):
    for budget in range(1, 60, 3):
        result = laconic.compress([{"text": text, "kind": "code"}], query="largest", max_tokens=budget)
        assert not result.text or parses_clean(result.text, language), (budget, result.text)
        if not result.text:
            assert {dropped.reason for dropped in result.dropped} <= {"budget", "layout"}
            assert "".join(dropped.text for dropped in result.dropped) == text


@pytest.mark.parametrize(
    "text",
    [
        "The harbour was built in 1923; it is old, and (as they say) deep:\nships come in, and others go;\nmore,\n",
        "for the ships that come in\nif the weather is fine\nuse the second quay\nfrom the north\n",
        '    {\n      "name": "harbour",\n      "depth": 12,\n      "quays": [\n        "north",\n        "south"\n',
        "a.py:12:    def main(self):\nb.py:40:    def stop(self):\nc.py:7:class Quay(Base):\n",
        "2024-05-01 10:00:00 opened {quay: 1};\n2024-05-01 10:00:05 closed {quay: 1};\n",
    ],
    ids=["prose", "keywords", "json", "grep", "log"],
)
def test_what_only_resembles_code_is_none(text):
    assert recognise(Passage(text * 3)).kind.name != "code"


def test_a_language_without_a_grammar_is_not_taken_for_another():
    assert passage_language(Passage(C, kind="code", language="cobol")) is None


def test_code_below_a_long_list_of_imports_is_code():
    names = "\n".join(f'\t"github.com/rows/ledger/part{at}"' for at in range(120))
    text = GO.replace("func Total", f"import (\n{names}\n)\n\nfunc Total", 1) + GO.partition("\n\n")[2] * 6
    assert recognise(Passage(text)).kind.name == "code"
    assert passage_language(Passage(text)) == "go"


def test_code_below_much_documentation_is_code():
    words = "\n".join(f"Row {at} of the ledger is read when the day ends and is kept for a year." for at in range(50))
    function = 'def total_{at}(rows):\n    """The sum."""\n    return sum(row.amount for row in rows)\n\n\n'
    text = f'"""Ledgers.\n\n{words}\n"""\n\nimport csv\n\n\n' + "".join(function.format(at=at) for at in range(140))
    assert recognise(Passage(text)).kind.name == "code"


def test_words_about_code_are_no_code():
    words = "The function total() sums the rows; see Ledger.rows, which must not be empty (it may be large).\n" * 80
    assert recognise(Passage(words)).kind.name != "code"


def test_the_language_is_one_whose_grammar_reads_the_text():
    """``var name = value`` is a sign of Kotlin, and old JavaScript may have no other."""
    method = "  total{at}: function (rows) {{\n    var sum = 0\n    while (rows.length) {{ sum += rows.pop() }}\n"
    methods = "".join(f"{method.format(at=at)}    return sum\n  }},\n" for at in range(9))
    text = f"var Ledger = {{\n{methods}  rows: []\n}}\n"
    found = passage_language(Passage(text))
    assert found is not None
    assert parse(text, found).fidelity >= 0.9


def test_marks_of_a_merge_leave_code_code():
    functions = [
        f"    public int total{at}(List<Integer> rows) {{\n        int sum = 0;\n        return sum;\n    }}\n"
        for at in range(8)
    ]
    merged = ["<<<<<<< ours\n", functions[0], "=======\n", functions[1], ">>>>>>> theirs\n", *functions[2:]]
    text = f"package ledger;\n\nimport java.util.List;\n\nclass Ledger {{\n{''.join(merged)}}}\n"
    assert recognise(Passage(text)).kind.name == "code"


def test_documents_that_quote_code_are_none():
    """Each page of the language reference has code on it, and the grammars of some languages read its English too."""
    from pydoc_data.topics import topics

    assert {recognise(Passage(text)).kind.name for text in topics.values()}.isdisjoint({"code", "json", "yaml"})
