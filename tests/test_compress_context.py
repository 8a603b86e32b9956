"""`compress_context`: real counts, pinned ends, an honest word where the budget cannot hold."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.exceptions import BudgetError, ConfigurationError, InputError
from laconic.pipeline import Pipeline
from laconic.supercompress import FIFO, EvictionPolicy, H2OPolicy, LearnedPolicy, TruncationPolicy
from laconic.supercompress.context import CompressResult, ContextEviction, compress_context
from laconic.tokens import counter_for

COUNT = counter_for("gpt-4o").count
LOG = "\n".join(f"{minute:02d}:00 worker {minute % 7} finished job {minute * 37}" for minute in range(40))
CONTEXT = f"{LOG}\n41:00 disk /dev/sda1 is full, writes fail\n{LOG}\nlast line of the log"
QUESTION = "Why do writes fail?"
POLICIES = [None, FIFO(), TruncationPolicy(), H2OPolicy()]

TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(
        st.sampled_from(["A short line.", "", "\t x", "東京は日本の首都です。", "e\u0301🎉", "word " * 60]), max_size=30
    ).map("\n".join),
)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: getattr(policy, "name", "default"))
@settings(max_examples=60, deadline=None)
@given(text=TEXTS, ratio=st.floats(0.01, 1.0), sinks=st.integers(0, 3), recents=st.integers(0, 3))
def test_laws(policy, text, ratio, sinks, recents):
    result = compress_context(text, QUESTION, ratio, policy=policy, sink_lines=sinks, recent_lines=recents)
    if not text.strip():
        assert result.policy_name == "noop"
        return
    assert result.kept_tokens == COUNT(result.compressed_text)
    assert result.original_tokens == COUNT(text)
    assert result.budget_tokens == max(1, int(ratio * result.original_tokens))
    assert result.over_budget == (result.kept_tokens > result.budget_tokens) == bool(result.note)
    assert result.compressed_text == "".join(text[start:end] for start, end in result.spans)
    assert all(a[1] <= b[0] for a, b in zip(result.spans, result.spans[1:], strict=False))
    assert result.kept_tokens <= result.original_tokens
    assert 0 <= result.kept_line_ratio <= 1
    if not sinks and not recents:
        assert not result.over_budget


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: getattr(policy, "name", "default"))
@pytest.mark.parametrize("ratio", [0.1, 0.25, 0.35, 0.5])
def test_the_budget_is_used_and_the_ends_are_kept(policy, ratio):
    result = compress_context(CONTEXT, QUESTION, ratio, policy=policy)
    assert ratio * 0.85 <= result.kept_tokens / result.original_tokens <= ratio
    kept = result.compressed_text.split("\n")
    source = CONTEXT.split("\n")
    assert kept[0] == source[0]
    assert kept[-2:] == source[-2:]
    assert len(kept) == round(result.kept_line_ratio * len(source))


def test_the_learned_policy_keeps_what_answers():
    assert "disk /dev/sda1 is full" in compress_context(CONTEXT, QUESTION, 0.1).compressed_text
    assert "disk /dev/sda1 is full" not in compress_context(CONTEXT, QUESTION, 0.1, policy=FIFO()).compressed_text


def test_fifo_and_truncation_keep_one_stretch():
    recent = compress_context(CONTEXT, "", 0.3, policy=FIFO(), sink_lines=0).compressed_text
    first = compress_context(CONTEXT, "", 0.3, policy=TruncationPolicy(), recent_lines=0).compressed_text
    assert CONTEXT.endswith(recent)
    assert CONTEXT.startswith(first)


def test_everything_fits():
    result = compress_context(CONTEXT, QUESTION, 1.0)
    assert result.compressed_text == CONTEXT
    assert (result.kv_savings_pct, result.compression_ratio, result.kept_line_ratio) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize("text", ["", " ", "\n\t\n"])
@pytest.mark.parametrize("ratio", [0.35, 5])
def test_blank_text_is_a_noop(text, ratio):
    result = compress_context(text, QUESTION, ratio)
    assert (result.policy_name, result.compressed_text) == ("noop", text)
    assert (result.original_tokens, result.kept_tokens) == (0, 0)
    assert (result.compression_ratio, result.question) == (0.0, QUESTION)


def test_figures_follow_the_documented_formulas():
    result = compress_context(CONTEXT, QUESTION)
    assert result.budget_ratio == 0.35
    assert result.policy_name == "SuperCompress"
    assert result.kv_savings_pct == (1 - result.kept_tokens / result.original_tokens) * 100
    assert result.compression_ratio == result.original_tokens / result.kept_tokens
    assert dataclasses.is_dataclass(CompressResult)
    assert result.text == result.compressed_text


def test_pinned_lines_over_the_budget_are_said_so():
    text = "A long first line that says a lot of things about everything.\nsecond\nthird"
    result = compress_context(text, QUESTION, 0.1)
    assert result.compressed_text == text
    assert result.over_budget
    assert "3 pinned lines" in result.note
    assert "sink_lines" in result.note


def test_a_one_line_document_is_decided_about_by_sentence():
    sentences = [f"Sentence number {number} is about nothing much at all." for number in range(40)]
    sentences[20] = "The treaty was signed in Utrecht by Queen Anne."
    result = compress_context(" ".join(sentences), "Who signed the treaty?", 0.2)
    assert sentences[20] in result.compressed_text
    assert result.kept_tokens <= result.budget_tokens
    assert result.kept_line_ratio == 1.0


@pytest.mark.parametrize("question", ["", "  "])
def test_without_a_question_h2o_decides(question):
    assert compress_context(CONTEXT, question, 0.2).policy_name == "H2O-fallback"


@pytest.mark.parametrize("ratio", [0, -0.1, 1.01, float("nan"), True, "0.3", None])
def test_a_ratio_out_of_range(ratio):
    with pytest.raises(BudgetError, match="budget_ratio"):
        compress_context(CONTEXT, QUESTION, ratio)
    assert issubclass(BudgetError, ValueError)


@pytest.mark.parametrize("options", [{"sink_lines": -1}, {"recent_lines": 1.5}, {"policy": FIFO}, {"counter": 7}])
def test_options_that_cannot_work(options):
    with pytest.raises(ConfigurationError):
        compress_context(CONTEXT, QUESTION, **options)
    with pytest.raises(ConfigurationError):
        ContextEviction(**options)


class Given(EvictionPolicy):
    """Gives what the test wants."""

    name = "given"

    def __init__(self, decisions):
        self.decisions = decisions

    def decide(self, lines, question, budget):
        return self.decisions(lines)


@pytest.mark.parametrize(
    ("decisions", "message"),
    [
        (lambda lines: [1.0] * (len(lines) - 1), "decisions for"),
        (lambda lines: [], "0 decisions for"),
        (lambda lines: [float("nan")] * len(lines), "nan for line 0"),
        (lambda lines: ["keep"] * len(lines), "'keep' for line 0"),
    ],
)
def test_a_policy_with_wrong_decisions(decisions, message):
    with pytest.raises(ConfigurationError, match=message):
        compress_context(CONTEXT, QUESTION, 0.3, policy=Given(decisions))


def test_an_error_inside_a_policy_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        compress_context(CONTEXT, QUESTION, 0.3, policy=Given(lambda lines: 1 / 0))


def test_the_callers_policy_rules_and_the_checkpoint_is_not_read():
    policy = Given(lambda lines: [float("sda1" in line.text) for line in lines])
    result = compress_context(CONTEXT, "", 0.1, policy=policy, checkpoint="no such file")
    assert result.policy_name == "given"
    assert "sda1" in result.compressed_text


@pytest.mark.parametrize(("name", "content"), [("nowhere.npz", None), ("broken.npz", b"no archive")])
def test_without_a_usable_checkpoint_h2o_decides_and_says_so(name, content, tmp_path, caplog):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    result = compress_context(CONTEXT, QUESTION, 0.2, checkpoint=path)
    assert result.policy_name == "H2O-fallback"
    assert name in result.fallback
    assert name in caplog.text
    assert result.compressed_text == compress_context(CONTEXT, QUESTION, 0.2, policy=H2OPolicy()).compressed_text
    assert compress_context(CONTEXT, QUESTION, 0.2).fallback is None
    assert ContextEviction(0.2, checkpoint=path).compress(CONTEXT, QUESTION).policy_name == "H2O-fallback"


# -- policies written for SuperCompress -----------------------------------------------------------------------------


class Recent:
    """A policy as SuperCompress has them: keeps the last records; not of our class."""

    name = "recent"

    def select(self, records, budget):
        self.records, self.budget = records, budget
        return [record.position for record in records[-budget:]]


class Asked(EvictionPolicy):
    """The same form under our class: what the question names."""

    name = "asked"

    def select(self, records, budget):
        ranked = sorted(records, key=lambda record: -record.question_entity_match - record.attention_mass / 2)
        return np.array([record.position for record in ranked[:budget]])


def test_a_policy_that_selects_records_works():
    recent = Recent()
    result = compress_context(CONTEXT, QUESTION, 0.3, policy=recent)
    assert result.policy_name == "recent"
    lines, kept = CONTEXT.split("\n"), result.compressed_text.split("\n")
    selected = {lines[record.line] for record in recent.records[-recent.budget :]}
    assert len(selected & set(kept)) >= 0.9 * len(kept)
    assert [record.position for record in recent.records] == list(range(len(recent.records)))
    assert recent.budget == pytest.approx(0.3 * len(recent.records), rel=0.1)
    assert {record.text for record in recent.records if record.question_entity_match} == {"writes", "fail"}
    assert all(0 <= record.attention_mass <= 1 and 0 <= record.h2o_score <= 1 for record in recent.records)
    found = compress_context(CONTEXT, QUESTION, 0.1, policy=Asked())
    assert found.policy_name == "asked"
    assert "disk /dev/sda1 is full" in found.compressed_text
    assert found.kept_tokens <= found.budget_tokens


@pytest.mark.parametrize("selected", [None, [10**9], [-1], ["first"], [0.5]])
def test_a_policy_that_selects_what_are_no_positions(selected):
    class Wrong:
        def select(self, records, budget):
            return selected

    with pytest.raises(ConfigurationError, match="Wrong selected"):
        compress_context(CONTEXT, QUESTION, 0.3, policy=Wrong())


@pytest.mark.parametrize(("text", "question"), [(b"x", "q"), (None, "q"), ("a \ud800", "q"), ("x", 3), ("x", "\udfff")])
def test_what_is_not_unicode_text(text, question):
    with pytest.raises(InputError):
        compress_context(text, question)


def test_the_callers_own_counter():
    result = compress_context(CONTEXT, QUESTION, 0.25, counter=len)
    assert result.original_tokens == len(CONTEXT)
    assert len(result.compressed_text) == result.kept_tokens <= len(CONTEXT) // 4


def test_as_a_step_of_a_pipeline():
    result = Pipeline([ContextEviction(0.3, policy=LearnedPolicy.shared())]).run(CONTEXT, query=QUESTION)
    assert result.final_content == compress_context(CONTEXT, QUESTION, 0.3).compressed_text
    compression = Pipeline([ContextEviction(0.3)]).compress([CONTEXT, LOG], QUESTION)
    assert [part.index for part in compression.passages] == [0, 1]
    for part, source in zip(compression.passages, (CONTEXT, LOG), strict=True):
        assert part.text == "".join(source[start:end] for start, end in part.spans)
