"""Fields: every point of the data, all shades where there are enough colours, large where one is looked at alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lessons.contract.panels import Dot, Field, Multiples, Network
from lessons.contract.text import load
from lessons.course import find
from lessons.data.scatter import MAKERS
from tests.lessons.playing import played
from tests.tui.driving import lesson, shown
from tui.canvas.canvas import to_ascii
from tui.canvas.theme import SHADES, style
from tui.draw import Pen, draw
from tui.draw.field import places

PENS = [Pen(), Pen(deep=True), Pen(colour=False), Pen(ascii_only=True)]
SIGNS = {True: "●◉◓◒◐", False: "○◎◓◒◐"}
PLAIN = {True: "o8^v@", False: ".:^v@"}


@pytest.mark.parametrize("pen", PENS, ids=["colour", "deep", "mono", "ascii"])
@pytest.mark.parametrize("size", [(20, 11), (36, 18), (50, 25)], ids=str)
def test_every_point_of_the_data_is_on_the_field(size: tuple[int, int], pen: Pen) -> None:
    """In the cell where it lies there is the sign of its class, or of both; one point has another sign than several."""
    wide, high = size
    for data in MAKERS:
        made = played(find("playground"), data=data)
        made.jump("train")
        panels = made.lesson.panels(made.view(), load("lessons.feedforward.playground", "en"))
        field = next(panel for panel in panels if isinstance(panel, Network)).field
        inputs = made.start_here().inputs
        assert len(field.dots) == len(inputs["x_test"] or inputs["x"]) > 0
        assert field.values is not None
        values = np.zeros((2 * high, wide))
        drawn = Field(id="f", values=values, x=field.x, y=field.y, dots=field.dots, halves=True)
        canvas = draw(drawn, wide + 2, pen)
        signs = PLAIN if pen.ascii_only else SIGNS
        inside = 0
        for (c, r), dots in places(drawn, wide, high).items():
            inside += len(dots)
            for dot in dots:
                assert canvas.line(1 + r)[1 + c] in signs[dot.wants]
            assert (canvas.line(1 + r)[1 + c] in signs[True][0] + signs[False][0]) == (len(dots) == 1)
        in_reach = [d for d in field.dots if field.x[0] <= d.x <= field.x[1] and field.y[0] <= d.y <= field.y[1]]
        assert inside >= len(in_reach) - 1


def test_points_of_both_classes_in_one_cell_have_a_sign_of_their_own() -> None:
    dots = [Dot(0.5, 0.5, True), Dot(0.5, 0.5, False)]
    for pen, sign in ((Pen(), "◐"), (Pen(ascii_only=True), "@")):
        canvas = draw(Field(id="f", values=np.zeros((2, 1)), x=(0, 1), y=(0, 1), dots=dots, halves=True), 20, pen)
        assert canvas.line(1)[1] == sign


@pytest.mark.parametrize("pen", PENS, ids=["colour", "deep", "mono", "ascii"])
@pytest.mark.parametrize("halves", [True, False])
@pytest.mark.parametrize(("upper", "lower", "sign"), [
    (True, True, "◉"), (False, False, "◎"), (True, False, "◓"), (False, True, "◒"), (True, None, "●"), (None, None, ""),
])  # fmt: skip
def test_two_points_in_the_halves_of_a_cell_are_both_seen(
    upper: bool | None, lower: bool | None, sign: str, halves: bool, pen: Pen
) -> None:
    both = zip((1.75, 1.25), (upper, lower), strict=True)  # in the second of three lines
    dots = [Dot(0.5, y, wants) for y, wants in both if wants is not None]
    values = np.zeros((6 if halves else 3, 1))
    canvas = draw(Field(id="f", values=values, x=(0, 1), y=(0, 3), dots=dots, halves=halves), 20, pen)
    shown = "".join(canvas.line(1 + r)[1] for r in range(3)).replace("▀", " ")
    assert shown.strip() == (to_ascii(sign) if pen.ascii_only else sign)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_all_shades_go_from_one_end_of_the_ramp_to_the_other(theme: str) -> None:
    values = np.linspace(-1, 1, 2 * SHADES + 1)[None, :].repeat(2, axis=0)
    field = Field(id="f", values=values, x=(0, 1), y=(0, 1), halves=True)
    canvas = draw(field, 60, Pen(deep=True))
    inks = [canvas.inks[1][1 + n] for n in range(2 * SHADES + 1)]
    colours = [style(theme, ink).color for ink in inks]
    assert len(set(colours)) == 2 * SHADES + 1
    for end, ink in ((0, "h-3/h-3"), (SHADES, "h0/h0"), (2 * SHADES, "h3/h3")):
        assert colours[end] == style(theme, ink).color
    assert len({canvas.inks[1][1 + n] for n in range(2 * SHADES + 1)} & set(draw(field, 60, Pen()).inks[1])) <= 1
    dot = style(theme, f"dot:{inks[0]}")
    assert dot.color != dot.bgcolor


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 36)], ids=str)
async def test_the_field_under_the_cursor_is_seen_large(size: tuple[int, int], tmp_path: Path) -> None:
    """z on a unit makes its field as high as the stage, and arrows go on to other units; esc goes back."""
    async with lesson(tmp_path, size, id="playground") as (pilot, screen):
        screen.player.jump("train")
        await pilot.press("full_stop", "tab")
        screen.look.cursor = ("h1", (1, 0))
        screen.paint()
        before = shown(screen, "stage")

        def cells() -> int:
            lines = shown(screen, "stage").splitlines()
            return sum(line.rstrip()[-12:].count("▀") > 6 for line in lines)

        small = cells()
        await pilot.press("z")
        assert cells() > small
        assert "unit 2 of hidden 1" in shown(screen, "stage")
        await pilot.press("down")
        assert "unit 3 of hidden 1" in shown(screen, "stage")
        await pilot.press("up", "escape")
        assert shown(screen, "stage") == before


def small(title: str, cols: int = 14, caption: str = "", **more: Any) -> Field:
    values = np.linspace(-1, 1, cols)[None, :].repeat(14, axis=0)
    return Field(id="f", title=title, values=values, x=(0, 1), y=(0, 1), halves=True, caption=caption, **more)


def test_fields_that_shrink_are_all_in_sight() -> None:
    five = [small(title, caption=f"<{title}>") for title in "abcde"]
    cut = draw(Multiples(id="m", fields=five), 60, Pen()).text()
    whole = draw(Multiples(id="m", fields=five, shrink=True), 60, Pen())
    assert "a" not in cut
    assert all(title in whole.line(0) for title in "abcde")
    assert all(f"<{title}>" in whole.line(whole.height - 1) for title in "abcde")
    wide = draw(Multiples(id="m", fields=five, shrink=True), 100, Pen())
    assert wide.line(1).split() == ["▀" * 14] * 5  # where there is room they keep their size


def test_a_field_wider_than_its_place_is_drawn_smaller() -> None:
    dots = [Dot(0.0, 0.5, False), Dot(1.0, 0.5, True)]
    canvas = draw(small("f", 60, dots=dots), 32, Pen())
    line = next(line for line in canvas.text().splitlines() if "●" in line)
    assert line.rstrip() == " ○" + "▀" * 28 + "●"
    assert canvas.inks[1][1] == "h-3/h-3"
    assert canvas.inks[1][30] == "h3/h3"


def test_a_point_with_a_sign_of_its_own_is_seen() -> None:
    here = [Dot(0.5, 0.5, True), Dot(0.5, 0.5, False), Dot(0.5, 0.5, True, True, "◆"), Dot(0.1, 0.5, False, sign="·")]
    text = draw(small("f", dots=here), 40, Pen()).text()
    assert "◆" in text
    assert "·" in text
    assert "◐" not in text
    assert "*" in draw(small("f", dots=here), 40, Pen(ascii_only=True)).text()
