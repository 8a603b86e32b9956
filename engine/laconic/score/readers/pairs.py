"""Cross encoders: a list of (question, text) to a number for each."""

from __future__ import annotations

import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from laconic.exceptions import ConfigurationError, MissingDependencyError
from laconic.score.readers.answers import Answer, answers, called
from laconic.score.readers.reader import one_at_a_time, parameters

__all__ = ["LocalCrossEncoder", "PairReader"]


class PairReader:
    """An object with a method that scores pairs: sentence-transformers' ``predict``, LangChain's ``score``.

    Args:
        model: the object.
        method: the name of the method.
        local: whether the model runs here, so that threads wait for one another.
    """

    whole = False

    def __init__(self, model: Any, method: str, *, local: bool) -> None:
        self.model = model
        self.method = method
        self.local = local
        self.name = called(model)

    def read(self, query: str, texts: list[str]) -> list[Answer]:
        """See `Reader.read`."""
        score = getattr(self.model, self.method)
        options = {"show_progress_bar": False} if "show_progress_bar" in parameters(score) else {}
        pairs = [(query, text) for text in texts]
        if not self.local:
            return answers(score(pairs), texts, self.name)
        with one_at_a_time(self.model):
            return answers(score(pairs, **options), texts, self.name)


class LocalCrossEncoder:
    """A cross encoder by path or name, loaded at the first call, once; nothing is downloaded, ever.

    Args:
        name: a folder, or the name of a model that is in the cache of the hub's client already.

    Raises:
        ConfigurationError: the folder is not there.
        MissingDependencyError: sentence-transformers is not installed.
    """

    whole = False

    def __init__(self, name: str) -> None:
        path = Path(name).expanduser()
        if (path.is_absolute() or name.startswith((".", "~"))) and not path.is_dir():
            raise ConfigurationError(f"scorer {name!r} is not usable: there is no such folder")
        if find_spec("sentence_transformers") is None:
            raise MissingDependencyError("sentence-transformers", "semantic", f"the scorer {name!r}")
        self.name = name
        self._path = str(path) if path.is_dir() else name
        self._lock = threading.Lock()
        self._loaded: PairReader | None = None

    def __reduce__(self) -> tuple[type[LocalCrossEncoder], tuple[str]]:
        return type(self), (self.name,)

    def read(self, query: str, texts: list[str]) -> list[Answer]:
        """See `Reader.read`."""
        return self._load().read(query, texts)

    def _load(self) -> PairReader:
        with self._lock:
            if self._loaded is None:
                from sentence_transformers import CrossEncoder

                try:
                    model = CrossEncoder(self._path, local_files_only=True, trust_remote_code=False)
                except (OSError, ValueError) as error:
                    first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
                    raise ConfigurationError(
                        f"the scorer {self.name!r} cannot be loaded ({first_line}). laconic downloads nothing: give "
                        "the folder of a cross encoder, load one yourself and give the object, or take 'evidence', "
                        "which ships with laconic"
                    ) from error
                self._loaded = PairReader(model, "predict", local=True)
            return self._loaded
