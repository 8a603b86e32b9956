"""Settings: INI, TOML, ``.env`` and ``.properties`` files."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import urlsplit

from laconic.kinds.kind import Kind
from laconic.kinds.records import RECORD_RULES
from laconic.kinds.settings.lines import looks_like_settings
from laconic.kinds.settings.segment import SettingsSegmenter
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.score.steps import structure_steps
from laconic.types import Passage

__all__ = ["SETTINGS"]

_FILES = frozenset(
    ".editorconfig .env .gitconfig .npmrc Cargo.lock Pipfile poetry.lock setup.cfg tox.ini uv.lock".split()
)
_LANGUAGES = frozenset(("cfg", "dotenv", "env", "ini", "properties", "toml"))


def _told(passage: Passage) -> bool:
    if passage.language and passage.language.lower() in _LANGUAGES:
        return True
    name = PurePosixPath(urlsplit(passage.source).path).name if passage.source else ""
    return name in _FILES or name.startswith(".env.")


SETTINGS = Kind(
    name="settings",
    example='[tower]\n# of iron\nname = "Eiffel"\nmetres = 330\n\n[tower.visits]\n; in hours\nopen = 9\nclosed = 18\n'
    'floors = [\n  "first",\n  "second",\n]\n\n[paint]\nyears=7\ntonnes=60\n',
    aliases=("ini", "toml"),
    segmenter=lambda _: SettingsSegmenter(),
    renderer=VerbatimRenderer,
    suffixes=(".env", ".ini", ".properties", ".toml"),
    told=_told,
    looks_like=looks_like_settings,
    rules=RECORD_RULES,
    steps=structure_steps,
)
