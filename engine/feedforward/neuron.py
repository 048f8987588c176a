"""One artificial neuron: net = wᵀx + b, o = f(net), and its gradient by weights and inputs (slides 5-6).

x[i], w[i]  (1, 1)  one input and its weight, i = 1 … M     p[i]  (1, 1)  their product
net         (1, 1)  the sum so far, from the bias b on      o     (1, 1)  output
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.device import Array
from engine.maths.activations import Activation
from engine.walks.step import Path, Step, Walk


class Neuron(NamedTuple):
    """Weights and inputs, M of each, and the bias."""

    w: Sequence[Array]
    b: Array
    x: Sequence[Array]


def rules(f: Activation) -> dict[str, str]:
    """The rule of every op below, for a unit f."""
    return {
        "bias": "net = b",
        "p": "p[i] = w[i] * x[i]",
        "net": "net = net + p[i]",
        "o": f"o = {f.rule.format(z='net')}",
        "slope": f"slope = {f.slope_rule.format(s='o')}",
        "do_w": "do_w[i] = slope * x[i]",
        "do_x": "do_x[i] = slope * w[i]",
        "do_b": "do_b = slope",
    }


def weigh(unit: Neuron, at: Path = ()) -> Walk[Array]:
    """net = b + Σ w_i x_i, one synapse after the other (slide 6)."""
    net = unit.b + 0
    yield Step(at, "bias", {"net": net})
    for i, (w, x) in enumerate(zip(unit.w, unit.x, strict=True), 1):
        here = (*at, ("i", i))
        p = w * x
        yield Step(here, "p", {f"p[{i}]": p})
        net = net + p
        yield Step(here, "net", {"net": net})
    return net


def fire(xp: Any, f: Activation, net: Array, at: Path = ()) -> Walk[Array]:
    """o = f(net) (slide 6)."""
    o = f.f(xp, net)
    yield Step(at, "o", {"o": o})
    return o


def answer(xp: Any, f: Activation, unit: Neuron, o: Array, at: Path = ()) -> Walk[tuple[list[Array], Array]]:
    """∂o/∂w_i = f'(net) x_i and ∂o/∂x_i = f'(net) w_i, by the chain rule. Returns (∂o/∂w_i for all i, ∂o/∂b)."""
    slope = f.slope(xp, o)
    yield Step(at, "slope", {"slope": slope})
    slopes = []
    for i, (w, x) in enumerate(zip(unit.w, unit.x, strict=True), 1):
        here = (*at, ("i", i))
        by_w = slope * x
        yield Step(here, "do_w", {f"do_w[{i}]": by_w})
        by_x = slope * w
        yield Step(here, "do_x", {f"do_x[{i}]": by_x})
        slopes.append(by_w)
    by_b = slope + 0
    yield Step(at, "do_b", {"do_b": by_b})
    return slopes, by_b
