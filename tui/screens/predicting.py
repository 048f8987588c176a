"""Answering a prediction: at once where the run on the screen holds the truth, beside it where updates must be made."""

from __future__ import annotations

import threading
from collections.abc import Callable

from textual.timer import Timer

from lessons.contract.lesson import Ask
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.player.branches import Branch
from lessons.player.player import Player
from lessons.player.questions import Asked
from tui.picture.question import options
from tui.screens.painted import Painted


class Predicting(Painted):
    """The part of the lesson screen that has the prediction card. What it needs of the rest is named first."""

    player: Player
    _seeking: Seeking
    _sought: tuple[Ask, Branch, int] | None = None
    """What is being found out: of which prediction, in which run, before which update."""

    @property
    def text(self) -> Text:
        """The lesson's text in the language in use."""
        raise NotImplementedError

    def keep(self) -> None:
        """Write down where the learner is."""
        raise NotImplementedError

    @property
    def open_question(self) -> Asked | None:
        """The prediction on the card, as long as it has no answer."""
        asked = self.player.asked
        return None if asked is None or asked.verdict else asked

    def _type(self, char: str) -> bool:
        """A character for a number card; False where none is open."""
        asked = self.open_question
        if asked is None or asked.ask.kind != "number":
            return False
        if not asked.trying:
            asked.typed = (asked.typed + char)[:12]
            self.paint()
        return True

    def answer(self) -> None:
        """Answer the open card with what is chosen or typed; from one that has been answered go on."""
        asked = self.open_question
        if asked is None:
            self.player.go_on()
            self._told()
            return
        try:
            value = float(asked.typed) if asked.ask.kind == "number" else options(asked, self.text)[asked.choice][0]
        except ValueError:
            asked.typed = ""
            self.paint()
            return
        self._when_known(asked, lambda: self.player.answer(value))

    def skip(self) -> None:
        """Leave the open card unanswered; one whose truth is being found out is closed, and will be asked again."""
        asked = self.open_question
        if asked is not None and not asked.trying:
            self._when_known(asked, self.player.skip)
        elif asked is not None:
            self.player.asked = None
            self.paint()
        else:
            self.player.skip()
            self._told()

    def _told(self) -> None:
        self.keep()
        self.paint()

    def _when_known(self, asked: Asked, then: Callable[[], object]) -> None:
        """Do what needs the truth; where it lies ahead in training, after a thread has found it out."""
        if asked.trying:
            return
        if asked.ask.track == "reel":
            then()
            self._told()
            return
        asked.trying = True
        asked.view = self.player.ahead(asked.ask)
        here = (asked.ask, self.player.branch, self.player.spot.n)
        if self._sought != here:  # one who left the card may have come back
            self._sought, self._seeking = here, Seeking(asked.ask, asked.view)
        seeking = self._seeking

        def look() -> None:
            if seeking.running:
                return
            timer.stop()
            asked.trying = False
            if self.player.asked is not asked:  # the learner has gone elsewhere
                return
            self._sought = None
            if seeking.error is not None:
                raise seeking.error
            asked.truth = seeking.truth
            then()
            self._told()

        timer: Timer = self.set_interval(0.05, look)
        self.paint()


class Seeking:
    """A thread that finds out the truth of a prediction. It reads a view and changes nothing."""

    def __init__(self, ask: Ask, view: View) -> None:
        self.ask, self.view = ask, view
        self.truth: str | float | None = None
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="prediction", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.truth = self.ask.truth(self.view)
        except Exception as error:  # raised again where it can be seen: a thread must not touch the screen
            self.error = error

    @property
    def running(self) -> bool:
        return self._thread.is_alive()
