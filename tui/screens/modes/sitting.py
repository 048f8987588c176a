"""The exam of a lesson and the table of symbols are opened and closed, from wherever one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lessons.player.exam import has_exam
from lessons.player.player import Player
from tui.keys import Hint
from tui.picture.exam import Exam
from tui.picture.look import Look
from tui.picture.question import what_does
from tui.picture.symbols import Symbols
from tui.screens.modes.base import Change, Command, Mode


class Sitting(Mode):
    """Always there. It shows no keys of its own: the last step of a lesson names the one that opens the exam."""

    def wants(self, look: Look, player: Player) -> bool:
        return True

    def keys(self) -> Sequence[Hint]:
        return ()

    def knows(self) -> Mapping[str, Command]:
        return {"exam": self.exam, "table": self.table}

    def table(self) -> Change:
        """The table of symbols, those of this stage first; again, closed."""
        self.look.drawer = None if isinstance(self.look.drawer, Symbols) else Symbols(self.picture.legend())
        return Change("")

    def exam(self) -> Change:
        """The exam questions, answered from this run; again, closed. Not while a prediction is open."""
        if isinstance(self.look.drawer, Exam):
            self.look.drawer = None
            return Change()
        if not has_exam(self.picture.text):
            return Change(self.say("say.no_exam"))
        asked = self.player.asked
        if asked is not None and not asked.verdict:
            return Change(self.say(what_does(asked)))
        self.parts.transport.pause()
        self.look.drawer = Exam(self.parts.examiner.found)
        return Change("")
