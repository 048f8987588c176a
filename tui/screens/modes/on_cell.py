"""The cell cursor is on: arrows move it, and the cell under it can be explained, edited and moved by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from lessons.contract.panels import Network
from lessons.player.player import Player
from tui.canvas.canvas import Hit
from tui.draw.pen import Cursor
from tui.keys import Hint
from tui.picture.drawers import Inspect
from tui.picture.lesson_picture import AROUND
from tui.picture.look import Look
from tui.picture.scroll import beside
from tui.screens.modes.base import LAST, Change, Command, Mode
from tui.screens.modes.editing import ask_edit


class OnCell(Mode):
    """The cell cursor."""

    def wants(self, look: Look, player: Player) -> bool:
        return look.cursor is not None and player.asked is None

    def keys(self) -> Sequence[Hint]:
        edits = self.look.cursor is not None and self.player.lesson.editable(self.look.cursor[0])
        found = [Hint("←↑↓→", "cell", "cursor"), Hint("i", "inspect", "inspect")]
        found += [Hint("e", "edit", "edit")] if edits else []
        found += [Hint("[ ]", "nudge", "nudge_up")] if edits and not self.player.spot.training else []
        found += [Hint("v", "view", "view")] if self.player.lesson.has_second_view(self.picture.view) else []
        return [*found, Hint(", .", "step", "step_forward"), Hint("esc", "out", "out"), *LAST]

    def knows(self) -> Mapping[str, Command]:
        return {
            "forward": partial(self.move, 1, 0),
            "back": partial(self.move, -1, 0),
            "coarser": partial(self.move, 0, -1),
            "finer": partial(self.move, 0, 1),
            "enter": self.inspect,
            "edit": lambda: ask_edit(self.parts, self.look.cursor),
            "alone": self.alone,
            "out": self.leave,
        }

    def move(self, dx: int, dy: int) -> Change:
        """The nearest cell in this direction; past the edge of an axis, columns that are out of sight come in."""
        cells = self.picture.cells
        here = next((hit for hit in cells if hit.target[1:] == self.look.cursor), None)
        if here is None:
            self.look.cursor = None
            return Change()
        ahead = [hit for hit in cells if (hit.x - here.x) * dx > 0 or (hit.level - here.level) * dy > 0]
        if dx:
            ahead = [hit for hit in ahead if hit.y == here.y]
        if ahead:
            near = min(ahead, key=lambda hit: abs(hit.level - here.level) * (100 if dy else 1) + abs(hit.x - here.x))
            self.look.cursor = (near.target[1], near.target[2])
        if dx:
            self._scroll(cells, here, dx)
        return Change()

    def _scroll(self, cells: Sequence[Hit], here: Hit, way: int) -> None:
        """To the next column of the row, where the cell that was reached is beyond it, or where none was."""
        assert self.look.cursor is not None
        start: Cursor = (here.target[1], here.target[2])
        found = beside(self.picture.panels(), start, way)
        within = start[0] == self.look.cursor[0] and start != self.look.cursor
        if found is None or within or found[0] in {hit.target[1] for hit in cells}:
            return
        self.look.cursor = found

    def inspect(self) -> Change:
        assert self.look.cursor is not None
        self.look.drawer = Inspect(self.look.cursor)
        return Change()

    def alone(self) -> Change | None:
        """The panel that the cell is in, alone."""
        assert self.look.cursor is not None
        panels = [panel for panel in self.picture.panels() if panel.id not in ("law", *AROUND)]
        held = next((panel for panel in panels if self.look.cursor[0] in panel.symbols()), None)
        if held is None:
            held = max(panels, key=lambda panel: panel.priority, default=None)
        if held is None:
            return None
        self.look.alone = (held.id,) if isinstance(held, Network) else (held.id, *AROUND)  # a field needs the room
        return Change()

    def pasted(self, text: str) -> Change:
        """A value for the cell; it stands in the entry until enter takes it."""
        return ask_edit(self.parts, self.look.cursor, text)

    def leave(self) -> Change:
        self.look.cursor = None
        return Change("")
