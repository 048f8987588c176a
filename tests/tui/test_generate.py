"""`generate` by keys: it writes while it learns, ▲ moves with the cursor, an update opened down to what it writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.driving import go, lesson, shown, until

TEXT = "the old fox and the young dog. " * 20


@pytest.mark.representative("size0")
@pytest.mark.parametrize("size", [(80, 24), (120, 36), (60, 20)])
async def test_it_writes_while_it_learns(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id="generate", text=TEXT, hidden=8, window=8, under="the dog") as (pilot, screen):
        player = screen.player
        go(screen, "act 4")
        await pilot.press(*["plus"] * 12, "space")
        await until(pilot, lambda: len(player.history) > 320)
        await pilot.press("space")
        n = player.spot.n
        assert n > 300
        reading = player.history.state(n).data.reading
        assert [each.n for each in reading.samples][:3] == [0, 100, 300]
        if size[0] >= 80:
            assert reading.samples[2].text[:20].rstrip() in shown(screen, "stage")
            await pilot.press("tab")
            assert screen.look.cursor is not None
            await pilot.press("escape")
        await pilot.press("enter")
        assert player.spot.open
        for _ in range(4):
            await pilot.press("full_stop")
        go(screen, f"update={n}/write/t=3")
        assert player.view().get("pick[3]") is not None
        assert shown(screen, "stage").strip()
