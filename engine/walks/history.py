"""A history is an endless row of states, each made from the one before: training, with every update in reach.

States are kept at marks within a memory bound, closer or wider as the bound allows, and replayed from the nearest mark;
so any of them comes back bit for bit. A fork changes one thing at a boundary and goes on; before it the trunk answers.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from engine.device import quiet
from engine.walks.reel import Reel


class State(NamedTuple):
    """All that section n starts from."""

    n: int
    data: Any


class Track(NamedTuple):
    """An endless row of sections: `advance` crosses one at full speed, `inside` opens it as a reel.

    `measure` reads from the state after section n the number that is kept for its curve, and `also` further ones for
    curves of their own; `size` is one state's bytes. Where training has an end, `done` says whether a state is past it.
    `replays` is how many sections may be crossed again to have a state back (0: any number): with it only the newest
    marks are kept, and what lies before them is out of reach.
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


class History:
    """States of a track from its begin (for a fork: from the fork), as far as they have been made. Thread-safe.

    The state last returned is held, so that what is on the screen need not be replayed.
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
        """How many sections have been crossed, the trunk's included."""
        return self.latest.n

    def advance(self) -> State:
        """Cross one more section. One thread at a time: screen and training may both want it."""
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
        """Let every second mark go; where replaying is bounded the oldest, but for the begin."""
        if self.track.replays:
            del self._marks[sorted(self._marks)[1]]
            return
        self.spacing *= 2
        self._marks = {n: s for n, s in self._marks.items() if (n - self.first) % self.spacing == 0}

    def nearest(self, n: int) -> int:
        """The section at n, or the first one after it, whose state is in reach."""
        if n < self.first:
            return self.first if self.trunk is None else min(self.trunk.nearest(n), self.first)
        with self._lock:
            if n >= self.latest.n or n in (self._shown.n, self.first) or self._mark(n) in self._marks:
                return n
            return min((mark for mark in self._marks if mark > n), default=self.latest.n)

    @property
    def earliest(self) -> int:
        """The oldest section in reach with all that came after it."""
        with self._lock:
            marks = sorted(self._marks)
        return next((later for mark, later in pairwise(marks) if later - mark > self.spacing), self.first)

    def _mark(self, n: int) -> int:
        """Where the mark before n stands, if it is kept."""
        return n - (n - self.first) % self.spacing

    def grow(self, n: int) -> State:
        """The state of section n, advancing as far as needed."""
        while self.latest.n < n:
            with self._growing:
                if self.latest.n < n:
                    self._cross()
        return self.state(n)

    def state(self, n: int) -> State:
        """The state that section n starts from. Raises IndexError beyond the latest, or out of reach."""
        if n < self.first:
            if self.trunk is None:
                raise IndexError(f"there is no section {n}")
            return self.trunk.state(n)
        with self._lock:
            if n > self.latest.n:
                raise IndexError(f"section {n} has not been reached: {self.latest.n} is the latest")
            if n in (self.latest.n, self._shown.n):
                self._shown = self.latest if n == self.latest.n else self._shown
                return self._shown
            mark = self._marks.get(self._mark(n))
        if mark is None:
            raise IndexError(f"section {n} is out of reach: {self.nearest(n)} is the first that is not")
        self._shown = mark if mark.n == n else self._replay(mark, n)
        return self._shown

    def _replay(self, mark: State, n: int) -> State:
        """From a mark to n; the way there is kept, so that walking back through it is cheap."""
        kept = self._replayed
        if kept and kept[0].n <= n <= kept[-1].n:
            return kept[n - kept[0].n]
        states = [mark]
        with quiet():
            while states[-1].n < n:
                states.append(self.track.advance(states[-1]))
                del states[: -max(1, self._most // 4)]
        self._replayed = states
        return states[-1]

    def curve(self, which: int = 0) -> Sequence[float]:
        """The measure of every section crossed so far, from section 0: `curve()[n]` belongs to section n.

        `which` counts on through the track's further measures.
        """
        with self._lock:
            own = self._curves[which][:]
        return own if self.trunk is None else self.trunk.curve(which)[: self.first] + own  # type: ignore[operator]

    def value(self, n: int) -> float | None:
        """One point of the curve, without copying it."""
        if self.trunk is not None and n < self.first:
            return self.trunk.value(n)
        with self._lock:
            own = self._curves[0]
            return own[n - self.first] if 0 <= n - self.first < len(own) else None

    def kept(self) -> int:
        """How many states are held, marks and replayed ones."""
        return len(self._marks) + len(self._replayed) + 2
