"""Repetitions and boilerplate removed from a collection, by the engine and by both frameworks' transformers."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.core.repeats import remove_repeats
from laconic.exceptions import ConfigurationError

FOOTER = "Copyright the publisher, all rights reserved worldwide."
PAGES = [
    f"# Page {n}\n\nHome | Products | Contact\n\nThe text of page {n} is about subject number {n}.\n\n{FOOTER}"
    for n in range(4)
]


def test_boilerplate_goes_and_structure_stays():
    result = remove_repeats(PAGES)
    for number, part in enumerate(result.passages):
        assert part.text == f"# Page {number}\n\nThe text of page {number} is about subject number {number}."
        assert "".join(part.original[start:end] for start, end in part.spans) == part.text
    assert {piece.reason for piece in result.dropped} == {"boilerplate"}
    kept = remove_repeats(PAGES, boilerplate_share=None)
    assert [FOOTER in part.text for part in kept.passages] == [True, False, False, False], (
        "of repetitions the first stays"
    )
    assert all("Home | Products" in part.text for part in kept.passages), "short lines repeat without being repetitions"


def test_overlapping_chunks_are_made_disjoint():
    sentences = [f"Sentence number {n} says something of its own about a subject." for n in range(9)]
    chunks = [" ".join(sentences[at : at + 3]) for at in (0, 2, 4, 6)]
    result = remove_repeats(chunks)
    assert " ".join(" ".join(part.text for part in result.passages).split()) == " ".join(sentences)


def test_a_copy_is_left_out_and_something_always_stays():
    page = "One sentence that is long enough to count. Another one that is long enough."
    assert [part.index for part in remove_repeats([page, page, "Something else."]).passages] == [0, 2]
    boilerplate = "Accept all cookies to continue reading this page."
    assert [part.text for part in remove_repeats([boilerplate] * 4).passages] == [boilerplate]
    assert remove_repeats([]).passages == ()
    assert [part.text for part in remove_repeats(["", " "]).passages] == ["", " "]


def test_structured_text_is_left_whole():
    record = '{"status": "available and ready to ship from the warehouse today"}'
    assert [part.text for part in remove_repeats([record] * 4).passages] == [record] * 4


@pytest.mark.parametrize("share", [0, -1, 1.5, float("nan"), True, "0.5"])
def test_bad_shares_are_refused(share):
    with pytest.raises(ConfigurationError, match="boilerplate_share"):
        remove_repeats(PAGES, boilerplate_share=share)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from([*PAGES, FOOTER, "Short.", "- an item of some length, repeated as it may be", "# A"]),
            max_size=4,
        ),
        max_size=6,
    )
)
def test_kept_text_is_spans_of_the_input_and_nothing_is_lost(parts):
    passages = ["\n\n".join(part) for part in parts]
    result = remove_repeats(passages)
    assert bool(result.passages) == bool(passages)
    covered = {index: set() for index in range(len(passages))}
    for part in result.passages:
        assert "".join(passages[part.index][start:end] for start, end in part.spans) == part.text
        covered[part.index] |= {at for start, end in part.spans for at in range(start, end)}
    for piece in result.dropped:
        assert not covered[piece.index] & set(range(*piece.span)), "kept and dropped are disjoint"
        covered[piece.index] |= set(range(*piece.span))
    for index, text in enumerate(passages):
        assert all(at in covered[index] or text[at].isspace() for at in range(len(text)))
    again = remove_repeats([part.text for part in result.passages])
    assert len(again.text) <= len(result.text)


async def test_langchain_transformer():
    pytest.importorskip("langchain_core")
    from langchain_core.documents import BaseDocumentTransformer, Document

    from langchain_laconic.transformer import LaconicTransformer

    documents = [
        Document(text, id=str(at), metadata={"source": f"{at}.md"}) for at, text in enumerate([*PAGES, PAGES[0]])
    ]
    documents.append(Document.model_construct(page_content=None, metadata={}, id="odd"))
    before = copy.deepcopy(documents)
    transformer = LaconicTransformer(metadata_key="laconic")
    assert isinstance(transformer, BaseDocumentTransformer)
    found = transformer.transform_documents(documents)
    assert documents == before
    assert [document.id for document in found] == ["0", "1", "2", "3", "odd"], "a copy of a page is left out"
    assert all(FOOTER not in (document.page_content or "") for document in found)
    assert found[1].metadata["source"] == "1.md"
    spans = found[1].metadata["laconic"]["spans"]
    assert "".join(PAGES[1][start:end] for start, end in spans) == found[1].page_content
    assert found == await transformer.atransform_documents(documents)
    assert transformer.transform_documents([]) == []
    surrogate = [Document("a \ud800 b")]
    assert transformer.transform_documents(surrogate) == surrogate
    with pytest.raises(ValueError, match="surrogate"):
        LaconicTransformer(on_error="raise").transform_documents(surrogate)
    for options in ({"boilerplate_share": 0}, {"on_error": "ignore"}):
        with pytest.raises(ConfigurationError):
            LaconicTransformer(**options)
