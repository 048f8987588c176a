"""The lesson `rivals`: four classifiers at work on the same points, and the five fields side by side."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from engine.device import HOST, Array, Device
from engine.shallow import accuracy, boosting, boosting_fast, margin, margin_fast, neighbours, tree, tree_fast
from engine.shallow.margin_run import Opened
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Reel, Section
from engine.walks.step import Path
from lessons.building.acts import Act, Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.holds import Input, Parameter, Size
from lessons.contract.knobs import Value
from lessons.contract.view import Knobs, Start
from lessons.history.rivals import SETS
from lessons.history.rivals.models import FOUR, NAMES, TOL, Models, drawn, models_of, points
from lessons.history.rivals.stage import RivalsStage

NEW = np.array([1.5, -1.0])
"""The new point, until it is moved."""
LONG = 300
"""Rounds of boosting in the prediction about XOR."""


def models(s: Scope) -> Models:
    """The five on the points of a scope."""
    return models_of(s.knobs, s.trial.start)


def solved(s: Scope) -> Opened:
    """The solver's run, on the scope's device."""
    return Opened(s.device, models(s).machine, TOL, s.trial.start.params["q"])


def one_hot(s: Scope) -> Array:
    """Y (N, 2): the class −1 in its first column, +1 in its second."""
    return s.device.put([[float(y < 0), float(y > 0)] for y in s.trial.start.inputs["y"]])


def numbers(count: str) -> Any:
    """(count, 1): 0, 1, 2, …"""
    return lambda s: s.device.put([[float(i)] for i in range(s.trial.lengths[count])])


def of_tree(name: str) -> Derived:
    """What the tree's rules read that is there before the first step."""
    return Derived(name, lambda s: tree.state(s.device, s.N, models(s).limits)[name])


def compared(s: Scope, at: Path) -> list[Section]:
    """One section for each of the five; it is trained when its section is opened."""
    device, some = s.device, models(s)
    given = {name: device.put(np.array(s.trial.start.inputs[name])[:, None]) for name in ("y", "y_test")}
    tests = np.array(s.trial.start.inputs["x_test"], dtype=float)

    def section(i: int, name: str) -> Section:
        def says(q: Any) -> Array:
            return device.put(np.where(some.says(name, q) > 0, 1.0, -1.0)[:, None])

        def walk() -> Any:
            both = (given["y"], says(some.x), given["y_test"], says(tests))
            return accuracy.accuracy(device.xp, *both, i, here)

        def env() -> Env:
            late = {f"says[{i}]": lambda: says(some.x), f"says_test[{i}]": lambda: says(tests)}
            return Env({**given, "N": s.N, "T": s.T}, late=late)

        here = (*at, ("i", i))
        return Section(here, walk, env, 2)

    return [section(i, name) for i, name in enumerate(NAMES, 1)]


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
    x, y = FOUR
    return tree_fast.grow(x, (y > 0).astype(int), 2, tree.Limits()).nodes[0].gain


@lru_cache(maxsize=4)
def after_long(seed: int) -> float:
    """The share of new points that many stumps get right on XOR."""
    x, y = drawn("xor", seed, 200, 0)
    q, wanted = drawn("xor", seed + 1000, 1000, 0)
    F = boosting.decide(boosting_fast.boost(x, y, LONG), q)
    return float((np.where(F > 0, 1, -1) == wanted).mean())


def how_many_right(trial: Trial) -> str:
    share = after_long(0)
    return "half" if share < 0.62 else "most" if share < 0.9 else "all"


def errs(s: Scope) -> bool:
    """Whether the first stump makes an error, and there is a second round to speak of."""
    return models(s).stumps[0].eps > boosting.LEAST


def weight_of_wrong(trial: Trial) -> float:
    """What the points that the first stump gets wrong weigh after its round."""
    return trial.number("boosting/wrong[1]")


def spare(some: Models) -> list[int]:
    """The points that are no support vectors."""
    return [int(i) for i in np.flatnonzero(some.machine.run.a <= margin.LEAST * some.C)]


def border_moves(trial: Trial) -> str:
    """Whether the border moves where a point that is no support vector is left out: both solved to a small gap."""
    some = models(trial.first)
    kept = np.arange(len(some.y)) != spare(some)[0]
    grid = np.stack(np.meshgrid(np.linspace(-6, 6, 25), np.linspace(-6, 6, 25)), axis=-1).reshape(-1, 2)
    whole, less = (
        margin_fast.machine(HOST, x, y, some.kernel, some.C, TOL / 100, 100_000)
        for x, y in ((some.x, some.y), (some.x[kept], some.y[kept]))
    )
    return "stays" if np.abs(whole.decide(grid) - less.decide(grid)).max() < 10 * TOL else "moves"


def shares(trial: Trial) -> dict[str, tuple[float, float]]:
    """The share of right answers of each, on the points and on new ones."""
    some, given = models(trial.first), trial.start.inputs
    sets = [(np.array(given[f"x{end}"], dtype=float), np.array(given[f"y{end}"])) for end in ("", "_test")]
    return {
        name: tuple(float((np.where(some.says(name, x) > 0, 1, -1) == y).mean()) for x, y in sets)  # type: ignore[misc]
        for name in NAMES
    }


def last(trial: Trial) -> str:
    """Which of the five gets fewest new points right."""
    found = shares(trial)
    return min(NAMES, key=lambda name: found[name][1])


def clearly(s: Scope) -> bool:
    """Whether one of them is last by a margin."""
    worst, next_worst, *_ = sorted(test for _, test in shares(s.trial).values())
    return next_worst - worst >= 0.02


def outcome(trial: Trial) -> dict[str, Any]:
    """How each act ends."""
    some = models(trial.first)
    run, found = some.machine.run, shares(trial)
    return {
        "class": trial.number("knn/says"), "leaves": some.tree.leaves, "depth": some.tree.depth,
        "rounds": len(some.stumps), "bound": trial.number("boosting/bound"), "pairs": run.steps, "gap": run.gap,
        "solved": run.gap < TOL, "support": int((run.a > margin.LEAST * some.C).sum()), "b": run.b,
        "f": float(some.margin(trial.start.params["q"][None, :])[0]),
        "train": {name: train for name, (train, _) in found.items()},
        "test": {name: test for name, (_, test) in found.items()},
    }  # fmt: skip


class _Both(Env):
    """The values of a section, and what the lesson holds beside them."""

    def __init__(self, own: Env, held: Scope) -> None:
        super().__init__({})
        self._own, self._held = own, held

    def get(self, name: str) -> Any:
        value = self._own.get(name)
        return self._held.get(name) if value is None else value


def _with(s: Scope, section: Section) -> Section:
    return section._replace(env=lambda: _Both(section.env(), s))


class _Vectors:
    """The families that are shown as vectors: all but the points, the kernel, and counts by cut and class."""

    def __contains__(self, family: object) -> bool:
        return family not in ("x", "x_test", "Y", "K", "cL", "cR")


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
        Sections("margin", lambda s, at: [_with(s, each) for each in solved(s).sections(at)]),
        Sections("compare", lambda s, at: [_with(s, each) for each in compared(s, at)]),
    )
    gradient = Gradient(answer_at, name="f")
    results = (outcome,)
    questions = (
        Question("gain", "tree/s=0/n=0", "number", first_gain, within=0.001),
        Question("stumps", "boosting/begin", "choice", how_many_right),
        Question("half", "boosting/m=1", "number", weight_of_wrong, within=0.01, when=errs),
        Question("border", "margin/border", "choice", border_moves, when=lambda s: len(spare(models(s))) > 0),
        Question("last", "compare/i=1", "choice", last, when=clearly, until="compare/i=5"),
    )  # fmt: skip
    loops = (("s", "m", "r", "pair", "i", "phase"), "n")
    grain = "s"
    explains = ("d", "vote", "gain", "alpha", "wrong", "eta", "a", "o", "train", "test")
    counted = frozenset((
        "near", "rest", "vote", "row", "leaf", "node", "count", "inside", "g", "cL", "cR", "cut", "feature", "open",
        "chosen", "right", "i", "j", "axis",
    ))  # fmt: skip
    columns = _Vectors()
    rebuilds = frozenset({"data", "points", "noise"})
    second_views = frozenset({"knn"})
    shown_as = RivalsStage

    def settled(self, knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
        """No more neighbours than there are points, unless that was asked for."""
        count = len(points(knobs, 0)["x"])
        return {**knobs, "k": min(int(knobs["k"]), count)} if "k" not in given else dict(knobs)

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        """The points of the named set or file, those that test, and the new point."""
        found = points(knobs, seed or 0)
        inputs = {name: value.tolist() for name, value in found.items()}
        inside = NEW if knobs["data"] in SETS[:-1] else found["x"].mean(axis=0) + 0.1
        return Start({"q": np.round(inside, 3)}, inputs)

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        models_of(knobs, start)  # refuses more neighbours than points
        return super().reel(device, knobs, start)

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return {
            **neighbours.RULES,
            **tree.rules(str(knobs["impurity"])),
            **boosting.RULES,
            **margin.rules(str(knobs["kernel"])),
            **accuracy.RULES,
        }
