"""An embedder that remembers: a second question to the same context costs one embedding, not all of them."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from laconic._utils.locks import ForkLock
from laconic.exceptions import ConfigurationError
from laconic.score.vectors.checks import check_texts
from laconic.score.vectors.embedders import Embedder, embed_query, embedder_name

__all__ = ["RememberingEmbedder"]


class RememberingEmbedder:
    """Keeps the vectors of the texts it saw last, by digest; questions are not kept.

    Args:
        embedder: makes the vectors.
        capacity: most texts to remember; 4096 vectors of 384 dimensions take 6 MB.

    Safe to use from several threads where ``embedder`` is.

    Raises:
        ConfigurationError: ``capacity`` is below 1.
    """

    def __init__(self, embedder: Embedder, capacity: int = 4096) -> None:
        if capacity < 1:
            raise ConfigurationError(f"capacity is {capacity}; it must be at least 1")
        self.embedder = embedder
        self.name = embedder_name(embedder)
        self._capacity = capacity
        self._known: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()
        self._lock = ForkLock()

    def __len__(self) -> int:
        return len(self._known)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of ``texts``; those not remembered are computed, each once. Errors as the embedder's."""
        check_texts(texts)
        digests = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts]
        with self._lock:
            vectors = {digest: self._known[digest] for digest in digests if digest in self._known}
            for digest in vectors:
                self._known.move_to_end(digest)
        missing = {
            digest: text for digest, text in zip(digests, texts, strict=True) if digest not in vectors and text.strip()
        }
        if missing:
            rows = self.embedder.embed(list(missing.values()))
            computed = dict(zip(missing, rows, strict=True))
            vectors.update(computed)
            with self._lock:
                self._known.update(computed)
                while len(self._known) > self._capacity:
                    self._known.popitem(last=False)
        dimensions = max((len(vector) for vector in vectors.values()), default=0)
        result = np.zeros((len(texts), dimensions), dtype=np.float32)
        for row, digest in enumerate(digests):
            if digest in vectors:
                result[row] = vectors[digest]
        return result

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Vector of a question, by the embedder's own way for questions."""
        return embed_query(self.embedder, text)
