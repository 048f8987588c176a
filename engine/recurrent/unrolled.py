"""One SRN on one sequence, unrolled in time: the sections of its forward pass and of its gradient, for a reel.

The forward pass and the ledger are computed once, at full speed; so every section can be entered without the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache, partial
from typing import Any

from engine.device import Array, Device, quiet
from engine.maths.activations import Activation
from engine.recurrent import srn_chain
from engine.recurrent.srn import (
    PARAMETERS,
    Forward,
    Inputs,
    Params,
    column_sums,
    forward,
    output_error,
    row,
    rules,
    sum_over_t,
    sweep,
)
from engine.recurrent.srn_terms import Ledger, ledger
from engine.walks import gradient_check as checking
from engine.walks.reel import Env, Families, Late, Section
from engine.walks.step import Path, Walk, drain


class Unrolled:
    """A net (`theta`, hidden units `f`) on `inputs`; `window` as in `srn.row`, T or more to keep all terms."""

    def __init__(self, device: Device, f: Activation, theta: Params, inputs: Inputs, window: int) -> None:
        self.device, self.f, self.theta, self.inputs, self.window = device, f, theta, inputs, window
        self.steps = len(inputs.x)
        self.row = lru_cache(maxsize=2)(self._row)

    @cached_property
    def run(self) -> Forward:
        """The forward pass."""
        with quiet():
            return drain(forward(self.device.xp, self.f, self.theta, self.inputs))

    @cached_property
    def ledger(self) -> Ledger:
        """The whole double sum: gradient, column sums, and (for a batch of one) the norm of every term."""
        host = self.device.get if self.inputs.s_init.shape[1] == 1 else None
        with quiet():
            return ledger(self.device.xp, self.f, self.theta, self.inputs, self.run, self.window, host)

    def loss(self, **replaced: Array) -> Array:
        """E = Σ E_t with some parameters replaced."""
        return sum(drain(forward(self.device.xp, self.f, self.theta._replace(**replaced), self.inputs)).E)

    def _row(self, t: int) -> list[Array]:
        """delta[t,k] for k = t, t-1, … as far as the window goes: the values that `srn.row`, the walk, arrives at."""
        xp, W = self.device.xp, self.theta.W
        with quiet():
            deltas = [(self.theta.V.T @ self.error(t)) * self.f.slope(xp, self.run.s[t])]
            for k in range(t - 1, max(-1, t - self.window), -1):
                deltas.append((W.T @ deltas[-1]) * self.f.slope(xp, self.run.s[k]))
        return deltas

    def error(self, t: int) -> Array:
        """e[t] (K, B)."""
        return self.run.yhat[t] - self.inputs.y[t]

    def delta(self, t: int, k: int = -1) -> Array | None:
        """delta[t,k], or None outside the ledger; what has one index, delta[k], is of the sweep."""
        return self.row(t)[t - k] if 0 <= t - k < self.window and 0 <= k <= t < self.steps else None

    def row_gradient(self, t: int) -> Params:
        """∂E_t/∂θ: row t of the ledger, summed."""
        xp, deltas = self.device.xp, self.row(t)
        ks = range(t, t - len(deltas), -1)
        joined, e = xp.concat(tuple(deltas), axis=1), self.error(t)
        return Params(
            joined @ xp.concat(tuple(self.inputs.x[k] for k in ks), axis=1).T,
            joined @ xp.concat(tuple(self.before(k) for k in ks), axis=1).T,
            e @ self.run.s[t].T,
            xp.sum(joined, axis=1, keepdims=True),
            xp.sum(e, axis=1, keepdims=True),
        )

    def before(self, k: int) -> Array:
        """s[k-1], the start state for k = 0."""
        return self.run.s[k - 1] if k else self.inputs.s_init

    # the values at the start of a section, by symbol: each method adds to those of the one before it

    def _given(self, **more: Any) -> dict[str, Any]:
        return {**self.theta._asdict(), "s_init": self.inputs.s_init, **more}

    def env_inputs(self) -> Env:
        """The parameters and the inputs."""
        return Env(self._given(), {"x": self._at(self.inputs.x), "y": self._at(self.inputs.y)})

    def _ran(self) -> Families:
        """The values of the forward pass, by family and timestep."""
        run = {"s": self.run.s, "yhat": self.run.yhat, "E": self.run.E, "x": self.inputs.x, "y": self.inputs.y}
        return {name: self._at(values) for name, values in run.items()}

    def env_forward(self) -> Env:
        """Also the values of the forward pass."""
        return Env(self._given(), self._ran())

    def env_run(self, **more: Any) -> Env:
        """Also the error e[t] at every output, and the norms of the ledger's terms and rows."""
        return Env(self._given(**more), {**self._ran(), **self._totals(), "e": self._errors}, self._norms())

    def env_rows(self, **more: Any) -> Env:
        """Also every row of the ledger: its delta[t,k], and the gradient of E_t."""

        def summed(p: str) -> Any:
            return lambda t, *k: None if k else self.summed_row(p, t)

        sums = {f"d{p}": summed(p) for p in PARAMETERS}
        made: Families = {**self._ran(), **self._totals(), **sums, "e": self._errors, "delta": self.delta}
        return Env(self._given(**more), made, self._norms())

    def _norms(self) -> Late:
        """The norms of all terms, "norms_W" (T, T)."""
        return {f"norms_{p}": partial(self.norms, p) for p in "WUb"}

    def _totals(self) -> Families:
        """The norm of each row's gradient, "total_W[t]", and single terms, "term_W[t,k]"."""
        totals = {f"total_{p}": partial(self.total, p) for p in "WUb"}
        return {**totals, **{f"term_{p}": partial(self.term, p) for p in "WU"}}

    def term(self, p: str, t: int, k: int) -> Array | None:
        """The k-th term of ∂E_t/∂p, p being W or U; None outside the ledger."""
        delta = self.delta(t, k)
        return None if delta is None else delta @ (self.before(k) if p == "W" else self.inputs.x[k]).T

    def total(self, p: str, t: int) -> Any:
        """‖∂E_t/∂p‖, or None beyond the last timestep."""
        summed = self.summed_row(p, t)
        return None if summed is None else self.device.xp.sqrt(self.device.xp.sum(summed**2))

    def summed_row(self, p: str, t: int) -> Array | None:
        """∂E_t/∂p, or None beyond the last timestep."""
        return getattr(self.row_gradient(t), p) if t < self.steps else None

    def _errors(self, t: int) -> Array | None:
        return self.error(t) if t < self.steps else None

    def norms(self, p: str) -> Any:
        """‖k-th term of ∂E_t/∂p‖ (T, T), or None with a batch."""
        norms = self.ledger.norms.get(p)
        return None if norms is None else self.device.put(norms)

    def env_summed(self) -> Env:
        """Also the whole gradient."""
        return self.env_rows(**{f"d{p}": g for p, g in self.ledger.grad._asdict().items()})

    def env_columns(self) -> Env:
        """Also the column sums of the ledger."""
        columns = {f"column[{k}]": column for k, column in enumerate(self.ledger.columns)}
        return self.env_rows(**{f"d{p}": g for p, g in self.ledger.grad._asdict().items()}, **columns)

    def env_check(self) -> Env:
        """For gradient checking: the whole gradient, E as a function of each parameter, and unit matrices at cells."""
        more: dict[str, Any] = {f"d{p}": g for p, g in self.ledger.grad._asdict().items()}
        more.update({f"E_{p}": (lambda value, p=p: self._loss_on_host(p, value)) for p in PARAMETERS})
        more["h"] = checking.H
        shapes = self.shapes

        def unit(p: str, i: int) -> Array:
            cell = list(checking.cells(*shapes[p], CHECKED))[i]
            return checking.unit(self.device, getattr(self.theta, p), cell)

        units = {f"unit_{p}": (lambda i, p=p: unit(p, i)) for p in PARAMETERS}
        return Env(self._given(**more), {**self._ran(), **units})

    def _loss_on_host(self, p: str, value: Any) -> Any:
        return self.device.get(self.loss(**{p: self.device.put(value)}))

    @staticmethod
    def _at(values: Sequence[Array]) -> Any:
        return lambda t: values[t] if 0 <= t < len(values) else None

    def _eye(self, size: int) -> Array:
        return self.device.put([[float(i == j) for j in range(size)] for i in range(size)])

    @property
    def shapes(self) -> dict[str, tuple[int, int]]:
        return {name: (value.shape[0], value.shape[1]) for name, value in self.theta._asdict().items()}

    # the sections themselves

    def section_forward(self, at: Path) -> Section:
        """Act 1: one timestep after the other."""
        return Section(
            at,
            lambda: forward(self.device.xp, self.f, self.theta, self.inputs, at),
            self.env_inputs,
            5 * self.steps,
        )

    def section_output(self, at: Path) -> Section:
        """Act 2: ∂E_t/∂V and ∂E_t/∂c, for every t."""

        def walk() -> Walk[None]:
            for t in range(self.steps):
                yield from output_error(self.device.xp, self.inputs, self.run, t, at)

        return Section(at, walk, self.env_forward, 3 * self.steps)

    def section_row(self, at: Path, t: int, of: str) -> Section:
        """One row of the ledger, term by term: ∂E_t/∂p for each parameter p in `of`, of "W", "U", "b"."""
        terms = min(t + 1, self.window)
        return Section(
            (*at, ("t", t)),
            lambda: row(self.device.xp, self.f, self.theta, self.inputs, self.run, t, self.window, of, at),
            self.env_run,
            terms + len(of) * (1 + 2 * terms),
        )

    def section_chain(self, at: Path, t: int) -> Section:
        """The gradient of E_t as a product of partial derivatives, for a batch of one."""
        K, H = self.theta.V.shape
        eyes = self._eye(K), self._eye(H)
        return Section(
            at,
            lambda: srn_chain.chain(self.device.xp, self.f, self.theta, self.inputs, self.run, t, eyes, at),
            lambda: Env(self._given(eye=eyes[1]), self._ran()),
            srn_chain.steps(t),
        )

    def section_sum(self, at: Path) -> Section:
        """Σ_t ∂E_t/∂θ, the sum of the rows."""
        rows = Rows(self)
        return Section(
            at,
            lambda: sum_over_t(self.device.xp, self.theta, rows, at),
            self.env_rows,
            len(PARAMETERS) * (1 + self.steps),
        )

    def section_columns(self, at: Path) -> Section:
        """The column sums of the ledger."""

        def walk() -> Walk[Sequence[Array]]:
            return (yield from column_sums(self.device.xp, self.ledger.columns, at))

        return Section(at, walk, self.env_summed, self.steps)

    def section_sweep(self, at: Path) -> Section:
        """The same gradient in one sweep from right to left."""
        return Section(
            at,
            lambda: sweep(self.device.xp, self.f, self.theta, self.inputs, self.run, at),
            self.env_columns,
            len(PARAMETERS) + 11 * self.steps,
        )

    def section_check(self, at: Path) -> Section:
        """Central differences, cell by cell."""

        def walk() -> Walk[Any]:
            theta, grad = self.theta._asdict(), self.ledger.grad._asdict()
            loss = lambda name, value: self.loss(**{name: value})  # noqa: E731 - a name would hide what it is
            return (yield from checking.check(self.device, loss, theta, grad, CHECKED, at))

        return Section(at, walk, self.env_check, checking.length(self.shapes, CHECKED))

    def rules(self) -> dict[str, str]:
        """The rules of all sections."""
        return {**rules(self.f), **checking.rules(PARAMETERS)}


CHECKED = 12
"""Cells checked of each parameter: all of a small one, evenly spread over a large one."""


class Rows(Sequence[Params]):
    """∂E_t/∂θ for every t, computed on each access: T of them would take too much memory."""

    def __init__(self, net: Unrolled) -> None:
        self._net = net

    def __len__(self) -> int:
        return self._net.steps

    def __getitem__(self, t: Any) -> Any:
        return self._net.row_gradient(t)


def gradient(device: Device, f: Activation, theta: Params, inputs: Inputs, run: Forward, window: int) -> Params:
    """∂E/∂θ at full speed: by one sweep, or from the ledger's diagonals where `window` truncates the rows."""
    if window >= len(inputs.x):
        return drain(sweep(device.xp, f, theta, inputs, run))
    return ledger(device.xp, f, theta, inputs, run, window).grad
