"""What a reader of kept code needs beside it comes with it, at its least detail, where that displaces nothing."""

from __future__ import annotations

import pytest

pytest.importorskip("tree_sitter")
pytest.importorskip("rank_bm25")

from code_samples import QUESTION, SAMPLES

import laconic
from laconic.kinds.code.companions import declarations_used
from laconic.kinds.code.parse import parses_clean
from laconic.kinds.code.segment import CodeSegmenter
from laconic.optimizer import HasteOptimizer
from laconic.tokens import counter_for
from laconic.types import DROPPED, Passage

SOURCE = '''\
import json
import time
from decimal import Decimal, getcontext

LONGEST_PAUSE = 30
SHORTEST_PAUSE = 2
UNRELATED = 7


class Patience(Exception):
    """Nobody waits so long."""


class Clock:
    """Tells the time."""

    zone = "UTC"
    ticks = 0

    def now(self):
        return time.time()

    def pause_before_retry(self, attempt):
        """Seconds between two tries."""
        self.ticks += 1
        if rounded(attempt) > LONGEST_PAUSE:
            raise Patience(attempt)
        return Decimal(attempt) * self.ticks

    def paint(self):
        return json.dumps({"zone": self.zone})


class Calendar:
    ticks = 12

    def month(self):
        return self.ticks


def rounded(number):
    """The nearest whole number, halves away from zero, as people round who never met a banker."""
    whole = int(number)
    if number - whole >= 0.5:
        whole += 1
    elif whole - number > 0.5:
        whole -= 1
    return whole


def unrelated(value):
    return value
'''


def needed(kept: str) -> list[str]:
    """First lines of what the one segment that begins so needs, in order."""
    passage = Passage(SOURCE, source="clock.py")
    segments = CodeSegmenter(counter_for("gpt-4o")).segment(passage, 0, 0)
    own = next(at for at, segment in enumerate(segments) if SOURCE.startswith(kept, segment.start))
    levels = [0 if at == own else DROPPED for at in range(len(segments))]
    found = declarations_used(passage, segments, levels, [(segments[own].start, segments[own].end)])
    return [SOURCE[segments[at].start : segments[at].end].partition("\n")[0] for at in found]


def test_what_is_named_in_kept_code_is_needed_and_nothing_else() -> None:
    assert sorted(needed("def pause_before_retry")) == [
        "LONGEST_PAUSE = 30",
        "class Patience(Exception):",
        "def rounded(number):",
        "from decimal import Decimal, getcontext",
        "ticks = 0",
    ]


def test_a_member_is_needed_in_its_own_class_only() -> None:
    assert needed("def month") == ["ticks = 12"]


def test_what_names_nothing_needs_nothing() -> None:
    assert needed("def unrelated") == []


def test_a_name_with_many_meanings_is_none_of_them() -> None:
    source = SOURCE + "".join(f"\n\nclass Other{n}:\n    def unrelated(self):\n        return 1\n" for n in range(5))
    source = source.replace("return value\n", "return value\n\n\ndef uses():\n    return unrelated(1)\n", 1)
    passage = Passage(source, source="clock.py")
    segments = CodeSegmenter(None).segment(passage, 0, 0)
    own = next(at for at, segment in enumerate(segments) if source.startswith("def uses", segment.start))
    levels = [0 if at == own else DROPPED for at in range(len(segments))]
    found = declarations_used(passage, segments, levels, [(segments[own].start, segments[own].end)])
    texts = [source[segments[at].start : segments[at].end] for at in found]
    assert [text.partition("\n")[0] for text in texts] == ["def unrelated(value):"]  # methods are of other classes


def test_what_chosen_code_names_comes_with_it_and_the_choice_stays_as_it_was() -> None:
    optimizer = HasteOptimizer(hard_cap=150, top_k=1, max_add=0)
    result = optimizer.optimize(SOURCE, query="seconds of the pause before a retry", file_path="clock.py")
    for line in ("return Decimal(attempt)", "LONGEST_PAUSE = 30", "from decimal import Decimal", "    ticks = 0"):
        assert line in result.content
    for line in ("import time", "import json", "UNRELATED", "def rounded", "def paint", "ticks = 12"):
        assert line not in result.content
    assert result.metrics.chunks_retrieved == 1


@pytest.mark.parametrize("language", sorted(SAMPLES))
@pytest.mark.parametrize("budget", [60, 90, 130, 180])
def test_companions_keep_the_budget_and_what_parses(language: str, budget: int) -> None:
    passage = {"text": SAMPLES[language], "language": language}
    kept = laconic.compress([passage], QUESTION, max_tokens=budget, counter="cl100k_base")
    assert kept.metrics.compressed_tokens <= budget
    assert parses_clean(kept.text, language) or not parses_clean(SAMPLES[language], language)
