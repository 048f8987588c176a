"""The lesson `convolution`: one filter over one picture, forward and back; then a net that is trained beside an MLP."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from engine.device import Array, Device
from engine.images import cnn, convolution, pooling
from engine.images.cnn import Cnn
from engine.images.one_filter import OneFilter
from engine.maths.optimisers import OPTIMISERS
from engine.walks import descent
from engine.walks.gradient_check import Objective
from engine.walks.history import State, Track
from engine.walks.step import drain
from lessons.building.acts import Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.defaults import on_device
from lessons.building.holds import Input, Net, Whole
from lessons.contract.knobs import Value
from lessons.contract.view import Knobs, Start, View
from lessons.data.pictures.digits import CLASSES, FRAME, one_hot
from lessons.history.convolution import NETS
from lessons.history.convolution import experiment as exp
from lessons.history.convolution.stage import ConvolutionStage

NAMES = ("K1", "b1", "K2", "b2", "W3", "b3")
BIASES = frozenset({"b1", "b2", "b3"})
APART = 0.03
"""Shares of wrong answers that differ by less are about the same: 24 of the 797 test pictures."""


# what the walks read


def net(s: Scope) -> Cnn:
    return exp.net_of(s.knobs)


def column(s: Scope) -> tuple[Array, Array]:
    """The picture as a column, and its class."""
    return s.xp.reshape(s.x, (-1, 1)), s.device.put(one_hot(np.array([s.trial.start.inputs["label"]])))


def one(s: Scope) -> OneFilter:
    """The chosen filter on the picture."""
    return OneFilter(s.xp, net(s), s.theta, s.x, column(s)[1], int(s.knobs["filter"]))


def objective(s: Scope) -> Objective:
    """E of the one picture."""
    return cnn.objective(s.xp, net(s), s.theta, *column(s))


@lru_cache(maxsize=16)
def rules(made: Cnn, optimiser: str) -> Mapping[str, str]:
    """The rules of all acts and of an opened update."""
    first = made.convolutions[0]
    assert first.pool is not None
    whole = "net[f,i,j] = b[f] + sum(K[f,1] * patch[1,i,j])"  # explains a place of an earlier row
    return {
        "whole": whole,
        **convolution.rules(first.slide, made.unit), **pooling.rules(first.pool),
        **cnn.rules(made), **descent.rules(OPTIMISERS[optimiser], NAMES),
    }  # fmt: skip


# results and predictions


def outcome(trial: Trial) -> dict[str, Any]:
    """What the net holds likely for the picture, and E; the chosen filter's map, and what the pool keeps of it."""
    s, get = trial.first, trial.device.get
    run = drain(cnn.forward(s.xp, net(s), s.theta, *column(s)))
    chances, (nets, outs) = get(run.made["h3"])[:, 0], s.one.maps
    return {
        "E": float(get(run.E)), "probabilities": chances, "answer": int(chances.argmax()),
        "label": trial.start.inputs["label"], "net": get(nets[0]), "map": get(outs[0]), "pooled": get(s.one.kept.p[0]),
    }  # fmt: skip


def twice_as_wide(trial: Trial) -> str:
    """How the weights of the first layer grow with the width of the picture."""
    made = exp.net_of(trial.knobs)
    wide = made._replace(picture=(1, FRAME, 2 * FRAME))
    counts = [int(np.prod(cnn.shapes(each)["K1"])) for each in (made, wide)]
    return {1: "same", 2: "twice"}.get(counts[1] // counts[0], "more")


def into_one(trial: Trial) -> str:
    """Where the error of a square goes."""
    return "winner" if trial.first.one.pool.kind == "max" else "shares"


def better(trial: Trial) -> str:
    """Who has fewer wrong answers on moved pictures after so many updates."""
    pair, _, _ = exp.ahead(trial.knobs, trial.start)
    apart = pair.missed[0] - pair.cnn.reading.wrong[0]
    return "cnn" if apart > APART else "mlp" if apart < -APART else "alike"


def which_shift(trial: Trial) -> str:
    """Which shift costs more right answers after so many updates."""
    _, one_pixel, two_pixels = exp.ahead(trial.knobs, trial.start)
    apart = one_pixel - two_pixels
    return "one" if apart > APART else "two" if apart < -APART else "alike"


class Convolution(DeclaredLesson):
    """Filters count from 1, in arrays places count from 0. The first acts are about one filter and one picture."""

    source = Whole("inputs_picture", label=CLASSES - 1, seed=np.inf)
    holds = (
        Net("K1", (), shapes=exp.shapes, names=frozenset(NAMES), vectors=BIASES, lacking=BIASES),
        Input("x", (FRAME, FRAME)),
    )
    derived = (Derived("one", one),)
    acts = (
        Sections("slide", lambda s, at: s.one.sliding(at)),
        Sections("pool", lambda s, at: s.one.pooled(at)),
        Sections("back", lambda s, at: s.one.back(at)),
    )
    gradient = Gradient(objective)
    results = (outcome,)
    questions = (
        Question("wide", "slide/i=0/j=1", "choice", twice_as_wide),
        Question("share", "back/unpool", "choice", into_one, when=lambda s: s.one.pool.side > 1),
        Question("moved", "update=0", "choice", better, track="train"),
        Question("shift", "update=0", "choice", which_shift, track="train", when=lambda s: s.knobs["net"] == "pooled"),
    )
    loops = ("update", "phase", ("layer", "f"), ("i", "m"), ("j", "n"), ("c", "a"), ("g", "u", "b"), "v")
    grain = "j"
    explains = ("p", "net", "by_K", "by_x", "h", "delta", "E")
    from_zero, ordinals = frozenset("ijmnabuv"), frozenset({"won", "place"})
    example = False
    rebuilds = frozenset({"net", "example", "picture", "label"})
    draws = frozenset({"net"})
    shown_as = ConvolutionStage

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        return exp.begin(knobs, seed or 0)

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        """The net is the one that has such weights."""
        given = state["params"].get("K2")
        sizes = {exp.shapes({**knobs, "net": name})["K2"]: name for name in NETS}
        fits = isinstance(given, list) and all(isinstance(row, list) for row in given) and bool(given)
        found = sizes.get((len(given), len(given[0]))) if fits else None
        return super().read(file, state, {**knobs, "net": found or knobs["net"]})

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return rules(exp.net_of(knobs), str(knobs["optimiser"]))

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track:
        both, theta = exp.training(device, knobs, start), on_device(device, start.params)
        return both.track(both.start(theta) if fork is None else both.fork(fork, theta), self.grains)

    def shown(self, view: View) -> Objective:
        """E of what is on the screen: the one picture, or the batch of the update in focus."""
        if view.training is None:
            return self.objective(view.device, view.knobs, view.start)
        s, put = Trial(self, view.device, view.knobs, view.start).first, view.device.put
        return cnn.objective(s.xp, net(s), s.theta, put(view.held("x")), put(view.held("y")))
