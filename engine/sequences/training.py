"""An encoder and a decoder in training on pairs: batches drawn by the epoch, what is right counted now and then.

A sentence is exact where every word and the end are right. Free, the decoder reads its own words; forced, the right
ones. Under greedy decoding a sentence is exact in both or in neither, for the first error is the same; the share of
right words differs.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.device import HOST, Device, HostArray
from engine.feedforward.mlp_training import Batches, Dealt
from engine.sequences import net as nets
from engine.sequences.fast import Kernel, has_fast_form
from engine.sequences.net import Seq2seq, Theta
from engine.sequences.pairs import END, Padded, Pair, batch, padded
from engine.sequences.translating import Translating
from engine.walks import training
from engine.walks.reel import Section
from engine.walks.step import Path
from engine.walks.training import Gradient, Learning, Recipe

xp = HOST.xp
AT_ONCE = 100
"""Sentences that are translated in one pass."""


class Reading(NamedTuple):
    """What was right, as last measured: words read forced, words read free, whole sentences, and those by length.

    `by_length` has the share for each range of lengths that the run was given.
    """

    forced: float = float("nan")
    free: float = float("nan")
    exact: float = float("nan")
    by_length: tuple[float, ...] = ()


class Answers(NamedTuple):
    """What a net makes of some pairs: of each word whether it is right, forced and free; of each sentence likewise."""

    forced: HostArray
    free: HostArray
    exact: HostArray
    written: list[list[int]]


def translate(
    device: Device, net: Seq2seq, theta: Theta, pairs: Sequence[Pair], longest: int, forced: bool = False
) -> list[list[int]]:
    """The likeliest words for each source, without the end; at most `longest`. `forced` reads those of the target."""
    found: list[list[int]] = []
    for first in range(0, len(pairs), AT_ONCE):
        some = batch(device, net, padded(pairs[first : first + AT_ONCE], longest), [forced] * longest)
        some = some._replace(y=[None] * longest)
        whole = Translating(device, net, theta, some)
        best = [device.get(device.xp.argmax(now["a"], axis=0)) for now in whole.run.made]
        found += [[int(code) for code in column] for column in zip(*best, strict=True)]
    return found


def upto_end(codes: Sequence[int]) -> list[int]:
    """A sentence without its end and what is after it."""
    codes = list(codes)
    return codes[: codes.index(END)] if END in codes else codes


def answers(device: Device, net: Seq2seq, theta: Theta, pairs: Sequence[Pair], longest: int) -> Answers:
    """What is right of some pairs; words are counted over the target and its end."""
    ways = [translate(device, net, theta, pairs, longest, forced) for forced in (True, False)]
    right = []
    for written in ways:
        hits = [
            [a == b for a, b in zip(codes, (*pair.target, END), strict=False)]
            for codes, pair in zip(written, pairs, strict=True)
        ]
        right.append(xp.array([hit for one in hits for hit in one]))
    free = [upto_end(codes) for codes in ways[1]]
    exact = xp.array([tuple(codes) == pair.target for codes, pair in zip(free, pairs, strict=True)])
    return Answers(right[0], right[1], exact, free)


class PairsRun(training.MeasuredRun[Reading]):
    """A net in training on `train`; what is right of `tests` is counted every `every` updates.

    `ranges` are lengths of sources, (first, last), whose sentences are counted apart. On the host the gradient of an
    update is `sequences.fast` where the net has that form; elsewhere the walks, drained. A test holds both equal.
    """

    kinds = (Reading,)

    def __init__(
        self, device: Device, net: Seq2seq, recipe: Recipe, batches: Batches, train: Sequence[Pair],
        tests: Sequence[Pair] = (), ranges: Sequence[tuple[int, int]] = (), every: int = 50, kind: Any = float,
    ) -> None:  # fmt: skip
        super().__init__(device, recipe, tuple(nets.shapes(net)))
        self.net, self.batches, self.train, self.tests, self.ranges = net, batches, train, tests, ranges
        self.every, self.kind, self.dealt = every, kind, Dealt(batches, len(train))
        self.per = self.dealt.per
        self.S = max(len(pair.source) for pair in train)
        self.T = 1 + max(len(pair.target) for pair in train)
        self.longest = 2 + max(len(pair.target) for pair in (*train, *tests))
        self._own = threading.local()

    def padded(self, n: int) -> Padded:
        """The batch of update n."""
        return padded([self.train[i] for i in self.dealt.of(n)])

    def translating(self, n: int, data: Learning[Reading]) -> Translating:
        """The batch of update n through the net, by the walks."""
        return Translating(self.device, self.net, data.theta, batch(self.device, self.net, self.padded(n)))

    def measured(self, theta: Theta) -> Reading:
        """What is right of the tests now."""
        if not self.tests:
            return Reading()
        found, lengths = self.answers(theta, self.tests), xp.array([len(pair.source) for pair in self.tests])
        within = [(lengths >= low) & (lengths <= high) for low, high in self.ranges]
        shares = tuple(float(found.exact[some].mean()) if some.any() else float("nan") for some in within)
        return Reading(float(found.forced.mean()), float(found.free.mean()), float(found.exact.mean()), shares)

    def answers(self, theta: Theta, pairs: Sequence[Pair]) -> Answers:
        """What the net makes of some pairs."""
        return answers(self.device, self.net, theta, pairs, max(self.longest, 2 + max(len(p.target) for p in pairs)))

    def kernel(self, S: int, T: int, B: int) -> Kernel:
        """The fast form for batches of such a size, a separate one for each thread."""
        held: dict[Any, Kernel] = vars(self._own).setdefault("held", {})
        if (S, T, B) not in held:
            held[S, T, B] = Kernel(self.net, S, T, B, self.kind)
        return held[S, T, B]

    def moved(self, n: int, data: Learning[Reading]) -> Learning[Reading]:
        """Update n at full speed."""
        if self.device is not HOST or not has_fast_form(self.net):
            return super().moved(n, data)
        recipe, some = self.recipe, self.whole(self.padded(n))
        kernel = self.kernel(self.S, self.T, some.x.shape[1])
        theta, memory, E = kernel.update(
            recipe.optimiser, data.theta, data.memory, recipe.rate, recipe.clip, n - data.began + 1, some, some.words
        )
        return Learning(theta, memory, E, data.began, None, data.reading)

    def whole(self, some: Padded) -> Padded:
        """A batch with as many timesteps as the longest pair of all needs: the fast form has arrays of one size."""
        (S, B), T = some.x.shape, len(some.y)
        front, behind = xp.full((self.S - S, B), -1), xp.full((self.T - T, B), -1)
        w = xp.concatenate([some.w, xp.full((self.T - T, B), END)])
        return Padded(xp.concatenate([front, some.x]), w, xp.concatenate([some.y, behind]))

    def gradient(self, n: int, data: Learning[Reading]) -> Gradient:
        """Forward and back on the batch of update n, by the walks."""
        whole = self.translating(n, data)
        return Gradient(whole.grad, sum(whole.run.E))

    def sections(self, n: int, data: Learning[Reading], at: Path) -> list[Section]:
        """Encoder, decoder, backward, clip, step."""
        whole, forward = self.translating(n, data), (*at, ("forward", -1))
        return [
            whole.encoder((*forward, ("encoder", -1))),
            whole.decoder((*forward, ("decoder", -1))),
            whole.back((*at, ("backward", -1))),
            *self.clip_and_step(n, data, lambda: whole.grad, lambda **more: whole.env(2, **more), at),
        ]
