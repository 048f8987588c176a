"""Pictures of 0 and 1: every bars-and-stripes picture (MacKay 2003), which are made, and digits in black and white."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from engine.device import HostArray
from lessons.data.pictures.digits import split
from lessons.data.pictures.own import read_picture

SIDES = {"bars": 4, "small": 3, "digits": 8}
"""Pixels of a side, by the data set: bars and stripes in two sizes, digits."""


class Pictures(NamedTuple):
    """Pictures, one a column: (V, N) to learn from, (V, M) for the test; there is none of bars and stripes."""

    x: HostArray
    test: HostArray


def bars(side: int) -> HostArray:
    """Every picture of side × side pixels whose rows are all alike, or whose columns are: (side², 2^(side + 1) − 2)."""
    lines = [np.array(line, dtype=float) for line in np.ndindex(*[2] * side)]
    found = {tuple(np.repeat(line, side)) for line in lines} | {tuple(np.tile(line, side)) for line in lines}
    return np.array(sorted(found)).T


@lru_cache(maxsize=4)
def pictures(data: str, seed: int) -> Pictures:
    """The pictures of a data set; digits are split by the seed, a pixel being on from half of the greatest value on."""
    if data != "digits":
        x = bars(SIDES[data])
        return Pictures(x, x[:, :0])
    found = split(seed)
    return Pictures(*(np.ascontiguousarray((x >= 0.5).astype(float).T) for x in (found.x, found.test_x)))


def one_of(data: str, picture: str, seed: int, number: int) -> HostArray:
    """A picture (V,): of "drawn" the one with this number; else a file, what is at least half dark being on.

    Raises Refused.
    """
    if picture == "drawn":
        x = pictures(data, seed).x
        found: HostArray = x[:, number]
        return found
    return np.array(read_picture(picture, (SIDES[data],)).reshape(-1) >= 0.5, dtype=float)


def half_known(side: int, covered: str) -> HostArray:
    """A mask (side²,): 0 at the pixels of the covered half, "bottom", "top", "left" or "right", and 1 elsewhere.

    Of an odd number of rows or columns the smaller part is covered.
    """
    at = np.indices((side, side))[int(covered in ("left", "right"))].reshape(-1)
    hidden = at >= side - side // 2 if covered in ("bottom", "right") else at < side // 2
    return np.array(1.0 - hidden)
