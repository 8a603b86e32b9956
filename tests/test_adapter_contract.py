"""Both adapters keep one contract, with their defaults and with the options that change what they write."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import laconic

pytest.importorskip("langchain_core")
pytest.importorskip("llama_index.core")

from langchain_laconic import LaconicCompressor
from langchain_laconic.testing import DocumentCompressorContract
from llama_index.postprocessor.laconic import LaconicPostprocessor
from llama_index.postprocessor.laconic.testing import PostprocessorContract


class TestLaconicCompressor(DocumentCompressorContract):
    pass


class TestLaconicCompressorWithoutMetadata(DocumentCompressorContract):
    def adapter(self, **options):
        return LaconicCompressor(**{"metadata_key": None, **options})


class TestLaconicCompressorWithManyOptions(DocumentCompressorContract):
    def adapter(self, **options):
        return LaconicCompressor(keep_original=True, preserve=("tower",), context_key="docs", query_key="q", **options)


class TestLaconicPostprocessor(PostprocessorContract):
    pass


class TestLaconicPostprocessorWithMetadata(PostprocessorContract):
    def adapter(self, **options):
        return LaconicPostprocessor(**{"metadata_key": "laconic", **options})


class AuditedPostprocessor(LaconicPostprocessor):
    """A user's subclass with a field of its own (at module level, or it could not be pickled)."""

    department: str = "legal"


class TestSubclass(PostprocessorContract):
    def adapter(self, **options):
        return AuditedPostprocessor(**options)


@pytest.mark.parametrize("adapter", [LaconicCompressor, LaconicPostprocessor])
def test_every_option_of_the_engine_is_a_field(adapter):
    options = set(inspect.signature(laconic.Compressor).parameters) - {
        "at_least",
        "unknown",
    }  # at least: by the framework's word
    assert options <= set(adapter.model_fields)


@pytest.mark.parametrize("adapter", [LaconicCompressor, LaconicPostprocessor])
def test_options_reach_the_engine(adapter):
    built = adapter(max_tokens=77, counter=len, separator=" | ", preserve=["tower"]).engine
    assert (built.budget.max_tokens, built.separator, built.preserve) == (77, " | ", ("tower",))
    assert built.counter.count("four") == 4
    assert adapter().engine.separator == laconic.Compressor().separator
    assert adapter(separator=None).engine.separator is None


@pytest.mark.parametrize("adapter", [LaconicCompressor, LaconicPostprocessor])
def test_a_changed_option_changes_the_engine_and_a_bad_one_is_refused(adapter):
    compressor = adapter(max_tokens=77)
    compressor.max_tokens = 5
    assert compressor.engine.budget.max_tokens == 5
    with pytest.raises(ValueError, match="max_tokens is 0"):
        compressor.max_tokens = 0
    assert compressor.model_copy(update={"max_tokens": 9}).engine.budget.max_tokens == 9


def test_the_contract_fails_where_it_is_broken():
    """Each of these faults was found in a published compressor."""

    class Merging(DocumentCompressorContract):
        def call(self, adapter, documents, query):
            kept = adapter.compress_documents(documents, query)
            return [kept[0].model_copy(update={"id": None, "metadata": {}})] if kept else []

    class Emptying(DocumentCompressorContract):
        def call(self, adapter, documents, query):
            return []

    class Editing(DocumentCompressorContract):
        def call(self, adapter, documents, query):
            documents[0].metadata["seen"] = True
            return adapter.compress_documents(documents, query)

    with pytest.raises((AssertionError, KeyError)):
        Merging().test_metadata_and_scores_survive()
    with pytest.raises(AssertionError):
        Merging().test_ids_and_order_survive()
    with pytest.raises(AssertionError):
        Emptying().test_something_from_something()
    with pytest.raises(AssertionError):
        Editing().test_inputs_are_never_edited()


def test_the_published_contract_needs_neither_pytest_nor_a_framework():
    code = "import sys, laconic.chain.testing; print([m for m in sys.modules if m.split('.')[0] in sys.argv[1:]])"
    found = subprocess.run(
        [sys.executable, "-c", code, "pytest", "_pytest", "langchain_core", "llama_index"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"
