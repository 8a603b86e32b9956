"""``make data``: public sets, fetched where there is a network, checked by their hashes, built into files of questions.

What is fetched lies in ``FOLDER/raw`` and is not fetched again; a file put there by hand does as well, if its hash is
right. Hashes of sets that come from a commit are stated here. The two whose hosts name no version are pinned at the
first fetch in ``benchmarks/data.lock.json``, against which later fetches are checked.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import builders

LOCK = Path(__file__).parents[1] / "data.lock.json"
_TIMEOUT_S = 60
_LARGEST_BYTES = 200 * 2**20
_DRAW = 7  # of the questions that --limit leaves
_GITHUB = "https://raw.githubusercontent.com"


@dataclass(frozen=True)
class Source:
    """A set.

    Attributes:
        url: of its file.
        sha256: of its bytes; None where the first fetch pins it.
        licence: as its publishers state it.
        build: file to rows.
    """

    url: str
    sha256: str | None
    licence: str
    build: Callable[[bytes], Iterable[Mapping[str, Any]]]


SETS: Mapping[str, Source] = {
    "nq": Source(
        f"{_GITHUB}/nelson-liu/lost-in-the-middle/29b8a6d042ce29abccee3db1a73171a107d7e6af/qa_data/nq-open-oracle.jsonl.gz",
        "6a7f72b846f663a133ef952244e5a4e43f06bcf190afe34e8fbe687ce0d1653e",
        "MIT (repository); Natural Questions and Wikipedia text CC BY-SA 3.0", builders.nq,
    ),
    "xquad_en": Source(
        f"{_GITHUB}/google-deepmind/xquad/7d30520c717524000f0d9d2f9c10a069acd9d285/xquad.en.json",
        "e4c57d1c9143aaa1c5d265ba5987a65f4e69528d2a98f29d6e75019b10344f29",
        "CC BY-SA 4.0", builders.squad,
    ),
    "tatqa": Source(
        f"{_GITHUB}/NExTplusplus/TAT-QA/870accc41953dcde885aabeb963d94aabdc0fbc3/dataset_raw/tatqa_dataset_dev.json",
        "8da095a819af6db3c14877c6df2d4d29960e41d1a63dd1fa853507bd2a616af5",
        "CC BY 4.0", builders.tatqa,
    ),
    "policyqa": Source(
        f"{_GITHUB}/wasiahmad/PolicyQA/775538bc6d932e9d0dd16975d4373659cf8964fe/data/dev.json",
        "5ced8cbe6617c132999a57b3ab910fc242501357fc99cbc5a1802f0a1b9ce4bf",
        "MIT (repository); the policies for research", builders.policyqa,
    ),
    "qmsum": Source(
        f"{_GITHUB}/Yale-LILY/QMSum/83d7768c1f2b4dfeb091385d3dc7e239b8e5bb7e/data/ALL/jsonl/val.jsonl",
        "fc7444e241bdbe6997c01720d07f1a58b7357284acb73f909766e5a4700db49f",
        "MIT", builders.qmsum,
    ),
    "squad2": Source(
        "https://rajpurkar.github.io/SQuAD-explorer/dataset/dev-v2.0.json", None, "CC BY-SA 4.0", builders.squad
    ),
    "hotpotqa": Source(
        "http://curtis.ml.cmu.edu/datasets/hotpot/hotpot_dev_distractor_v1.json",
        None, "CC BY-SA 4.0", builders.hotpotqa,
    ),
}  # fmt: skip


def build(folder: Path, names: Sequence[str], limit: int) -> None:
    """Fetch and build sets; what cannot be had is told, and none at all ends the program with 1.

    Args:
        folder: ``NAME.jsonl.gz`` is written there.
        names: of `SETS`.
        limit: most questions of each.
    """
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    unknown = sorted(set(names) - SETS.keys())
    if unknown:
        raise SystemExit(f"there is no set {', '.join(unknown)}: there are {', '.join(SETS)}")
    made = 0
    for name in names:
        source = SETS[name]
        try:
            content = _content(name, source, folder / "raw")
        except (OSError, ValueError) as error:
            print(f"{name}: {_why(error)}", file=sys.stderr)
            continue
        rows = list(source.build(content))
        if len(rows) > limit:
            rows = random.Random(_DRAW).sample(rows, limit)
        with gzip.GzipFile(folder / f"{name}.jsonl.gz", "wb", mtime=0) as file:
            for number, row in enumerate(rows):
                line = {"id": f"{name}:{number}", "dataset": name, "license": source.licence, **row}
                file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        made += 1
        print(f"{name}: {len(rows)} questions ({source.licence})")
    if not made:
        raise SystemExit("nothing was built: this needs a network, or the files in raw/")


def _why(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the host answered {error.code}: the file has moved"
    if isinstance(error, urllib.error.URLError):
        return f"it cannot be fetched, there is no network to its host ({error.reason})"
    return f"it cannot be used: {error}"


def _content(name: str, source: Source, folder: Path) -> bytes:
    """The file's bytes, fetched unless they are there.

    Raises:
        OSError: it cannot be fetched or read.
        ValueError: the hash is another one.
    """
    place = folder / f"{name}-{source.url.rpartition('/')[2]}"
    content = place.read_bytes() if place.exists() else _fetched(source.url)
    found = hashlib.sha256(content).hexdigest()
    pinned = _locked()
    wanted = source.sha256 or pinned.get(source.url)
    if wanted is not None and found != wanted:
        raise ValueError(f"SHA-256 of {source.url} is {found}, and should be {wanted}: it was changed")
    if wanted is None:
        LOCK.write_text(json.dumps({**pinned, source.url: found}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print(f"{name}: SHA-256 {found} pinned in {LOCK.name}")
    if not place.exists():
        unfinished = place.with_suffix(".part")
        unfinished.write_bytes(content)
        unfinished.replace(place)
    return content


def _fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - the addresses stand above
        content: bytes = answer.read(_LARGEST_BYTES)
    return content


def _locked() -> dict[str, str]:
    found: dict[str, str] = json.loads(LOCK.read_text(encoding="utf-8")) if LOCK.exists() else {}
    return found
