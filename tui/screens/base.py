"""What both screens are: painted from the app's words and theme, and asked to settle before the app ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, cast

from textual.geometry import Size
from textual.screen import Screen

from lessons.contract.phrases import Words
from tui.machine.store import Store

if TYPE_CHECKING:
    from lessons.contract.card import Broken, Card, Lead, Place
    from lessons.player.player import Player


class Context(Protocol):
    """What the app hands to its screens: settings, words, the course, and the way from one screen to another."""

    store: Store
    words: Words
    ascii_only: bool
    text_beside: bool | None
    """Whether a lesson's text is shown beside its stage; None where nobody has chosen yet."""

    @property
    def course(self) -> Mapping[str, Card | Broken]:
        """The lessons by id, in order."""

    @property
    def ink_theme(self) -> str:
        """The theme that our own pictures are drawn in."""

    @property
    def deep(self) -> bool:
        """Whether fields are drawn in all shades."""

    def number_of(self, card: Card | Broken) -> str:
        """Chapter and place of a lesson: 3.1."""

    def open_lesson(self, lesson: str, place: Place | None = None) -> None:
        """Open a lesson where the learner left it, or at a place. Raises Refused where it cannot be loaded."""

    def go(self, lesson: str, place: Place | None = None) -> None:
        """Open a lesson as `open_lesson` does, in the stead of one that is open; what is refused is said."""

    @property
    def present(self) -> bool:
        """Whether lessons are drawn for a projector."""

    @property
    def stops(self) -> Sequence[object]:
        """The stops of the lecture that is given; none where there is none."""

    def walk(self, by: int) -> bool:
        """To the stop of the lecture that is so many further; False at its ends."""

    came_from: str
    """The lesson that led to the one that is open, "" where none did."""

    def follow(self, lead: Lead, here: str) -> None:
        """From this lesson to where it leads; `go_back` comes back."""

    def go_back(self) -> None:
        """To the lesson that led here, where the learner left it."""

    def following(self, lesson: str) -> Card | None:
        """The lesson after this one in the course; None after the last."""

    def leave_lesson(self) -> None:
        """Back to the contents."""

    def keep(self, player: Player) -> None:
        """Write down where the learner is."""


class PaintedScreen(Screen[None]):
    """A screen that paints itself."""

    said = ""
    """A line said once, where the screen has room for it."""
    way_out = "say.quit"
    """The phrase that says how one leaves it."""
    painted_size = Size(0, 0)
    """The size that it was painted in last."""

    @property
    def unroll(self) -> Context:
        """The app, with its settings and words."""
        return cast("Context", self.app)

    def paint(self) -> None:
        """Show everything as it is now."""
        raise NotImplementedError

    def knobs(self) -> Iterable[tuple[str, str, Callable[[], None]]]:
        """(name, what it sets, how to ask for its value) of every knob that can be set here."""
        return ()

    def give_way(self) -> Callable[[], None] | None:
        """A key has come: the background leaves the interpreter to the screen until what is returned here is called."""

    def key_came(self, key: str, at: float) -> None:
        """A key has come at this time, in seconds; nothing has been done about it yet."""

    def begins(self, key: str, character: str) -> bool:
        """Whether a character has opened an entry as the first of it; if not, its key does what it is bound to."""
        return False

    def pasted(self, text: str) -> None:
        """Something was pasted while no line was being typed."""

    def settle(self) -> None:
        """Stop what runs and write down what must not be lost: the app is about to end."""

    @property
    def in_sight(self) -> bool:
        """Whether it is open with no other painted screen over it. One that is not is painted when it comes back."""
        stack = self.app.screen_stack
        return self in stack and not any(isinstance(each, PaintedScreen) for each in stack[stack.index(self) + 1 :])

    # Textual calls these beside those of the class that inherits them, after them

    def on_resize(self) -> None:
        if self.size != self.painted_size:
            self.paint()

    def on_screen_resume(self) -> None:
        self.paint()
