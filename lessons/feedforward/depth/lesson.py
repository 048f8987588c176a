"""The lesson `depth`: a deep net forward and back, the size of every layer's gradient, three kinds of unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.device import Array, Rng
from engine.feedforward import depth, mlp
from engine.feedforward.mlp import Net
from engine.maths.activations import ACTIVATIONS
from lessons.building.acts import Act, Derived, Scope, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.holds import Input, Lengths, Parameter, Size
from lessons.contract.view import Knobs
from lessons.feedforward.depth import KINDS
from lessons.feedforward.depth.stage import DepthStage

SCALES: Mapping[str, Callable[[int, int], float]] = {
    "small": lambda rows, cols: 0.1,
    "xavier": lambda rows, cols: (2.0 / (rows + cols)) ** 0.5,
    "he": lambda rows, cols: (2.0 / cols) ** 0.5,
    "large": lambda rows, cols: 2.0,
}
"""The standard deviation of the first weights: the same draws, scaled."""


def net(s: Scope, kind: str | None = None) -> Net:
    """Hidden units of one kind, one linear output, half the squared error."""
    return Net(s.D, ACTIVATIONS[kind or str(s.knobs["activation"])])


def errors(s: Scope) -> list[Array]:
    """δ_1 … δ_D."""
    return [s.get(f"delta{n}") for n in range(1, s.D + 1)]


def by_kind(s: Scope) -> dict[str, list[Array]]:
    """‖δ_n‖ of every layer, for each kind of unit on these weights."""
    return {kind: depth.sizes(s.xp, net(s, kind), s.theta, s.x, s.y) for kind in KINDS}


def column_of(s: Scope, numbers: list[Array]) -> Array:
    return s.device.put([[float(s.device.get(number))] for number in numbers])


def in_numbers(trial: Trial) -> dict[str, list[float]]:
    """The same, on the host."""
    return {kind: [float(trial.device.get(size)) for size in found] for kind, found in trial.first.by_kind.items()}


def shares(trial: Trial) -> dict[str, float]:
    """The first layer's error over the last's, for each kind of unit on these weights."""
    with np.errstate(all="ignore"):
        return {kind: float(np.float64(found[0]) / found[-1]) for kind, found in in_numbers(trial).items()}


def what_arrives(trial: Trial) -> str:
    """How the first layer's error compares with the last one's."""
    share = shares(trial)[str(trial.knobs["activation"])]
    return "tiny" if not share > 1e-2 else "less" if share < 0.5 else "alike" if share <= 2 else "more"


def keeps_most(trial: Trial) -> str:
    """The kind of unit that keeps most of the error."""
    found = shares(trial)
    return max(found, key=lambda kind: found[kind] if np.isfinite(found[kind]) else -1.0)


def outputs(n: int, of: Lengths) -> int:
    """The units of layer n: one in the last."""
    return of["L"] if n < of["D"] else 1


class Depth(DeclaredLesson):
    """See `lessons.building.declared`. The net of the last act is the same weights with each kind of unit."""

    sizes = (Size("D", "depth"), Size("L", "width"), Size("B", fixed=4, low=1, high=64))
    holds = (
        Parameter("W", lambda n, of: (outputs(n, of), of["L"]), each="D"),
        Parameter("b", lambda n, of: (outputs(n, of),), each="D", optional=True),
        Input("x", ("L", "B")),
        Input("y", (1, "B")),
    )
    derived = (
        Derived("by_kind", by_kind),
        *(Derived(f"first_{kind}", lambda s, kind=kind: s.by_kind[kind][0]) for kind in KINDS),
        *(Derived(f"last_{kind}", lambda s, kind=kind: s.by_kind[kind][-1]) for kind in KINDS),
        *(Derived(f"sizes_{kind}", lambda s, kind=kind: column_of(s, s.by_kind[kind])) for kind in KINDS),
    )
    acts = (
        Act("forward", lambda s, at: mlp.forward(s.xp, net(s), s.theta, s.x, s.y, at)),
        Act("backward", lambda s, at: mlp.backward(s.xp, net(s), s.theta, s.left("forward"), s.y, at)),
        Act("measure", lambda s, at: depth.measure(s.xp, errors(s), s.left("backward"), at)),
        Act("compare", lambda s, at: depth.compare(s.xp, s.by_kind, at)),
        Act("variance", lambda s, at: depth.variances(s.xp, s.theta, s.x, s.left("forward"), at)),
    )
    gradient = Gradient("E", "d{}")
    results = (("loss", "E"), lambda trial: {"sizes": in_numbers(trial)})
    questions = (
        Question("arrives", lambda s: f"backward/layer={s.D - 1}", "choice", what_arrives),
        Question("keeps", "compare/i=1", "choice", keeps_most),
    )
    loops = ("phase", ("layer", "i"))
    grain = "layer"
    explains = ("norm_delta", "share", "delta", "net")
    rebuilds = frozenset({"depth", "width", "initial"})
    shown_as = DepthStage

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        D = int(knobs["depth"])
        return {**mlp.rules(Net(D, ACTIVATIONS[str(knobs["activation"])])), **depth.rules(D, KINDS)}

    def drawn(self, knobs: Knobs, lengths: Lengths, draw: Rng) -> Mapping[str, Any]:
        scale = SCALES[str(knobs["initial"])]
        params = {
            name: np.zeros(shape) if name[0] == "b" else draw.normal(size=shape) * scale(shape[0], shape[-1])
            for name, shape in self.shapes(knobs, {}).items()
        }
        x, y = (np.round(draw.normal(size=(rows, lengths["B"])), 2) for rows in (lengths["L"], 1))
        return {**params, "x": x, "y": y}
