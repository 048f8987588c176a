"""Where the text of a lesson stands: beside the stage from 116 columns on, and where `t` puts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.contract.card import Card
from lessons.course import course
from tests.tui.driving import lesson, shown
from tui.app import UnrollApp
from tui.picture.lesson_picture import BESIDE, WIDE
from tui.screens.lesson import LessonScreen
from tui.widgets.canvas_view import Lines

IDS = [card.id for card in course().values() if isinstance(card, Card)]


def beside(screen: LessonScreen) -> bool:
    """Whether the text stands beside the stage; the stage has the width that is left."""
    text, stage = screen.query_one("#text", Lines), screen.query_one("#stage", Lines)
    assert stage.canvas.width == screen.size.width - (text.canvas.width if text.display else 0)
    assert text.display == ("┬" in shown(screen, "top")) == ("┴" in shown(screen, "foot"))
    return bool(text.display)


@pytest.mark.parametrize(("width", "starts"), [(BESIDE, False), (WIDE - 1, False), (WIDE, True), (140, True)])
async def test_t_shows_and_hides_the_text_at_every_width(width: int, starts: bool, tmp_path: Path) -> None:
    async with lesson(tmp_path, (width, 30)) as (pilot, screen):
        await pilot.press("full_stop")
        before = shown(screen, "stage")
        for wanted in (starts, not starts, starts):
            assert beside(screen) is wanted
            assert ("t text" in shown(screen, "foot")) is not wanted
            await pilot.press("t")
        assert beside(screen) is not starts
        await pilot.press("t")
        assert shown(screen, "stage") == before


@pytest.mark.representative("neuron", "bptt", "word2vec", "convolution")
@pytest.mark.parametrize("id", IDS)
async def test_a_small_screen_says_how_the_text_is_shown(id: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (80, 24), id=id) as (pilot, screen):
        assert not beside(screen)
        assert "t text" in shown(screen, "foot")
        await pilot.press("t")
        assert screen.look.text_over
        await pilot.press("t")
        assert not screen.look.text_over


async def test_what_was_chosen_holds_in_the_next_lesson(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        await pilot.press("t")
        assert not beside(screen)
        app = pilot.app
        assert isinstance(app, UnrollApp)
        app.open_lesson("neuron")
        await pilot.pause()
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.player.lesson.card.id == "neuron"
        assert not beside(app.screen)
