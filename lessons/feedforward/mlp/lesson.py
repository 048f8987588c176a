"""The lesson `mlp`: the experiment, its predictions and its stage, put together as the contract asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from itertools import takewhile
from typing import Any

import numpy as np

from engine.device import Device, HostArray
from engine.feedforward import mlp
from engine.feedforward.mlp_training import loss_on
from engine.maths.optimisers import OPTIMISERS
from engine.walks import descent
from engine.walks.gradient_check import Objective
from engine.walks.history import State, Track
from engine.walks.reel import Reel
from engine.walks.step import drain, split
from lessons.building.experiment import Experiment, number_of
from lessons.contract.card import Card
from lessons.contract.knobs import Refused, Value
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.feedforward.mlp import experiment as exp
from lessons.feedforward.mlp import stage
from lessons.feedforward.mlp.asks import GATE_ASKS

MOST_LAYERS = 7
LAYERS = range(1, MOST_LAYERS + 1)


def flat(device: Device, gradient: mlp.Theta) -> dict[str, HostArray]:
    """A gradient on the host, that of a bias as a vector."""
    return {p: device.get(g) if p[0] == "W" else device.get(g)[:, 0] for p, g in gradient.items()}


class Mlp(Experiment):
    """See `contract.lesson.Lesson`. W_n is (out × in): the transpose of the lecture's w and v."""

    grains = exp.GRAINS
    grain = "op"
    asks = GATE_ASKS
    explains = ("delta", "h", "z", "E", "dW")
    draws = frozenset({"data", "layers", "features", "initial"})
    rebuilds = draws | {"points", "noise", "split", "loss", "problem"}
    optional = frozenset(f"b{n}" for n in LAYERS)
    columns = frozenset({"x", "y", "point", "target"}) | {
        f"{prefix}{n}" for n in LAYERS for prefix in ("z", "h", "b", "delta", "db", *(f"{s}_b" for s in "Gmv"))
    }
    given = frozenset({"x", "y"})

    def __init__(self, card: Card) -> None:
        super().__init__(card)
        self.rules = lru_cache(maxsize=8)(self._rules)

    def settled(self, knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
        return exp.settled(knobs, given)

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        return exp.begin_at(knobs, seed)

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        units = exp.sizes(knobs)
        found: dict[str, tuple[int, ...]] = {}
        for n in range(1, len(units)):
            found[f"W{n}"], found[f"b{n}"] = (units[n], units[n - 1]), (units[n],)
        return found

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        return exp.restored_inputs(file, given, knobs)

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        """As for every lesson; but knobs that drew the state's points cannot be others now."""
        fitted, start = super().read(file, state, knobs)
        stored, inputs = state.get("knobs"), state.get("inputs")
        if isinstance(stored, Mapping) and isinstance(inputs, Mapping) and "x" in inputs:
            fitted |= {name: stored[name] for name in ("data", "points", "noise", "split") if name in stored}
        return fitted, start

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        rows = takewhile(lambda W: isinstance(W, list), (params.get(f"W{n}") for n in LAYERS))
        *hidden, last = [*(len(W) for W in rows if W is not None), 0][:-1] or [0]
        if last == 0 or any(not 1 <= size <= 8 for size in hidden):
            return dict(knobs)
        return {**knobs, "layers": ",".join(map(str, hidden)) or "0"}

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        family, at = split(symbol)
        if family == "point" and at:
            return "x", (at[0] - 1, *index)
        return ("y", (at[0] - 1,)) if family == "target" and at else (symbol, index)

    def edit(self, start: Start, symbol: str, index: tuple[int, ...], raw: str) -> Start:
        classes = start.inputs["classes"]
        if symbol.startswith("target") and classes and number_of(raw) not in classes:
            raise Refused("edit_wanted", value=raw.strip(), classes=" ".join(f"{c:g}" for c in classes))
        return super().edit(start, symbol, index, raw)

    def nudged(self, start: Start, symbol: str, index: tuple[int, ...], by: int) -> str:
        classes = start.inputs["classes"]
        if symbol.startswith("target") and classes:
            return f"{classes[start.inputs['y'][split(symbol)[1][0] - 1] == classes[0]]:g}"
        return super().nudged(start, symbol, index, by)

    def editable(self, symbol: str) -> bool:
        family, at = split(symbol)
        weight = family[:1] in ("W", "b") and family[1:].isdecimal()
        return weight or (family in ("point", "target") and bool(at))

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        return exp.reel(device, knobs, start)

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track | None:
        return exp.training(device, knobs, start, fork)

    def at(self, start: Start, state: State, device: Device) -> Start:
        found = super().at(start, state, device)
        return Start(found.params, {**found.inputs, "updates": state.n + start.inputs.get("earlier", 0)})

    def _rules(self, net: mlp.Net, optimiser: str) -> Mapping[str, str]:
        return {**mlp.rules(net), **descent.rules(OPTIMISERS[optimiser], mlp.names(net.depth))}

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return self.rules(exp.net_of(knobs), str(knobs["optimiser"]))

    def panels(self, view: View, text: Text) -> Stage:
        return stage.panels(view, text, self.rule(view.knobs))

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return stage.says(view, text)

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        """E over all examples that teach."""
        x, y = (device.put(value) for value in exp.examples(knobs, start))
        return mlp.objective(device.xp, exp.net_of(knobs), exp.theta_of(device, start), x, y)

    def shown(self, view: View) -> Objective:
        """E over what is on the screen: the one example, or the batch of the update in focus."""
        device, start = view.device, view.start
        x, y = (device.put(view.held(name)) for name in "xy")
        return mlp.objective(device.xp, exp.net_of(view.knobs), exp.theta_of(device, start), x, y)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        net, theta = exp.net_of(knobs), exp.theta_of(device, start)
        of = self.objective(device, knobs, start)
        found: dict[str, Any] = {
            "loss": float(device.get(of.loss())),
            "grad": flat(device, of.gradient),
            "updates": start.inputs.get("updates", start.inputs.get("earlier", 0)),
        }
        for name, test in (("train", False), ("test", True)):
            some = exp.examples(knobs, start, test)
            if some.x.shape[1]:
                x, y = (device.put(value) for value in some)
                found[f"{name}_loss"] = float(device.get(loss_on(device.xp, net, theta, type(some)(x, y))))
                if start.inputs["classes"]:
                    said = device.get(drain(mlp.forward(device.xp, net, theta, x, y)).h[-1])
                    found[f"{name}_accuracy"] = exp.right(knobs, said, some.y)
        x, y = (device.put(value) for value in exp.one(knobs, start))
        one = mlp.objective(device.xp, net, theta, x, y)
        found["example"] = {
            "index": int(knobs["example"]), "x": device.get(x)[:, 0], "y": float(np.array(device.get(y))[0, 0]),
            "loss": float(device.get(one.loss())),
            "grad": flat(device, one.gradient),
        }  # fmt: skip
        return found
