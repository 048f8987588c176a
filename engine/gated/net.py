"""A net of recurrent cells on one sequence: its forward pass and gradient, and its walks as sections of a reel."""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any

from engine.device import Array, Device
from engine.gated import cell as cells
from engine.gated import ledger
from engine.gated import reach as reaching
from engine.gated.cell import Cell, Forward, Inputs, Made, Theta
from engine.walks.reel import Env, Families, Late, Section
from engine.walks.step import Path, Walk, drain


class Net:
    """A net on one sequence: forward pass and gradient, computed on first use, and the sections of a reel.

    `T` is the number of timesteps, `targets` of those with a target.
    """

    def __init__(self, device: Device, cell: Cell, theta: Theta, inputs: Inputs) -> None:
        self.device, self.cell, self.theta, self.inputs = device, cell, theta, inputs
        self.T, self.targets = len(inputs.x), sum(y is not None for y in inputs.y)

    @cached_property
    def run(self) -> Forward:
        """The forward pass."""
        return drain(cells.forward(self.device.xp, self.cell, self.theta, self.inputs))

    @cached_property
    def grad(self) -> Theta:
        """∂E/∂θ."""
        return drain(cells.sweep(self.device.xp, self.cell, self.theta, self.inputs, self.run))

    @cached_property
    def rows(self) -> list[Made]:
        """The whole ledger, see `engine.gated.ledger.whole`."""
        return ledger.whole(self.device.xp, self.cell, self.theta, self.inputs, self.run)

    @cached_property
    def left(self) -> dict[str, Array]:
        """All values that the backward pass writes, by symbol."""
        written: dict[str, Array] = {}
        for step in cells.sweep(self.device.xp, self.cell, self.theta, self.inputs, self.run):
            written |= step.values
        return written

    def env(self, ran: bool, families: Families | None = None, late: Late | None = None, **more: Any) -> Env:
        """The values at the start of a section: parameters, inputs, start states, `more`; if `ran` the forward pass."""
        given: dict[str, Any] = {"x": self.inputs.x, "y": self.inputs.y}
        if ran:
            names = self.run.made[-1]
            given |= {name: [made.get(name) for made in self.run.made] for name in names if name != "x"}
            losses = iter(self.run.E)
            given["E"] = [next(losses) if y is not None else None for y in self.inputs.y]
        start = {f"{name}_init": value for name, value in self.inputs.start.items()}

        def of(held: Any, t: int) -> Any:
            return held[t] if 0 <= t < self.T else None

        made: Families = {name: partial(of, held) for name, held in given.items()}
        return Env({**self.theta, **start, "B": self.inputs.B, **more}, {**made, **(families or {})}, late)

    def forward(self, at: Path) -> Section:
        """One timestep after the other."""
        return Section(
            at,
            lambda: cells.forward(self.device.xp, self.cell, self.theta, self.inputs, at),
            lambda: self.env(False),
            cells.lengths(self.cell, self.T, self.targets)[0],
        )

    def backward(self, at: Path) -> Section:
        """From the last timestep to the first."""
        return Section(
            at,
            lambda: cells.sweep(self.device.xp, self.cell, self.theta, self.inputs, self.run, at),
            lambda: self.env(True),
            cells.lengths(self.cell, self.T, self.targets)[1],
        )

    def row(self, at: Path, t: int) -> Section:
        """Row t of the ledger."""
        xp, cell = self.device.xp, self.cell

        def walk() -> Walk[list[Made]]:
            columns = [self._column(k, t) for k in range(t)]
            return ledger.row(xp, cell, self.theta, self.inputs, self.run, t, columns, at)

        return Section(
            at,
            walk,
            lambda: self.env(True, self._above(t), {f"norms_{q}": partial(self.norms, q) for q in self.rows[0]}),
            ledger.length(cell, t),
        )

    def _above(self, t: int) -> Families:
        """The values of the rows above row t, by two indices; by one index those of the sweep over all losses."""
        B = self.inputs.x[0].shape[1]

        def of(family: str, row: int, k: int | None = None) -> Array | None:
            if k is None:
                return self.left.get(f"{family}[{row}]")
            return self.rows[k][family][:, (row - k) * B : (row - k + 1) * B] if 0 <= k <= row < t else None

        def reach(row: int, k: int) -> Array | None:
            gradient = of(ledger.road(self.cell), row, k)
            return None if gradient is None else ledger.norm(self.device.xp, gradient)

        return {
            **{family: partial(of, family) for family in self.rows[0]},
            "reach": reach,
            "column": lambda k: self._column(k, t) if 0 <= k < t else None,
            "e": lambda row: ledger.error(self.inputs, self.run, row) if 0 <= row < t else None,
        }

    def _column(self, k: int, t: int) -> Array:
        """The sum of the rows above row t at timestep k, of the gradient on the road."""
        made = self.rows[k][ledger.road(self.cell)]
        return ledger.summed(self.device.xp, made, t - k, self.inputs.x[0].shape[1])

    def norms(self, family: str) -> Array:
        """‖family[t,k]‖ of the whole ledger (T, T), 0 for k > t; of a batch of one."""
        return ledger.norms(self.device.xp, [made[family] for made in self.rows])

    @property
    def on_road(self) -> list[Array]:
        """∂E/∂(state k on the road of the top layer) for every k."""
        return [self.left[f"g{self.cell.lasting}[{k}]"] for k in range(self.T)]

    def reach(self, at: Path) -> Section:
        """‖gradient on the road‖ at each timestep, as a share of that at the last."""
        return Section(
            at,
            lambda: reaching.reach(self.device.xp, self.on_road, at),
            lambda: self.env(True, **self.left),
            reaching.length(self.T),
        )

    def road(self, at: Path) -> Section:
        """The product of the gates on the road, from the last timestep to the first."""
        return Section(
            at,
            lambda: cells.road(self.device.xp, self.cell, self.run, at),
            lambda: self.env(True, **{f"d{p}": g for p, g in self.grad.items()}),
            self.T,
        )
