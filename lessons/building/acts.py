"""What the acts of a lesson are, declared; and a trial: one start on one device, whose acts run when something asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np

from engine.device import Array, Device, quiet
from engine.maths.activations import Activation
from engine.walks.history import State, Track
from engine.walks.reel import Env, Section, member
from engine.walks.step import Path, Walk, split
from lessons.building.defaults import column, function, on_device
from lessons.building.holds import Held, Source
from lessons.contract.view import Knobs, Start, View


@dataclass(frozen=True)
class Derived:
    """A symbol that rules read and no step writes. `indexed`: a family, made by index; None where there is none."""

    name: str
    make: Callable[..., Any]
    indexed: bool = False


@dataclass(frozen=True)
class Act:
    """An act: the engine's walk, given what can be read before it and where it stands.

    It reads what the acts in `after` left: all before it where none are named. Its `length` is counted by running it
    once, at full speed, where it is not given.
    """

    name: str
    walk: Callable[[Scope, Path], Walk[Any]]
    after: tuple[str, ...] | None = None
    length: Callable[[Scope], int] | None = None


@dataclass(frozen=True)
class Sections:
    """An act that the engine has cut into sections itself, each with its own environment and length: a dear one."""

    name: str
    cut: Callable[[Scope, Path], Sequence[Section]]


class Declaration(Protocol):
    """What a trial reads of a lesson: see `declared.DeclaredLesson`."""

    @property
    def holds(self) -> Sequence[Held]:
        """What it holds."""

    @property
    def source(self) -> Source | None:
        """Its inputs that are no arrays of numbers."""

    @property
    def derived(self) -> Sequence[Derived]:
        """Symbols that rules read and no step writes."""

    @property
    def walked(self) -> Sequence[Act]:
        """The acts that are one walk each."""

    def act(self, name: str) -> Act:
        """One of them."""

    def lengths(self, knobs: Knobs, inputs: Mapping[str, Any] | None = None) -> Mapping[str, int]:
        """How long every axis is."""

    def weights(self, start: Start) -> tuple[str, ...]:
        """The parameters that have a gradient."""

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track | None:
        """Training."""


class Missing(AttributeError):
    """A symbol that cannot be read here."""


class Scope(Env):
    """What can be read before an act, by symbol: what was written, what is held, what is derived, the lengths.

    `s.net` is a symbol's value, or the values of a family in order; `s.xp`, `s.device`, `s.knobs`, `s.f`, `s.theta` and
    `s.left("act")`, what an act's walk returned, are beside them.
    """

    def __init__(self, trial: Trial, acts: tuple[str, ...]) -> None:
        self.trial, self.acts, self._made = trial, acts, dict[str, Any]()
        self.device, self.knobs, self.xp = trial.device, trial.knobs, trial.device.xp

    @property
    def theta(self) -> Mapping[str, Array]:
        """All parameters, vectors as columns."""
        return self.trial.theta

    @property
    def f(self) -> Activation:
        """The activation function that the knobs choose."""
        return function(self.knobs)

    def left(self, act: str) -> Any:
        """What the walk of an act returned."""
        return self.trial.record(act).result

    def get(self, name: str) -> Any:
        for act in reversed(self.acts):
            written = self.trial.record(act).written
            if name in written:
                return written[name]
        family, at = split(name)
        for each in self.trial.lesson.derived:
            if each.name == family and bool(at) == each.indexed and name not in self.trial.held:
                if name not in self._made:
                    with quiet():
                        self._made[name] = member(each.make, self, *at)
                return self._made[name]
        if name in self.trial.lengths:
            return self.trial.lengths[name]
        held = self.trial.held.get(name, self.trial.held.get(family))
        if isinstance(held, dict):
            return held.get(at[0]) if at else None
        return held if not at or name in self.trial.held else None

    def __getattr__(self, name: str) -> Any:
        value = self.get(name)
        value = self.family(name) if value is None else value
        if value is None:
            raise Missing(name)
        return value

    def family(self, name: str) -> list[Array] | None:
        """The values of a family, in order; None where there is none."""
        for act in reversed(self.acts):
            written = self.trial.record(act).written
            values = {at: value for key, value in written.items() for family, at in [split(key)] if family == name}
            if values:
                return [values[at] for at in sorted(values)]
        held = self.trial.held.get(name)
        return list(held.values()) if isinstance(held, dict) else None


class Record(NamedTuple):
    """An act that has run: what its walk returned, the last value of every symbol that it wrote, its steps."""

    result: Any
    written: Mapping[str, Array]
    length: int


class Trial:
    """One start on one device: every act runs once at most.

    `moved` are parameters on the device that stand in place of the start's; `view` is where a question is answered.
    """

    def __init__(
        self,
        lesson: Declaration,
        device: Device,
        knobs: Knobs,
        start: Start,
        moved: Mapping[str, Array] | None = None,
        view: View | None = None,
    ) -> None:
        self.lesson, self.device, self.knobs, self.start, self.view = lesson, device, knobs, start, view
        self.lengths = lesson.lengths(knobs, start.inputs)
        self._moved, self._records = moved or {}, dict[str, Record]()

    @cached_property
    def theta(self) -> dict[str, Array]:
        """The parameters on the device; vectors as columns."""
        return {**on_device(self.device, self.start.params), **self._moved}

    @cached_property
    def held(self) -> dict[str, Any]:
        """What is held, on the device, by family: an array, or arrays by index where the symbol counts."""
        source = self.lesson.source
        held: dict[str, Any] = {} if source is None else {**source.put(self.device, self.start.inputs)}
        for each in self.lesson.holds:
            for name, _ in each.entries(self.lengths, self.knobs):
                given = self.theta.get(name)
                value = column(self.device, np.array(self.start.inputs[name])) if given is None else given
                held |= dict.fromkeys(each.also, value)
                held |= {each.rows: _counted(value, 0, 1)} if each.rows else {}
                symbol = each.called if name == each.name else name
                held[symbol] = value if each.first is None else _counted(value, each.first, each.rank())
        return held

    @cached_property
    def first(self) -> Scope:
        """What is there before anything has run."""
        return Scope(self, ())

    def before(self, act: str) -> Scope:
        """What an act reads."""
        names = [each.name for each in self.lesson.walked]
        after = self.lesson.act(act).after
        return Scope(self, tuple(names[: names.index(act)]) if after is None else after)

    def after(self, act: str) -> Scope:
        """What an act and those that it follows left."""
        return Scope(self, (*self.before(act).acts, act))

    def record(self, act: str) -> Record:
        """One act, run at full speed."""
        if act not in self._records:
            walk, written, length = self.lesson.act(act).walk(self.before(act), ()), dict[str, Array](), 0
            with quiet():
                while act not in self._records:
                    try:
                        written.update(next(walk).values)
                        length += 1
                    except StopIteration as stop:
                        self._records[act] = Record(stop.value, written, length)
        return self._records[act]

    def length(self, act: Act) -> int:
        """How many steps an act has."""
        return self.record(act.name).length if act.length is None else act.length(self.before(act.name))

    def value(self, where: str) -> Any:
        """What a symbol holds in the end, "net", or when an act ends, "hebb/w": a family as one column."""
        act, _, symbol = where.rpartition("/")
        acts = [act] if act else [each.name for each in self.lesson.walked]
        for n in range(len(acts)):  # the first act that knows it: those after it need not run
            scope = Scope(self, tuple(acts[: n + 1]))
            value = scope.get(symbol)
            value = scope.family(symbol) if value is None else value
            if value is not None:
                return self.device.xp.concat(tuple(value), axis=0) if isinstance(value, list) else value
        raise Missing(where)

    def number(self, where: str) -> float:
        """The same, where it is one number."""
        return float(self.device.get(self.value(where)).reshape(-1)[0])


def _counted(value: Array, first: int, rank: int) -> dict[int, Array]:
    """The rows of an array, each as a column, by index."""
    rows = ((i, value[i : i + 1, :]) for i in range(value.shape[0]))
    return {first + i: row.T if rank else row for i, row in rows}
