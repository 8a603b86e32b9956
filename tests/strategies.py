"""Inputs for property tests: passages as retrievers and people make them, and as nobody should."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from documents import SHAPES, Document, changed, document
from doors import COUNTERS, Call, Door
from hypothesis import strategies as st

from laconic.tokens import as_counter

WORDS = (
    "the tower of Paris is 324 metres high and was built by Gustave Eiffel in 1889 not more than iron river company "
    "revenue $1,200 2019 Dr. Smith e.g. however café naïve Ω 東京 です 。 Москва был 🏗️ é مرحبا"
).split()

_sentence = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(lambda ws: " ".join(ws).capitalize() + ".")
_paragraph = st.lists(_sentence, min_size=1, max_size=5).map(" ".join)
_list = st.lists(_sentence, min_size=1, max_size=4).map(lambda items: "\n".join(f"- {item}" for item in items))
_table = st.lists(st.tuples(st.sampled_from(WORDS), st.integers(0, 999)), min_size=1, max_size=4).map(
    lambda rows: "\n".join(["| name | value |", "|---|---|", *(f"| {name} | {n} |" for name, n in rows)])
)
_block = st.one_of(
    _paragraph,
    _list,
    _table,
    _paragraph.map(lambda text: f"# {text[:30]}"),
    _paragraph.map(lambda text: f"> {text}"),
    _paragraph.map(lambda text: f"```\n{text}\n```"),
    st.sampled_from(["", "   ", "\t", "---", "{", '{"a": 1, "b": [1, 2, {"c": "x, y"}]}', "x" * 90]),
)

structured_text = st.lists(_block, min_size=1, max_size=5).map("\n\n".join)
"""Markdown-like text with sentences in several scripts."""

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
"""Any Unicode at all, control characters included."""

texts = st.one_of(structured_text, structured_text.map(lambda text: text.replace("\n", "\r\n")), any_text)
passages = st.lists(texts, max_size=5)
queries = st.one_of(st.none(), st.just(""), _sentence, any_text)
budgets = st.integers(1, 120)
separators = st.sampled_from(["\n\n", " ", "\n---\n", "", None])


# -- documents of every kind, and calls with them ---------------------------------------------------------------------

GROUPS: dict[str, tuple[str, ...]] = {"any": ()}
"""Kinds, each with the shapes of `documents.SHAPES` that are of it; ``"any"`` is text of no kind at all."""
for _shape in SHAPES:
    _kind = "mixed" if _shape == "mixed page" else document(_shape, 0, 1).kind
    GROUPS[_kind] = (*GROUPS.get(_kind, ()), _shape)

ASKED = st.one_of(
    st.sampled_from(
        [
            "Which one failed, and why?",
            "How many are above 300?",
            "the largest price",
            "B-7",
            "Who opened the tower?",
            "how long does the client wait between retries?",
            "What did Ada say about the bridge?",
            "in 1889",
            "名前",
        ]
    ),
    queries,
)
_WAYS = st.sampled_from(["whole"] * 5 + ["cut", "cut", "returns", "quoted", "indented", "damaged"])


@st.composite
def documents(draw: st.DrawFn, group: str) -> Document:
    """A document of a kind as it arrives: whole, a chunk, quoted, damaged."""
    if group == "any":
        return Document("any", draw(texts), "prose", source="a.txt")
    made = document(draw(st.sampled_from(GROUPS[group])), draw(st.integers(0, 2**16)), draw(st.integers(1, 8)))
    return changed(made, draw(_WAYS), draw(st.floats(0, 1)), draw(st.floats(0, 1)))


def budget_forms(forms: Sequence[str], exact: int) -> st.SearchStrategy[dict[str, Any]]:
    """Budgets of some forms for an input of ``exact`` tokens: one token, tiny, less, exact, one off, larger."""
    edges = sorted({1, 2, 3, max(1, exact - 1), max(1, exact), exact + 1, 10 * exact + 9})
    tokens = st.one_of(st.sampled_from(edges), st.integers(4, max(5, exact)), st.integers(8, 120))
    rate = st.one_of(st.sampled_from([0.001, 1.0]), st.floats(0.05, 0.95))
    given = {
        "max_tokens": st.fixed_dictionaries({"max_tokens": tokens}),
        "rate": st.fixed_dictionaries({"rate": rate}),
        "recall": st.fixed_dictionaries({"recall": st.sampled_from([0.3, 0.9, 1.0])}),
        "auto": st.fixed_dictionaries({"rate": st.just("auto")}),
        "several": st.fixed_dictionaries({"max_tokens": tokens, "rate": rate}),
    }
    return st.one_of([given[form] for form in forms])


@st.composite
def calls(draw: st.DrawFn, door: Door, group: str) -> tuple[Call, tuple[Document, ...]]:
    """A call for a door with one to three documents, the first of the kind that is asked for."""
    found = [draw(documents(group))]
    if not door.one_text:
        others = st.one_of(st.just("any"), st.just("prose"), st.just(group), st.sampled_from(list(GROUPS)))
        found += [draw(documents(draw(others))) for _ in range(draw(st.integers(0, 2)))]
    counter = draw(st.sampled_from(list(COUNTERS))) if door.counts else "o200k_base"
    separator = draw(st.sampled_from(["\n\n", "\n\n", "\n---\n", None]))
    told = draw(st.sampled_from(["nothing", "kind", "source"]))
    given = tuple(each.passage(told, id=str(at)) for at, each in enumerate(found))
    exact = as_counter(COUNTERS[counter]).count((separator or "\n\n").join(each.text for each in given))
    return Call(given, draw(ASKED), draw(budget_forms(door.budgets, exact)), counter, separator), tuple(found)
