"""The tool with which a model gets back what was cut."""

from __future__ import annotations

from llama_index.core.tools import FunctionTool

from laconic.chain.cuts import TOOL_DESCRIPTION, TOOL_NAME, CutStore

__all__ = ["expand_tool"]


def expand_tool(store: CutStore) -> FunctionTool:
    """A tool that gives back shortened context by handle.

    Give the same store to the postprocessor (``expand=store``), which then ends shortened context with a line that
    names the handle, and this tool to the agent.
    """

    def expand_context(handle: str, question: str = "") -> str:
        return store.expand(handle, question)

    return FunctionTool.from_defaults(expand_context, name=TOOL_NAME, description=TOOL_DESCRIPTION)
