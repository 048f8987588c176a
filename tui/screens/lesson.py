"""The lesson screen: paints the player's position, and hands keys and mouse to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal

from engine.device import quiet
from lessons.building.stage_parts import with_law
from lessons.contract.panels import Formula, Panel
from lessons.explaining.inspect import focus, inspect
from lessons.explaining.notation import renamed
from lessons.explaining.typeset import naming
from tui.canvas.canvas import Canvas, boxed, fit, key_line, wrap
from tui.draw import Pen
from tui.keys import EVERYWHERE, LESSON, bindings
from tui.picture import frame
from tui.picture.layout import lay
from tui.picture.lens import lens_for
from tui.picture.question import draw_card
from tui.screens.reaching import Reaching
from tui.widgets.canvas_view import Lines
from tui.widgets.prompt import Prompt

LEAST = (60, 20)
WIDE = 100


class LessonScreen(Reaching, inherit_bindings=False):  # the tab key is the cell cursor's
    """One lesson, played. All that lasts is in the player; what is here is how it is being looked at."""

    BINDINGS = bindings(LESSON, EVERYWHERE)
    CSS = """
    LessonScreen { layout: vertical; layers: base over; overflow: hidden; }
    #top { height: 2; }
    #middle { height: 1fr; }
    #foot { height: 4; }
    #text { width: 35; height: 1fr; }
    #stage { width: 1fr; height: 1fr; }
    """

    def compose(self) -> ComposeResult:
        theme = self.unroll.ink_theme
        yield Lines("top", theme)
        with Horizontal(id="middle"):
            yield Lines("text", theme)
            yield Lines("stage", theme)
        yield Lines("foot", theme)
        yield Prompt(self.paint)

    # painting

    @property
    def wide(self) -> bool:
        """Whether text and stage stand side by side."""
        return self.size.width >= WIDE

    def paint(self) -> None:
        """Show the position as it is now. Called after everything that may have changed it."""
        with quiet(), naming(self.names):  # numbers beyond the finite are shown as they are
            self._paint()

    @property
    def names(self) -> Mapping[str, str]:
        """What symbols are called instead, where the other notation was chosen and the lesson has one."""
        other = self.unroll.store.settings.other_notation
        return self.player.lesson.card.notation if other else {}

    def _paint(self) -> None:
        width, height = self.size.width, self.size.height
        if not self.is_mounted or width == 0 or not self.query("#stage"):
            return
        if width < LEAST[0] or height < LEAST[1]:
            self._paint_small(width, height)
            return
        self.view = self.player.view()
        self.view.cursor = self.cursor
        fields = self.player.lesson.says(self.view, self.text)
        asked = self.player.asked
        if asked is not None and asked.verdict and asked.view is not None:
            fields = self.player.lesson.says(asked.view, self.text) | {"previous": fields.get("previous")}
        theme, ascii_only = self.unroll.ink_theme, self.unroll.ascii_only
        number_of = self.unroll.number_of(self.player.lesson.card)
        lines = {name: self.query_one(f"#{name}", Lines) for name in ("top", "foot", "text", "stage")}
        lines["text"].display = self.wide
        body = height - 6
        lines["top"].show(frame.title(self.player, self.words, self.text, number_of, width, ascii_only), theme)
        stage_width = width - frame.TEXT - 1 if self.wide else width
        if self.wide:
            lines["text"].show(self._column(fields, body), theme)
        lines["stage"].show(self._stage(stage_width, body, fields), theme)
        lines["foot"].show(self._foot(width), theme)

    def _paint_small(self, width: int, height: int) -> None:
        canvas = Canvas(width, height)
        canvas.put(1, 0, self.words("say.small", width=width, height=height), "head")
        canvas.put(1, 1, self.words("say.small_more"))
        empty = Canvas(width, 0)
        for name in ("top", "foot", "text"):
            self.query_one(f"#{name}", Lines).show(empty)
        self.query_one("#text", Lines).display = False
        self.query_one("#stage", Lines).show(canvas)

    def _column(self, fields: dict[str, Any], height: int) -> Canvas:
        """The text, and in its lower part the prediction card."""
        said = frame.told(self.player, self.view, self.text, fields, self.names)
        canvas = frame.column(said, height, self.text_top, self.unroll.ascii_only)
        card = self._card(fields, frame.TEXT - 2)
        if card is not None:
            y = max(0, height - card.height - 1)
            for row in range(y, height):
                canvas.put(0, row, " " * frame.TEXT)
            canvas.stamp(card, 1, y, height - y)
        return canvas

    def _card(self, fields: dict[str, Any], width: int) -> Canvas | None:
        asked = self.player.asked
        if asked is None:
            return None
        card = draw_card(asked, self.words, self.text, fields, width, self.unroll.ascii_only)
        for y in range(card.height):
            line = card.line(y)
            for i in range(9):
                if line[4:8].startswith(f"{i + 1}  "):
                    card.hit(0, y, width, 1, "option", i)
        return card

    def panels(self) -> list[Panel]:
        """The lesson's panels, with what every lesson gets: the exact cells, and the cell in focus explained."""
        panels = renamed(with_law(self.player.lesson.panels(self.view, self.text), self.view), self.names)
        panels += self._around(panels)
        there = {panel.id for panel in panels}
        if not there & set(self.alone[:1]):  # none is wanted alone, or it is not here any more
            return panels
        return [panel for panel in panels if panel.id in self.alone]

    def _around(self, panels: Sequence[Panel]) -> list[Panel]:
        """What goes with the cell in focus."""
        shown = {block.symbol for panel in panels for block in panel.blocks() if block.written}
        cell = self.cursor or focus(self.view, shown, self.player.lesson.explains)
        if cell is None:
            return []
        found: list[Panel] = []
        width = (self.size.width - frame.TEXT - 1 if self.wide else self.size.width) - 2
        lens = lens_for(panels, cell, width)
        if lens is not None:
            found.append(lens)
        told, small = inspect(self.view, *cell), self.size.height < 30 and self.cursor is None
        found.append(Formula(id="cell", priority=3 if small else 9, lines=told.lines(width), short=told.short(width)))
        return found

    def _stage(self, width: int, height: int, fields: dict[str, Any]) -> Canvas:
        colour = self.unroll.ink_theme != "mono"
        room = height - (0 if self.wide else 1)
        rows = 4 if height < 40 else 8
        pen = Pen(self.cursor, ascii_only=self.unroll.ascii_only, rows=rows, colour=colour, height=room)
        dense = self.player.spot.open  # its phases differ in height: what stays must not move
        canvas, self.left_out = lay(self.panels(), width, room, pen, dense)
        if not self.wide:
            self._under(canvas, width, room, fields)
        if self.text_over and not self.wide:
            said = frame.told(self.player, self.view, self.text, fields, self.names)
            lines = frame.text_lines(said, width - 8)[1:][self.text_top :]
            sheet(canvas, boxed(said.heading, lines[: room - 2], width - 4, self.unroll.ascii_only), 2, 0)
        card = None if self.wide else self._card(fields, width - 2)
        if card is not None:
            sheet(canvas, card, 1, max(0, height - card.height))
        if self.drawer is not None:  # over the card: keys are the drawer's first
            self._stamp_drawer(canvas, width, height)
        return canvas

    def _under(self, canvas: Canvas, width: int, y: int, fields: dict[str, Any]) -> None:
        """On a small screen: the text's first sentence, and that there is more, of the text and of the stage."""
        said = frame.told(self.player, self.view, self.text, fields, self.names)
        text, panels = f"t {self.words('keys.more')}", self._more()
        wide = cell_len(text) + (cell_len(panels) + 3 if panels else 0)
        lead = wrap(said.paragraphs[0] if said.paragraphs else said.heading, width - wide - 8)
        canvas.put(1, y, lead[0] + (" …" if len(lead) > 1 else ""), "dim")
        x = width - wide - 1
        for shown, action in ((panels, "alone"), (text, "text")):
            canvas.hit(x, y, cell_len(shown), 1, "key", action)
            x = canvas.put(x, y, shown, "key") + (3 if shown else 0)

    def _more(self) -> str:
        """How to see the panels that had no room; with the cursor on a cell, z is for its panel."""
        there = self.left_out and (self.alone or self.cursor is None)
        return f"z {self.words('keys.left_out', n=len(self.left_out))}" if there else ""

    def _stamp_drawer(self, canvas: Canvas, width: int, height: int) -> None:
        """The drawer in the corner where it hides nothing that was just written; at the lower right if it can."""
        assert self.drawer is not None
        box = self.drawer.draw(self.desk(), width - 2, height - 1)
        right, low = width - box.width, max(0, height - box.height)
        corners = [(right, low), (0, low), (right, 0), (0, 0)]
        written = self.view.written
        marks = [h for h in canvas.hits if h.target[0] == "mark" or (h.target[0] == "cell" and h.target[1] in written)]

        def hides(corner: tuple[int, int]) -> int:
            x, y = corner
            return sum(x - h.width < h.x < x + box.width and y <= h.y < y + box.height for h in marks)

        x, y = min(corners, key=hides)
        canvas.hits = [h for h in canvas.hits if not (x <= h.x < x + box.width and y <= h.y < y + box.height)]
        canvas.stamp(box, x, y)
        canvas.hit(x, y, box.width, box.height, "drawer")

    def _foot(self, width: int) -> Canvas:
        """Rule, address, transport, keys."""
        canvas = Canvas(width, 4, self.unroll.ascii_only)
        canvas.fill(0, 0, width, "─", "rule")
        if self.wide:
            canvas.put(frame.TEXT, 0, "┴", "rule")
            more = self._more()
            canvas.right(width - 2, 0, f" {more} " if more else "", "key")
            canvas.hit(width - 3 - cell_len(more), 0, cell_len(more), 1, "key", "alone")
        order = sorted(self.view.written, key=lambda s: (self.view.writer(s) or ("", (), 0))[2])
        line = frame.address(self.player, self.words, self.text, order, width, self.unroll.ascii_only)
        if self.said:
            line = Canvas(width, 1, self.unroll.ascii_only)
            line.put(1, 0, fit(self.said, width - 2), "head")
        canvas.stamp(line, 0, 1)
        canvas.stamp(frame.transport(self.player, self.words, self.playing(), width, self.unroll.ascii_only), 0, 2)
        pairs = [(sign, said, action) for sign, said, action in self.key_pairs()]
        canvas.stamp(key_line(pairs, width, self.unroll.ascii_only), 0, 3)
        return canvas


def sheet(canvas: Canvas, box: Canvas, x: int, y: int) -> None:
    """A box over the whole width, nothing beside it."""
    for row in range(y, min(y + box.height, canvas.height)):
        canvas.put(0, row, " " * canvas.width)
    canvas.hits = [hit for hit in canvas.hits if not y <= hit.y < y + box.height]
    canvas.stamp(box, x, y, canvas.height - y)
