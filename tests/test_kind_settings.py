"""Settings and blocks of ``Name: value`` lines: what stands where, what comes along, and what is no such text."""

from __future__ import annotations

import re
import sys
from configparser import ConfigParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from regex_steps import steps_of

import laconic
from laconic.kinds.blocks import lines as block_lines
from laconic.kinds.catalogue import recognise, segmenter_for
from laconic.kinds.settings import lines as setting_lines
from laconic.types import Passage

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TOML = """# of the tower
title = "Eiffel"

[tower]
# in metres
height = 330  # with antennas
floors = [
    "first, with shops that are open from nine in the morning until six in the evening",
    "second, with a restaurant that is open from noon until eleven in the evening",
    "third, which is closed when there is wind, and where there is a small office with wax figures",
]
note = \"\"\"
[closed] = no section
\"\"\"

[[visit]]
day = "Monday"
guide = "Ada"
people = 12

[[visit]]
day = "Tuesday"
guide = "Ben"
people = 30

[visit.tour]
language = "French"
"""
INI = """; defaults
[program:web]
command = serve
  --port 80
user = www

[program:worker]
command = work
user = jobs
"""
ENV = "# where\nexport DB_HOST=db1\nDB_PASSWORD='a # b'\n\nDB_PORT=5432 # the usual one\n"
PROPERTIES = (
    "! of the server\nserver.port=80\nserver.names=a,\\\n  b\nserver.ssl.on: true\nserver.host=www\nserver.user=ada\n"
)
DEBIAN = "".join(
    f"Package: {name}\nVersion: {at}.0\nDepends: libc6\nDescription: what {name} does\n Note: more.\n .\n Else.\n\n"
    for at, name in enumerate(("apt", "bash", "curl", "dash"))
)
PSQL = "".join(
    f"-[ RECORD {at} ]-+-------\nid     | {at}\nname   | {name}\nstate  | {state}\n"
    for at, name, state in ((1, "Ada", "active"), (2, "Ben", "locked"), (3, "Chen", "active"))
)
DESCRIBE = "Name:  web\nState:  Waiting\nLabels:  app=web\n         tier=front\nPorts:\n  http:  80\n  admin:  81\n"
ALL = {
    "toml": TOML, "ini": INI, "env": ENV, "properties": PROPERTIES,
    "debian": DEBIAN, "psql": PSQL, "describe": DESCRIBE,
}  # fmt: skip
TEXTS = pytest.mark.parametrize("text", ALL.values(), ids=ALL)


def members(text):
    """By table and key of record the names and values of its members."""
    found = {}
    for segment in segmenter_for(Passage(text)).segment(Passage(text), 0, 0):
        record = segment.record
        if record is not None:
            key = record.key.value if record.key else ""
            found.setdefault(id(record), (key, {}))[1].update({m.name: m.value for m in record.members})
    return list(found.values())


def asked(text, question, max_tokens):
    return laconic.compress([text], question, max_tokens=max_tokens).text


@pytest.mark.parametrize(("name", "kind"), [(n, "settings" if i < 4 else "blocks") for i, n in enumerate(ALL)])
def test_they_are_recognised(name, kind):
    assert recognise(Passage(ALL[name])).kind.name == kind


@TEXTS
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_character_but_white_space_is_in_one_segment(text, line_end):
    text = text.replace("\n", line_end)
    at = 0
    for segment in segmenter_for(Passage(text)).segment(Passage(text), 0, 0):
        assert at <= segment.start < segment.end
        assert not text[at : segment.start].strip()
        at = segment.end
    assert not text[at:].strip()


@TEXTS
def test_members_are_where_they_say(text):
    for segment in segmenter_for(Passage(text)).segment(Passage(text), 0, 0):
        for member in segment.record.members if segment.record else ():
            assert member.value in text[member.start : member.end] or "\n" in text[member.start : member.end]


def test_values_are_those_of_the_parsers():
    parsed = tomllib.loads(TOML)
    found = members(TOML)
    assert found[0][1]["title"] == parsed["title"]
    assert int(found[1][1]["height"]) == parsed["tower"]["height"]
    assert [found[at][1]["guide"] for at in (2, 3)] == [visit["guide"] for visit in parsed["visit"]]
    assert found[3][1]["tour/language"] == parsed["visit"][1]["tour"]["language"]
    parser = ConfigParser()
    parser.read_string(INI)
    for key, own in members(INI):
        assert {name: re.sub(r"\n\s+", "\n", value) for name, value in own.items()} == dict(parser[key])


def test_values_without_sections():
    assert members(ENV)[0][1] == {"DB_HOST": "db1", "DB_PASSWORD": "a # b", "DB_PORT": "5432"}
    assert members(PROPERTIES)[0][1]["server.port"] == "80"
    assert members(PROPERTIES)[0][1]["server.ssl.on"] == "true"


def test_blocks_are_records_and_what_is_indented_carries_on():
    found = members(DEBIAN)
    assert [own["Package"] for _, own in found] == ["apt", "bash", "curl", "dash"]
    assert found[0][1]["Description"].endswith("Else.")
    assert "Note" not in found[0][1]
    assert members(DESCRIBE)[0][1]["Ports/admin"] == "81"
    assert members(DESCRIBE)[0][1]["Labels"].split() == ["app=web", "tier=front"]


@settings(max_examples=60, deadline=None)
@given(budget=st.integers(14, 150), question=st.sampled_from(["Who guides on Tuesday?", "which floors?", None]))
def test_what_is_kept_of_toml_is_toml(budget, question):
    kept = asked(TOML, question, budget)
    tomllib.loads(kept)


def test_a_key_comes_with_its_section_and_its_comment():
    kept = asked(TOML, "What is the height of the tower?", 25)
    assert "[tower]\n# in metres\nheight = 330" in kept
    assert "program:web" not in asked(INI, "Which user does the worker have?", 16)
    assert asked(INI, "Which user does the worker have?", 16).startswith("[program:worker]\n")


def test_a_named_record_comes_with_what_is_asked_of_it():
    assert 'guide = "Ben"' in asked(TOML, "How many people does Ben guide?", 24)
    assert "people = 30" in asked(TOML, "How many people does Ben guide?", 24)
    assert asked(DEBIAN, "What is the version of curl?", 14).endswith("Package: curl\nVersion: 2.0")
    kept = asked(PSQL, "What is the state of Ben?", 32)
    assert "RECORD 2" in kept
    assert "locked" in kept
    assert "RECORD 1" not in kept


def test_the_one_that_failed_comes_first():
    rows = "\n\n".join(f"Job: j{at}\nHost: h{at % 3}\nState: {'failed' if at == 7 else 'done'}" for at in range(20))
    for question in (None, "Which job has failed?"):
        assert "Job: j7" in asked(rows, question, 30)
        assert "State: failed" in asked(rows, question, 30)


def test_heads_are_kept_for_others_only():
    for budget in range(3, 60):
        kept = asked(TOML, "height", budget)
        assert not kept.endswith("]]")
        assert not re.search(r"\[tower\]\s*\Z", kept)


@pytest.mark.parametrize(
    "text",
    [
        "Note: This is a draft.\nWarning: Do not run this at home, as it may delete files.\nTip: Use another one.\n"
        "Also: Read the manual first.\n",
        "Ann: hi there\nBob: hello\nAnn: are you coming?\nBob: yes\nAnn: ok\nBob: see you\n",
        "Ampere: It measures how much current flows.\nVolt: It measures how strongly it is driven.\n"
        "Ohm: It measures what resists.\nWatt: It measures the power of it.\n",
        "x = 1\ny = 2\nz = x + y\nprint(z)\n",
        "a = b;\nc = d;\ne = f;\n",
        "color: red;\nmargin: 0;\npadding: 2px;\nborder: none;\n",
        "The tower is high. It has this: iron.\n\nIt is old: it was built in 1889.\n\nThat is all: really.\n",
        "lib/a.py,sha256=abc,120\nlib/b.py,sha256=def,130\nlib/c.py,sha256=fff,140\n",
        " | total\nnet income | 12\ncosts | 4\ntaxes | 3\nassets | 9\n",
    ],
)
def test_other_texts_are_neither(text):
    assert recognise(Passage(text)).kind.name not in ("settings", "blocks")


def test_what_is_broken_is_cut_by_its_lines_all_the_same():
    text = '[a]\nx = [1,\n  2\n[b]\ny = 1\n= nothing\n]]\nz = "open\nw = 2\n'
    for question in ("y", None):
        kept = asked(text, question, 12)
        assert kept
    assert laconic.compress([text], "y", max_tokens=500).text == text


@pytest.mark.parametrize(
    ("pattern", "worst"),
    [
        (setting_lines._SECTION, "[" + "a" * 300),
        (setting_lines._KEY, "a " * 150),
        (setting_lines._KEY, '"' + "a" * 300),
        (setting_lines._UNUSED, "#" * 40 + "a" * 300),
        (block_lines._SEPARATED[":"], "a " * 150),
        (block_lines._SEPARATED[":"], "a" + ". " * 150),
        (block_lines._SEPARATED["="], "a" * 300),
        (block_lines._SEPARATED["|"], "a " * 60 + "|" + "x" * 200),
        (block_lines._RULE, "-" * 300 + "x"),
    ],
)
def test_patterns_take_steps_in_proportion(pattern, worst):
    few, many = (steps_of(pattern, worst * times, search=False) for times in (2, 4))
    assert many <= 2.5 * few + 400
