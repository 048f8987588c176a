"""The lesson `network`: an M-L-N net unit by unit, and an experiment for each of its four properties."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.device import Array, Rng
from engine.feedforward import mlp, network
from engine.feedforward.mlp import Net
from engine.feedforward.network import Layer
from engine.walks.step import drain
from lessons.building.acts import Act, Derived, Scope, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.defaults import function
from lessons.building.holds import Input, Lengths, Parameter, Size
from lessons.contract.view import Knobs, hides
from lessons.feedforward.network.stage import NetworkStage, left_over, table


def net_of(knobs: Knobs) -> Net:
    """Two layers of it, and half the squared error."""
    return Net(2, function(knobs), "squared", function(knobs))


def layers(s: Scope) -> Sequence[Layer]:
    return [(s.W1, s.b1), (s.W2, s.b2)]


def answer(s: Scope) -> Callable[[Array], Array]:
    """o as a function of the input."""
    return lambda x: drain(network.forward(s.device, s.f, s.layers, x))[-1]


def column(s: Scope, values: Sequence[float]) -> Array:
    return s.device.put([[float(value)] for value in values])


def row(s: Scope, values: Sequence[Any], r: int) -> Array | None:
    """Row r of a table, from 1, as a column."""
    return column(s, np.atleast_1d(values[r - 1]).tolist()) if 1 <= r <= len(values) else None


def rows(s: Scope) -> tuple[list[Any], list[Any]]:
    """The table: what is put in, and what is wanted."""
    q, wants = s.table
    return [s.get(f"q[{r}]") for r in range(1, len(q) + 1)], [s.get(f"wants[{r}]") for r in range(1, len(wants) + 1)]


def outputs(trial: Trial) -> dict[str, Any]:
    """Of both layers, as vectors, even where a layer has one unit."""
    return {name: trial.device.get(trial.value(f"forward/h[{n}]"))[:, 0] for n, name in ((1, "h"), (2, "o"))}


def losses(trial: Trial) -> dict[str, float]:
    s = trial.first
    run = drain(mlp.forward(s.xp, net_of(s.knobs), s.theta, s.x, s.y))
    return {"loss": float(s.device.get(run.E)), "loss_after": trial.number("adapt/E")}


def is_bent(trial: Trial) -> str:
    """Whether the answers to a and to b add up to that to a + b."""
    assert trial.view is not None
    return "no" if left_over(trial.view) else "yes"


def falls(trial: Trial) -> str:
    """Whether one step makes E smaller."""
    before, after = losses(trial).values()
    return "falls" if after < before else "stays" if after == before else "rises"


def steps_of_adapt(s: Scope) -> int:
    return network.adapt_length(net_of(s.knobs))


class Network(DeclaredLesson):
    """The deck's w (M×L) and v (L×N) are W1 and W2 here, transposed: out × in. Each act is an experiment of its own."""

    sizes = (Size("M", "inputs"), Size("L", "hidden"), Size("N", "outputs"))
    holds = (
        Parameter("W1", ("L", "M")),
        Parameter("b1", "L", optional=True),
        Parameter("W2", ("N", "L")),
        Parameter("b2", "N", optional=True),
        Input("x", "M", also=("a", "h[0]")),
        Input("b", "M"),
        Input("y", "N"),
    )
    derived = (
        Derived("layers", layers),
        Derived("table", lambda s: table(int(s.knobs["bits"]))),
        Derived("made", lambda s: network.table_net(s.device, *s.table)),
        Derived("rate", lambda s: float(s.knobs["rate"])),
        Derived("B", lambda s: 1),
        Derived("o", lambda s: lambda x: s.device.get(answer(s)(s.device.put(x)))),
        Derived("T_W", lambda s: s.made.W),
        Derived("T_b", lambda s: s.made.b),
        Derived("T_V", lambda s: s.made.V),
        Derived("W_", lambda s, n, j: s.layers[n - 1][0][j - 1 : j, :], indexed=True),
        Derived("b_", lambda s, n, j: s.layers[n - 1][1][j - 1 : j, :], indexed=True),
        Derived("b_all", lambda s, n: s.layers[n - 1][1], indexed=True),
        Derived("e", lambda s, n, j: network.unit(s.device, s.layers[n - 1][1].shape[0], j), indexed=True),
        Derived("q", lambda s, r: row(s, s.table[0], r), indexed=True),
        Derived("wants", lambda s, r: row(s, s.table[1], r), indexed=True),
    )
    matrices = frozenset({"W_", "T_W", "T_V"})
    acts = (
        Act("forward", lambda s, at: network.forward(s.device, s.f, s.layers, s.x, at)),
        Act("nonlinear", lambda s, at: network.bent(answer(s), s.x, s.b, at), after=()),
        Act(
            "parallel",
            lambda s, at: network.turned(s.device, s.f, s.layers[0], s.x, s.get("h[1]"), at),
            after=("forward",),
        ),
        Act("mapping", lambda s, at: network.mapping(s.xp, s.made, *rows(s), at), after=()),
        Act(
            "adapt",
            lambda s, at: network.adapt(s.xp, net_of(s.knobs), s.theta, s.x, s.y, s.rate, at),
            (),
            steps_of_adapt,
        ),
    )
    gradient = Gradient(lambda s: mlp.objective(s.xp, net_of(s.knobs), s.theta, s.x, s.y))
    results = (outputs, losses)
    questions = (
        Question("bent", "nonlinear", "choice", is_bent),
        Question(
            "units",
            "mapping/r=1",
            "number",
            lambda trial: 2.0**9,
            0.0,
            hides=hides(fields=["units"]),
        ),
        Question("falls", "adapt/step", "choice", falls),
    )
    loops = ("phase", ("layer", "n", "r"), "j")
    grain = "j"
    explains = ("net", "bent", "answer", "E")
    rebuilds = draws = frozenset({"inputs", "hidden", "outputs"})
    shown_as = NetworkStage

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return {**network.rules(function(knobs)), **mlp.rules(net_of(knobs)), **network.ADAPT_RULES}

    def drawn(self, knobs: Knobs, lengths: Lengths, draw: Rng) -> Mapping[str, Any]:
        M, L, N = (lengths[letter] for letter in "MLN")
        found = {
            "W1": draw.normal(0, 1.0, (L, M)), "b1": draw.normal(0, 0.3, L),
            "W2": draw.normal(0, 1.0, (N, L)), "b2": draw.normal(0, 0.3, N),
            "x": draw.normal(0, 1, M), "b": draw.normal(0, 1, M), "y": draw.uniform(-0.8, 0.8, N),
        }  # fmt: skip
        return {name: np.round(value, 2) for name, value in found.items()}
