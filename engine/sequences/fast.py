"""The update of an encoder and a decoder where speed counts: the same mathematics as `sequences.net`, in place.

What makes it fast: both cells are layers of the fast form of gated cells (`gated.kernel`); attention stands outside the
loop, so that scores, weights and contexts of all timesteps and examples are a few products of matrices in arrays that
are made once. Rows are examples. A test holds it equal to the walk, a benchmark shows the need. Additive scores, which
stand inside the loop, and embeddings have no fast form: there the walks are drained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.device import HOST, Array, HostArray, quiet
from engine.gated.kernel import fast as cells
from engine.gated.kernel.kinds import KINDS, Gru, GruBefore, Lstm
from engine.gated.kernel.layers import Layer, Size
from engine.maths.optimisers import Memory, Optimiser
from engine.maths.packing import Flat, Layout, aligned, moved, packed
from engine.sequences.attention import SHUT
from engine.sequences.net import Seq2seq, Theta, shapes
from engine.sequences.pairs import Padded
from engine.sequences.side import Side

xp = HOST.xp
LEAST = 1e-30
"""Added to sums of exponentials over no place at all."""


def has_fast_form(net: Seq2seq) -> bool:
    """Whether there is a fast form."""
    return not net.fed and not net.table


def layout(net: Seq2seq) -> Layout:
    """Where the parameters lie: the encoder's cell, the decoder's with V and by, then attention."""
    enc = cells.layout(net.encoder, net.H, 0, net.K)
    dec = cells.layout(net.decoder, net.H, net.L, net.L)
    every = shapes(net)
    more = {name: every[name] for name in ("Wa", "Wc", "Wd") if name in every}
    size = enc.size + dec.size + len(more) * net.H**2

    def views(array: Array) -> dict[str, Array]:
        at = enc.size + dec.size
        found = {net.reads.name(p): view for p, view in enc.views(array[: enc.size]).items() if p in net.encoder.own}
        for p, view in dec.views(array[enc.size : at]).items():
            found[net.writes.name(p) if p in net.decoder.own else p] = view
        for name in more:
            found[name] = array[at : at + net.H**2].reshape(net.H, net.H)
            at += net.H**2
        return {name: found[name] for name in every}

    return Layout(size, views)


class Kernel:
    """Updates of one net on batches of B pairs, up to S words read and T written. A thread needs one of its own."""

    def __init__(self, net: Seq2seq, S: int, T: int, B: int, kind: Any = float) -> None:
        assert has_fast_form(net)
        self.net, self.S, self.T, self.B, H = net, S, T, B, net.H
        self.layout = layout(net)
        self._theta, self._grad = (aligned((self.layout.size,), kind) for _ in range(2))
        self.theta, self.grad = self.layout.views(self._theta), self.layout.views(self._grad)
        self.enc, self.dec = self._layer(net.reads, S, kind), self._layer(net.writes, T, kind)
        self._rows = [net_rows(layer, inputs) for layer, inputs in ((self.enc, net.K), (self.dec, net.L))]
        self._read, self._word = aligned((S, B, net.K), kind), aligned((T, B, net.L), kind)
        self.late: list[Array | None] = [None] * S
        after_each(self.enc, self.late)
        self.h, self.gh, self.part = (aligned((B, S, H), kind) for _ in range(3))
        self.d, self.q, self.c, self.gd, self.gc, self.gq = (aligned((B, T, H), kind) for _ in range(6))
        self.htilde, self.delta = (aligned((B * T, H), kind) for _ in range(2))
        self.alpha, self.ge = (aligned((B, T, S), kind) for _ in range(2))
        self.scores, self.at = aligned((B * T, net.L), kind), net.L * xp.arange(B * T)
        self._units, self._ones = xp.ones(net.L, kind), xp.ones(B * T, kind)
        self._zero = xp.zeros((B, H), kind)

    def _layer(self, side: Side, T: int, kind: Any) -> Layer:
        cell, own = side.cell, side.cell.own
        theta, grad = ({p: held[side.name(p)] for p in own} for held in (self.theta, self.grad))
        return KINDS[cell.name, "bm" in cell.more](cell, "", Size(T, self.B, self.net.H), theta, grad, kind)

    def gradient(self, theta: Array, batch: Padded, N: float) -> float:
        """E of one batch, divided by N; writes its gradient into `grad`. `theta` is flat, in `layout`."""
        with quiet():
            return self._gradient(theta, batch, N)

    def _gradient(self, theta: Array, batch: Padded, N: float) -> float:
        self._theta[:] = theta
        self._forward(batch)
        E = self._loss(batch, N)
        self._back(batch)
        return E

    def _forward(self, batch: Padded) -> None:
        x, w = batch.x, batch.w
        enc, dec, zero = self.enc, self.dec, self._zero
        begun = x >= 0
        every = [bool(row.all()) for row in begun]
        self.late[:] = [None if all_ else some for all_, some in zip(every, begun[:, :, None], strict=True)]
        enc.feed(xp.maximum(x, 0)[:, None, :] + self._rows[0], None)
        enc.run(dict.fromkeys(self.net.encoder.states, zero))
        if not begun.all():
            enc.L *= begun[None, :, :, None]
        last = enc.states()
        dec.feed(w[:, None, :] + self._rows[1], None)
        dec.run({state: last.get(state, zero) for state in self.net.decoder.states})
        self.d[...] = dec.h[1:].swapaxes(0, 1)
        if self.net.looks:
            self._attend(begun)

    def _attend(self, begun: HostArray) -> None:
        """Scores, weights, contexts of all timesteps."""
        self.h[...] = self.enc.h[1:].swapaxes(0, 1)
        q, H = self.d, self.net.H
        if self.net.attention == "general":
            q = self.q
            xp.dot(self.d.reshape(-1, H), self.theta["Wa"], out=q.reshape(-1, H))
        e = xp.matmul(q, self.h.swapaxes(1, 2), out=self.alpha)
        if not begun.all():
            e -= SHUT * ~begun.T[:, None, :]
        e -= e.max(axis=2, keepdims=True)
        xp.exp(e, out=e)
        e /= e.sum(axis=2, keepdims=True)
        xp.matmul(e, self.h, out=self.c)

    def _loss(self, batch: Padded, N: float) -> float:
        """E, and back from it to `htilde`, `d` and `c`."""
        theta, grad, H, rows = self.theta, self.grad, self.net.H, self.B * self.T
        d, c, htilde, delta, e = self.d.reshape(rows, H), self.c.reshape(rows, H), self.htilde, self.delta, self.scores
        xp.dot(d, theta["Wd"].T, out=htilde)
        if self.net.looks:
            htilde += xp.dot(c, theta["Wc"].T, out=delta)
        xp.tanh(htilde, out=htilde)
        xp.dot(htilde, theta["V"].T, out=e)
        e += theta["by"][:, 0]
        e -= e.max(axis=1, keepdims=True)
        y = batch.y.T.reshape(-1)
        asked, right = y >= 0, self.at + xp.maximum(y, 0)
        wanted = e.reshape(-1).take(right)
        xp.exp(e, out=e)
        total = xp.dot(e, self._units)
        weight = (asked / N).astype(e.dtype)
        E = float(xp.dot(weight, xp.log(total) - wanted))
        e *= (weight / total)[:, None]
        e.reshape(-1)[right] -= weight
        xp.dot(e.T, htilde, out=grad["V"])
        xp.dot(self._ones, e, out=grad["by"][:, 0])
        xp.dot(e, theta["V"], out=delta)
        htilde *= htilde
        delta *= xp.subtract(1, htilde, out=htilde)
        xp.dot(delta.T, d, out=grad["Wd"])
        xp.dot(delta, theta["Wd"], out=self.gd.reshape(rows, H))
        if self.net.looks:
            xp.dot(delta.T, c, out=grad["Wc"])
            xp.dot(delta, theta["Wc"], out=self.gc.reshape(rows, H))
        return E

    def _back(self, batch: Padded) -> None:
        enc, dec = self.enc, self.dec
        if self.net.looks:
            self._back_attention()
        dec.gh[...] = self.gd.swapaxes(0, 1)
        dec.back()
        dec.gradients(one_hot(batch.w, self._word))
        start = to_start(dec)
        if self.net.looks:
            enc.gh[...] = self.gh.swapaxes(0, 1)
        else:
            enc.gh[:] = 0
        enc.gh[-1] += start["h"]
        begin_back(enc, start.get("c"))
        enc.back()
        enc.gradients(one_hot(batch.x, self._read))

    def _back_attention(self) -> None:
        """From ∂E/∂c through weights and scores, to ∂E/∂h and ∂E/∂d."""
        alpha, ge, gc, H = self.alpha, self.ge, self.gc, self.net.H
        general = self.net.attention == "general"
        xp.matmul(gc, self.h.swapaxes(1, 2), out=ge)
        ge *= alpha
        ge -= alpha * ge.sum(axis=2, keepdims=True)
        xp.matmul(alpha.swapaxes(1, 2), gc, out=self.gh)
        self.gh += xp.matmul(ge.swapaxes(1, 2), self.q if general else self.d, out=self.part)
        gq = xp.matmul(ge, self.h, out=self.gq)
        if general:
            xp.dot(self.d.reshape(-1, H).T, gq.reshape(-1, H), out=self.grad["Wa"])
            gq = xp.dot(gq.reshape(-1, H), self.theta["Wa"].T, out=self.q.reshape(-1, H)).reshape(gq.shape)
        self.gd += gq

    def update(
        self, optimiser: Optimiser, theta: Theta, memory: Memory, rate: float, clip: float, n: int, batch: Padded,
        N: float,
    ) -> tuple[Flat, Memory, float]:  # fmt: skip
        """One update; n counts from 1: (theta, memory, E)."""
        array = packed(theta, self.layout, kind=self._theta.dtype)
        E = self.gradient(array, batch, N)
        after, kept, length = moved(optimiser, self.layout, array, self._grad, memory, rate, clip, n)
        return after, kept, E + 0 * length


def net_rows(layer: Layer, inputs: int) -> HostArray:
    """What is added to a word's code for each gate, to find its row in the table of a layer."""
    rows: HostArray = (xp.arange(layer.G) * inputs)[None, :, None]
    return rows


def one_hot(codes: HostArray, into: Array) -> Array:
    """Codes (T, B) as rows (T·B, K); −1 as zeros."""
    into[...] = codes[:, :, None] == xp.arange(into.shape[2])
    return into.reshape(-1, into.shape[2])


def after_each(layer: Layer, late: list[Array | None]) -> None:
    """Have a layer keep its states at 0 for the examples (B, 1) that have not begun at a timestep."""
    inner, c = layer.forwards, layer.c_at if isinstance(layer, Lstm) else None

    def forwards() -> Iterator[int]:
        for t in inner():
            yield t
            if late[t] is not None:
                layer.h_at[t + 1] *= late[t]
                if c is not None:
                    c[t + 1] *= late[t]

    vars(layer)["forwards"] = forwards


def to_start(layer: Layer) -> Mapping[str, Array]:
    """∂E/∂ the start states (B, H), after `layer.back`."""
    h = layer.handed(layer.row_at[0]).copy()
    if isinstance(layer, Lstm):
        return {"h": h, "c": layer.two * layer.keep[0]}
    if isinstance(layer, Gru):
        h += layer.gh_at[0] * layer.keep[0]
    if isinstance(layer, GruBefore):
        keep, reset = layer.D_at[0][3:]
        h += layer.two * reset + layer.gh_at[0] * keep
    return {"h": h}


def begin_back(layer: Layer, gc: Array | None) -> None:
    """Have an LSTM begin its next backward pass with ∂E/∂c from after its last timestep."""
    vars(layer).pop("backwards", None)
    if gc is None or not isinstance(layer, Lstm):
        return
    inner, last = layer.backwards, layer.T - 1
    layer.two[...] = gc
    layer.keep[layer.T :] = [xp.ones_like(gc)]

    def backwards() -> Iterator[tuple[int, Array | None]]:
        for t, later in inner():
            yield t, xp.zeros_like(gc) if t == last else later

    vars(layer)["backwards"] = backwards
