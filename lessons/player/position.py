"""Where a learner is: the lesson as it is set up, its reel and its training runs, and what can be seen from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.device import Device, finite, quiet
from engine.walks.history import History
from engine.walks.reel import Reel
from engine.walks.step import Path
from lessons.contract.knobs import Value, read_all
from lessons.contract.lesson import Ask, Lesson
from lessons.contract.view import Curve, Knobs, Start, Training, View


@dataclass(frozen=True)
class Branch:
    """One training run: the trunk is A; each fork gets the next letter. `knobs` and `start` are its own."""

    name: str
    knobs: Mapping[str, Value]
    start: Start
    history: History
    change: str = ""


@dataclass(frozen=True)
class Spot:
    """Where the learner is: on the reel at p; or in training before update n, with p inside it where it is open."""

    training: bool = False
    p: int = 0
    n: int = 0
    open: bool = False


@dataclass
class Setting:
    """What can be undone: knobs, seed and start."""

    given: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    start: Start | None = None


@dataclass
class Asked:
    """A prediction being asked: what was chosen, and once answered, the truth and the verdict.

    `trying` says that its truth is being found out.
    """

    ask: Ask
    choice: int = 0
    typed: str = ""
    given: str | float | None = None
    truth: str | float | None = None
    verdict: str = ""
    view: View | None = None
    trying: bool = False


MOST_CAUGHT_UP = 500
"""Updates that a branch is brought forward by a step of another."""


class Place:
    """One lesson on one device, and a position in it. What moves the position stands in the classes built on this."""

    def __init__(
        self,
        lesson: Lesson,
        device: Device,
        given: Mapping[str, Any] | None = None,
        seed: int | None = None,
        start: Start | None = None,
    ) -> None:
        self.lesson, self.device = lesson, device
        self.record: dict[str, str] = {}
        self.asked: Asked | None = None
        self.flipped = False
        self.seen: set[str] = set()
        self.grain: int = lesson.grains[lesson.grain]
        self.spot = Spot()
        self.since = 0
        self._past: list[Setting] = []
        self.set_up(Setting(dict(given or {}), seed, start))

    def set_up(self, setting: Setting) -> None:
        """Take over knobs, seed and start, and build afresh all that follows from them. Raises Refused."""
        card = self.lesson.card
        with quiet():
            self._set_up(setting, self.lesson.settled(read_all(card.knobs, setting.given), setting.given))

    def _set_up(self, setting: Setting, knobs: Knobs) -> None:
        card = self.lesson.card
        default = {knob.id: knob.default for knob in card.knobs}
        drawn = not self.lesson.example or (bool(self.lesson.draws & set(setting.given)) and setting.start is None)
        seed = setting.seed if setting.seed is not None else (0 if drawn else None)
        start = setting.start or self.lesson.start(knobs, seed)
        reel = self.lesson.reel(self.device, knobs, start)  # where it is refused, nothing has changed yet
        self.setting, self.knobs, self.seed, self.start, self.reel = setting, knobs, seed, start, reel
        self.changed = {name for name, value in knobs.items() if value != default[name]}
        self.branches: list[Branch] = []
        self.current = 0
        self._inside: tuple[int, int, Reel] | None = None
        self._asks: dict[str, int | None] = {}

    @property
    def trains(self) -> bool:
        """Whether this lesson has a training track."""
        return "train" in self.lesson.card.acts

    @property
    def branch(self) -> Branch:
        """The training run in focus."""
        if not self.branches:
            runs = [("", self.knobs, self.start), *self.lesson.rivals(self.knobs, self.start)]
            self.branches = [self._run(chr(ord("A") + i), *run) for i, run in enumerate(runs)]
        return self.branches[self.current]

    def _run(self, name: str, change: str, knobs: Knobs, start: Start) -> Branch:
        """A run from update 0."""
        with quiet():
            track = self.lesson.track(self.device, knobs, start)
        assert track is not None, "only a lesson with an act `train` can be trained"
        return Branch(name, knobs, start, History(track), change)

    @property
    def history(self) -> History:
        return self.branch.history

    def inside(self, n: int | None = None) -> Reel:
        """The reel of update n of the run in focus, opened; of the update in focus where none is given."""
        n = self.spot.n if n is None else n
        if self._inside is None or self._inside[:2] != (self.current, n):
            self._inside = (self.current, n, self.history.track.inside(self.history.grow(n)))
        return self._inside[2]

    @property
    def scrub(self) -> Reel | None:
        """The reel that stepping moves along; None on the training curve."""
        if not self.spot.training:
            return self.reel
        return self.inside() if self.spot.open else None

    @property
    def act(self) -> str:
        """The act in focus."""
        return "train" if self.spot.training else self.reel.act(self.spot.p)[0]

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
        return (self.spot.n, len(self.history)) if reel is None else (self.spot.p, reel.total)

    def view(self, ahead: int | None = None) -> View:
        """What can be seen here; or `ahead`, at a position that is not reached yet."""
        reel, training, branch = self.scrub, None, None
        knobs: Mapping[str, Value] = self.knobs
        start = self.start
        if self.spot.training:
            branch = self.branch
            knobs, start = branch.knobs, self.start_here()
            shown, *also = (self._curves(which) for which in range(1 + len(branch.history.track.also)))
            spot, state = self.spot, self.history.state(self.spot.n)
            runs = [each.knobs for each in self.branches]
            most, first = len(self.history), self.history.earliest
            training = Training(spot.n, most, spot.open, shown, self.current, also, state, runs, first)
        p = self.spot.p if ahead is None else ahead
        since = min(self.since, p) if ahead is None else self.spot.p
        fallback = self._closed(self.spot.n) if reel is None else None
        rules = self.lesson.rule(knobs)
        columns = self.lesson.columns
        view = View(self.device, knobs, start, reel, p, since, rules, columns, self.act, training, fallback)
        view.flip(self.flipped)
        return view

    def _closed(self, n: int) -> Callable[[str], Any]:
        """What symbols hold after the first section of an update, which is opened only when one is asked for."""

        def found(symbol: str) -> Any:
            closed = self.inside(n)
            return closed.get(symbol, closed.starts[1])

        return found

    def _curves(self, which: int) -> list[Curve]:
        """One measure of every run: the one in focus from update 0, the others from where they left it."""
        found = []
        for i, branch in enumerate(self.branches):
            first = 0 if branch.history.trunk is None or i == self.current else branch.history.first
            found.append((branch.name, branch.history.curve(which)[first:], first))
        return found

    def start_here(self) -> Start:
        """The parameters and inputs in focus: the reel's, or those that the update in focus starts from."""
        if not self.spot.training:
            return self.start
        return self.lesson.at(self.branch.start, self.history.grow(self.spot.n), self.device)

    def move(self, reel: Reel, p: int) -> bool:
        moved = p != self.spot.p
        self.spot = replace(self.spot, p=p)
        self.since = reel.start(p, self.grain) if p > 0 else 0
        if not self.spot.training and p and (p == reel.total or reel.act(p + 1) != reel.act(p)):
            self.seen.add(self.act)
        return moved or self.asked is not None

    def land(self, n: int, is_open: bool) -> None:
        """To just before update n, in it or on the curve; runs beside this one come along if they are near.

        Where n is out of reach, to the first update after it that is not.
        """
        n = self.history.nearest(n)
        self.history.grow(n)
        if n:
            self.seen.add("train")
        for branch in self.branches:
            if 0 < n - len(branch.history) <= MOST_CAUGHT_UP:
                branch.history.grow(n)
        self.spot, self.since = Spot(True, 0, n, is_open), 0

    def follow(self) -> None:
        """To the latest update: training has gone on."""
        self.land(len(self.history), is_open=False)

    def divergence(self) -> tuple[int, int] | None:
        """(update, position in it) of the first step of training that left the finite numbers, if one did."""
        curve = self.history.curve() if self.branches else ()
        bad = next((n for n, loss in enumerate(curve) if loss - loss != 0), None)
        for n in (bad - 1, bad) if bad is not None else ():
            reel = self.history.track.inside(self.history.state(n)) if n >= 0 else None
            p = self.diverged(reel) if reel is not None else None
            if p is not None:
                return n, p
        return None

    def diverged(self, reel: Reel | None = None) -> int | None:
        """The position of the first step of a reel that left the finite numbers, if one did."""
        reel = reel or self.scrub or self.inside()
        for n in range(len(reel.sections)):
            for i, step in enumerate(reel.tape(n)):
                if not all(finite(self.device.get(value)) for value in step.values.values()):
                    return reel.starts[n] + i + 1
        return None
