"""The player owns all that changes: where the learner is, at which grain, with which knobs, edits and predictions.

It knows no screen. One thread drives it; a training worker only calls `advance` on the history it is handed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.device import Device, finite
from engine.history import History, State
from engine.reel import Reel, group, rank
from engine.step import Path, address, parse_address
from lessons.contract import Ask, Lesson, Start, Training, View
from lessons.knobs import Refused, Value, read_all

MOST_UPDATES = 1_000_000
"""Updates that may be asked for by number."""


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
class Asked:
    """A prediction being asked: what was chosen, and once answered, the truth and the verdict."""

    ask: Ask
    choice: int = 0
    typed: str = ""
    given: str | float | None = None
    truth: str | float | None = None
    verdict: str = ""
    view: View | None = None


@dataclass
class Setting:
    """What can be undone: knobs, seed and start."""

    given: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    start: Start | None = None


class Player:
    """Plays one lesson on one device. Every method leaves a valid position; what cannot be done raises Refused."""

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
        self.grain: int = lesson.grains[lesson.grain]
        self.spot = Spot()
        self.since = 0
        self._past: list[Setting] = []
        self._set(Setting(dict(given or {}), seed, start))

    def _set(self, setting: Setting) -> None:
        """Take over knobs, seed and start, and build afresh all that follows from them."""
        card = self.lesson.card
        knobs = read_all(card.knobs, setting.given)
        default = {knob.id: knob.default for knob in card.knobs}
        drawn = any(name in setting.given for name in ("text", "hidden")) and setting.start is None
        seed = setting.seed if setting.seed is not None else (0 if drawn else None)
        start = setting.start or self.lesson.start(knobs, seed)
        self.setting, self.knobs, self.seed, self.start = setting, knobs, seed, start
        self.changed = {name for name, value in knobs.items() if value != default[name]}
        self.reel = self.lesson.reel(self.device, knobs, start)
        self.branches: list[Branch] = []
        self.current = 0
        self._inside: tuple[int, int, Reel] | None = None
        self._asks: list[tuple[int, Ask]] | None = None

    # training, made when first needed

    @property
    def trains(self) -> bool:
        """Whether this lesson has a training track."""
        return "train" in self.lesson.card.acts

    @property
    def branch(self) -> Branch:
        """The training run in focus."""
        if not self.branches:
            track = self.lesson.track(self.device, self.knobs, self.start)
            assert track is not None, "only a lesson with an act `train` can be trained"
            self.branches = [Branch("A", self.knobs, self.start, History(track))]
        return self.branches[self.current]

    @property
    def history(self) -> History:
        return self.branch.history

    def inside(self) -> Reel:
        """The reel of the update in focus, opened."""
        n = self.spot.n
        if self._inside is None or self._inside[:2] != (self.current, n):
            self._inside = (self.current, n, self.history.track.inside(self.history.grow(n)))
        return self._inside[2]

    # where we are

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
            curves = [
                (b.name, b.history.curve(), 0 if b.history.trunk is None else b.history.first) for b in self.branches
            ]
            shown = [(label, curve[first:], first) for label, curve, first in curves]
            shown[self.current] = (curves[self.current][0], curves[self.current][1], 0)
            training = Training(self.spot.n, len(self.history), self.spot.open, shown, self.current)
        p = self.spot.p if ahead is None else ahead
        since = min(self.since, p) if ahead is None else self.spot.p
        fallback = None
        if reel is None:
            closed = self.inside()
            fallback = lambda symbol: closed.get(symbol, closed.starts[1])  # noqa: E731
        rules = self.lesson.rule(knobs)
        return View(self.device, knobs, start, reel, p, since, rules, self.lesson.columns, self.act, training, fallback)

    def start_here(self) -> Start:
        """The parameters and inputs in focus: the reel's, or those that the update in focus starts from."""
        if not self.spot.training:
            return self.start
        return self.lesson.at(self.branch.start, self.history.grow(self.spot.n), self.device)

    # stepping

    def forward(self) -> bool:
        """One step at the grain; a prediction in the way is asked first. False at the end."""
        if self.asked is not None:
            return self.go_on()
        reel = self.scrub
        if reel is None:
            return self._train_to(self.spot.n + 1)
        if self.spot.training and (self.spot.p >= reel.total or self.grain <= self.lesson.grains["update"]):
            return self._next_update()
        target = reel.forward(self.spot.p, self.grain)
        return self._move(reel, self._stop_at_ask(target))

    def _move(self, reel: Reel, p: int) -> bool:
        moved = p != self.spot.p
        self.spot = replace(self.spot, p=p)
        self.since = reel.start(p, self.grain) if p > 0 else 0
        return moved or self.asked is not None

    def _next_update(self) -> bool:
        coarse = self.grain <= self.lesson.grains["update"]
        self._land(self.spot.n + 1, is_open=not coarse)
        if not coarse:
            reel = self.inside()
            self._move(reel, reel.forward(0, self.grain))
        return True

    def back(self) -> bool:
        """One step back at the grain. False at the start."""
        self.asked = None
        reel = self.scrub
        if reel is None:
            return self._train_to(self.spot.n - 1)
        if self.spot.training and (self.spot.p == 0 or self.grain <= self.lesson.grains["update"]):
            if self.spot.n == 0 and self.spot.p == 0:
                return False
            fine = self.grain > self.lesson.grains["update"]
            if self.spot.n > 0:
                self._land(self.spot.n - 1, is_open=fine)
                if fine:
                    self._move(self.inside(), self.inside().total)
            else:
                self._land(0, is_open=False)
            return True
        return self._move(reel, reel.back(self.spot.p, self.grain))

    def _train_to(self, n: int) -> bool:
        if n < 0 or (self.spot.n == 0 and n > 0 and self._ask_training()):
            return self.asked is not None
        self._land(n, is_open=False)
        return True

    def _land(self, n: int, is_open: bool) -> None:
        self.history.grow(n)
        self.spot, self.since = Spot(True, 0, n, is_open), 0

    def follow(self) -> None:
        """To the latest update: training has gone on."""
        self._land(len(self.history), is_open=False)

    def home(self) -> None:
        """To the start."""
        self.asked, self.since = None, 0
        self.spot = replace(self.spot, p=0) if self.scrub is not None else replace(self.spot, n=0)

    def end(self) -> None:
        """To the last known step."""
        self.asked = None
        reel = self.scrub
        if reel is None:
            self._land(len(self.history), is_open=False)
        else:
            self._move(reel, reel.total)

    def scrub_to(self, share: float) -> None:
        """To a share of the bar, 0 to 1: landing on a step, whatever the grain."""
        self.asked = None
        reel, (_, last) = self.scrub, self.progress
        target = round(max(0.0, min(1.0, share)) * last)
        if reel is None:
            self._land(target, is_open=False)
        else:
            self._move(reel, target)

    # grain

    def parts(self) -> list[tuple[str, int, int]]:
        """The parts of the address: (name, index, rank), the op last."""
        path = self.path
        found = [(name, index, rank(self.lesson.grains, path, i)) for i, (name, index) in enumerate(path)]
        reel = self.scrub
        step = reel.step(self.spot.p) if reel else None
        return [*found, (step.op, -1, self.lesson.grains["op"])] if step else found

    def focus(self) -> int:
        """Which part of the address is the grain: the last at or above it."""
        ranks = [r for _, _, r in self.parts()]
        return max((i for i, r in enumerate(ranks) if r <= self.grain), default=0)

    def set_grain(self, part: int) -> None:
        """Step by this part of the address from now on."""
        parts = self.parts()
        if 0 <= part < len(parts):
            self.grain = parts[part][2]
            reel = self.scrub
            if reel is not None and self.spot.p > 0:
                self.since = reel.start(self.spot.p, self.grain)

    def coarser(self) -> None:
        """One part of the address up."""
        self.set_grain(self.focus() - 1)

    def finer(self) -> None:
        """One part of the address down."""
        self.set_grain(self.focus() + 1)

    # acts, jumps, in and out

    def to_act(self, act: str) -> None:
        """To the start of an act."""
        self.asked = None
        if act == "train":
            self.spot, self.since = Spot(True, 0, self.spot.n if self.branches else 0, False), 0
            self.branch  # noqa: B018 - made now, so that the first step is not late
            return
        first = next(i for i, section in enumerate(self.reel.sections) if section.place[0][0] == act)
        self.spot = Spot()
        start = self.reel.starts[first]
        self._move(self.reel, self.reel.forward(start, self.grain) if start else 0)

    def next_act(self, by: int = 1) -> bool:
        """To the next act, or the one before. False where there is none."""
        acts = self.lesson.card.acts
        at = acts.index(self.act) + by
        if not 0 <= at < len(acts):
            return False
        self.to_act(acts[at])
        return True

    def jump(self, text: str) -> None:
        """To an address as typed: "57", "update 57", "t=3 k=1", "train/update=57/backward/t=3". Raises Refused."""
        typed = text.strip().replace(" ", "/") if "=" in text else text.strip()
        words = typed.split()
        if len(words) == 2 and words[1].isdigit():
            typed = f"{words[0]}={words[1]}"
        self.asked = None
        if typed.isdigit():
            self._jump_number(int(typed))
            return
        try:
            wanted = parse_address(typed)
        except ValueError as error:
            raise Refused("address", error=str(error)) from None
        self.seek(wanted)

    def _jump_number(self, n: int) -> None:
        reel = self.scrub
        if reel is None:
            self._check_update(n)
            self._land(n, is_open=False)
        elif n > reel.total:
            raise Refused("step", step=n, total=reel.total)
        else:
            self._move(reel, n)

    @staticmethod
    def _check_update(n: int) -> None:
        if n > MOST_UPDATES:
            raise Refused("update", update=n, most=MOST_UPDATES)

    def seek(self, wanted: Path) -> None:
        """To the end of the first group at an address. Raises Refused where there is none."""
        if wanted and wanted[0][0] in (getattr(self.reel, "id", "reel"), "reel", "ledger") and wanted[0][1] < 0:
            wanted = wanted[1:]
        training = bool(wanted) and (wanted[0] == ("train", -1) or wanted[0][0] == "update") and self.trains
        if training:
            self._seek_training(tuple(place for place in wanted if place != ("train", -1)))
            return
        reel = self.inside() if self.spot.open else self.reel
        p = reel.seek(wanted) if wanted else None
        if p is None:
            raise Refused("place", place=address(wanted) or "–", example=self.example())
        if not self.spot.open:
            self.spot = Spot()
        self.spot = replace(self.spot, p=p)
        self._mark_since(reel, wanted)

    def _seek_training(self, wanted: Path) -> None:
        loops = dict(wanted)
        n = loops.get("update", self.spot.n if self.spot.training else 0)
        self._check_update(n)
        finer = tuple(place for place in wanted if place[0] != "update")
        before = self.spot, self.since
        self._land(n, is_open=bool(finer))
        if finer:
            p = self.inside().seek(finer)
            if p is None:
                self.spot, self.since = before
                raise Refused("place", place=address(wanted), example=self.example())
            self.spot = replace(self.spot, p=p)
            self._mark_since(self.inside(), finer)

    def _mark_since(self, reel: Reel, wanted: Path) -> None:
        """What counts as just written after a jump: the group at the grain that the address names, if it is finer."""
        path = self.path
        named = [rank(self.lesson.grains, path, i) for i, place in enumerate(path) if place in wanted]
        self.since = reel.start(self.spot.p, max([*named, min(self.grain, self.lesson.grains["op"])]))

    def example(self) -> str:
        """An address that exists, for an error message."""
        reel = self.scrub or self.inside()
        sections = reel.sections
        step = reel.step(reel.starts[len(sections) // 2] + 1)
        return address(step.path) if step else address(self.path)

    def go_in(self) -> bool:
        """Open the update in focus. False where there is nothing to open."""
        if not self.spot.training or self.spot.open:
            return False
        self._land(self.spot.n, is_open=True)
        self.grain = max(self.grain, self.lesson.grains[self.lesson.grain])
        self._move(self.inside(), self.inside().forward(0, self.grain))
        return True

    def go_out(self) -> bool:
        """Close the opened update. False where none is open."""
        if not self.spot.open:
            return False
        self._land(self.spot.n, is_open=False)
        return True

    # knobs, edits, forks

    def set_knobs(self, given: Mapping[str, Any], seed: int | None = None) -> None:
        """Start again with these knobs; what is not given keeps its value. Raises Refused and changes nothing."""
        merged = {**self.setting.given, **given}
        read_all(self.lesson.card.knobs, merged)
        kept = None if {"text", "hidden", "start"} & set(given) or seed is not None else self.setting.start
        self._change(Setting(merged, self.setting.seed if seed is None else seed, kept))

    def _change(self, setting: Setting) -> None:
        path, open_at = self.path, self.spot
        self._past.append(self.setting)
        self._set(setting)
        self._return_to(path, open_at)

    def _return_to(self, path: Path, spot: Spot) -> None:
        """To the same address as before, or as near as it still exists."""
        self.asked, self.spot, self.since = None, Spot(), 0
        if spot.training:
            self.to_act("train")
            return
        p = min(spot.p, self.reel.total)
        if p and self.reel.step(p) is not None:
            while path and (found := self.reel.seek(path)) is None:
                path = path[:-1]
            p = found if path and found else 0
        self._move(self.reel, p)

    def edit(self, symbol: str, index: tuple[int, ...], raw: str) -> None:
        """Put one weight or letter in by hand: the reel is built anew; training forks. Raises Refused."""
        if not self.spot.training:
            self._change(replace_start(self.setting, self.lesson.edit(self.start, symbol, index, raw)))
            return
        start = self.lesson.edit(self.start_here(), symbol, index, raw)
        self._fork(self.branch.knobs, start, f"{symbol}[{','.join(map(str, index))}]={raw.strip()}")

    def fork(self, knob: str, raw: Any) -> None:
        """Change one live knob at the update in focus, and go on from there beside the run so far. Raises Refused."""
        live = [k for k in self.lesson.card.knobs if k.live]
        found = next((k for k in live if k.id == knob), None)
        if found is None:
            raise Refused("knob", knob=knob, knobs=", ".join(k.id for k in live))
        knobs = {**self.branch.knobs, knob: found.read(raw)}
        self._fork(knobs, self.start_here(), f"{knob} {self.branch.knobs[knob]} → {knobs[knob]}")

    def _fork(self, knobs: Mapping[str, Value], start: Start, change: str) -> None:
        trunk, n, was_open = self.history, self.spot.n, self.spot.open
        state: State = trunk.grow(n)
        track = self.lesson.track(self.device, knobs, start, state)
        assert track is not None
        name = chr(ord("A") + len(self.branches))
        self.branches.append(Branch(name, knobs, start, History(track, trunk), change))
        self.current = len(self.branches) - 1
        reach = max((len(b.history) for b in self.branches), default=n)
        self.history.grow(min(reach, n + 500))
        p = self.spot.p
        self._land(n, is_open=was_open)
        if was_open:
            self._move(self.inside(), p)

    def swap(self) -> None:
        """The next branch comes into focus, at the same update."""
        self.current = (self.current + 1) % len(self.branches)
        self._land(min(self.spot.n, len(self.history)), is_open=False)

    def drop(self) -> bool:
        """Forget the latest fork. False where there is none, or another fork stands on it."""
        if len(self.branches) < 2:
            return False
        self.branches.pop()
        self.current = min(self.current, len(self.branches) - 1)
        self._land(min(self.spot.n, len(self.history)), is_open=False)
        return True

    def take_over(self, knobs: Mapping[str, Value], start: Start) -> None:
        """Go on with a state that was read from a file, from its first step."""
        default = {knob.id: knob.default for knob in self.lesson.card.knobs}
        given = {name: value for name, value in knobs.items() if value != default[name]}
        self._past.append(self.setting)
        self._set(Setting(given, self.setting.seed, start))
        self.spot, self.since, self.asked = Spot(), 0, None

    def undo(self) -> bool:
        """Take the last edit or change of knobs back. False where there is none."""
        if self.spot.training and len(self.branches) > 1:
            return self.drop()
        if not self._past:
            return False
        setting, path, spot = self._past.pop(), self.path, self.spot
        self._set(setting)
        self._return_to(path, spot)
        return True

    def restart(self) -> None:
        """Back to the lesson's own defaults, first step."""
        self._past.append(self.setting)
        self._set(Setting())
        self.spot, self.since, self.asked = Spot(), 0, None

    # predictions

    def asks(self) -> list[tuple[int, Ask]]:
        """The predictions of the reel: (the position at which each is asked, the ask), in order."""
        if self._asks is None:
            found = []
            for ask in self.lesson.asks:
                path = ask.where(self.knobs, self.start) if ask.track == "reel" else None
                end = self.reel.seek(path) if path else None
                if end is not None and path is not None:
                    step = self.reel.step(end)
                    assert step is not None
                    depth = len(group_upto(step.path, path))
                    found.append((self.reel.start(end, rank(self.lesson.grains, step.path, depth - 1)), ask))
            self._asks = sorted(found, key=lambda pair: pair[0])
        return self._asks

    def _stop_at_ask(self, target: int) -> int:
        """Where a step may go: to a prediction that is still open, if one lies on the way."""
        if self.spot.training:
            return target
        for p, ask in self.asks():
            if ask.id not in self.record and self.spot.p <= p < target:
                if p == self.spot.p:
                    self.asked = Asked(ask)
                return p
        return target

    def _ask_training(self) -> bool:
        ask = next((a for a in self.lesson.asks if a.track == "train" and a.id not in self.record), None)
        if ask is not None:
            self.asked = Asked(ask)
        return ask is not None

    def answer(self, value: str | float) -> Asked:
        """Answer the prediction that is asked: an option's id, or a number. The truth comes from the run."""
        asked = self.asked
        assert asked is not None
        reel = self.scrub
        ahead = reel.end(self.spot.p + 1, self._ask_rank(asked.ask)) if reel else None
        view = self.view(ahead)
        asked.view, asked.given, asked.truth = view, value, asked.ask.answer(view)
        asked.verdict = "right" if matches(asked.ask, value, asked.truth) else "wrong"
        self.record[asked.ask.id] = asked.verdict
        return asked

    def _ask_rank(self, ask: Ask) -> int:
        path = ask.where(self.knobs, self.start)
        reel = self.scrub
        step = reel.step(self.spot.p + 1) if reel else None
        if not path or step is None:
            return self.grain
        return rank(self.lesson.grains, step.path, len(group_upto(step.path, path)) - 1)

    def has_question(self) -> bool:
        """Whether a prediction is open."""
        return self.asked is not None

    def skip(self) -> None:
        """Leave the prediction unanswered; it comes back when asked for."""
        if self.asked is not None and not self.asked.verdict:
            self.record[self.asked.ask.id] = "skipped"
        self.asked = None

    def go_on(self) -> bool:
        """Past the card: skipped if it has no answer yet; then one step."""
        self.skip()
        return self.forward()

    def ask_again(self, verdicts: tuple[str, ...] = ("skipped", "wrong")) -> int:
        """Ask skipped and wrong predictions again; how many."""
        again = [key for key, verdict in self.record.items() if verdict in verdicts]
        for key in again:
            del self.record[key]
        return len(again)

    # divergence

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


def group_upto(path: Path, wanted: Path) -> Path:
    """The part of a path up to the last place that is wanted."""
    last = max((i for i, place in enumerate(path) if place in wanted), default=0)
    return path[: last + 1]


def replace_start(setting: Setting, start: Start) -> Setting:
    """The same setting, from another start."""
    return Setting(setting.given, setting.seed, start)


def matches(ask: Ask, value: str | float, truth: str | float) -> bool:
    """Whether an answer is right: the option, or a number within the tolerance."""
    if ask.kind == "choice":
        return value == truth
    return abs(float(value) - float(truth)) <= ask.tolerance * max(abs(float(truth)), 1e-12) + 1e-12


__all__ = ["Asked", "Branch", "Player", "Spot", "group", "matches"]
