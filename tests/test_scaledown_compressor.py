"""The local engine of the ScaleDown compressor: shapes, budgets, words that stay, variation."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pydoc_data.topics import topics
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import structured_text

from laconic.compressor import BaseCompressor, ScaleDownCompressor
from laconic.exceptions import BudgetError, ConfigurationError, InputError
from laconic.scaledown.results import CompressedPrompt
from laconic.tokens import counter_for

WITH = topics["with"]
QUESTION = "When is the __exit__ method called with exception details?"
COUNT = counter_for("gpt-4o").count


# -- shapes -------------------------------------------------------------------------------------------------------


def test_one_context_gives_one_result() -> None:
    result = ScaleDownCompressor(rate=0.3).compress(WITH, QUESTION)
    assert isinstance(result, CompressedPrompt)
    assert str(result) == result.content
    assert "__exit__" in result.content
    assert result.tokens == (COUNT(WITH), COUNT(result.content))
    assert 0 < result.tokens[1] <= 0.3 * result.tokens[0]
    assert (result.backend, result.fallback, result.model_used) == ("local", None, "gpt-4o")


def test_a_thousand_contexts_keep_their_order() -> None:
    contexts = [f"Order {n} was shipped on day {n}. The weather was fine. Nobody complained." for n in range(1000)]
    seen: list[int] = []
    results = ScaleDownCompressor(rate=0.6).compress(contexts, "When was the order shipped?", on_progress=seen.append)
    assert seen == list(range(1, 1001))
    assert all(f"Order {n} was shipped" in result.content for n, result in enumerate(results))


def test_a_batch_is_a_map() -> None:
    compressor = ScaleDownCompressor(rate=0.3)
    contexts = [topics[name] for name in ("with", "for", "try")]
    prompts = [QUESTION, "What does the else clause of a loop do?", "When does finally run?"]
    alone = [compressor.compress(context, prompt).content for context, prompt in zip(contexts, prompts, strict=True)]
    assert [result.content for result in compressor.compress(contexts, prompts)] == alone
    assert [result.content for result in compressor.compress(tuple(contexts), tuple(prompts))] == alone


async def test_async_equals_sync() -> None:
    compressor = ScaleDownCompressor(rate=0.3)
    assert (await compressor.acompress(WITH, QUESTION)).content == compressor.compress(WITH, QUESTION).content
    seen: list[int] = []
    batch = await compressor.acompress([WITH, WITH[:900]], QUESTION, max_tokens=60, on_progress=seen.append)
    expected = compressor.compress([WITH, WITH[:900]], QUESTION, max_tokens=60)
    assert [result.content for result in batch] == [result.content for result in expected]
    assert seen == [1, 2]


async def test_the_event_loop_stays_free() -> None:
    task = asyncio.create_task(ScaleDownCompressor(rate=0.3).acompress([WITH] * 20, QUESTION))
    turns = 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    assert len(await task) == 20
    assert turns > 20


def test_empty_batches_and_empty_contexts() -> None:
    compressor = ScaleDownCompressor()
    assert compressor.compress([], QUESTION) == []
    assert compressor.compress([], []) == []
    nothing = compressor.compress("", QUESTION)
    assert (nothing.content, nothing.tokens, nothing.savings_percent) == ("", (0, 0), 0.0)
    assert compressor.compress("  \n ", QUESTION).content.strip() == ""


async def test_one_context_is_compressed_for_each_of_several_prompts() -> None:
    compressor, prompts = ScaleDownCompressor(rate=0.3), [QUESTION, "Who built it?", ""]
    expected = [compressor.compress(WITH, prompt).content for prompt in prompts]
    assert [result.content for result in compressor.compress(WITH, prompts)] == expected
    assert [result.content for result in await compressor.acompress(WITH, prompts)] == expected
    assert compressor.compress(WITH, []) == []
    assert len(compressor.compress(WITH, [QUESTION])) == 1


@pytest.mark.parametrize(("model", "estimated"), [("gpt-4o", False), ("gemini-2.5-flash", True), ("own-model", True)])
def test_counts_for_a_model_without_a_public_tokenizer_are_marked(model: str, estimated: bool) -> None:
    assert ScaleDownCompressor(model).compress(WITH, QUESTION).estimated is estimated


def test_a_blank_prompt_keeps_what_matters_without_a_question() -> None:
    result = ScaleDownCompressor(rate=0.3).compress(WITH, "")
    assert 0 < result.tokens[1] <= 0.3 * result.tokens[0]


@pytest.mark.parametrize(
    ("context", "prompt", "message"),
    [
        (["a", "b"], ["q"], "2 contexts and 1 prompts"),
        (["a"], ["q", "r"], "1 contexts and 2 prompts"),
        (["a", None], "q", r"context\[1\] is a NoneType"),
        (5, "q", "context is a int"),
        (b"bytes", "q", "context is a bytes"),
        ({"a": 1}, "q", "context is a dict"),
        ("a", None, "prompt is a NoneType"),
        ("a\ud800b", "q", r"lone surrogate \(U\+D800\) at character 1"),
        (["a"], ["\udfff"], r"prompt\[0\] holds a lone surrogate"),
    ],
)
def test_shapes_that_fit_nothing(context: Any, prompt: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ScaleDownCompressor().compress(context, prompt)
    with pytest.raises(ValueError, match=message):
        asyncio.run(ScaleDownCompressor().acompress(context, prompt))


def test_a_subclass_writes_compress_batch_and_gets_the_rest() -> None:
    class Halver(BaseCompressor):
        def compress_batch(self, contexts, prompts, max_tokens=None, *, on_progress=None, **kwargs):  # type: ignore[no-untyped-def]
            return [
                ScaleDownCompressor(rate=0.5).compress(c, p, max_tokens) for c, p in zip(contexts, prompts, strict=True)
            ]

    single = Halver().compress(WITH, QUESTION)
    assert [single.content] == [result.content for result in asyncio.run(Halver().acompress([WITH], [QUESTION]))]


# -- budgets ------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    context=structured_text,
    prompt=st.sampled_from(["", "How high is the tower?", "revenue 2019", "東京"]),
    max_tokens=st.integers(1, 80),
    rate=st.one_of(st.just("auto"), st.floats(0.01, 1.0)),
    words=st.lists(
        st.sampled_from(["tower", "Paris", "Gustave Eiffel", "$1,200", "東京", "no such phrase"]), max_size=4
    ),
    keywords=st.booleans(),
    temperature=st.sampled_from([None, 0, 0.5, 3.0]),
)
def test_max_tokens_and_rate_hold_whatever_is_preserved(
    context: str,
    prompt: str,
    max_tokens: int,
    rate: Any,
    words: list[str],
    keywords: bool,
    temperature: float | None,
) -> None:
    compressor = ScaleDownCompressor(
        rate=rate, preserve_words=words, preserve_keywords=keywords, temperature=temperature
    )
    result = compressor.compress(context, prompt, max_tokens=max_tokens)
    original, compressed = result.tokens
    assert compressed == COUNT(result.content) <= max_tokens
    if rate != "auto":
        assert compressed <= max(1, int(rate * original))
    missing = {word for word in words if word.casefold() in context.casefold()}
    missing -= {word for word in words if word.casefold() in result.content.casefold()}
    assert set(result.missing_words) == missing
    again = compressor.compress(context, prompt, max_tokens=max_tokens)
    assert again.content == result.content


def test_auto_keeps_less_of_a_text_that_repeats_itself() -> None:
    compressor = ScaleDownCompressor()
    once = compressor.compress(WITH, QUESTION)
    thrice = compressor.compress("\n\n".join([WITH] * 3), QUESTION)
    assert thrice.tokens[1] <= 1.2 * once.tokens[1]
    assert thrice.savings_percent > once.savings_percent


@pytest.mark.parametrize("prompt", ["", "Who led the firm?"], ids=["no question", "question"])
def test_auto_leaves_out_what_is_said_again_in_nearly_the_same_words(prompt: str) -> None:
    again = STORY.replace("The ", "That ").replace(". ", ", too. ")
    once = ScaleDownCompressor().compress(STORY, prompt)
    twice = ScaleDownCompressor().compress(f"{STORY}\n\n{again}", prompt)
    assert twice.tokens[1] <= 1.5 * once.tokens[1]  # sentences of a few words say nothing twice
    assert twice.savings_percent > once.savings_percent


def test_auto_without_a_question_keeps_half_of_what_is_distinct() -> None:
    for copies in (1, 2, 4):
        kept = ScaleDownCompressor().compress("\n\n".join([STORY] * copies), "").tokens[1]
        assert 0.35 * COUNT(STORY) <= kept <= 0.52 * COUNT(STORY)


@pytest.mark.parametrize("max_tokens", [0, -1, 1.5, True, "many", float("nan")])
def test_bad_max_tokens(max_tokens: Any) -> None:
    with pytest.raises(BudgetError, match="max_tokens"):
        ScaleDownCompressor().compress(WITH, QUESTION, max_tokens=max_tokens)


# -- words that stay ----------------------------------------------------------------------------------------------

STORY = (
    "The company was founded in 1911 in Oslo. Its first product was a small radio. "
    "Revenue reached 40 million kroner in 1930. The factory burnt down twice. "
    "Ingrid Solberg led the firm from 1935 to 1950. The logo shows a blue heron. "
    "Export to Japan began late. Workers founded a choir in 1922."
)


def test_words_pull_in_their_sentence() -> None:
    asked = "Who led the firm?"
    without = ScaleDownCompressor(rate=0.3).compress(STORY, asked)
    assert "heron" not in without.content
    with_words = ScaleDownCompressor(rate=0.3, preserve_words=["blue heron"]).compress(STORY, asked)
    assert "The logo shows a blue heron." in with_words.content
    assert with_words.missing_words == ()


def test_words_that_find_no_room_are_named_and_the_first_ones_stay() -> None:
    words = ["choir", "heron", "radio", "Japan"]
    result = ScaleDownCompressor(preserve_words=words).compress(STORY, "Who led the firm?", max_tokens=22)
    assert result.tokens[1] <= 22
    kept = [word for word in words if word in result.content]
    assert kept == words[: len(kept)] != []
    assert result.missing_words == tuple(words[len(kept) :]) != ()


def test_a_word_stays_wherever_it_stands_while_there_is_room() -> None:
    story = f"{STORY} The heron is seen on stamps. In 1950 the heron was redrawn.\n\nA heron of bronze stands there."
    for rate in (0.75, "auto"):
        kept = ScaleDownCompressor(rate=rate, preserve_words=["heron", "Oslo. Its first"]).compress(story, "Who led?")
        assert kept.content.count("heron") == story.count("heron") == 4
        assert "founded in 1911 in Oslo. Its first product" in kept.content  # it stands in two sentences
        assert kept.cut_words == kept.missing_words == ()
    tight = ScaleDownCompressor(rate=1.0, preserve_words=["heron"]).compress(story, "Who led?", max_tokens=20)
    assert 1 <= tight.content.count("heron") < 4
    assert (tight.cut_words, tight.missing_words) == (("heron",), ())


def test_a_repetition_stays_where_its_words_must() -> None:
    twice = f"{STORY}\n\n{STORY}"
    result = ScaleDownCompressor(preserve_words=["heron"]).compress(twice, "Who led the firm?")
    assert result.content.count("heron") == 2


def test_letter_case_does_not_matter() -> None:
    result = ScaleDownCompressor(rate=0.3, preserve_words=["BLUE HERON"]).compress(STORY, "Who led the firm?")
    assert "blue heron" in result.content
    assert result.missing_words == ()


def test_keywords_pull_in_sentences_within_half_of_the_budget() -> None:
    context = f"{STORY} Kubernetes, Grafana and Prometheus run the website of Kubernetes, Grafana and Prometheus today."
    asked = "Who led the firm from 1935 to 1950?"
    assert "Kubernetes" not in ScaleDownCompressor().compress(context, asked, max_tokens=45, rate=1.0).content
    result = ScaleDownCompressor(preserve_keywords=True).compress(context, asked, max_tokens=45, rate=1.0)
    assert "Kubernetes, Grafana" in result.content
    assert "Ingrid Solberg led the firm" in result.content  # half of the budget is the question's


# -- variation ----------------------------------------------------------------------------------------------------


def contents(temperature: float | None, seeds: range) -> set[str]:
    compressor = ScaleDownCompressor(rate=0.3, temperature=temperature)
    return {compressor.compress(WITH, QUESTION, seed=seed).content for seed in seeds}


def test_without_temperature_the_seed_changes_nothing() -> None:
    assert contents(None, range(5)) == contents(0, range(5)) == contents(0.0, range(1))
    assert len(contents(None, range(5))) == 1


def test_temperature_varies_by_seed_and_repeats_by_seed() -> None:
    assert len(contents(1.0, range(8))) > 1
    assert contents(1.0, range(3)) == contents(1.0, range(3))


def test_a_small_temperature_leaves_what_is_far_ahead() -> None:
    context = f"{STORY} The chief engineer of the first radio was Nils Berg."
    asked = "Who was the chief engineer of the first radio?"
    compressor = ScaleDownCompressor(rate=0.3, temperature=0.3)
    assert all("Nils Berg" in compressor.compress(context, asked, seed=seed).content for seed in range(20))


# -- options ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 0}, "rate is 0"),
        ({"rate": 1.01}, "rate is 1.01"),
        ({"rate": None}, "rate is None"),
        ({"rate": "automatic"}, "rate is 'automatic'"),
        ({"rate": True}, "rate is True"),
        ({"rate": float("nan")}, "rate is nan"),
        ({"temperature": -0.1}, "temperature is -0.1"),
        ({"temperature": float("inf")}, "temperature is inf"),
        ({"temperature": "hot"}, "temperature is 'hot'"),
        ({"preserve_keywords": "yes"}, "preserve_keywords is 'yes'"),
        ({"preserve_words": "Paris"}, "preserve_words is 'Paris'"),
        ({"preserve_words": ["Paris", " "]}, "preserve_words holds ' '"),
        ({"preserve_words": [5]}, "preserve_words holds 5"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 1.0}, "seed is 1.0"),
        ({"target_model": " "}, "model name"),
        ({"backend": "cloud"}, "backend is 'cloud'"),
    ],
)
def test_options_that_cannot_work(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        ScaleDownCompressor(**options)


def test_one_call_may_change_the_options_and_nothing_else() -> None:
    compressor = ScaleDownCompressor(rate=0.9)
    assert compressor.compress(WITH, QUESTION, rate=0.2).tokens[1] <= 0.2 * COUNT(WITH)
    assert compressor.rate == 0.9
    with pytest.raises(BudgetError):
        compressor.compress(WITH, QUESTION, rate=2)
    with pytest.raises(TypeError, match="top_k"):
        compressor.compress(WITH, QUESTION, top_k=3)


def test_documented_settings_are_readable() -> None:
    compressor = ScaleDownCompressor("gpt-4o-mini", 0.4, None, 0.5, True, ["Paris"])
    assert (compressor.target_model, compressor.rate, compressor.temperature) == ("gpt-4o-mini", 0.4, 0.5)
    assert (compressor.preserve_keywords, compressor.preserve_words) == (True, ["Paris"])
    assert ScaleDownCompressor().preserve_words is None


def test_query_stands_in_for_a_blank_prompt_and_the_path_tells_the_kind() -> None:
    compressor = ScaleDownCompressor(rate=0.3)
    asked = compressor.compress(WITH, QUESTION).content
    assert compressor.compress(WITH, " ", query=QUESTION).content == asked
    assert compressor.compress(WITH, QUESTION, query="something else").content == asked
    data = '{"name": "Eiffel Tower", "height": 324, "city": "Paris", "visitors": [1, 2, 3]}'
    compressor.compress(data, "How high?", file_path="tower.json", max_tokens=15)


def test_importing_the_package_is_light() -> None:
    code = (
        "import sys, laconic.compressor, laconic.types\n"
        "heavy = {'numpy', 'pydantic', 'httpx', 'tiktoken'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "from laconic.compressor import ScaleDownCompressor\n"
        "assert 'httpx' not in sys.modules and 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
