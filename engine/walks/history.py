"""Training as an endless sequence of states, each made from the one before, any of which can be returned to.

Every few updates the state is kept, as often as a bound on memory allows; these are the marks. A state between two
marks is recomputed from the mark before it, bit for bit the same. A fork goes on from a changed state of another
history, its trunk; what lies before the fork is read from the trunk. A section is one update, from state n to n + 1.
"""

from __future__ import annotations

import threading
import time
from array import array
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from engine.device import quiet
from engine.walks.far import Far
from engine.walks.reel import Reel


class State(NamedTuple):
    """All that section n (an update, counted from 0) starts from."""

    n: int
    data: Any


def advanced(advance: Callable[[State], State], state: State, count: int) -> State:
    """The state after `count` more updates, each made by `advance`."""
    for _ in range(count):
        state = advance(state)
    return state


class Track(NamedTuple):
    """How training goes on from `begin`: `advance` makes one update at full speed, `inside` opens it as a reel.

    `measure` gives the number that is kept of the state after every section, for the curve; each of `also` gives one
    more curve. `size` is the bytes of one state. Where training has an end, `done` is true of states past it.
    `replays` bounds how many sections may be recomputed to return to a state (0: any number). Where it is set only the
    newest marks are kept, and states before them cannot be returned to. `kinds` are the named tuples that the data of
    a state is made of: with them a checkpoint can hold it (see `walks.packing`).
    """

    id: str
    begin: State
    advance: Callable[[State], State]
    inside: Callable[[State], Reel]
    measure: Callable[[State], float]
    size: int
    also: tuple[Callable[[State], float], ...] = ()
    done: Callable[[State], bool] = lambda state: False
    replays: int = 0
    kinds: tuple[type, ...] = ()


class Record(NamedTuple):
    """What a history is brought back from: some of its states, in order, the latest last; and its curves.

    `spacing` is the distance of those that are marks, `shown` the section of the state that was last returned.
    """

    spacing: int
    shown: int
    states: tuple[State, ...]
    curves: tuple[array[float], ...]


class History:
    """The states of a track that have been made so far, from its begin (of a fork: from the fork) on. Thread-safe.

    The state last returned is held, so that the one on the screen need not be recomputed. `bound` is the bytes that
    all marks may take.
    """

    def __init__(self, track: Track, trunk: History | None = None, bound: int = 48 << 20) -> None:
        self.track, self.trunk = track, trunk
        self.first = track.begin.n
        self.spacing = max(1, track.replays)
        self.latest = self._shown = track.begin
        self._most = max(2, bound // max(track.size, 1))
        self._marks = {self.first: track.begin}
        self._replayed: list[State] = []
        self._measures = (track.measure, *track.also)
        self._curves = tuple(array("d") for _ in self._measures)
        self._lock = threading.Lock()
        self._growing = threading.Lock()

    def __len__(self) -> int:
        """How many updates have been made, the trunk's included."""
        return self.latest.n

    def advance(self) -> State:
        """Make one more update. Safe to call from several threads: one at a time does it."""
        with self._growing:
            return self._cross()

    def _cross(self) -> State:
        with quiet():
            state = self.track.advance(self.latest)
        with self._lock:
            for curve, measure in zip(self._curves, self._measures, strict=True):
                curve.append(measure(state))
            self.latest = state
            if (state.n - self.first) % self.spacing == 0:
                self._marks[state.n] = state
                if len(self._marks) > self._most:
                    self._thin()
        return state

    def _thin(self) -> None:
        """Drop every second mark; where `replays` is set, the oldest but the begin."""
        if self.track.replays:
            del self._marks[sorted(self._marks)[1]]
            return
        self.spacing *= 2
        self._marks = {n: s for n, s in self._marks.items() if (n - self.first) % self.spacing == 0}

    def nearest(self, n: int) -> int:
        """The first section from n on whose state can be returned to."""
        if n < self.first:
            return self.first if self.trunk is None else min(self.trunk.nearest(n), self.first)
        with self._lock:
            if n >= self.latest.n or n in (self._shown.n, self.first) or self._mark(n) in self._marks:
                return n
            return min((mark for mark in self._marks if mark > n), default=self.latest.n)

    @property
    def earliest(self) -> int:
        """The oldest section such that its state and all later ones can be returned to."""
        with self._lock:
            marks = sorted(self._marks)
        return next((later for mark, later in pairwise(marks) if later - mark > self.spacing), self.first)

    def _mark(self, n: int) -> int:
        """The section of the mark at or before n, whether that is kept or not."""
        return n - (n - self.first) % self.spacing

    def grow(self, n: int) -> State:
        """The state of section n, advancing as far as needed."""
        while self.latest.n < n:
            with self._growing:
                if self.latest.n < n:
                    self._cross()
        return self.state(n)

    def state(self, n: int, patience: float = float("inf")) -> State:
        """The state that section n starts from.

        Raises IndexError if it is not made yet, or cannot be returned to, and `Far` if recomputing it takes longer than
        `patience`, in seconds.
        """
        if n < self.first:
            if self.trunk is None:
                raise IndexError(f"there is no section {n}")
            return self.trunk.state(n, patience)
        with self._lock:
            if n > self.latest.n:
                raise IndexError(f"section {n} has not been reached: {self.latest.n} is the latest")
            if n in (self.latest.n, self._shown.n):
                self._shown = self.latest if n == self.latest.n else self._shown
                return self._shown
            mark = self._marks.get(self._mark(n))
        if mark is None:
            raise IndexError(f"section {n} is out of reach: {self.nearest(n)} is the first that is not")
        self._shown = mark if mark.n == n else self._replay(mark, n, patience)
        return self._shown

    def _replay(self, mark: State, n: int, patience: float) -> State:
        """The state of section n, recomputed from a mark. The last ones on the way are kept: going back is cheap."""
        kept = self._replayed
        if kept and kept[0].n <= n <= kept[-1].n:
            return kept[n - kept[0].n]
        begun = time.monotonic()
        states = [*kept] if kept and mark.n <= kept[-1].n < n else [mark]
        with quiet():
            while states[-1].n < n:
                states.append(self.track.advance(states[-1]))
                del states[: -max(1, self._most // 4)]
                if states[-1].n < n and time.monotonic() - begun > patience:
                    self._replayed = states
                    raise Far(states[-1].n - mark.n, n - mark.n, partial(self.state, n))
        self._replayed = states
        return states[-1]

    def record(self, room: int, most: int) -> Record:
        """What this history can be brought back from: its latest state, the one last returned, and marks.

        There are at most `most` marks, of `room` bytes together, evenly spread (with `replays` the newest).
        """
        with self._lock:
            spacing, curves = self.spacing, tuple(curve[:] for curve in self._curves)
            marks, shown = dict(self._marks), self._shown.n
            ends = {state.n: state for state in (self._shown, self.latest)}
        marks.pop(self.first, None)
        most = min(most, room // max(self.track.size, 1))
        if self.track.replays:
            marks = {n: marks[n] for n in sorted(marks)[max(0, len(marks) - most) :]}
        while len(marks) > most:
            spacing *= 2
            marks = {n: state for n, state in marks.items() if (n - self.first) % spacing == 0}
        states = {n: state for n, state in {**marks, **ends}.items() if self.first < n <= self.first + len(curves[0])}
        return Record(spacing, shown, tuple(states[n] for n in sorted(states)), curves)

    def restore(self, record: Record) -> None:
        """Bring a history that has not been advanced to where a record of it was made.

        Raises ValueError where the record is not one of this history.
        """
        numbers = [state.n for state in record.states]
        lengths = {len(curve) for curve in record.curves}
        latest = numbers[-1] if numbers else self.first
        fits = numbers == sorted(set(numbers)) and record.spacing > 0 and len(record.curves) == len(self._curves)
        if not fits or lengths != {latest - self.first} or self.latest.n != self.first:
            raise ValueError("the record is of another history")
        with self._lock:
            self.spacing = record.spacing
            self._curves = record.curves
            self._marks |= {each.n: each for each in record.states if (each.n - self.first) % self.spacing == 0}
            if numbers:
                self.latest = record.states[-1]
                self._shown = next((each for each in record.states if each.n == record.shown), self.latest)

    def curve(self, which: int = 0) -> Sequence[float]:
        """The numbers measured after every section so far: `curve()[n]` is that of section n.

        `which` is 0 for the track's `measure`, 1, 2, … for those in `also`.
        """
        with self._lock:
            own = self._curves[which][:]
        return own if self.trunk is None else self.trunk.curve(which)[: self.first] + own  # type: ignore[operator]

    def value(self, n: int) -> float | None:
        """`curve()[n]` without copying the curve; None where section n is not made yet."""
        if self.trunk is not None and n < self.first:
            return self.trunk.value(n)
        with self._lock:
            own = self._curves[0]
            return own[n - self.first] if 0 <= n - self.first < len(own) else None

    def kept(self) -> int:
        """How many states are held in memory, marks and recomputed ones."""
        return len(self._marks) + len(self._replayed) + 2
