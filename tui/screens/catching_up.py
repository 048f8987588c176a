"""Recomputing updates beside the screen: in slices between which keys are answered, with a bar, until it is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from engine.walks.far import Far
from lessons.contract.knobs import Refused
from lessons.player.bookmark import Back, in_slices
from lessons.player.player import Player
from tui.keys import Hint
from tui.picture.look import Look
from tui.screens.base import Context
from tui.screens.modes.base import LAST, Change, Command, Mode, Parts
from tui.screens.transport import Every, Stoppable

BAR = 20
"""Characters of the bar."""
SHOWN_EVERY = 0.25
"""Seconds between two pictures of it: a picture takes longer than the computing between two keys."""


class CatchingUp:
    """What is being recomputed, if anything is, and the line that tells how far it has got.

    `going` tells that a step or an update is gone to, and not a lesson brought back to where it was left.
    """

    def __init__(self, context: Context, player: Player, look: Look, every: Every) -> None:
        self._context, self._player, self._look, self._every = context, player, look, every
        self.going = False
        self._made = 0
        """Updates there were when it began."""
        self._before = ""
        """What was said before."""
        self._slices: Iterator[Back] | None = None
        self._timer: Stoppable | None = None
        self._shown = 0.0
        self._then: Callable[[], object] = lambda: None

    @property
    def busy(self) -> bool:
        return self._slices is not None

    def start(self, slices: Iterator[Back], then: Callable[[], object] = lambda: None) -> None:
        """Go through the slices; `then` is done at their end. What was gone through is left where it is."""
        self.stop()
        self._slices, self._then, self._before = slices, then, self._look.status
        self._timer = self._every(0.005, self._slice)
        self._look.status = self._said(Back(0, 1))
        self._shown = time.monotonic()

    def go(self, far: Far, then: Callable[[], object]) -> None:
        """Come to what is far; `then` is done there."""
        self.start(in_slices(far.again), then)
        self.going, self._made = True, self._updates

    def stop(self) -> None:
        """Leave it where it is."""
        self._slices, self.going = None, False
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    @property
    def _updates(self) -> int:
        return len(self._player.history) if self._player.runs.made else 0

    @property
    def made_updates(self) -> bool:
        """Whether updates have been made on the way."""
        return self._updates > self._made

    def _slice(self) -> bool:
        """One slice; whether the screen should be painted. What is refused at the end is said."""
        if self._slices is None:
            return False
        self._look.status = ""  # the last slice may say something
        due = time.monotonic() - self._shown >= SHOWN_EVERY
        try:
            back = next(self._slices, None)
            if back is None:
                if self.going:
                    self._look.status = self._before
                self.stop()
                self._then()
            else:
                self._look.status = self._said(back)
                self._shown = time.monotonic() if due else self._shown
                return due
        except Refused as refused:
            self.stop()
            self._look.status = refused.say(self._context.words)
        except Far as far:  # where it leads to is not all that has to be computed
            self._look.status = self._before
            self.go(far, self._then)
        return True

    def _said(self, back: Back) -> str:
        numbers = {"done": f"{back.done:,}", "whole": f"{back.whole:,}"}
        said = self._context.words("say.replaying", **numbers, bar=bar(back))
        return f"{said}   {self._before}".rstrip()


def bar(back: Back) -> str:
    """How far it has got."""
    done = round(BAR * back.done / max(back.whole, 1))
    return "█" * done + "░" * (BAR - done)


class Waiting(Mode):
    """Updates are being recomputed: esc stops that, other keys wait; one may leave, and walk on in a lecture."""

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
        """Where updates were being made, to the last of them; else one stays where one was."""
        going, made = self.catching_up.going, self.catching_up.made_updates
        self.catching_up.stop()
        if not going:
            return Change(self.say("say.replay_stopped"))
        if not made:
            return Change(self.say("say.not_gone"))
        self.player.follow()
        return Change(self.say("say.grown", n=f"{self.player.spot.n:,}"), keep=True, act=True)

    def do(self, command: str) -> Change | None:
        walks = bool(self.parts.context.stops) and command in ("text_down", "text_up")
        if command in (*self.commands, "help", "quit") or walks:
            return super().do(command)
        return Change()
