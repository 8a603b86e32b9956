"""The first counts of a process, before tiktoken is built: the same tokens, whatever the text."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.tokens import byte_pairs, encodings
from laconic.tokens.encodings import ShippedEncoding, load_encoding
from laconic.tokens.vocabularies import VOCABULARIES

KNOWN = [chr(point) for first, last in byte_pairs._KNOWN_RANGES for point in range(ord(first), ord(last) + 1)]
# What the published patterns treat in a way of its own, so that examples meet in it.
TELLING = [
    "'",
    "'s",
    "'S",
    "'\u017f",
    "'ll",
    "'Re",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "/",
    "1",
    "23",
    "\u00b2",
    "a",
    "B",
    "\u01c5",
    "\u00aa",
    "\u0301",
    "-",
]


@pytest.fixture(params=VOCABULARIES, scope="module")
def name(request):
    return request.param


@pytest.fixture(scope="module")
def early(name):
    return ShippedEncoding(name)


def token_bytes(name, text):
    encoding = load_encoding(name)
    return bytes(len(encoding.decode_single_token_bytes(token)) for token in encoding.encode_ordinary(text))


def is_early(encoding):
    return isinstance(encoding._splitter, byte_pairs.BytePairs)


def test_every_character_is_split_as_tiktoken_splits_it(name, early):
    frames = (
        "%s",
        "a%s",
        "%sa",
        " %s",
        "%s%s",
        "1%s",
        "'%s",
        "%s\n",
        "A%sb",
        "a%s%sB\n",
        "\n%s \n",
        "I'%s ",
        ".%s ",
        "  %s",
    )
    for character in KNOWN:
        for frame in frames:
            text = frame.replace("%s", character)
            assert early.lengths(text).tobytes() == token_bytes(name, text), text
    assert is_early(early)


@given(text=st.lists(st.one_of(st.sampled_from(TELLING), st.sampled_from(KNOWN), st.text(max_size=8))).map("".join))
@settings(max_examples=30, deadline=None)
def test_any_text_is_split_as_tiktoken_splits_it(text):
    for name in VOCABULARIES:
        fresh = FRESH[name]
        assert fresh.lengths(text).tobytes() == token_bytes(name, text)
        assert fresh.count(text) == len(token_bytes(name, text))
        FRESH[name] = fresh if is_early(fresh) else ShippedEncoding(name)


FRESH = {name: ShippedEncoding(name) for name in VOCABULARIES}


@pytest.mark.parametrize(
    "text",
    [
        "\u6771\u4eac\u30bf\u30ef\u30fc",
        "\u05e9\u05dc\u05d5\u05dd",
        "a" * 5000,
        "x\x1cy",
        "\ud800",
        "\U00020000",
        " " * 100,
    ],
    ids=["Chinese", "Hebrew", "one long word", "a separator", "half a surrogate pair", "a rare plane", "many blanks"],
)
def test_other_text_is_left_to_tiktoken(name, text):
    encoding = ShippedEncoding(name)
    assert encoding.count(text) == len(load_encoding(name).encode_ordinary(text))
    assert not is_early(encoding)


def test_tiktoken_takes_over_when_it_pays(name, monkeypatch):
    monkeypatch.setattr(encodings, "_EARLY_CHARS", 100)
    encoding = ShippedEncoding(name)
    text = "Forty characters or so, in a sentence, ok. "
    counts = []
    while is_early(encoding):
        counts.append(encoding.count(text))
    assert len(counts) == 4  # the third text is begun within the limit, the fourth is the first beyond
    assert set(counts) == {len(load_encoding(name).encode_ordinary(text))} == {encoding.count(text)}


def test_threads_may_share_it_while_tiktoken_takes_over(name, monkeypatch):
    monkeypatch.setattr(encodings, "_EARLY_CHARS", 20_000)
    encoding = ShippedEncoding(name)
    texts = [f"Sentence number {number} is about {number * 7919} things." for number in range(2000)]
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(encoding.count, texts))
    assert not is_early(encoding)
    assert counts == [len(load_encoding(name).encode_ordinary(text)) for text in texts]


def test_a_short_program_never_builds_tiktoken():
    program = (
        "import sys, laconic\n"
        "laconic.compress(['The tower is 300 m high. It is made of iron.'] * 3, 'How high is it?', max_tokens=12)\n"
        "assert 'tiktoken' not in sys.modules, 'tiktoken'\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_it_remembers_is_bounded(name, monkeypatch):
    """Identifiers of which no two are alike must not fill the memory."""
    monkeypatch.setattr(byte_pairs, "_MOST_PRE_TOKENS", 50)
    encoding = ShippedEncoding(name)
    words = [f" word{at * 7919:x}" for at in range(400)]
    for word in words:
        assert encoding._splitter.lengths(word) == token_bytes(name, word)
    assert len(encoding._splitter._lengths) <= 50
