"""Training runs: the first, those that a lesson keeps beside it, and forks that go on from an update of another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
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

SOON = 0.25
"""Seconds that one update may hold the screen; what has taken longer, and a first update, are made in a thread."""


class Beside:
    """Something done in a thread, which may be waited for."""

    def __init__(self, do: Callable[[], object]) -> None:
        self._do, self._error = do, list[Exception]()
        self._took = 0.0
        self._thread = threading.Thread(target=self._run, name="update", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        begun = time.monotonic()
        try:
            self._do()
        except Exception as error:  # raised again where it is waited for
            self._error.append(error)
        self._took = time.monotonic() - begun

    def ends_by(self, end: float) -> bool:
        """Wait for its end until then at most."""
        self._thread.join(max(0.0, end - time.monotonic()))
        return not self._thread.is_alive()

    def result(self) -> float:
        """The seconds that it took. Raises what it raised."""
        if self._error:
            raise self._error[0]
        return self._took


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
        self._took: dict[History, float] = {}
        """Seconds of the latest update of a run."""
        self._beside: dict[History, Beside] = {}

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

    def _make(self, runs: Sequence[History], n: int, first: int, seconds: float) -> None:
        """Make updates of runs that stand at the same one up to n; Far where so many seconds are short."""
        end, last = time.monotonic() + seconds, runs[-1]
        while (at := len(last)) < n:
            for each in runs:
                if len(each) > at:
                    continue
                made = self._advanced(each, end)
                if len(last) < n and (not made or time.monotonic() > end):
                    raise Far(len(last) - first, n - first, partial(self._make, runs, n, first))

    def _advanced(self, history: History, end: float) -> bool:
        """Make one more update; False where it is not made by `end`: then a thread goes on with it."""
        if end == float("inf") or (self._took.get(history, SOON) < SOON and history not in self._beside):
            begun = time.monotonic()
            history.advance()
            self._took[history] = time.monotonic() - begun
            return True
        if history not in self._beside:
            self._beside[history] = Beside(history.advance)
            end = max(end, time.monotonic() + SOON)
        beside = self._beside[history]
        if not beside.ends_by(end):
            return False
        del self._beside[history]
        self._took[history] = beside.result()
        return True

    def catch_up(self, n: int) -> None:
        """Bring the run in focus to update n, and with it those that are near. Raises `Far`: see `patience`."""
        if n > (made := len(self.history)):
            beside = [branch.history for branch in self.made if branch is not self.branch]
            self._make([*(each for each in beside if len(each) == made), self.history], n, made, self.patience)
        self.history.state(n, self.patience)
        for branch in self.made:
            if 0 < n - len(branch.history) <= MOST_CAUGHT_UP:
                self._make([branch.history], n, len(branch.history), self.patience)

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
        with suppress(Far):
            self._make([self.history], min(reach, n + MOST_CAUGHT_UP), len(self.history), max(self.patience, 2 * SOON))

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
