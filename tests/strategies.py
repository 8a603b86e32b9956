"""Inputs for property tests: passages as retrievers and people make them, and as nobody should."""

from __future__ import annotations

from hypothesis import strategies as st

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
