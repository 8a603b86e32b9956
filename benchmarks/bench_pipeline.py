"""HASTE → Semantic → compressor on modules of the standard library, step by step, and the time of a batch.

python bench_pipeline.py
"""

from __future__ import annotations

import importlib
import inspect
import time

from laconic.compressor import ScaleDownCompressor
from laconic.optimizer import HasteOptimizer, SemanticOptimizer
from laconic.pipeline import Pipeline, make_pipeline
from laconic.scaledown.results import PipelineResult

QUESTIONS = {
    "tarfile": "How is the checksum of a header verified?",
    "asyncio.base_events": "What happens to pending callbacks when the loop is closed?",
    "email.message": "How is the boundary parameter of a multipart message set?",
    "http.client": "When is a response read in chunks?",
}
BATCH = 1000


def pipeline() -> Pipeline:
    return make_pipeline(
        [
            ("haste", HasteOptimizer(hard_cap=4000, soft_cap=8000)),
            ("semantic", SemanticOptimizer(model_name="laconic-static", top_k=6)),
            ("compressor", ScaleDownCompressor(rate=0.6)),
        ]
    )


def run(name: str, question: str) -> PipelineResult:
    module = importlib.import_module(name)
    source = inspect.getsource(module)
    return pipeline().run(source, query=question, prompt=question, file_path=module.__file__, max_tokens=1000)


def main() -> None:
    run("tarfile", QUESTIONS["tarfile"])  # loads the vocabulary, the grammar and the weights
    print("| module | step | tokens in | tokens out | saved | ms |\n|---|---|---|---|---|---|")
    for name, question in QUESTIONS.items():
        result = run(name, question)
        for step in result.history:
            print(
                f"| {name} | {step.step_name} | {step.input_tokens} | {step.output_tokens} "
                f"| {step.savings_percent:.1f} % | {step.latency_ms} |"
            )
        totals = result.metrics
        print(
            f"| {name} | **all** | {totals.original_prompt_tokens} | {totals.compressed_prompt_tokens} "
            f"| {result.savings_percent:.1f} % | {totals.latency_ms} |"
        )
    contexts = [f"Order {n} was shipped on day {n}. The weather was fine. Nobody complained." for n in range(BATCH)]
    began = time.perf_counter()
    ScaleDownCompressor(rate=0.6).compress(contexts, "When was the order shipped?")
    print(f"\nbatch of {BATCH} short contexts: {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
