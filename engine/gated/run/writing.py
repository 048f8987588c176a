"""Sampling text from a net: the next letter is drawn from its prediction, and becomes the next input.

    q[t] (K, 1)  softmax of the scores over the temperature tau     F[t] (K, 1)  q summed up from the first letter on
    u[t] ()      a number drawn from 0 to 1                         pick[t] ()   the first letter whose F reaches u

A temperature below 1 sharpens the distribution, one above 1 flattens it; `top` keeps only that many likeliest letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.device import Array, Device
from engine.gated import cell as cells
from engine.gated.cell import Cell, Made, Theta, timestep
from engine.maths.activations import softmax
from engine.walks.step import Path, Step, Walk, drain

RULES = {
    "read": "x[t] = one_hot(letters, pick[t-1])",
    "q": "q[t] = softmax(a[t] / tau)",
    "q_top": "q[t] = among(a[t], top) * q[t] / sum(among(a[t], top) * q[t])",
    "F": "F[t] = cumulative(q[t])",
    "pick": "pick[t] = minimum(sum(F[t] < u[t]), last)",
}
"""The rule of every op of `write` beside the cell's own."""


def among(xp: Any, a: Array, top: int) -> Array:
    """1 for the `top` largest of a (K, 1), 0 for the others; of equal ones at the border all have 1."""
    least = xp.sort(a, axis=0)[a.shape[0] - min(top, a.shape[0]), 0]
    return xp.astype(a >= least, a.dtype)


def cumulative(xp: Any, q: Array) -> Array:
    """The cumulative sums of q (K, 1)."""
    return xp.sum(xp.tril(xp.ones_like(q) @ q.T), axis=1, keepdims=True)


def write(
    device: Device,
    cell: Cell,
    theta: Theta,
    start: Made,
    x: Array,
    chances: Sequence[Array],
    temperature: float,
    top: int = 0,
    at: Path = (),
) -> Walk[tuple[list[Array], Made]]:
    """Draw a letter for each of `chances`, numbers from 0 to 1; the first input is x (K, 1), one-hot.

    `top` 0 keeps all letters. Returns (codes, the states after the last timestep).
    """
    xp, states = device.xp, start
    picked: list[Array] = []
    K = theta["by"].shape[0]
    letters = device.put([[float(code)] for code in range(K)])
    for t, u in enumerate(chances):
        here = (*at, ("t", t))
        if picked:
            x = xp.astype(letters == picked[-1], letters.dtype)
            yield Step((*here, ("draw", -1)), "read", {f"x[{t}]": x})
        states = yield from timestep(xp, cell, theta, x, states, t, here)
        a = theta["V"] @ states[cell.top] + theta["by"]
        yield Step((*here, ("output", -1)), "a", {f"a[{t}]": a})
        q = softmax(xp, a / temperature)
        yield Step((*here, ("output", -1)), "q", {f"q[{t}]": q})
        if top:
            kept = among(xp, a, top) * q
            q = kept / xp.sum(kept)
            yield Step((*here, ("output", -1)), "q_top", {f"q[{t}]": q})
        F = cumulative(xp, q)
        yield Step((*here, ("draw", -1)), "F", {f"F[{t}]": F})
        below = xp.sum(xp.astype(u > F, F.dtype))
        pick = xp.minimum(below, xp.ones_like(below) * (K - 1))  # rounding may leave the last F below 1
        yield Step((*here, ("draw", -1)), "pick", {f"pick[{t}]": pick})
        picked.append(pick)
    return picked, states


def write_many(
    device: Device, cell: Cell, theta: Theta, start: Made, x: Array, u: Array, temperature: float, top: int = 0
) -> list[Array]:
    """`write` for B texts at once, without steps: x (K, B) one-hot, u (letters, B). Returns codes (B,) by letter."""
    xp, states, picked = device.xp, start, []
    K = theta["by"].shape[0]
    sums = xp.tril(device.put([[1.0] * K] * K))
    letters = device.put([[float(code)] for code in range(K)])
    for t in range(u.shape[0]):
        states = drain(timestep(xp, cell, theta, x, states, t))
        a = theta["V"] @ states[cell.top] + theta["by"]
        q = softmax(xp, a / temperature)
        if top:
            least = xp.sort(a, axis=0)[K - min(top, K), :]
            q = q * xp.astype(a >= least, a.dtype)
            q = q / xp.sum(q, axis=0)
        below = xp.sum(xp.astype(u[t, :] > sums @ q, a.dtype), axis=0)
        picked.append(xp.minimum(below, xp.ones_like(below) * (K - 1)))
        x = xp.astype(letters == picked[-1], a.dtype)
    return picked


def length(cell: Cell, letters: int, top: int) -> int:
    """How many steps `write` takes."""
    return letters * (cell.layers * cell.steps + (6 if top else 5)) - min(letters, 1)


def rules(cell: Cell) -> dict[str, str]:
    """The rule of every op of `write`."""
    return {**cells.rules(cell), **RULES}
