"""What was said, with who says it and when: transcripts of meetings and chats, and subtitles."""

from __future__ import annotations

import importlib
import itertools
import re

import pytest
from kinds_support import check_tiles, cut, kind_of, needs_of, steps_of_cutting
from regex_steps import steps_of

import laconic

LONG = "The tower was painted in {}. Sixty tonnes were used that year, as in every year before it. It took long. "
MEETING = (
    "Ann Lee: Let us begin. How high is the tower?\n"
    "Ben: It is 330 metres high, I think.\n"
    "Ann Lee: And who paints it?\n"
    f"Ben: {LONG.format(1987) * 4}\n"
    "Ann Lee: Thank you.\n"
)
SRT = """1
00:00:01,000 --> 00:00:04,000
- Hello everybody, and welcome to
the show about towers.

2
00:00:04,500 --> 00:00:07,000
Today we visit the tower
that Gustave

3
00:00:07,100 --> 00:00:09,000
Eiffel built in Paris. It is

4
00:00:09,200 --> 00:00:12,000
330 metres high, and sixty painters
paint it every seven years.

5
00:00:15,000 --> 00:00:17,000
[applause]

6
00:00:17,500 --> 00:00:19,000
- How many steps?
- There are 674.
"""
VTT = (
    "WEBVTT - A talk\r\n\r\nNOTE made by hand\r\n\r\nintro\r\n00:01.000 --> 00:04.000 align:start\r\n"
    "<v Ann>We meet to speak about\r\nthe budget of next year.\r\n\r\n00:04.000 --> 00:06.000\r\n"
    "<v Ben>It is twelve thousand\r\n\r\n00:06.000 --> 00:08.000\r\ndollars, as every year.\r\n"
)
ELAPSED = "".join(
    f"0:{at:02d}\n{line}\n"
    for at, line in enumerate(
        (
            "hello everyone and welcome back to",
            "the channel today we are going to see",
            "how a tower is painted by hand",
        ),
        3,
    )
)
CHATS = {
    "names": MEETING,
    "irc": "[10:02] <ann> how do i mount the disk?\n[10:03] <@ben> sudo mount /dev/sdb1 /mnt\n"
    "[10:03] -!- zed [~zed@host] has quit [Ping timeout]\n[10:04] <ann> it says wrong fs type\n[10:05] * ben shrugs\n",
    "times": "[00:12:03] Ann: Are you coming on Friday?\n[00:12:09] Ben: Yes, at eight.\n[00:12:15] Ann: Good.\n"
    "[00:12:20] Ben: See you!\n",
    "messenger": "12/03/2024, 14:05 - Ann Lee: Are you coming on Friday?\n12/03/2024, 14:06 - Ben: Yes, at eight.\n"
    "12/03/2024, 14:07 - Ann Lee: Bring the paint please\nand the brushes.\n12/03/2024, 14:09 - Ben: Sure!\n",
    "stamped": "Weekly meeting\n\nAnn Lee  10:32 AM\nWelcome everybody.\n\nBen (10:33 AM)\nHow much is it?\n\n"
    "Ann Lee  10:34 AM\nTwelve thousand dollars.\n",
    "markdown": "**Interviewer:** When did you begin?\n\n**Ben (painter):** In 1987, when I was twenty.\n\n"
    "**Interviewer:** And now?\n\n**Ben (painter):** Now I am retired.\n",
}
NO_TALK = {
    "records": "name: Ann\nplace: a town by a sea\nnote: likes to paint towers.\n\nname: Ben\nplace: a city\n"
    "note: likes to climb them.\n\nname: Zed\nplace: a village far away\nnote: likes neither.\n",
    "log": "10:00:01 worker: start of job 7\n10:00:02 worker: job 7 is done\n10:00:03 master: start of job 8\n"
    "10:00:04 master: job 8 is done\n",
    "table": "Current: Federal | 1,139 | 1,294\nCurrent: State | 428 | 423\nDeferred: Federal | 34 | 466\n"
    "Deferred: State | 6 | 83\n",
    "prose": "The tower is high. Note: it is of iron.\nIt was built in 1889. Note: that is long ago.\n",
    "html": "<li> one\n<li> two\n<p> three\n<li> four\n</li>\n",
}


@pytest.mark.parametrize("chat", CHATS)
def test_a_conversation_is_known_by_who_speaks(chat):
    assert kind_of(CHATS[chat]) == "transcript"
    check_tiles(CHATS[chat], "transcript")


@pytest.mark.parametrize("text", NO_TALK)
def test_labels_alone_make_no_conversation(text):
    assert kind_of(NO_TALK[text]) != "transcript"


def test_a_turn_is_one_and_a_long_one_is_cut_at_sentences_that_bring_who_speaks():
    pieces = cut(MEETING, "transcript")
    assert ("turn", "Ann Lee: Let us begin. How high is the tower?") in pieces
    assert ("speaker", "Ben:") in pieces
    assert needs_of(MEETING, "transcript", "Sixty tonnes") == ["Ben:"]
    kept = laconic.compress(MEETING, "How many tonnes were used?", max_tokens=30).text
    assert kept.startswith("Ben:")
    assert "Sixty tonnes" in kept


def test_a_turn_of_several_lines_is_one():
    assert ("turn", "12/03/2024, 14:07 - Ann Lee: Bring the paint please\nand the brushes.") in cut(
        CHATS["messenger"], "transcript"
    )
    assert ("turn", "Ben (10:33 AM)\nHow much is it?") in cut(CHATS["stamped"], "transcript")


def test_who_joins_and_leaves_is_a_notice():
    assert ("notice", "[10:03] -!- zed [~zed@host] has quit [Ping timeout]") in cut(CHATS["irc"], "transcript")


@pytest.mark.parametrize("text", [SRT, SRT.replace("\n", "\r\n"), VTT, ELAPSED, SRT.replace("\n\n", "\n")])
def test_subtitles_are_known_and_nothing_of_them_is_lost(text):
    assert kind_of(text) == "transcript"
    check_tiles(text, "transcript")


def test_a_sentence_over_several_cues_is_one_that_brings_its_time():
    sentence = "Today we visit the tower\nthat Gustave\n\n3\n00:00:07,100 --> 00:00:09,000\nEiffel built in Paris."
    assert ("turn", sentence) in cut(SRT, "transcript")
    assert needs_of(SRT, "transcript", "Today we") == ["2\n00:00:04,500 --> 00:00:07,000"]
    assert needs_of(SRT, "transcript", "- There are") == ["6\n00:00:17,500 --> 00:00:19,000"]


def test_the_times_inside_a_sentence_are_left_out_where_room_is_short():
    kept = laconic.compress(SRT, "Who built the tower in Paris?", max_tokens=60).text
    assert "00:00:04,500" in kept
    assert "that Gustave\nEiffel built in Paris." in kept
    kept = laconic.compress(VTT, "How much is the budget?", max_tokens=60).text
    assert "thousand\r\ndollars" in kept


def test_captions_without_full_stops_are_cut_between_cues():
    text = "".join(f"{at // 60}:{at % 60:02d}\nand then the painters climbed up once more\n" for at in range(100))
    assert kind_of(text) == "transcript"
    pieces = [piece for kind, piece in cut(text, "transcript") if kind == "turn"]
    assert len(pieces) > 10
    assert all(piece.endswith("once more") for piece in pieces)


BAD = {
    "numbers": "1\n\n",
    "cues without words": "1\n00:00:01,000 --> 00:00:02,000\n\n",
    "cues": "1\n00:00:01,000 --> 00:00:02,000\nand on it goes\n\n",
    "turns": "Ann: How high?\nBen: High.\n",
    "names": "Ann:\n",
    "nicks": "<ann> hi\n<ben> ho\n",
    "stamps": "Ann 10:02\nhi\nBen 10:03\n",
    "times": "0:01 and on it goes\n",
    "colons": ":",
    "blanks": " \n",
    "brackets": "[(<",
    "stars": "*",
    "notes": "NOTE a\n\n",
}


@pytest.mark.parametrize("unit", BAD)
def test_cutting_takes_linear_steps(unit):
    heads = ("", "1\n00:00:00,000 --> 00:00:01,000\nhello there\n\n" * 2, "Ann: Why?\nBen: No.\n" * 3)
    for head in heads:
        few, many = (steps_of_cutting(head + BAD[unit] * n, "transcript", "transcript") for n in (300, 1200))
        assert many <= 4.6 * few + 3000, (head, few, many)
        check_tiles(head + BAD[unit] * 50, "transcript")


@pytest.mark.parametrize("name", ["transcript.turns", "transcript.cues", "prose.labels"])
def test_patterns_take_linear_steps(name):
    module = importlib.import_module(f"laconic.kinds.{name}")
    for pattern in (value for value in vars(module).values() if isinstance(value, re.Pattern)):
        for unit, tail in itertools.product([*"aA1 .:[(<*-@", "a ", "1:", "1/", "Ab ", "10:01 "], ("", "!", ":")):
            few = steps_of(pattern, unit * (120 // len(unit)) + tail, search=False)
            many = steps_of(pattern, unit * (240 // len(unit)) + tail, search=False)
            assert many <= 2.6 * few + 400, (pattern.pattern, unit, tail, few, many)


@pytest.mark.parametrize("line", ["a", "word ", "Ann: ", "00:00:01,000 --> 00:00:02,000 "])
def test_a_line_of_five_megabytes(line):
    text = SRT + "\n" + line * (5_000_000 // len(line)) + "\n\n7\n00:01:01,000 --> 00:01:02,000\nThe end."
    pieces = cut(text, "transcript")
    assert pieces[-1] == ("turn", "The end.")
