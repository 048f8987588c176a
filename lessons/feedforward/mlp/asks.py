"""The predictions of `mlp` and of the playground: where each is asked, and how its truth is read from the run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.device import HOST
from engine.feedforward import mlp
from engine.walks.history import History
from engine.walks.step import Path, drain
from lessons.building.experiment import learned
from lessons.contract.knobs import Value
from lessons.contract.lesson import Ask
from lessons.contract.view import Knobs, Start, View
from lessons.feedforward.mlp import experiment as exp

SOON = 1000
"""Updates that a prediction looks ahead."""


def at_error(knobs: Knobs, start: Start) -> Path:
    return (("backward", -1), ("layer", len(exp.sizes(knobs)) - 1))


def sign(view: View) -> str:
    """The sign of the error at the output: said too much, or too little."""
    delta = view.get(f"delta{len(exp.sizes(view.knobs)) - 1}")
    assert delta is not None
    return "plus" if delta[0] > 0 else "minus" if delta[0] < 0 else "zero"


def at_first_weights(knobs: Knobs, start: Start) -> Path | None:
    """Only where one of the inputs is 0, and nothing but the error teaches."""
    silent = not exp.one(knobs, start).x.all() and not (float(knobs["l1"]) or float(knobs["l2"]))
    return (("backward", -1), ("layer", 1)) if silent else None


def from_silence(view: View) -> str:
    """The gradient of the weights that read an input of 0."""
    x, dW1 = view.get("x"), view.get("dW1")
    assert x is not None
    assert dW1 is not None
    columns = dW1[:, x == 0]
    return "zero" if not columns.any() else "all" if columns.all() else "some"


def at_after(knobs: Knobs, start: Start) -> Path:
    return (("step", -1), ("after", -1))


def falls(view: View) -> str:
    """Whether one step makes E smaller."""
    before, after = exp.loss_of_one(view.knobs, view.start), view.get("E")
    assert after is not None
    return "falls" if after < before else "stays" if after == before else "rises"


def at_training(knobs: Knobs, start: Start) -> Path | None:
    """Only where there are classes to be right about."""
    return (("update", 0),) if start.inputs["classes"] else None


def at_gate(knobs: Knobs, start: Start) -> Path | None:
    """Only for XOR's four points, which the answer is about."""
    return (("update", 0),) if knobs["data"] == "gate" else None


def at_test(knobs: Knobs, start: Start) -> Path | None:
    """Only where a loss of ½ is that of saying nothing, and there are points to test it on."""
    tested = knobs["loss"] == "squared" and bool(start.inputs["x_test"])
    return at_training(knobs, start) if tested else None


def ahead(view: View, knobs: Mapping[str, Value], start: Start) -> tuple[float, float, float]:
    """After `SOON` updates: the share of right answers on what teaches, and both losses."""
    track = exp.training(HOST, knobs, start, None)
    state = History(track).grow(SOON)
    then = learned(start, state, HOST)
    x, y = exp.examples(knobs, then)
    run = drain(mlp.forward(HOST.xp, exp.net_of(knobs), exp.theta_of(HOST, then), x, y))
    train, test = (float(track.also[i](state)) for i in (0, 1))
    return exp.right(knobs, run.h[-1], y), train, test


def solves(view: View) -> str:
    """Whether all examples are right by then."""
    return "yes" if ahead(view, view.knobs, view.start)[0] == 1.0 else "no"


def one_unit(view: View) -> str:
    """Whether a net with a single hidden unit has 95 % right by then."""
    knobs = {**view.knobs, "layers": "1"}
    x = np.array(view.start.inputs["x"])
    start = Start(exp.weights(knobs, int(view.start.inputs["order_seed"]), x), view.start.inputs)
    return "yes" if ahead(view, knobs, start)[0] >= 0.95 else "no"


def under(view: View) -> str:
    """Whether the test loss is under .05 by then."""
    return "yes" if ahead(view, view.knobs, view.start)[2] < 0.05 else "no"


SIGN = Ask("sign", at_error, "choice", sign)
FALLS = Ask("falls", at_after, "choice", falls)
GATE_ASKS = (
    SIGN,
    Ask("silent", at_first_weights, "choice", from_silence),
    FALLS,
    Ask("solves", at_gate, "choice", solves, track="train"),
)
PLAY_ASKS = (
    SIGN,
    FALLS,
    Ask("fence", at_training, "choice", one_unit, track="train"),
    Ask("under", at_test, "choice", under, track="train"),
)
