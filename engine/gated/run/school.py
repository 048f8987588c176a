"""Training on windows without end: on the host at full speed, elsewhere through the walk; any update can be opened."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from engine.device import HOST, Device, HostArray
from engine.gated import cell as cells
from engine.gated.cell import Inputs, Made, Theta
from engine.gated.kernel.fast import Kernel
from engine.gated.run import training
from engine.gated.run.streams import Source, walked
from engine.gated.run.training import Learning, Recipe
from engine.maths.optimisers import begin
from engine.walks.history import State
from engine.walks.reel import Grains, Reel
from engine.walks.step import drain

Read = TypeVar("Read")


class Seen(NamedTuple):
    """What an update showed; where only the end is asked, also the answers (B,) and how far the gradient reached."""

    loss: float
    guesses: HostArray | None
    reach: float


class Learned(NamedTuple, Generic[Read]):
    """The data of a State: what `training.Learning` has, and what was read of it last."""

    theta: Theta
    memory: Mapping[str, Any]
    loss: Any
    began: int
    carried: Made | None
    reading: Read


class School(Generic[Read]):
    """How a net of H units a layer learns from a source. `look(n, before, learning, seen)` reads after n updates."""

    def __init__(
        self,
        device: Device,
        recipe: Recipe,
        source: Source,
        H: int,
        look: Callable[[int, Read, Learning, Seen], Read],
        kind: Any = float,
    ) -> None:
        self.device, self.recipe, self.source, self.H, self.look, self.kind = device, recipe, source, H, look, kind
        self._own = threading.local()

    def start(self, theta: Theta, reading: Read) -> State:
        """The state that update 0 starts from."""
        memory = begin(self.device.xp, self.recipe.optimiser, theta)
        return State(0, Learned(theta, memory, float("nan"), 0, None, reading))

    def before(self, n: int, carried: Made | None) -> Made:
        """The states that window n begins from: zeros, or where the one before ended."""
        if carried is not None and not self.source.window(n).fresh:
            return carried
        zero = self.device.put([[0.0] * self.source.B] * self.H)
        return dict.fromkeys(self.recipe.cell.carry, zero)

    def inputs(self, n: int, carried: Made | None) -> Inputs:
        """Window n for the walk."""
        return walked(self.device, self.source, self.source.window(n), self.before(n, carried))

    def advance(self, state: State) -> State:
        """One update at full speed."""
        n, data = state
        if self.device is HOST:
            learning, seen = self._fast(n, data)
        else:
            learning, seen = self._walked(n, data)
        reading = self.look(n + 1, data.reading, learning, seen)
        return State(n + 1, Learned(*learning[:4], learning.carried, reading))

    @property
    def kernel(self) -> Kernel:
        """This thread's fast form."""
        kernel: Kernel | None = getattr(self._own, "kernel", None)
        if kernel is None:
            source, cell = self.source, self.recipe.cell
            kernel = self._own.kernel = Kernel(
                cell, source.T, source.B, self.H, source.outputs, source.inputs, self.kind, source.letters,
                source.last, mean=True,
            )  # fmt: skip
        return kernel

    def _fast(self, n: int, data: Learned[Read]) -> tuple[Learning, Seen]:
        kernel, recipe = self.kernel, self.recipe
        window = self.source.window(n)
        theta, memory, E = kernel.update(
            recipe.optimiser, data.theta, data.memory, recipe.rate, recipe.clip, n - data.began + 1,
            window.x, window.y, self.before(n, data.carried),
        )  # fmt: skip
        seen = Seen(E, kernel.guesses, kernel.reach() if self.source.last else 0.0)
        return Learning(theta, memory, E, data.began, kernel.states()), seen

    def _walked(self, n: int, data: Learned[Read]) -> tuple[Learning, Seen]:
        device, recipe = self.device, self.recipe
        inputs = self.inputs(n, data.carried)
        after = training.advance(device, recipe, inputs, State(n, Learning(*data[:5]))).data
        if not self.source.last:
            return after, Seen(float(device.get(after.loss)), None, 0.0)
        run = drain(cells.forward(device.xp, recipe.cell, data.theta, inputs))
        guesses = device.get(run.made[-1]["yhat"]).argmax(axis=0)
        return after, Seen(float(device.get(after.loss)), guesses, self.reach(data.theta, inputs))

    def reach(self, theta: Theta, inputs: Inputs) -> float:
        """‖∂E/∂ the state on the road‖ at the first timestep over that at the last, in the top layer."""
        device, cell = self.device, self.recipe.cell
        run = drain(cells.forward(device.xp, cell, theta, inputs))
        top = f"g{cell.lasting}["
        found = [
            float((device.get(value) ** 2).sum()) ** 0.5
            for step in cells.sweep(device.xp, cell, theta, inputs, run)
            for name, value in step.values.items()
            if name.startswith(top)
        ]
        return found[-1] / found[0] if found[0] else float("nan")

    def inside(self, state: State, grains: Grains) -> Reel:
        """One update opened."""
        data = state.data
        inputs = self.inputs(state.n, data.carried)
        return training.inside(self.device, self.recipe, inputs, State(state.n, Learning(*data[:5])), grains)

    def size(self, theta: Theta) -> int:
        """Bytes of a state."""
        numbers: int = sum(value.size for value in theta.values())
        return 8 * numbers * (1 + len(self.recipe.optimiser.slots)) + 4096
