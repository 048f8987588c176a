"""Training as an endless track: every update is forward, back-propagation through time, clip, step (slides 34-37)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.device import Array, Device
from engine.maths.activations import Activation
from engine.maths.optimisers import Memory, Optimiser, begin, clip_by_norm, norm, update
from engine.recurrent.srn import PARAMETERS, Inputs, Params, forward
from engine.recurrent.unrolled import Unrolled, gradient
from engine.walks import descent
from engine.walks.history import State, Track
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path, Walk, drain


class Recipe(NamedTuple):
    """How an SRN is trained. `clip` is the largest ‖gradient‖ let through; `window` cuts the ledger's rows."""

    f: Activation
    optimiser: Optimiser
    rate: float
    window: int
    clip: float


class Learning(NamedTuple):
    """The data of a State: the net, what the optimiser remembers, and the last update's loss, NaN at first.

    `began` is the update that the memory began at: what an optimiser corrects for its start counts from there.
    """

    theta: Params
    memory: Memory
    loss: Any
    began: int = 0


def start(device: Device, theta: Params, optimiser: Optimiser) -> State:
    """The state that update 0 starts from."""
    return State(0, Learning(theta, begin(device.xp, optimiser, theta._asdict()), float("nan")))


def advance(device: Device, recipe: Recipe, inputs: Inputs, state: State) -> State:
    """One update at full speed. `engine.walks.descent` shows the same step by step."""
    theta, memory, _, began = state.data
    run = drain(forward(device.xp, recipe.f, theta, inputs))
    grad = gradient(device, recipe.f, theta, inputs, run, recipe.window)._asdict()
    clipped = clip_by_norm(device.xp, grad, recipe.clip)
    loss = sum(run.E) + 0 * norm(device.xp, grad)  # a gradient beyond the finite numbers must not pass unnoticed
    n = state.n - began + 1
    moved, kept = update(device.xp, recipe.optimiser, theta._asdict(), clipped, memory, recipe.rate, n)
    return State(state.n + 1, Learning(Params(**moved), kept, loss, began))


class Update:
    """One update opened: the reel of its sections, and the net it starts from."""

    def __init__(self, device: Device, recipe: Recipe, inputs: Inputs, state: State) -> None:
        self.device, self.recipe, self.state = device, recipe, state
        self.net = Unrolled(device, recipe.f, state.data.theta, inputs, recipe.window)

    def sections(self) -> list[Section]:
        """Forward; the ledger's rows (V, W, U, b, c of each E_t); their sum; clip; step."""
        at: Path = (("update", self.state.n),)
        net, back, clip, step = self.net, (*at, ("backward", -1)), (*at, ("clip", -1)), (*at, ("step", -1))
        clips, moves = descent.steps(self.recipe.optimiser, PARAMETERS)
        rows = [net.section_row(back, t, "WUb") for t in range(net.steps)]
        return [
            net.section_forward((*at, ("forward", -1))),
            net.section_output((*at, ("output", -1))),
            *rows,
            net.section_sum((*at, ("sum", -1))),
            Section(clip, lambda: self.walk_clip(clip), self.env_clip, clips),
            Section(step, lambda: self.walk_step(step), self.env_step, moves),
        ]

    def walk_clip(self, at: Path) -> Walk[dict[str, Array]]:
        """The gradient, made shorter where it is too long."""
        return (yield from descent.walk_clip(self.device.xp, self.net.ledger.grad._asdict(), self.recipe.clip, at))

    def walk_step(self, at: Path) -> Walk[tuple[dict[str, Array], dict[str, Array]]]:
        """The update itself."""
        xp, (theta, memory, _, began), recipe = self.device.xp, self.state.data, self.recipe
        grad = clip_by_norm(xp, self.net.ledger.grad._asdict(), recipe.clip)
        n = self.state.n - began + 1
        walk = descent.walk_step(xp, recipe.optimiser, theta._asdict(), grad, memory, recipe.rate, n, at)
        return (yield from walk)

    def env_clip(self) -> Env:
        """The whole gradient, before clipping."""
        return self.net.env_run(**self._named(self.net.ledger.grad._asdict()), theta=self.recipe.clip)

    def env_step(self) -> Env:
        """The clipped gradient, and what the optimiser remembers."""
        grad = self.net.ledger.grad._asdict()
        clipped = clip_by_norm(self.device.xp, grad, self.recipe.clip)
        scalars = {"rate": self.recipe.rate, "n": self.state.n - self.state.data.began + 1, "theta": self.recipe.clip}
        length = norm(self.device.xp, grad)
        return self.net.env_run(**self._named(clipped), **self.state.data.memory, **scalars, g_norm=length)

    @staticmethod
    def _named(grad: Mapping[str, Array]) -> dict[str, Array]:
        return {f"d{p}": g for p, g in grad.items()}


def track(device: Device, recipe: Recipe, inputs: Inputs, begin_at: State, grains: Grains) -> Track:
    """Training from `begin_at` on, with this recipe."""

    def inside(state: State) -> Reel:
        return Reel(Update(device, recipe, inputs, state).sections(), grains)

    theta, memory, *_ = begin_at.data
    size = 8 * sum(array.size for array in (*theta, *memory.values())) + 2048
    return Track(
        "train",
        begin_at,
        lambda state: advance(device, recipe, inputs, state),
        inside,
        lambda state: float(device.get(state.data.loss)),
        size,
    )
