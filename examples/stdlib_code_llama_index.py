"""Questions about the standard library's own source, through LlamaIndex: code chunks, one token budget.

Needs: pip install 'laconic[llama-index,code]'. Runs offline.
"""

from __future__ import annotations

from llama_index.core.schema import NodeWithScore, TextNode
from stdlib_code import QUESTIONS, holds_answer, report, search

from llama_index.postprocessor.laconic import LaconicPostprocessor

MAX_TOKENS = 700


def main() -> None:
    postprocessor = LaconicPostprocessor(max_tokens=MAX_TOKENS)
    for question in QUESTIONS:
        found = search(question)
        nodes = [
            NodeWithScore(node=TextNode(text=chunk.text, metadata={"file_path": chunk.path}), score=1 / rank)
            for rank, chunk in enumerate(found, start=1)
        ]
        kept = postprocessor.postprocess_nodes(nodes, query_str=question)
        context = "\n\n".join(node.node.get_content() for node in kept)
        report(question, [chunk.text for chunk in found], context)

        assert len(context) < sum(len(node.node.get_content()) for node in nodes) / 2
        assert holds_answer(question, context), "the compressed code lost the line that answers"


if __name__ == "__main__":
    main()
