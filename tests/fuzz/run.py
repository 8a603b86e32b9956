"""Fuzz for as long as you like: ``python tests/fuzz/run.py --seconds 3600 [--target NAME …]``; see ``make fuzz``.

With atheris (Linux) inputs are kept where they reach new code of the engine, one process for each target, one at a
time; without it seeds are changed at random. What fails is written to ``--findings``: put it into
``tests/fuzz/corpus/TARGET`` with the fix, where the test suite plays it for ever.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from hashlib import sha1
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]
SLOW = 20  # seconds for 4 kB: far above any honest input on a busy machine
MEMORY = 2048  # MB


def main() -> int:
    """Fuzz the targets in turn; 1 where something was found."""
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--seconds", type=int, default=300, help="for all targets together")
    cli.add_argument("--target", action="append", help="only this one (may be given more than once)")
    cli.add_argument("--findings", type=Path, default=ROOT / "build/fuzz")
    cli.add_argument("--seed", type=int, default=None)
    cli.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = cli.parse_args()
    seed = int(time.time()) if options.seed is None else options.seed
    if options.inside:
        return _fuzz(options.target[0], options.seconds, options.findings, seed)
    names = options.target or _names()
    findings = 0
    for name in names:
        seconds = max(1, options.seconds // len(names))
        command = [sys.executable, __file__, "--inside", "--target", name, "--seconds", str(seconds)]
        command += ["--findings", str(options.findings), "--seed", str(seed)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        said = (done.stdout + done.stderr).strip().split("\n")
        progress = next((line for line in reversed(said) if line.startswith("Done ") or "runs" in line), said[-1])
        print(f"{name}: {progress}", flush=True)
        if done.returncode:
            findings += 1
            print("\n".join(said[-45:]), flush=True)
    return int(findings > 0)


def _names() -> list[str]:
    _paths()
    from fuzz.targets import TARGETS

    return list(TARGETS)


def _paths() -> None:
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "engine"), str(ROOT / "integrations")]


def _fuzz(name: str, seconds: int, findings: Path, seed: int) -> int:
    _paths()
    folder = findings / name
    folder.mkdir(parents=True, exist_ok=True)
    faulthandler.enable()
    if find_spec("atheris") is None:
        return _without_coverage(name, seconds, folder, seed)
    import atheris

    with atheris.instrument_imports(include=["laconic"]):
        from fuzz import targets

        for _, data in targets.seeds(name):  # late imports are instrumented now, which can take longer than SLOW
            targets.run(name, data)
    work = folder / "corpus"
    work.mkdir(exist_ok=True)
    for seed_name, data in targets.seeds(name):
        (work / sha1(seed_name.encode() + data, usedforsecurity=False).hexdigest()).write_bytes(data)
    options = {
        "max_total_time": seconds, "timeout": SLOW, "max_len": targets.MOST, "rss_limit_mb": MEMORY, "seed": seed,
        "artifact_prefix": f"{folder}/found-", "print_final_stats": 1, "len_control": 20, "use_value_profile": 0,
    }  # fmt: skip

    def one(data: bytes) -> None:
        with atheris.instrument_imports(include=["laconic"]):
            targets.run(name, data)

    atheris.Setup([sys.argv[0], str(work), *(f"-{key}={value}" for key, value in options.items())], one)
    atheris.Fuzz()
    return 0


def _without_coverage(name: str, seconds: int, folder: Path, seed: int) -> int:
    """Seeds, changed at random."""
    from fuzz import targets
    from fuzz.mutations import mutated

    rng = random.Random(seed)
    known = [data for _, data in targets.seeds(name)]
    until, runs = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        data = mutated(rng, known)
        runs += 1
        if hasattr(signal, "alarm"):
            signal.alarm(SLOW)
        try:
            targets.run(name, data)
        except Exception:  # noqa: BLE001 - whatever it is, it is a finding
            path = folder / f"found-{sha1(data, usedforsecurity=False).hexdigest()}"
            path.write_bytes(data)
            traceback.print_exc()
            print(f"{path} after {runs} runs", file=sys.stderr)
            return 1
        finally:
            if hasattr(signal, "alarm"):
                signal.alarm(0)
    print(f"{runs} runs in {seconds} s")
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code) if "--inside" in sys.argv else sys.exit(code)
