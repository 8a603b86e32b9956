"""Files of weights from anywhere: damaged, pickled, of another version or huge by their header, each is refused early.

The laws are the same for every loader: the error is laconic's own, names the file and what to do, and comes before
memory is taken.
"""

from __future__ import annotations

import io
import json
import os
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from laconic._utils.arrays import npy_array
from laconic._utils.files import LARGEST_BYTES, shipped_file
from laconic.exceptions import WeightsError
from laconic.score.code.features import FEATURES
from laconic.score.code.weights import Linear, Weights
from laconic.score.evidence.weights import load_weights
from laconic.score.pruning.statistics import WordStatistics
from laconic.score.vectors.index import SemanticIndex
from laconic.score.vectors.static import StaticVectors
from laconic.supercompress.checkpoint import load_checkpoint

MOST_MEMORY = 40_000_000  # the largest table is read in a seventh of it


class Kind(NamedTuple):
    """A kind of weights."""

    shipped: tuple[str, str]  # package and file
    load: Callable[[Path], object]
    array: str  # one that holds fractions
    named: bool  # whether messages name the path


def _opened(load: Callable[[Any], object]) -> Callable[[Path], object]:
    def loaded(path: Path) -> object:
        with path.open("rb") as file:
            return load(file)

    return loaded


KINDS = {
    "evidence": Kind(("laconic.score.evidence", "data/weights.npz"), load_weights, "linear", True),
    "eviction": Kind(("laconic.supercompress", "data/default.npz"), load_checkpoint, "linear", True),
    "vectors": Kind(("laconic.score.vectors", "data/static.npz"), _opened(StaticVectors.from_file), "scales", False),
    "words": Kind(("laconic.score.pruning", "data/words.npz"), _opened(WordStatistics.from_file), "frequency", False),
}


def good(kind: Kind) -> bytes:
    return shipped_file(*kind.shipped)


def with_entry(data: bytes, name: str, entry: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The archive with one entry in place of the one of that name."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", method) as after:
        for each in before.namelist():
            after.writestr(each, entry if each == f"{name}.npy" else before.read(each))
    return out.getvalue()


def npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def header(shape: str, kind: str = "<f4", data: bytes = b"") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def claiming(data: bytes, size: int) -> bytes:
    """The archive, whose first entry claims to have so many bytes unpacked."""
    at = data.index(b"PK\x01\x02")
    return data[: at + 24] + struct.pack("<I", size) + data[at + 28 :]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 255,)) + data[at + 1 :]


class Evil:
    """Makes a folder where it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(EVIDENCE),)


EVIDENCE = Path("pickle-was-opened")

DAMAGED: dict[str, Callable[[bytes, str], bytes]] = {
    "empty": lambda data, array: b"",
    "no archive": lambda data, array: b"weights" * 1000,
    "JSON": lambda data, array: b'{"format": 2}',
    "half": lambda data, array: data[: len(data) // 2],
    "without its end": lambda data, array: data[:-30],
    "without its beginning": lambda data, array: data[100:],
    "a changed byte": lambda data, array: flipped(data, len(data) // 2),
    "an empty archive": lambda data, array: b"PK\x05\x06" + bytes(18),
    "a pickle": lambda data, array: b"\x80\x04\x95cos\nsystem\n(S'true'\ntR.",
    "a pickled array": lambda data, array: with_entry(data, array, npy(np.array([Evil()]))),
    "text in place of numbers": lambda data, array: with_entry(data, array, npy(np.array(["a" * 9]))),
    "records in place of numbers": lambda data, array: with_entry(data, array, npy(np.zeros(2, "f4,i4"))),
    "complex numbers": lambda data, array: with_entry(data, array, npy(np.zeros(2, complex))),
    "an entry that is no array": lambda data, array: with_entry(data, array, b"zero"),
    "an empty entry": lambda data, array: with_entry(data, array, b""),
    "a scalar": lambda data, array: with_entry(data, array, npy(np.float32(1))),
    "another shape": lambda data, array: with_entry(data, array, npy(np.zeros((3, 4, 5), np.float32))),
    "another format": lambda data, array: with_entry(data, "format", npy(np.array(99))),
    "a format that is none": lambda data, array: with_entry(data, "format", npy(np.array(np.nan))),
    "several formats": lambda data, array: with_entry(data, "format", npy(np.array([1, 2]))),
    "no format": lambda data, array: with_entry(data, "format", npy(np.zeros(0))),
    "a later npy": lambda data, array: with_entry(data, array, b"\x93NUMPY\x09\x00" + bytes(99)),
    "a header of code": lambda data, array: with_entry(data, array, header("__import__('os').mkdir('x')")),
    "a nested header": lambda data, array: with_entry(data, array, header("(" * 900 + ")" * 900)),
    "a long header": lambda data, array: with_entry(data, array, header("(" + "1, " * 20_000 + ")")),
    "a negative shape": lambda data, array: with_entry(data, array, header("(-4,)")),
    "two negative sides": lambda data, array: with_entry(data, array, header("(-2, -2)", "<f4", bytes(16))),
    "half an array": lambda data, array: with_entry(data, array, header("(1000,)", "<f4", bytes(100))),
    "more than its array": lambda data, array: with_entry(data, array, header("(1,)", "<f4", bytes(100))),
}

HUGE: dict[str, Callable[[bytes, str], bytes]] = {
    "a trillion numbers": lambda data, array: with_entry(data, array, header("(1000000000000,)")),
    "a trillion in a square": lambda data, array: with_entry(data, array, header("(1000000, 1000000)")),
    "numbers without end": lambda data, array: with_entry(data, array, header(f"({10**30},)")),
    "numbers that are wide": lambda data, array: with_entry(data, array, header("(4,)", "<U500000000")),
    "nothing, very often": lambda data, array: with_entry(data, array, header(f"({10**15}, 0)", "|V0")),
    "a zip bomb": lambda data, array: with_entry(data, array, header("(20000000,)", "<f4", bytes(80_000_000))),
    "an entry that claims gigabytes": lambda data, array: claiming(data, 2**32 - 2),
    "very many entries": lambda data, array: (
        b"PK\x01\x02".ljust(46, b"\0") * 400_000
        + b"PK\x05\x06"
        + bytes(8)
        + struct.pack("<II", 18_400_000, 0)
        + bytes(2)
    ),
    "a long file": lambda data, array: bytes(LARGEST_BYTES + 1),
}


@pytest.fixture(scope="module", autouse=True)
def _read_once() -> None:
    for kind in KINDS.values():
        good(kind)


def refused(kind: Kind, path: Path, monkeypatch: pytest.MonkeyPatch) -> WeightsError:
    monkeypatch.chdir(path.parent)
    with pytest.raises(WeightsError) as caught:  # and no warning, which the test run takes for an error
        kind.load(path)
    message = str(caught.value)
    assert not kind.named or path.name in message
    assert "reinstall" in message or "training/" in message
    assert len(message) < 700
    assert sorted(path.parent.iterdir()) == [path], "something was made"
    return caught.value


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_files_are_refused(name: str, damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = KINDS[name]
    path = tmp_path / "given.npz"
    path.write_bytes(DAMAGED[damage](good(kind), kind.array))
    refused(kind, path, monkeypatch)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e300])
def test_numbers_that_are_none_are_refused(
    name: str, number: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = KINDS[name]
    with np.load(io.BytesIO(good(kind))) as arrays:
        array = arrays[kind.array].astype(np.float64 if name != "words" or number == 1e300 else np.float16)
    array.flat[-1] = np.inf if number == 1e300 and name == "words" else number
    path = tmp_path / "given.npz"
    path.write_bytes(with_entry(good(kind), kind.array, npy(array)))
    assert "finite" in str(refused(kind, path, monkeypatch))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("claim", HUGE)
def test_huge_files_are_refused_before_memory_is_taken(
    name: str, claim: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = KINDS[name]
    path = tmp_path / "given.npz"
    path.write_bytes(HUGE[claim](good(kind), kind.array))
    given = path.stat().st_size if not kind.named else 0  # those get an open file, and read it
    tracemalloc.start()
    try:
        refused(kind, path, monkeypatch)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY + given
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["evidence", "eviction"])
def test_what_is_no_ordinary_file_is_refused(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.npz")
    for place in (tmp_path, tmp_path / "pipe.npz", Path("/dev/zero"), tmp_path / "absent.npz"):
        with pytest.raises(WeightsError, match="cannot be read"):
            KINDS[name].load(place)


@pytest.mark.parametrize("name", KINDS)
def test_the_shipped_files_are_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "given.npz"
    path.write_bytes(good(KINDS[name]))
    KINDS[name].load(path)


def test_an_array_is_what_was_written() -> None:
    for array in (
        np.arange(6, dtype=np.int8).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array(5, ">u4"),
        np.zeros((3, 0), np.float16),
    ):
        read = npy_array(npy(array))
        assert np.array_equal(read, array)
        assert read.dtype == array.dtype


# -- torch --------------------------------------------------------------------------------------------------------


def test_tensors_that_claim_a_trillion_numbers_are_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "given.pt"
    one = torch.zeros(1).expand(10**12)
    torch.save({"kind": torch.zeros(1), "linear": one}, path)
    with pytest.raises(WeightsError, match=r"given\.pt.*claim more than"):
        load_checkpoint(path)
    torch.save({"kind": torch.zeros(1)}, path, _use_new_zipfile_serialization=False)
    with pytest.raises(WeightsError, match=r"given\.pt"):
        load_checkpoint(path)


# -- JSON ---------------------------------------------------------------------------------------------------------


def model(**changes: Any) -> dict[str, Any]:
    count = len(FEATURES)
    return {
        "features": list(FEATURES),
        "mean": [0.0] * count,
        "scale": [1.0] * count,
        "weight": [1.0] * count,
    } | changes


@pytest.mark.parametrize(
    "data",
    [
        None, [], 5, {}, model(features=None), model(features=["a"]), model(mean=[1.0]), model(mean="0"),
        model(mean=[[0.0]] * len(FEATURES)), model(mean=[0.0] * (len(FEATURES) - 1) + [10**400]),
        model(weight=[float("nan")] * len(FEATURES)), model(scale=[0.0] * len(FEATURES)),
        model(scale=[-1.0] * len(FEATURES)), model(weight=[{}] * len(FEATURES)), model(weight=["a"] * len(FEATURES)),
    ],
)  # fmt: skip
def test_models_that_are_none_are_refused(data: Any) -> None:
    with pytest.raises(WeightsError, match=r"definitions.*(reinstall|train)"):
        Linear.from_json(data, FEATURES, "definitions")
    with pytest.raises(WeightsError, match=r"definitions.*(reinstall|train)"):
        Weights.from_json({"definitions": data})


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"5", b"\xff\xfe{", b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": ' + b"9" * 5000 + b"}",
     b"[" * 100_000, b" " * 5_000_000],
    ids=range(10),
)  # fmt: skip
def test_damaged_json_is_refused(text: bytes) -> None:
    from laconic._utils.arrays import json_of

    with pytest.raises(WeightsError, match=r"^the file cannot be read .*; mend it$"):
        json_of(lambda: text, "the file", "mend it")


# -- a saved index ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["(1000000000000, 128)", "(1000000, 1000000)", f"({10**20},)"])
def test_an_index_whose_vectors_claim_a_trillion_numbers_is_refused(shape: str, tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    import hashlib

    path = tmp_path / "saved.index"
    SemanticIndex("laconic-static").save(path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries["vectors.npy"] = header(shape)
    manifest = json.loads(entries["manifest.json"])
    manifest["sha256"]["vectors.npy"] = hashlib.sha256(entries["vectors.npy"]).hexdigest()
    entries["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    tracemalloc.start()
    try:
        with pytest.raises(WeightsError, match=r"saved\.index.*build the index again"):
            SemanticIndex.load(path)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()
