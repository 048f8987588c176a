"""What painting costs: a full redraw of a stage at 120×36, and painting while training runs at full speed.

    python benchmarks/painting.py [--seconds 0.7] [--rounds 15] [--lesson bptt|playground|word2vec|lstm|memory|generate]

In the app and alone, training takes turns of some tenths of a second; see `turns.py` for why.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import turns
from rich.console import Console
from rich.segment import Segment
from textual.strip import Strip

from engine.device import HOST
from engine.feedforward import mlp
from engine.walks.step import drain
from lessons.building.defaults import on_device
from lessons.contract.panels import Field
from lessons.course import find, open_lesson
from lessons.feedforward.mlp.experiment import net_of
from lessons.player.player import Player
from tui.app import UnrollApp
from tui.canvas.theme import style
from tui.draw import Pen, draw
from tui.machine.store import Store
from tui.screens.lesson import LessonScreen
from tui.widgets.canvas_view import Lines

PLACES = {
    "bptt": [f"dW/t=3/k={k}" for k in range(4)],
    "playground": [f"update {n}" for n in (100, 101, 102, 103)],
    "word2vec": [f"update {n}" for n in (1000, 1001, 1002, 1003)],
    "lstm": [f"ledger/t=2/k={k}/cell" for k in range(3)] + ["update 100"],
    "memory": [f"update {n}" for n in (20, 21, 22, 23)],
    "generate": [f"update {n}" for n in (100, 101, 102, 103)],
}
GIVEN: dict[str, dict[str, int]] = {"word2vec": {"epochs": 1000}}
"""Knobs without which training would be over too soon to be measured."""


async def redraw(lesson: str, rounds: int) -> tuple[float, float]:
    """(median CPU ms of painting one step, median CPU ms of a full redraw, ANSI included)."""
    app = UnrollApp(lesson, Store(Path(tempfile.mkdtemp())))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        player = screen.player
        player.runs.patience = float("inf")  # it goes to its updates at once
        player.record = {ask.id: "skipped" for ask in player.lesson.asks}
        steps, full = [], []
        console = Console(color_system="truecolor", force_terminal=True, width=120)
        for i in range(rounds):
            player.jump(PLACES[lesson][i % 4])
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


class Beside(NamedTuple):
    """Training in the app and alone (seconds an update); CPU ms of the main thread a second; ms to paint."""

    turns: list[turns.Turn]
    painting: list[float]
    delays: list[float]


async def beside_training(lesson: str, seconds: float, rounds: int) -> Beside:
    """A lesson trains for some seconds in the app, then stands while the same loop runs without an app, and so on."""
    store = Store(Path(tempfile.mkdtemp()), background=True)
    store.settings.speed = 4096.0
    app = UnrollApp(lesson, store)
    bare = alone(lesson)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        player = screen.player
        player.record = {ask.id: "skipped" for ask in player.lesson.asks}
        player.set_knobs(GIVEN.get(lesson, {}))
        player.to_act("train")
        found = Beside([], [], [])
        for _ in range(rounds):
            before = turns.pace()
            screen.command("play")
            await asyncio.sleep(0.3)
            updates, cpu, began = len(player.history), time.thread_time(), time.perf_counter()
            await asyncio.sleep(seconds)
            wall = time.perf_counter() - began
            rate = (len(player.history) - updates) / wall
            found.painting.append((time.thread_time() - cpu) / wall * 1e3)
            for _ in range(-(-120 // rounds)):
                found.delays.append(await delay(app))
                await asyncio.sleep(0.03)
            assert screen.transport.is_playing, "training was over too soon to be measured"
            screen.command("play")
            await pilot.pause(0)
            found.turns.append(turns.Turn((1 / rate, 1 / bare(seconds)), max(before, turns.pace())))
        return found


async def delay(app: UnrollApp) -> float:
    """ms from a key to what it paints; the key is that of the other language, which paints everything."""
    before, pressed = app.words.lang, time.perf_counter()
    app.simulate_key("l")
    while app.words.lang == before:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    return (time.perf_counter() - pressed) * 1e3


def alone(lesson: str) -> Callable[[float], float]:
    """The same loop without an app: trains for some seconds, and says how many updates a second it made."""
    player = Player(open_lesson(find(lesson)), HOST, GIVEN.get(lesson))
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    player.to_act("train")
    beside = [branch.history for branch in player.branches if branch is not player.branch]

    def train(seconds: float) -> float:
        updates, began = len(player.history), time.perf_counter()
        while time.perf_counter() - began < seconds:
            for history in (player.history, *beside):
                history.advance()
        return (len(player.history) - updates) / (time.perf_counter() - began)

    return train


def field(rounds: int) -> float:
    """Median CPU ms of a field of 80×80 half blocks: computed by a 2-8-8-1 net, drawn, and written as ANSI."""
    player = Player(find("playground").open(), HOST, {"layers": "8,8"})
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    console = Console(color_system="truecolor", force_terminal=True, width=120)
    spent = []
    for i in range(rounds):
        player.jump(f"update {100 + i}")
        view = player.view()
        began = time.process_time()
        theta, net = on_device(HOST, view.start.params), net_of(view.knobs)
        at = (np.arange(80) + 0.5) / 80 * 12 - 6
        x = np.stack([each.ravel() for each in np.meshgrid(at, -at)])
        answers = drain(mlp.forward(HOST.xp, net, theta, x, np.zeros((1, x.shape[1])))).h[-1].reshape(80, 80)
        panel = Field(id="field", values=answers, x=(-6, 6), y=(-6, 6), halves=True)
        canvas = draw(panel, 84, Pen())
        for y in range(canvas.height):
            Strip([Segment(run.text, style("dark", run.ink)) for run in canvas.runs(y)]).render(console)
        spent.append(time.process_time() - began)
    return statistics.median(spent) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=0.7)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--lesson", choices=PLACES, default="bptt")
    options = parser.parse_args()
    seconds, lesson = options.seconds, options.lesson
    step, full = asyncio.run(redraw(lesson, 200))
    print(f"painting one step             {step:6.1f} ms CPU")
    print(f"full redraw, ANSI included    {full:6.1f} ms CPU   (at most 15)")
    print(f"field of 80×80 half blocks   {field(100):6.1f} ms CPU   (at most 15)")
    found = asyncio.run(beside_training(lesson, seconds, options.rounds))
    said = turns.verdict(found.turns, min(turn.pace for turn in found.turns))
    print(f"training alone                {1 / said.other:6.0f} updates/s")
    print(f"training in the app           {1 / said.mine:6.0f} updates/s")
    print(f"in the app / alone            {said}   (at least 0.85)")
    print(f"main thread while training    {statistics.median(found.painting):6.0f} ms CPU a second   (at most 120)")
    print(f"key to paint, p95             {sorted(found.delays)[int(len(found.delays) * 0.95)]:6.1f} ms   (at most 50)")


if __name__ == "__main__":
    main()
