"""One line of typing, over the address: where to jump, what to put in a cell. Enter takes it, escape leaves it."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static


class Prompt(Horizontal):
    """Asks with a label; `then` gets the text and gives the reason if it will not do, which is shown in place."""

    DEFAULT_CSS = """
    Prompt { height: 1; display: none; layer: over; dock: bottom; offset: 0 -2; background: $panel; }
    Prompt.asking { display: block; }
    Prompt Static { width: auto; height: 1; padding: 0 1; text-style: bold; }
    Prompt #why { color: $secondary; text-style: bold; }
    Prompt Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    """

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self._then: Callable[[str], str | None] | None = None

    def compose(self) -> ComposeResult:
        yield Static("", id="label", markup=False)
        yield Input(id="typed", compact=True)
        yield Static("", id="why", markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).can_focus = False

    @property
    def asking(self) -> bool:
        return self.has_class("asking")

    def ask(self, label: str, then: Callable[[str], str | None], value: str = "") -> None:
        """Open with a label and a first value; what is typed goes to `then`."""
        self._then = then
        self.query_one("#label", Static).update(label)
        self.query_one("#why", Static).update("")
        field = self.query_one(Input)
        field.can_focus = True
        field.value = value
        field.cursor_position = len(value)
        self.add_class("asking")
        field.focus()

    def close(self) -> None:
        """Put away; the screen has the keys again."""
        self.remove_class("asking")
        field = self.query_one(Input)
        field.can_focus = False
        self.screen.set_focus(None)
        self._then = None

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        then = self._then
        if then is None:
            return
        why = then(event.value)
        if why is None:
            if self._then is then:
                self.close()
        else:
            self.query_one("#why", Static).update(why)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.query_one("#why", Static).update("")

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.close()
