"""The lines of a dry run: what a call came to, for people."""

from __future__ import annotations

__all__ = ["dry_run_lines"]


def dry_run_lines(before: int, after: int, milliseconds: float, stages: str, *, exact: bool = True) -> str:
    """Five lines: input, output, what is saved, time and stages, with the numbers below each other.

    Args:
        before: tokens of the input.
        after: tokens of the output.
        milliseconds: wall time.
        stages: what was done.
        exact: whether the counts are no estimate.
    """
    saved = before - after
    percent = 100 * saved / before if before else 0.0
    numbers = [f"{before:,}", f"{after:,}", f"{saved:,}", f"{milliseconds:.1f}ms"]
    width = max(map(len, numbers))
    first, second, third, time = (number.rjust(width) for number in numbers)
    return (
        f"Input:  {first} tokens{'' if exact else ' (estimated)'}\n"
        f"Output: {second} tokens\n"
        f"Saved:  {third} tokens ({percent:.1f}%)\n"
        f"Time:   {time}\n"
        f"Stages: {stages}"
    )
