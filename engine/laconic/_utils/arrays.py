"""Files of arrays, JSON and zip archives of any origin, read without trusting them.

A file may claim to hold more than memory: what it claims is compared with what is there, and with a limit, before room
is made for it. Nothing is unpickled.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from laconic._utils.files import LARGEST_BYTES, shipped_file
from laconic._utils.unicode import one_line
from laconic.exceptions import WeightsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Arrays", "arrays_of", "check_archive", "json_of", "npy_array", "shipped_json"]

_LARGEST_JSON_BYTES = 4 * 2**20
_MOST_ENTRIES = 10_000  # of a zip archive; each takes half a kilobyte
_LARGEST_HEADER_BYTES = 10_000  # numpy's own limit
_NUMBERS = "biuf"  # kinds of numpy's types: truth, whole numbers, fractions
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, OSError, NotImplementedError, RuntimeError,
    SyntaxError, MemoryError, OverflowError,
)  # fmt: skip
"""What the standard library and numpy raise about damaged files; RuntimeError about encrypted and nested ones."""


class Arrays:
    """The arrays of a ``.npz`` file by name; each is read when it is asked for.

    Args:
        archive: of a checked file.
        name: of the file, for messages.
        advice: ends messages.
    """

    def __init__(self, archive: zipfile.ZipFile, name: str, advice: str) -> None:
        self._archive = archive
        self._name = name
        self._advice = advice

    def __getitem__(self, name: str) -> NDArray[Any]:
        """The array as it stands there; not to be written to."""
        try:
            return npy_array(self._archive.read(f"{name}.npy"))
        except KeyError as error:
            raise WeightsError(f"{self._name} has no array {name}; {self._advice}") from error
        except _UNREADABLE as error:
            self._refuse(name, f"cannot be read ({_told(error)})", error)

    def floats(self, name: str) -> NDArray[np.float32]:
        """The array as finite numbers of 32 bits."""
        import numpy as np

        with np.errstate(over="ignore"):  # what is too large becomes infinite
            found = np.asarray(self[name], np.float32)
        if not np.isfinite(found).all():
            self._refuse(name, "has numbers that are not finite")
        return found

    def number(self, name: str) -> float:
        """The only number of an array; whole ones too."""
        found = self[name]
        if found.size != 1:
            self._refuse(name, f"has {found.size} numbers, expected one")
        return float(found.reshape(()))

    def text(self, name: str) -> str:
        """The array's bytes as UTF-8."""
        try:
            return self[name].tobytes().decode("utf-8")
        except UnicodeDecodeError as error:
            self._refuse(name, "is no UTF-8 text", error)

    def _refuse(self, name: str, problem: str, cause: BaseException | None = None) -> NoReturn:
        raise WeightsError(f"{self._name}: {name} {problem}; {self._advice}") from cause


@contextmanager
def arrays_of(read: Callable[[], bytes], name: str, version: int, advice: str) -> Iterator[Arrays]:
    """The arrays of a ``.npz`` file.

    Args:
        read: gives the file's bytes.
        name: what messages call it.
        version: what its array ``format`` must hold.
        advice: ends messages about a damaged file.

    Raises:
        WeightsError: the file or an array that the block asks for cannot be read, claims to be larger than it is or
            than `LARGEST_BYTES`, holds something else than numbers, or the file is of another format.
    """
    try:
        data = read()
        check_archive(data)
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _UNREADABLE as error:
        raise WeightsError(f"{name} cannot be read ({_told(error)}); {advice}") from error
    with archive:
        arrays = Arrays(archive, name, advice)
        found = arrays.number("format")
        if found != version:
            raise WeightsError(f"{name}: format {found:g}; this version of laconic reads format {version}; {advice}")
        yield arrays


def check_archive(data: bytes, largest_bytes: int = LARGEST_BYTES) -> None:
    """Refuse a zip archive that is damaged, encrypted, or larger than it may be when unpacked.

    Raises:
        zipfile.BadZipFile, ValueError, …: what is wrong.
    """
    if len(data) > largest_bytes:
        raise ValueError(f"it has {len(data)} bytes, and at most {largest_bytes} are read")
    # The list of entries is read whole when the archive is opened; each begins with this.
    if data.count(b"PK\x01\x02") > _MOST_ENTRIES:
        raise ValueError(f"it has more than {_MOST_ENTRIES} entries")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if len(names) != len(entries):
        raise ValueError("two of its entries have one name")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > largest_bytes:
        raise ValueError(f"its entries claim {unpacked} bytes unpacked, and at most {largest_bytes} are read")


def npy_array(data: bytes) -> NDArray[Any]:
    """The array of a ``.npy`` file, over the bytes given: read-only, nothing is copied.

    Raises:
        ValueError, …: it is damaged, holds something else than numbers, or its header claims another number of bytes
            than there are.
    """
    import numpy as np

    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, fortran, kind = np.lib.format.read_array_header_1_0(file, max_header_size=_LARGEST_HEADER_BYTES)
    elif version == (2, 0):
        shape, fortran, kind = np.lib.format.read_array_header_2_0(file, max_header_size=_LARGEST_HEADER_BYTES)
    else:
        raise ValueError(f"version {version} of npy is not read")
    if kind.kind not in _NUMBERS:
        raise ValueError(f"its type is {kind}, which is no number; pickles are not read (allow_pickle=False)")
    count = 1
    for length in shape:
        count *= length
    if min(shape, default=0) < 0 or count * kind.itemsize != len(data) - file.tell():
        raise ValueError(f"its header claims shape {shape} of {kind}, and {len(data) - file.tell()} bytes follow")
    return np.frombuffer(data, kind, count, file.tell()).reshape(shape, order="F" if fortran else "C")


def json_of(read: Callable[[], bytes], name: str, advice: str) -> dict[str, Any]:
    """The mapping of a JSON file; NaN and the infinities are refused.

    Args:
        read: gives the file's bytes.
        name: what messages call it.
        advice: ends messages.

    Raises:
        WeightsError: it cannot be read, is longer than 4 MB, or no mapping.
    """

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"it has the number {constant}")

    try:
        data = read()
        if len(data) > _LARGEST_JSON_BYTES:
            raise ValueError(f"it has {len(data)} bytes, and at most {_LARGEST_JSON_BYTES} are read")
        found = json.loads(data, parse_constant=refuse)
    except _UNREADABLE as error:
        raise WeightsError(f"{name} cannot be read ({_told(error)}); {advice}") from error
    if not isinstance(found, dict):
        raise WeightsError(f"{name} cannot be read (it holds a {type(found).__name__}, no mapping); {advice}")
    return found


def shipped_json(package: str, file: str, name: str) -> dict[str, Any]:
    """The mapping of a JSON file that ships inside a package.

    Raises:
        WeightsError: it is damaged.
    """
    return json_of(lambda: shipped_file(package, file), name, "reinstall laconic")


def _told(error: BaseException) -> str:
    return one_line(f"{type(error).__name__}: {error}" if isinstance(error, KeyError) else str(error), 200)
