"""Other people's compressors, each a file that says what to install; one that is not there is skipped with the reason.

A file has ``PACKAGE`` (the distribution, for its version), ``KEEPS_BUDGET`` (whether it promises at most as many tokens
as it is given; the others are measured leniently, and their column ``kept`` says what they took) and ``make()``, which
gives a system as `laconic.evaluation.systems` describes it or raises `ImportError` or `FileNotFoundError`.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from laconic.evaluation.systems import SYSTEMS, System, systems_of
from laconic.tokens import TokenCounter

PEERS = ("headroom", "supercompress", "distil", "litellm_trim", "langchain_filter", "llama_sentences", "llmlingua_2")


@dataclass(frozen=True)
class Entrant:
    """What is measured.

    Attributes:
        name: on the command line.
        system: the callable.
        keeps_budget: whether an output over the budget is its fault.
        version: of what stands behind it.
    """

    name: str
    system: System
    keeps_budget: bool
    version: str


class Absent(Exception):  # noqa: N818 - it is told, not raised at anybody
    """Why a peer is not measured."""


def entrant(name: str, counter: TokenCounter) -> Entrant:
    """A system of laconic's own, ``module:function``, or a peer.

    Raises:
        Absent: it is not installed, or what it needs is not on this machine.
        ConfigurationError: there is no such name.
    """
    if name not in PEERS:
        [system] = systems_of([name], counter, None).values()
        return Entrant(name, system, True, version("laconic") if name in SYSTEMS else "")
    module = importlib.import_module(f"harness.peers.{name}")
    try:
        found = version(module.PACKAGE)
        return Entrant(name, module.make(), module.KEEPS_BUDGET, f"{module.PACKAGE} {found}")
    except PackageNotFoundError:
        raise Absent(f"pip install {module.PACKAGE}") from None
    except (ImportError, FileNotFoundError) as error:
        raise Absent(f"{error}") from error
