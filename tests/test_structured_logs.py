"""Logs and traces: what a line is, how bad it is, of which kind it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.kinds.log.segment import LogSegmenter, line_severity, looks_like_log, looks_like_traceback
from laconic.kinds.log.templates import WILDCARD, LogTemplates, mask_line
from laconic.score.structured import adjust_scores
from laconic.types import Passage, Segment

LOG = """\
2015-10-18 18:01:47,978 INFO [main] app.Master: Created application 0020
2015-10-18 18:01:48,963 INFO [main] app.Master: Created application 0021
2015-10-18 18:01:49,228 ERROR [main] app.Master: Container 17 failed
java.io.IOException: disk full
    at app.Master.write(Master.java:12)
Caused by: java.lang.IllegalStateException: no space
2015-10-18 18:01:50,353 INFO [main] app.Master: Created application 0022
"""
TRACEBACK = """\
Traceback (most recent call last):
  File "/app/main.py", line 3, in <module>
    run()
ValueError: bad budget
"""


@pytest.mark.parametrize(
    ("line", "least", "most"),
    [
        ("2015-07-29 17:41:41,536 - INFO [main:QuorumPeer@913] - tickTime set to 2000", 0.0, 0.0),
        ("2015-07-29 19:03:04,661 - WARN [SendWorker] - Interrupted", 0.5, 0.5),
        ("2015-10-18 18:06:26,139 ERROR [eventHandler] Error writing", 0.9, 0.9),
        ("1117869872 2005.06.04 R04 RAS APP FATAL ciod: failed to read", 1.0, 1.0),
        ("[Sun Dec 04 04:47:44 2005] [error] mod_jk child workerEnv in error state 6", 0.9, 0.9),
        ("Dec 10 06:55:46 LabSZ sshd[24200]: Failed password for root", 0.6, 0.6),
        ("2005.06.03 RAS KERNEL INFO instruction cache parity error corrected", 0.3, 0.3),
        ("03-17 16:13:38.811  1702  2395 E WindowManager: token", 0.9, 0.9),
        ("03-17 16:13:38.811  1702  2395 D WindowManager: token", 0.0, 0.0),
        ('level=error msg="x"', 0.9, 0.9),
        ("java.net.NoRouteToHostException: No Route to Host", 0.6, 0.6),
        ("connection to 10.0.0.1 timed out", 0.6, 0.6),
        ("session opened for user root", 0.0, 0.0),
        ("", 0.0, 0.0),
    ],
)
def test_severity(line, least, most):
    assert least <= line_severity(line) <= most


def test_a_log_and_a_trace_are_recognised_and_prose_is_not():
    assert looks_like_log(LOG)
    assert looks_like_traceback(LOG)
    assert looks_like_traceback(TRACEBACK)
    prose = (
        "The tower is 324 metres high. It opened at 10:30:00 on 31 March.\nIt was not liked.\nNow it is.\nAll agree."
    )
    assert not looks_like_log(prose)
    assert not looks_like_traceback(prose)


def test_lines_of_a_trace_require_the_line_that_opens_it():
    segments = LogSegmenter().segment(Passage(LOG), 2, 10)
    assert [segment.kind for segment in segments] == [
        "log_line", "log_line", "log_line", "log_line", "log_more", "log_more", "log_line",
    ]  # fmt: skip
    assert {segment.requires for segment in segments if segment.kind == "log_more"} == {(13,)}
    assert "\n".join(LOG[s.start : s.end] for s in segments) == LOG.strip()


def test_lines_that_differ_in_numbers_or_one_word_are_of_one_kind():
    kinds = LogTemplates()
    found = [
        kinds.add(line)
        for line in (
            "Failed password for root from 10.0.0.1 port 22 ssh2",
            "Failed password for admin from 10.0.0.2 port 23 ssh2",
            "Connection closed by 10.0.0.1",
            "Failed password for guest from 10.0.0.9 port 24 ssh2",
        )
    ]
    assert found == [0, 0, 1, 0]
    assert str(kinds.templates[0]) == f"Failed password for {WILDCARD} from {WILDCARD} port {WILDCARD}"
    assert [template.count for template in kinds.templates] == [3, 1]
    assert kinds.templates[1].first == 2


@given(st.lists(st.text(st.sampled_from("ab1 =:"), max_size=20), max_size=60), st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_every_line_is_counted_once_and_kinds_are_bounded(lines, most):
    kinds = LogTemplates(max_templates=most)
    for line in lines:
        assert 0 <= kinds.add(line) < len(kinds.templates)
    assert sum(template.count for template in kinds.templates) == kinds.lines == len(lines)
    assert len(kinds.templates) <= most + 1


@given(st.text(st.sampled_from("ab1. =:[]"), max_size=60))
def test_a_mask_hides_every_digit(line):
    assert not any(map(str.isdigit, mask_line(line)))


def _adjusted(query, text):
    segments = LogSegmenter().segment(Passage(text), 0, 0)
    scores = adjust_scores(query, [Passage(text)], segments, np.zeros(len(segments)))
    return {text[s.start : s.end]: score for s, score in zip(segments, scores, strict=True)}


def test_failures_come_first_new_kinds_before_repeated_ones():
    lines = [f"12:00:{n:02} ERROR disk {n} failed" for n in range(9)]
    text = "\n".join(
        ["12:00:00 INFO start", *lines, "12:01:00 ERROR network is gone", "12:02:00 INFO a", "12:03:00 INFO b"]
    )
    scores = _adjusted("What went wrong?", text)
    ranked = sorted(scores, key=lambda line: -scores[line])
    assert ranked[:2] == [lines[0], "12:01:00 ERROR network is gone"]
    assert set(ranked[:10]) == {*lines, "12:01:00 ERROR network is gone"}
    assert scores["12:02:00 INFO a"] > scores["12:03:00 INFO b"], "a line beside a failure"


def test_another_question_hardly_cares_for_failures():
    text = "12:00:00 ERROR disk failed\n12:00:01 INFO job_17 done\n12:00:02 INFO job_18 done"
    scores = _adjusted("How did job_17 end?", text)
    assert max(scores, key=scores.get) == "12:00:01 INFO job_17 done"


def test_prose_scores_are_returned_as_they_are():
    scores = np.zeros(1)
    assert adjust_scores("q", [Passage("x")], [Segment(0, 0, 1)], scores) is scores


def test_rare_values_and_rare_lines_stand_out():
    lines = [f'10.0.0.{n % 9} - "GET /item/{n}" 200 {900 + n % 50} {20 + n % 7}ms' for n in range(60)]
    lines[20] = lines[20].replace(" 200 ", " 503 ")
    lines[40] = lines[40].rsplit(" ", 1)[0] + " 9421ms"
    lines[50] = "rebalanced the partitions"
    scores = _adjusted(None, "\n".join(lines))
    ranked = sorted(scores, key=lambda line: -scores[line])
    assert set(ranked[:3]) == {lines[20], lines[40], lines[50]}
    scores = _adjusted("Who fetched item 7?", "\n".join(lines))
    assert max(scores, key=scores.get) not in (lines[20], lines[40], lines[50])


@pytest.mark.parametrize("line", [" \n", "\t\n", "x" * 50 + " \n"])
def test_looking_for_traces_is_linear_in_blank_lines(line):
    assert not looks_like_traceback(line * 100_000)


def test_lines_that_are_all_different_are_compared_with_few():
    words = [f"w{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}" for n in range(4000)]
    kinds = LogTemplates()
    for n in range(0, 4000, 2):
        kinds.add(f"begin {words[n]} {words[n + 1]} {words[n - 1]}")
    assert kinds.lines == 2000
