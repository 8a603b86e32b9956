"""Whether a call is a node of a running LangGraph graph. LangGraph is not imported for it.

LangGraph hands a node its own ways to read and to stream in the configuration, under the names below; they have been
the same in all of its 1.x. Where they are missing, a call is not in a graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig

__all__ = ["is_graph_state", "stream_writer"]

_READ = "__pregel_read"
_RUNTIME = "__pregel_runtime"


def is_graph_state(value: Any, config: RunnableConfig) -> bool:
    """Whether a dict is the state of the graph in which the call runs: each of its values is the one that is there.

    A dict that a chain inside a node has made is not, even where it has keys of the state.
    """
    read = config.get("configurable", {}).get(_READ)
    if read is None or not isinstance(value, Mapping) or not value:
        return False
    try:
        state = read(list(value))
    except Exception:  # noqa: BLE001 - a key that is no channel of the graph
        return False
    return isinstance(state, Mapping) and all(key in state and state[key] is value[key] for key in value)


def stream_writer(config: RunnableConfig) -> Callable[[Any], None] | None:
    """What ``stream_mode="custom"`` of the graph listens to; None outside of one."""
    runtime = config.get("configurable", {}).get(_RUNTIME)
    write: Callable[[Any], None] | None = getattr(runtime, "stream_writer", None)
    return write
