"""How large the error is at each layer of a deep net, and which share of it reaches the first (slides 34, 39).

norm_delta[n]  ()  ‖δ_n‖, over units and examples: the error at layer n
norm_dW[n]     ()  ‖∂E/∂W_n‖: the gradient of that layer's weights
q[n], v[n]     ()  mean square of what layer n reads, and of its weights; gain[n] = L v with L inputs
expected[n]    ()  gain q, the variance of the net inputs if the weights have the mean 0 and depend on nothing
found[n]       ()  the mean square of the net inputs as it is
share_tanh     ()  ‖δ_1‖ / ‖δ_D‖ of a net of D layers with tanh units
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.device import Array
from engine.feedforward.mlp import Forward, Net, Theta, backward, below, forward
from engine.walks.step import Path, Step, Walk, drain
from engine.walks.tape import Tape


def rules(depth: int, kinds: tuple[str, ...]) -> dict[str, str]:
    """The rule of every op below."""
    by_op = {}
    for n in range(1, depth + 1):
        by_op[f"size{n}"] = f"norm_delta[{n}] = sqrt(sum(delta{n}**2))"
        by_op[f"taught{n}"] = f"norm_dW[{n}] = sqrt(sum(dW{n}**2))"
        by_op[f"q{n}"] = f"q[{n}] = sum({below(n)}**2) / (L * B)"
        by_op[f"v{n}"] = f"v[{n}] = sum(W{n}**2) / ({'L' if n < depth else '1'} * L)"
        by_op[f"gain{n}"] = f"gain[{n}] = L * v[{n}]"
        by_op[f"expected{n}"] = f"expected[{n}] = gain[{n}] * q[{n}]"
        by_op[f"found{n}"] = f"found[{n}] = sum(net{n}**2) / ({'L' if n < depth else '1'} * B)"
    for kind in kinds:
        by_op[f"share_{kind}"] = f"share_{kind} = first_{kind} / last_{kind}"
    return by_op


def errors(xp: Any, net: Net, theta: Theta, run: Forward, y: Array) -> tuple[list[Array], dict[str, Array]]:
    """(δ_1 … δ_D, the gradient): the backward pass, with the errors of all layers kept."""
    tape = Tape(backward(xp, net, theta, run, y))
    written = {name: value for step in tape for name, value in step.values.items()}
    return [written[f"delta{n}"] for n in range(1, net.depth + 1)], tape.result


def measure(xp: Any, deltas: Sequence[Array], grad: Mapping[str, Array], at: Path = ()) -> Walk[list[Array]]:
    """‖δ_n‖ and ‖∂E/∂W_n‖ of every layer, from the last to the first. Returns ‖δ_1‖ … ‖δ_D‖."""
    norms = []
    for n in range(len(deltas), 0, -1):
        here = (*at, ("layer", n))
        size = xp.sqrt(xp.sum(deltas[n - 1] ** 2))
        yield Step(here, f"size{n}", {f"norm_delta[{n}]": size})
        taught = xp.sqrt(xp.sum(grad[f"W{n}"] ** 2))
        yield Step(here, f"taught{n}", {f"norm_dW[{n}]": taught})
        norms.append(size)
    return norms[::-1]


def sizes(xp: Any, net: Net, theta: Theta, x: Array, y: Array) -> list[Array]:
    """‖δ_1‖ … ‖δ_D‖, without steps."""
    deltas, grad = errors(xp, net, theta, drain(forward(xp, net, theta, x, y)), y)
    return drain(measure(xp, deltas, grad))


def compare(xp: Any, by_kind: Mapping[str, Sequence[Array]], at: Path = ()) -> Walk[dict[str, Array]]:
    """‖δ_1‖ / ‖δ_D‖ for each kind of unit; `by_kind` has ‖δ_1‖ … ‖δ_D‖ of each, on the same weights."""
    shares = {}
    for i, (kind, layers) in enumerate(by_kind.items(), 1):
        share = layers[0] / layers[-1]
        yield Step((*at, ("i", i)), f"share_{kind}", {f"share_{kind}": share})
        shares[kind] = share
    return shares


def variances(xp: Any, theta: Theta, x: Array, run: Forward, at: Path = ()) -> Walk[list[tuple[Array, Array]]]:
    """Var(net) = L Var(w) E(h²) beside the mean square of the net inputs, by layer (Glorot, Bengio 2010; He 2015).

    The expected variance is a mean over weights that are independent, with mean 0; a single draw comes near it where
    layers are wide. Returns (expected, found) of every layer.
    """
    both = []
    for n, (net, h) in enumerate(zip(run.z, [x, *run.h[1:-1]], strict=True), 1):
        here, W = (*at, ("layer", n)), theta[f"W{n}"]
        q = xp.sum(h**2) / (h.shape[0] * h.shape[1])
        yield Step(here, f"q{n}", {f"q[{n}]": q})
        v = xp.sum(W**2) / (W.shape[0] * W.shape[1])
        yield Step(here, f"v{n}", {f"v[{n}]": v})
        gain = W.shape[1] * v
        yield Step(here, f"gain{n}", {f"gain[{n}]": gain})
        expected = gain * q
        yield Step(here, f"expected{n}", {f"expected[{n}]": expected})
        found = xp.sum(net**2) / (net.shape[0] * net.shape[1])
        yield Step(here, f"found{n}", {f"found[{n}]": found})
        both.append((expected, found))
    return both
