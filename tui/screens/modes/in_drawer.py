"""A drawer is open: what its keys do. Keys that it has no use for go on to what lies under it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from engine.walks.tape import function_source
from lessons.contract.knobs import Refused
from lessons.explaining.inspect import inspect
from lessons.player.player import Player
from tui.keys import Hint
from tui.picture.boxes import Choices, Notice
from tui.picture.drawers import Code, Fork, Inspect, Knobs
from tui.picture.look import Look
from tui.screens.modes.base import LAST, Change, Command, Mode
from tui.screens.modes.editing import ask_edit

COMMANDS = {
    "esc": "out", "↵": "enter", "e": "edit", "y": "copy", "u": "undo", "tab": "cursor", "b": "out_too", "k": "knobs",
    "←": "back", "←→": "forward",
}  # fmt: skip
"""What a click on a drawer's key in the line of keys does; on all others, a line down."""


class InDrawer(Mode):
    """The drawer that is open."""

    def wants(self, look: Look, player: Player) -> bool:
        return look.drawer is not None

    def keys(self) -> Sequence[Hint]:
        assert self.look.drawer is not None
        shown = self.look.drawer.live_keys(self.picture.desk())
        return [*(Hint(sign, words, COMMANDS.get(sign, "finer")) for sign, words in shown), *LAST]

    def knows(self) -> Mapping[str, Command]:
        typed: dict[str, Command] = {f"digit_{n}": partial(self.typed, str(n)) for n in range(10)}
        return {
            **typed,
            "step_forward": partial(self.typed, "."),
            "forward": partial(self.arrow, 1, 0),
            "back": self.back,
            "coarser": partial(self.arrow, 0, -1),
            "finer": partial(self.arrow, 0, 1),
            "cursor": self.swap,
            "cursor_back": self.swap,
            "enter": self.enter,
            "out": self.close,
            "out_too": self.drop,
            "edit": self.edit,
            "undo": self.undo,
            "copy": self.copy,
        }

    def close(self) -> Change:
        self.look.drawer = None
        return Change("")

    def arrow(self, dx: int, dy: int) -> Change | None:
        assert self.look.drawer is not None
        return Change() if self.look.drawer.move(self.picture.desk(), dx, dy) else None

    def back(self) -> Change | None:
        """Left; in the notice of a divergence, to just before the step that it names."""
        drawer = self.look.drawer
        if not isinstance(drawer, Notice) or "p" not in drawer.fields:
            return self.arrow(-1, 0)
        self.look.drawer = None
        self.player.land(drawer.fields["n"], is_open=True)
        self.player.move(self.player.inside(), drawer.fields["p"] - 1)
        return Change()

    def typed(self, char: str) -> Change | None:
        """A first character of a value, where settings are open; it opens the prompt."""
        match self.look.drawer:
            case Knobs() as drawer:
                return self.ask_knob(drawer, char)
            case Fork() as drawer:
                return self.ask_fork(drawer, char)
        return None

    def enter(self) -> Change:
        """Apply, ask, walk on; a drawer that has nothing to enter is closed."""
        match self.look.drawer:
            case Knobs() as drawer:
                return self.apply(drawer)
            case Fork() as drawer:
                return self.ask_fork(drawer)
            case Inspect() as drawer:
                drawer.enter(self.picture.desk())
                return Change()
            case Choices(chosen=chosen):
                self.parts.context.go(chosen.lesson, chosen.place)
        self.look.drawer = None
        return Change()

    def edit(self) -> Change | None:
        match self.look.drawer:
            case Knobs() as drawer:
                return self.ask_knob(drawer)
            case Inspect() as drawer:
                return ask_edit(self.parts, drawer.trail[-1])
        return None

    def swap(self) -> Change | None:
        """The other branch, in the fork drawer."""
        if not isinstance(self.look.drawer, Fork):
            return None
        self.player.swap()
        return Change()

    def drop(self) -> Change:
        """In the fork drawer the latest fork is dropped; else as escape."""
        if not isinstance(self.look.drawer, Fork):
            return self.close()
        return Change(self.say("say.dropped" if self.player.drop() else "say.nothing_drop"))

    def undo(self) -> Change | None:
        """What waits in the knobs drawer is taken back."""
        drawer = self.look.drawer
        if not isinstance(drawer, Knobs):
            return None
        drawer.pending.clear()
        drawer.seed, drawer.error = None, ""
        return Change(keep=True)

    def copy(self) -> Change | None:
        """The code, or the cell that is inspected, all its figures."""
        files, words, source = self.parts.files, self.picture.words, self.picture.view.source()
        match self.look.drawer:
            case Code() if source is not None:
                return Change(files.copy("\n".join(function_source(source)[1]), words, source.function))
            case Inspect() as drawer:
                found = inspect(self.picture.view, *drawer.trail[-1])
                return Change(files.copy(found.full, words, f"{found.label} = {found.full}"))
        return None

    # settings

    def ask_knob(self, drawer: Knobs, first: str = "") -> Change:
        desk = self.picture.desk()
        knob = drawer.rows(desk)[drawer.at]
        label = self.say("prompt.knob", knob=knob.id, range=knob.range())

        def take(typed: str) -> str | Change:
            return Change() if drawer.put(self.picture.desk(), knob, typed) else drawer.error

        shown = first or ("" if knob.id == "seed" and self.player.seed is None else str(drawer.value(desk, knob)))
        self.parts.ask(label, take, shown, not first)
        return Change()

    def apply(self, drawer: Knobs) -> Change:
        """Start again with the knobs as they are set; where none is, the next choice, or the prompt for a value."""
        desk = self.picture.desk()
        knob = drawer.rows(desk)[drawer.at]
        if not drawer.dirty:
            if knob.kind != "choice":
                return self.ask_knob(drawer)
            drawer.move(desk, 1, 0)
            return Change()
        self.parts.transport.pause()
        try:
            self.player.set_knobs(drawer.pending, drawer.seed)
        except Refused as refused:
            drawer.error = refused.say(self.picture.words)
            return Change()
        self.look.drawer = self.look.cursor = None
        return Change(keep=True)

    def ask_fork(self, drawer: Fork, first: str = "") -> Change:
        knob = drawer.knob(self.picture.desk())
        label = self.say("prompt.fork", knob=knob.id, n=self.player.spot.n, range=knob.range())
        value = first or str(self.player.branch.knobs[knob.id])
        self.parts.ask(label, self.fork(knob.id), value, not first)
        return Change()

    def fork(self, knob: str) -> Callable[[str], str | Change]:
        def take(typed: str) -> str | Change:
            try:
                self.player.fork(knob, typed.strip())
            except Refused as refused:
                return refused.say(self.picture.words)
            return Change(keep=True)

        return take
