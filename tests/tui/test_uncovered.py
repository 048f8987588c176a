"""A drawer or card does not cover what it speaks of: the fork drawer no curve, the last card no panel."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.contract.card import Card
from lessons.course import course
from tests.tui.driving import lesson, shown
from tui.picture.boxes import Notice
from tui.picture.drawers import Fork
from tui.picture.lesson_picture import WIDE
from tui.widgets.canvas_view import Lines

SIZES = [(80, 24), (100, 30), (120, 36)]
TRAIN = [card.id for card in course().values() if isinstance(card, Card) and "train" in card.acts]


@pytest.mark.representative("bptt-*", "playground-*")
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("id", TRAIN)
async def test_the_fork_drawer_leaves_the_curve_in_sight(id: str, size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id=id) as (pilot, screen):
        screen.player.jump("train")
        await pilot.press("full_stop", "full_stop")
        before = shown(screen, "stage").splitlines()
        curves = [hit for hit in screen.query_one("#stage", Lines).canvas.hits if hit.target[0] == "curve"]
        await pilot.press("f")
        assert isinstance(screen.look.drawer, Fork)
        after = shown(screen, "stage").splitlines()
        for hit in curves[:1]:
            for y in range(hit.y, hit.y + hit.height):
                assert after[y][hit.x : hit.x + hit.width] == before[y][hit.x : hit.x + hit.width]


@pytest.mark.parametrize("id", ["neuron", "hebb", "lstm"])
async def test_the_last_card_stands_over_the_text(id: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id=id) as (pilot, screen):
        assert screen.picture.size[0] >= WIDE
        before = shown(screen, "stage")
        screen.look.drawer = Notice("done", "all acts", passing=True)
        screen.paint()
        assert shown(screen, "stage") == before
        assert "all acts" in shown(screen, "text")
        await pilot.press("escape")
        assert "all acts" not in shown(screen, "text")


@pytest.mark.parametrize("made", [True, False])
async def test_the_fork_drawer_is_drawn_at_any_height_also_before_its_runs_are_made(made: bool, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (_, screen):
        screen.player.jump("train")
        desk = screen.picture.desk()
        drawer = Fork(desk)
        if not made:
            screen.player.runs.made.clear()
        for height in range(3, 40):
            lines = drawer.draw(desk, 60, height).chars
            assert any("►" in "".join(line) for line in lines)
