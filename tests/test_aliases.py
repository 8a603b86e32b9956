"""Dictionary aliasing: always shorter or unchanged, exactly reversible, and blind to what must not be touched."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.exceptions import ConfigurationError, InputError
from laconic.score.pruning.protected import ProtectedText, protected_regions
from laconic.tokens import counter_for
from laconic.two_stage.aliases import Aliaser, expand, read_legend
from laconic.two_stage.keys import KeyShortener, read_keys, spelled_out

COUNTER = counter_for("gpt-4o")
PHRASE = "the International Bank for Reconstruction and Development"
VERBS = "lent borrowed moved sold wrote built saw left found held gave took".split()
REPETITIVE = " ".join(f"Then {PHRASE} {verb} more, and {PHRASE} never {verb} it again." for verb in VERBS)

PIECES = """the retrieval-augmented generation system of Ludwig Wittgenstein's Philosophical Investigations said § ¶
 £A §A=x. München naïve 東京都庁 прочитал 5kg 3.14 don't `code` {"a": 1} https://x.org/a_b
 “quoted §B” a_b fooBar e\u0301 , ."""
WORDS = st.sampled_from([*PIECES.split(), "", "\t", "\n", "\r\n", "\n\n"])
TEXTS = st.one_of(
    st.lists(WORDS, max_size=120).map(" ".join),
    st.text(max_size=200),
    st.tuples(st.text(max_size=60), st.integers(1, 8)).map(lambda pair: pair[0] * pair[1]),
)


def test_a_repeated_name_is_written_once_in_the_legend():
    result = Aliaser().alias(REPETITIVE)
    assert result.legend == {"§A": PHRASE.removeprefix("the ")}
    assert result.text.startswith("§A=International Bank for Reconstruction and Development. Then the §A lent")
    assert result.tokens == COUNTER.count(result.text)
    assert result.saved_tokens > 80


def test_the_seeds_example_does_not_pay_and_is_left_alone():
    """Two uses of a four-token phrase cost less than its legend entry."""
    text = "The retrieval-augmented generation system uses retrieval-augmented generation to answer."
    assert Aliaser(min_gain=1).alias(text).text == text


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.integers(1, 6))
def test_round_trip_is_exact_and_the_text_is_never_longer(text, min_gain):
    result = Aliaser(COUNTER, min_gain=min_gain).alias(text)
    assert result.expand() == text
    assert expand(result.text, result.legend) == text
    assert COUNTER.count(result.text) == result.tokens <= result.original_tokens == COUNTER.count(text)
    if result.legend:
        assert result.tokens < result.original_tokens
        assert expand(result.text) == text  # the legend in the text is enough
    else:
        assert result.text == text


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([PHRASE, "Wittgenstein's Investigations", "a small word", "42"]), min_size=4, max_size=60)
)
def test_each_alias_pays_for_itself_on_the_final_text(parts):
    text = " and ".join(parts) + "."
    aliaser = Aliaser(COUNTER, min_gain=1)
    result = aliaser.alias(text)
    for alias, phrase in result.legend.items():
        without = {other: kept for other, kept in result.legend.items() if other != alias}
        _, body = read_legend(result.text)
        rest = "".join(f"{a}={p}. " for a, p in without.items()) + body.replace(alias, phrase)
        assert COUNTER.count(rest) > result.tokens


@pytest.mark.parametrize(
    "protected",
    [
        f"```\n{PHRASE}\n```",
        f"`{PHRASE}`",
        f'{{"name": "{PHRASE}"}}',
        f"“{PHRASE}”",
        f'"{PHRASE}"',
        f"<{PHRASE.replace(' ', '-')}>",
        f"https://x.org/{PHRASE.replace(' ', '_')}",
        PHRASE.replace(" ", "_"),
    ],
)
def test_protected_places_keep_the_phrase(protected):
    text = f"{REPETITIVE}\n\n{protected}\n\n{REPETITIVE}"
    result = Aliaser().alias(text)
    assert result.legend
    assert protected in result.text


def test_a_text_that_already_uses_the_sign_gets_another():
    text = f"§A=something else. {REPETITIVE}"
    result = Aliaser().alias(text)
    assert list(result.legend) == ["¶A"]
    assert "§A=something else." in result.text
    assert result.expand() == text == expand(result.text)


def test_a_text_with_all_signs_stays():
    text = f"§ ¶ £ † ‡ ¢ ¤ {REPETITIVE}"
    assert Aliaser().alias(text).text == text


def test_an_unaliased_text_that_begins_like_a_legend():
    text = "§A=alpha. It is short."
    result = Aliaser().alias(text)
    assert result.text == text == result.expand()
    assert expand(text, {}) == text


def test_an_answer_in_aliases_can_be_read():
    result = Aliaser().alias(REPETITIVE)
    assert result.expand("Ask the §A, or the §Q.") == (
        "Ask the International Bank for Reconstruction and Development, or the §Q."
    )


@pytest.mark.parametrize("text", ["", " ", "\n\n", "One line without any repeated words", "東京都" * 50, "a" * 10_000])
def test_texts_without_a_phrase_stay(text):
    assert Aliaser().alias(text).text == text


def test_words_of_several_scripts():
    text = " ".join(["Ελληνική Δημοκρατία и Правительство Российской Федерации 東京 है हिन्दी"] * 20)
    result = Aliaser().alias(text)
    assert result.legend
    assert result.expand() == text


def test_the_callers_own_counter_decides():
    """By characters even short phrases pay; by words an alias of a single word never does."""
    words = Aliaser(lambda text: len(text.split()), min_gain=1).alias("Wittgenstein, " * 50)
    assert not words.legend
    characters = Aliaser(len, min_gain=1).alias("Wittgenstein, " * 5)
    assert list(characters.legend.values()) == ["Wittgenstein"]


def test_most_aliases():
    assert len(Aliaser(max_aliases=1).alias(REPETITIVE + " Ludwig Wittgenstein's Investigations," * 30).legend) == 1


@pytest.mark.parametrize(
    "options", [{"min_gain": 0}, {"min_gain": True}, {"max_aliases": 0}, {"max_aliases": 703}, {"counter": 3}]
)
def test_options_that_cannot_work(options):
    with pytest.raises(ConfigurationError):
        Aliaser(**options)


def test_what_is_not_text():
    with pytest.raises(InputError, match="bytes"):
        Aliaser().alias(b"bytes")
    with pytest.raises(InputError, match="NoneType"):
        expand(None)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("see https://a.org/b?c=1, or a.b@c.org", ["url", "url"]),
        ("it's the dog's “own words” and 'single ones' here", ["quote", "quote"]),
        ("run foo_bar, fooBar(), os.path.join and --flag", ["identifier"] * 4),
        ("at 3.5% of $4,500 and 5kg on 2020-01-02", ["number"] * 4),
        ("keep `x` and\n```\ncode\n```\nbut not this", ["code", "code"]),
        ('data {"a": {"b": [1]}} [1, 2] but [not this] aside', ["json", "json"]),
        ("a <b>bold</b> word", ["markup", "markup"]),
        ("a | b\n\n| x | y |\n| 1 | 2 |\nend", ["table", "table"]),
        ("/usr/lib/x and and/or", ["path"]),
        ("plain words only, it's true", []),
    ],
)
def test_what_the_scanner_protects(text, kinds):
    assert [region.kind for region in protected_regions(text)] == kinds


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_regions_and_free_spans_tile_the_text(text):
    scanned = ProtectedText(text)
    spans = sorted([(r.start, r.end) for r in scanned.regions] + scanned.free_spans())
    assert "".join(text[start:end] for start, end in spans) == text
    for start, end in scanned.free_spans():
        assert not scanned.overlaps(start, end)
    for region in scanned.regions:
        assert scanned.overlaps(region.start, region.start + 1)


@pytest.mark.parametrize("piece", ["a.", "`", "[{", '"', "-a", "/a", "<a ", "a@", "“a ", "word ", "    a\n", "9", "a_"])
def test_scanning_and_aliasing_take_linear_time(piece):
    """Doubling the text must not square the time; a generous factor keeps a busy machine from failing this."""
    aliaser = Aliaser()

    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        began = time.perf_counter()
        aliaser.alias(text)
        return time.perf_counter() - began

    seconds(1_000)
    assert seconds(80_000) < 12 * seconds(20_000) + 1.0


# -- JSON: phrases in values, keys ------------------------------------------------------------------------------------

RECORDS = json.dumps([{"reservation_identifier": n, "name": f"n{n}", "note": PHRASE} for n in range(40)])


def test_keys_are_shortened_with_a_legend_and_the_data_stay_json():
    result = KeyShortener(COUNTER).shorten(RECORDS, [(0, len(RECORDS))])
    assert result.keys["a"] == "reservation_identifier"
    legend, body = result.text.split("\n", 1)
    assert legend.startswith("Keys: a=reservation_identifier")
    assert [record["a"] for record in json.loads(body)] == list(range(40))
    assert result.tokens == COUNTER.count(result.text) < result.original_tokens
    assert result.expand() == RECORDS == spelled_out(result.text)
    assert read_keys(result.text) == (result.keys, body)
    assert spelled_out('{"a": 3}', result.keys) == '{"reservation_identifier": 3}'


def test_a_name_that_is_a_key_already_is_not_taken():
    text = RECORDS.replace('"name"', '"a"')
    assert "a" not in KeyShortener(COUNTER).shorten(text, [(0, len(text))]).keys


def test_keys_of_one_token_stay():
    text = json.dumps([{"name": n, "city": n} for n in range(50)])
    assert KeyShortener(COUNTER, min_gain=1).shorten(text, [(0, len(text))]).text == text


def test_phrases_of_values_are_aliased_where_the_caller_says_so():
    result = Aliaser(COUNTER).alias(RECORDS, data=[(0, len(RECORDS))])
    _, body = read_legend(result.text)
    assert all("§A" in record["note"] for record in json.loads(body))
    assert result.expand() == RECORDS
    assert Aliaser(COUNTER).alias(RECORDS).text == RECORDS


def test_kept_spans_are_left_alone():
    kept = (0, len(REPETITIVE) // 2)
    result = Aliaser(COUNTER).alias(REPETITIVE, [kept])
    assert REPETITIVE[slice(*kept)].rsplit(" ", 1)[0] in result.text
    assert result.expand() == REPETITIVE


STRINGS = st.sampled_from(["reservation_identifier", "a", "b c", PHRASE, 'q"q', "back\\slash", "§A", "x:y", "", "1"])
VALUES = st.recursive(
    STRINGS | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(STRINGS, inner, max_size=6),
    max_leaves=40,
)


@settings(max_examples=200, deadline=None)
@given(VALUES, st.text(max_size=30), st.integers(1, 4))
def test_data_with_short_keys_come_back_byte_for_byte(value, around, min_gain):
    data = json.dumps([value] * 3)
    text = f"{around}\n{data}\n{around}"
    span = (len(around) + 1, len(around) + 1 + len(data))
    result = KeyShortener(COUNTER, min_gain=min_gain).shorten(text, [span])
    assert result.tokens <= COUNTER.count(text)
    assert result.expand() == text
    if result.keys:
        body = result.text.split("\n", 1)[1]
        start = span[0]
        json.JSONDecoder().raw_decode(body[start:])
