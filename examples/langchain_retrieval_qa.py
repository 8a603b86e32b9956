"""RetrievalQA over the Python language reference, with compressed context.

Needs: pip install 'laconic[langchain,langchain-classic]'. Runs offline; with OPENAI_API_KEY and langchain-openai it
also asks a real model.
"""

from __future__ import annotations

from langchain_classic.chains import RetrievalQA
from langchain_classic.retrievers import ContextualCompressionRetriever
from langchain_parts import Figures, PromptRecorder, ReferenceRetriever, real_model, report
from python_reference import QUESTIONS, answers

from langchain_laconic import LaconicCompressor

MAX_TOKENS = 300


def main() -> None:
    retriever = ContextualCompressionRetriever(
        base_retriever=ReferenceRetriever(k=10), base_compressor=LaconicCompressor(max_tokens=MAX_TOKENS)
    )
    recorder, model = PromptRecorder(), real_model()
    chain = RetrievalQA.from_chain_type(recorder, retriever=retriever, return_source_documents=True)
    for question in QUESTIONS:
        seen = Figures()
        result = chain.invoke({"query": question}, {"callbacks": [seen]})
        [figures] = seen.calls
        report(question, figures, recorder.last_prompt)

        assert figures["compressed_tokens"] <= MAX_TOKENS < figures["original_tokens"] / 3
        assert answers(question, recorder.last_prompt), "the compressed context lost the answer"
        for document in result["source_documents"]:
            assert document.id == document.metadata["source"], "ids and metadata survive"
            assert document.page_content in recorder.last_prompt, "what is kept is what the model reads"
        if model is not None:
            print("Answer:", RetrievalQA.from_chain_type(model, retriever=retriever).invoke(question)["result"], "\n")


if __name__ == "__main__":
    main()
