"""The command line, as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from threading import Event, Thread

import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

from served_project import FILES, LIMIT_S, environment, laconic_command, make_project, run, started
from structure_support import ROOT

import laconic
from laconic.project import ProjectIndex

DONE, FAILED, WRONG_USAGE, INTERRUPTED, NO_READER = 0, 1, 2, 130, 141
COMMANDS = {"batch", "calibrate", "compress", "evaluate", "index", "inspect", "mcp", "recipes", "serve", "stats"}


@pytest.fixture
def root(tmp_path):
    return make_project(tmp_path)


def said(code, *arguments, **more):
    """What a command says beside its output, when it ends with a code."""
    return run(*arguments, code=code, **more)[1]


def test_help_lists_the_commands_and_the_exit_codes():
    page, _ = run("--help")
    assert set(re.findall(r"^  (\w+)  ", page.partition("Commands:")[2], re.MULTILINE)) == COMMANDS
    for code in (DONE, FAILED, WRONG_USAGE, INTERRUPTED, NO_READER):
        assert re.search(rf"\b{code} ", page.partition("Exit codes:")[2])
    for command in COMMANDS:
        assert "Usage: laconic" in run(command, "--help")[0]


def test_the_exit_codes_are_documented():
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8").partition("## Exit codes")[2]
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    assert codes == {DONE, FAILED, WRONG_USAGE, INTERRUPTED, NO_READER}


def test_help_needs_neither_the_engine_nor_a_server():
    code = (
        "import sys; from laconic.cli.app import app\n"
        "try: app(['--help'])\nexcept SystemExit: print(sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    loaded = set(re.findall(r"'(\w+)'", done.stdout.splitlines()[-1]))
    assert not loaded & {
        "numpy",
        "pydantic",
        "tiktoken",
        "tree_sitter",
        "starlette",
        "uvicorn",
        "mcp",
        "anyio",
        "sqlite3",
    }


def test_version():
    done = subprocess.run(laconic_command("--version"), env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == laconic.__version__


def test_the_command_is_installed():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '\n[project.scripts]\nlaconic = "laconic.cli:main"\n' in text


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_its_extra_the_command_says_what_to_install(missing):
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop()); from extras_tour import hide\n"
        f"hide([{missing!r}]); from laconic.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT / "tests")],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == WRONG_USAGE
    assert (
        done.stderr.strip()
        == f"laconic: {missing} is needed for the command line. Install it with: pip install 'laconic[cli]'"
    )


@pytest.mark.parametrize(("missing", "command", "extra"), [("mcp", "mcp", "mcp"), ("starlette", "serve", "server")])
def test_without_a_servers_extra_it_says_what_to_install(missing, command, extra, root):
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop()); from extras_tour import hide\n"
        f"hide([{missing!r}]); from laconic.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, command, str(ROOT / "tests")],
        env=environment(), cwd=root, capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == WRONG_USAGE
    assert f"pip install 'laconic[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


# -- laconic index ----------------------------------------------------------------------------------------------------


def test_index_builds_then_brings_up_to_date(root):
    first = said(DONE, "index", root)
    assert re.match(rf"{len(FILES)} added in [\d.]+ s", first)
    assert re.search(rf"^{len(FILES)} files in \S+index\.sqlite, [\d.]+ MB$", first, re.MULTILINE)
    (root / "src/paint.py").unlink()
    (root / "src/new.py").write_text("def fresh():\n    pass\n", encoding="utf-8")
    assert re.match(rf"1 added, 1 removed, {len(FILES) - 1} as before in", said(DONE, "index", root))
    with ProjectIndex.open(root) as index:
        assert [symbol.path for symbol in index.find("fresh")] == ["src/new.py"]


def test_index_takes_patterns(root):
    said(DONE, "index", root, "--include", "src/*.py", "--exclude", "paint.py", "--exclude", "app.py")
    with ProjectIndex.open(root) as index:
        assert {file.path for file in index.files()} == {"src/auth.py", "src/store.py"}


def test_index_watches(root):
    with started(laconic_command("index", str(root), "--watch")) as process:
        next(line for line in process.stderr if "watching" in line)
        seen = Event()
        thread = Thread(target=keep_writing, args=(root / "src", seen))
        thread.start()
        told = next((line for line in process.stderr if "added" in line), "nothing")
        seen.set()
        thread.join()
        assert "1 added" in told
        process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT_S) == INTERRUPTED
        assert "Traceback" not in process.stderr.read()


def keep_writing(folder, seen):
    """A new file again and again, as nothing tells when the watching has begun."""
    number = 0
    while not seen.wait(1):
        number += 1
        (folder / f"new_{number}.py").write_text("def fresh():\n    pass\n", encoding="utf-8")


def test_no_colour_where_there_is_no_terminal_or_none_is_wanted(root):
    assert "\x1b" not in said(DONE, "index", root)
    assert "\x1b" not in said(WRONG_USAGE, "index", root, "--nothing")
    if not hasattr(os, "openpty"):
        pytest.skip("this system has no pseudo-terminals")
    for more, coloured in (({"NO_COLOR": "1"}, False), ({}, True)):
        (root / ".laconic/index.sqlite").unlink()
        output = on_a_terminal(laconic_command("index", str(root)), TERM="xterm-256color", **more)
        assert "files in" in output
        assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]", output)) is coloured  # a colour; the bar moves in any case


def on_a_terminal(command, **more):
    """What a command writes where it believes that a person looks at it."""
    ours, its = os.openpty()
    clean = {name: value for name, value in environment().items() if name != "NO_COLOR"}
    process = subprocess.Popen(command, env=clean | more, stdout=its, stderr=its)
    os.close(its)
    output = b""
    try:
        while part := os.read(ours, 65536):
            output += part
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert process.wait(LIMIT_S) == DONE
    return output.decode(errors="replace")


# -- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_root_that_does_not_exist(tmp_path):
    missing = tmp_path / "nothing"
    for arguments in (("index", missing), ("mcp", "--root", missing), ("serve", "--project", f"a={missing}")):
        assert str(missing) in said(FAILED if arguments[0] == "index" else WRONG_USAGE, *arguments)


def test_a_port_in_use(root):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for arguments in (("serve", "--project", root), ("mcp", "--root", root, "--transport", "http")):
            message = said(WRONG_USAGE, *arguments, "--port", port)
            assert f"port {port} of 127.0.0.1 is in use" in message
            assert "--port" in message


def test_a_network_is_not_served_without_a_token(root):
    for arguments in (("serve", "--project", root), ("mcp", "--root", root, "--transport", "http")):
        assert "--token" in said(WRONG_USAGE, *arguments, "--host", "0.0.0.0", "--port", 0)  # noqa: S104


def test_a_host_that_is_not_here(root):
    assert "cannot listen" in said(
        WRONG_USAGE, "serve", "--project", root, "--host", "192.0.2.1", "--token", "x", "--port", 0
    )


def test_an_index_that_is_none_is_not_overwritten(root):
    (root / ".laconic").mkdir()
    (root / ".laconic/index.sqlite").write_bytes(b"not an index" * 1000)
    assert "index.sqlite" in said(FAILED, "index", root)
    assert (root / ".laconic/index.sqlite").read_bytes() == b"not an index" * 1000


def test_wrong_usage():
    for arguments in (("serv",), ("index", "a", "b"), ("serve", "--port", "high"), ("mcp", "--transport", "pigeon")):
        assert said(WRONG_USAGE, *arguments)


def test_a_server_ends_in_good_order(root):
    """Told to by SIGINT, as by Ctrl-C."""
    with started(laconic_command("serve", "--project", str(root), "--port", "0")) as process:
        next(line for line in process.stderr if "http://" in line)
        process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT_S) == INTERRUPTED
        assert "Traceback" not in process.stderr.read()
