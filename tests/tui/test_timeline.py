"""The history by keys: a milestone a step, its models trained beside the screen; to its lesson and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.tui.driving import at_rest, lesson, shown
from tui.screens.lesson import LessonScreen

SMALL: dict[str, Any] = {"pictures": 100, "labels": 20}


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 36)], ids=str)
async def test_milestones_one_after_the_other_and_back(tmp_path: Path, size: tuple[int, int]) -> None:
    async with lesson(tmp_path, size=size, id="timeline", **SMALL) as (pilot, screen):
        screen.paint()
        player, stages = screen.player, [shown(screen, "stage")]
        for m in (1, 2, 3):
            await pilot.press("right")
            await at_rest(pilot, screen)
            assert dict(player.path)["n"] == m
            stages.append(shown(screen, "stage"))
        assert len(set(stages)) == 4
        assert "1958" in stages[-1]
        assert "1951" in stages[-1]
        for stage in reversed(stages[:-1]):
            await pilot.press("left")
            assert shown(screen, "stage") == stage


async def test_a_milestone_is_trained_part_by_part_at_the_finest_grain(tmp_path: Path) -> None:
    async with lesson(tmp_path, size=(120, 36), id="timeline", **SMALL) as (pilot, screen):
        player = screen.player
        player.jump("years/n=2")
        player.grain = player.lesson.grains["op"]
        await pilot.press("right")
        assert dict(player.path) == {"years": -1, "n": 3}
        errors = []
        for r in range(1, 6):
            await pilot.press("right")
            assert dict(player.path) == {"years": -1, "n": 3, "k": 1, "j": r}
            shown_error = player.view().get("err[3,1]")
            assert shown_error is not None
            errors.append(float(shown_error.reshape(-1)[0]))
        assert errors[-1] < 40


async def test_from_a_milestone_to_its_lesson_and_back(tmp_path: Path) -> None:
    async with lesson(tmp_path, size=(120, 36), id="timeline", **SMALL) as (pilot, screen):
        await pilot.press("right", "right", "right")
        await at_rest(pilot, screen)
        left = screen.player.spot
        await pilot.press("enter")
        await pilot.pause()
        there = pilot.app.screen
        assert isinstance(there, LessonScreen)
        assert there.player.lesson.card.id == "perceptron"
        await pilot.press("backspace")
        await pilot.pause()
        back = pilot.app.screen
        assert isinstance(back, LessonScreen)
        await at_rest(pilot, back)
        assert (back.player.lesson.card.id, back.player.spot) == ("timeline", left)
