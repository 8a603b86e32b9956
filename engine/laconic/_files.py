"""Files that ship inside the package, and files of arrays."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from laconic.exceptions import WeightsError

if TYPE_CHECKING:
    from importlib.abc import ResourceLoader

    from numpy.typing import NDArray

__all__ = ["arrays_of", "shipped_file"]


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


@contextmanager
def arrays_of(read: Callable[[], bytes], name: str, version: int, advice: str) -> Iterator[Mapping[str, NDArray[Any]]]:
    """The arrays of a ``.npz`` file, read without pickles.

    Args:
        read: gives the file's bytes.
        name: what messages call it.
        version: what its array ``format`` must hold.
        advice: ends the message about a damaged file.

    Raises:
        WeightsError: the file or an array that the block asks for cannot be read, or it is of another format.
    """
    import numpy as np

    try:
        with np.load(io.BytesIO(read()), allow_pickle=False) as arrays:
            if int(arrays["format"]) != version:
                found = int(arrays["format"])
                raise WeightsError(f"{name}: format {found}; this version of laconic reads format {version}")
            yield arrays
    except (zipfile.BadZipFile, ValueError, KeyError, EOFError, OSError) as error:
        raise WeightsError(f"{name} cannot be read ({error}); {advice}") from error
