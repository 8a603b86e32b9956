"""A whole call takes steps in proportion to the text, of every kind and on the worst of texts. Steps are counted.

A step is a line of Python that runs in the engine; what a line asks of a library (a parse, a product of arrays) is not
seen, what it does again and again is.
"""

from __future__ import annotations

import pytest
from step_counting import steps_within

import laconic
from laconic.kinds.catalogue import KINDS
from laconic.messages import MessagePipeline
from laconic.optimizer import HasteOptimizer

_FEW, _FACTOR = 60, 4


def steps_of(call):
    """Steps in the engine's files during a call."""
    return steps_within(["laconic"], call)


def is_linear(call, unit, few=_FEW):
    """Whether a call on four times the text takes about four times the steps, 1.3 times that at the most."""
    call(unit * 8)  # what is loaded once
    first, second = (steps_of(lambda n=n: call(unit * n)) for n in (few, _FACTOR * few))
    return second <= 1.3 * _FACTOR * first + 20_000, first, second


TEXTS = {
    "blank lines": " \n",
    "one-word lines": "word\n",
    "one line": "A harbour stands here. It was built in 1923. ",
    "near-duplicates": "the harbour of the town was built in the year 19 by the old guild of weavers\n",
    "paragraphs": "A harbour stands here. It was built in 1923.\n\n",
    "brackets": "(",
    "open brackets": "[",
    "open braces": "{",
    "nested arrays": "[[",
    "open objects": '{"a":',
    "quotes": '"',
    "records": '{"id": 1, "state": "ok"}\n',
    "rows": "1,2,3\n",
    "half quoted rows": '1,"2,3\n',
    "pipes": "|a|b|\n",
    "log lines": "2024-05-01 10:00:00 ERROR disk full\n",
    "frames": "  at a.b(c.d:1)\nException: x\n",
    "hunks": "@@ -1,1 +1,1 @@\n-a\n+b\n",
    "keys": "a:\n  b: 1\n",
    "deeper keys": "- - ",
    "elements": "<div><p>a",
    "closed elements": "<p>a</p>\n",
    "fences": "```\na\n",
    "headings": "# A\n\ntext\n",
    "quoted mail": "> > a\n",
    "speakers": "Ann: hello there\nBen: hello\n",
    "functions": "def f(a):\n    return a\n\n\n",
    "nested functions": "f(){",
    "calls": "f(a, b);\n",
    "imports": "import a\n",
    "escapes": "\\",
    "ticks": "`",
    "carriage returns": "a\r",
}


@pytest.mark.parametrize("unit", TEXTS)
def test_a_call_takes_linear_steps(unit):
    found = is_linear(lambda text: laconic.compress(text, query="Which harbour is old?", rate=0.4), TEXTS[unit])
    assert found[0], found


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("unit", ["blank lines", "one-word lines", "near-duplicates", "half quoted rows"])
def test_a_call_takes_linear_steps_whatever_kind_the_caller_names(kind, unit):
    def call(text):
        laconic.compress([{"text": text, "kind": kind.name}], query="harbour", rate=0.4)

    found = is_linear(call, TEXTS[unit])
    assert found[0], found


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_long_text_of_a_kind_takes_linear_steps(kind):
    def call(text):
        laconic.compress([{"text": text, "kind": kind.name}], query="harbour", rate=0.4)

    found = is_linear(call, kind.example, few=6)
    assert found[0], found


@pytest.mark.parametrize("language", ["python", "cpp", "swift", "ruby", "dart"])
@pytest.mark.parametrize("unit", ["(", "f(){", "class A{", "class A{f(){}", "import a\n", "if(a){\n", "x;"])
def test_code_takes_linear_steps(language, unit):
    def call(text):
        laconic.compress([{"text": text, "language": language}], query="what is a", rate=0.4)

    found = is_linear(call, unit, few=150)
    assert found[0], found


@pytest.mark.parametrize("unit", ["(", "f(){", "class A{f(){}", "import a\n"])
def test_haste_takes_linear_steps(unit):
    def call(text):
        HasteOptimizer().optimize(text, query="what is a", file_path="a.cpp", max_tokens=len(text) // 8)

    found = is_linear(call, unit)
    assert found[0], found


@pytest.mark.parametrize("unit", ["blank lines", "paragraphs", "near-duplicates", "fences", "records", "open objects"])
def test_messages_take_linear_steps(unit):
    def call(text):
        MessagePipeline(mode="strict").run([{"role": "user", "content": text}])

    few = 3000 // len(TEXTS[unit])
    found = is_linear(call, TEXTS[unit], few=few)
    assert found[0], found


@pytest.mark.parametrize(
    "sentence",
    [
        "The harbour of the town was built in {at} by the old guild of weavers.\n\n",
        "The harbour of the town was built by the guilds {first}wark and {second}ship and others.\n\n",
    ],
    ids=["numbers", "names"],
)
def test_a_flood_of_near_duplicates_takes_linear_steps(sentence):
    def call(count):
        lines = (sentence.format(at=at, first=at % 7, second=chr(97 + at % 11)) for at in range(count))
        laconic.compress("".join(lines), query="When was the harbour built?", rate=0.4)

    call(8)
    few, many = (steps_of(lambda count=count: call(count)) for count in (150, 600))
    assert many <= 1.3 * _FACTOR * few + 20_000, (few, many)
