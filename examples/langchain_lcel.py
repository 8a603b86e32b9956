"""An LCEL pipe over the Python language reference, with the compressor as one of its steps.

Needs: pip install 'laconic[langchain]'. Runs offline; with OPENAI_API_KEY and langchain-openai it also asks a real
model.
"""

from __future__ import annotations

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from langchain_parts import Figures, PromptRecorder, ReferenceRetriever, real_model, report
from python_reference import QUESTIONS, answers

from langchain_laconic import LaconicCompressor

MAX_TOKENS = 300

PROMPT = ChatPromptTemplate.from_messages(
    [
        ("system", "Answer from the context. Say so if it does not hold the answer.\n\n{context}"),
        ("human", "{question}"),
    ]
)


def main() -> None:
    recorder, model = PromptRecorder(), real_model()
    context = (
        {"context": ReferenceRetriever(k=10), "question": RunnablePassthrough()}
        | LaconicCompressor(max_tokens=MAX_TOKENS, output="text")
        | PROMPT
    )
    chain = context | recorder | StrOutputParser()
    for question in QUESTIONS:
        seen = Figures()
        chain.invoke(question, {"callbacks": [seen]})
        [figures] = seen.calls
        report(question, figures, recorder.last_prompt)

        assert figures["compressed_tokens"] <= MAX_TOKENS < figures["original_tokens"] / 3
        assert answers(question, recorder.last_prompt), "the compressed context lost the answer"
        assert recorder.last_prompt.endswith(question), "the question reaches the model as it was asked"
        if model is not None:
            print("Answer:", (context | model | StrOutputParser()).invoke(question), "\n")


if __name__ == "__main__":
    main()
