"""Half blocks: two numbers in every cell, one over the other, each as a colour."""

from __future__ import annotations

import numpy as np

from engine.device import HostArray
from tui.canvas.canvas import Canvas
from tui.canvas.theme import SHADES

LEVELS = ("h-3", "h-2", "h-1", "h0", "h1", "h2", "h3")
"""Inks of half a cell, by sign and size: the two of a cell are joined by "/"."""


def draw_halves(canvas: Canvas, x: int, y: int, values: HostArray, most: float, deep: bool) -> None:
    """Two values in every cell: the upper as the ink of a half block, the lower behind it, in all shades or seven."""
    if values.shape[0] % 2:
        values = np.concatenate([values, values[-1:]])
    share = np.nan_to_num(values / (most or 1.0), nan=0.0, posinf=1.0, neginf=-1.0)
    size = np.abs(share)
    if deep:
        names = [f"d{n}" for n in range(-SHADES, SHADES + 1)]
        steps = np.round(np.clip(share, -1, 1) * SHADES).astype(int) + SHADES
    else:
        names = list(LEVELS)
        steps = ((size > 0.1).astype(int) + (size > 0.4) + (size > 0.7)) * np.sign(share).astype(int) + 3
    for line in range(values.shape[0] // 2):
        inks = [f"{names[a]}/{names[b]}" for a, b in zip(steps[2 * line], steps[2 * line + 1], strict=True)]
        canvas.row(x, y + line, "▀", inks)
