"""`LaconicCompressor`: a document compressor and a Runnable in one class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Literal

from langchain_core.callbacks import (
    AsyncCallbackManagerForChainRun,
    CallbackManagerForChainRun,
    Callbacks,
    adispatch_custom_event,
    dispatch_custom_event,
)
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.messages import AnyMessage
from langchain_core.prompts import BasePromptTemplate
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda, RunnableSerializable, patch_config
from langchain_core.runnables.config import run_in_executor
from langsmith.run_helpers import get_current_run_tree
from pydantic import ConfigDict, Field, model_validator

from laconic.chain.failing import mended
from laconic.chain.options import CompressorOptions
from laconic.chain.outcome import Outcome, of_outcome
from laconic.chain.seen import Seen
from laconic.exceptions import ConfigurationError
from laconic.telemetry import reported
from langchain_laconic._documents import formatter, with_heads
from langchain_laconic._graph import is_graph_state, stream_writer
from langchain_laconic._messages import query_text
from langchain_laconic._shapes import Job, Shapes

__all__ = ["COMPRESSION_EVENT", "LaconicCompressor"]

COMPRESSION_EVENT = "laconic_compression"
"""Name of the custom event that each compression dispatches, with its figures."""


class LaconicCompressor(CompressorOptions, BaseDocumentCompressor, RunnableSerializable[Any, Any]):
    """Shrinks retrieved context to the parts that answer the question: verbatim, in order, inside a token budget.

    As a document compressor it goes into ``ContextualCompressionRetriever`` and ``DocumentCompressorPipeline``; as a
    Runnable into LCEL, or as a node into a graph::

        step = LaconicCompressor(max_tokens=1200, output="text")
        {"context": retriever, "question": RunnablePassthrough()} | step | prompt | model

    What `invoke` takes and gives, with the question in the input or bound (``step.bind(query="…")``):

    ======================================================  ======================================================
    ``{"context": …, "question": …, …}``                    the same dict with the context replaced; the context is
                                                            a list of documents, a list of strings, or a string
    ``{"documents": [...], "query": …}``                    list of documents
    list of documents, list of strings, string              the same (the question must be bound)
    prompt value, list of messages, ``{"messages": …}``     the same; tool results are compressed for the last
                                                            human message
    state of a LangGraph graph (as a node of it)            what changed of it: ``{"context": …}``, or
                                                            ``{"messages": […]}`` with the ids that they had
    ======================================================  ======================================================

    A context is documents, ``(document, score)`` pairs, strings, one string, or a dict of these by name under one
    budget. Documents come back as copies with id, metadata and order kept; one of which nothing is left is left out.
    Inputs are never edited. With ``output="text"`` a context comes back as the one text that a prompt needs.
    `stream` gives one item: a compressor needs all of the context before it can choose.
    Besides the options below, a call takes ``query``, ``max_tokens``, ``rate`` and ``recall`` of its own (through
    ``bind``).

    ``langchain_core.load.dumps`` writes it; ``loads(text, allowed_objects=[LaconicCompressor],
    valid_namespaces=["langchain_laconic"])`` reads it back.

    Raises:
        pydantic.ValidationError: (a ``ValueError``) at construction, for an option that is unknown or cannot work.
        TypeError: at a call, for an input of another shape.
        laconic.exceptions.InputError: at a call without a question, see ``on_missing_query``.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, validate_assignment=True)

    context_key: str = Field(default="context", description="Key of the context in a dict input.")
    query_key: str = Field(default="question", description="Key of the question in a dict input.")
    message_types: tuple[str, ...] = Field(
        default=("tool",),
        description="Which messages of a conversation may be compressed; never a system message or a failed tool call.",
    )
    min_documents: int = Field(
        default=1,
        ge=1,
        strict=True,
        description="Fewest documents that come back, or all if there were fewer: where the budget would leave "
        "less, it is shared out so that something of the best ones is left.",
    )
    metadata_key: str | None = Field(
        default="laconic",
        description="Key in each document's metadata for the kept spans (offsets into the retrieved text, and into the "
        "source where the chunk has `start_index`), tokens and level; null for none.",
    )
    messages_key: str = Field(default="messages", description="Key of the conversation in a dict input.")
    output: Literal["input", "text"] = Field(
        default="input",
        description="What comes back of documents and strings: 'input': the same kind; 'text': one text for the "
        "prompt, joined by the separator. (A document compressor always gives documents.)",
    )
    document_prompt: BasePromptTemplate[str] | None = Field(
        default=None,
        description="The template with which documents are written into the prompt, as `create_stuff_documents_chain` "
        "takes it: what it writes around each text is counted in the budget.",
    )
    format: Callable[[Document], str] | None = Field(
        default=None, description="The same as a function, from a document to its text in the prompt."
    )
    returns: Literal["auto", "input", "update"] = Field(
        default="auto",
        description="What a dict comes back as: 'input': whole; 'update': only what changed, as a node of a graph "
        "should; 'auto': 'update' where the input is the state of a running LangGraph graph.",
    )
    result_key: str | None = Field(
        default=None,
        description="Key under which a dict comes back with the result of the call: a `laconic.chain.outcome.Outcome` "
        "with its run id; in a graph's state its figures as plain values.",
    )
    keep_original: bool = Field(
        default=False, description="Also keep the retrieved text there, for applications that show their sources."
    )
    query_transform: Callable[[str], Any] | Runnable[str, Any] | None = Field(
        default=None,
        description="Makes the question for the compression from the chain's question, for example by rewriting it: "
        "text, or a model's message.",
    )

    @model_validator(mode="after")
    def _refuse_two_templates(self) -> LaconicCompressor:
        if self.document_prompt is not None and self.format is not None:
            raise ConfigurationError("document_prompt and format both say how documents are written: give one of them")
        return self

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Whether ``dumps`` writes it: yes, without ``on_result``, ``expand`` and ``shadow``. Functions and objects in
        other options cannot be written, and ``loads`` then refuses the text.
        """
        return True

    @property
    def lc_attributes(self) -> dict[str, Any]:
        """What ``dumps`` writes in plain values although the field holds an object."""
        return {} if self.calibration is None else {"calibration": asdict(self.calibration)}

    @property
    def InputType(self) -> Any:  # noqa: N802 - the name is LangChain's
        """What `invoke` takes, as a type."""
        return dict[str, Any] | list[Document] | list[AnyMessage] | list[str] | str

    @property
    def OutputType(self) -> Any:  # noqa: N802 - the name is LangChain's
        """What `invoke` gives, as a type."""
        return self.InputType

    # -- document compressor ----------------------------------------------------------------------------------------

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> list[Document]:
        """Compress the documents of one question; a child run of ``callbacks``.

        Returns:
            New documents, never none where ``documents`` has some.
        """
        if not documents:
            return []
        given = {"documents": documents, "query": query}
        found: list[Document] = self._call_with_config(
            self._run, given, _config(callbacks), run_type="chain", output="input"
        )
        return found

    async def acompress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> list[Document]:
        """`compress_documents` without blocking the event loop."""
        if not documents:
            return []
        given = {"documents": documents, "query": query}
        found: list[Document] = await self._acall_with_config(
            self._arun, given, _config(callbacks), run_type="chain", output="input"
        )
        return found

    # -- Runnable ---------------------------------------------------------------------------------------------------

    def __or__(self, other: Any) -> Any:
        """A chain that begins with this: what follows gets the whole of a dict, also in a node of a graph."""
        return Runnable.__or__(self._in_chain(), other)

    def pipe(self, *others: Any, name: str | None = None) -> Any:
        """A chain that begins with this; see ``|``."""
        return Runnable.pipe(self._in_chain(), *others, name=name)

    def _in_chain(self) -> LaconicCompressor:
        return self.model_copy(update={"returns": "input"}) if self.returns == "auto" else self

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002
        """Compress one input; see the table of the class."""
        return self._call_with_config(self._run, input, config, run_type="chain", **kwargs)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002
        """`invoke` in a worker thread, so that the event loop is free."""
        return await self._acall_with_config(self._arun, input, config, run_type="chain", **kwargs)

    def _run(
        self,
        input: Any,  # noqa: A002
        run_manager: CallbackManagerForChainRun,
        config: RunnableConfig,
        *,
        query: Any = None,
        output: str | None = None,
        **budget: Any,
    ) -> Any:
        job = self._read(input, query, config, output)
        child = patch_config(config, callbacks=run_manager.get_child())
        question = job.query
        if question is not None and self.query_transform is not None:
            try:
                question = query_text(_transformer(self.query_transform).invoke(question, child))
            except Exception as error:  # noqa: BLE001 - on_error decides; the chain's own question does as well
                self.failed(error)
        outcome = self._attempt(job, question, budget, str(run_manager.run_id))
        if run_manager.handlers:
            dispatch_custom_event(COMPRESSION_EVENT, _traced(outcome), config=child)
        _report_to_graph(outcome, config)
        return job.report(job.rebuild(outcome), outcome)

    async def _arun(
        self,
        input: Any,  # noqa: A002
        run_manager: AsyncCallbackManagerForChainRun,
        config: RunnableConfig,
        *,
        query: Any = None,
        output: str | None = None,
        **budget: Any,
    ) -> Any:
        job = self._read(input, query, config, output)
        child = patch_config(config, callbacks=run_manager.get_child())
        question = job.query
        if question is not None and self.query_transform is not None:
            try:
                question = query_text(await _transformer(self.query_transform).ainvoke(question, child))
            except Exception as error:  # noqa: BLE001 - on_error decides; the chain's own question does as well
                self.failed(error)
        attempt = partial(self._attempt, job, question, budget, str(run_manager.run_id))
        outcome = await run_in_executor(config, attempt)
        if run_manager.handlers:
            await adispatch_custom_event(COMPRESSION_EVENT, _traced(outcome), config=child)
        _report_to_graph(outcome, config)
        return job.report(job.rebuild(outcome), outcome)

    def _read(self, input: Any, query: Any, config: RunnableConfig, output: str | None) -> Job:  # noqa: A002
        """Take the input apart; a question given with the call goes before the one in the input."""
        shapes = Shapes(
            context_key=self.context_key,
            query_key=self.query_key,
            messages_key=self.messages_key,
            message_types=self.message_types,
            metadata_key=self.metadata_key,
            keep_original=self.keep_original,
            min_documents=self.min_documents,
            result_key=self.result_key,
            as_text=(output or self.output) == "text",
            joint="\n\n" if self.separator is None else self.separator,
            format=formatter(self.document_prompt, self.format),
            update_only=output is None and self._returns_update(input, config),
        )
        job = shapes.read(input)
        return job if query is None else replace(job, query=query_text(query))

    def _returns_update(self, input: Any, config: RunnableConfig) -> bool:  # noqa: A002
        return self.returns == "update" or (self.returns == "auto" and is_graph_state(input, config))

    @reported(lambda compressor: compressor.door, of_outcome)
    def _attempt(self, job: Job, question: str | None, budget: dict[str, Any], run_id: str) -> Outcome:
        if not job.items:
            return Outcome(skipped="no context", run_id=run_id)
        items: Iterable[Any] = job.items
        write = formatter(self.document_prompt, self.format)
        if write is not None:
            items = with_heads(items, write)
        seen = None if job.texts is None else self._seen(job.texts)
        outcome = self.attempt(items, question, least=job.least, seen=seen, **budget)
        return replace(outcome, run_id=run_id)

    def _seen(self, texts: Callable[[Outcome], list[str]]) -> Seen:
        """Counts of what a prompt will hold."""

        def tokens(outcome: Outcome) -> int:
            return sum(self.engine.counter.count(mended(text)) for text in texts(outcome))

        return Seen(before=lambda: tokens(Outcome()), after=lambda result: tokens(Outcome(result)))


def _config(callbacks: Callbacks | None) -> RunnableConfig | None:
    """None where there are no callbacks, so that the run inherits those of the run around it."""
    return None if callbacks is None else {"callbacks": callbacks}


def _transformer(transform: Callable[[str], Any] | Runnable[str, Any]) -> Runnable[str, Any]:
    return transform if isinstance(transform, Runnable) else RunnableLambda(transform)


def _traced(outcome: Outcome) -> dict[str, Any]:
    """The figures of a call; also written into the metadata of its LangSmith run, where one is being recorded."""
    figures = outcome.figures()
    run = get_current_run_tree()
    if run is not None:
        run.add_metadata({COMPRESSION_EVENT: figures})
    return figures


def _report_to_graph(outcome: Outcome, config: RunnableConfig) -> None:
    """The figures of a call for ``stream_mode="custom"`` of the graph in which it runs, if it does."""
    write = stream_writer(config)
    if write is not None:
        write({COMPRESSION_EVENT: outcome.figures()})
