"""Questions that are no sentences: a stack trace, an error message, a test's name, short forms of words."""

from __future__ import annotations

import random

import numpy as np
import pytest

pytest.importorskip("tree_sitter")
pytest.importorskip("rank_bm25")

from code_samples import SAMPLES

import laconic
from laconic.kinds.code.parse import parse
from laconic.kinds.code.units import outline
from laconic.optimizer import HasteOptimizer
from laconic.score.code import rank
from laconic.score.code.identifiers import code_terms
from laconic.score.code.index import CodeIndex
from laconic.score.code.places import PLACE_FEATURES, place_features
from laconic.score.code.ranking import file_shares
from laconic.score.code.traces import Frame, frames

JVM = """\
Exception in thread "main" java.lang.IllegalStateException: closed
\tat java.base/java.util.Objects.requireNonNull(Objects.java:233)
\tat org.acme.Client.waitBetweenRetries(Client.java:41)
\tat org.acme.Client.get(Client.java:52)
\tat org.acme.Main.main(Main.java:9)"""
NODE = """\
TypeError: Cannot read properties of undefined (reading 'delay')
    at Client.waitBetweenRetries (/srv/app/client.js:41:9)
    at async Client.get (/srv/app/client.js:52:13)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"""
GDB = """\
Program received signal SIGFPE, Arithmetic exception.
#0  0x00007f2a in raise () from /lib/libc.so.6
#1  0x0042af in {inner} (attempt=0) at client.c:41
#2  0x0042ff in {outer} (url=0x0) at client.c:52
#3  0x004300 in main () at main.c:20"""

# As each language prints a failure in the function that waits, called by the one that gets; and what these are called.
TRACES = {
    "python": (
        'Traceback (most recent call last):\n  File "/srv/main.py", line 9, in main\n    client.get(url)\n'
        '  File "/srv/client.py", line 52, in get\n    time.sleep(self.wait_between_retries(attempt))\n'
        '  File "/srv/client.py", line 41, in wait_between_retries\n    delay = base * 2 ** attempt\n'
        "TypeError: unsupported operand type(s) for *: 'NoneType' and 'int'"
    ),
    "javascript": NODE,
    "typescript": NODE.replace(".js", ".ts"),
    "go": (
        "panic: runtime error: integer divide by zero\n\ngoroutine 1 [running]:\n"
        "acme/client.(*Client).WaitBetweenRetries(0xc000012, 0x1)\n\t/src/client.go:41 +0x1d\n"
        "acme/client.(*Client).Get(...)\n\t/src/client.go:52 +0x4f\nmain.main()\n\t/src/main.go:9 +0x20"
    ),
    "rust": (
        "thread 'main' panicked at src/client.rs:41:9:\nattempt to multiply with overflow\nstack backtrace:\n"
        "   0: rust_begin_unwind\n             at /rustc/library/std/src/panicking.rs:665:5\n"
        "   1: acme::Client<S>::wait_between_retries\n             at ./src/client.rs:41:9\n"
        "   2: acme::Client<S>::get\n             at ./src/client.rs:52:5"
    ),
    "java": JVM,
    "kotlin": JVM.replace(".java", ".kt"),
    "scala": JVM.replace(".java", ".scala"),
    "swift": GDB.format(inner="Client.waitBetweenRetries", outer="Client.get"),
    "c": GDB.format(inner="wait_between_retries", outer="client_get"),
    "cpp": GDB.format(inner="example::Client::wait_between_retries", outer="example::Client::get"),
    "c_sharp": (
        "System.DivideByZeroException: Attempted to divide by zero.\n"
        "   at Example.Client.WaitBetweenRetries(Int32 attempt) in /src/Client.cs:line 41\n"
        "   at Example.Client.Get(String url) in /src/Client.cs:line 52\n   at Example.Program.Main(String[] a)"
    ),
    "php": (
        "PHP Fatal error: Uncaught DivisionByZeroError: Modulo by zero\nStack trace:\n"
        "#0 /srv/client.php(52): Example\\Client->waitBetweenRetries(3)\n"
        "#1 /srv/main.php(9): Example\\Client->get('/')\n#2 {main}"
    ),
    "ruby": (
        "client.rb:41:in `wait_between_retries': divided by 0 (ZeroDivisionError)\n"
        "\tfrom client.rb:52:in `block in get'\n\tfrom main.rb:4:in `<main>'"
    ),
    "dart": (
        "Unhandled exception:\nIntegerDivisionByZeroException\n#0      int.~/ (dart:core-patch/integers.dart:30:7)\n"
        "#1      Client.waitBetweenRetries (package:acme/client.dart:41:9)\n"
        "#2      Client.get (package:acme/client.dart:52:13)\n#3      main (file:///main.dart:9:3)"
    ),
}  # fmt: skip


def names_by_rank(question: str, source: str, language: str) -> list[str]:
    index = CodeIndex([parse(source, language)])
    order = np.argsort(-rank(question, index).scores, kind="stable")
    return [index.documents[at].plain_name for at in order]


@pytest.mark.parametrize("language", sorted(TRACES))
def test_the_innermost_frame_of_a_trace_comes_first_and_its_caller_second(language: str) -> None:
    first, second, *_ = names_by_rank(TRACES[language], SAMPLES[language], language)
    assert first.replace("_", "") == "waitbetweenretries"
    assert second in ("get", "client_get")


@pytest.mark.parametrize("language", sorted(TRACES))
def test_what_a_trace_names_is_kept_of_a_file_by_both_doors(language: str) -> None:
    source = SAMPLES[language]
    parsed = parse(source, language)
    unit = next(u for u in outline(parsed).units if u.name.replace("_", "").lower() == "waitbetweenretries" and u.body)
    head = source[parsed.char(unit.definition) : parsed.char(unit.signature_end)].strip()
    room = 2 * laconic.compress([source], max_tokens=10_000, counter="cl100k_base").metrics.original_tokens // 3
    kept = laconic.compress([{"text": source, "language": language}], TRACES[language], max_tokens=room).text
    assert head in kept
    optimizer, extension = HasteOptimizer(hard_cap=room, top_k=3), parsed.language.extensions[0]
    assert head in optimizer.optimize(source, query=TRACES[language], file_path=f"a{extension}").content


def test_frames_are_read_from_the_innermost_and_once() -> None:
    assert frames(TRACES["python"])[:2] == (Frame("wait_between_retries", ""), Frame("get", ""))
    assert frames(JVM)[1:3] == (Frame("waitbetweenretries", "client"), Frame("get", "client"))
    assert frames(JVM + JVM) == frames(JVM)


@pytest.mark.parametrize(
    "question", ["", "fix the crash in get()", "look at the client (again)", "meet at 7:30 in town"]
)
def test_a_sentence_is_no_trace(question: str) -> None:
    assert frames(question) == ()


def test_of_equal_names_the_one_in_the_named_class_comes_first() -> None:
    source = "".join(
        f"class {name}:\n    def open(self, path):\n        return self.read(path)\n\n    def read(self, path):\n"
        f"        return path\n\n\n"
        for name in ("Archive", "Folder", "Stream")
    )
    trace = "at Folder.open (a.py:12)\nat Folder.main (a.py:9)"
    index = CodeIndex([parse(source, "python")])
    assert index.documents[int(np.argmax(rank(trace, index).scores))].scope == "Folder"


def test_of_several_files_the_one_with_the_innermost_frame_comes_first() -> None:
    other = "def waits(x):\n    return x\n\n\ndef unsupported(operand):\n    return operand\n\n\n"
    other += "def types(x):\n    return x\n"
    files = [parse(other, "python"), parse(SAMPLES["python"], "python")]
    assert int(np.argmax(file_shares(TRACES["python"], files, [None, None]))) == 1


MESSAGES = """\
class Loader:
    def header(self, line):
        name, found, value = line.partition(":")
        if not found:
            raise ValueError(f"line {line!r} of the header has no colon")
        return name, value

    def body(self, data):
        if len(data) > self.limit:
            raise OverflowError("body of %d bytes is longer than the limit of %d" % (len(data), self.limit))
        return data

    def charset(self, value):
        if value not in self.known:
            raise LookupError("unknown charset {}, falling back is off".format(value))
        return value

    def limit_of_header(self, line):
        return len(line) < self.limit

    def colon(self, line):
        return line.count(":")
"""


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("ValueError: line 'Accept text/html' of the header has no colon", "header"),
        ("OverflowError: body of 70000 bytes is longer than the limit of 65536", "body"),
        ("LookupError: unknown charset latin-99, falling back is off", "charset"),
    ],
)
def test_a_printed_message_finds_what_raises_it(message: str, name: str) -> None:
    assert names_by_rank(message, MESSAGES, "python")[0] == name


@pytest.mark.parametrize(
    "question",
    ["test_wait_between_retries_doubles", "testWaitBetweenRetriesDoubles", "TestClient_WaitBetweenRetries",
     "waits between retries, doubled each time", "it should wait between retries"],
)  # fmt: skip
@pytest.mark.parametrize("language", ["python", "java", "go", "ruby", "c_sharp"])
def test_the_name_of_a_test_finds_what_it_tests(question: str, language: str) -> None:
    assert names_by_rank(question, SAMPLES[language], language)[0].replace("_", "") == "waitbetweenretries"


SHORT = """\
def make_ctx(req):
    return {"req": req}


def load_cfg(src_dir):
    return open(src_dir)


def fmt_err_msg(err):
    return str(err)


def next_idx(buf):
    return len(buf)


def close_conn(conn):
    conn.close()
"""


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("where is the context of a request made?", "make_ctx"),
        ("loading the configuration from a directory", "load_cfg"),
        ("how are error messages formatted?", "fmt_err_msg"),
        ("index into the buffer", "next_idx"),
        ("connections that are closed", "close_conn"),
    ],
)
def test_short_forms_are_the_words_that_they_stand_for(question: str, name: str) -> None:
    assert names_by_rank(question, SHORT, "python")[0] == name
    spelled = (
        SHORT.replace("ctx", "context").replace("cfg", "config").replace("idx", "index").replace("conn", "connection")
    )
    spelled = spelled.replace("err_msg", "error_message").replace("fmt", "format").replace("buf", "buffer")
    short = {"context": "ctx", "configuration": "cfg", "messages": "msgs", "index": "idx", "connections": "conns"}
    for word, form in short.items():
        question = question.replace(word, form)
    assert names_by_rank(question, spelled, "python")[0].split("_")[0] == name.split("_")[0].replace("fmt", "format")


def test_a_short_form_ends_where_its_part_does() -> None:
    source = "def one(err):\n    return err\n\n\ndef two(errand):\n    return errand\n\n\n"
    source += "def three(x):\n    return parseErrMsg(x)\n"
    parsed = parse(source, "python")
    index = CodeIndex([parsed])
    units = [outline(parsed).units[doc.unit] for doc in index.documents]
    terms = code_terms("error")
    rows = place_features(terms, np.ones(1), parsed, units, [doc.length for doc in index.documents])
    assert rows[:, PLACE_FEATURES.index("in_code")].tolist() == [1, 0, 1]


def test_plurals_and_forms_of_verbs_are_one_word() -> None:
    chance = random.Random(1)
    for forms in (
        ("parse", "parses", "parsed", "parsing", "parser"),
        ("retry", "retries"),
        ("match", "matches", "matched"),
    ):
        stems = {tuple(code_terms(form)) for form in chance.sample(forms, len(forms))}
        assert len(stems) == 1, forms
