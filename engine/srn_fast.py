"""The SRN's update where speed counts: the same mathematics as `engine.srn`, in place, for one size of batch.

What makes it fast, and what `engine.srn` gives up for being read: inputs are codes, so U x is a look-up in U' + b; all
that does not hang on the step before is done for all t in one product; every array is made once and written over. Rows
are examples here. A test holds it equal to the walk, a benchmark shows the need.
"""

from __future__ import annotations

from typing import Any

from engine.device import HOST, Array
from engine.srn import PARAMETERS, Params

xp = HOST.xp


class Kernel:
    """Buffers and steps for T timesteps of B examples; tanh units, AdaGrad, clipping by norm.

    `theta` and `grad` are views of one flat array each, shaped as in `engine.srn`, so that clipping and updating are
    one pass. They are changed in place.
    """

    def __init__(self, theta: Params, T: int, B: int) -> None:
        H, K = theta.U.shape
        kind = theta.U.dtype
        self.T, self.B = T, B
        size = sum(value.size for value in theta)
        self._theta, self._grad, self._G, self._work = (xp.zeros(size, kind) for _ in range(4))
        self.theta, self.grad = (self._views(flat, theta) for flat in (self._theta, self._grad))
        for mine, given in zip(self.theta, theta, strict=True):
            mine[...] = given
        self.s = xp.zeros((T + 1, B, H), kind)
        self._slope, self._a = xp.empty((T, B, H), kind), xp.empty((T, B, H), kind)
        self._e, self._x = xp.empty((T * B, K), kind), xp.zeros((T * B, K), kind)
        self._z, self._rows = xp.empty((B, H), kind), xp.arange(T * B)
        self._table = xp.empty((K, H), kind)

    @staticmethod
    def _views(flat: Array, like: Params) -> Params:
        found, at = {}, 0
        for name, value in zip(PARAMETERS, like, strict=True):
            found[name] = flat[at : at + value.size].reshape(value.shape)
            at += value.size
        return Params(**found)

    def gradient(self, x: Array, y: Array, s_init: Array) -> float:
        """The loss, summed over time and batch; `grad` and `s` are filled. x, y: codes (T, B); s_init (B, H)."""
        U, W, V, b, c = self.theta
        s, e, (T, B) = self.s, self._e, (self.T, self.B)
        xp.add(U.T, b[:, 0], out=self._table)
        xp.take(self._table, x, axis=0, out=s[1:], mode="clip")
        s[0] = s_init
        for t in range(T):
            xp.dot(s[t], W.T, out=self._z)
            s[t + 1] += self._z
            xp.tanh(s[t + 1], out=s[t + 1])
        flat = s[1:].reshape(T * B, -1)
        xp.dot(flat, V.T, out=e)
        e += c[:, 0]
        e -= e.max(axis=1, keepdims=True)
        right = e[self._rows, y.reshape(-1)]
        xp.exp(e, out=e)
        total = e.sum(axis=1, keepdims=True)
        loss = float(xp.log(total).sum() - right.sum())
        e /= total
        e[self._rows, y.reshape(-1)] -= 1
        self._back(x, flat)
        return loss

    def _back(self, x: Array, flat: Array) -> None:
        """a[t] = (e V + a[t+1] W) ∘ (1 − s²), from the last t; then every gradient in one product."""
        _, W, V, _, _ = self.theta
        dU, dW, dV, db, dc = self.grad
        s, e, a, slope, (T, B) = self.s, self._e, self._a, self._slope, (self.T, self.B)
        xp.multiply(s[1:], s[1:], out=slope)
        xp.subtract(1, slope, out=slope)
        xp.dot(e, V, out=a.reshape(T * B, -1))
        a[T - 1] *= slope[T - 1]
        for t in range(T - 2, -1, -1):
            xp.dot(a[t + 1], W, out=self._z)
            a[t] += self._z
            a[t] *= slope[t]
        rows = a.reshape(T * B, -1)
        xp.dot(rows.T, s[:-1].reshape(T * B, -1), out=dW)
        xp.dot(e.T, flat, out=dV)
        self._x[:] = 0
        self._x[self._rows, x.reshape(-1)] = 1
        xp.dot(rows.T, self._x, out=dU)
        rows.sum(axis=0, out=db[:, 0])
        e.sum(axis=0, out=dc[:, 0])

    def adagrad(self, rate: float, clip: float) -> None:
        """Clip the gradient to ‖g‖ ≤ clip, then G += g², θ −= η g / √(G + 1e-8)."""
        g, G, work = self._grad, self._G, self._work
        length = float(xp.sqrt(xp.dot(g, g)))
        if length > clip:
            g *= clip / length
        xp.multiply(g, g, out=work)
        G += work
        xp.add(G, 1e-8, out=work)
        xp.sqrt(work, out=work)
        xp.divide(g, work, out=work)
        work *= rate
        self._theta -= work


def codes(inputs: Any) -> tuple[Array, Array]:
    """One-hot inputs of `engine.srn` as codes (T, B)."""
    return tuple(xp.stack([each.argmax(axis=0) for each in part]) for part in (inputs.x, inputs.y))
