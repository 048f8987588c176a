"""Charts: lines can be told apart with and without colour, and a curve looked at alone fills the stage."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lessons.contract.card import Card
from lessons.contract.panels import Curve, Line, Panel, Plot, Series
from lessons.contract.text import load
from lessons.course import course, find
from tests.lessons.playing import played
from tests.tui.driving import lesson, shown
from tui.canvas.canvas import Canvas
from tui.canvas.theme import NAMES, style
from tui.draw import Pen, draw
from tui.draw.series import INKS, look

SIZES = [(80, 24), (100, 30), (120, 36)]
SLOPES = [np.linspace(0.2 + 0.05 * i, 0.9 - 0.07 * i, 80) for i in range(7)]
ACROSS = np.linspace(0, 1, 80)
CHARTS: list[Panel] = [
    Curve(id="curve", series=[Series(f"run {i}", y) for i, y in enumerate(SLOPES)]),
    Curve(id="short", series=[Series(f"run {i}", y[:4]) for i, y in enumerate(SLOPES)]),
    Plot(id="plot", x=(0, 1), y=(0, 1), lines=[Line(f"run {i}", ACROSS, y) for i, y in enumerate(SLOPES)]),
]  # fmt: skip
PENS = [Pen(), Pen(colour=False), Pen(ascii_only=True), Pen(tight=True), Pen(fill=28), Pen(fill=28, log=True)]


def looks(canvas: Canvas, names: list[str]) -> dict[str, tuple[str, str]]:
    """The sign and ink before each name."""
    found = {}
    for y in range(canvas.height):
        for name in names:
            at = re.search(rf"(\S) {re.escape(name)}", canvas.line(y))
            if at:
                found[name] = at[1], canvas.inks[y][at.start()]
    return found


@pytest.mark.parametrize("panel", CHARTS, ids=lambda panel: panel.id)
@pytest.mark.parametrize("pen", PENS, ids=["colour", "mono", "ascii", "tight", "full", "log"])
def test_no_two_lines_of_a_chart_look_the_same(panel: Any, pen: Pen) -> None:
    lines = panel.series if isinstance(panel, Curve) else panel.lines
    canvas = draw(panel, 100, pen)
    count = min(len(lines), canvas.height - 2)
    signs = looks(canvas, [line.name for line in lines])
    assert len(signs) >= min(count, 5)
    assert len({sign for sign, _ in signs.values()}) == len(signs)
    for sign, ink in signs.values():  # it stands on its line too, in the same ink
        held = [(y, x) for y in range(canvas.height) for x in range(78) if canvas.line(y)[x] == sign]
        assert any(canvas.inks[y][x] == ink for y, x in held) or panel.id == "short", sign


def test_more_lines_than_there_are_signs_or_inks_still_differ() -> None:
    for plain in (False, True):
        seen = [look(i, plain) for i in range(30)]
        assert len({sign for sign, _ in seen}) == 30
        assert len({ink for _, ink in seen}) == len(INKS)


@pytest.mark.parametrize("theme", NAMES)
def test_the_inks_of_lines_are_colours_of_their_own(theme: str) -> None:
    for one, other in combinations(INKS, 2):
        assert style(theme, one).color != style(theme, other).color


def test_the_six_models_of_memory_can_be_told_apart() -> None:
    made = played(find("memory"))
    made.jump("train")
    made.forward()
    curve = next(p for p in made.lesson.panels(made.view(), load("lessons.recurrent.memory", "en")) if p.id == "curve")
    assert isinstance(curve, Curve)
    signs = looks(draw(curve, 85, Pen()), [line.name for line in curve.series])
    assert len(set(signs.values())) == len(curve.series) == 6


@pytest.mark.parametrize("height", [5, 15, 28])
def test_a_log_axis_halves_nothing_and_names_its_decades(height: int) -> None:
    y = 10.0 ** -np.linspace(0, 6, 100)
    canvas = draw(Curve(id="c", series=[Series("E", y)]), 100, Pen(fill=height + 2, log=True))
    assert canvas.height == height + 2
    rows = [row for row in range(1, height + 1) if any(0x2800 < ord(c) < 0x2900 for c in canvas.line(row))]
    assert rows == list(range(1, height + 1))  # a straight line, from corner to corner
    assert "1┤" in canvas.line(1)
    assert re.search(r"1e-6┤|000001┤", canvas.line(height))


def test_what_is_not_above_0_has_no_place_on_a_log_axis() -> None:
    for y in ([0.0, -1.0], [np.nan, np.inf], [], [0.0, 0.5, 0.05]):
        canvas = draw(Curve(id="c", series=[Series("E", np.array(y))]), 80, Pen(fill=20, log=True))
        assert canvas.height == 20


@pytest.mark.representative("playground-*", "bptt-*")
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("id", ["playground", "mlp", "bptt", "lstm", "memory"])
async def test_the_curve_in_full_height(id: str, size: tuple[int, int], tmp_path: Path) -> None:
    """v makes the curve as high as the stage, x its axis log, in the line of keys as long as it is so."""
    async with lesson(tmp_path, size, id=id) as (pilot, screen):
        screen.player.jump("train")
        for _ in range(4):
            await pilot.press("full_stop")
        before = shown(screen, "stage")
        assert "x log" not in shown(screen, "foot")
        await pilot.press("v")
        large = shown(screen, "stage")
        axis = [n for n, line in enumerate(large.splitlines()) if "┤" in line]
        assert axis[-1] - axis[0] >= size[1] - 6 - 5
        assert "x log axis" in shown(screen, "foot")
        await pilot.press("x")
        assert shown(screen, "stage") != large
        assert "x linear axis" in shown(screen, "foot")
        await pilot.press("x", "v")
        assert shown(screen, "stage") == before
        await pilot.press("x")
        assert shown(screen, "stage") == before


def test_an_axis_has_no_numbers_before_anything_is_measured() -> None:
    empty, one = (draw(Curve(id="curve", series=[Series("", y)]), 80, Pen()).text() for y in ([], [0.694]))
    assert not re.search(r"[\d.]+┤", empty)
    assert re.search(r"[\d.]+┤", one)
    assert re.search(r"1┤", draw(Curve(id="curve", series=[Series("", [])], top=1.0), 80, Pen()).text()), "a share"


TRAIN = [card.id for card in course().values() if isinstance(card, Card) and "train" in card.acts]


@pytest.mark.representative("word2vec", "generate", "gru")
@pytest.mark.parametrize("id", TRAIN)
async def test_every_lesson_that_trains_has_the_curve_in_full_height(id: str, tmp_path: Path) -> None:
    """v goes through the views of training; one of them is the curve in full height, and after it the first again."""
    async with lesson(tmp_path, (100, 30), id=id) as (pilot, screen):
        screen.player.jump("train")
        await pilot.press("full_stop", "full_stop")
        before, seen = shown(screen, "stage"), list[int]()
        for _ in range(4):
            await pilot.press("v")
            axis = [n for n, line in enumerate(shown(screen, "stage").splitlines()) if "┤" in line]
            seen.append(axis[-1] - axis[0] if axis else 0)
            if shown(screen, "stage") == before:
                break
        assert shown(screen, "stage") == before
        assert max(seen) >= 30 - 6 - 5, seen


@pytest.mark.parametrize("width", [44, 60, 80])
def test_a_long_name_of_a_line_leaves_its_last_number_whole(width: int) -> None:
    runs = [Series("recursive nets", np.array([0.0, 0.1234])), Series("GRU", np.array([0.0, 0.75]))]
    drawn = draw(Curve(id="curve", title="", series=runs, ends=True, top=1.0), width, Pen())
    assert re.search(r"re[\w ]*… \.123$", drawn.text(), re.MULTILINE)
    assert re.search(r"GRU \.750$", drawn.text(), re.MULTILINE)
