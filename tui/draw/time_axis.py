"""A time axis: milestones over their years, spans under them."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len

from lessons.contract.panels import Milestone, TimeAxis
from tui.canvas.canvas import Canvas, fit
from tui.draw.pen import Pen, draw

LANES = 7
"""Lines for names over the axis, at most; fewer where room is short."""
INKS = {"past": "", "now": "written", "coming": "dim"}
SIGNS = {"past": "●", "now": "◆", "coming": "○"}


@draw.register
def draw_time_axis(panel: TimeAxis, width: int, pen: Pen) -> Canvas:
    """Names in lines over the axis, each as low as it finds room; the milestone that is now always has its name."""
    canvas = pen.canvas(width)
    top = 1 if panel.title else 0
    if panel.title:
        canvas.put(1, 0, fit(panel.title, width - 2), "label")
    first, last = panel.years
    room = width - 4

    def column(year: int) -> int:
        return 1 + round((year - first) * (room - 1) / max(1, last - first))

    lanes = max(2, min(LANES, pen.fill or pen.height // 4)) if pen.tight else LANES
    placed = _lanes(panel, column, lanes, width)
    used = 1 + max((lane for lane, _ in placed.values()), default=0)
    axis = top + used
    canvas.fill(1, axis, room, "─", "rule")
    for milestone in sorted(panel.milestones, key=lambda each: each.state == "now"):
        x = column(milestone.year)
        if milestone in placed:
            lane, left = placed[milestone]
            y = axis - 1 - lane
            for line in range(y + 1, axis):
                if canvas.chars[line][x] == " ":
                    canvas.put(x, line, "│", "rule")
            canvas.put(left, y, _said(milestone), INKS[milestone.state])
        canvas.put(x, axis, SIGNS[milestone.state], INKS[milestone.state] or "head")
    _years(canvas, axis + 1, panel, column, width)
    free = 1
    for start, end, name in panel.spans:
        left, right = column(start), column(end)
        canvas.fill(left, axis + 2, right - left + 1, "░", "label")
        said = fit(name, width - 2 - free)
        at = left + (right - left + 1 - cell_len(said)) // 2
        free = canvas.put(max(free, min(at, width - 2 - cell_len(said))), axis + 3, said, "label") + 2
    return canvas


def _said(milestone: Milestone) -> str:
    return f"►{milestone.name}" if milestone.state == "now" else milestone.name


def _lanes(panel: TimeAxis, column: Callable[[int], int], lanes: int, width: int) -> dict[Milestone, tuple[int, int]]:
    """The line over the axis and the left edge of every name that finds room; the one that is now goes first."""
    taken: list[list[tuple[int, int]]] = [[] for _ in range(lanes)]
    found: dict[Milestone, tuple[int, int]] = {}
    order = [each for each in panel.milestones if each.state == "now"]
    order += [each for each in sorted(panel.milestones, key=lambda each: -each.year) if each.state != "now"]
    for milestone in order:
        x, wide = column(milestone.year), cell_len(_said(milestone))
        for lane in range(lanes):
            for left in (x, max(1, min(x, width - 2 - wide)), max(1, x - wide + 1)):
                right = left + wide
                inside = right < width - 1
                if inside and not any(left <= end and start <= right for start, end in taken[lane]):
                    taken[lane].append((left, right))
                    for lower in taken[:lane]:
                        lower.append((x, x))
                    found[milestone] = (lane, left)
                    break
            if milestone in found:
                break
    return found


def _years(canvas: Canvas, y: int, panel: TimeAxis, column: Callable[[int], int], width: int) -> None:
    """Round years under the axis, as close as they find room, and the two ends."""
    first, last = panel.years
    step = next((step for step in (5, 10, 20, 50) if column(first + step) - column(first) > 6), 100)
    for year in range(first + -first % step, last + 1, step):
        canvas.put(min(max(0, column(year) - 1), width - 5), y, str(year), "dim")
