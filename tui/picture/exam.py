"""The exam questions of a lesson: one at a time, its answer when it is asked for."""

from __future__ import annotations

from collections.abc import Callable

from lessons.explaining.inspect import Inspection
from lessons.player.exam import Paragraph, Worked, lines_of
from tui.canvas.canvas import Canvas, boxed, wrap
from tui.picture.boxes import Desk, Scrolled, Styled

WIDTH = 84
"""Columns at most: longer lines are hard to read."""


class Exam(Scrolled):
    """Three questions; ←→ goes from one to the next, ↵ shows or hides the answer of the one that is open."""

    keys = (("←→", "choose"), ("↑↓", "more"), ("↵", "answers"), ("esc", "leave"))

    def __init__(self, found: Callable[[Desk], tuple[Worked, ...] | None]) -> None:
        """`found` gives the questions, None while they are worked out."""
        self._found = found
        self.at = 0
        self.count = 1
        self.shown: set[int] = set()
        """The questions whose answers are shown."""

    def draw(self, desk: Desk, width: int, height: int) -> Canvas:
        width = min(width, WIDTH)
        lines = self._lines(desk, width - 4)
        seen = self.seen(lines, height)
        if self.top < self.most:
            seen[-1] = (f"▼ {len(lines) - self.top - len(seen) + 1}", "dim")
        heading = desk.words("drawer.exam", n=self.at + 1, all=self.count)
        return boxed(heading, seen, width, desk.ascii_only)

    def _lines(self, desk: Desk, width: int) -> Styled:
        words, asked = desk.words, desk.player.asked
        if asked is not None and not asked.verdict:  # one may have stepped on: nothing here may answer it
            return [(line, "dim") for line in wrap(words("drawer.exam_waits"), width)]
        found = self._found(desk)
        if found is None:
            return [(words("drawer.exam_works"), "dim")]
        self.count = len(found)
        self.at = min(self.at, self.count - 1)
        worked = found[self.at]
        lines: Styled = [(line, "head") for line in wrap(worked.title, width)]
        for paragraph in worked.asked:
            lines += [("", ""), *_said(paragraph, width)]
        if self.at not in self.shown:
            return [*lines, ("", ""), (words("drawer.exam_hidden"), "dim")]
        lines += [("", ""), (words("drawer.exam_answer"), "label")]
        for n, paragraph in enumerate(worked.answer):
            lines += [*([("", "")] if n else []), *_said(paragraph, width)]
        return lines

    def turn(self) -> None:
        """Show the answer, or hide it again."""
        self.shown ^= {self.at}
        self.top = 0

    def move(self, desk: Desk, dx: int, dy: int) -> bool:
        if dx:
            self.at, self.top = (self.at + dx) % self.count, 0
        super().move(desk, 0, dy)
        return True

    def live_keys(self, desk: Desk) -> list[tuple[str, str]]:
        return [key for key in super().live_keys(desk) if self.count > 1 or key[0] != "←→"]


def _said(paragraph: Paragraph, width: int) -> Styled:
    """A paragraph in lines; a formula with its numbers under it, where it has room."""
    if not isinstance(paragraph, Inspection):
        return [(line, "") for line in wrap(paragraph, width)]
    lines = [f"  {line}" for line in lines_of(paragraph, width - 2, wrap)]
    return [(line, "law" if n + 1 < len(lines) else "head") for n, line in enumerate(lines)]
