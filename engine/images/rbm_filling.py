"""A picture of which only a part is known, filled in by a restricted Boltzmann machine (slide 4).

    v[0] = c ∘ v    v[n] = c ∘ v[n−1] + (1 − c) ∘ (what is drawn from p(v | h[n−1]))    h[n] drawn from p(h | v[n])

c (V, 1) is 1 at the pixels that are known and clamped, 0 at the covered ones, which begin as 0. The stationary
distribution of Gibbs sampling with clamped units is p(covered | known): p(v) by its sum over all pictures that have the
known pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.device import Array, Device
from engine.images.rbm import (
    Draws,
    Rule,
    Theta,
    bits,
    free_energy,
    hidden_chance,
    hidden_units,
    unit_rules,
    visible_chance,
    visible_units,
)  # fmt: skip
from engine.walks.step import Path, Step, Walk


def rules(of: Rule) -> dict[str, str]:
    """The rule of every op of `fill`."""
    F = "column_sum(log_sigmoid(-(W.T @ v[{0}] + b))) - a.T @ v[{0}]"
    return {
        **unit_rules(of),
        "F_x": f"F_x = {F.format(0)}",
        "cover": "v[0] = c * v[0]",
        "v_hold": "v[n] = c * v[n-1]",
        "F_v": f"F_v[n] = {F.format('n')}",
    }


def fill(
    device: Device, theta: Theta, v: Array, c: Array, u: Draws, of: Rule, at: Path = ()
) -> Walk[tuple[Array, Array]]:
    """One picture v (V, 1): its free energy, then covered, then k steps of the chain, unit by unit.

    Returns v[k] and its free energy (1, 1). The random numbers u are those of a chain of k steps or more.
    """
    xp, some = device.xp, covered(device, c)
    begin = (*at, ("n", 0), ("visible", -1), ("i", some[0]))
    F = free_energy(xp, theta, v)
    yield Step(begin, "F_x", {"F_x": F})
    v = c * v
    yield Step(begin, "cover", {"v[0]": v})
    F = free_energy(xp, theta, v)
    yield Step(begin, "F_v", {"F_v[0]": F})
    for n in range(1, of.k + 1):
        h = yield from hidden_units(device, theta, v, u, of, n - 1, at)
        here = (*at, ("n", n), ("visible", -1))
        v = c * v
        yield Step((*here, ("i", some[0])), "v_hold", {f"v[{n}]": v})
        v = yield from visible_units(device, theta, h, v, some, u, of, n, at)
        F = free_energy(xp, theta, v)
        yield Step((*here, ("i", some[-1])), "F_v", {f"F_v[{n}]": F})
    return v, F


def covered(device: Device, c: Array) -> Sequence[int]:
    """The units that are not known, from 1: one at least."""
    return [i for i, known in enumerate(device.get(c)[:, 0], 1) if not known]


def steps(units: tuple[int, int], hidden_from_view: int, k: int) -> int:
    """How many steps `fill` takes with so many covered pixels."""
    return 3 + k * (1 + 3 * units[1] + 2 + 3 * hidden_from_view)


def filled(xp: Any, theta: Theta, v: Array, c: Array, u: Draws, of: Rule) -> Array:
    """v[k] of `fill`, layer by layer, for several chains at once: v (V, B), the random numbers of B chains."""
    v = c * v
    for n in range(1, of.k + 1):
        q = hidden_chance(xp, theta, v)
        p = visible_chance(xp, theta, bits(xp, u.h[n - 1], q) if of.how.hidden else q)
        v = c * v + (1 - c) * (bits(xp, u.v[n], p) if of.how.visible else p)
    return v
