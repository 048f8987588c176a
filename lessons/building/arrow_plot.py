"""A plot of two inputs: samples, a vector as an arrow from the origin, and the samples' first principal axis."""

from __future__ import annotations

import numpy as np

from engine.device import HostArray
from lessons.contract.panels import Line, Plot

LEAST, DOTS = 2.0, 12
"""How far the axes reach at least, and parts of an arrow."""


def arrow_plot(id: str, title: str, x: HostArray, seen: int, w: HostArray, axis: str, priority: int = 8) -> Plot:
    """The first `seen` of the samples x (N, M ≥ 2) by their first two inputs, and w (2,), cut where it leaves the plot.

    `axis` names the dotted line: the first principal axis of all samples, through the origin.
    """
    reach = LEAST
    while reach < np.abs(x[:, :2]).max():
        reach *= 2
    ends = (-reach, reach)
    points: list[tuple[float, float, str]] = [(float(a), float(b), "·") for a, b in x[:seen, :2]]
    size = float(np.abs(w).max())
    if np.isfinite(size) and size > 0:
        tip = w * min(1.0, 0.95 * reach / size)
        points += [(float(tip[0] * k / DOTS), float(tip[1] * k / DOTS), "•") for k in range(1, DOTS)]
        points.append((float(tip[0]), float(tip[1]), head(tip)))
    principal = np.linalg.eigh(x.T @ x)[1][:2, -1] if np.isfinite(x).all() else np.zeros(2)
    along = principal * np.sign(principal[0] or 1.0) * reach
    lines = [Line(axis, [-along[0], along[0]], [-along[1], along[1]], dotted=True)]
    return Plot(id=id, priority=priority, title=title, lines=lines, x=ends, y=ends, points=points)


def head(tip: HostArray) -> str:
    """The head of an arrow that points there."""
    across, up = float(tip[0]), float(tip[1])
    return ("►" if across > 0 else "◄") if abs(across) >= abs(up) else "▲" if up > 0 else "▼"
