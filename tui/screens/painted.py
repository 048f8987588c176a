"""What both screens are: painted from the app's words and theme, and asked to settle before the app ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.screen import Screen

if TYPE_CHECKING:
    from tui.app import UnrollApp


class Painted(Screen[None]):
    """A screen that paints itself."""

    said = ""
    """A line said once, where the screen has room for it."""

    @property
    def unroll(self) -> UnrollApp:
        """The app, with its settings and words."""
        return cast("UnrollApp", self.app)

    def paint(self) -> None:
        """Show everything as it is now."""
        raise NotImplementedError

    def give_way(self) -> None:
        """A key has come: what runs in the background should leave the interpreter to the screen for a moment."""

    def settle(self) -> None:
        """Stop what runs and write down what must not be lost: the app is about to end."""

    def on_mount(self) -> None:
        self.paint()

    def on_resize(self) -> None:
        self.paint()

    def on_screen_resume(self) -> None:
        self.paint()
