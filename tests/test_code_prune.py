"""What is left after cutting parses: random subsets of statements, over real files, with a fixed seed."""

from __future__ import annotations

import random
import sysconfig
from pathlib import Path

import pytest

pytest.importorskip("tree_sitter")

from code_samples import SAMPLES

from laconic.kinds.code.compose import Marks, compose
from laconic.kinds.code.language import LANGUAGES
from laconic.kinds.code.parse import ParsedCode, parse, parses_clean
from laconic.kinds.code.prune import prune
from laconic.kinds.code.units import outline

Span = tuple[int, int]


def statements(parsed: ParsedCode) -> list[Span]:
    """Every named child of a list-like node."""
    found, stack = [], [parsed.root]
    while stack:
        node = stack.pop()
        for child in node.children:
            if child.is_named and node.type in parsed.language.lists:
                found.append((child.start_byte, child.end_byte))
            if child.child_count:
                stack.append(child)
    return found


def random_selection(parsed: ParsedCode, choose: random.Random) -> list[Span]:
    """Statements, lines or definitions, a few or nearly all of them."""
    share = choose.choice((0.02, 0.1, 0.3, 0.6, 0.9))
    what = choose.random()
    if what < 0.6:
        # Long statements hold the short ones; taken as often as those they would be everything.
        return [s for s in statements(parsed) if choose.random() < share * (1 if s[1] - s[0] < 400 else 0.1)]
    if what < 0.8:
        spans, start = [], 0
        for line in parsed.data.split(b"\n"):
            if choose.random() < share:
                spans.append((start, start + len(line)))
            start += len(line) + 1
        return spans
    return [(unit.start, unit.end) for unit in outline(parsed).units if choose.random() < share]


def broken_outputs(parsed: ParsedCode, rounds: int, seed: int) -> list[str]:
    choose = random.Random(seed)
    broken = []
    for _ in range(rounds):
        edits = prune(parsed, random_selection(parsed, choose), [(0, len(parsed.data))])
        for marks in (Marks.NONE, Marks.ALL):
            text = compose(parsed, edits, marks).text
            if not parses_clean(text, parsed.language.name):
                broken.append(text)
    return broken


@pytest.mark.parametrize("language", LANGUAGES)
def test_samples_parse_after_cutting(language: str) -> None:
    assert not broken_outputs(parse(SAMPLES[language], language), 60, seed=7)


def test_the_standard_library_parses_after_cutting() -> None:
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("**/*.py"))
    files = [path for path in files if not {"test", "tests", "site-packages"} & set(path.parts)]
    files = [path for path in files if 500 < path.stat().st_size < 15_000]
    random.Random(5).shuffle(files)
    checked = 0
    for path in files[:400]:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        parsed = ParsedCode(text, "python")
        if parsed.clean:
            checked += 1
            assert not broken_outputs(parsed, 1, seed=checked), path
    assert checked >= 300


def test_headers_of_this_machine_parse_after_cutting() -> None:
    """C and C++ on real headers: those of Python itself, and of the compiler where there is one."""
    folders = [Path(sysconfig.get_path("include")), Path("/usr/include")]
    files = sorted(path for folder in folders if folder.is_dir() for path in folder.glob("**/*.h"))
    random.Random(5).shuffle(files)
    checked = 0
    for path in files[:400]:
        text = path.read_bytes().decode("utf-8", "replace")
        if not 500 < len(text) < 20_000:
            continue
        parsed = ParsedCode(text, "cpp" if checked % 2 else "c")
        if parsed.clean:
            checked += 1
            assert not broken_outputs(parsed, 1, seed=checked), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_spans_joined_are_the_text(language: str) -> None:
    parsed = parse(SAMPLES[language], language)
    choose = random.Random(3)
    for _ in range(20):
        rendered = compose(parsed, prune(parsed, random_selection(parsed, choose)))
        joined = "".join(parsed.text[start:end] for start, end in rendered.spans)
        assert all(a[1] < b[0] for a, b in zip(rendered.spans, rendered.spans[1:], strict=False))
        # What is in no span is what the grammar needs in place of what was cut.
        assert len(rendered.text) - len(joined) <= 40 * max(1, len(rendered.spans))
        if not any(stand_in in rendered.text for stand_in in ("...", "???", "break")):
            assert joined.replace("\n", "").replace(" ", "") == rendered.text.replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_wanted_changes_nothing(language: str) -> None:
    parsed = parse(SAMPLES[language], language)
    assert compose(parsed, prune(parsed, [(0, len(parsed.data))])).text == parsed.text


def test_a_kept_method_comes_with_its_class_and_decorator() -> None:
    parsed = parse(SAMPLES["python"], "python")
    unit = next(unit for unit in outline(parsed).units if unit.name == "patience")
    text = compose(parsed, prune(parsed, [(unit.start, unit.end)])).text
    assert text == (
        "class Client:\n"
        "    @property\n"
        "    def patience(self) -> float:\n"
        '        """Longest sum of waits."""\n'
        "        return sum(self.wait_between_retries(attempt) for attempt in range(self.retries))\n"
    )


def test_a_cut_leaves_the_number_of_lines() -> None:
    source = "def f(x):\n    a = 1\n    b = 2\n    return x\n"
    parsed = parse(source, "python")
    start = source.index("return")
    edits = prune(parsed, [(0, 9), (start, len(source))], [(0, len(source))])
    assert compose(parsed, edits, Marks.FUNCTIONS).text == "def f(x):\n    # … 2 lines\n    return x\n"


def test_an_emptied_body_has_a_stand_in() -> None:
    parsed = parse("if a:\n    b()\nelse:\n    c()\nd()\n", "python")
    start = parsed.text.index("if a")
    assert compose(parsed, prune(parsed, [(start, start + 4)])).text == "if a:\n    ...\n"


def test_line_breaks_of_windows_stay() -> None:
    source = SAMPLES["java"].replace("\n", "\r\n")
    parsed = parse(source, "java")
    unit = next(unit for unit in outline(parsed).units if unit.name == "waitBetweenRetries")
    text = compose(parsed, prune(parsed, [(unit.start, unit.end)]), Marks.ALL).text
    assert text.count("\n") == text.count("\r\n")
    assert parses_clean(text, "java")


def test_offsets_are_characters() -> None:
    source = 'def a():\n    return "é🙂"\n\ndef b():\n    return "ü"\n'
    parsed = parse(source, "python")
    unit = outline(parsed).units[1]
    rendered = compose(parsed, prune(parsed, [(unit.start, unit.end)]))
    assert rendered.text.strip() == 'def b():\n    return "ü"'
    assert all(source[start:end] in rendered.text for start, end in rendered.spans)


def test_inside_an_error_only_what_is_wanted_stays() -> None:
    source = "def a():\n    return 1\n\n)))) broken ((((\n\ndef b():\n    return 2\n"
    parsed = parse(source, "python")
    assert not parsed.clean
    unit = next(unit for unit in outline(parsed).units if unit.name == "b")
    text = compose(parsed, prune(parsed, [(unit.start, unit.end)])).text
    assert "return 2" in text
    assert "return 1" not in text


def test_a_macro_that_says_it_goes_on_ends_where_it_ended() -> None:
    source = (
        "#define A(x) \\\n  f(x); \\\n\n#define B(x) \\\n  g(x)\n\n"
        "inline int h(int y) {\n  int z = y;\n  if (z) {\n    return y;\n  }\n  return z;\n}\n"
    )
    parsed = parse(source, "cpp")
    wanted = [(0, source.index("#define B")), (source.index("inline"), len(source))]
    for marks in (Marks.NONE, Marks.ALL):
        text = compose(parsed, prune(parsed, wanted), marks).text
        assert "#define B" not in text
        assert parses_clean(text, "cpp")
