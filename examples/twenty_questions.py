"""Twenty questions about laconic's own documentation, with their answers, as rows for ``laconic evaluate``.

    python examples/twenty_questions.py rows.jsonl

The passages of a row are the sections of three pages: one that holds the answer and the two behind it.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"

# question, page, and what must survive of it
ASKED = (
    ("What happens when the budget is below one word?", "budgets", "empty text, everything in `result.dropped`"),
    ("Which budget applies when none is given?", "budgets", '`rate="auto"`, see below'),
    ("How many questions do I need to calibrate coverage?", "budgets", "some fifty questions"),
    ("What does laconic keep when there is no question?", "budgets", "what is most central to the passages"),
    ("Which metadata key has the characters that were kept?", "langchain", '`metadata_key`, `"laconic"`'),
    ("Why does retriever | compressor not work?", "langchain", "would lose the question"),
    ("What happens inside a chain when the engine fails?", "langchain", "the context goes on unchanged"),
    ("Where does the compressor stand in a DocumentCompressorPipeline?", "langchain", "the compressor comes last"),
    ("How short must a tool result be to stay whole?", "agents", "fewer\nthan 300 tokens stay whole"),
    ("How does the model ask for text that was cut?", "agents", "a line that names a handle"),
    ("In which unit is ttl given?", "agents", "`ttl` is in seconds"),
    ("How many messages does a conversation read at most to find the question?", "how-it-works", "At most nine turns"),
    ("How are segments ordered when a budget is filled?", "how-it-works", "`exp(score) / cost ** 0.5`"),
    ("What must I write to add a kind of text?", "how-it-works", "`segment.py` (text to segments)"),
    ("How large may a recipe file be?", "recipes", "65,536 characters"),
    ("Which recipe is for code review?", "recipes", "| `code-review` |"),
    ("Does a batch start from the beginning after a crash?", "batch", "the same call does what is left"),
    ("What becomes of a record that cannot be read in a batch?", "batch", "has its reason in `error`"),
    ("Which environment variable holds the API key?", "migration-scaledown", "SCALEDOWN_API_KEY"),
    ("Are redirects followed by the hosted client?", "migration-scaledown", "Redirects are not followed"),
)


def sections(page: str) -> list[dict[str, str]]:
    """The parts of a page below its headings."""
    parts = re.split(r"^(?=#{1,3} )", (DOCS / f"{page}.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    texts = [part.strip() for part in parts if part.strip()]
    return [
        {"id": f"{page}#{at}", "title": text.partition("\n")[0].lstrip("# "), "text": text}
        for at, text in enumerate(texts)
    ]


def rows() -> list[dict[str, object]]:
    pages = sorted({page for _, page, _ in ASKED})
    found = []
    for query, page, answer in ASKED:
        at = pages.index(page)
        near = [page, pages[(at + 1) % len(pages)], pages[(at + 2) % len(pages)]]
        found.append(
            {"query": query, "passages": [part for each in near for part in sections(each)], "answers": [answer]}
        )
    return found


if __name__ == "__main__":
    made = rows()
    for row in made:
        assert any(answer in part["text"] for part in row["passages"] for answer in row["answers"]), row["query"]
    Path(sys.argv[1] if len(sys.argv) > 1 else "rows.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made), encoding="utf-8"
    )
    print(f"{len(made)} rows")
