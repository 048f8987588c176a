"""Predictions: where they are asked, how they are answered, and the record of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.walks.reel import Grains, rank
from engine.walks.step import Path, Step
from lessons.contract.lesson import Ask
from lessons.contract.view import View
from lessons.player.setup import Setup


@dataclass
class Asked:
    """A prediction being asked: what was chosen, and once answered, the truth and the verdict.

    `verdict` is "" until it is right, wrong or skipped. `choice`, `typed` and `trying` (its truth is being found out)
    are kept for the screen.
    """

    ask: Ask
    choice: int = 0
    typed: str = ""
    given: str | float | None = None
    truth: str | float | None = None
    verdict: str = ""
    view: View | None = None
    trying: bool = False


class Questions:
    """The predictions of one setup. `ahead` gives the view just after the steps that one is asked before.

    `record` has the verdict of every prediction that was answered or skipped, by its id: it is not asked again.
    """

    def __init__(self, setup: Setup, ahead: Callable[[Ask], View], record: dict[str, str]) -> None:
        self.setup, self.record = setup, record
        self.asked: Asked | None = None
        self._ahead = ahead
        self._positions: dict[str, int | None] = {}

    def asks(self) -> list[tuple[int, Ask]]:
        """The predictions of the reel: (the position at which each is asked, the ask), in order."""
        placed = [(self._position(ask), ask) for ask in self.setup.lesson.asks if ask.track == "reel"]
        return sorted(((p, ask) for p, ask in placed if p is not None), key=lambda pair: pair[0])

    def _address(self, ask: Ask) -> Path | None:
        return ask.where(self.setup.knobs, self.setup.start)

    def _position(self, ask: Ask) -> int | None:
        """Where a prediction is asked: just before the group of steps that its address names."""
        if ask.id not in self._positions:
            reel, path, p = self.setup.reel, self._address(ask), None
            end = reel.seek(path) if path else None
            if end is not None and path:
                step = reel.step(end)
                assert step is not None
                p = reel.start(end, group_rank(self.setup.lesson.grains, step.path, path))
            self._positions[ask.id] = p
        return self._positions[ask.id]

    def stop(self, p: int, target: int) -> int:
        """Where a step from p towards `target` ends: at the first open prediction on the way, which is asked there."""
        reel = self.setup.reel
        first, last = reel.section(p + 1), reel.section(target)
        for ask in self.setup.lesson.asks:
            path = self._address(ask) if ask.track == "reel" and ask.id not in self.record else None
            if not path or not any(first <= n <= last for n in reel.holding(path)):
                continue
            at = self._position(ask)
            if at is not None and p <= at < target:
                target, self.asked = at, Asked(ask)
        return target

    def stop_training(self) -> bool:
        """Ask the first open prediction about training. False where there is none."""
        open_ones = (a for a in self.setup.lesson.asks if a.track == "train" and a.id not in self.record)
        ask = next((a for a in open_ones if self._address(a) is not None), None)
        if ask is not None:
            self.asked = Asked(ask)
        return ask is not None

    def grain(self, ask: Ask, step: Step | None, otherwise: int) -> int:
        """The grain of the steps that a prediction is about, of which `step` is the first."""
        path = self._address(ask)
        if not path or step is None:
            return otherwise
        return group_rank(self.setup.lesson.grains, step.path, path)

    def answer(self, value: str | float) -> Asked:
        """Answer the prediction that is asked: an option's id, or a number. The truth comes from the run."""
        question = self.asked
        assert question is not None
        truth = self._reveal(question)
        question.given = value
        question.verdict = self.record[question.ask.id] = "right" if matches(question.ask, value, truth) else "wrong"
        return question

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
            question.verdict = self.record[question.ask.id] = "skipped"
        else:
            self.asked = None

    def all_met(self) -> bool:
        """Whether every prediction that this setup has was answered or skipped."""
        return all(ask.id in self.record or self._address(ask) is None for ask in self.setup.lesson.asks)

    def ask_again(self) -> int:
        """Ask skipped and wrong predictions again; how many."""
        again = [key for key, verdict in self.record.items() if verdict in ("skipped", "wrong")]
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
