"""Chat with a repository: an index of the standard library, a retriever, a compressor, one token budget.

Needs: pip install 'laconic[langchain,project]'. Runs offline; the index goes into a temporary folder.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from time import perf_counter

from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from stdlib_code import report

from laconic.project import ProjectIndex
from langchain_laconic import LaconicCompressor, ProjectRetriever

MAX_TOKENS = 1500
PACKAGES = ["/tarfile.py", "/zipfile.py", "/shutil.py", "/http/", "/email/", "/json/", "/urllib/"]
ANSWERS = {
    "How does tarfile keep members from being extracted outside of the destination?": "OutsideDestinationError",
    "Where does urllib follow a redirect, and how often at most?": "max_redirections",
    "How does the JSON decoder raise an error for extra data?": "Extra data",
}


def main() -> None:
    library = Path(os.__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        began = perf_counter()
        index = ProjectIndex.build(library, Path(folder) / "library.sqlite", include=PACKAGES)
        print(f"{len(index.files())} files indexed in {perf_counter() - began:.1f} s")

        retriever = ProjectRetriever(index=index, k=8)
        compressor = LaconicCompressor(max_tokens=MAX_TOKENS, output="text")
        prompt = RunnableLambda(lambda step: step["context"])
        chain = {"context": retriever, "question": RunnablePassthrough()} | compressor | prompt

        for question, answer in ANSWERS.items():
            context = chain.invoke(question)
            report(question, [document.page_content for document in retriever.invoke(question)], context)
            assert answer in context, "the compressed context lost the line that answers"
        index.close()


if __name__ == "__main__":
    main()
