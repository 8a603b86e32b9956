"""Rebuild the vocabulary blobs of ``laconic.tokens`` from the published rank files.

    python training/build_vocabularies.py [FOLDER]

FOLDER holds the rank files under the names that tiktoken's cache gives them (the sha1 of their address). The default is
the copy that llama-index-core carries. The rank files' own sha256 are checked before, the blobs' after: the result is
the same bit for bit, or the script fails and writes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import sys
from pathlib import Path

from laconic.tokens.vocabularies import VOCABULARIES, pack_ranks

# encoding: (file name in tiktoken's cache, sha256 that tiktoken itself expects)
SOURCES = {
    "o200k_base": (
        "fb374d419588a4632f3f557e76b4b70aebbca790",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    ),
    "cl100k_base": (
        "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    ),
}
TARGET = Path(__file__).parent.parent / "engine" / "laconic" / "tokens" / "data"


def source_folder() -> Path:
    """The rank files inside llama-index-core."""
    spec = importlib.util.find_spec("llama_index.core")
    if spec is None or spec.origin is None:
        raise SystemExit("give the folder of the rank files, or install llama-index-core, which carries them")
    return Path(spec.origin).parent / "_static" / "tiktoken_cache"


def read_ranks(path: Path, sha256: str) -> dict[bytes, int]:
    """Token to rank, from a rank file: a base64 token, a space and its rank on each line."""
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise SystemExit(f"{path} has sha256 {found}, expected {sha256}")
    pairs = (line.split() for line in data.splitlines() if line)
    return {base64.b64decode(token): int(rank) for token, rank in pairs}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else source_folder()
    for name, (file_name, sha256) in SOURCES.items():
        blob = pack_ranks(read_ranks(folder / file_name, sha256))
        found, expected = hashlib.sha256(blob).hexdigest(), VOCABULARIES[name].sha256
        if found != expected:
            raise SystemExit(f"{name}: the blob has sha256 {found}, vocabularies.py expects {expected}")
        target = TARGET / f"{name}.zlib"
        part = target.with_suffix(".part")
        part.write_bytes(blob)
        os.replace(part, target)
        print(f"{name}: {len(blob):,} bytes, sha256 {found}")


if __name__ == "__main__":
    main()
