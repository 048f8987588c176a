"""A prediction is on its card: an option is chosen or a number typed; after the answer the card says what is true."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from lessons.player.player import Player
from lessons.player.questions import Asked
from tui.keys import Hint, half_width
from tui.picture.look import Look
from tui.picture.question import options, what_does
from tui.screens.modes.base import LAST, Change, Command, Mode, Parts


class Answering(Mode):
    """The card. Number keys type a figure or choose an option; a key that goes on leaves an open question alone.

    A key that is held down since before the card was as it is does nothing to it.
    """

    def __init__(self, parts: Parts, go_on: Command) -> None:
        """`go_on` makes a step from a card that has its verdict."""
        super().__init__(parts)
        self._go_on = go_on

    def wants(self, look: Look, player: Player) -> bool:
        return player.asked is not None

    def keys(self) -> Sequence[Hint]:
        asked = self.open
        if asked is None:
            return [Hint("→ space ↵", "go_on", "forward"), *LAST]
        if asked.trying:
            return [Hint("esc", "stop", "out"), *LAST]
        number = asked.ask.kind == "number"
        how = [Hint("0-9", "type", "digit_1")] if number else [Hint("↑↓", "choose", "finer")]
        ready = asked.typed if number else asked.choice is not None
        answer = [Hint("↵", "answer", "enter")] if ready else []
        return [*how, *answer, Hint("esc", "skip", "out"), *LAST]

    def knows(self) -> Mapping[str, Command]:
        digits: dict[str, Command] = {f"digit_{n}": partial(self.digit, n) for n in range(10)}
        return {
            **digits,
            "coarser": partial(self.choose, -1),
            "finer": partial(self.choose, 1),
            "forward": self.go_on,
            "play": self.go_on,
            "step_forward": lambda: self.type(".") or self.go_on(),
            "slower": partial(self.type, "-"),
            "erase": self.erase,
            "enter": self.answer,
            "out": self.skip,
        }

    @property
    def open(self) -> Asked | None:
        """The prediction on the card, as long as it has no answer."""
        asked = self.player.asked
        return None if asked is None or asked.verdict else asked

    def do(self, command: str) -> Change | None:
        """While the truth is being found out, every key of the card is answered; escape closes it."""
        asked = self.open
        if asked is not None and asked.trying and command in self.commands and command != "out":
            return Change(self.say(what_does(asked)))
        return super().do(command)

    @property
    def _stays(self) -> Change | None:
        """The answer to a key that is held down: the card stays, and it is said what does something about it."""
        if not self.parts.strokes.held:
            return None
        asked = self.open
        return Change(self.say("say.go_on" if asked is None else what_does(asked)))

    def go_on(self) -> Change | None:
        """From a verdict one step on; an open question stays, and it is said what does something about it."""
        asked = self.open
        return self._stays or (self._go_on() if asked is None else Change(self.say(what_does(asked))))

    def choose(self, by: int) -> Change | None:
        """The option above or below."""
        asked = self.open
        if asked is None:
            return None
        count = len(options(asked, self.picture.text))
        if count and not asked.trying:
            asked.choice = (asked.choice + by if asked.choice is not None else min(by, 0)) % count
        return Change("")

    def type(self, char: str) -> Change | None:
        """A character of a number."""
        asked = self.open
        if asked is None or asked.ask.kind != "number":
            return None
        if not asked.trying:
            asked.typed = (asked.typed + char)[:12]
        return Change("")

    def pasted(self, text: str) -> Change | None:
        """A number that was pasted."""
        return self.type("".join(map(half_width, text.strip())))

    def digit(self, n: int) -> Change | None:
        """A figure of the number, or an option."""
        asked = self.open
        if asked is None:
            return Change()
        typed = self.type(str(n))
        if typed is None and 1 <= n <= len(options(asked, self.picture.text)) and not asked.trying:
            asked.choice = n - 1
        return Change("")

    def erase(self) -> Change | None:
        asked = self.open
        if asked is not None and not asked.trying:
            asked.typed = asked.typed[:-1]
        return Change()

    def click(self, i: int, twice: bool) -> Change | None:
        """An option was clicked: chosen; if it was so already, or clicked twice, answered."""
        asked = self.open
        if asked is None or asked.trying:
            return Change()
        again, asked.choice = asked.choice == i, i
        return self.answer() if again or twice else Change()

    def answer(self) -> Change | None:
        """Answer with what is chosen or typed; where nothing is yet, say so; from a card that was answered go on."""
        asked, stays = self.open, self._stays
        if stays is not None:
            return stays
        if asked is None:
            return self._go_on()
        if asked.trying:
            return Change(self.say(what_does(asked)))
        number = asked.ask.kind == "number"
        if not asked.typed if number else asked.choice is None:
            return Change(self.say("say.type_first" if number else "say.choose_first"))
        try:
            value = float(asked.typed) if number else options(asked, self.picture.text)[asked.choice or 0][0]
        except ValueError:
            asked.typed = ""
            return Change(self.say(what_does(asked)))
        self._when_known(asked, lambda: self.player.answer(value))
        return Change("")

    def _when_known(self, asked: Asked, then: Callable[[], object]) -> None:
        """Do it when the truth is known; what was said meanwhile of keys holds no more."""

        def known() -> None:
            then()
            self.look.status = ""

        self.parts.truth.when_known(asked, known)

    def skip(self) -> Change:
        """Leave the card unanswered; one whose truth is being found out is closed.

        It counts as skipped, or if it was answered, it will be asked again.
        """
        asked, stays = self.open, self._stays
        if stays is not None:
            return stays
        if asked is not None and not asked.trying:
            asked.skips = True
            self._when_known(asked, self.player.skip)
            return Change("")
        if asked is not None and asked.skips:
            self.player.questions.leave()
            return Change("", keep=True)
        if asked is not None:
            self.player.asked = None
            return Change(self.say("say.asked_later"))
        self.player.skip()
        return Change("", keep=True)
