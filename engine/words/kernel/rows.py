"""Adding to rows of a table when some are named twice: exactly, and without `add.at`, which is twenty times slower.

A plan for many batches at once says which rows of a batch are the same. Equal rows are dealt into heaps of a few; the
first rows of all heaps are taken at once, then the second rows are added, and so on. The heaps of a row that stands in
a batch very often are added up pairwise, as in a tournament, and one of them is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.device import HOST, Array, HostArray, Tables

xp = HOST.xp
BITS = 20
"""A batch has fewer rows than 2 to this power."""
HEAP = 8
"""Rows in a heap at most: a power of two."""


class Level(NamedTuple):
    """One round of the tournament: heaps `src` are added to heaps `dst`; those of batch b lie at ends[b]:ends[b+1]."""

    dst: HostArray
    src: HostArray
    ends: list[int]


class Plan(NamedTuple):
    """Batches of rows, one behind the other: batch b has the places at[b]:at[b+1], and heaps heaps[b]:heaps[b+1].

    `index` (places) is the row of the table that a place stands for, `pad` one that stays zero. `place` are the places
    of a batch, layer by layer, from begin[b] on: layers[b] says how many heaps have a first row, a second one, …
    `write` (heaps) is the row that a heap belongs to, or `pad` where its row is written by another heap.
    """

    index: Array
    at: list[int]
    place: Array
    begin: list[int]
    layers: list[list[int]]
    write: Array
    heaps: list[int]
    levels: list[Level]
    pad: int


def plan(device: Tables, index: HostArray, at: HostArray, pad: int) -> Plan:
    """The plan for batches of rows: batch b has index[at[b]:at[b+1]]; row `pad` of the table is always zero."""
    batches = len(at) - 1
    low = max(1, int(index.max(initial=0)).bit_length())
    size = xp.diff(at)
    assert size.max(initial=0) < 1 << BITS
    ground = xp.arange(batches) << low + BITS
    packed = (index.astype(xp.int64) << BITS) + xp.arange(len(index)) + xp.repeat(ground - at[:-1], size)
    packed = packed[index != pad]
    packed.sort()  # by batch, row of the table, place in the batch
    place, key, batch = packed & (1 << BITS) - 1, packed >> BITS, packed >> low + BITS
    first = xp.ones(len(key), dtype=bool)
    xp.not_equal(key[1:], key[:-1], out=first[1:])
    runs = xp.flatnonzero(first)
    nth = xp.arange(len(key)) - xp.repeat(runs, xp.diff(runs, append=len(key)))  # which of equal rows
    layer = nth & (HEAP - 1)  # which of its heap
    heads = xp.flatnonzero(layer == 0)
    tall = xp.diff(heads, append=len(key))
    of, number = batch[heads], nth[heads] // HEAP  # a heap's batch, and which heap of its row it is
    heaps = _starts(of, batches)
    order = of * (HEAP + 1) + HEAP - tall
    kind = xp.uint16 if batches * (HEAP + 1) < 1 << 16 else xp.int64  # short numbers are sorted several times faster
    lies = xp.empty(len(heads), dtype=xp.int64)  # where a heap lies in its batch: high ones first
    lies[xp.argsort(order.astype(kind), kind="stable")] = xp.arange(len(heads))
    lies -= heaps[of]
    high = xp.bincount(of * HEAP + tall - 1, minlength=batches * HEAP).reshape(batches, HEAP)
    layers = high[:, ::-1].cumsum(axis=1)[:, ::-1]
    begin = xp.concatenate([[0], layers.sum(axis=1).cumsum()])
    lower = (begin[:-1, None] + layers.cumsum(axis=1) - layers).reshape(-1)  # where a layer begins
    where = xp.empty_like(place)
    where[lower[batch * HEAP + layer] + xp.repeat(lies, tall)] = place
    write = xp.full(len(heads), pad, dtype=xp.int64)
    one = number == 0
    write[(heaps[of] + lies)[one]] = key[heads[one]] & (1 << low) - 1
    return Plan(
        device.send(index),
        at.tolist(),
        device.send(where),
        begin.tolist(),
        [[n for n in row if n] for row in layers.tolist()],
        device.send(write),
        heaps.tolist(),
        list(_tournament(number, lies, of, batches)),
        pad,
    )


def _starts(batch: HostArray, batches: int) -> HostArray:
    """Where each batch begins, and the end: `batch` says of each thing which one it is in, in order."""
    starts: HostArray = xp.zeros(batches + 1, dtype=xp.int64)
    xp.cumsum(xp.bincount(batch, minlength=batches), out=starts[1:])
    return starts


def _tournament(nth: HostArray, lies: HostArray, batch: HostArray, batches: int) -> Iterator[Level]:
    """Rounds that add the heaps of a row to its first one; `nth` is which heap of its row a heap is."""
    step, heap = 1, xp.flatnonzero(nth)
    while len(heap):
        src = heap[nth[heap] % (2 * step) == step]
        yield Level(lies[src - step], lies[src], _starts(batch[src], batches).tolist())
        step, heap = 2 * step, heap[nth[heap] % (2 * step) == 0]


class Buffers:
    """Two arrays in which rows are added up; they grow to the most heaps of any batch."""

    def __init__(self, width: int, dtype: Any) -> None:
        self.width, self.dtype = width, dtype
        self.size = -1
        self.held: tuple[Array, ...] = ()

    def of(self, xp: Any, heaps: int) -> tuple[Array, Array]:
        """(heaps, width), twice."""
        if heaps > self.size:
            self.size, self.held = heaps, tuple(xp.empty((heaps, self.width), dtype=self.dtype) for _ in range(2))
        sums, more = self.held
        return sums[:heaps], more[:heaps]


def gather(device: Tables, table: Array, plan: Plan, b: int, out: Array) -> None:
    """The rows of batch b, into `out` (places, …)."""
    device.take(table, plan.index[plan.at[b] : plan.at[b + 1]], out)


def add(device: Tables, table: Array, plan: Plan, b: int, move: Array, bound: float, buffers: Buffers) -> None:
    """table[row] += move for every place of batch b, in place; no half of a row moves further than `bound`.

    `move` is (places, halves, D).
    """
    if not plan.layers[b]:
        return
    xp, flat, at = device.xp, move.reshape(len(move), -1), plan.begin[b]
    heaps, *layers = plan.layers[b]
    sums, more = buffers.of(xp, heaps)
    device.take(flat, plan.place[at : at + heaps], sums)
    at += heaps
    for count in layers:
        some, first = more[:count], sums[:count]
        device.take(flat, plan.place[at : at + count], some)
        xp.add(first, some, out=first)
        at += count
    for level in plan.levels:
        start, end = level.ends[b], level.ends[b + 1]
        if start == end:
            break
        sums[level.dst[start:end]] += sums[level.src[start:end]]
    shorten(device, sums.reshape(heaps, *move.shape[1:]), bound)
    write = plan.write[plan.heaps[b] : plan.heaps[b + 1]]
    device.take(table, write, more)
    more += sums
    table[write] = more
    table[plan.pad] = 0


def shorten(device: Tables, move: Array, bound: float) -> None:
    """Every row (…, D) longer than `bound` is cut to it, in place: a batch must not throw a frequent word far away."""
    xp = device.xp
    flat = move.reshape(-1, move.shape[-1])
    square = xp.einsum("rd,rd->r", flat, flat)
    if square.max() > bound * bound:
        over = xp.flatnonzero(square > bound * bound)
        flat[over] *= (bound / xp.sqrt(square[over]))[:, None]
