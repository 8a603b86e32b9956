"""The hook before anything is stored: one function from text to text, at the door of every store."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from laconic.chain.cuts import CutStore
from laconic.chain.stores import SQLiteCuts
from laconic.exceptions import ConfigurationError, InputError, ProjectIndexError
from laconic.types import Passage

KEY = "sk-live-0123456789"
SOURCE = f'''"""Talks to the payment service."""

API_KEY = "{KEY}"


def charge(amount):
    """Charge with {KEY}."""
    return post("charges", amount, key=API_KEY)
'''


def hide(text: str) -> str:
    return text.replace(KEY, "<key>")


def refuse(text: str) -> str:
    raise PermissionError("this text is not to be stored")


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def store_in_cuts(folder: Path, redact: Any) -> None:
    CutStore(SQLiteCuts(folder / "cuts.db"), redact=redact).put([Passage(SOURCE, title=f"about {KEY}")])


def store_in_index(folder: Path, redact: Any) -> None:
    pytest.importorskip("faiss")
    from laconic.score.vectors.index import SemanticIndex

    SemanticIndex.build([Passage(SOURCE, title=f"about {KEY}")], redact=redact).save(folder / "docs.laconic")


def store_in_project(folder: Path, redact: Any) -> None:
    pytest.importorskip("tree_sitter_python")
    from laconic.project import ProjectIndex

    root = folder.parent / "project"
    root.mkdir(exist_ok=True)
    (root / "pay.py").write_text(SOURCE, encoding="utf-8")
    (root / "notes.md").write_text(f"The key is {KEY}.\n", encoding="utf-8")
    with ProjectIndex.build(root, folder / "index.sqlite", redact=redact, vectors="laconic-static"):
        pass


def store_in_memory(folder: Path, redact: Any) -> None:
    pytest.importorskip("llama_index.core")
    from llama_index.core.base.llms.types import ChatMessage

    from llama_index.postprocessor.laconic import LaconicHistoryBlock

    block = LaconicHistoryBlock(max_tokens=50, redact=redact)
    asyncio.run(block.aput([ChatMessage(role="user", content=SOURCE)]))
    (folder / "block.json").write_text(block.model_dump_json(), encoding="utf-8")


STORES = {
    "cuts": store_in_cuts,
    "semantic index": store_in_index,
    "project index": store_in_project,
    "memory of LlamaIndex": store_in_memory,
}
EVERY = pytest.mark.parametrize("store", STORES.values(), ids=STORES)


@EVERY
def test_what_the_hook_takes_out_is_in_no_file(store: Any, tmp_path: Path) -> None:
    plain, hidden = tmp_path / "plain", tmp_path / "hidden"
    plain.mkdir()
    hidden.mkdir()
    store(plain, None)
    store(hidden, hide)
    if "project" not in store.__name__:  # there texts are compressed
        assert KEY.encode() in on_disk(plain)
    assert on_disk(hidden)
    assert KEY.encode() not in on_disk(hidden)


@EVERY
def test_what_the_hook_raises_stores_nothing(store: Any, tmp_path: Path) -> None:
    folder = tmp_path / "stored"
    folder.mkdir()
    with pytest.raises(PermissionError):
        store(folder, refuse)
    assert KEY.encode() not in on_disk(folder)


@EVERY
@pytest.mark.parametrize("hook", ["hide", 5, lambda text: None, lambda text: b"x", lambda text: "\ud800"])
def test_a_hook_that_is_none_is_refused(store: Any, hook: Any, tmp_path: Path) -> None:
    folder = tmp_path / "stored"
    folder.mkdir()
    with pytest.raises((ConfigurationError, InputError, ValueError), match="redact") as caught:
        store(folder, hook)
    assert KEY not in str(caught.value)
    assert KEY.encode() not in on_disk(folder)


def test_a_project_shows_what_was_stored_and_never_the_file_beside_it(tmp_path: Path) -> None:
    pytest.importorskip("tree_sitter_python")
    from laconic.project import ProjectIndex, assemble_context

    root, path = tmp_path / "project", tmp_path / "index.sqlite"
    root.mkdir()
    (root / "pay.py").write_text(SOURCE, encoding="utf-8")

    def shown(index: ProjectIndex) -> str:
        found = assemble_context(index, "how is an amount charged with the api key", max_tokens=400)
        return found.context + index.read("pay.py") + str(index.find("charge"))

    with ProjectIndex.build(root, path, redact=hide) as index:
        assert "<key>" in shown(index)
        assert KEY not in shown(index)
        (root / "pay.py").write_text(SOURCE + f"\n\nOLD_KEY = '{KEY}'\n", encoding="utf-8")
        assert KEY not in shown(index)
        index.update()
        assert "OLD_KEY = '<key>'" in index.read("pay.py")
    with ProjectIndex.open(path) as index:
        (root / "pay.py").write_text(SOURCE + f"\n\nNEWER_KEY = '{KEY}'\n", encoding="utf-8")
        assert KEY not in shown(index)
        with pytest.raises(ProjectIndexError, match="holds redacted text: give redact"):
            index.update()
    with pytest.raises(ProjectIndexError, match="give redact"):
        ProjectIndex.build(root, path)
    with ProjectIndex.open(path, redact=hide) as index:
        index.update()
        assert "NEWER_KEY = '<key>'" in index.read("pay.py")


def test_an_index_that_no_hook_has_seen_is_refused_with_one(tmp_path: Path) -> None:
    pytest.importorskip("tree_sitter_python")
    from laconic.project import ProjectIndex

    (tmp_path / "pay.py").write_text(SOURCE, encoding="utf-8")
    with ProjectIndex.build(tmp_path) as index:
        assert KEY in index.read("pay.py")
    with pytest.raises(ProjectIndexError, match="has not seen: delete the file"):
        ProjectIndex.build(tmp_path, redact=hide)
