"""Levels of detail: what each keeps, that it parses, thresholds, tiers, assembly."""

from __future__ import annotations

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
    assert "Client: __init__, patience, wait_between_retries, get" in names
    assert names.splitlines()[-1] == "connect"
    assert EXTRACT(SAMPLES["python"], 5, "src/client.py").text == (
        "src/client.py | A client that retries. | RetryError, Client, connect"
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
