"""The player owns all that changes: where the learner is, at which grain, with which knobs, edits and predictions.

It knows no screen. One thread drives it; a training worker only calls `advance` on the history it is handed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from engine.device import Device
from engine.walks.far import Far
from engine.walks.history import History
from engine.walks.reel import Reel
from engine.walks.step import Path
from lessons.contract.knobs import Value
from lessons.contract.lesson import Ask, Lesson
from lessons.contract.view import NOTHING, Cell, Hides, Start, View
from lessons.player import addresses
from lessons.player.branches import Branch, Branches
from lessons.player.parts import Of
from lessons.player.past import Before, Past
from lessons.player.position import Position, Spot
from lessons.player.questions import Asked, Questions
from lessons.player.setup import Setting, Setup
from lessons.player.views import view_at


class Player:
    """Plays one lesson on one device. Every method leaves a valid position; what cannot be done raises Refused.

    What has no docstring here is told at the part that does it. Moving by hand closes a prediction that is being asked.
    `flipped` asks for the other view of the stage, where the lesson has a second one. `owed` is a bookmark that the
    player has not been brought back to as a whole. What takes longer than `patience` seconds to reach raises `Far`.
    """

    def __init__(
        self,
        lesson: Lesson,
        device: Device,
        given: Mapping[str, Any] | None = None,
        seed: int | None = None,
        start: Start | None = None,
        patience: float = float("inf"),
        language: str = "en",
    ) -> None:
        self.lesson, self.device = lesson, device
        self.flipped = False
        self.owed: Mapping[str, Any] | None = None
        self.patience, self.past = patience, Past()
        self._tries: list[dict[str, Any]] = []
        self._build(Setting(dict(given or {}), seed, start, language), lesson.grains[lesson.grain], set(), {})

    def _build(self, setting: Setting, grain: int, seen: set[str], record: dict[str, str]) -> None:
        self.setup = Setup.of(self.lesson, self.device, setting, self.patience)  # or is refused
        self.runs = Branches(self.setup, self.patience)
        self.position = Position(self.setup, self.runs, grain, seen)
        self.questions = Questions(self.setup, self.ahead, record, self._tries)

    # the lesson as it is set up

    knobs = Of[Mapping[str, Value]]("setup")
    seed = Of[int | None]("setup")
    start = Of[Start]("setup")
    reel = Of[Reel]("setup")
    changed = Of[frozenset[str]]("setup")
    trains = Of[bool]("setup")

    def set_up(self, setting: Setting) -> None:
        """Build all that follows from a setting, at its first step; grain and record stay. Raises Refused."""
        self._build(setting, self.grain, self.seen, self.record)

    def _replace(self, setting: Setting, to_place: bool = False) -> None:
        """Another setting, at its first step; `undo` brings back the one before, if asked at the position it had."""
        before = self._now(to_place)
        self.set_up(setting)
        self._remember(before)

    def _now(self, to_place: bool) -> Before:
        return Before(self.setup.setting, self.runs, self.spot, self.since, self.grain, to_place)

    def _remember(self, before: Before) -> None:
        self.past.remember(before)
        self.owed = None

    def _change(self, setting: Setting) -> None:
        """Another setting, at the same address as before or as near as it still exists."""
        path, spot = self.path, self.spot
        self._replace(setting)
        self.position.go_back_to(path, spot)

    def set_knobs(self, given: Mapping[str, Any], seed: int | None = None) -> None:
        """Start again with these knobs; what is not given keeps its value. Raises Refused and changes nothing."""
        self._change(self.setup.with_knobs(given, seed))

    def edit(self, symbol: str, index: tuple[int, ...], raw: str) -> None:
        """Put one weight or letter in by hand: the reel is built anew; training forks. Raises Refused."""
        if not self.spot.training:
            self._change(self.setup.with_entry(symbol, index, raw))
            return
        start = self.lesson.edit(self.start_here(), symbol, index, raw)
        self.branch_off(self.branch.knobs, start, f"{symbol}[{','.join(map(str, index))}]={raw.strip()}")

    def take_over(self, knobs: Mapping[str, Value], start: Start, seed: int | None = None) -> None:
        """Go on with a state that was read from a file, from its first step."""
        self._replace(self.setup.with_state(knobs, start, seed))

    def restart(self, language: str = "en") -> None:
        """Back to the lesson's own defaults in a language, first step."""
        self._replace(Setting(language=language), to_place=True)

    def restart_act(self) -> bool:
        """To the first step of this act, knobs and text as they are; training begins again. False where that is here.

        Of the training runs there remain those from update 0, the lesson's own.
        """
        before, act = self._now(to_place=True), self.act
        self.asked = None
        if not self.spot.training:
            self.to_act(act)
        elif self.spot.n or self.spot.open or len(self.history) or self.runs.forked:
            current = self.current
            self.runs = self.position.branches = Branches(self.setup, self.patience)
            self.to_act(act)
            self.current = min(current, len(self.branches) - 1)
        if self.runs is before.runs and self.spot == before.spot:
            return False
        self._remember(before)
        return True

    def undo(self) -> bool:
        """Take the last fork, edit, change of knobs or restart back; bring back a fork that was dropped last.

        False where there is nothing to undo. Raises Refused.
        """
        path, spot, current = self.path, self.spot, self.current
        if spot.training and self.runs.bring_back():
            self._stay(current)
            return True
        if spot.training and self.runs.forked:
            dropped, self.runs.dropped = self.drop(), None
            return dropped
        before = self.past.latest
        if before is None:
            return False
        self.set_up(before.setting)
        self.past.forget()
        self.runs = self.position.branches = before.runs or self.runs
        if before.is_position(spot.training):
            self.grain, self.spot, self.since = before.grain, before.spot, before.since
        else:
            self.position.go_back_to(path, before.spot if before.to_place else spot)
        return True

    # training runs

    branches = Of[list[Branch]]("runs", "made")
    branch = Of[Branch]("runs")
    current = Of[int]("runs")
    history = Of[History]("runs")
    inside = Of[Callable[[], Reel]]("position")
    divergence = Of[Callable[[], tuple[int, int] | None]]("runs")

    def start_here(self) -> Start:
        """The parameters and inputs in focus: the reel's, or those that the update in focus starts from."""
        return self.runs.start_at(self.spot.n) if self.spot.training else self.start

    def fork(self, knob: str, raw: Any) -> None:
        """Change one live knob at the update in focus, and go on from there beside the run so far. Raises Refused."""
        knobs, change = self.runs.with_knob(knob, raw)
        self.branch_off(knobs, self.start_here(), change)

    def branch_off(self, knobs: Mapping[str, Value], start: Start, change: str) -> None:
        """Fork at the update in focus, and stand in the fork as one stood in the run before."""
        self.asked, self.owed = None, None
        spot = self.spot
        self.runs.fork(spot.n, knobs, start, change)
        self.land(spot.n, is_open=spot.open)
        if spot.open:
            self.move(self.inside(), min(spot.p, self.inside().total))

    def swap(self) -> None:
        """The next branch comes into focus, at the same update."""
        self.asked = None
        before = self.current
        self.runs.swap()
        self._stay(before)

    def drop(self) -> bool:
        """Forget the latest branch. False where there is but one."""
        if len(self.branches) < 2:
            return False
        self.asked = None
        before, self.current = self.current, self.runs.behind
        self._stay(before)
        return self.runs.drop()

    def _stay(self, before: int) -> None:
        """At the same update of the run now in focus; where that is too far off, the one `before` stays in focus."""
        try:
            self.position.stay()
        except Far:
            self.current = before
            raise

    # the position

    spot = Of[Spot]("position")
    since = Of[int]("position")
    grain = Of[int]("position")
    seen = Of[set[str]]("position")
    scrub = Of[Reel | None]("position")
    act = Of[str]("position")
    path = Of[Path]("position")
    parts = Of[Callable[[], list[tuple[str, int, int]]]]("position")
    focus = Of[Callable[[], int]]("position")
    set_grain = Of[Callable[[int], None]]("position")
    coarser = Of[Callable[[], None]]("position")
    finer = Of[Callable[[], None]]("position")
    ends_act = Of[bool]("position")
    progress = Of[tuple[int, int]]("position")

    def view(self, ahead: int | None = None, cursor: Cell | None = None) -> View:
        """What can be seen here, the learner pointing at a cell; or `ahead`, at a position that is not reached yet."""
        return self._view(cursor, ahead, self.questions.hidden(self.unanswered()) if ahead is None else NOTHING)

    def _view(self, cursor: Cell | None, ahead: int | None, hidden: Hides) -> View:
        return view_at(self.setup, self.runs, self.position, self.flipped, cursor, ahead, hidden)

    def move(self, reel: Reel, p: int) -> bool:
        return self.position.move(reel, p)

    def land(self, n: int, is_open: bool) -> None:
        self.position.land(n, is_open)

    def follow(self) -> None:
        """To the latest update: training has gone on."""
        self.land(len(self.history), is_open=False)

    def forward(self) -> bool:
        """One step at the grain; a prediction in the way is asked first. False at the end and while one is open."""
        if self.asked is not None:
            return self.go_on()
        position, spot = self.position, self.spot
        if spot.training:
            asks = not spot.open and spot.n == 0 and self.questions.stop_training()
            return asks or position.forward()
        target = self.questions.stop(spot.p, self.reel.forward(spot.p, self.grain))
        return position.move(self.reel, target) or self.has_question()

    def back(self) -> bool:
        self.asked = None
        return self.position.back()

    def home(self) -> None:
        self.asked = None
        self.position.home()

    def end(self) -> None:
        self.scrub_to(1.0)

    def scrub_to(self, share: float) -> None:
        self.asked = None
        self.position.scrub_to(share)

    def to_act(self, act: str) -> None:
        self.position.to_act(act)
        self.questions.hold(self.position)

    def next_act(self, by: int = 1) -> bool:
        moved = self.position.next_act(by)
        if moved:
            self.questions.hold(self.position)
        return moved

    def go_in(self) -> bool:
        return self.position.go_in()

    def go_out(self) -> bool:
        return self.position.go_out()

    def jump(self, text: str) -> None:
        """To an address as typed: "57", "update 57", "act 3", "t=3 k=1", "train/update=57/t=3". Raises Refused.

        It may stand as the screen shows it, in either language.
        """
        self.asked = None
        addresses.jump(self.position, text)

    def seek(self, wanted: Path) -> None:
        addresses.seek(self.position, wanted)

    # predictions

    asked = Of[Asked | None]("questions")
    record = Of[dict[str, str]]("questions")
    answer = Of[Callable[[str | float], Asked]]("questions")
    skip = Of[Callable[[], None]]("questions")

    def asks(self) -> list[tuple[int, Ask]]:
        return self.questions.asks()

    def ahead(self, ask: Ask) -> View:
        """What can be seen just after the steps that a prediction is asked before."""
        return self._view(None, self.questions.end(ask), NOTHING)

    def unanswered(self) -> list[Ask]:
        """The predictions that what is said here must not answer yet: the open one, and those ahead in this act."""
        spot = self.spot
        return self.questions.unanswered((self.act, -1), spot.n if spot.training else spot.p)

    @property
    def finished(self) -> bool:
        """Whether all acts were seen to their end, and all predictions met."""
        return set(self.setup.acts) <= self.seen and self.questions.all_met()

    def has_question(self) -> bool:
        return self.asked is not None

    def go_on(self) -> bool:
        """Past a card that has its verdict, by one step. False, and nothing happens, while the question is open."""
        if self.asked is not None and not self.asked.verdict:
            return False
        self.asked = None
        return self.forward()

    def ask_again(self, verdicts: Collection[str] = ("skipped", "wrong")) -> int:
        return self.questions.ask_again(verdicts)
