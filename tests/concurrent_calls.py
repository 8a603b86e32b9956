"""Calls of several doors on shared instances, each to a text; a module, so that child processes can import it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import laconic
from laconic.batch import BatchCompressor
from laconic.kinds.catalogue import KINDS
from laconic.lod import LODExtractor
from laconic.messages import MessagePipeline
from laconic.optimizer import HasteOptimizer, SemanticOptimizer
from laconic.pipeline import Pipeline

__all__ = ["CALLS", "answer"]

QUESTIONS = ("Who repairs the pump?", "how many orders are late", "where is the port read", "what does open return")
CODE = "".join(
    f"def {name}(port):\n    '''Open {name}.'''\n    return read(port) + {at}\n\n\n"
    for at, name in enumerate(("open", "close", "drain", "repair", "read"))
)
TEXTS = [{"text": kind.example, "kind": kind.name} for kind in KINDS]
PROSE = " ".join(f"The pump {at} stands in hall {at + 2}. Bela repairs pump {at} on Mondays." for at in range(9))
LINES = PROSE.replace(". ", ".\n")


@cache
def doors() -> Mapping[str, Callable[[str], object]]:
    """Each with one instance for all callers of this process."""
    engine = laconic.Compressor(max_tokens=150, explain=True)
    batch, lod, chat = BatchCompressor(rate=0.4), LODExtractor(), MessagePipeline(mode="aggressive")
    haste, semantic = HasteOptimizer(hard_cap=60), SemanticOptimizer(model_name="laconic-static")
    pipeline = Pipeline([laconic.Compressor(rate=0.5)])
    two_stage = laconic.TwoStageEngine()

    def compressed(result: laconic.Compression) -> object:
        return result.text, [part.spans for part in result.passages], [cut.span for cut in result.dropped]

    return {
        "compress": lambda query: compressed(engine.compress(TEXTS, query)),
        "lexical": lambda query: compressed(laconic.compress(PROSE, query, rate=0.3, scorer="lexical")),
        "importance": lambda query: compressed(laconic.compress(PROSE + query, rate=0.3)),
        "batch": lambda query: batch({"query": [query], "passages": [[PROSE, CODE]]})["compressed"],
        "haste": lambda query: haste.optimize(CODE, query=query, file_path="a.py").content,
        "semantic": lambda query: semantic.optimize(CODE, query=query, file_path="a.py").content,
        "lod": lambda query: lod.extract(CODE, 2, "a.py").text + query,
        "eviction": lambda query: (
            laconic.compress_context(PROSE.replace(". ", ".\n"), query, budget_ratio=0.4).compressed_text
        ),
        "two-stage": lambda query: two_stage.compress(PROSE, query).text,
        "pipeline": lambda query: compressed(pipeline.compress([PROSE, CODE], query, max_tokens=60)),
        "messages": lambda query: (
            chat.run(
                [{"role": "tool", "content": TEXTS[1]["text"]}, {"role": "user", "content": f"{PROSE}\n{query}"}]
            ).messages
        ),
    }


CALLS = [(name, query) for query in QUESTIONS for name in doors()]


def answer(call: tuple[str, str]) -> str:
    """What a door answers to a question."""
    name, query = call
    return repr(doors()[name](query))
