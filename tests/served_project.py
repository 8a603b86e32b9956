"""A small project, and servers of it as processes of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO, TextIOWrapper
from pathlib import Path
from threading import Timer
from unittest.mock import patch

import pytest
from structure_support import ROOT

from laconic.cli import main

FILES = {
    "src/auth.py": '"""Authentication: who may log in, and for how long."""\n\n'
    "from src.store import Store\n\n\n"
    "class Session:\n"
    '    """What a user has after login."""\n\n'
    "    def __init__(self, user, token):\n"
    "        self.user = user\n"
    "        self.token = token\n\n\n"
    "def login(store: Store, name: str, password: str) -> Session:\n"
    '    """A session for a user whose password authentication accepts."""\n'
    "    found = store.user(name)\n"
    "    if found is None or found.password != password:\n"
    '        raise PermissionError("authentication failed")\n'
    "    return Session(found, store.new_token(found))\n",
    "src/store.py": '"""Where users are kept."""\n\n\n'
    "class Store:\n"
    '    """All users."""\n\n'
    "    def user(self, name):\n"
    "        return self.rows.get(name)\n\n"
    "    def new_token(self, user):\n"
    "        return hash(user)\n",
    "src/app.py": '"""The application: pages, and authentication of their readers."""\n\n'
    "from src.auth import login\n"
    "from src.store import Store\n\n\n"
    "def page(request):\n"
    '    """The page that was asked for, after authentication."""\n'
    "    return login(Store(), request.name, request.password).user\n",
    "src/paint.py": '"""Colours of the house: <img src=x onerror=document.title=1> and 12 more."""\n\n\n'
    'def mix(one, other):\n    """Between two colours."""\n    return one\n',
}
QUESTION = "How does authentication work?"
SECRET = "nobody outside may read this"
LIMIT_S = 40  # a command that hangs is ended, and its test fails
SERVER_LIMIT_S = 300  # and so is a server that a module's tests share


def make_project(folder: Path) -> Path:
    """The project in a folder beside a secret, which a link in it points to."""
    root = folder / "project"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    (folder / "secret.py").write_text(f'"""{SECRET}, authentication."""\n', encoding="utf-8")
    with suppress(OSError):  # a system that does not let anybody link
        (root / "src" / "link.py").symlink_to(folder / "secret.py")
    return root


def environment(**more: str) -> dict[str, str]:
    """Of a process that imports this checkout and takes no detour to this machine."""
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return {**clean, "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "engine", ROOT / "integrations"))), **more}


def laconic_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "laconic.cli", *arguments]


def run(*arguments: object, given: bytes = b"", code: int = 0, **more: str) -> tuple[str, str]:
    """Standard output and error of a command that ends with a code.

    It runs in this process, whose start takes longer than most commands; what a process is needed for (terminals,
    signals, imports, closed pipes) is tested in `test_cli` and `test_cli_bad_input`.

    Args:
        arguments: of the command line.
        given: its standard input.
        code: that it must exit with.
        more: variables of its environment.
    """
    stdin, stdout, stderr = (TextIOWrapper(BytesIO(each), "utf-8") for each in (given, b"", b""))
    with (
        patch.multiple(sys, argv=["laconic", *map(str, arguments)], stdin=stdin, stdout=stdout, stderr=stderr),
        patch.dict(os.environ, more),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    out, told = (each.buffer.getvalue().decode() for each in (stdout, stderr))
    assert (ended.value.code or 0) == code, told
    assert "Traceback" not in told
    return out, told


@contextmanager
def started(command: Sequence[str], **more: str) -> Iterator[subprocess.Popen[str]]:
    """A process whose standard error is read; it is ended with the block, and after `SERVER_LIMIT_S` in any case."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment(**more), text=True)
    limit = Timer(SERVER_LIMIT_S, process.kill)
    limit.start()
    try:
        yield process
    finally:
        process.terminate()
        process.wait(LIMIT_S)
        limit.cancel()
        assert process.stderr is not None
        process.stderr.close()


@contextmanager
def running(command: Sequence[str], **more: str) -> Iterator[str]:
    """The address that a server says it answers at; it is ended with the block."""
    with started(command, **more) as process:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"http://\S+", line):
                yield found.group()
                return
        raise AssertionError(f"the server ended: {''.join(said)}")
