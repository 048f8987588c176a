"""One update of any parameters, step by step: clip the gradient, update the optimiser's memory, move the parameters.

theta  the parameters, by symbol: W1, b1, …        dW1 …   their gradients        G_W1 …  the optimiser's memory
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.device import Array
from engine.maths.optimisers import UNCLIPPED, Memory, Optimiser, norm
from engine.maths.optimisers import rules as optimiser_rules
from engine.walks.step import Path, Step, Walk


def walk_clip(xp: Any, grad: Mapping[str, Array], theta: float, at: Path = ()) -> Walk[dict[str, Array]]:
    """If ‖g‖ > θ, every gradient times θ / ‖g‖ (Pascanu et al. 2013). No step where θ is `UNCLIPPED`."""
    if theta >= UNCLIPPED:
        return {**grad}
    length = norm(xp, grad)
    yield Step(at, "g_norm", {"g_norm": length})
    clipped = {}
    for p, g in grad.items():
        clipped[p] = g * (theta / xp.maximum(length, xp.ones_like(length) * theta))
        yield Step((*at, (p, -1)), f"clip_{p}", {f"d{p}": clipped[p]})
    return clipped


def walk_step(
    xp: Any,
    optimiser: Optimiser,
    theta: Mapping[str, Array],
    grad: Mapping[str, Array],
    memory: Memory,
    rate: float,
    n: int,
    at: Path = (),
) -> Walk[tuple[dict[str, Array], dict[str, Array]]]:
    """One update of every parameter: first its slots of the memory, then the parameter. n counts updates from 1.

    Returns (theta, memory).
    """
    moved: dict[str, Array] = {}
    kept: dict[str, Array] = {}
    for p in theta:
        here, slots = (*at, (p, -1)), []
        for slot in optimiser.slots:
            grown = slot.grow(memory[f"{slot.name}_{p}"], grad[p])
            yield Step(here, f"{slot.name}_{p}", {f"{slot.name}_{p}": grown})
            slots.append(grown)
            kept[f"{slot.name}_{p}"] = grown
        moved[p] = optimiser.move(xp, theta[p], grad[p], tuple(slots), rate, n)
        yield Step(here, f"step_{p}", {p: moved[p]})
    return moved, kept


def rules(optimiser: Optimiser, names: tuple[str, ...]) -> dict[str, str]:
    """The rules of both walks, for parameters of these names."""
    squares = " + ".join(f"sum(d{p}**2)" for p in names)
    by_op = {"g_norm": f"g_norm = sqrt({squares})", **optimiser_rules(optimiser, names)}
    for p in names:
        by_op[f"clip_{p}"] = f"d{p} = d{p} * (theta / maximum(g_norm, theta))"
    return by_op


def steps(optimiser: Optimiser, names: tuple[str, ...], clip: float) -> tuple[int, int]:
    """How many steps `walk_clip`, with the bound `clip`, and `walk_step` take."""
    return 0 if clip >= UNCLIPPED else 1 + len(names), len(names) * (1 + len(optimiser.slots))
