"""The experiment of `caption`: pictures, the net and its weights as the knobs have them, and training."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from engine.device import HOST, Device, HostArray, rng
from engine.feedforward.mlp_training import Batches
from engine.gated.run.files import CELLS
from engine.images.cnn import Cnn, Conv
from engine.images.convolution import Slide
from engine.images.pooling import Pool
from engine.maths.activations import ACTIVATIONS
from engine.maths.optimisers import OPTIMISERS
from engine.sequences import caption
from engine.sequences.caption import Captioner
from engine.sequences.caption_training import Beside, BesideClassifier, CaptionRun, Reading
from engine.sequences.picture import Eye
from engine.walks.far import Sliced
from engine.walks.history import advanced
from engine.walks.training import Recipe
from lessons.building.defaults import on_device, recipe
from lessons.contract.view import Knobs
from lessons.data.pictures.album import Album, Sets, album, sets
from lessons.data.pictures.cards import SIDE

PIXELS, UNITS = SIDE * SIDE, 64
"""Pixels of a picture; units of the hidden layer of the eye "mlp"."""
CNN = Cnn((1, SIDE, SIDE), tuple(Conv(n, Slide(3, 1, 1), Pool(2)) for n in (8, 16)), 2, ACTIVATIONS["relu"])
WEIGHTS = 1
"""The section of the seed that draws the weights."""
TAUGHT, BATCH = Recipe(OPTIMISERS["adam"], 0.003, 1.0), 32
"""How the weights of the first acts were trained."""
AHEAD = 1000
"""Updates that a prediction looks ahead."""
Key = tuple[tuple[str, Any], ...]
"""Knobs as pairs in order."""


def album_of(knobs: Knobs) -> Album:
    """The pictures that the knobs choose. Raises Refused."""
    return album(str(knobs["pictures"]), str(knobs["language"]))


def sets_of(knobs: Knobs, seed: int) -> Sets:
    """The pictures to train on and those held out. Raises Refused."""
    return sets(album_of(knobs), str(knobs["held"]), str(knobs["word"]), seed)


def net_of(knobs: Knobs) -> Captioner:
    """The net that the knobs choose."""
    eye, H = str(knobs["eye"]), int(knobs["hidden"])
    made = Eye(PIXELS, H, UNITS if eye == "mlp" else 0, CNN if eye == "cnn" else None)
    return Captioner(made, CELLS[str(knobs["cell"])], len(album_of(knobs).vocabulary) + 2)


def shapes(knobs: Knobs, lengths: object = None) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter."""
    return caption.shapes(net_of(knobs))


def training(device: Device, knobs: Knobs, seed: int) -> BesideClassifier:
    """The net in training, and beside it the classifier of whole captions."""
    some, batches = sets_of(knobs, seed), Batches(int(knobs["batch"]), seed)
    return BesideClassifier(device, net_of(knobs), recipe(knobs), batches, some.train, some.held)


@lru_cache(maxsize=8)
def _fitting(key: Key, seed: int, updates: int) -> Sliced[Any]:
    net, some = net_of(dict(key)), sets_of(dict(key), seed)
    run = CaptionRun(HOST, net, TAUGHT, Batches(BATCH, seed), some.train, some.held)
    begun = run.start(on_device(HOST, caption.drawn(net, rng(seed, WEIGHTS))), Reading(0.0, 0.0))
    return Sliced(begun.data, run.fast, updates)


def weights(knobs: Knobs, seed: int, updates: int, seconds: float = float("inf")) -> dict[str, HostArray]:
    """The weights after so many updates by `TAUGHT`, whatever the knobs. Raises Far after so many seconds."""
    key = tuple((name, knobs[name]) for name in ("eye", "pictures", "language", "held", "word", "cell", "hidden"))
    drawn = caption.drawn(net_of(knobs), rng(seed, WEIGHTS))
    theta = _fitting(key, seed, updates).reach(seconds).theta if updates else drawn
    return {p: np.array(theta[p].reshape(value.shape)) for p, value in drawn.items()}


@lru_cache(maxsize=4)
def ahead(key: Key, seed: int) -> Beside:
    """Net and classifier after `AHEAD` updates, by the knobs as pairs in order."""
    both = training(HOST, dict(key), seed)
    data: Beside = advanced(both.advance, both.start(on_device(HOST, weights(dict(key), seed, 0))), AHEAD).data
    return data
