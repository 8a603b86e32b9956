"""Every regular expression of the engine takes steps in proportion to the text, on the worst of texts too.

They are found in the source, their worst texts are made of themselves, and steps are counted, not timed.
"""

from __future__ import annotations

import re

import pytest
from regex_found import Found, found, made_at_run_time
from regex_steps import TooManyStepsError, steps_of
from regex_worst import worst_inputs

from laconic.kinds.code.detect import _signs
from laconic.kinds.prose.language import _ANY_SCRIPT, _PATTERNS
from laconic.tokens.byte_pairs import _KNOWN_RANGES, _in_python
from laconic.tokens.vocabularies import VOCABULARIES

# Found by a scan, or in a table, and yet tried where nothing else is: each says where.
PLACED = {
    "kinds.code.units:_COMMENT_LINE": "where a line of at most 400 bytes begins",
    "kinds.html.parts:_PRE_END": "behind a block, over 200 characters",
    "kinds.json.segment:_CLOSING": "behind a value, over white space that lies before the next one",
    "kinds.json.tree:_MEMBER": "where a member begins or the last one ended; the first that does not fit is the last",
    "kinds.json.tree:_TOKEN": "reading stops at the first quote that nobody closes",
    "kinds.prose.marks:_COMMENT": "where a line begins",
    "kinds.prose.marks:_DOCTEST": "where a line begins",
    "kinds.records:_IDENTIFYING[1]": "all of a key",
    "kinds.settings.lines:_UNUSED": "where a line begins",
    "kinds.tags:_WIDE_TAG": "over 10,000 characters, 200 times in a text at the most",
    "kinds.yaml.segment:_BLOCK": "where a value begins",
    "kinds.yaml.segment:_KEY": "where an entry begins",
    "messages.code:_OBEYED[2]": "where a comment begins",
    "score.structure.limits:_AMOUNT": "behind a word that sets a limit",
    "score.structure.limits:_AND": "behind an amount",
}
CONSTANT = frozenset(("tokens.byte_pairs:pattern",))  # reads the vocabulary that ships with the package
RUN_TIME = {
    "core.conversation:found": [re.compile(r"(?<!\w)a\ word(?!\w)")],
    "core.conversation:text": [re.compile(r"(?<!\d)\d{4}(?!\d)")],
    "kinds.prose.language:_ANY_SCRIPT": [_ANY_SCRIPT()],
    "kinds.prose.language:_PATTERNS[0]": [pattern() for pattern in _PATTERNS.values()],
    "core.run:places[0]": [re.compile(re.escape("a phrase (of mine)"), re.IGNORECASE)],
    "core.words:preserved[0]": [re.compile(re.escape("a phrase (of mine)"), re.IGNORECASE)],
    "evaluation.rows:exact[0]": [re.compile(re.escape("a quote (of mine)"))],
    "evaluation.rows:loose": [re.compile(r"a\s+quote\s+\(of\s+mine\)")],
    "kinds.code.detect:signs[0]": [sign.pattern for sign in _signs()[0]],
    "kinds.tags:closing[0]": [re.compile(r"</script[\s>/]", re.IGNORECASE)],
    "score.structured:mentions": [re.compile(r"(?<!\w)a name(?!\w)|(?<!\w)a n\.1(?!\w)")],
    "tokens.byte_pairs:_is_known": [re.compile("[" + "".join(f"{a}-{b}" for a, b in _KNOWN_RANGES) + "]*")],
    "tokens.byte_pairs:_split": [re.compile(_in_python(each.pattern)) for each in VOCABULARIES.values()],
    "two_stage.aliases:entry[0]": [re.compile(r"§AB=([^.=\n§]+)\. ")],
    "two_stage.aliases:expand()[0]": [re.compile("§[A-Z]+")],
}
_FIRST, _FIRST_UNITS = 32, 8  # characters and repetitions at the least
_MOST = 2000  # characters: a repeat that is bounded shows it below
_MOST_STEPS = 1_000_000


def _every_one():
    written = [each for each in found() if each.place not in CONSTANT]
    made = [Found(place, each, True, False) for place, patterns in RUN_TIME.items() for each in patterns]
    return [pytest.param(each, id=f"{at} {each.place}") for at, each in enumerate([*written, *made])]


def _is_linear(each, lead, unit, end):
    """Four times the text takes about four times the steps, from some length on."""
    search = each.search and each.place not in PLACED

    def steps(length):
        text = lead + unit * (length // len(unit)) + end
        return steps_of(each.pattern, text, search=search, whole=each.whole, limit=_MOST_STEPS)

    length = max(_FIRST, _FIRST_UNITS * len(unit))
    try:
        few, many = steps(length), steps(4 * length)
        while many > 5 * few + 1000:
            if 4 * length > _MOST:
                return False
            length *= 4
            few, many = many, steps(4 * length)
    except TooManyStepsError:
        return False
    return True


@pytest.mark.parametrize("each", _every_one())
def test_a_pattern_takes_linear_steps(each):
    for lead, unit, end in worst_inputs(each.pattern):
        assert _is_linear(each, lead, unit, end), (each.pattern.pattern, lead, unit, end)


def test_what_is_made_at_run_time_is_tried_too():
    assert set(made_at_run_time()) == set(RUN_TIME)


def test_exceptions_are_of_patterns_that_are_there():
    assert set(PLACED) | CONSTANT <= {each.place for each in found()}


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:\W\s*){3,}$",
        r"\s+$",
        r"<!--.*?-->",
        r'"(?:[^"\\]|\\.)*"',
        r"^\s+at .+\(",
        r"(?:\w+\s?)+:",
        r"[A-Z]{2,}[A-Z0-9]*\b",
        r"`+(?!`).+?`",
        r"if [^{}]*:$",
        r"(?=.*x).",
    ],
)
def test_what_is_not_linear_is_found_out(pattern):
    each = Found("here", re.compile(pattern, re.MULTILINE), True, False)
    assert not all(_is_linear(each, *text) for text in worst_inputs(each.pattern))


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"a{2,3}?b|(c)\1", "aabccd", 2),
        (r"^\s*(?<!x)y$", "y\n y\nxy", 2),
        (r"(?i:AB)(?!c)", "abcAbd", 1),
        (r"(?:a|)*\b[^\W\d]", "aab 1 c", 2),
    ],
)
def test_the_machine_matches_as_re_does(pattern, text, matches):
    from regex_steps import _program, _Run

    compiled = re.compile(pattern, re.MULTILINE)
    run, at, ends = _Run(_program(compiled), text, 10_000), 0, []
    while at <= len(text):
        end = run.match(at)
        if end is not None:
            ends.append((at, end))
        at = max(at + 1, end or 0)
    assert ends == [match.span() for match in compiled.finditer(text)]
    assert len(ends) == matches
