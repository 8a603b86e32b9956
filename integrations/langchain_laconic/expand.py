"""The tool with which a model gets back what was cut."""

from __future__ import annotations

from langchain_core.tools import BaseTool, StructuredTool

from laconic.chain.cuts import TOOL_DESCRIPTION, TOOL_NAME, CutStore

__all__ = ["expand_tool"]


def expand_tool(store: CutStore) -> BaseTool:
    """A tool that gives back shortened context by handle.

    Give the same store to the compressor (``expand=store``), which then ends shortened context with a line that names
    the handle, and this tool to the model::

        store = CutStore()
        agent = create_agent(model, tools=[search, expand_tool(store)],
                             middleware=[LaconicMiddleware(max_tokens=800, expand=store)])
    """

    def expand_context(handle: str, question: str = "") -> str:
        return store.expand(handle, question)

    return StructuredTool.from_function(expand_context, name=TOOL_NAME, description=TOOL_DESCRIPTION)
