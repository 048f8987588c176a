"""Why gradients vanish and explode: a product of Jacobians, factor by factor (slide 39; Pascanu et al. 2013).

s[t] = f(W s[t-1] + n[t])  (H, 1)     J[k] (H, H)  ∂s_k/∂s_{k-1} = diag f'(s_k) W
P[k] = ∂s_T/∂s_k  (H, H)              reach[k]  its length ‖P[k]‖ (Frobenius)
E = ½ ‖s_T‖²    delta[k] = ∂E/∂net_k    term[k]  ‖k-th term of ∂E/∂W‖    dW their sum, near that of a window
u[v,t], Q[v,t] = ∂u_t/∂u_init, far[v,t] = ‖Q[v,t]‖  of variant v, with weights M[v] and units of its own; a ()  what
the noise is multiplied by in a louder one
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.device import HOST, Array, HostArray
from engine.maths.activations import ACTIVATIONS, Activation
from engine.maths.optimisers import UNCLIPPED
from engine.walks.step import Path, Step, Walk

GATE = "gate"
"""`units` of a variant with a gate: one factor in place of the Jacobian matrix."""


class Inputs(NamedTuple):
    """Noise n[t] (H, 1) for every timestep, the state (H, 1) before the first, and the identity (H, H)."""

    n: Sequence[Array]
    s_init: Array
    eye: Array


def radius(W: HostArray) -> float:
    """The spectral radius: the largest |eigenvalue|."""
    return float(HOST.xp.abs(HOST.xp.linalg.eigvals(W)).max())


def rules(f: Activation) -> dict[str, str]:
    """The rule of every op below, for units f."""
    slope = f.slope_rule.format(s="s[k]")
    by_op = {
        "net": "net[t] = W @ s[t-1] + n[t]",
        "s": f"s[t] = {f.rule.format(z='net[t]')}",
        "J": f"J[k+1] = {f.slope_rule.format(s='s[k+1]')} * W",
        "P_last": "P[k] = eye",
        "P": "P[k] = P[k+1] @ J[k+1]",
        "reach": "reach[k] = sqrt(sum(P[k]**2))",
        "delta_last": f"delta[k] = s[k] * {slope}",
        "delta": f"delta[k] = (W.T @ delta[k+1]) * {slope}",
        "term": "term[k] = sqrt(sum((delta[k] @ s[k-1].T)**2))",
        "dW_0": "dW = 0 * W",
        "dW": "dW = dW + delta[k] @ s[k-1].T",
        "near_0": "g_near = 0 * W",
        "near": "g_near = g_near + delta[k] @ s[k-1].T",
        "g": "g_norm = sqrt(sum(dW**2))",
        "clipped": "clipped = dW * (theta / maximum(g_norm, theta))",
        "Q_gate": "Q[v,t] = gate * Q[v,t-1]",
        "far": "far[v,t] = sqrt(sum(Q[v,t]**2))",
    }
    for name, unit in ACTIVATIONS.items():
        by_op[f"u_{name}"] = f"u[v,t] = {unit.rule.format(z='(M[v] @ u[v,t-1] + n[t])')}"
        by_op[f"u_{name}_louder"] = f"u[v,t] = {unit.rule.format(z='(M[v] @ u[v,t-1] + a * n[t])')}"
        by_op[f"Q_{name}"] = f"Q[v,t] = ({unit.slope_rule.format(s='u[v,t]')} * M[v]) @ Q[v,t-1]"
    return by_op


def run(xp: Any, f: Activation, W: Array, inputs: Inputs, at: Path = ()) -> Walk[list[Array]]:
    """The states, one timestep after the other."""
    s, states = inputs.s_init, []
    for t, n in enumerate(inputs.n):
        here = (*at, ("t", t))
        net = W @ s + n
        yield Step(here, "net", {f"net[{t}]": net})
        s = f.f(xp, net)
        yield Step(here, "s", {f"s[{t}]": s})
        states.append(s)
    return states


def joints(xp: Any, f: Activation, W: Array, eye: Array, s: Sequence[Array], at: Path = ()) -> Walk[list[Array]]:
    """P[k] = ∂s_T/∂s_k from the last state back to the first, one Jacobian more at each. Returns ‖P[k]‖ by k."""
    last = len(s) - 1
    P = eye
    yield Step((*at, ("k", last)), "P_last", {f"P[{last}]": P})
    length = xp.sqrt(xp.sum(P**2))
    yield Step((*at, ("k", last)), "reach", {f"reach[{last}]": length})
    lengths = [length]
    for k in range(last - 1, -1, -1):
        here = (*at, ("k", k))
        J = f.slope(xp, s[k + 1]) * W
        yield Step(here, "J", {f"J[{k + 1}]": J})
        P = P @ J
        yield Step(here, "P", {f"P[{k}]": P})
        length = xp.sqrt(xp.sum(P**2))
        yield Step(here, "reach", {f"reach[{k}]": length})
        lengths.append(length)
    return lengths[::-1]


def remedies(
    xp: Any, f: Activation, W: Array, inputs: Inputs, s: Sequence[Array], window: int, theta: float, at: Path = ()
) -> Walk[Mapping[str, Array]]:
    """∂/∂W of ½ ‖s_T‖², term by term: whole, truncated to the last `window` terms, and clipped to `theta`.

    There is no step of clipping where `theta` is `UNCLIPPED`.
    """
    last = len(s) - 1
    dW = near = 0 * W
    yield Step((*at, ("k", last)), "dW_0", {"dW": dW})
    yield Step((*at, ("k", last)), "near_0", {"g_near": near})
    for k in range(last, -1, -1):
        here, before = (*at, ("k", k)), s[k - 1] if k else inputs.s_init
        if k == last:
            delta = s[k] * f.slope(xp, s[k])
            yield Step(here, "delta_last", {f"delta[{k}]": delta})
        else:
            delta = (W.T @ delta) * f.slope(xp, s[k])
            yield Step(here, "delta", {f"delta[{k}]": delta})
        term = delta @ before.T
        yield Step(here, "term", {f"term[{k}]": xp.sqrt(xp.sum(term**2))})
        dW = dW + term
        yield Step(here, "dW", {"dW": dW})
        if k > last - window:
            near = near + term
            yield Step(here, "near", {"g_near": near})
    if theta >= UNCLIPPED:
        return {"W": dW, "near": near, "clipped": dW}
    g = xp.sqrt(xp.sum(dW**2))
    yield Step((*at, ("clip", -1)), "g", {"g_norm": g})
    clipped = dW * (theta / xp.maximum(g, xp.ones_like(g) * theta))
    yield Step((*at, ("clip", -1)), "clipped", {"clipped": clipped})
    return {"W": dW, "near": near, "clipped": clipped}


class Variant(NamedTuple):
    """A kind of net: its units, an activation's name, with weights M (H, H); or "gate", with the factor M (1, 1).

    The noise enters `a` times as large.
    """

    units: str
    M: Array
    a: float = 1.0


def variant(xp: Any, v: int, of: Variant, inputs: Inputs, at: Path = ()) -> Walk[list[Array]]:
    """‖∂u_t/∂u_init‖ for every t, for one kind of net; `v` is its number."""
    u, Q = inputs.s_init, inputs.eye
    lengths = []
    for t, n in enumerate(inputs.n):
        here = (*at, ("t", t))
        if of.units == GATE:
            Q = of.M * Q
            yield Step(here, "Q_gate", {f"Q[{v},{t}]": Q})
        else:
            f = ACTIVATIONS[of.units]
            u = f.f(xp, of.M @ u + of.a * n)
            yield Step(here, f"u_{of.units}" + "_louder" * (of.a != 1), {f"u[{v},{t}]": u})
            Q = (f.slope(xp, u) * of.M) @ Q
            yield Step(here, f"Q_{of.units}", {f"Q[{v},{t}]": Q})
        length = xp.sqrt(xp.sum(Q**2))
        yield Step(here, "far", {f"far[{v},{t}]": length})
        lengths.append(length)
    return lengths


def compare(xp: Any, variants: Sequence[Variant], inputs: Inputs, at: Path = ()) -> Walk[list[list[Array]]]:
    """Every variant on the same noise, one after the other: ‖∂u_t/∂u_init‖ by variant and t."""
    reached = []
    for v, each in enumerate(variants):
        lengths = yield from variant(xp, v, each, inputs, (*at, ("v", v)))
        reached.append(lengths)
    return reached
