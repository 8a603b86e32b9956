"""Eviction policies: one finite decision per line, whatever the text; and checkpoints that are what they say."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.exceptions import ConfigurationError, WeightsError
from laconic.supercompress import FIFO, EvictionPolicy, H2OPolicy, LearnedPolicy, Line, TruncationPolicy
from laconic.supercompress.checkpoint import load_checkpoint, save_checkpoint
from laconic.supercompress.policy import LONG_LINE_CHARS, split_lines

POLICIES = [FIFO(), TruncationPolicy(), H2OPolicy(), H2OPolicy(0.0, 0.0), LearnedPolicy.shared()]
TEXTS = st.text(alphabet=st.sampled_from("ab .?\n\r\té東🎉1§"), max_size=400)


def lines_of(text: str) -> list[Line]:
    segments, numbers, blocks = split_lines(text)
    return [
        Line(text[s.start : s.end], len(text[s.start : s.end].split()), number, block)
        for s, number, block in zip(segments, numbers, blocks, strict=True)
    ]


CITIES = lines_of(
    "Paris is the capital of France.\nIt lies on the Seine.\n\n"
    "Berlin is the capital of Germany.\nIts zoo opened in 1844.\n\n"
    "Mount Everest is 8,849 metres high.\nIt was first climbed in 1953."
)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
@settings(max_examples=40, deadline=None)
@given(text=TEXTS, question=st.sampled_from(["", "which a?", "東 1", "§"]), budget=st.integers(0, 60))
def test_one_finite_decision_per_line(policy, text, question, budget):
    lines = lines_of(text)
    decisions = list(policy.decide(lines, question, budget))
    assert len(decisions) == len(lines)
    assert np.isfinite(decisions).all()
    assert decisions == list(policy.decide(lines, question, budget))


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_lines_hold_all_that_is_not_white_space_in_order(text):
    segments, numbers, blocks = split_lines(text)
    assert "".join("".join(text[s.start : s.end].split()) for s in segments) == "".join(text.split())
    assert all(a.end <= b.start for a, b in pairwise(segments))
    assert numbers == sorted(numbers)
    assert blocks == sorted(blocks)


def test_long_lines_are_cut_into_sentences():
    sentence = "This sentence stands in a document that has no line breaks. "
    text = sentence * (LONG_LINE_CHARS // len(sentence) + 2)
    segments, numbers, _ = split_lines(text)
    assert {text[s.start : s.end] for s in segments} == {sentence.strip()}
    assert set(numbers) == {0}


def test_blocks_are_separated_by_blank_lines():
    assert split_lines("a\nb\n\nc\r\n\r\nd\n \t\ne")[2] == [0, 0, 1, 2, 3]


def test_fifo_and_truncation_keep_opposite_ends():
    assert max(range(len(CITIES)), key=FIFO().decide(CITIES, "", 9).__getitem__) == len(CITIES) - 1
    assert max(range(len(CITIES)), key=TruncationPolicy().decide(CITIES, "", 9).__getitem__) == 0


@pytest.mark.parametrize("policy", [H2OPolicy(0.0), LearnedPolicy.shared()], ids=["H2O", "learned"])
@pytest.mark.parametrize(
    ("question", "wanted"),
    [("What is the capital of Germany?", 2), ("How high is Mount Everest?", 4), ("Which river runs in Paris?", 1)],
)
def test_the_question_counts(policy, question, wanted):
    decisions = list(policy.decide(CITIES, question, 20))
    ranked = sorted(range(len(CITIES)), key=lambda at: -decisions[at])
    assert wanted in ranked[:2]


def test_h2o_shares_the_budget_between_recent_and_heavy_lines():
    decisions = H2OPolicy(recent_ratio=0.5).decide(CITIES, "capital of France", 24)
    recent = sorted(range(len(CITIES)), key=lambda at: -decisions[at])[:2]
    assert set(recent) == {4, 5}  # 12 words for recent lines hold the last two


@pytest.mark.parametrize("options", [{"recent_ratio": -0.1}, {"recent_ratio": 1.1}, {"question_weight": -1}])
def test_h2o_refuses_options_out_of_range(options):
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        H2OPolicy(**options)


def test_a_policy_without_decide_cannot_be_made():
    class Undecided(EvictionPolicy):
        name = "undecided"

    with pytest.raises(TypeError, match="decide"):
        Undecided()


# -- checkpoints ----------------------------------------------------------------------------------------------------


def _arrays(path):
    with np.load(path, allow_pickle=False) as data:
        return dict(data)


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "policy.npz"
    save_checkpoint(path, load_checkpoint())
    return path


def test_a_saved_checkpoint_decides_alike(checkpoint):
    question = "When was the zoo opened?"
    assert LearnedPolicy(checkpoint).decide(CITIES, question, 9) == LearnedPolicy.shared().decide(CITIES, question, 9)


def test_a_checkpoint_may_read_fewer_features(checkpoint):
    """A later version may compute more features than a user's older checkpoint reads."""
    arrays = _arrays(checkpoint)
    names = arrays["features"].tobytes().decode().split("\n")
    arrays["features"] = np.frombuffer("\n".join(names[1:]).encode(), np.uint8)
    for field in ("mean", "deviation", "linear", "skip", "inner"):
        arrays[field] = arrays[field][1:]
    np.savez(checkpoint, **arrays)
    assert len(LearnedPolicy(checkpoint).decide(CITIES, "zoo", 9)) == len(CITIES)


def test_a_checkpoint_of_tensors_decides_alike(tmp_path):
    torch = pytest.importorskip("torch")
    path = tmp_path / "policy.pt"
    save_checkpoint(path, load_checkpoint())
    question = "When was the zoo opened?"
    assert LearnedPolicy(path).decide(CITIES, question, 9) == LearnedPolicy.shared().decide(CITIES, question, 9)
    torch.save({"net.0.weight": torch.zeros(3, 3)}, path)
    with pytest.raises(WeightsError, match=r"another network \(net\.0\.weight"):
        LearnedPolicy(path)


class Trap:
    """Runs code where it is unpickled."""

    def __reduce__(self):
        return print, ("unpickled",)


def test_a_checkpoint_of_tensors_runs_no_code(tmp_path, capsys):
    torch = pytest.importorskip("torch")
    path = tmp_path / "policy.pt"
    torch.save({"kind": Trap()}, path)
    with pytest.raises(WeightsError, match=r"policy\.pt"):
        LearnedPolicy(path)
    path.write_bytes(b"no archive")
    with pytest.raises(WeightsError, match=r"policy\.pt"):
        LearnedPolicy(path)
    assert capsys.readouterr().out == ""


def test_a_missing_checkpoint(tmp_path):
    with pytest.raises(WeightsError, match=r"none\.npz"):
        LearnedPolicy(tmp_path / "none.npz")


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.98])
def test_a_truncated_checkpoint(checkpoint, keep):
    content = checkpoint.read_bytes()
    checkpoint.write_bytes(content[: keep if isinstance(keep, int) else int(len(content) * keep)])
    with pytest.raises(WeightsError, match=r"policy\.npz"):
        LearnedPolicy(checkpoint)


def test_a_pickle_is_never_loaded(tmp_path):
    path = tmp_path / "policy.npz"
    np.savez(path, format=np.array(1), kind=np.array([object()], dtype=object))
    with pytest.raises(WeightsError, match="allow_pickle"):
        LearnedPolicy(path)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("kind", np.frombuffer(b"laconic-other", np.uint8), "laconic-other"),
        ("format", np.array(2), "format 2"),
        ("features", np.frombuffer(b"unheard_of", np.uint8), "unheard_of"),
        ("linear", np.zeros(3, np.float32), "linear has shape"),
        ("outer", np.zeros((2, 3), np.float32), "outer has shape"),
        ("inner", np.zeros((1, 1, 1), np.float32), "inner has shape"),
        ("share", np.float32(1.5), "share between 0 and 1"),
        ("out", "nan", "not finite"),
        ("mean", None, "mean"),
    ],
)
def test_a_checkpoint_that_does_not_fit(checkpoint, field, value, message):
    arrays = _arrays(checkpoint)
    if value is None:
        del arrays[field]
    elif isinstance(value, str):
        arrays[field] = np.full_like(arrays[field], float(value))
    else:
        arrays[field] = value
    np.savez(checkpoint, **arrays)
    with pytest.raises(WeightsError, match=message):
        LearnedPolicy(checkpoint)
