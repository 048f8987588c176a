"""The lesson `srn`: the cell of `bptt` in its smallest parts, and one shared weight followed through time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.device import Array
from engine.recurrent import srn_cell
from lessons.building.acts import Act, Derived, Scope, Trial
from lessons.building.asks import Question
from lessons.building.defaults import function
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs
from lessons.recurrent.simple_net import SrnLesson, losses, net
from lessons.recurrent.srn.stage import SrnStage


def unit(s: Scope) -> Array:
    """(H, H): 1 at the weight that is followed."""
    host = np.zeros((s.H, s.H))
    host[int(s.knobs["row"]), int(s.knobs["column"])] = 1
    return s.device.put(host)


def computed(trial: Trial) -> dict[str, Any]:
    """States and probabilities of every timestep, and what the one weight does."""
    run, (moves, dw) = trial.first.left("cell"), trial.first.left("shared")
    vectors = {"s": run.s, "yhat": run.yhat, "moves": moves}
    columns = {name: [trial.device.get(value)[:, 0] for value in values] for name, values in vectors.items()}
    return {**columns, "dw": float(trial.device.get(dw))}


def squashed(trial: Trial) -> str:
    """Where the first state lies."""
    return "inside" if float(np.abs(trial.device.get(trial.value("s[0]"))).max()) < 1 else "outside"


def how_many(trial: Trial) -> float:
    """How many states the one weight moves."""
    moves, _ = trial.first.left("shared")
    return float(sum(bool(np.abs(trial.device.get(move)).max() > 0) for move in moves))


class Srn(SrnLesson):
    """Weights and texts are those of `bptt`, and so are all numbers."""

    derived = (Derived("net", net), Derived("unit", unit))
    acts = (
        Act(
            "cell",
            lambda s, at: srn_cell.forward(s.xp, s.f, s.net.theta, s.net.inputs, at),
            length=lambda s: srn_cell.STEPS * s.T,
        ),
        Act(
            "shared",
            lambda s, at: srn_cell.moved(s.xp, s.f, s.net.theta, s.net.inputs, s.left("cell"), s.unit, at),
            length=lambda s: 3 * s.T,
        ),
    )
    results = (losses, computed)
    questions = (
        Question("squashed", "cell/t=0/inside", "choice", squashed),
        Question("total", "cell/t=0/output", "number", lambda trial: math.e, 0.05),
        Question("moved", "shared", "number", how_many, 0.0),
    )
    loops = ("update", "t", "phase", ())
    grain = "op"
    explains = ("s", "yhat", "move")
    columns = SrnLesson.columns | {"in_", "rec", "r", "move", "m", "Z", "dw"}
    shown_as = SrnStage

    def settled(self, knobs: Knobs, given: Any) -> dict[str, Value]:
        for name in ("row", "column"):
            if int(knobs[name]) >= int(knobs["hidden"]):
                raise Refused("weight_missing", knob=name, value=knobs[name], most=int(knobs["hidden"]) - 1)
        return dict(knobs)

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return srn_cell.rules(function(knobs))
