"""A position in a lesson, read-only: what every symbol holds there, and what was just read and written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from engine.device import Array, Device, HostArray, quiet
from engine.walks import rules as ruling
from engine.walks.history import State
from engine.walks.reel import Reel
from engine.walks.step import Path, Step, split
from engine.walks.tape import Source
from lessons.contract.knobs import Value

MOST_STEPS = 400
"""Of a group of steps so many, the last ones, are looked at for what they read and wrote."""
Knobs = Mapping[str, Value]
Curve = tuple[str, Sequence[float], int]
Cell = tuple[str, tuple[int, ...]]
"""A symbol and the index of one of its entries."""


class Start(NamedTuple):
    """What an experiment starts from, on the host: parameters by symbol (vectors flat) and inputs as plain data."""

    params: Mapping[str, HostArray]
    inputs: Mapping[str, Any]


class Training(NamedTuple):
    """What a view knows of training: the update in focus, the last one made, and the loss of every update by branch.

    A curve is (the branch's name, its numbers, the update that the first of them belongs to); `also` has those of the
    track's further measures. `state` is what the update in focus starts from, `runs` are the knobs of
    every branch; updates before `earliest` are out of reach, but for the first.
    """

    n: int
    latest: int
    open: bool
    curves: Sequence[Curve]
    current: int
    also: Sequence[Sequence[Curve]] = ()
    state: State | None = None
    runs: Sequence[Knobs] = ()
    earliest: int = 0


class Hides(NamedTuple):
    """What would give the answer of a prediction away, and is not shown before it has been answered.

    `symbols` are families, "P", or single ones, "P[3]"; they are shown as not known yet. `panels` are left out, by id.
    `fields` of the text are shown as still to come; sentences of it are marked in the text itself, see `contract.text`.
    `marks` are what a stage draws that no step computes, by any name: as panels and sentences they are kept back in the
    whole act before the prediction is asked, for nothing else would.
    """

    symbols: frozenset[str] = frozenset()
    panels: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()


NOTHING = Hides()


def hides(
    *symbols: str, panels: Collection[str] = (), fields: Collection[str] = (), marks: Collection[str] = ()
) -> Hides:
    """What gives an answer away: symbols, panels by id, fields of the text, marks by name."""
    return Hides(frozenset(symbols), frozenset(panels), frozenset(fields), frozenset(marks))


class Group(NamedTuple):
    """The steps that count as just made: what they wrote, what they read that they had not written, their rules."""

    written: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    done: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class View:
    """A position, read-only: what every symbol holds there, what the last group of steps wrote and read, and why.

    `p` is the position on `reel`, `since` the one from which on steps count as just made. `rules` has the rule of
    every op, `columns` the families shown flat. `reel` is None on the training curve; `fallback` says there what
    symbols hold. `flipped` asks for the other view of the stage, where the lesson has one; `cursor` is the cell that
    the learner points at, if any. `hidden` is what an open prediction keeps back: its symbols are not known here.
    """

    device: Device
    knobs: Knobs
    start: Start
    reel: Reel | None
    p: int
    since: int
    rules: Mapping[str, str]
    columns: Container[str]
    act: str
    training: Training | None = None
    fallback: Callable[[str], Array | None] | None = None
    flipped: bool = False
    cursor: Cell | None = None
    hidden: Hides = NOTHING

    @cached_property
    def step(self) -> Step | None:
        """The step that led here."""
        return self.reel.step(self.p) if self.reel else None

    @property
    def path(self) -> Path:
        """The address of that step; empty where there is none."""
        return self.step.path if self.step else ()

    @property
    def phase(self) -> str:
        """Where this is, as lessons declare it: the act, "train" on the curve, "train/phase" in an opened update."""
        if self.training is None or not self.training.open:
            return self.act
        return f"{self.act}/{self.path[1][0]}" if len(self.path) > 1 else self.act

    @property
    def written(self) -> frozenset[str]:
        """What the group wrote."""
        return self._group.written

    @property
    def read(self) -> frozenset[str]:
        """What the group read that was not of its own making."""
        return self._group.read

    @property
    def done(self) -> tuple[str, ...]:
        """What the group did, as rules."""
        return self._group.done

    @property
    def _begin(self) -> int:
        """The position before the group of steps; of more than `MOST_STEPS` the last ones are looked at."""
        return max(self.since, self.p - MOST_STEPS, 0)

    @cached_property
    def _group(self) -> Group:
        """The group of steps, as `_begin` has it."""
        if not self.reel or self.p <= self.since:
            return Group()
        written: set[str] = set()
        read: set[str] = set()
        done: dict[str, None] = {}
        for q in range(self._begin + 1, self.p + 1):
            step = self.reel.step(q)
            assert step is not None
            rule = self.rules[step.op]
            done[rule] = None
            written.update(step.values)
            read.update(ruling.reads(rule, step.path))
        known = frozenset(symbol for symbol in written if not self.hides(symbol))
        return Group(known, frozenset(read - written), tuple(done))

    def hides(self, symbol: str) -> bool:
        """Whether a symbol is kept back by the prediction that is open, or a mark by one that is not answered yet."""
        return symbol in self.hidden.symbols | self.hidden.marks or split(symbol)[0] in self.hidden.symbols

    def get(self, symbol: str) -> HostArray | None:
        """What a symbol holds here, on the host, vectors flat; None where it is not known yet."""
        return self.shown(symbol, self._raw(symbol, self.p))

    def _raw(self, symbol: str, p: int) -> Array | None:
        if self.hides(symbol):
            return None
        if self.reel is not None:
            return self.reel.get(symbol, p)
        return self.fallback(symbol) if self.fallback else None

    def shown(self, symbol: str, array: Array | None) -> HostArray | None:
        """An array of the device as the learner sees it: on the host, a column with a batch of one as a vector."""
        if array is None:
            return None
        host = self.device.get(array)
        flat = split(symbol)[0] in self.columns and host.ndim == 2 and host.shape[1] == 1
        return host[:, 0] if flat else host

    def loop(self, name: str) -> int | None:
        """The index of a loop in the address of this position."""
        return dict(self.path).get(name)

    def writer(self, symbol: str) -> tuple[str, Path, int] | None:
        """(rule, path, position) of the step that last wrote a symbol, if this section did."""
        at = self.reel.writer(symbol, self.p) if self.reel else None
        if at is None or self.reel is None:
            return None
        step = self.reel.step(at)
        assert step is not None
        return self.rules[step.op], step.path, at

    def origin(self, symbol: str) -> tuple[str, Path, None] | None:
        """(rule, bindings as a path, None) for what an earlier section wrote: the rule that gives just what is held."""
        held = self._raw(symbol, self.p)
        if held is None:
            return None
        value = self.device.get(held)
        for rule in dict.fromkeys(self.rules.values()):
            path = ruling.unify(rule, symbol)
            if path is None:
                continue
            try:
                with quiet():
                    computed = ruling.evaluate(rule, path, self.held)
            except (KeyError, TypeError, ValueError):
                continue
            if getattr(computed, "shape", ()) == value.shape and ruling.close(computed, value):
                return rule, path, None
        return None

    def held(self, symbol: str) -> Any:
        """What a symbol holds here, on the host, columns as columns; for evaluating rules."""
        value = self._raw(symbol, self.p)
        return self.device.get(value) if hasattr(value, "shape") else value

    def users(self, symbol: str, most: int) -> list[str]:
        """What the next steps of this section make from a symbol, the nearest first."""
        names: list[str] = []
        if self.reel is None:
            return names
        end = self.reel.starts[self.reel.section(self.p) + 1]
        for at in range(self._begin + 1, min(end, self.p + 40) + 1):
            if len(names) >= most:
                break
            step = self.reel.step(at)
            assert step is not None
            if symbol in ruling.reads(self.rules[step.op], step.path):
                names += [name for name in step.values if name not in (*names, symbol)]
        return names[:most]

    def lookup(self, at: int) -> ruling.Lookup:
        """How symbols read just before the step that led to position `at`."""
        reel = self.reel

        def before(symbol: str) -> Any:
            if reel is None:
                return None
            n = reel.section(at)
            value = reel.get(symbol, at - 1) if at - 1 > reel.starts[n] else reel.env(n).get(symbol)
            return self.device.get(value) if hasattr(value, "shape") else value

        return before

    def steps(self) -> Sequence[Step]:
        """All steps of this section, those ahead too."""
        return () if self.reel is None else list(self.reel.tape(self.reel.section(self.p)))

    def source(self) -> Source | None:
        """The statement that led here."""
        return self.reel.source(self.p) if self.reel else None
