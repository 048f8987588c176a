"""The ledger of slides 34-37 as a whole, diagonal by diagonal: all delta[t,k] with t - k = d come from one product.

The walk `recurrent.srn.row` shows one row of it, term by term; this form gives the norms of all T²/2 terms, the column
sums and the gradient within a window, where opening every row would be too slow. A test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.device import HOST, Array, HostArray
from engine.maths.activations import Activation
from engine.recurrent.srn import Forward, Inputs, Params


class Ledger(NamedTuple):
    """Σ over the ledger: the gradient, the column sums (T arrays (H, B)), and norms of every term by parameter.

    `norms[p][t, k]` is ‖k-th term of ∂E_t/∂p‖ on the host, NaN for k > t; empty unless computed (batch of one).
    """

    grad: Params
    columns: list[Array]
    norms: dict[str, HostArray]


class Stacked(NamedTuple):
    """A forward pass with time and batch along one axis: T·B columns, t = 0 first."""

    x: Array
    s: Array
    before: Array
    e: Array
    slope: Array


def stack(xp: Any, f: Activation, inputs: Inputs, run: Forward) -> Stacked:
    """The forward pass as matrices of T·B columns."""
    s = xp.concat(run.s, axis=1)
    e = xp.concat(run.yhat, axis=1) - xp.concat(tuple(inputs.y), axis=1)
    before = xp.concat((inputs.s_init, *run.s[:-1]), axis=1)
    return Stacked(xp.concat(tuple(inputs.x), axis=1), s, before, e, f.slope(xp, s))


def diagonals(theta: Params, run: Stacked, steps: int, batch: int, window: int) -> Iterator[Array]:
    """For d = 0, 1, …: delta[k+d, k] for k = 0 … T-1-d, as (H, (T-d)·B): each from the one before, shifted by one t."""
    delta = (theta.V.T @ run.e) * run.slope
    yield delta
    for d in range(1, min(steps, window)):
        delta = (theta.W.T @ delta[:, batch:]) * run.slope[:, : (steps - d) * batch]
        yield delta


def ledger(
    xp: Any, f: Activation, theta: Params, inputs: Inputs, run: Forward, window: int, host: Any = None
) -> Ledger:
    """The whole ledger; the norms only if `host`, which copies an array from the device to the host, is given."""
    steps, batch = len(inputs.x), inputs.s_init.shape[1]
    stacked = stack(xp, f, inputs, run)
    total = xp.zeros_like(stacked.s)
    lengths: list[HostArray] = []
    for delta in diagonals(theta, stacked, steps, batch, window):
        missing = xp.zeros_like(total[:, delta.shape[1] :])
        total = total + xp.concat((delta, missing), axis=1)
        if host is not None:
            lengths.append(host(xp.sqrt(xp.sum(delta**2, axis=0))))
    grad = Params(
        total @ stacked.x.T,
        total @ stacked.before.T,
        stacked.e @ stacked.s.T,
        xp.sum(total, axis=1, keepdims=True),
        xp.sum(stacked.e, axis=1, keepdims=True),
    )
    columns = [total[:, k * batch : (k + 1) * batch] for k in range(steps)]
    return Ledger(grad, columns, _norms(xp, stacked, lengths, steps, host) if host is not None else {})


def _norms(xp: Any, run: Stacked, lengths: list[HostArray], steps: int, host: Any) -> dict[str, HostArray]:
    """Norms of all terms of a batch of one, without computing a term: ‖δ sᵀ‖ = ‖δ‖ ‖s‖ for an outer product."""
    lower = HOST.xp.tri(steps, dtype=bool)
    delta = HOST.xp.where(lower, 0.0, HOST.xp.nan)
    ks = HOST.xp.arange(steps)
    for d, diagonal in enumerate(lengths):
        delta[ks[d:], ks[: steps - d]] = diagonal
    return {"W": delta * host(xp.sqrt(xp.sum(run.before**2, axis=0))), "U": delta, "b": delta}
