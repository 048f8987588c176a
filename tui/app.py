"""The app: two screens, the settings they share, and where the learner has come to."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.keys import _character_to_key
from textual.screen import Screen

from lessons.contract.card import Broken, Card
from lessons.contract.phrases import Words
from lessons.course import CHAPTERS, course, open_lesson, unknown
from tui.canvas.theme import NAMES, textual_theme
from tui.keys import ALL, half_width
from tui.machine.store import Store
from tui.picture.boxes import Notice
from tui.screens.base import PaintedScreen
from tui.screens.contents import Contents
from tui.widgets.palette import Palette

if TYPE_CHECKING:
    from lessons.player.bookmark import Back
    from lessons.player.player import Player
    from tui.screens.lesson import LessonScreen

PATIENCE, AT_ONCE = 0.05, 0.25
"""Seconds that going to an update may hold the screen, and that coming back to a lesson may."""


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
        self.text_beside: bool | None = None
        self.course: dict[str, Card | Broken] = course()
        self.device = device
        self._first, self._afresh, self._told = lesson, afresh, False
        self._runs: dict[str, list[tuple[int, int]]] = {}
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
        """A key or the mouse goes before training. Keys and pastes that are for no widget are done at once, in order.

        Textual would send them round by the screen, and they would come after what is typed behind them, which a
        prompt should have that they open.
        """
        screen = self.screen_stack[-1] if self.screen_stack else None
        fresh = isinstance(event, events.Key | events.Paste) and not event.is_forwarded
        if isinstance(screen, PaintedScreen) and isinstance(event, events.InputEvent | events.Paste):
            screen.give_way()
            if isinstance(event, events.Key) and fresh:
                screen.key_came(event.key, event.time)
                if self.focused is None and await self._struck(screen, event):
                    return
            if isinstance(event, events.Paste) and fresh and self.focused is None:
                screen.pasted(event.text)
                return
        await super().on_event(event)

    async def _struck(self, screen: PaintedScreen, event: events.Key) -> bool:
        """Do what a key does. A full-width character is the key that gave it, unless it is itself bound."""
        self.app_focus = True
        key, character = event.key, half_width(event.character or "")
        if character != (event.character or "") and key not in screen.active_bindings:
            key = _character_to_key(character)
        if key == "escape":
            screen.clear_selection()
        if await self._check_bindings(key, priority=True) or screen.begins(key, event.character or ""):
            return True
        return await self._check_bindings(key)

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
        from lessons.player.player import Player
        from tui.screens.lesson import LessonScreen

        player = Player(open_lesson(card), open_device(self.device))
        player.patience = PATIENCE
        kept = self.store.progress.lessons.get(lesson, {})
        player.record = {str(k): str(v) for k, v in kept.get("record", {}).items()}
        player.seen = {act for act in kept.get("acts", []) if act in card.acts} if isinstance(card, Card) else set()
        place = None if self._afresh else kept.get("place")
        self._afresh = False  # who comes back to it in this run finds what was done in it
        screen = LessonScreen(self, player)
        screen.look.finished = len(player.seen) == len(player.lesson.card.acts)
        if place:
            self._come_back(screen, place)
        if self.store.trouble:
            screen.look.drawer = Notice(self.words("drawer.trouble"), self.store.trouble[0])
            self.store.trouble.clear()
        self.push_screen(screen)

    def _come_back(self, screen: LessonScreen, place: Mapping[str, Any]) -> None:
        """Bring a lesson back to a kept place: at once, or where that takes long beside the screen."""
        player = screen.player
        player.owed = place
        slices, end = self._slices(screen, place), time.monotonic() + AT_ONCE
        while time.monotonic() < end:
            if next(slices, None) is None:
                return
        screen.call_later(screen.catching_up.start, slices, lambda: None)

    def _slices(self, screen: LessonScreen, place: Mapping[str, Any]) -> Iterator[Back]:
        """The slices of coming back: by the checkpoint, and without it where it turns out to be damaged."""
        from lessons.player.bookmark import Lost

        player = screen.player
        try:
            yield from self._by_checkpoint(player, place)
            screen.arrived(self.words("say.restored", where=f"{player.act}, {player.progress[0]:,}"))
        except Lost:
            screen.arrived(self.words("say.lost"))
        player.owed = None

    def _by_checkpoint(self, player: Player, place: Mapping[str, Any]) -> Iterator[Back]:
        from engine.walks.packing import PackingError
        from lessons.player.bookmark import returning
        from lessons.player.checkpoint import Checkpoint

        lesson = player.lesson.card.id
        packed = self.store.load_run(lesson) if place.get("branches") else None
        if packed is not None:
            try:
                yield from returning(player, place, Checkpoint(packed, place))
                return
            except PackingError as error:
                self.store.put_run_aside(lesson, str(error))
        yield from returning(player, place)

    def leave_lesson(self) -> None:
        """Back to the contents."""
        if len(self.screen_stack) > 2:
            self.pop_screen()

    def keep(self, player: Player) -> None:
        """Write down where the learner is. Trouble with the folder is said once, and stops nothing."""
        from lessons.player.bookmark import keep, take

        lesson, progress = player.lesson.card.id, self.store.progress
        kept = progress.lessons.setdefault(lesson, {})
        place = keep(player)
        acts = sorted({*kept.get("acts", []), *player.seen})
        kept.update(acts=acts, record=dict(player.record), place=place, address=place["address"])
        kept["tries"] = [*kept.get("tries", []), *player.questions.take_tries()]
        kept.update(act=player.act, step=player.progress[0])
        progress.last = lesson
        runs = [(id(branch.history), len(branch.history)) for branch in player.branches]
        taken = take(player, place) if player.owed is None and self._runs.get(lesson) != runs else None
        if taken is not None:
            self._runs[lesson] = runs
            self.store.save_run(lesson, taken)
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
            screen.said = self.words(screen.way_out)
            screen.paint()

    def action_command_palette(self) -> None:
        """The command palette, with our words in the place of Textual's."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(self.words))

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
