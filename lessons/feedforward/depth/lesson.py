"""The lesson `depth`: a deep net forward and back, the size of every layer's gradient, three kinds of unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.device import HOST, Array, Device, rng
from engine.feedforward import depth, mlp
from engine.feedforward.mlp import Net
from engine.maths.activations import ACTIVATIONS
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path, drain
from lessons.building.experiment import Experiment, column
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.feedforward.depth import KINDS
from lessons.feedforward.depth.stage import panels, says

GRAINS: Grains = {"act": 0, "phase": 1, "layer": 2, "i": 2, "op": 3}
BATCH = 4
SCALES: Mapping[str, Callable[[int, int], float]] = {
    "small": lambda rows, cols: 0.1,
    "xavier": lambda rows, cols: (2.0 / (rows + cols)) ** 0.5,
    "he": lambda rows, cols: (2.0 / cols) ** 0.5,
    "large": lambda rows, cols: 2.0,
}
"""The standard deviation of the first weights: the same draws, scaled."""


def net_of(knobs: Knobs, kind: str | None = None) -> Net:
    """Hidden units of one kind, one linear output, half the squared error."""
    return Net(int(knobs["depth"]), ACTIVATIONS[kind or str(knobs["activation"])])


def pieces(device: Device, start: Start) -> tuple[dict[str, Array], Array, Array]:
    """The parameters, x (M, B) and y (1, B) on the device."""
    theta = {name: column(device, value) for name, value in start.params.items()}
    return theta, device.put(np.array(start.inputs["x"])), device.put(np.array(start.inputs["y"]))


def shares(view: View) -> dict[str, float]:
    """The first layer's error over the last's, for each kind of unit on these weights."""
    theta, x, y = pieces(HOST, view.start)
    found = {kind: depth.sizes(HOST.xp, net_of(view.knobs, kind), theta, x, y) for kind in KINDS}
    return {kind: float(layers[0] / layers[-1]) for kind, layers in found.items()}


def at_first(knobs: Knobs, start: Start) -> Path:
    return (("measure", -1), ("layer", 1))


def what_arrives(view: View) -> str:
    """How the first layer's error compares with the last one's."""
    share = shares(view)[str(view.knobs["activation"])]
    return "tiny" if not share > 1e-2 else "less" if share < 0.5 else "alike" if share <= 2 else "more"


def at_compare(knobs: Knobs, start: Start) -> Path:
    return (("compare", -1), ("i", 1))


def keeps_most(view: View) -> str:
    """The kind of unit that keeps most of the error."""
    found = shares(view)
    return max(found, key=lambda kind: found[kind] if np.isfinite(found[kind]) else -1.0)


class Depth(Experiment):
    """See `contract.lesson.Lesson`."""

    grains = GRAINS
    grain = "layer"
    asks = (
        Ask("arrives", at_first, "choice", what_arrives),
        Ask("keeps", at_compare, "choice", keeps_most),
    )
    explains = ("size", "share", "delta", "z")
    columns = frozenset(f"{p}{n}" for n in range(1, 13) for p in ("b", "db"))
    rebuilds = frozenset({"depth", "width", "initial"})
    optional = frozenset(f"b{n}" for n in range(1, 13))
    given = frozenset({"x", "y"})

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        shapes = self.shapes(knobs, {})
        draw, scale = rng(seed or 0), SCALES[str(knobs["initial"])]
        params = {
            name: np.zeros(shape) if name[0] == "b" else draw.normal(size=shape) * scale(shape[0], shape[-1])
            for name, shape in shapes.items()
        }
        x, y = draw.normal(size=(int(knobs["width"]), BATCH)), draw.normal(size=(1, BATCH))
        return Start(params, {"x": np.round(x, 2).tolist(), "y": np.round(y, 2).tolist()})

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        D, L = int(knobs["depth"]), int(knobs["width"])
        found: dict[str, tuple[int, ...]] = {}
        for n in range(1, D + 1):
            rows = L if n < D else 1
            found[f"W{n}"], found[f"b{n}"] = (rows, L), (rows,)
        return found

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        found = {**self.start(knobs, None).inputs, **given}
        try:
            x, y = (np.array(found[name], dtype=float) for name in "xy")
        except (TypeError, ValueError, OverflowError):
            raise Refused("inputs_batch", file=file) from None
        fits = x.ndim == 2 and y.shape == (1, x.shape[-1]) and 1 <= x.shape[0] <= 12 and 1 <= x.shape[1] <= 64
        if not fits or not np.isfinite(x).all() or not np.isfinite(y).all():
            raise Refused("inputs_batch", file=file)
        return {"x": x.tolist(), "y": y.tolist()}

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        layers = sum(name.startswith("W") for name in params)
        return {**knobs, "width": len(inputs["x"]), "depth": layers if 2 <= layers <= 12 else knobs["depth"]}

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        (theta, x, y), net, xp = pieces(device, start), net_of(knobs), device.xp
        D = net.depth
        run = drain(mlp.forward(xp, net, theta, x, y))
        deltas, grad = depth.errors(xp, net, theta, run, y)
        found = {kind: depth.sizes(xp, net_of(knobs, kind), theta, x, y) for kind in KINDS}
        at: dict[str, Path] = {act: ((act, -1),) for act in self.card.acts}
        plain: dict[str, Any] = {**theta, "x": x, "y": y, "B": x.shape[1]}
        ran = {**plain, **{f"h{n}": run.h[n] for n in range(1, D + 1)}, "E": run.E}
        made = {f"delta{n}": deltas[n - 1] for n in range(1, D + 1)}
        done = {**ran, **made, **{f"d{name}": g for name, g in grad.items()}}
        ends = {
            f"{end}_{kind}": layers[at] for kind, layers in found.items() for end, at in (("first", 0), ("last", -1))
        }
        lines = {f"sizes_{kind}": device.put([[float(device.get(s))] for s in found[kind]]) for kind in KINDS}
        there, back = mlp.steps(net)

        def env(held: Mapping[str, Any]) -> Callable[[], Env]:
            return lambda: Env(held)

        return Reel(
            [
                Section(at["forward"], lambda: mlp.forward(xp, net, theta, x, y, at["forward"]), env(plain), there),
                Section(at["backward"], lambda: mlp.backward(xp, net, theta, run, y, at["backward"]), env(ran), back),
                Section(at["measure"], lambda: depth.measure(xp, deltas, grad, at["measure"]), env(done), 2 * D),
                Section(
                    at["compare"],
                    lambda: depth.compare(xp, found, at["compare"]),
                    env({**done, **ends, **lines}),
                    len(KINDS),
                ),
            ],
            self.grains,
        )

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        net = net_of(knobs)
        return {**mlp.rules(net), **depth.rules(net.depth, KINDS)}

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        theta, x, y = pieces(device, start)
        return mlp.objective(device.xp, net_of(knobs), theta, x, y)

    def panels(self, view: View, text: Text) -> Stage:
        return panels(view, text, self.rule(view.knobs), KINDS)

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return says(view, text, KINDS)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        theta, x, y = pieces(device, start)
        of = self.objective(device, knobs, start)
        found = {kind: depth.sizes(device.xp, net_of(knobs, kind), theta, x, y) for kind in KINDS}
        size = {kind: [float(device.get(s)) for s in layers] for kind, layers in found.items()}
        grad = {p: device.get(g) if p[0] == "W" else device.get(g)[:, 0] for p, g in of.gradient.items()}
        return {"loss": float(device.get(of.loss())), "grad": grad, "sizes": size}
