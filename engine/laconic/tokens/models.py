"""Which vocabulary counts for which model.

OpenAI's models map to their published encodings. Models without a public tokenizer (Claude, Gemini, Mistral's hosted
models …) and those whose vocabulary does not ship here are counted with the nearest encoding, o200k_base, and say so
(``exact=False``): the budget still holds by that counter, but the model's own count may differ by some percent.
"""

from __future__ import annotations

from laconic.exceptions import ConfigurationError
from laconic.tokens.vocabularies import VOCABULARIES

__all__ = ["DEFAULT_MODEL", "NEAREST_ENCODING", "encoding_for"]

DEFAULT_MODEL = "gpt-4o"
NEAREST_ENCODING = "o200k_base"

# Encodings that hold the same ordinary tokens as a shipped one and differ in special tokens only.
_SAME_TOKENS = {"o200k_harmony": "o200k_base"}

# Known without asking tiktoken, which is imported in 25 ms: what a program counts with that names no model.
_KNOWN = {**{name: name for name in VOCABULARIES}, DEFAULT_MODEL: "o200k_base"}


def encoding_for(model_name: str) -> tuple[str, bool]:
    """The shipped encoding that counts for a model, and whether its counts are exact.

    Args:
        model_name: a model (``"gpt-4o"``, ``"openai/gpt-4o"``, ``"claude-sonnet-4-5"``) or an encoding's own name.

    Returns:
        ``(encoding name, exact)``; unknown models give ``(NEAREST_ENCODING, False)``.

    Raises:
        ConfigurationError: the name is not a string or is blank.
    """
    if not isinstance(model_name, str) or not model_name.strip():
        raise ConfigurationError(
            f"model name {model_name!r} is not usable: give a model ('gpt-4o') or an encoding ('o200k_base')"
        )
    name = model_name.strip()
    if name in _KNOWN:
        return _KNOWN[name], True
    from tiktoken.model import encoding_name_for_model

    # Routers name the provider first ("openai/gpt-4o"); the model is what counts.
    for candidate in (name, name.rpartition("/")[2]):
        try:
            encoding = encoding_name_for_model(candidate)
        except KeyError:
            continue
        encoding = _SAME_TOKENS.get(encoding, encoding)
        if encoding in VOCABULARIES:
            return encoding, True
    return NEAREST_ENCODING, False
