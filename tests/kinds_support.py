"""What tests of single kinds share: segments with their text, and steps of cutting, counted."""

from __future__ import annotations

from step_counting import steps_within

from laconic.kinds.catalogue import kind_named, recognise
from laconic.tokens import as_counter
from laconic.types import Passage

__all__ = ["check_tiles", "cut", "kind_of", "needs_of", "steps_of_cutting"]


def kind_of(text):
    """The name of the kind that a text is recognised as."""
    return recognise(Passage(text)).kind.name


def cut(text, kind):
    """Segments of a text, each as its kind and its text."""
    return [(s.kind, text[s.start : s.end]) for s in segments(text, kind)]


def segments(text, kind):
    return kind_named(kind).segmenter(as_counter("gpt-4o")).segment(Passage(text, kind=kind), 0, 0)


def needs_of(text, kind, piece):
    """The texts of all that is kept with the first segment that holds ``piece``."""
    found = segments(text, kind)
    own = next(s for s in found if piece in text[s.start : s.end])
    return [text[found[at].start : found[at].end] for at in own.needs]


def check_tiles(text, kind):
    """Segments are in order, do not overlap, need what exists, and hold everything but white space."""
    found = segments(text, kind)
    at = 0
    for segment in found:
        assert segment.start >= at
        assert not text[at : segment.start].strip()
        assert segment.start < segment.end
        assert all(0 <= need < len(found) for need in segment.needs)
        at = segment.end
    assert not text[at:].strip()


def steps_of_cutting(text, kind, folder):
    """Steps in the files of a folder while a text is recognised and cut."""

    def cutting():
        kind_named(kind).looks_like(text)
        kind_named(kind).segmenter(None).segment(Passage(text), 0, 0)

    return steps_within([folder], cutting)
