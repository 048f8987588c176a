"""The lesson `memory`: one sequence forward and back, how much of its gradient arrives at the bit; then the race."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.device import HOST, Device
from engine.gated import cell as cells
from engine.gated import reach
from engine.gated.net import Net
from engine.gated.run.streams import Latch, Window, walked
from engine.maths.optimisers import OPTIMISERS
from engine.walks import descent
from engine.walks.gradient_check import Objective
from engine.walks.history import State, Track, advanced
from engine.walks.step import drain
from lessons.building.acts import Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.defaults import on_device
from lessons.building.holds import Input, Size, Source
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs, Start
from lessons.recurrent.gated import columns, parameters, seed_of
from lessons.recurrent.memory import race
from lessons.recurrent.memory.stage import MemoryStage

AHEAD = 300
"""Updates that a prediction looks ahead."""
NUDGE = 5e-7
"""How far a weight is moved to check its gradient: the loss at the end of forty timesteps bends sharply."""


class Bit(Source):
    """The bit that is asked for, 0 or 1, and the seed of weights and batches."""

    def begin(self, knobs: Knobs) -> dict[str, Any]:
        return {"bit": int(race.source(knobs, 0).window(0).y[0]), "seed": 0}

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        own = {**self.begin(knobs), **given}
        if own["bit"] not in (0, 1):
            raise Refused("inputs_latch", file=file)
        return {"bit": int(own["bit"]), "seed": seed_of(given)}


def net(s: Scope) -> Net:
    """The net on the one sequence."""
    cell, x, bit = race.cell_of(s.knobs), np.array(s.trial.start.inputs["x"]), s.trial.start.inputs["bit"]
    zero = {name: s.device.put(np.zeros((s.theta["V"].shape[1], 1))) for name in cell.carry}
    window = Window(x[:, None, None], np.array([bit]), True)
    return Net(s.device, cell, s.theta, walked(s.device, Latch(s.T, 1, 0.0, 0), window, zero))


def objective(s: Scope) -> Objective:
    return cells.objective(s.xp, s.net.cell, s.net.theta, s.net.inputs)._replace(h=NUDGE)


def computed(trial: Trial) -> dict[str, Any]:
    """The loss of the one sequence, the states, and how much of the gradient arrives where."""
    net, get = trial.first.net, trial.device.get
    return {
        "loss": float(get(net.run.E[-1])),
        **{name: [get(made[name])[:, 0] for made in net.run.made] for name in net.cell.states},
        "yhat": get(net.run.made[-1]["yhat"])[:, 0],
        "reach": [float(get(each)) for each in drain(reach.reach(trial.device.xp, net.on_road))],
    }


# predictions


def keeps(trial: Trial) -> float:
    """What the gates f of unit 0 leave of the road, from the bit to the end."""
    return float(np.prod([float(trial.device.get(made["f"])[0, 0]) for made in trial.first.net.run.made[1:]]))


def arrives(trial: Trial) -> str:
    """How much of the gradient at the end is left at the bit."""
    share = computed(trial)["reach"][0]
    return "much" if share > 0.1 else "little" if share > 1e-6 else "none"


def learns(trial: Trial, model: str) -> bool:
    """Whether a model has solved the task with its first seed after so many updates."""
    knobs, seed = {**trial.knobs, "model": model}, int(trial.start.inputs["seed"])
    school = race.school(HOST, knobs, seed)
    state = school.start(on_device(HOST, race.drawn(knobs, seed)), race.Reading())
    return bool(advanced(school.advance, state, AHEAD).data.reading.solved)


def who(trial: Trial) -> str:
    """Which of two gated cells solves the task."""
    solved = [model for model in ("lstm", "gru") if learns(trial, model)]
    return "both" if len(solved) == 2 else "".join(solved) or "none"


class Memory(DeclaredLesson):
    """x is ±1 at first, then noise; the answer is asked after the last timestep."""

    source = Bit()
    sizes = (Size("T", "length"), Size("H", "hidden"), Size("K", fixed=2))
    holds = (
        Input("x", "T", first=0),
        parameters(race.cell_of, race.CELLS.values(), lacking="by bm bh", inputs=1),
    )
    derived = (Derived("net", net),)
    acts = (
        Sections("forward", lambda s, at: [s.net.forward(at)]),
        Sections("backward", lambda s, at: [s.net.backward(at)]),
        Sections("reach", lambda s, at: [s.net.reach(at)]),
    )
    gradient = Gradient(objective)
    results = (computed,)
    questions = (
        Question("road", "forward/t=1", "number", keeps, 0.3, when=lambda s: "bf" in s.trial.start.params),
        Question("arrives", lambda s: f"reach/k={max(s.T - 2, 0)}", "choice", arrives, until="reach/k=0"),
        Question("who", "update=0", "choice", who, track="train"),
    )
    loops = ("update", "phase", ("t", "k"), ())
    grain = "t"
    example = False
    explains = ("reach", "h", "c", "gc", "gh", "delta", "yhat")
    draws = frozenset({"model", "length", "hidden", "noise"})
    rebuilds = draws | {"forget", "batch"}
    columns = columns() | {"reach"}
    shown_as = MemoryStage

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        """Weights, and the first example of the first batch."""
        window = race.source(knobs, seed or 0).window(0)
        inputs = {"x": window.x[:, 0, 0].tolist(), "bit": int(window.y[0]), "seed": seed or 0}
        return Start(race.drawn(knobs, seed or 0), inputs)

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        """The model is the one whose parameters a state has."""
        return super().read(file, state, {**knobs, "model": race.model_of(state["params"], knobs)})

    def edit(self, start: Start, symbol: str, index: tuple[int, ...], raw: str) -> Start:
        """One entry put in by hand; the sign of the first input is the bit that is asked for."""
        edited = super().edit(start, symbol, index, raw)
        first = edited.inputs["x"][0]
        turned = self.home(symbol, index) == ("x", (0,)) and first != 0
        return edited._replace(inputs={**edited.inputs, "bit": int(first > 0)}) if turned else edited

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track | None:
        return race.race(device, knobs, start, fork, self.grains)

    def rivals(self, knobs: Knobs, start: Start) -> Sequence[tuple[str, Knobs, Start]]:
        seed = int(start.inputs["seed"])
        return [(name, other, Start(race.drawn(other, seed), {**start.inputs})) for name, other in race.rivals(knobs)]

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        cell = race.cell_of(knobs)
        return {
            **cells.rules(cell, mean=True),
            **descent.rules(OPTIMISERS[str(knobs["optimiser"])], cell.names),
            **reach.rules(cell, int(knobs["length"])),
        }
