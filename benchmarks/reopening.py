"""How long a lesson takes to be there again where it was left in training: `python -m benchmarks.reopening [--large]`.

Each lesson that trains is trained for a few seconds, left, and opened again twenty times in an app of its own, with
nothing set in the environment. Printed: updates, size of the checkpoint, seconds from the key to the picture, and
seconds of CPU: on a machine at rest the two are alike.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from typing import Any, TypeVar

from tui.app import UnrollApp
from tui.machine import collecting
from tui.machine.store import Store
from tui.screens.lesson import LessonScreen

LESSONS = ("bptt", "mlp", "playground", "lstm", "gru", "memory", "generate", "word2vec")
LARGE: Mapping[str, Mapping[str, Any]] = {
    "bptt": {"hidden": 8, "text": "the quick brown fox jumps over the lazy dog and runs"},
    "mlp": {"data": "spiral", "points": 1000, "layers": "8,8,8,8,8,8"},
    "playground": {"layers": "8,8,8,8,8,8", "points": 1000},
    "lstm": {"hidden": 4},
    "gru": {"hidden": 4},
    "memory": {"hidden": 32, "length": 100, "seeds": 5},
    "generate": {"hidden": 256, "layers": 2},
    "word2vec": {"corpus": "python", "dim": 200, "vocabulary": 20_000, "min_count": 1, "sentences": 50_000},
}
"""Knobs near the largest that the lessons take."""
T = TypeVar("T")
TRAINED, TRIES = 4.0, 20
"""Seconds of training, and times that it is opened."""


async def left(lesson: str, knobs: Mapping[str, Any], folder: Path) -> int:
    """Train and leave; the updates made."""
    app = UnrollApp(lesson, Store(folder, background=True))
    async with app.run_test(size=(120, 36)):
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        player = screen.player
        player.record = {ask.id: "skipped" for ask in player.lesson.asks}
        if knobs:
            player.set_knobs(knobs)
        player.to_act("train")
        end = time.monotonic() + TRAINED
        while time.monotonic() < end:
            player.history.advance()
        player.follow()
        screen.settle()
        app.store.flush()
        return len(player.history)


async def opened(lesson: str, folder: Path, updates: int) -> list[tuple[float, float]]:
    """Seconds until the lesson is shown where it was left, and seconds of CPU."""
    app, seconds = UnrollApp(None, Store(folder, background=True)), []
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        for _ in range(TRIES):
            began, cpu = time.perf_counter(), time.process_time()
            app.open_lesson(lesson)
            await pilot.pause()
            screen = app.screen
            assert isinstance(screen, LessonScreen)
            while screen.catching_up.busy:
                await pilot.pause(0.01)
            seconds.append((time.perf_counter() - began, time.process_time() - cpu))
            assert len(screen.player.history) == updates
            app.pop_screen()
            await pilot.pause()
    return seconds


def alone(what: Callable[..., Coroutine[Any, Any, T]], *given: object) -> T:
    """Done in a process of its own, as a learner's app is: nothing that another lesson left is in its memory."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(finished, what, *given).result()


def finished(what: Callable[..., Coroutine[Any, Any, T]], *given: object) -> T:
    collecting.put_off()
    collecting.begin()
    return asyncio.run(what(*given))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="knobs near the largest")
    parser.add_argument("lessons", nargs="*")
    options = parser.parse_args()
    large = options.large
    print(f"load {os.getloadavg()[0]:.1f}")
    heads = "".join(f"{name:>8}" for name in ("first", "median", "p95", "CPU", "CPU p95"))
    print(f"{'lesson':12}{'updates':>9}{'MB':>8}{heads}")
    for lesson in options.lessons or LESSONS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            updates = alone(left, lesson, LARGE[lesson] if large else {}, folder)
            size = sum(path.stat().st_size for path in (folder / "runs").glob("*"))
            seconds = alone(opened, lesson, folder, updates)
        wall, cpu = (list(each) for each in zip(*seconds, strict=True))
        late = [quantiles(each, n=20, method="inclusive")[-1] for each in (wall, cpu)]
        figures = "".join(f"{each:8.3f}" for each in (wall[0], median(wall), late[0], median(cpu), late[1]))
        print(f"{lesson:12}{updates:9,}{size / 1e6:8.1f}{figures}", flush=True)


if __name__ == "__main__":
    main()
