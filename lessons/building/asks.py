"""What is asked of a lesson, declared: the gradient that is checked, and the predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.device import Array
from engine.walks.gradient_check import Objective
from lessons.building.acts import Scope, Trial
from lessons.contract.view import NOTHING, Hides


@dataclass(frozen=True)
class Gradient:
    """What `g` checks: the scalar `of`, and by each parameter the symbol that holds its slope, as "d{}".

    Where no act computes them, both are functions of what can be read at the start; or the first alone, which gives the
    engine's objective. `name` is what the scalar is called in this lesson.
    """

    of: str | Callable[[Scope], Any]
    by: str | Callable[[Scope], Mapping[str, Array]] | None = None
    name: str = "E"

    def objective(self, trial: Trial, weights: Sequence[str]) -> Objective:
        """The scalar as a function of the parameters `weights`, and its slopes by them."""
        of, by = self.of, self.by
        if by is None:
            assert callable(of)
            whole: Objective = of(trial.first)
            return whole

        def loss(**moved: Array) -> Array:
            again = Trial(trial.lesson, trial.device, trial.knobs, trial.start, moved)
            return trial.device.xp.sum(again.value(of) if isinstance(of, str) else of(again.first))

        theta = {p: trial.theta[p] for p in weights}
        slopes = {p: trial.value(by.format(p)) for p in theta} if isinstance(by, str) else by(trial.first)
        return Objective(theta, loss, slopes)


@dataclass(frozen=True)
class Question:
    """A prediction: see `contract.lesson.Ask`. `at` is an address, in which {M} is a length; asked only `when`.

    What the steps at `at` compute is not known yet while it is open; `hides` names what else gives the answer away.
    Where the verdict speaks of later steps, `until` is the address of the last of them.
    """

    id: str
    at: str | Callable[[Scope], str]
    kind: str
    answer: Callable[[Trial], str | float]
    tolerance: float = 0.05
    within: float = 0.0
    when: Callable[[Scope], bool] | None = None
    track: str = "reel"
    hides: Hides = NOTHING
    until: str | Callable[[Scope], str] = ""
