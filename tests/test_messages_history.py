"""`compact_history`: never over the ceiling, whole turns whole, pairs never broken, in either API's shape."""

from __future__ import annotations

import json
from copy import deepcopy
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from laconic.exceptions import BudgetError, ConfigurationError, InputError
from laconic.messages import compact_history
from laconic.messages.history import _tokens
from laconic.tokens import counter_for

COUNT = counter_for("gpt-4o").count
TOPICS = ("the tower", "the bridge", "the garden", "the mill", "the school", "the harbour")


def tokens(messages):
    return _tokens(messages, COUNT)


def turn(number):
    topic = TOPICS[number % len(TOPICS)]
    about = f"About {topic} in year {1900 + number}: it has {number + 3} doors."
    return f"{about} Nobody asked about its roof. It was painted."


def call(number, name="look_up"):
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": f'{{"n": {number}}}'}}


def rows(number):
    return json.dumps([{"id": f"R{number}-{at}", "price": at * 7 + number, "open": at % 2 == 0} for at in range(12)])


def openai(turns=100):
    messages = [{"role": "system", "content": "You know the town. Answer in one sentence."}]
    for number in range(turns):
        messages.append({"role": "user", "content": turn(number)})
        if number % 3 == 0:
            calls = [call(number), call(number + 1000)]
            messages.append({"role": "assistant", "content": "I look it up.", "tool_calls": calls})
            messages += [{"role": "tool", "tool_call_id": each["id"], "content": rows(number)} for each in calls]
        messages.append({"role": "assistant", "content": f"Noted, {TOPICS[number % len(TOPICS)]}."})
    messages.append({"role": "user", "content": "How many doors had the mill in year 1945?"})
    return messages


def anthropic(turns=100):
    messages = []
    for number in range(turns):
        messages.append({"role": "user", "content": turn(number)})
        if number % 3 == 0:
            use = {"type": "tool_use", "id": f"use_{number}", "name": "look_up", "input": {"n": number}}
            inside = rows(number) if number % 2 else [{"type": "text", "text": rows(number)}, {"type": "image"}]
            answer = {"type": "tool_result", "tool_use_id": f"use_{number}", "content": inside}
            messages.append({"role": "assistant", "content": [{"type": "text", "text": "I look it up."}, use]})
            messages.append({"role": "user", "content": [answer]})
        messages.append({"role": "assistant", "content": f"Noted, {TOPICS[number % len(TOPICS)]}."})
    messages.append(
        {"role": "user", "content": [{"type": "text", "text": "How many doors had the mill in year 1945?"}]}
    )
    return messages


SHAPES = [openai, anthropic]


def calls_and_results(messages):
    """Ids of calls and of results, in order."""
    calls, results = [], []
    for message in messages:
        calls += [each["id"] for each in message.get("tool_calls", ())]
        if message["role"] == "tool":
            results.append(message["tool_call_id"])
        for part in message["content"] if isinstance(message["content"], list) else ():
            calls += [part["id"]] if part["type"] == "tool_use" else []
            results += [part["tool_use_id"]] if part["type"] == "tool_result" else []
    return calls, results


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.9])
def test_a_hundred_turns_under_a_ceiling(shape, share):
    messages = shape()
    before = deepcopy(messages)
    limit = int(share * tokens(messages))
    result = compact_history(messages, limit)
    assert messages == before
    assert 0.9 * limit <= tokens(result.messages) == result.tokens_after <= limit
    assert result.tokens_raw == tokens(messages)
    assert "About the mill in year 1945" not in str(messages) or "48 doors" in str(result.messages)
    calls, results = calls_and_results(result.messages)
    assert calls == results
    assert result.messages[-2:] == messages[-2:]
    assert next(m for m in result.messages if m["role"] != "system")["role"] == "user"
    assert sorted({*result.kept, *result.dropped}) == list(range(len(messages)))
    assert not set(result.kept) & set(result.dropped)
    for at, message in zip(result.kept, result.messages, strict=True):
        assert (message == messages[at]) == (at not in result.shortened)
        assert message["role"] == messages[at]["role"]
    assert result.query == "How many doors had the mill in year 1945?"


def test_what_the_question_is_about_is_kept():
    messages = openai()
    messages[1] = {"role": "user", "content": "My dog is called Ferdinand and he barks at night."}
    messages[-1] = {"role": "user", "content": "What is the name of my dog?"}
    result = compact_history(messages, int(0.05 * tokens(messages)))
    assert "Ferdinand" in str(result.messages)
    assert "Ferdinand" not in str(messages[-20:])


@pytest.mark.parametrize("shape", SHAPES)
def test_results_of_json_stay_json(shape):
    messages = shape(30)
    found = 0
    for message in compact_history(messages, int(0.4 * tokens(messages))).messages:
        inside = [message] if message["role"] == "tool" else message["content"]
        for part in inside if isinstance(inside, list) else ():
            text = (
                part.get("content") if (isinstance(part, dict) and "tool_use_id" in part) or part is message else None
            )
            if isinstance(text, list):
                text = text[0]["text"]
            if isinstance(text, str):
                json.loads(text)
                found += 1
    assert found


def test_system_pinned_and_newest_messages_stay_whole():
    messages = openai(20)
    result = compact_history(messages, int(0.5 * tokens(messages)), pinned=[1, -5], keep_last=4)
    whole = {0, 1, len(messages) - 5, *range(len(messages) - 4, len(messages))}
    assert whole <= set(result.kept) - set(result.shortened)


def test_a_pinned_result_brings_its_call_and_its_siblings():
    messages = openai(4)
    at = next(at for at, message in enumerate(messages) if message["role"] == "tool")
    result = compact_history(messages, tokens(messages) - 5, pinned=[at])
    assert {at - 1, at, at + 1} <= set(result.kept) - set(result.shortened)


def test_a_call_that_waits_for_its_result_stays():
    messages = [*openai(10), {"role": "assistant", "content": None, "tool_calls": [call(1)]}]
    result = compact_history(messages, int(0.3 * tokens(messages)), keep_last=0)
    assert messages[-1] in result.messages
    assert messages[-2] in result.messages  # the question


def test_a_newest_result_beyond_the_ceiling_is_shortened_and_stays():
    messages = [*openai(6), {"role": "assistant", "content": None, "tool_calls": [call(1)]}]
    messages.append({"role": "tool", "tool_call_id": "call_1", "content": json.dumps(json.loads(rows(1)) * 20)})
    result = compact_history(messages, 400)
    assert result.tokens_after <= 400
    assert result.messages[-2] == messages[-2]
    assert len(json.loads(result.messages[-1]["content"])) > 5


def test_a_history_that_fits_is_unchanged():
    messages = openai(5)
    result = compact_history(messages, tokens(messages))
    assert result.messages == messages
    assert (result.dropped, result.shortened, result.savings_percent) == ((), (), 0.0)
    assert compact_history([], 5).messages == []


MESSAGE = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["user", "assistant", "system", "odd"]),
        "content": st.one_of(
            st.none(),
            st.text(max_size=60),
            st.lists(
                st.one_of(
                    st.builds(lambda text: {"type": "text", "text": text}, st.text(max_size=40)),
                    st.just({"type": "image_url", "image_url": {"url": "x"}}),
                    st.builds(
                        lambda n: {"type": "tool_use", "id": n, "name": "f", "input": {"n": n}}, st.sampled_from("abcd")
                    ),
                    st.builds(
                        lambda n, text: {"type": "tool_result", "tool_use_id": n, "content": text},
                        st.sampled_from("abcd"),
                        st.one_of(st.none(), st.text(max_size=40), st.just([])),
                    ),
                ),
                max_size=3,
            ),
        ),
    }
)


@given(
    messages=st.lists(MESSAGE, max_size=8), limit=st.integers(1, 99), keep_last=st.integers(0, 3), stable=st.booleans()
)
@settings(max_examples=150, deadline=None)
def test_never_over_the_ceiling_and_never_half_a_pair(messages, limit, keep_last, stable):
    before = deepcopy(messages)
    named = calls_and_results(whole_messages(messages))
    assume(all(len(set(ids)) == len(ids) for ids in named))
    try:
        result = compact_history(messages, limit, keep_last=keep_last, stable_prefix=stable)
    except BudgetError:
        return
    assert messages == before
    assert tokens(result.messages) == result.tokens_after <= max(limit, 0)
    one_by_one = [calls_and_results([message]) for message in whole_messages(messages)]
    called_at, answered_at = (places(each[which] for each in one_by_one) for which in (0, 1))
    calls, results = map(set, calls_and_results(whole_messages(result.messages)))
    for each in called_at.keys() & answered_at.keys():
        # with a stable prefix what comes later changes nothing: a result in front of its call has none
        if not stable or called_at[each] <= answered_at[each]:
            assert (each in calls) == (each in results)


def whole_messages(messages):
    return [{"content": "", **message} for message in messages]


def places(ids):
    """Where each id stands."""
    return {each: at for at, those in enumerate(ids) for each in those}


# -- stable prefix --------------------------------------------------------------------------------------------------


def test_the_beginning_stays_the_same_until_the_ceiling_is_reached():
    messages = openai(40)
    ends = [at + 1 for at, message in enumerate(messages) if message["role"] == "user" and at > 4]
    previous, changes = [], 0
    for end in ends:
        result = compact_history(messages[:end], 1500, stable_prefix=True)
        assert result.tokens_after <= 1500
        calls, results = calls_and_results(result.messages)
        assert calls == results
        changes += result.messages[: len(previous)] != previous
        previous = result.messages
    assert 0 < changes < len(ends) / 3
    without = [compact_history(messages[:end], 1500).messages for end in ends]
    assert sum(b[: len(a)] != a for a, b in pairwise(without)) > 2 * changes


def test_a_long_question_of_long_ago_is_a_turn_like_others():
    messages = [{"role": "user", "content": turn(1) * 40}, *openai(3)]
    result = compact_history(messages, 300, stable_prefix=True)
    assert result.tokens_after <= 300
    assert result.messages[-1] == messages[-1]


# -- mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_tokens": 0}, BudgetError, "max_tokens"),
        ({"max_tokens": None}, BudgetError, "max_tokens"),
        ({"max_tokens": 10}, BudgetError, "stays whole"),
        ({"keep_last": -1}, ConfigurationError, "keep_last"),
        ({"pinned": [99]}, ConfigurationError, "pinned holds 99"),
        ({"stable_prefix": True, "query": "x"}, ConfigurationError, "leave query out"),
        ({"query": 5}, InputError, "query"),
        ({"keep": 5}, ConfigurationError, "keep_last"),
    ],
)
def test_options_that_cannot_work(options, error, message):
    with pytest.raises(error, match=message):
        compact_history(openai(3), **{"max_tokens": 200, **options})


def test_messages_that_are_none():
    with pytest.raises(InputError):
        compact_history("Hello", 50)
