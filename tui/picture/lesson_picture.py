"""A lesson as a picture: a look at the player's position, as canvases. The screen and `unroll show` use the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from rich.cells import cell_len

from engine.device import quiet
from lessons.building.stage_parts import with_law, with_now
from lessons.contract.panels import Curve, Field, Formula, Network, Panel, Stave
from lessons.contract.phrases import Words
from lessons.contract.text import Text, load, package_of
from lessons.contract.view import View
from lessons.explaining.inspect import focus, inspect
from lessons.explaining.notation import renamed, spelled
from lessons.explaining.numbering import numbering
from lessons.explaining.typeset import naming
from lessons.player.player import Player
from tui.canvas.canvas import Canvas, Hit, boxed, fit, key_line, wrap
from tui.draw import Pen, draw
from tui.draw.pen import Cursor
from tui.keys import Hint
from tui.picture import frame
from tui.picture.boxes import Desk
from tui.picture.layout import lay
from tui.picture.left_out import names
from tui.picture.legend import Legend
from tui.picture.lens import flat, lens_for
from tui.picture.look import Look
from tui.picture.question import draw_card
from tui.picture.scroll import column_of

WIDE = 116
"""From this width on, text and stage stand side by side, unless the text was hidden."""
BESIDE = 100
"""From this width on the text has room beside the stage, if it is asked for."""
LEAST_LEAD = 24
"""The text's first sentence is cut to no less than this."""
LEAST_DRAWER = 6
"""A drawer is not made lower than this for the sake of a curve."""
AROUND = ("lens", "cell")
"""The panels that go with the cell in focus."""


@dataclass(frozen=True)
class Manner:
    """How it is drawn: the language, with what characters, in which notation; the lesson's number in the course.

    `present`: for a projector, with no text column and no frame lines, and the question the brightest of all.
    `deep` tells that the terminal has 24 bits for a colour.
    """

    words: Words
    ascii_only: bool = False
    colour: bool = True
    other_notation: bool = False
    number: str = ""
    present: bool = False
    deep: bool = False
    text: bool | None = None
    """Whether the text stands beside the stage where it has room; where nobody chose, from WIDE on."""


class Canvases(NamedTuple):
    """The parts of the screen; `text` is None where there is no room beside the stage."""

    top: Canvas
    text: Canvas | None
    stage: Canvas
    foot: Canvas


class LessonPicture:
    """Draws a player's position as a `Look` sees it.

    After `draw`, `left_out` has the ids of the panels that had no room, or not for all of their rows, and `missed` says
    in words what is missing; `more_text` tells whether text lies below what can be seen of it, `is_curve` whether all
    of the stage is a curve; `tune` is the tune that the stage offers, as a file in ABC, "" where it offers none.
    """

    def __init__(self, player: Player, look: Look, manner: Manner) -> None:
        self.player, self.look, self.manner = player, look, manner
        self.view: View = player.view()
        self.left_out: tuple[str, ...] = ()
        self.missed: Sequence[str] = ()
        self.more_text = self.is_curve = False
        self.tune = ""
        self.size = (WIDE, 40)
        self._hits: list[Hit] = []
        self._bare: tuple[Canvas, Sequence[Panel]] = Canvas(0), ()

    @property
    def words(self) -> Words:
        return self.manner.words

    @property
    def text(self) -> Text:
        """The lesson's text in the language and the notation in use."""
        return _text(package_of(self.player.lesson), self.words.lang, tuple(self.names.items()))

    @property
    def names(self) -> Mapping[str, str]:
        """What symbols are called instead, where the other notation was chosen and the lesson has one."""
        return self.player.lesson.card.notation if self.manner.other_notation else {}

    @property
    def wide(self) -> bool:
        """Whether text and stage stand side by side."""
        chosen = self.manner.text
        room = self.size[0] >= (BESIDE if chosen else WIDE)
        return room and chosen is not False and not self.manner.present

    @property
    def stage_width(self) -> int:
        """Columns of the stage."""
        return self.size[0] - frame.TEXT - 1 if self.wide else self.size[0]

    def desk(self) -> Desk:
        """What a drawer may look at."""
        return Desk(self.player, self.words, self.text, self.view, self.look.cursor, self.manner.ascii_only, self.names)

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """The view of now, numbers beyond the finite shown as they are, symbols in the notation chosen."""
        with quiet(), naming(self.names), numbering(self.player.lesson, self.player.knobs, self.player.path):
            self.view = self.player.view(cursor=self.look.cursor)
            yield

    # what can be pointed at

    @property
    def cells(self) -> list[Hit]:
        """The cells of the stage, as they were drawn last."""
        return [hit for hit in self._hits if hit.target[0] == "cell"]

    @property
    def curves(self) -> tuple[str, ...]:
        """The curves of the stage, by id."""
        return tuple(panel.id for panel in self.panels() if isinstance(panel, Curve))

    def in_focus(self) -> Cursor | None:
        """The cell that is explained when none is chosen."""
        return focus(self.view, {hit.target[1] for hit in self.cells}, self.player.lesson.explains)

    def legend(self) -> Legend:
        """What the signs and the symbols of the stage are, as it was drawn last, what lies over it aside."""
        return Legend.of(*self._bare, self.view)

    # panels

    def panels(self, width: int | None = None, in_full: bool = False) -> list[Panel]:
        """The lesson's panels, with what every lesson gets: the law, the exact cells, and the cell in focus explained.

        In full, as they are printed, nothing is left out, and there is a lens only around a cell that was chosen.
        """
        made = self.player.lesson.panels(self.view, self.text)
        panels = renamed(with_now(with_law(made, self.view), self.view), self.names)
        waiting = (ask.hides.panels for ask in self.player.unanswered())  # as the text: kept back before it is asked
        kept = self.view.hidden.panels.union(*waiting)
        panels = [panel for panel in panels if panel.id not in kept]
        panels += self._around(panels, (self.stage_width if width is None else width) - 2, in_full)
        alone = self.look.alone
        if not {panel.id for panel in panels} & set(alone[:1]):  # none is wanted alone, or it is not here any more
            return panels
        return [panel for panel in panels if panel.id in alone]

    def _around(self, panels: Sequence[Panel], width: int, in_full: bool) -> list[Panel]:
        """What goes with the cell in focus."""
        shown = {block.symbol for panel in panels for block in panel.blocks() if block.written}
        cell = self.look.cursor or focus(self.view, shown, self.player.lesson.explains)
        if cell is None or self.view.hides(cell[0]):
            return []
        lens = lens_for(panels, cell, width) if self.look.cursor or not in_full else None
        told, small = inspect(self.view, *cell), self.size[1] < 30 and self.look.cursor is None
        said = Formula(id="cell", priority=3 if small else 9, lines=told.lines(width), short=told.short(width))
        return [lens, said] if lens is not None else [said]

    def in_full(self, width: int, extra: Sequence[Panel] = ()) -> Canvas:
        """Title, address and all panels under each other, each as high as it needs; `extra` come first."""
        manner = self.manner
        with self.drawing():
            parts = [*extra, *self.panels(width, in_full=True)]
            canvas = Canvas(width, 0, manner.ascii_only)
            canvas.stamp(self._title(width, beside=False), 0, 0)
            canvas.stamp(self._address(width), 0, 2)
            pen = Pen(self.look.cursor, ascii_only=manner.ascii_only, colour=manner.colour, deep=manner.deep)
            for panel in parts:
                canvas.stamp(draw(panel, width, pen), 0, canvas.height + 1)
        return canvas

    # the screen

    def draw(self, width: int, height: int, playing: str, keys: Callable[[], Sequence[Hint]]) -> Canvases:
        """The parts of a screen of this size. `keys` is asked for the line of keys when the stage is laid out."""
        self.size = (width, height)
        with self.drawing():
            fields = self._fields()
            body, self.more_text = height - 6, False
            text = self._column(fields, body) if self.wide else None
            stage = self._stage(self.stage_width, body, fields)
            title = self._title(width, self.wide)
            if self.manner.present:
                title.put(0, 1, " " * width)
            return Canvases(title, text, stage, self.foot(playing, keys()))

    def _fields(self) -> dict[str, Any]:
        """The numbers for the text: those of a prediction's truth where one has just been answered."""
        lesson, asked = self.player.lesson, self.player.asked
        fields = lesson.says(self.view, self.text)
        if asked is not None and asked.verdict and asked.view is not None:
            fields = lesson.says(asked.view, self.text) | {"previous": fields.get("previous")}
        return fields

    def _title(self, width: int, beside: bool) -> Canvas:
        manner = self.manner
        return frame.title(self.player, manner.words, self.text, manner.number, width, manner.ascii_only, beside)

    def _address(self, width: int) -> Canvas:
        order = sorted(self.view.written, key=lambda s: (self.view.writer(s) or ("", (), 0))[2])
        return frame.address(self.player, self.words, self.text, order, width, self.manner.ascii_only)

    def _column(self, fields: dict[str, Any], height: int) -> Canvas:
        """The text, and in its lower part the prediction card."""
        said = frame.told(self.player, self.text, fields)
        canvas = frame.column(said, height, self.look.text_top, self.manner.ascii_only)
        card = self._card_aside(fields, height)
        if self.player.asked is None and self.look.drawer is not None and self.look.drawer.aside:
            card = self.look.drawer.draw(self.desk(), frame.TEXT - 2, height - 1)
            card.hit(0, 0, card.width, card.height, "drawer")
        seen = height - 1 if card is None else max(0, height - card.height - 2)
        self.more_text = len(frame.text_lines(said, frame.TEXT - 2)) - self.look.text_top > seen
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
        card = draw_card(asked, self.words, self.text, fields, width, self.manner.ascii_only)
        if self.manner.present:
            bright(card)
        for y in range(card.height):
            line = card.line(y)
            for i in range(9):
                if line[4:8].startswith(f"{i + 1}  "):
                    card.hit(0, y, width, 1, "option", i)
        return card

    def _card_aside(self, fields: dict[str, Any], height: int) -> Canvas | None:
        """The prediction card in the text's column; None where a verdict is too long for it and lies on the stage."""
        card = self._card(fields, frame.TEXT - 2) if self.wide else None
        return card if card is not None and card.height <= height else None

    def _stage(self, width: int, height: int, fields: dict[str, Any]) -> Canvas:
        look, manner = self.look, self.manner
        room = height - (0 if self.wide else 1)
        rows = 4 if height < 40 else 8
        panels = self.panels()
        pen = Pen(
            look.cursor, ascii_only=manner.ascii_only, rows=rows, colour=manner.colour, height=room, deep=manner.deep,
            column=column_of(panels, look.cursor),
        )  # fmt: skip
        dense = self.player.spot.open and not look.alone  # its phases differ in height: what stays must not move
        self.is_curve = [isinstance(panel, Curve) for panel in panels] == [True]
        self.tune = next((panel.abc for panel in flat(panels) if isinstance(panel, Stave) and panel.abc), "")
        laid = lay(panels, width, room, large(panels, look, pen, width), dense)
        canvas, self.left_out = laid.canvas, laid.dropped
        self._bare = canvas.copy(), panels
        self.missed = names(laid.left_out, panels, self.words)
        if not self.wide and not manner.present:
            self._under(canvas, width, room, fields)
        if look.text_over and not self.wide:
            said = frame.told(self.player, self.text, fields)
            lines = frame.text_lines(said, width - 8)[1:][look.text_top :]
            self.more_text = len(lines) > room - 2
            sheet(canvas, boxed(said.heading, lines[: room - 2], width - 4, manner.ascii_only), 2, 0)
        card = self._card(fields, width - 2) if self._card_aside(fields, height) is None else None
        if card is not None:
            sheet(canvas, card, 1, max(0, height - card.height))
        aside = self.wide and self.player.asked is None and look.drawer is not None and look.drawer.aside
        if look.drawer is not None and not aside:  # over the card: keys are the drawer's first
            self._stamp_drawer(canvas, width, height)
        self._hits = canvas.hits
        return canvas

    def _under(self, canvas: Canvas, width: int, y: int, fields: dict[str, Any]) -> None:
        """On a small screen: the text's first sentence, and that there is more, of the text and of the stage."""
        said = frame.told(self.player, self.text, fields)
        text = f"t {self.words('keys.more')}"
        panels = fit(self._more(), width - cell_len(text) - 5)
        wide = cell_len(text) + (cell_len(panels) + 3 if panels else 0)
        lead = wrap(said.paragraphs[0] if said.paragraphs else said.heading, width - wide - 8)
        if width - wide > LEAST_LEAD:
            canvas.put(1, y, lead[0] + (" …" if len(lead) > 1 else ""), "dim")
        x = width - wide - 1
        for shown, command in ((panels, "alone"), (text, "text")):
            canvas.hit(x, y, cell_len(shown), 1, "key", command)
            x = canvas.put(x, y, shown, "key") + (3 if shown else 0)

    def _more(self) -> str:
        """What had no room, and how to see it; with the cursor on a cell, z is for its panel."""
        if not self.left_out:
            return ""
        said = " · ".join(self.missed)
        if self.look.cursor is not None and not self.look.alone:
            return self.words("keys.no_room", names=said)
        named = self.words("keys.named", names=said)
        return f"z {self.words('keys.left_out', n=len(self.left_out))}{named}"

    def _stamp_drawer(self, canvas: Canvas, width: int, height: int) -> None:
        """The drawer in the corner where it hides no curve and nothing that was just written, lower right if it can."""
        assert self.look.drawer is not None
        curves = [h for h in canvas.hits if h.target[0] == "curve"] if self.player.spot.training else []
        room = max([h.y for h in curves] + [height - 1 - h.y - h.height for h in curves], default=height - 1)
        box = self.look.drawer.draw(self.desk(), width - 2, room if room > LEAST_DRAWER else height - 1)
        right, low = width - box.width, max(0, height - box.height)
        corners = [(right, low), (0, low), (right, 0), (0, 0)]
        written = self.view.written
        marks = [h for h in canvas.hits if h.target[0] == "mark" or (h.target[0] == "cell" and h.target[1] in written)]

        def hides(corner: tuple[int, int]) -> tuple[int, int]:
            x, y = corner
            over = [
                sum(x - h.width < h.x < x + box.width and y - h.height < h.y < y + box.height for h in hits)
                for hits in (curves, marks)
            ]
            return over[0], over[1]

        x, y = min(corners, key=hides)
        canvas.hits = [h for h in canvas.hits if not (x <= h.x < x + box.width and y <= h.y < y + box.height)]
        canvas.stamp(box, x, y)
        canvas.hit(x, y, box.width, box.height, "drawer")

    def foot(self, playing: str, keys: Sequence[Hint]) -> Canvas:
        """Rule, address or status, transport, keys."""
        width, ascii_only = self.size[0], self.manner.ascii_only
        canvas = Canvas(width, 4, ascii_only)
        if not self.manner.present:
            canvas.fill(0, 0, width, "─", "rule")
        if self.wide:
            canvas.put(frame.TEXT, 0, "┴", "rule")
        if self.wide or self.manner.present:
            more = fit(self._more(), self.stage_width - 5)
            canvas.right(width - 2, 0, f" {more} " if more else "", "key")
            canvas.hit(width - 3 - cell_len(more), 0, cell_len(more), 1, "key", "alone")
        if self.look.status:
            line = Canvas(width, 1, ascii_only)
            line.put(1, 0, fit(self.look.status, width - 2), "head")
        else:
            line = self._address(width)
        canvas.stamp(line, 0, frame.ADDRESS)
        canvas.stamp(frame.transport(self.player, self.words, playing, width, ascii_only), 0, 2)
        canvas.stamp(key_line([self._said(hint) for hint in keys], width, ascii_only), 0, 3)
        return canvas

    def _said(self, hint: Hint) -> tuple[str, str, str]:
        sign = hint.sign.replace("space", "空格") if self.words.lang == "zh" else hint.sign
        return sign, self.words(f"keys.{hint.words}") if hint.words else "", hint.command


def bright(card: Canvas) -> None:
    """Let a box stand out as a whole, its frame gone."""
    for chars, inks in zip(card.chars, card.inks, strict=True):
        chars[:] = [" " if ink == "frame" else char for char, ink in zip(chars, inks, strict=True)]
        inks[:] = ["lit"] * len(inks)


def large(panels: Sequence[Panel], look: Look, pen: Pen, width: int) -> Pen:
    """The pen for these panels: where a curve or a net is looked at alone, it fills what the others leave."""
    kinds = [isinstance(panel, Curve | Network | Field | Stave) for panel in panels]
    if kinds.count(True) != 1 or not (all(kinds) or look.alone):
        return pen
    others = sum(draw(panel, width, pen).height + 1 for panel, kind in zip(panels, kinds, strict=True) if not kind)
    return replace(pen, fill=max(1, pen.height - others), log=look.log)


def sheet(canvas: Canvas, box: Canvas, x: int, y: int) -> None:
    """A box over the whole width, nothing beside it."""
    for row in range(y, min(y + box.height, canvas.height)):
        canvas.put(0, row, " " * canvas.width)
    canvas.hits = [hit for hit in canvas.hits if not y <= hit.y < y + box.height]
    canvas.stamp(box, x, y, canvas.height - y)


def too_small(words: Words, width: int, height: int) -> Canvases:
    """What stands on a terminal that is too small for a lesson."""
    canvas, empty = Canvas(width, height), Canvas(width, 0)
    canvas.put(1, 0, words("say.small", width=width, height=height), "head")
    canvas.put(1, 1, words("say.small_lesson"))
    return Canvases(top=empty, stage=canvas, text=None, foot=empty)


@lru_cache(maxsize=16)
def _text(package: str, lang: str, names: tuple[tuple[str, str], ...]) -> Text:
    return spelled(load(package, lang), dict(names))
