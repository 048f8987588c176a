"""The answers of an exam, worked out beside the screen from a copy of the run, and kept as long as that is the same."""

from __future__ import annotations

from lessons.player.exam import Paper, Run, Worked
from lessons.player.player import Player
from tui.picture.boxes import Desk
from tui.screens.seeking import Seeking
from tui.screens.transport import Every

Key = tuple[tuple[int, int, int], str, tuple[tuple[str, str], ...]]
"""The run, the language, the notation."""


class Examiner:
    """Finds the questions for the run on the screen. One thread at a time works; the screen is painted when it ends."""

    def __init__(self, player: Player, every: Every) -> None:
        self.player = player
        self._every = every
        self._working: Working | None = None
        self._done: Working | None = None

    @property
    def busy(self) -> bool:
        return self._working is not None

    def found(self, desk: Desk) -> tuple[Worked, ...] | None:
        """The questions with their answers; None while they are being worked out.

        While training goes on, those of the last update that was worked out.
        """
        run = Run.of(self.player)
        key = (run.key, desk.words.lang, tuple(desk.names.items()))
        if self._working is None and (self._done is None or self._done.key != key):
            self._working = Working(key, run, desk, self._done)
            self._wait()
        return self._shown(key)

    def _shown(self, key: Key) -> tuple[Worked, ...] | None:
        """What was worked out last, where it is of the same run, language and notation, though of another update."""
        done = self._done
        return done.found if done is not None and done.key[1:] == key[1:] and done.key[0][:2] == key[0][:2] else None

    def _wait(self) -> None:
        """Begin when the key has been answered, and take over what is found when it is there."""

        def look() -> bool:
            working = self._working
            if working is None:
                return False
            working.start()
            if working.running:
                return False
            timer.stop()
            self._working, self._done = None, working
            working.taken()
            return True

        timer = self._every(0.02, look)


class Working(Seeking[tuple[Worked, ...]]):
    """A thread that works an exam out."""

    def __init__(self, key: Key, run: Run, desk: Desk, before: Working | None) -> None:
        """`before` is what was worked out last: of the same run, what it has computed is used again."""
        super().__init__("exam", self._questions)
        self.key, self.run = key, run
        self._paper: Paper | None = before._paper if before is not None and before.run.key == run.key else None
        self._text, self._names = desk.text, desk.names

    def _questions(self) -> tuple[Worked, ...]:
        self._paper = self._paper or Paper(self.run)
        return self._paper.questions(self._text, self._names)
