"""The equations of slides 35-37 above the stage, their factors lit; and every factor of ∂E_t/∂W with its numbers."""

from __future__ import annotations

from collections.abc import Iterable

from lessons.building.stage_parts import flow
from lessons.contract.panels import Bar, Item, Label, Matrix, Panel, Product, Row
from lessons.explaining.figures import loss as loss_figures
from lessons.explaining.typeset import name, subscript
from lessons.recurrent.bptt.double_sum import DoubleSum
from lessons.recurrent.in_time import TimeStage

OF_V = {"by_yhat": (0,), "dyhat_z": (1,), "e": (0, 1), "dV": (2,)}
"""Which factors of ∂E_t/∂V a family is, or has multiplied."""
OF_W = {
    "by_yhat": (0,), "dyhat_s": (1,), "by_s": (0, 1, 2), "J": (2,), "norm_J": (2,), "ds": (2,), "norm_ds": (2,),
    "delta": (0, 1, 2), "dW": (3,), "dU": (3,), "db": (3,),
}  # fmt: skip
"""The same of ∂E_t/∂W, of each of its terms."""


def equations(stage: TimeStage, *of: str) -> Product:
    """∂E_t/∂p as a product of partial derivatives, for each p; those lit that the step computes; and E, the sum."""
    t = "ₜ" if stage.t is None else subscript(str(stage.t))
    told, lit = list[tuple[str, list[str]]](), set[tuple[int, int]]()
    for n, p in enumerate(of):
        first, last = f"∂E{t}/∂ŷ{t}", f"∂{'z' + t if p == 'V' else 'sₖ'}/∂{p}"
        middle = [f"∂ŷ{t}/∂z{t}"] if p == "V" else [f"∂ŷ{t}/∂s{t}", f"∂s{t}/∂sₖ"]
        told.append((f"∂E{t}/∂{p}", [first if p == "V" else f"Σₖ {first}", *middle, last]))
        lit |= {(n, i) for family in _written(stage) for i in (OF_V if p == "V" else OF_W).get(family, ())}
    return Product(id="product", priority=9, equations=told, lit=frozenset(lit), right=total(stage))


def _written(stage: TimeStage) -> Iterable[str]:
    return (symbol.partition("[")[0] for symbol in stage.view.written)


def total(stage: TimeStage) -> str:
    """E = Σₜ Eₜ in figures, once all are known."""
    known = [E for t in range(stage.T) if (E := stage.number(f"E[{t}]")) is not None]
    return f"E = Σₜ Eₜ = {loss_figures(sum(known)) if len(known) == stage.T else '·'}"


class Factors:
    """The factors of ∂E_t/∂V and ∂E_t/∂W of one loss, as far as they are computed."""

    def __init__(self, stage: TimeStage) -> None:
        self.stage, self.t = stage, stage.T - 1

    def of_output(self) -> list[Panel]:
        """From ∂E_t/∂ŷ_t through the Jacobian of softmax to ŷ − y; and on to the state."""
        stage, t, K, H = self.stage, self.t, self.stage.K, self.stage.H
        made: dict[int, Item] = {
            0: stage.column(f"yhat[{t}]", K, name(f"yhat[{t}]")),
            1: stage.column(f"by_yhat[{t}]", K, name(f"by_yhat[{t}]")),
            2: stage.matrix(f"dyhat_z[{t}]", (K, K), name(f"dyhat_z[{t}]")),
            3: stage.column(f"e[{t}]", K, name(f"e[{t}]")),
        }
        into: dict[int, Item] = {
            0: stage.matrix(f"dyhat_s[{t}]", (K, H), name(f"dyhat_s[{t}]")),
            1: stage.column(f"by_s[{t},{t}]", H, name(f"by_s[{t},{t}]")),
            2: stage.matrix(f"dV[{t}]", (K, H), name(f"dV[{t}]")),
        }
        return [flow("softmax", made, 10), flow("into_state", into, 8)]

    def of_state(self) -> list[Panel]:
        """∂s_t/∂s_k as a product of Jacobians, each with its norm; δ; the terms, and their sum so far."""
        stage, t, square = self.stage, self.t, (self.stage.H, self.stage.H)
        ks = [k for k in stage.near if k <= t]
        low, row = subscript(str(t)), DoubleSum(stage, "W")
        jacobians = [
            Row("Jₖ", {k: stage.matrix(f"J[{k}]", square) for k in ks if k}),
            Row("‖Jₖ‖", {k: self.norm(f"norm_J[{k}]") for k in ks if k}),
            Row(f"∂s{low}/∂sₖ", {k: stage.matrix(f"ds[{t},{k}]", square) for k in ks}),
            Row(f"‖∂s{low}/∂sₖ‖", {k: self.norm(f"norm_ds[{t},{k}]") for k in ks if k < t}),
        ]
        errors = [
            Row(f"∂E{low}/∂sₖ", {k: stage.state(f"by_s[{t},{k}]") for k in ks}),
            Row(f"δ{low},ₖ", {k: stage.state(f"delta[{t},{k}]") for k in ks}),
        ]
        return [
            Matrix(id="jacobians", priority=10, axis=stage.axis, rows=jacobians),
            Matrix(id="delta", priority=9, axis=stage.axis, rows=errors),
            row.terms(),
            row.so_far(),
        ]

    def norm(self, symbol: str) -> Item:
        """A norm as a bar beside 1: what is longer makes the gradient grow."""
        value = self.stage.number(symbol)
        if value is None:
            return Label("·", role="dim")
        return Bar(value, min(1.0, value), **self.stage.flags(symbol))
