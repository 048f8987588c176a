"""The experiment of `shapes`: the task that the knobs choose, the net in training on it, others on the same task."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from engine.device import HOST, Device, HostArray, quiet, rng
from engine.gated.cell import Cell, Theta
from engine.gated.gru import AFTER
from engine.gated.lstm import LSTM
from engine.gated.plain import SRN
from engine.gated.run.streams import Sequences
from engine.gated.run.training import GatedRun, Snapshot, answered
from engine.sequences.without_state import bag, frames
from engine.walks.history import advanced
from engine.walks.training import Learning
from lessons.building.defaults import on_device, recipe
from lessons.contract.view import Knobs, Start
from lessons.data.sequences.task import Task, task

CELLS: Mapping[str, Cell] = {"srn": SRN, "gru": AFTER, "lstm": LSTM}
EVERY, AHEAD, MEAN = 20, 300, 3
"""Updates between two countings of right answers, updates that a prediction looks ahead; frames of a running mean."""


Reading = Mapping[str, float]
"""Right answers on the test, as last counted: see `Task.scores`."""


def cell_of(knobs: Knobs) -> Cell:
    """The cell of the model that the knobs choose."""
    return CELLS[str(knobs["model"])]


def chosen(knobs: Knobs, seed: int) -> tuple[str, str, str, int]:
    """What says which task there is: its shape, language and data, and a seed."""
    return str(knobs["shape"]), str(knobs["language"]), str(knobs["data"]), seed


def task_of(knobs: Knobs, seed: int) -> Task:
    """The task of the shape. Raises Refused."""
    return task(*chosen(knobs, seed))


def drawn(knobs: Knobs, some: Task, seed: int) -> dict[str, HostArray]:
    """Weights N(0, 1 / inputs), biases 0; an LSTM's forget bias 1."""
    draw, shapes = rng(seed, 1), cell_of(knobs).shapes(int(knobs["hidden"]), len(some.classes), some.x.shape[2])
    return {
        name: draw.normal(0, shape[1] ** -0.5, shape) if len(shape) == 2 else np.full(shape, float(name == "bf"))
        for name, shape in shapes.items()
    }


def measured(device: Device, cell: Cell, theta: Theta, some: Task) -> Reading:
    """Right answers on the test now."""

    def answers(x: HostArray) -> HostArray:
        return np.stack([p.argmax(axis=0) for p in answered(device, cell, theta, x, some.first)], axis=1)

    with quiet():
        return some.scores(answers)


def training(device: Device, knobs: Knobs, start: Start) -> GatedRun[Reading]:
    """The net in training on the task that the knobs choose."""
    seed, cell = int(start.inputs["seed"]), cell_of(knobs)
    some = task_of(knobs, seed)
    source = Sequences(some.x, some.y, len(some.classes), int(knobs["batch"]), seed)

    def look(n: int, before: Reading, learning: Learning[Reading], seen: Snapshot) -> Reading:
        return measured(device, cell, learning.theta, some) if n % EVERY == 0 else before

    return GatedRun(device, cell, recipe(knobs), source, int(knobs["hidden"]), look)


_ahead: dict[Any, Reading] = {}


def ahead(knobs: Knobs, start: Start) -> Reading:
    """The net's right answers after `AHEAD` updates."""
    key = (tuple(sorted(knobs.items())), *(value.tobytes() for value in start.params.values()), start.inputs["seed"])
    if key not in _ahead:
        run = training(HOST, knobs, start)
        state = advanced(run.advance, run.start(on_device(HOST, start.params), {}), AHEAD)
        _ahead.clear()
        _ahead[key] = state.data.reading
    return _ahead[key]


@lru_cache(maxsize=8)
def rivals(shape: str, language: str, data: str, seed: int) -> Mapping[str, Reading]:
    """Right answers of those that the net is compared with, trained on the same sequences; none for most shapes."""
    if shape not in ("many_to_one", "in_step"):
        return {}
    some = task(shape, language, data, seed)
    given = some.x, some.y, len(some.classes), seed
    if shape == "many_to_one":
        return {name: some.scores(bag(*given, pairs=name == "pairs")) for name in ("bag", "pairs")}
    over = frames(*given)
    return {"frame": some.scores(over(1)), "mean": some.scores(over(MEAN))}
