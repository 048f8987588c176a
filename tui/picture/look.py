"""How a lesson is being looked at: what the learner pointed at and opened. Plain data; what lasts is the player's."""

from __future__ import annotations

from dataclasses import dataclass

from tui.draw.pen import Cursor
from tui.picture.boxes import Drawer
from tui.picture.drawers import Knobs


@dataclass
class Look:
    """What is pointed at, opened and said.

    `alone` are the ids of the panels that are shown alone, none where all are. `text_over` lays the text over the stage
    of a small screen; `text_top` is the first line of the text in sight. `status` is said instead of the address.
    `finished` tells that the end of the lesson has been said, `log` that a curve in full height has a log axis.
    `waiting` are the knobs as they were opened last: what was changed there and not applied waits in them.
    `second` says in which notation a place was asked for; None leaves it to the settings.
    """

    cursor: Cursor | None = None
    drawer: Drawer | None = None
    alone: tuple[str, ...] = ()
    text_over: bool = False
    text_top: int = 0
    status: str = ""
    finished: bool = False
    second: bool | None = None
    log: bool = False
    waiting: Knobs | None = None

    def knobs(self) -> Knobs:
        """The drawer of the knobs, with what waits in it."""
        if self.waiting is None or not self.waiting.dirty:
            self.waiting = Knobs()
        return self.waiting

    def new_act(self) -> None:
        """Another act: its text from the top, all of its panels, no cell."""
        self.text_top, self.cursor, self.alone = 0, None, ()
