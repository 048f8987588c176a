"""The exam on the screen: one question at a time, the answer only when asked for, recomputed from what was set."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.driving import lesson, shown, until
from tui.picture.exam import Exam
from tui.screens.lesson import LessonScreen

SIZES = ((80, 24), (100, 30), (120, 36))


async def opened(pilot: Pilot[None], screen: LessonScreen) -> Exam:
    await pilot.press("E")
    await worked(pilot, screen)
    assert isinstance(screen.look.drawer, Exam)
    return screen.look.drawer


async def worked(pilot: Pilot[None], screen: LessonScreen) -> None:
    """Until the answers are there and painted."""
    await until(pilot, lambda: not screen.examiner.busy)
    await pilot.pause(0)


def stage(screen: LessonScreen) -> str:
    return " ".join(re.sub("[│┌┐└┘─]", " ", shown(screen, "stage")).split())


@pytest.mark.parametrize("size", SIZES)
async def test_the_answer_is_hidden_until_it_is_asked_for(tmp_path: Path, size: tuple[int, int]) -> None:
    async with lesson(tmp_path, size, id="neuron") as (pilot, screen):
        await opened(pilot, screen)
        assert "question 1 of 3" in stage(screen)
        assert "Net input and output by hand" in stage(screen)
        assert "bias is added" not in stage(screen)
        await pilot.press("enter")
        assert "= .700" in stage(screen)
        await pilot.press("right")
        assert "By the chain rule" not in stage(screen)
        await pilot.press("enter")
        assert ".222" in stage(screen)
        await pilot.press("enter")
        assert "chain rule" not in stage(screen)
        await pilot.press("escape")
        assert screen.look.drawer is None


async def test_it_follows_the_language_an_edit_and_scrolls(tmp_path: Path) -> None:
    async with lesson(tmp_path, (80, 24), id="neuron") as (pilot, screen):
        drawer = await opened(pilot, screen)
        await pilot.press("enter", "l")
        await worked(pilot, screen)
        assert "手算净输入和输出" in stage(screen).replace(" ", "")
        assert ".700" in stage(screen)
        await pilot.press("l")
        screen.player.edit("w[1]", (0,), "2")
        screen.paint()
        await worked(pilot, screen)
        assert "1.90" in stage(screen)
        screen.look.drawer = drawer
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: drawer.most > 0)
        assert "▼" in shown(screen, "stage")
        await pilot.press("pagedown")
        assert drawer.top == drawer.most
        assert "moves the place" not in stage(screen)


async def test_it_waits_while_a_prediction_is_open(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), asks=True, id="neuron") as (pilot, screen):
        drawer = await opened(pilot, screen)
        await pilot.press("enter")
        assert ".700" in stage(screen)
        while screen.player.asked is None:
            await pilot.press("full_stop")
        assert screen.words("drawer.exam_waits")[:30] in stage(screen)
        assert "= .700" not in stage(screen)
        assert screen.look.drawer is drawer
        await pilot.press("escape", "E")
        assert screen.look.drawer is None
        assert screen.words("say.answer_number") in shown(screen, "foot")


async def test_the_last_step_and_the_palette_name_it_and_others_say_there_is_none(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="neuron") as (pilot, screen):
        assert "E exam" not in shown(screen, "foot")
        await pilot.press("end")
        assert "E exam" in shown(screen, "foot")


async def test_no_key_waits_for_it(tmp_path: Path) -> None:
    """Only a copy of the run is made at the key; what is computed is computed beside the screen."""
    async with lesson(tmp_path, (80, 24), id="perceptron") as (pilot, screen):
        steps = screen.player.reel._tapes.copy()
        screen.command("exam")
        assert screen.examiner.busy
        assert screen.words("drawer.exam_works") in stage(screen)
        assert screen.player.reel._tapes == steps
        await worked(pilot, screen)
        assert "One correction by hand" in stage(screen)
