"""The question of a conversation: what stands alone is left as it is, a follow-up takes over what it refers to."""

from __future__ import annotations

import asyncio
from itertools import islice, repeat

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from llama_index.core.base.llms.types import ChatMessage

import laconic
from laconic.chain.pipeline import make_pipeline
from laconic.core.conversation import question_of, recent_question, stands_alone
from laconic.core.turns import Turn, as_turns
from laconic.exceptions import InputError
from laconic.messages import MessagePipeline

STANDING = (
    "What is the molecular structure of bovine coronavirus?",
    "when is the last time the philadelphia won the superbowl",
    "How much does order #W2611340 cost?",
    "who invented passports",
    "Setzt §10a OEG eine Schädigung voraus?",
    "¿Cuándo se fundó la ciudad de Madrid?",
    "В каком году основали Томск?",
    "《京都议定书》试图应对什么问题？",
    "Milloin Hakkapeliitat perustettiin?",
    "Cancel the flight HAT136 to Seattle",
    "How high is the tower, and when was it built?",
    "who is the father of genetics and what did he study",
)
LEANING = (
    "yes", "Yes, please.", "ok go ahead", "and the second one?", "what about 2023?", "and how much was it?",
    "When was he born?", "How many nucleotides does it contain?", "Tell me more about this, please.", "Are you sure?",
    "ja bitte", "und die zweite?",
    "sí, por favor", "¿y la segunda?", "да, пожалуйста", "а второй?", "好的，请继续", "那第二个呢？", "kyllä kiitos",
    "entä toinen?", "", "?!", "👍",
)  # fmt: skip

REFUND = [
    ("user", "How much do I get back for order #W2611340?"),
    ("assistant", "I can look that up for you. Shall I?"),
]


@pytest.mark.parametrize("question", STANDING)
def test_a_question_that_stands_alone_is_left_as_it_is(question: str):
    assert stands_alone(question)
    before = [Turn("user", "Where do hops grow?")]
    for turns in ([], before[:1], [before[0], Turn("assistant", "In Yakima.")] * 3):
        assert question_of([*turns, Turn("user", question)]) == question


@pytest.mark.parametrize("follow_up", LEANING)
def test_a_follow_up_takes_over_the_question_before(follow_up: str):
    question = "How tall was Everest in 1955?"
    assert not stands_alone(follow_up)
    found = question_of([Turn("user", question), Turn("assistant", "One moment."), Turn("user", follow_up or "ok")])
    assert found is not None
    assert "how tall was Everest in" in found.replace("How", "how")


def test_a_follow_up_without_anything_before_stays():
    assert question_of(as_turns(["yes"])) == "yes"


def test_nobody_said_anything():
    assert question_of([]) is None
    assert question_of([Turn("user", " "), Turn("", "You are a helpful assistant.")]) is None


def test_an_agreement_adds_nothing_of_its_own():
    assert question_of(as_turns([*REFUND, ("user", "yes please")])) == REFUND[0][1]


def test_a_new_number_takes_the_place_of_the_old_one():
    found = question_of(as_turns(["What was the revenue of Delta in 2022?", "what about 2023?"]))
    assert found is not None
    assert "2023" in found
    assert "2022" not in found
    assert "revenue of Delta" in found


def test_a_place_chooses_among_questions_and_items():
    both = "I have two questions. Where do hops grow? And then: Who wrote Hamlet?"
    turns = [("user", both), ("assistant", "In Yakima."), ("user", "and the second one?")]
    assert question_of(as_turns(turns)) == "Who wrote Hamlet?"
    flights = "1. Flight HAT136 at seven\n2. Flight HAT218 at six"
    found = question_of(
        as_turns([("user", "Which flights go to Seattle?"), ("assistant", flights), ("user", "the last")])
    )
    assert found is not None
    assert "HAT218" in found
    assert "HAT136" not in found
    assert "Seattle" in found


def test_of_what_the_assistant_said_the_names_are_taken_and_what_it_offers():
    turns = [("user", "Who directed Titanic?"), ("assistant", "It was directed in 1997 by James Cameron himself.")]
    found = question_of(as_turns([*turns, ("user", "When was he born?")]))
    assert found is not None
    assert found.startswith("When was he born?\nwho directed Titanic?")
    assert {"1997", "James", "Cameron"} <= set(found.split())
    assert "himself" not in found
    offered = [("user", "Hi!"), ("assistant", "Do you want to know who wrote Hamlet?"), ("user", "Yes.")]
    assert "wrote Hamlet" in (question_of(as_turns(offered)) or "")


def test_the_plan_of_an_agent_counts_where_the_user_refers_back():
    plan = ("assistant", "Let me look at the refund of order #W2611340 first.")
    found = question_of(as_turns([("user", "Where is my money?"), ("user", "ok"), plan]))
    assert found is not None
    assert "W2611340" in found
    assert question_of(as_turns([("user", "Where do hops grow?"), plan])) == "Where do hops grow?"


def test_the_user_is_found_behind_any_number_of_plans():
    plans = [Turn("assistant", f"Step {at}.") for at in range(100)]
    assert question_of([Turn("user", "Where do hops grow?"), *plans]) == "Where do hops grow?"


def test_the_forms_of_turns_are_one():
    pairs = [("user", "Where do hops grow?"), ("assistant", "In Yakima."), ("user", "are you sure?")]
    dicts = [{"role": role, "content": [{"type": "text", "text": text}]} for role, text in pairs]
    chain = [HumanMessage(pairs[0][1]), AIMessage(pairs[1][1]), HumanMessage(pairs[2][1])]
    index = [ChatMessage(role=role, content=text) for role, text in pairs]
    expected = [Turn(role, text) for role, text in pairs]
    for form in (pairs, tuple(pairs), dicts, chain, index):
        assert as_turns(form) == expected
    assert as_turns(["a", "b"]) == [Turn("user", "a"), Turn("user", "b")]
    others = [SystemMessage("x"), ToolMessage("y", tool_call_id="1"), {"role": "assistant", "content": None}]
    assert as_turns(others) == [Turn("", "x"), Turn("", "y"), Turn("assistant", "")]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ([1], r"query\[0\] is a int"),
        (["a", None], r"query\[1\] is a NoneType"),
        ([("user", "a", "b")], r"query\[0\] is a tuple"),
        ([("boss", "a")], r"query\[0\] has the role 'boss'"),
        ([{"content": "a"}], r"query\[0\] has the role None"),
        ([{"role": "user", "content": 3}], r"query\[0\] has a content of type int"),
        ([("user", b"a")], r"query\[0\] has a content of type bytes"),
        (7, "query is a int"),
        (b"a", "query is a bytes"),
        ({"role": "user"}, "query is a dict"),
        (["\ud800 where do hops grow"], "query"),
    ],
)
def test_bad_turns_are_refused(query: object, named: str):
    with pytest.raises(InputError, match=named):
        laconic.compress("The cat sat.", query=query)  # type: ignore[arg-type]


def test_no_more_turns_are_taken_than_are_needed():
    taken = 0

    def endless():
        nonlocal taken
        for turn in repeat(Turn("user", "yes")):
            taken += 1
            yield turn

    found = recent_question(islice(endless(), 10_000))
    assert found is not None
    assert len(found) < 100
    assert taken < 20


def test_ten_thousand_turns_are_bounded():
    turns = [("user", "yes please " * 50), ("assistant", "Shall I? " * 50)] * 5000
    question = laconic.compress("The cat sat.", query=turns).query
    assert question is not None
    assert len(question) < 20_000


# -- every entry ------------------------------------------------------------------------------------------------------

PASSAGES = [
    "The weather in Oslo was mild.",
    "Order #W2611340 was refunded with 52.10 dollars.",
    "Parking is free on Sundays.",
]


def test_a_call_takes_turns():
    turns = [*REFUND, ("user", "yes please")]
    engine = laconic.Compressor(max_tokens=20)
    result = engine.compress(PASSAGES, turns)
    assert laconic.compress(PASSAGES, query=turns, max_tokens=20).text == result.text
    assert "52.10" in result.text
    assert result.query == question_of(as_turns(turns))
    assert asyncio.run(engine.acompress(PASSAGES, turns)).text == result.text
    assert engine.compress_batch([(PASSAGES, turns)])[0].text == result.text
    assert laconic.compress(PASSAGES, query=[], max_tokens=20).query is None


def test_a_pipeline_takes_turns():
    pipeline = make_pipeline(laconic.Compressor(max_tokens=20))
    assert "52.10" in pipeline.compress(PASSAGES, [*REFUND, ("user", "yes")]).text


def test_a_chat_asks_what_it_refers_to():
    record = "\n\n".join(f"Note {at}. The weather in town {at} was mild and calm that day." for at in range(400))
    tool = {"role": "user", "content": f"{record}\n\nOrder #W2611340 was refunded with 52.10 dollars.\n\n{record}"}
    chat = [tool, *({"role": role, "content": text} for role, text in REFUND), {"role": "user", "content": "yes"}]
    pipeline = MessagePipeline(mode="aggressive")
    asked = pipeline.run(chat, query="How much do I get back for order #W2611340?").messages[0]
    assert pipeline.run(chat).messages[0] == asked
