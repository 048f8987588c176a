"""The predictions of `mlp` and of the playground: where each is asked, and how its truth is read from the run."""

from __future__ import annotations

import numpy as np

from engine.device import HOST
from engine.feedforward import mlp
from engine.walks.history import History
from engine.walks.step import drain
from lessons.building.acts import Scope, Trial
from lessons.building.asks import Question
from lessons.building.defaults import learned, on_device
from lessons.contract.view import Knobs, Start, hides
from lessons.feedforward.mlp import experiment as exp

SOON = 1000
"""Updates that a prediction looks ahead."""


def sign(trial: Trial) -> str:
    """The sign of the error at the output: an answer too large, or too small."""
    delta = trial.number(f"delta{len(exp.sizes(trial.knobs)) - 1}")
    return "plus" if delta > 0 else "minus" if delta < 0 else "zero"


def is_silent(s: Scope) -> bool:
    """Whether one of the inputs is 0, and nothing but the error moves the weights."""
    return not exp.one(s.knobs, s.trial.start).x.all() and not (float(s.knobs["l1"]) or float(s.knobs["l2"]))


def from_silence(trial: Trial) -> str:
    """The gradient of the weights that read an input of 0."""
    x, dW1 = (trial.device.get(trial.value(name)) for name in ("x", "dW1"))
    columns = dW1[:, x[:, 0] == 0]
    return "zero" if not columns.any() else "all" if columns.all() else "some"


def falls(trial: Trial) -> str:
    """Whether one step makes E smaller."""
    before, after = trial.number("forward/E"), trial.number("step/E")
    return "falls" if after < before else "stays" if after == before else "rises"


def has_classes(s: Scope) -> bool:
    return bool(s.trial.start.inputs["classes"])


def is_tested(s: Scope) -> bool:
    """Whether a loss of ½ is that of answering 0, and there are points to test it on."""
    return has_classes(s) and s.knobs["loss"] == "squared" and bool(s.trial.start.inputs["x_test"])


def ahead(trial: Trial, knobs: Knobs, start: Start) -> tuple[float, float, float]:
    """After `SOON` updates: the share of right answers on the training examples, and both losses."""
    track = trial.lesson.track(HOST, knobs, start)
    assert track is not None
    state = History(track).grow(SOON)
    then = learned(start, state, HOST)
    x, y = exp.examples(knobs, then)
    run = drain(mlp.forward(HOST.xp, exp.net_of(knobs), on_device(HOST, then.params), x, y))
    train, test = (float(track.also[i](state)) for i in (0, 1))
    return exp.right(knobs, run.h[-1], y), train, test


def solves(trial: Trial) -> str:
    """Whether all examples are right by then."""
    return "yes" if ahead(trial, trial.knobs, trial.start)[0] == 1.0 else "no"


def one_unit(trial: Trial) -> str:
    """Whether a net with a single hidden unit has 95 % right by then."""
    knobs, inputs = {**trial.knobs, "layers": "1"}, trial.start.inputs
    start = Start(exp.weights(knobs, int(inputs["order_seed"]), np.array(inputs["x"])), inputs)
    return "yes" if ahead(trial, knobs, start)[0] >= 0.95 else "no"


def under(trial: Trial) -> str:
    """Whether the test loss is under .05 by then."""
    return "yes" if ahead(trial, trial.knobs, trial.start)[2] < 0.05 else "no"


SIGN = Question(
    "sign", lambda s: f"backward/layer={len(exp.sizes(s.knobs)) - 1}", "choice", sign, hides=hides(panels=["law"])
)
FALLS = Question("falls", "step/after", "choice", falls)
GATE = (
    SIGN,
    Question("silent", "backward/layer=1", "choice", from_silence, when=is_silent),
    FALLS,
    Question("solves", "update=0", "choice", solves, track="train", when=lambda s: s.knobs["data"] == "gate"),
)
PLAY = (
    SIGN,
    FALLS,
    Question("fence", "update=0", "choice", one_unit, track="train", when=has_classes),
    Question("under", "update=0", "choice", under, track="train", when=is_tested),
)
