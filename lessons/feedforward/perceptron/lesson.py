"""The lesson `perceptron`: the rule on the learner's data, its bound; the rule on XOR, and why that never ends."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from engine.device import HOST, Array, Device, HostArray
from engine.feedforward import perceptron
from engine.feedforward.perceptron import RULES, Examples, Outcome, Theta, bound, came_back, epoch
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path, drain, split
from lessons.building.experiment import Experiment, counted, number_of
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.data.points import CLOUDS, points
from lessons.feedforward.perceptron.stage import panels, says

GRAINS: Grains = {"act": 0, "epoch": 1, "i": 2, "op": 3}


def outcome(start: Start, rate: float, epochs: int) -> Outcome:
    """The whole run on a start's points."""
    x, y = np.array(start.inputs["x"]), np.array(start.inputs["y"])
    return _run(start.params["w"].tobytes(), float(start.params["b"][0]), x.tobytes(), y.tobytes(), rate, epochs)


@lru_cache(maxsize=16)
def _run(w: bytes, b: float, x: bytes, y: bytes, rate: float, epochs: int) -> Outcome:
    arrays = [np.frombuffer(raw, dtype=float) for raw in (w, x, y)]
    return perceptron.run(arrays[0], b, arrays[1].reshape(-1, 2), 2 * arrays[2] - 1, rate, epochs)


def for_act(act: str, knobs: Knobs, start: Start) -> tuple[Start, Outcome]:
    """The start and run that an act is about: the learner's, or XOR from 0."""
    if act in ("learn", "bound"):
        return start, outcome(start, float(knobs["rate"]), int(knobs["epochs"]))
    x, y = points("xor", 0, 4)
    zero = Start({"w": np.zeros(2), "b": np.zeros(1)}, {"x": x.tolist(), "y": y.tolist()})
    return zero, outcome(zero, float(knobs["rate"]), int(knobs["epochs"]))


def at_second(knobs: Knobs, start: Start) -> Path:
    return (("learn", -1), ("epoch", 1), ("i", 1))


def how_it_ends(view: View) -> str:
    """How the run on the learner's points ends."""
    run = for_act("learn", view.knobs, view.start)[1]
    return "ends" if run.converged else "circle" if run.cycle else "on"


def at_bound(knobs: Knobs, start: Start) -> Path | None:
    return (("bound", -1),) if for_act("learn", knobs, start)[1].converged else None


def mistakes(view: View) -> float:
    return float(for_act("learn", view.knobs, view.start)[1].mistakes)


def at_xor(knobs: Knobs, start: Start) -> Path:
    return (("xor", -1), ("epoch", 1), ("i", 4))


def most_right(view: View) -> float:
    """The most of XOR's four points that any line has right: all lines through a fine grid of directions are tried."""
    x, y = points("xor", 0, 4)
    best = 0
    for angle in np.linspace(0, 2 * np.pi, 73)[:-1]:
        heights = x @ np.array([np.cos(angle), np.sin(angle)])
        for cut in np.concatenate([heights - 0.01, heights + 0.01]):
            best = max(best, int(((heights > cut) == (y > 0)).sum()))
    return float(best)


def at_circle(knobs: Knobs, start: Start) -> Path | None:
    return (("circle", -1),) if for_act("xor", knobs, start)[1].cycle else None


def with_half(view: View) -> str:
    """Whether half the rate ends it."""
    zero, _ = for_act("xor", view.knobs, view.start)
    return "ends" if outcome(zero, float(view.knobs["rate"]) / 2, int(view.knobs["epochs"])).converged else "never"


class Rosenblatt(Experiment):
    """See `contract.lesson.Lesson`. Classes are 0 and 1 to the learner, t = ±1 in the formulas."""

    grains = GRAINS
    grain = "i"
    asks = (
        Ask("ends", at_second, "choice", how_it_ends),
        Ask("mistakes", at_bound, "number", mistakes, 0.0),
        Ask("most", at_xor, "number", most_right, 0.0),
        Ask("half", at_circle, "choice", with_half),
    )
    explains = ("w", "m", "u")
    columns = frozenset({"x", "w", "b", "w_then", "u", "t", "m", "R", "g", "gamma", "bound", "gap", "b_then"})
    rebuilds = frozenset({"data", "points"})
    optional = frozenset({"b"})
    given = frozenset({"x", "y"})

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        data = str(knobs["data"])
        x, y = points(data, seed or 0, int(knobs["points"]))
        w, b = np.zeros(2), np.zeros(1)
        return Start({"w": w, "b": b}, {"x": x.tolist(), "y": y.tolist()})

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        return {"w": (2,), "b": (1,)}

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        if not given:
            return self.start(knobs, None).inputs
        try:
            x, y = np.array(given.get("x"), dtype=float), np.array(given.get("y"), dtype=float)
        except (TypeError, ValueError, OverflowError):
            x, y = np.zeros((0, 2)), np.zeros(0)
        fits = x.ndim == 2 and x.shape[1:] == (2,) and y.shape == (len(x),) and 2 <= len(x) <= 1000
        if not fits or not np.isfinite(x).all() or not np.isin(y, (0, 1)).all():
            raise Refused("inputs_points", file=file)
        return {"x": x.tolist(), "y": y.tolist()}

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        family, at = split(symbol)
        if family in ("x", "y") and at:
            return family, (at[0] - 1, *index) if family == "x" else (at[0] - 1,)
        return symbol, index

    def edit(self, start: Start, symbol: str, index: tuple[int, ...], raw: str) -> Start:
        if symbol.startswith("y[") and number_of(raw) not in (0.0, 1.0):
            raise Refused("edit_class", value=raw.strip())
        return super().edit(start, symbol, index, raw)

    def nudged(self, start: Start, symbol: str, index: tuple[int, ...], by: int) -> str:
        if symbol.startswith("y["):
            return str(1 - int(start.inputs["y"][split(symbol)[1][0] - 1]))
        return super().nudged(start, symbol, index, by)

    def examples(self, device: Device, start: Start) -> Examples:
        x, y = start.inputs["x"], start.inputs["y"]
        return Examples([device.put([[v] for v in row]) for row in x], [device.put([[2 * v - 1]]) for v in y])

    def theta(self, device: Device, w: HostArray, b: float) -> Theta:
        return Theta(device.put(w[:, None]), device.put([[b]]))

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        sections: list[Section] = []
        for act in self.card.acts:
            begun, run = for_act(act, knobs, start)
            examples, at = self.examples(device, begun), ((act, -1),)
            make = {"learn": self._epochs, "xor": self._epochs, "bound": self._bound, "circle": self._circle}[act]
            sections += make(device, knobs, begun, run, examples, at)
        return Reel(sections, self.grains)

    def _epochs(
        self, device: Device, knobs: Knobs, start: Start, run: Outcome, examples: Examples, at: Path
    ) -> list[Section]:
        """One section an epoch; the last may stop in its middle, where the state came back."""
        found, N, eta = [], len(examples.x), float(knobs["rate"])
        for first in range(0, len(run.visits), N):
            visits = run.visits[first : first + N]
            w, b = self._before(start, run, first)
            theta, place = self.theta(device, w, b), (*at, ("epoch", visits[0].epoch))
            some = Examples(examples.x[: len(visits)], examples.t[: len(visits)])

            def walk(theta: Theta = theta, some: Examples = some, place: Path = place) -> Any:
                return epoch(device, theta, some, eta, place)

            def env(theta: Theta = theta) -> Env:
                return self._env(device, theta, examples, eta=eta)

            found.append(Section(place, walk, env, sum(2 + 2 * v.mistake for v in visits)))
        return found

    def _bound(
        self, device: Device, knobs: Knobs, start: Start, run: Outcome, examples: Examples, at: Path
    ) -> list[Section]:
        w, b = self._before(start, run, len(run.visits))
        theta = self.theta(device, w, b)
        more = {"R": 0 * theta.b, "gamma": device.put([[np.inf]])}
        return [
            Section(
                at,
                lambda: bound(device, theta, examples, at),
                lambda: self._env(device, theta, examples, **more),
                3 * len(examples.x) + 1,
            )
        ]

    def _circle(
        self, device: Device, knobs: Knobs, start: Start, run: Outcome, examples: Examples, at: Path
    ) -> list[Section]:
        """The state at the end of the circle beside that at its beginning (without a circle: beside the start)."""
        then, now = run.cycle or (0, len(run.visits))
        first, last = (self.theta(device, *self._before(start, run, n)) for n in (then, now))
        env = lambda: self._env(device, last, examples, w_then=first.w, b_then=first.b)  # noqa: E731
        return [Section(at, lambda: came_back(device.xp, last, first, at), env, 1)]

    @staticmethod
    def _before(start: Start, run: Outcome, visits: int) -> tuple[HostArray, float]:
        """The state after so many visits."""
        if not visits:
            return start.params["w"], float(start.params["b"][0])
        return run.visits[visits - 1].w, run.visits[visits - 1].b

    @staticmethod
    def _env(device: Device, theta: Theta, examples: Examples, **more: Any) -> Env:
        y = [(t + 1) / 2 for t in examples.t]
        return Env({**theta._asdict(), **more}, {"x": counted(examples.x), "t": counted(examples.t), "y": counted(y)})

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return RULES

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        """E = −Σ t·u over the examples that are mistakes now: the rule is a step against its gradient."""
        theta = self.theta(device, start.params["w"], float(start.params["b"][0]))
        examples = self.examples(device, start)
        wrong = [
            (x, t)
            for x, t in zip(examples.x, examples.t, strict=True)
            if not device.get(t * (theta.w.T @ x + theta.b))[0, 0] > 0
        ]

        def E(**moved: Array) -> Array:
            w, b = Theta(**{**theta._asdict(), **moved})
            return device.xp.sum(0 * b) - sum((device.xp.sum(t * (w.T @ x + b)) for x, t in wrong), 0.0)

        by_w = sum((-t * x for x, t in wrong), 0 * theta.w)
        by_b = sum((-t for _, t in wrong), 0 * theta.b)
        return Objective({"w": theta.w, "b": theta.b}, E, {"w": by_w, "b": by_b})

    def panels(self, view: View, text: Text) -> Stage:
        begun, run = for_act(view.act, view.knobs, view.start)
        return panels(view, text, RULES, begun, run)

    def says(self, view: View, text: Text) -> dict[str, Any]:
        begun, run = for_act(view.act, view.knobs, view.start)
        return says(view, text, begun, run)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        run = for_act("learn", knobs, start)[1]
        w, b = self._before(start, run, len(run.visits))
        found: dict[str, Any] = {
            "weights": w, "bias": [b], "mistakes": run.mistakes, "visits": len(run.visits), "converged": run.converged,
            "grad": {name: device.get(g)[:, 0] for name, g in self.objective(device, knobs, start).gradient.items()},
        }  # fmt: skip
        if run.cycle:
            steps = [sum(2 + 2 * v.mistake for v in run.visits[:n]) for n in run.cycle]
            found["cycle"] = steps
            found["cycle_visits"] = list(run.cycle)
        if run.converged and not start.params["w"].any() and not start.params["b"].any():
            most = drain(bound(HOST, self.theta(HOST, w, b), self.examples(HOST, start)))
            found["bound"] = float(most[0, 0])
        return found

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        data = str(knobs["data"])
        return (
            {**knobs, "points": len(inputs["x"])} if data in CLOUDS and 10 <= len(inputs["x"]) <= 200 else dict(knobs)
        )
