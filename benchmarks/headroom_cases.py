"""headroom-ai's own cases, as its package ships them: needles in tables of records, and questions about tool outputs.

Needs the package beside laconic (``pip install headroom-ai``; measured with 0.42.0); nothing of it but its cases is
used, and no model is called:

    python benchmarks/headroom_cases.py

A needle case is kept where all its needles are in the output (as headroom counts it, whatever the case of letters),
and no question is asked. A tool output is kept where its answer is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from headroom.evals.datasets import load_tool_output_samples
from headroom.evals.runners.compression_only import CompressionOnlyRunner

import laconic

RATES = (0.5, 0.25, 0.125)


def cases() -> Iterator[tuple[str, str, str, str | None, list[str]]]:
    """Of each case its set, name, text, question and what must be left."""
    for case in CompressionOnlyRunner().generate_ccr_test_cases(50):
        yield "needles", case["id"], case["content"], None, case["needles"]
    for case in load_tool_output_samples().cases:
        yield "tool outputs", case.id, case.context, case.query, [case.ground_truth]


def main() -> None:
    """Print how many cases are kept of each set at each rate, and with ``-v`` what is missing of which."""
    print("| cases | rate | kept | tokens |\n|---|---|---|---|")
    for rate in RATES:
        kept: dict[str, list[bool]] = {}
        shares: dict[str, list[float]] = {}
        for group, name, text, query, wanted in cases():
            result = laconic.compress(text, query=query, rate=rate)
            missing = [each for each in wanted if each.lower() not in result.text.lower()]
            kept.setdefault(group, []).append(not missing)
            shares.setdefault(group, []).append(result.metrics.compressed_tokens / result.metrics.original_tokens)
            if missing and "-v" in sys.argv:
                print(f"{name} at {rate}: {missing} not in {result.text!r}", file=sys.stderr)
        for group, each in kept.items():
            share = sum(shares[group]) / len(each)
            print(f"| {group} | {rate} | {sum(each)} of {len(each)} | {share:.3f} |")


if __name__ == "__main__":
    main()
