"""The contract of a context compressor inside a framework, as tests to inherit.

Written for adapters: an adapter of your own, or your subclass of one of ours. Inherit the contract of your framework
(``DocumentCompressorContract`` of ``langchain_laconic.testing``, ``PostprocessorContract`` of
``llama_index.postprocessor.laconic.testing``) or, for another framework, `AdapterContract` itself, give your class a
name that pytest collects, and say how to build the adapter::

    class TestMyCompressor(DocumentCompressorContract):
        def adapter(self, **options):
            return MyCompressor(**options)

Nothing here imports pytest or a framework; any runner that calls the ``test_…`` methods will do. Asynchronous calls are
made through ``asyncio.run``, so no plugin is needed.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from laconic.tokens import as_counter

__all__ = ["QUESTION", "SAMPLE", "AdapterContract"]

QUESTION = "How high is the tower, and when was it built?"

SAMPLE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "tower",
        "The tower stands on the left bank of the river. It is 330 metres high, about as much as a building of 81 "
        "floors. Workers built the tower between 1887 and 1889 for a world's fair.\n\nMost visitors come in summer, "
        "when the queues are long. Tickets can be bought on the spot or in advance.",
        {"source": "tower.txt", "page": 3, "tags": ["paris", "iron"]},
    ),
    (
        "bridge",
        "The bridge is 155 metres long. It was opened one year later than the tower. Painters need seven years for "
        "one coat of paint, and then they begin again at the other end.",
        {"source": "bridge.txt", "nested": {"author": {"name": "Müller"}}},
    ),
    (
        "list",
        "Opening hours of the tower:\n\n- summer: 9:00 to 0:45\n- winter: 9:30 to 23:45\n\nThe lift may be closed in "
        "strong wind. A stair of 1665 steps leads to the top.",
        {},
    ),
    (
        "other",
        "塔は高さ330メートルです。毎年およそ700万人が訪れます。Ein Turm ist höher als er breit ist. "
        "Cafés 🍰 und Läden gibt es auf jeder Ebene. Nothing else is sold there.",
        {"source": "mixed.txt", "lang": None},
    ),
)
"""Id, text and metadata of the documents that the contract is tried on."""


class AdapterContract:
    """What a compressor inside a framework must do. The methods above the line say how to talk to the adapter."""

    def adapter(self, **options: Any) -> Any:
        """Build the adapter under test; ``options`` are those of `laconic.chain.options.CompressorOptions`."""
        raise NotImplementedError("say how to build the adapter under test: def adapter(self, **options)")

    def document(self, id: str, text: str, metadata: dict[str, Any]) -> Any:  # noqa: A002
        """One retrieved item of the framework."""
        raise NotImplementedError

    def call(self, adapter: Any, documents: list[Any], query: str) -> list[Any]:
        """Compress."""
        raise NotImplementedError

    async def acall(self, adapter: Any, documents: list[Any], query: str) -> list[Any]:
        """Compress, asynchronously."""
        raise NotImplementedError

    def text(self, document: Any) -> str:
        """The item's text, without metadata."""
        raise NotImplementedError

    def id(self, document: Any) -> str | None:
        """The item's id."""
        raise NotImplementedError

    def metadata(self, document: Any) -> dict[str, Any]:
        """The item's metadata."""
        raise NotImplementedError

    def score(self, document: Any) -> float | None:
        """The item's retrieval score, where the framework has one."""
        return None

    def batch(self, adapter: Any, batches: list[list[Any]], query: str) -> list[list[Any]]:
        """Compress many; by default in threads that share the adapter."""
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(lambda documents: self.call(adapter, documents, query), batches))

    # ---------------------------------------------------------------------------------------------------------------

    def documents(self) -> list[Any]:
        """New items for each test."""
        return [self.document(id, text, copy.deepcopy(metadata)) for id, text, metadata in SAMPLE]  # noqa: A001

    def tokens(self, documents: Sequence[Any]) -> int:
        """Tokens of the items as a stuffing chain would join them."""
        return as_counter("gpt-4o").count("\n\n".join(map(self.text, documents)))

    def view(self, documents: Sequence[Any]) -> list[tuple[Any, ...]]:
        """All that the contract looks at, for comparisons."""
        return [(self.id(d), self.text(d), self.metadata(d), self.score(d)) for d in documents]

    def test_something_is_cut_and_the_answer_is_kept(self) -> None:
        """The one thing that it is for."""
        kept = self.call(self.adapter(rate=0.4), self.documents(), QUESTION)
        text = "\n\n".join(map(self.text, kept))
        _check("330" in text and "1889" in text, f"the answer is not in {text!r}")
        _check(self.tokens(kept) < self.tokens(self.documents()), "nothing was cut")

    def test_budget_is_a_ceiling(self) -> None:
        """Counted on the joined text, as a stuffing chain joins it."""
        for budget in (1, 2, 7, 20, 50, 100):
            kept = self.call(self.adapter(max_tokens=budget), self.documents(), QUESTION)
            _check(self.tokens(kept) <= budget, f"{self.tokens(kept)} tokens under a budget of {budget}")

    def test_input_within_the_budget_is_unchanged(self) -> None:
        """Byte for byte."""
        documents = self.documents()
        kept = self.call(self.adapter(max_tokens=self.tokens(documents)), documents, QUESTION)
        _equal(list(map(self.text, kept)), list(map(self.text, documents)), "texts")

    def test_ids_and_order_survive(self) -> None:
        """What comes back are the caller's items, in the caller's order."""
        ids = [self.id(document) for document in self.documents()]
        for budget in (5, 30, 90):
            kept = [self.id(d) for d in self.call(self.adapter(max_tokens=budget), self.documents(), QUESTION)]
            _equal(kept, [id for id in ids if id in kept], "ids")  # noqa: A001

    def test_metadata_and_scores_survive(self) -> None:
        """Each key with its value; an adapter may add a key of its own."""
        before = {self.id(d): (self.metadata(d), self.score(d)) for d in self.documents()}
        for document in self.call(self.adapter(max_tokens=60), self.documents(), QUESTION):
            metadata, score = before[self.id(document)]
            now = self.metadata(document)
            _equal({key: now.get(key, "missing") for key in metadata}, metadata, "metadata")
            _equal(self.score(document), score, "score")

    def test_kept_text_is_the_callers(self) -> None:
        """Every word that is kept stands in the document that it is said to come from, in its order."""
        before = {self.id(document): self.text(document) for document in self.documents()}
        for document in self.call(self.adapter(max_tokens=60), self.documents(), QUESTION):
            rest = before[self.id(document)]
            for word in self.text(document).split():
                _check(word in rest, f"{word!r} is not in what is left of {before[self.id(document)]!r}")
                rest = rest[rest.index(word) + len(word) :]

    def test_inputs_are_never_edited(self) -> None:
        """A retriever may hand out the very objects that it stores."""
        for budget in (1, 40, 10_000):
            documents = self.documents()
            before = copy.deepcopy(self.view(documents))
            given = list(documents)
            kept = self.call(self.adapter(max_tokens=budget), documents, QUESTION)
            for document in kept:  # nor may the output be a way to edit them
                if document not in documents:
                    self.metadata(document)["edited"] = True
            _equal(self.view(documents), before, "inputs")
            _check(
                len(given) == len(documents) and all(a is b for a, b in zip(given, documents, strict=True)),
                "list edited",
            )

    def test_nothing_from_nothing(self) -> None:
        """Empty in, empty out."""
        _equal(self.call(self.adapter(max_tokens=10), [], QUESTION), [], "output of no documents")

    def test_something_from_something(self) -> None:
        """Chains fail, or answer without a model, when all of their context is gone."""
        for texts in (["The tower is 330 metres high."] * 2, ["Donaudampfschifffahrt" * 50], ["   \n " * 40], [""]):
            documents = [self.document(str(at), text, {}) for at, text in enumerate(texts)]
            kept = self.call(self.adapter(max_tokens=1), documents, QUESTION)
            _check(len(kept) >= 1, f"nothing is left of {texts!r}")
            if texts[0].strip():
                _check(bool(self.text(kept[0]).strip()), f"only blanks are left of {texts!r}")

    def test_same_input_same_output(self) -> None:
        """No clock, no random ids."""
        adapter = self.adapter(max_tokens=50)
        first = self.view(self.call(adapter, self.documents(), QUESTION))
        _equal(self.view(self.call(adapter, self.documents(), QUESTION)), first, "second call")
        _equal(self.view(self.call(self.adapter(max_tokens=50), self.documents(), QUESTION)), first, "second adapter")

    def test_twice_is_once(self) -> None:
        """What is within the budget is not compressed again."""
        adapter = self.adapter(max_tokens=50)
        once = self.call(adapter, self.documents(), QUESTION)
        _equal(self.view(self.call(adapter, once, QUESTION)), self.view(once), "second compression")

    def test_async_equals_sync(self) -> None:
        """And many at a time equal one after the other."""
        adapter = self.adapter(max_tokens=50)
        expected = self.view(self.call(adapter, self.documents(), QUESTION))

        async def many() -> list[list[Any]]:
            return await asyncio.gather(*(self.acall(adapter, self.documents(), QUESTION) for _ in range(4)))

        for kept in asyncio.run(many()):
            _equal(self.view(kept), expected, "asynchronous call")

    def test_batch_equals_one_by_one(self) -> None:
        """Whatever the calls beside it are."""
        adapter = self.adapter(max_tokens=40)
        batches = [self.documents(), self.documents()[:2], [], self.documents()[1:]]
        expected = [self.view(self.call(adapter, documents, QUESTION)) for documents in batches]
        _equal([self.view(kept) for kept in self.batch(adapter, batches, QUESTION)], expected, "batch")

    def test_pickled_adapter_does_the_same(self) -> None:
        """It travels to a process pool."""
        adapter = self.adapter(max_tokens=50)
        again = pickle.loads(pickle.dumps(adapter))  # noqa: S301 - our own bytes
        expected = self.view(self.call(adapter, self.documents(), QUESTION))
        _equal(self.view(self.call(again, self.documents(), QUESTION)), expected, "pickled adapter")

    def test_failure_costs_no_context(self) -> None:
        """An engine that fails inside a chain leaves the context as it was, and says so in the log."""
        documents = self.documents()
        handler = _Records()
        logger = logging.getLogger("laconic")
        logger.addHandler(handler)
        try:
            kept = self.call(self.adapter(max_tokens=20, counter=_failing_counter), documents, QUESTION)
        finally:
            logger.removeHandler(handler)
        _equal(self.view(kept), self.view(documents), "output of a failed call")
        _check(
            any("counter is broken" in record.getMessage() for record in handler.records), "the failure was not logged"
        )

    def test_failure_can_be_raised(self) -> None:
        """For those who would rather know."""
        adapter = self.adapter(max_tokens=20, counter=_failing_counter, on_error="raise")
        _raises(RuntimeError, lambda: self.call(adapter, self.documents(), QUESTION))

    def test_failure_can_keep_the_ceiling(self) -> None:
        """For those whose prompt must not grow, whatever fails."""
        for budget in (20, 60):
            adapter = self.adapter(max_tokens=budget, counter=_failing_counter, on_error="truncate")
            documents = self.documents()
            before = copy.deepcopy(self.view(documents))
            kept = self.call(adapter, documents, QUESTION)
            _check(0 < self.tokens(kept) <= budget, f"{self.tokens(kept)} tokens under a ceiling of {budget}")
            texts = {self.id(document): self.text(document) for document in self.documents()}
            for document in kept:
                _check(texts[self.id(document)].startswith(self.text(document)), "what is kept is no beginning")
            _equal(self.view(documents), before, "inputs")

    def test_one_bad_document_is_left_alone(self) -> None:
        """Text that is no Unicode comes back as it was; the others are compressed."""
        bad = "It was cut in the middle of an emoji \ud83c. " * 9
        documents = [*self.documents(), self.document("bad", bad, {"source": "bad.txt"})]
        kept = {
            self.id(document): self.text(document)
            for document in self.call(self.adapter(max_tokens=50), documents, QUESTION)
        }
        _equal(kept.pop("bad", None), bad, "the bad document")
        expected = {
            self.id(document): self.text(document)
            for document in self.call(self.adapter(max_tokens=50), self.documents(), QUESTION)
        }
        _equal(kept, expected, "the other documents")

    def test_the_budget_holds_with_a_line_about_what_was_left_out(self) -> None:
        """Which is part of what a model reads."""
        for budget in (30, 60, 100):
            kept = self.call(self.adapter(max_tokens=budget, omission_marks=True), self.documents(), QUESTION)
            _check(self.tokens(kept) <= budget, f"{self.tokens(kept)} tokens under a budget of {budget}")
            _check(self.text(kept[-1]).endswith("left out]"), f"no line at the end of {self.text(kept[-1])!r}")

    def test_bad_options_are_refused_at_construction(self) -> None:
        """Not in the middle of a chain, and not silently."""
        bad: list[dict[str, Any]] = [
            {"max_tokens": 0},
            {"max_tokens": True},
            {"rate": 1.5},
            {"rate": float("nan")},
            {"max_tokns": 5},
            {"counter": object()},
            {"counter": _halves},
            {"counter": _nothing},
            {"scorer": "no such scorer"},
            {"on_error": "ignore"},
        ]
        for options in bad:
            _raises(ValueError, partial(self.adapter, **options), f"options {options}")


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def _failing_counter(text: str) -> int:
    raise RuntimeError("counter is broken")


def _halves(text: str) -> float:
    return len(text) / 2


def _nothing(text: str) -> int:
    return 0


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


def _equal(found: Any, expected: Any, name: str) -> None:
    _check(found == expected, f"{name}: expected {expected!r}, found {found!r}")


def _raises(kind: type[Exception], call: Callable[[], Any], name: str = "the call") -> None:
    try:
        found = call()
    except kind:
        return
    raise AssertionError(f"{name} should raise {kind.__name__}, but gave {found!r}")
