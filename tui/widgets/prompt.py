"""One line of typing, over the address: where to jump, what to put in a cell. Enter takes it, escape leaves it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

OWN = {
    key.strip(): each.action
    for each in Input.BINDINGS
    if isinstance(each, Binding) and each.action != "submit"
    for key in each.key.split(",")
}
"""What keys like backspace do in a line."""


BREAK = "⏎"
"""What stands in the line for a line break."""
LONGEST = 20_000
"""Characters of a paste that are taken: more than any value may have."""


class Line(Input):
    """The line that is typed. Keys that arrive behind the one that closed the prompt go on to the screen.

    Backspace and its like act here at once: as bindings of the app they would come after letters typed behind them.
    """

    async def _on_key(self, event: events.Key) -> None:
        prompt = self.query_ancestor(Prompt)
        if prompt.asking and event.key not in ("enter", "escape", *OWN):
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        if not prompt.asking:
            self.app.post_message(events.Key(event.key, event.character))
        elif event.key in OWN:
            await self.run_action(OWN[event.key])
        elif event.key == "enter":
            prompt.take(self.value)
        else:
            prompt.close()

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.replace(self.query_ancestor(Prompt).in_a_line(event.text), *self.selection)


class Prompt(Vertical):
    """Asks with a label; `then` gets the text and gives the reason if it will not do, which is shown above."""

    DEFAULT_CSS = """
    Prompt { height: auto; display: none; layer: over; dock: bottom; offset: 0 -2; background: $panel; }
    Prompt.asking { display: block; }
    Prompt #why { height: auto; max-height: 3; padding: 0 1; color: $secondary; text-style: bold; display: none; }
    Prompt.refused #why { display: block; }
    Prompt Horizontal { height: 1; }
    Prompt #label { width: auto; height: 1; padding: 0 1; text-style: bold; }
    Prompt Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    """

    def __init__(
        self, changed: Callable[[], None], event: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
        """`changed` is called when the line has been opened or closed; in `event` is done what enter does."""
        super().__init__(id="prompt")
        self._changed, self._event = changed, event
        self._then: Callable[[str], str | None] | None = None
        self._refused = ""
        self._lines = False

    def compose(self) -> ComposeResult:
        yield Static("", id="why", markup=False)
        with Horizontal():
            yield Static("", id="label", markup=False)
            yield Line(id="typed", compact=True)

    def on_mount(self) -> None:
        self.query_one(Input).can_focus = False

    @property
    def asking(self) -> bool:
        return self.has_class("asking")

    def ask(
        self, label: str, then: Callable[[str], str | None], value: str = "", chosen: bool = True,
        lines: bool = False,
    ) -> None:  # fmt: skip
        """Open with a label and a first value, chosen so that typing replaces it, or not.

        With `lines` the text may have line breaks, which are shown as a sign.
        """
        self._then, self._lines = then, lines
        value = self.in_a_line(value)
        self.query_one("#label", Static).update(label)
        self._say("")
        field = self.query_one(Input)
        field.can_focus = True
        field.select_on_focus = chosen
        field.value = value
        field.cursor_position = len(value)
        self.add_class("asking")
        self.screen.set_focus(field, scroll_visible=False)  # at once: keys may have come already
        self._repaint()

    def close(self) -> None:
        """Put away; the screen has the keys again."""
        self.remove_class("asking")
        field = self.query_one(Input)
        field.can_focus = False
        self.screen.set_focus(None)
        self._then = None
        self._repaint()

    def _repaint(self) -> None:
        """The screen's line of keys depends on whether something is asked."""
        self._changed()

    def in_a_line(self, text: str) -> str:
        """A text as it stands in the line: line breaks as a sign or, where none are taken, as spaces."""
        lines = text[:LONGEST].strip("\r\n").splitlines()
        shown = (BREAK if self._lines else " ").join(lines)
        return "".join(char if char.isprintable() else " " for char in shown)

    def _say(self, why: str) -> None:
        self.query_one("#why", Static).update(why)
        self.set_class(bool(why), "refused")

    def take(self, typed: str) -> None:
        """What was typed, to whom it was meant for; closed if it will do."""
        then = self._then
        if then is None:
            return
        self._refused = typed
        with self._event():
            why = then(typed.replace(BREAK, "\n") if self._lines else typed)
            if why is not None:
                self._say(why)
            elif self._then is then:
                self.close()

    def take_typed(self) -> None:
        """As if enter were pressed."""
        self.take(self.query_one(Input).value)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._refused:
            self._say("")
