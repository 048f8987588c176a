"""The update of stacked recurrent cells where speed counts: the same mathematics as `engine.cells.cell`, in place.

What makes it fast, and what the walk gives it up for: rows are examples; a gate is a slab of its own, so that no step
reads with gaps; letters are looked up in W' + b, in all timesteps at once; one tanh serves all gates, for σ(x) = ½ + ½
tanh(x/2), whose weights are halved beforehand; slopes are made for all timesteps outside the loop, which then only
multiplies; every gradient is one product after it; and every array is made once and written over. A test holds it equal
to the walk, a benchmark shows the need.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from engine.cells.cell import Cell, Theta
from engine.device import HOST, Array
from engine.flat import Flat, Layout, moved, packed
from engine.optimisers import Memory, Optimiser

xp = HOST.xp
ORDERS = {"lstm": ("oifg", "oifg", 3), "gru": ("nzr", "zrn", 2), "srn": ("h", "h", 0), "relu": ("h", "h", 0)}
"""By cell: the order in which W's gates lie, that of U's, and how many of U's, from its first, are σ."""
CACHED = 1 << 16
"""Numbers of one kind that stay at hand between their making and their use."""


def layout(cell: Cell, H: int, K: int, inputs: int) -> Layout:
    """Of every layer W, U, b by gate and what is beside them; V and by. Vectors are columns, as in the walk."""
    down, across, _ = ORDERS[cell.name]
    shapes: dict[str, tuple[int, int]] = {}
    for level in cell.levels:
        shapes |= {f"W{q}{level}": (H, H if level else inputs) for q in down}
        shapes |= {f"U{q}{level}": (H, H) for q in across}
        shapes |= {f"b{q}{level}": (H, 1) for q in down}
        shapes |= {f"{name}{level}": (H, 1) for name in cell.more}
    shapes |= {"V": (K, H), "by": (K, 1)}

    def views(array: Array) -> dict[str, Array]:
        found, at = {}, 0
        for name, (rows, cols) in shapes.items():
            found[name] = array[at : at + rows * cols].reshape(rows, cols)
            at += rows * cols
        return found

    return Layout(sum(rows * cols for rows, cols in shapes.values()), views)


def stacked(views: Mapping[str, Array], names: list[str]) -> Array:
    """Several parameters that lie behind one another as one array (gates, rows, cols)."""
    first = views[names[0]]
    strides = (first.nbytes, *first.strides)
    return xp.lib.stride_tricks.as_strided(first, (len(names), *first.shape), strides)


class Size(NamedTuple):
    """T timesteps of B examples, H units a layer."""

    T: int
    B: int
    H: int


class Layer:
    """One layer: its parameters, gradients and buffers. `slots` is how many errors a timestep has."""

    slots = 1

    def __init__(self, cell: Cell, level: str, size: Size, theta: Theta, grad: Theta, kind: Any) -> None:
        T, B, H = self.T, self.B, self.H = size
        down, across, self.soft = ORDERS[cell.name]
        self.W, self.dW = (stacked(of, [f"W{q}{level}" for q in down]) for of in (theta, grad))
        self.U, self.dU = (stacked(of, [f"U{q}{level}" for q in across]) for of in (theta, grad))
        self.b, self.db = (stacked(of, [f"b{q}{level}" for q in down])[:, :, 0] for of in (theta, grad))
        self.more = {name: (theta[name + level], grad[name + level]) for name in cell.more}
        self.scale = xp.array([0.5 if q in across[: self.soft] else 1.0 for q in down], kind)[:, None, None]
        self.scale_U = xp.array([0.5] * self.soft + [1.0] * (len(across) - self.soft), kind)[:, None, None]
        G = self.G = len(down)
        self.table, half = xp.empty((G, self.W.shape[2], H), kind), xp.empty((G, H, H), kind)
        self.half, self.turned = (half, half.transpose(0, 2, 1)) if B == 1 else (half.transpose(0, 2, 1), half)
        self.tall, self.tall_U = half.reshape(G * H, H), self.U.reshape(G * H, H)
        self.z, self.h = xp.empty((T, G, B, H), kind), xp.empty((T + 1, B, H), kind)
        self.work, self.block = xp.empty((G, B, H), kind), max(1, CACHED // (B * H))
        self.long = self.work.reshape(-1)
        self.one, self.two = xp.empty((B, H), kind), xp.empty((B, H), kind)
        self.gh = xp.empty((T, B, H), kind)
        shape = (T, self.slots, B, H) if B == 1 else (self.slots, T, B, H)
        self.D, self.slope = xp.empty(shape, kind), xp.empty(shape, kind)
        self.ones = xp.ones(T * B, kind)
        D, slope = (of if B == 1 else of.swapaxes(0, 1) for of in (self.D, self.slope))  # timesteps first
        self.D_at, self.slope_at, self.L = list(D), list(slope), list(slope.swapaxes(0, 1))
        self.z_at, self.h_at, self.gh_at = list(self.z), list(self.h), list(self.gh)
        self.wide = xp.empty((G, T * B, H), kind)

    # forward

    def feed(self, rows: Array | None, numbers: Array | None) -> None:
        """Net inputs from what is below, for all timesteps: letters are looked up, numbers multiplied."""
        xp.multiply(self.W.transpose(0, 2, 1), self.scale, out=self.table)
        xp.multiply(self.U, self.scale_U, self.half)
        b = self.b[:, None, :] * self.scale
        if rows is not None:
            self.table += b
            xp.take(self.table.reshape(-1, self.H), rows, axis=0, out=self.z, mode="clip")
            return
        xp.matmul(numbers, self.table, out=self.wide)
        self.wide += b
        self.z[...] = self.wide.reshape(self.G, self.T, self.B, self.H).swapaxes(0, 1)

    def across(self, h: Array) -> Array:
        """U h of every gate."""
        if self.B == 1:
            xp.dot(self.tall, h[0], self.long)
        else:
            xp.matmul(h, self.turned, self.work)
        return self.work

    def run(self, start: Mapping[str, Array]) -> None:
        """All timesteps, from the states (B, H) before them."""
        raise NotImplementedError

    # back

    def slopes(self, some: slice) -> None:
        """What the errors are multiplied by, for some timesteps."""
        raise NotImplementedError

    def backwards(self) -> Iterator[int]:
        """The timesteps from the last, the slopes made a few ahead: as many as stay at hand."""
        for end in range(self.T, 0, -self.block):
            first = max(end - self.block, 0)
            self.slopes(slice(first, end))
            yield from range(end - 1, first - 1, -1)

    def back(self) -> None:
        """All errors D, from gh, to which is added what comes back from later."""
        raise NotImplementedError

    def handed(self, D: Array) -> Array:
        """Uᵀ of the errors of one timestep, all gates together."""
        if self.B == 1:
            return xp.dot(D.reshape(1, -1), self.tall_U, self.one)
        xp.matmul(D, self.U, self.work)
        return xp.add.reduce(self.work, axis=0, out=self.one) if self.G > 1 else self.work[0]

    def product(self, first: int, count: int, right: Array, out: Array) -> None:
        """Dᵀ right of some slots, summed over time and batch: (count, H, …)."""
        if self.B == 1:
            D = self.D.reshape(self.T, -1)[:, first * self.H : (first + count) * self.H]
            xp.dot(D.T, right, out=out.reshape(-1, out.shape[2]))
        else:
            D = self.D[first : first + count].reshape(count, self.T * self.B, self.H)
            xp.matmul(D.transpose(0, 2, 1), right, out=out)

    def total(self, first: int, count: int, out: Array) -> None:
        """Some slots summed over time and batch: (count, H)."""
        if self.B == 1:
            D = self.D.reshape(self.T, -1)[:, first * self.H : (first + count) * self.H]
            xp.dot(self.ones, D, out=out.reshape(-1))
        else:
            xp.matmul(self.ones, self.D[first : first + count].reshape(count, self.T * self.B, self.H), out=out)

    def gradients(self, below: Array) -> None:
        """Every gradient of this layer; `below` (T B, I) is what it read."""
        self.product(0, self.G, below, self.dW)
        self.total(0, self.G, self.db)
        self.product(0, self.G, self.h[:-1].reshape(-1, self.H), self.dU)

    def sent(self, out: Array) -> None:
        """What goes down to the layer below: (T, B, I)."""
        if self.B == 1:
            D = self.D.reshape(self.T, -1)[:, : self.G * self.H]
            xp.dot(D, self.W.reshape(-1, self.W.shape[2]), out=out.reshape(self.T, -1))
            return
        D = self.D[: self.G].reshape(self.G, self.T * self.B, self.H)
        xp.add.reduce(xp.matmul(D, self.W), axis=0, out=out.reshape(self.T * self.B, -1))

    def states(self) -> dict[str, Array]:
        """The last states (B, H)."""
        return {"h": self.h[-1]}

    def ends(self) -> tuple[Array, Array]:
        """∂E/∂ the state on the road, at the first timestep and at the last."""
        return self.gh[0], self.gh[-1]


class Plain(Layer):
    """h = f(z)."""

    def run(self, start: Mapping[str, Array]) -> None:
        self.h[0] = start["h"]
        across, unit, h, work = self.across, self.unit, self.h_at, self.work[0]
        for t, z in enumerate(self.z[:, 0]):
            across(h[t])
            z += work
            unit(z, h[t + 1])

    unit = staticmethod(xp.tanh)

    def slopes(self, some: slice) -> None:
        slope, h = self.L[0][some], self.h[1:][some]
        xp.multiply(h, h, out=slope)
        xp.subtract(1, slope, out=slope)

    def back(self) -> None:
        gh, D, slope = self.gh_at, self.D_at, self.slope_at
        for t in self.backwards():
            if t < self.T - 1:
                gh[t] += self.handed(D[t + 1])
            xp.multiply(gh[t], slope[t][0], out=D[t][0])


class Relu(Plain):
    """h = max(z, 0)."""

    @staticmethod
    def unit(z: Array, h: Array) -> None:
        xp.maximum(z, 0, out=h)

    def slopes(self, some: slice) -> None:
        xp.greater(self.h[1:][some], 0, out=self.L[0][some])


class Lstm(Layer):
    """o, i, f in a row, and i, f, g in a row."""

    slots = 4

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.c, self.tc, self.lc = (xp.empty((self.T + n, self.B, self.H), self.h.dtype) for n in (1, 0, 0))
        self.c_at, self.tc_at, self.lc_at = list(self.c), list(self.tc), list(self.lc)
        self.at_end = xp.empty((self.B, self.H), self.h.dtype)

    def run(self, start: Mapping[str, Array]) -> None:
        self.h[0], self.c[0] = start["h"], start["c"]
        for t in range(self.T):
            z, c, tc = self.z_at[t], self.c_at[t + 1], self.tc_at[t]
            z += self.across(self.h_at[t])
            xp.tanh(z, out=z)
            soft = z[:3]
            soft *= 0.5
            soft += 0.5
            o, i, f, g = z
            xp.multiply(f, self.c_at[t], out=c)
            c += xp.multiply(i, g, out=self.one)
            xp.tanh(c, out=tc)
            xp.multiply(o, tc, out=self.h_at[t + 1])

    def slopes(self, some: slice) -> None:
        o, i, f, g = self.z[some].swapaxes(0, 1)
        to_o, to_i, to_f, to_g = (of[some] for of in self.L)
        tc, lc = self.tc[some], self.lc[some]
        xp.multiply(tc, tc, out=lc)
        xp.subtract(1, lc, out=lc)
        lc *= o
        for gate, into, factor in ((o, to_o, tc), (i, to_i, g), (f, to_f, self.c[:-1][some])):
            xp.subtract(1, gate, out=into)
            into *= gate
            into *= factor
        xp.multiply(g, g, out=to_g)
        xp.subtract(1, to_g, out=to_g)
        to_g *= i

    def back(self) -> None:
        gh, D, slope, lc, gc, last = self.gh_at, self.D_at, self.slope_at, self.lc_at, self.two, self.T - 1
        for t in self.backwards():
            if t < last:
                gh[t] += self.handed(D[t + 1])
                gc *= self.z_at[t + 1][2]
                gc += xp.multiply(gh[t], lc[t], out=self.one)
            else:
                xp.multiply(gh[t], lc[t], out=gc)
                self.at_end[...] = gc
            xp.multiply(gh[t], slope[t][0], out=D[t][0])
            xp.multiply(gc, slope[t][1:], out=D[t][1:])

    def states(self) -> dict[str, Array]:
        return {"h": self.h[-1], "c": self.c[-1]}

    def ends(self) -> tuple[Array, Array]:
        return self.two, self.at_end


class Gru(Layer):
    """Reset after the matrix. Errors lie as n, z, r, r∘n: W's gates first, U's last."""

    slots = 4

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.m = xp.empty((self.T, self.B, self.H), self.h.dtype)

    def run(self, start: Mapping[str, Array]) -> None:
        self.h[0] = start["h"]
        bm = self.more["bm"][0][:, 0]
        for t in range(self.T):
            z, h = self.z_at[t], self.h_at[t]
            work = self.across(h)
            self._open(z[1:], work[:2])
            n, keep, reset = z
            xp.add(work[2], bm, out=self.m[t])
            n += xp.multiply(reset, self.m[t], out=self.one)
            self._mix(n, keep, h, self.h_at[t + 1])

    @staticmethod
    def _open(gates: Array, more: Array) -> None:
        gates += more
        xp.tanh(gates, out=gates)
        gates *= 0.5
        gates += 0.5

    def _mix(self, n: Array, keep: Array, h: Array, new: Array) -> None:
        """h = n + z ∘ (h₋₁ − n)."""
        xp.tanh(n, out=n)
        xp.subtract(h, n, out=new)
        new *= keep
        new += n

    def slopes(self, some: slice) -> None:
        n, keep, reset = self.z[some].swapaxes(0, 1)
        to_n, to_z, to_r, inner = (of[some] for of in self.L)
        self._slopes(n, keep, to_n, to_z, self.h[:-1][some])
        xp.subtract(1, reset, out=to_r)
        to_r *= reset
        to_r *= self.m[some]
        to_r *= to_n
        xp.multiply(to_n, reset, out=inner)

    def _slopes(self, n: Array, keep: Array, to_n: Array, to_z: Array, h: Array) -> None:
        xp.subtract(1, keep, out=to_n)
        xp.multiply(keep, to_n, out=to_z)
        to_z *= h - n
        to_n *= 1 - n * n

    def back(self) -> None:
        gh, D, slope = self.gh_at, self.D_at, self.slope_at
        for t in self.backwards():
            if t < self.T - 1:
                gh[t] += xp.multiply(gh[t + 1], self.z_at[t + 1][1], out=self.two)
                gh[t] += self.handed(D[t + 1][1:])
            xp.multiply(gh[t], slope[t], out=D[t])

    def gradients(self, below: Array) -> None:
        self.product(0, 3, below, self.dW)
        self.total(0, 3, self.db)
        self.product(1, 3, self.h[:-1].reshape(-1, self.H), self.dU)
        self.total(3, 1, self.more["bm"][1].T)


class GruBefore(Gru):
    """Reset before the matrix: Un sees r ∘ h₋₁, so that its error must come back first."""

    slots = 3

    def run(self, start: Mapping[str, Array]) -> None:
        self.h[0] = start["h"]
        gates, last = self.turned[:2], self.turned[2]
        for t in range(self.T):
            z, h = self.z_at[t], self.h_at[t]
            self._open(z[1:], xp.matmul(h, gates, out=self.work[:2]))
            n, keep, reset = z
            n += xp.dot(xp.multiply(reset, h, out=self.m[t]), last, out=self.one)
            self._mix(n, keep, h, self.h_at[t + 1])

    def slopes(self, some: slice) -> None:
        n, keep, reset = self.z[some].swapaxes(0, 1)
        to_n, to_z, to_r = (of[some] for of in self.L)
        self._slopes(n, keep, to_n, to_z, self.h[:-1][some])
        xp.subtract(1, reset, out=to_r)
        to_r *= self.m[some]

    def back(self) -> None:
        gh, D, slope = self.gh_at, self.D_at, self.slope_at
        inner = self.two
        for t in self.backwards():
            if t < self.T - 1:
                _, keep, reset = self.z_at[t + 1]
                inner *= reset
                gh[t] += inner
                gh[t] += xp.multiply(gh[t + 1], keep, out=inner)
                xp.matmul(D[t + 1][1:], self.U[:2], out=self.work[:2])
                gh[t] += self.work[0]
                gh[t] += self.work[1]
            xp.multiply(gh[t], slope[t][:2], out=D[t][:2])
            xp.dot(D[t][0], self.U[2], out=inner)
            xp.multiply(inner, slope[t][2], out=D[t][2])

    def gradients(self, below: Array) -> None:
        self.product(0, 3, below, self.dW)
        self.total(0, 3, self.db)
        self.product(1, 2, self.h[:-1].reshape(-1, self.H), self.dU[:2])
        self.product(0, 1, self.m.reshape(-1, self.H), self.dU[2:])


KINDS: dict[tuple[str, bool], type[Layer]] = {
    ("srn", False): Plain,
    ("relu", False): Relu,
    ("lstm", False): Lstm,
    ("gru", True): Gru,
    ("gru", False): GruBefore,
}


class Kernel:
    """Updates of one net on T timesteps of B examples. A thread needs one of its own.

    What is read are codes (T, B) where `letters`, else numbers (T, B, I); what is wanted are codes, (T, B), or (B,)
    where only the last timestep is asked. `mean` divides the loss by B.
    """

    def __init__(
        self, cell: Cell, T: int, B: int, H: int, K: int, inputs: int, kind: Any = float, letters: bool = True,
        last: bool = False, mean: bool = False,
    ) -> None:  # fmt: skip
        self.cell, self.T, self.B, self.letters, self.last = cell, T, B, letters, last
        self.share = 1 / B if mean else 1.0
        self.layout = layout(cell, H, K, inputs)
        self._theta, self._grad = xp.zeros(self.layout.size, kind), xp.zeros(self.layout.size, kind)
        self.theta, self.grad = self.layout.views(self._theta), self.layout.views(self._grad)
        made = KINDS[cell.name, "bm" in cell.more]
        size = Size(T, B, H)
        self.layers = [made(cell, level, size, self.theta, self.grad, kind) for level in cell.levels]
        asked = B if last else T * B
        self._e, self._rows = xp.empty((asked, K), kind), xp.arange(asked)
        self._read = xp.zeros((T * B, inputs), kind)
        self._gates = (xp.arange(self.layers[0].G) * inputs)[None, :, None]

    def gradient(self, theta: Array, x: Array, y: Array, start: Mapping[str, Array]) -> float:
        """E of one window; `grad` is filled. `theta` is flat, in this layout; `start` has the states (H, B)."""
        self._theta[:] = theta
        below = self._run(x, start)
        top = self.layers[-1]
        flat = (top.h[-1] if self.last else top.h[1:]).reshape(-1, top.H)
        e, V, rows = self._e, self.theta["V"], self._rows
        xp.dot(flat, V.T, out=e)
        e += self.theta["by"][:, 0]
        e -= e.max(axis=1, keepdims=True)
        right = e[rows, y.reshape(-1)]
        xp.exp(e, out=e)
        total = e.sum(axis=1, keepdims=True)
        E = float(xp.log(total).sum() - right.sum()) * self.share
        self.guesses = e.argmax(axis=1) if self.last else None
        e /= total
        e[rows, y.reshape(-1)] -= 1
        if self.share != 1:
            e *= self.share
        xp.dot(e.T, flat, out=self.grad["V"])
        e.sum(axis=0, out=self.grad["by"][:, 0])
        if self.last:
            top.gh[:-1] = 0
            xp.dot(e, V, out=top.gh[-1])
        else:
            xp.dot(e, V, out=top.gh.reshape(-1, top.H))
        self._back(below)
        return E

    def _run(self, x: Array, start: Mapping[str, Array]) -> Array:
        """Forward; what the first layer read, (T B, I)."""
        if self.letters:
            self._read[:] = 0
            self._read[xp.arange(self.T * self.B), x.reshape(-1)] = 1
        else:
            self._read[:] = x.reshape(self._read.shape)
        below = None
        for layer, level in zip(self.layers, self.cell.levels, strict=True):
            if below is None:
                looked = x[:, None, :] + self._gates if self.letters else None
                layer.feed(looked, None if self.letters else self._read)
            else:
                layer.feed(None, below)
            layer.run({state: start[state + level].T for state in self.cell.states})
            below = layer.h[1:].reshape(-1, layer.H)
        return self._read

    def _back(self, read: Array) -> None:
        for n in range(len(self.layers) - 1, -1, -1):
            layer = self.layers[n]
            layer.back()
            layer.gradients(self.layers[n - 1].h[1:].reshape(-1, layer.H) if n else read)
            if n:
                layer.sent(self.layers[n - 1].gh)

    def reach(self) -> float:
        """‖∂E/∂ the state on the road‖ (c, else h) at the first timestep over the last, top layer; after `gradient`."""
        first, last = (float(xp.sqrt((each**2).sum())) for each in self.layers[-1].ends())
        return first / last if last else float("nan")

    def states(self) -> dict[str, Array]:
        """The last states (H, B), copied: where a window that follows begins."""
        return {
            name + level: value.T.copy()
            for layer, level in zip(self.layers, self.cell.levels, strict=True)
            for name, value in layer.states().items()
        }

    def update(
        self, optimiser: Optimiser, theta: Theta, memory: Memory, rate: float, clip: float, n: int, *given: Any
    ) -> tuple[Flat, Memory, float]:
        """One update on `given` (x, y, start); n counts from 1: (theta, memory, E)."""
        array = packed(theta, self.layout, kind=self._theta.dtype)
        E = self.gradient(array, *given)
        found, kept, length = moved(optimiser, self.layout, array, self._grad, memory, rate, clip, n)
        return found, kept, E + 0 * length
