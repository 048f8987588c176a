"""An M-L-N network unit by unit, and its four properties as experiments (slide 8).

h[0]     (M, 1)  the input            W_[layer,j]  (1, ·)  the weights into unit j of a layer, from 1; b_ its bias
h[layer]         a layer's outputs    net[layer,j] (1, 1)  net input of unit j;  e[layer,j] 1 at unit j
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from engine.device import Array, Device
from engine.feedforward import mlp
from engine.maths.activations import ACTIVATIONS, Activation
from engine.walks.step import Path, Step, Walk

ADAPT_RULES = {f"step_{p}": f"{p} = {p} - rate * d{p}" for p in mlp.names(2)}
"""The rule of every op of `adapt` beside those of `mlp`."""
Layer = tuple[Array, Array]
"""W (out, in) and b (out, 1)."""


class Table(NamedTuple):
    """A net that maps a table of 0 and 1 exactly: one hidden unit for every row whose target is 1."""

    W: Array
    b: Array
    V: Array


def rules(f: Activation) -> dict[str, str]:
    """The rule of every op below, for units f."""
    return {
        "begin": "h[n] = 0 * b_all[n]",
        "net": "net[n,j] = W_[n,j] @ h[n-1] + b_[n,j]",
        "h": f"h[n] = h[n] + e[n,j] * {f.rule.format(z='net[n,j]')}",
        "oa": "oa = o(a)",
        "ob": "ob = o(b)",
        "oab": "oab = o(a + b)",
        "o0": "o0 = o(0 * a)",
        "bent": "bent = oab - oa - ob + o0",
        "turned_0": "htilde = 0 * b_all[1]",
        "turned": f"htilde = htilde + e[1,j] * {f.rule.format(z='(W_[1,j] @ h[0] + b_[1,j])')}",
        "same": "same = sum(abs(htilde - h[1]))",
        "hit": "hit[r] = (T_W @ q[r] + T_b > 0)",
        "answer": "answer[r] = T_V @ hit[r]",
        "missed_0": "missed = 0",
        "missed": "missed = missed + sum(abs(answer[r] - wants[r]))",
    }


def forward(device: Device, f: Activation, layers: Sequence[Layer], x: Array, at: Path = ()) -> Walk[list[Array]]:
    """o = f(v f(w x + b) + c), one unit after the other (slide 8)."""
    h = [x]
    for layer, (W, b) in enumerate(layers, 1):
        here = (*at, ("n", layer))
        out = 0 * b
        yield Step((*here, ("j", 1)), "begin", {f"h[{layer}]": out})
        for j in range(1, W.shape[0] + 1):
            net = W[j - 1 : j, :] @ h[-1] + b[j - 1 : j, :]
            yield Step((*here, ("j", j)), "net", {f"net[{layer},{j}]": net})
            out = out + unit(device, W.shape[0], j) * f.f(device.xp, net)
            yield Step((*here, ("j", j)), "h", {f"h[{layer}]": out})
        h.append(out)
    return h


def bent(o: Callable[[Array], Array], a: Array, b: Array, at: Path = ()) -> Walk[Array]:
    """Non-linearity: o(a + b) − o(a) − o(b) + o(0), which is 0 in a linear net."""
    oa = o(a)
    yield Step(at, "oa", {"oa": oa})
    ob = o(b)
    yield Step(at, "ob", {"ob": ob})
    oab = o(a + b)
    yield Step(at, "oab", {"oab": oab})
    o0 = o(0 * a)
    yield Step(at, "o0", {"o0": o0})
    difference = oab - oa - ob + o0
    yield Step(at, "bent", {"bent": difference})
    return difference


def turned(device: Device, f: Activation, layer: Layer, x: Array, h: Array, at: Path = ()) -> Walk[Array]:
    """Parallel processing: the hidden units computed in reverse order, since none depends on another.

    Returns the sum of the absolute differences from h, which is 0.
    """
    (W, b), xp = layer, device.xp
    out = 0 * b
    yield Step((*at, ("j", W.shape[0])), "turned_0", {"htilde": out})
    for j in range(W.shape[0], 0, -1):
        out = out + unit(device, W.shape[0], j) * f.f(xp, W[j - 1 : j, :] @ x + b[j - 1 : j, :])
        yield Step((*at, ("j", j)), "turned", {"htilde": out})
    same = xp.sum(xp.abs(out - h))
    yield Step(at, "same", {"same": same})
    return same


def adapt(xp: Any, net: mlp.Net, theta: mlp.Theta, x: Array, y: Array, rate: float, at: Path = ()) -> Walk[mlp.Theta]:
    """Adaptivity: forward, backward, one step of every weight against its gradient, and forward again.

    Its ops are those of `mlp` and `ADAPT_RULES`; returns the parameters after the step.
    """
    run = yield from mlp.forward(xp, net, theta, x, y, (*at, ("before", -1)))
    grad = yield from mlp.backward(xp, net, theta, run, y, (*at, ("backward", -1)))
    moved = {}
    for p, value in theta.items():
        moved[p] = value - rate * grad[p]
        yield Step((*at, ("step", -1)), f"step_{p}", {p: moved[p]})
    yield from mlp.forward(xp, net, moved, x, y, (*at, ("after", -1)))
    return moved


def adapt_length(net: mlp.Net) -> int:
    """How many steps `adapt` takes."""
    there, back = mlp.steps(net)
    return 2 * there + back + len(mlp.names(net.depth))


def table_net(device: Device, q: Sequence[Any], wants: Sequence[int]) -> Table:
    """The net of a table: a hidden step unit for every row with target 1, active on that row alone; the output sums
    them.
    """
    rows = [row for row, want in zip(q, wants, strict=True) if want] or [[0.0] * len(q[0])]
    W = [[2 * float(v) - 1 for v in row] for row in rows]
    b = [[0.5 - sum(float(v) for v in row)] for row in rows]
    return Table(device.put(W), device.put(b), device.put([[float(any(wants))] * len(rows)]))


def mapping(xp: Any, net: Table, q: Sequence[Array], wants: Sequence[Array], at: Path = ()) -> Walk[Array]:
    """Input–output mapping: every row of the table through the net. Returns Σ |answer − target|."""
    missed = xp.sum(0 * wants[0])
    yield Step((*at, ("r", 1)), "missed_0", {"missed": missed})
    step = ACTIVATIONS["step"]
    for r, (row, want) in enumerate(zip(q, wants, strict=True), 1):
        here = (*at, ("r", r))
        hit = step.f(xp, net.W @ row + net.b)
        yield Step(here, "hit", {f"hit[{r}]": hit})
        answer = net.V @ hit
        yield Step(here, "answer", {f"answer[{r}]": answer})
        missed = missed + xp.sum(xp.abs(answer - want))
        yield Step(here, "missed", {"missed": missed})
    return missed


def unit(device: Device, size: int, j: int) -> Array:
    """A column (size, 1) with 1 at unit j, counted from 1, else 0."""
    return device.put([[float(n == j)] for n in range(1, size + 1)])
