"""A position in a lesson: on its reel or in its training, and how it moves at a grain, by acts and into updates."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.walks.reel import Reel, rank
from engine.walks.step import Path
from lessons.contract.knobs import Refused
from lessons.player.branches import Branches
from lessons.player.setup import Setup

LEARNED = 200
"""Updates after which a training counts as seen, where it has not come to its own end before."""


@dataclass(frozen=True)
class Spot:
    """Where the learner is: on the reel at p; or in training before update n, with p inside it where it is open."""

    training: bool = False
    p: int = 0
    n: int = 0
    open: bool = False


class Position:
    """Where a learner is in one setup and its training runs, and at which grain they step.

    `since` is the position from which on a step counts as just made; `seen` are the acts that were gone through.
    """

    def __init__(self, setup: Setup, branches: Branches, grain: int, seen: set[str]) -> None:
        self.setup, self.branches = setup, branches
        self.grain, self.seen = grain, seen
        self.spot, self.since = Spot(), 0
        self._grains = setup.lesson.grains

    # where this is

    @property
    def scrub(self) -> Reel | None:
        """The reel that stepping moves along; None on the training curve."""
        if not self.spot.training:
            return self.setup.reel
        return self.inside() if self.spot.open else None

    def inside(self) -> Reel:
        """The update in focus, opened."""
        return self.branches.inside(self.spot.n)

    @property
    def act(self) -> str:
        """The act in focus."""
        return "train" if self.spot.training else self.setup.reel.act(self.spot.p)[0]

    @property
    def ends_act(self) -> bool:
        """Whether this is the last step of an act that another one follows on the reel."""
        reel, p = self.setup.reel, self.spot.p
        return not self.spot.training and 0 < p < reel.total and reel.act(p + 1)[0] != reel.act(p)[0]

    @property
    def path(self) -> Path:
        """The address of this position."""
        reel = self.scrub
        if reel is None:
            return (("update", self.spot.n),)
        if not reel.total:
            return reel.sections[0].place[:1]
        step = reel.step(max(self.spot.p, 1))
        assert step is not None
        return step.path if self.spot.p else step.path[:1]

    @property
    def progress(self) -> tuple[int, int]:
        """(position, last known position)."""
        reel = self.scrub
        return (self.spot.n, len(self.branches.history)) if reel is None else (self.spot.p, reel.total)

    # to a given position

    def move(self, reel: Reel, p: int) -> bool:
        """To position p of the reel that is stepped along. False where that is here. Raises Far, and moves nowhere."""
        reel.run(p, reel.patience)
        moved = p != self.spot.p
        self.spot = replace(self.spot, p=p)
        self.since = reel.start(p, self.grain) if p > 0 else 0
        if not self.spot.training and p and (p == reel.total or reel.act(p + 1) != reel.act(p)):
            self.seen.add(self.act)
        return moved

    def land(self, n: int, is_open: bool) -> None:
        """To just before update n, in it or on the curve; runs beside this one come along if they are near.

        Where n is out of reach, to the first update after it that is not.
        """
        n = self.branches.history.nearest(n)
        self.branches.catch_up(n)
        if n and (n >= LEARNED or self.branches.history.track.done(self.branches.history.grow(n))):
            self.seen.add("train")
        self.spot, self.since = Spot(True, 0, n, is_open), 0

    def stay(self) -> None:
        """At the same update of another run, closed; at its latest where it has not got so far."""
        self.land(min(self.spot.n, len(self.branches.history)), is_open=False)

    def go_back_to(self, path: Path, spot: Spot) -> None:
        """To where this was before the setup changed, or as near as that address still exists."""
        if spot.training:
            self.to_act("train")
            return
        reel = self.setup.reel
        p = min(spot.p, reel.total)
        step = reel.step(p)
        if step is not None and step.path != path:
            while path and (end := reel.seek(path)) is None:
                path = path[:-1]
            p = end if path and end else 0
        self.move(reel, p)

    # at the grain

    def target(self) -> int | None:
        """The position that one step leads to on the reel that is stepped along; None where it leads to an update."""
        reel, spot = self.scrub, self.spot
        if reel is None or (spot.training and (spot.p >= reel.total or self._by_updates)):
            return None
        return reel.forward(spot.p, self.grain)

    @property
    def _by_updates(self) -> bool:
        """Whether a step is at least an update."""
        return self.grain <= self._grains["update"]

    def forward(self) -> bool:
        """One step at the grain. False at the end."""
        target = self.target()
        reel = self.scrub
        if target is not None and reel is not None:
            return self.move(reel, target)
        self.land(self.spot.n + 1, is_open=reel is not None and not self._by_updates)
        if self.spot.open:
            self.move(self.inside(), self.inside().forward(0, self.grain))
        return True

    def back(self) -> bool:
        """One step back at the grain. False at the start, and where the update before is out of reach."""
        reel, spot = self.scrub, self.spot
        if reel is not None and not (spot.training and (spot.p == 0 or self._by_updates)):
            return self.move(reel, reel.back(spot.p, self.grain))
        if spot.n == 0:
            if reel is None or spot.p == 0:
                return False
            self.land(0, is_open=False)
            return True
        if self.branches.history.nearest(spot.n - 1) >= spot.n:
            return False
        self.land(spot.n - 1, is_open=reel is not None and not self._by_updates)
        if self.spot.open:
            self.move(self.inside(), self.inside().total)
        return True

    def home(self) -> None:
        """To the start."""
        self.since = 0
        self.spot = replace(self.spot, p=0) if self.scrub is not None else replace(self.spot, n=0)

    def end(self) -> None:
        """To the last known step."""
        self.scrub_to(1.0)

    def scrub_to(self, share: float) -> None:
        """To a share of the bar, 0 to 1: landing on a step, whatever the grain."""
        reel, (_, last) = self.scrub, self.progress
        target = round(max(0.0, min(1.0, share)) * last)
        if reel is None:
            self.land(target, is_open=False)
        else:
            self.move(reel, target)

    # parts of the address

    def parts(self) -> list[tuple[str, int, int]]:
        """The parts of the address: (name, index, rank), the op last; index is −1 where there is none."""
        path, reel = self.path, self.scrub
        parts = [(name, index, rank(self._grains, path, i)) for i, (name, index) in enumerate(path)]
        step = reel.step(self.spot.p) if reel else None
        return [*parts, (step.op, -1, self._grains["op"])] if step else parts

    def focus(self) -> int:
        """Which part of the address is the grain: the last at or above it."""
        return max((i for i, (_, _, fineness) in enumerate(self.parts()) if fineness <= self.grain), default=0)

    def set_grain(self, part: int) -> None:
        """Step by this part of the address from now on."""
        parts = self.parts()
        if 0 <= part < len(parts):
            self.grain = parts[part][2]
            reel = self.scrub
            if reel is not None and self.spot.p > 0:
                self.since = reel.start(self.spot.p, self.grain)

    def coarser(self) -> None:
        """One part of the address up, of those that are coarser: loops side by side are of one grain."""
        parts, at = self.parts(), self.focus()
        self.set_grain(max((i for i in range(at) if parts[i][2] < parts[at][2]), default=-1))

    def finer(self) -> None:
        """One part of the address down, of those that are finer."""
        parts, at = self.parts(), self.focus()
        self.set_grain(min((i for i in range(at + 1, len(parts)) if parts[i][2] > parts[at][2]), default=-1))

    # acts and updates

    def to_act(self, act: str) -> None:
        """To the start of an act. Raises Refused where there is none with these knobs."""
        if act not in self.setup.acts:
            raise Refused("place", place=act, example=self.setup.acts[0])
        if act == "train":
            self.spot, self.since = Spot(True, 0, self.spot.n if self.branches.made else 0, False), 0
            self.branches.branch  # noqa: B018 - made now, so that the first step is not late
            return
        reel = self.setup.reel
        start = next(reel.starts[i] for i, section in enumerate(reel.sections) if section.place[0][0] == act)
        target = reel.forward(start, self.grain) if start else 0
        reel.run(target, reel.patience)
        self.spot = Spot()
        self.move(reel, target)

    def next_act(self, by: int = 1) -> bool:
        """To the next act, or the one before. False where there is none."""
        at = self.setup.acts.index(self.act) + by
        if not 0 <= at < len(self.setup.acts):
            return False
        self.to_act(self.setup.acts[at])
        return True

    def go_in(self) -> bool:
        """Open the update in focus. False where there is nothing to open."""
        if not self.spot.training or self.spot.open:
            return False
        self.land(self.spot.n, is_open=True)
        self.grain = max(self.grain, self._grains[self.setup.lesson.grain])
        self.move(self.inside(), self.inside().forward(0, self.grain))
        return True

    def go_out(self) -> bool:
        """Close the opened update. False where none is open."""
        if not self.spot.open:
            return False
        self.land(self.spot.n, is_open=False)
        return True
