"""Levels of detail: what each keeps, that it parses, thresholds, tiers, assembly."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path

import pytest

pytest.importorskip("tree_sitter")

from code_samples import SAMPLES
from hypothesis import given
from hypothesis import strategies as st

from laconic.exceptions import ConfigurationError
from laconic.kinds.code.language import LANGUAGES
from laconic.kinds.code.parse import parses_clean
from laconic.lod import TIERS, LODExtractor, assemble_context, assign_lod

EXTRACT = LODExtractor().extract


@pytest.mark.parametrize("language", LANGUAGES)
def test_levels_get_shorter_and_zero_to_three_parse(language: str) -> None:
    source = SAMPLES[language]
    pieces = [
        EXTRACT(source, level, f"src/client.{language}", language if language != "tsx" else None) for level in range(6)
    ]
    if language == "tsx":
        pieces = [EXTRACT(source, level, "src/client.tsx") for level in range(6)]
    assert [piece.lod for piece in pieces] == list(range(6))
    assert pieces[0].text == source
    for piece in pieces[:4]:
        assert parses_clean(piece.text, language)
    sizes = [piece.output_chars for piece in pieces]
    assert sizes[0] >= sizes[1] > sizes[3] > 0
    assert sizes[1] > sizes[4]
    assert sizes[4] > sizes[5] or language == "c"  # the sample's names are shorter than its path and summary
    assert sizes[0] > sizes[2] > sizes[3]
    for piece in pieces:
        assert not piece.fallback
        assert piece.compression_ratio == pytest.approx(len(source) / len(piece.text))


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "tsx"])
def test_signatures_keep_documentation_and_lose_bodies(language: str) -> None:
    text = EXTRACT(SAMPLES[language], 2, language=language).text
    assert "how long to wait" in text.lower() or "before the next retry" in text.lower()
    assert "30" not in text.replace("MAX", "").replace("300", "") or language in ("cpp",)
    bare = EXTRACT(SAMPLES[language], 3, language=language).text
    assert "before the next retry" not in bare.lower()


def test_level_one_keeps_docstrings_and_the_first_line_of_a_script() -> None:
    source = '#!/usr/bin/env python\n# a comment\ndef f():\n    """Doc."""\n    return 1  # one\n'
    assert EXTRACT(source, 1, "a.py").text == '#!/usr/bin/env python\ndef f():\n    """Doc."""\n    return 1\n'


def test_python_signatures_to_the_letter() -> None:
    source = (
        'import os\n\nLIMIT = 3\n\n\nclass A:\n    """Class."""\n\n    x = 1\n\n    @property\n    def f(self):\n'
        '        """Doc."""\n        return os.name\n\n    def g(self): return 1\n\n'
        "    def h(self):\n        # no doc\n        return os.path.join(1, 2, 3)\n"
    )
    assert EXTRACT(source, 2, "a.py").text == (
        'import os\n\nLIMIT = 3\n\n\nclass A:\n    """Class."""\n\n    x = 1\n\n    @property\n    def f(self):\n'
        '        """Doc."""\n        ...\n\n    def g(self): return 1\n\n    def h(self):\n        ...\n'
    )


def test_braces_count_their_lines() -> None:
    source = "func f(a int) int {\n\tb := a + 1\n\tc := b + 1\n\treturn c * 100000\n}\n"
    assert EXTRACT("package p\n\n" + source, 2, "a.go").text == "package p\n\nfunc f(a int) int { /* … 3 lines */ }\n"


def test_names_and_one_line() -> None:
    names = EXTRACT(SAMPLES["python"], 4, "src/client.py").text
    assert names.splitlines()[:2] == ["from __future__ import annotations", "import random"]
    assert "Client: base_delay, __init__, patience, wait_between_retries, get" in names
    assert names.splitlines()[-1] == "connect"
    assert EXTRACT(SAMPLES["python"], 5, "src/client.py").text == (
        "src/client.py | A client that retries. | RetryError, Client, connect, MAX_RETRIES"
    )


def test_unsupported_languages_stay_whole() -> None:
    for level in range(1, 6):
        piece = EXTRACT("MOVE A TO B.\n", level, "a.cob")
        assert (piece.text, piece.lod, piece.fallback, piece.language) == ("MOVE A TO B.\n", 0, True, None)
    assert not EXTRACT("MOVE A TO B.\n", 0, "a.cob").fallback


@pytest.mark.parametrize("level", [-1, 6, 1.0, True, "2", None])
def test_there_are_six_levels(level: object) -> None:
    with pytest.raises(ConfigurationError, match="lod is"):
        EXTRACT("x = 1", level, "a.py")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tier", "score", "level"),
    [
        (1, 1.0, 0), (1, 0.40, 0), (1, 0.399, 2), (1, 0.25, 2), (1, 0.249, 4), (1, 0.15, 4), (1, 0.149, 5),
        (2, 0.50, 0), (2, 0.499, 2), (2, 0.35, 2), (2, 0.349, 4), (2, 0.20, 4), (2, 0.199, 5),
        (2.5, 0.60, 0), (2.5, 0.599, 2), (2.5, 0.40, 2), (2.5, 0.399, 4), (2.5, 0.25, 4), (2.5, 0.0, 5),
    ],
)  # fmt: skip
def test_thresholds_of_the_seed(tier: float, score: float, level: int) -> None:
    assert assign_lod(score, tier) == level


def test_tiers_of_the_seed() -> None:
    assert {name: (t.budget_chars, t.hub_files, t.hub_lod, t.neighbour_lod) for name, t in TIERS.items()} == {
        1: (50_000, 10, 0, 1),
        2: (30_000, 6, 0, 2),
        2.5: (20_000, 4, 2, 4),
    }
    with pytest.raises(ConfigurationError, match="tier is 3"):
        assign_lod(0.5, 3)
    with pytest.raises(ConfigurationError, match="not a number"):
        assign_lod(float("nan"))


FILES = [
    ("src/client.py", SAMPLES["python"], 0.7),
    ("src/client.go", SAMPLES["go"], 0.3),
    ("src/Client.java", SAMPLES["java"], 0.2),
    ("src/client.rs", SAMPLES["rust"], 0.05),
]


def test_a_context_is_assembled_by_score() -> None:
    found = assemble_context(FILES, 1, neighbours=[("src/client.rb", SAMPLES["ruby"])])
    assert [(piece.source_path, piece.lod) for piece in found.chunks] == [
        ("src/client.py", 0), ("src/client.go", 2), ("src/Client.java", 4), ("src/client.rs", 5), ("src/client.rb", 1),
    ]  # fmt: skip
    assert found.context.startswith("[src/client.py | lod=0]\n")
    assert [piece.score for piece in found.chunks] == [0.7, 0.3, 0.2, 0.05, None]
    assert found.compression == {
        "enabled": True,
        "mode": "lod",
        "input_chars": sum(len(source) for _, source, _ in FILES) + len(SAMPLES["ruby"]),
        "output_chars": sum(len(piece.text) for piece in found.chunks),
        "lod_distribution": {"0": 1, "1": 1, "2": 1, "4": 1, "5": 1},
    }


def test_hubs_are_shown_in_full() -> None:
    assert {piece.lod for piece in assemble_context(FILES, 1, hubs=True).chunks} == {0}
    assert [piece.lod for piece in assemble_context(FILES, 2.5, hubs=True).chunks] == [0, 2, 2, 2]


@given(st.integers(1, 9000), st.sampled_from([1, 2, 2.5]), st.booleans())
def test_the_budget_of_characters_holds(max_chars: int, tier: float, hubs: bool) -> None:
    found = assemble_context(FILES, tier, hubs=hubs, max_chars=max_chars)
    assert len(found.context) <= max_chars
    assert len(found.chunks) + len(found.dropped) == len(FILES)


def test_the_first_call_of_a_session_has_more_room() -> None:
    limit = 3000
    usual = assemble_context(FILES, 1, hubs=True, max_chars=limit)
    first = assemble_context(FILES, 1, hubs=True, max_chars=limit, orientation=True)
    assert len(usual.context) <= limit < len(first.context) <= 1.5 * limit
    with pytest.raises(ConfigurationError, match="max_chars is 0"):
        assemble_context(FILES, max_chars=0)


PATTERNS = {
    "a few stand out": lambda at: 0.95 * 0.85**at,
    "all alike": lambda at: 0.45,
    "evenly down": lambda at: 0.9 - 0.03 * at,
    "all peripheral": lambda at: 0.1 - 0.001 * at,
}


@cache
def library() -> tuple[tuple[str, str], ...]:
    """Thirty files of the standard library."""
    folder = Path(sysconfig.get_path("stdlib"))
    found = (path for path in sorted(folder.glob("*.py")) if 6_000 < path.stat().st_size < 16_000)
    files = tuple((path.name, path.read_text(encoding="utf-8")) for path in found)[:30]
    assert len(files) == 30
    return files


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_thirty_files_are_all_shown_and_the_budget_is_used(pattern: str, tier: float) -> None:
    scores = [PATTERNS[pattern](at) for at in range(30)]
    files = [(*file, score) for file, score in zip(library(), scores, strict=True)]
    found = assemble_context(files, tier)
    assert [piece.path for piece in found.chunks] == [path for path, _ in library()]
    assert all(piece.text.strip() for piece in found.chunks)
    assert 0.95 * TIERS[tier].budget_chars <= len(found.context) <= TIERS[tier].budget_chars
    assert found.chunks[0].lod <= assign_lod(scores[0], tier)


def lines_alone() -> int:
    """Characters of a context in which each of `FILES` is one line."""
    return len("\n\n".join(f"[{path} | lod=5]\n{EXTRACT(source, 5, path).text}" for path, source, _ in FILES))


@given(st.integers(0, 4000), st.permutations([0.9, 0.5, 0.3, 0.01]), st.sampled_from([1, 2, 2.5]))
def test_where_there_is_room_for_a_line_of_each_all_are_shown(more: int, scores: list[float], tier: float) -> None:
    files = [(path, source, score) for (path, source, _), score in zip(FILES, scores, strict=True)]
    found = assemble_context(files, tier, max_chars=lines_alone() + more)
    assert not found.dropped
    assert [piece.score for piece in found.chunks] == sorted(scores, reverse=True)


def test_the_less_wanted_give_way_first() -> None:
    def levels(max_chars: int) -> list[int]:
        return [piece.lod for piece in assemble_context(FILES, 1, hubs=True, max_chars=max_chars).chunks]

    best_whole = lines_alone() - len(EXTRACT(FILES[0][1], 5, FILES[0][0]).text) + len(FILES[0][1].rstrip())
    assert levels(lines_alone()) == [5, 5, 5, 5]
    assert levels(best_whole) == [0, 5, 5, 5]
    assert levels(best_whole - 1)[0] == 1
    assert levels(best_whole + len(FILES[1][1]))[:2] == [0, 0]


def test_text_that_cannot_give_way_does_not_push_out_the_lines_of_others() -> None:
    notes = ("notes.txt", "Something about clients. " * 100, 0.3)
    found = assemble_context([*FILES, notes], 1, max_chars=lines_alone() + 500)
    assert found.dropped == ("notes.txt",)
    short = ("notes.txt", "Something about clients.", 0.01)
    found = assemble_context([*FILES, short], 1, max_chars=lines_alone() + 500)
    assert not found.dropped
    assert found.chunks[-1].fallback


def test_a_file_that_fits_is_not_made_longer_by_a_level() -> None:
    tiny = [(f"a/rather/long/path/to/a/small/module_{at}.py", f"x{at} = {at}\n", 0.01) for at in range(40)]
    found = assemble_context(tiny, 1, max_chars=1000)
    assert {piece.lod for piece in found.chunks} == {0}
    assert 0.9 * 1000 < len(found.context) <= 1000
    assert found.dropped == tuple(path for path, *_ in tiny[len(found.chunks) :])


def test_without_tree_sitter_the_error_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['tree_sitter'] = None\n"
        "from laconic.exceptions import OptimizerError\n"
        "from laconic.lod import LODExtractor, assemble_context, assign_lod\n"
        "assert assign_lod(0.5) == 0\n"
        "assert LODExtractor().extract('x = 1', 0, 'a.py').text == 'x = 1'\n"
        "assert assemble_context([('a.txt', 'words', 0.1)]).chunks[0].fallback\n"
        "for call in (lambda: LODExtractor().extract('x = 1', 2, 'a.py'),\n"
        "             lambda: assemble_context([('a.py', 'x = 1', 0.1)])):\n"
        "    try:\n"
        "        call()\n"
        "    except OptimizerError as error:\n"
        "        assert \"pip install 'laconic[code]'\" in str(error), error\n"
        "    else:\n"
        "        raise AssertionError('no error')\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
