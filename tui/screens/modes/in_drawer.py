"""A drawer is open: what its keys do. Keys that it has no use for go on to what lies under it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from engine.walks.tape import function_source
from lessons.contract.knobs import FILES, Knob, Refused
from lessons.explaining.inspect import inspect
from lessons.player.player import Player
from lessons.player.questions import KINDS
from tui.keys import EVERYWHERE, Hint, half_width
from tui.picture.again import Again
from tui.picture.boxes import Choices, Notice, Scrolled
from tui.picture.drawers import Code, Fork, Inspect, Knobs
from tui.picture.exam import Exam
from tui.picture.look import Look
from tui.screens.modes.base import LAST, Change, Command, Mode
from tui.screens.modes.editing import ask_edit

COMMANDS = {
    "esc": "out", "↵": "enter", "e": "edit", "y": "copy", "u": "undo", "tab": "cursor", "b": "out_too", "k": "knobs",
    "←": "back", "←→": "forward",
}  # fmt: skip
"""What a click on a drawer's key in the line of keys does; on all others, a line down."""


OWN = ("edit", "undo", "knobs", "out_too", "play", *(key.id for key in EVERYWHERE))
"""Keys with a character that do the same whatever setting is in focus."""


def begins(knob: Knob, character: str, command: str) -> bool:
    """Whether a character begins a value of this knob, its key not being one that has a meaning in the drawer."""
    char = half_width(character)
    if (char and char in "0123456789.") or (char == "-" and knob.low < 0):
        return True
    if not character.isprintable() or command in OWN:
        return False
    if knob.kind == "text":
        return bool(character)
    return char in {choice[0] for choice in knob.choices} | ({*"./~\\"} if knob.kind in FILES else set())


def as_typed(knob: Knob, typed: str) -> str:
    """What was typed for a knob; for a number, full-width figures are figures."""
    return "".join(map(half_width, typed)) if knob.kind in ("int", "float", "sizes") else typed


class InDrawer(Mode):
    """The drawer that is open."""

    def wants(self, look: Look, player: Player) -> bool:
        return look.drawer is not None

    def keys(self) -> Sequence[Hint]:
        assert self.look.drawer is not None
        shown = self.look.drawer.live_keys(self.picture.desk())
        return [*(Hint(sign, words, COMMANDS.get(sign, "finer")) for sign, words in shown), *LAST]

    def knows(self) -> Mapping[str, Command]:
        return {
            "forward": partial(self.arrow, 1, 0),
            "back": self.back,
            "coarser": partial(self.arrow, 0, -1),
            "finer": partial(self.arrow, 0, 1),
            "text_down": partial(self.page, 1),
            "text_up": partial(self.page, -1),
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
        """Put it away; what was changed in the knobs waits there."""
        drawer, self.look.drawer = self.look.drawer, None
        return Change(drawer.left(self.picture.words) if isinstance(drawer, Knobs) else "")

    def arrow(self, dx: int, dy: int) -> Change | None:
        assert self.look.drawer is not None
        return Change() if self.look.drawer.move(self.picture.desk(), dx, dy) else None

    def page(self, by: int) -> Change | None:
        """Several lines of the help or the exam; in other drawers the key is the lesson's."""
        return self.arrow(0, 8 * by) if isinstance(self.look.drawer, Scrolled) else None

    def back(self) -> Change | None:
        """Left; in the notice of a divergence, to just before the step that it names."""
        drawer = self.look.drawer
        if not isinstance(drawer, Notice) or "p" not in drawer.fields:
            return self.arrow(-1, 0)
        self.look.drawer = None
        self.player.land(drawer.fields["n"], is_open=True)
        self.player.move(self.player.inside(), drawer.fields["p"] - 1)
        return Change()

    def begin(self, character: str, command: str) -> Change | None:
        """Open the entry of the value in focus with its first character; None where no value begins so.

        `command` is what the character's key does otherwise. The drawer's own keys keep their meaning.
        """
        match self.look.drawer:
            case Knobs() as drawer if begins(drawer.rows(self.picture.desk())[drawer.at], character, command):
                return self.ask_knob(drawer, character)
            case Fork() as drawer if begins(drawer.knob(self.picture.desk()), character, command):
                return self.ask_fork(drawer, character)
        return None

    def pasted(self, text: str) -> Change | None:
        """A value, where settings are open; it stands in the entry until enter takes it."""
        match self.look.drawer:
            case Knobs() as drawer:
                return self.ask_knob(drawer, text)
            case Fork() as drawer:
                return self.ask_fork(drawer, text)
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
            case Again() as drawer:
                self.look.drawer = None
                return Change(self.say("say.again", n=self.player.ask_again(KINDS[drawer.kind])), keep=True)
            case Exam() as drawer:
                drawer.turn()
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
        drawer.clear()
        return Change("", keep=True)

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
            return Change() if drawer.put(self.picture.desk(), knob, as_typed(knob, typed)) else drawer.error

        shown = first or ("" if knob.id == "seed" and self.player.seed is None else str(drawer.value(desk, knob)))
        self.parts.ask(label, take, shown, not first, knob.kind == "text")
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
        seed = self.player.seed
        try:
            self.player.set_knobs(drawer.pending, drawer.seed)
        except Refused as refused:
            drawer.error = refused.say(self.picture.words)
            return Change()
        redrawn = drawer.seed is None and self.player.seed != seed
        drawer.clear()
        self.look.drawer = self.look.cursor = None
        return Change(self.say("say.redrawn", seed=self.player.seed) if redrawn else None, keep=True)

    def ask_fork(self, drawer: Fork, first: str = "") -> Change:
        knob = drawer.knob(self.picture.desk())
        label = self.say("prompt.fork", knob=knob.id, n=self.player.spot.n, range=knob.range())
        value = first or str(self.player.branch.knobs[knob.id])
        self.parts.ask(label, self.fork(knob), value, not first)
        return Change()

    def fork(self, knob: Knob) -> Callable[[str], str | Change]:
        def take(typed: str) -> str | Change:
            try:
                self.player.fork(knob.id, as_typed(knob, typed.strip()))
            except Refused as refused:
                return refused.say(self.picture.words)
            return Change(keep=True)

        return take
