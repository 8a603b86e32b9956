"""Input that breaks parsers: each has a documented outcome."""

from __future__ import annotations

import threading
import time

import pytest

pytest.importorskip("tree_sitter")

from code_samples import QUESTION, SAMPLES

from laconic.exceptions import MissingDependencyError
from laconic.kinds.code import parse as parsing
from laconic.kinds.code.language import LANGUAGES
from laconic.kinds.code.parse import (
    ParsedCode,
    ParseTimeoutError,
    output_fidelity,
    parse,
    parse_fragment,
    parses_clean,
)
from laconic.kinds.code.pieces import pieces
from laconic.lod import LODExtractor
from laconic.optimizer import HasteOptimizer
from laconic.tokens import counter_for

EXTENSIONS = {
    "c_sharp": "cs",
    "javascript": "js",
    "typescript": "ts",
    "kotlin": "kt",
    "python": "py",
    "ruby": "rb",
    "rust": "rs",
}


def name_of(language: str) -> str:
    return f"client.{EXTENSIONS.get(language, language)}"


def run(source: str, language: str, budget: int = 120) -> str:
    result = HasteOptimizer(hard_cap=budget).optimize(source, query=QUESTION, file_path=name_of(language))
    assert counter_for("gpt-4o").count(result.content) <= budget
    return result.content


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_file_has_no_pieces(language: str) -> None:
    for source in ("", "\n\n", " \t "):
        assert parse(source, language).fidelity == 1.0
        assert pieces(parse(source, language)) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_of_comments(language: str) -> None:
    sign = "#" if language in ("python", "ruby") else "//"
    source = ("<?php\n" if language == "php" else "") + f"{sign} how long the client waits between retries\n" * 60
    content = run(source, language)
    assert content == "" or parses_clean(content, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("damage", ["error", "tabs", "windows", "bom", "truncated"])
def test_damaged_source_is_still_searched(language: str, damage: str) -> None:
    source = SAMPLES[language]
    middle = source.index("\n", len(source) // 2)
    if damage == "error":
        source = source[:middle] + "\n}}) ]] @@ ((\n" + source[middle:]
    elif damage == "tabs":
        lines = source.split("\n")
        source = "\n".join(line.replace("    ", "\t") if at % 2 else line for at, line in enumerate(lines))
    elif damage == "windows":
        source = source.replace("\n", "\r\n")
    elif damage == "bom":
        source = "\ufeff" + source
    else:
        source = source[:middle]
    content = run(source, language)
    assert content.strip()
    if parse(source, language).clean:
        assert parses_clean(content, language)
    if damage in ("windows", "bom"):
        assert "elay" in content
    for level in range(6):
        assert len(LODExtractor().extract(source, level, name_of(language)).text) <= len(source)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_hint_is_no_error(language: str) -> None:
    wrong = "go" if language != "go" else "ruby"
    piece = LODExtractor().extract(SAMPLES[language], 2, language=wrong)
    assert 0 < piece.output_chars <= piece.input_chars
    assert run(SAMPLES[language], wrong)


def test_deep_nesting_does_not_recurse() -> None:
    deep = {
        "javascript": "function f() {\n" + "if (a) {\n" * 3000 + "wait(retries);\n" + "}\n" * 3000 + "}\n",
        "python": "def f():\n    return " + "(" * 3000 + "retries" + ")" * 3000 + "\n",
        "c": "int f(void) {\n" + "{" * 3000 + "retries();" + "}" * 3000 + "\n}\n",
    }
    for language, source in deep.items():
        content = run(source, language, 400)
        assert content == "" or parses_clean(content, language)
        LODExtractor().extract(source, 2, language=language)


def test_a_megabyte_of_minified_javascript() -> None:
    one = "function f{n}(a,b){{var c=a+b;if(c>{n}){{return wait(c)}}else{{return retry(a,{{x:1,y:[1,2,3]}})}}}}"
    source = "".join(one.format(n=n) for n in range(11_500))
    assert len(source) > 1_000_000
    began = time.monotonic()
    content = run(source, "javascript", 300)
    assert time.monotonic() - began < 60
    assert "wait" in content
    assert parses_clean(content, "javascript")


def test_a_generated_file_of_twenty_thousand_lines() -> None:
    source = "".join(f"def field_{n}(self):\n    value = self.raw[{n}]\n    return value\n\n\n" for n in range(4000))
    content = run(source.replace("field_777(", "wait_between_retries("), "python")
    assert "wait_between_retries" in content
    assert parses_clean(content, "python")


# Two loops of tree-sitter-kotlin's scanner run for ever where an annotation reaches the end of the input without a line
# break; see laconic.kinds.code.languages.kotlin.
HANGS = ["val x = y\n@A(", "val x = 1\n  @B(1,", 'var x = y\n@O(n = "a",', "class A {\n  val a = 1\n  @C"]


@pytest.mark.parametrize("source", HANGS)
def test_the_kotlin_scanner_cannot_hang(source: str) -> None:
    began = time.monotonic()
    results = []
    worker = threading.Thread(target=lambda: results.append(parse(source, "kotlin")), daemon=True)
    worker.start()
    worker.join(10)
    assert results, f"parsing {source!r} did not come back"
    assert parse_fragment(source, "kotlin").text == source
    assert isinstance(parses_clean(source, "kotlin"), bool)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_prefix_of_a_file_comes_back(language: str) -> None:
    source = SAMPLES[language]
    for end in range(1, len(source), 37):
        assert 0.0 <= ParsedCode(source[:end], language).fidelity <= 1.0


def test_a_parser_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "_SECONDS", 0.01)
    monkeypatch.setattr(parsing, "_SECONDS_PER_MEGABYTE", 0.0)
    source = "x = (1\n" * 20_000
    with pytest.raises(ParseTimeoutError):
        ParsedCode(source, "python")
    assert output_fidelity(source, "python") == 0.0
    piece = LODExtractor().extract(source, 2, "a.py")
    assert (piece.lod, piece.fallback, piece.text) == (0, True, source)
    result = HasteOptimizer(hard_cap=50).optimize(source, query=QUESTION, file_path="a.py")
    assert result.fallback
    assert result.metrics.optimized_tokens <= 50


def test_the_cache_of_parsed_files_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "_CACHE_ENTRIES", 64)
    for n in range(200):
        parse(f"x = {n}\n", "python")
    assert len(parsing._PARSED) <= 64
    monkeypatch.setattr(parsing, "_CACHE_BYTES", 50_000)
    for n in range(6):
        parse(f"# {n}\n" + "x = 1\n" * 4_000, "python")
    assert parsing._PARSED._bytes <= 50_000


def test_threads_may_share_everything() -> None:
    optimizer = HasteOptimizer(hard_cap=150)
    expected = {name: run(source, name, 150) for name, source in SAMPLES.items()}
    failures = []

    def work() -> None:
        for name, source in SAMPLES.items():
            content = optimizer.optimize(source, query=QUESTION, file_path=name_of(name)).content
            if content != expected[name]:
                failures.append(name)

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures


def test_a_missing_grammar_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "find_spec", lambda name: None if name == "tree_sitter_ruby" else object())
    with pytest.raises(MissingDependencyError, match=r"tree-sitter-ruby is needed.*laconic\[code\]"):
        parsing.require_grammar("ruby")
