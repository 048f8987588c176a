"""The kinds of layers of the fast form: what one timestep of an SRN, an LSTM or a GRU does, forward and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.device import HOST, Array
from engine.gated.kernel.layers import Layer
from engine.gated.kernel.tiles import Letters
from engine.maths.packing import aligned

xp = HOST.xp


class Plain(Layer):
    """h = f(z)."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.errors = [each[0] for each in self.D_at]

    def run(self, start: Mapping[str, Array]) -> None:
        self.h[0] = start["h"]
        unit, h, net = self.unit, self.h_at, self.net[0]
        for t in self.forwards():
            (z,) = self.gates_at[t]
            unit(xp.add(z, net, z), h[t + 1])

    unit = staticmethod(xp.tanh)

    def slopes(self, some: slice, L: Array) -> None:
        slope, h = L[0], self.h[1:][some]
        xp.multiply(h, h, out=slope)
        xp.subtract(1, slope, out=slope)

    def back(self) -> None:
        gh, D = self.gh_at, self.errors
        for t, later in self.backwards():
            if later is not None:
                xp.add(gh[t], later, gh[t])
            xp.multiply(gh[t], D[t], D[t])


class Relu(Plain):
    """h = max(z, 0)."""

    @staticmethod
    def unit(z: Array, h: Array) -> None:
        xp.maximum(z, 0, out=h)

    def slopes(self, some: slice, L: Array) -> None:
        xp.greater(self.h[1:][some], 0, out=L[0])


class Lstm(Layer):
    """LSTM. Gates lie as o, i, f, g, so that those with a sigmoid are adjacent, and those that change c.

    The local derivatives are those of the four gates, then ∂h/∂c and f.
    """

    factors = 6

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.c, self.tc = (aligned((count, self.B, self.H), self.h.dtype) for count in (self.T + 1, self.block))
        self.c_at, self.tc_at = list(self.c), self.in_turn(self.tc)
        self.at_end = aligned((self.B, self.H), self.h.dtype)
        self.ways, self.keep = [(each[0], each[1:4], each[4]) for each in self.D_at], list(self.L[5])

    def run(self, start: Mapping[str, Array]) -> None:
        self.h[0], self.c[0] = start["h"], start["c"]
        for t in self.forwards():
            z, c, tc = self.z_at[t], self.c_at[t + 1], self.tc_at[t]
            z += self.net
            o, i, f, g = self.gates_at[t]
            self.opened(z[:3])
            xp.tanh(g, out=g)
            xp.multiply(f, self.c_at[t], out=c)
            c += xp.multiply(i, g, out=self.one)
            xp.tanh(c, out=tc)
            xp.multiply(o, tc, out=self.h_at[t + 1])

    def slopes(self, some: slice, L: Array) -> None:
        o, i, f, g = self.gates(some)
        (to_o, to_i, to_f, to_g, lc, keep), h = L, self.h[1:][some]
        keep[...] = f
        xp.multiply(self.tc[: len(h)], h, out=lc)
        xp.subtract(o, lc, out=lc)  # o (1 − tanh² c): o tanh c is h
        xp.multiply(i, g, out=to_g)
        for gate, into, through in ((o, to_o, h), (i, to_i, to_g), (f, to_f, f)):
            xp.subtract(1, gate, out=into)  # σ' is gate (1 − gate), and what the gate let through is at hand
            into *= through
        to_f *= self.c[:-1][some]
        to_g *= g
        xp.subtract(i, to_g, out=to_g)

    def back(self) -> None:
        gh, gc = self.gh_at, self.two
        for t, later in self.backwards():
            to_o, to_c, lc = self.ways[t]
            if later is not None:
                gh[t] += later
                gc *= self.keep[t + 1]
                gc += xp.multiply(gh[t], lc, out=self.one)
            else:
                xp.multiply(gh[t], lc, out=gc)
                self.at_end[...] = gc
            to_o *= gh[t]
            to_c *= gc

    def by_start(self) -> dict[str, Array]:
        return {**super().by_start(), "c": self.two * self.keep[0]}

    def states(self) -> dict[str, Array]:
        return {"h": self.h[-1], "c": self.c[-1]}

    def ends(self) -> tuple[Array, Array]:
        return self.two, self.at_end


class Mixing(Layer):
    """Common to both forms of the GRU: gates z and r, new content n, and h = n + z ∘ (h₋₁ − n)."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.spare = aligned((self.block, self.B, self.H), self.h.dtype)
        self.soft_at = self.in_turn(self.z[:, 1:])

    def opened_with(self, gates: Array, more: Array) -> None:
        """z and r in place, from their net inputs: `gates` is U x + b, `more` is W h, both with the sign reversed."""
        gates += more
        self.opened(gates)

    def mixed(self, n: Array, keep: Array, h: Array, new: Array) -> None:
        """The new state into `new`, from the net input `n` of the new content, z (`keep`) and the state before."""
        xp.tanh(n, out=n)
        xp.subtract(h, n, out=new)
        new *= keep
        new += n

    def slopes_of_mixing(self, n: Array, keep: Array, to_n: Array, to_z: Array, h: Array) -> None:
        """The local derivatives of n and z, into `to_n` and `to_z`; `keep` is z, h the states before."""
        spare = self.spare[: len(n)]
        xp.subtract(1, keep, out=to_n)
        xp.multiply(keep, to_n, out=to_z)
        to_z *= xp.subtract(h, n, out=spare)
        xp.multiply(n, n, out=spare)
        to_n *= xp.subtract(1, spare, out=spare)


class Gru(Mixing):
    """GRU, reset after the matrix. Deltas lie as n, z, r, r ∘ n: U takes the first three, W the last three. Then z."""

    factors = 5

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.m = aligned((self.block, self.B, self.H), self.h.dtype)
        self.m_at = self.in_turn(self.m)
        self.row_at, self.errors, self.keep = self.rows_of(1, 4), [each[:4] for each in self.D_at], list(self.L[4])

    def run(self, start: Mapping[str, Array]) -> None:
        self.h[0] = start["h"]
        bm, gates, content = self.more["bm"][0][:, 0], self.net[:2], self.net[2]
        for t in self.forwards():
            h, m, (n, keep, reset) = self.h_at[t], self.m_at[t], self.gates_at[t]
            self.opened_with(self.soft_at[t], gates)
            xp.add(content, bm, out=m)
            n += xp.multiply(reset, m, out=self.one)
            self.mixed(n, keep, h, self.h_at[t + 1])

    def slopes(self, some: slice, L: Array) -> None:
        n, keep, reset = self.gates(some)
        to_n, to_z, to_r, inner, kept = L
        kept[...] = keep
        self.slopes_of_mixing(n, keep, to_n, to_z, self.h[:-1][some])
        xp.multiply(to_n, reset, out=inner)
        xp.subtract(1, reset, out=to_r)
        to_r *= self.m[: len(n)]
        to_r *= inner

    def back(self) -> None:
        gh, keep = self.gh_at, self.keep
        for t, later in self.backwards():
            now, D = gh[t], self.errors[t]
            if later is not None:
                now += xp.multiply(gh[t + 1], keep[t + 1], out=self.two)
                now += later
            D *= now

    def by_start(self) -> dict[str, Array]:
        return {"h": super().by_start()["h"] + self.gh_at[0] * self.keep[0]}

    def gradients(self, below: Array | Letters) -> None:
        self.entered(below)
        self.product(1, 3, self.h[:-1].reshape(-1, self.H), self.dW)
        self.total(3, 1, self.more["bm"][1].T)


class GruBefore(Mixing):
    """GRU, reset before the matrix: Wn has r ∘ h₋₁ as its input. Deltas lie as n, z, r; then z and r themselves."""

    factors = 5

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.m = aligned((self.T, self.B, self.H), self.h.dtype)
        gates, self.content = self.forth.of(slice(2)), self.forth.of(slice(2, None))
        gates_W, self.content_W = self.home.of(slice(2)), self.home.of(slice(2, None))
        self.across, self.before, self.net = gates.each, self.h_at, gates.made
        self.handed, self.row_at = gates_W.total, [each[1:3] for each in self.D_at]

    def run(self, start: Mapping[str, Array]) -> None:
        self.h[0] = start["h"]
        for t in self.forwards():
            h, (n, keep, reset) = self.h_at[t], self.gates_at[t]
            self.opened_with(self.soft_at[t], self.net)
            n += self.content.each(xp.multiply(reset, h, out=self.m[t]))[0]
            self.mixed(n, keep, h, self.h_at[t + 1])

    def slopes(self, some: slice, L: Array) -> None:
        n, keep, reset = self.gates(some)
        to_n, to_z, to_r, kept, opened = L
        kept[...], opened[...] = keep, reset
        self.slopes_of_mixing(n, keep, to_n, to_z, self.h[:-1][some])
        xp.subtract(1, reset, out=to_r)
        to_r *= self.m[some]

    def back(self) -> None:
        gh, inner = self.gh_at, self.two
        for t, later in self.backwards():
            now, D = gh[t], self.D_at[t]
            if later is not None:
                keep, reset = self.D_at[t + 1][3:]
                inner *= reset
                now += inner
                now += xp.multiply(gh[t + 1], keep, out=inner)
                now += later
            D[:2] *= now
            inner[...] = self.content_W.total(D[:1])
            D[2] *= inner

    def by_start(self) -> dict[str, Array]:
        keep, reset = self.D_at[0][3:]
        return {"h": super().by_start()["h"] + self.gh_at[0] * keep + self.two * reset}

    def gradients(self, below: Array | Letters) -> None:
        self.entered(below)
        self.product(1, 2, self.h[:-1].reshape(-1, self.H), self.dW[:2])
        self.product(0, 1, self.m.reshape(-1, self.H), self.dW[2:])


KINDS: dict[tuple[str, bool], type[Layer]] = {
    ("srn", False): Plain,
    ("relu", False): Relu,
    ("lstm", False): Lstm,
    ("gru", True): Gru,
    ("gru", False): GruBefore,
}
