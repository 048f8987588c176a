"""Nets that describe pictures, in training; and beside each a classifier that has one output for a whole caption.

The classifier is a softmax layer on the pixels: its outputs are the captions that it was trained on, and so it gives no
other one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray
from engine.feedforward import mlp
from engine.feedforward.mlp_training import Batches, Dealt, Examples, Losses, MlpRun
from engine.maths.activations import ACTIVATIONS
from engine.maths.optimisers import Memory
from engine.sequences import caption
from engine.sequences.caption import Batch, Captioner, Captions, Forward
from engine.sequences.caption_fast import Kernel
from engine.sequences.picture import Theta
from engine.walks import descent, training
from engine.walks.history import State, Track
from engine.walks.reel import Env, Grains, Section
from engine.walks.step import Path, Walk, drain
from engine.walks.training import Gradient, Learning, Recipe

EVERY = 20
"""Updates from one measurement to the next."""
CLASSIFIER = mlp.Net(1, ACTIVATIONS["linear"], "softmax")


class Described(NamedTuple):
    """Pictures (P, N) with the codes of their captions."""

    image: HostArray
    captions: Sequence[tuple[int, ...]]


class Reading(NamedTuple):
    """The shares of captions that are right in every word, on the training pictures and on those held out."""

    train: float
    held: float


class CaptionRun(training.MeasuredRun[Reading]):
    """A net in training on `train`; whole captions on `train` and on `held` are counted every `EVERY` updates.

    On the host an update is `sequences.caption_fast`, elsewhere the walks, drained. A test holds both equal.
    """

    kinds = (Reading,)

    def __init__(
        self, device: Device, net: Captioner, recipe: Recipe, batches: Batches, train: Described, held: Described
    ) -> None:
        super().__init__(device, recipe, net.names)
        self.net, self.batches, self.train, self.held = net, batches, train, held
        self.count = train.image.shape[1]
        self.dealt, self.every = Dealt(batches, self.count), EVERY
        self.per = self.dealt.per
        self.words = caption.coded(train.captions)
        self.T = len(self.words.x)
        self.kernel = Kernel(net, self.T)

    def some(self, n: int) -> tuple[HostArray, Captions]:
        """The pictures and captions of update n."""
        picked = self.dealt.of(n)
        return self.train.image[:, picked], Captions(*(each[:, picked] for each in self.words))

    def batch(self, n: int) -> Batch:
        """The same on the device, as the walks read them."""
        return caption.batch(self.device, self.net, *self.some(n))

    def written(self, theta: Theta, some: Described) -> list[tuple[int, ...]]:
        """The captions that a net gives to some pictures."""
        found = caption.written(self.device, self.net, theta, self.device.put(some.image), self.T)
        return [tuple(each) for each in found]

    def measured(self, theta: Theta) -> Reading:
        """The shares of right captions now."""
        return Reading(*(share(self.written(theta, some), some) for some in (self.train, self.held)))

    def moved(self, n: int, data: Learning[Reading]) -> Learning[Reading]:
        """Update n at full speed."""
        return self.fast(n, data) if self.device is HOST else super().moved(n, data)

    def fast(self, n: int, data: Learning[Reading]) -> Learning[Reading]:
        """Update n by the fast form."""
        recipe, (image, words) = self.recipe, self.some(n)
        theta, memory, E = self.kernel.update(
            recipe.optimiser, data.theta, data.memory, recipe.rate, recipe.clip, n - data.began + 1, image, words
        )
        return Learning(theta, memory, E, data.began, None, data.reading)

    def gradient(self, n: int, data: Learning[Reading]) -> Gradient:
        """Forward and back on the batch of update n."""
        xp, some = self.device.xp, self.batch(n)
        made = drain(caption.forward(xp, self.net, data.theta, some))
        grad, _ = drain(caption.backward(xp, self.net, data.theta, some, made))
        return Gradient(grad, sum(made.run.E))

    def sections(self, n: int, data: Learning[Reading], at: Path) -> list[Section]:
        """Two sections: the forward pass; backward, clip and step."""
        xp, net, recipe, theta, memory = self.device.xp, self.net, self.recipe, data.theta, data.memory
        some, count, (there, back) = self.batch(n), n - data.began + 1, caption.steps(net, self.T)
        scalars = {**memory, "rate": recipe.rate, "theta": recipe.clip, "n": count}
        up, home = (*at, ("forward", -1)), (*at, ("backward", -1))

        def made() -> Forward:
            return drain(caption.forward(xp, net, theta, some))

        def learned() -> Walk[tuple[Theta, Memory]]:
            walk = gradient_only(caption.backward(xp, net, theta, some, made(), home))
            return training.learn(xp, recipe, theta, memory, walk, count, at)

        def before(made: Forward | None) -> Env:
            return caption.env(self.device, net, theta, some, made, **scalars)

        clips_and_moves = sum(descent.steps(recipe.optimiser, self.names, recipe.clip))
        return [
            Section(up, lambda: caption.forward(xp, net, theta, some, up), lambda: before(None), there),
            Section(at, learned, lambda: before(made()), back + clips_and_moves),
        ]


def gradient_only(walk: Walk[tuple[Theta, Array]]) -> Walk[Theta]:
    """A backward pass without ∂E/∂I."""
    grad, _ = yield from walk
    return grad


def share(found: Sequence[Sequence[int]], some: Described) -> float:
    """Of how many pictures the caption is right in every word, as a share; NaN where there is no picture."""
    right = sum(tuple(a) == tuple(b) for a, b in zip(found, some.captions, strict=True))
    return right / len(some.captions) if some.captions else float("nan")


class Beside(NamedTuple):
    """The data of a State: the net, the classifier, and the classifier's shares of right captions."""

    net: Learning[Reading]
    classifier: Learning[Losses]
    classed: Reading

    @property
    def theta(self) -> Theta:
        """Those of the net: what is opened and edited."""
        return self.net.theta

    @property
    def memory(self) -> Mapping[str, Array]:
        return self.net.memory

    @property
    def began(self) -> int:
        return self.net.began

    @property
    def loss(self) -> Any:
        return self.net.loss


class BesideClassifier:
    """A net and the classifier, trained on the same batches."""

    def __init__(
        self, device: Device, net: Captioner, recipe: Recipe, batches: Batches, train: Described, held: Described
    ) -> None:
        self.device, self.run = device, CaptionRun(device, net, recipe, batches, train, held)
        self.whole = list(dict.fromkeys(train.captions))
        """The captions that the classifier can give: those of its training pictures."""
        at = {words: n for n, words in enumerate(self.whole)}
        y = HOST.xp.eye(len(self.whole))[:, [at[words] for words in train.captions]]
        self.rival = MlpRun(device, CLASSIFIER, recipe, batches, Examples(train.image, y))

    def start(self, theta: Theta) -> State:
        """Update 0 of a net with these parameters; the classifier's are 0."""
        pixels, zeros = len(self.run.train.image), HOST.xp.zeros
        first = {"W1": zeros((len(self.whole), pixels)), "b1": zeros((len(self.whole), 1))}
        classifier = {name: self.device.put(value) for name, value in first.items()}
        mine, other = self.run.start(theta), self.rival.start(classifier)
        return State(0, Beside(mine.data, other.data, self.classed(classifier)))

    def fork(self, at: State, theta: Theta) -> State:
        """From a state on, with these parameters of the net."""
        pair: Beside = at.data
        mine = self.run.fork(State(at.n, pair.net), theta).data
        other = self.rival.fork(State(at.n, pair.classifier), pair.classifier.theta).data
        return State(at.n, pair._replace(net=mine, classifier=other))

    def classified(self, theta: Theta, some: Described) -> list[tuple[int, ...]]:
        """The captions that the classifier gives."""
        scores = theta["W1"] @ self.device.put(some.image) + theta["b1"]
        return [self.whole[int(n)] for n in self.device.get(scores).argmax(axis=0)]

    def classed(self, theta: Theta) -> Reading:
        """Its shares of right captions."""
        both = (self.run.train, self.run.held)
        return Reading(*(share(self.classified(theta, some), some) for some in both))

    def advance(self, state: State) -> State:
        """One update of both."""
        pair: Beside = state.data
        mine = self.run.advance(State(state.n, pair.net))
        other = self.rival.advance(State(state.n, pair.classifier)).data
        classed = self.classed(other.theta) if mine.n % EVERY == 0 else pair.classed
        return State(mine.n, Beside(mine.data, other, classed))

    def track(self, begin_at: State, grains: Grains) -> Track:
        """Training from a state on; beside E, the right captions held out: of the net, of the classifier."""
        run, pair = self.run, begin_at.data
        size = run.size(pair.net.theta) + self.rival.size(pair.classifier.theta)
        return Track(
            "train", begin_at, self.advance, lambda state: run.inside(State(state.n, state.data.net), grains),
            lambda state: run.loss(State(state.n, state.data.net)), size, (of_net, of_classifier, on_train),
            kinds=(Beside, Learning, Reading, Losses),
        )  # fmt: skip


def of_net(state: State) -> float:
    """The net's share of right captions on pictures held out."""
    held: float = state.data.net.reading.held
    return held


def of_classifier(state: State) -> float:
    """The classifier's."""
    held: float = state.data.classed.held
    return held


def on_train(state: State) -> float:
    """The net's on its training pictures."""
    seen: float = state.data.net.reading.train
    return seen
