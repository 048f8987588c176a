"""Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000; slide 39).

    i f o = σ, g = tanh, of Uq x + Wq h₋₁ + bq     c = f ∘ c₋₁ + i ∘ g     h = o ∘ tanh c

c is the road (see `engine.gated.cell`): from step to step it is scaled by f and added to, and multiplied by no matrix;
so along the road ∂c_t/∂c_k is the product of f[k+1] … f[t]. gc[k] (H, B) is ∂E/∂c_k.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.device import Array
from engine.gated.cell import Cell, Made, Theta
from engine.maths.activations import sigmoid
from engine.walks.step import Path, Step, Walk

GATES = "ifog"

RULES = {
    **{f"net{q}": f"net{q}[t] = U{q} @ x[t] + W{q} @ h[t-1] + b{q}" for q in GATES},
    "i": "i[t] = sigmoid(neti[t])",
    "f": "f[t] = sigmoid(netf[t])",
    "o": "o[t] = sigmoid(neto[t])",
    "g": "g[t] = tanh(netg[t])",
    "c": "c[t] = f[t] * c[t-1] + i[t] * g[t]",
    "h": "h[t] = o[t] * tanh(c[t])",
    "gh_last": "gh[k] = V.T @ e[k]",
    "gh": "gh[k] = V.T @ e[k] + " + " + ".join(f"W{q}.T @ delta_{q}[k+1]" for q in GATES),
    "gc_last": "gc[k] = gh[k] * o[k] * (1 - tanh(c[k])**2)",
    "gc": "gc[k] = gh[k] * o[k] * (1 - tanh(c[k])**2) + gc[k+1] * f[k+1]",
    "delta_i": "delta_i[k] = gc[k] * g[k] * i[k] * (1 - i[k])",
    "delta_f": "delta_f[k] = gc[k] * c[k-1] * f[k] * (1 - f[k])",
    "delta_o": "delta_o[k] = gh[k] * tanh(c[k]) * o[k] * (1 - o[k])",
    "delta_g": "delta_g[k] = gc[k] * i[k] * (1 - g[k]**2)",
    "road_last": "road[k] = f[k]**0",
    "road": "road[k] = road[k+1] * f[k+1]",
}
"""The rule of every op below."""


def step(xp: Any, theta: Theta, x: Array, states: Made, t: int, at: Path = (), level: str = "") -> Walk[Made]:
    """One timestep: i, f, o, g, then c and h."""
    made: dict[str, Array] = {}
    for q in GATES:
        here = (*at, (f"gate_{q}", -1))
        z = theta[f"U{q}"] @ x + theta[f"W{q}"] @ states["h"] + theta[f"b{q}"]
        yield Step(here, f"net{q}{level}", {f"net{q}{level}[{t}]": z})
        made[q] = xp.tanh(z) if q == "g" else sigmoid(xp, z)
        yield Step(here, q + level, {f"{q}{level}[{t}]": made[q]})
    c = made["f"] * states["c"] + made["i"] * made["g"]
    yield Step((*at, ("cell", -1)), f"c{level}", {f"c{level}[{t}]": c})
    h = made["o"] * xp.tanh(c)
    yield Step((*at, ("cell", -1)), f"h{level}", {f"h{level}[{t}]": h})
    return {**made, "c": c, "h": h}


def back(
    xp: Any, theta: Theta, now: Made, before: Made, gh: Array, later: Made, k: int, at: Path = (), level: str = ""
) -> Walk[Made]:
    """Back through one timestep, from gh = ∂E/∂h_k: gc, then the delta of each gate."""
    i, f, o, g, c = (now[name] for name in ("i", "f", "o", "g", "c"))
    here = (*at, ("cell", -1))
    if later:
        gc = gh * o * (1 - xp.tanh(c) ** 2) + later["gc"] * later["f"]
        yield Step(here, f"gc{level}", {f"gc{level}[{k}]": gc})
    else:
        gc = gh * o * (1 - xp.tanh(c) ** 2)
        yield Step(here, f"gc_last{level}", {f"gc{level}[{k}]": gc})
    delta_i = gc * g * i * (1 - i)
    yield Step((*at, ("gate_i", -1)), f"delta_i{level}", {f"delta_i{level}[{k}]": delta_i})
    delta_f = gc * before["c"] * f * (1 - f)
    yield Step((*at, ("gate_f", -1)), f"delta_f{level}", {f"delta_f{level}[{k}]": delta_f})
    delta_o = gh * xp.tanh(c) * o * (1 - o)
    yield Step((*at, ("gate_o", -1)), f"delta_o{level}", {f"delta_o{level}[{k}]": delta_o})
    delta_g = gc * i * (1 - g**2)
    yield Step((*at, ("gate_g", -1)), f"delta_g{level}", {f"delta_g{level}[{k}]": delta_g})
    return {"gc": gc, "delta_i": delta_i, "delta_f": delta_f, "delta_o": delta_o, "delta_g": delta_g}


def carried(theta: Theta, later: Made) -> Array:
    """The gradient of h_k from timestep k + 1, through its four gates."""
    return sum(theta[f"W{q}"].T @ later[f"delta_{q}"] for q in GATES)


def terms(now: Made, before: Made) -> Mapping[str, tuple[Array, Array | None]]:
    """See `Cell.terms`: every gate has the inputs x and h₋₁."""
    pairs: dict[str, tuple[Array, Array | None]] = {}
    for q in GATES:
        delta = now[f"delta_{q}"]
        pairs |= {f"U{q}": (delta, now["x"]), f"W{q}": (delta, before["h"]), f"b{q}": (delta, None)}
    return pairs


LSTM = Cell(
    name="lstm", gates=GATES, states=("h", "c"), more=(), rules=RULES, steps=10, backs=5, step=step, back=back,
    carried=carried, road="f", terms=terms,
)  # fmt: skip
