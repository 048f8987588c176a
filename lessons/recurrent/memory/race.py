"""The race of `memory`: one model with several seeds at once, each on batches of its own; and who runs against whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from engine.device import Array, Device, HostArray, rng
from engine.gated.cell import Cell, Theta
from engine.gated.gru import AFTER
from engine.gated.lstm import LSTM
from engine.gated.plain import RELU, SRN
from engine.gated.run.streams import Latch
from engine.gated.run.training import GatedRun, Snapshot
from engine.walks.history import State, Track
from engine.walks.reel import Grains
from engine.walks.training import Learning
from lessons.building.defaults import on_device, recipe
from lessons.contract.knobs import Value
from lessons.contract.view import Knobs, Start

CELLS: Mapping[str, Cell] = {"srn": SRN, "relu": RELU, "lstm": LSTM, "gru": AFTER, "gru_bias": AFTER}
LATEST = 20
"""Batches that the accuracy is read from."""
SMALL = 0.1
"""How far weights are drawn from 0."""
SOLVED = 0.95
"""The share of right answers from which a task counts as solved."""


class Reading(NamedTuple):
    """The shares of right answers in the latest batches, each before it was learned from; and log₁₀ of the reach."""

    right: tuple[float, ...] = ()
    reach: float = float("nan")

    @property
    def accuracy(self) -> float:
        """Of the latest batches together."""
        return float(np.mean(self.right)) if self.right else float("nan")

    @property
    def solved(self) -> bool:
        return len(self.right) == LATEST and self.accuracy >= SOLVED


class Runs(NamedTuple):
    """The data of a State: one run for each seed. What is opened, edited and shown in digits is the first."""

    runs: tuple[Learning[Reading], ...]

    @property
    def theta(self) -> Theta:
        return self.runs[0].theta

    @property
    def memory(self) -> Mapping[str, Array]:
        return self.runs[0].memory

    @property
    def began(self) -> int:
        return self.runs[0].began

    @property
    def loss(self) -> float:
        """The mean over the seeds."""
        return float(np.mean([float(run.loss) for run in self.runs]))

    @property
    def accuracy(self) -> float:
        """The mean over the seeds."""
        return float(np.mean([run.reading.accuracy for run in self.runs]))

    @property
    def solved(self) -> float:
        """How many seeds have solved the task."""
        return float(sum(run.reading.solved for run in self.runs))

    @property
    def reach(self) -> float:
        """The median over the seeds."""
        return float(np.median([run.reading.reach for run in self.runs]))


def cell_of(knobs: Knobs) -> Cell:
    """The cell of the model that the knobs choose."""
    return CELLS[str(knobs["model"])]


def model_of(params: Mapping[str, Any], knobs: Knobs) -> Value:
    """The model that has such parameters; that of the knobs where several have, or none."""
    if "Uh" in params:
        return knobs["model"] if knobs["model"] in ("srn", "relu") else "srn"
    if "Uz" in params:
        return knobs["model"] if knobs["model"] in ("gru", "gru_bias") else "gru"
    return "lstm" if "Uf" in params else knobs["model"]


def drawn(knobs: Knobs, seed: int) -> dict[str, HostArray]:
    """Small weights, N(0, .1²); biases 0 but that of the gate that keeps; with ReLU Wh is the identity."""
    model, H, draw = knobs["model"], int(knobs["hidden"]), rng(seed, 1)
    shapes = cell_of(knobs).shapes(H, 2, 1)
    params = {
        name: draw.normal(0, SMALL, shape) if len(shape) == 2 else np.zeros(shape) for name, shape in shapes.items()
    }
    if model in ("lstm", "gru_bias"):
        params["bf" if model == "lstm" else "bz"] = np.full(H, float(knobs["forget"]))
    if model == "relu":
        params["Wh"] = np.eye(H)
    return params


def source(knobs: Knobs, seed: int) -> Latch:
    """The batches of one seed."""
    return Latch(int(knobs["length"]), int(knobs["batch"]), float(knobs["noise"]), seed)


def school(device: Device, knobs: Knobs, seed: int) -> GatedRun[Reading]:
    """One seed."""
    batches = source(knobs, seed)

    def look(n: int, before: Reading, learning: Learning[Reading], seen: Snapshot) -> Reading:
        assert seen.guesses is not None
        right = float((seen.guesses == batches.window(n - 1).y).mean())
        reach = float(np.log10(seen.reach)) if seen.reach > 0 else -np.inf
        return Reading((*before.right, right)[-LATEST:], reach)

    return GatedRun(device, cell_of(knobs), recipe(knobs), batches, int(knobs["hidden"]), look)


def race(device: Device, knobs: Knobs, start: Start, fork: State | None, grains: Grains) -> Track:
    """All seeds of one model from update 0: the first from `start`; or from a fork, where `start` is the first's."""
    seed, count = int(start.inputs["seed"]), int(knobs["seeds"])
    schools = [school(device, knobs, seed + i) for i in range(count)]
    begun = [on_device(device, start.params), *(on_device(device, drawn(knobs, seed + i)) for i in range(1, count))]
    states = [each.start(theta, Reading()) for each, theta in zip(schools, begun, strict=True)]
    if fork is not None:
        states = [forked(fork, i, each, theta) for i, (each, theta) in enumerate(zip(schools, begun, strict=True))]
    n = fork.n if fork is not None else 0

    def advance(state: State) -> State:
        moved = (each.advance(State(state.n, run)) for each, run in zip(schools, state.data.runs, strict=True))
        return State(state.n + 1, Runs(tuple(each.data for each in moved)))

    return Track(
        "train",
        State(n, Runs(tuple(state.data for state in states))),
        advance,
        lambda state: schools[0].inside(State(state.n, state.data.runs[0]), grains),
        lambda state: state.data.loss,
        count * schools[0].size(begun[0]),
        (lambda state: state.data.accuracy, lambda state: state.data.solved, lambda state: state.data.reach),
        kinds=(Runs, Learning, Reading),
    )


def forked(fork: State, i: int, school: GatedRun[Reading], theta: Theta) -> State:
    """Run i at a fork: the first with the parameters that it is given, the others with those they have."""
    run: Learning[Reading] = fork.data.runs[i]
    return school.fork(State(fork.n, run), run.theta if i else theta)


def rivals(knobs: Knobs) -> Sequence[tuple[str, dict[str, Any]]]:
    """The other models of the race, with their knobs: the LSTM also with a bias of 1, the GRU with and without one."""
    bias = float(knobs["forget"])
    field = [("srn", bias), ("relu", bias), ("lstm", 1.0), ("lstm", bias), ("gru", bias), ("gru_bias", bias)]
    others = [{**knobs, "model": model, "forget": forget} for model, forget in field]
    by_name = {name(other): other for other in others}  # two are one where the bias is that of the other
    return [(label, other) for label, other in by_name.items() if label != name(knobs)]


def name(knobs: Knobs) -> str:
    """A model as it stands in the table."""
    bias = f"{float(knobs['forget']):g}".replace("-", "−")
    gated = {"lstm": f"LSTM bf={bias}", "gru": "GRU bz=0", "gru_bias": f"GRU bz={bias}"}
    return {"srn": "SRN tanh", "relu": "SRN ReLU, W=I", **gated}[str(knobs["model"])]
