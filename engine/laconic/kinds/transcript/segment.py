"""Transcripts and subtitles to segments: turns, the sentences of long ones with who says them, and cues.

Two notations: turns begin with who speaks (`turns`), cues with the time (`cues`). Linear in the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from laconic.kinds.prose.language import guess_language
from laconic.kinds.prose.segment import prose_within
from laconic.kinds.transcript.cues import Cue, Said, cues_of, looks_like_cues, said_in
from laconic.kinds.transcript.turns import Turn, style_of, turns_of
from laconic.types import Level, Passage, Segment, Span, TokenCounter

__all__ = ["TranscriptSegmenter", "looks_like_transcript"]

# A turn up to this length is one thing to a reader; a longer one is cut at its sentences. Of the evidence of the first
# 300 questions of friendsqa/train and of qmsum/train, a quarter of the tokens kept .760 and .575 where each turn was
# cut, .787 and .593 with 200 characters, .777 and .599 with 300, .777 and .611 with 400; an eighth .630 and .387, .657
# and .403, .663 and .413, .660 and .418.
_WHOLE_TURN_CHARS = 300
_WITHOUT_TIMES = 0.97  # of a sentence's worth is kept without the times inside it


def looks_like_transcript(text: str) -> bool:
    """Whether a text is what several people say, or subtitles; a glance at its first lines."""
    return looks_like_cues(text) or style_of(text) is not None


class TranscriptSegmenter:
    """Segments of what was said.

    A ``"turn"`` is one segment with its label, the time included; of a long one the label is a ``"speaker"`` that its
    sentences require. A sentence of subtitles is a ``"turn"`` that requires the ``"cue"`` in which it begins, and goes
    over the times of others, which its second level leaves out. ``"notice"`` is what nobody says: who joins a chat, the
    lines before the first cue.

    Args:
        counter: plans what a sentence costs without the times inside it; without one there are no levels.
    """

    def __init__(self, counter: TokenCounter | None = None) -> None:
        self._counter = counter

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut ``passage``; see `laconic.types.Segmenter`."""
        text = passage.text
        style = None if looks_like_cues(text) else style_of(text)
        if style is not None:
            language = passage.language or guess_language(text)
            segments: list[Segment] = []
            for turn in turns_of(text, style):
                segments += _turn(passage, turn, index, first + len(segments), language)
            return segments
        cues = list(cues_of(text))
        if any(cue.lines for cue in cues):
            return self._cues(passage, cues, index, first)
        return prose_within(passage, (0, len(text)), index, first)

    def _cues(self, passage: Passage, cues: Sequence[Cue], index: int, first: int) -> list[Segment]:
        text = passage.text
        sample = " ".join(text[start:end] for cue in cues[:20] for start, end in cue.lines)
        language = passage.language or guess_language(sample)
        segments: list[Segment] = []
        head_of: dict[int, int] = {}
        number = 0
        behind = 0
        for said in (*said_in(text, cues, language), None):
            while number < len(cues) and (said is None or cues[number].start < said.start):
                cue = cues[number]
                if cue.start >= behind:
                    head_of[number] = first + len(segments)
                    segments.append(Segment(index, cue.start, cue.end, "cue" if cue.lines else "notice"))
                number += 1
            if said is not None:
                requires = (head_of[said.cue],) if said.cue is not None else ()
                levels = self._levels(text, said)
                segments.append(Segment(index, said.start, said.end, "turn", requires, levels))
                behind = said.end
        return segments

    def _levels(self, text: str, said: Said) -> tuple[Level, ...]:
        if self._counter is None or not said.holes:
            return ()
        rest = "".join(text[start:end] for start, end in _around(said))
        return (Level("words", _WITHOUT_TIMES, max(1, self._counter.count(rest)), said.holes),)


def _around(said: Said) -> Iterator[Span]:
    """What is left of a sentence without its holes."""
    start = said.start
    for begin, end in said.holes:
        yield start, begin
        start = end
    yield start, said.end


def _turn(passage: Passage, turn: Turn, index: int, first: int, language: str | None) -> list[Segment]:
    """One turn: whole, or its label and the sentences that require it."""
    if turn.text == turn.start:
        return prose_within(passage, (turn.start, turn.end), index, first, language)
    kind = "turn" if turn.name else "notice"
    if turn.end - turn.text > _WHOLE_TURN_CHARS:
        said = prose_within(passage, (turn.text, turn.end), index, first + 1, language)
        if len(said) > 1:
            label_end = turn.start + len(passage.text[turn.start : turn.text].rstrip())
            label = Segment(index, turn.start, label_end, "speaker")
            return [label, *(each._replace(requires=(first, *each.requires)) for each in said)]
    return [Segment(index, turn.start, turn.end, kind)]
