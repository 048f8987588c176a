"""Training a network by its walks: an update is forward, backward, clip, step, and any of them can be opened.

A kind of network defines (see `Run`) the gradient of an update from its walks, the same walks as sections of
a reel, and a fast form where it has one. States, the optimiser, clipping, forks and tracks are the same for all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from engine.device import Array, Device
from engine.maths.optimisers import OPTIMISERS, UNCLIPPED, Memory, Optimiser, begin, clip_by_norm, norm, reached, update
from engine.walks import descent
from engine.walks.history import State, Track
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path, Walk

Theta = Mapping[str, Array]
"""Parameters, and gradients, by symbol."""
Reading = TypeVar("Reading")


class Recipe(NamedTuple):
    """How parameters are updated: the optimiser, the learning rate, and the ‖gradient‖ above which it is clipped."""

    optimiser: Optimiser
    rate: float
    clip: float


def descending(rate: float) -> Recipe:
    """Plain gradient descent without a bound on the gradient."""
    return Recipe(OPTIMISERS["sgd"], rate, UNCLIPPED)


class Learning(NamedTuple, Generic[Reading]):
    """The data of a State: parameters, the optimiser's memory, and the loss of the last update, NaN before the first.

    `began` is the update at which the memory was zero: Adam's bias correction counts updates from there.
    `carried` are recurrent states that the next update may begin from; `reading` is the last measurement.
    """

    theta: Theta
    memory: Memory
    loss: Any
    began: int
    carried: Mapping[str, Array] | None
    reading: Reading


class Gradient(NamedTuple):
    """The result of one update's walks: ∂E/∂θ by symbol, E (a number, or () on the device), the last states."""

    grad: Theta
    loss: Any
    carried: Mapping[str, Array] | None = None


class Run(ABC, Generic[Reading]):
    """A network in training on `device`; `names` are its parameters, in order.

    A kind of network defines `gradient` and `sections`; one with a fast form, or with measurements, also `update`.
    """

    beside = 2048
    """Bytes of a state without its parameters and the optimiser's memory."""
    kinds: tuple[type, ...] = ()
    """The named tuples that a reading is made of: what a checkpoint packs."""

    def __init__(self, device: Device, recipe: Recipe, names: tuple[str, ...]) -> None:
        self.device, self.recipe, self.names = device, recipe, names

    # what a kind of network gives

    @abstractmethod
    def gradient(self, n: int, data: Learning[Reading]) -> Gradient:
        """The forward and the backward walk of update n, drained."""

    @abstractmethod
    def sections(self, n: int, data: Learning[Reading], at: Path) -> list[Section]:
        """Update n opened, from the forward pass to the step; every address begins with `at`."""

    def update(self, n: int, data: Learning[Reading]) -> Learning[Reading]:
        """Update n at full speed: by default the walks, drained."""
        xp, recipe = self.device.xp, self.recipe
        grad, loss, carried = self.gradient(n, data)
        clipped = clip_by_norm(xp, grad, recipe.clip)
        loss = loss + 0 * reached(xp, grad, recipe.clip)  # a gradient beyond the finite numbers must not pass unnoticed
        count = n - data.began + 1
        theta, memory = update(xp, recipe.optimiser, data.theta, clipped, data.memory, recipe.rate, count)
        return Learning(theta, memory, loss, data.began, carried, data.reading)

    # what training does with it

    def start(self, theta: Theta, reading: Any = None) -> State:
        """The state that update 0 starts from."""
        memory = begin(self.device.xp, self.recipe.optimiser, theta)
        return State(0, Learning(theta, memory, float("nan"), 0, None, reading))

    def fork(self, at: State, theta: Theta) -> State:
        """The state to go on from with parameters `theta`, forked from a state of a run of the same kind.

        The optimiser's memory is taken over; if `at` has that of another optimiser, it starts from zero.
        """
        memory, began = carried_over(at, begin(self.device.xp, self.recipe.optimiser, theta))
        return State(at.n, at.data._replace(theta=theta, memory=memory, began=began))

    def advance(self, state: State) -> State:
        """One update at full speed."""
        return State(state.n + 1, self.update(state.n, state.data))

    def inside(self, state: State, grains: Grains) -> Reel:
        """One update opened."""
        return Reel(self.sections(state.n, state.data, (("update", state.n),)), grains)

    def loss(self, state: State) -> float:
        """The loss of the last update."""
        return float(self.device.get(state.data.loss))

    def size(self, theta: Theta) -> int:
        """Bytes of a state."""
        numbers: int = sum(value.size for value in theta.values())
        return 8 * numbers * (1 + len(self.recipe.optimiser.slots)) + self.beside

    def track(self, begin_at: State, grains: Grains, also: tuple[Callable[[State], float], ...] = ()) -> Track:
        """Training from a state on, with a curve of the loss and one for each of `also`."""
        size = self.size(begin_at.data.theta)
        return Track(
            "train", begin_at, self.advance, lambda state: self.inside(state, grains), self.loss, size, also,
            kinds=(Learning, *self.kinds),
        )  # fmt: skip

    def clip_and_step(
        self, n: int, data: Learning[Reading], grad: Callable[[], Theta], env: Callable[..., Env], at: Path
    ) -> list[Section]:
        """The last sections of an update: clip, where there is a bound, and step.

        `env(**more)` gives the values at their start.
        """
        xp, recipe, (theta, memory, *_), count = self.device.xp, self.recipe, data, n - data.began + 1
        clip, step = (*at, ("clip", -1)), (*at, ("step", -1))
        clips, moves = descent.steps(recipe.optimiser, self.names, recipe.clip)

        def walk_step() -> Walk[tuple[Theta, Memory]]:
            clipped = clip_by_norm(xp, grad(), recipe.clip)
            return descent.walk_step(xp, recipe.optimiser, theta, clipped, memory, recipe.rate, count, step)

        def env_step() -> Env:
            scalars = {"rate": recipe.rate, "n": count, "theta": recipe.clip, "g_norm": norm(xp, grad())}
            return env(**gradients(clip_by_norm(xp, grad(), recipe.clip)), **memory, **scalars)

        clipping = Section(
            clip,
            lambda: descent.walk_clip(xp, grad(), recipe.clip, clip),
            lambda: env(**gradients(grad()), theta=recipe.clip),
            clips,
        )
        return [*([clipping] if clips else []), Section(step, walk_step, env_step, moves)]


class MeasuredRun(Run[Reading]):
    """A network in training whose reading is measured at the start, at a fork, and every `every` updates."""

    every: int

    @abstractmethod
    def measured(self, theta: Theta) -> Reading:
        """What is measured of parameters."""

    def start(self, theta: Theta, reading: Reading | None = None) -> State:
        """The state that update 0 starts from."""
        return super().start(theta, reading or self.measured(theta))

    def fork(self, at: State, theta: Theta) -> State:
        """As in `Run`; measured with `theta`."""
        state = super().fork(at, theta)
        return State(state.n, state.data._replace(reading=self.measured(theta)))

    def moved(self, n: int, data: Learning[Reading]) -> Learning[Reading]:
        """Update n at full speed, nothing measured: by default the walks, drained."""
        return super().update(n, data)

    def update(self, n: int, data: Learning[Reading]) -> Learning[Reading]:
        """One update at full speed; measured where it is due."""
        after = self.moved(n, data)
        return after._replace(reading=self.measured(after.theta)) if (n + 1) % self.every == 0 else after


def gradients(grad: Theta) -> dict[str, Array]:
    """A gradient by the symbols that it has in rules: dW of W."""
    return {f"d{p}": g for p, g in grad.items()}


def carried_over(at: State, fresh: Memory) -> tuple[Memory, int]:
    """(memory, `began`) for a fork at a state: those of the state, or of another optimiser `fresh` and this update."""
    if set(at.data.memory) == set(fresh):
        return at.data.memory, at.data.began
    return fresh, at.n


def learn(
    xp: Any, recipe: Recipe, theta: Theta, memory: Memory, backward: Walk[Any], n: int, at: Path = ()
) -> Walk[tuple[Theta, Memory]]:
    """An update after its forward pass, as one walk: `backward`, which gives the gradient, then clip, then step.

    n counts the updates since the memory was zero, from 1. Returns (theta, memory).
    """
    grad = yield from backward
    clipped = yield from descent.walk_clip(xp, grad, recipe.clip, (*at, ("clip", -1)))
    here = (*at, ("step", -1))
    moved = yield from descent.walk_step(xp, recipe.optimiser, theta, clipped, memory, recipe.rate, n, here)
    return moved
