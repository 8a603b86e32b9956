"""Repetitions go; what differs in a number, a name or a negation stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages_support import CODE, ORDERS, PROSE

from laconic.messages.dedup import MIN_CHARS, SAME_AS_ABOVE, deduplicate, is_near_duplicate

LONG = (
    "Please read the following notes carefully before you answer, because they explain how the system is meant to work "
    "and which parts of it we are allowed to change in this release; everything that is not mentioned here stays as it "
    "was, and whenever you are in doubt ask the people who wrote the first proposal, since they know what they meant."
)
MORE = (
    "there is also a longer history behind these notes that you may find useful when the tests fail in ways that look "
    "odd, for example because somebody moved a file and forgot to tell the others about it, which has happened more "
    "often than we would like to admit."
)


def left(messages):
    result = deduplicate(messages, lambda text: len(text.split()))
    return [message["content"] for message in result.messages], result.removed


def user(text):
    return {"role": "user", "content": text}


def test_a_repeated_turn_goes():
    assert left([user(LONG), user("Go on."), user(LONG), user("Now.")]) == ([LONG, "Go on.", "Now."], 1)


def test_white_space_at_line_ends_is_no_difference():
    assert left([user("first line\nsecond line of it"), user("first line  \nsecond line of it\n"), user("x")])[1] == 1


def test_the_last_message_stays():
    assert left([user(LONG), user(LONG)]) == ([LONG, LONG], 0)
    code = f"Again:\n```python\n{CODE}```"
    assert left([user(code), user("Hm."), user(f"{LONG}\n\n{code}")])[0][-1] == (
        f"{LONG}\n\nAgain:\n```python\n{SAME_AS_ABOVE}\n```"
    )


@pytest.mark.parametrize("text", ["Yes, please do that.", "ok", "Thanks a lot for all of your help with this."])
def test_short_turns_repeat_without_being_repetitions(text):
    assert left([user(text), user("Hm."), user(text), user("x")])[1] == 0


def test_other_roles_repeat_for_their_own_reasons():
    messages = [{"role": "system", "content": LONG}, {"role": "system", "content": LONG}, user("x")]
    assert left(messages) == ([LONG, LONG, "x"], 0)
    assert left([user(LONG), {"role": "assistant", "content": LONG}, user("x")])[0][2] == "x"


def test_tool_results_keep_their_place():
    call = [{"id": "a"}, {"id": "b"}]
    messages = [
        {"role": "assistant", "content": None, "tool_calls": call},
        {"role": "tool", "tool_call_id": "a", "content": ORDERS},
        {"role": "tool", "tool_call_id": "b", "content": ORDERS},
        user("x"),
    ]
    assert left(messages) == ([None, ORDERS, SAME_AS_ABOVE, "x"], 1)


def test_an_assistant_that_calls_stays():
    speaking = {"role": "assistant", "content": LONG, "tool_calls": [{"id": "a"}]}
    assert len(left([{"role": "assistant", "content": LONG}, speaking, user("x")])[0]) == 3


def test_a_repeated_block_inside_another_turn_becomes_a_note():
    first = f"Here is the code:\n```python\n{CODE}```"
    second = f"I ran it again, look:\n```python\n{CODE}```\nWhat now?"
    texts, removed = left([user(first), user("Hm."), user(second), user("x")])
    assert removed == 1
    assert texts[0] == first
    assert texts[2].split("\n") == ["I ran it again, look:", "```python", SAME_AS_ABOVE, "```", "What now?"]


def test_two_versions_of_a_file_both_stay():
    changed = CODE.replace("width * height", "width + height")
    first, second = (f"File:\n```python\n{code}```" for code in (CODE, changed))
    assert left([user(first), user(second), user("x")])[1] == 0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: text.replace("carefully", "closely"), True),
        (lambda text: text.replace(" ", "  "), True),
        (lambda text: text.replace(",", ""), True),
        (lambda text: text.replace("release", "release 2"), False),
        (lambda text: text.replace("are allowed", "are not allowed"), False),
        (lambda text: text.replace("the people", "Anna"), False),
        (lambda text: text.replace("the system", "sys_config"), False),
        (lambda text: text[: len(text) // 2], False),
        (lambda text: text.replace("in doubt", "> in doubt"), False),
    ],
)
def test_what_is_nearly_the_same(change, expected):
    text = f"{LONG} {MORE}"
    changed = change(text)
    assert changed != text
    assert is_near_duplicate(text, changed) is expected
    assert is_near_duplicate(changed, text) is expected
    removed = left([user(text), user("Hm."), user(changed), user("x")])[1]
    assert removed == int(expected)


def test_a_changed_number_is_never_a_repetition():
    text = PROSE + " Order 4711 costs 12.50 in total."
    for changed in (text.replace("4711", "4712"), text.replace("12.50", "12.05"), text.replace("1889", "1898")):
        assert not is_near_duplicate(text, changed)
        assert left([user(text), user(changed), user("x")])[1] == 0


def test_parts_are_compared_too():
    parts = [{"type": "text", "text": f"{LONG}\n\nAnd this."}, {"type": "image_url", "image_url": {"url": "u"}}]
    result = deduplicate([user(LONG), {"role": "user", "content": parts}, user("x")], len)
    assert result.messages[1]["content"] == [{"type": "text", "text": f"{SAME_AS_ABOVE}\n\nAnd this."}, parts[1]]


def test_many_texts_without_numbers_cost_no_square():
    words = "alpha beta gamma delta epsilon zeta eta theta iota kappa".split()
    turns = [user(" ".join(words[(n * k + k) % 10] for k in range(60)) + f" end {n}") for n in range(3000)]
    assert left([*turns, user("x")])[1] == 0


_WORDS = st.sampled_from(
    [
        "alpha",
        "Beta",
        "It's",
        "it's",
        "the",
        "The",
        "don’t",
        "Let's",
        "iPhone",
        "a.B",
        "x_Y",
        "7",
        "12.5",
        ",",
        "(Gamma)",
        "É",
    ]
)


@given(st.lists(_WORDS, min_size=110, max_size=140), st.data())
@settings(max_examples=150, deadline=None)
def test_what_is_nearly_the_same_is_always_compared(words, data):
    """Texts are looked up by their names and numbers first; that must never part two that are near-duplicates."""
    at = data.draw(st.integers(0, len(words) - 1))
    changed = [*words[:at], data.draw(_WORDS), *words[at + 1 :]]
    first, second = " ".join(words), " ".join(changed)
    if min(len(first), len(second)) >= MIN_CHARS and is_near_duplicate(first, second):
        assert left([user(first), user("Hm."), user(second), user("x")])[1] == 1
