"""What a report costs a call: the same small call with and without, in turns.

::

    python benchmarks/bench_telemetry.py          # no OpenTelemetry, its API alone, its SDK (if they are installed)

Calls: two passages of some fifty tokens, cut to thirty (the smallest call that has work to do), and the same within
their budget (nothing to do).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from time import perf_counter

import laconic

TEXTS = (
    "The tower stands on the left bank of the river. It is 330 metres high. It was built by 1889.",
    "The bridge is 155 metres long. Painters need seven years for one coat of paint.",
)
QUESTION = "How high is the tower?"


def measured(max_tokens: int, rounds: int) -> tuple[float, float]:
    """Microseconds of the call without a report, and with one; the first decile of so many rounds."""
    engine = laconic.Compressor(max_tokens=max_tokens)
    plain = laconic.Compressor.compress.__wrapped__
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(2 * rounds):
        began = perf_counter()
        if number % 2:
            engine.compress(TEXTS, QUESTION)
        else:
            plain(engine, TEXTS, QUESTION)
        taken[number % 2].append(perf_counter() - began)
    bare, reported = (sorted(each)[rounds // 10] for each in taken)  # the machine may be shared
    return bare * 1e6, reported * 1e6


def set_up(how: str) -> None:
    if how == "nothing":
        return
    from opentelemetry import metrics, trace

    if how == "the SDK":
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.trace import TracerProvider

        trace.set_tracer_provider(TracerProvider())
        metrics.set_meter_provider(MeterProvider())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--with", dest="how", help="measure in this process")
    asked = parser.parse_args()
    if asked.how is None:
        for how in ("nothing", "the API", "the SDK"):
            subprocess.run([sys.executable, __file__, "--with", how, "--rounds", str(asked.rounds)], check=False)
        return
    set_up(asked.how)
    for name, max_tokens in (("cut to 30 tokens", 30), ("within its budget", 3000)):
        measured(max_tokens, 100)
        bare, reported = measured(max_tokens, asked.rounds)
        more = f"{reported - bare:+6.1f} µs, {100 * (reported / bare - 1):+6.2f} %"
        print(f"{asked.how:10} {name:20} {bare:8.1f} µs, with a report {more}", flush=True)


if __name__ == "__main__":
    main()
