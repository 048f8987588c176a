"""The lesson screen: it owns the parts, gives each key to the first mode that wants it, and paints once an event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal

from engine.walks.far import Far
from lessons.contract.phrases import Words
from lessons.contract.text import Text
from lessons.explaining.glossary import setting
from lessons.player.player import Player
from tui.keys import EVERYWHERE, LESSON, Hint, bindings
from tui.picture import frame
from tui.picture.drawers import Knobs
from tui.picture.lesson_picture import Canvases, LessonPicture, Manner, too_small
from tui.picture.look import Look
from tui.screens.base import Context, PaintedScreen
from tui.screens.catching_up import CatchingUp, Waiting
from tui.screens.clicks import Clicks
from tui.screens.examining import Examiner
from tui.screens.lesson_files import LessonFiles
from tui.screens.modes.answering import Answering
from tui.screens.modes.base import Change, Mode, Parts
from tui.screens.modes.in_drawer import InDrawer
from tui.screens.modes.lecturing import Lecturing
from tui.screens.modes.on_cell import OnCell
from tui.screens.modes.opening import Opening
from tui.screens.modes.sitting import Sitting
from tui.screens.modes.stepping import Playing, Stepping
from tui.screens.modes.typing import Alone, Reading, Typing
from tui.screens.strokes import Strokes
from tui.screens.transport import Stoppable, Transport
from tui.screens.truth import TruthSeeker
from tui.widgets.canvas_view import Lines
from tui.widgets.prompt import Prompt

LEAST = (60, 20)
OF_A_KEY = tuple(
    f"say.{said}"
    for said in ("nothing_here", "leaves", "no_paste", "answer_choice", "answer_number", "trying", "go_on")
)
"""What is said of the key that was pressed, and of no key after it."""


class LessonScreen(PaintedScreen, inherit_bindings=False):  # the tab key is the cell cursor's
    """One lesson, played. All that lasts is in the player; what is here is how it is being looked at."""

    way_out = "say.quit_lesson"
    BINDINGS = bindings(LESSON, EVERYWHERE)
    CSS = """
    LessonScreen { layout: vertical; layers: base over; overflow: hidden; }
    #top { height: 2; }
    #middle { height: 1fr; }
    #foot { height: 4; }
    #text { width: 35; height: 1fr; }
    #stage { width: 1fr; height: 1fr; }
    """

    def __init__(self, context: Context, player: Player) -> None:
        super().__init__()
        self.context, self.player, self.look = context, player, Look()
        self.prompt, self.strokes = Prompt(self.paint, self.event), Strokes()
        self.picture = LessonPicture(player, self.look, manner_of(context, player, self.look))
        self.transport = Transport(context, player, self.look, self.picture, self.every, self.keep_soon)
        self.truth, self.examiner = TruthSeeker(player, self.every, self.keep_soon), Examiner(player, self.every)
        self.files = LessonFiles(lambda: self.app, player)
        parts = Parts(
            context, player, self.look, self.picture, self.transport, self.truth, self.files, self.ask_line,
            self.strokes, self.examiner,
        )  # fmt: skip
        self.stepping, self.in_drawer, self.lecturing = Stepping(parts), InDrawer(parts), Lecturing(parts)
        self.answering = Answering(parts, self.stepping.forward)
        self.clicks = Clicks(parts, self.stepping, self.answering, self.take, self.command)
        self.catching_up = CatchingUp(context, player, self.look, self.every)
        self.modes: tuple[Mode, ...] = (
            Waiting(parts, self.catching_up), Typing(parts, self.prompt), self.lecturing, self.in_drawer,
            self.answering, Reading(parts), Alone(parts), OnCell(parts), Playing(parts), self.stepping,
            Sitting(parts), Opening(parts, self.key_hints),
        )  # fmt: skip
        self._canvases: Canvases | None = None
        self._act, self._quiet = player.act, True
        self._in_event = self._paints = self._keeps = self._stale = False

    def compose(self) -> ComposeResult:
        theme = self.context.ink_theme
        yield Lines("top", theme)
        with Horizontal(id="middle"):
            yield Lines("text", theme)
            yield Lines("stage", theme)
        yield Lines("foot", theme)
        yield self.prompt

    @property
    def words(self) -> Words:
        return self.context.words

    @property
    def text(self) -> Text:
        """The lesson's text in the language in use."""
        return self.picture.text

    @property
    def said(self) -> str:
        """The line that stands instead of the address."""
        return self.look.status

    @said.setter
    def said(self, said: str) -> None:
        self.look.status = said

    # one event: what it does, then at most one note of the place and one picture

    @contextmanager
    def event(self, key: bool = False) -> Iterator[None]:
        """All that one event does. At its end the place is kept once and the screen painted once, where that is asked.

        A key that changed nothing on the screen is said to do nothing here.
        """
        if self._in_event:
            yield
            return
        self._in_event, self._quiet = True, not key
        try:
            yield
        finally:
            self._in_event = False
            keeps, paints, self._keeps, self._paints = self._keeps, self._paints, False, False
            if keeps:
                self.context.keep(self.player)
            if paints:
                self._paint(said=self._quiet)
            self.transport.painted()

    def paint(self) -> None:
        """Show everything as it is now; within an event, at its end."""
        if self._in_event:
            self._paints = True
        else:
            self._paint(said=True)

    def keep_soon(self) -> None:
        """Write down where the learner is, at the end of the event."""
        self._keeps = True

    def take(self, change: Change) -> None:
        """What a command has changed."""
        if change.status is not None:
            self.look.status = change.status
            self._quiet = self._quiet or bool(change.status)
        if change.act and self.player.act != self._act:
            self.look.new_act()
            self._keeps = True
        self._act = self.player.act
        self._keeps = self._keeps or change.keep
        self._paints = True

    def every(self, seconds: float, do: Callable[[], bool]) -> Stoppable:
        """A timer; `do` says whether the screen should be painted."""

        def tick() -> None:
            with self.event(), self.within_reach(lambda: None):
                self._paints = do() or self._paints

        return self.set_interval(seconds, tick)

    def command(self, command: str) -> None:
        """What a key or a click asks for: the first mode that wants keys and knows it does it."""
        with self.event(key=True):
            self._stale = self.look.status in map(self.words, OF_A_KEY)
            if self._stale:  # it was said of the key before
                self.look.status = ""
            with self.within_reach(lambda: self.command(command)):
                change = next(filter(None, (mode.do(command) for mode in self.wanting())), None)
                self.take(change or Change(self.words("say.nothing_here")))

    @contextmanager
    def within_reach(self, again: Callable[[], object]) -> Iterator[None]:
        """Inside, a state may turn out to be far: it is recomputed beside the screen, and then it is done `again`."""
        try:
            yield
        except Far as far:
            self.catching_up.go(far, again)
            self.take(Change())

    def wanting(self) -> Iterator[Mode]:
        """The modes that are on, the outermost first."""
        return (mode for mode in self.modes if mode.wants(self.look, self.player))

    def key_hints(self) -> Sequence[Hint]:
        """The line of keys."""
        return next(hints for mode in self.wanting() if (hints := mode.keys()))

    def begins(self, key: str, character: str) -> bool:
        """Whether the drawer that is open takes the character as the first of a value."""
        if not self.in_drawer.wants(self.look, self.player):
            return False
        bound = self.active_bindings.get(key)
        with self.event(key=True):
            change = self.in_drawer.begin(character, bound.binding.id or "" if bound is not None else "")
            if change is not None:
                self.take(change)
        return change is not None

    def pasted(self, text: str) -> None:
        with self.event(key=True):
            found = (mode.pasted(text) for mode in self.wanting())
            self.take(next((change for change in found if change is not None), Change(self.words("say.no_paste"))))

    def action_command(self, command: str) -> None:
        self.command(command)

    def action_help(self) -> None:
        self.command("help")

    def action_quit(self) -> None:
        self.command("quit")

    def ask_line(
        self, label: str, then: Callable[[str], str | Change], value: str = "", chosen: bool = True,
        lines: bool = False,
    ) -> None:  # fmt: skip
        """Ask for a line of typing; `value` stands there first, chosen so that typing replaces it."""

        def taken(typed: str) -> str | None:
            found: str | Change = Change()
            with self.within_reach(lambda: self.take(Change(taken(typed)))):
                found = then(typed)
            if isinstance(found, Change):
                self.take(found)
                return None
            self._quiet = True
            self.paint()
            return found

        self.prompt.ask(label, taken, value, chosen, lines)

    def knobs(self) -> Iterator[tuple[str, str, Callable[[], None]]]:
        return knob_commands(self)

    def give_way(self) -> Callable[[], None]:
        return self.transport.give_way()

    def key_came(self, key: str, at: float) -> None:
        asked = self.player.asked
        card = None if asked is None else (asked.ask.id, asked.verdict)
        self.strokes.came(key, at, (next(self.wanting()), card))

    def settle(self) -> None:
        """Stop playing, and keep the place."""
        self.transport.pause()
        self._keeps = False
        self.context.keep(self.player)

    # painting

    def _paint(self, said: bool) -> None:
        width, height = self.size.width, self.size.height
        if not self.is_mounted or width == 0 or not self.query("#stage") or not self.in_sight:
            return
        self.painted_size = self.size
        if width < LEAST[0] or height < LEAST[1]:
            drawn = too_small(self.words, width, height)
        else:
            self.picture.manner = manner_of(self.context, self.player, self.look)
            before, playing = self._canvases, self.transport.said()
            drawn = self.picture.draw(width, height, playing, self.key_hints)
            if not said and before is not None and alike(before, drawn, self._stale):
                self.look.status = self.words("say.nothing_here")
                drawn = drawn._replace(foot=self.picture.foot(playing, self.key_hints()))
        self._canvases = drawn
        self.query_one("#text", Lines).display = drawn.text is not None
        for name, canvas in drawn._asdict().items():
            if canvas is not None:
                self.query_one(f"#{name}", Lines).show(canvas, self.context.ink_theme)

    # mouse

    async def on_lines_clicked(self, event: Lines.Clicked) -> None:
        self.strokes.clicked()
        match event.target:
            case ("key", command) if command.startswith("app."):
                await self.run_action(command)
            case ("key", command) if command:
                self.command(command)
            case _:
                with self.event(), self.within_reach(lambda: self.clicks.click(event)):
                    self.clicks.click(event)

    def on_lines_wheel(self, event: Lines.Wheel) -> None:
        with self.event():
            self.clicks.wheel(event)


def alike(one: Canvases, other: Canvases, but_address: bool) -> bool:
    """Whether two pictures look the same; but for the line of the address, where that was covered in one of them."""
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    if (one.text is None) != (other.text is None) or any((a.width, a.height) != (b.width, b.height) for a, b in pairs):
        return False
    return all(
        b.looks_like(a, y)
        for a, b in pairs
        for y in range(b.height)
        if not (but_address and b is other.foot and y == frame.ADDRESS)
    )


def manner_of(context: Context, player: Player, look: Look) -> Manner:
    """How a lesson is drawn now."""
    second = context.store.settings.other_notation if look.second is None else look.second
    number = context.number_of(player.lesson.card)
    return Manner(
        context.words, context.ascii_only, context.ink_theme != "mono", second, number, context.present, context.deep,
        context.text_beside,
    )  # fmt: skip


def knob_commands(screen: LessonScreen) -> Iterator[tuple[str, str, Callable[[], None]]]:
    """For the palette: every knob, what it sets, and what opens the knobs there and asks for its value."""

    def ask(at: int) -> None:
        with screen.event():
            screen.transport.pause()
            drawer = screen.look.drawer if isinstance(screen.look.drawer, Knobs) else screen.look.knobs()
            drawer.at, screen.look.drawer = at, drawer
            screen.command("edit")

    for i, knob in enumerate(screen.player.lesson.card.knobs):
        name = f"{screen.words('keys.knobs')}: {knob.id} ({knob.range()})"
        yield name, setting(screen.text, screen.words, knob.id), partial(ask, i)
