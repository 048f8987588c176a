"""Activation functions at a point, through layers and back, and softmax number by number (slides 7, 31-32, 39).

f_tanh, df_tanh (1, 1)  a function and its slope at z       p[i] (1, 1)  probability i of K, at temperature T
z[k], h[k]      (1, 1)  layer k of a chain, h[0] = z        g[k] (1, 1)  ∂h_K/∂h_k, from the top down
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.device import Array
from engine.maths.activations import ACTIVATIONS, Activation, sigmoid
from engine.walks.step import Path, Step, Walk


class Chain(NamedTuple):
    """The result of `chain`: h[0] … h[K], ∂h_K/∂z and ∂h_K/∂w."""

    h: list[Array]
    by_z: Array
    by_w: Array


def rules(f: Activation) -> dict[str, str]:
    """The rule of every op below, for a chain of units f."""
    by_op = {
        "top": "top = maximum(top, o[i])",
        "r": "r[i] = exp((o[i] - top) / T)",
        "Z_zero": "Z = 0 * top",
        "Z": "Z = Z + r[i]",
        "p": "p[i] = r[i] / Z",
        "loss": "L = (top - o[i]) / T + log(Z)",
        "by_o": "by_o[i] = (p[i] - y[i]) / T",
        "top_two": "top = maximum(o[1], o[2])",
        "r_two": "r[i] = exp(o[i] - top)",
        "p_two": "p[1] = r[1] / (r[1] + r[2])",
        "s": "s = sigmoid(o[1] - o[2])",
        "gap": "gap = p[1] - s",
        "z": "z[k] = w * h[k-1]",
        "h": f"h[k] = {f.rule.format(z='z[k]')}",
        "g_top": "g[k] = 1",
        "d": f"d[k] = g[k] * {f.slope_rule.format(s='h[k]')}",
        "g": "g[k] = d[k+1] * w",
        "dw_zero": "dw = 0 * w",
        "dw": "dw = dw + d[k] * h[k-1]",
        "dz": "dz = g[k]",
    }
    for name, each in ACTIVATIONS.items():
        by_op[f"f_{name}"] = f"f_{name} = {each.rule.format(z='z')}"
        by_op[f"df_{name}"] = f"df_{name} = {each.slope_rule.format(s=f'f_{name}')}"
    return by_op


def at_point(xp: Any, z: Array, at: Path = ()) -> Walk[dict[str, tuple[Array, Array]]]:
    """f(z) and f'(z) for every activation function: (value, slope) by name (slides 7, 31, 39)."""
    by_name = {}
    for i, (name, f) in enumerate(ACTIVATIONS.items(), 1):
        here = (*at, ("i", i))
        s = f.f(xp, z) + 0
        yield Step(here, f"f_{name}", {f"f_{name}": s})
        slope = f.slope(xp, s)
        yield Step(here, f"df_{name}", {f"df_{name}": slope})
        by_name[name] = s, slope
    return by_name


def chain(xp: Any, f: Activation, w: Array, z: Array, depth: int, at: Path = ()) -> Walk[Chain]:
    """h_k = f(w h_{k-1}) up through `depth` layers, and the gradient ∂h_K/∂h_k down again (slide 39)."""
    h = [z]
    for k in range(1, depth + 1):
        here = (*at, ("up", -1), ("k", k))
        net = w * h[-1]
        yield Step(here, "z", {f"z[{k}]": net})
        h.append(f.f(xp, net) + 0)
        yield Step(here, "h", {f"h[{k}]": h[-1]})
    down = (*at, ("down", -1))
    g = xp.ones_like(z)
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
    by_z = g + 0
    yield Step((*down, ("k", 0)), "dz", {"dz": by_z})
    return Chain(h, by_z, by_w)


def soft(xp: Any, o: Sequence[Array], T: float, truth: int, at: Path = ()) -> Walk[Mapping[str, Any]]:
    """Softmax at temperature T: p_i = e^(o_i/T) / Σ_j e^(o_j/T), the largest score subtracted first (slide 32).

    `truth` is the true class, from 1. Returns p, the loss −ln p of that class, and ∂loss/∂o = (p − y) / T.
    """
    top = o[0]
    for i, score in enumerate(o, 1):
        top = xp.maximum(top, score)
        yield Step((*at, ("most", -1), ("i", i)), "top", {"top": top})
    Z = xp.zeros_like(top)
    yield Step((*at, ("raise", -1), ("i", 1)), "Z_zero", {"Z": Z})
    raised = []
    for i, score in enumerate(o, 1):
        here = (*at, ("raise", -1), ("i", i))
        r = xp.exp((score - top) / T)
        yield Step(here, "r", {f"r[{i}]": r})
        Z = Z + r
        yield Step(here, "Z", {"Z": Z})
        raised.append(r)
    p, by_o = [], []
    for i, r in enumerate(raised, 1):
        share = r / Z
        yield Step((*at, ("share", -1), ("i", i)), "p", {f"p[{i}]": share})
        p.append(share)
    loss = (top - o[truth - 1]) / T + xp.log(Z)
    yield Step((*at, ("slope", -1), ("i", truth)), "loss", {"L": loss})
    for i, share in enumerate(p, 1):
        by = (share - (1.0 if i == truth else 0.0)) / T
        yield Step((*at, ("slope", -1), ("i", i)), "by_o", {f"by_o[{i}]": by})
        by_o.append(by)
    return {"p": p, "loss": loss, "by_o": by_o}


def soft_of_two(xp: Any, o: Sequence[Array], at: Path = ()) -> Walk[Array]:
    """Softmax of two scores beside the sigmoid of their difference (slide 32): p_1 = 1 / (1 + e^−(o_1 − o_2)).

    Returns the difference of both; it is 0 to the last bit, for both come down to e^−|o_1 − o_2|.
    """
    raised, by_sigmoid = (*at, ("raise", -1)), (*at, ("sigmoid", -1))
    top = xp.maximum(o[0], o[1])
    yield Step((*raised, ("i", 1)), "top_two", {"top": top})
    r = [xp.exp(score - top) for score in o[:2]]
    for i, each in enumerate(r, 1):
        yield Step((*raised, ("i", i)), "r_two", {f"r[{i}]": each})
    p = r[0] / (r[0] + r[1])
    yield Step((*at, ("share", -1)), "p_two", {"p[1]": p})
    s = sigmoid(xp, o[0] - o[1])
    yield Step(by_sigmoid, "s", {"s": s})
    gap = p - s
    yield Step(by_sigmoid, "gap", {"gap": gap})
    return gap
