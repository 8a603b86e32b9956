"""What the adapters cost over the engine: the same passages, question and budget, through each door.

    python benchmarks/bench_adapters.py

Measured is the processor time of the process, which a busy machine changes little. The overhead is the time of a call
whose engine is a strategy that hands out a finished result: what is left is what the adapter itself does (reading the
input, runs and callbacks, writing the copies), the conversion of the input included that the engine would do as well.
An empty function in a ``RunnableLambda`` of LangChain is measured beside it: that is what the framework itself takes
for a run. The time of the engine is that of `laconic.Compressor` on the framework's own objects, for comparison.
Texts are topics of the Python language reference that every CPython carries.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import statistics
from collections.abc import Callable
from importlib.metadata import version
from pydoc_data.topics import topics
from time import process_time
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda
from llama_index.core.schema import NodeWithScore, TextNode

import laconic
from langchain_laconic import LaconicCompressor
from llama_index.postprocessor.laconic import LaconicPostprocessor

QUESTION = "When are the default parameter values of a function evaluated?"
CHARS = 1000


class Tracer(BaseCallbackHandler):
    """A handler that listens to everything, as tracers do."""

    def on_custom_event(self, name: str, data: Any, **kwargs: Any) -> None:
        """Called with the figures."""


class Finished:
    """A strategy that has done its work."""

    def __init__(self, compression: laconic.Compression) -> None:
        self.compression = compression

    def compress(
        self, passages: Any, query: str | None = None, *, max_tokens: int | None = None, rate: float | None = None
    ) -> laconic.Compression:
        """The result."""
        return self.compression


def _same(step: Any) -> Any:
    return step


def doors(count: int, budget: int) -> dict[str, Callable[[], Any]]:
    texts = [topics[name].strip()[:CHARS] for name in sorted(topics) if len(topics[name]) > CHARS][:count]
    metadata = {"source": "reference.txt", "page": 1}
    documents = [Document(text, id=str(at), metadata=dict(metadata)) for at, text in enumerate(texts)]
    nodes = [
        NodeWithScore(node=TextNode(text=text, id_=str(at), metadata=dict(metadata)), score=0.5)
        for at, text in enumerate(texts)
    ]
    engine = laconic.Compressor(max_tokens=budget)
    finished = Finished(engine.compress(documents, QUESTION))
    compressor = LaconicCompressor(strategy=finished, max_tokens=budget)
    postprocessor = LaconicPostprocessor(strategy=finished, max_tokens=budget)
    loop = asyncio.new_event_loop()
    step = {"context": documents, "question": QUESTION}
    empty = RunnableLambda(_same)
    return {
        "laconic.Compressor.compress, documents": lambda: engine.compress(documents, QUESTION),
        "laconic.Compressor.compress, nodes": lambda: engine.compress(nodes, QUESTION),
        "langchain.RunnableLambda.invoke, empty": lambda: empty.invoke(step),
        "langchain.RunnableLambda.ainvoke, empty": lambda: loop.run_until_complete(empty.ainvoke(step)),
        "LaconicCompressor.compress_documents": lambda: compressor.compress_documents(documents, QUESTION),
        "LaconicCompressor.invoke": lambda: compressor.invoke(step),
        "LaconicCompressor.invoke, with a tracer": lambda: compressor.invoke(step, {"callbacks": [Tracer()]}),
        "LaconicCompressor.ainvoke": lambda: loop.run_until_complete(compressor.ainvoke(step)),
        "LaconicPostprocessor.postprocess_nodes": lambda: postprocessor.postprocess_nodes(nodes, query_str=QUESTION),
        "LaconicPostprocessor.apostprocess_nodes": lambda: loop.run_until_complete(
            postprocessor.apostprocess_nodes(nodes, query_str=QUESTION)
        ),
    }


def measure(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median milliseconds of processor time of each call, one door after the other."""
    medians = {}
    for name, call in calls.items():
        times = []
        for _ in range(rounds + 10):
            began = process_time()
            call()
            times.append((process_time() - began) * 1000)
        medians[name] = statistics.median(times[10:])  # the first ones warm up
    return medians


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--passages", type=int, default=10)
    parser.add_argument("--budget", type=int, default=600)
    options = parser.parse_args()
    times = measure(doors(options.passages, options.budget), options.rounds)
    print(
        f"{options.passages} passages of {CHARS} characters, {options.budget} tokens, {options.rounds} rounds; "
        f"Python {platform.python_version()}, langchain-core {version('langchain-core')}, "
        f"llama-index-core {version('llama-index-core')}\n"
    )
    print("| door | median ms of processor time |\n|---|---|")
    for name, milliseconds in times.items():
        kind = {"laconic": "engine", "langchain": "framework alone"}.get(name.split(".")[0], "adapter alone")
        print(f"| {kind}: `{name}` | {milliseconds:.3f} |")


if __name__ == "__main__":
    main()
