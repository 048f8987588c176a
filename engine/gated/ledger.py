"""The ledger of a gated cell (slides 34-37, for the cells of slide 39): each loss E_t propagated back on its own.

    gh[t,k] gc[t,k] delta_q[t,k]  (H, B)  gradients of E_t alone at timestep k ≤ t
    reach[t,k]                    ()      ‖∂E_t/∂(state k on the road)‖: of c in an LSTM, of h where there is no c
    column[k]                     (H, B)  Σ_t of that gradient, over the rows so far; in the end that of `cell.sweep`

A row walks back by `Cell.back`, as the sweep does; its symbols have t as a further index. For one layer, and a target
at every timestep. `whole` computes all rows at once, each a column of a batch; a test holds the two equal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from engine.device import Array
from engine.gated import cell as cells
from engine.gated.cell import FROM_ABOVE, Cell, Forward, Inputs, Made, Theta
from engine.walks.step import Path, Step, Walk, drain

BACK = re.compile(r"\b(gh|gc|delta_[a-z])\[k")
"""The families that a row of the ledger has of its own."""


def road(cell: Cell) -> str:
    """The family of the gradient on the road: gc, or gh in a cell without c."""
    return f"g{cell.states[-1]}"


def rules(cell: Cell) -> dict[str, str]:
    """The rule of every op of `row`: those of the backward pass, with t as a further index."""
    g = road(cell)
    by_op = {
        f"row_{op}": BACK.sub(r"\1[t,k", rule.replace(f"{FROM_ABOVE} + ", "")).replace("e[k]", "e[t]")
        for op, rule in cell.rules.items()
        if BACK.match(rule)
    }
    return {
        **by_op,
        "row_e": "e[t] = yhat[t] - y[t]",
        "column_first": f"column[k] = {g}[t,k]",
        "column": f"column[k] = column[k] + {g}[t,k]",
        "reach": f"reach[t,k] = sqrt(sum({g}[t,k]**2))",
    }


def error(inputs: Inputs, run: Forward, t: int) -> Array:
    """e[t] (K, B): the probabilities at timestep t minus the target, over the batch that the loss is a mean of."""
    e: Array = (run.made[t]["yhat"] - inputs.y[t]) / inputs.B
    return e


def norm(xp: Any, g: Array) -> Array:
    """‖g‖."""
    return xp.sqrt(xp.sum(g**2))


def named(walk: Walk[Made], t: int) -> Walk[Made]:
    """The steps of a backward walk, with the symbols and ops of row t."""
    while True:
        try:
            step = next(walk)
        except StopIteration as end:
            made: Made = end.value
            return made
        values = {name.replace("[", f"[{t},"): value for name, value in step.values.items()}
        yield Step(step.path, f"row_{step.op}", values)


def row(
    xp: Any, cell: Cell, theta: Theta, inputs: Inputs, run: Forward, t: int, columns: Sequence[Array], at: Path = ()
) -> Walk[list[Made]]:
    """Row t: E_t alone propagated back to k = t … 0. Returns its values and gradients by k.

    `columns` are the sums of the rows above at k = 0 … t − 1, of the gradient on the road.
    """
    here = (*at, ("t", t))
    e = error(inputs, run, t)
    yield Step((*here, ("error", -1)), "row_e", {f"e[{t}]": e})
    later: Made = {}
    made: list[Made] = []
    for k in range(t, -1, -1):
        spot, now = (*here, ("k", k)), run.made[k]
        gh = cell.carried(theta, later) if later else theta["V"].T @ e
        yield Step((*spot, ("error", -1)), "row_gh" if later else "row_gh_last", {f"gh[{t},{k}]": gh})
        back = cell.back(xp, theta, now, cells.before(inputs, run, k), gh, later, k, spot)
        left = yield from named(back, t)
        later = {**now, **left, "gh": gh}
        g = later[road(cell)]
        column = columns[k] + g if k < len(columns) else g
        op = "column" if k < len(columns) else "column_first"
        yield Step((*spot, ("sum", -1)), op, {f"column[{k}]": column})
        yield Step((*spot, ("sum", -1)), "reach", {f"reach[{t},{k}]": norm(xp, g)})
        made.append(later)
    return made[::-1]


def length(cell: Cell, t: int) -> int:
    """How many steps row t takes."""
    return 1 + (t + 1) * (cell.backs + 3)


def whole(xp: Any, cell: Cell, theta: Theta, inputs: Inputs, run: Forward) -> list[Made]:
    """The gradients of all rows by timestep k = 0 … T-1: side by side t = k … T-1, a batch each, so (H, (T-k) B).

    One backward pass for all rows: at timestep k the errors of all later losses stand side by side, and E_k's is added.
    """
    later: Made = {}
    made: list[Made] = []
    for k in range(len(run.made) - 1, -1, -1):
        e = error(inputs, run, k)
        B, gh = e.shape[1], theta["V"].T @ e
        if later:
            gh = xp.concat((gh, cell.carried(theta, later)), axis=1)
            later = {name: xp.concat((xp.zeros_like(value[:, :B]), value), axis=1) for name, value in later.items()}
        rows = gh.shape[1] // B
        now, before = (
            {name: xp.tile(value, (1, rows)) for name, value in held.items() if name not in ("x", "a", "yhat")}
            for held in (run.made[k], cells.before(inputs, run, k))
        )
        left = {**drain(cell.back(xp, theta, now, before, gh, later, k)), "gh": gh}
        later = {**now, **left}
        made.append(left)
    return made[::-1]


def summed(xp: Any, side_by_side: Array, rows: int, B: int) -> Array:
    """The sum (H, B) of the first `rows` rows at a timestep, from one family of `whole` there."""
    held = side_by_side[:, : rows * B]
    return xp.sum(xp.reshape(held, (held.shape[0], rows, B)), axis=1)


def norms(xp: Any, family: Sequence[Array]) -> Array:
    """‖family[t,k]‖ (T, T), 0 for k > t, from one family of `whole` by timestep; for a batch of one."""
    columns = [xp.sqrt(xp.sum(made**2, axis=0)) for made in family]
    return xp.stack([xp.concat((xp.zeros_like(columns[0][:k]), each)) for k, each in enumerate(columns)], axis=1)
