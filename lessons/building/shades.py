"""A matrix of weights from 0 to 1 in shades: a line for each row, two columns of characters for each entry."""

from __future__ import annotations

from collections.abc import Sequence

from engine.device import HostArray
from lessons.contract.panels import Picture
from lessons.explaining.figures import cells

STEPS = "··░░▒▒▓▓██"
"""From 0 to 1 in ten steps."""


def shades(title: str, columns: Sequence[str], rows: Sequence[str], weights: Sequence[HostArray]) -> Picture:
    """Rows as far as there are weights; those above one half are lit."""
    wide = max((cells(row) for row in rows), default=0) + 2
    marks = [(0, wide + 2 * n, column[:1], "label") for n, column in enumerate(columns)]
    for line, (row, entries) in enumerate(zip(rows, weights, strict=False), 1):
        marks.append((line, 0, row, ""))
        for n, entry in enumerate(entries):
            step = STEPS[min(9, int(10 * float(entry)))]
            marks.append((line, wide + 2 * n, step * 2, "written" if entry > 0.5 else ""))
    return Picture(id="shades", priority=8, title=title, marks=marks)
