"""Gated recurrent units, both ways (slide 39): reset before the matrix (Cho et al. 2014), or after it (cuDNN, PyTorch).

    z r = σ of Uq x + Wq h₋₁ + bq     before: n = tanh(Un x + Wn (r ∘ h₋₁) + bn)
                                      after:  n = tanh(Un x + bn + r ∘ m),  m = Wn h₋₁ + bm
    h = z ∘ h₋₁ + (1 − z) ∘ n         (Chung et al. 2014 swap z and 1 − z)

h itself is the road (see `engine.gated.cell`): z scales it, and (1 − z) ∘ n is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.device import Array
from engine.gated.cell import Cell, Made, Theta
from engine.maths.activations import sigmoid
from engine.walks.step import Path, Step, Walk

GATES = "zrn"

COMMON = {
    **{f"net{q}": f"net{q}[t] = U{q} @ x[t] + W{q} @ h[t-1] + b{q}" for q in "zr"},
    "z": "z[t] = sigmoid(netz[t])",
    "r": "r[t] = sigmoid(netr[t])",
    "n": "n[t] = tanh(netn[t])",
    "h": "h[t] = z[t] * h[t-1] + (1 - z[t]) * n[t]",
    "gh_last": "gh[k] = V.T @ e[k]",
    "delta_z": "delta_z[k] = gh[k] * (h[k-1] - n[k]) * z[k] * (1 - z[k])",
    "delta_n": "delta_n[k] = gh[k] * (1 - z[k]) * (1 - n[k]**2)",
    "road_last": "road[k] = z[k]**0",
    "road": "road[k] = road[k+1] * z[k+1]",
}
SENT = "gh[k] = V.T @ e[k] + gh[k+1] * z[k+1] + Wz.T @ delta_z[k+1] + Wr.T @ delta_r[k+1] + "
BEFORE_RULES = {
    **COMMON,
    "netn": "netn[t] = Un @ x[t] + Wn @ (r[t] * h[t-1]) + bn",
    "gh": SENT + "(Wn.T @ delta_n[k+1]) * r[k+1]",
    "delta_r": "delta_r[k] = (Wn.T @ delta_n[k]) * h[k-1] * r[k] * (1 - r[k])",
    "dWn": "dWn = dWn + delta_n[k] @ (r[k] * h[k-1]).T",
}
AFTER_RULES = {
    **COMMON,
    "m": "m[t] = Wn @ h[t-1] + bm",
    "netn": "netn[t] = Un @ x[t] + bn + r[t] * m[t]",
    "gh": SENT + "Wn.T @ (delta_n[k+1] * r[k+1])",
    "delta_r": "delta_r[k] = delta_n[k] * m[k] * r[k] * (1 - r[k])",
    "dWn": "dWn = dWn + (delta_n[k] * r[k]) @ h[k-1].T",
    "dbm": "dbm = dbm + batch(delta_n[k] * r[k])",
}
"""The rule of every op below, by form."""


def step(xp: Any, theta: Theta, x: Array, states: Made, t: int, at: Path = (), level: str = "") -> Walk[Made]:
    """One timestep: z, r, n, h. With "bm" in `theta` the reset gate is applied after the matrix."""
    h, made = states["h"], {}
    for q in "zr":
        here = (*at, (f"gate_{q}", -1))
        net = theta[f"U{q}"] @ x + theta[f"W{q}"] @ h + theta[f"b{q}"]
        yield Step(here, f"net{q}{level}", {f"net{q}{level}[{t}]": net})
        made[q] = sigmoid(xp, net)
        yield Step(here, q + level, {f"{q}{level}[{t}]": made[q]})
    here = (*at, ("gate_n", -1))
    if "bm" in theta:
        made["m"] = theta["Wn"] @ h + theta["bm"]
        yield Step(here, f"m{level}", {f"m{level}[{t}]": made["m"]})
        net = theta["Un"] @ x + theta["bn"] + made["r"] * made["m"]
    else:
        net = theta["Un"] @ x + theta["Wn"] @ (made["r"] * h) + theta["bn"]
    yield Step(here, f"netn{level}", {f"netn{level}[{t}]": net})
    made["n"] = xp.tanh(net)
    yield Step(here, f"n{level}", {f"n{level}[{t}]": made["n"]})
    made["h"] = made["z"] * h + (1 - made["z"]) * made["n"]
    yield Step((*at, ("cell", -1)), f"h{level}", {f"h{level}[{t}]": made["h"]})
    return made


def back(
    xp: Any, theta: Theta, now: Made, before: Made, gh: Array, later: Made, k: int, at: Path = (), level: str = ""
) -> Walk[Made]:
    """Back through one timestep, from gh = ∂E/∂h_k: delta_z, delta_n, and through that delta_r."""
    z, r, n, h = now["z"], now["r"], now["n"], before["h"]
    delta_z = gh * (h - n) * z * (1 - z)
    yield Step((*at, ("gate_z", -1)), f"delta_z{level}", {f"delta_z{level}[{k}]": delta_z})
    delta_n = gh * (1 - z) * (1 - n**2)
    yield Step((*at, ("gate_n", -1)), f"delta_n{level}", {f"delta_n{level}[{k}]": delta_n})
    reset = delta_n * now["m"] if "bm" in theta else (theta["Wn"].T @ delta_n) * h
    delta_r = reset * r * (1 - r)
    yield Step((*at, ("gate_r", -1)), f"delta_r{level}", {f"delta_r{level}[{k}]": delta_r})
    return {"delta_z": delta_z, "delta_n": delta_n, "delta_r": delta_r}


def carried(theta: Theta, later: Made) -> Array:
    """The gradient of h_k from timestep k + 1: along the road (gh ∘ z), and through its three gates."""
    r, delta_n = later["r"], later["delta_n"]
    content = theta["Wn"].T @ (delta_n * r) if "bm" in theta else (theta["Wn"].T @ delta_n) * r
    gates = theta["Wz"].T @ later["delta_z"] + theta["Wr"].T @ later["delta_r"]
    return later["gh"] * later["z"] + gates + content


def terms(now: Made, before: Made) -> Mapping[str, tuple[Array, Array | None]]:
    """See `Cell.terms`. Wn has r ∘ h₋₁ as its input; with "m" it has h₋₁, and delta_n ∘ r as its error."""
    x, h, r = now["x"], before["h"], now["r"]
    pairs: dict[str, tuple[Array, Array | None]] = {}
    for q in "zr":
        delta = now[f"delta_{q}"]
        pairs |= {f"U{q}": (delta, x), f"W{q}": (delta, h), f"b{q}": (delta, None)}
    delta = now["delta_n"]
    inner = (delta * r, h) if "m" in now else (delta, r * h)
    pairs |= {"Un": (delta, x), "Wn": inner, "bn": (delta, None)}
    return {**pairs, "bm": (delta * r, None)} if "m" in now else pairs


BEFORE = Cell(
    name="gru", gates=GATES, states=("h",), more=(), rules=BEFORE_RULES, steps=7, backs=3, step=step, back=back,
    carried=carried, road="z", terms=terms,
)  # fmt: skip
AFTER = BEFORE._replace(more=("bm",), rules=AFTER_RULES, steps=8)
