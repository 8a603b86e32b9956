"""SemanticIndex: what it finds, what survives a file, what a damaged file says."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vectors_support import DOCUMENTS

from laconic.exceptions import ConfigurationError, InputError, MissingDependencyError, WeightsError
from laconic.score.vectors.embedders import CheckedEmbedder
from laconic.score.vectors.index import SemanticIndex
from laconic.score.vectors.search import nearest
from laconic.score.vectors.static import StaticVectors
from laconic.types import Passage

pytest.importorskip("faiss")


def flat(dimensions: int, name: str = "flat") -> CheckedEmbedder:
    """An embedder whose vectors are as long as asked."""
    return CheckedEmbedder(name, lambda texts: [[float(len(t))] + [1.0] * (dimensions - 1) for t in texts])


def state(index: SemanticIndex) -> Any:
    hits = index.search("refund and money", top_k=max(1, len(index)))
    return index.ids, index.dimensions, [(hit.id, hit.text, hit.title, dict(hit.metadata), hit.score) for hit in hits]


def check(index: SemanticIndex) -> None:
    """Ids, documents and vectors are in step, and search ranks as a plain sort would."""
    assert len(index) == len(index.ids) == len(set(index.ids))
    hits = index.search("sugar for the recipe", top_k=len(index) + 3) if len(index) else []
    assert sorted(hit.id for hit in hits) == sorted(index.ids)
    table = StaticVectors.shared()
    query = table.embed(["sugar for the recipe"])[0]
    for hit in hits:
        text = f"{hit.title}\n{hit.text}" if hit.title else hit.text
        assert hit.score == pytest.approx(float(table.embed([text])[0] @ query), abs=1e-5)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_finds_by_meaning() -> None:
    index = SemanticIndex.build(DOCUMENTS)
    check(index)
    best = index.search("refund for a returned purchase", top_k=2)[0]
    assert best.text == DOCUMENTS[0]
    assert best.id == "0"


def test_passages_keep_id_title_and_metadata() -> None:
    passage = Passage("Within thirty days.", id="terms", title="Refunds", metadata={"page": 3})
    index = SemanticIndex.build([*DOCUMENTS[1:], passage])
    (hit,) = index.search("refunds", top_k=1)
    assert (hit.id, hit.title, hit.metadata) == ("terms", "Refunds", {"page": 3})
    check(index)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_adding_and_removing_keeps_everything_in_step(data: st.DataObject) -> None:
    index = SemanticIndex()
    kept: dict[str, str] = {}
    for _ in range(data.draw(st.integers(1, 6))):
        if kept and data.draw(st.booleans()):
            gone = data.draw(st.lists(st.sampled_from(sorted(kept)), unique=True))
            index.remove(gone)
            kept = {name: text for name, text in kept.items() if name not in gone}
        else:
            texts = data.draw(st.lists(st.sampled_from(DOCUMENTS), min_size=1, max_size=4))
            ids = index.add(texts, batch_size=2)
            assert not set(ids) & set(kept)
            kept.update(zip(ids, texts, strict=True))
        check(index)
        assert index.ids == list(kept)


def test_a_saved_index_is_the_same_index(tmp_path: Path) -> None:
    index = SemanticIndex.build([*DOCUMENTS, Passage("x\r\ny\u2028z ü", id="odd", metadata={"n": [1, None]}), ""])
    index.remove(["1"])
    path = tmp_path / "documents.laconic"
    index.save(path)
    loaded = SemanticIndex.load(path)
    assert state(loaded) == state(index)
    assert loaded.add(["one more"]) == index.add(["one more"])
    check(loaded)
    assert [entry.name for entry in tmp_path.iterdir()] == ["documents.laconic"]


def test_equal_indexes_are_equal_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        SemanticIndex.build(DOCUMENTS).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_empty_index_can_be_searched_saved_and_filled(tmp_path: Path) -> None:
    index = SemanticIndex()
    assert index.search("anything") == []
    assert index.dimensions is None
    assert index.add([]) == []
    index.remove([])
    index.save(tmp_path / "empty")
    loaded = SemanticIndex.load(tmp_path / "empty")
    assert len(loaded) == 0
    loaded.add(DOCUMENTS)
    check(loaded)


def test_progress_is_told_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[tuple[int, int]] = []
    SemanticIndex.build(DOCUMENTS, batch_size=2, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 5), (4, 5), (5, 5)]
    assert capsys.readouterr().err == ""
    SemanticIndex.build(DOCUMENTS, batch_size=3, progress=True)
    assert capsys.readouterr().err == "\rembedded 3 of 5 documents\rembedded 5 of 5 documents\n"


def test_a_failed_add_leaves_the_index_as_it_was() -> None:
    index = SemanticIndex.build(DOCUMENTS)
    before = state(index)
    for wrong, error, message in [
        (["new", 7], InputError, "document 1 is int"),
        ([Passage("a", id="0")], InputError, "id '0', which is taken"),
        ([Passage("a", id="k"), Passage("b", id="k")], InputError, "id 'k', which is taken"),
        ("text", InputError, "one string"),
    ]:
        with pytest.raises(error, match=message):
            index.add(wrong)  # type: ignore[arg-type]
        assert state(index) == before
    with pytest.raises(InputError, match="no document 'none'"):
        index.remove(["0", "none"])
    assert state(index) == before
    with pytest.raises(ConfigurationError, match="batch_size is 0"):
        index.add(["a"], batch_size=0)


def test_nan_in_the_second_batch_leaves_nothing_half_added() -> None:
    calls = 0

    def theirs(texts: list[str]) -> Any:
        nonlocal calls
        calls += 1
        return np.full((len(texts), 4), np.nan if calls == 2 else 1.0)

    index = SemanticIndex(CheckedEmbedder("theirs", theirs))
    with pytest.raises(ConfigurationError, match="NaN"):
        index.add(["a", "b", "c"], batch_size=1)
    assert len(index) == 0
    assert index.ids == []
    assert index.add(["a"]) == ["0"]


def test_documents_without_any_text() -> None:
    index = SemanticIndex(flat(3))
    with pytest.raises(InputError, match="none of the 2 documents has any text"):
        index.add(["", " "])
    index.add(["", "text"], batch_size=1)
    assert index.dimensions == 3
    assert index.search("text", top_k=1)[0].text == "text"


@pytest.mark.parametrize("query", ["", "  ", None])
def test_a_blank_question_is_refused(query: Any) -> None:
    with pytest.raises(InputError, match="search needs some words"):
        SemanticIndex.build(DOCUMENTS).search(query)


@pytest.mark.parametrize("top_k", [0, -1, 2.5, True])
def test_top_k_must_be_a_positive_whole_number(top_k: Any) -> None:
    with pytest.raises(ConfigurationError, match="top_k is"):
        SemanticIndex.build(DOCUMENTS).search("sugar", top_k=top_k)


def test_another_embedder_does_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "index"
    SemanticIndex.build(DOCUMENTS, flat(3)).save(path)
    with pytest.raises(ConfigurationError, match="3 dimensions and laconic-static gives 128"):
        SemanticIndex.load(path, "laconic-static")
    late = SemanticIndex.load(path, flat(5))  # its length shows with its first vector
    with pytest.raises(ConfigurationError, match="3 dimensions and flat gives 5"):
        late.search("anything")
    late = SemanticIndex.load(path, flat(5))
    with pytest.raises(ConfigurationError, match="3 dimensions and flat gives 5"):
        late.add(["anything"])
    assert len(SemanticIndex.load(path, flat(3)).search("anything")) == 5


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_every_damaged_byte_is_noticed(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "index"
    SemanticIndex.build(DOCUMENTS[:2]).save(path)
    whole = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        damaged = bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    else:
        # Names, dates and attributes in the zip's own headers say nothing about the content.
        with zipfile.ZipFile(path) as archive:
            entry = data.draw(st.sampled_from(archive.infolist()))
        start = entry.header_offset + 30 + len(entry.filename)
        place = data.draw(st.integers(start, start + entry.file_size - 1))
        whole[place] ^= 1 << data.draw(st.integers(0, 7))
        damaged = bytes(whole)
    path.write_bytes(damaged)
    with pytest.raises(WeightsError):
        SemanticIndex.load(path)


def rewrite(path: Path, **changes: Any) -> None:
    """Change the manifest and keep the file a valid zip."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(entries["manifest.json"])
    manifest.update(changes)
    entries["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "version 2"),
        ({"format": "other"}, "'other'"),
        ({"dimensions": 64}, r"manifest says float32 \(5, 64\)"),
        ({"documents": 4}, r"manifest says float32 \(4, 128\)"),
        ({"sha256": {}}, "KeyError"),
        ({"sha256": {"vectors.npy": "0", "documents.jsonl": "0"}}, "does not match its checksum"),
    ],
)
def test_a_manifest_that_does_not_fit(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = tmp_path / "index"
    SemanticIndex.build(DOCUMENTS).save(path)
    rewrite(path, **changes)
    with pytest.raises(WeightsError, match=message):
        SemanticIndex.load(path)


def test_a_missing_file_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        SemanticIndex.load(tmp_path / "nowhere")


def test_a_failed_save_leaves_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "index"
    index = SemanticIndex.build(DOCUMENTS)
    index.save(path)
    before = path.read_bytes()
    index.add([Passage("text", metadata={"when": object()})])
    with pytest.raises(InputError, match="metadata of document '5' cannot be saved as JSON"):
        index.save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["index"]


def test_a_full_disk_leaves_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "index"
    index = SemanticIndex.build(DOCUMENTS)
    index.save(path)
    before = path.read_bytes()

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("laconic.score.vectors.index_file.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        index.save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["index"]


def test_faiss_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("laconic.score.vectors.search.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"faiss-cpu .*laconic\[semantic\]"):
        SemanticIndex()


@given(st.integers(0, 30), st.integers(1, 8), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_search_with_and_without_faiss_is_the_same(n: int, k: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.integers(-2, 3, size=(n, 4)).astype(np.float32)  # many ties; products are exact
    query = random.integers(-2, 3, size=4).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        with_faiss = nearest(vectors, query, k)
        patch.setattr("laconic.score.vectors.search.find_spec", lambda name: None)
        without = nearest(vectors, query, k)
    assert with_faiss[1] == without[1]
    assert sorted(with_faiss[1], reverse=True) == with_faiss[1]
    assert [float(vectors[row] @ query) for row in with_faiss[0]] == with_faiss[1]
    assert with_faiss[0] == without[0]
