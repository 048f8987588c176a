"""The lesson `neuron`: one unit, its inputs and weights moved by hand; net and o follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.device import Array, Device, rng
from engine.feedforward.neuron import Neuron, answer, fire, rules, weigh
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path, drain, split
from lessons.building.experiment import Experiment, counted, function
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.feedforward.neuron.stage import panels, says

GRAINS: Grains = {"act": 0, "i": 1, "op": 2}
# Three inputs of unlike size, so that the largest weight does not stand at the largest input.
EXAMPLE = {"w": [0.8, -0.4, 0.3], "x": [1.0, 0.5, 2.0], "b": [-0.5]}


def at_last_product(knobs: Knobs, start: Start) -> Path:
    return (("weigh", -1), ("i", len(start.inputs["x"])))


def net_of(view: View) -> float:
    """net, all inputs weighed."""
    net = view.get("net")
    assert net is not None
    return float(net[0])


def at_answer(knobs: Knobs, start: Start) -> Path | None:
    return (("answer", -1), ("i", 1)) if len(start.inputs["x"]) > 1 else None


def most_felt(view: View) -> str:
    """Which weight o feels most: that of the largest input, the largest weight, either (they stand together), none."""
    x = np.abs(np.array(view.start.inputs["x"]))
    w, slope = np.abs(view.start.params["w"]), view.get("slope")
    assert slope is not None
    if slope[0] == 0 or not x.any():
        return "none"
    return "both" if bool(((x == x.max()) & (w == w.max())).any()) else "input"


class OneNeuron(Experiment):
    """See `contract.lesson.Lesson`. Inputs count from 1, as on the slide."""

    grains = GRAINS
    grain = "i"
    asks = (
        Ask("net", at_last_product, "number", net_of, 0.02, within=0.011),
        Ask("felt", at_answer, "choice", most_felt),
    )
    explains = ("o", "net", "do_w")
    columns = frozenset({"x", "w", "p", "net", "o", "b", "slope", "do_w", "do_x", "do_b"})
    rebuilds = frozenset({"inputs"})
    optional = frozenset({"b"})
    given = frozenset({"x"})

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        M = int(knobs["inputs"])
        if seed is None and len(EXAMPLE["x"]) == M:
            found = {name: np.array(value) for name, value in EXAMPLE.items()}
        else:
            draw = rng(seed or 0)
            found = {name: np.round(draw.normal(0.0, 1.0, size), 2) for name, size in (("w", M), ("x", M), ("b", 1))}
        return Start({"w": found["w"], "b": found["b"]}, {"x": found["x"].tolist()})

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        return {"w": (len(inputs["x"]),), "b": (1,)}

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        x = given.get("x", self.start(knobs, None).inputs["x"])
        numbers = isinstance(x, list) and all(isinstance(v, int | float) and abs(v) < 1e300 for v in x)
        if not numbers or not 1 <= len(x) <= 8:
            raise Refused("inputs_numbers", file=file, name="x", low=1, high=8)
        return {"x": [float(v) for v in x]}

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        return {**knobs, "inputs": len(inputs["x"])}

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        family, at = split(symbol)
        return (family, (at[0] - 1,)) if family in ("w", "x") and at else (symbol, index)

    def unit(self, device: Device, start: Start) -> Neuron:
        w, x = ([device.put([[v]]) for v in values] for values in (start.params["w"], start.inputs["x"]))
        return Neuron(w, device.put([start.params["b"]]), x)

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        unit, f, M = self.unit(device, start), function(knobs), len(start.inputs["x"])
        at = {act: ((act, -1),) for act in self.card.acts}
        net = drain(weigh(unit))
        o = f.f(device.xp, net)

        def env(**more: Array) -> Env:
            families = {name: counted(values) for name, values in (("x", unit.x), ("w", unit.w))}
            made = counted([w * x for w, x in zip(unit.w, unit.x, strict=True)]) if more else lambda i: None
            return Env({"b": unit.b, **more}, {**families, "p": made})

        return Reel(
            [
                Section(at["weigh"], lambda: weigh(unit, at["weigh"]), env, 1 + 2 * M),
                Section(at["fire"], lambda: fire(device.xp, f, net, at["fire"]), lambda: env(net=net), 1),
                Section(
                    at["answer"],
                    lambda: answer(device.xp, f, unit, o, at["answer"]),
                    lambda: env(net=net, o=o),
                    2 + 2 * M,
                ),
            ],
            self.grains,
        )

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return rules(function(knobs))

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        """o itself, as a function of w and b."""
        unit, f, xp = self.unit(device, start), function(knobs), device.xp
        theta = {"w": xp.concat(tuple(unit.w), axis=0), "b": unit.b}

        def o(**replaced: Array) -> Array:
            moved = {**theta, **replaced}
            w = [moved["w"][i : i + 1, :] for i in range(len(unit.w))]
            return xp.sum(f.f(xp, drain(weigh(Neuron(w, moved["b"], unit.x)))))

        by_w, by_b = drain(answer(xp, f, unit, f.f(xp, drain(weigh(unit)))))
        return Objective(theta, o, {"w": xp.concat(tuple(by_w), axis=0), "b": by_b})

    def panels(self, view: View, text: Text) -> Stage:
        return panels(view, text, self.rule(view.knobs), function(view.knobs))

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return says(view, text)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        unit, objective = self.unit(device, start), self.objective(device, knobs, start)
        net = drain(weigh(unit))
        grad = {name: device.get(value)[:, 0] for name, value in objective.gradient.items()}
        o = float(device.get(function(knobs).f(device.xp, net))[0, 0])
        return {"net": float(device.get(net)[0, 0]), "o": o, "grad": grad}
