"""Training data in windows of T timesteps: a long text as parallel streams, or a bit to remember through noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from engine.device import HOST, Array, Device, HostArray, rng
from engine.gated.cell import Inputs, Made

xp = HOST.xp


class Window(NamedTuple):
    """Inputs and targets of one update: x codes (T, B) or numbers (T, B, I); y codes (T, B), or (B,) at the end.

    A `fresh` window begins from zero states, another from the last states of the one before.
    """

    x: HostArray
    y: HostArray
    fresh: bool


class Source(Protocol):
    """An endless sequence of windows. `letters`: inputs are codes; timesteps have a target from the `first` on."""

    T: int
    B: int
    inputs: int
    outputs: int
    letters: bool
    first: int

    def window(self, n: int) -> Window:
        """The inputs and targets of update n, from 0."""


class Streams:
    """A text as B rows of equal length; window n is the next T letters of each row, its targets the letters after them.

    States are carried from window to window: only back-propagation ends at a window's border (truncated BPTT). After
    the last window the first follows. Letters that do not fill a row or a window are left out. Raises ValueError if a
    row would have none.
    """

    letters, first = True, 0

    def __init__(self, codes: HostArray, symbols: int, T: int, B: int) -> None:
        row = (len(codes) - 1) // B
        if row < 1:
            raise ValueError(f"{len(codes)} letters are too few for {B} streams")
        self.T, self.B, self.inputs, self.outputs = min(T, row), B, symbols, symbols
        self.windows = row // self.T
        self.codes = codes
        self._x = codes[: B * row].reshape(B, row)
        self._y = codes[1 : B * row + 1].reshape(B, row)

    def window(self, n: int) -> Window:
        """The inputs and targets of update n, from 0."""
        first = n % self.windows * self.T
        some = slice(first, first + self.T)
        return Window(self._x[:, some].T, self._y[:, some].T, first == 0)


class Latch:
    """The latch task (Hochreiter & Schmidhuber 1997): the first input is ±1, the others noise; the target is its sign.

    T timesteps of B examples; `noise` is the standard deviation; targets are 0 for −1, 1 for +1.
    """

    letters, inputs, outputs = False, 1, 2

    def __init__(self, T: int, B: int, noise: float, seed: int) -> None:
        self.T, self.B, self.noise, self.seed, self.first = T, B, noise, seed, T - 1

    def window(self, n: int) -> Window:
        """Batch n, drawn from (seed, n)."""
        draw = rng(self.seed, n)
        bit = draw.integers(0, 2, self.B)
        x = self.noise * draw.normal(size=(self.T, self.B, 1))
        x[0, :, 0] = 2.0 * bit - 1
        return Window(x, bit, True)


class Sequences:
    """Sequences of one length, x (N, T, I) with targets y, codes (N, T - first): an update takes B of them.

    Which ones update n takes is drawn from (seed, n), each at most once; of fewer than B it takes all.
    """

    letters = False

    def __init__(self, x: HostArray, y: HostArray, outputs: int, B: int, seed: int) -> None:
        self.x, self.y, self.outputs, self.seed = x, y, outputs, seed
        (self.count, self.T, self.inputs), self.first = x.shape, x.shape[1] - y.shape[1]
        self.B = min(B, self.count)

    def window(self, n: int) -> Window:
        """The batch of update n."""
        some = rng(self.seed, n).choice(self.count, self.B, replace=False)
        return Window(xp.swapaxes(self.x[some], 0, 1).astype(float), self.y[some].T, True)


def one_hot(device: Device, codes: Sequence[int] | HostArray, size: int) -> Array:
    """Codes (B,) as columns (size, B)."""
    return device.put(xp.eye(size)[:, xp.asarray(codes)])


def walked(device: Device, source: Source, window: Window, start: Made) -> Inputs:
    """A window as the `Inputs` of a walk: columns on the device; the loss is the mean over the examples."""
    x, y, _ = window
    read = [one_hot(device, each, source.inputs) if source.letters else device.put(each.T) for each in x]
    codes = y.reshape(-1, source.B)
    asked: list[Array | None] = [one_hot(device, each, source.outputs) for each in codes]
    wanted = [*[None] * source.first, *asked]
    return Inputs(read, wanted, start, source.B)
