"""The lesson `activations`: functions at a point, through ten layers and back, and softmax with a temperature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.device import HOST, Array, Rng
from engine.feedforward.activation_curves import at_point, chain, rules, soft, soft_of_two
from engine.maths.activations import ACTIVATIONS, softmax
from lessons.building.acts import Act, Derived, Scope, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.defaults import function
from lessons.building.holds import Fixed, Lengths, Parameter, Size
from lessons.contract.view import Knobs, Start
from lessons.feedforward.activations.stage import ActivationsStage

TRUTH = 1
"""The class whose probability the loss is of."""
LECTURE = {"net": [1.5], "w": [1.0], "z": [2.0, 1.0, 0.1, -1.0]}


def loss(s: Scope) -> Any:
    """E = h_K − ln p of the first score."""
    return s.left("layers").h[-1] + s.left("softmax")["loss"]


def its_gradient(s: Scope) -> Mapping[str, Any]:
    chained, scores = s.left("layers"), s.left("softmax")["by_z"]
    return {"net": chained.by_net, "w": chained.by_w, "z": s.xp.concat(tuple(scores), axis=0)}


def outcomes(trial: Trial) -> dict[str, Any]:
    """Every function with its slope at net, the outputs of the layers, the probabilities, the loss."""

    def value(array: Array) -> float:
        return float(trial.device.get(array)[0, 0])

    points, soft_of = trial.first.left("curve"), trial.first.left("softmax")
    return {
        "functions": {name: {"value": value(s), "slope": value(d)} for name, (s, d) in points.items()},
        "h": [value(h) for h in trial.first.left("layers").h],
        "p": [value(p) for p in soft_of["p"]],
        "two": {"softmax": value(trial.after("two").get("p[1]")), "sigmoid": value(trial.after("two").get("s"))},
        "loss": value(loss(trial.first)),
    }


def steepest(trial: Trial) -> str:
    """Which of sigmoid and tanh is steeper at net."""
    return "tanh" if trial.number("df_tanh") > trial.number("df_sigmoid") else "sigmoid"


def left_over(trial: Trial) -> str:
    """How much of the gradient reaches net: the whole way down is run for the answer."""
    left = abs(trial.number("dnet"))
    return "zero" if left == 0 else "tiny" if left < 1e-3 else "some" if left < 0.5 else "whole"


def hotter(trial: Trial) -> str:
    """What twice the temperature does to the largest probability."""
    z, T = trial.start.params["z"][:, None], trial.first.T
    now, then = (float(softmax(HOST.xp, z / t).max()) for t in (T, 2 * T))
    if z.min() == z.max():
        return "stays"
    return "falls" if then <= now else "rises"  # equal where both are 1 to the last figure


def raised(trial: Trial) -> str:
    """What five more on both of two scores do to the first probability, up to rounding."""
    z = trial.start.params["z"][:2, None]
    now, then = (float(softmax(HOST.xp, scores)[0, 0]) for scores in (z, z + 5))
    return "stays" if abs(then - now) < 1e-9 else "falls" if then < now else "rises"


class Activations(DeclaredLesson):
    """Each act is an experiment of its own; what is checked is their sum, E = h_K − ln p of the first score."""

    sizes = (Size("K", "scores"),)
    holds = (Parameter("net", 1), Parameter("w", 1), Parameter("z", "K", first=1))
    source = Fixed({"truth": TRUTH})
    lecture = LECTURE
    derived = (
        Derived("T", lambda s: float(s.knobs["temperature"])),
        Derived("m", lambda s: s.z[0]),
        Derived("y", lambda s, i: s.device.put([[float(i == TRUTH)]]), indexed=True),
        Derived("h", lambda s, k: s.net if k == 0 else None, indexed=True),
    )
    acts = (
        Act("curve", lambda s, at: at_point(s.xp, s.net, at), after=()),
        Act("layers", lambda s, at: chain(s.xp, s.f, s.w, s.net, int(s.knobs["depth"]), at), after=()),
        Act("softmax", lambda s, at: soft(s.xp, s.z, s.T, TRUTH, at), after=()),
        Act("two", lambda s, at: soft_of_two(s.xp, s.z, at), after=()),
    )
    gradient = Gradient(loss, its_gradient)
    results = (outcomes,)
    questions = (
        Question(
            "steeper",
            f"curve/i={list(ACTIVATIONS).index('sigmoid') + 1}",
            "choice",
            steepest,
            until=f"curve/i={list(ACTIVATIONS).index('tanh') + 1}",
        ),
        Question("left", lambda s: f"layers/down/k={int(s.knobs['depth']) - 1}", "choice", left_over),
        Question("hotter", "softmax/share/i=1", "choice", hotter),
        Question("both", "two/raise/i=1", "choice", raised, until="two/sigmoid"),
    )
    loops = ("phase", ("k", "i"))
    grain = "i"
    rebuilds = frozenset({"scores"})
    shown_as = ActivationsStage

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return rules(function(knobs))

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        """The lecture's net and w whatever the number of scores, where no seed is given."""
        begun = super().start(knobs, seed)
        own = {name: np.array(LECTURE[name]) for name in ("net", "w")} if seed is None else {}
        return Start({**begun.params, **own}, begun.inputs)

    def drawn(self, knobs: Knobs, lengths: Lengths, draw: Rng) -> Mapping[str, Any]:
        z = draw.normal(0, 1.5, lengths["K"])
        net, w = draw.normal(0, 1.2, 2)
        drawn = {"net": np.array([net]), "w": np.array([w]), "z": z}
        return {name: np.round(values, 2) for name, values in drawn.items()}
