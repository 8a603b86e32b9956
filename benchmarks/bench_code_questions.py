"""Whether a question that is a stack trace, an error message or a test's name finds the function that it is about.

    PYTHONPATH=training python benchmarks/bench_code_questions.py --data DEV/commit.jsonl.gz --every 3

The questions are made (``training/definitions/questions.py``) from the source files of commit tasks, one of each sort
for a file where it has what that needs:

``trace``
    a stack trace in the language's own form: frames of a library, a function of the file, one that calls it; the
    innermost frame is meant.
``message``
    an error as it is printed: a string of at least four words that stands in one function only, what it leaves open
    (``%s``, ``{name}``, ``${name}``) filled with a word, behind the name of an exception.
``test``
    a test's name: ``test``, the function's name, and two words that stand in few other functions, in the language's
    own case.
``short``
    the function's name and two such words, with every word that has a usual short form written in the other form.

Printed for each: how many, the share of functions that come first and among the first three of the ranking, their mean
reciprocal rank, the same by BM25, and the share of functions that `laconic.compress` keeps of the file in 600 tokens.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import defaultdict
from pathlib import Path

import numpy as np
from definitions.questions import questions

from laconic import Compressor
from laconic.kinds.code.parse import ParseTimeoutError, parse
from laconic.kinds.code.units import outline
from laconic.score.code import rank
from laconic.score.code.index import CodeIndex


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--every", type=int, default=23, help="one task in so many")
    arguments.add_argument("--first", type=int, default=5)
    options = arguments.parse_args()
    places: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    held: defaultdict[str, list[bool]] = defaultdict(list)
    with gzip.open(options.data, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % options.every != options.first:
                continue
            task = json.loads(line)
            try:
                parsed = parse(task["source"], "tsx" if task["path"].endswith(".tsx") else task["lang"])
            except ParseTimeoutError:
                continue
            chance = random.Random(number)  # noqa: S311  of questions
            for question in questions(parsed, task["path"], task["lang"], chance):
                index = CodeIndex.of(parsed)
                ranking = rank(question.text, index)
                places[question.sort].append(
                    (
                        int((ranking.scores > ranking.scores[question.candidate]).sum()),
                        int((ranking.bm25 > ranking.bm25[question.candidate]).sum()),
                    )
                )
                unit = outline(parsed).units[index.places[question.candidate][1]]
                head = parsed.char(unit.definition)
                compressor = Compressor(max_tokens=600, counter="cl100k_base")
                result = compressor.compress([{"text": task["source"], "source": task["path"]}], question.text)
                spans = result.passages[0].spans if result.passages else ()
                held[question.sort].append(any(start <= head < end for start, end in spans))
    print(
        "| question | n | first | of three | reciprocal rank | BM25: first | of three | reciprocal rank | kept of 600 |"
    )
    print("|---" * 9 + "|")
    for sort, found in places.items():
        columns = []
        for ranks in np.array(found).T:
            columns += [np.mean(ranks == 0), np.mean(ranks < 3), np.mean(1 / (1 + ranks))]
        figures = " | ".join(f"{figure:.3f}" for figure in columns)
        print(f"| {sort} | {len(found)} | {figures} | {np.mean(held[sort]):.3f} |")


if __name__ == "__main__":
    main()
