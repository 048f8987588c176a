"""A widget that shows a canvas on Textual's line API: only lines that changed are painted again."""

from __future__ import annotations

from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from tui.canvas.canvas import Canvas
from tui.canvas.theme import style


class Lines(Widget):
    """Shows the canvas it was given last. A click on a hit of the canvas is posted as `Clicked`."""

    can_focus = False
    ALLOW_SELECT = True

    class Clicked(Message):
        """Something on the canvas was clicked: its target, and where."""

        def __init__(self, target: tuple[Any, ...] | None, x: int, y: int, double: bool) -> None:
            self.target, self.x, self.y, self.double = target, x, y, double
            super().__init__()

    class Wheel(Message):
        """The wheel turned over the canvas: +1 down, −1 up."""

        def __init__(self, by: int, target: tuple[Any, ...] | None) -> None:
            self.by, self.target = by, target
            super().__init__()

    def __init__(self, id: str, ink_theme: str) -> None:
        super().__init__(id=id)
        self.canvas = Canvas(0)
        self.ink_theme = ink_theme
        self._strips: list[Strip] = []

    def show(self, canvas: Canvas, theme: str | None = None) -> None:
        """Show this canvas; lines that look as before are left alone. It is not drawn on any more."""
        fresh = theme is not None and theme != self.ink_theme
        if theme is not None:
            self.ink_theme = theme
        same = not fresh and (canvas.width, canvas.height) == (self.canvas.width, len(self._strips))
        kept = [same and canvas.looks_like(self.canvas, y) for y in range(canvas.height)]
        self._strips = [self._strips[y] if keep else self._strip(canvas, y) for y, keep in enumerate(kept)]
        self.canvas = canvas
        if not same:
            self.refresh()
        elif not all(kept):
            self.refresh(*(Region(0, y, canvas.width, 1) for y, keep in enumerate(kept) if not keep))

    def _strip(self, canvas: Canvas, y: int) -> Strip:
        segments = [Segment(run.text, style(self.ink_theme, run.ink)) for run in canvas.runs(y)]
        return Strip(segments, canvas.width)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        blank = style(self.ink_theme, "")
        if y >= len(self._strips):
            return Strip.blank(width, blank)
        strip = self._strips[y].adjust_cell_length(width, blank)
        selection = self.text_selection
        span = selection.get_span(y) if selection is not None else None
        if span is not None:
            start, end = span
            end = width if end == -1 else end
            parts = strip.divide([start, end, width]) if 0 <= start < end <= width else [strip]
            chosen = Style(reverse=True)
            strip = Strip.join([part.apply_style(chosen) if i == 1 else part for i, part in enumerate(parts)])
        return strip.apply_offsets(0, y)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, for copying."""
        return selection.extract(self.canvas.text()), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

    def get_content_width(self, *args: Any) -> int:
        return self.canvas.width

    def on_click(self, event: events.Click) -> None:
        target = self.canvas.at(event.x, event.y)
        self.post_message(self.Clicked(target, event.x, event.y, event.chain > 1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.post_message(self.Wheel(1, self.canvas.at(event.x, event.y)))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.post_message(self.Wheel(-1, self.canvas.at(event.x, event.y)))
