"""Recomputing updates beside the screen: in slices between which keys are answered, with a bar, until it is stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from lessons.contract.knobs import Refused
from lessons.player.bookmark import Back
from lessons.player.player import Player
from tui.keys import Hint
from tui.picture.look import Look
from tui.screens.base import Context
from tui.screens.modes.base import LAST, Change, Command, Mode, Parts
from tui.screens.transport import Every, Stoppable

BAR = 20
"""Characters of the bar."""


class CatchingUp:
    """What is being recomputed, if anything is, and the line that tells how far it has got."""

    def __init__(self, context: Context, look: Look, every: Every) -> None:
        self._context, self._look, self._every = context, look, every
        self._slices: Iterator[Back] | None = None
        self._timer: Stoppable | None = None
        self._then: Callable[[], None] = lambda: None

    @property
    def busy(self) -> bool:
        return self._slices is not None

    def start(self, slices: Iterator[Back], then: Callable[[], None] = lambda: None) -> None:
        """Go through the slices; `then` is done at their end. What was gone through is left where it is."""
        self.stop()
        self._slices, self._then = slices, then
        self._timer = self._every(0.005, self._slice)
        self._look.status = self._said(Back(0, 1))

    def stop(self) -> None:
        """Leave it where it is."""
        self._slices = None
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _slice(self) -> bool:
        """One slice. What is refused at the end is said."""
        if self._slices is None:
            return False
        self._look.status = ""  # the last slice may say something
        try:
            back = next(self._slices, None)
        except Refused as refused:
            self.stop()
            self._look.status = refused.say(self._context.words)
            return True
        if back is None:
            self.stop()
            self._then()
        else:
            self._look.status = self._said(back)
        return True

    def _said(self, back: Back) -> str:
        return self._context.words(
            "say.replaying", done=f"{back.done:,}", whole=f"{back.whole:,}", bar=bar(back)
        )  # fmt: skip


def bar(back: Back) -> str:
    """How far it has got."""
    done = round(BAR * back.done / max(back.whole, 1))
    return "█" * done + "░" * (BAR - done)


class Waiting(Mode):
    """Updates are being recomputed: esc stops that, all other keys say so."""

    def __init__(self, parts: Parts, catching_up: CatchingUp) -> None:
        super().__init__(parts)
        self.catching_up = catching_up

    def wants(self, look: Look, player: Player) -> bool:
        return self.catching_up.busy and look.drawer is None

    def keys(self) -> Sequence[Hint]:
        return [Hint("esc", "stop", "out"), *LAST]

    def knows(self) -> Mapping[str, Command]:
        return {"out": self.stop}

    def stop(self) -> Change:
        self.catching_up.stop()
        return Change(self.say("say.replay_stopped"))

    def do(self, command: str) -> Change | None:
        if command in self.commands or command == "help":
            return super().do(command)
        return Change()
