"""Activation functions at a point, through layers and back, and softmax number by number (slides 7, 31-32, 39).

f_tanh, df_tanh (1, 1)  a function and its slope at net      p[i] (1, 1)  probability i of K, at temperature T
net[k], h[k]    (1, 1)  layer k of a chain, h[0] = net      g[k] (1, 1)  ∂h_K/∂h_k, from the top down
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.device import Array
from engine.maths.activations import ACTIVATIONS, Activation, sigmoid
from engine.walks.step import Path, Step, Walk


class Chain(NamedTuple):
    """The result of `chain`: h[0] … h[K], ∂h_K/∂net and ∂h_K/∂w."""

    h: list[Array]
    by_net: Array
    by_w: Array


def rules(f: Activation) -> dict[str, str]:
    """The rule of every op below, for a chain of units f."""
    by_op = {
        "m": "m = maximum(m, z[i])",
        "r": "r[i] = exp((z[i] - m) / T)",
        "Z_zero": "Z = 0 * m",
        "Z": "Z = Z + r[i]",
        "p": "p[i] = r[i] / Z",
        "loss": "L = (m - z[i]) / T + log(Z)",
        "by_z": "by_z[i] = (p[i] - y[i]) / T",
        "m_two": "m = maximum(z[1], z[2])",
        "r_two": "r[i] = exp(z[i] - m)",
        "p_two": "p[1] = r[1] / (r[1] + r[2])",
        "s": "s = sigmoid(z[1] - z[2])",
        "gap": "gap = p[1] - s",
        "net": "net[k] = w * h[k-1]",
        "h": f"h[k] = {f.rule.format(z='net[k]')}",
        "g_top": "g[k] = 1",
        "d": f"d[k] = g[k] * {f.slope_rule.format(s='h[k]')}",
        "g": "g[k] = d[k+1] * w",
        "dw_zero": "dw = 0 * w",
        "dw": "dw = dw + d[k] * h[k-1]",
        "dnet": "dnet = g[k]",
    }
    for name, each in ACTIVATIONS.items():
        by_op[f"f_{name}"] = f"f_{name} = {each.rule.format(z='net')}"
        by_op[f"df_{name}"] = f"df_{name} = {each.slope_rule.format(s=f'f_{name}')}"
    return by_op


def at_point(xp: Any, net: Array, at: Path = ()) -> Walk[dict[str, tuple[Array, Array]]]:
    """f(net) and f'(net) for every activation function: (value, slope) by name (slides 7, 31, 39)."""
    by_name = {}
    for i, (name, f) in enumerate(ACTIVATIONS.items(), 1):
        here = (*at, ("i", i))
        s = f.f(xp, net) + 0
        yield Step(here, f"f_{name}", {f"f_{name}": s})
        slope = f.slope(xp, s)
        yield Step(here, f"df_{name}", {f"df_{name}": slope})
        by_name[name] = s, slope
    return by_name


def chain(xp: Any, f: Activation, w: Array, first: Array, depth: int, at: Path = ()) -> Walk[Chain]:
    """h_k = f(w h_{k-1}) up through `depth` layers, h_0 = `first`, and the gradient ∂h_K/∂h_k down (slide 39)."""
    h = [first]
    for k in range(1, depth + 1):
        here = (*at, ("up", -1), ("k", k))
        net = w * h[-1]
        yield Step(here, "net", {f"net[{k}]": net})
        h.append(f.f(xp, net) + 0)
        yield Step(here, "h", {f"h[{k}]": h[-1]})
    down = (*at, ("down", -1))
    g = xp.ones_like(first)
    yield Step((*down, ("k", depth)), "g_top", {f"g[{depth}]": g})
    by_w = xp.zeros_like(w)
    yield Step((*down, ("k", depth)), "dw_zero", {"dw": by_w})
    for k in range(depth, 0, -1):
        d = g * f.slope(xp, h[k])
        yield Step((*down, ("k", k)), "d", {f"d[{k}]": d})
        by_w = by_w + d * h[k - 1]
        yield Step((*down, ("k", k)), "dw", {"dw": by_w})
        g = d * w
        yield Step((*down, ("k", k - 1)), "g", {f"g[{k - 1}]": g})
    by_net = g + 0
    yield Step((*down, ("k", 0)), "dnet", {"dnet": by_net})
    return Chain(h, by_net, by_w)


def soft(xp: Any, z: Sequence[Array], T: float, truth: int, at: Path = ()) -> Walk[Mapping[str, Any]]:
    """Softmax at temperature T: p_i = e^(z_i/T) / Σ_j e^(z_j/T), the largest score subtracted first (slide 32).

    `truth` is the true class, from 1. Returns p, the loss −ln p of that class, and ∂loss/∂z = (p − y) / T.
    """
    m = z[0]
    for i, score in enumerate(z, 1):
        m = xp.maximum(m, score)
        yield Step((*at, ("most", -1), ("i", i)), "m", {"m": m})
    Z = xp.zeros_like(m)
    yield Step((*at, ("raise", -1), ("i", 1)), "Z_zero", {"Z": Z})
    raised = []
    for i, score in enumerate(z, 1):
        here = (*at, ("raise", -1), ("i", i))
        r = xp.exp((score - m) / T)
        yield Step(here, "r", {f"r[{i}]": r})
        Z = Z + r
        yield Step(here, "Z", {"Z": Z})
        raised.append(r)
    p, by_z = [], []
    for i, r in enumerate(raised, 1):
        share = r / Z
        yield Step((*at, ("share", -1), ("i", i)), "p", {f"p[{i}]": share})
        p.append(share)
    loss = (m - z[truth - 1]) / T + xp.log(Z)
    yield Step((*at, ("slope", -1), ("i", truth)), "loss", {"L": loss})
    for i, share in enumerate(p, 1):
        by = (share - (1.0 if i == truth else 0.0)) / T
        yield Step((*at, ("slope", -1), ("i", i)), "by_z", {f"by_z[{i}]": by})
        by_z.append(by)
    return {"p": p, "loss": loss, "by_z": by_z}


def soft_of_two(xp: Any, z: Sequence[Array], at: Path = ()) -> Walk[Array]:
    """Softmax of two scores beside the sigmoid of their difference (slide 32): p_1 = 1 / (1 + e^−(z_1 − z_2)).

    Returns the difference of both; it is 0 to the last bit, for both come down to e^−|z_1 − z_2|.
    """
    raised, by_sigmoid = (*at, ("raise", -1)), (*at, ("sigmoid", -1))
    m = xp.maximum(z[0], z[1])
    yield Step((*raised, ("i", 1)), "m_two", {"m": m})
    r = [xp.exp(score - m) for score in z[:2]]
    for i, each in enumerate(r, 1):
        yield Step((*raised, ("i", i)), "r_two", {f"r[{i}]": each})
    p = r[0] / (r[0] + r[1])
    yield Step((*at, ("share", -1)), "p_two", {"p[1]": p})
    s = sigmoid(xp, z[0] - z[1])
    yield Step(by_sigmoid, "s", {"s": s})
    gap = p - s
    yield Step(by_sigmoid, "gap", {"gap": gap})
    return gap
