"""The command line where something is wrong: what it reads, what it writes, who reads that, and the terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

from served_project import LIMIT_S, environment, laconic_command, run

DONE, FAILED, WRONG_USAGE, INTERRUPTED, NO_READER = 0, 1, 2, 130, 141
TEXT = "The tower is 330 metres high. It was finished in 1889. Painting it takes sixty tonnes. Radio saved it.\n"
EVIL = "a[red]b[bold]\x1b[31m\x07\u202eevil"
POSIX = pytest.mark.skipif(os.name != "posix", reason="pipes, terminals and signals of POSIX")


def told_by_a_process(*arguments, code, stdout):
    """Standard error of a command whose standard output cannot be written."""
    done = subprocess.run(
        laconic_command(*map(str, arguments)), env=environment(), stdin=subprocess.DEVNULL, stdout=stdout,
        stderr=subprocess.PIPE, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    told = done.stderr.decode()
    assert done.returncode == code, told
    for sign in ("Traceback", "Exception ignored"):
        assert sign not in told
    return told


def on_a_terminal(*arguments, columns=80, **more):
    """What a person sees: standard output and error are a terminal."""
    import fcntl
    import struct
    import termios

    ours, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    clean = {name: value for name, value in environment().items() if name not in ("NO_COLOR", "COLUMNS", "FORCE_COLOR")}
    command = laconic_command(*map(str, arguments))
    env = clean | {"TERM": "xterm-256color", **more}
    process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=its, stderr=its)
    os.close(its)
    seen = b""
    try:
        while part := os.read(ours, 65536):
            seen += part
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert process.wait(LIMIT_S) == DONE, seen
    return seen.decode()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tower.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


# -- what is read -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["compress", "inspect"])
def test_what_is_not_there_or_no_text(command, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "a.bin").write_bytes(b"\x00\x01" * 50)
    for source in (
        tmp_path / "none.txt",
        tmp_path / "empty",
        tmp_path / "only",
        tmp_path / "only" / "a.bin",
        "no*.txt",
    ):
        out, told = run(command, source, code=FAILED)
        assert str(source) in told.splitlines()[-1]
        assert out == ""


def test_what_in_a_folder_is_no_text_is_left_out_and_said(file, tmp_path):
    (tmp_path / "a.bin").write_bytes(b"\x00" * 50)
    with suppress(OSError):  # a system that does not let anybody link
        (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    out, told = run("compress", tmp_path, "--rate", 0.9, "--quiet")
    assert "330 metres" in out
    assert f"left out, not text or not readable: {(tmp_path / 'a.bin').as_posix()}" in told


def test_encodings(file, tmp_path):
    latin = tmp_path / "latin.txt"
    latin.write_bytes("Der Turm ist groß.\n".encode("latin-1"))
    out, told = run("compress", latin, "--max-tokens", 50)
    assert "groß" in out
    assert "read as Latin-1 (give --encoding)" in told
    assert "Latin-1" not in run("compress", file, "--max-tokens", 50)[1]
    (tmp_path / "russian.txt").write_bytes("Башня высокая.\n".encode("cp1251"))
    assert "Башня" in run("compress", tmp_path / "russian.txt", "--max-tokens", 50, "--encoding", "cp1251")[0]
    for encoding in ("nothing", "hex", "undefined"):
        assert encoding in run("compress", latin, "--encoding", encoding, code=WRONG_USAGE)[1]
    assert "is not ascii" in run("compress", latin, "--encoding", "ascii", code=FAILED)[1]


@POSIX
def test_a_name_that_is_no_text(tmp_path):
    try:
        (tmp_path / os.fsdecode(b"a\xff.txt")).write_text(TEXT, encoding="utf-8")
    except OSError:
        pytest.skip("this file system has no such names")
    out, _ = run("compress", tmp_path, "--max-tokens", 50, "--json")
    assert json.loads(out)["passages"][0]["source"].endswith("/a\ufffd.txt")


def test_options_that_contradict_each_other(file):
    assert "--json and --diff" in run("compress", file, "--json", "--diff", code=WRONG_USAGE)[1]
    for wrong in (("--max-tokens", 0), ("--rate", 2), ("--recall", 0), ("--nothing", 1)):
        run("compress", file, *wrong, code=WRONG_USAGE)
        run("inspect", file, *wrong, code=WRONG_USAGE)


# -- what is written --------------------------------------------------------------------------------------------------


def test_a_page_or_a_batch_that_cannot_be_written(file, tmp_path):
    assert "cannot be written" in run("compress", file, "--html", tmp_path / "no" / "page.html", code=FAILED)[1]
    records = tmp_path / "in.jsonl"
    records.write_text(json.dumps({"query": "x", "passages": [TEXT]}) + "\n", encoding="utf-8")
    assert str(file) in run("batch", records, file, "--max-tokens", 9, "--workers", 1, code=FAILED)[1]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")
@pytest.mark.parametrize("command", [("compress",), ("inspect",), ("compress", "--json"), ("recipes", "use", "rag-qa")])
def test_a_full_disk(command, file):
    with open("/dev/full", "wb") as full:
        told = told_by_a_process(*command, file, code=FAILED, stdout=full)
    assert "the output cannot be written: No space left on device" in told


@POSIX
@pytest.mark.parametrize("command", [("compress",), ("inspect",), ("compress", "--diff"), ("recipes", "show", "logs")])
def test_nobody_reads_the_output_any_more(command, file):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        source = () if "show" in command else (file, "--max-tokens", 12)
        told_by_a_process(*command, *source, code=NO_READER, stdout=closed)


@POSIX
def test_ctrl_c_in_a_batch_leaves_what_is_finished(tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out"
    record = json.dumps({"query": "How high is the tower?", "passages": [TEXT * 40] * 4}) + "\n"
    source.write_text(record * 400, encoding="utf-8")
    command = laconic_command(
        "batch", str(source), str(target), "--max-tokens", "20", "--shard-records", "2", "--workers", "2"
    )
    process = subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, start_new_session=True)
    end = time.monotonic() + LIMIT_S
    while not (target / "part-000001.jsonl").exists():
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    told = process.communicate(timeout=LIMIT_S)[1].decode()
    assert process.returncode == INTERRUPTED, told
    assert told.splitlines()[-1] == "laconic: interrupted"
    assert "Traceback" not in told
    parts = sorted(target.glob("part-*.jsonl"))
    assert 2 <= len(parts) < 200
    for part in parts:
        lines = part.read_text(encoding="utf-8").splitlines()
        assert all("330 metres" in json.loads(line)["compressed"] for line in lines)
        assert len(lines) == 2


# -- the terminal -----------------------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize(
    "command",
    [
        ("compress", "--rate", 0.8), ("compress", "--rate", 0.8, "--diff"), ("inspect", "--rate", 0.5),
        ("inspect", "--rate", 0.5, "--why"), ("recipes", "use", "default"),
    ],
)  # fmt: skip
def test_texts_and_names_reach_a_terminal_without_controls_and_markup(command, tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for n in range(2):
        (folder / f"{n}{EVIL}.txt").write_text(
            f"{EVIL} {n} is the text of it [/red].\nAnd more of it.\n", encoding="utf-8"
        )
    source = folder if command[0] != "recipes" else folder / f"0{EVIL}.txt"
    seen = on_a_terminal(*command, source, columns=200)
    assert "a[red]b[bold]␛[31m␇⟨202E⟩" in seen
    assert "\x07" not in seen
    assert "\u202e" not in seen
    assert "]\x1b[31m" not in seen
    missing = run("compress", tmp_path / f"no{EVIL}", code=FAILED)[1]
    assert "\x1b" not in missing
    assert "no" in missing


def test_in_a_pipe_the_text_is_what_it_was(tmp_path):
    (tmp_path / "a.txt").write_bytes(f"{EVIL}\r\nend\r\n".encode())
    done = subprocess.run(
        laconic_command("compress", str(tmp_path / "a.txt"), "--max-tokens", "500", "--quiet"),
        env=environment(PYTHONIOENCODING="ascii"), capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"{EVIL}\r\nend\r\n\n".encode()


@POSIX
def test_a_terminal_of_forty_columns(file, tmp_path):
    long = tmp_path / "a_folder_with_a_long_name" / "and_a_file_with_a_longer_one.py"
    long.parent.mkdir()
    long.write_text(
        'def high(tower):\n    """How high it is."""\n    value = 1\n    return tower.height\n' * 3, encoding="utf-8"
    )
    for command in (
        ("inspect", file, long, "--rate", 0.4),
        ("inspect", long, "--rate", 0.4, "--why"),
        ("recipes", "list"),
    ):
        seen = on_a_terminal(*command, columns=40, NO_COLOR="1", TERM="dumb")
        table = [line for line in seen.splitlines() if "segments kept" not in line]
        assert len(table) > 3
        assert all(len(line.rstrip("\r")) <= 40 for line in table)


@POSIX
def test_colours_only_where_somebody_sees_them_and_wants_them(file):
    arguments = ("compress", file, "--rate", 0.5, "--diff", "--quiet")
    assert "\x1b[31m-" in on_a_terminal(*arguments)
    for more in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in on_a_terminal(*arguments, **more)
    assert "\x1b" not in run(*arguments)[0]
    assert "\x1b[3" not in on_a_terminal("inspect", file, "--rate", 0.5, NO_COLOR="1")


def test_what_pipes_do_not_need_is_not_loaded(file):
    code = (
        "import sys; from laconic.cli.app import app\n"
        f"try: app(['compress', {str(file)!r}, '--rate', '0.5'])\n"
        "except SystemExit: print('rich' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "False"
