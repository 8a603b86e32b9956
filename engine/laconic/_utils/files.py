"""Files that ship inside the package, and files of the caller's."""

from __future__ import annotations

import os
import stat
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.abc import ResourceLoader

__all__ = ["LARGEST_BYTES", "bytes_of", "shipped_file"]

LARGEST_BYTES = 64 * 2**20
"""Of a file of weights, and of what is unpacked from it; the largest that ships with laconic unpacks to 4 MB."""


def shipped_file(package: str, name: str) -> bytes:
    """What stands in a file of a package, from a folder or from a zip archive.

    As `pkgutil.get_data` does it: that and `importlib.resources` import modules for 9 ms at every program's first call.

    Args:
        package: a package's dotted name.
        name: the file's path inside of it, with slashes.

    Raises:
        OSError: there is no such file.
    """
    module = import_module(package)
    path = os.path.join(os.path.dirname(str(module.__file__)), *name.split("/"))
    loader: ResourceLoader = module.__loader__  # type: ignore[assignment]
    return loader.get_data(path)


def bytes_of(path: str | os.PathLike[str], largest_bytes: int = LARGEST_BYTES) -> bytes:
    """What stands in a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no ordinary file, or longer than ``largest_bytes``.
    """
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is no ordinary file")
    if status.st_size > largest_bytes:
        raise ValueError(f"it has {status.st_size} bytes, and at most {largest_bytes} are read")
    with open(path, "rb") as file:
        return file.read(status.st_size)
