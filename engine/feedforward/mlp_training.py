"""Training a network of any depth: every update takes the next batch forward, back, and a step (slides 25-27, 34).

examples  x (M, N), one column an example, and y (K, N)        batch   the columns of one update
an epoch  every example once, in an order drawn anew           test    examples that never teach
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray, rng
from engine.feedforward import mlp
from engine.feedforward.mlp import Net, Run, Theta
from engine.feedforward.mlp_fast import Kernel
from engine.maths.optimisers import Memory, Optimiser, begin, clip_by_norm, norm, update
from engine.walks import descent
from engine.walks.history import State, Track
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path, Walk, drain

ORDERS = 1000
"""Sections of the seed from here on draw the orders of the epochs."""
APART = 10
"""Updates at least between two measurements of all examples."""


class Recipe(NamedTuple):
    """How a net is trained: its optimiser, rate and clipping, examples a batch, and the seed of their order."""

    net: Net
    optimiser: Optimiser
    rate: float
    clip: float
    batch: int
    seed: int


class Examples(NamedTuple):
    """Columns x (M, N) and what is wanted of each, y (K, N)."""

    x: Array
    y: Array


class Learning(NamedTuple):
    """The data of a State: parameters, memory, E of the last batch; the losses on all examples, measured at times.

    `began` is the update that the memory began at: what an optimiser corrects for its start counts from there.
    """

    theta: Theta
    memory: Memory
    loss: float
    train: float
    test: float
    began: int = 0


def batches(recipe: Recipe, count: int) -> int:
    """How many batches make an epoch of `count` examples; the last may be smaller."""
    return -(-count // recipe.batch)


def between(recipe: Recipe, count: int) -> int:
    """How many updates lie between two measurements of all examples: the fewest whole epochs of `APART` updates."""
    per = batches(recipe, count)
    return -(-APART // per) * per


def order(recipe: Recipe, count: int, epoch: int) -> list[HostArray]:
    """The batches of an epoch: which examples are in each."""
    drawn = rng(recipe.seed, ORDERS + epoch).permutation(count)
    return [drawn[first : first + recipe.batch] for first in range(0, count, recipe.batch)]


def loss_on(xp: Any, net: Net, theta: Theta, some: Examples) -> Array:
    """The mean loss, without what the regulariser takes."""
    return drain(mlp.forward(xp, net._replace(l1=0.0, l2=0.0), theta, *some)).E


def learn(
    xp: Any, recipe: Recipe, theta: Theta, memory: Memory, run: Run, y: Array, n: int, at: Path = ()
) -> Walk[tuple[Theta, Memory]]:
    """What an update does after its forward pass: backward, clip, step. Returns (theta, memory)."""
    grad = yield from mlp.backward(xp, recipe.net, theta, run, y, (*at, ("backward", -1)))
    clipped = yield from descent.walk_clip(xp, grad, recipe.clip, (*at, ("clip", -1)))
    here = (*at, ("step", -1))
    moved = yield from descent.walk_step(xp, recipe.optimiser, theta, clipped, memory, recipe.rate, n + 1, here)
    return moved


def step_and_forward(
    xp: Any, recipe: Recipe, theta: Theta, grad: Theta, memory: Memory, some: Examples, at: Path = ()
) -> Walk[Theta]:
    """What one update does to some examples: clip the gradient, move every parameter, and forward again.

    Returns the parameters after it.
    """
    clipped = yield from descent.walk_clip(xp, grad, recipe.clip, (*at, ("clip", -1)))
    walk = descent.walk_step(xp, recipe.optimiser, theta, clipped, memory, recipe.rate, 1, (*at, ("move", -1)))
    moved, _ = yield from walk
    yield from mlp.forward(xp, recipe.net, moved, *some, (*at, ("after", -1)))
    return moved


def step_and_forward_length(recipe: Recipe) -> int:
    """How many steps `step_and_forward` takes."""
    return sum(descent.steps(recipe.optimiser, mlp.names(recipe.net.depth))) + mlp.steps(recipe.net)[0]


def epoch(
    xp: Any, recipe: Recipe, theta: Theta, memory: Memory, some: list[Examples], n: int, at: Path = ()
) -> Walk[tuple[Theta, Memory]]:
    """One update for every batch in turn, from update n on. Returns (theta, memory)."""
    for i, batch in enumerate(some):
        here = (*at, ("update", n + i))
        run = yield from mlp.forward(xp, recipe.net, theta, *batch, (*here, ("forward", -1)))
        theta, memory = yield from learn(xp, recipe, theta, memory, run, batch.y, n + i, here)
    return theta, memory


class School:
    """A net's examples on a device, and how its state passes from one update to the next.

    Both losses are measured on all examples every so many whole epochs. On the host `advance` is
    `feedforward.mlp_fast`; elsewhere it is the walks', drained. A test holds both equal.
    """

    def __init__(self, device: Device, recipe: Recipe, train: Examples, test: Examples) -> None:
        self.device, self.recipe = device, recipe
        self.host = train
        self.train, self.test = (Examples(*(device.put(value) for value in some)) for some in (train, test))
        self.per = batches(recipe, train.x.shape[1])
        self.every = between(recipe, train.x.shape[1])
        self._own = threading.local()  # the screen may replay a state while training goes on
        self._epoch: tuple[int, list[HostArray]] = -1, []

    @property
    def kernel(self) -> Kernel:
        """This thread's fast form."""
        kernel: Kernel | None = getattr(self._own, "kernel", None)
        if kernel is None:
            recipe = self.recipe
            kernel = self._own.kernel = Kernel(recipe.net, recipe.optimiser, recipe.rate, recipe.clip, *self.host)
        return kernel

    def batch(self, n: int) -> Examples:
        """The examples of update n."""
        some = self._order(n // self.per)[n % self.per]
        return Examples(*(self.device.put(value[:, some]) for value in self.host))

    def _order(self, epoch: int) -> list[HostArray]:
        found = self._epoch
        if found[0] != epoch:
            found = self._epoch = epoch, order(self.recipe, self.host.x.shape[1], epoch)
        return found[1]

    def start(self, theta: Theta) -> State:
        """The state that update 0 starts from."""
        memory = begin(self.device.xp, self.recipe.optimiser, theta)
        return State(0, Learning(theta, memory, float("nan"), *self.losses(theta)))

    def losses(self, theta: Theta) -> tuple[float, float]:
        """The mean loss on all training examples, and on all test examples (NaN where there are none)."""
        xp, net = self.device.xp, self.recipe.net
        some = (self.train, self.test)
        found = [float(self.device.get(loss_on(xp, net, theta, e))) if e.x.shape[1] else float("nan") for e in some]
        return found[0], found[1]

    def advance(self, state: State) -> State:
        """One update at full speed."""
        theta, memory, _, *before, began = state.data
        if self.device is HOST:
            order = self._order(state.n // self.per)
            theta, memory, loss = self.kernel.update(theta, memory, order, state.n % self.per, state.n - began)
        else:
            theta, memory, loss = self._walked(theta, memory, state.n, began)
        n = state.n + 1
        train, test = self.losses(theta) if n % self.every == 0 else before
        return State(n, Learning(theta, memory, loss, train, test, began))

    def _walked(self, theta: Theta, memory: Memory, n: int, began: int) -> tuple[Theta, Memory, float]:
        xp, (x, y) = self.device.xp, self.batch(n)
        run = drain(mlp.forward(xp, self.recipe.net, theta, x, y))
        grad = drain(mlp.backward(xp, self.recipe.net, theta, run, y))
        clipped = clip_by_norm(xp, grad, self.recipe.clip)
        loss = float(self.device.get(run.E + 0 * norm(xp, grad)))  # a gradient that is not finite must be noticed
        return *update(xp, self.recipe.optimiser, theta, clipped, memory, self.recipe.rate, n - began + 1), loss

    def inside(self, state: State, grains: Grains) -> Reel:
        """One update opened: its forward pass, and what is learned from it."""
        xp, recipe, (theta, memory, *_) = self.device.xp, self.recipe, state.data
        at: Path = (("update", state.n),)
        x, y = self.batch(state.n)
        names, (there, back) = mlp.names(recipe.net.depth), mlp.steps(recipe.net)
        scalars = {
            "B": x.shape[1], "rate": recipe.rate, "theta": recipe.clip, "n": state.n - state.data.began + 1,
            "l1": recipe.net.l1, "l2": recipe.net.l2,
        }  # fmt: skip
        begun = {**theta, **memory, "x": x, "y": y, **scalars}

        def forward() -> Walk[Run]:
            return mlp.forward(xp, recipe.net, theta, x, y, (*at, ("forward", -1)))

        def after() -> Env:
            return Env({**begun, **mlp.written(drain(forward()))})

        return Reel(
            [
                Section((*at, ("forward", -1)), forward, lambda: Env(begun), there),
                Section(
                    at,
                    lambda: learn(xp, recipe, theta, memory, drain(forward()), y, state.n - state.data.began, at),
                    after,
                    back + sum(descent.steps(recipe.optimiser, names)),
                ),
            ],
            grains,
        )

    def track(self, begin_at: State, grains: Grains) -> Track:
        """Training from a state on; beside E of every batch, the losses on all training and all test examples."""
        theta, memory, *_ = begin_at.data
        size = 8 * sum(array.size for array in (*theta.values(), *memory.values())) + 2048
        return Track(
            "train",
            begin_at,
            self.advance,
            lambda state: self.inside(state, grains),
            lambda state: float(state.data.loss),
            size,
            (lambda state: float(state.data.train), lambda state: float(state.data.test)),
        )
