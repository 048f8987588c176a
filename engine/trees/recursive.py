"""The recursive net: one layer at every node of a tree, forward, and back-propagation through structure (slides 38-39).

    L  (H, M)  a column for each word      x[n]   at a leaf the one-hot word (M, 1), at an inner node [p_i; p_j] (2H, 1)
    W  (H, 2H) b (H, 1)  at inner nodes    net[n] = W x[n] + b      p[n] (H, 1) the vector of node n: L x[n], f(net[n])
    V  (K, H)  c (K, 1)  at labelled nodes z[n]   = V p[n] + c      yhat[n] = softmax(z[n])      E[n] loss, E their sum
    e[n] = yhat[n] - y[n]     by_p[n] = dE/dp[n]     delta[n] (H, 1) = dE/dnet[n]     by_x[n] (2H, 1) = dE/dx[n]

i and j are the left and the right child of n. With several trees E is the sum over their labelled nodes divided by B,
the number of trees. The same W stands at every inner node, so dE/dW is a sum with one term a node (Goller & Küchler
1996; Socher et al. 2013). A tree that leans to the left, with W = [W, U], its lowest leaf the start state and the
others one-hot letters, is the simple recurrent net.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray, Rng
from engine.maths.activations import Activation, softmax
from engine.maths.initial import normal
from engine.maths.losses import cross_entropy
from engine.trees.tree import Forest, parents
from engine.walks.gradient_check import Objective
from engine.walks.step import Path, Step, Walk, drain

PARAMETERS = ("L", "W", "b", "V", "c")
COLUMNS = frozenset(["x", "y", "p", "net", "z", "yhat", "e", "by_p", "delta", "by_x", "b", "c", "db", "dc"])
"""Families whose arrays are columns."""
Theta = Mapping[str, Array]
"""Parameters, and gradients, by symbol."""


class Inputs(NamedTuple):
    """Trees with what stands at their nodes, by number: one-hot words x, one-hot labels y, and leaves that are `given`.

    A given leaf is a vector that is not looked up in L; it may have any length that W takes.
    """

    nodes: Forest
    x: Mapping[int, Array]
    y: Mapping[int, Array]
    given: Mapping[int, Array] = {}
    B: int = 1


class Forward(NamedTuple):
    """The result of a forward pass, by node: x of inner nodes and looked-up leaves, p, yhat where labelled; E, E_n."""

    x: Mapping[int, Array]
    p: Mapping[int, Array]
    yhat: Mapping[int, Array]
    losses: Mapping[int, Array]
    E: Array


class Errors(NamedTuple):
    """The result of the way back, by node: e where labelled, by_p everywhere, delta at inner nodes."""

    e: Mapping[int, Array]
    by_p: Mapping[int, Array]
    delta: Mapping[int, Array]


def shapes(H: int, words: int, classes: int) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter, in order; biases have one axis."""
    return {"L": (H, words), "W": (H, 2 * H), "b": (H,), "V": (classes, H), "c": (classes,)}


def drawn(H: int, words: int, classes: int, rng: Rng) -> dict[str, HostArray]:
    """First parameters: words N(0, ¼), W and V N(0, 1 / in), biases 0 (one axis)."""
    every = shapes(H, words, classes)
    scales = {"L": 0.5, "W": (2 * H) ** -0.5, "V": H**-0.5}
    return {p: normal(rng, *s, scales[p]) if len(s) == 2 else HOST.xp.zeros(s) for p, s in every.items()}


def inputs(device: Device, nodes: Forest, words: int, classes: int, B: int = 1) -> Inputs:
    """Words and labels of these trees as one-hot columns on the device; of a leaf whose word is −1 it is all zeros."""
    word, label = ([device.put(row[:, None]) for row in HOST.xp.eye(size)] for size in (words, classes))
    word.append(device.put(HOST.xp.zeros((words, 1))))
    x = {n: word[node.word] for n, node in enumerate(nodes, 1) if not node.inner}
    return Inputs(nodes, x, {n: label[node.label] for n, node in enumerate(nodes, 1) if node.label >= 0}, B=B)


def rules(f: Activation) -> dict[str, str]:
    """The rule of every op of the walks below; those ending in _mean are for several trees, E being divided by B."""
    by_op = {
        "E_zero": "E = 0 * sum(c)",
        "leaf": "p[n] = L @ x[n]",
        "x": "x[n] = stack(p[i], p[j])",
        "net": "net[n] = W @ x[n] + b",
        "p": f"p[n] = {f.rule.format(z='net[n]')}",
        "z": "z[n] = V @ p[n] + c",
        "yhat": "yhat[n] = softmax(z[n])",
        "E_n": "E[n] = -sum(y[n] * log_softmax(z[n]))",
        "E": "E = E + E[n]",
        "e": "e[n] = yhat[n] - y[n]",
        "by_root": "by_p[n] = V.T @ e[n]",
        "by_bare": "by_p[n] = 0 * p[n]",
        "delta": f"delta[n] = by_p[n] * {f.slope_rule.format(s='p[n]')}",
        "by_x": "by_x[n] = W.T @ delta[n]",
        "W_met": "met_W[n] = delta[n] @ x[n].T",
        "L_met": "met_L[n] = by_p[n] @ x[n].T",
        "V_met": "met_V[n] = e[n] @ p[n].T",
        "b_add": "db = db + delta[n]",
        "c_add": "dc = dc + e[n]",
    }
    for side, child in (("left", "i"), ("right", "j")):
        half = f"{side}(by_x[n], p[{child}])"
        by_op[f"e_{side}"] = by_op["e"].replace("n", child)
        by_op[f"by_{side}"] = f"by_p[{child}] = {half}"
        by_op[f"by_{side}_e"] = f"by_p[{child}] = V.T @ e[{child}] + {half}"
    for op in ("E_n", "e", "e_left", "e_right"):
        left, whole = by_op[op].split(" = ")
        by_op[f"{op}_mean"] = f"{left} = ({whole}) / B" if op != "E_n" else f"{left} = {whole} / B"
    for q in PARAMETERS:
        by_op[f"{q}_zero"] = f"d{q} = 0 * {q}"
        by_op.setdefault(f"{q}_add", f"d{q} = d{q} + met_{q}[n]")
    return by_op


def op(some: Inputs, name: str) -> str:
    """The name of an op whose rule is another one for several trees."""
    return name if some.B == 1 else f"{name}_mean"


def forward(xp: Any, f: Activation, theta: Theta, some: Inputs, at: Path = ()) -> Walk[Forward]:
    """p_n = L x_n at the leaves, f(W [p_i; p_j] + b) above them; ŷ_n = softmax(V p_n + c) where there is a label."""
    L, W, b, V, c = (theta[q] for q in PARAMETERS)
    xs, ps = dict(some.x), dict(some.given)
    yhats, losses = dict[int, Array](), dict[int, Array]()
    E = 0 * xp.sum(c)
    yield Step((*at, ("n", 1)), "E_zero", {"E": E})
    for n, node in enumerate(some.nodes, 1):
        here = (*at, ("n", n))
        if node.inner:
            i, j = node.left, node.right
            x = xp.concat((ps[i], ps[j]), axis=0)
            yield Step((*here, ("i", i), ("j", j)), "x", {f"x[{n}]": x})
            net = W @ x + b
            yield Step(here, "net", {f"net[{n}]": net})
            p = f.f(xp, net)
            yield Step(here, "p", {f"p[{n}]": p})
            xs[n], ps[n] = x, p
        elif n not in ps:
            p = L @ xs[n]
            yield Step(here, "leaf", {f"p[{n}]": p})
            ps[n] = p
        if n in some.y:
            z = V @ ps[n] + c
            yield Step(here, "z", {f"z[{n}]": z})
            yhat = softmax(xp, z)
            yield Step(here, "yhat", {f"yhat[{n}]": yhat})
            E_n = cross_entropy(xp, z, some.y[n]) / some.B
            yield Step(here, op(some, "E_n"), {f"E[{n}]": E_n})
            E = E + E_n
            yield Step(here, "E", {"E": E})
            yhats[n], losses[n] = yhat, E_n
    return Forward(xs, ps, yhats, losses, E)


def errors(xp: Any, f: Activation, theta: Theta, some: Inputs, run: Forward, at: Path = ()) -> Walk[Errors]:
    """∂E/∂p from the roots down: at every inner node Wᵀ δ has a half for each child, where the child's label adds."""
    W, V = theta["W"], theta["V"]
    e, by_p, delta = dict[int, Array](), dict[int, Array](), dict[int, Array]()
    for n, above in sorted(enumerate(parents(some.nodes), 1), reverse=True):
        node, here = some.nodes[n - 1], (*at, ("n", n))
        if not above:
            if n in some.y:
                e[n] = (run.yhat[n] - some.y[n]) / some.B
                yield Step(here, op(some, "e"), {f"e[{n}]": e[n]})
            by_p[n] = V.T @ e[n] if n in e else 0 * run.p[n]
            yield Step(here, "by_root" if n in e else "by_bare", {f"by_p[{n}]": by_p[n]})
        if not node.inner:
            continue
        delta[n] = by_p[n] * f.slope(xp, run.p[n])
        yield Step(here, "delta", {f"delta[{n}]": delta[n]})
        by_x, cut = W.T @ delta[n], run.p[node.left].shape[0]
        yield Step(here, "by_x", {f"by_x[{n}]": by_x})
        halves = ("left", "i", node.left, by_x[:cut, :]), ("right", "j", node.right, by_x[cut:, :])
        for side, loop, k, half in halves:
            if k in some.y:
                e[k] = (run.yhat[k] - some.y[k]) / some.B
                yield Step((*here, (loop, k)), op(some, f"e_{side}"), {f"e[{k}]": e[k]})
            by_p[k] = V.T @ e[k] + half if k in e else half
            yield Step((*here, (loop, k)), f"by_{side}_e" if k in e else f"by_{side}", {f"by_p[{k}]": by_p[k]})
    return Errors(e, by_p, delta)


def ledger(xp: Any, theta: Theta, some: Inputs, run: Forward, back: Errors, at: Path = ()) -> Walk[dict[str, Array]]:
    """The gradient as a sum over nodes, from the last on: each inner node adds δ xᵀ to ∂E/∂W, each label e pᵀ to ∂E/∂V.

    Returns it by parameter.
    """
    grad = {}
    for q in PARAMETERS:
        grad[q] = xp.zeros_like(theta[q])
        yield Step((*at, ("n", len(some.nodes))), f"{q}_zero", {f"d{q}": grad[q]})
    for n in range(len(some.nodes), 0, -1):
        here, terms = (*at, ("n", n)), dict[str, Array]()
        if some.nodes[n - 1].inner:
            terms["W"] = back.delta[n] @ run.x[n].T
        elif n in run.x:
            terms["L"] = back.by_p[n] @ run.x[n].T
        if n in back.e:
            terms["V"] = back.e[n] @ run.p[n].T
        for q, term in terms.items():
            yield Step(here, f"{q}_met", {f"met_{q}[{n}]": term})
            grad[q] = grad[q] + term
            yield Step(here, f"{q}_add", {f"d{q}": grad[q]})
        for q, column in (("b", back.delta.get(n)), ("c", back.e.get(n))):
            if column is not None:
                grad[q] = grad[q] + column
                yield Step(here, f"{q}_add", {f"d{q}": grad[q]})
    return grad


def backward(xp: Any, f: Activation, theta: Theta, some: Inputs, run: Forward, at: Path = ()) -> Walk[dict[str, Array]]:
    """The errors, then the ledger; returns the gradient by parameter."""
    back = yield from errors(xp, f, theta, some, run, (*at, ("errors", -1)))
    grad = yield from ledger(xp, theta, some, run, back, (*at, ("ledger", -1)))
    return grad


def lengths(some: Inputs) -> tuple[int, int, int]:
    """How many steps `forward`, `errors` and `ledger` take."""
    inner, labels, looked = sum(node.inner for node in some.nodes), len(some.y), len(some.x)
    roots = parents(some.nodes).count(0)
    return (
        1 + 3 * inner + looked + 4 * labels,
        labels + roots + 4 * inner,
        len(PARAMETERS) + 3 * inner + 2 * looked + 3 * labels,
    )


def objective(xp: Any, f: Activation, theta: Theta, some: Inputs) -> Objective:
    """E as a function of the parameters, and its gradient."""

    def E(**moved: Array) -> Array:
        return drain(forward(xp, f, {**theta, **moved}, some)).E

    run = drain(forward(xp, f, theta, some))
    return Objective(theta, E, drain(backward(xp, f, theta, some, run)))


def jacobians(xp: Any, f: Activation, theta: Theta, some: Inputs, run: Forward) -> dict[int, Array]:
    """∂p_root/∂p_n (H, ·) of one tree by node, the root left out: on the way down each node brings diag(f') W, of which
    each child has a half."""
    W, root, found = theta["W"], len(some.nodes), dict[int, Array]()
    for n in range(root, 0, -1):
        node = some.nodes[n - 1]
        if node.inner:
            slope, cut = f.slope(xp, run.p[n]), run.p[node.left].shape[0]
            whole = slope * W if n == root else (found[n] * slope.T) @ W
            found[node.left], found[node.right] = whole[:, :cut], whole[:, cut:]
    return found
