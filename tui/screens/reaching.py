"""The rest of the lesson screen's hands: panels page by page, the text, files, the mouse, and the line of keys."""

from __future__ import annotations

import json
from pathlib import Path

from engine.walks.tape import function_source
from lessons.contract.knobs import Refused
from lessons.explaining.inspect import inspect
from lessons.player.state import export, restore
from tui.machine.clipboard import copy
from tui.machine.store import write_atomically
from tui.picture.drawers import Code, Inspect
from tui.picture.question import options
from tui.screens.handling import Handling
from tui.widgets.canvas_view import Lines
from tui.widgets.prompt import Prompt

NARROW = 100
"""Under this width the line of keys names only the most used."""


AROUND = ("lens", "cell")
"""The panels that go with the cell in focus."""


class Reaching(Handling):
    """The part of the lesson screen that reaches outside the stage, and says which keys there are."""

    # view, text, files

    def action_view(self) -> None:
        """The stage's other view, if there is one here: in the ledger, one signed cell for the norm."""
        if self.view.two_faces:
            self.player.flipped = not self.player.flipped
        else:
            self.said = self.words("say.one_view")
        self.paint()

    def action_notation(self) -> None:
        """The lecture's other notation, in every lesson that has one; again for the first."""
        settings = self.unroll.store.settings
        if not self.player.lesson.card.notation:
            self.said = self.words("say.one_notation")
        else:
            settings.other_notation = not settings.other_notation
            self.unroll.store.save_settings()
        self.paint()

    def action_alone(self) -> None:
        """The cell cursor's panel alone, or else those that had no room, or the most important; at last all again."""
        panels = [p for p in self.panels() if p.id not in ("law", *AROUND)]
        if self.alone or (self.left_out and self.cursor is None):
            self.alone = () if self.left_out == self.alone else self.left_out
        else:
            held = [p for p in panels if self.cursor and self.cursor[0] in p.symbols()]
            chosen = held[0] if held else max(panels, key=lambda p: p.priority, default=None)
            self.alone = (chosen.id, *AROUND) if chosen else ()
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
        source = self.view.source()
        if isinstance(self.drawer, Code) and source is not None:
            native = copy(self.app, "\n".join(function_source(source)[1]))
            self.said = self.words("say.copied" if native else "say.copied_osc", what=source.function)
            self.paint()
            return
        cell = self.cursor or self.in_focus()
        if isinstance(self.drawer, Inspect):
            cell = self.drawer.trail[-1]
        if cell is None:
            return
        found = inspect(self.view, *cell)
        native = copy(self.app, found.full)
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
        if not path.parent.is_dir():
            return Refused("folder", file=str(path), folder=path.parent).say(self.words)
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
            knobs, start, seed = restore(self.player.lesson, str(Path(typed.strip()).expanduser()), {})
            self.player.take_over(knobs, start, seed)
        except Refused as refused:
            return refused.say(self.words)
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
        asked = self.open_question
        if self.typed_in_drawer(str(n)):
            return
        if self._type(str(n)):
            return
        if asked is not None:
            if 1 <= n <= len(options(asked, self.text)) and not asked.trying:
                asked.choice = n - 1
        elif self.player.asked is None and n >= 1:
            self.player.set_grain(n - 1)
        self.paint()

    def action_rub(self) -> None:
        """Backspace in a number card."""
        asked = self.player.asked
        if asked is not None and not asked.trying:
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
            case ("key", action) if action:
                await self.run_action(action)
            case ("option", i) if (asked := self.open_question) is not None and not asked.trying:
                again, asked.choice = asked.choice == i, i
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
        if self.query_one(Prompt).asking:
            return [("↵", words("keys.take"), ""), ("esc", words("keys.leave"), "")]
        if self.alone:
            return [("z", words("keys.more_panels" if self.left_out else "keys.all"), "alone"), *last]
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
                ("[ ]", "nudge", "nudge(1)"),
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
        pairs.append(("tab", "cell", "cursor(1)"))
        if self.size.width < NARROW:
            found = [(self._sign(sign), words(f"keys.{said}"), action) for sign, said, action in pairs]
            return [
                *found,
                ("t", words("keys.text"), "text"),
                ("i c g k f l" if player.trains else "i c g k l", "", "help"),
            ]
        pairs += [
            ("i", "inspect", "drawer('inspect')"),
            ("c", "code", "drawer('code')"),
            ("g", "check", "drawer('check')"),
            ("k", "knobs", "drawer('knobs')"),
            *([("f", "fork", "fork")] if player.trains else []),
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
