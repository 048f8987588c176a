"""The stages of `bptt`, one for each act, and what the text may say of the position."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.walks.gradient_check import cells
from engine.walks.step import split
from lessons.building.stage_parts import flow, subscripted
from lessons.building.training_panel import training_curve, training_of
from lessons.contract.panels import Block, Item, Label, Matrix, Panel, Row, Stage, Table
from lessons.explaining.figures import eight, five
from lessons.explaining.figures import loss as loss_figures
from lessons.explaining.typeset import name, subscript
from lessons.recurrent.bptt.rows import SrnStage
from lessons.recurrent.in_time import in_short, letter_at

LEARNED = 0.2
"""The loss under which a text counts as learned."""
CHECKED = 12
"""Cells of a parameter that the act `check` goes through."""


class BpttStage(SrnStage):
    """A position in the gradient of an SRN on a text, or in its training."""

    def show_forward(self) -> Stage:
        """The same cell at every timestep."""
        return [self.law("z", "s", "o"), *self.strip(), self.graph(), self.guesses(), *self.weights(self.t or 0)]

    def weights(self, t: int | None) -> list[Matrix]:
        """All parameters; with t, what they make at that timestep beside them."""
        read = self.inputs["x"][t] if t is not None else None
        below: dict[int, Item] = {
            0: self.matrix("U", (self.H, self.K), "U", "cols", read), 1: self.matrix("W", (self.H, self.H), "W"),
            2: self.vector("b", self.H, "column", title="b"),
        }  # fmt: skip
        above: dict[int, Item] = {
            0: self.matrix("V", (self.K, self.H), "V", "rows"), 1: self.vector("c", self.K, "column", title="c"),
        }  # fmt: skip
        if t is not None:
            below[3] = self.vector(f"z[{t}]", self.H, "column", title=subscripted("z", t))
            above[2] = self.vector(f"o[{t}]", self.K, "column", title=subscripted("o", t))
            above[3] = self.vector(f"yhat[{t}]", self.K, "column", title=subscripted("ŷ", t))
        return [flow("weights", below, 7), flow("output", above, 6)]

    def show_dV(self) -> Stage:
        """∂E_t/∂V, one product of two vectors the state already has."""
        letters = self.say("letters") + " " + " ".join(self.vocabulary[:12])
        error = [self.row_of("e = ŷ − y", "e", self.K, "column")]
        terms = Row("∂Eₜ/∂V", {t: self.matrix(f"dV[{t}]", (self.K, self.H)) for t in self.near})
        return [
            self.law("e", "dV_t"),
            *self.strip(),
            self.graph(self.t, self.t),
            Matrix(id="error", priority=8, axis=self.axis, rows=error, title=letters),
            Matrix(id="terms", priority=7, axis=self.axis, rows=[terms]),
        ]

    def show_dW(self) -> Stage:
        """∂E_t/∂W, one term for every time W was met."""
        t = self.t or 0
        terms = [Row(self.say("term"), {k: self.matrix(f"dW[{t},{k}]", (self.H, self.H)) for k in self.near if k <= t})]
        return self.double_sum("W", terms, (self.H, self.H))

    def show_dU(self) -> Stage:
        """∂E_t/∂U: the same δ, put into the column of the letter that was read."""
        t, terms, where = self.t or 0, dict[int, Item](), dict[int, Item]()
        for k in (k for k in self.near if k <= t):
            code, symbol = self.inputs["x"][k], f"dU[{t},{k}]"
            value = self.view.get(symbol)
            column = None if value is None else value[:, code].reshape(1, self.H)
            terms[k] = Block(symbol, column, (1, self.H), "slice", code, **self.flags(symbol))
            where[k] = Label(self.say("column", letter=self.vocabulary[code]), role="dim")
        return self.double_sum("U", [Row(self.say("term"), terms), Row("", where)], (self.H, self.K))

    def double_sum(self, p: str, terms: list[Row], shape: tuple[int, int]) -> Stage:
        """One row of the sum over t and k: δ, the terms, the ledger of all, the sum so far."""
        t = self.t or 0
        return [
            self.law(f"{p}_term", "delta", right=self.counted()),
            *self.strip(),
            self.graph(self.k, self.t),
            Matrix(id="delta", priority=9, axis=self.axis, rows=[self.delta_row(t), self.norm_row(t)]),
            Matrix(id="terms", priority=8, axis=self.axis, rows=terms),
            self.ledger(p),
            self.so_far(p, shape),
        ]

    def counted(self) -> str:
        """k = 3 2 [1] 0: where in the sum the walk is."""
        if self.t is None:
            return ""
        lowest = max(0, self.t + 1 - int(self.knobs["window"]))
        ks = list(range(self.t, lowest - 1, -1))
        if len(ks) > 12:
            return f"k = {self.k} ({self.t} … {lowest})"
        return "k = " + " ".join(f"[{k}]" if k == self.k else str(k) for k in ks)

    def so_far(self, p: str, shape: tuple[int, int]) -> Matrix:
        """The running sum of the present row, and what is still to come."""
        t = self.t or 0
        have = [k for k in range(t, -1, -1) if self.known(f"d{p}[{t},{k}]")]
        rest = [k for k in range(t, max(-1, t - self.window), -1) if k not in have]
        terms = _series(have, "0")
        if rest:
            terms += self.say("to_come") + " " + _series(rest, "", ", ")
        block = self.matrix(f"d{p}[{t}]", shape, labels="cols" if p == "U" else "")
        label = f"∂E{subscript(str(t))}/∂{p}\n{self.say('so_far')}"
        return Matrix(id="so_far", priority=7, rows=[Row(label, {0: block, 1: Label(f"= {terms}")})])

    def show_sum(self) -> Stage:
        """The sum over t, down the columns, and the sweep that needs only their sums."""
        H, near = self.H, self.near
        head = Row("", {k: Label(f"k={k}", role="dim") for k in near})
        rows = range(self.T) if self.T <= 6 else ()
        triangle = [Row(f"E{subscript(str(t))}", self.delta_row(t).items) for t in rows]
        column = self.row_of(self.say("sum"), "column", H)
        met = Row("aₖ s[k-1]ᵀ", {k: self.matrix(f"met_W[{k}]", (H, H)) for k in near})
        below = [Row(column.label, column.items, rule=True), self.row_of(self.say("sweep"), "a", H), met]
        by_t = [
            Row("", {t: Label(f"t={t}", role="dim") for t in near}),
            Row("∂Eₜ/∂W", {t: self.matrix(f"dW[{t}]", (H, H)) for t in near}),
        ]
        gradients: dict[int, Item] = {
            0: self.matrix("dW", (H, H), "∂E/∂W = ΣₜΣₖ"), 1: self.matrix("sweep_W", (H, H), self.say("sweep_W")),
            2: Label(self.difference()),
        }  # fmt: skip
        return [
            self.law("column", "a"),
            *self.strip(),
            Matrix(id="triangle", priority=8, axis=self.axis, rows=[head, *triangle]),
            Matrix(id="columns", priority=9, axis=self.axis, rows=below),
            Matrix(id="by_t", priority=6, axis=self.axis, rows=by_t),
            flow("gradients", gradients, 10),
            self.cost(),
        ]

    def difference(self) -> str:
        """How far the sweep is from the column sums, over the columns around here that both have."""
        pairs = [(self.view.get(f"a[{k}]"), self.view.get(f"column[{k}]")) for k in self.near]
        gaps = [float(abs(a - column).max()) for a, column in pairs if a is not None and column is not None]
        return self.say("difference", gap=_tiny(max(gaps)) if gaps else "·")

    def cost(self) -> Table:
        """δ vectors that either way must make."""
        lengths = sorted({self.T, 25, 100})
        rows = [
            (self.say("double_sum"), *(str(n * (n + 1) // 2) for n in lengths)),
            (self.say("sweep"), *(str(n) for n in lengths)),
        ]
        return Table(id="cost", priority=4, heads=(self.say("to_make"), *(f"T={n}" for n in lengths)), rows=rows)

    def show_check(self) -> Stage:
        """Every weight nudged both ways."""
        rows, lit = list[tuple[str, ...]](), None
        for p in ("U", "W", "V", "b", "c"):
            for i in range(CHECKED):
                numeric, gap = self.number(f"numeric_{p}[{i}]"), self.number(f"gap_{p}[{i}]")
                if numeric is None:
                    continue
                if {f"numeric_{p}[{i}]", f"gap_{p}[{i}]"} & self.view.written:
                    lit = len(rows)
                rows.append((*self.entry(p, i), eight(numeric), "·" if gap is None else _tiny(gap)))
        heads = (self.say("weight"), self.say("lesson"), "(E₊−E₋)/2h", self.say("gap"))
        p = next((place[0] for place in self.view.path[1:] if place[1] < 0), "W")
        return [
            self.law(f"numeric_{p}", right="h = 1e-5"),
            *self.strip(),
            self.graph(),
            Table(id="checks", priority=9, heads=heads, rows=rows, lit=lit),
        ]

    def entry(self, p: str, i: int) -> tuple[str, str]:
        """The i-th checked entry of ∂E/∂p: its name and its value."""
        shape, grad = self.params[p].shape, self.view.get(f"d{p}")
        r, c = list(cells(shape[0], shape[1] if len(shape) == 2 else 1, CHECKED))[i]
        value = "·" if grad is None else eight(float(grad.reshape(shape[0], -1)[r, c]))
        return f"∂E/∂{p}[{r},{c}]" if len(shape) == 2 else f"∂E/∂{p}[{r}]", value

    def show_train(self) -> Stage:
        """The loss of every update; and one update opened, with all that the acts before have shown."""
        training = training_of(self.view)
        current = np.asarray(training.curves[training.current][1], dtype=float)
        learned = [int(n) for n in np.flatnonzero(current < LEARNED)[:1]]
        loss = self.loss_here(current, training.n)
        curve = training_curve(
            self,
            self.say("curve"),
            priority=10,
            marks=[(n, "✓", f"< {five(LEARNED)} · {n}") for n in learned],
            notes=self.losses(current, loss),
            least_top=loss if loss is not None and np.isfinite(loss) else 1.0,
            ends=True,
        )
        if not training.open:
            return [curve, *self.strip(), self.graph(), self.guesses(7), *self.weights(None)]
        phase = self.view.path[1][0] if len(self.view.path) > 1 else "forward"
        opened = {"forward": self.show_forward, "output": self.show_dV, "backward": self.show_dW}
        return [curve, *(panel for panel in opened.get(phase, self.stepped)() if panel.id != "law")]

    def loss_here(self, curve: Any, n: int) -> float | None:
        """The loss of the update in focus: known once it is made, and from its forward pass before."""
        if n < len(curve):
            return float(curve[n])
        known = [E for t in range(self.T) if (E := self.number(f"E[{t}]")) is not None]
        return sum(known) if len(known) == self.T else None

    def losses(self, curve: Any, loss: float | None) -> list[str]:
        """What stands beside the curve: the loss here, and the least so far."""
        now = self.say("now", loss="·" if loss is None else loss_figures(loss))
        known = np.append(curve, [] if loss is None else [loss])
        known = known[np.isfinite(known)]
        return [now, self.say("least", loss=loss_figures(float(known.min())) if known.size else "·")]

    def stepped(self) -> Stage:
        """The end of an update: the sum over t, the clipped gradient, and the step."""
        shapes = {"W": (self.H, self.H), "U": (self.H, self.K), "V": (self.K, self.H)}
        p = next((place[0] for place in self.view.path[2:] if place[0] in shapes), "W")
        slots = {f"{slot}_{p}": f"{slot}({p})" for slot in ("G", "m", "v") if self.known(f"{slot}_{p}")}
        titles = {p: p, f"d{p}": f"∂E/∂{p}"} | slots
        blocks: dict[int, Item] = {n: self.matrix(each, shapes[p], titles[each]) for n, each in enumerate(titles)}
        panels: list[Panel] = [flow("step", blocks, 9)]
        norm = self.number("g_norm")
        if norm is not None:
            clip = self.say("norm", norm=five(norm), clip=five(float(self.knobs["clip"])))
            row = Row("‖g‖", {0: Label(clip, **self.flags("g_norm"))})
            panels.append(Matrix(id="norm", priority=7, rows=[row]))
        return panels

    def fields(self) -> dict[str, Any]:
        view, T, t, k = self.view, self.T, self.t, self.k
        known = [E for i in range(T) if self.act == "forward" and (E := self.number(f"E[{i}]")) is not None]
        norms = view.get("norms_W") if self.act == "dW" else None

        def norm(k: int) -> str:
            return "·" if norms is None or t is None or t < k else five(float(norms[t, k]))

        third = min(2, T - 1)
        training = {} if view.training is None else {"n": view.training.n, "latest": view.training.latest}
        return self.figures(s2=f"s[{third}]") | training | {
            "T": T, "K": self.K, "H": self.H, "f": self.knobs["activation"], "text": in_short(self.inputs["text"]),
            "lnK": five(float(np.log(self.K))), "mean": five(sum(known) / len(known)) if known else "·",
            "window": self.window, "ten": T * (T + 1) // 2, "last": subscript(str(T - 1)),
            "rate": f"{self.knobs['rate']:g}", "optimiser": self.knobs["optimiser"],
            "t": "" if t is None else subscript(str(t)), "k": "" if k is None else subscript(str(k)),
            "t_n": t or 0, "k_n": k or 0, "before": subscript(str((k if k is not None else t or 0) - 1)),
            "next": subscript(str((k or 0) + 1)), "joints": (t or 0) - (k or 0),
            "x": letter_at(self.inputs, k if k is not None else t), "previous": norm(1), "first": norm(0),
            "wrote": ", ".join(map(name, sorted(view.written, key=_order)[:3])) or "·",
            "s2_name": subscripted("s", third),
        }  # fmt: skip


def _series(ks: list[int], none: str, between: str = " + ") -> str:
    terms = [f"k{k}" for k in ks]
    if len(terms) > 7:
        terms = [*terms[:5], "…", terms[-1]]
    return between.join(terms) or none


def _tiny(gap: float) -> str:
    return f"{gap:.0e}".replace("e-0", "e-") if gap else "0"


def _order(symbol: str) -> tuple[int, str, tuple[int, ...]]:
    """Terms before their sums; those of one family by their indices."""
    family, indices = split(symbol)
    return -len(indices), family, indices
