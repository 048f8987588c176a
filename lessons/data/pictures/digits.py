"""1,797 handwritten digits of 8 × 8 pixels (Alpaydin and Kaynak 1998; ORIGIN.md says where they come from)."""

from __future__ import annotations

import zlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from engine.device import HostArray, rng

SIDE = 8
CLASSES = 10
TRAIN = 1000
"""Pictures that a split keeps for training; the other 797 are the test set."""
FRAME = 12
"""Side of the frame in which a digit is moved."""
SPLIT, MOVE = 11, 12
"""The sections of the seed that split the pictures and that move them."""


class Split(NamedTuple):
    """Pictures (N, 64) from 0 to 1 with their classes (N,), drawn at random for training and for the test.

    Writers are mixed, which is easier than the file's order (nearest neighbour: 1.5 % of errors against 3.8 %).
    """

    x: HostArray
    y: HostArray
    test_x: HostArray
    test_y: HostArray


@cache
def digits() -> tuple[HostArray, HostArray]:
    """All pictures (1797, 64) from 0 to 1, float64, and their classes (1797,), in the order of the original file."""
    packed = files("lessons.data.pictures").joinpath("digits.zlib").read_bytes()
    rows = np.frombuffer(zlib.decompress(packed), dtype=np.uint8).reshape(-1, SIDE * SIDE + 1)
    x, y = rows[:, :-1] / 16.0, rows[:, -1].astype(np.int64)
    for array in (x, y):
        array.setflags(write=False)
    return x, y


def split(seed: int, train: int = TRAIN) -> Split:
    """A random permutation by the seed: the first `train` pictures to train on, those after `TRAIN` for the test."""
    x, y = digits()
    order = rng(seed, SPLIT).permutation(len(x))
    first, rest = order[:train], order[TRAIN:]
    return Split(x[first], y[first], x[rest], y[rest])


def one_hot(y: HostArray) -> HostArray:
    """Classes (N,) as columns (10, N) of 0 and 1."""
    return np.eye(CLASSES)[:, y]


def framed(x: HostArray, seed: int, most: int = 2) -> HostArray:
    """Pictures (N, 64) put into a frame, (N, 144): each moved from its middle by −most … most, both ways, at random.

    `most` 0 leaves all in the middle; a frame has room for 2.
    """
    room = (FRAME - SIDE) // 2
    out = np.zeros((len(x), FRAME, FRAME))
    moves = rng(seed, MOVE).integers(-most, most + 1, (len(x), 2)) + room
    for picture, target, (down, right) in zip(x.reshape(-1, SIDE, SIDE), out, moves, strict=True):
        target[down : down + SIDE, right : right + SIDE] = picture
    return out.reshape(len(x), -1)
