"""The modes that lie over all others: a line is being typed, one panel is shown alone, the text lies on the stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lessons.player.player import Player
from tui.keys import Hint
from tui.picture.look import Look
from tui.screens.modes.base import LAST, Change, Command, Mode, Parts, axis_keys
from tui.widgets.prompt import Prompt


class Typing(Mode):
    """The prompt is open. It takes its keys itself; here are those that it has no use for, and those clicked."""

    def __init__(self, parts: Parts, prompt: Prompt) -> None:
        super().__init__(parts)
        self.prompt = prompt

    def wants(self, look: Look, player: Player) -> bool:
        return self.prompt.asking

    def keys(self) -> Sequence[Hint]:
        return [Hint("↵", "take", "enter"), Hint("esc", "leave", "out")]

    def knows(self) -> Mapping[str, Command]:
        return {"enter": self.take, "out": self.leave}

    def do(self, command: str) -> Change | None:
        """What lies under the prompt gets no key: the line is about what was marked when it was opened."""
        return super().do(command) or Change()

    def take(self) -> Change:
        self.prompt.take_typed()
        return Change()

    def leave(self) -> Change:
        self.prompt.close()
        return Change()


class Reading(Mode):
    """The text lies over the stage of a small screen."""

    def wants(self, look: Look, player: Player) -> bool:
        return look.text_over and not self.picture.wide

    def keys(self) -> Sequence[Hint]:
        return [Hint("t", "leave", "text"), Hint("esc", "leave", "out"), *LAST]

    def knows(self) -> Mapping[str, Command]:
        return {"text": self.leave, "out": self.leave}

    def leave(self) -> Change:
        self.look.text_over, self.look.text_top = False, 0
        return Change("")


class Alone(Mode):
    """Not all panels are shown: one alone, or those that had no room."""

    def wants(self, look: Look, player: Player) -> bool:
        return bool(look.alone)

    def keys(self) -> Sequence[Hint]:
        axis = axis_keys(self.picture, self.look)
        return [*axis, Hint("z", "more_panels" if self.picture.left_out else "all", "alone"), *LAST]

    def knows(self) -> Mapping[str, Command]:
        return {"alone": self.more, "out": self.all}

    def more(self) -> Change:
        """Those that had no room even so; where it is always the same ones, all again."""
        left_out = self.picture.left_out
        self.look.alone = () if left_out == self.look.alone else left_out
        return Change()

    def all(self) -> Change:
        self.look.alone = ()
        return Change("")
