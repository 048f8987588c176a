"""The lesson `rivals`: four classifiers at work on the same points, and five fields side by side."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np

from engine.device import HOST, Array, Device
from engine.shallow import accuracy, boosting, boosting_fast, margin, margin_fast, neighbours, tree, tree_fast
from engine.shallow.accuracy import Said
from engine.shallow.margin_run import Opened
from engine.walks.gradient_check import Objective
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
MATRICES = frozenset({"x", "x_test", "Y", "K", "cL", "cR"})
COUNTS = (
    "near", "rest", "vote", "row", "leaf", "node", "count", "inside", "g", "cL", "cR", "cut", "feature", "open",
    "chosen", "right", "i", "j", "axis",
)  # fmt: skip


class Vectors:
    """The families that are shown as vectors: all but the matrices."""

    def __contains__(self, family: object) -> bool:
        return family not in MATRICES


def models(s: Scope) -> Models:
    """The five on the points of a scope."""
    return models_of(s.knobs, s.trial.start)


def solved(s: Scope) -> Opened:
    """The solver's run, on the scope's device."""
    return Opened(s.device, models(s).machine, TOL, s.trial.start.params["q"])


def numbers(count: str) -> Any:
    """(count, 1): 0, 1, 2, …"""
    return lambda s: s.device.put([[float(i)] for i in range(s.trial.lengths[count])])


def one_hot(s: Scope) -> Array:
    """Y (N, 2): the class −1 in its first column, +1 in its second."""
    return s.device.put([[float(y < 0), float(y > 0)] for y in s.trial.start.inputs["y"]])


def of_tree(name: str) -> Derived:
    """What the tree's rules read that is there before the first step."""
    return Derived(name, lambda s: tree.state(s.device, s.N, models(s).limits)[name])


def answers(trial: Trial) -> dict[str, Said]:
    """What the five answer to the points and to those that test."""
    some, tests = models(trial.first), np.array(trial.start.inputs["x_test"], dtype=float)
    return {name: Said(some.says(name, some.x), some.says(name, tests)) for name in NAMES}


def compared(s: Scope, at: Path) -> list[Section]:
    """One section for each of the five."""
    some, given = models(s), {name: np.array(value, dtype=float) for name, value in s.trial.start.inputs.items()}

    def said(name: str) -> Said:
        return Said(some.says(name, some.x), some.says(name, given["x_test"]))

    each = [partial(said, name) for name in NAMES]
    return accuracy.sections(s.device, given["y"], given["y_test"], each, at)


def answer_at(s: Scope) -> Objective:
    """f of the new point as the machine is solved, and its slope."""
    run = solved(s)
    problem, state = run.problem, run.state(run.machine.run.steps)

    def kernels(q: Array) -> Array:
        return margin.kernel_matrix(s.xp, problem.kernel, problem.x, q.T)

    def f(q: Array) -> Array:
        return s.xp.sum(state.a * problem.y * kernels(q)) + run.machine.run.b

    return Objective({"q": run.q}, f, {"q": margin.slope_of(problem, state.a, run.q, kernels(run.q))})


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
    return [int(i) for i in np.flatnonzero(~models(s).support)]


def border_moves(trial: Trial) -> str:
    """Whether the border moves where a point that is no support vector is left out: both solved to a small gap."""
    some, (out, *_) = models(trial.first), spare(trial.first)
    (x0, x1), (y0, y1) = ((some.x[:, f].min(), some.x[:, f].max()) for f in (0, 1))
    grid = np.stack(np.meshgrid(np.linspace(x0, x1, 25), np.linspace(y0, y1, 25)), axis=-1).reshape(-1, 2)
    whole, less = (
        margin_fast.machine(HOST, x, y, some.kernel, some.C, TOL / 100, 100_000).decide(grid)
        for x, y in ((some.x, some.y), (np.delete(some.x, out, axis=0), np.delete(some.y, out)))
    )
    return "stays" if np.abs(whole - less).max() < 10 * TOL else "moves"


def shares(trial: Trial) -> dict[str, tuple[float, float]]:
    """The share of right answers of each, to the points and to those that test."""
    y, y_test = (np.array(trial.start.inputs[name]) for name in ("y", "y_test"))
    return {
        name: (float((said.train == y).mean()), float((said.test == y_test).mean()))
        for name, said in answers(trial).items()
    }


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
        "gap": number(run.gap), "solved": run.gap < TOL, "support": int(some.support.sum()), "b": number(run.b),
        "f": number(float(some.margin(trial.start.params["q"][None, :])[0])),
        "train": {name: train for name, (train, _) in found.items()},
        "test": {name: test for name, (_, test) in found.items()},
    }  # fmt: skip


class Rivals(DeclaredLesson):
    """Classes are −1 and +1; points are counted from 0, as the entries of vectors are."""

    sizes = (Size("N", low=2, high=1000), Size("T", low=1, high=1000))
    holds = (
        Parameter("q", 2),
        Input("x", ("N", 2), needed=True, rows="p"),
        Input("y", "N", needed=True, among=(-1, 1)),
        Input("x_test", ("T", 2), edited=False),
        Input("y_test", "T", among=(-1, 1), edited=False),
    )
    derived = (
        Derived("row", numbers("N")),
        Derived("kind", lambda s: s.device.put([[-1.0], [1.0]])),
        Derived("axis", lambda s: s.device.put([[1.0], [2.0]])),
        Derived("rest", lambda s: s.xp.ones_like(s.row)),
        Derived("vote", lambda s: s.xp.zeros_like(s.kind)),
        Derived("Y", one_hot),
        *map(of_tree, ("node", "leaf", "feature", "place", "worth", "open")),
    )
    acts = (
        Act("knn", lambda s, at: neighbours.ask(s.device, s.x, s.y, s.kind, s.row, s.q, models(s).k, at), after=()),
        Act("tree", lambda s, at: tree.grow(s.device, s.x, s.Y, s.kind, s.axis, models(s).limits, at), after=()),
        Act("boosting", lambda s, at: boosting.boost(s.device, s.x, s.y, s.axis, models(s).rounds, at), after=()),
        Sections("margin", lambda s, at: solved(s).sections(at)),
        Sections("compare", compared),
    )
    gradient = Gradient(answer_at, name="f")
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
    counted = frozenset(COUNTS)
    columns = Vectors()
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

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        models_of(knobs, start)  # refuses more neighbours than points
        return super().reel(device, knobs, start)

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        every = neighbours.RULES, tree.rules(str(knobs["impurity"])), boosting.RULES, margin.rules(str(knobs["kernel"]))
        return {op: rule for rules in (*every, accuracy.RULES) for op, rule in rules.items()}
