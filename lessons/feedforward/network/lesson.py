"""The lesson `network`: an M-L-N net unit by unit, and an experiment for each of its four properties."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np

from engine.device import HOST, Array, Device, HostArray, rng
from engine.feedforward import mlp, network
from engine.feedforward.mlp import Net
from engine.feedforward.network import Layer
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path, drain
from lessons.building.experiment import Experiment, column, counted, function
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.feedforward.network.stage import left_over, panels, says

GRAINS: Grains = {"act": 0, "phase": 1, "layer": 2, "n": 2, "r": 2, "j": 3, "op": 4}
NAMES = mlp.names(2)


def table(bits: int) -> tuple[list[list[float]], list[int]]:
    """All inputs of so many bits, and whether an odd number of them is 1: XOR, and its like for more."""
    rows = [[float(v) for v in row] for row in product((0, 1), repeat=bits)]
    return rows, [int(sum(row)) % 2 for row in rows]


def net_of(knobs: Knobs) -> Net:
    """Two layers of it, and half the squared error."""
    return Net(2, function(knobs), "squared", function(knobs))


def pieces(device: Device, start: Start) -> tuple[dict[str, Array], Array, Array]:
    """The parameters, x and y on the device."""
    theta = {name: column(device, start.params[name]) for name in NAMES}
    x, y = (device.put(np.array(start.inputs[name])[:, None]) for name in "xy")
    return theta, x, y


def at_bent(knobs: Knobs, start: Start) -> Path:
    return (("nonlinear", -1),)


def is_bent(view: View) -> str:
    """Whether the answers to a and to b add up to that to a + b."""
    return "no" if left_over(view) else "yes"


def at_mapping(knobs: Knobs, start: Start) -> Path:
    return (("mapping", -1), ("r", 1))


def units_needed(view: View) -> float:
    """Hidden units of the net that is built for the table."""
    return float(sum(table(int(view.knobs["bits"]))[1]))


def at_after(knobs: Knobs, start: Start) -> Path:
    return (("adapt", -1), ("step", -1))


def falls(view: View) -> str:
    """Whether one step makes E smaller."""
    (theta, x, y), net = pieces(HOST, view.start), net_of(view.knobs)
    moved = drain(network.adapt(HOST.xp, net, theta, x, y, float(view.knobs["rate"])))
    before, after = (float(drain(mlp.forward(HOST.xp, net, t, x, y)).E) for t in (theta, moved))
    return "falls" if after < before else "stays" if after == before else "rises"


class Network(Experiment):
    """See `contract.lesson.Lesson`. The deck's w (M×L) and v (L×N) are W1 and W2 here, transposed: out × in."""

    grains = GRAINS
    grain = "j"
    asks = (
        Ask("bent", at_bent, "choice", is_bent),
        Ask("units", at_mapping, "number", units_needed, 0.0),
        Ask("falls", at_after, "choice", falls),
    )
    explains = ("net", "bent", "answer", "E")
    columns = frozenset({
        "x", "y", "a", "b", "h", "net", "e", "oa", "ob", "oab", "o0", "bent", "turned", "q", "hit", "answer", "wants",
        "T_b", "b1", "b2", "z1", "z2", "h1", "h2", "delta1", "delta2", "db1", "db2",
    })  # fmt: skip
    rebuilds = frozenset({"inputs", "hidden", "outputs"})
    draws = rebuilds
    optional = frozenset({"b1", "b2"})
    given = frozenset({"x", "b", "y"})

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        M, L, N = (int(knobs[name]) for name in ("inputs", "hidden", "outputs"))
        draw = rng(seed or 0)
        params = {
            "W1": draw.normal(0, 1.0, (L, M)), "b1": draw.normal(0, 0.3, L),
            "W2": draw.normal(0, 1.0, (N, L)), "b2": draw.normal(0, 0.3, N),
        }  # fmt: skip
        x, b, y = draw.normal(0, 1, M), draw.normal(0, 1, M), draw.uniform(-0.8, 0.8, N)
        inputs = {"x": np.round(x, 2).tolist(), "b": np.round(b, 2).tolist(), "y": np.round(y, 2).tolist()}
        return Start({name: np.round(value, 2) for name, value in params.items()}, inputs)

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        M, L, N = (int(knobs[name]) for name in ("inputs", "hidden", "outputs"))
        return {"W1": (L, M), "b1": (L,), "W2": (N, L), "b2": (N,)}

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        found: dict[str, list[float]] = {}
        for name, most in (("x", 8), ("b", 8), ("y", 6)):
            try:
                value = np.array(given.get(name, self.start(knobs, None).inputs[name]), dtype=float)
            except (TypeError, ValueError, OverflowError):
                value = np.zeros(0)
            if value.ndim != 1 or not 1 <= len(value) <= most or not np.isfinite(value).all():
                raise Refused("inputs_numbers", file=file, name=name, low=1, high=most)
            found[name] = value.tolist()
        if len(found["b"]) != len(found["x"]):
            raise Refused("inputs_numbers", file=file, name="b", low=len(found["x"]), high=len(found["x"]))
        return found

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        W1 = params.get("W1")
        hidden = len(W1) if isinstance(W1, list) and 1 <= len(W1) <= 12 else knobs["hidden"]
        return {**knobs, "inputs": len(inputs["x"]), "outputs": len(inputs["y"]), "hidden": hidden}

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        return ("x", index) if symbol in ("h[0]", "a") else (symbol, index)

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        (theta, x, y), f, xp = pieces(device, start), function(knobs), device.xp
        net, rate, b = net_of(knobs), float(knobs["rate"]), device.put(np.array(start.inputs["b"])[:, None])
        layers: list[Layer] = [(theta["W1"], theta["b1"]), (theta["W2"], theta["b2"])]
        at: dict[str, Path] = {act: ((act, -1),) for act in self.card.acts}
        q, wants = table(int(knobs["bits"]))
        made, rows = network.table_net(device, q, wants), [device.put([[v] for v in row]) for row in q]
        targets = [device.put([[float(v)]]) for v in wants]

        def o(value: Array) -> Array:
            return drain(network.forward(device, f, layers, value))[-1]

        def on_host(value: Any) -> Any:
            return device.get(o(device.put(value)))

        h = drain(network.forward(device, f, layers, x))
        families: dict[str, Callable[..., Any]] = {
            "W_": lambda n, j: layers[n - 1][0][j - 1 : j, :],
            "b_": lambda n, j: layers[n - 1][1][j - 1 : j, :],
            "b_all": lambda n: layers[n - 1][1],
            "e": lambda n, j: network.unit(device, layers[n - 1][1].shape[0], j),
            "q": counted(rows),
            "wants": counted(targets),
        }

        def env(upto: int = 0, **more: Any) -> Env:
            plain = {**theta, "a": x, "b": b, "y": y, "o": on_host, "rate": rate, "x": x, "B": 1, **more}
            return Env(plain, {**families, "h": lambda n: h[n] if n <= upto else None})

        tables = {"T_W": made.W, "T_b": made.b, "T_V": made.V}
        units = sum(W.shape[0] for W, _ in layers)
        return Reel(
            [
                Section(
                    at["forward"], lambda: network.forward(device, f, layers, x, at["forward"]), env, 2 * units + 2
                ),
                Section(at["nonlinear"], lambda: network.bent(o, x, b, at["nonlinear"]), env, 5),
                Section(
                    at["parallel"],
                    lambda: network.turned(device, f, layers[0], x, h[1], at["parallel"]),
                    lambda: env(1),
                    layers[0][0].shape[0] + 2,
                ),
                Section(
                    at["mapping"],
                    lambda: network.mapping(xp, made, rows, targets, at["mapping"]),
                    lambda: env(0, **tables),
                    3 * len(rows) + 1,
                ),
                Section(
                    at["adapt"],
                    lambda: network.adapt(xp, net, theta, x, y, rate, at["adapt"]),
                    env,
                    network.adapt_length(net),
                ),
            ],
            self.grains,
        )

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return {**network.rules(function(knobs)), **mlp.rules(net_of(knobs)), **network.ADAPT_RULES}

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        theta, x, y = pieces(device, start)
        return mlp.objective(device.xp, net_of(knobs), theta, x, y)

    def panels(self, view: View, text: Text) -> Stage:
        return panels(view, text, self.rule(view.knobs), table(int(view.knobs["bits"])))

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return says(view, text)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        theta, x, y = pieces(device, start)
        net, f = net_of(knobs), function(knobs)
        layers: list[Layer] = [(theta["W1"], theta["b1"]), (theta["W2"], theta["b2"])]

        def flat(array: Array) -> HostArray:
            return device.get(array)[:, 0]

        h = drain(network.forward(device, f, layers, x))
        of = mlp.objective(device.xp, net, theta, x, y)
        moved = drain(network.adapt(device.xp, net, theta, x, y, float(knobs["rate"])))
        after = drain(mlp.forward(device.xp, net, moved, x, y)).E
        grad = {name: device.get(g) if name[0] == "W" else flat(g) for name, g in of.gradient.items()}
        loss = float(device.get(of.loss()))
        return {"h": flat(h[1]), "o": flat(h[2]), "loss": loss, "loss_after": float(device.get(after)), "grad": grad}
