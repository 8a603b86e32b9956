"""Published sets as questions with retrieved passages and labelled evidence; see `harness.questions` for the form.

A passage that holds the answer stands among others that BM25 finds for the question and that hold no answer, in an
order drawn at random but always the same.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rank_bm25 import BM25Okapi

from laconic.evaluation.judging import holds, normalised

_WORD = re.compile(r"\w+")
_SEGMENTS = 30  # of a policy; longer ones are cut around what is labelled
_PART_CHARS = 1000  # of a meeting's part
Row = Mapping[str, Any]
Titled = tuple[str, str]
"""Title and text."""


def nq(content: bytes) -> Iterator[Row]:
    """Natural Questions as lost-in-the-middle has them: the paragraph with the answer among 19 of other questions."""
    rows = [json.loads(line) for line in gzip.decompress(content).splitlines()]
    gold = [next((each["title"], each["text"]) for each in row["ctxs"] if each.get("isgold", True)) for row in rows]
    search = _Search(gold)
    for at, row in enumerate(rows):
        title, text = gold[at]
        spans = _occurrences(text, row["answers"])
        if spans:
            others = search.others(row["question"], 19, {gold[at]}, row["answers"])
            yield _row(row["question"], row["answers"], [(title, text, spans)], others, "any", seed=at)


def squad(content: bytes) -> Iterator[Row]:
    """SQuAD's form: the paragraph of the answer among 14 others of the file; questions that have an answer."""
    paragraphs = [
        ((article["title"].replace("_", " "), paragraph["context"]), paragraph["qas"])
        for article in json.loads(content)["data"]
        for paragraph in article["paragraphs"]
    ]
    search = _Search([passage for passage, _ in paragraphs])
    number = 0
    for (title, text), questions in paragraphs:
        for each in questions:
            if each.get("is_impossible") or not each["answers"]:
                continue
            answers = list(dict.fromkeys(answer["text"] for answer in each["answers"]))
            spans = sorted({(a["answer_start"], a["answer_start"] + len(a["text"])) for a in each["answers"]})
            others = search.others(each["question"], 14, {(title, text)}, answers)
            yield _row(each["question"], answers, [(title, text, spans)], others, "any", seed=number)
            number += 1


def hotpotqa(content: bytes) -> Iterator[Row]:
    """HotpotQA's distractor setting as it is: ten paragraphs, all supporting sentences are needed."""
    for row in json.loads(content):
        wanted = {(title, number) for title, number in row["supporting_facts"]}
        passages = []
        for title, lines in row["context"]:
            at, spans = 0, []
            for number, line in enumerate(lines):
                if (title, number) in wanted:
                    spans.append((at, at + len(line)))
                at += len(line)
            passages.append((title, "".join(lines), spans))
        gold = [each for each in passages if each[2]]
        if gold:
            yield _row(
                row["question"], [row["answer"]], gold, [each[:2] for each in passages if not each[2]], "all", seed=None
            )


def tatqa(content: bytes) -> Iterator[Row]:
    """TAT-QA: a report's table and paragraphs among those of others; answers that are spans of them."""
    reports = []
    for each in json.loads(content):
        table = "\n".join(" | ".join(map(str, line)) for line in each["table"]["table"])
        reports.append([("", table), *(("", paragraph["text"]) for paragraph in each["paragraphs"])])
    search = _Search([passage for report in reports for passage in report])
    number = 0
    for report, each in zip(reports, json.loads(content), strict=True):
        for question in each["questions"]:
            answers = question["answer"] if isinstance(question["answer"], list) else [question["answer"]]
            if question["answer_type"] not in ("span", "multi-span"):
                continue
            placed = [(title, text, _occurrences(text, answers)) for title, text in report]
            if not all(any(holds(normalised(text), [normalised(a)]) for _, text, _ in placed) for a in answers):
                continue
            others = search.others(question["question"], 8, set(report), answers)
            yield _row(question["question"], answers, placed, others, "each_answer_any", seed=number)
            number += 1


def policyqa(content: bytes) -> Iterator[Row]:
    """PolicyQA: the segments of a policy in their order; each that is labelled for the question should keep a span."""
    for policy in json.loads(content)["data"]:
        segments = [each["context"] for each in policy["paragraphs"]]
        asked: dict[str, dict[int, set[tuple[int, int]]]] = {}
        texts: dict[str, list[str]] = {}
        for at, paragraph in enumerate(policy["paragraphs"]):
            for each in paragraph["qas"]:
                for answer in each["answers"]:
                    start = answer["answer_start"]
                    if segments[at][start : start + len(answer["text"])] == answer["text"]:
                        asked.setdefault(each["question"], {}).setdefault(at, set()).add(
                            (start, start + len(answer["text"]))
                        )
                        texts.setdefault(each["question"], []).append(answer["text"])
        for question, labelled in asked.items():
            low = max(0, min(min(labelled), len(segments) - _SEGMENTS))
            chosen = range(low, min(len(segments), low + _SEGMENTS))
            passages = [(policy.get("title", ""), segments[at], sorted(labelled.get(at, ()))) for at in chosen]
            yield _row(question, list(dict.fromkeys(texts[question])), passages, [], "per_passage", seed=None)


def qmsum(content: bytes) -> Iterator[Row]:
    """QMSum: a meeting in parts of about 1,000 characters; the turns that a question is about, all of them."""
    for line in content.splitlines():
        meeting = json.loads(line)
        turns = [f"{turn['speaker']}: {turn['content']}" for turn in meeting["meeting_transcripts"]]
        parts: list[list[int]] = [[]]
        size = 0
        for at, turn in enumerate(turns):
            if size and size + len(turn) > _PART_CHARS:
                parts.append([])
                size = 0
            parts[-1].append(at)
            size += len(turn)
        for each in meeting["specific_query_list"]:
            wanted = {at for low, high in each["relevant_text_span"] for at in range(int(low), int(high) + 1)}
            passages = [_part(turns, part, wanted) for part in parts]
            if any(spans for _, _, spans in passages):
                yield _row(each["query"], [each["answer"]], passages, [], "all", seed=None)


def _part(turns: Sequence[str], part: Sequence[int], wanted: set[int]) -> tuple[str, str, list[tuple[int, int]]]:
    at, spans = 0, []
    for number in part:
        if number in wanted:
            spans.append((at, at + len(turns[number])))
        at += len(turns[number]) + 1
    return "", "\n".join(turns[number] for number in part), spans


class _Search:
    """BM25 over a set's passages."""

    def __init__(self, passages: Iterable[Titled]) -> None:
        self._passages = list(dict.fromkeys(passages))
        self._index = BM25Okapi([_words(f"{title} {text}") or ["-"] for title, text in self._passages])

    def others(self, question: str, number: int, own: set[Titled], answers: Sequence[str]) -> list[Titled]:
        """The best for a question that are none of its own and hold no answer."""
        wanted = [text for text in map(normalised, answers) if text]
        scores = self._index.get_scores(_words(question))
        found: list[Titled] = []
        for at in sorted(range(len(scores)), key=lambda each: (-scores[each], each)):
            passage = self._passages[at]
            if passage not in own and not holds(normalised(passage[1]), wanted):
                found.append(passage)
                if len(found) == number:
                    break
        return found


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _occurrences(text: str, answers: Iterable[str]) -> list[tuple[int, int]]:
    spans = {
        found.span() for answer in answers for found in re.finditer(rf"(?<!\w){re.escape(str(answer))}(?!\w)", text)
    }
    return sorted(spans)


def _row(
    question: str,
    answers: Iterable[Any],
    gold: Iterable[tuple[str, str, Sequence[tuple[int, int]]]],
    others: Iterable[Titled],
    mode: str,
    seed: int | None,
) -> Row:
    """A row; its passages in their own order without a seed."""
    passages = [
        {"title": title, "text": text, "is_gold": bool(spans), "evidence": [list(span) for span in spans] or None}
        for title, text, spans in [*gold, *((title, text, ()) for title, text in others)]
    ]
    if seed is not None:
        random.Random(seed).shuffle(passages)
    return {"question": question, "answers": list(map(str, answers)), "evidence_mode": mode, "passages": passages}
