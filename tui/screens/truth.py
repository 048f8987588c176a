"""The truth of a prediction: at once where the run on the screen holds it, beside the screen where updates are made."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lessons.contract.lesson import Ask
from lessons.player.branches import Branch
from lessons.player.player import Player
from lessons.player.questions import Asked
from tui.screens.seeking import Seeking
from tui.screens.transport import Every


class TruthSeeker:
    """Does what needs the truth of a prediction when it is known."""

    def __init__(self, player: Player, every: Every, keep: Callable[[], None]) -> None:
        self.player = player
        self._every, self._keep = every, keep
        self._seeking: Seeking[str | float | None]
        self._sought: tuple[Ask, Branch, int] | None = None
        """What is being found out: of which prediction, in which run, before which update."""

    def when_known(self, asked: Asked, then: Callable[[], object]) -> None:
        """Do `then` now; where the truth lies ahead in training, after a thread has found it out."""
        if asked.trying:
            return
        if asked.ask.track == "reel":
            then()
            self._keep()
            return
        asked.trying = True
        asked.view = self.player.ahead(asked.ask)
        here = (asked.ask, self.player.branch, self.player.spot.n)
        if self._sought != here:  # one who left the card may have come back
            self._sought = here
            self._seeking = Seeking("prediction", partial(asked.ask.truth, asked.view))
            self._seeking.start()
        seeking = self._seeking

        def look() -> bool:
            if seeking.running:
                return False
            timer.stop()
            asked.trying = False
            if self.player.asked is not asked:  # the learner has gone elsewhere
                return False
            self._sought = None
            asked.truth = seeking.taken()
            then()
            self._keep()
            return True

        timer = self._every(0.05, look)
