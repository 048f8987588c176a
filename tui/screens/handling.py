"""Everything that is not moving: cell cursor, editing, drawers, files, the mouse, and the line of keys."""

from __future__ import annotations

from lessons.contract.knobs import Refused
from lessons.contract.panels import Panel
from lessons.explaining.inspect import focus
from lessons.explaining.typeset import entry
from lessons.explaining.typeset import name as symbol_name
from lessons.player.player import Player
from tui.canvas.canvas import Hit
from tui.draw.pen import Cursor
from tui.keys import EVERYWHERE, LESSON
from tui.picture.boxes import Desk, Help, Notice
from tui.picture.drawers import Check, Code, Fork, Inspect, Knobs
from tui.picture.question import options
from tui.screens.steering import Steering
from tui.widgets.canvas_view import Lines


class Handling(Steering):
    """The part of the lesson screen that handles what is on it."""

    def __init__(self, player: Player) -> None:
        super().__init__(player)
        self.text_over = False

    def desk(self) -> Desk:
        """What a drawer may look at."""
        return Desk(self.player, self.words, self.text, self.view, self.cursor, self.unroll.ascii_only)

    def panels(self) -> list[Panel]:
        """What stands on the stage."""
        raise NotImplementedError

    # arrows, enter and out: the nearest thing that wants them has them

    def _arrow(self, dx: int, dy: int) -> bool:
        """An arrow for the open drawer, the card or the cell cursor; False if none of them is there."""
        asked = self.open_question
        if isinstance(self.drawer, Notice) and dx < 0 and "p" in self.drawer.fields:
            self.last_finite(self.drawer)
            return True
        if self.drawer is not None and self.drawer.move(self.desk(), dx, dy):
            self.paint()
            return True
        if asked is not None and dy:
            count = len(options(asked, self.text))
            if count and not asked.trying:
                asked.choice = (asked.choice + dy) % count
            self.paint()
            return True
        if self.cursor is not None and self.player.asked is None:
            self._move_cursor(dx, dy)
            return True
        return False

    def action_forward(self) -> None:
        """Right: the cursor, or one step."""
        if not self._arrow(1, 0):
            self.step_on()

    def action_back(self) -> None:
        """Left: the cursor, or one step back."""
        if not self._arrow(-1, 0):
            self.action_step_back()

    def action_up(self) -> None:
        """Up: an option, the cursor, or a coarser grain."""
        if not self._arrow(0, -1):
            self.player.coarser()
            self._moved(True, "")

    def action_down(self) -> None:
        """Down: an option, the cursor, or a finer grain."""
        if not self._arrow(0, 1):
            self.player.finer()
            self._moved(True, "")

    def action_enter(self) -> None:
        """Enter: answer, apply, walk on, open the update, or inspect the cell."""
        if isinstance(self.drawer, Knobs):
            self._apply_knobs(self.drawer)
        elif isinstance(self.drawer, Fork):
            self._ask_fork(self.drawer)
        elif isinstance(self.drawer, Inspect):
            self.drawer.enter(self.desk())
        elif self.drawer is not None:
            self.drawer = None
        elif self.player.asked is not None:
            self.answer()
        elif self.cursor is not None:
            self.action_drawer("inspect")
        else:
            self._pause()
            self.player.go_in()
        self.paint()

    def action_out(self) -> None:
        """Out of the innermost thing: cursor, drawer, card, update, lesson."""
        self.said = ""
        if self.drawer is not None:
            self.drawer = None
        elif self.text_over:
            self.text_over = False
        elif self.alone:
            self.alone = ()
        elif self.cursor is not None:
            self.cursor = None
        elif self.player.asked is not None:
            self.skip()
            return
        elif self.is_playing:
            self._pause()
        elif not self.player.go_out():
            self.keep()
            self.unroll.leave_lesson()
            return
        self.paint()

    def action_out_too(self) -> None:
        """As escape; in the fork drawer, the latest fork is dropped."""
        if isinstance(self.drawer, Fork):
            self.said = self.words("say.dropped") if self.player.drop() else self.words("say.nothing_drop")
            self.paint()
        else:
            self.action_out()

    # the cell cursor

    def in_focus(self) -> Cursor | None:
        """The cell that is explained when none is chosen."""
        return focus(self.view, {hit.target[1] for hit in self._cells()}, self.player.lesson.explains)

    def _cells(self) -> list[Hit]:
        return [hit for hit in self.query_one("#stage", Lines).canvas.hits if hit.target[0] == "cell"]

    def action_cursor(self, by: int) -> None:
        """The cursor on, or to the next block of numbers."""
        if isinstance(self.drawer, Fork):
            self.player.swap()
            self.paint()
            return
        cells = self._cells()
        symbols = list(dict.fromkeys(hit.target[1] for hit in cells))
        if not symbols:
            return
        if self.cursor is None:
            wanted = self.in_focus()
            self.cursor = wanted if wanted and wanted[0] in symbols else self._first(cells, symbols[0])
        else:
            at = symbols.index(self.cursor[0]) if self.cursor[0] in symbols else -by
            self.cursor = self._first(cells, symbols[(at + by) % len(symbols)])
        self.paint()

    @staticmethod
    def _first(cells: list[Hit], symbol: str) -> tuple[str, tuple[int, ...]]:
        hit = next(hit for hit in cells if hit.target[1] == symbol)
        return hit.target[1], hit.target[2]

    def _move_cursor(self, dx: int, dy: int) -> None:
        cells = self._cells()
        here = next((hit for hit in cells if hit.target[1:] == self.cursor), None)
        if here is None:
            self.cursor = None
            self.paint()
            return
        ahead = [hit for hit in cells if (hit.x - here.x) * dx > 0 or (hit.y - here.y) * dy > 0]
        if dx:
            ahead = [hit for hit in ahead if hit.y == here.y] or []
        if ahead:
            near = min(ahead, key=lambda hit: abs(hit.y - here.y) * (100 if dy else 1) + abs(hit.x - here.x))
            self.cursor = (near.target[1], near.target[2])
        self.paint()

    def action_edit(self) -> None:
        """Edit the cell under the cursor; in the knobs drawer, the knob."""
        if isinstance(self.drawer, Knobs):
            self._ask_knob(self.drawer)
            return
        cell = self.drawer.trail[-1] if isinstance(self.drawer, Inspect) else self.cursor
        if cell is None or not self.player.lesson.editable(cell[0]):
            name = symbol_name(cell[0]) if cell is not None else ""
            self.said = self.words("refused.edit_what", symbol=name) if cell else self.words("say.nothing_edit")
            self.paint()
            return
        symbol, index = cell
        held = self.view.get(symbol)
        value = ""
        if held is not None and not symbol.startswith("x["):
            full = index[: held.ndim]
            value = repr(float(held[full] if held.ndim else held))
        self._pause()
        label = entry(symbol, index if held is not None and not symbol.startswith("x[") else ())
        self.ask_line(self.words("prompt.edit", cell=label), lambda typed: self._edit(symbol, index, typed), value)

    def _edit(self, symbol: str, index: tuple[int, ...], typed: str) -> str | None:
        try:
            self.player.edit(symbol, index, typed)
        except Refused as refused:
            return refused.say(self.words)
        self.said = self.words("say.edited", what=symbol_name(symbol), value=typed.strip())
        self.keep()
        self.paint()
        return None

    def action_nudge(self, by: int) -> None:
        """Move the cell under the cursor by hand; all that follows from it follows."""
        player = self.player
        if self.cursor is None or player.spot.training:
            self.said = self.words("say.nudge")
            self.paint()
            return
        symbol, index = self.cursor
        try:
            player.edit(symbol, index, player.lesson.nudged(player.start, symbol, index, by))
            self.said = ""
        except Refused as refused:
            self.said = refused.say(self.words)
        self.keep()
        self.paint()

    def action_undo(self) -> None:
        if isinstance(self.drawer, Knobs):
            self.drawer.pending.clear()
            self.drawer.seed, self.drawer.error = None, ""
        else:
            self._pause()
            try:
                self.said = self.words("say.undone" if self.player.undo() else "say.nothing_undo")
            except Refused as refused:
                self.said = refused.say(self.words)
        self.keep()
        self.paint()

    # drawers

    def action_drawer(self, name: str) -> None:
        """Open a drawer, or close it if it is the one that is open."""
        kinds = {"check": Check, "knobs": Knobs, "inspect": Inspect, "code": Code}
        if isinstance(self.drawer, kinds[name]):
            self.drawer = None
        elif name == "check":
            self._pause()
            self.drawer = Check(self.desk(), self._parameter())
        elif name == "knobs":
            self._pause()
            self.drawer = Knobs()
        elif name == "code":
            self.drawer = Code()
        else:
            cells = self._cells()
            cell = self.cursor or self.in_focus() or (cells[0].target[1:3] if cells else None)
            self.drawer = Inspect(cell) if cell else None
        self.paint()

    def _parameter(self) -> str:
        """The parameter that is being looked at: the cursor's, or the act's."""
        names = self.player.lesson.weights(self.player.start_here())
        near = [self.cursor[0]] if self.cursor else []
        near += [self.player.act, *(place for place, _ in self.player.path)]
        for name in near:
            bare = name.partition("[")[0].removeprefix("d").removeprefix("sweep_")
            if bare in names:
                return bare
        return "W" if "W" in names else names[0]

    def action_help(self) -> None:
        self.drawer = None if isinstance(self.drawer, Help) else Help([k.id for k in (*LESSON, *EVERYWHERE)])
        self.paint()

    def action_fork(self) -> None:
        """The fork drawer; outside training, where to find it."""
        if not self.player.trains:
            self.said = self.words("say.no_training")
        elif not self.player.spot.training:
            acts = self.player.lesson.card.acts
            self.said = self.words("say.no_fork", act=acts.index("train") + 1)
        else:
            self._pause()
            self.drawer = None if isinstance(self.drawer, Fork) else Fork(self.desk())
        self.paint()

    def _ask_fork(self, drawer: Fork, first: str = "") -> None:
        knob = drawer.knob(self.desk())
        label = self.words("prompt.fork", knob=knob.id, n=self.player.spot.n, range=knob.range())
        value = first or str(self.player.branch.knobs[knob.id])
        self.ask_line(label, lambda typed: self._fork(knob.id, typed), value, not first)

    def typed_in_drawer(self, char: str) -> bool:
        """A first character of a value, where a drawer of settings is open; it opens the prompt."""
        if isinstance(self.drawer, Knobs):
            self._ask_knob(self.drawer, char)
        elif isinstance(self.drawer, Fork):
            self._ask_fork(self.drawer, char)
        else:
            return False
        return True

    def action_step_forward(self) -> None:
        """The full stop: a step; or the first character of a value, or a point in a number."""
        if not self.typed_in_drawer("."):
            super().action_step_forward()

    def _fork(self, knob: str, typed: str) -> str | None:
        try:
            self.player.fork(knob, typed.strip())
        except Refused as refused:
            return refused.say(self.words)
        self.keep()
        self.paint()
        return None

    def _ask_knob(self, drawer: Knobs, first: str = "") -> None:
        desk = self.desk()
        knob = drawer.rows(desk)[drawer.at]
        label = self.words("prompt.knob", knob=knob.id, range=knob.range())

        def take(typed: str) -> str | None:
            fits = drawer.put(self.desk(), knob, typed)
            self.paint()
            return None if fits else drawer.error

        value = drawer.value(desk, knob)
        shown = first or ("" if knob.id == "seed" and self.player.seed is None else str(value))
        self.ask_line(label, take, shown, not first)

    def _apply_knobs(self, drawer: Knobs) -> None:
        knob = drawer.rows(self.desk())[drawer.at]
        if not drawer.dirty:
            if knob.kind == "choice":
                drawer.move(self.desk(), 1, 0)
            else:
                self._ask_knob(drawer)
            return
        self._pause()
        try:
            self.player.set_knobs(drawer.pending, drawer.seed)
        except Refused as refused:
            drawer.error = refused.say(self.words)
            return
        self.drawer = None
        self.cursor = None
        self.keep()
