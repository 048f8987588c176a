"""Where a net with attention looks while it translates: which place of the source has the largest weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.device import HOST, Device, HostArray
from engine.sequences.net import Seq2seq, Theta
from engine.sequences.pairs import END, Pair, batch, padded
from engine.sequences.translating import Translating

xp = HOST.xp


class Looked(NamedTuple):
    """Words that a net writes of its own accord, with the end, and the weights (words, S) that it had at each.

    The weights have no columns where there is no attention.
    """

    codes: list[int]
    alpha: HostArray


def while_writing(device: Device, net: Seq2seq, theta: Theta, pairs: Sequence[Pair], longest: int) -> list[Looked]:
    """Sources translated greedily, in at most `longest` words; the targets do not matter."""
    some = batch(device, net, padded(pairs, longest), [False] * longest)
    made = Translating(device, net, theta, some._replace(y=[None] * longest)).run.made
    best = [device.get(now["a"]).argmax(axis=0) for now in made]
    weights = [device.get(now["looked"]["alpha"]) for now in made if now["looked"]]
    found = []
    for b, pair in enumerate(pairs):
        codes = [int(column[b]) for column in best]
        many = codes.index(END) + 1 if END in codes else longest
        alpha = [each[-len(pair.source) :, b] for each in weights[:many]]
        found.append(Looked(codes[:many], xp.array(alpha) if alpha else xp.zeros((many, 0))))
    return found


def sides(device: Device, net: Seq2seq, theta: Theta, pairs: Sequence[Pair]) -> tuple[float, float, float]:
    """Of the words of pairs as long as their sources: how often the largest weight is before the place of the same
    number, on it, and after it. The decoder reads the right words.
    """
    apart = list[HostArray]()
    for pair in pairs:
        if len(pair.source) == len(pair.target):
            made = Translating(device, net, theta, batch(device, net, padded([pair]))).run.made[:-1]
            places = [int(device.get(now["looked"]["alpha"])[:, 0].argmax()) for now in made]
            apart.append(xp.sign(xp.array(places) - xp.arange(len(places))))
    where = xp.concatenate(apart) if apart else xp.full(1, xp.nan)
    before, own, after = (float((where == side).mean()) for side in (-1, 0, 1))
    return before, own, after
