"""A stage from its panels: drawn at ease if there is room, else tightly, else without the least important ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from lessons.contract.panels import Formula, Matrix, Panel
from tui.canvas.canvas import Canvas
from tui.draw import Pen, draw

ROOMY = 24
"""On a stage of fewer lines an opened update has no rows to spare, in any of its phases."""


class Laid(NamedTuple):
    """A stage as one canvas; by id the panels that had no room, and those that left something out, with what it is."""

    canvas: Canvas
    left_out: Mapping[str, Sequence[str]]

    @property
    def dropped(self) -> tuple[str, ...]:
        """Their ids, from the top of the stage."""
        return tuple(self.left_out)


def lay(panels: list[Panel], width: int, height: int, pen: Pen, dense: bool = False) -> Laid:
    """The panels from the top, each as high as it needs, a blank line between them where there is room.

    Where there is too little, panels are drawn tightly; then those with many rows of one kind show the ones around the
    row at work, and long formulas are said in short; then rows that can be missed go; then panels go. In each of these
    the least important panel comes first.

    Dense: always tight, and with no blank lines, so that panels at the top stay where they are whatever follows.
    """
    stage = _Stage(panels, width, height, pen, dense)
    stage.shrink()
    stage.leave_out()
    stage.give_back()
    drawn = stage.canvases()
    spare, gaps = height - stage.used, len(drawn) - 1
    canvas = pen.canvas(width, height)
    y = 0
    for each in drawn.values():
        canvas.stamp(each, 0, y, max(0, height - y))
        y += each.height
        if gaps and spare >= gaps and not dense:
            y += 1
    lacking = {panel.id: drawn[panel.id].lacks if panel.id in drawn else () for panel in panels}
    return Laid(canvas, {id: lacks for id, lacks in lacking.items() if lacks or id not in drawn})


class _Forms:
    """The ways to draw a panel, from the one that needs most room to the one that needs least; drawn when asked for."""

    def __init__(self, panel: Panel, width: int, pens: Sequence[Pen]) -> None:
        first, tight, bare = pens
        self.width, self.canvases = width, dict[int, Canvas]()
        rows = range(len(panel.rows) - 1, panel.least - 1, -1) if isinstance(panel, Matrix) and panel.least else ()
        self.ways: list[tuple[Panel, Pen]] = [(panel, first), (panel, tight)]
        self.ways += [(panel, replace(tight, most=most)) for most in rows]
        if isinstance(panel, Formula) and panel.short:
            self.ways += [(replace(panel, lines=lines), tight) for lines in shorter(panel.short)]
        self.last_whole = len(self.ways) - 1
        if not isinstance(panel, Formula):
            self.ways.append((panel, replace(bare, most=panel.least) if rows and isinstance(panel, Matrix) else bare))

    def canvas(self, n: int) -> Canvas:
        """The panel in the n-th way."""
        if n not in self.canvases:
            panel, pen = self.ways[n]
            self.canvases[n] = draw(panel, self.width, pen)
        return self.canvases[n]


def shorter(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    """A formula in fewer lines: as it is said in short, and of that the first line and the result."""
    yield lines
    if len(lines) > 2:
        first = lines[0].rstrip(" …")
        yield f"{first} …", lines[-1]


class _Stage:
    """The way in which every panel is drawn, by id; those that are left out have none."""

    def __init__(self, panels: Sequence[Panel], width: int, height: int, pen: Pen, dense: bool) -> None:
        bare = replace(pen, tight=True, rows=2)
        tight = replace(bare, whole=True)
        first = pen if not dense else tight if height >= ROOMY else bare
        self.height, self.at = height, {panel.id: 0 for panel in panels}
        self.forms = {panel.id: _Forms(panel, width, (first, tight, bare)) for panel in panels}
        self.order = [panel.id for panel in sorted(panels, key=lambda panel: panel.priority)]
        self.gone: list[str] = []

    def canvases(self) -> dict[str, Canvas]:
        """Those that are drawn, from the top."""
        return {id: self.forms[id].canvas(n) for id, n in self.at.items() if id not in self.gone}

    @property
    def used(self) -> int:
        """Lines that they take."""
        return sum(canvas.height for canvas in self.canvases().values())

    def shrink(self) -> None:
        """Take room from the panels until all fit, or none can be drawn smaller."""
        for step in (self._tight, self._windowed, self._bare):
            for id in self.order:
                if self.used <= self.height:
                    return
                self.at[id] = max(self.at[id], step(id))

    def _tight(self, id: str) -> int:
        """Tight, where nothing is lost by that."""
        forms = self.forms[id]
        return 1 if forms.canvas(1).lacks == forms.canvas(0).lacks else 0

    def _windowed(self, id: str) -> int:
        """With as many of its rows as the others leave room for, or the fewest that must be; of a formula, lines."""
        forms, over = self.forms[id], self.used - self.height
        if forms.last_whole < 2:
            return 0
        room = forms.canvas(self.at[id]).height - over
        fits = (n for n in range(2, forms.last_whole + 1) if forms.canvas(n).height <= room)
        return next(fits, forms.last_whole)

    def _bare(self, id: str) -> int:
        """As small as can be."""
        return len(self.forms[id].ways) - 1

    def leave_out(self) -> None:
        """The least important ones, until the others fit; where a large one went, smaller ones may have room again."""
        for id in self.order:
            if self.used <= self.height or len(self.gone) == len(self.at) - 1:
                break
            self.gone.append(id)
        for id in reversed(self.gone.copy()):
            room = self.height - self.used
            fits = (n for n in range(1, len(self.forms[id].ways)) if self.forms[id].canvas(n).height <= room)
            self.at[id] = next(fits, self.at[id])
            if self.forms[id].canvas(self.at[id]).height <= room:
                self.gone.remove(id)

    def give_back(self) -> None:
        """What is left of the room, to the most important ones first."""
        for id in reversed(self.order):
            if id in self.gone:
                continue
            forms, room = self.forms[id], self.height - self.used + self.forms[id].canvas(self.at[id]).height
            self.at[id] = next((n for n in range(self.at[id]) if forms.canvas(n).height <= room), self.at[id])
