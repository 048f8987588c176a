"""A lesson by declaration: what it holds and what its acts are. What most lessons coded by hand follows from the two.

    class OneNeuron(DeclaredLesson):
        sizes = (Size("M", "inputs"),)
        holds = (Input("x", "M", first=1), Parameter("w", "M", first=1), Parameter("b", 1, optional=True))
        acts = (Act("weigh", lambda s, at: weigh(unit(s), at)), Act("fire", lambda s, at: fire(s.xp, s.f, s.net, at)))
        gradient = Gradient("o", "do_{}", "o")
        results = ("net", "o")

From `holds` follow shapes, the check of a state, what may be edited and where it is kept, and which symbols are shown
flat; from `acts` the reel, its lengths and environments, the objective and the result.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from functools import partial
from typing import Any

import numpy as np

from engine.device import HOST, Device, HostArray, Rng
from engine.walks.gradient_check import Objective
from engine.walks.reel import Grains, Reel, Section
from engine.walks.step import Path, parse_address, split
from lessons.building.acts import Act, Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.defaults import NUDGE, Defaults, entry_of, put_in
from lessons.building.holdings import Holdings
from lessons.building.holds import Held, Input, Lengths, Parameter, Size, Source
from lessons.building.staging import LessonStage
from lessons.contract.card import Card
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View


class DeclaredLesson(Defaults):
    """A lesson by declaration: see the module. It adds its rules, and `drawn` where it draws otherwise."""

    sizes: tuple[Size, ...] = ()
    holds: tuple[Held, ...] = ()
    source: Source | None = None
    derived: tuple[Derived, ...] = ()
    matrices: frozenset[str] = frozenset()
    """Families that are shown as matrices even where they have one column, beside those that are held."""
    acts: tuple[Act | Sections, ...] = ()
    questions: tuple[Question, ...] = ()
    lecture: Mapping[str, Any] = {}
    """The lecture's own numbers, taken where they fit the knobs and no seed is given; what it leaves out is zero."""
    gradient: Gradient | None = None
    results: tuple[str | tuple[str, str] | Callable[[Trial], Mapping[str, Any]], ...] = ()
    """What --json shows: a symbol; a name and "act/symbol"; or a function. The gradient comes by itself."""
    loops: tuple[str | tuple[str, ...], ...] = ()
    """The loops of the addresses, from coarse to fine, those that are alike in a tuple."""
    shown_as: type[LessonStage] = LessonStage
    """What is shown of a position."""

    grains: Grains
    grain = "op"
    columns: Container[str] = frozenset()
    explains: tuple[str, ...] = ()
    counted = from_zero = ordinals = draws = rebuilds = frozenset[str]()
    example = True

    def __init__(self, card: Card) -> None:
        self.card, self.holdings = card, Holdings(card, self.holds, self.sizes, self.source)
        ranks = ("act", *self.loops, "op")
        self.grains = {name: n for n, rank in enumerate(ranks) for name in ([rank] if isinstance(rank, str) else rank)}
        self.given = frozenset(each.name for each in self.holds if isinstance(each, Input) and each.edited)
        self.asks = tuple(self._ask(question) for question in self.questions)
        self.columns = self.columns or Flat(self)

    def drawn(self, knobs: Knobs, lengths: Lengths, draw: Rng) -> Mapping[str, Any]:
        """All that is held, drawn at random; by default one after the other, with two figures."""
        entries = (entry for each in self.holds for entry in each.entries(lengths, knobs))
        return {name: np.round(draw.normal(size=shape), 2) for name, shape in entries}

    def of(self, family: str) -> str:
        """The family of the parameter that one is the slope by."""
        by = self.gradient.by if self.gradient else None
        before, _, after = (by if isinstance(by, str) else "d{}").partition("{}")
        return family.removeprefix(before).removesuffix(after) if family.startswith(before) else ""

    # what is held

    def lengths(self, knobs: Knobs, inputs: Mapping[str, Any] | None = None) -> dict[str, int]:
        return self.holdings.lengths(knobs, inputs)

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        return self.holdings.shapes(Parameter, self.lengths(knobs, inputs), knobs)

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        return self.holdings.begin(knobs, seed, self.lecture, partial(self.drawn, knobs, self.lengths(knobs)))

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        begun = self.start(knobs, None).inputs if any(isinstance(each, Input) for each in self.holds) else {}
        return self.holdings.read(file, state, knobs, begun)

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        return self.holdings.home(symbol, index)

    def editable(self, symbol: str) -> bool:
        kept = self.holdings.kept(symbol)
        return self.holdings.sourced(symbol) is not None or (kept is not None and kept[0].edited)

    def among(self, start: Start, symbol: str) -> tuple[float, ...]:
        """The only values that a symbol's entries may have; none where any number will do."""
        kept = self.holdings.kept(symbol)
        return kept[0].among if kept is not None else ()

    def entry(self, start: Start, symbol: str, index: tuple[int, ...]) -> float:
        """One entry of what may be edited. Raises Refused where there is none."""
        name, at = self.home(symbol, index)
        held = start.params.get(name, start.inputs.get(name) if name in self.given else None)
        if held is None or not self.editable(symbol):
            raise Refused("edit_what", symbol=symbol)
        return entry_of(held, at, symbol, index)

    def edit(self, start: Start, symbol: str, index: tuple[int, ...], raw: str) -> Start:
        sourced = self.holdings.sourced(symbol)
        self.holdings.allow(symbol, raw, self.among(start, symbol))
        if sourced is not None:
            return Start(start.params, {**start.inputs, **sourced[0].edited(start.inputs, sourced[1], raw)})
        self.entry(start, symbol, index)
        return put_in(start, *self.home(symbol, index), raw)

    def nudged(self, start: Start, symbol: str, index: tuple[int, ...], by: int) -> str:
        sourced, among = self.holdings.sourced(symbol), self.among(start, symbol)
        if among and self.editable(symbol):
            now = among.index(self.entry(start, symbol, index))
            return f"{among[(now + by) % len(among)]:g}"
        if sourced is not None:
            return sourced[0].nudged(start.inputs, sourced[1], by)
        return f"{self.entry(start, symbol, index) + by * NUDGE:.10g}"

    # acts

    @property
    def walked(self) -> tuple[Act, ...]:
        """The acts that are one walk each."""
        return tuple(each for each in self.acts if isinstance(each, Act))

    def act(self, name: str) -> Act:
        return next(each for each in self.walked if each.name == name)

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        trial, sections = Trial(self, device, knobs, start), list[Section]()
        for act in self.acts:
            place: Path = ((act.name, -1),)
            if isinstance(act, Sections):
                sections += act.cut(trial.first, place)
                continue
            walk = partial(act.walk, trial.before(act.name), place)
            sections.append(Section(place, walk, partial(trial.before, act.name), trial.length(act)))
        return Reel(sections, self.grains)

    def weights(self, start: Start) -> tuple[str, ...]:
        held = [each for each in self.holds if isinstance(each, Parameter) and each.learned]
        return tuple(name for name in start.params if any(each.is_called(name) for each in held))

    @property
    def checks(self) -> str:
        return self.gradient.name if self.gradient is not None else "E"

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        assert self.gradient is not None, "only a lesson with a gradient can be checked"
        return self.gradient.objective(Trial(self, device, knobs, start), self.weights(start))

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        trial, result = Trial(self, device, knobs, start), dict[str, Any]()
        for each in self.results:
            if callable(each):
                result |= each(trial)
            else:
                name, where = (each, each) if isinstance(each, str) else each
                result[name] = result_at(self, trial, where)
        if self.gradient is not None:
            slopes = self.objective(device, knobs, start).gradient
            result["grad"] = {p: like(start.params[p], device.get(slope)) for p, slope in slopes.items()}
        return result

    # questions, and what is shown

    def _ask(self, q: Question) -> Ask:
        until = partial(self._until, q) if q.until else None
        where, answer = partial(self._asked, q), partial(self._truth, q)
        return Ask(q.id, where, q.kind, answer, q.tolerance, q.track, q.within, q.hides, until)

    def _asked(self, question: Question, knobs: Knobs, start: Start) -> Path | None:
        scope = Trial(self, HOST, knobs, start).first
        if question.when is not None and not question.when(scope):
            return None
        return path_of(question.at, scope)

    def _until(self, question: Question, knobs: Knobs, start: Start) -> Path | None:
        return path_of(question.until, Trial(self, HOST, knobs, start).first)

    def _truth(self, question: Question, view: View) -> str | float:
        return question.answer(Trial(self, view.device, view.knobs, view.start, view=view))

    def panels(self, view: View, text: Text) -> Stage:
        return self.shown_as(self, view, text).stage()

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return self.shown_as(self, view, text).fields()


class Flat:
    """The families that are shown as vectors where they are one column.

    What is held as a matrix is none, nor is the slope by it; where an input is a batch, only vectors that are held are.
    An input whose rows are symbols of their own is no batch.
    """

    def __init__(self, lesson: DeclaredLesson) -> None:
        self._lesson = lesson
        inputs = [each for each in lesson.holds if isinstance(each, Input) and each.first is None]
        self._batch = any(each.rank() == 2 for each in inputs) and not any(each.rows for each in inputs)

    def __contains__(self, family: object) -> bool:
        for name in (str(family), self._lesson.of(str(family))):
            held = self._lesson.holdings.held(name)
            if held is not None:
                return held.rank(name) <= 1
        return not self._batch and family not in self._lesson.matrices


def path_of(at: str | Callable[[Scope], str], scope: Scope) -> Path:
    """A question's address, its lengths filled in."""
    said = at if isinstance(at, str) else at(scope)
    return parse_address(said.format(**scope.trial.lengths))


def like(value: HostArray, slope: HostArray) -> HostArray:
    """A slope in the shape of what it is the slope by."""
    return slope if value.ndim == 2 else slope[:, 0]


def result_at(lesson: DeclaredLesson, trial: Trial, where: str) -> Any:
    """A result as plain data, a symbol or "act/symbol": what is held, or more than one number, as a list."""
    value = trial.device.get(trial.value(where))
    if value.size == 1 and lesson.holdings.held(split(where.rpartition("/")[2])[0]) is None:
        return float(value.reshape(-1)[0])
    return value[:, 0] if value.ndim == 2 and value.shape[1] == 1 else value
