"""The heuristic engine changes no meaning; code is read by its parser."""

from __future__ import annotations

import ast
import json
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages_support import CODE, DIFF, MARKDOWN, PROSE

from laconic.exceptions import ConfigurationError
from laconic.messages import HeuristicEngine, MessagePipeline
from laconic.messages.code import code_language, signatures
from laconic.messages.heuristics import flatten_markdown

ENGINE = HeuristicEngine()


def test_white_space_of_prose():
    text = "One  two\t three.   \n\n\n\nNext | cell  | x\n    indented  code\n"
    assert ENGINE.clean(text, "text") == "One two three.\n\nNext | cell  | x\n    indented code\n"
    assert ENGINE.clean(text, "tool_result", "shell") == "One  two\t three.\n\nNext | cell  | x\n    indented  code\n"
    assert HeuristicEngine(whitespace=False).clean(text, "text") == text


def test_diffs_are_left_alone():
    assert ENGINE.clean(DIFF + " \n", "tool_result", "diff") == DIFF + " \n"


@given(
    st.recursive(
        st.none() | st.floats() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v), max_leaves=9
    )
)
@settings(max_examples=100, deadline=None)
def test_json_without_white_space_is_the_same_value(value):
    text = json.dumps(value, indent=2)
    cleaned = ENGINE.clean(text, "json")
    assert repr(json.loads(cleaned)) == repr(json.loads(text))
    assert cleaned == json.dumps(value, separators=(",", ":"))


def test_json_lines_and_broken_json():
    assert ENGINE.clean('{ "a": 1 }\n\n{ "a": 2 }', "json") == '{"a":1}\n{"a":2}'
    assert ENGINE.clean('{ "a": ', "json") == '{ "a": '


@pytest.mark.parametrize(
    ("language", "code", "kept", "gone"),
    [
        (
            "ts",
            "export function f(a: number): number {\n  const b = a + 1;\n  return b;\n}\n",
            "a: number): number",
            "return b",
        ),
        ("go", "package a\n\nfunc F(x int) int {\n\ty := x + 1\n\treturn y * 2\n}\n", "func F(x int) int", "y * 2"),
        (
            "java",
            "class A {\n  int f(int a) {\n    int b = a + 1;\n    return b;\n  }\n}\n",
            "int f(int a)",
            "return b",
        ),
        (
            "rust",
            "impl A {\n    fn f(&self) -> u8 {\n        let b = 1;\n        b + 2\n    }\n}\n",
            "fn f(&self) -> u8",
            "b + 2",
        ),
    ],
)
def test_signatures_of_other_languages(language, code, kept, gone):
    if code_language(language) is None:
        pytest.importorskip(f"tree_sitter_{language}")
    short = signatures(code, language)
    assert kept in short
    assert gone not in short


def test_signatures_without_documentation():
    pytest.importorskip("tree_sitter_python")
    short = signatures(CODE, "python", docstrings=False)
    ast.parse(short)
    assert "Area of a rectangle" not in short
    assert "multiply" not in short
    assert "def area(width, height):" in short
    assert short.startswith("#!")


def test_signatures_need_a_parser():
    assert code_language("brainfuck") is None
    assert code_language(None) is None
    assert signatures("++.", "brainfuck") is None


def test_markdown_is_flattened_outside_of_code():
    text = (
        "# Title #\n\nSome **bold** and *light* and ~~old~~ words, `**code**`, 2 * 3 * 4, snake_case_name.\n"
        "> Quoted [label](https://a.b/c) ![alt](i.png) [u](u)\n\n---\n<!-- hidden -->\n"
        "```py\n# **kept**\n```\nOther\n=====\n- item\n"
    )
    assert flatten_markdown(text) == (
        "Title\n\nSome bold and light and old words, `**code**`, 2 * 3 * 4, snake_case_name.\n"
        "Quoted label (https://a.b/c) alt (i.png) u\n\n\n```py\n# **kept**\n```\nOther\n- item\n"
    )


def test_filtered_words_keep_numbers_names_negations_and_the_question():
    text = (
        "The very old tower was not built by Gustave in 1889 for the really nice people who like `the x` towers a lot."
    )
    kept = ENGINE.filter_tokens(text, 0.4, "Which people like it?")
    assert kept.split() == [word for word in text.split() if word in kept.split()]
    for word in ("not", "Gustave", "1889", "people", "like", "`the", "x`"):
        assert word in kept.split()
    assert "really" not in kept
    assert len(kept.split()) < 0.6 * len(text.split())
    assert ENGINE.filter_tokens(text, 1.0) == text
    for word in ("not", "1889", "`the", "x`"):  # to the last
        assert word in ENGINE.filter_tokens(text, 0.25, "Which people like it?").split()


@pytest.mark.parametrize("ratio", [0.1, 0.3, 0.6, 0.9])
@pytest.mark.parametrize(
    "text",
    [PROSE * 2, "Numbers 17, 18 and 19 are not Oslo, Rome or Bern.\n" * 30, "Names\n" + "Ada Lovelace, " * 80],
    ids=["prose", "numbers", "names"],
)
def test_a_directive_to_filter_keeps_its_share_of_the_tokens(text, ratio):
    recipe = {"name": "own", "directives": [{"type": "text", "action": "filter_tokens", "ratio": ratio}]}
    result = MessagePipeline(recipe, mode="strict").run(
        [{"role": "user", "content": text}, {"role": "user", "content": "Go on."}]
    )
    before, after = result.segments[0].tokens, result.segments[0].tokens_after
    assert 0.85 * ratio * before <= after <= ratio * before


def test_lines_stay_apart_where_their_first_word_goes():
    text = "So the first line says a thing.\nSo the second line says another."
    assert ENGINE.filter_tokens(text, 0.5).count("\n") == 1


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.floats(0.01, 1.0))
@settings(max_examples=100, deadline=None)
def test_filtered_words_are_words_of_the_text_in_order(text, ratio):
    rest = iter(text.split())
    assert all(any(word == other for other in rest) for word in ENGINE.filter_tokens(text, ratio).split())


def test_ten_thousand_tokens_in_five_milliseconds():
    text = (PROSE + MARKDOWN) * 8  # about 12,000 tokens
    best = min(_seconds(lambda: ENGINE.clean(text, "text")) for _ in range(5))
    best += min(_seconds(lambda: flatten_markdown(text)) for _ in range(5))
    assert best < 0.05, f"{best * 1000:.1f} ms; 5 ms on a free core"


def _seconds(call):
    began = process_time()
    call()
    return process_time() - began


def test_markdown_is_flattened_on_request():
    text = "# Title\n\nSome **bold**   words.\n"
    assert HeuristicEngine(flatten=True).clean(text, "markdown") == "Title\n\nSome bold   words.\n"
    assert ENGINE.clean(text, "markdown") == text


def test_bad_options():
    with pytest.raises(ConfigurationError, match="comments is 'python'"):
        HeuristicEngine(comments="python")
