"""How large the error is at each layer of a deep net, and which share of it reaches the first (slides 34, 39).

norm_delta[n]     ()  ‖δ_n‖, over units and examples: the error at layer n
norm_dW[n]   ()  ‖∂E/∂W_n‖: the gradient of that layer's weights
share_tanh  ()  ‖δ_1‖ / ‖δ_D‖ of a net of D layers with tanh units
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.device import Array
from engine.feedforward.mlp import Forward, Net, Theta, backward, forward
from engine.walks.step import Path, Step, Walk, drain
from engine.walks.tape import Tape


def rules(depth: int, kinds: tuple[str, ...]) -> dict[str, str]:
    """The rule of every op below."""
    by_op = {}
    for n in range(1, depth + 1):
        by_op[f"size{n}"] = f"norm_delta[{n}] = sqrt(sum(delta{n}**2))"
        by_op[f"taught{n}"] = f"norm_dW[{n}] = sqrt(sum(dW{n}**2))"
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
