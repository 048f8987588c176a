"""Columns of an axis: those of the step are on the screen, the hidden ones counted where they are, and can be reached.

A law over all lessons, at three sizes, with their own text and with a long one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from lessons.contract.card import Card
from lessons.contract.panels import Axis, Block, Graph, Label, Matrix, Panel, Row, Strip
from lessons.contract.phrases import LANGUAGES, Words
from lessons.course import open_lesson
from lessons.player.player import Player
from tests.lessons.playing import every_card
from tests.tui.driving import lesson
from tui.canvas.canvas import Canvas
from tui.draw import Pen, draw
from tui.draw.pen import Cursor
from tui.picture.lens import flat
from tui.picture.lesson_picture import LessonPicture, Manner
from tui.picture.look import Look
from tui.picture.scroll import column_of, lines

SIZES = ((80, 24), (100, 30), (120, 36))
LONG = "the quick brown fox jumps over the lazy dog"
COUNT = re.compile(r"◄ (\d+)|…(\d+)…|(\d+) ►")


def marks(canvas: Canvas) -> list[int]:
    """How many columns are said to be hidden, at the left, in gaps, at the right."""
    runs = [run.text for y in range(canvas.height) for run in canvas.runs(y) if run.ink == "key"]
    return sorted(int(next(filter(None, match.groups()))) for text in runs for match in COUNT.finditer(text))


def probed(axis: Axis, width: int, pen: Pen) -> tuple[set[int], list[int]]:
    """The columns of an axis that are in sight, as a panel with a mark in each shows them, and those it counts."""
    items = {n: Label(chr(0x3400 + n), role="probe") for n in range(len(axis.labels))}
    canvas = draw(Matrix(id="probe", axis=axis, rows=[Row("", items)]), width, pen)
    seen = {ord(char) - 0x3400 for char in canvas.text() if "\u3400" <= char < "\u4dc0"}
    return seen, marks(canvas)


def axis_of(panel: Panel) -> Axis | None:
    return panel.axis if isinstance(panel, Matrix | Graph | Strip) else None


def assert_columns(panels: list[Panel], width: int, pen: Pen) -> None:
    """Of every panel with an axis the step's columns are drawn, and all that are not are counted."""
    for panel in flat(panels):
        axis = axis_of(panel)
        if axis is None:
            continue
        seen, hidden = probed(axis, width, pen)
        assert len(seen) + sum(hidden) == len(axis.labels), panel.id
        step = {axis.focus, *axis.own}
        if len(step | ({pen.column[1]} if pen.column else set())) > len(seen):  # one was scrolled to, and few have room
            step = {axis.focus}
        assert step <= seen, (panel.id, step, seen)
        drawn = draw(panel, width, pen)
        if isinstance(panel, Strip):
            assert any("cursor" in run.ink for run in drawn.runs(0)), "the letter at the focus"
            continue
        assert marks(drawn) == hidden, panel.id
        symbols = {hit.target[1] for hit in drawn.hits if hit.target[0] == "cell"}
        if isinstance(panel, Matrix) and pen.tight:
            panel = replace(panel, rows=[row for row in panel.rows if not row.spare])
        for line in lines([panel]):
            own = {block.symbol for column, block in line.blocks if column in step}
            assert own <= symbols, (panel.id, own - symbols)


def places(player: Player, count: int) -> Iterator[None]:
    """So many positions of the reel."""
    total, grain = player.reel.total, max(player.lesson.grains.values())
    for n in range(1, count + 1):
        player.move(player.reel, player.reel.end(max(1, total * n // (count + 1)), grain))
        yield


def law(card: Card, sizes: tuple[tuple[int, int], ...], langs: tuple[str, ...], count: int) -> None:
    knobs: list[dict[str, Any]] = [{}]
    knobs += [{"text": f"{knob.default} {LONG}"} for knob in card.knobs if knob.id == "text" and knob.default]
    for given in knobs:
        player = Player(open_lesson(card), HOST, given)
        player.record = {ask.id: "skipped" for ask in player.lesson.asks}
        for _ in places(player, count):
            for (width, height), lang in ((size, lang) for size in sizes for lang in langs):
                picture = LessonPicture(player, Look(), Manner(Words(lang, "tui")))
                picture.draw(width, height, "", list)
                with picture.drawing():
                    panels = [panel for panel in picture.panels() if panel.id not in picture.left_out]
                    for tight in (False, True):
                        assert_columns(panels, picture.stage_width, Pen(tight=tight, height=height))


@pytest.mark.representative("bptt", "gru", "perceptron")
@every_card()
def test_the_columns_of_the_step_are_in_sight_and_the_hidden_ones_counted(card: Card) -> None:
    law(card, SIZES, ("en",), 4)


@pytest.mark.exhaustive
@every_card()
def test_the_columns_of_every_step_in_every_language(card: Card) -> None:
    law(card, SIZES, LANGUAGES, 40)


def timed(count: int, focus: int, own: tuple[int, ...] = ()) -> Matrix:
    """A row of numbers on an axis."""
    axis = Axis(tuple(f"t={n}" for n in range(count)), focus, 2, own=own)
    items = {n: Block(f"s[{n}]", np.ones((1, 2)), (1, 2), "row") for n in range(count)}
    return Matrix(id="s", axis=axis, rows=[Row("s", items)])


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("own", [(), (7,), (0, 19)])
def test_every_column_can_be_scrolled_to(width: int, own: tuple[int, ...]) -> None:
    for focus in (0, 3, 9, 19):
        matrix = timed(20, focus, own)
        for column in range(20):
            cell: Cursor = (f"s[{column}]", (0,))
            at = column_of([matrix], cell)
            assert at == (matrix.axis.labels if matrix.axis else (), column)
            assert_columns([matrix], width, Pen(cell, column=at))
            hits = draw(matrix, width, Pen(cell, column=at)).hits
            assert f"s[{column}]" in {hit.target[1] for hit in hits}


def test_a_column_apart_is_between_what_is_hidden() -> None:
    text = draw(timed(20, 2, (9,)), 80, Pen()).text()
    assert re.search(r"◄ 1 .*…5….* 10 ►", text), text


def test_marks_take_a_line_of_their_own_where_no_line_has_room() -> None:
    matrix = timed(9, 4)
    close = replace(matrix, axis=replace(matrix.axis or Axis(()), wide=2, close=True), rows=[
        Row("a long name", {n: Block(f"s[{n}]", np.full((1, 2), -0.123), (1, 2), "row") for n in range(9)})
    ])  # fmt: skip
    alone = draw(close, 61, Pen())
    assert marks(alone)
    assert alone.height == 2


async def test_the_cursor_goes_on_past_the_edge(tmp_path: Path) -> None:
    async with lesson(tmp_path, (80, 24), text=LONG) as (pilot, screen):
        screen.player.jump("forward/t=20")
        screen.paint()
        screen.look.cursor = ("s[20]", (0,))
        screen.paint()
        for key, way in (("right", 1), ("left", -1)):
            passed = [20]
            for _ in range(30):
                await pilot.press(key)
                assert screen.look.cursor is not None
                name = screen.look.cursor[0]
                assert name.startswith("s["), name
                assert ("cell", *screen.look.cursor) in [hit.target for hit in screen.picture.cells]
                passed.append(int(name[2:-1]))
            assert passed == sorted(passed, reverse=way < 0)
            assert abs(passed[-1] - 20) >= 12
            screen.look.cursor = ("s[20]", (0,))
            screen.paint()
        assert "s[20]" in {hit.target[1] for hit in screen.picture.cells}, "the step's own column stays"
