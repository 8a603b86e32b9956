"""Text to number of tokens, exactly and without a network.

`counter_for` gives the counter of a model, `as_counter` makes one of what the caller has (a model's name, any callable,
any object with ``encode``), `load_encoding` readies a server for its first request. The vocabularies of o200k_base and
cl100k_base ship in this package, so nothing is ever downloaded.
"""

from laconic.tokens.counters import EncoderCounter, FunctionCounter, TiktokenCounter, as_counter, counter_for
from laconic.tokens.encodings import load_encoding
from laconic.tokens.models import encoding_for
from laconic.types import TokenCounter

__all__ = [
    "EncoderCounter", "FunctionCounter", "TiktokenCounter", "TokenCounter", "as_counter", "counter_for", "encoding_for",
    "load_encoding",
]  # fmt: skip
