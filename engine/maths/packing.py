"""Parameters packed in one flat array, with a view for every symbol, so that an update takes one pass over it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from engine.device import HOST, Array
from engine.maths.optimisers import UNCLIPPED, Memory, Optimiser

xp = HOST.xp
WHOLE = 1 << 16
"""Parameters up to this many are updated in one pass."""
CHUNK = 1 << 15
"""Larger sets are updated this many parameters at a time, so that temporary arrays stay in the cache."""
LINE = 64
"""Bytes of a cache line."""


def aligned(shape: tuple[int, ...], kind: Any = float) -> Array:
    """Zeros of a shape and dtype that begin at a cache line: 64-byte vector instructions read them at full speed."""
    size = math.prod(shape) * xp.dtype(kind).itemsize
    raw = xp.zeros(size + LINE, xp.uint8)
    first = -raw.ctypes.data % LINE
    return raw[first : first + size].view(kind).reshape(shape)


class Layout(NamedTuple):
    """Where each parameter lies in a flat array of `size` numbers: `views(array)` gives a view of it by symbol."""

    size: int
    views: Callable[[Array], dict[str, Array]]


class Flat(Mapping[str, Array]):
    """Parameters by symbol, with `prefix` before each: views of one flat array, which must not be changed later."""

    def __init__(self, array: Array, layout: Layout, prefix: str = "") -> None:
        self.array, self.layout, self.prefix = array, layout, prefix

    @cached_property
    def _held(self) -> dict[str, Array]:
        return {self.prefix + name: view for name, view in self.layout.views(self.array).items()}

    def __getitem__(self, name: str) -> Array:
        return self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


class Slots(Mapping[str, Array]):
    """The memory of an optimiser by slot and parameter ("G_W"), each slot packed in one flat array."""

    def __init__(self, slots: Mapping[str, Flat]) -> None:
        self.slots = slots

    def __getitem__(self, name: str) -> Array:
        return self.slots[name.partition("_")[0]][name]

    def __iter__(self) -> Iterator[str]:
        return (name for flat in self.slots.values() for name in flat)

    def __len__(self) -> int:
        return sum(len(flat) for flat in self.slots.values())


def packed(held: Mapping[str, Array], layout: Layout, prefix: str = "", kind: Any = None) -> Array:
    """Arrays by symbol as one flat array: that of a `Flat` without copying, else a new one of dtype `kind`."""
    if isinstance(held, Flat):
        return held.array
    flat = Flat(xp.empty(layout.size, kind or next(iter(held.values())).dtype), layout, prefix)
    for name, view in flat.items():
        view[...] = held[name]
    return flat.array


def moved(
    optimiser: Optimiser, layout: Layout, theta: Array, g: Array, memory: Memory, rate: float, clip: float, n: int
) -> tuple[Flat, Memory, float]:
    """One update on flat arrays, clipped where ‖g‖ > clip: (theta, memory, ‖g‖). Overwrites g; n counts from 1.

    Where it is unclipped, the third is the sum of g: no number of it may be too large for its square alone.
    """
    length = float(xp.dot(g, g)) ** 0.5 if clip < UNCLIPPED else float(xp.sum(g))
    if clip < UNCLIPPED and not length <= clip:
        g *= clip / length
    held = [_slot(memory, layout, slot.name, theta) for slot in optimiser.slots]
    if layout.size <= WHOLE:
        grown = [slot.grow(before, g) for slot, before in zip(optimiser.slots, held, strict=True)]
        new = optimiser.move(xp, theta, g, tuple(grown), rate, n)
    else:
        new, grown = _in_chunks(optimiser, theta, g, held, rate, n)
    kept = {slot.name: Flat(a, layout, f"{slot.name}_") for slot, a in zip(optimiser.slots, grown, strict=True)}
    return Flat(new, layout), Slots(kept) if kept else memory, length


def _in_chunks(
    optimiser: Optimiser, theta: Array, g: Array, held: list[Array], rate: float, n: int
) -> tuple[Array, list[Array]]:
    """The new parameters and slots, computed `CHUNK` numbers at a time; `held` are the slots before."""
    new, grown = xp.empty_like(theta), [xp.empty_like(each) for each in held]
    for first in range(0, len(theta), CHUNK):
        some = slice(first, first + CHUNK)
        for slot, before, after in zip(optimiser.slots, held, grown, strict=True):
            after[some] = slot.grow(before[some], g[some])
        new[some] = optimiser.move(xp, theta[some], g[some], tuple(each[some] for each in grown), rate, n)
    return new, grown


def _slot(memory: Memory, layout: Layout, name: str, like: Array) -> Array:
    return packed(memory.slots[name] if isinstance(memory, Slots) else memory, layout, f"{name}_", like.dtype)
