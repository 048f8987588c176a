"""A weighted sum and its squared error, forward and back, one operation at a time.

w[i], x[i]  (1, 1)  a weight and its input, i = 1 … M      net  (1, 1)  the sum so far
y           (1, 1)  what the sum should be                 E    (1, 1)  ½ (net − y)²
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.device import Array
from engine.walks.step import Path, Step, Walk

RULES = {
    "zero": "net = 0 * y",
    "net": "net = net + w[i] * x[i]",
    "E": "E = (net - y)**2 / 2",
    "dw": "dw[i] = (net - y) * x[i]",
}
"""The rule of every operation below: a test evaluates each against what its step wrote."""


def compute(w: Sequence[Array], x: Sequence[Array], y: Array, at: Path = ()) -> Walk[Array]:
    """E, and ∂E/∂w for every weight; each operation is one statement, then its step."""
    net = 0 * y
    yield Step((*at, ("forward", -1)), "zero", {"net": net})
    for i, (weight, entry) in enumerate(zip(w, x, strict=True), 1):
        net = net + weight * entry
        yield Step((*at, ("forward", -1), ("i", i)), "net", {"net": net})
    E = (net - y) ** 2 / 2
    yield Step((*at, ("forward", -1)), "E", {"E": E})
    for i, entry in enumerate(x, 1):
        slope = (net - y) * entry
        yield Step((*at, ("backward", -1), ("i", i)), "dw", {f"dw[{i}]": slope})
    return E
