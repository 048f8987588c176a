"""Optimisers and clipping: pure functions of parameter, gradient and memory, each with its rule.

An update changes the slots of the memory first (momentum, sums of squares), then the parameter. Rules are written for a
parameter p, its gradient dp and its slots, e.g. G_p; `rules(optimiser, names)` puts real names in. An optimiser is
added here and nowhere else in the engine: training and cards choose from `OPTIMISERS`. Loads no array library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from engine.device import Array

MU, BETA1, BETA2, EPSILON = 0.9, 0.9, 0.999, 1e-8
Memory = Mapping[str, Any]
"""The arrays that an optimiser keeps from update to update, by slot and parameter: "G_W"."""


class Slot(NamedTuple):
    """One array kept for each parameter: its name, `grow(old, gradient)`, which gives the new one, and its rule."""

    name: str
    grow: Callable[[Array, Array], Array]
    rule: str


class Optimiser(NamedTuple):
    """`move(xp, theta, grad, slots, rate, n)` gives the new parameter; n counts updates from 1."""

    name: str
    slots: tuple[Slot, ...]
    move: Callable[[Any, Array, Array, tuple[Array, ...], float, int], Array]
    rule: str


def sgd(xp: Any, theta: Array, g: Array, slots: tuple[Array, ...], rate: float, n: int) -> Array:
    """θ ← θ − η g."""
    return theta - rate * g


def momentum(xp: Any, theta: Array, g: Array, slots: tuple[Array, ...], rate: float, n: int) -> Array:
    """θ ← θ − η v, with v ← μ v + g before (Polyak 1964; μ = .9)."""
    return theta - rate * slots[0]


def adagrad(xp: Any, theta: Array, g: Array, slots: tuple[Array, ...], rate: float, n: int) -> Array:
    """θ ← θ − η g / √(G + ε), with G ← G + g² before (Duchi et al. 2011)."""
    return theta - rate * g / xp.sqrt(slots[0] + EPSILON)


def adam(xp: Any, theta: Array, g: Array, slots: tuple[Array, ...], rate: float, n: int) -> Array:
    """θ ← θ − η m̂ / (√v̂ + ε), m̂ and v̂ corrected for their start at 0 (Kingma & Ba 2015)."""
    m, v = slots[0] / (1 - BETA1**n), slots[1] / (1 - BETA2**n)
    return theta - rate * m / (xp.sqrt(v) + EPSILON)


OPTIMISERS = {
    o.name: o
    for o in (
        Optimiser("sgd", (), sgd, "{p} = {p} - rate * d{p}"),
        Optimiser(
            "momentum",
            (Slot("v", lambda v, g: MU * v + g, "v_{p} = 0.9 * v_{p} + d{p}"),),
            momentum,
            "{p} = {p} - rate * v_{p}",
        ),
        Optimiser(
            "adagrad",
            (Slot("G", lambda G, g: G + g**2, "G_{p} = G_{p} + d{p}**2"),),
            adagrad,
            "{p} = {p} - rate * d{p} / sqrt(G_{p} + 1e-8)",
        ),
        Optimiser(
            "adam",
            (
                Slot("m", lambda m, g: BETA1 * m + (1 - BETA1) * g, "m_{p} = 0.9 * m_{p} + (1 - 0.9) * d{p}"),
                Slot("v", lambda v, g: BETA2 * v + (1 - BETA2) * g**2, "v_{p} = 0.999 * v_{p} + (1 - 0.999) * d{p}**2"),
            ),
            adam,
            "{p} = {p} - rate * (m_{p} / (1 - 0.9**n)) / (sqrt(v_{p} / (1 - 0.999**n)) + 1e-8)",
        ),
    )
}


def begin(xp: Any, optimiser: Optimiser, theta: Mapping[str, Array]) -> Memory:
    """The memory before the first update: zeros for every slot of every parameter."""
    return {f"{slot.name}_{p}": xp.zeros_like(value) for p, value in theta.items() for slot in optimiser.slots}


def update(
    xp: Any,
    optimiser: Optimiser,
    theta: Mapping[str, Array],
    grad: Mapping[str, Array],
    memory: Memory,
    rate: float,
    n: int,
) -> tuple[dict[str, Array], dict[str, Array]]:
    """One update of every parameter, n counted from 1: (theta, memory). `walks.descent` does the same step by step."""
    moved, kept = {}, {}
    for p, value in theta.items():
        slots = tuple(slot.grow(memory[f"{slot.name}_{p}"], grad[p]) for slot in optimiser.slots)
        kept.update({f"{slot.name}_{p}": array for slot, array in zip(optimiser.slots, slots, strict=True)})
        moved[p] = optimiser.move(xp, value, grad[p], slots, rate, n)
    return moved, kept


def rules(optimiser: Optimiser, names: tuple[str, ...]) -> dict[str, str]:
    """The rule of every op of an update: "G_W" for a slot and "step_W" for the parameter, of each name."""
    by_op = {}
    for p in names:
        by_op.update({f"{slot.name}_{p}": slot.rule.format(p=p) for slot in optimiser.slots})
        by_op[f"step_{p}"] = optimiser.rule.format(p=p)
    return by_op


def norm(xp: Any, grad: Mapping[str, Array]) -> Array:
    """‖g‖ over all parameters together."""
    return xp.sqrt(sum(xp.sum(g**2) for g in grad.values()))


UNCLIPPED = 1e300
"""A bound on ‖g‖ from here on is none: no gradient is clipped, and clipping is no step."""


def reached(xp: Any, grad: Mapping[str, Array], theta: float) -> Array:
    """A number that is finite where an update by a gradient is: ‖g‖; with no bound on it the sum of its entries."""
    return norm(xp, grad) if theta < UNCLIPPED else sum(xp.sum(g) for g in grad.values())


def clip_by_norm(xp: Any, grad: Mapping[str, Array], theta: float) -> dict[str, Array]:
    """If ‖g‖ > θ, every gradient times θ / ‖g‖: the length is cut, the direction kept (Pascanu et al. 2013).

    A norm that is infinite, its squares being too large for float64, leaves 0, or NaN where g is infinite.
    """
    if theta >= UNCLIPPED:
        return {**grad}
    length = norm(xp, grad)
    factor = theta / xp.maximum(length, xp.ones_like(length) * theta)
    return {p: g * factor for p, g in grad.items()}
