"""What can be opened, changed and looked at from wherever one is: drawers, cells by hand, other views, files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from rich.cells import cell_len

from lessons.contract.knobs import Refused
from lessons.explaining.inspect import inspect
from lessons.finding import find_places, one_place
from lessons.player.player import Player
from tui.keys import EVERYWHERE, LESSON, Hint
from tui.picture.boxes import Choices, Help, Notice
from tui.picture.drawers import Check, Code, Fork, Inspect, Knobs
from tui.picture.lesson_picture import AROUND, BESIDE
from tui.picture.look import Look
from tui.screens.modes.base import LAST, Change, Command, Mode, Parts
from tui.screens.modes.editing import ask_edit


class Opening(Mode):
    """Always there, after stepping."""

    def __init__(self, parts: Parts, live_keys: Callable[[], Sequence[Hint]]) -> None:
        """`live_keys` gives the line of keys."""
        super().__init__(parts)
        self._live_keys = live_keys

    def wants(self, look: Look, player: Player) -> bool:
        return True

    def keys(self) -> Sequence[Hint]:
        return LAST

    def knows(self) -> Mapping[str, Command]:
        return {
            "inspect": self.inspect,
            "code": self.code,
            "check": self.check,
            "knobs": self.knobs,
            "fork": self.fork,
            "edit": lambda: ask_edit(self.parts, self.look.cursor),
            "undo": self.undo,
            "nudge_up": partial(self.nudge, 1),
            "nudge_down": partial(self.nudge, -1),
            "view": self.view,
            "log": self.log,
            "alone": self.alone,
            "notation": self.notation,
            "text": self.text,
            "copy": self.copy,
            "save": self.save,
            "picture": self.save_picture,
            "tune": self.save_tune,
            "hear": self.hear,
            "open": self.open,
            "find": self.find,
            "help": self.help,
        }

    # cells by hand

    def nudge(self, by: int) -> Change:
        """Move the cell under the cursor by hand; all that follows from it follows."""
        player, cell = self.player, self.look.cursor
        if cell is None or player.spot.training:
            return Change(self.say("say.nudge"))
        try:
            player.edit(*cell, player.lesson.nudged(player.start, *cell, by))
        except Refused as refused:
            return Change(refused.say(self.picture.words), keep=True)
        return Change("", keep=True)

    def undo(self) -> Change:
        self.parts.transport.pause()
        try:
            return Change(self.say("say.undone" if self.player.undo() else "say.nothing_undo"), keep=True)
        except Refused as refused:
            return Change(refused.say(self.picture.words), keep=True)

    def copy(self) -> Change | None:
        """Copy the cell in focus, all its figures."""
        cell = self.look.cursor or self.picture.in_focus()
        if cell is None:
            return None
        found = inspect(self.picture.view, *cell)
        return Change(self.parts.files.copy(found.full, self.picture.words, f"{found.label} = {found.full}"))

    # drawers

    def inspect(self) -> Change | None:
        """The cell in focus, or the first, explained; again, closed."""
        cells, was = self.picture.cells, self.look.drawer
        cell = self.look.cursor or self.picture.in_focus() or (cells[0].target[1:3] if cells else None)
        self.look.drawer = None if isinstance(was, Inspect) or cell is None else Inspect(cell)
        return None if cell is None else Change()

    def code(self) -> Change:
        self.look.drawer = None if isinstance(self.look.drawer, Code) else Code()
        return Change()

    def check(self) -> Change:
        if isinstance(self.look.drawer, Check):
            self.look.drawer = None
        else:
            self.parts.transport.pause()
            if not self.player.lesson.weights(self.player.start_here()):
                return Change(self.say("say.no_gradient"))
            self.look.drawer = Check(self.picture.desk(), self.parameter())
        return Change()

    def parameter(self) -> str:
        """The parameter that is being looked at: the cursor's, the act's, or one that the last steps read."""
        player, view = self.player, self.picture.view
        names = player.lesson.weights(player.start_here())
        near = [self.look.cursor[0]] if self.look.cursor else []
        near += [player.act, *(place for place, _ in player.path)]
        bare = [name.partition("[")[0].removeprefix("d").removeprefix("sweep_") for name in near]
        return next((name for name in (*bare, *(n for n in names if n in view.read)) if name in names), names[0])

    def knobs(self) -> Change:
        """The knobs, with what waits in them; again, closed."""
        was = self.look.drawer
        if isinstance(was, Knobs):
            self.look.drawer = None
            return Change(was.left(self.picture.words))
        self.parts.transport.pause()
        self.look.drawer = self.look.knobs()
        return Change("")

    def fork(self) -> Change:
        """The fork drawer; outside training, where to find it."""
        player = self.player
        if not player.trains:
            return Change(self.say("say.no_training"))
        if not player.spot.training:
            return Change(self.say("say.no_fork", act=player.lesson.card.acts.index("train") + 1))
        self.parts.transport.pause()
        self.look.drawer = None if isinstance(self.look.drawer, Fork) else Fork(self.picture.desk())
        return Change()

    def help(self) -> Change:
        """All keys, those first that do something at this moment; and what the signs and symbols of the stage are."""
        shown, now = isinstance(self.look.drawer, Help), self._live_keys()
        ids = [key.id for key in (*LESSON, *EVERYWHERE)]
        self.look.drawer = None if shown else Help(ids, now, self.picture.legend().lines)
        return Change()

    # view, text, files

    def view(self) -> Change:
        """The stage's next view: the other one, if there is one here (in the ledger, one signed cell for the norm).

        In training, a curve in full height comes next. After the last view, the first again.
        """
        player, spot = self.player, self.player.spot
        two = player.lesson.has_second_view(self.picture.view)
        curves = self.picture.curves[:1] if spot.training and not (two and spot.open) else ()
        if not two and not curves:
            return Change(self.say("say.one_view"))
        large = self.picture.is_curve or (bool(curves) and self.look.alone == curves)
        if curves and not large and (player.flipped or not two):
            self.look.alone = curves
        else:
            self.look.alone = ()
            player.flipped = two and not player.flipped
        return Change()

    def log(self) -> Change:
        """A log axis for the curve in full height, and back."""
        if not self.picture.is_curve:
            return Change(self.say("say.no_axis"))
        self.look.log = not self.look.log
        return Change()

    def alone(self) -> Change | None:
        """The panels that had no room, or else the most important alone."""
        self.look.alone = self.picture.left_out
        if not self.look.alone:
            panels = [panel for panel in self.picture.panels() if panel.id not in ("law", *AROUND)]
            chosen = max(panels, key=lambda panel: panel.priority, default=None)
            self.look.alone = (chosen.id, *AROUND) if chosen else ()
        return Change() if self.look.alone else None

    def notation(self) -> Change:
        """The lecture's other notation, in every lesson that has one; again for the first."""
        store = self.parts.context.store
        if not self.player.lesson.card.notation:
            return Change(self.say("say.one_notation"))
        store.settings.other_notation = not self.picture.manner.other_notation
        self.look.second = None
        store.save_settings()
        return Change()

    def find(self) -> Change:
        """Ask for a slide, a lesson or a term, and go to the place; of several, offer a list."""
        self.parts.transport.pause()
        self.parts.ask(self.say("prompt.find"), self._find)
        return Change()

    def _find(self, typed: str) -> str | Change:
        try:
            found = find_places(typed, self.parts.context.course)
        except Refused as refused:
            return refused.say(self.picture.words)
        one = one_place(found)
        if one is None:
            self.look.drawer = Choices(typed.strip(), found, self.parts.context.course)
        else:
            self.parts.context.go(one.lesson, one.place)
        return Change("")

    def text(self) -> Change:
        """Beside the stage or away again; over it where it has no room beside it."""
        if self.picture.size[0] >= BESIDE:
            self.parts.context.text_beside, self.look.text_top = not self.picture.wide, 0
            return Change()
        self.look.text_over, self.look.text_top = True, 0
        return Change()

    def save(self) -> Change:
        """Ask for a file, and write the state in focus there, as `show --json` would."""
        self.parts.transport.pause()
        self.parts.ask(self.say("prompt.save"), self._save, self.parts.files.name)
        return Change()

    def _save(self, typed: str) -> str | Change:
        if not typed.strip():
            return self.say("say.no_state")
        path = Path(typed.strip()).expanduser()
        try:
            self.parts.files.save(path)
        except Refused as refused:
            return refused.say(self.picture.words)
        return self._in_full(self.say("say.saved", file=str(path.resolve())))

    def save_picture(self) -> Change:
        """Save the screen as it is, under a name that is free."""
        self.parts.transport.pause()
        try:
            path = self.parts.files.save_picture(Path.cwd())
        except Refused as refused:
            return self._in_full(refused.say(self.picture.words))
        return self._in_full(self.say("say.saved", file=str(path)))

    def save_tune(self) -> Change | None:
        """Save the tune on the stage as ABC and as MIDI, under names that are free."""
        if not self.picture.tune:
            return None
        self.parts.transport.pause()
        try:
            paths = self.parts.files.save_tune(Path.cwd(), self.picture.tune)
        except Refused as refused:
            return self._in_full(refused.say(self.picture.words))
        return self._in_full(self.say("say.saved", file=", ".join(map(str, paths))))

    def hear(self) -> Change | None:
        """Play the tune on the stage; while it is played, stop it."""
        if not self.picture.tune:
            return None
        try:
            player = self.parts.files.hear(self.picture.tune)
        except Refused as refused:
            return self._in_full(refused.say(self.picture.words))
        return Change(self.say("say.hears", player=player) if player else self.say("say.silent"))

    def _in_full(self, said: str) -> Change:
        """What must be read to its end: in the line of the address, or where it is longer, in a notice."""
        if cell_len(said) <= self.picture.size[0] - 2:
            return Change(said)
        self.look.drawer = Notice(self.say("keys.files"), said, passing=True)
        return Change("")

    def open(self) -> Change:
        """Ask for a file, and take over the state in it."""
        self.parts.transport.pause()
        self.parts.ask(self.say("prompt.open"), self._open, self.parts.files.name)
        return Change()

    def _open(self, typed: str) -> str | Change:
        if not typed.strip():
            return self.say("say.no_state")
        try:
            self.parts.files.open(Path(typed.strip()).expanduser())
        except Refused as refused:
            return refused.say(self.picture.words)
        self.look.cursor = None
        return Change(self.say("say.opened", file=typed.strip()), keep=True)
