"""What is fuzzed: every segmenter and every parser, each as a function from bytes that raises where a law is broken.

An error of laconic's own is an answer; any other exception, a hang and a broken law are findings.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from code_samples import SAMPLES
from laws import check_compression, check_explanations, check_segments

import laconic
from laconic.exceptions import LaconicError
from laconic.kinds.catalogue import KINDS, kind_named, recognise
from laconic.kinds.code.detect import detect_language
from laconic.kinds.code.language import LANGUAGES
from laconic.kinds.code.parse import parse
from laconic.kinds.kind import Kind
from laconic.tokens import as_counter
from laconic.types import Passage

__all__ = ["CORPUS", "MOST", "TARGETS", "run", "seeds"]

CORPUS = Path(__file__).parent / "corpus"
MOST = 4096
"""Bytes of one input: enough for any construct, and a hang shows below it."""

Target = Callable[[int, str], Any]
TARGETS: dict[str, Target] = {}
_COUNTERS = (as_counter("gpt-4o"), as_counter(len), as_counter(str.split))
_QUERIES = (None, "Which one failed, and why?", "How many are above 3?", 'the "name" of B-7', "the largest first", "名")


def target(function: Target) -> Target:
    """Registers what takes a small number to choose by and a text."""
    TARGETS[function.__name__] = function
    return function


def run(name: str, data: bytes) -> None:
    """One input: its first byte chooses, the rest is the text.

    Raises:
        Whatever a target raises but laconic's own errors.
    """
    choice, text = (data[0] if data else 0), data[1:MOST].decode("utf-8", "replace")
    try:
        TARGETS[name](choice, text)
    except LaconicError as error:
        assert str(error), "an error without a word"


def seeds(name: str) -> Iterator[tuple[str, bytes]]:
    """Where fuzzing begins, each with a name: examples of the kinds, samples of code, and the files of the corpus."""
    for number, text in enumerate(_texts(name)):
        for choice in range(3) if name != "segmenter" else (number,):
            yield f"example {number} {choice}", bytes([choice]) + text.encode()[: MOST - 1]
    for path in sorted((CORPUS / name).glob("*")):
        yield path.name, path.read_bytes()


def _texts(name: str) -> list[str]:
    if name == "recipe":
        return ["name: a\ndirectives:\n- type: json\n  action: schema_sample\n  keep: 0.5\n"]
    if name == "aliases":
        return ["§A=the tower of Paris. §B=iron. §A is of §B, and §C. ", "¤A=x y z. ¤A ¤A"]
    if name == "code":
        return [SAMPLES[language] for language in LANGUAGES]
    return [kind.example for kind in KINDS]


# -- segmenters -------------------------------------------------------------------------------------------------------


@target
def segmenter(choice: int, text: str) -> None:
    """A kind's own segmenter on any text, and its renderer on some of the segments."""
    kind = KINDS[choice % len(KINDS)]
    passage = Passage(text, kind=kind.name)
    counter = _COUNTERS[0]
    segments = kind.segmenter(counter).segment(passage, 0, 0)
    check_segments(text, segments, _layout(kind, text))
    kind.words and kind.words(text)
    kind.holds_part(passage)
    if kind.details is not None:
        for detail in kind.details(text, _QUERIES[choice % len(_QUERIES)]):
            assert isinstance(detail.text, str)


def _layout(kind: Kind, text: str) -> Callable[[str], bool]:
    """What may stand between segments: what a kind's renderer keeps around them (brackets, tags, words of code)."""
    if kind.name == "code":
        whole = next((parse(text, name).clean for name in [detect_language(text=text)] if name), False)
        return lambda between: not whole or len(re.findall(r"\w\w+", between)) <= 4
    return bool if kind.frames else lambda _: False


@target
def call(choice: int, text: str) -> None:
    """A whole call on a text of whatever kind it is taken for, under every law of one result."""
    passage = Passage(text)
    counter = _COUNTERS[choice % 3]
    engine = laconic.Compressor(counter=counter, explain=True)
    budget = 1 + choice * 2
    result = engine.compress([passage], _QUERIES[choice % len(_QUERIES)], max_tokens=budget)
    check_compression(result, [passage], budget=budget, count=counter.count, verbatim=False)
    check_explanations(result, lambda each: True)


@target
def named(choice: int, text: str) -> None:
    """A whole call on a text that is said to be of a kind or in a language."""
    kind = KINDS[choice % len(KINDS)]
    passage = Passage(text, kind=kind.name, language=LANGUAGES[choice % len(LANGUAGES)])
    budget = 3 + choice // 2
    engine = laconic.Compressor(explain=True)
    result = engine.compress([passage, Passage("One more.", id="b")], _QUERIES[-1 - choice % 5], max_tokens=budget)
    given = [passage, Passage("One more.", id="b")]
    check_compression(result, given, budget=budget, count=engine.counter.count, verbatim=False)


# -- parsers ----------------------------------------------------------------------------------------------------------


@target
def kinds(choice: int, text: str) -> None:
    """Recognition by every kind, and what reads a whole text before it is cut."""
    from laconic.kinds.catalogue import recognise_part
    from laconic.kinds.html.blocks import read_page
    from laconic.kinds.json.loose import json_leaves, read_loosely
    from laconic.kinds.pasted import find_pasted
    from laconic.kinds.xml.tree import fault_of, read_xml

    for kind in KINDS:
        kind.is_one(text)
        kind.inside(text)
    recognise(Passage(text))
    recognise_part(Passage(text, language=("", "json", "py", "csv", "html")[choice % 5]))
    at = 0
    for start, end, _ in find_pasted(text):
        assert at <= start < end <= len(text)
        at = end
    json_leaves(text)
    read_loosely(text)
    read_page(text)
    read_xml(text)
    fault_of(text)


@target
def code(choice: int, text: str) -> None:
    """The parser of each language, its outline, and levels of detail that parse where the source does."""
    from laconic.kinds.code.parse import parses_clean
    from laconic.kinds.code.symbols import exported_names, imports, symbols
    from laconic.kinds.code.units import comment_spans, imported_names, outline
    from laconic.lod import LODExtractor

    language = LANGUAGES[choice % len(LANGUAGES)]
    parsed = parse(text, language)
    outline(parsed)
    symbols(parsed), imports(parsed), exported_names(parsed), imported_names(parsed), comment_spans(parsed)
    before = len(text)
    for level in range(6):
        piece = LODExtractor().extract(text, level, path="a/b", language=language)
        assert len(piece.text) <= before, "a level is longer than one above it"
        assert piece.text or not text.strip()
        if 0 < level < 4 and piece.lod and parsed.clean:
            assert parses_clean(piece.text, language)
        before = len(piece.text)


@target
def chat(choice: int, text: str) -> None:
    """Blocks of messages, comments of their code, and a recipe over them."""
    from laconic.messages import MessagePipeline, builtin_recipes

    names = builtin_recipes()
    pipeline = MessagePipeline(names[choice % len(names)], mode=("strict", "aggressive")[choice % 2])
    given = [
        {"role": "system", "content": "Obey."},
        {"role": "user", "content": text},
        {"role": "tool", "tool_call_id": "1", "content": text[::-1]},
        {"role": "user", "content": [{"type": "text", "text": text[: len(text) // 2]}, {"type": "image_url"}]},
    ]
    result = pipeline.run(given)
    assert result.tokens_after <= result.tokens_raw
    assert [message["role"] for message in result.messages if message["role"] == "system"] == ["system"]


@target
def recipe(choice: int, text: str) -> None:
    """The YAML of a recipe."""
    from laconic.messages.recipes import parse_recipe

    parse_recipe(text)


@target
def aliases(choice: int, text: str) -> None:
    """A legend in front of a text, and aliases that are put in and taken out."""
    from laconic.two_stage.aliases import Aliaser, expand, read_legend

    read_legend(text)
    expand(text)
    aliased = Aliaser(_COUNTERS[choice % 3], min_gain=1 + choice % 4).alias(text)
    assert aliased.expand() == text
    assert aliased.tokens <= aliased.original_tokens


@target
def two_stage(choice: int, text: str) -> None:
    """Protected text, removable words, and the engine over them."""
    from laconic.score.pruning import removable

    removable(text)
    result = laconic.TwoStageEngine(counter=_COUNTERS[choice % 3]).compress(text, _QUERIES[choice % len(_QUERIES)])
    assert result.tokens == _COUNTERS[choice % 3].count(result.text) <= result.original_tokens


@target
def eviction(choice: int, text: str) -> None:
    """Lines of one text."""
    result = laconic.compress_context(text, _QUERIES[choice % len(_QUERIES)] or "", (1 + choice) / 256)
    assert result.over_budget or result.kept_tokens <= max(1, result.budget_tokens)
    assert "".join(text[start:end] for start, end in result.spans) == result.compressed_text or not text.strip()


@target
def question(choice: int, text: str) -> None:
    """What is asked: every reader of a question, over records and prose."""
    half = text[: len(text) // 2]
    for kind in ("json", "table", "log", "prose"):
        example = kind_named(kind).example
        given = [Passage(example, kind=kind), Passage(half)]
        result = laconic.compress(given, text, max_tokens=10 + choice)
        check_compression(result, given, budget=10 + choice, count=_COUNTERS[0].count, verbatim=False)


@target
def reply(choice: int, text: str) -> None:
    """What a hosted service may answer."""
    from laconic.scaledown.results import CompressedPrompt

    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = {"total_original_tokens": text, "latency_ms": choice, "results": {"total_compressed_tokens": 3}}
    if isinstance(body, dict):
        CompressedPrompt.from_api_response("x", body)


@target
def record(choice: int, text: str) -> None:
    """A line of a file of records."""
    from laconic.batch import BatchCompressor
    from laconic.batch.records import parsed

    found = parsed(text.encode())
    BatchCompressor(max_tokens=1 + choice)({"passages": [found.get("passages")], "query": [found.get("query")]})


@target
def weights(choice: int, text: str) -> None:
    """Files of weights, checkpoints and indexes, by what is left of real ones."""
    from laconic._utils.files import shipped_file
    from laconic.score.evidence.weights import load_weights
    from laconic.score.vectors.index_file import read_index_file
    from laconic.supercompress.checkpoint import load_checkpoint

    given = text.encode()
    real = shipped_file("laconic.score.evidence", "data/weights.npz")
    at = int.from_bytes(given[:3], "little") % len(real)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.npz"
        path.write_bytes(real[:at] + given[3:] + (real[at:] if choice % 2 else b""))
        for load in (load_weights, load_checkpoint, read_index_file):
            try:
                load(path)
            except LaconicError:
                continue


@target
def imports(choice: int, text: str) -> None:
    """Import statements, and what a project's index notes of a file."""
    from laconic.project.facts import file_facts
    from laconic.project.imports import import_targets

    language = LANGUAGES[choice % len(LANGUAGES)]
    for line in text.split("\n")[:20]:
        import_targets(line, "a/b.py", language)
    file_facts(f"a/b.{('py', 'ts', 'go', 'rs', 'java', 'md')[choice % 6]}", text)


@target
def haste(choice: int, text: str) -> None:
    """Functions and types of source code."""
    from laconic.optimizer import HasteOptimizer

    made = HasteOptimizer(hard_cap=5 + choice)
    result = made.optimize(text + " ", "wait between retries", file_path=("a.py", "a.ts", "a.c", None)[choice % 4])
    assert _COUNTERS[0].count(result.content) <= 5 + choice


@target
def rewritten(choice: int, text: str) -> None:
    """Passages that say the same again."""
    from laconic.core.repeats import remove_repeats

    third = len(text) // 3
    given = [Passage(text), Passage(text[third:]), Passage(text[: 2 * third])]
    result = remove_repeats(given)
    check_compression(replace(result), given, count=_COUNTERS[0].count, verbatim=False)
