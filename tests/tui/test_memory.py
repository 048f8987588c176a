"""`memory` by keys: the race in view, the next model, an update opened, an input turned round."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.driving import go, lesson, shown, typed, until


@pytest.mark.representative("size0")
@pytest.mark.parametrize("size", [(80, 24), (120, 36), (60, 20)])
async def test_the_race_in_view(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id="memory", length=6, batch=4, seeds=2) as (pilot, screen):
        player = screen.player
        go(screen, "act 4")
        await pilot.press(*["plus"] * 12, "space")
        await until(pilot, lambda: len(player.history) > 60)
        await pilot.press("space")
        assert player.spot.n > 60
        assert all(abs(len(branch.history) - len(player.history)) <= 1 for branch in player.branches)
        if size[0] >= 80:
            said = shown(screen, "stage")
            assert all(
                model in said for model in ("LSTM bf=4", "SRN tanh", "SRN ReLU", "LSTM bf=1", "GRU bz=0", "GRU bz=4")
            )
        await pilot.press("f", "tab", "escape")
        assert player.current == 1
        await pilot.press("enter")
        assert player.spot.open
        for _ in range(6):
            await pilot.press("full_stop")
        assert player.spot.p > 5
        assert "neth" in {step.op for step in (player.inside().step(p) for p in range(1, 8)) if step}


async def test_the_bit_is_turned_round(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="memory", length=6) as (pilot, screen):
        player = screen.player
        before = player.start.inputs["x"][0]
        go(screen, "forward/t=0")
        for key, wanted in (("tab", "x["), ("left", "x[0]")):
            for _ in range(10):
                if screen.look.cursor is None or not screen.look.cursor[0].startswith(wanted):
                    await pilot.press(key)
        assert screen.look.cursor == ("x[0]", (0,))
        await pilot.press("e")
        await typed(pilot, str(-before))
        assert player.start.inputs["x"][0] == -before
        assert shown(screen, "stage")
