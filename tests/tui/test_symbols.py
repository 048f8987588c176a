"""The table of symbols by its key: those of this stage first, then the letters of the course, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.explaining.table import entries
from tests.tui.driving import go, lesson, shown
from tui.picture.symbols import Symbols


@pytest.mark.representative("120x36")
@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 36)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_table_opens_scrolls_and_closes(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size) as (pilot, screen):
        go(screen, "dW/t=3/k=1")
        at = screen.player.spot
        await pilot.press("M")
        assert isinstance(screen.look.drawer, Symbols)
        said = shown(screen, "stage")
        assert "on this stage" in said
        assert "M  symbols" in said
        seen = said
        for _ in range(200):
            await pilot.press("down")
            seen += shown(screen, "stage")
        assert "in the whole course" in seen
        assert all(entry.symbol in seen for entry in entries())
        assert "W_hh (slide 38)" in seen
        await pilot.press("l")
        assert "符号表" in shown(screen, "stage")
        await pilot.press("M")
        assert screen.look.drawer is None
        assert screen.player.spot == at
