"""The double sum ∂E/∂p = Σₜ Σₖ on the stage: for every loss one term for every time p was met; and all in a ledger."""

from __future__ import annotations

import numpy as np

from engine.device import HostArray
from lessons.building.stage_parts import WIDE, ledger
from lessons.contract.panels import Block, Label, Matrix, Panel, Row
from lessons.explaining.figures import five
from lessons.explaining.typeset import subscript
from lessons.recurrent.in_time import TimeStage, norm_bars


class DoubleSum:
    """Row t of the sum for p, W or U, and how far back k has come in it."""

    def __init__(self, stage: TimeStage, p: str) -> None:
        self.stage, self.view, self.p, self.row = stage, stage.view, p, stage.t
        self.t, self.window = stage.t or 0, int(stage.knobs["window"])

    def counted(self) -> str:
        """k = 3 2 [1] 0: where in the sum the walk is."""
        if self.row is None:
            return ""
        at, lowest = self.stage.k, max(0, self.t + 1 - self.window)
        if self.t - lowest >= 12:
            return f"k = {at} ({self.t} … {lowest})"
        return "k = " + " ".join(f"[{k}]" if k == at else str(k) for k in range(self.t, lowest - 1, -1))

    def deltas(self) -> Matrix:
        """The δ of this row, and their norms as bars, the longest being the largest so far."""
        found = {k: self.view.get(f"delta[{self.t},{k}]") for k in range(self.t + 1)}
        rows = [deltas(self.stage, self.t), Row(f"‖δ{subscript(str(self.t))},ₖ‖", norm_bars(found))]
        return Matrix(id="delta", priority=9, axis=self.stage.axis, rows=rows)

    def terms(self) -> Matrix:
        """The terms of this row; of U, whose other columns are zero, the column of the letter that was read."""
        stage, ks = self.stage, [k for k in self.stage.near if k <= self.t]
        if self.p == "W":
            rows = [Row(stage.say("term"), {k: stage.matrix(f"dW[{self.t},{k}]", (stage.H, stage.H)) for k in ks})]
        else:
            letters = {k: stage.vocabulary[stage.inputs["x"][k]] for k in ks}
            where = {k: Label(stage.say("column", letter=letter), role="dim") for k, letter in letters.items()}
            rows = [Row(stage.say("term"), {k: self._column_of(k) for k in ks}), Row("", where)]
        return Matrix(id="terms", priority=8, axis=stage.axis, rows=rows)

    def _column_of(self, k: int) -> Block:
        """The column of term k of U that the letter at k reads."""
        symbol, code, H = f"dU[{self.t},{k}]", self.stage.inputs["x"][k], self.stage.H
        value = self.view.get(symbol)
        column = None if value is None else value[:, code].reshape(1, H)
        return Block(symbol, column, (1, H), "slice", code, **self.stage.flags(symbol))

    def so_far(self) -> Matrix:
        """The running sum of this row, and what is still to come."""
        stage, t = self.stage, self.t
        have = [k for k in range(t, -1, -1) if stage.known(f"d{self.p}[{t},{k}]")]
        rest = [k for k in range(t, max(-1, t - self.window), -1) if k not in have]
        terms = f"k = {_series(have)}" if have else "0"
        if rest:
            terms += stage.say("to_come") + " " + _series(rest)
        labels = "cols" if self.p == "U" else ""
        block = stage.matrix(f"d{self.p}[{t}]", stage.params[self.p].shape, labels=labels)
        label = f"∂E{subscript(str(t))}/∂{self.p}\n{stage.say('so_far')}"
        return Matrix(id="so_far", priority=7, rows=[Row(label, {0: block, 1: Label(terms)})])

    def ledger(self) -> Panel:
        """‖term k of ∂E_t/∂p‖ for all t and k: rows above the present one are done, its own as far as it has come.

        Flipped, one signed cell of every term: those of a row add up to the same cell of ∂E_t/∂p, as norms do not.
        """
        stage, T = self.stage, self.stage.T
        flipped = T <= WIDE and self.view.flipped
        values = self._norms()
        if flipped:
            values = self._signed(values)
        written = max((k for k in range(T) if f"d{self.p}[{self.row},{k}]" in self.view.written), default=None)
        title = stage.say("ledger_cell" if flipped else "ledger", p=self.p)
        tails = {t: self._sum_of_row(t, values, flipped) for t in range(T)} if T <= WIDE else {}
        tail = "Σₖ" if flipped else "‖Σₖ‖"
        at = None if written is None else (self.t, written)
        return ledger(title, values, stage.axis, (self.row, stage.k), at, f"norms_{self.p}", tails, tail)

    def _norms(self) -> HostArray:
        """(T, T): norms where known, NaN where not yet."""
        found = np.full((self.stage.T, self.stage.T), np.nan)
        norms = self.view.get(f"norms_{self.p}")
        if norms is not None:
            found[: self.row] = norms[: self.row]
        if self.row is not None:
            for k in range(self.row + 1):
                term = self.view.get(f"d{self.p}[{self.row},{k}]")
                if term is not None:
                    found[self.row, k] = np.linalg.norm(term)
                elif self.row - k >= self.window:
                    found[self.row, k] = 0.0
        return found

    def _signed(self, norms: HostArray) -> HostArray:
        """Entry [0, 0] (for U: of the letter read first) of every term that is known."""
        found = np.where(np.isnan(norms), np.nan, 0.0)
        for t, k in np.argwhere(~np.isnan(norms)):
            term = self.view.get(f"d{self.p}[{t},{k}]" if t == self.row else f"term_{self.p}[{t},{k}]")
            if term is not None:
                found[t, k] = term[0, 0]
        return found

    def _sum_of_row(self, t: int, values: HostArray, flipped: bool) -> str:
        """‖Σ_k‖ of a finished row, or how much of the present one is in."""
        if self.row is None or t > self.row:
            return ""
        if t < self.row:
            norm = self.stage.number(f"total_{self.p}[{t}]")
            total = float(np.nansum(values[t, : t + 1])) if flipped else norm
            return "" if total is None else five(total)
        terms = min(t + 1, self.window)
        have = sum(self.stage.known(f"d{self.p}[{t},{k}]") for k in range(t + 1))
        if have < terms:
            return self.stage.say("of", have=have, terms=terms)
        sum_of_terms = self.view.get(f"d{self.p}[{t}]")
        if sum_of_terms is None:
            return ""
        return five(float(sum_of_terms[0, 0] if flipped else np.linalg.norm(sum_of_terms)))


def deltas(stage: TimeStage, t: int) -> Row:
    """delta[t,k] under every k up to t."""
    label = f"δ{subscript(str(t))},ₖ"
    return Row(label, {k: stage.state(f"delta[{t},{k}]") for k in stage.near if k <= t})


def _series(ks: list[int]) -> str:
    terms = [str(k) for k in ks]
    if len(terms) > 7:
        terms = [*terms[:5], "…", terms[-1]]
    return ", ".join(terms)
