"""The pipeline: threshold, modes, hooks, what always survives, and what comes of bad input."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages_support import CODE, CSV, DIFF, LOG, ORDERS, PROSE, everything, tool_chat

from laconic.exceptions import ConfigurationError, InputError, LaconicError, MissingDependencyError
from laconic.messages import (
    CompressionPipeline,
    HeuristicEngine,
    HookError,
    LLMLinguaEngine,
    MessagePipeline,
    PipelineResult,
    builtin_recipes,
)
from laconic.messages.chat import message_tokens, repaired_pairs
from laconic.messages.counts import CachedCounter
from laconic.tokens import counter_for


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in ("MODE", "COMPACT_THRESHOLD_TOKENS"):
        monkeypatch.delenv(f"LACONIC_{name}", raising=False)
        monkeypatch.delenv(f"TOKENPAK_{name}", raising=False)


def ids(messages):
    calls = [call["id"] for message in messages for call in message.get("tool_calls") or ()]
    return calls, [message["tool_call_id"] for message in messages if message["role"] == "tool"]


# -- the seed's own examples -----------------------------------------------------------------------------------------


def test_the_repeated_code_of_the_seeds_first_example():
    code = "Here is the code:\n" + "".join(f"line_{n} = {n}\n" for n in range(500))
    messages = [
        {"role": "user", "content": code},
        {"role": "assistant", "content": "I'll review it."},
        {"role": "user", "content": code},
        {"role": "user", "content": "Now fix line 42."},
    ]
    result = MessagePipeline({"name": "nothing", "directives": []}).run(messages)
    assert result.messages == [messages[0], messages[1], messages[3]]
    assert result.stages_run == ["dedup", "segmentize", "directives"]
    assert 0 < result.savings_pct < 100


def test_the_seeds_code_review_recipe():
    pytest.importorskip("tree_sitter_python")
    messages = [{"role": "user", "content": f"```python\n{CODE}```"}, {"role": "user", "content": "Review it."}]
    result = MessagePipeline("code-review", mode="strict").run(messages)
    text = result.messages[0]["content"]
    assert "def area(width, height):" in text
    assert '"""Area of a rectangle."""' in text
    assert "result =" not in text
    compile(text.removeprefix("```python\n").removesuffix("```"), "code", "exec")


def test_the_seeds_hook():
    pipeline = CompressionPipeline(mode="strict")
    pipeline.add_hook(lambda messages: messages[-10:])
    result = pipeline.run([{"role": "user", "content": f"Turn {n}."} for n in range(30)])
    assert [message["content"] for message in result.messages] == [f"Turn {n}." for n in range(20, 30)]
    assert result.stages_run[-1] == "hooks"


def test_the_result_has_exactly_the_seeds_fields():
    assert [field.name for field in dataclasses.fields(PipelineResult)] == [
        "messages", "segments", "tokens_raw", "tokens_after", "duration_ms", "stages_run",
    ]  # fmt: skip
    assert PipelineResult([], [], 0, 0, 0.0, []).savings_pct == 0.0
    assert PipelineResult([], [], 200, 50, 0.0, []).savings_pct == 75.0


# -- threshold and modes ---------------------------------------------------------------------------------------------


def test_below_the_threshold_the_input_comes_back_untouched():
    messages = everything()
    result = MessagePipeline(threshold_tokens=10**6).run(messages)
    assert result.messages == messages
    assert result.stages_run == []
    assert result.tokens_raw == result.tokens_after > 0


def test_the_threshold_itself_is_compressed():
    messages = everything()
    tokens = MessagePipeline().run(messages).tokens_raw
    assert MessagePipeline(threshold_tokens=tokens).run(messages).stages_run
    assert not MessagePipeline(threshold_tokens=tokens + 1).run(messages).stages_run


def test_strict_and_aggressive_know_no_threshold():
    messages = everything()
    strict = MessagePipeline(mode="strict", threshold_tokens=10**6).run(messages)
    aggressive = MessagePipeline(mode="aggressive", threshold_tokens=10**6).run(messages)
    assert aggressive.tokens_after < strict.tokens_after < strict.tokens_raw


@pytest.mark.parametrize("prefix", ["LACONIC", "TOKENPAK"])
def test_the_environment_sets_what_is_not_given(monkeypatch, prefix):
    monkeypatch.setenv(f"{prefix}_MODE", "Strict")
    monkeypatch.setenv(f"{prefix}_COMPACT_THRESHOLD_TOKENS", "12")
    pipeline = MessagePipeline()
    assert (pipeline.mode, pipeline.threshold_tokens) == ("strict", 12)
    pipeline = MessagePipeline(mode="hybrid", threshold_tokens=0)
    assert (pipeline.mode, pipeline.threshold_tokens) == ("hybrid", 0)


def test_our_own_variable_wins(monkeypatch):
    monkeypatch.setenv("TOKENPAK_MODE", "strict")
    monkeypatch.setenv("LACONIC_MODE", "aggressive")
    assert MessagePipeline().mode == "aggressive"


@pytest.mark.parametrize(
    ("variable", "value"), [("LACONIC_MODE", "fast"), ("LACONIC_COMPACT_THRESHOLD_TOKENS", "many")]
)
def test_a_bad_variable_is_named(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=f"{variable} is '{value}'"):
        MessagePipeline()


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "loud"}, {"threshold_tokens": -1}, {"threshold_tokens": 1.5}, {"threshold_tokens": True},
        {"recipe": "nowhere"}, {"recipe": 7}, {"engine": "steam"}, {"engine": object()}, {"counter": 3},
        {"recipe_folder": "/no/such/folder"},
    ],
)  # fmt: skip
def test_options_that_cannot_work_are_refused_at_construction(options):
    with pytest.raises(ConfigurationError):
        MessagePipeline(**options)


# -- what always survives --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["strict", "aggressive"])
@pytest.mark.parametrize("recipe", builtin_recipes())
def test_every_recipe_keeps_form_pairs_and_request(recipe, mode):
    messages = everything()
    before = copy.deepcopy(messages)
    result = MessagePipeline(recipe, mode=mode).run(messages)
    assert messages == before, "the caller's messages are not edited"
    assert [message["role"] for message in result.messages] == [message["role"] for message in messages]
    assert ids(result.messages) == ids(messages)
    assert result.messages[0] == messages[0], "system messages change by a directive only"
    assert result.messages[-1] == messages[-1], "the request and the image stay"
    assert result.tokens_after <= result.tokens_raw
    assert result.tokens_after == message_tokens(result.messages, counter_for("gpt-4o").count)
    for message, was in zip(result.messages, messages, strict=True):
        assert message.get("tool_calls") == was.get("tool_calls")
    tools = [message["content"] for message in result.messages if message["role"] == "tool"]
    json.loads(tools[0])
    assert tools[2] == DIFF or tools[2].startswith("[")
    assert tools[3].startswith("name,city,age\n")


def test_the_default_recipe_keeps_what_the_question_names():
    result = MessagePipeline(mode="strict").run(tool_chat(ORDERS, LOG))
    orders, log = (message["content"] for message in result.messages if message["role"] == "tool")
    assert {"order_id": "#W1007", "status": "delivered", "items": [{"sku": 7, "price": 7.5}]} in json.loads(orders)
    assert "job 1050 failed: disk /dev/sda1 is full" in log
    assert result.savings_pct > 50


def test_a_query_of_the_callers_own():
    result = MessagePipeline(mode="strict").run(tool_chat(ORDERS, question="And now?"), query="#W1042")
    assert any(order["order_id"] == "#W1042" for order in json.loads(result.messages[3]["content"])[:-1])


_TEXTS = st.one_of(
    st.sampled_from([CODE, LOG, ORDERS, DIFF, CSV, PROSE, "", "ok", "  \n\t ", "```\n", "{" * 40, "[1, NaN]" * 20]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
)
_MESSAGES = st.lists(
    st.one_of(
        st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "system", "critic"]), "content": _TEXTS}),
        st.fixed_dictionaries({"role": st.just("tool"), "content": _TEXTS, "tool_call_id": st.sampled_from("ab")}),
        st.fixed_dictionaries(
            {
                "role": st.just("user"),
                "content": st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": _TEXTS}), max_size=2),
            }
        ),
    ),
    max_size=7,
)


@given(_MESSAGES, st.sampled_from(builtin_recipes()))
@settings(max_examples=120, deadline=None)
def test_any_chat_gets_no_longer_and_no_other_form(messages, recipe):
    before = copy.deepcopy(messages)
    result = MessagePipeline(recipe, mode="strict").run(messages)
    assert messages == before
    assert result.tokens_after <= result.tokens_raw
    roles = iter(message["role"] for message in messages)
    assert all(any(message["role"] == role for role in roles) for message in result.messages)
    assert ids(result.messages) == ids(messages)
    again = MessagePipeline(recipe, mode="strict").run(messages)
    assert again.messages == result.messages
    assert again.segments == result.segments


# -- hooks -----------------------------------------------------------------------------------------------------------


def test_hooks_run_in_the_order_of_their_addition_on_copies():
    chat = tool_chat("short")

    def shout(messages):
        messages[-1]["content"] += "!"
        messages[2]["tool_calls"][0]["function"]["name"] = "other"
        return messages

    pipeline = MessagePipeline(mode="strict").add_hook(shout)
    pipeline.add_hook(lambda messages: [*messages, {"role": "user", "content": messages[-1]["content"] + "?"}])
    result = pipeline.run(chat)
    assert result.messages[-1]["content"] == chat[-1]["content"] + "!?"
    assert chat == tool_chat("short")


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        (lambda messages: 1 / 0, r"hook 1 \(<lambda>\) raised ZeroDivisionError"),
        (lambda messages: None, r"returned a NoneType"),
        (lambda messages: "all", r"returned a str"),
        (lambda messages: [{"content": "x"}], r"returned what is no list of messages: messages\[0\] has the role None"),
    ],
)
def test_a_hook_that_fails_is_named(hook, message):
    with pytest.raises(HookError, match=message) as caught:
        MessagePipeline(mode="strict").add_hook(hook).run(everything())
    assert isinstance(caught.value, LaconicError)


def test_what_is_no_hook_is_refused():
    with pytest.raises(ConfigurationError, match="not callable"):
        MessagePipeline().add_hook("hook")


def test_a_hook_cannot_break_a_pair():
    chat = tool_chat("one", "two")
    pipeline = MessagePipeline(mode="strict").add_hook(
        lambda messages: messages[3:]
    )  # leaves result 0 without its call
    assert ids(pipeline.run(chat).messages) == (["call_1"], ["call_1"])
    pipeline = MessagePipeline(mode="strict").add_hook(lambda messages: [m for m in messages if m["role"] != "tool"])
    assert [m["role"] for m in pipeline.run(chat).messages] == [m["role"] for m in chat]


def test_what_was_unpaired_before_is_left_alone():
    lone = [{"role": "tool", "tool_call_id": "x", "content": "a"}, {"role": "assistant", "tool_calls": [{"id": "y"}]}]
    assert repaired_pairs(lone, lone) == lone


# -- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        ("hello", "messages is a str"),
        ({"role": "user"}, "messages is a dict"),
        (None, "messages is a NoneType"),
        (["hello"], r"messages\[0\] is a str"),
        ([{"content": "x"}], r"messages\[0\] has the role None"),
        ([{"role": "user", "content": 7}], r"messages\[0\] has a content of type int"),
        ([{"role": "user", "content": [7]}], r"content part 0 of type int"),
        ([{"role": "user", "content": "a\ud800"}], r"messages\[0\] holds a lone surrogate \(U\+D800\) at character 1"),
        ([{"role": "assistant", "tool_calls": "x"}], r"tool_calls that are no list"),
    ],
)
def test_what_is_no_chat_is_refused(messages, message):
    with pytest.raises(InputError, match=message):
        MessagePipeline(mode="strict").run(messages)


def test_a_query_of_another_type_is_refused():
    with pytest.raises(InputError, match="query is a int"):
        MessagePipeline().run([], query=3)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "user", "content": ""}],
        [{"role": "user", "content": None}, {"role": "assistant"}],
        [{"role": "critic", "content": PROSE * 5, "weight": 3}],
        [{"role": "tool", "tool_call_id": "nobody", "content": "[1, 2"}],
        [{"role": "assistant", "content": None, "tool_calls": [{"id": "a"}, {"function": None}]}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}, "words"]}],
        [{"role": "user", "content": [{"type": "input_audio", "text": None}]}],
    ],
)
def test_odd_chats_come_back_as_they_are(messages):
    assert MessagePipeline(mode="strict").run(messages).messages == messages


@pytest.mark.parametrize("result", ["[" * 10_000 + "]" * 10_000, '{"a":' * 10_000 + "1" + "}" * 10_000, "[" * 10_000])
def test_deep_nesting(result):
    compressed = MessagePipeline(mode="strict").run(tool_chat(result)).messages[3]["content"]
    assert len(compressed) <= len(result)


def test_nan_is_a_value():
    result = json.dumps([{"id": n, "x": float("nan"), "y": -float("inf")} for n in range(200)])
    compressed = MessagePipeline(mode="strict").run(tool_chat(result)).messages[3]["content"]
    assert len(json.loads(compressed)) < 200


# -- engines and counts ----------------------------------------------------------------------------------------------


def test_llmlingua_is_named_or_absent():
    with pytest.raises(MissingDependencyError, match=r"laconic\[llmlingua\]"):
        MessagePipeline(engine="llmlingua")


@pytest.mark.skipif(find_spec("llmlingua") is not None, reason="what is said without it")
def test_the_automatic_engine_says_why_it_is_not_llmlingua():
    pipeline = MessagePipeline()
    assert pipeline.engine.name == "heuristic"
    assert "pip install 'laconic[llmlingua]'" in pipeline.engine_note
    assert MessagePipeline(engine="heuristic").engine_note is None


def test_the_llmlingua_engine_filters_with_its_compressor():
    class EveryOtherWord:
        def compress_prompt(self, context, *, rate, force_reserve_digit):
            assert (rate, force_reserve_digit) == (0.6, True)
            return {"compressed_prompt": " ".join(context[0].split()[::2])}

    engine = LLMLinguaEngine(compressor=EveryOtherWord())
    messages = [{"role": "user", "content": "one two three four five six"}, {"role": "user", "content": "Go on."}]
    result = MessagePipeline("code-review", mode="strict", engine=engine).run(messages)
    assert result.messages[0]["content"] == "one three five"


def test_an_engine_of_the_callers_own():
    class Silent(HeuristicEngine):
        def clean(self, text, kind, language=None):
            return "x"

    recipe = {"name": "r", "directives": [{"type": "text", "action": "flatten_markdown"}]}
    messages = [{"role": "user", "content": "Some words here."}, {"role": "user", "content": "Go on."}]
    result = MessagePipeline(recipe, mode="strict", engine=Silent()).run(messages)
    assert result.messages[0]["content"] == "x"


def test_counts_are_remembered_within_bounds():
    calls = []

    class Counter:
        def count(self, text):
            calls.append(text)
            return len(text)

    counter = CachedCounter(Counter(), max_entries=5)
    assert [counter.count("abc") for _ in range(3)] == [3, 3, 3]
    assert calls == ["abc"]
    for n in range(30):
        counter.count(f"text {n:03}")
    assert counter.remembered == 5
    assert counter.count("text 029") == 8
    assert len(calls) == 31
    assert counter.count("abc") == 3
    assert len(calls) == 32, "forgotten"


def test_long_texts_are_counted_by_parts_to_the_same_count():
    plain = counter_for("gpt-4o")
    counter = CachedCounter(plain)
    text = "\n".join(f"{n}. Words, and more of them. In lines " + "and so on. " * (n % 9) for n in range(200))
    for changed in (text, text.strip(), text.replace("7", "x"), text[300:], text + "\n\n", text.replace(". ", ".\n/")):
        assert counter.count(changed) == plain.count(changed)
    before = counter.remembered
    counter.count(text.replace("150. Words", "150. No words"))
    assert counter.remembered <= before + 3


def test_preview_tells_what_would_be_done():
    lines = MessagePipeline(mode="strict").preview([*everything(), *everything()]).splitlines()
    assert [line.split(":")[0] for line in lines] == ["Input", "Output", "Saved", "Time", "Stages"]
    assert re.search(r"dedup \([1-9] removed\) → segmentize \(\d+ blocks\) → directives \([1-9] applied\)", lines[-1])
    assert "below the threshold" in MessagePipeline().preview([])
