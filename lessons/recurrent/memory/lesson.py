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
from engine.walks.history import State, Track
from engine.walks.reel import Grains, Reel
from engine.walks.step import Path, drain
from lessons.building.experiment import Experiment
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.recurrent.memory import race
from lessons.recurrent.memory.stage import panels, says

GRAINS: Grains = {"act": 0, "update": 1, "phase": 2, "t": 3, "k": 3, "op": 5}
AHEAD = 300
"""Updates that a prediction looks ahead."""
NUDGE = 5e-7
"""How far a weight is moved to check its gradient: the loss at the end of forty timesteps bends sharply."""


def at_backward(knobs: Knobs, start: Start) -> Path:
    return (("reach", -1), ("k", 0))


def arrives(view: View) -> str:
    """How much of the gradient at the end is left at the bit."""
    found = view.get("reach[0]")
    assert found is not None
    share = float(found.reshape(-1)[0])
    return "much" if share > 0.1 else "little" if share > 1e-6 else "none"


def at_road(knobs: Knobs, start: Start) -> Path | None:
    """Where an LSTM forgets the first time: its state before was zero, but the bit has been read."""
    return (("forward", -1), ("t", 1), ("gate_f", -1)) if "bf" in start.params else None


def keeps(view: View) -> float:
    """What the gates f of unit 0 leave of the road, from the bit to the end."""
    net = Memory.net_of(view.device, view.knobs, view.start)
    return float(np.prod([float(view.device.get(made["f"])[0, 0]) for made in net.run.made[1:]]))


def at_training(knobs: Knobs, start: Start) -> Path:
    return (("update", 0),)


def learns(view: View, **given: Any) -> bool:
    """Whether a model has solved the task with its first seed after so many updates."""
    knobs = {**view.knobs, **given}
    school = race.school(HOST, knobs, int(view.start.inputs["seed"]))
    state = school.start(race.columns(HOST, race.drawn(knobs, int(view.start.inputs["seed"]))), race.Reading())
    for _ in range(AHEAD):
        state = school.advance(state)
    return bool(state.data.reading.solved)


def who(view: View) -> str:
    """Which of two gated cells solves the task."""
    lstm, gru = learns(view, model="lstm"), learns(view, model="gru")
    return "both" if lstm and gru else "lstm" if lstm else "gru" if gru else "none"


class Memory(Experiment):
    """See `contract.lesson.Lesson`. x is ±1 at first, then noise; the answer is asked after the last timestep."""

    grains = GRAINS
    grain = "t"
    example = False
    asks = (
        Ask("road", at_road, "number", keeps, tolerance=0.3),
        Ask("arrives", at_backward, "choice", arrives),
        Ask("who", at_training, "choice", who, track="train"),
    )
    explains = ("reach", "h", "c", "gc", "gh", "delta", "yhat")
    draws = frozenset({"model", "length", "hidden", "noise"})
    rebuilds = draws | {"forget"}
    given = frozenset({"x"})
    optional = frozenset({"by", "bm", "bh"})
    columns = frozenset(
        {"x", "y", "h", "c", "m", "a", "yhat", "e", "gh", "gc", "h_init", "c_init", "by", "bm", "dby", "dbm", "reach"}
        | {f"{p}{q}" for q in "ifogzrnh" for p in ("", "z", "delta_", "b", "db")}
        | {f"{slot}_{b}" for slot in "Gmv" for b in ("by", "bm", *(f"b{q}" for q in "ifogzrnh"))}
    )

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        """Weights, and the first example of the first batch."""
        window = race.source(knobs, seed or 0).window(0)
        x = [float(value) for value in window.x[:, 0, 0]]
        return Start(race.drawn(knobs, seed or 0), {"x": x, "bit": int(window.y[0]), "seed": seed or 0})

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        return race.CELLS[str(knobs["model"])].shapes(int(knobs["hidden"]), 2, 1)

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        own = self.start(knobs, 0).inputs
        bit, seed = given.get("bit", own["bit"]), given.get("seed", 0)
        try:
            x = np.array(given.get("x", own["x"]), dtype=float)
        except (TypeError, ValueError, OverflowError):
            x = np.zeros(0)
        if x.ndim != 1 or not 3 <= len(x) <= 200 or not np.isfinite(x).all() or bit not in (0, 1):
            raise Refused("inputs_latch", file=file)
        whole = isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0
        return {"x": x.tolist(), "bit": int(bit), "seed": seed if whole else 0}

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        rows = params.get("V")
        if not isinstance(rows, list) or not rows or not isinstance(rows[0], list) or not 1 <= len(rows[0]) <= 32:
            raise Refused("shape_text", file=file, symbol="V", wanted="(2, hidden 1–32)")
        model = "lstm" if "Wf" in params else "gru" if "Wz" in params else str(knobs["model"])
        if "Wh" in params and model not in ("srn", "relu"):
            model = "srn"
        return {**knobs, "model": model, "hidden": len(rows[0]), "length": len(inputs["x"])}

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        family, _, rest = symbol.partition("[")
        return ("x", (int(rest[:-1]),)) if family == "x" and rest else (symbol, index)

    def edit(self, start: Start, symbol: str, index: tuple[int, ...], raw: str) -> Start:
        """One entry put in by hand; the sign of the first input is the bit that is asked for."""
        found = super().edit(start, symbol, index, raw)
        first = float(found.inputs["x"][0])
        turned = self.home(symbol, index) == ("x", (0,)) and first != 0
        return Start(found.params, {**found.inputs, "bit": int(first > 0)}) if turned else found

    def editable(self, symbol: str) -> bool:
        family, _, rest = symbol.partition("[")
        return family == "x" or (not rest and any(symbol in cell.names for cell in race.CELLS.values()))

    @staticmethod
    def net_of(device: Device, knobs: Knobs, start: Start) -> Net:
        """The net on the one sequence."""
        cell = race.CELLS[str(knobs["model"])]
        x = np.array(start.inputs["x"], dtype=float)[:, None, None]
        H = start.params["V"].shape[1]
        zero = {name: device.put(np.zeros((H, 1))) for name in cell.carry}
        window = Window(x, np.array([start.inputs["bit"]]), True)
        inputs = walked(device, Latch(len(x), 1, 0.0, 0), window, zero)
        return Net(device, cell, race.columns(device, start.params), inputs)

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        net, last = self.net_of(device, knobs, start), (("reach", -1),)
        return Reel([net.forward((("forward", -1),)), net.backward((("backward", -1),)), net.reach(last)], GRAINS)

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track | None:
        return race.race(device, knobs, start, fork, GRAINS)

    def rivals(self, knobs: Knobs, start: Start) -> Sequence[tuple[str, Knobs, Start]]:
        seed = int(start.inputs["seed"])
        return [(said, other, Start(race.drawn(other, seed), {**start.inputs})) for said, other in race.rivals(knobs)]

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        cell = race.CELLS[str(knobs["model"])]
        return {
            **cells.rules(cell, mean=True),
            **descent.rules(OPTIMISERS[str(knobs["optimiser"])], cell.names),
            **reach.rules(cell, int(knobs["length"])),
        }

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        net = self.net_of(device, knobs, start)
        return cells.objective(device.xp, net.cell, net.theta, net.inputs)._replace(h=NUDGE)

    def panels(self, view: View, text: Text) -> Stage:
        return panels(view, text, self.rule(view.knobs))

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return says(view, text)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        """The loss of the one sequence, its gradient, the states, and how much of the gradient arrives where."""
        net, get = self.net_of(device, knobs, start), device.get
        shapes = self.shapes(knobs, start.inputs)
        shares = drain(reach.reach(device.xp, net.on_road))
        return {
            "loss": float(get(net.run.E[-1])),
            "grad": {p: get(g) if len(shapes[p]) == 2 else get(g)[:, 0] for p, g in net.grad.items()},
            **{name: [get(made[name])[:, 0] for made in net.run.made] for name in net.cell.states},
            "yhat": get(net.run.made[-1]["yhat"])[:, 0],
            "reach": [float(get(each)) for each in shares],
        }
