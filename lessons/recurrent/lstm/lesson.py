"""The lesson `lstm`, and what `gru` shares with it: the experiment and the predictions of a gated cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from engine.device import Array, Device, HostArray, rng
from engine.gated import cell as cells
from engine.gated import ledger
from engine.gated.cell import Cell, Inputs
from engine.gated.lstm import LSTM
from engine.gated.net import Net
from engine.gated.run.training import SequenceRun
from engine.maths.optimisers import OPTIMISERS
from engine.walks import descent
from engine.walks.gradient_check import Objective
from engine.walks.history import State, Track
from engine.walks.reel import Grains, Reel
from engine.walks.step import Path, drain
from engine.walks.training import Recipe
from lessons.building.experiment import Experiment, column
from lessons.contract.card import Card
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.recurrent.bptt.experiment import inputs_of, one_hot, restored_inputs
from lessons.recurrent.lstm import stage
from lessons.recurrent.lstm.ledger import panels as in_ledger

GRAINS: Grains = {"act": 0, "update": 1, "phase": 2, "t": 3, "k": 4, "gate": 5, "op": 6}
AHEAD = 200
"""Updates that a prediction looks ahead."""


def steps(start: Start) -> int:
    return len(start.inputs["x"])


def at_keep(knobs: Knobs, start: Start) -> Path | None:
    """Where the gate of the road is made the second time."""
    gate = "gate_z" if "Wz" in start.params else "gate_f"
    return (("forward", -1), ("t", 1), (gate, -1)) if steps(start) > 1 else None


def kept(view: View) -> float:
    """The share of unit 0 that stays on the road."""
    found = view.get("z[1]" if "Wz" in view.start.params else "f[1]")
    assert found is not None
    return float(found.reshape(-1)[0])


def at_first(knobs: Knobs, start: Start) -> Path | None:
    return (("backward", -1), ("k", 0)) if steps(start) > 1 else None


def most_told(view: View) -> str:
    """The gate that is told most at the first timestep."""
    family = [name[-1] for name in view.start.params if name[0] == "b" and name not in ("by", "bm")]
    size = {q: float(np.linalg.norm(found)) for q in family if (found := view.get(f"delta_{q}[0]")) is not None}
    return max(size, key=lambda q: size[q])


def at_column(knobs: Knobs, start: Start) -> Path | None:
    last = steps(start) - 1
    return (("ledger", -1), ("t", last), ("k", 0)) if last > 1 else None


def loudest(view: View) -> str:
    """Whose error is the longest at the first timestep."""
    lengths = stage.first_column(view)
    at = int(np.argmax(lengths))
    return "near" if at == 0 else "far" if at == len(lengths) - 1 else "between"


def at_road(knobs: Knobs, start: Start) -> Path | None:
    return (("road", -1), ("k", 0)) if steps(start) > 1 else None


def left(view: View) -> float:
    """What is left of unit 0 at the end of the road."""
    found = view.get("road[0]")
    assert found is not None
    return float(found.reshape(-1)[0])


def at_training(knobs: Knobs, start: Start) -> Path:
    return (("update", 0),)


class Gated(Experiment):
    """See `contract.lesson.Lesson`. Wq, Uq, bq belong to gate q; V and by to the output; states begin at *_init."""

    grains = GRAINS
    grain = "gate"
    example = False
    explains = ("h", "c", "gc", "gh", "delta", "road", "yhat")
    draws = frozenset({"text", "hidden"})
    first: ClassVar[str] = "forget"
    """The knob that is a gate's bias."""

    def __init__(self, card: Card) -> None:
        super().__init__(card)
        self.asks = (
            Ask("keep", at_keep, "number", kept, tolerance=0.15),
            Ask("most", at_first, "choice", most_told),
            Ask("whose", at_column, "choice", loudest),
            Ask("left", at_road, "number", left, tolerance=0.15),
            Ask("learns", at_training, "choice", self.learns, track="train"),
        )
        self.rebuilds = self.draws | {"start", self.first}
        gates = "ifogzrn"
        self.columns = frozenset(
            {
                "x",
                "y",
                "h",
                "c",
                "m",
                "a",
                "yhat",
                "e",
                "gh",
                "gc",
                "road",
                "column",
                "h_init",
                "c_init",
                "by",
                "bm",
                "dby",
                "dbm",
            }
            | {f"{p}{q}" for q in gates for p in ("", "z", "delta_", "b", "db")}
            | {f"{slot}_{b}" for slot in "Gmv" for b in ("by", "bm", *(f"b{q}" for q in gates))}
        )

    def cell(self, knobs: Knobs) -> Cell:
        """The kind of cell that the knobs choose."""
        raise NotImplementedError

    def biased(self, knobs: Knobs) -> str:
        """The bias that the knob `first` sets."""
        raise NotImplementedError

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        """N(0, min(½, 1/√H)²) in the order of the parameters; biases 0, but that of the gate on the road."""
        inputs = inputs_of(str(knobs["text"]))
        H, K = int(knobs["hidden"]), len(inputs["vocabulary"])
        draw, scale, cell = rng(seed or 0), min(0.5, H**-0.5), self.cell(knobs)
        params: dict[str, HostArray] = {
            name: draw.normal(0, scale, shape) if len(shape) == 2 else np.zeros(shape)
            for name, shape in cell.shapes(H, K).items()
        }
        params[self.biased(knobs)] = np.full(H, float(knobs[self.first]))
        for state in cell.states:
            params[f"{state}_init"] = draw.normal(0, 0.5, H) if knobs["start"] == "random" else np.zeros(H)
        return Start(params, inputs)

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        cell, H = self.cell(knobs), int(knobs["hidden"])
        return {**cell.shapes(H, len(inputs["vocabulary"])), **{f"{state}_init": (H,) for state in cell.states}}

    @property
    def optional(self) -> frozenset[str]:  # type: ignore[override]
        return frozenset({"h_init", "c_init", "by", "bm"})

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        return restored_inputs(file, given, str(knobs["text"]))

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        rows = params.get("V")
        K = len(inputs["vocabulary"])
        if not isinstance(rows, list) or not rows or not isinstance(rows[0], list) or not 1 <= len(rows[0]) <= 32:
            raise Refused("shape_text", file=file, symbol="V", wanted=f"({K}, hidden 1–32)")
        return {**knobs, "text": inputs["text"], "hidden": len(rows[0])}

    def weights(self, start: Start) -> tuple[str, ...]:
        return tuple(name for name in start.params if not name.endswith("_init"))

    def sequence(self, device: Device, start: Start) -> Inputs:
        """The inputs on the device, one-hot."""
        size = len(start.inputs["vocabulary"])
        letters = [one_hot(device, code, size) for code in range(size)]
        x, y = ([letters[code] for code in start.inputs[name]] for name in "xy")
        states = {name[0]: column(device, value) for name, value in start.params.items() if name.endswith("_init")}
        return Inputs(x, y, states)

    def theta(self, device: Device, start: Start) -> dict[str, Array]:
        """The parameters on the device; vectors as columns."""
        return {name: column(device, start.params[name]) for name in self.weights(start)}

    def net(self, device: Device, knobs: Knobs, start: Start) -> Net:
        return Net(device, self.cell(knobs), self.theta(device, start), self.sequence(device, start))

    def recipe(self, knobs: Knobs) -> Recipe:
        return Recipe(OPTIMISERS[str(knobs["optimiser"])], float(knobs["rate"]), float(knobs["clip"]))

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        net = self.net(device, knobs, start)
        rows = [net.row((("ledger", -1),), t) for t in range(net.T)]
        return Reel(
            [net.forward((("forward", -1),)), net.backward((("backward", -1),)), *rows, net.road((("road", -1),))],
            GRAINS,
        )

    def track(self, device: Device, knobs: Knobs, begun: Start, fork: State | None = None) -> Track | None:
        run, theta = self.run(device, knobs, begun), self.theta(device, begun)
        return run.track(run.start(theta) if fork is None else run.fork(fork, theta), GRAINS)

    def run(self, device: Device, knobs: Knobs, begun: Start) -> SequenceRun[None]:
        """The net in training on the text."""
        return SequenceRun(device, self.cell(knobs), self.recipe(knobs), self.sequence(device, begun))

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        cell = self.cell(knobs)
        return {
            **cells.rules(cell),
            **ledger.rules(cell),
            **descent.rules(OPTIMISERS[str(knobs["optimiser"])], cell.names),
        }

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        return cells.objective(device.xp, self.cell(knobs), self.theta(device, start), self.sequence(device, start))

    def learns(self, view: View) -> str:
        """Whether every letter is right after so many updates."""
        run = self.run(view.device, view.knobs, view.start)
        state = run.start(self.theta(view.device, view.start))
        for _ in range(AHEAD):
            state = run.advance(state)
        guesses = [int(view.device.get(made["yhat"]).argmax()) for made in run.net(AHEAD, state.data).run.made]
        return "yes" if guesses == view.start.inputs["y"] else "no"

    def panels(self, view: View, text: Text) -> Stage:
        made = stage.panels if view.act != "ledger" else in_ledger
        return made(view, text, self.rule(view.knobs), self.cell(view.knobs))

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return stage.says(view, text)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        """Losses, the gradient before any clipping, every gate and state of every timestep, the road, the ledger."""
        net, get = self.net(device, knobs, start), device.get
        run = net.run
        losses = [float(get(E)) for E in run.E]
        grad = {
            p: get(g) if len(self.shapes(knobs, start.inputs)[p]) == 2 else get(g)[:, 0] for p, g in net.grad.items()
        }
        names = [name for name in run.made[0] if name not in ("x", "a")]
        product = np.array([get(each)[:, 0] for each in drain(cells.road(device.xp, net.cell, run))])
        return {
            "losses": losses,
            "loss": sum(losses),
            "grad": grad,
            **{name: [get(made[name])[:, 0] for made in run.made] for name in names},
            "road": product,
            "reach": [row[: t + 1] for t, row in enumerate(get(net.norms(ledger.road(net.cell))))],
        }


class Lstm(Gated):
    """The lesson `lstm`."""

    def cell(self, knobs: Knobs) -> Cell:
        return LSTM

    def biased(self, knobs: Knobs) -> str:
        return "bf"
