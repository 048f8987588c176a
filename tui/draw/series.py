"""How the lines of one chart differ: each has a sign of its own on it, and a colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from engine.device import HostArray
from tui.canvas.canvas import Canvas

SIGNS, PLAIN = "●○◆◇■□×+", "o*x+#@%&"
LETTERS = "abcdefghijklmnpqrstuvwyz"
"""Signs after these are used up."""
INKS = ("curve", "curve2", "forward", "backward", "update")
EVERY = 12
"""Columns from one sign on a line to the next."""


def look(i: int, ascii_only: bool) -> tuple[str, str]:
    """The sign and the ink of line i of a chart, from 0."""
    signs = (PLAIN if ascii_only else SIGNS) + LETTERS
    return signs[i % len(signs)], INKS[i % len(INKS)]


def trace(canvas: Canvas, x: int, y: int, lines: Sequence[HostArray]) -> None:
    """Draw all lines of a chart from their cells of braille; where there are several, over them the sign of each."""
    for i, cells in enumerate(lines):
        for r, c in zip(*cells.nonzero(), strict=True):
            canvas.put(x + int(c), y + int(r), chr(0x2800 + int(cells[r, c])), INKS[i % len(INKS)])
    for i, cells in enumerate(lines if len(lines) > 1 else ()):
        sign, ink = look(i, canvas.ascii_only)
        for r, c in _places(cells, i, len(lines)):
            canvas.put(x + c, y + r, sign, ink)


def _places(cells: HostArray, i: int, count: int) -> Iterator[tuple[int, int]]:
    """Where the signs of line i stand, (line, column): at columns of its own, on a short line near its end."""
    used = [int(c) for c in np.flatnonzero(cells.sum(axis=0))]
    pace = max(EVERY, 3 * count)
    at = [c for c in used if c % pace == (pace // 2 + 3 * i) % pace]
    for c in at or used[max(-len(used), -1 - 2 * i) :][:1]:
        yield int(cells[:, c].nonzero()[0][0]), c
