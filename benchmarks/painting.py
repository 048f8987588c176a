"""What painting costs: a full redraw of the BPTT stage at 120×36, and painting while training runs at full speed.

python benchmarks/painting.py [--seconds 4]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from rich.console import Console

from engine.device import HOST
from lessons.bptt import CARD
from lessons.player import Player
from tui.app import UnrollApp
from tui.lesson import LessonScreen
from tui.lines import Lines
from tui.store import Store


async def redraw(rounds: int) -> tuple[float, float]:
    """(median CPU ms of painting one step, median CPU ms of a full redraw, ANSI included)."""
    app = UnrollApp("bptt", Store(Path(tempfile.mkdtemp())))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        player = screen.player
        player.record = {ask.id: "skipped" for ask in player.lesson.asks}
        steps, full = [], []
        console = Console(color_system="truecolor", force_terminal=True, width=120)
        for i in range(rounds):
            player.jump(f"dW/t=3/k={3 - i % 4}")
            began = time.process_time()
            screen.paint()
            steps.append(time.process_time() - began)
            began = time.process_time()
            stage = screen.query_one("#stage", Lines)
            stage._strips = []
            screen.paint()
            for y in range(stage.size.height):
                stage.render_line(y).render(console)
            full.append(time.process_time() - began)
            await pilot.pause(0)
        return statistics.median(steps) * 1e3, statistics.median(full) * 1e3


async def beside_training(seconds: float) -> tuple[float, float, list[float]]:
    """(updates a second in the app, CPU ms of the main thread a second, delays from key to paint in ms)."""
    store = Store(Path(tempfile.mkdtemp()), background=True)
    store.settings.speed = 4096.0
    app = UnrollApp("bptt", store)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        player = screen.player
        player.record = {ask.id: "skipped" for ask in player.lesson.asks}
        player.to_act("train")
        screen.action_play()
        await asyncio.sleep(0.5)
        updates, cpu, began = len(player.history), time.thread_time(), time.perf_counter()
        await asyncio.sleep(seconds)
        wall = time.perf_counter() - began
        rate, painting = (len(player.history) - updates) / wall, (time.thread_time() - cpu) / wall * 1e3
        delays = []
        for _ in range(40):
            before = app.words.lang
            pressed = time.perf_counter()
            app.simulate_key("l")
            while app.words.lang == before:
                await asyncio.sleep(0)
            await asyncio.sleep(0)
            delays.append((time.perf_counter() - pressed) * 1e3)
            await asyncio.sleep(0.03)
        screen.action_play()
        await pilot.pause(0)
        return rate, painting, delays


def alone(seconds: float) -> float:
    """Updates a second of the same loop without an app."""
    player = Player(CARD.open(), HOST)
    history = player.history
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        history.advance()
    return len(history) / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4)
    seconds = parser.parse_args().seconds
    step, full = asyncio.run(redraw(200))
    print(f"painting one step             {step:6.1f} ms CPU")
    print(f"full redraw, ANSI included    {full:6.1f} ms CPU   (at most 15)")
    bare, rates, paintings, delays = [], [], [], []
    for _ in range(3):
        bare.append(alone(seconds / 2))
        rate, painting, delay = asyncio.run(beside_training(seconds))
        rates.append(rate)
        paintings.append(painting)
        delays += delay
    print(f"training alone                {statistics.median(bare):6.0f} updates/s")
    print(f"training in the app           {statistics.median(rates):6.0f} updates/s")
    share = statistics.median(r / b for r, b in zip(rates, bare, strict=True))
    print(f"in the app / alone            {share:6.2f}   (at least 0.85)")
    print(f"main thread while training    {statistics.median(paintings):6.0f} ms CPU a second   (at most 120)")
    print(f"key to paint, p95             {sorted(delays)[int(len(delays) * 0.95)]:6.1f} ms   (at most 50)")


if __name__ == "__main__":
    main()
