"""Nets of recurrent cells in training: on one sequence, or on an endless sequence of windows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from engine.device import HOST, Device, HostArray, Rng
from engine.gated import cell as cells
from engine.gated.cell import Cell, Inputs, Made, Theta
from engine.gated.kernel.fast import Kernel
from engine.gated.net import Net
from engine.gated.run.streams import Source, walked
from engine.walks import training
from engine.walks.reel import Section
from engine.walks.step import Path, drain
from engine.walks.training import Gradient, Learning, Recipe

Reading = TypeVar("Reading")


class SequenceRun(training.Run[Reading]):
    """A net trained on `inputs`, the same at every update, by the walks."""

    def __init__(self, device: Device, cell: Cell, recipe: Recipe, inputs: Inputs | None) -> None:
        super().__init__(device, recipe, cell.names)
        self.cell, self._inputs = cell, inputs

    def inputs(self, n: int, data: Learning[Reading]) -> Inputs:
        """The inputs of update n, with targets and start states."""
        assert self._inputs is not None
        return self._inputs

    def net(self, n: int, data: Learning[Reading]) -> Net:
        """The net on the inputs of update n."""
        return Net(self.device, self.cell, data.theta, self.inputs(n, data))

    def gradient(self, n: int, data: Learning[Reading]) -> Gradient:
        """Forward and one sweep back; the states after the last timestep are carried."""
        net = self.net(n, data)
        last = net.run.made[-1]
        return Gradient(net.grad, sum(net.run.E), {name: last[name] for name in self.cell.carry})

    def sections(self, n: int, data: Learning[Reading], at: Path) -> list[Section]:
        """Forward, backward, clip, step."""
        net = self.net(n, data)

        def env(**more: Any) -> Any:
            return net.env(True, **more)

        return [
            net.forward((*at, ("forward", -1))),
            net.backward((*at, ("backward", -1))),
            *self.clip_and_step(n, data, lambda: net.grad, env, at),
        ]


class Snapshot(NamedTuple):
    """Measurements of one update: its loss; where the first timesteps have none also the last answers (B,) and `reach`.

    `reach` is the norm of the gradient on the road at the first timestep over that at the last, else 0.
    """

    loss: float
    guesses: HostArray | None
    reach: float


class GatedRun(SequenceRun[Reading], Generic[Reading]):
    """A net of H units a layer trained on a source, one window an update; on the host by the fast form.

    `look(n, before, learning, snapshot)` gives the reading after n updates, from the one before. `kind` is the fast
    form's dtype, `kinds` the named tuples that a reading is made of.
    """

    beside = 4096

    def __init__(
        self,
        device: Device,
        cell: Cell,
        recipe: Recipe,
        source: Source,
        H: int,
        look: Callable[[int, Reading, Learning[Reading], Snapshot], Reading],
        kind: Any = float,
        kinds: tuple[type, ...] = (),
    ) -> None:
        super().__init__(device, cell, recipe, None)
        self.kinds = kinds
        self.source, self.H, self.look, self.kind = source, H, look, kind
        self._own = threading.local()

    def before(self, n: int, carried: Made | None) -> Made:
        """The states that window n begins from: zeros, or the last ones of the window before."""
        if carried is not None and not self.source.window(n).fresh:
            return carried
        zero = self.device.put([[0.0] * self.source.B] * self.H)
        return dict.fromkeys(self.cell.carry, zero)

    def inputs(self, n: int, data: Learning[Reading]) -> Inputs:
        """Window n as the inputs of a walk."""
        return walked(self.device, self.source, self.source.window(n), self.before(n, data.carried))

    @property
    def kernel(self) -> Kernel:
        """The fast form, a separate one for each thread."""
        kernel: Kernel | None = getattr(self._own, "kernel", None)
        if kernel is None:
            source = self.source
            kernel = self._own.kernel = Kernel(
                self.cell, source.T, source.B, self.H, source.outputs, source.inputs, self.kind, source.letters,
                source.first, mean=True,
            )  # fmt: skip
        return kernel

    def update(self, n: int, data: Learning[Reading]) -> Learning[Reading]:
        """One update at full speed, and what was measured."""
        after, snapshot = (self.fast if self.device is HOST else self.walked)(n, data)
        return after._replace(reading=self.look(n + 1, data.reading, after, snapshot))

    def fast(self, n: int, data: Learning[Reading]) -> tuple[Learning[Reading], Snapshot]:
        """Update n by the fast form, and its measurements."""
        kernel, recipe = self.kernel, self.recipe
        window = self.source.window(n)
        theta, memory, E = kernel.update(
            recipe.optimiser, data.theta, data.memory, recipe.rate, recipe.clip, n - data.began + 1,
            window.x, window.y, self.before(n, data.carried),
        )  # fmt: skip
        snapshot = Snapshot(E, kernel.guesses, kernel.reach() if self.source.first else 0.0)
        return Learning(theta, memory, E, data.began, kernel.states(), data.reading), snapshot

    def walked(self, n: int, data: Learning[Reading]) -> tuple[Learning[Reading], Snapshot]:
        """Update n by the walks, and its measurements."""
        after, device = super().update(n, data), self.device
        loss = float(device.get(after.loss))
        if not self.source.first:
            return after, Snapshot(loss, None, 0.0)
        inputs = self.inputs(n, data)
        run = drain(cells.forward(device.xp, self.cell, data.theta, inputs))
        guesses = device.get(run.made[-1]["yhat"]).argmax(axis=0)
        return after, Snapshot(loss, guesses, self.reach(data.theta, inputs))

    def reach(self, theta: Theta, inputs: Inputs) -> float:
        """The norm of the gradient on the road, at the first timestep over that at the last, in the top layer."""
        device, cell = self.device, self.cell
        run = drain(cells.forward(device.xp, cell, theta, inputs))
        top = f"g{cell.lasting}["
        sizes = [
            float((device.get(value) ** 2).sum()) ** 0.5
            for step in cells.sweep(device.xp, cell, theta, inputs, run)
            for name, value in step.values.items()
            if name.startswith(top)
        ]
        return sizes[-1] / sizes[0] if sizes[0] else float("nan")


def drawn(cell: Cell, H: int, K: int, draw: Rng) -> dict[str, HostArray]:
    """Initial parameters: matrices N(0, 1/3H), PyTorch's variance; biases (flat) 0, at an LSTM's forget gate 1."""
    xp, theta = HOST.xp, {}
    for name, shape in cell.shapes(H, K).items():
        if len(shape) == 2:
            theta[name] = draw.normal(0, (3 * H) ** -0.5, shape)
        else:
            theta[name] = xp.ones(shape) if name.startswith("bf") else xp.zeros(shape)
    return theta


def answering(device: Device, cell: Cell, theta: Theta, x: HostArray, first: int) -> tuple[Made, ...]:
    """All that is made at every timestep of sequences x (N, T, I), ŷ from `first` on; the states 0 before them."""
    N, T, _ = x.shape
    put, (K, H) = device.put, theta["V"].shape
    asked = [None if t < first else put([[0.0] * N] * K) for t in range(T)]
    start = dict.fromkeys(cell.carry, put([[0.0] * N] * H))
    inputs = Inputs([put(x[:, t].T.astype(float)) for t in range(T)], asked, start, N)
    return drain(cells.forward(device.xp, cell, theta, inputs)).made


def answered(device: Device, cell: Cell, theta: Theta, x: HostArray, first: int) -> list[HostArray]:
    """ŷ (K, N) at every timestep from `first` on."""
    return [device.get(made["yhat"]) for made in answering(device, cell, theta, x, first)[first:]]
