"""Networks of any depth: forward, and back-propagation layer by layer (slides 8, 10-27, 34).

    x   (M, B)  inputs, one column an example        W1 (L, M), b1 (L, 1), W2 (N, L), …  weights between layers
    net1, net2, …   net inputs of each layer         h1, h2, …   its outputs; the last layer's are the answer
    y   (N, B)  targets                              delta1, delta2, …   ∂E/∂net of each layer

The deck writes w (M×L) and v (L×N), from row to column; W here is the transpose, so that net = W h + b.
E is the mean loss over the batch, plus the penalty of the regularisers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.device import Array
from engine.maths.activations import ACTIVATIONS, Activation, log_sigmoid, log_softmax, softmax
from engine.walks.gradient_check import Objective
from engine.walks.step import Path, Step, Walk, drain

Theta = Mapping[str, Array]
"""Parameters by symbol: W1, b1, W2, b2, …"""


class Net(NamedTuple):
    """A network without its weights: depth (layers of weights), hidden units f, loss, output units, λ₁ and λ₂.

    `loss` is "squared", ½ (h − y)² with output units `out`; "logistic", −ln p with a sigmoid at every output; or
    "softmax", −ln p of a softmax over all outputs.
    """

    depth: int
    f: Activation
    loss: str = "squared"
    out: Activation = ACTIVATIONS["linear"]
    l1: float = 0.0
    l2: float = 0.0

    def unit(self, layer: int) -> Activation:
        """The activation of a layer, from 1; of the last `out`, a sigmoid if "logistic". Not of a softmax layer."""
        if layer < self.depth:
            return self.f
        return ACTIVATIONS["sigmoid"] if self.loss == "logistic" else self.out


class Forward(NamedTuple):
    """The result of a forward pass: outputs by layer, the input being layer 0; net inputs from layer 1 on; E."""

    h: list[Array]
    z: list[Array]
    E: Array


def written(run: Forward) -> dict[str, Array]:
    """The values of a forward pass by symbol: net1, h1, net2, …, E."""
    nets, outs = enumerate(run.z, 1), enumerate(run.h[1:], 1)
    return {"E": run.E, **{f"net{n}": z for n, z in nets}, **{f"h{n}": h for n, h in outs}}


def names(depth: int) -> tuple[str, ...]:
    """The parameters of a net, in order."""
    return tuple(f"{p}{layer}" for layer in range(1, depth + 1) for p in "Wb")


def below(layer: int) -> str:
    """The symbol of a layer's input: x, or the outputs of the layer before."""
    return f"h{layer - 1}" if layer > 1 else "x"


def rules(net: Net) -> dict[str, str]:
    """The rule of every op of the walks below."""
    by_op = {}
    L = net.depth
    for n in range(1, L + 1):
        by_op[f"net{n}"] = f"net{n} = W{n} @ {below(n)} + b{n}"
        f = net.unit(n)
        by_op[f"h{n}"] = f"h{n} = softmax(net{n})" if _is_softmax(net, n) else f"h{n} = {f.rule.format(z=f'net{n}')}"
        by_op[f"dW{n}"] = f"dW{n} = delta{n} @ {below(n)}.T"
        by_op[f"db{n}"] = f"db{n} = batch(delta{n})"
        by_op[f"l1_W{n}"] = f"dW{n} = dW{n} + l1 * sign(W{n})"
        by_op[f"l2_W{n}"] = f"dW{n} = dW{n} + l2 * W{n}"
        if n < L:
            by_op[f"delta{n}"] = f"delta{n} = (W{n + 1}.T @ delta{n + 1}) * {f.slope_rule.format(s=f'h{n}')}"
    by_op["E"] = {
        "squared": f"E = sum((h{L} - y)**2) / (2 * B)",
        "logistic": f"E = -sum(y * log_sigmoid(net{L}) + (1 - y) * log_sigmoid(-net{L})) / B",
        "softmax": f"E = -sum(y * log_softmax(net{L})) / B",
    }[net.loss]
    slope = net.unit(L).slope_rule.format(s=f"h{L}")
    by_op[f"delta{L}"] = (
        f"delta{L} = (h{L} - y) * {slope} / B" if net.loss == "squared" else f"delta{L} = (h{L} - y) / B"
    )
    penalty = [f"l1 * sum(abs(W{n})) + l2 * sum(W{n}**2) / 2" for n in range(1, L + 1)]
    by_op["R"] = f"E = E + {' + '.join(penalty)}"
    return by_op


def _is_softmax(net: Net, layer: int) -> bool:
    return net.loss == "softmax" and layer == net.depth


def forward(xp: Any, net: Net, theta: Theta, x: Array, y: Array, at: Path = ()) -> Walk[Forward]:
    """z_n = W_n h_{n-1} + b_n, h_n = f(z_n), and the loss (slides 8, 10)."""
    h, zs, B = [x], [], x.shape[1]
    for n in range(1, net.depth + 1):
        here = (*at, ("layer", n))
        z = theta[f"W{n}"] @ h[-1] + theta[f"b{n}"]
        yield Step(here, f"net{n}", {f"net{n}": z})
        zs.append(z)
        h.append(softmax(xp, z) if _is_softmax(net, n) else net.unit(n).f(xp, z) + 0)
        yield Step(here, f"h{n}", {f"h{n}": h[-1]})
    E = mean_loss(xp, net, h[-1], zs[-1], y) / B
    yield Step((*at, ("loss", -1)), "E", {"E": E})
    if net.l1 or net.l2:
        E = E + penalty(xp, net, theta)
        yield Step((*at, ("loss", -1)), "R", {"E": E})
    return Forward(h, zs, E)


def mean_loss(xp: Any, net: Net, h: Array, z: Array, y: Array) -> Array:
    """The loss summed over the batch; −ln p computed from z, so that it is finite where p underflows."""
    if net.loss == "squared":
        return xp.sum((h - y) ** 2) / 2
    if net.loss == "logistic":
        return -xp.sum(y * log_sigmoid(xp, z) + (1 - y) * log_sigmoid(xp, -z))
    return -xp.sum(y * log_softmax(xp, z))


def penalty(xp: Any, net: Net, theta: Theta) -> Array:
    """λ₁ Σ |W| + ½ λ₂ Σ W², over the weights, not the biases."""
    weights = [theta[f"W{n}"] for n in range(1, net.depth + 1)]
    return sum(net.l1 * xp.sum(xp.abs(W)) + net.l2 * xp.sum(W**2) / 2 for W in weights)


def backward(xp: Any, net: Net, theta: Theta, run: Forward, y: Array, at: Path = ()) -> Walk[dict[str, Array]]:
    """δ_L from output − target; δ_{n-1} = (W_nᵀ δ_n) ∘ f'; ∂E/∂W_n = δ_n h_{n-1}ᵀ (slide 34). Returns the gradient."""
    grad: dict[str, Array] = {}
    B = y.shape[1]
    delta: Array = None
    for n in range(net.depth, 0, -1):
        here = (*at, ("layer", n))
        if n < net.depth:
            delta = (theta[f"W{n + 1}"].T @ delta) * net.unit(n).slope(xp, run.h[n])
        elif net.loss == "squared":
            delta = (run.h[n] - y) * net.unit(n).slope(xp, run.h[n]) / B
        else:
            delta = (run.h[n] - y) / B
        yield Step(here, f"delta{n}", {f"delta{n}": delta})
        dW = delta @ run.h[n - 1].T
        yield Step(here, f"dW{n}", {f"dW{n}": dW})
        if net.l1:
            dW = dW + net.l1 * xp.sign(theta[f"W{n}"])
            yield Step(here, f"l1_W{n}", {f"dW{n}": dW})
        if net.l2:
            dW = dW + net.l2 * theta[f"W{n}"]
            yield Step(here, f"l2_W{n}", {f"dW{n}": dW})
        db = xp.sum(delta, axis=1, keepdims=True)
        yield Step(here, f"db{n}", {f"db{n}": db})
        grad[f"W{n}"], grad[f"b{n}"] = dW, db
    return {name: grad[name] for name in names(net.depth)}


def steps(net: Net) -> tuple[int, int]:
    """How many steps `forward` and `backward` take."""
    return 2 * net.depth + 1 + bool(net.l1 or net.l2), net.depth * (3 + bool(net.l1) + bool(net.l2))


def objective(xp: Any, net: Net, theta: Theta, x: Array, y: Array) -> Objective:
    """E as a function of the parameters, and its gradient."""
    run = drain(forward(xp, net, theta, x, y))

    def E(**moved: Array) -> Array:
        return drain(forward(xp, net, {**theta, **moved}, x, y)).E

    return Objective(theta, E, drain(backward(xp, net, theta, run, y)))
