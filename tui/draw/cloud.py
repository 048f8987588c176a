"""Clouds: words where their points are, as many as find room."""

from __future__ import annotations

import numpy as np
from rich.cells import cell_len

from engine.device import HostArray
from lessons.contract.panels import Cloud
from tui.canvas.canvas import Canvas, fit, wrap
from tui.draw.pen import Pen, draw

TIGHT = 5


@draw.register
def draw_cloud(panel: Cloud, width: int, pen: Pen) -> Canvas:
    """Title, points, legend. The outermost points stand at the edges."""
    canvas = pen.canvas(width)
    canvas.put(1, 0, fit(panel.title, width - 2), "label")
    rows, room = TIGHT if pen.tight else panel.lines, max(8, width - 4)
    canvas.put(1, rows, " ")
    known = [point for point in panel.points if np.isfinite(point[:2]).all()]
    if known:
        low, high = np.min([p[:2] for p in known], axis=0), np.max([p[:2] for p in known], axis=0)
        wide, tall = (float(each) or 1.0 for each in high / 2 - low / 2)  # halves, for they may be huge
        taken = np.zeros((rows, room + 2), dtype=bool)
        for x, y, text, role in known:
            size = cell_len(text)
            row = round((float(high[1]) / 2 - y / 2) / tall * (rows - 1))
            at = min(round((x / 2 - float(low[0]) / 2) / wide * (room - 1)), room - size)
            for up in (0, 1, -1) if panel.every else (0,):
                if _free(taken, row - up, at, size):
                    taken[row - up, at : at + size] = True
                    canvas.put(1 + at, 1 + row - up, text, role)
                    break
    for y, line in enumerate(wrap(panel.legend, width - 2)[: 2 if pen.tight else 3]):
        canvas.put(1, 1 + rows + y, line, "dim")
    return canvas


def _free(taken: HostArray, row: int, at: int, size: int) -> bool:
    """Whether a word has room there, a blank on either side."""
    return at >= 0 and 0 <= row < len(taken) and not taken[row, max(0, at - 1) : at + size + 1].any()
