"""Costs of parts of a file, and texts counted by their lines."""

from __future__ import annotations

import pytest

pytest.importorskip("tree_sitter")

from code_samples import SAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.kinds.code.costs import Costs, text_counter
from laconic.kinds.code.language import LANGUAGES
from laconic.kinds.code.parse import parse
from laconic.kinds.code.units import comment_spans, outline
from laconic.tokens import TiktokenCounter, as_counter
from laconic.tokens.parts import countable_lines

ENCODINGS = ("o200k_base", "cl100k_base")
PARTS = (
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\t",
    "    ",
    " ",
    "/",
    "//",
    "});",
    '"""',
    "x",
    "Word",
    "'s",
    "1234",
    "é",
    "\x0c",
    "\u2028",
    "\xa0",
    "#",
)


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=400, deadline=None)
@given(parts=st.lists(st.sampled_from(PARTS), max_size=40))
def test_counts_of_lines_add_up(encoding: str, parts: list[str]) -> None:
    text = "".join(parts)
    counter = TiktokenCounter(encoding)
    pieces = countable_lines(text)
    assert "".join(pieces) == text
    assert sum(map(counter.count, pieces)) == len(counter.encoding.encode_ordinary(text))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_made_of_a_files_lines_is_counted_as_it_is_tokenized(language: str, encoding: str) -> None:
    counter = TiktokenCounter(encoding)
    costs = Costs(parse(SAMPLES[language], language), counter)
    lines = SAMPLES[language].splitlines(keepends=True)
    count = text_counter(counter, [costs])
    for text in (SAMPLES[language], "".join(lines[::2]), "".join(lines[1::3]) + "# … 3 lines\n"):
        assert count(text) == len(counter.encoding.encode_ordinary(text))
    assert costs.total == count(SAMPLES[language])


def test_a_counter_of_the_callers_own_counts_whole_texts() -> None:
    seen = []

    def words(text: str) -> int:
        seen.append(text)
        return len(text.split())

    counter = as_counter(words)
    count = text_counter(counter, [Costs(parse(SAMPLES["python"], "python"), counter)])
    assert count("a b\nc\n") == 3
    assert seen == ["a b\nc\n"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_definition_costs_what_it_is_without_its_comments(language: str) -> None:
    parsed = parse(SAMPLES[language], language)
    costs = Costs.of(parsed, TiktokenCounter("cl100k_base"))
    for index, unit in enumerate(outline(parsed).units):
        inside = [span for span in comment_spans(parsed) if unit.start <= span[0] < unit.end]
        expected = costs(unit.start, unit.end) + 1 - sum(costs(*span) for span in inside)
        assert costs.definition(index) == costs.definition(index) == expected
