"""What one call leaves behind for the next is bounded, and forgotten when asked; results do not depend on it."""

from __future__ import annotations

import ast
import re

import pytest
from structure_support import ROOT, tree

import laconic
from laconic._utils.remembered import LONGEST, Remembered, bounded, caches
from laconic.kinds.catalogue import KINDS

# Values made once for the process, of what ships with the package or is installed: each is asked for by no text.
MADE_ONCE = {
    "builtin_recipes", "compiled_late", "importance_scorer", "language_named", "markdown_parser", "project_weights",
    "shipped_weights", "_builtin", "_by_extension", "_by_tag", "_grammar", "_query", "_signs", "_ends_in", "_tables",
}  # fmt: skip
# Caches of an object, which go with it: a writer of one index, the words before tiktoken is loaded (3 MB of text);
# and what makes the caches.
OWN = {"laconic/project/writing.py", "laconic/tokens/byte_pairs.py", "laconic/_utils/remembered.py"}
MAKERS = re.compile(r"\b(?:lru_cache|cache)\b")


def decorated(path):
    """Functions of a file that ``functools`` caches, by name; of a call of its own the function around it."""
    if not MAKERS.search(path.read_text(encoding="utf-8")):
        return
    for around in ast.walk(tree(path)):
        if not isinstance(around, ast.FunctionDef):
            continue
        if any(MAKERS.match(ast.unparse(each)) for each in around.decorator_list):
            yield around.name
        for node in ast.walk(ast.Module(around.body, [])):
            if isinstance(node, ast.Call) and MAKERS.fullmatch(ast.unparse(node.func)):
                yield around.name


def sources():
    return [path for folder in ("engine", "integrations") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_every_cache_of_what_callers_bring_can_be_cleared():
    unknown = []
    for path in sources():
        name = path.relative_to(ROOT).as_posix().removeprefix("engine/")
        if name not in OWN:
            unknown += [f"{name}: {each}" for each in set(decorated(path)) - MADE_ONCE]
    assert not unknown


def test_no_module_collects_in_a_dictionary_of_its_own():
    """An empty dictionary or list at the top of a module is one that grows."""
    known = {"_known_to_rank", "_ALL", "_set", "BY_FIRST_WORD", "_complained"}
    grows = set()
    for path in sources():
        for node in tree(path).body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if ast.unparse(node.value) in ("{}", "[]", "set()", "dict()", "OrderedDict()", "defaultdict(list)"):
                    grows.add(ast.unparse(target))
    assert grows == known


QUESTIONS = ("Who repairs the pump?", "how many orders are late", "where is the port read")


def calls():
    """A call of every kind, through several doors."""
    for number, kind in enumerate(KINDS):
        query = QUESTIONS[number % 3]
        yield lambda kind=kind, query=query: laconic.compress(
            [{"text": kind.example * 4, "kind": kind.name}], query, rate=0.5
        )
    chat = [{"role": "user", "content": f"{KINDS[1].example}\n```python\nx = 1\n```\nwhy?"}]
    yield lambda: laconic.messages.MessagePipeline(mode="aggressive").run(chat).messages


def bare(result):
    return (result.text, result.passages, result.dropped) if isinstance(result, laconic.Compression) else result


def test_clearing_empties_all_and_changes_no_result():
    import laconic.messages

    before = [bare(call()) for call in calls()]
    filled = caches()
    assert sum(size > 0 for size in filled.values()) > 12, filled
    laconic.clear_caches()
    left = {name: size for name, size in caches().items() if size > 1}  # a lexicon has its filler
    assert not left
    assert [bare(call()) for call in calls()] == before


def test_the_page_lists_every_cache():
    import laconic.messages
    import laconic.scaledown.compressor  # noqa: F401

    page = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    for name in caches():
        assert f"`{name.removeprefix('laconic.').partition(' ')[0]}`" in page, name


def test_words_of_any_length_are_not_kept():
    from laconic.score.code.identifiers import identifier_terms
    from laconic.score.words import _stems_of, stem, stems

    word = "harbour" * 1000
    for function in (_stems_of, stem, identifier_terms):
        before = function.cached.cache_info().currsize
        function(word)
        assert function.cached.cache_info().currsize == before
    before = _stems_of.cached.cache_info().currsize
    assert len(stems(f"{word} {word}")) == 2
    assert _stems_of.cached.cache_info().currsize == before


def test_a_bounded_function_keeps_few_and_short():
    made = []

    @bounded(3)
    def length(text):
        made.append(text)
        return len(text)

    for text in ("a", "b", "c", "d", "d", "x" * (LONGEST + 1), "x" * (LONGEST + 1)):
        assert length(text) == len(text)
    assert made == ["a", "b", "c", "d", "x" * (LONGEST + 1), "x" * (LONGEST + 1)]
    assert length.cached.cache_info().currsize == 3


@pytest.mark.parametrize(("size", "kept"), [(10, 20), (1_000_000, 9), (6_000_000, 1), (30_000_000, 1)])
def test_what_was_read_of_texts_has_a_bound_whatever_their_length(size, kept):
    known = Remembered(len, name=f"test {size}")
    for at in range(20):
        assert known(chr(97 + at) * size) == size
    assert len(known) == kept
    known.cache_clear()
    assert len(known) == 0


def test_of_small_texts_some_thousand_are_kept():
    known = Remembered(len, name="test small")
    for at in range(5000):
        assert known(f"{at:05}") == 5
    assert len(known) == 3200 * 1000 // 1005
