"""Random keys and mouse events, seeded, at three sizes and while the terminal is resized: nothing is raised.

UNROLL_EVENTS sets how many in all; continuous integration runs 3,000, a release 20,000. UNROLL_SEED draws others.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.driving import lesson
from tui.app import UnrollApp
from tui.keys import ALL
from tui.screens.lesson import LessonScreen
from tui.widgets.canvas_view import Lines

EVENTS = int(os.environ.get("UNROLL_EVENTS", "150"))
SIZES = [(80, 24), (120, 36), (60, 20)]
KEYS = [key for entry in ALL.values() for key in entry.keys.split(",") if entry.id not in ("quit", "commands")]
KEYS += [*"0123456789", "backspace", "a", "x", "enter", "right", "right", "left", "up", "down", "tab", "n", "p"]


async def event(pilot: Pilot[None], rng: random.Random, size: tuple[int, int]) -> None:
    """One random thing that a learner might do."""
    app = pilot.app
    assert isinstance(app, UnrollApp)
    kind = rng.random()
    if kind < 0.86:
        app.simulate_key(rng.choice(KEYS))
        await pilot.pause(0)
    elif kind < 0.97:
        x, y = rng.randrange(size[0]), rng.randrange(size[1])
        await pilot.click(offset=(x, y), times=rng.choice((1, 1, 2)))
    elif kind < 0.99:
        for lines in app.screen.query(Lines):
            lines.post_message(Lines.Wheel(rng.choice((1, -1)), None))
    else:
        await pilot.resize_terminal(*rng.choice([*SIZES, (57, 18), (200, 50), size]))
        await pilot.resize_terminal(*size)


async def keep_going(pilot: Pilot[None], rng: random.Random) -> None:
    """Back into a lesson if it was left, with small nets and few updates so that events come quickly."""
    app = pilot.app
    assert isinstance(app, UnrollApp)
    if not isinstance(app.screen, LessonScreen):
        app.open_lesson(rng.choice([*app.course, "bptt"]))
        await pilot.pause(0)
    screen = app.screen
    assert isinstance(screen, LessonScreen)
    if screen.transport.trainer is not None or len(screen.player.branches) > 8:
        screen.transport.pause()
    if len(screen.player.branches) > 8 or int(screen.player.knobs.get("hidden", 0)) > 8:
        screen.player.restart()
        screen.paint()


@pytest.mark.events
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_nothing_is_raised(size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(UnrollApp, "exit", lambda self: None)  # "quit" may be clicked
    rng = random.Random(f"unroll{os.environ.get('UNROLL_SEED', '')} {size}")
    async with lesson(tmp_path, size, asks=True) as (pilot, screen):
        screen.context.store.settings.speed = 64.0
        for n in range(EVENTS // len(SIZES)):
            await event(pilot, rng, size)
            if n % 20 == 0:
                await keep_going(pilot, rng)
        await pilot.pause(0)
        assert pilot.app.is_running
