"""Predictions: where they are asked, how they are answered, and the record of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.walks.reel import Grains, rank
from engine.walks.step import Path, Place, agrees
from lessons.contract.lesson import Ask
from lessons.contract.view import NOTHING, Hides, View
from lessons.player.position import Position
from lessons.player.setup import Setup

KINDS: dict[str, tuple[str, ...]] = {"skipped": ("skipped",), "wrong": ("wrong",), "all": ()}
"""Which predictions can be asked again: those with one of these verdicts; all of them where there is none."""


@dataclass
class Asked:
    """A prediction being asked: what was chosen, and once answered, the truth and the verdict.

    `verdict` is "" until it is right, wrong or skipped. `choice` (none until the learner chooses), `typed`, `trying`
    (its truth is being found out) and `skips` (to be shown to one who skips) are kept for the screen. `held` are the
    symbols of the step that leads to where it is asked, where that is the first of its act: not shown before it has
    been answered.
    """

    ask: Ask
    choice: int | None = None
    typed: str = ""
    given: str | float | None = None
    truth: str | float | None = None
    verdict: str = ""
    view: View | None = None
    trying: bool = False
    skips: bool = False
    held: frozenset[str] = frozenset()

    @property
    def hides(self) -> Hides:
        """What must not be shown as it stands now."""
        if self.verdict:
            return NOTHING
        return self.ask.hides._replace(symbols=self.ask.hides.symbols | self.held)


class Questions:
    """The predictions of one setup. `ahead` gives the view just after the steps that one is asked before.

    `record` has the verdict of every prediction that was answered or skipped, by its id: it is not asked again. `tries`
    has every try, in order, until it is taken to be kept: {id, chosen, verdict, at}.
    """

    def __init__(
        self,
        setup: Setup,
        ahead: Callable[[Ask], View],
        record: dict[str, str],
        tries: list[dict[str, Any]] | None = None,
    ) -> None:
        self.setup, self.record, self.tries = setup, record, [] if tries is None else tries
        self.asked: Asked | None = None
        self._ahead = ahead
        self._positions: dict[str, int | None] = {}
        self._addresses: dict[str, Path | None] = {}

    def asks(self) -> list[tuple[int, Ask]]:
        """The predictions of the reel: (the position at which each is asked, the ask), in order."""
        placed = [(self._position(ask), ask) for ask in self.setup.lesson.asks if ask.track == "reel"]
        return sorted(((p, ask) for p, ask in placed if p is not None), key=lambda pair: pair[0])

    def _address(self, ask: Ask) -> Path | None:
        if ask.id not in self._addresses:
            self._addresses[ask.id] = ask.where(self.setup.knobs, self.setup.start)
        return self._addresses[ask.id]

    def _position(self, ask: Ask) -> int | None:
        """Where a prediction is asked: just before the group of steps that its address names.

        Where that is the end of the act before, after the first step, so that the text and the panels are of its act.
        """
        first = self._before(ask)
        return first if first is None or not self._begins_act(first) else first + 1

    def _begins_act(self, p: int) -> bool:
        """Whether the step after position p is the first of an act that follows another."""
        reel = self.setup.reel
        return 0 < p < reel.total and reel.act(p + 1) != reel.act(p)

    def _before(self, ask: Ask) -> int | None:
        """The position just before the group of steps that an address names."""
        if ask.id not in self._positions:
            reel, path, p = self.setup.reel, self._address(ask), None
            end = reel.seek(path) if path else None
            if end is not None and path:
                place = reel.sections[reel.section(end)].place
                if not agrees(place, path):  # only its steps tell: it has to be run
                    step = reel.step(end)
                    assert step is not None
                    place = step.path
                p = reel.start(end, group_rank(self.setup.lesson.grains, place, path))
            self._positions[ask.id] = p
        return self._positions[ask.id]

    def waiting(self, p: int) -> list[tuple[int, Ask]]:
        """The predictions of the reel that are open yet, and are asked at position p or after it; in order."""
        return [(at, ask) for at, ask in self.asks() if at >= p and ask.id not in self.record]

    def hold(self, position: Position) -> None:
        """Of an act that was gone to, the first step at the grain, but not past a prediction that waits in it.

        The one that was open is so no more.
        """
        self.asked = None
        spot, reel = position.spot, self.setup.reel
        if spot.training or not spot.p:
            return
        waiting = self.waiting(reel.start(spot.p, self.setup.lesson.grains["act"]))
        if waiting and waiting[0][0] < spot.p:
            position.move(reel, waiting[0][0])

    def pass_by(self, position: Position, go: Callable[[], object]) -> int:
        """Go on otherwise than by steps. What is asked on the way counts as skipped, for its answer may be seen now.

        How many predictions that were. An address passes none by: who has been shown a place comes back.
        """
        before = position.spot
        waiting = [] if before.training else self.waiting(before.p)
        go()
        after = position.spot
        passed = [Asked(ask) for at, ask in waiting if after.training or at < after.p]
        for each in passed:
            self._conclude(each, "skipped")
        return len(passed)

    def stop(self, p: int, target: int) -> int:
        """Where a step from p towards `target` ends: at the first open prediction on the way, which is asked there."""
        reel = self.setup.reel
        first, last = reel.section(p + 1), reel.section(target)
        for ask in self.setup.lesson.asks:
            path = self._address(ask) if ask.track == "reel" and ask.id not in self.record else None
            if not path or not any(first <= n <= last for n in reel.holding(path)):
                continue
            before, at = self._before(ask), self._position(ask)
            if before is not None and at is not None and p <= at and before < target and at <= target:
                held = reel.step(at) if at > before else None
                target, self.asked = at, Asked(ask, held=frozenset(held.values if held else ()))
        return target

    def stop_training(self) -> bool:
        """Ask the first open prediction about training. False where there is none."""
        open_ones = (a for a in self.setup.lesson.asks if a.track == "train" and a.id not in self.record)
        ask = next((a for a in open_ones if self._address(a) is not None), None)
        if ask is not None:
            self.asked = Asked(ask)
        return ask is not None

    def end(self, ask: Ask) -> int | None:
        """The position just after the steps that a prediction is about; None where they are updates. May raise Far."""
        last = ask.until(self.setup.knobs, self.setup.start) if ask.until is not None else None
        if last is not None:
            return self.setup.reel.seek(last)
        reel, path, before = self.setup.reel, self._address(ask), self._before(ask)
        step = None if before is None or ask.track != "reel" else reel.step(before + 1)
        if before is None or step is None or not path:
            return None
        end = reel.end(before + 1, group_rank(self.setup.lesson.grains, step.path, path))
        reel.run(end, reel.patience)
        return end

    def hidden(self, unanswered: Sequence[Ask]) -> Hides:
        """What the open prediction keeps back, and the marks that all `unanswered` ones of this act keep back."""
        now = NOTHING if self.asked is None else self.asked.hides
        return now._replace(marks=frozenset().union(*(ask.hides.marks for ask in unanswered)))

    def unanswered(self, act: Place, p: int) -> list[Ask]:
        """The predictions that the text of an act must not answer yet: the open one, and those asked from p on."""
        found = []
        for ask in self.setup.lesson.asks:
            path = None if ask.id in self.record else self._address(ask)
            if not path or (path[0] != act and (ask.track == "reel" or act != ("train", -1))):
                continue
            at = self._position(ask) if ask.track == "reel" else 0
            if at is not None and at >= p:
                found.append(ask)
        if self.asked is not None and not self.asked.verdict and self.asked.ask not in found:
            found.append(self.asked.ask)
        return found

    def answer(self, value: str | float) -> Asked:
        """Answer the prediction that is asked: an option's id, or a number. The truth comes from the run."""
        question = self.asked
        assert question is not None
        truth = self._reveal(question)
        question.given = value
        self._conclude(question, "right" if matches(question.ask, value, truth) else "wrong")
        return question

    def _conclude(self, question: Asked, verdict: str) -> None:
        """Record a verdict: the last one by id, and the try with what was chosen and the time."""
        question.verdict = self.record[question.ask.id] = verdict
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        self.tries.append({"id": question.ask.id, "chosen": question.given, "verdict": verdict, "at": now})

    def take_tries(self) -> list[dict[str, Any]]:
        """The tries since they were last taken."""
        taken = list(self.tries)
        self.tries.clear()
        return taken

    def _reveal(self, question: Asked) -> str | float:
        """The truth, read from the run unless it has been found out already."""
        if question.truth is None:
            question.view = self._ahead(question.ask)
            question.truth = question.ask.truth(question.view)
        return question.truth

    def skip(self) -> None:
        """Leave the prediction unanswered: its truth is shown; a second time closes the card."""
        question = self.asked
        if question is not None and not question.verdict:
            self._reveal(question)
            self._conclude(question, "skipped")
        else:
            self.asked = None

    def leave(self) -> None:
        """Close a prediction that is being skipped without its truth: it counts as skipped."""
        question, self.asked = self.asked, None
        if question is not None and not question.verdict:
            self._conclude(question, "skipped")

    def all_met(self) -> bool:
        """Whether every prediction that this setup has was answered or skipped."""
        return all(ask.id in self.record or self._address(ask) is None for ask in self.setup.lesson.asks)

    def again(self, verdicts: Collection[str] = ("skipped", "wrong")) -> list[str]:
        """The predictions with one of these verdicts; all that were met where none is given."""
        return [key for key, verdict in self.record.items() if not verdicts or verdict in verdicts]

    def ask_again(self, verdicts: Collection[str] = ("skipped", "wrong")) -> int:
        """Ask these predictions again when they are come to; how many."""
        again = self.again(verdicts)
        for key in again:
            del self.record[key]
        return len(again)


def group_rank(grains: Grains, path: Path, wanted: Path) -> int:
    """The grain of the group that an address names: the rank of the last part of `path` that is wanted."""
    last = max((i for i, part in enumerate(path) if part in wanted), default=0)
    return rank(grains, path, last)


def matches(ask: Ask, value: str | float, truth: str | float) -> bool:
    """Whether an answer is right: the option, or a number within the tolerance."""
    if ask.kind == "choice":
        return value == truth
    return abs(float(value) - float(truth)) <= max(ask.tolerance * abs(float(truth)), ask.within) + 1e-12
