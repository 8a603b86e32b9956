"""Questions about the standard library's own source, through LangChain: code chunks, one token budget.

Needs: pip install 'laconic[langchain,code]'. Runs offline.
"""

from __future__ import annotations

from langchain_core.documents import Document
from stdlib_code import QUESTIONS, holds_answer, report, search

from langchain_laconic import LaconicCompressor

MAX_TOKENS = 700


def main() -> None:
    compressor = LaconicCompressor(max_tokens=MAX_TOKENS)
    for question in QUESTIONS:
        found = search(question)
        documents = [
            Document(chunk.text, metadata={"source": chunk.path, "first_line": chunk.first_line}) for chunk in found
        ]
        kept = compressor.compress_documents(documents, question)
        context = "\n\n".join(document.page_content for document in kept)
        report(question, [chunk.text for chunk in found], context)

        assert len(context) < sum(len(document.page_content) for document in documents) / 2
        assert holds_answer(question, context), "the compressed code lost the line that answers"
        assert all(document.metadata["source"].endswith(".py") for document in kept)


if __name__ == "__main__":
    main()
