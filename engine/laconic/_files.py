"""Files that ship inside the package."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.abc import ResourceLoader

__all__ = ["shipped_file"]


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
