"""The playground by keys: units and their fields, weights typed in, runs compared, a file of one's own, bad values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from lessons.contract.panels import Dot, Field, Network, Unit
from lessons.explaining.figures import five
from tests.tui.driving import lesson, shown, typed, until
from tui.canvas.canvas import Canvas
from tui.canvas.theme import NAMES, style
from tui.draw import Pen, draw
from tui.picture.boxes import Notice
from tui.picture.drawers import Knobs
from tui.screens.lesson import LessonScreen
from tui.widgets.canvas_view import Lines

SIZES = [(80, 24), (120, 36), (60, 20), (200, 50)]


def slope(rows: int = 40, cols: int = 40) -> Field:
    values = np.linspace(-1, 1, cols)[None, :].repeat(rows, axis=0)
    dots = [Dot(-5, 5, True), Dot(5, -5, False)]
    return Field(id="field", title="f", values=values, x=(-6, 6), y=(-6, 6), dots=dots, halves=True)


# drawing


def test_half_blocks_carry_two_values_a_cell() -> None:
    values = np.array([[1.0, -1.0], [-1.0, 0.05], [0.5, np.nan]])
    canvas = draw(Field(id="f", values=values, x=(0, 1), y=(0, 1), halves=True), 20, Pen())
    assert canvas.height == 3
    assert canvas.line(1)[1:3] == canvas.line(2)[1:3] == "▀▀"
    assert canvas.inks[1][1:3] == ["h3/h-3", "h-3/h0"]
    assert canvas.inks[2][1:3] == ["h2/h2", "h0/h0"]


def test_without_colour_the_glyph_tells_the_sign() -> None:
    for pen in (Pen(colour=False), Pen(ascii_only=True)):
        line = draw(slope(), 60, pen).line(10)[1:41]
        marks = (("≡", "-"), ("▓", "░")) if not pen.ascii_only else (("%", "-"), ("#", "."))
        assert line[0] == marks[0][0]
        assert line[15] == marks[0][1]
        assert line[39] == marks[1][0]
        assert line[24] == marks[1][1]
        assert line[19] == " "


@pytest.mark.parametrize("theme", NAMES)
def test_no_more_than_sixteen_colours(theme: str) -> None:
    canvas = draw(slope(), 60, Pen())
    inks = {run.ink for y in range(canvas.height) for run in canvas.runs(y) if "/" in run.ink}
    colours = {part for ink in inks for part in (style(theme, ink).color, style(theme, ink).bgcolor)}
    assert 3 <= len(colours) <= 16
    plus, minus = style(theme, "h3/h3"), style(theme, "h-3/h-3")
    assert plus.bgcolor != minus.bgcolor
    dot = style(theme, "dot:h3/h0")
    assert dot.color != dot.bgcolor


def test_points_stand_where_they_are() -> None:
    canvas = draw(slope(), 60, Pen())
    at = [(x, y, c) for y in range(canvas.height) for x, c in enumerate(canvas.line(y)) if c in "●○"]
    assert at == [(4, 2, "●"), (37, 19, "○")]


def net(*sizes: int) -> Network:
    columns = []
    for n, size in enumerate(sizes):
        here = [
            Unit(f"h{n}", (j,), str(j + 1), slope().values, chosen=n == 1 and j == 0, weight=0.5 if n == 0 else None)  # type: ignore[arg-type]
            for j in range(size)
        ]
        columns.append((f"layer {n}", here))
    return Network(id="net", columns=columns, field=slope(), notes=["train .1   test .2", "tanh(x)"])


@pytest.mark.parametrize("tight", [False, True])
@pytest.mark.parametrize("width", [79, 85, 165])
@pytest.mark.parametrize("sizes", [(2, 1), (2, 4, 2, 1), (7, 8, 1), (7, 8, 8, 8, 8, 8, 8, 1)], ids=str)
def test_every_unit_of_any_net_finds_its_place(sizes: tuple[int, ...], width: int, tight: bool) -> None:
    canvas = draw(net(*sizes), width, Pen(tight=tight))
    cells = [hit for hit in canvas.hits if hit.target[0] == "cell"]
    assert len(cells) == sum(sizes)
    taken: set[tuple[int, int]] = set()
    for hit in cells:
        spots = {(x, y) for x in range(hit.x, hit.x + hit.width) for y in range(hit.y, hit.y + hit.height)}
        assert not spots & taken
        taken |= spots
    assert max(y for _, y in taken) < (canvas.height if len(sizes) > 5 else canvas.height - 2)
    first = canvas.line(8).rstrip().rindex(" ") + 1
    assert canvas.line(8).rstrip().endswith("▀" * 12)
    assert max(x for x, _ in taken) < first


def test_the_cursor_marks_its_unit() -> None:
    canvas = draw(net(2, 4, 1), 85, Pen(cursor=("h1", (2,))))
    assert sum("[" in canvas.line(y) for y in range(canvas.height)) == 1


# by keys


async def to_symbol(pilot: Pilot[None], screen: LessonScreen, symbol: str) -> None:
    """Tab until the cursor is on a symbol."""
    for _ in range(20):
        if screen.look.cursor is not None and screen.look.cursor[0] == symbol:
            return
        await pilot.press("tab")
    raise AssertionError(symbol)


@pytest.mark.representative("size0")
@pytest.mark.parametrize("size", SIZES)
async def test_units_by_the_cursor_and_weights_by_hand(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id="playground") as (pilot, screen):
        await pilot.press("n", "n", "n")
        screen.player.jump("update 40")
        screen.paint()
        before = shown(screen, "stage")
        assert "output" in before
        await pilot.press("tab", "tab")
        await to_symbol(pilot, screen, "h1")
        assert "unit 1 of hidden 1" in shown(screen, "stage")
        await pilot.press("down")
        assert screen.look.cursor == ("h1", (1, 0))
        assert "unit 2 of hidden 1" in shown(screen, "stage")
        await to_symbol(pilot, screen, "W1")
        assert screen.look.cursor == ("W1", (1, 0))
        await pilot.press("e")
        await typed(pilot, "-2.5")
        assert len(screen.player.branches) == 2
        assert screen.player.start_here().params["W1"][1, 0] == -2.5
        assert "−2.50" in shown(screen, "stage")
        await pilot.press("u")
        assert len(screen.player.branches) == 1
        await pilot.press("escape")
        assert shown(screen, "stage") == before


def upper(screen: LessonScreen) -> list[tuple[str, str]]:
    """The net and its fields, colours too: what hangs on the update alone."""
    canvas = screen.query_one("#stage", Lines).canvas
    return [(run.text, run.ink) for y in range(21) for run in canvas.runs(y)]


async def test_scrub_open_and_close(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="playground") as (pilot, screen):
        await pilot.press("n", "n", "n")
        screen.player.jump("update 300")
        screen.paint()
        at_300 = upper(screen)
        await pilot.press("left")
        assert screen.player.spot.n == 299
        assert upper(screen) != at_300
        await pilot.press("right")
        assert upper(screen) == at_300
        await pilot.press("enter")
        assert screen.player.spot.open
        assert "W₁ x + b₁" in shown(screen, "stage")
        for _ in range(60):
            await pilot.press("right")
        await pilot.press("escape")
        screen.player.jump("300")
        screen.paint()
        assert upper(screen) == at_300


async def test_a_fork_shows_two_curves(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="playground") as (pilot, screen):
        await pilot.press("n", "n", "n")
        screen.player.jump("update 100")
        screen.paint()
        await pilot.press("f")
        await pilot.press("enter")
        await typed(pilot, "0.3")
        await pilot.press("escape")
        screen.player.jump("update 400")
        screen.paint()
        stage = shown(screen, "stage")
        assert "test loss of each run" in stage
        for branch in screen.player.branches:
            assert f"{branch.name} {five(branch.history.curve(2)[-1])}".strip() in stage


async def test_other_data_settle_their_net(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="playground") as (pilot, screen):
        await pilot.press("n", "n", "n", "k", "e")
        await typed(pilot, "spiral")
        await pilot.press("enter")
        assert screen.player.knobs["layers"] == "8,8,8"
        assert "4-8-8-8-1" in shown(screen, "stage")
        assert "sin x₁" in shown(screen, "stage")
        file = tmp_path / "mine.csv"
        file.write_text("x1,x2,y\n0,0,1\n1,2,2\n3,1,4\n2,2,0\n", encoding="utf-8")
        await pilot.press("k", "e")
        await typed(pilot, str(file))
        await pilot.press("enter")
        assert screen.player.knobs["problem"] == "numbers"
        assert "2 + 2 points" in shown(screen, "stage")


async def test_a_bad_file_says_why_and_loses_nothing(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="playground") as (pilot, screen):
        await pilot.press("n", "n", "n")
        screen.player.jump("update 30")
        screen.paint()
        kept = screen.player.start_here().params["W1"]
        await pilot.press("k", "e")
        await typed(pilot, "none.csv")
        await pilot.press("enter")
        assert isinstance(screen.look.drawer, Knobs)
        assert "no such file" in shown(screen, "stage")
        assert screen.player.spot.n == 30
        assert (screen.player.start_here().params["W1"] == kept).all()


async def test_divergence_is_said(tmp_path: Path) -> None:
    given: dict[str, Any] = {"data": "plane", "activation": "relu", "rate": 50}
    async with lesson(tmp_path, (120, 36), id="playground", **given) as (pilot, screen):
        await pilot.press("n", "n", "n")
        for _ in range(3):
            await pilot.press("j")
            await typed(pilot, "300")
        await pilot.press("right")
        assert isinstance(screen.look.drawer, Notice)
        await pilot.press("left")
        assert screen.player.spot.open
        n = screen.player.spot.n
        held = screen.picture.view.get("W1")
        assert held is not None
        assert np.isfinite(held).all()
        assert n < 300


@pytest.mark.exhaustive
@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_eight_units_fit_any_width(lang: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (60, 30), id="playground", data="hills") as (pilot, screen):
        if lang == "zh":
            await pilot.press("l")
        await pilot.press("n", "n", "n")
        screen.player.jump("update 5")
        for width in range(60, 130, 3):
            await pilot.resize_terminal(width, 30)
            assert screen.size.width == width
            for cursor in (None, ("h2", (7, 0)), ("x", (1, 0)), ("W2", (3, 7))):
                screen.look.cursor = cursor
                screen.paint()
            assert "▀" in shown(screen, "stage")


async def test_no_colour_has_no_half_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with lesson(tmp_path, (80, 24), id="playground") as (pilot, screen):
        await pilot.press("n", "n", "n")
        screen.player.jump("update 500")
        screen.paint()
        stage = shown(screen, "stage")
        assert "▀" not in stage
        assert "▓" in stage
        assert "≡" in stage
        assert isinstance(screen, LessonScreen)
        assert isinstance(screen.query_one("#stage", Lines).canvas, Canvas)


async def test_mlp_by_keys_trains_until_it_has_converged_and_then_goes_on(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="mlp") as (pilot, screen):
        player = screen.player
        player.to_act("train")
        await pilot.press(*["plus"] * 12, "space")
        await until(pilot, lambda: player.spot.n > 0 and not screen.transport.is_playing)
        stopped = len(player.history)
        assert player.history.track.done(player.history.latest)
        assert not player.history.track.done(player.history.state(stopped - 1))
        assert f"converged at update {stopped:,} (ΔE < 1e-05)" in shown(screen, "stage")
        assert [branch.change for branch in player.branches] == ["", "W1[1,1]=0.5"]
        assert len(player.branches[1].history) == stopped
        await pilot.press("space")
        await until(pilot, lambda: len(player.history) > stopped + 20)
        await pilot.press("space")


async def test_the_two_starts_of_mlp_are_told_apart_by_keys(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="mlp") as (pilot, screen):
        screen.player.jump("update 1500")
        solved = screen.player.history.curve(1)[-1]
        await pilot.press("f", "tab", "escape")
        await pilot.press("x")
        assert screen.player.branch.name == "B"
        assert solved < 0.01 < 0.3 < screen.player.history.curve(1)[-1]
