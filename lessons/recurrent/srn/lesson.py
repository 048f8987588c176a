"""The lesson `srn`: the cell of `bptt` in its smallest parts, and one shared weight followed through time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.device import Array, Device
from engine.recurrent import srn_cell
from engine.recurrent.srn import Forward
from engine.recurrent.unrolled import Unrolled
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path, drain
from lessons.building.experiment import function
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.recurrent.bptt import experiment
from lessons.recurrent.bptt.lesson import Bptt
from lessons.recurrent.srn.stage import panels, says

GRAINS: Grains = {"act": 0, "update": 1, "t": 2, "phase": 3, "op": 5}


def at_state(knobs: Knobs, start: Start) -> Path:
    return (("cell", -1), ("t", 0), ("inside", -1))


def squashed(view: View) -> str:
    """Where the first state lies."""
    s = view.get("s[0]")
    assert s is not None
    return "inside" if float(np.abs(s).max()) < 1 else "outside"


def at_probabilities(knobs: Knobs, start: Start) -> Path:
    return (("cell", -1), ("t", 0), ("output", -1))


def total(view: View) -> float:
    """The sum of the probabilities."""
    yhat = view.get("yhat[0]")
    assert yhat is not None
    return float(yhat.sum())


def at_last_move(knobs: Knobs, start: Start) -> Path:
    return (("shared", -1), ("t", len(start.inputs["x"]) - 1))


def how_many(view: View) -> float:
    """How many states the one weight has moved."""
    steps = len(view.start.inputs["x"])
    moves = [view.get(f"move[{t}]") for t in range(steps)]
    return float(sum(move is not None and bool(np.abs(move).max() > 0) for move in moves))


class Srn(Bptt):
    """See `contract.lesson.Lesson`. Weights and texts are those of `bptt`, and so are all numbers."""

    grains = GRAINS
    grain = "op"
    asks = (
        Ask("squashed", at_state, "choice", squashed),
        Ask("total", at_probabilities, "number", total, tolerance=0.0, within=1e-6),
        Ask("moved", at_last_move, "number", how_many, tolerance=0.0),
    )
    explains = ("s", "yhat", "move")
    columns = Bptt.columns | {"in_", "rec", "raised", "move", "top", "Z", "dw"}

    def settled(self, knobs: Knobs, given: Any) -> dict[str, Value]:
        for name in ("row", "column"):
            if int(knobs[name]) >= int(knobs["hidden"]):
                raise Refused("weight_missing", knob=name, value=knobs[name], most=int(knobs["hidden"]) - 1)
        return dict(knobs)

    def net(self, device: Device, knobs: Knobs, start: Start) -> Unrolled:
        return experiment.unrolled(device, {**knobs, "window": len(start.inputs["x"])}, start)

    def pick(self, device: Device, knobs: Knobs) -> Array:
        """(H, H): 1 at the weight that is followed."""
        host = np.zeros((int(knobs["hidden"]),) * 2)
        host[int(knobs["row"]), int(knobs["column"])] = 1
        return device.put(host)

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        xp, net, pick = device.xp, self.net(device, knobs, start), self.pick(device, knobs)
        T = net.steps
        run: Forward = drain(srn_cell.forward(xp, net.f, net.theta, net.inputs))
        given = {**net.theta._asdict(), "s_init": net.inputs.s_init, "pick": pick}

        def at(values: Any) -> Any:
            return lambda t: values[t] if 0 <= t < T else None

        sides = {"x": at(net.inputs.x), "y": at(net.inputs.y)}
        ran = {**sides, "s": at(run.s), "yhat": at(run.yhat), "E": at(run.E)}
        cell: Path = (("cell", -1),)
        shared: Path = (("shared", -1),)
        return Reel(
            [
                Section(
                    cell,
                    lambda: srn_cell.forward(xp, net.f, net.theta, net.inputs, cell),
                    lambda: Env(given, sides),
                    srn_cell.STEPS * T,
                ),
                Section(
                    shared,
                    lambda: srn_cell.moved(xp, net.f, net.theta, net.inputs, run, pick, shared),
                    lambda: Env(given, ran),
                    3 * T,
                ),
            ],
            GRAINS,
        )

    def track(self, device: Device, knobs: Knobs, start: Start, fork: Any = None) -> None:
        return None

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return srn_cell.rules(function(knobs))

    def panels(self, view: View, text: Text) -> Stage:
        return panels(view, text, self.rule(view.knobs))

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return says(view, text)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        """The forward pass, the gradient, and what the one weight does."""
        net, get = self.net(device, knobs, start), device.get
        run = drain(srn_cell.forward(device.xp, net.f, net.theta, net.inputs))
        moves, dw = drain(srn_cell.moved(device.xp, net.f, net.theta, net.inputs, run, self.pick(device, knobs)))
        losses = [float(get(E)) for E in run.E]
        return {
            "losses": losses,
            "loss": sum(losses),
            "grad": {p: get(g)[:, 0] if p in "bc" else get(g) for p, g in net.ledger.grad._asdict().items()},
            "s": [get(s)[:, 0] for s in run.s],
            "yhat": [get(yhat)[:, 0] for yhat in run.yhat],
            "moves": [get(move)[:, 0] for move in moves],
            "dw": float(get(dw)),
        }
