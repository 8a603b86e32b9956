"""The default compressor without the passages' titles: a system for qa_bench.py.

``PYTHONPATH=benchmarks python EVAL/qa_bench.py DEV/hotpotqa.jsonl.gz DEV/2wiki.jsonl.gz --system qa_untitled:evidence``
"""

from __future__ import annotations

import qa_adapter


def evidence(question: str, passages: list[dict[str, str]], max_tokens: int) -> list[str]:
    return qa_adapter.evidence(question, [{"title": "", "text": p["text"]} for p in passages], max_tokens)
