"""Transcripts: meetings, chats and subtitles, of which a kept sentence says who speaks and when."""

from __future__ import annotations

from laconic.kinds.kind import Kind, Repeats, SegmentRule
from laconic.kinds.prose.kind import PROSE_RULES
from laconic.kinds.transcript.segment import TranscriptSegmenter, looks_like_transcript
from laconic.kinds.verbatim import VerbatimRenderer
from laconic.score.steps import reading_steps

__all__ = ["TRANSCRIPT"]

_SAID = SegmentRule(repeats=Repeats.BY_WORDS, prunable=True)
_HEAD = SegmentRule(heads=True)

TRANSCRIPT = Kind(
    name="transcript",
    aliases=("subtitles",),
    suffixes=(".srt", ".vtt"),
    example="Ann: How high is the tower?\nBen: It is 330 metres high, I think.\nAnn: And who paints it?\n"
    "Ben: Sixty people do. " + "They paint it by hand every seven years, from the top down to its feet. " * 4 + "\n"
    "Ann: Thank you.\n",
    segmenter=TranscriptSegmenter,
    renderer=VerbatimRenderer,
    looks_like=looks_like_transcript,
    rules={**PROSE_RULES, "turn": _SAID, "speaker": _HEAD, "cue": _HEAD},
    steps=reading_steps,
    running_text=True,
)
