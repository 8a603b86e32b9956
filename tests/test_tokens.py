"""Token counts: exact without a network, from whatever counter the caller has, and never a download."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import pickle
import re
import socket
from pathlib import Path

import pytest
import strategies as s
import tiktoken
from hypothesis import given, settings

from laconic._utils.lazy import once
from laconic.exceptions import ConfigurationError, WeightsError
from laconic.tokens import as_counter, counter_for, counters, encoding_for, encodings, vocabularies
from laconic.tokens.encodings import load_encoding
from laconic.tokens.vocabularies import VOCABULARIES, pack_ranks, unpack_ranks

LLAMA_INDEX_CACHE = "llama_index/core/_static/tiktoken_cache"
PUBLISHED = {
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
}


@pytest.fixture(params=VOCABULARIES)
def name(request):
    return request.param


def published_ranks(name):
    """The rank file as OpenAI publishes it, from the copy inside llama-index-core."""
    spec = importlib.util.find_spec("llama_index.core")
    path = Path(spec.origin).parent / "_static" / "tiktoken_cache" / PUBLISHED[name]
    lines = path.read_bytes().splitlines()
    return {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines if line)}


def test_the_shipped_vocabulary_is_the_published_one(name):
    ranks = published_ranks(name)
    blob = pack_ranks(ranks)
    assert hashlib.sha256(blob).hexdigest() == VOCABULARIES[name].sha256
    assert unpack_ranks(blob).as_dict() == ranks


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({b"new": 300}, "without gaps"),
        ({b"": 256}, "empty"),
        ({b"a\xff": 256}, "255"),
        ({b"a": 256, b"b": 97}, "without gaps"),
    ],
)
def test_what_is_no_vocabulary_is_not_packed(change, message):
    single = {bytes((byte,)): byte for byte in range(256)}
    assert unpack_ranks(pack_ranks(single)).as_dict() == single
    with pytest.raises(ValueError, match=message):
        pack_ranks(single | change)
    with pytest.raises(ValueError, match="every byte"):
        pack_ranks({token: rank for token, rank in single.items() if rank < 255})


@given(text=s.texts)
@settings(max_examples=100, deadline=None)
def test_counts_are_those_of_tiktoken(text):
    for name in VOCABULARIES:
        reference = (
            tiktoken.Encoding(
                f"{name}_reference", pat_str=_PATTERNS[name], mergeable_ranks=_RANKS[name], special_tokens={}
            )
            if name not in _REFERENCE
            else _REFERENCE[name]
        )
        _REFERENCE[name] = reference
        assert counter_for(name).count(text) == len(reference.encode_ordinary(text))


_REFERENCE: dict[str, tiktoken.Encoding] = {}
_RANKS = {name: published_ranks(name) for name in VOCABULARIES}
# as tiktoken's own plugin spells them, read from its source so that a change there is seen here
_PUBLIC = Path(importlib.util.find_spec("tiktoken_ext.openai_public").origin).read_text()
_PATTERNS = {
    "cl100k_base": re.search(r'"pat_str": r"""(.+?)"""', _PUBLIC[_PUBLIC.index("def cl100k_base") :]).group(1),
    "o200k_base": "|".join(re.findall(r'r"""(.+?)""",', _PUBLIC[_PUBLIC.index("def o200k_base") :])[:7]),
}


def forget_vocabularies(monkeypatch):
    fresh = once(encodings.ShippedEncoding)
    for module in (encodings, counters):
        monkeypatch.setattr(module, "shipped_encoding", fresh)


def test_nothing_is_ever_fetched(name, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("a token count opened a connection")

    monkeypatch.setattr(socket, "socket", refuse)
    forget_vocabularies(monkeypatch)
    assert counter_for(name).count("hello world") == 2


@given(text=s.texts)
@settings(max_examples=100, deadline=None)
def test_token_ends_divide_the_text(text):
    counter = counter_for("gpt-4o")
    ends = counter.token_ends(text)
    assert len(ends) == counter.count(text)
    assert ends.tolist() == sorted(set(ends.tolist()))
    assert (ends[-1] if len(ends) else 0) == len(text.encode())


@pytest.mark.parametrize("damage", ["cut", "changed", "absent"])
def test_a_damaged_vocabulary_is_told(name, damage, monkeypatch, tmp_path):
    blob = bytearray(vocabularies.shipped_file("laconic.tokens", f"data/{name}.zlib"))
    if damage == "cut":
        del blob[-100:]
    else:
        blob[len(blob) // 2] ^= 1
    file = tmp_path / ("none" if damage == "absent" else "blob")
    (tmp_path / "blob").write_bytes(blob)
    forget_vocabularies(monkeypatch)
    monkeypatch.setattr(vocabularies, "shipped_file", lambda *_: file.read_bytes())
    with pytest.raises(WeightsError, match="reinstall"):
        load_encoding(name)
    with pytest.raises(WeightsError, match="reinstall"):
        counter_for(name).count("a text that no other test counts")


def test_special_tokens_count_as_what_they_are_spelled_with(name):
    assert counter_for(name).count("<|endoftext|>") > 1


@pytest.mark.parametrize(
    ("model", "encoding", "exact"),
    [
        ("gpt-4o", "o200k_base", True),
        ("gpt-4o-mini-2024-07-18", "o200k_base", True),
        ("openai/gpt-4o", "o200k_base", True),
        ("gpt-5", "o200k_base", True),
        ("gpt-oss-120b", "o200k_base", True),
        ("gpt-4", "cl100k_base", True),
        ("text-embedding-3-small", "cl100k_base", True),
        ("cl100k_base", "cl100k_base", True),
        ("gemini-2.5-flash", "o200k_base", False),
        ("claude-sonnet-4-5", "o200k_base", False),
        ("text-davinci-003", "o200k_base", False),
        ("my-own-model", "o200k_base", False),
    ],
)
def test_models_have_a_documented_encoding(model, encoding, exact):
    assert encoding_for(model) == (encoding, exact)
    counter = counter_for(model)
    assert (counter.name, counter.exact) == (encoding, exact)


@pytest.mark.parametrize("model", ["", "  ", None, 4])
def test_a_model_without_a_name_is_refused(model):
    with pytest.raises(ConfigurationError, match="model name"):
        encoding_for(model)


class Words:
    name = "words"

    def encode(self, text):
        return text.split()


class Counter:
    def count(self, text):
        return len(text)


@pytest.mark.parametrize(
    ("given", "expected"),
    [(len, 9), (str.split, 2), (Words(), 2), (Counter(), 9), ("gpt-4o", 3)],
    ids=["len", "split", "called", "counted", "model"],
)
def test_any_counter_is_accepted(given, expected):
    assert as_counter(given).count("two words") == expected or given == "gpt-4o"
    assert isinstance(as_counter(given).count(""), int)


def test_a_tokenizer_of_the_hub_kind_is_accepted():
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": 0, "b": 1, "?": 2}, unk_token="?"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    assert as_counter(tokenizer).count("a b c") == 3


def test_long_texts_are_counted_in_pieces_with_the_same_result():
    counter = counter_for("gpt-4o")
    text = "It's a test, isn't it? 12,345 words — and more; ends. " * 6000
    assert len(text) > 300_000
    assert counter.count(text) == len(counter.encoding.encode_ordinary(text))


def test_a_million_spaces_do_not_break_the_tokenizer():
    assert 0 < counter_for("gpt-4o").count(" " * 1_000_000) < 100_000


def test_counters_travel_to_other_processes():
    counter = counter_for("gpt-4")
    assert pickle.loads(pickle.dumps(counter)) == counter  # noqa: S301 - our own bytes
