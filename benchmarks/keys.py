"""From a key to what it paints, while training runs at full speed: in every lesson that trains, at its own settings.

    python benchmarks/keys.py [--seconds 6] [--busy 1] [LESSON…]

The app runs as `unroll` starts it, NumPy's library on one thread. With --busy so many processes compute beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from pathlib import Path

from tui.cli.common import hold_to_one_thread

hold_to_one_thread()

from painting import GIVEN, delay  # noqa: E402 - the number of threads must be set first

from lessons.contract.card import Card  # noqa: E402
from lessons.course import course  # noqa: E402
from tui.app import UnrollApp  # noqa: E402
from tui.machine.store import Store  # noqa: E402
from tui.screens.lesson import LessonScreen  # noqa: E402

PAUSE = 0.05
"""Seconds between two keys."""


async def delays(lesson: str, seconds: float) -> list[float]:
    """ms from each key to what it painted; the key is that of the other language, which paints everything."""
    store = Store(Path(tempfile.mkdtemp()), background=True)
    store.settings.speed = 4096.0
    app = UnrollApp(lesson, store)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        screen.player.record = {ask.id: "skipped" for ask in screen.player.lesson.asks}
        screen.player.set_knobs(GIVEN.get(lesson, {}))
        screen.player.to_act("train")
        screen.command("play")
        await asyncio.sleep(0.5)
        found, end = list[float](), time.perf_counter() + seconds
        while time.perf_counter() < end and screen.transport.is_playing:
            found.append(await delay(app))
            await asyncio.sleep(PAUSE)
        if screen.transport.is_playing:
            screen.command("play")
        await pilot.pause(0)
        return found


def compute() -> None:
    while True:
        sum(range(10_000))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--busy", type=int, default=0)
    options = parser.parse_args()
    trains = [id for id, card in course().items() if isinstance(card, Card) and "train" in card.acts]
    beside = [multiprocessing.Process(target=compute, daemon=True) for _ in range(options.busy)]
    for process in beside:
        process.start()
    print(f"{'':<20}{'keys':>6}{'median ms':>11}{'p95 ms':>9}   (at most 50)")
    for id in options.lessons or trains:
        found = sorted(asyncio.run(delays(id, options.seconds)))
        print(
            f"{id:<20}{len(found):>6}{found[len(found) // 2]:>11.1f}{found[int(len(found) * 0.95)]:>9.1f}", flush=True
        )
    for process in beside:
        process.kill()


if __name__ == "__main__":
    main()
