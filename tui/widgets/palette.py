"""The command palette, in the learner's language."""

from __future__ import annotations

from typing import Any

from rich.align import Align
from rich.text import Text
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette
from textual.widgets.option_list import Option

from lessons.contract.phrases import Words


class Palette(CommandPalette):
    """Textual's palette; what it says by itself it says in `words`."""

    def __init__(self, words: Words) -> None:
        super().__init__(placeholder=words("palette.find"), id="--command-palette")
        self._none = words("palette.none")
        self._closes = False

    def _gather_commands(self, search_value: str) -> Any:
        """As Textual's own, where the list is there: what is typed ahead, or as it closes, comes when there is none."""
        if self.query(CommandList):
            return super()._gather_commands(search_value)
        if self.is_attached:
            self.call_after_refresh(self._gather_commands, search_value)
        return None

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Close it, once: a second click that came before it was gone would take the screen below with it."""
        if self._closes or not self.is_current:
            return AwaitComplete()
        self._closes = True
        return super().dismiss(result)

    def _start_no_matches_countdown(self, search_value: str) -> None:
        """As Textual's own, whose words cannot be given."""
        self._stop_no_matches_countdown()

        def say_none() -> None:
            self._list_visible = bool(search_value)
            if search_value:
                said = Option(Align.center(Text(self._none, "not bold")), disabled=True, id=self._NO_MATCHES)
                self.query_one(CommandList).add_option(said)

        self._no_matches_timer = self.set_timer(self._NO_MATCHES_COUNTDOWN, say_none)
