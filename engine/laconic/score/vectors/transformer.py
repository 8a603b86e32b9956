"""Models of sentence-transformers as embedders; the package is imported at first use."""

from __future__ import annotations

import threading
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from laconic.exceptions import ConfigurationError, MissingDependencyError
from laconic.score.vectors.checks import CheckedEmbedder
from laconic.score.vectors.windows import cut_to_windows

__all__ = ["TransformerEmbedder"]

_UNLIMITED = 1 << 30


class TransformerEmbedder(CheckedEmbedder):
    """A sentence-transformers model; texts longer than its window are embedded in parts and averaged.

    Args:
        model: hub name, local path, or a loaded ``SentenceTransformer``.
        batch_size: texts per forward pass.
        device: as sentence-transformers takes it; None lets it choose.

    A model given by name is loaded at the first call (seconds), once. Questions are embedded with the
    model's own query prompt where it has one. Code from the hub is never executed.

    Raises:
        MissingDependencyError: a name was given and sentence-transformers is not installed.
    """

    def __init__(self, model: Any, *, batch_size: int = 32, device: str | None = None) -> None:
        if isinstance(model, str):
            if find_spec("sentence_transformers") is None:
                raise MissingDependencyError("sentence-transformers", "semantic", f"the embedding model {model!r}")
            name = model
        else:
            name = getattr(getattr(model, "model_card_data", None), "base_model", None) or type(model).__name__
        if batch_size < 1:
            raise ConfigurationError(f"batch_size is {batch_size}; it must be at least 1")
        super().__init__(str(name), self._encode, self._encode_query)
        self._given = model
        self._batch_size = batch_size
        self._device = device
        self._loaded: Any = None if isinstance(model, str) else model
        self._lock = threading.Lock()

    def load(self) -> Any:
        """The ``SentenceTransformer``, loaded now if it was not.

        Raises:
            ConfigurationError: there is no such model, or the hub cannot be reached.
        """
        with self._lock:
            if self._loaded is None:
                from sentence_transformers import SentenceTransformer

                try:
                    self._loaded = SentenceTransformer(self._given, device=self._device, trust_remote_code=False)
                except (OSError, ValueError) as error:
                    first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
                    raise ConfigurationError(
                        f"the embedding model {self._given!r} cannot be loaded ({first_line}). Without a "
                        "network, download it elsewhere and pass its local path, or fill the cache and set "
                        "HF_HUB_OFFLINE=1, or use 'laconic-static', which ships with laconic"
                    ) from error
            return self._loaded

    def _encode(self, texts: list[str], *, of_query: bool = False) -> NDArray[np.float32]:
        model = self.load()
        tokenizer = model.tokenizer
        # encode_query came with version 5; before it, the prompt was named by hand.
        encode = getattr(model, "encode_query" if of_query else "encode_document", None)
        options: dict[str, Any] = {}
        if encode is None:
            encode = model.encode
            if of_query and "query" in (getattr(model, "prompts", None) or {}):
                options["prompt_name"] = "query"

        def count(text: str) -> int:
            return len(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

        prompts = (getattr(model, "prompts", None) or {}).values()
        longest_prompt = max((count(prompt) for prompt in prompts if prompt), default=0)
        window = (model.max_seq_length or _UNLIMITED) - tokenizer.num_special_tokens_to_add() - longest_prompt
        windows = cut_to_windows(texts, count, max(window, 1))
        options |= {"show_progress_bar": False, "convert_to_numpy": True, "normalize_embeddings": True}
        vectors = encode(windows.parts, batch_size=self._batch_size, **options)
        return windows.merge(np.asarray(vectors, dtype=np.float32), len(texts))

    def _encode_query(self, text: str) -> NDArray[np.float32]:
        return np.asarray(self._encode([text], of_query=True)[0])
