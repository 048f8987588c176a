"""Clips of a handwritten digit: it flickers, is half covered now and then, and changes. Each frame has a label."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from engine.device import HostArray, Rng, rng
from lessons.data.pictures.digits import CLASSES, SIDE, split

FRAMES = 16
CLIPS, TESTS = 1200, 500
CHANGE, CONTRAST, NOISE, COVERED = 0.06, (0.4, 1.0), 0.3, 0.3
"""The chance that the digit changes at a frame; contrast; noise; the chance that one half is covered."""
LEARNED, TESTED = 31, 32
"""Sections of the seed that draw the clips."""


class Clips(NamedTuple):
    """Frames x (N, 16, 64) with the digit in each, y (N, 16), and how many frames it has been there, since (N, 16)."""

    x: HostArray
    y: HostArray
    since: HostArray
    changed: HostArray
    """Whether the digit has changed before in this clip, (N, 16)."""


def drawn(pictures: HostArray, labels: HostArray, count: int, draw: Rng) -> Clips:
    """Clips of pictures (M, 64) with labels (M,)."""
    change = draw.random((count, FRAMES)) < CHANGE
    change[:, 0] = True
    at = np.arange(FRAMES)
    latest = np.maximum.accumulate(np.where(change, at, 0), axis=1)
    digit = draw.integers(0, CLASSES, (count, FRAMES))
    digit = np.take_along_axis(digit, latest, axis=1)
    for t in range(1, FRAMES):  # a change is to another digit
        before, here = digit[:, t - 1], change[:, t]
        digit[:, t] = np.where(here, (before + draw.integers(1, CLASSES, count)) % CLASSES, before)
    kinds = [np.flatnonzero(labels == kind) for kind in range(CLASSES)]
    chosen = draw.random((count, FRAMES))
    chosen = np.take_along_axis(chosen, latest, axis=1)  # the same picture until the digit changes
    which = np.array([[kinds[d][int(u * len(kinds[d]))] for d, u in zip(*row, strict=True)]
                      for row in zip(digit, chosen, strict=True)])  # fmt: skip
    frames = pictures[which].reshape(count, FRAMES, SIDE, SIDE) * draw.uniform(*CONTRAST, (count, FRAMES, 1, 1))
    half, hidden = draw.integers(0, 4, (count, FRAMES)), draw.random((count, FRAMES)) < COVERED
    covers = np.ones((4, SIDE, SIDE))
    covers[0, : SIDE // 2], covers[1, SIDE // 2 :], covers[2, :, : SIDE // 2], covers[3, :, SIDE // 2 :] = 0, 0, 0, 0
    frames = np.where(hidden[..., None, None], frames * covers[half], frames)
    frames = frames + NOISE * draw.normal(size=frames.shape)
    x = np.round(frames.reshape(count, FRAMES, SIDE * SIDE), 2)
    return Clips(x, digit, at - latest, latest > 0)


@lru_cache(maxsize=4)
def clips(seed: int) -> tuple[Clips, Clips]:
    """Clips to learn from, of 1,000 pictures, and to be tested with, of the 797 others."""
    some = split(seed)
    return (
        drawn(some.x, some.y, CLIPS, rng(seed, LEARNED)),
        drawn(some.test_x, some.test_y, TESTS, rng(seed, TESTED)),
    )
