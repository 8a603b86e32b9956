"""`TwoStageEngine`: user messages only, never longer, reversible aliases, and a gate that can undo the pruning."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.exceptions import ConfigurationError, InputError
from laconic.pipeline import Pipeline
from laconic.tokens import counter_for
from laconic.two_stage.engine import TwoStageEngine

COUNT = counter_for("gpt-4o").count
ENGINE = TwoStageEngine()
BANK = "International Bank for Reconstruction and Development"
LETTER = (
    "Could you please explain, in order to help me, how the "
    + f"{BANK} works? I think that the {BANK} is really very old, and I believe that the {BANK} was founded in 1944. "
    + f"Of course, the {BANK} did not lend to everyone; it should be noted that the {BANK} refused 12 requests. Thanks!"
)
DATA = json.dumps({"bank": BANK, "please": ["the", "very", 1.0, None]}, indent=4)
CODE = "```python\ndef the(a):\n    return a  # please note the very\n```"

TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from([LETTER, DATA, CODE, "§A=x. y", "東京は日本の首都です。", "- a\n- the b", ""]), max_size=4
    ).map("\n\n".join),
)


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.sampled_from([None, "who founded the bank?"]))
def test_never_longer_and_counted_right(text, query):
    result = ENGINE.compress(text, query)
    assert result.original_tokens == COUNT(text)
    assert result.tokens == COUNT(result.text) <= result.original_tokens
    stages = [result.original_tokens, *result.stage_tokens.values()]
    assert stages == sorted(stages, reverse=True)
    assert stages[-1] == result.tokens
    if result.gated:
        assert not result.deleted


def test_both_stages_work_on_running_text():
    result = ENGINE.compress(LETTER)
    assert result.legend == {"§A": BANK}
    assert result.quality is not None
    assert result.quality.passed
    assert result.savings_percent > 30
    spelled = result.expand()
    assert spelled.startswith(f"explain, to help me, how {BANK} works?")
    assert "did not lend to everyone" in spelled
    assert "refused 12 requests" in spelled


def test_data_and_code_keep_their_meaning():
    text = f"Here is the data:\n\n{DATA}\n\nand the code:\n\n{CODE}\n\nPlease check it."
    result = ENGINE.compress(text)
    assert CODE in result.text
    start = result.text.index("{")
    value, _ = json.JSONDecoder().raw_decode(result.text, start)
    assert value == json.loads(DATA)
    assert DATA in result.text  # what a request brings along is what it is about
    assert "Please" not in result.text
    alone = ENGINE.compress(DATA)
    assert json.loads(alone.text) == value
    assert alone.stage_tokens["structure"] < alone.original_tokens


class Articles:
    """An embedder that sees little but articles: pruning them away loses everything."""

    name = "articles"

    def embed(self, texts):
        rows = np.array([[f" {text} ".lower().count(" the "), 0.01] for text in texts], dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_what_the_gate_stops_is_sent_as_it_came():
    text = f"Please close the door. {LETTER}\n\n{DATA}"
    result = TwoStageEngine(embedder=Articles()).compress(text)
    assert result.gated
    assert not result.quality.passed
    assert result.text == text
    assert not result.legend
    assert not result.keys
    assert not result.removals
    passed = TwoStageEngine(embedder=Articles(), gate=0.0).compress(text)
    assert not passed.gated
    assert "close door." in passed.text


def test_courtesies_are_no_loss():
    result = TwoStageEngine(embedder=Articles()).compress(
        "Hello, could you please fix the bug in the parser? Thanks a lot!"
    )
    assert result.gated  # for its articles
    polite = ENGINE.compress("Hi, can you please summarise chapter 4? Thank you very much in advance!")
    assert polite.text == "summarise chapter 4?"
    assert polite.quality.score == 1.0


def test_only_user_messages_change():
    image = {"type": "image_url", "image_url": {"url": "data:,the"}}
    messages = [
        {"role": "system", "content": LETTER},
        {"role": "user", "content": LETTER, "name": "ann"},
        {"role": "assistant", "content": LETTER, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "content": LETTER, "tool_call_id": "1"},
        {"role": "user", "content": [{"type": "text", "text": LETTER}, image]},
        {"role": "user", "content": None},
    ]
    before = copy.deepcopy(messages)
    result = ENGINE.compress_messages(messages)
    assert messages == before
    assert [message["role"] for message in result.messages] == [message["role"] for message in messages]
    assert [result.messages[at] for at in (0, 2, 3, 5)] == [messages[at] for at in (0, 2, 3, 5)]
    assert result.messages[1] == {**messages[1], "content": ENGINE.compress(LETTER).text}
    assert result.messages[4]["content"][1] is image
    assert [(message, part) for message, part, _ in result.parts] == [(1, 0), (4, 0)]
    assert result.tokens < result.original_tokens
    assert result.savings_percent == pytest.approx(ENGINE.compress(LETTER).savings_percent)


def test_the_question_protects_its_words():
    text = "The engine is very loud, and the door is really very small."
    assert "very loud" in ENGINE.compress(text, "how very loud is the engine?").text
    assert "very" not in ENGINE.compress(text).text


def test_stages_can_be_left_out():
    assert not TwoStageEngine(aliasing=False).compress(LETTER).legend
    assert not TwoStageEngine(threshold=0.0).compress(LETTER).deleted


@pytest.mark.parametrize(
    "options", [{"gate": 1.5}, {"threshold": -1}, {"aliasing": "yes"}, {"min_gain": 0}, {"counter": object()}]
)
def test_options_that_cannot_work(options):
    with pytest.raises(ConfigurationError):
        TwoStageEngine(**options)


@pytest.mark.parametrize("context", [None, b"bytes", "a \ud800"])
def test_what_is_not_text(context):
    with pytest.raises(InputError):
        ENGINE.compress(context)


@pytest.mark.parametrize("messages", [["hello"], [{"content": "x"}], [{"role": 3}]])
def test_what_is_no_message(messages):
    with pytest.raises(InputError, match=r"messages\[0\]"):
        ENGINE.compress_messages(messages)


def test_as_a_step_of_a_pipeline():
    run = Pipeline([ENGINE]).run(LETTER)
    assert run.final_content == ENGINE.compress(LETTER).text
    passages = Pipeline([ENGINE]).compress([LETTER, "Please close the door."], "who founded the bank?")
    assert [part.index for part in passages.passages] == [0, 1]


POEM = "Write a poem that starts with the words Thank you very much."


@pytest.mark.parametrize("engine", [ENGINE, TwoStageEngine(aggressive=True)])
def test_the_task_never_changes(engine):
    assert engine.compress(POEM).text == POEM
    text = f"Please translate this: {LETTER} {LETTER}"
    assert engine.compress(text).text == text.removeprefix("Please ")  # nor are there aliases in it


def test_keys_and_phrases_of_data_are_spelled_out_again():
    text = json.dumps([{"reservation_identifier": n, "bank": f"the {BANK} of old"} for n in range(40)])
    result = ENGINE.compress(text)
    assert result.keys["a"] == "reservation_identifier"
    assert result.legend
    assert json.loads(result.expand()) == json.loads(text)
    assert result.tokens < result.stage_tokens["structure"] <= result.original_tokens


def test_code_that_nothing_is_asked_about_loses_comments_and_blank_lines():
    pytest.importorskip("tree_sitter_python")
    code = '```python\nimport a\n\n\n# a remark\ntext = """\n\n# kept\n"""\n\nprint(a)  # a b c\n```'
    assert ENGINE.compress(code).text == '```python\nimport a\ntext = """\n\n# kept\n"""\nprint(a)\n```'
    asked = f"Explain the code below.\n\n{code}"
    assert code in ENGINE.compress(asked).text


def test_what_was_lost_is_told_and_logged_without_the_text(caplog):
    text = "Could you please give me a list of the exercises for my back, and the time that each of them takes?"
    with caplog.at_level("DEBUG", logger="laconic"):
        result = TwoStageEngine(aggressive=True).compress(text)
    assert result.lost
    assert result.removals[0].kind in result.lost
    [record] = [each for each in caplog.records if each.name == "laconic"]
    assert f"{result.quality.score:.3f}" in record.getMessage()
    assert "exercises" not in record.getMessage()
