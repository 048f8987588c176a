"""The simple recurrent network as a cell, to be stacked and compared: h = f(Uh x + Wh h₋₁ + bh) (slides 31-33).

`engine.recurrent.srn` is the same network as the lecture writes it, with the ledger of slides 34-37; a test holds them
equal. With rectified linear units and Wh = 1 at the start it is the network of Le, Jaitly & Hinton (2015; slide 39).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.device import Array
from engine.gated.cell import Cell, Made, Theta
from engine.maths.activations import ACTIVATIONS, Activation
from engine.walks.step import Path, Step, Walk


def carried(theta: Theta, later: Made) -> Array:
    """The gradient of h_k from timestep k + 1."""
    return theta["Wh"].T @ later["delta_h"]


def terms(now: Made, before: Made) -> Mapping[str, tuple[Array, Array | None]]:
    """See `Cell.terms`: the inputs are x and h₋₁."""
    delta = now["delta_h"]
    return {"Uh": (delta, now["x"]), "Wh": (delta, before["h"]), "bh": (delta, None)}


def plain(name: str, f: Activation) -> Cell:
    """The plain cell with activation f."""

    def step(xp: Any, theta: Theta, x: Array, states: Made, t: int, at: Path = (), level: str = "") -> Walk[Made]:
        """One timestep: net input, state."""
        z = theta["Uh"] @ x + theta["Wh"] @ states["h"] + theta["bh"]
        yield Step((*at, ("cell", -1)), f"neth{level}", {f"neth{level}[{t}]": z})
        h = f.f(xp, z)
        yield Step((*at, ("cell", -1)), f"h{level}", {f"h{level}[{t}]": h})
        return {"h": h}

    def back(
        xp: Any, theta: Theta, now: Made, before: Made, gh: Array, later: Made, k: int, at: Path = (), level: str = ""
    ) -> Walk[Made]:
        """Back through one timestep: gh times the slope of f."""
        delta = gh * f.slope(xp, now["h"])
        yield Step((*at, ("cell", -1)), f"delta_h{level}", {f"delta_h{level}[{k}]": delta})
        return {"delta_h": delta}

    rules = {
        "neth": "neth[t] = Uh @ x[t] + Wh @ h[t-1] + bh",
        "h": f"h[t] = {f.rule.format(z='neth[t]')}",
        "gh_last": "gh[k] = V.T @ e[k]",
        "gh": "gh[k] = V.T @ e[k] + Wh.T @ delta_h[k+1]",
        "delta_h": f"delta_h[k] = gh[k] * {f.slope_rule.format(s='h[k]')}",
    }
    return Cell(
        name=name, gates="h", states=("h",), more=(), rules=rules, steps=2, backs=1, step=step, back=back,
        carried=carried, road="", terms=terms,
    )  # fmt: skip


SRN = plain("srn", ACTIVATIONS["tanh"])
RELU = plain("relu", ACTIVATIONS["relu"])
