"""What an index of a source tree promises: it says what a fresh one would say, whatever happened to it before."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from structure_support import ROOT

from laconic.exceptions import ConfigurationError, InputError, ProjectIndexError
from laconic.lod import LODExtractor
from laconic.project import ProjectIndex
from laconic.project.schema import SCHEMA, writing_alone
from laconic.project.terms import query_words

NOBODY = 65534
SHOP = {
    "README.md": "# Shop\n\nCustomers authenticate with a password.\n",
    "shop/__init__.py": "from shop.cart import Cart\n",
    "shop/cart.py": '''"""A cart that holds items."""
from shop.prices import discounted
from .store import Store


class Cart(Store):
    """What a customer wants to buy.

    More about it.
    """

    def add(self, item):
        """Put an item in."""
        self.keep(item)

    def total(self):
        return sum(discounted(item) for item in self.items)

    def _forget(self):
        pass
''',
    "shop/prices.py": "def discounted(item):\n    return item.price * 0.9\n",
    "shop/store.py": "class Store:\n    def keep(self, item):\n        self.items.append(item)\n",
    "tools/report.py": "import shop.prices\n\nclass Other:\n    def keep(self):\n        pass\n",
    "conf.yaml": "currency: EUR\n",
}


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        os.utime(path, (1_000_000_000, 1_000_000_000))  # long ago, so that time and size tell whether it changed
    return root


@pytest.fixture
def shop(tmp_path):
    return write(tmp_path / "shop project", SHOP)


@pytest.fixture
def index(shop):
    with ProjectIndex.build(shop) as made:
        yield made


def said(index):
    """Everything that an index says, without the numbers of its files."""
    paths = index.paths()
    with sqlite3.connect(index.path) as db:
        postings = {
            (term, paths[file], count, in_path, places)
            for term, file, count, in_path, places in db.execute("SELECT * FROM postings")
        }
        mentions = {(paths[file], *rest) for file, *rest in db.execute("SELECT * FROM mentions")}
        edges = {(paths[one], paths[other], *rest) for one, other, *rest in db.execute("SELECT * FROM edges")}
    db.close()
    files = {
        file: (index.symbols(file.path), [index.level(file.path, lod) for lod in range(6)]) for file in index.files()
    }
    return files, postings, mentions, edges


def reasons(index):
    return {skipped.path: skipped.reason for skipped in index.report.skipped}


# --- what it holds


def test_files_and_symbols_are_those_of_the_tree(index):
    assert [file.path for file in index.files()] == sorted(SHOP)
    cart = index.file("shop/cart.py")
    assert (cart.language, cart.has_symbols, cart.lines) == ("python", True, SHOP["shop/cart.py"].count("\n"))
    assert "cart that holds items" in cart.summary
    kept = {symbol.qualname: symbol for symbol in index.symbols("shop/cart.py")}
    assert list(kept) == ["Cart", "Cart.add", "Cart.total", "Cart._forget"]
    assert kept["Cart"].doc == "What a customer wants to buy."
    assert kept["Cart.add"].signature == "def add(self, item):"
    assert [symbol.exported for symbol in kept.values()] == [True, True, True, False]
    for symbol in kept.values():
        text = SHOP["shop/cart.py"][symbol.start : symbol.end]
        assert text.startswith(symbol.signature[:8])
        assert "\n".join(SHOP["shop/cart.py"].split("\n")[symbol.line - 1 : symbol.end_line]).strip() == text


def test_text_in_no_language_is_there_and_says_that_it_has_no_symbols(index):
    readme = index.file("README.md")
    assert (readme.language, readme.has_symbols, readme.summary) == (None, False, "Shop")
    piece = index.level("README.md", 4)
    assert (piece.text, piece.lod, piece.fallback) == (SHOP["README.md"], 0, True)


def test_levels_are_those_of_the_extractor(index):
    for path in ("shop/cart.py", "shop/prices.py", "README.md"):
        for lod in range(6):
            assert index.level(path, lod) == LODExtractor().extract(SHOP[path], lod, path)
            assert index.level(path, lod) == LODExtractor().extract(path, lod, index), "as SourcePrep calls it"
        assert index.read(path) == SHOP[path]
        assert set(index.sizes(path).values()) == {len(index.level(path, lod).text) for lod in index.sizes(path)}


def test_nothing_is_read_when_it_is_asked(shop, index):
    before = said(index)
    for path in sorted(shop.rglob("*"), reverse=True):
        if ".laconic" not in path.parts and path.is_file():
            path.unlink()
    assert said(index) == before


def test_names_are_resolved_over_files(index):
    assert index.imports("shop/cart.py") == ["shop/store.py", "shop/prices.py"]
    assert index.importers("shop/prices.py") == ["shop/cart.py", "tools/report.py"]
    assert set(index.neighbours("shop/cart.py")) == {"shop/prices.py", "shop/store.py", "shop/__init__.py"}
    assert index.hubs(1) == ["shop/prices.py"]
    (add,), (keep, _) = index.find("Cart.add"), index.find("keep")
    assert index.callees(add) == [keep], "the method of the base, not that of another class"
    assert index.callers(keep) == [add]
    assert index.bases(index.find("Cart")[0]) == index.find("Store")
    assert index.subclasses(index.find("Store")[0]) == index.find("Cart")


def test_find_takes_names_and_tails_of_qualified_names(index):
    assert [symbol.path for symbol in index.find("keep")] == ["shop/store.py", "tools/report.py"]
    assert [symbol.path for symbol in index.find("Store.keep")] == ["shop/store.py"]
    assert index.find("tore.keep") == index.find("nothing") == []


@pytest.mark.parametrize(
    ("importing", "statement", "meant"),
    [
        ("web/app.ts", 'import { a } from "./lib/util";\n', "web/lib/util.ts"),
        ("web/app.ts", "import a from '../web/lib';\n", "web/lib/index.ts"),
        ("src/main.rs", "use crate::model::User;\n", "src/model.rs"),
        ("src/App.java", "import org.shop.model.User;\nclass App {}\n", "src/org/shop/model/User.java"),
        ("cmd/main.go", 'package main\nimport "example.com/shop/store"\n', "shop/store/disk.go"),
        ("src/a.c", '#include "list.h"\n', "src/list.h"),
        ("lib/main.dart", "import 'package:shop/src/cart.dart';\n", "lib/src/cart.dart"),
        ("app/b.rb", "require_relative 'c'\n", "app/c.rb"),
        ("app/b.php", "<?php\nuse App\\Models\\User;\n", "app/Models/User.php"),
        ("a/B.kt", "import a.c.Thing\n", "a/c/Things.kt"),
        ("pkg/sub/x.py", "from .. import util\n", "pkg/util.py"),
        ("pkg/sub/x.py", "from ..util import f as g, h\n", "pkg/util.py"),
        ("pkg/sub/x.py", "import pkg.util as u\n", "pkg/util.py"),
    ],
)
def test_an_import_means_the_file_that_its_language_would_load(tmp_path, importing, statement, meant):
    files = {
        "web/lib/util.ts": "export const a = 1;\n", "web/lib/index.ts": "export const a = 1;\n",
        "src/model.rs": "pub struct User;\n", "src/org/shop/model/User.java": "class User {}\n",
        "shop/store/disk.go": "package store\n", "src/list.h": "int push(void);\n", "src/list.c": "int push(void);\n",
        "other/list.h": "int pop(void);\n", "lib/src/cart.dart": "class Cart {}\n", "app/c.rb": "def c\nend\n",
        "app/Models/User.php": "<?php\nclass User {}\n", "a/c/Things.kt": "class Thing\n", "pkg/util.py": "f = 1\n",
        "other/util.py": "f = 2\n", importing: statement,
    }  # fmt: skip
    with ProjectIndex.build(write(tmp_path, files)) as index:
        assert index.imports(importing) == [meant]


def test_an_imported_folder_means_the_files_of_it_that_are_used(tmp_path):
    files = {f"shop/store/f{at}.go": f"package store\n\nfunc Open{at}() {{}}\n" for at in range(9)}
    files["cmd/main.go"] = 'package main\n\nimport "example.com/shop/store"\n\nfunc main() { store.Open7() }\n'
    with ProjectIndex.build(write(tmp_path, files)) as index:
        assert index.imports("cmd/main.go") == ["shop/store/f7.go"]


def test_postings_count_the_words_of_files_paths_and_definitions(index):
    (word,) = query_words("discounted")
    found = index.postings([word, "nowhere"])
    assert list(found) == [word]
    paths, postings = index.paths(), found[word]
    in_text = {
        paths[file]: count for file, count in zip(postings.files.tolist(), postings.counts.tolist(), strict=True)
    }
    assert in_text == {"shop/cart.py": 2, "shop/prices.py": 1}
    assert {symbol.qualname for symbol in index.symbols_at(postings.places.tolist())} == {"Cart.total", "discounted"}
    (cart,) = query_words("cart")
    named = index.postings([cart])[cart]
    assert [paths[file] for file in named.files[named.in_path > 0].tolist()] == ["shop/cart.py"]
    assert [document.plain_name for document in index.documents(postings.places.tolist())] == ["total", "discounted"]


def test_vectors_are_kept_where_they_are_asked_for(shop, index):
    assert index.vectors() is None
    with ProjectIndex.build(shop, vectors="laconic-static") as other:
        places, matrix = other.vectors()
        assert len(places) == len(matrix) > len(SHOP)
        assert matrix.any(axis=1).all()
    write(shop, {"shop/new.py": "def checkout():\n    pass\n"})
    with ProjectIndex.open(shop) as opened:
        opened.update()
        assert len(opened.vectors()[0]) == len(places) + 1


# --- keeping it fresh


def test_an_update_reads_what_changed_and_says_what_a_fresh_index_says(shop, index, tmp_path):
    assert index.report.added == len(SHOP)
    write(
        shop, {"shop/prices.py": "def halved(item):\n    return item.price / 2\n", "shop/more.py": "import shop.cart\n"}
    )
    (shop / "tools/report.py").unlink()
    report = index.update()
    assert (report.added, report.changed, report.removed, report.unchanged) == (1, 1, 1, len(SHOP) - 2)
    with ProjectIndex.build(shop, tmp_path / "fresh.sqlite") as fresh:
        assert said(index) == said(fresh)


def test_names_that_come_and_go_move_the_edges_of_files_that_did_not_change(shop, index):
    write(shop, {"other/prices.py": "", "shop/prices.py": ""})
    (shop / "shop/prices.py").unlink()
    index.update()
    assert index.imports("shop/cart.py") == ["shop/store.py"]
    write(shop, {"shop/prices.py": SHOP["shop/prices.py"]})
    index.update()
    assert index.imports("shop/cart.py") == ["shop/store.py", "shop/prices.py"]


def test_an_update_of_nothing_writes_nothing(shop, index):
    with ProjectIndex.open(shop) as reader:
        before = reader.version
        os.utime(shop / "conf.yaml", (1_000_000_000, 1_000_000_000))
        assert index.update().unchanged == len(SHOP)
        assert reader.version == before


def test_content_decides_where_time_and_size_differ_or_are_recent(shop, index):
    os.utime(shop / "conf.yaml", (1_000_000_001, 1_000_000_001))
    assert index.update().changed == 0
    now = time.time()
    for text in ("currency: USD\n", "currency: CHF\n"):  # of one size, at one time
        (shop / "conf.yaml").write_text(text, encoding="utf-8")
        os.utime(shop / "conf.yaml", (now, now))
        assert index.update().changed == 1
        assert index.read("conf.yaml") == text


def test_settings_of_a_build_hold_for_updates(shop):
    with ProjectIndex.build(shop, exclude=["tools/"], include=["*.py"], max_bytes=100) as index:
        assert [file.path for file in index.files()] == ["shop/__init__.py", "shop/prices.py", "shop/store.py"]
        write(shop, {"tools/more.py": "", "shop/more.py": ""})
    with ProjectIndex.open(shop) as index:
        assert index.update().added == 1


def test_a_watch_updates_until_it_is_stopped(shop, index):
    stop, seen = threading.Event(), threading.Semaphore(0)
    with ProjectIndex.open(shop) as watching:
        thread = threading.Thread(target=watching.watch, args=(stop, lambda _: seen.release()))
        thread.start()
        try:
            assert seen.acquire(timeout=20)
            write(shop, {"shop/new.py": "def checkout():\n    pass\n"})
            assert seen.acquire(timeout=20)
        finally:
            stop.set()
            thread.join(20)
        assert not thread.is_alive()
    assert index.find("checkout")


def test_progress_counts_up_to_all_files(shop):
    calls = []
    with ProjectIndex.build(shop, on_progress=lambda *call: calls.append(call)):
        assert [done for done, _, _ in calls] == list(range(1, len(SHOP) + 1))
        assert {total for _, total, _ in calls} == {len(SHOP)}
        assert {path for _, _, path in calls} == set(SHOP)


# --- what is left out, and why


def test_what_is_left_out_is_reported_with_the_reason(tmp_path):
    files = {
        "a.py": "", ".gitignore": "*.log\nout/\n!kept.log\n", "x.log": "", "kept.log": "kept", "out/a.py": "",
        "sub/.gitignore": "/b.py\n", "sub/b.py": "", "sub/sub/b.py": "", ".hidden/a.py": "", "node_modules/m/a.js": "",
        "third_party/a.c": "", "__pycache__/a.py": "", "yarn.lock": "", "x_pb2.py": "",
        "gen.go": "// Code generated by tool. DO NOT EDIT.\npackage a\n", "a.min.js": "", "image.png": b"\x89PNG\0\0",
        "packed.js": "var a=1;" * 1000, "large.txt": "word " * 500_000,
    }  # fmt: skip
    with ProjectIndex.build(write(tmp_path, files)) as index:
        assert {file.path for file in index.files()} == {"a.py", "kept.log", "sub/sub/b.py"}
        found = reasons(index)
    assert found.pop("large.txt").startswith("too large: 2500000 bytes")
    assert found == {
        ".gitignore": "hidden", "x.log": "ignored by .gitignore", "out/": "ignored by .gitignore",
        "sub/.gitignore": "hidden", "sub/b.py": "ignored by sub/.gitignore", ".hidden/": "hidden",
        ".laconic/": "hidden", "node_modules/": "vendored", "third_party/": "vendored", "__pycache__/": "built",
        "yarn.lock": "generated", "x_pb2.py": "generated", "gen.go": "generated", "a.min.js": "minified",
        "image.png": "binary", "packed.js": "minified",
    }  # fmt: skip


def test_exclude_has_the_last_word(tmp_path):
    files = {"vendor/a.py": "", ".github/b.yml": "", ".gitignore": "c.py\n", "c.py": "", "d.py": ""}
    with ProjectIndex.build(write(tmp_path, files), exclude=["d.py", "!vendor/", "!.github/", "!c.py"]) as index:
        assert [file.path for file in index.files()] == [".github/b.yml", "c.py", "vendor/a.py"]


def test_symbolic_links_are_not_followed(tmp_path):
    root = write(tmp_path / "root", {"sub/a.py": ""})
    write(tmp_path, {"secret.py": "password = 1\n"})
    (root / "loop").symlink_to(root)
    (root / "sub/up").symlink_to("..")
    (root / "out").symlink_to(tmp_path)
    (root / "out.py").symlink_to(tmp_path / "secret.py")
    with ProjectIndex.build(root) as index:
        assert [file.path for file in index.files()] == ["sub/a.py"]
        assert {path for path, reason in reasons(index).items() if reason == "symbolic link"} == {
            "loop", "sub/up", "out", "out.py",
        }  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_no_unicode_are_written_as_escapes(tmp_path):
    with open(os.fsencode(tmp_path) + b"/caf\xe9.py", "w", encoding="utf-8") as file:
        file.write("def serve():\n    pass\n")
    with ProjectIndex.build(tmp_path) as index:
        assert [file.path for file in index.files()] == ["caf\\xe9.py"]
        assert index.find("serve")[0].path == "caf\\xe9.py"
        assert index.update().unchanged == 1


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("naïve = 1\n".encode("utf-8-sig"), "naïve = 1\n"),
        ("naïve = 1\n".encode("utf-16"), "naïve = 1\n"),
        ("naïve = 1\n".encode("latin-1"), "naïve = 1\n"),
        ("# -*- coding: cp1251 -*-\nимя = 1\n".encode("cp1251"), "# -*- coding: cp1251 -*-\nимя = 1\n"),
        (b"# coding: rot13\na = 1\r\n", "# coding: rot13\na = 1\r\n"),
        ("# coding: rot13\nb = 'ï'\n".encode("latin-1"), "# coding: rot13\nb = 'ï'\n"),
        (b"\xff\xfe\x00", None),
        (b"a\0b", None),
        (bytes(range(1, 32)) + b"\xff" * 9, None),
        (b"", ""),
    ],
)
def test_contents_are_decoded_by_the_documented_rule(tmp_path, data, text):
    with ProjectIndex.build(write(tmp_path, {"a.py": data})) as index:
        if text is None:
            assert reasons(index)["a.py"] == "binary"
        else:
            assert index.read("a.py") == text
            assert index.update().unchanged == 1


@pytest.fixture
def unprivileged():
    """A folder of somebody who may not read everything; the tests may run as root, who may."""
    if not hasattr(os, "geteuid"):
        pytest.skip("needs users")
    me = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        if me == 0:
            os.chown(name, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Path(name)
        finally:
            os.seteuid(me)


def test_what_cannot_be_read_is_reported_and_stays_as_it_was(index, unprivileged):
    root = write(unprivileged / "shop", SHOP)
    with ProjectIndex.build(root) as own:
        (root / "shop/cart.py").chmod(0)
        (root / "tools").chmod(0)
        try:
            os.utime(root / "shop/cart.py")
            report = own.update()
        finally:
            (root / "tools").chmod(0o755)
        assert (report.removed, report.unchanged) == (0, len(SHOP))
        assert {each.path: each.reason.partition(":")[0] for each in report.skipped if "hidden" not in each.reason} == {
            "shop/cart.py": "unreadable", "tools/": "unreadable",
        }  # fmt: skip
        assert own.find("Cart.add")
        assert own.find("Other")


def test_a_folder_that_cannot_be_written_to_is_an_error_that_names_the_option(unprivileged):
    root = write(unprivileged / "shop", SHOP)
    root.chmod(0o555)
    with pytest.raises(ProjectIndexError, match=r"cannot be made .*: give path="):
        ProjectIndex.build(root)
    with ProjectIndex.build(root, unprivileged / "index.sqlite") as index:
        assert index.find("Cart")
    folder = unprivileged / "kept"
    folder.mkdir()
    (unprivileged / "index.sqlite").rename(folder / "index.sqlite")
    folder.chmod(0o555)
    try:
        with ProjectIndex.open(folder / "index.sqlite") as index:
            assert index.find("Cart"), "an index may lie where nobody writes"
    finally:
        folder.chmod(0o755)
        root.chmod(0o755)


def test_a_file_that_vanishes_and_one_that_is_no_file_are_reported(tmp_path):
    write(tmp_path, {"a.py": "", "b.py": ""})
    os.mkfifo(tmp_path / "pipe.py")

    def vanish(done, *_):
        (tmp_path / "b.py").unlink(missing_ok=True)

    with ProjectIndex.build(tmp_path, on_progress=vanish) as index:
        assert [file.path for file in index.files()] == ["a.py"]
        assert reasons(index)["b.py"] == "vanished"
        assert reasons(index)["pipe.py"].startswith("no file")


def test_source_that_no_parser_reads_is_kept(tmp_path):
    files = {"broken.py": "def f(:\n  class\n" * 50, "deep.js": "[\n" * 5000, "nul.c": "int a;\n" + "{" * 3000}
    with ProjectIndex.build(write(tmp_path, files)) as index:
        assert {file.path: index.read(file.path) for file in index.files()} == files


def test_an_empty_project_has_an_empty_index(tmp_path):
    with ProjectIndex.build(tmp_path) as index:
        assert (index.files(), index.hubs(3), index.find("a"), index.postings(["a"])) == ([], [], [], {})
        assert index.statistics().files == 0
        assert index.complete


# --- errors


def test_a_path_that_is_not_there_names_the_nearest(index):
    for ask in (index.file, index.read, index.symbols, index.neighbours, index.sizes, index.importers):
        with pytest.raises(InputError, match=r"shop/cart\.pi .*did you mean shop/cart\.py\?"):
            ask("shop/cart.pi")
    with pytest.raises(ConfigurationError, match="lod is 6"):
        index.level("shop/cart.py", 6)


@pytest.mark.parametrize(
    "option", [{"max_bytes": 0}, {"include": "*.py"}, {"exclude": ["\\"]}, {"vectors": 3}], ids=str
)
def test_options_that_cannot_work_are_refused(shop, option):
    with pytest.raises(ConfigurationError):
        ProjectIndex.build(shop, **option)


def test_a_root_that_is_no_folder_is_refused(shop, index):
    with pytest.raises(InputError, match="no folder"):
        ProjectIndex.build(shop / "README.md")
    with pytest.raises(ProjectIndexError, match="not there: build it"):
        ProjectIndex.open(shop / "shop")
    shop.rename(shop.with_name("elsewhere"))
    with pytest.raises((InputError, ProjectIndexError)):
        index.update()
    with ProjectIndex.open(shop.with_name("elsewhere")) as moved:
        assert moved.root == shop.with_name("elsewhere")
        assert moved.update().unchanged == len(SHOP)


def test_an_index_of_another_version_is_refused_and_built_anew(shop, index):
    expected = said(index)
    for change in (f"PRAGMA user_version = {SCHEMA + 1}", "UPDATE meta SET value = '\"0.0.1\"' WHERE key = 'laconic'"):
        with sqlite3.connect(index.path) as db:
            db.execute(change)
        db.close()
        with pytest.raises(ProjectIndexError, match=r"index\.sqlite .*build it again"):
            ProjectIndex.open(shop)
        with ProjectIndex.build(shop) as again:
            assert again.report.added == len(SHOP)
            assert said(again) == expected


@pytest.mark.parametrize("damage", ["text", "other database", "cut", "scribbled"])
def test_a_damaged_index_is_an_error_that_says_what_to_do(shop, damage):
    path = ProjectIndex.build(shop).path
    data = path.read_bytes()
    for beside in path.parent.glob("index.sqlite-*"):
        beside.unlink()
    if damage == "other database":
        path.unlink()
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE mine (a)")
        db.close()
    else:
        damaged = {"text": b"not an index" * 99, "cut": data[:5000], "scribbled": data[:4096] + b"\x07" * 90_000}
        path.write_bytes(damaged[damage])
    before = path.read_bytes()

    def use():
        with ProjectIndex.open(shop) as index:
            said(index)

    with pytest.raises(ProjectIndexError, match=r"index\.sqlite .*: (?:delete it|give the path of another)") as caught:
        use()
    assert caught.value.path == path
    if damage in ("text", "other database"):
        with pytest.raises(ProjectIndexError):
            ProjectIndex.build(shop)
        assert path.read_bytes() == before, "what is not ours is left alone"


def test_a_second_writer_is_refused_and_readers_go_on(shop, index):
    with writing_alone(index.path), ProjectIndex.open(shop) as reader:
        assert reader.find("Cart")
        with (
            pytest.raises(ProjectIndexError, match="updated by another process: wait"),
            writing_alone(index.path, 0.05),
        ):
            pass
    assert index.update().unchanged == len(SHOP)


def test_a_closed_index_says_so(shop):
    index = ProjectIndex.build(shop)
    index.close()
    with pytest.raises(ProjectIndexError, match="closed"):
        index.files()


def test_threads_share_one_index_while_another_writes(shop, index):
    errors = []

    def ask():
        try:
            for _ in range(30):
                with index.snapshot():
                    paths = [file.path for file in index.files()]
                    assert all(index.read(path) == index.level(path, 0).text for path in paths)
        except Exception as error:  # noqa: BLE001 - told to the test
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    with ProjectIndex.open(shop) as writer:
        for at in range(10):
            write(shop, {f"more/m{at}.py": f"def f{at}(): pass\n"})
            (shop / f"more/m{at - 1}.py").unlink(missing_ok=True)
            writer.update()
    for thread in threads:
        thread.join()
    assert not errors


KILLER = """
import os, random, signal, sys, threading
from pathlib import Path
from laconic.exceptions import ProjectIndexError
from laconic.project import ProjectIndex

root, path = Path(sys.argv[1]), Path(sys.argv[2])
chance = random.Random(7)
whole = False  # whether a build since the index was deleted came far enough for an answer
for trial in range(int(sys.argv[3])):
    if trial % 2:
        for file in sorted(root.glob("*/*.py"))[trial % 3 :: 2]:
            file.write_text(file.read_text() + f"\\ndef more_{trial}():\\n    return first_{trial}()\\n")
    elif path.exists():
        whole = False
        for file in path.parent.glob(path.name + "*"):
            file.unlink()
    child = os.fork()
    if not child:
        threading.Timer(chance.uniform(0.02, 0.6), os.kill, (os.getpid(), signal.SIGKILL)).start()
        ProjectIndex.build(root, path)
        os._exit(0)
    os.waitpid(child, 0)
    try:
        with ProjectIndex.open(path) as index:
            for file in index.files():
                index.read(file.path), index.level(file.path, 5), index.symbols(file.path), index.neighbours(file.path)
            whole = True
    except ProjectIndexError as error:
        assert not whole and error.fix.startswith("build it"), error
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_killed_build_or_update_leaves_an_index_that_answers_and_can_be_finished(tmp_path):
    body = "import {other}\n\nclass Thing{at}(Base):\n    def act_{at}(self, value):\n        return act_{at}(value)\n"
    names = [f"pack{at % 7}/module{at}.py" for at in range(150)]
    root = write(
        tmp_path / "root", {name: body.format(at=at, other=f"module{at // 2}") * 3 for at, name in enumerate(names)}
    )
    path = tmp_path / "index.sqlite"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    subprocess.run([sys.executable, "-c", KILLER, str(root), str(path), "12"], check=True, env=environment, timeout=120)
    with ProjectIndex.build(root, path) as finished, ProjectIndex.build(root, tmp_path / "fresh.sqlite") as fresh:
        assert finished.complete
        assert said(finished) == said(fresh)
        with sqlite3.connect(path) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        db.close()


def test_the_default_index_stays_out_of_version_control(shop, index):
    assert index.path == Path(shop) / ".laconic" / "index.sqlite"
    assert (shop / ".laconic/.gitignore").read_text(encoding="utf-8") == "*\n"
