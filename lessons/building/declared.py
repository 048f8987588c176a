"""A lesson by declaration: what it holds and what its acts are. What most lessons coded by hand follows from the two.

    class OneNeuron(DeclaredLesson):
        sizes = (Size("M", "inputs"),)
        holds = (Input("x", "M", first=1), Parameter("w", "M", first=1), Parameter("b", 1, optional=True))
        acts = (Act("weigh", lambda s, at: weigh(unit(s), at)), Act("fire", lambda s, at: fire(s.xp, s.f, s.net, at)))
        gradient = Gradient("o", "do_{}")
        results = ("net", "o")

From `holds` follow shapes, the check of a state, what may be edited and where it is kept, and which symbols are shown
flat; from `acts` the reel, its lengths and environments, the objective and the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from engine.device import HOST, Array, Device, HostArray, Rng, rng
from engine.walks.gradient_check import Objective
from engine.walks.reel import Reel, Section
from engine.walks.step import Path, parse_address, split
from lessons.building.acts import Act, Derived, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.experiment import Experiment, number_of, read_params
from lessons.building.holds import Held, Input, Lengths, Parameter, Size, Source, Span, numbers
from lessons.building.staging import LessonStage
from lessons.contract.card import Card
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View


class DeclaredLesson(Experiment):
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

    def __init__(self, card: Card) -> None:
        super().__init__(card)
        ranks = ("act", *self.loops, "op")
        self.grains = {name: n for n, rank in enumerate(ranks) for name in ([rank] if isinstance(rank, str) else rank)}
        self.given = frozenset(each.name for each in self.holds if isinstance(each, Input) and each.edited)
        self.asks = tuple(
            Ask(q.id, partial(self._asked, q), q.kind, partial(self._truth, q), q.tolerance, q.track, q.within)
            for q in self.questions
        )
        if type(self).columns is Experiment.columns:
            self.columns = Flat(self)  # type: ignore[assignment]

    def drawn(self, knobs: Knobs, lengths: Lengths, draw: Rng) -> Mapping[str, Any]:
        """All that is held, drawn at random; by default one after the other, with two figures."""
        entries = (entry for each in self.holds for entry in each.entries(lengths, knobs))
        return {name: np.round(draw.normal(size=shape), 2) for name, shape in entries}

    # holds

    def held(self, family: str) -> Held | None:
        """What is held under a family of symbols."""
        return next((each for each in self.holds if each.is_called(family)), None)

    def of(self, family: str) -> str:
        """The family of the parameter that one is the slope by."""
        by = self.gradient.by if self.gradient else None
        before, _, after = (by if isinstance(by, str) else "d{}").partition("{}")
        return family.removeprefix(before).removesuffix(after) if family.startswith(before) else ""

    def lengths(self, knobs: Knobs, inputs: Mapping[str, Any] | None = None) -> dict[str, int]:
        """How long every axis is: as the inputs have it, else as the knobs say."""
        found = {size.letter: int(knobs[size.knob]) if size.knob else size.fixed for size in self.sizes}
        for each in self.holds:
            if isinstance(each, Input) and inputs is not None and each.name in inputs:
                rows = inputs[each.name]
                for letter in each.letters:
                    found |= {letter: len(rows)} if isinstance(letter, str) else {}
                    rows = rows[0] if rows else ()
        if self.source is not None:
            found |= self.source.lengths(self.source.begin(knobs) if inputs is None else inputs)
        return found

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        return self._shapes(Parameter, self.lengths(knobs, inputs), knobs)

    def _shapes(self, kind: type[Held], lengths: Lengths, knobs: Knobs) -> dict[str, tuple[int, ...]]:
        """Shapes by name, in order; those there are `each` of side by side: W1, b1, W2, b2, …"""
        held = [each for each in self.holds if isinstance(each, kind)]
        alone = [entry for each in held if not each.each for entry in each.entries(lengths, knobs)]
        many = [list(each.entries(lengths, knobs)) for each in held if each.each]
        return dict([*alone, *(entry for layer in zip(*many, strict=True) for entry in layer)])

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        source, lengths = {} if self.source is None else self.source.begin(knobs), self.lengths(knobs)
        params, inputs = (self._shapes(kind, lengths, knobs) for kind in (Parameter, Input))
        shapes = {**params, **inputs}
        fits = seed is None and self.lecture and all(np.shape(v) == shapes[name] for name, v in self.lecture.items())
        found = self.lecture if fits else self.drawn(knobs, lengths, rng(seed or 0))
        arrays = {name: np.array(found.get(name, np.zeros(shape)), dtype=float) for name, shape in shapes.items()}
        return Start({name: arrays[name] for name in params}, source | {name: arrays[name].tolist() for name in inputs})

    # states and edits

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        given, params = state.get("inputs", {}), state["params"]
        if not isinstance(given, Mapping):
            raise Refused("inputs_object", file=file)
        inputs, lengths, fitted = dict[str, Any](), dict[str, int](), dict(knobs)
        begun = self.start(knobs, None).inputs if any(isinstance(each, Input) for each in self.holds) else {}
        for each in self.holds:
            if isinstance(each, Input):
                spans = [(lengths[a], lengths[a]) if a in lengths else self._span(a) for a in each.letters]
                default = None if each.needed and given else begun[each.name]
                value = each.read(file, given.get(each.name, default), spans)
                lengths |= {a: n for a, n in zip(each.letters, value.shape, strict=True) if isinstance(a, str)}
                inputs[each.name] = value.tolist()
        if self.source is not None:
            own = self.source.read(file, given, knobs)
            inputs, fitted = inputs | own, fitted | self.source.knobs(own)
            lengths |= self.source.lengths(own)
        lengths = self._brought(file, params, lengths) | lengths
        fitted |= {size.knob: lengths[size.letter] for size in self.sizes if size.knob and size.letter in lengths}
        shapes = self.shapes(fitted, inputs)
        optional = frozenset(n for n in shapes if any(h.is_called(n) and h.may_lack(n) for h in self.holds))
        return fitted, Start(read_params(file, self.card.id, params, shapes, optional), inputs)

    def _span(self, axis: str | int) -> Span:
        """How long an axis may be."""
        if isinstance(axis, int):
            return axis, axis
        size = next((size for size in self.sizes if size.letter == axis), Size(axis))
        knob = next((knob for knob in self.card.knobs if knob.id == size.knob), None)
        if knob is not None:
            return int(knob.low), int(knob.high)
        return size.low or size.fixed, size.high or size.fixed

    def _brought(self, file: str, params: Mapping[str, Any], known: Lengths) -> dict[str, int]:
        """The lengths that a state's parameters bring: how many there are of each, and how long their axes are.

        Raises Refused where one is longer or shorter than the lesson takes; `known` are those of the inputs.
        """
        found: dict[str, int] = {}
        for held in self.holds:
            if held.each:
                found[held.each] = max(found.get(held.each, 0), sum(map(held.is_called, params)))
                continue
            value = numbers(params.get(held.name)) if isinstance(held, Parameter) else None
            if value is not None and value.ndim == len(held.letters):
                axes = zip(held.letters, value.shape, strict=True)
                found = {a: n for a, n in axes if isinstance(a, str)} | found  # the first that says it
        spans = {size.letter: self._span(size.letter) for size in self.sizes if size.letter in found}
        for letter, (low, high) in spans.items():
            if not low <= found[letter] <= high and letter not in known:
                self._out_of_range(file, params, letter, known)
        return {letter: found[letter] for letter, (low, high) in spans.items() if low <= found[letter] <= high}

    def _out_of_range(self, file: str, params: Mapping[str, Any], letter: str, known: Lengths) -> None:
        """Raises Refused, naming the first parameter that a letter is an axis of, and what the lesson takes."""
        for held in self.holds:
            value = numbers(params.get(held.name))
            if letter in held.letters and isinstance(held, Parameter) and value is not None:
                letters = [a if isinstance(a, str) else "" for a in held.letters]
                spans = [
                    (known[a], known[a]) if a in known else self._span(b)
                    for a, b in zip(letters, held.letters, strict=True)
                ]
                wanted = ", ".join(str(low) if low == high else f"{low}–{high}" for low, high in spans)
                raise Refused("shape", file=file, symbol=held.name, found=value.shape, wanted=f"({wanted})")

    def _kept(self, symbol: str) -> tuple[Held, tuple[int, ...]] | None:
        """What an entry of a symbol is kept in, and where its index begins; None where it is computed."""
        family, at = split(symbol)
        for each in self.holds:
            if symbol in each.also:
                return each, ()
            if at and family == each.rows:
                return each, at
            first = each.first or 0
            if each.is_called(family) and (not at or (each.first is not None and at[0] >= first)):
                return each, tuple(i - first for i in at)
        return None

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        kept = self._kept(symbol)
        if kept is None:
            return symbol, index
        held, at = kept
        family = split(symbol)[0]
        name = held.name if symbol in held.also or family == held.rows else held.kept(family)
        return name, (*at, *(index[: held.rank()] if at else index))

    def editable(self, symbol: str) -> bool:
        kept = self._kept(symbol)
        return self._sourced(symbol) is not None or (kept is not None and kept[0].edited)

    def _among(self, symbol: str) -> tuple[float, ...]:
        """The only values that a symbol's entries may have; none where any number will do."""
        kept = self._kept(symbol)
        return kept[0].among if kept is not None else ()

    def _sourced(self, symbol: str) -> tuple[Source, int] | None:
        """The source that a symbol is edited in, and at which index."""
        family, at = split(symbol)
        return (self.source, at[0]) if self.source is not None and at and family in self.source.families else None

    def edit(self, start: Start, symbol: str, index: tuple[int, ...], raw: str) -> Start:
        sourced, among = self._sourced(symbol), self._among(symbol)
        if among and number_of(raw) not in among:
            raise Refused("edit_among", value=raw.strip(), values=", ".join(f"{value:g}" for value in among))
        if sourced is None:
            return super().edit(start, symbol, index, raw)
        source, at = sourced
        return Start(start.params, {**start.inputs, **source.edited(start.inputs, at, raw)})

    def nudged(self, start: Start, symbol: str, index: tuple[int, ...], by: int) -> str:
        sourced, among = self._sourced(symbol), self._among(symbol)
        if among and self.editable(symbol):
            now = among.index(self.entry(start, symbol, index))
            return f"{among[(now + by) % len(among)]:g}"
        if sourced is None:
            return super().nudged(start, symbol, index, by)
        return sourced[0].nudged(start.inputs, sourced[1], by)

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

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        trial, declared = Trial(self, device, knobs, start), self.gradient
        assert declared is not None, "only a lesson with a gradient can be checked"
        of, by = declared.of, declared.by
        if by is None:
            assert callable(of)
            whole: Objective = of(trial.first)
            return whole

        def loss(**moved: Array) -> Array:
            again = Trial(self, device, knobs, start, moved)
            return device.xp.sum(again.value(of) if isinstance(of, str) else of(again.first))

        theta = {p: trial.theta[p] for p in self.weights(start)}
        slopes = {p: trial.value(by.format(p)) for p in theta} if isinstance(by, str) else by(trial.first)
        return Objective(theta, loss, slopes)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        trial, found = Trial(self, device, knobs, start), dict[str, Any]()
        for each in self.results:
            if callable(each):
                found |= each(trial)
            else:
                name, where = (each, each) if isinstance(each, str) else each
                found[name] = self._result(trial, where)
        if self.gradient is not None:
            slopes = self.objective(device, knobs, start).gradient
            found["grad"] = {p: like(start.params[p], device.get(slope)) for p, slope in slopes.items()}
        return found

    def _result(self, trial: Trial, where: str) -> Any:
        """A result as plain data: a vector that is held, or more than one number, as a list."""
        value = trial.device.get(trial.value(where))
        if value.size == 1 and self.held(split(where.rpartition("/")[2])[0]) is None:
            return float(value.reshape(-1)[0])
        return value[:, 0] if value.ndim == 2 and value.shape[1] == 1 else value

    # questions, and what is shown

    def _asked(self, question: Question, knobs: Knobs, start: Start) -> Path | None:
        scope = Trial(self, HOST, knobs, start).first
        if question.when is not None and not question.when(scope):
            return None
        at = question.at if isinstance(question.at, str) else question.at(scope)
        return parse_address(at.format(**scope.trial.lengths))

    def _truth(self, question: Question, view: View) -> str | float:
        return question.answer(Trial(self, view.device, view.knobs, view.start, view=view))

    def panels(self, view: View, text: Text) -> Stage:
        return self.shown_as(self, view, text).stage()

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return self.shown_as(self, view, text).fields()


class Flat:
    """The families that are shown as vectors where they are one column.

    What is held as a matrix is none, nor is the slope by it; where an input is a batch, only vectors that are held are.
    """

    def __init__(self, lesson: DeclaredLesson) -> None:
        self._lesson = lesson
        inputs = [each for each in lesson.holds if isinstance(each, Input) and each.first is None]
        self._batch = any(each.rank() == 2 for each in inputs)

    def __contains__(self, family: object) -> bool:
        for name in (str(family), self._lesson.of(str(family))):
            held = self._lesson.held(name)
            if held is not None:
                return held.rank(name) <= 1
        return not self._batch and family not in self._lesson.matrices


def like(value: HostArray, slope: HostArray) -> HostArray:
    """A slope in the shape of what it is the slope by."""
    return slope if value.ndim == 2 else slope[:, 0]
