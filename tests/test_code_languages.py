"""Fifteen languages: detection, definitions, the graph of calls."""

from __future__ import annotations

import pytest

pytest.importorskip("tree_sitter")

from code_samples import SAMPLES

from laconic.kinds.catalogue import recognise
from laconic.kinds.code.detect import detect_language, known_language, opening_language, passage_language
from laconic.kinds.code.graph import call_graph
from laconic.kinds.code.language import LANGUAGES, language_named
from laconic.kinds.code.parse import parse
from laconic.kinds.code.statements import statements
from laconic.kinds.code.units import Unit, imported_names, outline
from laconic.types import Passage

METHODS = {
    "c": "wait_between_retries",
    "cpp": "wait_between_retries",
    "c_sharp": "WaitBetweenRetries",
    "go": "WaitBetweenRetries",
    "python": "wait_between_retries",
    "ruby": "wait_between_retries",
    "rust": "wait_between_retries",
}


def find(language: str, name: str) -> tuple[int, Unit]:
    units = outline(parse(SAMPLES[language], language)).units
    return next((at, unit) for at, unit in enumerate(units) if unit.name == name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_a_sample_that_parses(language: str) -> None:
    assert parse(SAMPLES[language], language).clean


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_method_is_found_with_its_signature_body_and_documentation(language: str) -> None:
    source = SAMPLES[language]
    name = METHODS.get(language, "waitBetweenRetries")
    _, unit = find(language, name)
    parsed = parse(source, language)
    signature = parsed.slice(unit.start, unit.signature_end)
    assert name in signature
    assert "delay" in parsed.slice(*unit.body) if unit.body else False
    if language != "tsx":
        assert unit.doc is not None
        assert (
            parsed.slice(*unit.doc)
            .strip('/* #!"\n')
            .lower()
            .startswith(("how long", "seconds", "milli", "wait", "<summary>"))
        )


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name not in ("c", "go", "rust", "tsx")])
def test_a_method_knows_its_class(language: str) -> None:
    _, unit = find(language, METHODS.get(language, "waitBetweenRetries"))
    assert unit.parent is not None
    assert unit.qualname.endswith(f"Client.{unit.name}")


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "tsx"])
def test_the_caller_of_the_method_is_found(language: str) -> None:
    parsed = parse(SAMPLES[language], language)
    at, _ = find(language, METHODS.get(language, "waitBetweenRetries"))
    callers = {outline(parsed).units[unit].name for _, unit in call_graph([parsed]).callers((0, at))}
    assert callers & {"get", "Get", "client_get"}


def test_nested_functions_belong_to_the_function_around_them() -> None:
    found = outline(parse(SAMPLES["python"], "python"))
    at = next(i for i, unit in enumerate(found.units) if unit.name == "send")
    assert found.units[at].qualname == "connect.send"
    assert at not in found.candidates()


def test_of_two_nodes_with_one_span_the_outer_is_the_definition() -> None:
    # Dart wraps the signature of a method in another; only the outer one has the body for a sibling.
    source = "class A {\n" + "".join(f"  int get m{n} {{\n    return {n};\n  }}\n" for n in range(200)) + "}\n"
    parsed = parse(source, "dart")
    found = [unit for unit in outline(parsed).units if unit.kind == "function"]
    assert len(found) == 200
    assert {unit.node.type for unit in found} == {"method_signature"}
    assert all(statements(parsed, unit) for unit in found)


def test_decorators_and_attributes_belong_to_the_definition() -> None:
    for language, name, first in (
        ("python", "patience", "@property"),
        ("rust", "wait_between_retries", "#[must_use]"),
        ("typescript", "Client", "@sealed"),
        ("dart", "get", "@override"),
    ):
        parsed = parse(SAMPLES[language], language)
        assert parsed.slice(*(lambda u: (u.start, u.end))(find(language, name)[1])).startswith(first)


def test_a_function_that_wraps_a_module_is_looked_into() -> None:
    source = (
        "var api = function () {\n"
        + "\n".join(f"  function step{i}() {{\n    return {i};\n  }}" for i in range(6))
        + "\n};\n"
    )
    found = outline(parse(source, "javascript"))
    assert [found.units[at].name for at in found.candidates()] == [f"step{i}" for i in range(6)]


def test_calls_on_the_object_itself_go_to_its_class_or_its_bases() -> None:
    source = """
class A:
    def run(self):
        self.step()
    def step(self):
        pass

class B(A):
    def go(self):
        self.step()

class C:
    def step(self):
        pass
"""
    parsed = parse(source, "python")
    names = [unit.qualname for unit in outline(parsed).units]
    graph = call_graph([parsed])
    step = (0, names.index("A.step"))
    assert graph.callees((0, names.index("A.run"))) == (step,)
    assert graph.callees((0, names.index("B.go"))) == (step,)
    assert graph.bases((0, names.index("B"))) == ((0, names.index("A")),)


def test_calls_across_files_prefer_what_the_file_imports() -> None:
    main = parse("from tools import load\n\ndef main():\n    load()\n", "python")
    tools = parse("def load():\n    pass\n", "python")
    other = parse("def load():\n    pass\n\n", "python")
    graph = call_graph([main, other, tools], ["main.py", "other.py", "tools.py"])
    assert graph.callees((0, 0)) == ((2, 0),)


def test_names_that_imports_bring_in() -> None:
    parsed = parse("import os.path\nimport numpy as np\nfrom a.b import (\n    c,\n    d as e,\n)\n", "python")
    names = [found for _, found in imported_names(parsed)]
    assert "os" in names[0]
    assert "np" in names[1]
    assert {"c", "e"} <= names[2]
    assert "a" not in names[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_path_tells_the_language(language: str) -> None:
    for extension in language_named(language).extensions:
        assert detect_language(path=f"src/file{extension.upper()}", text="class A {};") == language


def test_a_header_is_c_unless_it_shows_otherwise() -> None:
    assert detect_language(path="a.h", text="struct a { int b; };\n") == "c"
    assert detect_language(path="a.h", text="namespace a { class B; }\n") == "cpp"


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "tsx"])
def test_the_text_tells_the_language(language: str) -> None:
    assert detect_language(text=SAMPLES[language]) == language


def test_what_the_caller_says_goes_before_the_text() -> None:
    source = SAMPLES["go"]
    assert detect_language(metadata={"file_path": "a.rs"}, text=source) == "rust"
    assert detect_language(metadata={"language": "Kotlin"}, text=source) == "kotlin"
    assert detect_language(metadata={"lang": "c++"}, text=source) == "cpp"
    assert detect_language(path="notes.txt", metadata={"lang": "unknown"}, text=source) == "go"


OPENINGS = {
    "python": "# said before\n@cached(60)\nasync def wait(self, seconds: int) -> None:\n    await sleep(seconds)\n",
    "go": "// Wait sleeps.\nfunc (c *Client) Wait(n int) error {\n\tsleep(n)\n\treturn nil\n}\n",
    "rust": "#[inline]\npub fn wait(seconds: u64) {\n    sleep(seconds);\n}\n",
    "kotlin": "override fun wait(seconds: Int) {\n    sleep(seconds)\n}\n",
    "php": "<?php\nfunction wait($seconds) {\n    sleep($seconds);\n}\n",
}


@pytest.mark.parametrize("language", OPENINGS)
def test_a_text_that_opens_with_one_languages_definition_is_in_it(language: str) -> None:
    text = OPENINGS[language]
    assert opening_language(text) == detect_language(text=text) == language
    assert passage_language(Passage(text)) == language
    assert recognise(Passage(text)).kind.name == "code"


@pytest.mark.parametrize(
    "text",
    [
        "def wait(seconds):\n    sleep(seconds)\n\nThis function is old, and nobody calls it any more.\n",
        "def wait(seconds)\n  sleep(seconds)\nend\n",  # Ruby
        "def wait(seconds: Int): Unit = {\n  sleep(seconds)\n}\n",  # Scala
        "x = 1\ndef wait(seconds):\n    sleep(seconds)\n",
        "def wait, seconds and what follows:\n",
    ],
)
def test_an_opening_that_tells_nothing_is_left_to_the_signs(text: str) -> None:
    assert opening_language(text) is None


def test_a_fence_in_what_opens_as_code_keeps_it_from_being_code() -> None:
    text = "# def\n" + OPENINGS["python"] + "\n```\nwait\n```\n"
    assert recognise(Passage(text)).kind.name != "code"


def test_a_long_first_line_is_looked_at_once() -> None:
    """No look at an opening goes back over a line, so that a line of a megabyte is no trouble."""
    for line in ("def f(" + ") -> " * 200_000, "@a(" + ")" * 500_000, "# \n" * 200_000):
        assert opening_language(line + "\nx") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The client waits between retries.\nIt doubles the delay each time.\nSee the manual for more.\n",
        "# Retries\n\nUse `import time` and then:\n\n- call `wait()`\n- call `get()`\n- read *the manual*\n",
        '{"retries": 3, "delay": [1, 2, 4]}\n',
        "name,delay\nfirst,1\nsecond,2\n",
    ],
)
def test_prose_and_data_are_no_code(text: str) -> None:
    assert detect_language(text=text) is None


def test_names_of_languages() -> None:
    assert known_language("C#") == "c_sharp"
    assert known_language(" Python3 ") == "python"
    assert known_language("cobol") is None
    with pytest.raises(KeyError, match="supported: c, c_sharp"):
        language_named("cobol")
