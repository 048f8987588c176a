"""Activation functions, each with its derivative, and both as rules (slides 7, 31, 32, 39).

Every derivative is written in terms of the output s = f(z), for that is what back-propagation keeps. A function is
added here and nowhere else in the engine: nets, walks and cards choose from `ACTIVATIONS`. Loads no array library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from engine.device import Array


class Activation(NamedTuple):
    """f and its slope f'(z) in terms of s = f(z), elementwise on arrays of any shape, with the rule of each."""

    name: str
    f: Callable[[Any, Array], Array]
    slope: Callable[[Any, Array], Array]
    rule: str
    slope_rule: str


def linear(xp: Any, z: Array) -> Array:
    """s = z."""
    return z


def linear_slope(xp: Any, s: Array) -> Array:
    """ds/dz = 1."""
    return xp.ones_like(s)


def ramp(xp: Any, z: Array) -> Array:
    """s = z between −1 and 1, −1 below, 1 above (slide 7)."""
    one = xp.ones_like(z)
    return xp.minimum(xp.maximum(z, -one), one)


def ramp_slope(xp: Any, s: Array) -> Array:
    """ds/dz = 1 between −1 and 1, else 0."""
    return xp.where(xp.abs(s) < 1, xp.ones_like(s), xp.zeros_like(s))


def step(xp: Any, z: Array) -> Array:
    """s = 1 if z > 0, else 0."""
    return xp.where(z > 0, xp.ones_like(z), xp.where(z == z, xp.zeros_like(z), z))  # a NaN stays one


def step_slope(xp: Any, s: Array) -> Array:
    """ds/dz = 0: no gradient passes back through a step."""
    return xp.zeros_like(s)


def sigmoid(xp: Any, z: Array) -> Array:
    """s = 1 / (1 + e^−z), without overflow: only e^−|z| is computed."""
    small = xp.exp(-xp.abs(z))
    return xp.where(z < 0, small, xp.ones_like(z)) / (1 + small)


def sigmoid_slope(xp: Any, s: Array) -> Array:
    """ds/dz = s (1 − s)."""
    return s * (1 - s)


def tanh(xp: Any, z: Array) -> Array:
    """s = tanh z (slide 31)."""
    return xp.tanh(z)


def tanh_slope(xp: Any, s: Array) -> Array:
    """ds/dz = 1 − s²."""
    return 1 - s**2


def relu(xp: Any, z: Array) -> Array:
    """s = max(z, 0) (slide 39)."""
    return xp.maximum(z, xp.zeros_like(z))


def relu_slope(xp: Any, s: Array) -> Array:
    """ds/dz = 1 where s > 0, else 0."""
    return xp.where(s > 0, xp.ones_like(s), xp.zeros_like(s))


def softmax(xp: Any, z: Array) -> Array:
    """K scores to K probabilities, along the first axis (slide 32). The largest is subtracted first: no overflow."""
    raised = xp.exp(z - xp.max(z, axis=0, keepdims=True))
    return raised / xp.sum(raised, axis=0, keepdims=True)


def log_softmax(xp: Any, z: Array) -> Array:
    """ln softmax(z), finite even where softmax(z) underflows to 0."""
    shifted = z - xp.max(z, axis=0, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=0, keepdims=True))


def log_sigmoid(xp: Any, z: Array) -> Array:
    """ln sigmoid(z), finite even where sigmoid(z) underflows to 0."""
    return xp.minimum(z, xp.zeros_like(z)) - xp.log1p(xp.exp(-xp.abs(z)))


ACTIVATIONS = {
    a.name: a
    for a in (
        Activation("linear", linear, linear_slope, "{z}", "1"),
        Activation("ramp", ramp, ramp_slope, "minimum(maximum({z}, -1), 1)", "(abs({s}) < 1)"),
        Activation("step", step, step_slope, "({z} > 0)", "0"),
        Activation("sigmoid", sigmoid, sigmoid_slope, "sigmoid({z})", "({s} * (1 - {s}))"),
        Activation("tanh", tanh, tanh_slope, "tanh({z})", "(1 - {s}**2)"),
        Activation("relu", relu, relu_slope, "maximum({z}, 0)", "({s} > 0)"),
    )
}
