"""Comments go by the parser: the tokens of code are the same before and after, and what is obeyed stays."""

from __future__ import annotations

import ast
import re

import pytest

pytest.importorskip("tree_sitter")

from code_samples import SAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from messages_support import CODE

from laconic.kinds.code.compose import Edit, compose, errors_after
from laconic.kinds.code.language import LANGUAGES, language_named
from laconic.kinds.code.parse import ParsedCode, error_bytes, parse_bytes
from laconic.messages import HeuristicEngine
from laconic.messages.code import cleaned_code, comment_cuts

ENGINE = HeuristicEngine()


def leaves(text: str, language: str) -> list[tuple[str, bytes]]:
    """The tokens that a parser reads, comments and line breaks left out."""
    parsed = ParsedCode(text, language)
    comments = language_named(language).comments
    found, stack = [], [parsed.root]
    while stack:
        node = stack.pop()
        if node.type in comments:
            continue
        if node.child_count:
            stack.extend(reversed(node.children))
        elif word := parsed.data[node.start_byte : node.end_byte].strip():
            found.append((node.type, word))
    return found


def test_pragmas_go_and_what_looks_like_one_in_a_string_stays() -> None:
    cleaned = ENGINE.clean(CODE, "code", "python")
    assert "noqa" not in cleaned
    assert "type: ignore" not in cleaned
    assert "# multiply" in cleaned
    assert ast.dump(ast.parse(cleaned)) == ast.dump(ast.parse(CODE))
    string = 'x = "a  # noqa"\n'
    assert ENGINE.clean(string, "code", "python") == string


def test_comments_go_where_asked_but_shebang_and_licence_stay() -> None:
    cleaned = HeuristicEngine(comments=["python"]).clean(CODE, "code", "py")
    assert "multiply" not in cleaned
    assert "# multiply" in HeuristicEngine(comments=["go"]).clean(CODE, "code", "py")
    stripped = cleaned_code(CODE, "python", comments=True)
    assert stripped is not None
    assert stripped.startswith("#!/usr/bin/env python3\n# Copyright 2024 Somebody\n")
    assert "multiply" not in stripped
    assert '"# not a comment"' in stripped
    assert '"""Area of a rectangle."""' in stripped
    without = cleaned_code(CODE, "python", comments=True, keep_licence=False)
    assert without is not None
    assert without.startswith("#!/usr/bin/env python3\nimport os\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_comment_goes_and_no_token_changes(language: str) -> None:
    source = SAMPLES[language].replace("# frozen_string_literal: true\n", "")
    if language == "tsx":
        source = source.replace(";\n", "; // why\n")
    stripped = cleaned_code(source, language, comments=True)
    assert stripped is not None
    assert leaves(stripped, language) == leaves(source, language)
    assert "comment" not in ParsedCode(stripped, language).captures("query")
    assert ParsedCode(stripped, language).clean
    assert cleaned_code(stripped, language, comments=True) is None


@pytest.mark.parametrize(
    ("language", "code", "expected"),
    [
        (
            "javascript",
            'const a = "// no"; // yes\n/* two\nlines */\nf(a /* x */, 1);\n',
            'const a = "// no";\nf(a, 1);\n',
        ),
        ("c", "int/* */x = 1; // one\n", "int x = 1;\n"),
        ("rust", "/// Doc.\nfn main() {} // end\n", "fn main() {}\n"),
        ("java", "class A { // a\n  /** Doc. */\n  int x;\n}\n", "class A {\n  int x;\n}\n"),
        ("go", "package a\n\n// F does.\nfunc F() {}\n", "package a\n\nfunc F() {}\n"),
        ("python", "x = 1  # a\r\n# b\r\ny = 2\r\n", "x = 1\r\ny = 2\r\n"),
        ("python", "x = 1\n# the last line", "x = 1\n"),
        ("php", "<?php\n# a\nf(); // b ?>\n<p># no // no</p>\n", "<?php\nf(); ?>\n<p># no // no</p>\n"),
        ("tsx", "const a = <p>{/* no */}// text</p>; // yes\n", "const a = <p>{}// text</p>;\n"),
        ("javascript", "const r = /[/*]/; // */\n", "const r = /[/*]/;\n"),
        ("c", "/* a */ /* b */ // c\nint x;\n", "int x;\n"),
        ("c", "  /* a\n  b */ int x;\n", "  int x;\n"),
    ],
)
def test_where_comments_stand(language: str, code: str, expected: str) -> None:
    assert cleaned_code(code, language, comments=True) == expected


@pytest.mark.parametrize(
    ("language", "code", "expected"),
    [
        # two operators are not one
        ("java", "class A { int x = a -/* */- b; }\n", "class A { int x = a - - b; }\n"),
        ("c", "int x = a /* */ /* */* p;\n", "int x = a * p;\n"),
        ("c", "int x = a / /* */ *p;\n", "int x = a / *p;\n"),
        # a line break inside a comment ends a statement, but continues a directive
        ("javascript", "function f() { return /* a\n b */ x }\n", "function f() { return\nx }\n"),
        ("go", "package a\n\nvar x = 1 /* a\n b */ var y = 2\n", "package a\n\nvar x = 1\nvar y = 2\n"),
        # a line that is continued must not swallow the one after the comment
        ("python", "x = 1 \\\n# a\ny = 2\n", "x = 1 \\\n\ny = 2\n"),
        ("c", "#define A 1 \\\n/* a */\nint x;\n", "#define A 1 \\\n\nint x;\n"),
    ],
)
def test_a_comment_is_white_space(language: str, code: str, expected: str) -> None:
    assert cleaned_code(code, language, comments=True) == expected
    assert leaves(expected, language) == leaves(code, language)


def test_a_comment_is_white_space_to_the_preprocessor() -> None:
    """A macro without parameters, as the standard has it and the grammar does not."""
    assert cleaned_code("#define F/* */(x)\n", "c", comments=True) == "#define F (x)\n"


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("go", "//go:build linux\n\npackage a\n"),
        ("go", 'package a\n\n// #include <stdio.h>\n// int f(void);\nimport "C"\n'),
        ("go", 'package a\n\nimport _ "embed"\n\n//go:embed a.txt\nvar text string\n'),
        ("ruby", "# frozen_string_literal: true\n\nputs 1\n"),
        ("typescript", '/// <reference types="node" />\nlet x = 1;\n'),
        ("javascript", '/** @jsx h */\nimport(/* webpackChunkName: "a" */ "./a");\n'),
        ("php", '<?php\nclass A {\n  /** @ORM\\Column(type="string") */\n  public $x;\n}\n'),
        ("python", '# /// script\n# dependencies = ["rich"]\n# ///\nimport rich\n'),
        ("python", "#!/usr/bin/python\n# -*- coding: latin-1 -*-\nx = 1\n"),
        ("swift", "// swift-tools-version:5.5\nimport PackageDescription\n"),
    ],
)
def test_what_is_obeyed_stays(language: str, code: str) -> None:
    assert cleaned_code(code, language, comments=True) is None


def test_documentation_without_annotations_goes() -> None:
    code = "<?php\n/** @param string $a\n * @return int */\nfunction f($a) {}\n"
    assert cleaned_code(code, "php", comments=True) == "<?php\nfunction f($a) {}\n"


def test_a_return_alone_may_end_a_comment_or_not() -> None:
    assert cleaned_code("x = 1\n# a\ry = 2\n", "python", comments=True) is None


def test_what_does_not_parse_keeps_its_comments() -> None:
    code = "int f(void) { // a\n  return 1;\n}\n\n@@ ( # // b\n"
    cleaned = cleaned_code(code, "c", comments=True)
    assert cleaned is not None
    assert "// a" not in cleaned
    assert "// b" in cleaned


def test_a_piece_of_a_class_is_read_as_one() -> None:
    code = "    public int f() { // a\n        return 1; // b\n    }\n\n    private int x = 2; // c\n}\n"
    cleaned = cleaned_code(code, "java", comments=True)
    assert cleaned == re.sub(r" // [abc]", "", code)


def test_lone_surrogates_stay_what_they_are() -> None:
    assert cleaned_code("x = '\ud800é'  # a\ny = 1\n", "python", comments=True) == "x = '\ud800é'\ny = 1\n"


COMMENTS = {"c": "/* c */", "go": "/* c\n */", "java": "/** c */", "javascript": "/* c\n// */", "rust": "/* c */"}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(COMMENTS)), st.data())
def test_comments_put_between_tokens_go_without_a_trace(language: str, data: st.DataObject) -> None:
    """Blank space between tokens on one line, in the middle of anything but strings, takes a comment and loses it."""
    source = cleaned_code(SAMPLES[language], language, comments=True) or ""
    comment = COMMENTS[language].replace("\n", "") if language in ("go", "javascript") else COMMENTS[language]
    parsed = ParsedCode(source, language)
    places = [
        match.start()
        for match in re.finditer(r"(?<=\S) (?=\S)", source)
        if not re.search("string|char|regex|preproc|template", _around(parsed, parsed.byte(match.start())))
    ]
    chosen = sorted(data.draw(st.sets(st.sampled_from(places), min_size=1, max_size=5)), reverse=True)
    commented = source
    for at in chosen:
        padded = data.draw(st.sampled_from((f" {comment} ", f" {comment}", f"{comment} ", comment)))
        commented = commented[:at] + padded + commented[at + 1 :]
    cleaned = cleaned_code(commented, language, comments=True)
    assert cleaned is not None
    assert leaves(cleaned, language) == leaves(source, language)


def _around(parsed: ParsedCode, byte: int) -> str:
    node = parsed.root.descendant_for_byte_range(byte, byte + 1)
    types = []
    while node is not None:
        types.append(node.type)
        node = node.parent
    return " ".join(types)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(("python", "c", "kotlin", "javascript", "ruby")), st.data())
def test_parsed_again_from_the_old_tree_as_from_none(language: str, data: st.DataObject) -> None:
    source = SAMPLES[language]
    parsed = ParsedCode(source, language)
    bounds = sorted(data.draw(st.sets(st.integers(0, parsed.size), min_size=2, max_size=8)))
    splices = [
        Edit(start, end, data.draw(st.sampled_from(("", " ", "\n", "x\n y"))))
        for start, end in zip(bounds[::2], bounds[1::2], strict=False)
    ]
    text = compose(parsed, splices).text
    expected = source.encode()
    for edit in reversed(splices):
        expected = expected[: edit.start] + edit.text.encode() + expected[edit.end :]
    assert text == expected.decode("utf-8", "ignore") or not source.isascii()
    fresh = parse_bytes(expected if expected.endswith(b"\n") else expected + b"\n", language)
    assert bool(errors_after(parsed, splices)) == bool(error_bytes(fresh.root_node))


def test_code_without_comments_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr("laconic.kinds.code.parse.parse", refuse)
    assert cleaned_code("x = 1\n", "python", comments=True) is None
    assert cleaned_code("x = 1  # why\n", "python") is None
    with pytest.raises(AssertionError, match="parsed"):
        cleaned_code("x = 1  # noqa\n", "python")


def test_no_second_parse_of_ten_thousand_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    parses = []

    def counted(data: bytes, language: str, *old: object) -> object:
        parses.append(language)
        return parse_bytes(data, language, *old)

    monkeypatch.setattr("laconic.kinds.code.parse.parse_bytes", counted)
    monkeypatch.setattr("laconic.kinds.code.compose.parse_bytes", counted)
    text = SAMPLES["python"] * 20
    assert cleaned_code(text, "python", comments=True)
    assert parses == ["python"]


def test_what_has_no_parser_is_left_alone() -> None:
    assert cleaned_code("# x", "brainfuck", comments=True) is None
    assert cleaned_code("# x", None, comments=True) is None
    assert cleaned_code("# x", "python", pragmas=False) is None
    assert ENGINE.clean("# noqa  \n\n\n\n", "code", "brainfuck") == "# noqa  \n\n\n\n"
    assert comment_cuts(ParsedCode("", "python")) == []
