"""Adding to rows of a table where a row may be named several times, exactly; `numpy.add.at` is twenty times slower.

A plan, made for many batches at once, has which places of a batch name the same row. The places of a row are divided
into groups of at most `GROUP`; the first members of all groups are taken at once, then the second members are added,
and so on. The groups of a row that has several are then added pairwise, in rounds, and the sum is written to the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.device import HOST, Array, HostArray, Tables

xp = HOST.xp
BITS = 20
"""A batch has fewer places than 2 to this power."""
GROUP = 8
"""The most places of a group, a power of two."""


class Level(NamedTuple):
    """A round of pairwise sums: those of groups `src` are added to those of `dst`, of batch b in ends[b]:ends[b+1]."""

    dst: HostArray
    src: HostArray
    ends: list[int]


class Plan(NamedTuple):
    """Batches of places, one after the other: batch b has places at[b]:at[b+1], and groups groups[b]:groups[b+1].

    `index` (places) is the row of the table that a place names; row `pad` stays 0. `place` are the places of batch b by
    their number in their group, from begin[b] on: all first members, all second ones, …; layers[b] is how many groups
    have a first member, a second one, … `write` (groups) is the row that a group is written to, or `pad` for all but
    the first group of a row. `levels` are the rounds in which the groups of a row are added.
    """

    index: Array
    at: list[int]
    place: Array
    begin: list[int]
    layers: list[list[int]]
    write: Array
    groups: list[int]
    levels: list[Level]
    pad: int


def plan(device: Tables, index: HostArray, at: HostArray, pad: int) -> Plan:
    """The plan for batches of rows index[at[b]:at[b+1]], each in any order; row `pad` of the table is always 0."""
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
    steps = xp.ones(len(key), dtype=xp.int64)
    steps[runs[1:]] -= xp.diff(runs)
    steps[:1] = 0
    nth = steps.cumsum()  # number among the places of its row
    layer = nth & (GROUP - 1)  # number in its group
    begins = layer == 0
    heads = xp.flatnonzero(begins)
    members = xp.diff(heads, append=len(key))
    of, number = batch[heads], nth[heads] // GROUP  # the batch of a group, its number among those of its row
    groups = _starts(of, batches)
    order = of * (GROUP + 1) + GROUP - members
    kind = xp.uint16 if batches * (GROUP + 1) < 1 << 16 else xp.int64  # short numbers are sorted several times faster
    slot = xp.empty(len(heads), dtype=xp.int64)  # the index of a group in its batch: those with most members first
    slot[xp.argsort(order.astype(kind), kind="stable")] = xp.arange(len(heads))
    slot -= groups[of]
    high = xp.bincount(of * GROUP + members - 1, minlength=batches * GROUP).reshape(batches, GROUP)
    layers = high[:, ::-1].cumsum(axis=1)[:, ::-1]
    begin = xp.concatenate([[0], layers.sum(axis=1).cumsum()])
    lower = (begin[:-1, None] + layers.cumsum(axis=1) - layers).reshape(-1)  # where the members of one number begin
    where = xp.empty_like(place)
    where[lower[batch * GROUP + layer] + slot[xp.cumsum(begins) - 1]] = place
    write = xp.full(len(heads), pad, dtype=xp.int64)
    one = number == 0
    write[(groups[of] + slot)[one]] = key[heads[one]] & (1 << low) - 1
    return Plan(
        device.send(index),
        at.tolist(),
        device.send(where),
        begin.tolist(),
        [[n for n in row if n] for row in layers.tolist()],
        device.send(write),
        groups.tolist(),
        list(_tournament(number, slot, of, batches)),
        pad,
    )


def _starts(batch: HostArray, batches: int) -> HostArray:
    """Where the entries of each batch begin, and where the last ends, for `batch`, the sorted batch of every entry."""
    starts: HostArray = xp.zeros(batches + 1, dtype=xp.int64)
    xp.cumsum(xp.bincount(batch, minlength=batches), out=starts[1:])
    return starts


def _tournament(nth: HostArray, slot: HostArray, batch: HostArray, batches: int) -> Iterator[Level]:
    """The rounds that add all groups of a row to its first.

    For every group: `nth` is its number among the groups of its row, `slot` its index in its batch.
    """
    step, group = 1, xp.flatnonzero(nth)
    while len(group):
        src = group[nth[group] % (2 * step) == step]
        yield Level(slot[src - step], slot[src], _starts(batch[src], batches).tolist())
        step, group = 2 * step, group[nth[group] % (2 * step) == 0]


class Buffers:
    """Two work arrays for sums of groups; they grow to the largest number of groups of any batch."""

    def __init__(self, width: int, dtype: Any) -> None:
        self.width, self.dtype = width, dtype
        self.size = -1
        self.held: tuple[Array, ...] = ()

    def of(self, xp: Any, groups: int) -> tuple[Array, Array]:
        """Both arrays, (groups, width); `xp` makes them."""
        if groups > self.size:
            self.size, self.held = groups, tuple(xp.empty((groups, self.width), dtype=self.dtype) for _ in range(2))
        sums, more = self.held
        return sums[:groups], more[:groups]


def gather(device: Tables, table: Array, plan: Plan, b: int, out: Array) -> None:
    """The rows of the table that the places of batch b name, into `out` (places, …)."""
    device.take(table, plan.index[plan.at[b] : plan.at[b + 1]], out)


def add(device: Tables, table: Array, plan: Plan, b: int, move: Array, bound: float, buffers: Buffers) -> None:
    """table[row] += move for every place of batch b, in place.

    `move` is (places, halves, D). The sum of all moves of a half of a row is cut to the length `bound`.
    """
    if not plan.layers[b]:
        return
    xp, flat, at = device.xp, move.reshape(len(move), -1), plan.begin[b]
    groups, *layers = plan.layers[b]
    sums, more = buffers.of(xp, groups)
    device.take(flat, plan.place[at : at + groups], sums)
    at += groups
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
    shorten(device, sums.reshape(groups, *move.shape[1:]), bound)
    write = plan.write[plan.groups[b] : plan.groups[b + 1]]
    device.take(table, write, more)
    more += sums
    table[write] = more
    table[plan.pad] = 0


def shorten(device: Tables, move: Array, bound: float) -> None:
    """Scale rows (…, D) longer than `bound` to that length, in place: frequent words have many moves in a batch."""
    xp = device.xp
    flat = move.reshape(-1, move.shape[-1])
    square = xp.einsum("rd,rd->r", flat, flat)
    if square.max() > bound * bound:
        over = xp.flatnonzero(square > bound * bound)
        flat[over] *= (bound / xp.sqrt(square[over]))[:, None]
