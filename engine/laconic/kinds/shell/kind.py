"""Sessions in a shell and outputs of tools: failures first, progress last, rows with their header."""

from __future__ import annotations

from laconic.kinds.kind import Kind, Repeats, SegmentRule
from laconic.kinds.prose.kind import PROSE_RULES
from laconic.kinds.shell.segment import ShellSegmenter, looks_like_shell
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.score.steps import reading_steps

__all__ = ["SHELL"]

_LINE = SegmentRule(same_words_differ=True)
_HEAD = SegmentRule(heads=True)
# Who wrote a commit and when, the files that it changes: as members of JSON are, which these are in another notation.
_MEMBER = SegmentRule(steep_from=1.0, needs_price=0.5, repeats=Repeats.BY_NAMES, same_words_differ=True)

SHELL = Kind(
    name="shell",
    example="$ git status\nOn branch main\nUntracked files:\n\ttower.c\n"
    "$ git log -1\ncommit 1f2e3d4c5b6a\nAuthor: Ann <ann@example.org>\n"
    "Date:   Mon May 6 10:02:11 2024 +0200\n\n    Paint the tower\n\n"
    "$ df -h\nFilesystem      Size  Used Avail Use% Mounted on\n/dev/sda1        50G   48G  2.0G  96% /\n"
    "/dev/sdb1       500G  120G  380G  24% /tower\ntmpfs           7.8G     0  7.8G   0% /dev/shm\n"
    "$ git grep -n paint\nsrc/tower.py:12:def paint(self):\nsrc/tower.py:19:    self.paint()\nREADME.md:3:paint it\n"
    "$ make\n[ 50%] Building tower.o\ntower.c:3:5: error: unknown type name 'metre'\n    3 |     metre height;\n"
    "make: *** [tower.o] Error 1\n",
    segmenter=lambda _: ShellSegmenter(),
    renderer=VerbatimRenderer,
    looks_like=looks_like_shell,
    rules={
        **{name: rule for name, rule in PROSE_RULES.items() if name not in ("table_header", "table_row")},
        "log_line": _LINE,
        "hit": _LINE,
        "table_row": _LINE,
        "table_header": _HEAD,
        "record": _MEMBER,
        "command": _HEAD,
        "section": _HEAD,
        "commit": SegmentRule(heads=True, is_frame=True),
    },
    steps=reading_steps,
)
