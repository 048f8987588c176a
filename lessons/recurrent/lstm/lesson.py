"""The lesson `lstm`, and what `gru` shares with it: the experiment and the predictions of a gated cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from engine.device import Array, Device, Rng
from engine.gated import cell as cells
from engine.gated import ledger
from engine.gated.cell import Cell, Inputs
from engine.gated.lstm import LSTM
from engine.gated.net import Net
from engine.gated.run.training import SequenceRun
from engine.maths.optimisers import OPTIMISERS
from engine.walks import descent
from engine.walks.history import State, Track, advanced
from engine.walks.step import drain
from lessons.building.acts import Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.defaults import recipe
from lessons.building.holds import Held, Lengths, Parameter, Size
from lessons.contract.card import Card
from lessons.contract.view import Knobs, Start, hides
from lessons.recurrent.gated import columns, parameters
from lessons.recurrent.letters import Letters
from lessons.recurrent.lstm.stage import GatedStage, first_column

AHEAD = 200
"""Updates that a prediction looks ahead."""


def cell_of(s: Scope) -> Cell:
    """The kind of cell that the knobs choose."""
    lesson = s.trial.lesson
    assert isinstance(lesson, Gated)
    return lesson.cell(s.knobs)


def theta(s: Scope) -> dict[str, Array]:
    """What is learned, on the device."""
    return {name: s.theta[name] for name in s.trial.lesson.weights(s.trial.start)}


def inputs(s: Scope) -> Inputs:
    states = {name[0]: value for name, value in s.theta.items() if name.endswith("_init")}
    return Inputs(s.x, s.y, states)


def training(s: Scope) -> SequenceRun[None]:
    """The net in training on the text."""
    return SequenceRun(s.device, cell_of(s), recipe(s.knobs), inputs(s))


def held(cell: Callable[[Knobs], Cell], *every: Cell) -> tuple[Held, ...]:
    """The parameters of a cell, which may be any of some, and the states that it begins with."""
    states = (Parameter(f"{state}_init", "H", optional=True, learned=False) for state in every[0].states)
    return parameters(cell, every), *states


# results


def losses(trial: Trial) -> dict[str, Any]:
    found = [float(trial.device.get(E)) for E in trial.first.net.run.E]
    return {"loss": sum(found), "losses": found}


def made(trial: Trial) -> dict[str, Any]:
    """Every gate and state of every timestep, the road, the ledger."""
    net, get = trial.first.net, trial.device.get
    run, norms = net.run, get(net.norms(ledger.road(net.cell)))
    names = [name for name in run.made[0] if name not in ("x", "a")]
    return {
        **{name: [get(each[name])[:, 0] for each in run.made] for name in names},
        "road": np.array([get(each)[:, 0] for each in drain(cells.road(trial.device.xp, net.cell, run))]),
        "reach": [row[: t + 1] for t, row in enumerate(norms)],
    }


# predictions


def road_gate(s: Scope) -> str:
    """The gate of the road."""
    return "z" if "Uz" in s.theta else "f"


def kept(trial: Trial) -> float:
    """The share of unit 0 that stays on the road."""
    return float(trial.device.get(trial.first.net.run.made[0][road_gate(trial.first)])[0, 0])


def most_told(trial: Trial) -> str:
    """The gate that is told most at the first timestep."""
    assert trial.view is not None
    view, family = trial.view, [name[1] for name in trial.start.params if name[0] == "b" and name not in ("by", "bm")]
    size = {q: float(np.linalg.norm(found)) for q in family if (found := view.get(f"delta_{q}[0]")) is not None}
    return max(size, key=lambda q: size[q])


def loudest(trial: Trial) -> str:
    """Whose error is the longest at the first timestep."""
    assert trial.view is not None
    lengths = first_column(trial.view)
    at = int(np.argmax(lengths))
    return "near" if at == 0 else "far" if at == len(lengths) - 1 else "between"


def left(trial: Trial) -> float:
    """What is left of unit 0 at the end of the road."""
    net = trial.first.net
    return float(trial.device.get(drain(cells.road(trial.device.xp, net.cell, net.run))[0])[0, 0])


def learns(trial: Trial) -> str:
    """Whether every letter is right after so many updates."""
    s, device = trial.first, trial.device
    run = training(s)
    state = advanced(run.advance, run.start(theta(s)), AHEAD)
    guesses = [int(device.get(each["yhat"]).argmax()) for each in run.net(AHEAD, state.data).run.made]
    return "yes" if guesses == trial.start.inputs["y"] else "no"


class Gated(DeclaredLesson):
    """Uq, Wq, bq belong to gate q; V and by to the output; states begin at *_init."""

    source = Letters(edited=False)
    sizes = (Size("H", "hidden"),)
    derived = (Derived("net", lambda s: Net(s.device, cell_of(s), theta(s), inputs(s))),)
    acts = (
        Sections("forward", lambda s, at: [s.net.forward(at)]),
        Sections("backward", lambda s, at: [s.net.backward(at)]),
        Sections("ledger", lambda s, at: [s.net.row(at, t) for t in range(s.T)]),
        Sections("road", lambda s, at: [s.net.road(at)]),
    )
    gradient = Gradient(lambda s: cells.objective(s.xp, cell_of(s), theta(s), inputs(s)))
    results = (losses, made)
    questions = (
        Question("keep", lambda s: f"forward/t=0/gate_{road_gate(s)}", "number", kept, 0.15),
        Question("most", "backward", "choice", most_told, when=lambda s: s.T > 1, until="backward/k=0"),
        Question(
            "whose", "ledger", "choice", loudest, when=lambda s: s.T > 2, until=lambda s: f"ledger/t={s.T - 1}/k=0"
        ),
        Question("left", "road/k=0", "number", left, 0.15, when=lambda s: s.T > 1, hides=hides(fields=["left"])),
        Question("learns", "update=0", "choice", learns, track="train"),
    )
    loops = ("update", "phase", "t", "k", "gate")
    grain = "gate"
    example = False
    explains = ("h", "c", "gc", "gh", "delta", "road", "yhat")
    second_views = frozenset({"ledger"})
    draws = frozenset({"text", "hidden"})
    columns = columns() | {"road", "column"}
    shown_as = GatedStage
    bias: ClassVar[tuple[str, str]] = ("forget", "bf")
    """The knob that is a gate's bias, and the bias."""

    def __init__(self, card: Card) -> None:
        super().__init__(card)
        self.rebuilds = self.draws | {"start", self.bias[0]}

    @staticmethod
    def cell(knobs: Knobs) -> Cell:
        """The kind of cell that the knobs choose."""
        raise NotImplementedError

    def drawn(self, knobs: Knobs, lengths: Lengths, draw: Rng) -> Mapping[str, Any]:
        """N(0, min(½, 1/√H)²) in the order of the parameters; biases 0, but that of the gate on the road."""
        H, cell = lengths["H"], self.cell(knobs)
        shapes = cell.shapes(H, lengths["K"])
        found = {name: draw.normal(0, min(0.5, H**-0.5), shape) for name, shape in shapes.items() if len(shape) == 2}
        found[self.bias[1]] = np.full(H, float(knobs[self.bias[0]]))
        if knobs["start"] == "random":
            found |= {f"{state}_init": draw.normal(0, 0.5, H) for state in cell.states}
        return found

    def track(self, device: Device, knobs: Knobs, begun: Start, fork: State | None = None) -> Track:
        s = Trial(self, device, knobs, begun).first
        run, weights = training(s), theta(s)
        return run.track(run.start(weights) if fork is None else run.fork(fork, weights), self.grains)

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        cell, optimiser = self.cell(knobs), OPTIMISERS[str(knobs["optimiser"])]
        return {**cells.rules(cell), **ledger.rules(cell), **descent.rules(optimiser, cell.names)}


class Lstm(Gated):
    """The lesson `lstm`."""

    holds = held(lambda knobs: LSTM, LSTM)

    @staticmethod
    def cell(knobs: Knobs) -> Cell:
        return LSTM
