"""Driving the app in tests: open the lesson, type into the prompt, read a part of the screen."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from tui.app import UnrollApp
from tui.machine.store import Store
from tui.screens.lesson import LessonScreen
from tui.widgets.canvas_view import Lines


@asynccontextmanager
async def lesson(
    folder: Path, size: tuple[int, int] = (80, 24), asks: bool = False, id: str = "bptt", **given: Any
) -> AsyncIterator[tuple[Pilot[None], LessonScreen]]:
    """A lesson, bptt by default, on a screen of this size; without its predictions unless they are asked for."""
    app = UnrollApp(id, Store(folder))
    async with app.run_test(size=size) as pilot:
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        screen.player.patience = screen.player.runs.patience = float(
            "inf"
        )  # what a test goes to itself is there at once
        if not asks:
            screen.player.record = {ask.id: "skipped" for ask in screen.player.lesson.asks}
        if given:
            screen.player.set_knobs(given)
        yield pilot, screen


async def until(pilot: Pilot[Any], holds: Callable[[], object], seconds: float = 120) -> None:
    """Let the app go on until this holds, however fast the machine is; only a test that fails waits so long."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "what was waited for did not come"
        await pilot.pause(0.01)


async def at_rest(pilot: Pilot[Any], screen: LessonScreen) -> None:
    """Wait until nothing is computed beside the screen any more."""
    await until(pilot, lambda: not screen.catching_up.busy)


async def typed(pilot: Pilot[None], text: str, keep: bool = False) -> None:
    """Type over what the prompt holds, and press enter; `keep` says that it will stay open with a reason."""
    from textual.widgets import Input

    field = pilot.app.screen.query_one(Input)
    field.value = text
    await pilot.press("enter")
    await pilot.pause(0)
    if isinstance(screen := pilot.app.screen, LessonScreen):
        await at_rest(pilot, screen)
    assert pilot.app.screen.query_one("#prompt").has_class("asking") == keep


def shown(screen: Screen[Any], part: str) -> str:
    """What stands on one part of the screen, as text."""
    return screen.query_one(f"#{part}", Lines).canvas.text()


def seen(screen: LessonScreen) -> tuple[str, ...]:
    """All that stands on the screen, with its colours."""
    canvases = [screen.query_one(f"#{part}", Lines).canvas for part in ("top", "stage", "text", "foot")]
    return tuple(canvas.text() + str(canvas.inks) for canvas in canvases)


def go(screen: LessonScreen, place: str) -> None:
    """Jump there and paint, as the prompt does."""
    screen.player.runs.patience = float("inf")
    screen.player.jump(place)
    screen.paint()
