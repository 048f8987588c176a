"""Sides measured in turn, in pieces so short that all meet the same machine.

On a shared machine a core is slowed by whoever has its other half, for seconds at a time, and products of matrices are
slowed most. So a piece takes about a second or less, the ratio is taken turn by turn, and the median of ratios is told
with its quartiles. A small product is timed before and after each turn: where both took at most a tenth longer than the
fastest of the run, the machine was at rest, and the median of those turns stands beside that of all. Of pieces that
take seconds, the moments before and after say nothing; they have no such median.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

REST = 1.1
"""At rest a product takes at most this much longer than the fastest."""
COLD = 3
"""Times twenty products that only warm the caches."""
ROWS = "UNROLL_BENCHMARK_ROWS"
"""The variable with the file that rows are left in."""
LITTLE = 5
"""So many turns at rest at least are told of."""

_square = np.random.default_rng(0).random((64, 64), dtype=np.float32)
_product = np.empty_like(_square)


def pace() -> float:
    """Seconds of a small product here and now: the median of five times twenty, once what it needs is at hand."""
    took = [seconds(lambda: np.dot(_square, _square, out=_product), 20) for _ in range(5 + COLD)]
    return statistics.median(took[COLD:])


def seconds(once: Callable[[], object], count: int) -> float:
    """Seconds of one call, the mean of `count`."""
    began = time.perf_counter()
    for _ in range(count):
        once()
    return (time.perf_counter() - began) / count


class Turn(NamedTuple):
    """What each side took (seconds, or seconds a piece of work), and the slower pace of the machine around them."""

    took: tuple[float, ...]
    pace: float


def take(pieces: Iterable[Sequence[Callable[[], float]]]) -> list[Turn]:
    """All sides of every piece, in an order that turns round from piece to piece."""
    found, before = [], pace()
    for n, sides in enumerate(pieces):
        order = range(len(sides))[:: -1 if n % 2 else 1]
        took = {side: sides[side]() for side in order}
        after = pace()
        found.append(Turn(tuple(took[side] for side in range(len(sides))), max(before, after)))
        before = after
    return found


class Verdict(NamedTuple):
    """Medians of both sides; of their ratio the median and quartiles; the same median at rest, and how often it was."""

    mine: float
    other: float
    ratio: float
    low: float
    high: float
    at_rest: float | None
    rests: int
    count: int

    def __str__(self) -> str:
        rest = "" if self.at_rest is None else f"; at rest {self.at_rest:.2f}, {self.rests} of {self.count}"
        return f"{self.ratio:.2f} ({self.low:.2f}–{self.high:.2f}{rest})"


def tell(name: str, peer: str, said: Verdict, asked: object = "") -> None:
    """Leave a row for the table of all benchmarks, where `table.py` has asked for one: see there."""
    if path := os.environ.get(ROWS):
        row = [name, peer, said.mine, said.other, said.ratio, said.low, said.high, str(asked)]
        with open(path, "a", encoding="utf-8") as file:
            print(json.dumps(row), file=file)


def verdict(found: Sequence[Turn], best: float, mine: int = 0, other: int = 1) -> Verdict:
    """Side `other` over side `mine`. `best` is the fastest pace of the run, 0 where turns are too long for one."""
    ratios = [turn.took[other] / turn.took[mine] for turn in found]
    low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    rest = [ratio for ratio, turn in zip(ratios, found, strict=True) if turn.pace <= REST * best]
    return Verdict(
        statistics.median(turn.took[mine] for turn in found),
        statistics.median(turn.took[other] for turn in found),
        middle,
        low,
        high,
        statistics.median(rest) if len(rest) >= LITTLE else None,
        len(rest),
        len(found),
    )
