"""Parts of stages that show pictures: a side of units as a picture, a row of probabilities as bars."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt, log10

from lessons.contract.panels import Picture

LEVELS = " ▁▂▃▄▅▆▇█"
HIGH = 3
"""Lines of the bars."""
LEAST = -8.0
"""log₁₀ of the probability whose bar is empty."""


def square(size: int) -> tuple[int, int]:
    """The rows and columns nearest to a square that so many units fill."""
    rows = next(r for r in range(isqrt(size), 0, -1) if size % r == 0)
    return rows, size // rows


def log_bars(title: str, p: Sequence[float | None], lit: int | None = None, priority: int = 8) -> Picture:
    """A bar for each probability on a log scale, from 10^`LEAST` to 1; a dot where it is not known; `lit` is marked."""
    marks, top = [], len(LEVELS) - 1
    for m, each in enumerate(p):
        share = 0.0 if each is None or not each > 0 else max(0.0, 1 - log10(each) / LEAST)
        for line in range(HIGH):
            level = min(max(round(share * HIGH * top) - (HIGH - 1 - line) * top, 0), top)
            dot = "·" if each is None and line == HIGH - 1 else LEVELS[level]
            marks.append((line, 2 * m, dot, "written" if lit == m else ""))
    return Picture(id="bars", priority=priority, title=title, marks=marks)
