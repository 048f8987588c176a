"""The first screen, a list of chapters and lessons with the learner's progress, from which a lesson is opened."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from lessons.contract.card import Broken, Card
from lessons.contract.knobs import Refused
from lessons.finding import find_places, one_place
from tui.canvas.canvas import Canvas, fit, key_line
from tui.keys import CONTENTS, EVERYWHERE, Hint, bindings
from tui.picture.boxes import Choices, Desk, Drawer, Help, Notice
from tui.picture.course_map import CourseMap, chapter_of
from tui.screens.base import PaintedScreen
from tui.widgets.canvas_view import Lines
from tui.widgets.prompt import Prompt

LEAST = (60, 20)
"""Columns and lines of the smallest terminal in which the list is shown."""


class Contents(PaintedScreen):
    """All lessons by chapter; each can be opened at any time.

    `at` is the index of the chosen lesson. A `notice`, `choices` or the `help` are shown over the list.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(CONTENTS, EVERYWHERE),
        Binding("pagedown,pageup", "lecture", show=False),
    ]
    CSS = """
    Contents { layout: vertical; layers: base over; overflow: hidden; }
    #map { height: 1fr; width: 1fr; }
    """

    def __init__(self, choices: Choices | None = None) -> None:
        """`choices` are places of which one is to be chosen at once."""
        super().__init__()
        self.at = 0
        self.choices = choices
        self.notice: Notice | None = None
        self.help: Help | None = None

    def compose(self) -> ComposeResult:
        yield Lines("map", self.unroll.ink_theme)
        yield Prompt(self.paint)

    def on_mount(self) -> None:
        self.to_last()
        self._tell()

    def on_screen_resume(self) -> None:
        self.to_last()
        self.unroll.store.flush()  # what a lesson wrote that was just left
        self._tell()

    def _tell(self) -> None:
        """Say what the folder refused: in the lesson that is left it would not be seen any more."""
        store = self.unroll.store
        if store.trouble:
            self.notice = Notice(self.unroll.words("drawer.trouble"), "\n".join(dict.fromkeys(store.trouble)))
            store.trouble.clear()

    def to_last(self) -> None:
        """Put the cursor on the lesson that was opened last, at first on the one to begin with."""
        last = self.unroll.store.progress.last
        if not last and not self.at and (begin := self.course_map.begin()) is not None:
            last = begin.id
        self.at = next((i for i, card in enumerate(self.cards()) if card.id == last), self.at)

    def cards(self) -> list[Card | Broken]:
        """All lessons in the order of the course; `Broken` are those that could not be loaded."""
        return list(self.unroll.course.values())

    @property
    def course_map(self) -> CourseMap:
        """The lessons with what the learner has done of them, as they stand now."""
        unroll = self.unroll
        progress = unroll.store.progress
        return CourseMap(
            self.cards(), progress.lessons, unroll.words, unroll.number_of, unroll.ascii_only, progress.last
        )  # fmt: skip

    @property
    def box(self) -> Drawer | None:
        """What is shown over the list: it has the keys first."""
        return self.notice or self.help or self.choices

    # painting

    def paint(self) -> None:
        width, height = self.size.width, self.size.height
        if not self.is_mounted or width == 0 or not self.query("#map") or not self.in_sight:
            return
        self.painted_size = self.size
        words, ascii_only = self.unroll.words, self.unroll.ascii_only
        canvas = Canvas(width, height, ascii_only)
        if width < LEAST[0] or height < LEAST[1]:
            canvas.put(1, 0, words("say.small", width=width, height=height), "head")
            canvas.put(1, 1, words("say.small_more"))
        else:
            self._map(canvas, width, height)
        self.query_one("#map", Lines).show(canvas, self.unroll.ink_theme)

    def _map(self, canvas: Canvas, width: int, height: int) -> None:
        words, cards, course = self.unroll.words, self.cards(), self.course_map
        canvas.put(1, 0, "unroll", "title")
        canvas.right(width - 1, 0, fit(course.summary(), width - 10), "dim")
        canvas.fill(0, 1, width, "─", "rule")
        if not cards:
            canvas.put(2, 3, words("contents.empty"), "warn")
        room = height - 10
        body, at = course.chapters(width, room, self.at)
        top = max(0, min(at - room // 2, body.height - room))
        for sign, there, y in (("▲", top > 0, 0), ("▼", top + room < body.height, room - 1)):
            body.right(width - 1, top + y, sign if there else "", "dim")
        canvas.stamp(body.part(top, top + room), 0, 3)
        y = min(height - 7, body.height + 4)
        x = canvas.put(2, y, words("contents.legend"), "dim")
        canvas.put(x + 3, y, fit(course.where_to_begin(), width - x - 4), "head")
        if cards:
            course.about(canvas, cards[self.at], height - 6)
        box = self.box
        if box is not None:
            drawn = box.draw(self._desk(), width - 4, height - 6)
            canvas.stamp(drawn, max(0, (width - drawn.width) // 2), 3)
        canvas.fill(0, height - 2, width, "─", "rule")
        pairs = [(hint.sign, words(f"keys.{hint.words}"), hint.command) for hint in self.key_hints()]
        canvas.stamp(key_line(pairs, width, self.unroll.ascii_only), 0, height - 1)

    def _desk(self) -> Any:
        return Desk(cast(Any, None), self.unroll.words, cast(Any, None), cast(Any, None), None, self.unroll.ascii_only)

    # keys and mouse

    def key_hints(self) -> list[Hint]:
        """The line of keys: those that do something now."""
        last = [Hint(":", "commands", "app.command_palette"), Hint("?", "help", "help"), Hint("q", "quit", "app.quit")]
        box = self.box
        if self.query_one(Prompt).asking:
            return [Hint("↵", "take", "take"), Hint("esc", "leave", "out")]
        if box is not None:
            known = {"↑↓": "move(1)", "↵": "open", "esc": "out"}
            return [*(Hint(sign, said, known[sign]) for sign, said in box.live_keys(self._desk())), *last[1:]]
        found = [Hint("/", "find", "find"), Hint("l", "other", "app.language"), *last]
        if not self.cards():
            return found[1:]
        moves = [Hint("↑↓", "lesson", "move(1)"), Hint("←→", "chapter", "chapter(1)")]
        return [*moves, Hint("↵", "open", "open"), Hint("r", "resume", "resume"), *found]

    def action_move(self, by: int) -> None:
        if self.query_one(Prompt).asking:  # what is typed is about the list as it was
            return
        if self.box is not None:
            self.box.move(self._desk(), 0, by)
        elif self.cards():
            self.at = (self.at + by) % len(self.cards())
        self.paint()

    def action_chapter(self, by: int) -> None:
        """Choose the first lesson of the next chapter that has lessons; `by` −1: the one before."""
        cards = self.cards()
        if not cards or self.query_one(Prompt).asking:
            return
        chapters = list(dict.fromkeys(chapter_of(card) for card in cards))
        here = chapters.index(chapter_of(cards[self.at]))
        wanted = chapters[(here + by) % len(chapters)]
        self.at = next(i for i, card in enumerate(cards) if chapter_of(card) == wanted)
        self.paint()

    def action_open(self) -> None:
        self._open(resume=False)

    def action_resume(self) -> None:
        self._open(resume=True)

    def _open(self, resume: bool) -> None:
        """Open the chosen lesson, or with `resume` the one to go on with; an open notice or help is closed instead."""
        if self.choices is not None and self.box is self.choices and not resume:
            chosen, self.choices = self.choices.chosen, None
            self.unroll.go(chosen.lesson, chosen.place)
            return
        if self.box is not None:
            self.action_out()
            return
        cards = self.cards()
        if not cards:
            return
        begin = self.course_map.begin() if resume else None
        try:
            self.unroll.open_lesson(cards[self.at].id if begin is None else begin.id)
        except Refused as refused:
            self.notice = Notice(f"! {cards[self.at].id}", refused.say(self.unroll.words))
            self.paint()

    def action_lecture(self) -> None:
        """Back to the stop of the lecture that is being given."""
        self.unroll.walk(0)

    def action_find(self) -> None:
        """Ask for a slide, a lesson or a term, and go there; of several, offer a list."""

        def take(typed: str) -> str | None:
            try:
                found = find_places(typed, self.unroll.course)
            except Refused as refused:
                return refused.say(self.unroll.words)
            one = one_place(found)
            if one is None:
                self.choices = Choices(typed.strip(), found, self.unroll.course)
            else:
                self.unroll.go(one.lesson, one.place)
            return None

        self.query_one(Prompt).ask(self.unroll.words("prompt.find"), take)

    def action_take(self) -> None:
        """What was typed, as if enter were pressed."""
        self.query_one(Prompt).take_typed()

    def action_out(self) -> None:
        self.notice = self.choices = self.help = None
        if self.query_one(Prompt).asking:
            self.query_one(Prompt).close()
        else:
            self.paint()

    async def action_quit(self) -> None:
        await self.app.action_quit()

    def action_help(self) -> None:
        self.help = None if self.help else Help([key.id for key in (*CONTENTS, *EVERYWHERE)])
        self.paint()

    async def on_lines_clicked(self, event: Lines.Clicked) -> None:
        match event.target:
            case ("lesson", at):
                again, self.at = at == self.at, at
                if event.double or again:
                    self.action_open()
                else:
                    self.paint()
            case ("key", action):
                await self.run_action(action)
            case None:
                self.action_out()

    def on_lines_wheel(self, event: Lines.Wheel) -> None:
        self.action_move(event.by)
