"""A convolutional net and an MLP of as many weights, in training on the same batches; wrong answers of both counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import prod
from typing import Any, NamedTuple

from engine.device import Array, Device, Rng
from engine.feedforward import mlp
from engine.feedforward.mlp_training import Batches, Examples, Losses, MlpRun, wrong
from engine.images import cnn
from engine.images.cnn import Cnn, Theta
from engine.images.cnn_training import CnnRun, Reading
from engine.maths.initial import he, layers
from engine.walks.history import State, Track
from engine.walks.reel import Grains
from engine.walks.step import drain
from engine.walks.training import Learning, Recipe


def weights(net: Cnn) -> int:
    """How many a net has, biases included."""
    return sum(prod(shape) for shape in cnn.shapes(net).values())


def hidden(net: Cnn) -> int:
    """Hidden units of the MLP that has as many weights as a convolutional net, to half a unit."""
    return round((weights(net) - net.classes) / (prod(net.picture) + 1 + net.classes))


def dense_weights(net: Cnn) -> int:
    """How many weights that MLP has, biases included."""
    return (prod(net.picture) + 1 + net.classes) * hidden(net) + net.classes


class Pair(NamedTuple):
    """The data of a State: the convolutional net, the MLP, and the MLP's shares of wrong answers on each test set."""

    cnn: Learning[Reading]
    mlp: Learning[Losses]
    missed: tuple[float, ...]

    @property
    def theta(self) -> Theta:
        """Those of the convolutional net: what is opened and edited."""
        return self.cnn.theta

    @property
    def memory(self) -> Mapping[str, Array]:
        return self.cnn.memory

    @property
    def began(self) -> int:
        return self.cnn.began

    @property
    def loss(self) -> Any:
        return self.cnn.loss


def of_net(n: int, state: State) -> float:
    """The convolutional net's share of wrong answers on test set n."""
    share: float = state.data.cnn.reading.wrong[n]
    return share


def of_mlp(n: int, state: State) -> float:
    """The MLP's."""
    share: float = state.data.missed[n]
    return share


class BesideMlp:
    """Both in training on `train`, measured on `tests`; `draw` gives the MLP's first weights."""

    def __init__(
        self, device: Device, net: Cnn, recipe: Recipe, batches: Batches, train: Examples, tests: Sequence[Examples],
        draw: Rng,
    ) -> None:  # fmt: skip
        self.device, self.tests, self.draw = device, tests, draw
        self.run = CnnRun(device, net, recipe, batches, train, tests)
        self.dense = mlp.Net(2, net.unit, "softmax")
        self.rival = MlpRun(device, self.dense, recipe, batches, train)

    def start(self, theta: Theta) -> State:
        """Update 0 of a net with these parameters; the MLP's weights N(0, 2 / in), biases 0."""
        net = self.run.net
        drawn = layers(self.draw, (prod(net.picture), hidden(net), net.classes), he)
        dense = {p: self.device.put(value) for p, value in drawn.items()}
        mine = self.rival.start(dense)
        return State(0, Pair(self.run.start(theta).data, mine.data, self.missed(dense)))

    def fork(self, at: State, theta: Theta) -> State:
        """From a state on, with these parameters of the convolutional net."""
        pair: Pair = at.data
        mine, other = State(at.n, pair.cnn), State(at.n, pair.mlp)
        forked = self.run.fork(mine, theta).data, self.rival.fork(other, pair.mlp.theta).data
        return State(at.n, Pair(*forked, pair.missed))

    def missed(self, theta: Theta) -> tuple[float, ...]:
        """The MLP's shares of wrong answers."""
        xp, put, found = self.device.xp, self.device.put, list[float]()
        for some in self.tests:
            run = drain(mlp.forward(xp, self.dense, theta, put(some.x), put(some.y)))
            found.append(wrong(self.device, run.z[-1], some.y) / len(some.x.T))
        return tuple(found)

    def advance(self, state: State) -> State:
        """One update of both."""
        pair: Pair = state.data
        mine = self.run.advance(State(state.n, pair.cnn))
        other = self.rival.advance(State(state.n, pair.mlp)).data
        missed = self.missed(other.theta) if mine.n % self.run.every == 0 else pair.missed
        return State(mine.n, Pair(mine.data, other, missed))

    def track(self, begin_at: State, grains: Grains) -> Track:
        """Training from a state on; beside E, for each test set the wrong answers of the net and of the MLP."""
        run, pair = self.run, begin_at.data
        also = [measure for n in range(len(self.tests)) for measure in (partial(of_net, n), partial(of_mlp, n))]
        return Track(
            "train", begin_at, self.advance, lambda state: run.inside(State(state.n, state.data.cnn), grains),
            lambda state: run.loss(State(state.n, state.data.cnn)),
            run.size(pair.cnn.theta) + self.rival.size(pair.mlp.theta), tuple(also),
            kinds=(Pair, Learning, Reading, Losses),
        )  # fmt: skip
