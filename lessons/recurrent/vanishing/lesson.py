"""The lesson `vanishing`: a net whose input is noise, its Jacobians multiplied, rivals on the same noise, remedies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from engine.device import Array, Rng
from engine.recurrent import vanish
from engine.recurrent.vanish import Inputs, Variant, radius
from engine.walks.step import drain
from lessons.building.acts import Act, Derived, Scope, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.defaults import function
from lessons.building.holds import Input, Lengths, Parameter, Size
from lessons.contract.card import Lead, Place
from lessons.contract.view import Knobs, View
from lessons.recurrent.vanishing.stage import VanishingStage

RADII = (("tanh", 0.5), ("tanh", 0.9), ("tanh", 1.5), ("linear", 1.5))
"""Units and spectral radius of the rivals; ReLU nets that start from the identity and a gate follow."""
LOUDER = 5.0
"""How many times the noise enters the second of the ReLU nets: most of its units are off sooner or later."""
NAMES = (*(f"{units} {r:g}" for units, r in RADII), "relu identity", f"relu identity, noise times {LOUDER:g}", "gate")


def rivals(s: Scope) -> list[Variant]:
    """The nets of act 3: the weights of act 1 scaled, then the identity, with either noise, then a gate."""
    W = s.trial.start.params["W"]
    unit = W / (radius(W) or 1.0)
    scaled = [Variant(units, s.device.put(r * unit)) for units, r in RADII]
    gate = 1 / (1 + np.exp(-float(s.knobs["gate"])))
    identity = [Variant("relu", s.eye), Variant("relu", s.eye, LOUDER)]
    return [*scaled, *identity, Variant(vanish.GATE, s.device.put([[gate]]))]


def inputs(s: Scope) -> Inputs:
    return Inputs(s.n, s.s_init, s.eye)


def before(name: str) -> Callable[[Scope, int, int], Array | None]:
    """What a rival's family holds before the first timestep."""
    return lambda s, v, t: s.get(name) if t == -1 else None


def steps_of_rivals(s: Scope) -> int:
    return sum((2 if each.units == vanish.GATE else 3) * int(s.T) for each in s.rivals)


def all_terms(s: Scope) -> Mapping[str, Array]:
    """∂E/∂W of E = ½ ‖s_T‖²: all terms, unclipped."""
    run = s.left("run")
    return {"W": drain(vanish.remedies(s.xp, s.f, s.W, inputs(s), run, len(run), 1e300))["W"]}


def outcome(trial: Trial) -> dict[str, Any]:
    """The spectral radius, the norms of the products, of each rival's too, and what the remedies leave."""
    get, first = trial.device.get, trial.first
    remedied, reached = first.left("remedies"), zip(NAMES, first.left("compare"), strict=True)
    return {
        "radius": radius(trial.start.params["W"]),
        "reach": [float(get(each)) for each in first.left("joints")],
        "far": {name: [float(get(each)) for each in lengths] for name, lengths in reached},
        "within_window": get(remedied["near"]),
        "clipped": get(remedied["clipped"]),
    }


def loss(s: Scope) -> Any:
    return s.xp.sum(s.left("run")[-1] ** 2) / 2


def fate(trial: Trial) -> str:
    """What has become of the product after all Jacobians, beside its norm at the start."""
    share = trial.number("reach[0]") / trial.number(f"reach[{trial.lengths['T'] - 1}]")
    return "grown" if share > 10 else "same" if share > 0.1 else "small" if share > 1e-5 else "tiny"


def explodes(v: int, trial: Trial) -> str:
    """Whether a rival's product has grown tenfold by the end."""
    end = trial.number(f"far[{v},{trial.lengths['T'] - 1}]")
    return "yes" if end > 10 * trial.lengths["H"] ** 0.5 else "no"


class Vanishing(DeclaredLesson):
    """The noise is an input; W has the spectral radius of the knob."""

    sizes = (Size("H", "hidden"), Size("T", "steps"))
    holds = (
        Parameter("W", ("H", "H")),
        Parameter("s_init", "H", optional=True, learned=False),
        Input("noise", ("T", "H"), first=0, symbol="n", edited=False),
    )
    derived = (
        Derived("eye", lambda s: s.device.put(np.eye(s.H))),
        Derived("theta", lambda s: float(s.knobs["clip"])),
        Derived("a", lambda s: LOUDER),
        Derived("rivals", rivals),
        Derived("gate", lambda s: s.rivals[-1].M),
        Derived("M", lambda s, v: s.rivals[v].M if 0 <= v < len(s.rivals) else None, indexed=True),
        Derived("u", before("s_init"), indexed=True),
        Derived("Q", before("eye"), indexed=True),
    )
    matrices = frozenset({"J", "P", "Q", "M", "eye", "g_near", "clipped", "g_norm"})
    acts = (
        Act("run", lambda s, at: vanish.run(s.xp, s.f, s.W, inputs(s), at)),
        Act("joints", lambda s, at: vanish.joints(s.xp, s.f, s.W, s.eye, s.left("run"), at)),
        Act("compare", lambda s, at: vanish.compare(s.xp, s.rivals, inputs(s), at), ("run",), steps_of_rivals),
        Act(
            "remedies",
            lambda s, at: vanish.remedies(
                s.xp, s.f, s.W, inputs(s), s.left("run"), int(s.knobs["window"]), s.get("theta"), at
            ),
            after=("run", "compare"),
        ),
    )
    gradient = Gradient(loss, all_terms)
    results = (lambda trial: {"loss": float(trial.device.get(loss(trial.first)))}, outcome)
    questions = (
        Question("fate", "joints", "choice", fate),
        Question("tanh", "compare/v=2", "choice", partial(explodes, 2)),
        Question("linear", "compare/v=3", "choice", partial(explodes, 3)),
    )
    loops = (("v", "phase"), ("t", "k"))
    grain = "k"
    example = False
    explains = ("reach", "far", "term", "g_norm", "s")
    draws = rebuilds = frozenset({"hidden", "steps", "noise", "radius"})
    shown_as = VanishingStage

    def lead(self, view: View) -> Lead | None:
        """From the product of T factors to the tree, where it has log₂ T of them."""
        return Lead("tree", Place("chain")) if view.act == "compare" else None

    def drawn(self, knobs: Knobs, lengths: Lengths, draw: Rng) -> Mapping[str, Any]:
        H, T = lengths["H"], lengths["T"]
        W = draw.normal(size=(H, H)) / H**0.5
        W = W * (float(knobs["radius"]) / (radius(W) or 1.0))
        s_init = np.abs(draw.normal(0, 0.5, H))
        return {"W": W, "s_init": s_init, "noise": float(knobs["noise"]) * draw.normal(size=(T, H))}

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return vanish.rules(function(knobs))
