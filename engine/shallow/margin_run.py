"""A support-vector machine that has been solved, opened: sections for the kernel, for each pair, and for the border."""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any

from engine.device import Array, Device, HostArray
from engine.shallow.margin import Problem, State, begin, border, kernel_matrix, slope_of, step
from engine.shallow.margin_fast import Machine
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Section
from engine.walks.step import Path, Walk

PAIR, LAST, BORDER = 10, 6, 14
"""Steps for a pair; for the last one, whose gap is small enough that nothing is done; and for the border."""


class Opened:
    """The run of a machine that was solved to `tol`, on the device; q (M,) is a new point."""

    def __init__(self, device: Device, machine: Machine, tol: float, q: HostArray) -> None:
        self.device, self.machine, self.tol = device, machine, tol
        put, kernel = device.put, machine.kernel
        rows = [[float(i)] for i in range(len(machine.y))]
        self.problem = Problem(put(machine.x), put(machine.y[:, None]), put(rows), kernel, machine.C)
        self.q = put(q[:, None])
        x, y, row, _, C = self.problem
        self._given: dict[str, Any] = {"x": x, "y": y, "row": row, "q": self.q, "C": C}
        self._given |= {"gamma": kernel.gamma, "degree": kernel.degree}
        self._known: tuple[int, State] | None = None

    @cached_property
    def K(self) -> Array:
        """The kernel (N, N) of every two points."""
        return kernel_matrix(self.device.xp, self.problem.kernel, self.problem.x, self.problem.x)

    def state(self, n: int) -> State:
        """The state after n pairs."""
        if self._known is None or self._known[0] != n:
            self._known = n, self.machine.state(self.device, n)
        return self._known[1]

    def objective(self) -> Objective:
        """f of the new point as the machine is solved, and its slope."""
        xp, problem, state = self.device.xp, self.problem, self.state(self.machine.run.steps)

        def kernels(q: Array) -> Array:
            return kernel_matrix(xp, problem.kernel, problem.x, q.T)

        def f(q: Array) -> Array:
            return xp.sum(state.a * problem.y * kernels(q)) + self.machine.run.b

        return Objective({"q": self.q}, f, {"q": slope_of(problem, state.a, self.q, kernels(self.q))})

    def sections(self, at: Path) -> list[Section]:
        """The whole run. Where it was solved, the last pair is the one whose gap is below the tolerance."""
        run, first = self.machine.run, (*at, ("kernel", -1))
        walk, env = self._step, self._env  # no closure for each pair: the collector would go through all of them
        opening = 3 + (self.problem.kernel.kind == "rbf")
        return [
            Section(first, lambda: begin(self.device, self.problem, first), lambda: Env(self._given), opening),
            *(
                Section(
                    here := (*at, ("pair", n + 1)),
                    partial(walk, n, here),
                    partial(env, n),
                    PAIR if n < run.steps else LAST,
                )
                for n in range(run.steps + (run.gap < self.tol))
            ),
            self._border(run.steps, (*at, ("border", -1))),
        ]

    def _step(self, n: int, at: Path) -> Walk[State | None]:
        return step(self.device, self.problem, self.K, self.state(n), self.tol, at)

    def _border(self, n: int, at: Path) -> Section:
        return Section(
            at, lambda: border(self.device, self.problem, self.state(n), self.q, at), lambda: self._env(n), BORDER
        )

    def _env(self, n: int) -> Env:
        values = {**self._given, **self.state(n)._asdict()}
        return Env(values, {"p": self._point}, {"K": lambda: self.K})

    def _point(self, i: int) -> Array | None:
        """p[i] (M, 1): a row of x, counted from 0."""
        x = self.problem.x
        return x[i : i + 1, :].T if 0 <= i < x.shape[0] else None
