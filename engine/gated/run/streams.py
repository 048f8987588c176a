"""What a net reads, a window at a time: a long text in streams side by side, or a bit to be kept through noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from engine.device import HOST, Array, Device, HostArray, rng
from engine.gated.cell import Inputs, Made

xp = HOST.xp


class Window(NamedTuple):
    """What one update reads: letters' codes (T, B) or numbers (T, B, I); and wants: codes (T, B), or (B,) at the end.

    `fresh` windows begin from zero states, the others where the one before ended.
    """

    x: HostArray
    y: HostArray
    fresh: bool


class Source(Protocol):
    """Windows without end. `letters` says what is read, `last` that only the last timestep has a target."""

    T: int
    B: int
    inputs: int
    outputs: int
    letters: bool
    last: bool

    def window(self, n: int) -> Window:
        """What update n reads."""


class Streams:
    """A text as B rows of equal length; window n has the next T letters of every row, and wants the ones after them.

    So the state of each row goes on from window to window: back-propagation is cut at the window's border, memory is
    not. At the end of the rows it begins again. What does not fill a window is left out.
    """

    letters, last = True, False

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
        """What update n reads."""
        first = n % self.windows * self.T
        some = slice(first, first + self.T)
        return Window(self._x[:, some].T, self._y[:, some].T, first == 0)


class Latch:
    """A task of memory (Hochreiter & Schmidhuber 1997): ±1, then noise; the target, at the end, is its sign."""

    letters, last, inputs, outputs = False, True, 1, 2

    def __init__(self, T: int, B: int, noise: float, seed: int) -> None:
        self.T, self.B, self.noise, self.seed = T, B, noise, seed

    def window(self, n: int) -> Window:
        """Batch n, drawn for it alone."""
        draw = rng(self.seed, n)
        bit = draw.integers(0, 2, self.B)
        x = self.noise * draw.normal(size=(self.T, self.B, 1))
        x[0, :, 0] = 2.0 * bit - 1
        return Window(x, bit, True)


def one_hot(device: Device, codes: Sequence[int] | HostArray, size: int) -> Array:
    """Codes (B,) as columns (size, B)."""
    return device.put(xp.eye(size)[:, xp.asarray(codes)])


def walked(device: Device, source: Source, window: Window, start: Made) -> Inputs:
    """A window as the walk takes it: columns on the device. The loss is the mean over the examples."""
    x, y, _ = window
    read = [one_hot(device, each, source.inputs) if source.letters else device.put(each.T) for each in x]
    if source.last:
        wanted: list[Array | None] = [*[None] * (source.T - 1), one_hot(device, y, source.outputs)]
    else:
        wanted = [one_hot(device, each, source.outputs) for each in y]
    return Inputs(read, wanted, start, source.B)
