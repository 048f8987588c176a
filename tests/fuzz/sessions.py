"""Sessions of a learner at random: keys, clicks, pastes, resizes, typed values, in a lesson through Pilot."""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textual import events
from textual.errors import NoWidget
from textual.pilot import Pilot

from lessons.contract.card import Card
from lessons.course import course
from tests.fuzz.typed import PIECES
from tui.app import UnrollApp
from tui.keys import ALL
from tui.machine.store import Store
from tui.screens.lesson import LessonScreen

SIZES = [(80, 24), (100, 30), (120, 36), (60, 20), (200, 50), (40, 10), (10, 3), (1, 1)]
KEYS = [key for entry in ALL.values() for key in entry.keys.split(",") if entry.id != "suspend"]
KEYS += [*"0123456789", *"aeixyz=,.-/", "backspace", "delete", "home", "end", "pageup", "pagedown", "enter", "escape"]
KEYS += ["right", "right", "left", "up", "down", "tab", "shift+tab", "n", "p", "space", "ctrl+c", "ctrl+v"]
EACH = 60
"""Events of a session."""
SLOW = 2.0
"""Seconds that an event may hold the app."""


def drawn(draw: random.Random) -> tuple[str, Any]:
    """An event: its kind and what it needs."""
    kind = draw.random()
    if kind < 0.72:
        return "key", draw.choice(KEYS)
    if kind < 0.84:
        return "click", (draw.random(), draw.random(), draw.choice((1, 1, 1, 2)))
    if kind < 0.90:
        return "typed", (draw.choice("kjte/"), "".join(draw.choice(PIECES) for _ in range(draw.choice((1, 1, 2)))))
    if kind < 0.95:
        return "paste", draw.choice([*PIECES, "x" * 5000, "a\nb\n" * 200])
    return "resize", draw.choice(SIZES)


async def act(pilot: Pilot[None], kind: str, what: Any) -> None:
    """Do an event."""
    app = pilot.app
    if kind == "key":
        app.simulate_key(what)
    elif kind == "click":
        x, y, times = what
        width, height = app.size
        with contextlib.suppress(NoWidget):  # nothing is there yet
            await pilot.click(offset=(int(x * max(width - 1, 0)), int(y * max(height - 1, 0))), times=times)
    elif kind == "typed":
        opens, text = what
        app.simulate_key({"/": "slash"}.get(opens, opens))
        await pilot.pause(0)
        app.post_message(events.Paste(text[:300]))
        await pilot.pause(0)
        app.simulate_key("enter")
    elif kind == "paste":
        app.post_message(events.Paste(what))
    else:
        await pilot.resize_terminal(*what)
    await pilot.pause(0)


async def session(draw: random.Random, lesson: str, count: int, folder: Path) -> Iterator[str]:
    """A session: what was done, event by event. Raises what the app raises, and where an event held it too long."""
    app, done = UnrollApp(lesson, Store(folder)), list[str]()
    app.exit = lambda *args, **more: None  # type: ignore[method-assign]  # `q` would end the session
    async with app.run_test(size=draw.choice(SIZES[:4])) as pilot:
        await pilot.pause(0)
        for n in range(count):
            if not isinstance(app.screen, LessonScreen) and n % 10 == 0:
                for _ in range(3):
                    app.simulate_key("escape")
                app.open_lesson(lesson)
                await pilot.pause(0)
            kind, what = drawn(draw)
            done.append(f"{kind} {str(what)[:40]!r}")
            began = time.process_time()
            try:
                await act(pilot, kind, what)
            except Exception as error:
                raise AssertionError(f"after {done[-12:]}") from error
            took = time.process_time() - began
            assert took < 2 * SLOW, f"{took:.1f} s of work: {done[-12:]}"
        assert app.is_running
        assert app._exception is None
        screen = app.screen
        if isinstance(screen, LessonScreen):
            screen.transport.pause()
            screen.catching_up.stop()
    return iter(done)


def try_session(draw: random.Random, lesson: str) -> str:
    """One session in a lesson. What was done last."""
    assert isinstance(course()[lesson], Card)
    with tempfile.TemporaryDirectory(prefix="unroll-session-") as folder, contextlib.chdir(folder):
        done = [*asyncio.run(session(draw, lesson, EACH, Path(folder)))]
    return f"{len(done)} events, the last {done[-1]}"
