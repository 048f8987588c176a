"""The lesson `rivals`: four classifiers at work on the same points, and five fields side by side."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np

from engine.device import Device, HostArray
from engine.shallow import accuracy, boosting, boosting_fast, margin, neighbours, tree, tree_fast
from engine.shallow.margin_run import Opened
from engine.walks.reel import Reel, Section
from engine.walks.step import Path
from lessons.building.acts import Act, Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.holds import Input, Parameter, Size
from lessons.contract.knobs import Value
from lessons.contract.view import Knobs, Start
from lessons.data.scatter import FOUR, labelled, taught_and_tested
from lessons.history.rivals.models import NAMES, TOL, Models, models_of
from lessons.history.rivals.stage import RivalsStage

NEW = np.array([1.5, -1.0])
"""The new point, until it is moved, on the square of the named sets."""
LONG = 300
"""Rounds of boosting in the prediction about XOR."""
COUNTS = (
    "rest", "vote", "count", "inside", "g", "cL", "cR", "feature", "open", "right", "axis",
)  # fmt: skip
ORDINALS = frozenset({"near", "row", "leaf", "node", "new", "cut", "chosen", "i", "j"})
"""Numbers of points, nodes and cuts, which run from 0."""


def models(s: Scope) -> Models:
    """The five on the points of a scope."""
    return models_of(s.knobs, s.trial.start)


def solved(s: Scope) -> Opened:
    """The solver's run, on the scope's device."""
    return Opened(s.device, models(s).machine, TOL, s.trial.start.params["q"])


def begun(name: str) -> Derived:
    """A symbol that the rules of neighbours and of the tree read and that is there before the first step."""
    return Derived(name, lambda s: s.begun[name])


def given(trial: Trial) -> dict[str, HostArray]:
    """The points that are learned from and those that test, with their classes, by the name of the input."""
    return {name: np.array(value, dtype=float) for name, value in trial.start.inputs.items()}


def compared(s: Scope, at: Path) -> list[Section]:
    """One section for each of the five."""
    some = given(s.trial)
    each = [partial(models(s).said, name, some["x_test"]) for name in NAMES]
    return accuracy.sections(s.device, some["y"], some["y_test"], each, at)


# predictions


def first_gain(trial: Trial) -> float:
    """The gain of the best first cut of XOR's four points."""
    return tree_fast.grow(FOUR[0], FOUR[1].astype(int), 2, tree.Limits()).nodes[0].gain


@lru_cache(maxsize=1)
def after_long() -> float:
    """The share of new points that many stumps get right on XOR."""
    (x, y), (q, wanted) = labelled("xor", 0, 200, 0), labelled("xor", 1000, 1000, 0)
    return float((boosting.decide(boosting_fast.boost(x, y, LONG), q) * wanted > 0).mean())


def how_many_right(trial: Trial) -> str:
    return "half" if after_long() < 0.62 else "most" if after_long() < 0.9 else "all"


def weight_of_wrong(trial: Trial) -> float:
    """What the points that the first stump gets wrong weigh after its round."""
    return trial.number("boosting/wrong[1]")


def spare(s: Scope) -> list[int]:
    """The points that are no support vectors."""
    return [int(i) for i in np.flatnonzero(~models(s).machine.support)]


def border_moves(trial: Trial) -> str:
    """Whether the border moves where a point that is no support vector is left out: both solved to a small gap."""
    machine, close = models(trial.first).machine, (TOL / 100, 100_000)
    low, high = machine.x.min(axis=0), machine.x.max(axis=0)
    grid = np.stack(np.meshgrid(*np.linspace(low, high, 25).T), axis=-1).reshape(-1, 2)
    whole, less = (machine.without(points, *close).decide(grid) for points in ([], spare(trial.first)[:1]))
    return "stays" if np.abs(whole - less).max() < 10 * TOL else "moves"


def shares(trial: Trial) -> dict[str, tuple[float, float]]:
    """The share of right answers of each, to the points and to those that test."""
    some, found = given(trial), dict[str, tuple[float, float]]()
    for name in NAMES:
        train, test = models(trial.first).said(name, some["x_test"])
        found[name] = float((train == some["y"]).mean()), float((test == some["y_test"]).mean())
    return found


def last(trial: Trial) -> str:
    """Which of the five gets fewest new points right."""
    found = shares(trial)
    return min(NAMES, key=lambda name: found[name][1])


def clearly(s: Scope) -> bool:
    """Whether one of them is last by a margin."""
    worst, next_worst, *_ = sorted(test for _, test in shares(s.trial).values())
    return next_worst - worst >= 0.02


def number(x: float) -> float | None:
    """A number for --json, which knows no others than finite ones."""
    return x if np.isfinite(x) else None


def outcome(trial: Trial) -> dict[str, Any]:
    """How each act ends."""
    some, found = models(trial.first), shares(trial)
    run = some.machine.run
    return {
        "class": trial.number("knn/says"), "leaves": some.tree.leaves, "depth": some.tree.depth,
        "rounds": len(some.stumps), "bound": trial.number("boosting/bound"), "pairs": run.steps,
        "gap": number(run.gap), "solved": run.gap < TOL, "support": int(some.machine.support.sum()), "b": number(run.b),
        "f": number(float(some.machine.decide(trial.start.params["q"][None, :])[0])),
        "train": {name: train for name, (train, _) in found.items()},
        "test": {name: test for name, (_, test) in found.items()},
    }  # fmt: skip


class Rivals(DeclaredLesson):
    """Classes are −1 and +1; points, nodes and cuts are counted from 0 in arrays and addresses."""

    sizes = (Size("N", low=2, high=1000), Size("T", low=1, high=1000))
    holds = (
        Parameter("q", 2),
        Input("x", ("N", 2), needed=True, rows="p"),
        Input("y", "N", needed=True, among=(-1, 1)),
        Input("x_test", ("T", 2), edited=False),
        Input("y_test", "T", among=(-1, 1), edited=False),
    )
    derived = (
        Derived(
            "begun",
            lambda s: neighbours.begun(s.device, s.N) | tree.begun(s.device, given(s.trial)["y"], models(s).of.limits),
        ),
        *map(begun, ("row", "kind", "rest", "vote", "Y", "axis", "node", "leaf", "feature", "place", "worth", "open")),
        Derived("new", lambda s, n: s.begun.get(f"new[{n}]"), indexed=True),
    )
    matrices = frozenset({"Y", "K", "cL", "cR"})
    acts = (
        Act("knn", lambda s, at: neighbours.ask(s.device, s.x, s.y, s.kind, s.row, s.q, models(s).of.k, at), after=()),
        Act("tree", lambda s, at: tree.grow(s.device, s.x, s.Y, s.kind, s.axis, models(s).of.limits, at), after=()),
        Act("boosting", lambda s, at: boosting.boost(s.device, s.x, s.y, s.axis, models(s).of.rounds, at), after=()),
        Sections("margin", lambda s, at: solved(s).sections(at)),
        Sections("compare", compared),
    )
    gradient = Gradient(lambda s: solved(s).objective(), name="f")
    results = (outcome,)
    questions = (
        Question("gain", "tree/s=1", "number", first_gain, within=0.001, when=lambda s: s.knobs["data"] != "four"),
        Question(
            "half", "boosting/t=1", "number", weight_of_wrong, within=0.01,
            when=lambda s: models(s).stumps[0].eps > boosting.LEAST,
        ),
        Question("stumps", "boosting/t=2", "choice", how_many_right, when=lambda s: len(models(s).stumps) > 1),
        Question("border", "margin/border", "choice", border_moves, when=lambda s: len(spare(s)) > 0),
        Question("last", "compare/i=2", "choice", last, when=clearly, until="compare/i=5"),
    )  # fmt: skip
    loops = (("s", "t", "j", "pair", "i", "phase"), "n")
    grain = "s"
    explains = ("gain", "vote", "alpha", "wrong", "chosen", "o", "d", "eta", "train", "test")
    counted, ordinals, from_zero = frozenset(COUNTS), ORDINALS, frozenset({"tree/n", "p[0]"})
    rebuilds = frozenset({"data", "points", "noise"})
    second_views = frozenset({"knn"})
    shown_as = RivalsStage

    def drawn_points(self, knobs: Knobs, seed: int) -> dict[str, Any]:
        return taught_and_tested(str(knobs["data"]), seed, int(knobs["points"]), float(knobs["noise"]))

    def settled(self, knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
        """No more neighbours than there are points, unless that was asked for."""
        most = int(knobs["k"]) if "k" in given else len(self.drawn_points(knobs, 0)["x"])
        return {**knobs, "k": min(int(knobs["k"]), most)}

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        """The points of the named set or file, those that test, and the new point."""
        found = self.drawn_points(knobs, seed or 0)
        square = str(knobs["data"]) != "four" and self.card.knobs[0].read(knobs["data"]) in self.card.knobs[0].choices
        q = NEW if square else np.round(found["x"].mean(axis=0) + 0.1, 3)
        return Start({"q": q}, {name: value.tolist() for name, value in found.items()})

    def prepare(self, knobs: Knobs, seed: int | None, start: Start | None, seconds: float) -> None:
        models_of(knobs, start or self.start(knobs, seed)).solver.reach(seconds)

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        models_of(knobs, start)  # refuses more neighbours than points
        return super().reel(device, knobs, start)

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        every = neighbours.RULES, tree.rules(str(knobs["impurity"])), boosting.RULES, margin.rules(str(knobs["kernel"]))
        return {op: rule for rules in (*every, accuracy.RULES) for op, rule in rules.items()}
