"""Adding to rows of a table when some are named twice: exactly, and without `add.at`, which is twenty times slower.

A plan for many batches at once says which rows of a batch are the same. They are added up pairwise, as in a
tournament, until the last of them holds the sum, and that one is written.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.device import HOST, Array, HostArray, Tables

xp = HOST.xp
BITS = 24
"""A batch has fewer rows than 2 to this power."""


class Level(NamedTuple):
    """One round of the tournament: rows `src` are added to rows `dst`; those of batch b lie at ends[b]:ends[b+1]."""

    dst: HostArray
    src: HostArray
    ends: HostArray


class Plan(NamedTuple):
    """`index` (batches, rows): which row of the table each row of a batch stands for, `pad` one that stays zero.

    `write` is the same, but that only the last of equal rows is written where it belongs, the others to `pad`.
    """

    index: Array
    write: Array
    levels: list[Level]
    pad: int


def plan(device: Tables, index: HostArray, pad: int) -> Plan:
    """The plan for batches of rows, `index` (batches, rows); row `pad` of the table is always zero."""
    batches, count = index.shape
    most = int(index.max()) + 1
    key = xp.arange(batches, dtype=xp.int64)[:, None] * most + index
    packed = ((key << BITS) | xp.arange(count)[None, :])[index != pad]
    packed.sort()  # by batch, row of the table, place in the batch
    key, place = packed >> BITS, (packed & ((1 << BITS) - 1)).astype(xp.int32)
    last = xp.flatnonzero(xp.append(key[1:] != key[:-1], True))
    left = xp.repeat(last, xp.diff(last, prepend=-1)) - xp.arange(len(key))  # equal rows still to come
    again = xp.flatnonzero(left)
    left, batch = left[again], key[again] // most
    levels, step = [], 1
    while len(again):
        even = (left & step) == 0
        chosen = again[~even]
        ends = xp.searchsorted(batch[~even], xp.arange(batches + 1))
        levels.append(Level(place[chosen + step], place[chosen], ends))
        again, left, batch = again[even], left[even], batch[even]
        step *= 2
    write = index.copy()
    for level in levels:
        write[xp.repeat(xp.arange(batches), xp.diff(level.ends)), level.src] = pad
    return Plan(device.send(index), device.send(write), levels, pad)


def gather(device: Tables, table: Array, plan: Plan, b: int, out: Array) -> None:
    """The rows of batch b, into `out` (rows, …)."""
    device.take(table, plan.index[b], out)


def add(device: Tables, table: Array, plan: Plan, b: int, move: Array, bound: float, held: Array, now: bool) -> None:
    """table[row] += move for every row of batch b, in place, no row further than `bound` (a half, where it has two).

    `move` (rows, halves, D) is used up, and so is `held` (rows, halves D): the rows as they are `now`, or room.
    """
    rows = len(move)
    flat = move.reshape(rows, -1)
    for level in plan.levels:
        start, end = level.ends[b], level.ends[b + 1]
        if start == end:
            break
        flat[level.dst[start:end]] += flat[level.src[start:end]]
    shorten(device, move, bound)
    if not now:
        device.take(table, plan.index[b], held)
    held += flat
    table[plan.write[b]] = held
    table[plan.pad] = 0


def shorten(device: Tables, move: Array, bound: float) -> None:
    """Every row (…, D) longer than `bound` is cut to it, in place: a batch must not throw a frequent word far away."""
    xp = device.xp
    flat = move.reshape(-1, move.shape[-1])
    square = xp.einsum("rd,rd->r", flat, flat)
    if square.max() > bound * bound:
        over = xp.flatnonzero(square > bound * bound)
        flat[over] *= (bound / xp.sqrt(square[over]))[:, None]
