"""The lesson `perceptron`: the rule on the learner's data, its bound; the rule on XOR, and why that never ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.device import HOST
from engine.feedforward.perceptron import RULES, Examples, Theta, bound, criterion, most_right
from engine.feedforward.perceptron_run import PerceptronRun, steps_of
from engine.walks.gradient_check import Objective
from engine.walks.reel import Section
from engine.walks.step import Path, drain
from lessons.building.acts import Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.holds import Input, Parameter, Size
from lessons.contract.knobs import Value
from lessons.contract.view import Knobs, Start, hides
from lessons.data.points import CLOUDS, points
from lessons.feedforward.perceptron.case import run_of
from lessons.feedforward.perceptron.stage import PerceptronStage


def opened(how: str) -> Callable[[Scope, Path], list[Section]]:
    """An act: sections of the run that it is about; `how` is a method of `PerceptronRun`."""
    return lambda s, at: getattr(run_of(at[0][0], s.knobs, s.trial.start), how)(s.device, at)


def criterion_of(s: Scope) -> Objective:
    """E over the learner's points that are mistakes at the start."""
    examples = Examples(s.x, [2 * y - 1 for y in s.y])
    return criterion(s.device, Theta(s.theta["w"], s.theta["b"]), examples, signs=run_for(s.trial, "learn").signs)


# results and predictions


def run_for(trial: Trial, act: str, rate: float | None = None) -> PerceptronRun:
    return run_of(act, trial.knobs, trial.start, rate)


def outcome(trial: Trial) -> dict[str, Any]:
    """Where the run on the learner's points ended, and how; the bound where it started from 0."""
    run = run_for(trial, "learn")
    whole, (w, b) = run.outcome, run.after(len(run.outcome.visits))
    ends: dict[str, Any] = {"weights": w, "bias": [b], "mistakes": whole.mistakes, "visits": len(whole.visits)}
    ends["converged"] = whole.converged
    if whole.cycle:
        ends["cycle"] = [sum(map(steps_of, whole.visits[:n])) for n in whole.cycle]
        ends["cycle_visits"] = list(whole.cycle)
    if whole.converged and not run.w.any() and not run.b:
        strict = run_for(trial, "bound")
        ends["bound"] = float(drain(bound(HOST, strict.last(HOST), strict.examples(HOST)))[0, 0])
    return ends


def how_it_ends(trial: Trial) -> str:
    """How the run on the learner's points ends."""
    run = run_for(trial, "learn").outcome
    return "ends" if run.converged else "circle" if run.cycle else "on"


def never_ends(trial: Trial) -> bool:
    """Whether the rule comes back to a state that it was in, on XOR."""
    return run_for(trial, "xor").outcome.cycle is not None


def with_half(trial: Trial) -> str:
    """What half the rate makes of the circle."""
    whole, half = (run_for(trial, "xor", float(trial.knobs["rate"]) / by).outcome for by in (1, 2))
    return "ends" if half.converged else "never" if half.cycle == whole.cycle else "other"


class Perceptron(DeclaredLesson):
    """Classes are 0 and 1 to the learner, t = ±1 in the formulas."""

    sizes = (Size("N", low=2, high=1000),)
    holds = (
        Parameter("w", 2),
        Parameter("b", 1, optional=True),
        Input("x", ("N", 2), first=1, needed=True),
        Input("y", "N", first=1, needed=True, among=(0, 1)),
    )
    acts = (
        Sections("learn", opened("epochs")),
        Sections("bound", opened("bounding")),
        Sections("xor", opened("epochs")),
        Sections("circle", opened("comparing")),
    )
    gradient = Gradient(criterion_of)
    results = (outcome,)
    questions = (
        Question("ends", "learn/epoch=1/i=1", "choice", how_it_ends),
        Question(
            "mistakes", "bound", "number", lambda trial: float(run_for(trial, "learn").outcome.mistakes), 0.0,
            when=lambda s: run_for(s.trial, "learn").outcome.converged,
            hides=hides(marks=["mistakes"], fields=["mistakes"]),
        ),
        Question("most", "xor/epoch=1/i=4", "number", lambda trial: float(most_right(*points("xor", 0, 4))), 0.0),
        Question("half", "circle", "choice", with_half, when=lambda s: never_ends(s.trial)),
    )  # fmt: skip
    loops = ("epoch", "i")
    grain = "i"
    explains = ("w", "m", "yhat", "u")
    rebuilds = frozenset({"data", "points"})
    shown_as = PerceptronStage

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return RULES

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        """The named points, and w and b from 0."""
        x, y = points(str(knobs["data"]), seed or 0, int(knobs["points"]))
        return Start({"w": np.zeros(2), "b": np.zeros(1)}, {"x": x.tolist(), "y": y.tolist()})

    def prepare(self, knobs: Knobs, seed: int | None, start: Start | None, seconds: float) -> None:
        for act in ("learn", "bound"):
            run_of(act, knobs, start or self.start(knobs, seed), seconds=seconds)

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        """Clouds have as many points as the state has."""
        fitted, start = super().read(file, state, knobs)
        N = len(start.inputs["x"])
        return {**fitted, "points": N} if str(knobs["data"]) in CLOUDS and 10 <= N <= 200 else fitted, start
