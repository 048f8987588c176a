"""The app: two screens, the settings they share, and where the learner has come to."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.screen import Screen

from engine.threads import hold_to_one_thread
from engine.walks.far import Far
from lessons.contract.card import Broken, Card, Lead, Place
from lessons.contract.knobs import Refused
from lessons.contract.phrases import Words
from lessons.course import course, following, number_of, unknown
from lessons.data import corpora
from tui.canvas.theme import NAMES, textual_theme
from tui.machine import collecting
from tui.machine.signals import Ending
from tui.machine.store import Store
from tui.picture.boxes import Choices, Notice
from tui.screens.arriving import done_at_once
from tui.screens.base import PaintedScreen
from tui.screens.commands import commands
from tui.screens.contents import Contents
from tui.screens.failing import left_for, opened
from tui.screens.keeper import Keeper
from tui.screens.remapping import remap
from tui.widgets.palette import Palette

if TYPE_CHECKING:
    from lessons.deck import Stop
    from lessons.player.player import Player
    from tui.screens.lesson import LessonScreen

PATIENCE = 0.05
"""Seconds that going to an update may hold the screen."""


SECOND = {"first": False, "second": True}
"""Whether a place is to be seen in the second notation."""


@dataclass(frozen=True)
class Opening:
    """What the app is started for, beside a lesson: a place in it, places of which one is to be chosen, or a lecture.

    `present` draws lessons for a projector. With `deck` its stops are walked through.
    """

    place: Place | None = None
    choices: Choices | None = None
    deck: Sequence[Stop] = ()
    present: bool = False


def arrive(player: Player, place: Place, set_up: bool) -> None:
    """Bring a player to a place, with its knobs where they are to be `set_up`. Raises Refused."""
    from lessons.player.setup import Setting

    if set_up and (place.knobs or place.seed is not None):
        player.set_up(Setting(dict(place.knobs), place.seed, language=player.setup.setting.language))
    if place.at:
        player.jump(place.at)


def bring(screen: LessonScreen, place: Place, set_up: bool) -> None:
    """Bring a lesson to a place; what takes long of its setup, and updates before it, beside the screen.

    Raises Refused.
    """
    player, set_up = screen.player, set_up and bool(place.knobs or place.seed is not None)
    before = player.setup
    try:
        arrive(player, place, set_up)
    except Far as far:
        built = not set_up or player.setup is not before
        if built and player.trains:
            player.to_act("train")
        then = partial(arrive, player, place, set_up=False) if built else partial(bring, screen, place, set_up=True)
        screen.call_later(screen.catching_up.go, far, then)


def terminal_driver() -> type[Driver] | None:
    """What reads the terminal; None for Textual's own choice, where that is not its driver for POSIX."""
    if os.name == "nt" or "TEXTUAL_DRIVER" in os.environ:
        return None
    from tui.machine.driver import TerminalDriver

    return TerminalDriver


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
        opening: Opening | None = None,
    ) -> None:
        """`opening` says what more is wanted than the lesson."""
        super().__init__(driver_class=terminal_driver())
        self.store = store or Store()
        corpora.gathered_in = self.store.data / "texts"
        self.words = Words(self.store.settings.language or lang, "tui")
        self.ascii_only = ascii_only
        self.text_beside: bool | None = None
        self.course: dict[str, Card | Broken] = course()
        self.device = device
        self._first, self._afresh, self._told = lesson, afresh, False
        self.keeper = Keeper(self.store)
        self.opening = opening or Opening()
        self.end = Ending(self._leave)
        self.forgives = False
        """Whether an error of a lesson's ends that lesson alone: so it is for a learner; a test should see it."""
        self.refused: Refused | None = None
        """Why what the app was started for cannot be had."""
        self._beside: Player | None = None
        self.stops, self.at_stop, self.came_from = self.opening.deck, 0, ""
        self.present, self._session_theme = self.opening.present, "contrast" if self.opening.present else ""
        if self.no_color:
            self.ansi_color = True

    @property
    def ink_theme(self) -> str:
        """The theme our own pictures are drawn in: no colour at all with NO_COLOR."""
        if self.no_color:
            return "mono"
        theme = self._session_theme or self.store.settings.theme
        return theme if theme in NAMES else "dark"

    @property
    def deep(self) -> bool:
        """Whether fields have all shades: the terminal has 24 bits for a colour, and the theme more than two."""
        return self.ink_theme in ("dark", "light") and self.console.color_system == "truecolor"

    def number_of(self, card: Card | Broken) -> str:
        """Chapter and place of a lesson: 3.1."""
        return number_of(card, self.course)

    def on_mount(self) -> None:
        self.end.begin()
        for name in NAMES:
            self.register_theme(textual_theme(name))
        self._take_theme()
        remap(self, self.store, self.words)
        self.store.probe()
        self.push_screen(Contents(self.opening.choices))
        self.set_timer(0.3, self._load_more)
        try:
            if self.stops:
                self.stop(0)
            elif self._first is not None:
                self.open_lesson(self._first, self.opening.place)
        except Refused as refused:
            self.refused = refused
            self.exit(return_code=2)

    def _load_more(self) -> None:
        """The first picture is there: load the rest, so that the first lesson opens at once."""
        importlib.import_module("tui.screens.lesson")
        collecting.begin()

    async def on_event(self, event: events.Event) -> None:
        """A key or the mouse goes before training. Keys and pastes that are for no widget are done at once, in order.

        Textual would send them round by the screen, and they would come after what is typed behind them, which a
        prompt should have that they open.
        """
        screen = self.screen_stack[-1] if self.screen_stack else None
        if not (isinstance(screen, PaintedScreen) and isinstance(event, events.InputEvent | events.Paste)):
            await super().on_event(event)
            return
        go_on = screen.give_way()
        try:
            if not await done_at_once(self, screen, event):
                await super().on_event(event)
        except Exception as error:
            if not self.forgives:
                raise
            self._handle_exception(error)
        finally:
            if go_on is not None:
                screen.call_after_refresh(go_on)

    def _handle_exception(self, error: Exception) -> None:
        """An error of a lesson's ends that lesson; any other ends the app."""
        if not (self.forgives and left_for(self, error, self.store.data, self.words)):
            super()._handle_exception(error)

    def _take_theme(self) -> None:
        if not self.no_color:
            self.theme = f"unroll-{self.ink_theme}"

    # lessons

    def open_lesson(
        self, lesson: str, place: Place | None = None, beside: bool = False, came_from: str = ""
    ) -> None:  # fmt: skip
        """Open a lesson at a place, else where the learner left it, else at its start. Raises Refused.

        Where the place has other knobs than what the learner left, it is opened beside that, which stays as it was;
        so it is with `beside`.
        """
        card = self.course.get(lesson)
        if card is None:
            raise unknown(lesson, self.course)
        hold_to_one_thread()
        from engine.device import open_device
        from lessons.player.bookmark import is_set_up_as
        from tui.screens.lesson import LessonScreen

        player = opened(card, open_device(self.device), PATIENCE, self.words.lang)
        kept = self.store.progress.lessons.get(lesson, {})
        player.record = {str(k): str(v) for k, v in kept.get("record", {}).items()}
        player.seen = {act for act in kept.get("acts", []) if act in card.acts} if isinstance(card, Card) else set()
        left = kept.get("place")
        other = left is not None and place is not None and not is_set_up_as(left, place, player.lesson.card.knobs)
        beside = beside or other
        left = None if beside or self._afresh else left
        self._afresh = False  # who comes back to it in this run finds what was done in it
        screen, self.came_from = LessonScreen(self, player), came_from
        self._beside = player if beside else None
        screen.look.second = SECOND.get(place.notation) if place is not None else None
        screen.look.finished = player.finished
        if beside:
            screen.said = self.words("say.beside", lesson=lesson)
        if left:
            self.keeper.come_back(screen, left, partial(self._then, screen, place))
        elif place is not None:
            bring(screen, place, set_up=True)
        if self.store.trouble:
            screen.look.drawer = Notice(self.words("drawer.trouble"), self.store.trouble[0])
            self.store.trouble.clear()
        if isinstance(self.screen, LessonScreen):
            self.switch_screen(screen)
        else:
            self.push_screen(screen)

    def go(self, lesson: str, place: Place | None = None) -> None:
        """Open a lesson as `open_lesson` does, in the stead of one that is open; what is refused is said."""
        self._instead(partial(self.open_lesson, lesson, place))

    def follow(self, lead: Lead, here: str) -> None:
        self._instead(partial(self.open_lesson, lead.lesson, lead.place, came_from=here))

    def go_back(self) -> None:
        self._instead(partial(self.open_lesson, self.came_from))

    def _instead(self, open_it: Callable[[], None]) -> None:
        """Leave what is open for something else; what is refused is said."""

        def leave() -> None:
            screen = self.screen
            if isinstance(screen, PaintedScreen):
                screen.settle()
            try:
                open_it()
            except Refused as refused:
                if isinstance(screen, PaintedScreen):
                    screen.said = refused.say(self.words)
                    screen.paint()

        self.call_later(leave)  # a prompt that is open is closed first

    def _then(self, screen: LessonScreen, place: Place | None, brought: bool) -> None:
        """A lesson has been brought back to where it was left: now to a place, where one was asked for."""
        if place is not None:
            screen.said = ""
            bring(screen, place, set_up=not brought)

    def stop(self, n: int) -> None:
        """To stop n of the lecture. Raises Refused."""
        stop, self.at_stop = self.stops[n], n
        self.open_lesson(stop.lesson, stop.place, beside=True)
        if isinstance(self.screen, PaintedScreen):
            said, card = stop.note, self.course.get(stop.lesson)
            if not said and stop.slide and isinstance(card, Card):
                said = self.words("title.slide", slide=stop.slide, title=card.title[self.words.lang])
            self.screen.said = f"{n + 1}/{len(self.stops)}  {said}".strip()

    def walk(self, by: int) -> bool:
        """To the stop of the lecture that is so many further; False at its ends."""
        n = self.at_stop + by
        if not 0 <= n < len(self.stops):
            return False
        self._instead(partial(self.stop, n))
        return True

    def following(self, lesson: str) -> Card | None:
        """The lesson after this one in the course; None after the last."""
        return following(lesson, self.course)

    def leave_lesson(self) -> None:
        """Back to the contents."""
        if len(self.screen_stack) > 2:
            self.pop_screen()

    def keep(self, player: Player) -> None:
        """Write down where the learner is. Trouble with the folder is said once, and stops nothing."""
        self.keeper.keep(player, place=player is not self._beside)
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
        at = NAMES.index(self.ink_theme) if self.ink_theme in NAMES else 0
        self.store.settings.theme, self._session_theme = NAMES[(at + 1) % len(NAMES)], ""
        self.store.save_settings()
        self._take_theme()
        self.repaint()

    async def action_quit(self) -> None:
        """Leave, asking nothing; the place is kept."""
        self._settle()
        self.exit()

    def _leave(self, number: int) -> None:
        self._settle()
        self.exit(return_code=128 + number)

    def keep_now(self) -> None:
        """From another thread, as the app does not answer and has to end: write down where the learner is."""
        self.keeper.keep_all(self.screen_stack, self._beside)
        self.store.flush()

    def _settle(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, PaintedScreen):
                screen.settle()
        self.store.flush()

    def action_suspend_process(self) -> None:
        """Leave the terminal to the shell until it brings the app back; the place is kept."""
        self._settle()
        if self._driver is not None and self._driver.can_suspend:
            super().action_suspend_process()
        elif isinstance(self.screen, PaintedScreen):
            self.screen.said = self.words("say.no_suspend")
            self.screen.paint()

    def action_help_quit(self) -> None:
        """ctrl+c: copies a selection (Textual sees to that), else says how to quit."""
        screen = self.screen
        if isinstance(screen, PaintedScreen):
            screen.said = self.words(screen.way_out)
            screen.paint()

    def action_command_palette(self) -> None:
        """The command palette, with our words in the place of Textual's."""
        if not any(isinstance(each, Palette) for each in self._nodes):  # one that closes is still there for a moment
            self.push_screen(Palette(self.words))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the command palette offers on a screen."""
        return commands(self, screen)
