"""Everything that is not moving: cell cursor, editing, drawers, files, the mouse, and the line of keys."""

from __future__ import annotations

import json
from pathlib import Path

from lessons.inspect import focus, inspect
from lessons.knobs import Refused
from lessons.panels import Panel
from lessons.player import Player
from lessons.state import export, restore
from lessons.typeset import entry
from tui.boxes import Desk, Help, Notice
from tui.canvas import Hit
from tui.card import options
from tui.clipboard import copy
from tui.drawers import Check, Code, Fork, Inspect, Knobs
from tui.keys import EVERYWHERE, LESSON
from tui.lines import Lines
from tui.panel_blocks import blocks_of
from tui.steering import Steering
from tui.store import write_atomically


class Handling(Steering):
    """The part of the lesson screen that handles what is on it."""

    def __init__(self, player: Player) -> None:
        super().__init__(player)
        self.text_over = False
        self.alone: str | None = None

    def desk(self) -> Desk:
        """What a drawer may look at."""
        return Desk(self.player, self.words, self.text, self.view, self.cursor, self.unroll.ascii_only)

    def panels(self) -> list[Panel]:
        """What stands on the stage."""
        raise NotImplementedError

    # arrows, enter and out: the nearest thing that wants them has them

    def _arrow(self, dx: int, dy: int) -> bool:
        """An arrow for the open drawer, the card or the cell cursor; False if none of them is there."""
        asked = self.player.asked
        if isinstance(self.drawer, Notice) and dx < 0 and "p" in self.drawer.fields:
            self.last_finite(self.drawer)
            return True
        if self.drawer is not None and self.drawer.move(self.desk(), dx, dy):
            self.paint()
            return True
        if asked is not None and not asked.verdict and dy:
            count = len(options(asked, self.text))
            if count:
                asked.choice = (asked.choice + dy) % count
            self.paint()
            return True
        if self.cursor is not None and asked is None:
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
        elif self.alone is not None:
            self.alone = None
        elif self.cursor is not None:
            self.cursor = None
        elif self.player.asked is not None:
            answered = bool(self.player.asked.verdict)
            self.player.skip()
            self.keep()
            if not answered:
                self.said = ""
        elif self.is_playing:
            self._pause()
        elif not self.player.go_out():
            self.keep()
            self.unroll.leave_lesson()
            return
        self.paint()

    # the cell cursor

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
            wanted = focus(self.view, set(symbols))
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
        if cell is None:
            self.said = self.words("say.nothing_edit")
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
        self.keep()
        self.paint()
        return None

    def action_undo(self) -> None:
        if isinstance(self.drawer, Knobs):
            self.drawer.pending.clear()
            self.drawer.seed, self.drawer.error = None, ""
        else:
            self._pause()
            self.said = "" if self.player.undo() else self.words("say.nothing_undo")
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
            cell = self.cursor or focus(self.view, {hit.target[1] for hit in self._cells()})
            self.drawer = Inspect(cell) if cell else None
        self.paint()

    def _parameter(self) -> str:
        """The parameter that is being looked at: the cursor's, or the act's."""
        names = [*self.player.start_here().params]
        near = [self.cursor[0]] if self.cursor else []
        near += [self.player.act, *(place for place, _ in self.player.path)]
        for name in near:
            bare = name.partition("[")[0].removeprefix("d").removeprefix("sweep_")
            if bare in names and bare != "s_init":
                return bare
        return "W" if "W" in names else names[0]

    def action_help(self) -> None:
        self.drawer = None if isinstance(self.drawer, Help) else Help([k.id for k in (*LESSON, *EVERYWHERE)])
        self.paint()

    def action_fork(self) -> None:
        """The fork drawer; outside training, where to find it."""
        if not self.player.spot.training:
            acts = self.player.lesson.card.acts
            number = acts.index("train") + 1 if "train" in acts else 0
            self.said = self.words("say.no_fork", act=number)
        else:
            self._pause()
            self.drawer = None if isinstance(self.drawer, Fork) else Fork()
        self.paint()

    def _ask_fork(self, drawer: Fork) -> None:
        knob = drawer.knob(self.desk())
        label = self.words("prompt.fork", knob=knob.id, n=self.player.spot.n, range=knob.range())
        self.ask_line(label, lambda typed: self._fork(knob.id, typed), str(self.player.branch.knobs[knob.id]))

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
        self.ask_line(label, take, first or ("" if knob.id == "seed" and self.player.seed is None else str(value)))

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

    # view, text, files

    def action_view(self) -> None:
        """One panel alone, with the cell cursor's panel chosen; again to see all."""
        if self.alone is not None:
            self.alone = None
        elif self.cursor is not None:
            self.alone = next(
                (p.id for p in self.panels() if any(b.symbol == self.cursor[0] for b in blocks_of(p))), None
            )
        else:
            panels = [p for p in self.panels() if p.id not in ("law", "cell", "lens")]
            self.alone = max(panels, key=lambda p: p.priority).id if panels else None
        self.paint()

    def action_text(self) -> None:
        self.text_over = not self.text_over
        self.text_top = 0
        self.paint()

    def action_scroll_text(self, by: int) -> None:
        self.text_top = max(0, self.text_top + 4 * by)
        self.paint()

    def action_copy(self) -> None:
        """Copy the cell in focus, all its figures."""
        cell = self.cursor or focus(self.view, {hit.target[1] for hit in self._cells()})
        if isinstance(self.drawer, Inspect):
            cell = self.drawer.trail[-1]
        if cell is None:
            return
        found = inspect(self.view, *cell)
        native = copy(self.unroll, found.full)
        self.said = self.words("say.copied" if native else "say.copied_osc", what=f"{found.label} = {found.full}")
        self.paint()

    def action_save(self) -> None:
        """Ask for a file, and write the state in focus there, as `show --json` would."""
        self._pause()
        self.ask_line(self.words("prompt.save"), self._save, f"{self.player.lesson.card.id}.json")

    def _save(self, typed: str) -> str | None:
        if not typed.strip():
            return self.words("say.no_state")
        player, path = self.player, Path(typed.strip()).expanduser()
        knobs = player.branch.knobs if player.spot.training else player.knobs
        state = export(player.lesson, player.seed, knobs, player.start_here())
        try:
            write_atomically(path, json.dumps(state, ensure_ascii=False))
        except OSError as error:
            return Refused("file_write", file=str(path), error=error.strerror or error).say(self.words)
        self.said = self.words("say.saved", file=str(path))
        self.paint()
        return None

    def action_open(self) -> None:
        """Ask for a file, and take over the state in it."""
        self._pause()
        self.ask_line(self.words("prompt.open"), self._open, f"{self.player.lesson.card.id}.json")

    def _open(self, typed: str) -> str | None:
        if not typed.strip():
            return self.words("say.no_state")
        try:
            knobs, start = restore(self.player.lesson, str(Path(typed.strip()).expanduser()), {})
        except Refused as refused:
            return refused.say(self.words)
        self.player.take_over(knobs, start)
        self.said = self.words("say.opened", file=typed.strip())
        self.cursor = None
        self.keep()
        self.paint()
        return None

    def action_again(self) -> None:
        """Skipped and wrong predictions will be asked again."""
        count = self.player.ask_again()
        self.said = self.words("say.again", n=count)
        self.keep()
        self.paint()

    def action_restart(self) -> None:
        self._pause()
        self.player.restart()
        self.drawer = self.cursor = None
        self._moved(True, "")

    def action_digit(self, n: int) -> None:
        """A digit: an option of the card, a figure of its number, a knob's value, or the grain."""
        asked = self.player.asked
        if isinstance(self.drawer, Knobs):
            self._ask_knob(self.drawer, str(n))
            return
        if self._type(str(n)):
            return
        if asked is not None and not asked.verdict:
            if 1 <= n <= len(options(asked, self.text)):
                asked.choice = n - 1
        elif asked is None and n >= 1:
            self.player.set_grain(n - 1)
        self.paint()

    def action_rub(self) -> None:
        """Backspace in a number card."""
        asked = self.player.asked
        if asked is not None:
            asked.typed = asked.typed[:-1]
            self.paint()

    # mouse

    async def on_lines_clicked(self, event: Lines.Clicked) -> None:
        match event.target:
            case ("act", act):
                self.to_act(act)
            case ("part", part):
                self.player.set_grain(part)
                self._moved(True, "")
            case ("bar", x, width):
                self._pause()
                self.player.scrub_to((event.x - x + 0.5) / width)
                self._moved(True, "")
            case ("key", action):
                await self.run_action(action)
            case ("option", i) if self.player.asked is not None and not self.player.asked.verdict:
                again = self.player.asked.choice == i
                self.player.asked.choice = i
                if again or event.double:
                    self.answer()
                self.paint()
            case ("curve", reach, left, room) if self.player.spot.training and not self.player.spot.open:
                self._pause()
                last = len(self.player.history)
                self.player.jump(str(min(last, max(0, round((event.x - left) * reach / max(1, room - 1))))))
                if event.double:
                    self.player.go_in()
                self._moved(True, "")
            case ("cell", symbol, index):
                self.cursor = (symbol, index)
                self.paint()
                if event.double:
                    self.action_edit()
            case None if self.drawer is not None or self.cursor is not None:
                self.drawer = self.cursor = None
                self.paint()

    def on_lines_wheel(self, event: Lines.Wheel) -> None:
        if event.target is not None and event.target[0] == "bar":
            (self.step_on if event.by > 0 else self.action_step_back)()
        elif self.drawer is not None:
            self.drawer.move(self.desk(), 0, event.by)
            self.paint()
        else:
            self.action_scroll_text(event.by)

    # the line of keys

    def key_pairs(self) -> list[tuple[str, str, str]]:
        """(sign, words, action) of the keys that matter now, help and quit last."""
        words = self.words
        last = [("?", words("keys.help"), "help"), ("q", words("keys.quit"), "app.quit")]
        asked = self.player.asked
        if self.drawer is not None:
            found = [(sign, words(f"keys.{said}"), _action(sign)) for sign, said in self.drawer.keys]
        elif asked is not None and not asked.verdict:
            how = [("↑↓", "choose", "down")] if asked.ask.kind == "choice" else [("0-9", "type", "help")]
            found = [(s, words(f"keys.{k}"), a) for s, k, a in [*how, ("↵", "answer", "enter"), ("esc", "skip", "out")]]
        elif asked is not None:
            found = [("→", words("keys.go_on"), "forward")]
        elif self.cursor is not None:
            pairs = [
                ("←↑↓→", "cell", "forward"),
                ("i", "inspect", "drawer('inspect')"),
                ("e", "edit", "edit"),
                ("v", "view", "view"),
                (", .", "step", "step_forward"),
                ("esc", "out", "out"),
            ]
            found = [(s, words(f"keys.{k}"), a) for s, k, a in pairs]
        elif self.is_playing:
            pairs = [("space", "pause", "play"), ("+ -", "speed", "faster"), ("←", "back", "back")]
            found = [(self._sign(s), words(f"keys.{k}"), a) for s, k, a in pairs]
        else:
            found = self._stepping()
        return [*found, *last]

    def _sign(self, sign: str) -> str:
        return "空格" if sign == "space" and self.words.lang == "zh" else sign

    def _stepping(self) -> list[tuple[str, str, str]]:
        words, player = self.words, self.player
        pairs = [("→", "step", "forward"), ("↑↓", "grain", "up"), ("space", "play", "play")]
        if player.spot.training and not player.spot.open:
            pairs.append(("↵", "open", "enter"))
        elif player.spot.open:
            pairs.append(("esc", "curve", "out"))
        pairs += [
            ("tab", "cell", "cursor(1)"),
            ("i", "inspect", "drawer('inspect')"),
            ("c", "code", "drawer('code')"),
            ("g", "check", "drawer('check')"),
            ("k", "knobs", "drawer('knobs')"),
            ("f", "fork", "fork"),
            ("l", "other", "app.language"),
        ]
        return [(self._sign(sign), words(f"keys.{said}"), action) for sign, said, action in pairs]


def _action(sign: str) -> str:
    return {
        "esc": "out",
        "↵": "enter",
        "e": "edit",
        "y": "copy",
        "u": "undo",
        "tab": "cursor(1)",
        "b": "out",
        "k": "drawer('knobs')",
    }.get(sign, "down")
