"""The lesson `timeline`: the milestones in order, each model trained on the same four tasks when its year comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from itertools import product
from typing import Any

import numpy as np

from engine.device import Array, Rng
from engine.walks.reel import Env, Section
from engine.walks.step import Path, Step, Walk
from lessons.building.acts import Derived, Scope, Sections, Trial
from lessons.building.asks import Question
from lessons.building.counted import Counted
from lessons.building.declared import DeclaredLesson
from lessons.building.holds import Input, Lengths
from lessons.contract.card import Lead
from lessons.contract.view import Knobs, View
from lessons.data.tasks import TASKS, Sizes, task
from lessons.history.timeline.milestones import NUMBERS, STOPS
from lessons.history.timeline.models import MODELS
from lessons.history.timeline.stage import TimelineStage

RULES = {"year": "year[n] = when[n]", "err": "err[n,k] = 100 * wrong[n,k,j] / tests[k]"}
SEEDS = 1 << 16
ALIKE = 0.5
"""Per cent of the test examples by which two models must differ for one to be better."""


@lru_cache(maxsize=256)
def fitting(model: str, of: str, sizes: Sizes) -> Counted:
    """Wrong test examples after each part of one training."""
    return Counted(MODELS[model].train(task(of, sizes), sizes.seed))


def sizes(s: Scope) -> Sizes:
    k = s.knobs
    labels = min(int(k["labels"]), int(k["pictures"]))
    return Sizes(int(k["pictures"]), labels, int(k["shift"]), int(s.trial.start.inputs["seed"][0]))


def year_of(s: Scope, n: int) -> Array:
    """The year of a milestone."""
    return s.device.put([[STOPS[n - 1].year]])


def wrong(s: Scope, n: int, k: int, j: int) -> float:
    return float(fitting(STOPS[n - 1].id, TASKS[k - 1], sizes(s)).after(j))


def tests(s: Scope, k: int) -> float:
    """How many test examples a task has."""
    return float(len(task(TASKS[k - 1], sizes(s)).test_y))


def per_cent(s: Scope, n: int, k: int, j: int) -> float:
    """The share of test examples that the model of milestone n gets wrong on task k after part j."""
    return 100 * wrong(s, n, k, j) / tests(s, k)


def told(s: Scope, n: int, at: Path) -> Walk[None]:
    """The year of a milestone."""
    yield Step(at, "year", {f"year[{n}]": year_of(s, n)})


def fitted(s: Scope, n: int, k: int, at: Path) -> Walk[None]:
    """The share of test examples that the model of milestone n gets wrong on task k, in per cent, part by part."""
    for j in range(1, parts(n, TASKS[k - 1]) + 1):
        yield Step((*at, ("j", j)), "err", {f"err[{n},{k}]": s.device.put([[per_cent(s, n, k, j)]])})


def years(s: Scope, at: Path) -> list[Section]:
    """A section for the year of each milestone, and one for each training, which the table goes on from."""
    found = list[Section]()
    for n in range(1, len(STOPS) + 1):
        here = (*at, ("n", n))
        found.append(Section(here, partial(told, s, n, here), partial(before, s, n, 0), 1, chained=True))
        for k, name in enumerate(TASKS, 1):
            if parts(n, name):
                there = (*here, ("k", k))
                walk = partial(fitted, s, n, k, there)
                found.append(Section(there, walk, partial(before, s, n, k), parts(n, name), chained=True))
    return found


def before(s: Scope, n: int, k: int) -> Env:
    """What is known where milestone n begins to be trained on task k: all errors before."""

    def err(m: int, of: int) -> Array | None:
        count = parts(m, TASKS[of - 1]) if (m, of) < (n, k) else 0
        return s.device.put([[per_cent(s, m, of, count)]]) if count else None

    derived = {each.name: partial(each.make, s) for each in Timeline.derived}
    return Env({"seed": s.get("seed")}, {"err": err, "year": lambda m: year_of(s, m) if m <= n else None, **derived})


def parts(n: int, of: str) -> int:
    """In how many parts the model of milestone n is trained on a task."""
    stop = STOPS[n - 1]
    return MODELS[stop.id].parts if of in stop.tasks else 0


def errors(trial: Trial) -> Mapping[str, Any]:
    """The errors of every model on every task, in per cent."""
    return {"errors": {stop.id: {of: error(trial, stop.id, of) for of in stop.tasks} for stop in STOPS if stop.tasks}}


def error(trial: Trial, id: str, of: str) -> float:
    """The error of a model on a task, as the run has it."""
    scope, n, k = trial.first, NUMBERS[id], TASKS.index(of) + 1
    if trial.view is not None:
        value = trial.view.get(f"err[{n},{k}]")
        assert value is not None, "a question is about what has been trained when its verdict is given"
        return float(value.reshape(-1)[0])
    return per_cent(scope, n, k, parts(n, of))


def most_on_a_line(trial: Trial) -> float:
    """How many of XOR's four points lie on their side of a line at most, over lines of all directions."""
    x, t = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([-1, 1, 1, -1])
    grid = np.arange(-2, 2.25, 0.25)
    return float(max(((x @ w + b) * t > 0).sum() for *w, b in product(grid, repeat=3)))


def beside(id: str, other: str, of: str) -> Callable[[Trial], str]:
    """Whether a model makes fewer errors on a task than another, more, or about as many."""

    def answer(trial: Trial) -> str:
        apart = error(trial, id, of) - error(trial, other, of)
        return "same" if abs(apart) <= ALIKE else "more" if apart > 0 else "fewer"

    return answer


def of_three(trial: Trial) -> str:
    """Where the convolutional net comes on moved digits, between the neighbours and the multilayer perceptron."""
    net, near, dense = (error(trial, id, "moved") for id in ("convolution", "neighbours", "mlp"))
    return "least" if net < min(near, dense) else "most" if net > max(near, dense) else "between"


def starts(trial: Trial) -> str:
    """What becomes of the deep sigmoid net: as good as the shallow one, better, or never better than chance."""
    net, shallow = error(trial, "deep", "digits"), error(trial, "mlp", "digits")
    return "chance" if net > 80 else "better" if net < shallow else "worse"


def at(id: str, of: str) -> str:
    return f"years/n={NUMBERS[id]}/k={TASKS.index(of) + 1}"


class Timeline(DeclaredLesson):
    """One act: a milestone a step, its training inside."""

    holds = (Input("seed", 1, edited=False),)
    derived = (
        Derived("when", year_of, indexed=True),
        Derived("wrong", lambda s, n, k, j: s.device.put([[wrong(s, n, k, j)]]), indexed=True),
        Derived("tests", lambda s, k: s.device.put([[tests(s, k)]]), indexed=True),
    )
    acts = (Sections("years", years),)
    results = (errors,)
    questions = (
        Question("line", at("perceptron", "xor"), "number", most_on_a_line, 0.0),
        Question("still", at("mlp", "digits"), "choice", beside("mlp", "neighbours", "digits")),
        Question("moved", at("convolution", "moved"), "choice", of_three, when=lambda s: bool(s.knobs["shift"])),
        Question("starts", at("deep", "digits"), "choice", starts),
    )
    loops = ("n", "k", "j")
    grain = "n"
    explains = ("err",)
    counted = frozenset({"year", "when", "wrong", "tests"})
    rebuilds = frozenset({"pictures", "labels", "shift"})
    example = False
    shown_as = TimelineStage

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return RULES

    def drawn(self, knobs: Knobs, lengths: Lengths, draw: Rng) -> Mapping[str, Any]:
        """The seed that splits the pictures and draws weights."""
        return {"seed": draw.integers(SEEDS, size=1)}

    def lead(self, view: View) -> Lead | None:
        return STOPS[n - 1].lead if (n := view.loop("n")) else None
