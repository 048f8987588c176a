"""The cell cursor is on: arrows move it, and the cell under it can be explained, edited and moved by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from lessons.contract.panels import Network
from lessons.player.player import Player
from tui.keys import Hint
from tui.picture.drawers import Inspect
from tui.picture.lesson_picture import AROUND
from tui.picture.look import Look
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
        """The nearest cell in this direction."""
        cells = self.picture.cells
        here = next((hit for hit in cells if hit.target[1:] == self.look.cursor), None)
        if here is None:
            self.look.cursor = None
            return Change()
        ahead = [hit for hit in cells if (hit.x - here.x) * dx > 0 or (hit.y - here.y) * dy > 0]
        if dx:
            ahead = [hit for hit in ahead if hit.y == here.y]
        if ahead:
            near = min(ahead, key=lambda hit: abs(hit.y - here.y) * (100 if dy else 1) + abs(hit.x - here.x))
            self.look.cursor = (near.target[1], near.target[2])
        return Change()

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
