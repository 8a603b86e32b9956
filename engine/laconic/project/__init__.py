"""A source tree as context: an index that is ready before the question comes, and what it gives for a question."""

from __future__ import annotations

from laconic.project.context import assemble_context
from laconic.project.index import ProjectIndex
from laconic.project.types import (
    BuildReport,
    ContextChunk,
    FileHit,
    IndexedFile,
    ProjectContext,
    Skipped,
    Symbol,
)

__all__ = [
    "BuildReport", "ContextChunk", "FileHit", "IndexedFile", "ProjectContext", "ProjectIndex", "Skipped", "Symbol",
    "assemble_context",
]  # fmt: skip
