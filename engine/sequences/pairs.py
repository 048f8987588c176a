"""Pairs of sentences as codes, and batches of them: sources padded in front, targets at the end.

Word 0 of the target language is the end of a sentence; the decoder reads it first (Sutskever et al. 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.device import HOST, Device, HostArray
from engine.sequences.net import Batch, Seq2seq

xp = HOST.xp
END = 0
"""The code of the end of a sentence, in the target language."""
Codes = Sequence[int]


class Pair(NamedTuple):
    """A source and a target as codes, the target without its end."""

    source: tuple[int, ...]
    target: tuple[int, ...]


class Padded(NamedTuple):
    """On the host: x (S, B), −1 before a sentence begins; w (T, B) is read, y (T, B) wanted, −1 after the end."""

    x: HostArray
    w: HostArray
    y: HostArray

    @property
    def words(self) -> int:
        """How many targets there are."""
        return int((self.y >= 0).sum())


def padded(pairs: Sequence[Pair], T: int = 0) -> Padded:
    """Pairs side by side; the decoder has `T` timesteps, by default as many as the longest target with its end."""
    S, B = max(len(pair.source) for pair in pairs), len(pairs)
    T = T or 1 + max(len(pair.target) for pair in pairs)
    x, w, y = xp.full((S, B), -1), xp.full((T, B), END), xp.full((T, B), -1)
    for b, (source, target) in enumerate(pairs):
        x[S - len(source) :, b] = source
        wanted = (*target, END)[:T]
        y[: len(wanted), b] = wanted
        w[1 : len(wanted), b] = wanted[:-1]
    return Padded(x, w, y)


def columns(codes: HostArray, size: int) -> HostArray:
    """Codes (B,) as one-hot columns (size, B); −1 as zeros."""
    made: HostArray = 1.0 * (xp.arange(size)[:, None] == codes[None, :])
    return made


def batch(device: Device, net: Seq2seq, given: Padded, forced: Sequence[bool] = (), mean: bool = True) -> Batch:
    """A padded batch on the device. `forced` says of each timestep whether the right word is read: all, by default.

    The loss is the mean over all words of the batch, or their sum.
    """
    put, (x, w, y) = device.put, given
    some, ended = ([bool(row.any()) for row in each] for each in (y >= 0, y < 0))
    return Batch(
        [put(columns(row, net.K)) for row in x],
        put(1.0 * (x >= 0)) if (x < 0).any() else None,
        [put(columns(row, net.L)) for row in w],
        [put(columns(row, net.L)) if any_ else None for row, any_ in zip(y, some, strict=True)],
        (True, *forced[1:]) if forced else (True,) * len(y),
        tuple(ended),
        put(xp.zeros((net.H, x.shape[1]))),
        put(xp.arange(net.L)[:, None]),
        float(given.words) if mean else 1.0,
    )
