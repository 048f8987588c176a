"""A lecture is given: the keys of a presenter's remote walk through the stops of its deck, and step nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import monotonic

from lessons.player.player import Player
from lessons.player.questions import Asked
from tui.keys import Hint
from tui.picture.look import Look
from tui.screens.modes.base import Change, Command, Mode, Parts

VOTE = 1.0
"""Seconds that lie at least between the first press on an open question and the one that reveals the answer."""


class Lecturing(Mode):
    """A deck is walked through. It shows no keys of its own: those of the lesson go on working."""

    def __init__(self, parts: Parts, clock: Callable[[], float] = monotonic) -> None:
        super().__init__(parts)
        self.clock = clock
        self._voting: Asked | None = None
        self._since = 0.0

    def wants(self, look: Look, player: Player) -> bool:
        return bool(self.parts.context.stops)

    def keys(self) -> Sequence[Hint]:
        return ()

    def knows(self) -> Mapping[str, Command]:
        return {"text_down": self.next, "text_up": partial(self.walk, -1)}

    def next(self) -> Change:
        """To the next stop; an open question is voted on first, and then answered."""
        asked = self.player.asked
        if asked is None or asked.verdict:
            return self.walk(1)
        if asked.trying:
            return Change()
        now = self.clock()
        if self._voting is not asked:
            self._voting, self._since = asked, now
        elif now - self._since >= VOTE:
            self.parts.truth.when_known(asked, self.player.skip)
            return Change("")
        return Change(self.say("say.vote"))

    def walk(self, by: int) -> Change:
        self.parts.transport.pause()
        moved = self.parts.context.walk(by)
        return Change(None if moved else self.say("say.last_stop" if by > 0 else "say.first_stop"))
