"""The simple recurrent network: forward, and the gradient as the lecture's double sum or as one sweep (slides 31-37).

    U  (H, K)  input to hidden        x[t]  (K, B)  one-hot input          e[t]        (K, B)  yhat[t] - y[t]
    W  (H, H)  hidden to hidden       s[t]  (H, B)  hidden state           delta[t,k]  (H, B)  dE_t/dnet_k
    V  (K, H)  hidden to output       z[t]  (K, B)  scores                 delta[k]    (H, B)  dE/dnet_k
    b  (H, 1)  c (K, 1)  biases       yhat[t] (K, B) softmax of z[t]       E[t]        ()      loss, summed over batch

Columns are the examples of a batch, so that the code reads as the equation does. Every walk stops after each operation;
`rules` has each operation as a formula, which is shown to the learner and tested against every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.device import Array
from engine.maths.activations import Activation, softmax
from engine.maths.losses import cross_entropy
from engine.walks.step import Path, Step, Walk

PARAMETERS = ("U", "W", "V", "b", "c")
COLUMNS = frozenset(
    [
        "x",
        "y",
        "net",
        "s",
        "z",
        "yhat",
        "e",
        "delta",
        "column",
        "b",
        "c",
        "db",
        "dc",
        "s_init",
        "sweep_b",
        "sweep_c",
        "met_b",
        "met_c",
    ],
)
"""Families whose arrays are columns: with a batch of one they are shown as vectors."""


class Params(NamedTuple):
    """The weights; also the gradient, which has the same shapes."""

    U: Array
    W: Array
    V: Array
    b: Array
    c: Array


class Inputs(NamedTuple):
    """One sequence, or a batch of them: x and y are T one-hot arrays (K, B), s_init is the start state (H, B)."""

    x: Sequence[Array]
    y: Sequence[Array]
    s_init: Array


class Forward(NamedTuple):
    """The result of a forward pass: T arrays each."""

    s: tuple[Array, ...]
    yhat: tuple[Array, ...]
    E: tuple[Array, ...]


def rules(f: Activation) -> dict[str, str]:
    """The rule of every op of the walks below, for hidden units f."""
    slope = f.slope_rule.format(s="s[k]")
    by_op = {
        "net": "net[t] = U @ x[t] + W @ s[t-1] + b",
        "s": f"s[t] = {f.rule.format(z='net[t]')}",
        "z": "z[t] = V @ s[t] + c",
        "yhat": "yhat[t] = softmax(z[t])",
        "E": "E[t] = -sum(y[t] * log_softmax(z[t]))",
        "e": "e[t] = yhat[t] - y[t]",
        "dV_t": "dV[t] = e[t] @ s[t].T",
        "dc_t": "dc[t] = batch(e[t])",
        "delta_t": f"delta[t,t] = (V.T @ e[t]) * {f.slope_rule.format(s='s[t]')}",
        "delta": f"delta[t,k] = (W.T @ delta[t,k+1]) * {slope}",
        "column": "column[k] = total(delta, k)",
        "a_last": f"delta[k] = (V.T @ e[k]) * {slope}",
        "a": f"delta[k] = (V.T @ e[k] + W.T @ delta[k+1]) * {slope}",
        "U_met": "met_U[k] = delta[k] @ x[k].T",
        "W_met": "met_W[k] = delta[k] @ s[k-1].T",
        "V_met": "met_V[k] = e[k] @ s[k].T",
        "b_met": "met_b[k] = batch(delta[k])",
        "c_met": "met_c[k] = batch(e[k])",
        "W_term": "dW[t,k] = delta[t,k] @ s[k-1].T",
        "U_term": "dU[t,k] = delta[t,k] @ x[k].T",
        "b_term": "db[t,k] = batch(delta[t,k])",
    }
    for p in ("W", "U", "b"):
        by_op[f"{p}_zero"] = f"d{p}[t] = 0 * {p}"
        by_op[f"{p}_add"] = f"d{p}[t] = d{p}[t] + d{p}[t,k]"
    for p in PARAMETERS:
        by_op[f"sweep_{p}"] = f"sweep_{p} = sweep_{p} + met_{p}[k]"
        by_op[f"sum_{p}_zero"] = f"d{p} = 0 * {p}"
        by_op[f"sum_{p}"] = f"d{p} = d{p} + d{p}[t]"
        by_op[f"sweep_{p}_zero"] = f"sweep_{p} = 0 * {p}"
    return by_op


def forward(xp: Any, f: Activation, theta: Params, inputs: Inputs, at: Path = ()) -> Walk[Forward]:
    """s_t = f(U x_t + W s_{t-1} + b), yhat_t = softmax(V s_t + c), E_t = -ln yhat_t[y_t] (slides 31-34)."""
    U, W, V, b, c = theta
    s = inputs.s_init
    states, guesses, losses = [], [], []
    for t, (x, y) in enumerate(zip(inputs.x, inputs.y, strict=True)):
        here = (*at, ("t", t))
        net = U @ x + W @ s + b
        yield Step(here, "net", {f"net[{t}]": net})
        s = f.f(xp, net)
        yield Step(here, "s", {f"s[{t}]": s})
        z = V @ s + c
        yield Step(here, "z", {f"z[{t}]": z})
        yhat = softmax(xp, z)
        yield Step(here, "yhat", {f"yhat[{t}]": yhat})
        E = cross_entropy(xp, z, y)
        yield Step(here, "E", {f"E[{t}]": E})
        states.append(s)
        guesses.append(yhat)
        losses.append(E)
    return Forward(tuple(states), tuple(guesses), tuple(losses))


def output_error(xp: Any, inputs: Inputs, run: Forward, t: int, at: Path = ()) -> Walk[tuple[Array, Array, Array]]:
    """∂E_t/∂V = (yhat_t - y_t) ⊗ s_t, and ∂E_t/∂c (slide 34, equation 1). Returns (e[t], dV[t], dc[t])."""
    here = (*at, ("t", t))
    e = run.yhat[t] - inputs.y[t]
    yield Step(here, "e", {f"e[{t}]": e})
    dV = e @ run.s[t].T
    yield Step(here, "dV_t", {f"dV[{t}]": dV})
    dc = xp.sum(e, axis=1, keepdims=True)
    yield Step(here, "dc_t", {f"dc[{t}]": dc})
    return e, dV, dc


def row(
    xp: Any, f: Activation, theta: Params, inputs: Inputs, run: Forward, t: int, window: int, of: str, at: Path = ()
) -> Walk[dict[str, Array]]:
    """∂E_t/∂W = Σ_k ∂E_t/∂net_k · ∂net_k/∂W, one term for each use of W (slides 35-37, equation 2); U and b alike.

    `of` names the parameters wanted, of "W", "U", "b"; `window` keeps k = t-window+1 … t. Returns their sums over k.
    """
    total = {}
    for p in of:
        total[p] = xp.zeros_like(getattr(theta, p))
        yield Step((*at, ("t", t), ("k", t)), f"{p}_zero", {f"d{p}[{t}]": total[p]})
    for k in range(t, max(-1, t - window), -1):
        here = (*at, ("t", t), ("k", k))
        if k == t:
            delta = (theta.V.T @ (run.yhat[t] - inputs.y[t])) * f.slope(xp, run.s[t])
            yield Step(here, "delta_t", {f"delta[{t},{k}]": delta})
        else:
            delta = (theta.W.T @ delta) * f.slope(xp, run.s[k])
            yield Step(here, "delta", {f"delta[{t},{k}]": delta})
        factor = {"W": before(inputs, run, k), "U": inputs.x[k], "b": one(xp, inputs)}
        for p in of:
            term = delta @ factor[p].T
            yield Step(here, f"{p}_term", {f"d{p}[{t},{k}]": term})
            total[p] = total[p] + term
            yield Step(here, f"{p}_add", {f"d{p}[{t}]": total[p]})
    return total


def before(inputs: Inputs, run: Forward, k: int) -> Array:
    """s[k-1] (H, B): the start state for k = 0."""
    return run.s[k - 1] if k else inputs.s_init


def one(xp: Any, inputs: Inputs) -> Array:
    """Ones (1, B): the input of a bias."""
    return xp.ones_like(inputs.s_init[:1, :])


def sum_over_t(xp: Any, theta: Params, rows: Sequence[Params], at: Path = ()) -> Walk[Params]:
    """∂E/∂θ = Σ_t ∂E_t/∂θ: the last sum (slide 37). `rows[t]` is the gradient of E_t."""
    total = {}
    for name in PARAMETERS:
        total[name] = xp.zeros_like(getattr(theta, name))
        yield Step((*at, ("t", 0)), f"sum_{name}_zero", {f"d{name}": total[name]})
    for t in range(len(rows)):
        grad = rows[t]
        for name in PARAMETERS:
            total[name] = total[name] + getattr(grad, name)
            yield Step((*at, ("t", t)), f"sum_{name}", {f"d{name}": total[name]})
    return Params(**total)


def column_sums(xp: Any, deltas: Sequence[Array], at: Path = ()) -> Walk[Sequence[Array]]:
    """Σ_t delta[t,k] for every column k: its terms share the factor s[k-1]ᵀ, so they can be added first.

    `deltas[k]` (H, B) are these sums, which are returned.
    """
    for k in range(len(deltas) - 1, -1, -1):
        column = deltas[k]
        yield Step((*at, ("k", k)), "column", {f"column[{k}]": column})
    return deltas


def sweep(xp: Any, f: Activation, theta: Params, inputs: Inputs, run: Forward, at: Path = ()) -> Walk[Params]:
    """The same gradient from right to left: delta[k], of all E_t with t ≥ k, comes first (slide 37; Werbos 1990)."""
    last, total = len(inputs.x) - 1, {}
    for p in PARAMETERS:
        total[p] = xp.zeros_like(getattr(theta, p))
        yield Step((*at, ("k", last)), f"sweep_{p}_zero", {f"sweep_{p}": total[p]})
    for k in range(last, -1, -1):
        here, e, bias = (*at, ("k", k)), run.yhat[k] - inputs.y[k], one(xp, inputs)
        if k == last:
            delta = (theta.V.T @ e) * f.slope(xp, run.s[k])
            yield Step(here, "a_last", {f"delta[{k}]": delta})
        else:
            delta = (theta.V.T @ e + theta.W.T @ delta) * f.slope(xp, run.s[k])
            yield Step(here, "a", {f"delta[{k}]": delta})
        met = {
            "U": (delta, inputs.x[k]),
            "W": (delta, before(inputs, run, k)),
            "V": (e, run.s[k]),
            "b": (delta, bias),
            "c": (e, bias),
        }
        for p, (error, factor) in met.items():
            term = error @ factor.T
            yield Step(here, f"{p}_met", {f"met_{p}[{k}]": term})
            total[p] = total[p] + term
            yield Step(here, f"sweep_{p}", {f"sweep_{p}": total[p]})
    return Params(**total)
