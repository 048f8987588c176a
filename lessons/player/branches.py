"""Training runs: the first, those that a lesson keeps beside it, and forks that go on from an update of another."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine.device import Device, finite, quiet
from engine.walks.far import Far
from engine.walks.history import History, State
from engine.walks.reel import Reel
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Curve, Start
from lessons.player.setup import Setup

MOST_CAUGHT_UP = 500
"""Updates that a run is brought forward by a step of another, or by being forked."""


@dataclass(frozen=True, eq=False)
class Branch:
    """One training run: the trunk is A; each fork gets the next letter. `knobs` and `start` are its own."""

    name: str
    knobs: Mapping[str, Value]
    start: Start
    history: History
    change: str = ""


class Branches:
    """The training runs of one setup, of which one is in focus. The first ones are made when one is asked for.

    An update is named by its number n: the state before it, which is `history.state(n)`. `patience` are the seconds
    that coming to a state may take; then `catch_up` raises `Far`. `dropped` is a fork that was forgotten and can be
    brought back: the latest one, as long as no other has been made.
    """

    def __init__(self, setup: Setup, patience: float = float("inf")) -> None:
        self.setup, self.patience = setup, patience
        self.made: list[Branch] = []
        self.current = 0
        self.dropped: Branch | None = None
        self._opened: tuple[int, int, Reel] | None = None

    @property
    def branch(self) -> Branch:
        """The run in focus. Only a lesson with an act `train` has one."""
        if not self.made:
            setup = self.setup
            runs = [("", setup.knobs, setup.start), *setup.lesson.rivals(setup.knobs, setup.start)]
            self.made = [self._run(chr(ord("A") + i), *run) for i, run in enumerate(runs)]
        return self.made[self.current]

    def _run(self, name: str, change: str, knobs: Mapping[str, Value], start: Start) -> Branch:
        """A run from update 0."""
        with quiet():
            track = self.setup.lesson.track(self.setup.device, knobs, start)
        assert track is not None, "only a lesson with an act `train` can be trained"
        return Branch(name, knobs, start, History(track), change)

    @property
    def history(self) -> History:
        """The states of the run in focus."""
        return self.branch.history

    def inside(self, n: int) -> Reel:
        """Update n of the run in focus, opened. The one that was opened last is kept."""
        if self._opened is None or self._opened[:2] != (self.current, n):
            self._opened = (self.current, n, self.history.track.inside(self.history.grow(n)))
        return self._opened[2]

    def start_at(self, n: int) -> Start:
        """The parameters and inputs that update n of the run in focus starts from."""
        return self.setup.lesson.at(self.branch.start, self.history.grow(n), self.setup.device)

    def curves(self, measure: int) -> list[Curve]:
        """One measure of every run: the one in focus from update 0, the others from where they left it."""
        curves = []
        for i, branch in enumerate(self.made):
            first = 0 if branch.history.trunk is None or i == self.current else branch.history.first
            curves.append((branch.name, branch.history.curve(measure)[first:], first))
        return curves

    def _make(self, history: History, n: int, first: int, seconds: float) -> None:
        """Make updates of a run up to n, and with it of those that are as far; Far where so many seconds are short."""
        end = time.monotonic() + seconds
        together = [branch.history for branch in self.made if len(branch.history) == len(history)]
        while len(history) < n:
            for each in together:
                each.advance()
            if len(history) < n and time.monotonic() > end:
                raise Far(len(history) - first, n - first, partial(self._make, history, n, first))

    def catch_up(self, n: int) -> None:
        """Bring the run in focus to update n, and with it those that are near. Raises `Far`: see `patience`."""
        if n > len(self.history):
            self._make(self.history, n, len(self.history), self.patience)
        self.history.state(n, self.patience)
        for branch in self.made:
            if 0 < n - len(branch.history) <= MOST_CAUGHT_UP:
                branch.history.grow(n)

    def with_knob(self, knob: str, raw: Any) -> tuple[dict[str, Value], str]:
        """The knobs of the run in focus with one live knob changed, and the change in words. Raises Refused."""
        live = {each.id: each for each in self.setup.lesson.card.knobs if each.live}
        if knob not in live:
            raise Refused("knob", knob=knob, knobs=", ".join(live))
        before = self.branch.knobs
        knobs = {**before, knob: live[knob].read(raw)}
        return knobs, f"{knob} {before[knob]} → {knobs[knob]}"

    def fork(self, n: int, knobs: Mapping[str, Value], start: Start, change: str) -> None:
        """Go on from update n of the run in focus with other knobs or another start; the fork comes into focus."""
        self.add(self.current, self.history.grow(n), knobs, start, change)
        self.current = len(self.made) - 1
        reach = max(len(branch.history) for branch in self.made)
        self.history.grow(min(reach, n + MOST_CAUGHT_UP))

    def add(self, trunk: int, at: State, knobs: Mapping[str, Value], start: Start, change: str) -> Branch:
        """A run that forks from run `trunk` at a state of it; the one in focus stays."""
        track = self.setup.lesson.track(self.setup.device, knobs, start, at)
        assert track is not None
        name, self._opened, self.dropped = chr(ord("A") + len(self.made)), None, None
        self.made.append(Branch(name, knobs, start, History(track, self.made[trunk].history), change))
        return self.made[-1]

    def swap(self) -> None:
        """Bring the next run into focus."""
        self.current = (self.current + 1) % len(self.made)

    @property
    def forked(self) -> bool:
        """Whether the latest run is a fork."""
        return bool(self.made) and self.made[-1].history.trunk is not None

    @property
    def behind(self) -> int:
        """The run in focus once the latest is forgotten: where that is in focus, the one that it forked from."""
        last = len(self.made) - 1
        if self.current < last:
            return self.current
        trunk = self.made[last].history.trunk
        return next((i for i, branch in enumerate(self.made) if branch.history is trunk), last - 1)

    def drop(self) -> bool:
        """Forget the latest run. False where there is but one."""
        if len(self.made) < 2:
            return False
        self.current = self.behind
        self.dropped = self.made.pop()
        self._opened = None
        return True

    def bring_back(self) -> bool:
        """The fork that was dropped comes back into focus. False where there is none."""
        if self.dropped is None:
            return False
        self.made.append(self.dropped)
        self.dropped, self.current = None, len(self.made) - 1
        return True

    def divergence(self) -> tuple[int, int] | None:
        """(update, position in it) of the first step of the run in focus that left the finite numbers, if any did."""
        curve = self.history.curve() if self.made else ()
        bad = next((n for n, loss in enumerate(curve) if loss - loss != 0), None)
        for n in (bad - 1, bad) if bad is not None else ():
            reel = self.history.track.inside(self.history.state(n)) if n >= 0 else None
            p = left_finite(reel, self.setup.device) if reel is not None else None
            if p is not None:
                return n, p
        return None


def left_finite(reel: Reel, device: Device) -> int | None:
    """The position of the first step of a reel that wrote a number that is not finite, if one did."""
    for n in range(len(reel.sections)):
        for i, step in enumerate(reel.tape(n)):
            if not all(finite(device.get(value)) for value in step.values.values()):
                return reel.starts[n] + i + 1
    return None
