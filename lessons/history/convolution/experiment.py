"""The experiment of `convolution`: nets, weights and pictures as the knobs have them, and training beside an MLP."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.device import HOST, Device, rng
from engine.feedforward.mlp_training import Batches, wrong
from engine.images import cnn
from engine.images.beside_mlp import BesideMlp, Pair
from engine.images.cnn import Cnn, Conv
from engine.images.convolution import Slide
from engine.images.pooling import Pool
from engine.maths.activations import ACTIVATIONS
from engine.walks.history import advanced
from engine.walks.step import drain
from lessons.building.defaults import on_device, recipe
from lessons.contract.view import Knobs, Start
from lessons.data.pictures.digits import CLASSES, FRAME, one_hot
from lessons.data.tasks import centred_and_moved, one_in_frame, shifted_by

SLIDE = Slide(3, 1, 1)
BLANK = -0.1
"""Biases of the filters at the start: just under 0, so that blank paper gives 0."""
WEIGHTS, RIVAL = 1, 2
"""Sections of the seed that draw the weights of the net, and of the MLP beside it."""
AHEAD = 320
"""Updates that a prediction looks ahead: ten epochs."""


def net_of(knobs: Knobs) -> Cnn:
    """Two convolutions and a dense layer; "pooled" and "unpooled" keep one number of each map for the dense layer."""
    kind, kept = str(knobs["net"]), str(knobs["pooling"])
    layers = {
        "pooled": (Conv(8, SLIDE, Pool(2, kept)), Conv(32, SLIDE, Pool(6, kept))),
        "unpooled": (Conv(8, SLIDE, Pool(1, kept)), Conv(24, Slide(5, 1, 2), Pool(12, kept))),
        "flat": (Conv(8, SLIDE, Pool(2, kept)), Conv(16, SLIDE, Pool(2, kept))),
    }
    return Cnn((1, FRAME, FRAME), layers[kind], CLASSES, ACTIVATIONS["relu"])


def shapes(knobs: Knobs, lengths: object = None) -> dict[str, tuple[int, ...]]:
    """K1, b1, K2, b2, W3, b3."""
    return cnn.shapes(net_of(knobs))


def begin(knobs: Knobs, seed: int) -> Start:
    """Weights that are drawn, and the picture of the first acts. Raises Refused."""
    x, label = one_in_frame(str(knobs["picture"]), int(knobs["example"]), seed, int(knobs["label"]))
    drawn = cnn.drawn(net_of(knobs), rng(seed, WEIGHTS))
    params = {name: value + BLANK * (name in ("b1", "b2")) for name, value in drawn.items()}
    return Start(params, {"x": np.round(x, 4).tolist(), "label": label, "seed": seed})


def loss_of_one(knobs: Knobs, start: Start) -> float:
    """E of the picture of the first acts, at a start's weights."""
    x, y = np.array(start.inputs["x"]).reshape(-1, 1), one_hot(np.array([start.inputs["label"]]))
    return float(drain(cnn.forward(HOST.xp, net_of(knobs), on_device(HOST, start.params), x, y)).E)


def training(device: Device, knobs: Knobs, start: Start) -> BesideMlp:
    """The net and the MLP; their tests are the moved pictures, and those in the middle."""
    seed = int(start.inputs["seed"])
    train, *tests = centred_and_moved(seed, knobs["pictures"] == "moved")
    batches = Batches(int(knobs["batch"]), seed)
    return BesideMlp(device, net_of(knobs), recipe(knobs), batches, train, tests, rng(seed, RIVAL))


_ahead: dict[Any, tuple[Pair, float, float]] = {}


def ahead(knobs: Knobs, start: Start) -> tuple[Pair, float, float]:
    """Both nets after `AHEAD` updates, and the net's wrong answers on test pictures moved by one pixel and by two."""
    key = (tuple(sorted(knobs.items())), *(value.tobytes() for value in start.params.values()), start.inputs["seed"])
    if key not in _ahead:
        both = training(HOST, knobs, start)
        state = advanced(both.advance, both.start(on_device(HOST, start.params)), AHEAD)
        tests = [shifted_by(both.tests[1], pixels) for pixels in (1, 2)]
        one, two = (wrong(HOST, both.run.scores(state.data.theta, some), some.y) / len(some.x.T) for some in tests)
        _ahead.clear()
        _ahead[key] = state.data, one, two
    return _ahead[key]
