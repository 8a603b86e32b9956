"""What commands print: failures first, progress last, rows with their header, matches with their file."""

from __future__ import annotations

import importlib
import itertools
import re

import pytest
from kinds_support import check_tiles, cut, kind_of, needs_of, segments, steps_of_cutting
from regex_steps import steps_of

import laconic

DOCKER = """CONTAINER ID   IMAGE            COMMAND                CREATED        STATUS                PORTS      NAMES
4c01db0b339c   ubuntu:22.04     "bash"                 17 hours ago   Up 3 hours                       webapp
d7886598dbe2   example/redis    "/redis-server --dir"  2 days ago     Exited (137) 3 days   6379/tcp   redis
aa1b2c3d4e5f   postgres:15      "docker-entry"         2 days ago     Up 2 days             5432/tcp   db
"""
DF = """Filesystem      Size  Used Avail Use% Mounted on
/dev/sda1        50G   48G  2.0G  96% /
/dev/sdb1       500G  120G  380G  24% /tower
tmpfs           7.8G     0  7.8G   0% /dev/shm
"""
FREE = """               total        used        free
Mem:            23Gi       4.3Gi        16Gi
Swap:          2.0Gi          0B       2.0Gi
"""
LS = """total 20
drwxr-xr-x 2 ann staff 4096 May  6 10:02 brushes
-rw-r--r-- 1 ann staff  267 May  9  2025 notes.txt
-rw-r--r-- 1 ben staff 9162 May  6 10:03 the tower.c
"""
PIP = """Package           Version
----------------- -------
annotated-types   0.7.0
attrs             26.1.0
"""
MATCHES = """src/tower.py:12:def paint(self):
src/tower.py-13-    return self.brush
--
src/tower.py:19:    self.paint()
README.md:3:paint it by hand
"""
HEADED = "src/tower.py\n12:def paint(self):\n19:    self.paint()\n\nREADME.md\n3:paint it by hand\n"
LOG = """commit 2c8cd3ac958a7eb316d67f2d316c27086c4c0369
Merge: e1fd5946 131c86aa
Author: Ann Lee <ann@example.org>
Date:   Thu Aug 20 09:12:10 2026 -0700

    Add a question about the paint

    It has been asked often. Nobody knew the answer.

 docs/paint.md | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

commit 131c86aadddfa5cb6dca8339c9d6294c4eacb8ac
Author: Ben <ben@example.com>
Date:   Wed Aug 19 08:40:07 2026 +0400

    Raise the tower by six metres
"""
STATUS = """On branch main
Changes not staged for commit:
  (use "git add <file>..." to update what will be committed)
\tmodified:   tower.c

Untracked files:
\tnotes.txt
"""
CARGO = """   Compiling libc v0.2.147
   Compiling cfg-if v1.0.0
   Compiling memchr v2.5.0
   Compiling tower v0.1.0 (/home/ann/tower)
warning: unused variable: `floors`
 --> src/main.rs:4:9
  |
4 |     let floors = 3;
  |         ^^^^^^

error[E0308]: mismatched types
  --> src/paint.rs:12:20
   |
12 |     let tonnes: u32 = "sixty";
   |                 ---   ^^^^^^^ expected `u32`, found `&str`
"""
PYTEST = (
    "$ pytest\n============================= test session starts ==============================\ncollected 42 items\n\n"
    + "".join(f"test_tower.py::test_height[{at}] PASSED                  [ {at}%]\n" for at in range(40))
    + """test_tower.py::test_top FAILED                           [ 97%]

=================================== FAILURES ===================================
___________________________________ test_top ___________________________________

    def test_top():
        floors = 3
>       assert height(floors) == 331
E       assert 330 == 331

test_tower.py:7: AssertionError
=========================== short test summary info ============================
FAILED test_tower.py::test_top - assert 330 == 331
========================= 1 failed, 40 passed in 2.66s =========================
"""
)
SESSION = f"$ df -h\n{DF}$ git grep -n paint\n{MATCHES}$ cargo build\n{CARGO}"
SHELL = {
    "matches": MATCHES,
    "headed": HEADED,
    "log": LOG,
    "status": STATUS,
    "cargo": CARGO,
    "pytest": PYTEST,
    "session": SESSION,
    "named prompt": "ann@tower:~/paint$ ls\nbrushes  notes.txt\nann@tower:~/paint$ cat notes.txt\nBuy brushes.\n",
    "npm": "npm WARN deprecated glob@7.2.3: too old\nnpm ERR! code ERESOLVE\nnpm ERR! Found: react@18.2.0\n",
    "gcc": "a.c: In function 'main':\na.c:1:13: error: unknown type name 'metre'\n    1 | int main(){ metre h; }\n"
    "      |             ^~~~~\na.c:1:26: warning: unused variable 'h' [-Wunused-variable]\n",
}
COLUMNS = {"docker": DOCKER, "df": DF, "free": FREE, "ls": LS, "pip": PIP}
OTHERS = {
    "prices": "$ million | 2019 | 2018\nRevenue | 503.6 | 476.9\nProfit | 88.6 | 57.5\n",
    "dates": "09-06-2012 | Oslo | 1-3\n08-06-2012 | Paris | 3-0\n07-06-2012 | Rome | 5-1\n",
    "markdown": "# Install\n\nRun it:\n\n```sh\n$ make paint\n```\n\nThen climb the tower.\n",
    "justified": "The tower  is high  and  of iron, and it\nwas built  by  sixty  people, of\nwhom one  was  Ann.\n",
    "capitals": "SECTION ONE OF THE ACT\nSECTION I GENERAL RULES\nSECTION II Subject to this each is painted.\n",
    "log": "2024-05-01 10:00:00 INFO start of job 7\n2024-05-01 10:00:01 ERROR disk full\n2024-05-01 10:00:02 INFO\n",
    "blanks to fill in": "Name and Date\n_____ _____ _______ _____\n_____ _____ _______ _____\n",
}


@pytest.mark.parametrize("output", SHELL)
def test_what_a_tool_prints_is_known_and_nothing_is_lost(output):
    assert kind_of(SHELL[output]) == "shell"
    check_tiles(SHELL[output], "shell")
    check_tiles(SHELL[output].replace("\n", "\r\n"), "shell")


@pytest.mark.parametrize("table", COLUMNS)
def test_a_table_in_columns_is_known_and_nothing_is_lost(table):
    assert kind_of(COLUMNS[table]) == "columns"
    check_tiles(COLUMNS[table], "columns")
    check_tiles(COLUMNS[table].replace("\n", "\r\n"), "columns")


@pytest.mark.parametrize("text", OTHERS)
def test_what_only_looks_alike_is_neither(text):
    assert kind_of(OTHERS[text]) not in ("shell", "columns")


def values(text, row):
    members = [s.record.members for s in segments(text, "columns") if s.record is not None][row]
    return {member.name: member.value for member in members}


def test_cells_are_told_by_where_columns_are_blank():
    assert values(DOCKER, 1) == {
        "CONTAINER ID": "d7886598dbe2",
        "IMAGE": "example/redis",
        "COMMAND": '"/redis-server --dir"',
        "CREATED": "2 days ago",
        "STATUS": "Exited (137) 3 days",
        "PORTS": "6379/tcp",
        "NAMES": "redis",
    }
    assert "PORTS" not in values(DOCKER, 0)
    assert values(DF, 0)["Mounted on"] == "/"
    assert values(DF, 0)["Used"] == "48G"
    assert values(FREE, 0) == {"": "Mem:", "total": "23Gi", "used": "4.3Gi", "free": "16Gi"}
    assert values(LS, 2)["name"] == "the tower.c"
    assert values(LS, 2)["size"] == "9162"
    assert values(PIP, 0) == {"Package": "annotated-types", "Version": "0.7.0"}


def test_a_row_that_is_asked_for_comes_with_its_header():
    kept = laconic.compress(DOCKER, "Which container has exited?", rate=0.6).text.splitlines()
    assert kept[0].startswith("CONTAINER ID")
    assert "Exited (137)" in kept[1]
    rows = [f"file{at:02d}.txt" for at in range(40)]
    files = "".join(
        f"-rw-r--r-- 1 ann staff {9000 if name == 'file17.txt' else 120} May  6 10:02 {name}\n" for name in rows
    )
    assert "9000" in laconic.compress(files, "Which file has the largest size?", rate=0.1).text


def test_matches_come_with_the_file_that_they_are_in():
    assert needs_of(HEADED, "shell", "19:") == ["src/tower.py"]
    assert needs_of(HEADED, "shell", "3:paint") == ["README.md"]
    assert [kind for kind, _ in cut(MATCHES, "shell")] == ["hit", "hit", "progress", "hit", "hit"]


def test_of_several_commands_what_is_printed_brings_its_own():
    assert needs_of(SESSION, "shell", "README.md:3") == ["$ git grep -n paint"]
    assert "$ df -h" in needs_of(SESSION, "shell", "/dev/sda1")
    assert needs_of(MATCHES, "shell", "README.md:3") == []


def test_a_command_over_several_lines_is_one():
    text = "$ docker run \\\n    --rm tower\nhello\n$ ls\nnotes.txt\n"
    assert ("command", "$ docker run \\\n    --rm tower") in cut(text, "shell")


def test_a_message_of_a_commit_brings_which_one_it_is_and_who_wrote_it_when():
    assert set(needs_of(LOG, "shell", "Nobody knew")) == {
        "commit 2c8cd3ac958a7eb316d67f2d316c27086c4c0369",
        "Author: Ann Lee <ann@example.org>",
        "Date:   Thu Aug 20 09:12:10 2026 -0700",
    }
    kept = laconic.compress(LOG, "Who raised the tower?", rate=0.45).text
    assert "Ben" in kept
    assert "Raise the tower" in kept


def test_files_of_a_status_come_with_what_is_said_of_them():
    assert needs_of(STATUS, "shell", "tower.c") == ["Changes not staged for commit:"]
    assert needs_of(STATUS, "shell", "notes.txt") == ["Untracked files:"]


@pytest.mark.parametrize("question", [None, "Why did it fail?"])
def test_failures_come_first_and_progress_last(question):
    kept = laconic.compress(PYTEST, question, rate=0.2).text
    assert "E       assert 330 == 331" in kept
    assert "FAILED test_tower.py::test_top" in kept
    assert kept.count("PASSED") < 4  # of 40: what room is left takes them
    kept = laconic.compress(CARGO, question, rate=0.4).text
    assert "error[E0308]" in kept
    assert "cfg-if" not in kept


def test_a_diagnostic_is_what_it_says_where_and_the_source_that_it_shows():
    shown = '   |\n12 |     let tonnes: u32 = "sixty";\n   |                 ---   ^^^^^^^ expected `u32`, found `&str`'
    assert cut(CARGO, "shell")[-3:] == [
        ("log_line", "error[E0308]: mismatched types"),
        ("log_more", "  --> src/paint.rs:12:20"),
        ("log_more", shown),
    ]
    assert needs_of(CARGO, "shell", "u32 =") == ["error[E0308]: mismatched types"]


BROKEN = {
    "a command alone": "$ make",
    "a quote that never ends": '$ echo "paint\nit\n$ ls\nnotes.txt\n',
    "rows wider than the header": DF + "/dev/a/very/long/name/of/a/device/mapper   50G   48G  2.0G  96% /a\n",
    "rows cut off": DF + "/dev\n/\n",
    "tabs": DF.replace("  ", "\t"),
    "mixed line ends": SESSION.replace("\n/dev", "\r\n/dev").replace("\n$", "\r$"),
    "a commit without a head": "commit 2c8cd3ac958a7e\n\n\n    hello\ncommit\n    there\n",
}


@pytest.mark.parametrize("broken", BROKEN)
def test_nothing_is_lost_of_broken_output(broken):
    for kind in ("shell", "columns"):
        check_tiles(BROKEN[broken], kind)


BAD = {
    "prompts": "$ ls\n",
    "continued": "$ ls \\\n",
    "matches": "a/b.c:1:x\n",
    "commits": "commit 2c8cd3ac958a7e\n",
    "messages": "    hello there\n",
    "rows": "a  1  b\n",
    "wide rows": "a" + " " * 300 + "b\n",
    "rules": "=== a ===\n",
    "errors": "error: a\n",
    "indented": "  |\n",
    "progress": "[ 50%] a\n",
    "blanks": " \n",
    "words": "word ",
    "files": "-rw-r--r-- 1 ann staff 12 May  6 10:02 a\n",
}


@pytest.mark.parametrize("unit", BAD)
@pytest.mark.parametrize("head", ["$ make\n", LOG, DF, MATCHES], ids=["make", "log", "df", "matches"])
def test_cutting_takes_linear_steps(unit, head):
    for kind, folder in (("shell", "shell"), ("columns", "columns")):
        few, many = (steps_of_cutting(head + BAD[unit] * n, kind, folder) for n in (200, 800))
        assert many <= 4.6 * few + 4000, (kind, few, many)
        check_tiles(head + BAD[unit] * 30, kind)


@pytest.mark.parametrize("name", ["shell.output", "shell.history", "columns.segment"])
def test_patterns_take_linear_steps(name):
    module = importlib.import_module(f"laconic.kinds.{name}")
    for pattern in (value for value in vars(module).values() if isinstance(value, re.Pattern)):
        for unit, tail in itertools.product([*"aA1 .:/-_=[|$%", "a ", "a/", "= ", "a:", "1:", "-- "], ("", "!", ":")):
            few = steps_of(pattern, unit * (300 // len(unit)) + tail, search=False)
            many = steps_of(pattern, unit * (600 // len(unit)) + tail, search=False)
            assert many <= 2.6 * few + 400, (pattern.pattern, unit, tail, few, many)


@pytest.mark.parametrize("line", ["a", "word ", "a/b:1:", "$ ", "= "])
def test_a_line_of_five_megabytes(line):
    text = "$ make\n" + line * (5_000_000 // len(line)) + "\nmake: *** [tower] Error 1\n"
    assert cut(text, "shell")[-1][1] == "make: *** [tower] Error 1"
    assert cut(text, "columns")[-1][1] == "make: *** [tower] Error 1"


def test_a_commit_is_not_kept_for_its_number_alone():
    commits = [
        f"commit {n:040x}\nMerge: {n:08x} {n + 1:08x}\nAuthor: Ann Lee <ann{n}@example.org>\n"
        f"Date:   Mon May {n + 1} 10:00:00 2026 +0200\n\n    Mend part {n} of the bridge\n"
        for n in range(12)
    ]
    text = "$ git log\n" + "\n".join(commits)
    for budget in range(30, 200, 10):
        lines = laconic.compress(text, "Who mended part 7?", max_tokens=budget).text.split("\n")
        heads = [at for at, line in enumerate(lines) if line.startswith("commit ")]
        assert all(at + 1 < len(lines) and lines[at + 1][:4] in ("Merg", "Auth", "Date", "") for at in heads)
    kept = laconic.compress(text, f"Who wrote commit {7:040x}?", max_tokens=60).text
    assert "ann7@example.org" in kept
