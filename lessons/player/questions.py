"""Predictions: where they are asked, how they are answered, and the record of them."""

from __future__ import annotations

from engine.walks.reel import rank
from engine.walks.step import Path
from lessons.contract.lesson import Ask
from lessons.contract.view import View
from lessons.player.position import Asked, Place


class Asking(Place):
    """The part of the player that asks."""

    def asks(self) -> list[tuple[int, Ask]]:
        """The predictions of the reel: (the position at which each is asked, the ask), in order."""
        found = [(self._position(ask), ask) for ask in self.lesson.asks if ask.track == "reel"]
        return sorted(((p, ask) for p, ask in found if p is not None), key=lambda pair: pair[0])

    def _position(self, ask: Ask) -> int | None:
        """Where a prediction is asked: just before the group of steps that its address names."""
        if ask.id not in self._asks:
            path = ask.where(self.knobs, self.start)
            end = self.reel.seek(path) if path else None
            p = None
            if end is not None and path is not None:
                step = self.reel.step(end)
                assert step is not None
                depth = len(group_upto(step.path, path))
                p = self.reel.start(end, rank(self.lesson.grains, step.path, depth - 1))
            self._asks[ask.id] = p
        return self._asks[ask.id]

    def _stop_at_ask(self, target: int) -> int:
        """Where a step may go: to the first prediction on the way that is still open, which is asked there."""
        if self.spot.training:
            return target
        here, there = self.reel.section(self.spot.p + 1), self.reel.section(target)
        for ask in self.lesson.asks:
            path = ask.where(self.knobs, self.start) if ask.track == "reel" and ask.id not in self.record else None
            if not path or not any(here <= n <= there for n in self.reel.holding(path)):
                continue
            p = self._position(ask)
            if p is not None and self.spot.p <= p < target:
                target, self.asked = p, Asked(ask)
        return target

    def _ask_training(self) -> bool:
        open_ones = (a for a in self.lesson.asks if a.track == "train" and a.id not in self.record)
        ask = next((a for a in open_ones if a.where(self.knobs, self.start) is not None), None)
        if ask is not None:
            self.asked = Asked(ask)
        return ask is not None

    def answer(self, value: str | float) -> Asked:
        """Answer the prediction that is asked: an option's id, or a number. The truth comes from the run."""
        asked = self.asked
        assert asked is not None
        self._reveal(asked)
        assert asked.truth is not None
        asked.given = value
        asked.verdict = "right" if matches(asked.ask, value, asked.truth) else "wrong"
        self.record[asked.ask.id] = asked.verdict
        return asked

    def ahead(self, ask: Ask) -> View:
        """What can be seen just after the steps that a prediction is asked before."""
        reel = self.scrub
        return self.view(reel.end(self.spot.p + 1, self._ask_rank(ask)) if reel else None)

    def _reveal(self, asked: Asked) -> None:
        """Read the truth from the run, unless it has been found out already."""
        if asked.truth is None:
            asked.view = self.ahead(asked.ask)
            asked.truth = asked.ask.truth(asked.view)

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
        """Leave the prediction unanswered: its truth is shown; a second time closes the card."""
        asked = self.asked
        if asked is not None and not asked.verdict:
            self._reveal(asked)
            asked.verdict = self.record[asked.ask.id] = "skipped"
        else:
            self.asked = None

    def ask_again(self, verdicts: tuple[str, ...] = ("skipped", "wrong")) -> int:
        """Ask skipped and wrong predictions again; how many."""
        again = [key for key, verdict in self.record.items() if verdict in verdicts]
        for key in again:
            del self.record[key]
        return len(again)


def group_upto(path: Path, wanted: Path) -> Path:
    """The part of a path up to the last place that is wanted."""
    last = max((i for i, place in enumerate(path) if place in wanted), default=0)
    return path[: last + 1]


def matches(ask: Ask, value: str | float, truth: str | float) -> bool:
    """Whether an answer is right: the option, or a number within the tolerance."""
    if ask.kind == "choice":
        return value == truth
    return abs(float(value) - float(truth)) <= max(ask.tolerance * abs(float(truth)), ask.within) + 1e-12
