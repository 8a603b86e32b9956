"""Definitions under an exact token budget: whole ones by rank, and the first that does not fit cut into what is left.

Planned by the costs of parts, which in subword tokenizers do not add up; so the result is rendered, counted, and
corrected until the count of the final text holds the budget.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from laconic.kinds.code.compose import Edit, Marks, compose
from laconic.kinds.code.graph import Graph, Place
from laconic.kinds.code.parse import ParsedCode, parses_clean
from laconic.kinds.code.prune import prune
from laconic.kinds.code.units import Outline, Unit, comments_of, imported_names, outline, without
from laconic.score.code.costs import Costs, price, text_counter
from laconic.score.code.identifiers import identifiers
from laconic.score.code.ranking import CodeRanking
from laconic.score.code.statements import FunctionCut, FunctionCutter
from laconic.score.code.weights import Linear
from laconic.types import Rendered, TokenCounter

__all__ = ["Costs", "Picked", "pick", "preference"]

Span = tuple[int, int]

# Below this much room a cut function shows too little; below this share of it, too.
_MIN_ROOM = 24
_MIN_SHARE = 0.15
# A budget this full is not worth another piece.
_FULL = 0.985
_MARGIN = 2
# A comment such as "# … 12 lines" has five tokens or more.
_MARK_TOKENS = 4
# Room that is kept free for the imports of what is kept.
_IMPORT_SHARE = 0.02


@dataclass(frozen=True)
class Picked:
    """What was picked, and its text.

    Attributes:
        texts: file position -> rendered text, for files of which something is left, in the order of the files.
        edits: file position -> what was cut.
        tokens: count of ``joined`` of the texts.
        whole: the definitions kept whole, in the order they were picked.
        cut: the definition that was cut to fit, if any.
    """

    texts: dict[int, Rendered]
    edits: dict[int, list[Edit]]
    tokens: int
    whole: tuple[Place, ...]
    cut: Place | None


@dataclass
class _Plan:
    """Pieces in the order they were taken; each is a file and the byte spans that it wants there."""

    pieces: list[tuple[int, tuple[Span, ...]]] = field(default_factory=list)
    whole: list[Place] = field(default_factory=list)
    cut: Place | None = None
    cut_spans: tuple[Span, ...] = ()
    steps: list[tuple[Span, ...]] = field(default_factory=list)
    imports: list[tuple[int, tuple[Span, ...]]] = field(default_factory=list)
    extras: list[tuple[int, tuple[Span, ...]]] = field(default_factory=list)

    def wanted(self) -> dict[int, list[Span]]:
        found: dict[int, list[Span]] = {}
        for file, spans in (*self.pieces, *self.imports, *self.extras):
            found.setdefault(file, []).extend(spans)
        if self.cut is not None:
            own = found.setdefault(self.cut[0], [])
            own.extend(self.cut_spans)
            for step in self.steps:
                own.extend(step)
        return found


class _Output(NamedTuple):
    """A rendered plan: edits and texts by file, and the count of the joined text."""

    edits: dict[int, list[Edit]]
    texts: dict[int, Rendered]
    tokens: int


class _Picker:
    def __init__(
        self,
        files: Sequence[ParsedCode],
        ranking: CodeRanking,
        query: str,
        budget: int,
        counter: TokenCounter,
        join: Callable[[dict[int, str]], str],
        model: Linear | None,
    ) -> None:
        self.files = files
        self.ranking = ranking
        self.query = query
        self.budget = budget
        self.join = join
        self.model = model
        self.outlines: list[Outline] = [outline(parsed) for parsed in files]
        self.costs = [Costs.of(parsed, counter) for parsed in files]
        self.count = text_counter(counter, self.costs)
        self.headers: set[Place] = set()
        self.opened: set[int] = set()
        self.plan = _Plan()
        self._cutters: dict[Place, FunctionCutter] = {}
        self._rendered: tuple[object, _Output] | None = None

    @cached_property
    def file_cost(self) -> int:
        """Tokens that a file's own frame costs (the line that names it, where there are several)."""
        return self.count(self.join({0: "x", 1: "x"})) - 2 if len(self.files) > 1 else 0

    def unit(self, place: Place) -> Unit:
        return self.outlines[place[0]].units[place[1]]

    def around(self, place: Place) -> list[Place]:
        return [(place[0], index) for index in self.outlines[place[0]].enclosing(place[1])]

    def header(self, place: Place) -> Span:
        unit = self.unit(place)
        return unit.start, unit.signature_end

    def frame_cost(self, place: Place) -> int:
        """Tokens of the headers around a definition that are not taken yet, with their closing."""
        cost = 0 if place[0] in self.opened else self.file_cost
        for owner in self.around(place):
            if owner not in self.headers:
                cost += self.costs[place[0]](*self.header(owner)) + 2
        return cost

    def frame(self, place: Place) -> tuple[Span, ...]:
        """The headers around a definition: needed by name only where the parser was lost, harmless elsewhere."""
        return tuple(self.header(owner) for owner in self.around(place))

    def enter(self, place: Place) -> None:
        self.headers.update(self.around(place))
        self.opened.add(place[0])

    def comments(self, place: Place) -> Sequence[Span]:
        """The comments inside a definition, which are the last to get room."""
        return comments_of(self.files[place[0]], self.unit(place))

    def code(self, place: Place) -> tuple[Span, ...]:
        """A definition without its comments."""
        unit = self.unit(place)
        return without((unit.start, unit.end), self.comments(place))

    def cost(self, place: Place) -> int:
        """Tokens of a definition without its comments."""
        return self.costs[place[0]].definition(place[1])

    def order(self, pool: Sequence[Place] | None) -> list[Place]:
        allowed = None if pool is None else set(pool)
        places = [(at, place) for at, place in enumerate(self.ranking.places) if allowed is None or place in allowed]
        if not places:
            return []
        costs = np.array([self.cost(place) for _, place in places], dtype=float)
        scores = self.ranking.scores[[at for at, _ in places]]
        order = np.argsort(-(scores - price(costs)), kind="stable")
        return [places[at][1] for at in order.tolist()]

    def take(self, order: Sequence[Place], room: int) -> int:
        """Whole definitions while they fit, and one cut; returns the room that is left."""
        for place in order:
            if room < _MARGIN or room < (1 - _FULL) * self.budget:
                break
            frame = self.frame_cost(place)
            need = self.cost(place) + frame
            if need <= room:
                self.plan.pieces.append((place[0], (*self.code(place), *self.frame(place))))
                self.plan.whole.append(place)
                self.enter(place)
                room -= need
            elif self.plan.cut is None and room - frame >= _MIN_ROOM:
                room -= self.cut_into(place, room - frame, frame)
        return room

    def cut_into(self, place: Place, room: int, frame: int) -> int:
        """Cut a definition into the room that is left; returns what it costs, 0 where too little of it fits."""
        found = self.cut(place, room)
        if found is None or (found.share < _MIN_SHARE and self.plan.pieces):
            return 0
        self.plan.cut = place
        self.plan.cut_spans = (found.wanted[0], *self.frame(place))
        self.plan.steps = list(found.steps)
        self.enter(place)
        return found.tokens + frame

    def cut(self, place: Place, room: int) -> FunctionCut | None:
        cutter = self._cutters.get(place)
        if cutter is None:
            parsed, unit, cost = self.files[place[0]], self.unit(place), self.costs[place[0]]
            cutter = self._cutters[place] = FunctionCutter(parsed, unit, self.query, cost, model=self.model)
        return cutter.cut(room)

    # -- the rendered text ------------------------------------------------------------------------------------------

    def edits(self) -> dict[int, list[Edit]]:
        wanted = self.plan.wanted()
        inside = self.unit(self.plan.cut) if self.plan.cut is not None else None
        found = {}
        for file in sorted(wanted):
            spans = [(inside.start, inside.end)] if inside and self.plan.cut and self.plan.cut[0] == file else []
            found[file] = prune(self.files[file], wanted[file], spans)
        return found

    def render(self, edits: dict[int, list[Edit]], marks: Marks = Marks.NONE) -> tuple[dict[int, Rendered], int]:
        texts = {file: compose(self.files[file], own, marks) for file, own in edits.items()}
        texts = {file: rendered for file, rendered in texts.items() if rendered.text.strip()}
        return texts, self.count(self.join({file: rendered.text for file, rendered in texts.items()}))

    def output(self) -> _Output:
        """The rendered plan; rendered once for each plan."""
        plan = self.plan
        key = (tuple(plan.pieces), plan.cut, tuple(plan.steps), tuple(plan.imports), tuple(plan.extras))
        if self._rendered is None or self._rendered[0] != key:
            edits = self.edits()
            self._rendered = (key, _Output(edits, *self.render(edits)))
        return self._rendered[1]

    def shrink(self) -> int:
        """Drop what was taken last until the rendered text fits; returns its tokens."""
        tokens = self.output().tokens
        while tokens > self.budget:
            if self.plan.extras:
                self.plan.extras.pop()
            elif self.plan.cut is not None and len(self.plan.steps) > 1:
                # Every step has its price; one may not be enough, but each render costs more than a step is worth.
                over = tokens - self.budget
                while len(self.plan.steps) > 1 and over > 0:
                    over -= sum(self.costs[self.plan.cut[0]](*span) for span in self.plan.steps.pop())
            elif self.plan.imports:
                self.plan.imports.pop()
            elif not self.drop_last():
                break
            tokens = self.output().tokens
        return tokens

    def drop_last(self) -> bool:
        """Drop one piece, the least wanted first; False when nothing is left."""
        if self.plan.extras or self.plan.imports:
            self.plan.extras.clear()
            self.plan.imports.clear()
        elif self.plan.cut is not None:
            self.plan.cut, self.plan.cut_spans, self.plan.steps = None, (), []
        elif self.plan.pieces:
            self.plan.pieces.pop()
            self.plan.whole.pop()
        else:
            return False
        return True

    def everything(self) -> Picked | None:
        """The files as they are, where the budget holds them."""
        texts = {
            file: Rendered(parsed.text, ((0, len(parsed.text)),))
            for file, parsed in enumerate(self.files)
            if parsed.text
        }
        tokens = self.count(self.join({file: rendered.text for file, rendered in texts.items()}))
        if tokens > self.budget:
            return None
        return Picked(texts, {file: [] for file in texts}, tokens, self.ranking.places, None)

    def parses(self, texts: dict[int, Rendered]) -> bool:
        """Whether every text parses whose source does."""
        return all(
            not self.files[file].clean or parses_clean(rendered.text, self.files[file].language.name)
            for file, rendered in texts.items()
        )


def pick(
    files: Sequence[ParsedCode],
    ranking: CodeRanking,
    query: str,
    budget: int,
    counter: TokenCounter,
    *,
    pool: Sequence[Place] | None = None,
    graph: Callable[[], Graph] | None = None,
    join: Callable[[dict[int, str]], str] | None = None,
    marks: bool = True,
    model: Linear | None = None,
) -> Picked:
    """Pick definitions under a budget and render them.

    Args:
        files: the parsed files of the ranking.
        ranking: of their candidates.
        query: the question; ranks the statements of the function that is cut.
        budget: tokens that the joined text may have, ≥ 0.
        counter: counts.
        pool: only these candidates; all where None.
        graph: called where there is room left, to show the signatures of callers and callees; None shows none.
        join: texts by file position to the text that is counted; the only text where None.
        marks: whether cuts may leave a comment with the number of lines, where there is room.
        model: ranks statements; the shipped one where None.

    Returns:
        The pick: without a pool the files themselves where the budget holds them. ``tokens`` is at most ``budget``,
        and every text parses whose source does. Nothing at all where not even a signature fits.
    """
    picker = _Picker(files, ranking, query, budget, counter, join or _only, model)
    if pool is None and sum(cost.total for cost in picker.costs) <= budget:
        whole = picker.everything()
        if whole is not None:
            return whole
    order = picker.order(pool)
    picker.take(order, budget - int(_IMPORT_SHARE * budget))
    tokens = picker.shrink()
    if not picker.plan.pieces and picker.plan.cut is None:
        tokens = _one_signature(picker, order)
    else:
        # First what the code that is kept needs, then more code.
        _add_imports(picker, budget - tokens)
        tokens = picker.shrink()
        if budget - tokens > _MARGIN:
            tokens = _refill(picker, order, budget - tokens)
    if budget - tokens > _MARGIN:
        _add_comments(picker, budget - tokens)
        tokens = picker.shrink()
    if graph is not None and budget - tokens > _MARGIN:
        _add_signatures(picker, order, budget - tokens, graph())
        picker.shrink()
    edits, texts, tokens = picker.output()
    while not picker.parses(texts) and picker.drop_last():
        edits, texts, tokens = picker.output()
    if marks:
        for kind in (Marks.ALL, Marks.FUNCTIONS):
            cuts = sum(edit.mark and (kind is Marks.ALL or edit.depth > 0) for own in edits.values() for edit in own)
            if not cuts or cuts * _MARK_TOKENS > budget - tokens:
                continue
            marked, count = picker.render(edits, kind)
            if count <= budget and picker.parses(marked):
                texts, tokens = marked, count
                break
    return Picked(texts, edits, tokens, tuple(picker.plan.whole), picker.plan.cut)


def preference(files: Sequence[ParsedCode], ranking: CodeRanking, counter: TokenCounter) -> list[Place]:
    """All candidates, from most to least wanted: by score less `price`, ties in text order."""
    return _Picker(files, ranking, "", 0, counter, _only, None).order(None)


def _only(texts: dict[int, str]) -> str:
    return "".join(texts.values())


def _refill(picker: _Picker, order: Sequence[Place], room: int) -> int:
    """Use what the plan overestimated: more definitions that fit, or more of the cut one."""
    taken = set(picker.plan.whole)
    rest = [place for place in order if place not in taken and place != picker.plan.cut]
    if picker.plan.cut is not None:
        cut = picker.plan.cut
        planned = sum(picker.costs[cut[0]](*span) for step in picker.plan.steps for span in step)
        found = picker.cut(cut, planned + picker.costs[cut[0]](*picker.plan.cut_spans[0]) + room)
        if found is not None and len(found.steps) >= len(picker.plan.steps):
            picker.plan.steps = list(found.steps)
            tokens = picker.shrink()
            room = picker.budget - tokens
    if room > _MARGIN:
        picker.take(rest, room)
    return picker.shrink()


def _one_signature(picker: _Picker, order: Sequence[Place]) -> int:
    """Where no definition fits: the signature of the best one that does."""
    for place in order:
        picker.plan.pieces = [(place[0], (picker.header(place), *picker.frame(place)))]
        picker.plan.whole = [place]
        tokens = picker.output().tokens
        if tokens <= picker.budget:
            return tokens
    picker.plan.pieces, picker.plan.whole = [], []
    return picker.output().tokens


def _add_imports(picker: _Picker, room: int) -> None:
    """The imports that what is kept needs, as far as their text shows what they bring in."""
    for file, spans in sorted(picker.plan.wanted().items()):
        parsed = picker.files[file]
        used = {name for span in spans for name in identifiers(parsed.slice(*span))}
        for span, names in imported_names(parsed):
            if names.isdisjoint(used):
                continue
            cost = picker.costs[file](*span) + 1
            if cost <= room:
                picker.plan.imports.append((file, (span,)))
                room -= cost


def _add_comments(picker: _Picker, room: int) -> None:
    """Comments of what is kept, the best definitions first: the one inside, then the one in front."""
    for place in picker.plan.whole:
        unit = picker.unit(place)
        leading = [unit.doc] if unit.doc and unit.doc[1] <= unit.start else []
        for span in (*picker.comments(place), *leading):
            cost = picker.costs[place[0]](*span) + 1
            if cost <= room:
                picker.plan.extras.append((place[0], (span,)))
                room -= cost


def _add_signatures(picker: _Picker, order: Sequence[Place], room: int, graph: Graph) -> None:
    """Signatures of callers and callees of what is kept, by rank, while they fit."""
    kept = [*picker.plan.whole, *([picker.plan.cut] if picker.plan.cut else [])]
    taken = set(kept)
    near = {other for place in kept for other in graph.neighbours(place)}
    for place in order:
        if place in near and place not in taken:
            cost = picker.costs[place[0]](*picker.header(place)) + 4 + picker.frame_cost(place)
            if cost <= room:
                picker.plan.extras.append((place[0], (picker.header(place), *picker.frame(place))))
                picker.enter(place)
                room -= cost
