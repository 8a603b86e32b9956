"""What a project gives for a question: within budget, every file shown, code that parses, options checked."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("tree_sitter")

from code_samples import SAMPLES

from laconic.exceptions import BudgetError, ConfigurationError, InputError
from laconic.kinds.code.language import LANGUAGES
from laconic.kinds.code.parse import parse, parses_clean
from laconic.lod import TIERS
from laconic.project import ProjectIndex
from laconic.project.clients import chosen_tier, tier_of_client
from laconic.project.context import assemble_context
from laconic.project.parts import CODE, FULL, SIGNATURE, PartialFile, condense
from laconic.tokens import counter_for

QUESTION = "which rate is the discount of prices"
BODY = "".join(f"    total_{at} = items[{at}] * prices[{at}] + {at}\n" for at in range(12))
FILES = {
    "shop/__init__.py": "from shop.cart import Cart\n",
    "shop/cart.py": (
        '"""A cart holds items."""\nfrom shop.prices import discount_of\nimport json\n\n\nclass Cart:\n'
        '    """What a customer wants to buy."""\n\n    def add(self, item):\n        # keep it\n'
        "        self.items.append(item)\n\n    def discount(self):\n        return discount_of(self.items)\n\n"
        "    def dump(self):\n        return json.dumps(self.items)\n"
    ),
    "shop/prices.py": (
        '"""What things cost."""\n\nRATE = 0.1\n\n\ndef discount_of(items):\n    """The discount of a cart."""\n'
        f"{BODY}    return RATE * sum(items)\n\n\ndef tax_of(items):\n{BODY}    return 0.2 * sum(items)\n"
    ),
    "shop/mail.py": f"def send(address):\n{BODY}    return address\n\n\ndef receive(box):\n{BODY}    return box\n",
    "shop/storage.py": f"def store(cart):\n{BODY}    return cart\n\n\ndef load(name):\n{BODY}    return name\n",
    "tests/test_prices.py": "from shop.prices import discount_of\n\n\ndef test_discount_of_a_cart():\n"
    "    assert discount_of([1]) == 0.1\n",
    "notes.txt": "The discount of a cart is computed in prices.\n",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectIndex]:
    root = tmp_path_factory.mktemp("shop")
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8", newline="\n")
    with ProjectIndex.build(root) as index:
        yield index


# --- search


def test_the_answer_comes_first(shop: ProjectIndex) -> None:
    hits = shop.search(QUESTION)
    assert hits[0].path == "shop/prices.py"
    assert hits[0].symbols[0].name == "discount_of"
    assert 0.5 < hits[0].score <= 1
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_tests_come_behind_unless_asked_for(shop: ProjectIndex) -> None:
    def place(question: str) -> int:
        return [hit.path for hit in shop.search(question)].index("tests/test_prices.py")

    assert place("test of the discount of a cart") < place("discount of a cart")


def test_what_a_result_refers_to_gets_a_share(shop: ProjectIndex) -> None:
    found = {hit.path: hit for hit in shop.search("dump")}
    assert found["shop/cart.py"].neighbour_of is None
    assert found["shop/prices.py"].neighbour_of == "shop/cart.py"
    assert 0 < found["shop/prices.py"].score < found["shop/cart.py"].score
    assert not found["shop/prices.py"].symbols


def test_search_sees_what_was_updated(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def apple():\n    return 1\n")
    with ProjectIndex.build(tmp_path) as index:
        assert not index.search("banana")
        (tmp_path / "b.py").write_text("def banana():\n    return 2\n")
        index.update()
        assert [hit.path for hit in index.search("banana")] == ["b.py"]


def test_vectors_find_what_words_do_not(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def automobile():\n    return 1\n\n\ndef invoice():\n    return 2\n")
    (tmp_path / "b.py").write_text("def fruit():\n    return 3  # a car\n")
    with ProjectIndex.build(tmp_path) as index:
        assert [hit.path for hit in index.search("car")] == ["b.py"]
    with ProjectIndex.build(tmp_path, vectors="laconic-static") as index:
        assert {hit.path for hit in index.search("car")} == {"a.py", "b.py"}


# --- what is shown of a file


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_in_part_parses(language: str) -> None:
    parsed = parse(SAMPLES[language], language)
    file = PartialFile(SAMPLES[language], condense(parsed))
    assert file.render(dict.fromkeys(range(len(file.parts)), FULL)) == SAMPLES[language]
    choose = random.Random(language)
    for _ in range(25):
        share = choose.random()
        levels = {
            at: choose.choice((FULL, CODE, SIGNATURE)) for at in range(len(file.parts)) if choose.random() < share
        }
        text = file.render(levels)
        assert parses_clean(text, language), text


def test_a_matched_function_stands_in_the_outline_of_its_file(shop: ProjectIndex) -> None:
    found = assemble_context(shop, QUESTION, k=2, max_chars=1100)
    best = found.chunks[0]
    assert (best.source_path, best.lod) == ("shop/prices.py", 2)
    assert "return RATE * sum(items)" in best.text
    assert "def tax_of(items):\n    ..." in best.text
    assert parses_clean(best.text, "python")


def test_imports_come_with_what_uses_them(shop: ProjectIndex) -> None:
    whole = FILES["shop/cart.py"]
    found = assemble_context(shop, "dump", k=1, max_chars=len(whole) - 60)
    assert "import json" in found.chunks[0].text
    assert "json.dumps" in found.chunks[0].text


# --- the budget


@pytest.mark.parametrize("limit", [1, 20, 60, 150, 400, 1000, 3000, 100_000])
@pytest.mark.parametrize("structured", [True, False])
def test_the_budget_holds(shop: ProjectIndex, limit: int, structured: bool) -> None:
    chars = assemble_context(shop, QUESTION, max_chars=limit, structured=structured)
    assert len(chars.context) <= limit
    tokens = assemble_context(shop, QUESTION, max_tokens=limit, structured=structured, model="gpt-4")
    assert tokens.tokens == counter_for("gpt-4").count(tokens.context) <= limit
    both = assemble_context(shop, QUESTION, max_tokens=limit, max_chars=2 * limit, structured=structured)
    assert len(both.context) <= 2 * limit
    assert both.tokens is not None
    assert both.tokens <= limit
    for found in (chars, tokens, both):
        shown = {chunk.source_path for chunk in found.chunks}
        assert shown.isdisjoint(found.dropped)
        assert len(found.chunks) + len(found.dropped) == len(chars.chunks) + len(chars.dropped)
        assert bool(found.context) == bool(found.chunks)


def test_below_the_smallest_chunk_nothing_is_shown_and_all_is_named(shop: ProjectIndex) -> None:
    found = assemble_context(shop, QUESTION, max_chars=5)
    assert (found.context, tuple(found.chunks)) == ("", ())
    assert found.dropped[0] == "shop/prices.py"


def test_the_same_question_has_the_same_answer(shop: ProjectIndex) -> None:
    assert assemble_context(shop, QUESTION, max_chars=900) == assemble_context(shop.path, QUESTION, max_chars=900)


@pytest.fixture(scope="module")
def thirty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectIndex]:
    """Thirty files of the standard library."""
    import sysconfig

    root = tmp_path_factory.mktemp("thirty")
    found = (
        path for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")) if 6_000 < path.stat().st_size < 16_000
    )
    for path in list(found)[:30]:
        (root / path.name).write_bytes(path.read_bytes())
    with ProjectIndex.build(root) as index:
        yield index


THREE = {
    "a few stand out": "bisect insort position in a sorted list",
    "all alike": "import self def return name value error",
    "evenly down": "read a line of a file and close it",
}


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("pattern", THREE)
def test_thirty_files_are_shown_and_the_budget_is_used(thirty: ProjectIndex, pattern: str, tier: float) -> None:
    found = assemble_context(thirty, THREE[pattern], k=30, tier=tier)
    assert not found.dropped
    assert all(chunk.text.strip() for chunk in found.chunks)
    budget = TIERS[tier].budget_chars
    whole = sum(chunk.input_chars for chunk in found.chunks)
    assert min(0.95 * budget, whole) <= len(found.context) <= budget
    for chunk in found.chunks:
        if chunk.lod <= 3 and chunk.source_path.endswith(".py"):
            assert parses_clean(chunk.text, "python")


# --- tiers, sessions, modes


def test_the_answer_is_the_documented_one(shop: ProjectIndex) -> None:
    answer = assemble_context(shop, QUESTION, max_chars=900).to_dict()
    assert list(answer) == ["context", "chunks", "compression"]
    first = answer["chunks"][0]
    assert list(first) == ["source_path", "score", "lod", "compression_ratio", "fallback"]
    assert answer["context"].startswith(f"[{first['source_path']} | lod={first['lod']}]\n")
    summary = answer["compression"]
    assert list(summary) == ["enabled", "mode", "input_chars", "output_chars", "lod_distribution"]
    assert (summary["enabled"], summary["mode"]) == (True, "lod")
    assert sum(summary["lod_distribution"].values()) == len(answer["chunks"])


@pytest.mark.parametrize(
    ("client", "tier"),
    [
        ("claude-code", "1"), ("Claude Code/1.2", "1"), ("gemini-cli-mcp-client", "1"), ("cursor-vscode", "2"),
        ("Windsurf", "2"), ("GitHubCopilot", "2"), ("Cline", "2.5"), ("Roo Code", "2.5"), ("continue-client", "2.5"),
        ("somebody", "2"), ("", "2"), (None, "2"),
    ],
)  # fmt: skip
def test_clients_are_known_by_name(client: str | None, tier: str) -> None:
    assert tier_of_client(client).name == tier
    assert chosen_tier("auto", client).name == tier
    assert chosen_tier(2.5, client).name == "2.5"


def test_the_first_call_of_a_session_has_more_room_and_the_hubs(thirty: ProjectIndex) -> None:
    usual = assemble_context(thirty, THREE["all alike"], k=30, tier=2.5)
    first = assemble_context(thirty, THREE["all alike"], k=30, tier=2.5, session="first call")
    again = assemble_context(thirty, THREE["all alike"], k=30, tier=2.5, session="first call")
    assert len(usual.context) <= 20_000 < len(first.context) <= 30_000
    assert again == usual
    few = assemble_context(thirty, THREE["a few stand out"], k=1, session="hubs")
    assert {chunk.source_path for chunk in few.chunks} >= set(thirty.hubs(TIERS[2].hub_files))
    limited = assemble_context(thirty, THREE["all alike"], max_chars=5000, session="another")
    assert len(limited.context) <= 5000


def test_a_question_about_nothing_shows_the_hubs(shop: ProjectIndex) -> None:
    found = assemble_context(shop, "zygomorphic quaternions")
    assert [chunk.source_path for chunk in found.chunks] == shop.hubs(TIERS[2].hub_files)
    assert not shop.search("zygomorphic quaternions")


def test_without_compression_files_are_whole(shop: ProjectIndex) -> None:
    found = assemble_context(shop, QUESTION, compression="none", max_chars=2500)
    assert found.compression["enabled"] is False
    assert {chunk.lod for chunk in found.chunks} == {0}
    assert found.chunks[0].text == FILES[found.chunks[0].source_path]
    assert found.dropped


def test_files_that_the_index_does_not_know_are_shown_whole(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(FILES["shop/prices.py"])
    (tmp_path / "notes.txt").write_text(FILES["notes.txt"])
    with ProjectIndex.build(tmp_path) as index:
        text = FILES["shop/prices.py"].replace("RATE = 0.1", "RATE = 0.3")
        (tmp_path / "a.py").write_text(text)
        shown = {chunk.source_path: chunk for chunk in assemble_context(index, QUESTION).chunks}
        assert (shown["a.py"].text, shown["a.py"].lod, shown["a.py"].fallback) == (text, 0, True)
        assert (shown["notes.txt"].lod, shown["notes.txt"].fallback) == (0, True)
        small = assemble_context(index, QUESTION, k=1, max_chars=400).chunks[0]
        assert (small.source_path, small.fallback) == ("a.py", False)
        assert 0 < small.lod <= 5
        index.update()
        assert not assemble_context(index, QUESTION).chunks[0].fallback


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"query": " "}, InputError, "query is empty"),
        ({"query": None}, InputError, "query is empty"),
        ({"k": 0}, ConfigurationError, "k is 0"),
        ({"k": True}, ConfigurationError, "k is True"),
        ({"tier": 3}, ConfigurationError, "tier is 3"),
        ({"tier": "three"}, ConfigurationError, "tier is 'three'"),
        ({"compression": "lodd"}, ConfigurationError, "did you mean lod"),
        ({"max_chars": 0}, BudgetError, "max_chars is 0"),
        ({"max_tokens": -1}, BudgetError, "max_tokens is -1"),
        ({"structured": "yes"}, ConfigurationError, "structured is 'yes'"),
        ({"session": 3}, ConfigurationError, "session is 3"),
    ],
)
def test_options_that_cannot_work_are_refused(
    shop: ProjectIndex, options: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        assemble_context(shop, **{"query": QUESTION, **options})  # type: ignore[arg-type]
    with pytest.raises(InputError, match="project is 3"):
        assemble_context(3, QUESTION)  # type: ignore[arg-type]
