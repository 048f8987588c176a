"""The lesson `perceptron`: the rule on the learner's data, its bound; the rule on XOR, and why that never ends."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from engine.device import HOST, Array, Device
from engine.feedforward.perceptron import RULES, Examples, Theta, bound, came_back, epoch
from engine.walks.reel import Env, Section
from engine.walks.step import Path, drain
from lessons.building.acts import Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.experiment import counted
from lessons.building.holds import Input, Parameter, Size
from lessons.contract.knobs import Value
from lessons.contract.view import Knobs, Start
from lessons.data.points import CLOUDS, points
from lessons.feedforward.perceptron.case import Case, case_of
from lessons.feedforward.perceptron.stage import PerceptronStage

# the acts


def examples_of(device: Device, case: Case) -> Examples:
    columns = [device.put([[v] for v in row]) for row in case.x.tolist()]
    return Examples(columns, [device.put([[2 * v - 1]]) for v in case.y.tolist()])


def theta_after(device: Device, case: Case, visits: int) -> Theta:
    w, b = case.after(visits)
    return Theta(device.put(w[:, None]), device.put([[b]]))


def env(theta: Theta, examples: Examples, **more: Any) -> Env:
    y = [(t + 1) / 2 for t in examples.t]
    families = {name: counted(values) for name, values in (("x", examples.x), ("t", examples.t), ("y", y))}
    return Env({**theta._asdict(), **more}, families)


def epochs(s: Scope, at: Path) -> list[Section]:
    """One section an epoch; the last may stop in its middle, where the state came back."""
    case, eta = case_of(at[0][0], s.knobs, s.trial.start), float(s.knobs["rate"])
    examples, sections, N = examples_of(s.device, case), list[Section](), len(case.x)
    for first in range(0, len(case.run.visits), N):
        visits = case.run.visits[first : first + N]
        theta, place = theta_after(s.device, case, first), (*at, ("epoch", visits[0].epoch))
        some = Examples(examples.x[: len(visits)], examples.t[: len(visits)])
        walk = partial(epoch, s.device, theta, some, eta, place)
        sections.append(Section(place, walk, partial(env, theta, examples, eta=eta), sum(map(steps_of, visits))))
    return sections


def steps_of(visit: Any) -> int:
    """A visit's steps: u and t·u; after a mistake w and b too."""
    return 2 + 2 * int(visit.mistake)


def bounding(s: Scope, at: Path) -> list[Section]:
    """R and γ of the state in which the run ended."""
    case = case_of("bound", s.knobs, s.trial.start)
    theta, examples = theta_after(s.device, case, len(case.run.visits)), examples_of(s.device, case)
    start = {"R": 0 * theta.b, "gamma": s.device.put([[np.inf]])}
    walk = partial(bound, s.device, theta, examples, at)
    return [Section(at, walk, partial(env, theta, examples, **start), 3 * len(examples.x) + 1)]


def comparing(s: Scope, at: Path) -> list[Section]:
    """The state at the end of the circle beside that at its beginning (without a circle: beside the start)."""
    case = case_of("circle", s.knobs, s.trial.start)
    first, last = (theta_after(s.device, case, n) for n in case.run.cycle or (0, len(case.run.visits)))
    walk = partial(came_back, s.xp, last, first, at)
    return [Section(at, walk, partial(env, last, examples_of(s.device, case), w_then=first.w, b_then=first.b), 1)]


# the gradient


def mistaken(s: Scope) -> list[tuple[Array, Array]]:
    """(x, t) of the examples that are mistakes at the start."""
    w, b = (s.device.put(s.trial.start.params[name][:, None]) for name in ("w", "b"))
    pairs = [(x, 2 * y - 1) for x, y in zip(s.x, s.y, strict=True)]
    return [(x, t) for x, t in pairs if not s.device.get(t * (w.T @ x + b))[0, 0] > 0]


def criterion(s: Scope) -> Array:
    """E = −Σ t·u over the examples that are mistakes at the start: the rule is a step against its gradient."""
    return s.xp.sum(0 * s.b) - sum((s.xp.sum(t * (s.w.T @ x + s.b)) for x, t in mistaken(s)), 0.0)


def its_gradient(s: Scope) -> Mapping[str, Array]:
    wrong = mistaken(s)
    return {"w": sum((-t * x for x, t in wrong), 0 * s.w), "b": sum((-t for _, t in wrong), 0 * s.b)}


# results and predictions


def case_for(trial: Trial, act: str, rate: float | None = None) -> Case:
    return case_of(act, trial.knobs, trial.start, rate)


def outcome(trial: Trial) -> dict[str, Any]:
    """Where the run on the learner's points ended, and how; the bound where it started from 0."""
    case = case_for(trial, "learn")
    run, (w, b) = case.run, case.after(len(case.run.visits))
    ends: dict[str, Any] = {"weights": w, "bias": [b], "mistakes": run.mistakes, "visits": len(run.visits)}
    ends["converged"] = run.converged
    if run.cycle:
        ends["cycle"] = [sum(map(steps_of, run.visits[:n])) for n in run.cycle]
        ends["cycle_visits"] = list(run.cycle)
    if run.converged and not case.w.any() and not case.b:
        most = drain(bound(HOST, theta_after(HOST, case, len(run.visits)), examples_of(HOST, case)))
        ends["bound"] = float(most[0, 0])
    return ends


def how_it_ends(trial: Trial) -> str:
    """How the run on the learner's points ends."""
    run = case_for(trial, "learn").run
    return "ends" if run.converged else "circle" if run.cycle else "on"


def most_right(trial: Trial) -> float:
    """The most of XOR's four points that any line has right: all lines through a fine grid of directions are tried."""
    x, y = points("xor", 0, 4)
    best = 0
    for angle in np.linspace(0, 2 * np.pi, 73)[:-1]:
        heights = x @ np.array([np.cos(angle), np.sin(angle)])
        for cut in np.concatenate([heights - 0.01, heights + 0.01]):
            best = max(best, int(((heights > cut) == (y > 0)).sum()))
    return float(best)


def with_half(trial: Trial) -> str:
    """Whether half the rate ends it."""
    return "ends" if case_for(trial, "xor", float(trial.knobs["rate"]) / 2).run.converged else "never"


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
        Sections("learn", epochs),
        Sections("bound", bounding),
        Sections("xor", epochs),
        Sections("circle", comparing),
    )
    gradient = Gradient(criterion, its_gradient)
    results = (outcome,)
    questions = (
        Question("ends", "learn/epoch=1/i=1", "choice", how_it_ends),
        Question(
            "mistakes", "bound", "number", lambda trial: float(case_for(trial, "learn").run.mistakes), 0.0,
            when=lambda s: case_for(s.trial, "learn").run.converged,
        ),
        Question("most", "xor/epoch=1/i=4", "number", most_right, 0.0),
        Question("half", "circle", "choice", with_half, when=lambda s: case_for(s.trial, "xor").run.cycle is not None),
    )  # fmt: skip
    loops = ("epoch", "i")
    grain = "i"
    explains = ("w", "m", "u")
    rebuilds = frozenset({"data", "points"})
    shown_as = PerceptronStage

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return RULES

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        """The named points, and w and b from 0."""
        x, y = points(str(knobs["data"]), seed or 0, int(knobs["points"]))
        return Start({"w": np.zeros(2), "b": np.zeros(1)}, {"x": x.tolist(), "y": y.tolist()})

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        """Clouds have as many points as the state has."""
        fitted, start = super().read(file, state, knobs)
        N = len(start.inputs["x"])
        return {**fitted, "points": N} if str(knobs["data"]) in CLOUDS and 10 <= N <= 200 else fitted, start
