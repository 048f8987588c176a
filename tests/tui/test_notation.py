"""The key `m`: the lecture's other notation on the screen, kept for the next lesson, and no number changed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tui.driving import go, lesson, shown

PLACES = {
    "srn": "cell/t=1/inside",
    "bptt": "dW/t=3/k=1",
    "vanishing": "joints/k=30",
    "lstm": "forward/t=1",
    "gru": "backward/k=1",
}


@pytest.mark.parametrize("id", PLACES)
async def test_every_recurrent_lesson_has_it(id: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id=id) as (pilot, screen):
        go(screen, PLACES[id])
        before = shown(screen, "stage"), shown(screen, "text"), shown(screen, "foot")
        assert "W_" not in "".join(before)
        await pilot.press("m")
        other = shown(screen, "stage")
        assert "W_" in other
        assert screen.context.store.settings.other_notation
        numbers = re.compile(r"[−]?\d*\.\d+")
        assert sorted(set(numbers.findall(other))) == sorted(set(numbers.findall(before[0])))
        await pilot.press("i")
        assert screen.look.drawer is not None
        await pilot.press("escape", "m")
        assert (shown(screen, "stage"), shown(screen, "text"), shown(screen, "foot")) == before


async def test_it_is_kept_and_others_say_that_they_have_one(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="srn") as (pilot, screen):
        await pilot.press("m")
    async with lesson(tmp_path, (120, 36), id="bptt") as (pilot, screen):
        go(screen, "dW/t=3/k=1")
        assert "W_hh" in shown(screen, "stage")
    async with lesson(tmp_path, (120, 36), id="hebb") as (pilot, screen):
        await pilot.press("m")
        assert "one notation" in screen.look.status
