"""Semantic pruning: courtesies go, logic stays; what is deleted is listed, and the rest is the original."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked_instructions import instructions, lost_words

from laconic.exceptions import ConfigurationError, InputError, WeightsError
from laconic.score.pruning import removable
from laconic.score.pruning.classes import ARTICLES, DEGREE_ADVERBS, EVALUATIONS, KEPT, NEGATIONS
from laconic.score.pruning.payload import read_parts
from laconic.score.pruning.phrases import PHRASES
from laconic.score.pruning.protected import ProtectedText
from laconic.score.pruning.removal import KINDS, SAFE_LOSS
from laconic.score.pruning.statistics import FEATURES, WordStatistics
from laconic.two_stage.pruner import Pruner

SENTENCES = [
    "Could you please explain, in order to help me, how the very large engine works?",
    "I think that the treaty was not signed in 1648 (which is really a pity).",
    'He said "please, the war is over" and, of course, left the city of Münster.',
    "Thank you very much in advance!",
    "See `the very` example_code at https://example.org/the/very, please.",
    "Absolutely everyone (but not the two kings) really agreed; it should be noted that nobody paid.",
    "東京は日本の首都です。",
    "a e\u0301 🎉 the\tvery\nthe",
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(SENTENCES), max_size=8).map(" ".join),
    st.lists(st.sampled_from(" ".join(SENTENCES).split()), max_size=60).map(" ".join),
    st.text(max_size=120),
)


def prune(text: str, query: str | None = None, threshold: float = 0.3) -> str:
    return Pruner(threshold).prune(text, query).text


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from([0.05, 0.3, 0.5, 1.0]), st.sampled_from([None, "which engine is very large?"]))
def test_what_is_kept_and_what_is_deleted_make_the_original(text, threshold, query):
    result = Pruner(threshold).prune(text, query)
    assert result.text == "".join(text[start:end] for start, end in result.spans)
    pieces = sorted([*result.spans, *((removal.start, removal.end) for removal in result.removals)])
    assert "".join(text[start:end] for start, end in pieces) == text
    assert all(0 <= removal.loss <= threshold and removal.kind in KINDS for removal in result.removals)
    scanned = ProtectedText(text)
    assert not any(scanned.overlaps(removal.start, removal.end) for removal in result.removals)
    assert bool(text.strip()) == bool(result.text.strip())


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_no_word_that_carries_logic_is_deleted(text):
    """Outside set phrases and asides, every deleted word is an article, an adverb of degree or an evaluation."""
    allowed = ARTICLES | DEGREE_ADVERBS | EVALUATIONS | {word for phrase in PHRASES for word in phrase.words} | {"and"}
    for removal in removable(text):
        for word in text[removal.start : removal.end].lower().split():
            assert word.strip(".,!?;:()-_*\"'") in allowed | {""}


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.data())
def test_a_stretch_is_pruned_inside_its_bounds(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    alone = removable(text[start:end])
    assert all(start <= removal.start < removal.end <= end for removal in removable(text, start, end))
    assert [(r.start + start, r.end + start) for r in alone] == [(r.start, r.end) for r in removable(text, start, end)]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "Could you please provide me with a detailed and comprehensive explanation of how it works?",
            "provide me with detailed explanation of how it works?",
        ),
        ("I would like you to summarize this report, please.", "summarize this report."),
        ("Hello, I think that the engine is really very old.", "engine is old."),
        ("It should be noted that no one was hurt.", "no one was hurt."),
        ("In order to win, of course, they had to run.", "to win, they had to run."),
        ("We met, you know, in Paris.", "We met, in Paris."),
        ("Thank you very much! The report is ready.", "report is ready."),
        ("Certainly, it was, in my opinion, a mistake.", "it was, mistake."),
        ("It is um quite hot.", "It is hot."),
    ],
)
def test_courtesy_filler_and_hedges_go(text, kept):
    assert prune(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "He did not sign it, never paid, and nobody came without permission.",
        "It is not very good and cannot be completely trusted.",
        "This is more stable than that, but less so if it rains.",
        "Few users left; a few came back; a number of them paid 5 dollars a day.",
        "All but two of them must, might or may leave unless it rains because of him.",
        "Ludwig Wittgenstein wrote to John Maynard Keynes in Cambridge.",
        "Vitamin A is better than vitamin E.",
        "We saw The Beatles and The Who.",
        "Alexander the Great died.",
        "It weighs about 5 kg, at most 6 kg, and nearly 7 pounds.",
        'She said "please close the very big door" twice.',
        "Run `the very please` or open https://example.org/please/the.",
        "Absolutely.",
        "Yes. Of course. Sure.",
        "Thanks!",
        "I believe it.",
        "I think so.",
        "I think not.",
        "Well before noon it rained.",
        "This is by their very nature so.",
        "How is it going?",
        "Keep them in order.",
        "They want cheaper and denser cloth.",
        "Certainly not today.",
    ],
)
def test_what_carries_meaning_stays(text):
    assert prune(text) == text


@pytest.mark.parametrize(
    "text", ["Wir haben die neue Version an der Schule.", "Vamos a la playa a ver el mar.", "a b c x"]
)
def test_other_languages_stay(text):
    assert prune(text, threshold=1.0) == text


@pytest.mark.parametrize(
    "text",
    [
        '{"please": "the very", "a": [1, 2, {"the": "really"}]}',
        "def the(a):\n    # please note that the very\n    return a\n\n\ndef very(the):\n    return the(a=1)\n",
    ],
)
def test_data_stays(text):
    assert "the(a" in prune(text) or prune(text) == text


def test_words_of_the_question_stay():
    text = "The engine is very loud and really old."
    assert prune(text) == "engine is loud and old."
    assert prune(text, "how very loud is it?") == text.replace("The ", "").replace("really ", "")


def test_asides_go_only_above_the_safe_loss():
    text = "The committee (which meets in public) rejected it (but not its budget) on Monday (in Rome)."
    assert "(which meets in public)" in prune(text, threshold=SAFE_LOSS)
    pruned = prune(text, threshold=1.0)
    assert "(which meets in public)" not in pruned
    assert "(but not its budget)" in pruned
    assert "(in Rome)" in pruned


def test_a_higher_threshold_never_keeps_more():
    text = " ".join(SENTENCES)
    lengths = [len(prune(text, threshold=threshold)) for threshold in (0.0, 0.03, 0.05, 0.1, 0.3, 0.5, 0.75, 1.0)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] == len(text)
    assert lengths[-1] < lengths[2] < lengths[0]


def test_pruning_twice_deletes_nothing_new_but_what_became_neighbours():
    once = prune(" ".join(SENTENCES[:3]))
    assert prune(once) == once


def test_classes_do_not_contradict_each_other():
    assert not KEPT & (ARTICLES | DEGREE_ADVERBS | EVALUATIONS)


def test_what_people_ask_about_is_more_important():
    known = WordStatistics.shared()
    asked = [known.importance(word) for word in ("capital", "population", "president", "founded")]
    unasked = [known.importance(word) for word in ("furthermore", "similarly", "various", "briefly")]
    assert min(asked) > max(unasked)
    assert known.importance("capital", said_before=True) > known.importance("capital")


@pytest.mark.parametrize("threshold", [-0.1, 1.1, True, "0.5", float("nan")])
def test_a_threshold_out_of_range(threshold):
    with pytest.raises(ConfigurationError, match="threshold"):
        Pruner(threshold)


def test_what_is_not_text():
    with pytest.raises(InputError, match="NoneType"):
        Pruner().prune(None)


def test_a_damaged_word_table():
    with pytest.raises(WeightsError, match="cannot be read"):
        WordStatistics.from_file(io.BytesIO(b"PK not a table"))
    with pytest.raises(WeightsError, match="shapes"):
        WordStatistics(["a"], np.zeros(2, np.float16), np.zeros(1, np.float16), 0.0, np.zeros(len(FEATURES) + 1))


def test_the_word_table_survives_saving(tmp_path):
    known = WordStatistics.shared()
    known.save(tmp_path / "words.npz")
    with (tmp_path / "words.npz").open("rb") as file:
        again = WordStatistics.from_file(file)
    assert again.words == known.words
    assert again.importance("capital") == known.importance("capital")


# -- requests and what they are about ----------------------------------------------------------------------------------

ALL = instructions()


@pytest.mark.parametrize("aggressive", [False, True])
def test_the_payload_of_every_instruction_stays_byte_for_byte(aggressive):
    pruner = Pruner(aggressive=aggressive)
    broken = []
    for each in ALL:
        removed = [(removal.start, removal.end) for removal in pruner.prune(each.text).removals]
        broken += [
            each.text[slice(*span)] for span in each.payload if any(_cuts(each.text, cut, span) for cut in removed)
        ]
    assert not broken


def _cuts(text: str, cut: tuple[int, int], span: tuple[int, int]) -> bool:
    return bool(text[max(cut[0], span[0]) : min(cut[1], span[1])].strip()) and cut[0] < span[1] and span[0] < cut[1]


def test_task_words_stay_at_the_default():
    lost = total = 0
    for each in ALL:
        removed = [(removal.start, removal.end) for removal in Pruner().prune(each.text).removals]
        lost += len(list(lost_words(each.text, removed, each.free)))
        total += len(list(lost_words(each.text, [(0, len(each.text))], each.free)))
    assert lost <= 0.01 * total


def test_negations_and_numbers_stay_even_in_a_telegram():
    for each in ALL:
        for removal in Pruner(aggressive=True).prune(each.text).removals:
            if removal.kind in ("politeness", "repetition"):
                continue  # "if it's not too much trouble", "Do not guess." said twice
            gone = each.text[removal.start : removal.end].lower().split()
            assert not NEGATIONS.intersection(gone)
            assert not any(character.isdigit() for character in "".join(gone))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Please write a short and concise note.", "write a short note."),
        ("Could you please tell me what the capital is?", "what capital is?"),
        ("Keep it short. Write a list. Please keep it short.", "Keep it short. Write list."),
        ("I need a careful, detailed answer.", "I need careful, detailed answer."),
        ("Does it really help?", "Does it really help?"),
        ("Can you help me with that?", "help me with that?"),
        ("Can you swim?", "Can you swim?"),
    ],
)
def test_what_goes_from_requests(text, kept):
    assert prune(text) == kept


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("Rewrite politely: give me the very big one, please.", ["give me the very big one, please."]),
        ("Fix this. The dogs barks.\n\nA cat meow.", ["The dogs barks.\n\nA cat meow."]),
        ("Rules:\n- Answer in German.\n- Never guess.", []),
        ("List the offers. Thanks!", []),
        ("the dog -> le chien\nthe cat ->", ["the dog -> le chien", "the cat ->"]),
        ("He bought the house. Then: the war.", []),
        ("USER: please wait\nBOT: of course\nUSER: Fix this: the dogs barks", ["the dogs barks"]),
    ],
)
def test_what_a_request_is_about(text, payload):
    assert [text[start:end] for start, end in read_parts(text).payload] == payload


def test_documents_ask_for_nothing():
    assert not read_parts("Why did it rain? The wind turned. It rained. People left. Shops closed. It was Monday.").asks
    assert read_parts("Why did it rain?").asks
    assert not read_parts("").asks


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_parts_are_spans_of_the_text_and_pruning_respects_them(text):
    parts = read_parts(text)
    for start, end in (*parts.requests, *parts.payload):
        assert 0 <= start < end <= len(text)
    for aggressive in (False, True):
        for removal in Pruner(aggressive=aggressive).prune(text).removals:
            assert not any(_cuts(text, (removal.start, removal.end), span) for span in parts.payload)


def test_what_the_aggressive_setting_loses_is_counted():
    text = "I am a nurse and I need a plan. Could you please give me a list of the exercises in the park for my back?"
    result = Pruner(aggressive=True).prune(text)
    assert result.text == "list exercises park for back?"
    assert result.lost["background"] == 9
    assert sum(result.lost.values()) == len(text.split()) - len(result.text.split())
    assert len(result.text) < len(Pruner().prune(text).text)


@pytest.mark.parametrize("options", [{"aggressive": "yes"}, {"aggressive": 1}])
def test_aggressive_is_a_bool(options):
    with pytest.raises(ConfigurationError, match="aggressive"):
        Pruner(**options)
