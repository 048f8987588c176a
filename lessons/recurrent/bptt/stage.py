"""The stages of `bptt`, one for each act, and what the text may say of the position."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.walks.gradient_check import cells
from engine.walks.step import split
from lessons.building.stage_parts import flow, subscripted
from lessons.building.training_panel import training_curve, training_of
from lessons.contract.panels import Curve, Label, Matrix, Panel, Row, Stage, Table
from lessons.explaining.figures import eight, five
from lessons.explaining.figures import loss as loss_figures
from lessons.explaining.typeset import entry, name, subscript
from lessons.recurrent.bptt.double_sum import DoubleSum
from lessons.recurrent.bptt.factors import Factors, equations, total
from lessons.recurrent.bptt.sums import Sums, tiny
from lessons.recurrent.in_time import TimeStage, guesses, in_short, letter_at, parameter_step
from lessons.recurrent.simple_stage import output, unrolled, weights

LEARNED = 0.2
"""The loss under which a text counts as learned."""
CHECKED = 12
"""Cells of a parameter that the act `check` goes through."""


class BpttStage(TimeStage):
    """A position in the gradient of an SRN on a text, or in its training."""

    def show_forward(self) -> Stage:
        """The same cell at every timestep."""
        t = self.t or 0
        below = weights(self, t, self.column(f"net[{t}]", self.H, subscripted("net", t)))
        scores = self.column(f"z[{t}]", self.K, subscripted("z", t))
        above = output(self, scores, self.column(f"yhat[{t}]", self.K, subscripted("ŷ", t)))
        return [
            self.law("net", "s", "z", "yhat", "E", right=total(self)),
            *self.strip(),
            unrolled(self),
            self.guesses(5),
            below,
            above,
        ]

    def show_chain(self) -> Stage:
        """The gradient of the last loss, factor by factor."""
        factors, output = Factors(self), ("output", -1) in self.view.path
        ops = (
            ("by_yhat", "dyhat_z", "by_z", "e", "dyhat_s", "by_s_t") if output else ("J", "ds", "delta_by_s", "W_term")
        )
        made = factors.of_output() if output else factors.of_state()
        net = unrolled(self, factors.t if output else self.k, factors.t)
        return [equations(self, "V", "W"), self.law(*ops), *self.strip(), net, *made]

    def show_dV(self) -> Stage:
        """∂E_t/∂V, one product of two vectors the state already has."""
        letters = self.say("letters") + " " + " ".join(self.vocabulary[:12])
        error = [self.row_of("e = ŷ − y", "e", self.K, "column")]
        terms = Row("∂Eₜ/∂V", {t: self.matrix(f"dV[{t}]", (self.K, self.H)) for t in self.near})
        return [
            equations(self, "V"),
            self.law("e", "dV_t"),
            *self.strip(),
            unrolled(self, self.t, self.t),
            Matrix(id="error", priority=8, axis=self.axis, rows=error, title=letters),
            Matrix(id="terms", priority=7, axis=self.axis, rows=[terms]),
        ]

    def show_dW(self) -> Stage:
        """∂E_t/∂W, one term for every time W was met."""
        return self.double_sum("W")

    def show_dU(self) -> Stage:
        """∂E_t/∂U: the same δ, put into the column of the letter that was read."""
        return self.double_sum("U")

    def double_sum(self, p: str) -> Stage:
        """One row of the sum over t and k: δ, the terms, the ledger of all, the sum so far."""
        row = DoubleSum(self, p)
        law, net = (
            self.law(f"{p}_term", "delta_t", "delta", right=row.counted()),
            unrolled(self, self.k, self.t),
        )
        return [equations(self, p), law, *self.strip(), net, row.deltas(), row.terms(), row.ledger(), row.so_far()]

    def show_sum(self) -> Stage:
        """The sum over t, down the columns, and the sweep that needs only their sums."""
        sums = Sums(self)
        ways = [sums.triangle(), sums.columns(), sums.by_t(), sums.gradients(), sums.cost()]
        return [self.law("column", "a_last", "a", right=total(self)), *self.strip(), *ways]

    def show_check(self) -> Stage:
        """Every weight nudged both ways."""
        p = next((place[0] for place in self.view.path[1:] if place[1] < 0), "W")
        return [
            self.law(f"numeric_{p}", right=f"h = 1e-5   {total(self)}"),
            *self.strip(),
            unrolled(self),
            checks(self),
        ]

    def show_train(self) -> Stage:
        """The loss of every update; and one update opened, with all that the acts before have shown."""
        curve = losses(self)
        if not training_of(self.view).open:
            return [curve, *self.strip(), unrolled(self), self.guesses(7), weights(self, None), output(self)]
        phase = self.view.path[1][0] if len(self.view.path) > 1 else "forward"
        opened = {"forward": self.show_forward, "output": self.show_dV, "backward": self.show_dW}
        return [curve, *(panel for panel in opened.get(phase, self.stepped)() if panel.id != "law")]

    def guesses(self, priority: int) -> Matrix:
        """The four likeliest letters under every timestep, or all."""
        return guesses(self, priority, most=4, by_letter=True)

    def stepped(self) -> Stage:
        """The end of an update: the sum over t, the clipped gradient, and the step."""
        p = next((place[0] for place in self.view.path[2:] if place[0] in ("W", "U", "V")), "W")
        panels: list[Panel] = [flow("step", dict(enumerate(parameter_step(self, p))), 9)]
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
            "T": T, "K": self.K, "H": self.H, "f": self.knobs["activation"], "text": in_short(self.inputs),
            "lnK": five(float(np.log(self.K))), "mean": five(sum(known) / len(known)) if known else "·",
            "window": min(int(self.knobs["window"]), T), "ten": T * (T + 1) // 2, "last": subscript(str(T - 1)),
            "rate": f"{self.knobs['rate']:g}", "optimiser": self.knobs["optimiser"],
            "t": "" if t is None else subscript(str(t)), "k": "" if k is None else subscript(str(k)),
            "t_n": t or 0, "k_n": k or 0, "before": subscript(str((k if k is not None else t or 0) - 1)),
            "next": subscript(str((k or 0) + 1)), "joints": (t or 0) - (k or 0),
            "x": letter_at(self.inputs, k if k is not None else t), "first": norm(0),
            "wrote": ", ".join(map(name, sorted(view.written, key=_order)[:3])) or "·",
            "third": name(f"s[{third}]"),
        }  # fmt: skip


def checks(stage: TimeStage) -> Table:
    """The slopes by nudging beside those of the lesson, of the cells that were checked so far."""
    rows, lit = list[tuple[str, ...]](), None
    for p in ("U", "W", "V", "b", "c"):
        shape, grad = stage.params[p].shape, stage.view.get(f"d{p}")
        at = list(cells(shape[0], shape[1] if len(shape) == 2 else 1, CHECKED))
        for i, (r, c) in enumerate(at):
            numeric, gap = stage.number(f"numeric_{p}[{i}]"), stage.number(f"gap_{p}[{i}]")
            at_work = ((p, -1), ("cell", i)) == tuple(stage.view.path[1:3])
            if numeric is None and not at_work:
                continue
            lit = len(rows) if at_work else lit
            cell = entry(f"d{p}", (r, c)[: len(shape)])
            value = "·" if grad is None else eight(float(grad.reshape(shape[0], -1)[r, c]))
            rows.append((cell, value, "·" if numeric is None else eight(numeric), "·" if gap is None else tiny(gap)))
    heads = (stage.say("weight"), stage.say("lesson"), "(E₊−E₋)/2h", stage.say("gap"))
    return Table(id="checks", priority=9, heads=heads, rows=rows, lit=lit)


def losses(stage: TimeStage) -> Curve:
    """The loss of every update; beside it the loss here, known once the forward pass is made, and the least so far."""
    training = training_of(stage.view)
    curve = np.asarray(training.curves[training.current][1], dtype=float)
    E = [found for t in range(stage.T) if (found := stage.number(f"E[{t}]")) is not None]
    loss = float(curve[training.n]) if training.n < len(curve) else sum(E) if len(E) == stage.T else None
    known = np.append(curve, [] if loss is None else [loss])
    known = known[np.isfinite(known)]
    now = stage.say("now", loss="·" if loss is None else loss_figures(loss))
    least = stage.say("least", loss=loss_figures(float(known.min())) if known.size else "·")
    return training_curve(
        stage,
        stage.say("curve"),
        priority=10,
        marks=[(int(n), "✓", f"< {five(LEARNED)} · {n}") for n in np.flatnonzero(curve < LEARNED)[:1]],
        notes=[now, least],
        least_top=loss if loss is not None and np.isfinite(loss) else 1.0,
        ends=True,
    )


def _order(symbol: str) -> tuple[int, str, tuple[int, ...]]:
    """Terms before their sums; those of one family by their indices."""
    family, indices = split(symbol)
    return -len(indices), family, indices
