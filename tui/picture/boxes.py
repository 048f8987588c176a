"""Help and notices, and what all drawers share. Light: the contents need them before any lesson is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lessons.contract.phrases import Words
from tui.canvas.canvas import Canvas, boxed, wrap
from tui.keys import ALL

if TYPE_CHECKING:
    from lessons.contract.text import Text
    from lessons.contract.view import View
    from lessons.player.player import Player
    from tui.draw.pen import Cursor

Styled = list[tuple[str, str]]


@dataclass
class Desk:
    """What a drawer may look at."""

    player: Player
    words: Words
    text: Text
    view: View
    cursor: Cursor | None
    ascii_only: bool = False


class Drawer:
    """A drawer: its canvas, and what the arrows do in it. Keys that it does not take go on to the lesson."""

    keys: Sequence[tuple[str, str]] = (("esc", "leave"),)

    @property
    def aside(self) -> bool:
        """Whether it stands over the text, where there is a column of it, so that the stage is seen whole."""
        return False

    def draw(self, desk: Desk, width: int, height: int) -> Canvas:
        """The drawer, at most so large."""
        raise NotImplementedError

    def live_keys(self, desk: Desk) -> list[tuple[str, str]]:
        """The keys that do something as it stands now."""
        return list(self.keys)

    def move(self, desk: Desk, dx: int, dy: int) -> bool:
        """An arrow; False where the drawer has no use for it."""
        return False


class Help(Drawer):
    """All keys."""

    keys = (("↑↓", "more"), ("esc", "leave"))

    def __init__(self, ids: Sequence[str]) -> None:
        self.ids, self.top, self.most = ids, 0, 0

    def draw(self, desk: Desk, width: int, height: int) -> Canvas:
        words = desk.words
        lines: Styled = [(f"{ALL[key].sign:<10}{words(f'help.{key}')}", "") for key in self.ids]
        lines += [(words("help.digits"), "dim"), (words("help.shades"), "dim")]
        room = max(1, height - 2)
        self.most = max(0, len(lines) - room)
        self.top = min(self.top, self.most)
        return boxed(words("drawer.help"), lines[self.top : self.top + room], min(width, 60), desk.ascii_only)

    def move(self, desk: Desk, dx: int, dy: int) -> bool:
        self.top = max(0, min(self.most, self.top + dy))
        return dy != 0 or dx != 0

    def live_keys(self, desk: Desk) -> list[tuple[str, str]]:
        return list(self.keys if self.most else self.keys[1:])


@dataclass
class Notice(Drawer):
    """One message, on what, where and the way out; it waits until it is closed."""

    heading: str
    said: str
    keys: Sequence[tuple[str, str]] = (("esc", "leave"),)
    hint: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    passing: bool = False
    """Whether it goes with the next move."""

    @property
    def aside(self) -> bool:
        return self.passing

    def draw(self, desk: Desk, width: int, height: int) -> Canvas:
        width = min(width, 60)
        lines: Styled = [(line, "") for line in wrap(self.said, width - 4)]
        if self.hint:
            lines += [("", ""), *((line, "dim") for line in wrap(self.hint, width - 4))]
        return boxed(self.heading, lines, width, desk.ascii_only)

    def move(self, desk: Desk, dx: int, dy: int) -> bool:
        return False
