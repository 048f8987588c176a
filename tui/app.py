"""The app: two screens, the settings they share, and where the learner has come to."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.screen import Screen

from lessons.contract.card import Broken, Card
from lessons.contract.phrases import Words
from lessons.course import CHAPTERS, course, open_lesson, unknown
from tui.canvas.theme import NAMES, textual_theme
from tui.keys import ALL
from tui.machine.store import Store
from tui.picture.boxes import Notice
from tui.screens.base import PaintedScreen
from tui.screens.contents import Contents

if TYPE_CHECKING:
    from lessons.player.player import Player


class UnrollApp(App[None]):
    """unroll, in a terminal. `lesson` opens that lesson at once."""

    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING: ClassVar[str] = "colon"
    BINDINGS: ClassVar[list[BindingType]] = []
    TITLE = "unroll"
    CSS = "Screen { overflow: hidden; } SearchIcon { display: none; }"

    def __init__(
        self,
        lesson: str | None = None,
        store: Store | None = None,
        lang: str = "en",
        device: str = "cpu",
        ascii_only: bool = False,
        afresh: bool = False,
    ) -> None:
        super().__init__()
        self.store = store or Store()
        self.words = Words(self.store.settings.language or lang, "tui")
        self.ascii_only = ascii_only
        self.course: dict[str, Card | Broken] = course()
        self.device = device
        self._first, self._afresh, self._told = lesson, afresh, False
        if self.no_color:
            self.ansi_color = True

    @property
    def ink_theme(self) -> str:
        """The theme our own pictures are drawn in: no colour at all with NO_COLOR."""
        if self.no_color:
            return "mono"
        return self.store.settings.theme if self.store.settings.theme in NAMES else "dark"

    def number_of(self, card: Card | Broken) -> str:
        """Chapter and place of a lesson: 3.1."""
        if isinstance(card, Broken) or card.chapter not in CHAPTERS:
            return ""
        members = [c.id for c in self.course.values() if isinstance(c, Card) and c.chapter == card.chapter]
        return f"{CHAPTERS.index(card.chapter) + 1}.{members.index(card.id) + 1 if card.id in members else 1}"

    def on_mount(self) -> None:
        for name in NAMES:
            self.register_theme(textual_theme(name))
        self._take_theme()
        known = {key: keys for key, keys in self.store.settings.keys.items() if key in ALL and isinstance(keys, str)}
        if known:
            self.set_keymap(known)
        self.push_screen(Contents())
        # so that the first lesson opens at once
        self.set_timer(0.3, lambda: importlib.import_module("tui.screens.lesson"))
        if self._first is not None:
            self.open_lesson(self._first)

    async def on_event(self, event: events.Event) -> None:
        """A key or the mouse goes before training."""
        screen = self.screen_stack[-1] if self.screen_stack else None
        if isinstance(event, events.InputEvent) and isinstance(screen, PaintedScreen):
            screen.give_way()
        await super().on_event(event)

    def _take_theme(self) -> None:
        if not self.no_color:
            self.theme = f"unroll-{self.ink_theme}"

    # lessons

    def open_lesson(self, lesson: str) -> None:
        """Open a lesson where the learner left it, else at its start. Raises Refused where it cannot be loaded."""
        card = self.course.get(lesson)
        if card is None:
            raise unknown(lesson, self.course)
        from engine.device import open_device
        from lessons.player.bookmark import bring_back
        from lessons.player.player import Player
        from tui.screens.lesson import LessonScreen

        player = Player(open_lesson(card), open_device(self.device))
        kept = self.store.progress.lessons.get(lesson, {})
        player.record = {str(k): str(v) for k, v in kept.get("record", {}).items()}
        player.seen = {act for act in kept.get("acts", []) if act in card.acts} if isinstance(card, Card) else set()
        said = ""
        if kept.get("place"):
            brought = not self._afresh and bring_back(player, kept["place"])
            where = f"{player.act}, {player.progress[0]}"
            said = (
                self.words("say.restored", where=where) if brought else "" if self._afresh else self.words("say.lost")
            )
        self._afresh = False  # who comes back to it in this run finds what was done in it
        screen = LessonScreen(self, player)
        screen.look.finished = len(player.seen) == len(player.lesson.card.acts)
        screen.said = said
        if self.store.trouble:
            screen.look.drawer = Notice(self.words("drawer.trouble"), self.store.trouble[0])
            self.store.trouble.clear()
        self.push_screen(screen)

    def leave_lesson(self) -> None:
        """Back to the contents."""
        if len(self.screen_stack) > 2:
            self.pop_screen()

    def keep(self, player: Player) -> None:
        """Write down where the learner is. Trouble with the folder is said once, and stops nothing."""
        from lessons.player.bookmark import keep

        lesson, progress = player.lesson.card.id, self.store.progress
        kept = progress.lessons.setdefault(lesson, {})
        place = keep(player)
        acts = sorted({*kept.get("acts", []), *player.seen})
        kept.update(acts=acts, record=dict(player.record), place=place, address=place["address"])
        kept["tries"] = [*kept.get("tries", []), *player.questions.take_tries()]
        kept.update(act=player.act, step=player.progress[0])
        progress.last = lesson
        self.store.save_progress()
        if self.store.trouble and isinstance(self.screen, PaintedScreen) and not self._told:
            self._told = True
            self.screen.said = f"{self.words('drawer.trouble')}: {self.store.trouble[0]}"

    # what works everywhere

    def repaint(self) -> None:
        """Paint the screens again: language or theme has changed."""
        for screen in self.screen_stack:
            if isinstance(screen, PaintedScreen):
                screen.paint()

    def action_language(self) -> None:
        """English and Chinese in turn; the place stays."""
        self.words = Words("zh" if self.words.lang == "en" else "en", "tui")
        self.store.settings.language = self.words.lang
        self.store.save_settings()
        self.repaint()

    def action_theme(self) -> None:
        """Dark, light, high contrast in turn."""
        names = NAMES
        at = names.index(self.store.settings.theme) if self.store.settings.theme in names else 0
        self.store.settings.theme = names[(at + 1) % len(names)]
        self.store.save_settings()
        self._take_theme()
        self.repaint()

    async def action_quit(self) -> None:
        """Leave, asking nothing; the place is kept."""
        for screen in self.screen_stack:
            if isinstance(screen, PaintedScreen):
                screen.settle()
        self.store.flush()
        self.exit()

    def action_help_quit(self) -> None:
        """ctrl+c: copies a selection (Textual sees to that), else says how to quit."""
        screen = self.screen
        if isinstance(screen, PaintedScreen):
            screen.said = self.words("say.quit")
            screen.paint()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The command palette: every key of this screen, by what it does."""
        for key in ALL.values():
            own = next((binding for _, binding in screen._bindings if binding.id == key.id), None)
            if own is not None:
                yield SystemCommand(self.words(f"help.{key.id}"), key.sign, self._runner(screen, own.action))

    def _runner(self, screen: Screen[Any], action: str) -> Any:
        async def run() -> None:
            await screen.run_action(action)

        return run
