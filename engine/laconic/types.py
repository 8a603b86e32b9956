"""The values that pass between the four stages, and the result that comes back.

Everything here is immutable. Offsets are character offsets into the caller's own passage text, half open
(``start`` in, ``end`` out); tokens are counted by the counter of the call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from laconic._utils.lazy import lazily
from laconic._utils.pictured import Pictured

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "BeginningRenderer", "BoundedScorer", "CompressedPassage", "Compression", "Contribution", "CutRenderer", "Dropped",
    "Level", "Member", "Metrics", "Part", "Passage", "Record", "Rendered", "Renderer", "Savings", "ScoreStep", "Scorer",
    "Segment", "SegmentExplanation", "Segmenter", "Span", "TokenCounter",
]  # fmt: skip

Span = tuple[int, int]
"""``(start, end)``: character offsets, half open."""

DROPPED = -1
"""The level of a segment that is not kept."""


@runtime_checkable
class TokenCounter(Protocol):
    """Text to number of tokens."""

    def count(self, text: str) -> int:
        """Number of tokens of ``text``; 0 for the empty string."""


@dataclass(frozen=True)
class Passage:
    """One retrieved piece of context.

    Attributes:
        text: what the retriever returned.
        id: the caller's name for it; need not be unique, ``index`` in the result is what identifies a passage.
        title: of the document that it comes from; scored beside the text, never written into it.
        source: path or URL; helps to tell code, Markdown and JSON apart.
        metadata: carried along untouched.
        score: the retriever's own score; carried along, never changed.
        kind: one of `laconic.kinds.catalogue.KIND_NAMES`; detected when None.
        language: of prose an ISO 639-1 code, of code the language's name; detected when None.
        head: what will stand before the passage in the prompt (a path, its metadata) where something of it is kept:
            counted in the budget, never cut, and in no span.
    """

    text: str
    id: str | None = None
    title: str | None = None
    source: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    score: float | None = None
    kind: str | None = None
    language: str | None = None
    head: str = ""


@dataclass(frozen=True)
class Level:
    """One rendering of a segment below its full text.

    Attributes:
        name: what is shown, for example ``"signature"``.
        share: of the segment's worth that this rendering keeps, 0–1.
        tokens: cost of this rendering.
        holes: character spans of the passage that it leaves out, where nothing else tells it from the full text.
    """

    name: str
    share: float
    tokens: int
    holes: tuple[Span, ...] = ()


class Member:
    """One value of a record, whatever the notation: a member of JSON, an attribute, a cell.

    Attributes:
        name: its key, the keys of the objects around it before it (``"address/city"``); a column's header;
            ``""`` where it has none.
        value: as written, without the quotes of its notation.
        start, end: the span of the value in the text that was read.
        at, until: the segments that hold it, as a range of indexes in the call's list; set where it is cut.
    """

    __slots__ = ("at", "end", "name", "start", "until", "value")

    def __init__(self, name: str, value: str, start: int, end: int, at: int = 0) -> None:
        self.name = name
        self.value = value
        self.start = start
        self.end = end
        self.at = at
        self.until = at + 1

    def __repr__(self) -> str:
        return f"Member({self.name!r}, {self.value!r})"


class Record:
    """One of the things that a structured text lists, whatever the notation: an object, an element, a row, a block.

    Attributes:
        table: the same for records that are alike: where in the text they stand, without what varies.
        parent: the record in which it stands, None at the top.
        key: what it is filed under where that tells it from others (``"#W17"`` of ``{"#W17": {…}}``), else None.
        members: its values in text order, those of objects in it too, but not those of records in it.
        identity: what tells it from others: its key or an id, a name, or one of each in this order.
        header: the row that names its members, None where they bring their names.
    """

    __slots__ = ("header", "identity", "key", "members", "parent", "table")

    def __init__(self, table: str, parent: Record | None = None, key: Member | None = None) -> None:
        self.table = table
        self.parent = parent
        self.key = key
        self.members: list[Member] = []
        self.identity: tuple[Member, ...] = ()
        self.header: Member | None = None

    def __repr__(self) -> str:
        return f"Record({self.table!r}, key={self.key!r}, members={self.members!r})"


class Part(NamedTuple):
    """What a segment holds where that is a text of another kind: the inside of a fence, a pasted object.

    Attributes:
        start, end: character span in the passage's text, of whole lines where the notation has lines: what the segment
            has around it (the lines of a fence) is kept with whatever is kept of the inside. The white space that
            indents its first line may stand before the segment.
        kind: one of `laconic.kinds.catalogue.KIND_NAMES`, where that is known; recognised when None.
        language: what the text around calls it (```` ```python ````); of code, the programming language.
    """

    start: int
    end: int
    kind: str | None = None
    language: str | None = None


class Segment(NamedTuple):
    """A contiguous span of a passage that is kept or dropped as one.

    Segments of a passage are in text order and do not overlap; what lies between two of them is layout (white space)
    that belongs to no segment and is put back by the renderer.

    Attributes:
        passage: index of the passage in the call.
        start, end: character span in the passage's text.
        kind: ``"sentence"``, ``"heading"``, ``"list_item"``, ``"table_header"``, ``"table_row"``, ``"quote"``,
            ``"fence"``, ``"line"``, ``"record"``; code has ``"import"``, ``"function"``, ``"class_header"`` and so on.
        requires: indexes, in the call's list of segments, of the segments without which this one makes no sense (a row
            needs its table's header, a method its class's header).
        levels: cheaper renderings, from most to least detail; empty when the segment is kept whole or not at all.
        along: indexes of further segments that are kept with this one (the other identifiers of its record), of which
            scorers take no notice.
        record: what it holds members of, where the text lists records.
        under: indexes of the headings that it stands under, the nearest first; they are kept with it where there is
            room for both.
        part: what it holds that is cut further, as a text of its own kind; see `laconic.kinds.kind.Kind.parts`.
    """

    passage: int
    start: int
    end: int
    kind: str = "sentence"
    requires: tuple[int, ...] = ()
    levels: tuple[Level, ...] = ()
    along: tuple[int, ...] = ()
    record: Record | None = None
    under: tuple[int, ...] = ()
    part: Part | None = None

    @property
    def needs(self) -> tuple[int, ...]:
        """All segments that are kept with this one."""
        return self.requires + self.along if self.along else self.requires


@dataclass(frozen=True)
class Rendered:
    """The text of one passage after selection.

    Attributes:
        text: what is left of the passage.
        spans: source spans; joined they give ``text``, except where the renderer wrote something of its own
            (placeholders of code, aliases).
    """

    text: str
    spans: tuple[Span, ...]


class Segmenter(Protocol):
    """Passage to segments: stage one."""

    def segment(self, passage: Passage, index: int, first: int) -> list[Segment]:
        """Cut a passage.

        Args:
            passage: what to cut.
            index: its position in the call, copied into each segment.
            first: position in the call's list that the first returned segment will have (for ``requires``).
        """


class Scorer(Protocol):
    """Query and segments to scores: stage two."""

    def score(self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment]) -> NDArray[np.float64]:
        """One finite number per segment, comparable across the passages of the call; higher is better.

        ``query=None`` asks for importance without a question.
        """


@runtime_checkable
class BoundedScorer(Scorer, Protocol):
    """A scorer that can be stopped while it works, for calls with a deadline."""

    def score_within(
        self,
        query: str | None,
        passages: Sequence[Passage],
        segments: Sequence[Segment],
        is_over: Callable[[], bool],
    ) -> NDArray[np.float64] | None:
        """`score`, which asks now and then whether its time is over; None once it is."""


class ScoreStep(Protocol):
    """What adjusts a scorer's opinion: a step of stage two."""

    @property
    def name(self) -> str:
        """What explanations call it."""

    def adjust(
        self, query: str | None, passages: Sequence[Passage], segments: Sequence[Segment], scores: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """New scores, one finite log-probability per segment; ``scores`` itself where it has nothing to say."""


class Renderer(Protocol):
    """Selection to text, one passage at a time: stage four."""

    def render(self, passage: Passage, segments: Sequence[Segment], levels: Sequence[int]) -> Rendered:
        """Text and spans of what is kept; ``levels`` runs beside ``segments`` (the passage's own)."""


@runtime_checkable
class CutRenderer(Renderer, Protocol):
    """A renderer that can also cut into one segment, so that what is left of a budget is used."""

    def render_cut(
        self,
        passage: Passage,
        segments: Sequence[Segment],
        levels: Sequence[int],
        at: int,
        room: int,
        query: str,
        counter: TokenCounter,
    ) -> Rendered | None:
        """The selection with segment ``at`` cut to about ``room`` tokens; None where nothing sensible is that short."""


@runtime_checkable
class DraftRenderer(Renderer, Protocol):
    """A renderer that looks over what it wrote, which may take as long as the writing.

    A call writes many selections until one fits its budget, so it has them drafted, and the last one looked over.
    """

    def drafting(self) -> Renderer:
        """The same renderer, which looks over nothing."""

    def sound(self, passage: Passage, rendered: Rendered) -> Rendered:
        """A draft as it is, or where something is wrong with it something sound that is no longer."""


@runtime_checkable
class BeginningRenderer(Renderer, Protocol):
    """A renderer that can write the beginning of a segment, where not even one segment fits."""

    def render_beginning(self, passage: Passage, segment: Segment, end: int) -> Rendered | None:
        """The segment up to character ``end``, well-formed; None where that is not possible."""


@dataclass(frozen=True)
class CompressedPassage:
    """What is left of one passage.

    Attributes:
        text: the kept text.
        index: position of the passage in the caller's own list.
        id: the caller's id for it.
        spans: character spans of the caller's passage text that make up ``text``.
        tokens: count of ``text``.
        level: ``"full"`` where nothing was cut, ``"extract"`` otherwise.
        original: the caller's passage text.
        counter: the counter of the call.
        score: which share of what the call is worth for the question stands in the passage, 0–1, dropped parts
            included; over all passages of the call together 1. None where nothing was scored, as all fitted.
        retrieval_score: the caller's own score of the passage, as it came.
        scores: of the segments of which something is kept, in order, the span and the score, as `Dropped` has it of the
            others; empty where nothing was scored.
    """

    text: str
    index: int
    id: str | None
    spans: tuple[Span, ...]
    tokens: int
    level: str
    original: str = field(repr=False)
    counter: TokenCounter = field(repr=False, compare=False)
    score: float | None = None
    retrieval_score: float | None = None
    scores: tuple[tuple[Span, float], ...] = field(default=(), repr=False)

    @cached_property
    def original_tokens(self) -> int:
        """Count of the whole passage, counted when first asked for."""
        return self.counter.count(self.original)


@dataclass(frozen=True, init=False)
class Dropped:
    """A piece that was cut, and why.

    Attributes:
        index: position of its passage in the caller's own list.
        id: the caller's id for that passage.
        span: character span in the passage's text.
        text: the cut text.
        reason: ``"budget"`` (it did not fit), ``"duplicate"`` (the same words are kept elsewhere), ``"coverage"`` (the
            recall target was met without it), ``"blank"``, ``"layout"`` (white space and brackets of no segment),
            ``"pruned"`` (words cut from a kept sentence), ``"cells"`` (of a kept row) or ``"step NAME"`` (a
            step of a pipeline cut it).
        score: its score, where one was computed.
    """

    index: int
    id: str | None
    span: Span
    text: str
    reason: str
    score: float | None = None

    def __init__(
        self,
        index: int,
        id: str | None,  # noqa: A002 - the caller's word
        span: Span,
        text: str,
        reason: str,
        score: float | None = None,
    ) -> None:
        # All at once: a frozen class sets its fields one by one, and of these there are thousands.
        self.__dict__.update(index=index, id=id, span=span, text=text, reason=reason, score=score)

    @property
    def handle(self) -> str:
        """Stable name of the piece inside its result, for :meth:`Compression.expand`."""
        return f"{self.index}:{self.span[0]}-{self.span[1]}"


class Savings:
    """What the token counts of a result before and after say; the result gives them as `_counts`."""

    @property
    def _counts(self) -> tuple[int, int]:
        raise NotImplementedError

    @property
    def savings_percent(self) -> float:
        """Share of the tokens removed, 0–100: 60.0 is a reduction by 60 %; 0.0 for empty input."""
        before, after = self._counts
        return 100.0 * (before - after) / before if before else 0.0

    @property
    def compression_ratio(self) -> float:
        """Tokens before / after: 2.5 is text of 40 %; 1.0 for empty input, ``inf`` when nothing is left."""
        before, after = self._counts
        if after:
            return before / after
        return float("inf") if before else 1.0

    def _stats(self, system: str, latency_ms: float) -> str:
        before, after = self._counts
        return (
            f"{system} Stats:\n- Tokens: {before} -> {after}\n- Savings: {self.savings_percent:.1f}%\n"
            f"- Ratio: {self.compression_ratio:.1f}x\n- Latency: {latency_ms:.0f}ms"
        )


@dataclass(frozen=True)
class Metrics(Savings):
    """Figures of one call.

    Attributes:
        original_tokens: the passages with their heads, joined by the separator, counted.
        compressed_tokens: the final text, counted.
        budget_tokens: the ceiling that held, None when only coverage was asked for.
        latency_ms: wall time of the call in milliseconds.
        counter: name of the token counter.
        exact: False when the counter stands in for a tokenizer that is not public (``compressed_tokens`` is then an
            estimate for the model, though the budget holds by this counter).
        scorer: name of the scorer that ranked.
        fallback: why a simpler part was used than was asked for, None when nothing fell back.
        segments, segments_kept: how many pieces there were and how many are (at least partly) kept.
        texts_reread: how many texts a scorer of the caller's own (`laconic.Reranker`) was asked about.
        warning: why the share of the evidence that ``recall`` or ``rate="auto"`` asks for may be missed: the call is
            unlike those that the shipped thresholds were fitted on. None where it is not, or where nothing was asked.
        timed_out: whether something was done by simpler means as ``timeout_ms`` was over; ``fallback`` says what.
    """

    original_tokens: int
    compressed_tokens: int
    budget_tokens: int | None
    latency_ms: float = field(compare=False)
    counter: str
    exact: bool
    scorer: str
    fallback: str | None = None
    segments: int = 0
    segments_kept: int = 0
    texts_reread: int = 0
    warning: str | None = None
    timed_out: bool = False

    @property
    def _counts(self) -> tuple[int, int]:
        return self.original_tokens, self.compressed_tokens


@dataclass(frozen=True)
class Contribution:
    """What one feature of a scorer, or one score step, did to a segment's score.

    Attributes:
        feature: its name.
        value: the feature of this segment; of a step its points.
        points: how much it moved the score, in log-odds: of a feature against the call's average, of a step against
            the score before it.
    """

    feature: str
    value: float
    points: float


@dataclass(frozen=True)
class SegmentExplanation:
    """Why a segment was kept or dropped.

    Attributes:
        index: position of its passage in the caller's own list.
        span: character span in the passage's text.
        kind: what it is; see `Segment`.
        kept: whether it was kept, whole, at a level of detail or cut; not where only a frame around others is.
        score: the log-probability that decided; ``exp`` of it is the segment's share of the call's evidence.
        contributions: the score steps and the scorer's features that moved it most, strongest first.
        level: of a kept one ``"full"``, the name of its level of detail, or ``"cut"``; ``"none"`` of a dropped one.
        reason: why it was not kept, as `Dropped` has it; None where it was.
    """

    index: int
    span: Span
    kind: str
    kept: bool
    score: float
    contributions: tuple[Contribution, ...]
    level: str = "full"
    reason: str | None = None


@dataclass(frozen=True)
class Compression(Savings, Pictured):
    """The result of one call.

    Attributes:
        text: the kept passages with their heads, joined by the separator, as a stuffing chain would join them.
        passages: what is left of each passage of which something is left, in input order.
        dropped: what was cut, in input order; with the spans of ``passages`` it is the whole input.
        metrics: counts, time, and which parts did the work.
        query: the question of the call.
        explanations: for each segment its score and what made it, with ``explain=True``; None otherwise, and empty
            when the input came back unchanged, for then nothing was scored.
    """

    text: str
    passages: tuple[CompressedPassage, ...]
    dropped: tuple[Dropped, ...]
    metrics: Metrics
    query: str | None = None
    explanations: tuple[SegmentExplanation, ...] | None = None

    @property
    def _counts(self) -> tuple[int, int]:
        return self.metrics.original_tokens, self.metrics.compressed_tokens

    @property
    def ranked(self) -> tuple[CompressedPassage, ...]:
        """``passages``, those with the highest ``score`` first; in input order where nothing was scored."""
        return tuple(sorted(self.passages, key=lambda passage: -(passage.score or 0.0)))

    @cached_property
    def _by_handle(self) -> dict[str, Dropped]:
        return {piece.handle: piece for piece in self.dropped}

    def expand(self, handle: str) -> str:
        """The text behind a dropped piece's ``handle``.

        Raises:
            KeyError: when this result dropped no such piece.
        """
        return self._by_handle[handle].text

    def print_stats(self) -> None:
        """Print tokens, savings, ratio and latency to stdout."""
        print(self._stats("laconic", self.metrics.latency_ms))  # noqa: T201 - printing is what the method is for

    def _picture(self, *, page: bool = False, brief: bool = False) -> str:
        from laconic.pictures.compression import compression_picture  # most programs never draw one

        m = self.metrics
        figures = f"{m.original_tokens:,} → {m.compressed_tokens:,} tokens, {m.savings_percent:.1f} % saved"
        return compression_picture(self, figures, brief=brief, whole_page=page)


# ScaleDown documents its results under this module's name. They need pydantic and stand above this file, so they are
# looked up when asked for.
__getattr__, __dir__ = lazily(
    __name__,
    dict.fromkeys(
        ("CompressedPrompt", "OptimizedContext", "PipelineResult", "StepMetrics"), "laconic.scaledown.results"
    ),
)
