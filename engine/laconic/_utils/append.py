"""Lines appended to a file that threads and processes share: each of them whole, or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["append_line", "make_appendable"]

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_MODE = 0o600  # what is recorded may be private


def make_appendable(path: str) -> None:
    """Make a file where there is none, which its owner alone can read.

    Raises:
        OSError: lines cannot be appended to it.
    """
    os.close(os.open(path, _FLAGS, _MODE))


def append_line(path: str, line: bytes) -> None:
    """Append a line, and its end, to a file; made where there is none.

    Args:
        path: of the file.
        line: without a line end.

    Raises:
        OSError: it cannot be written; nothing of the line is then in the file.

    The file is opened for each line, so it may be moved away in between. A line that a killed process left without an
    end is ended first, so that it costs no other.
    """
    descriptor = os.open(path, _FLAGS, _MODE)
    try:
        with _locked(descriptor):
            _write(descriptor, line + b"\n")
    finally:
        os.close(descriptor)


def _write(descriptor: int, line: bytes) -> None:
    size = os.lseek(descriptor, 0, os.SEEK_END)
    if size:
        os.lseek(descriptor, -1, os.SEEK_END)
        if os.read(descriptor, 1) != b"\n":
            line = b"\n" + line
    rest = memoryview(line)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError:
        with suppress(OSError):  # a full disk takes it back as a rule
            os.ftruncate(descriptor, size)
        raise


if sys.platform == "win32":
    import msvcrt

    _FAR = 2**31 - 2  # a byte that no file of lines reaches: what is locked there cannot be read

    @contextmanager
    def _locked(descriptor: int) -> Iterator[None]:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        try:
            yield
        finally:
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    @contextmanager
    def _locked(descriptor: int) -> Iterator[None]:
        with suppress(OSError):  # a file system without locks; most write a line in one piece all the same
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # ends when the file is closed
        yield
