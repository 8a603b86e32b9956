"""Mail: messages, threads and mailboxes, of which a kept sentence says which message it is from."""

from __future__ import annotations

from laconic.kinds.kind import Kind, Repeats, SegmentRule
from laconic.kinds.mail.parts import looks_like_mail
from laconic.kinds.mail.segment import MailSegmenter
from laconic.kinds.prose.kind import PROSE_RULES
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.score.steps import reading_steps

__all__ = ["MAIL"]

MAIL = Kind(
    name="mail",
    example="From: Ann Lee <ann@example.org>\nDate: Mon, 6 May 2024 10:02:11 +0200\nSubject: Paint for the\n tower\n"
    "X-Mailer: Painter 7\n\nThe tower is 330 metres high. How many tonnes of paint do we need?\n\n"
    "-- \nAnn Lee, Paris\n\n"
    "From: Ben <ben@example.org>\nDate: Mon, 6 May 2024 11:30:00 +0200\nSubject: Re: Paint for the tower\n\n"
    "On Mon, 6 May 2024 at 10:02, Ann Lee <ann@example.org> wrote:\n> How many tonnes of paint do we need?\n\n"
    "Sixty tonnes. It takes sixty people eighteen months.\n",
    segmenter=lambda _: MailSegmenter(),
    renderer=VerbatimRenderer,
    suffixes=(".eml", ".mbox"),
    looks_like=looks_like_mail,
    rules={
        **PROSE_RULES,
        "header": SegmentRule(repeats=Repeats.BY_WORDS, same_words_differ=True),
        "attribution": SegmentRule(heads=True),
    },
    steps=reading_steps,
    running_text=True,
)
