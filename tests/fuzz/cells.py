"""The cell cursor on every cell that a stage shows, at places at random, with every command on each."""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from tui.app import UnrollApp
from tui.machine.store import Store
from tui.screens.lesson import LessonScreen
from tui.widgets.canvas_view import Lines

COMMANDS = (*"iugcymvzefk", "right_square_bracket", "left_square_bracket", "enter")
"""What can be done with a cell: each is followed by esc, so that nothing stays open."""
MOST = 40
"""Cells of a stage that are tried, drawn at random where there are more."""


def places(screen: LessonScreen) -> list[tuple[int, int]]:
    """Where on the stage a cell is, in columns and lines of the screen."""
    stage = screen.query_one("#stage", Lines)
    found = [hit for hit in stage.canvas.hits if hit.target[0] == "cell"]
    inside = [(hit.x, hit.y) for hit in found if hit.y < stage.size.height]
    return [(x + stage.region.x, y + stage.region.y) for x, y in dict.fromkeys(inside)]


async def walked(draw: random.Random, lesson: str, folder: Path) -> int:
    """Point at the cells of a place and do one command with each; how many there were."""
    app, count = UnrollApp(lesson, Store(folder)), 0
    app.exit = lambda *args, **more: None  # type: ignore[method-assign]
    pilot: Pilot[None]
    async with app.run_test(size=draw.choice([(80, 24), (120, 36)])) as pilot:
        await pilot.pause(0)
        assert isinstance(app.screen, LessonScreen)
        screen: LessonScreen = app.screen
        screen.player.record = {ask.id: "skipped" for ask in screen.player.lesson.asks}
        for _ in range(draw.randrange(3)):
            app.simulate_key("n")
            await pilot.pause(0)
        for _ in range(draw.randrange(20)):
            app.simulate_key("right")
        await pilot.pause(0)
        cells = places(screen)
        for x, y in draw.sample(cells, min(MOST, len(cells))):
            command = draw.choice(COMMANDS)
            try:
                await pilot.click(offset=(x, y))
                app.simulate_key(command)
                await pilot.pause(0)
                for _ in range(2):
                    app.simulate_key("escape")
                await pilot.pause(0)
            except Exception as error:
                raise AssertionError(f"{command} on the cell at {x}, {y}") from error
            count += 1
            if app.screen is not screen:
                break  # enter led into another lesson
        assert app._exception is None
        screen.transport.pause()
        screen.catching_up.stop()
    return count


def try_cells(draw: random.Random, lesson: str) -> str:
    """Every cell of one stage of a lesson. How many there were."""
    with tempfile.TemporaryDirectory(prefix="unroll-cells-") as folder, contextlib.chdir(folder):
        return f"{asyncio.run(walked(draw, lesson, Path(folder)))} cells"
