"""What `laconic.compress` uses of code: segmenter, scorer, renderer, fill cut; whole files and fragments."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("tree_sitter")
pytest.importorskip("rank_bm25")

from code_samples import QUESTION, SAMPLES

from laconic._utils.remembered import clear_caches
from laconic.kinds.code.compose import Marks
from laconic.kinds.code.language import LANGUAGES
from laconic.kinds.code.parse import parse_fragment, parses_clean
from laconic.kinds.code.pieces import pieces
from laconic.kinds.code.render import CodeRenderer
from laconic.kinds.code.segment import CodeSegmenter, passage_language
from laconic.kinds.prose.segment import ProseSegmenter
from laconic.score.code import CodeStep, rank
from laconic.score.code.index import CodeIndex
from laconic.score.lexical import LexicalScorer
from laconic.tokens import counter_for
from laconic.types import DROPPED, Passage, Segment

COUNTER = counter_for("gpt-4o")
SEGMENTER = CodeSegmenter(COUNTER)


def passage(language: str, text: str | None = None) -> Passage:
    return Passage(SAMPLES[language] if text is None else text, kind="code", language=language)


def check_segments(text: str, segments: list[Segment], first: int) -> None:
    """The contract of `laconic.types.Segment`."""
    for one, other in pairwise(segments):
        assert one.end <= other.start
    for at, segment in enumerate(segments):
        assert 0 <= segment.start < segment.end <= len(text)
        assert text[segment.start : segment.end].strip()
        for needed in segment.requires:
            assert first <= needed < first + at
            assert segments[needed - first].kind == "class_header"
        costs = [COUNTER.count(text[segment.start : segment.end]), *(level.tokens for level in segment.levels)]
        assert costs == sorted(costs, reverse=True)
        assert all(0 < level.share < 1 for level in segment.levels)


@pytest.mark.parametrize("language", LANGUAGES)
def test_segments_keep_the_contract_and_cover_the_text(language: str) -> None:
    segments = SEGMENTER.segment(passage(language), 3, 10)
    assert all(segment.passage == 3 for segment in segments)
    check_segments(SAMPLES[language], segments, 10)
    kept = sum(len("".join(SAMPLES[language][segment.start : segment.end].split())) for segment in segments)
    # The rest are braces, `end`, `namespace` and `#ifdef`, which come back with what stands in them.
    assert kept >= 0.9 * len("".join(SAMPLES[language].split()))


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name not in ("c", "go", "tsx")])
def test_a_method_requires_the_header_of_its_class(language: str) -> None:
    segments = SEGMENTER.segment(passage(language), 0, 0)
    text = SAMPLES[language]
    method = next(
        s for s in segments if s.kind == "function" and "retries" in text[s.start : s.end].lower() and s.requires
    )
    assert [segments[at].kind for at in method.requires][-1] == "class_header"


@pytest.mark.parametrize("language", LANGUAGES)
def test_random_selections_parse_and_spans_are_the_source(language: str) -> None:
    source = passage(language)
    segments = SEGMENTER.segment(source, 0, 0)
    choose = random.Random(11)
    for _ in range(40):
        levels = [choose.choice((DROPPED, DROPPED, 0, *range(1, len(s.levels) + 1))) for s in segments]
        for at, segment in enumerate(segments):
            if levels[at] != DROPPED:
                for needed in segment.requires:
                    levels[needed] = max(0, levels[needed])
        rendered = CodeRenderer().render(source, segments, levels)
        assert parses_clean(rendered.text, language)
        position = 0
        for start, end in rendered.spans:
            position = rendered.text.index(source.text[start:end], position) + end - start
        for at, segment in enumerate(segments):
            if levels[at] == 0 and segment.kind in ("function", "import"):
                assert source.text[segment.start : segment.end].strip() in rendered.text


def test_everything_kept_is_the_passage_and_nothing_is_nothing() -> None:
    source = passage("rust")
    segments = SEGMENTER.segment(source, 0, 0)
    assert CodeRenderer().render(source, segments, [0] * len(segments)).text == source.text
    assert CodeRenderer().render(source, segments, [DROPPED] * len(segments)).text == ""


def test_levels_of_a_function() -> None:
    source = passage("python")
    segments = SEGMENTER.segment(source, 0, 0)
    at = next(i for i, s in enumerate(segments) if "doubles, with" in source.text[s.start : s.end])
    names = [level.name for level in segments[at].levels]
    assert names == ["code", "signature"]
    levels = [DROPPED] * len(segments)
    for needed in segments[at].requires:
        levels[needed] = 0
    levels[at] = 1
    code = CodeRenderer().render(source, segments, levels).text
    assert "doubles, with" not in code
    assert "delay = self.base_delay" in code
    levels[at] = 2
    signature = CodeRenderer().render(source, segments, levels).text
    assert "def wait_between_retries(self, attempt: int) -> float:\n        ..." in signature


def code_scores(query, passages, segments):
    """Scores of the scorer without a model after the step for code."""
    return CodeStep().adjust(query, passages, segments, LexicalScorer().score(query, passages, segments))


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "tsx"])
def test_the_scorer_finds_the_method(language: str) -> None:
    source = passage(language)
    segments = SEGMENTER.segment(source, 0, 0)
    scores = code_scores(QUESTION, [source], segments)
    assert np.isfinite(scores).all()
    best = segments[int(scores.argmax())]
    assert "waitbetweenretries" in source.text[best.start : best.end].lower().replace("_", "")
    assert float(np.exp(scores).sum()) == pytest.approx(1.0)


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "tsx"])
def test_definitions_of_a_file_are_ranked_as_without_what_stands_around_them(language: str) -> None:
    source = passage(language)
    segments = SEGMENTER.segment(source, 0, 0)
    parsed = parse_fragment(source.text, language)
    index = CodeIndex.of(parsed)
    expected = {place[1]: score for place, score in zip(index.places, rank(QUESTION, index).scores, strict=True)}
    scores = code_scores(QUESTION, [source], segments)
    starts = {parsed.char(piece.start): piece.unit for piece in pieces(parsed) if piece.unit in expected}
    shifts = [scores[at] - expected[starts[s.start]] for at, s in enumerate(segments) if s.start in starts]
    assert len(shifts) >= 3
    assert shifts == pytest.approx([shifts[0]] * len(shifts))


def test_segments_of_another_segmenter_have_a_score() -> None:
    source = passage("python")
    segments = SEGMENTER.segment(source, 0, 0)
    moved = [s._replace(start=s.start + 1) if at == 0 else s for at, s in enumerate(segments)]
    scores = code_scores(QUESTION, [source], moved)
    assert np.isfinite(scores).all()
    assert float(np.exp(scores).sum()) == pytest.approx(1.0)


def test_code_and_prose_share_one_scale() -> None:
    prose = Passage(
        "The office closes at noon. The client waits between retries: half a second, doubled. Lunch is at one."
    )
    code = passage("java")
    segments = ProseSegmenter().segment(prose, 0, 0)
    count = len(segments)
    segments += SEGMENTER.segment(code, 1, count)
    scores = code_scores(QUESTION, [prose, code], segments)
    plain = LexicalScorer().score(QUESTION, [prose, code], segments)
    assert scores[:count] == pytest.approx(plain[:count])
    assert np.exp(scores[count:]).sum() == pytest.approx(np.exp(plain[count:]).sum())
    assert int(scores[:count].argmax()) == 1
    assert code_scores(None, [prose, code], segments) == pytest.approx(
        LexicalScorer().score(None, [prose, code], segments)
    )


def test_the_fill_cut_uses_the_room_that_is_given() -> None:
    statements = "\n".join(f"    value_{n} = compute({n}, retries)" for n in range(60))
    source = passage("python", f"import os\n\n\ndef wait(retries):\n{statements}\n    return os.environ['delay']\n")
    segments = SEGMENTER.segment(source, 0, 0)
    at = next(i for i, s in enumerate(segments) if s.kind == "function")
    levels = [0 if s.kind == "import" else DROPPED for s in segments]
    sizes = []
    for room in (40, 120, 300):
        cut = CodeRenderer().render_cut(source, segments, levels, at, room, "the delay in the environment", COUNTER)
        assert cut is not None
        assert cut.text.startswith("import os\n")
        assert "os.environ['delay']" in cut.text
        assert parses_clean(cut.text, "python")
        sizes.append(COUNTER.count(cut.text))
        assert sizes[-1] <= 1.1 * room + 10  # planned by parts: the caller counts and asks again
    assert sizes == sorted(sizes)
    assert CodeRenderer().render_cut(source, segments, levels, at, 3, "delay", COUNTER) is None
    assert CodeRenderer().render_cut(source, segments, levels, 0, 100, "delay", COUNTER) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_written_does_not_depend_on_what_was_written_before(language: str) -> None:
    source = passage(language)
    segments = SEGMENTER.segment(source, 0, 0)
    choose = random.Random(5)
    drawn = [[choose.choice((DROPPED, 0)) for _ in segments] for _ in range(5)]
    at = next(i for i, segment in enumerate(segments) if segment.kind == "function")

    def written(levels: list[int], marks: Marks) -> list[str]:
        renderer = CodeRenderer(marks)
        cut = [renderer.render_cut(source, segments, levels, at, room, query, COUNTER) for room, query in asked]
        return [each.text if each is not None else "" for each in (renderer.render(source, segments, levels), *cut)]

    asked = [(60, QUESTION), (60, "the delay"), (400, QUESTION)]
    again = {(number, marks): written(levels, marks) for number, levels in enumerate(drawn) for marks in Marks}
    for (number, marks), texts in again.items():
        clear_caches()
        assert written(drawn[number], marks) == texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_fragments_from_the_middle_of_a_class(language: str) -> None:
    lines = SAMPLES[language].split("\n")
    choose = random.Random(2)
    for start in range(0, len(lines) - 8, 5):
        text = "\n".join(lines[start : start + 25])
        if not text.strip():
            continue
        source = passage(language, text)
        segments = SEGMENTER.segment(source, 0, 0)
        assert segments
        check_segments(text, segments, 0)
        scores = code_scores(QUESTION, [source], segments)
        assert np.isfinite(scores).all()
        levels = [choose.choice((DROPPED, 0)) for _ in segments]
        rendered = CodeRenderer().render(source, segments, levels)
        assert "class _" not in rendered.text
        for first, last in rendered.spans:
            assert text[first:last] in rendered.text
        kept = [s for s, level in zip(segments, levels, strict=True) if level == 0 and s.kind in ("line", "function")]
        for segment in kept:
            assert text[segment.start : segment.end].strip().split("\n")[0] in rendered.text


def test_a_fragment_is_read_inside_what_may_have_stood_around_it() -> None:
    python = '        return delay\n\n    def get(self):\n        """Doc."""\n        return self.send()\n'
    java = "        return delay;\n    }\n\n    int get() {\n        return send();\n    }\n"
    for language, text in (("python", python), ("java", java)):
        parsed = parse_fragment(text, language)
        assert parsed.clean
        assert parsed.alone == (language == "python")  # its parser takes an indented start
        segments = SEGMENTER.segment(passage(language, text), 0, 0)
        get = next(s for s in segments if s.kind == "function")
        assert text[get.start : get.end].startswith(("def get", "int get"))


def test_text_that_is_no_code_is_one_segment() -> None:
    source = Passage(" Some words. \n", kind="code", language="cobol")
    assert SEGMENTER.segment(source, 0, 0) == [Segment(0, 1, 12, "text")]
    assert SEGMENTER.segment(Passage("  \n", kind="code"), 0, 0) == []


def test_the_language_of_a_passage() -> None:
    assert passage_language(Passage("x", kind="code", language="py")) == "python"
    assert passage_language(Passage("x", source="https://host/a/b.rs?raw=1")) == "rust"
    assert passage_language(Passage("x", metadata={"file_path": "a.kt"})) == "kotlin"
    assert passage_language(Passage(SAMPLES["go"])) == "go"
    assert passage_language(Passage(SAMPLES["go"], kind="prose")) is None
    assert passage_language(Passage("Plain words, nothing else.")) is None
