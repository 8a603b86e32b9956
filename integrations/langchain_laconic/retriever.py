"""`ProjectRetriever`: the files or definitions of a project that a question asks for, as documents."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field, field_validator

from laconic.project import ProjectIndex
from laconic.project.passages import Unit, project_passages

__all__ = ["ProjectRetriever"]


class ProjectRetriever(BaseRetriever):
    """Searches an index of a source tree; with `LaconicCompressor` behind it, a chat with a repository::

        index = ProjectIndex.build("path/to/project")
        retriever = ContextualCompressionRetriever(
            base_compressor=LaconicCompressor(max_tokens=2000), base_retriever=ProjectRetriever(index=index)
        )

    Documents are whole files, the best first, from which the compressor takes the definitions that matter; with
    ``unit="definition"`` they are functions and types. Their metadata has ``source`` (path in the project),
    ``language`` and ``score`` (0–1), of a definition also ``name``, ``start_index``, ``line`` and ``end_line``. Nothing
    is read from the project's files: see `ProjectIndex.update` and `ProjectIndex.watch` for how the index stays fresh.

    Raises:
        pydantic.ValidationError: (a ``ValueError``) at construction, for an option that cannot work.
        laconic.exceptions.InputError: a blank question.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    index: Any = Field(description="A `ProjectIndex`, or the path of one or of the project that has one.")
    k: int = Field(default=10, ge=1, strict=True, description="Most documents.")
    unit: Unit = Field(default="file", description="What a document is: a whole file, or one definition.")

    @field_validator("index")
    @classmethod
    def _opened(cls, index: Any) -> ProjectIndex:
        return index if isinstance(index, ProjectIndex) else ProjectIndex.open(index)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        found = project_passages(self.index, query, self.k, self.unit)
        return [
            Document(passage.text, id=passage.id, metadata={**passage.metadata, "score": passage.score})
            for passage in found
        ]
