"""What the stages of `bptt` and `srn` share: the unrolled graph, rows of vectors, terms and norms under it."""

from __future__ import annotations

import numpy as np

from engine.device import HostArray
from lessons.building.stage_parts import WIDE, ledger, subscripted
from lessons.contract.panels import Bar, Block, Edge, Graph, Item, Label, Node, Panel, Row
from lessons.explaining.figures import five
from lessons.explaining.figures import loss as loss_figures
from lessons.explaining.typeset import subscript
from lessons.recurrent.in_time import TimeStage


class SrnStage(TimeStage):
    """A position in a simple recurrent network that reads a text."""

    likeliest = 4

    def order(self, yhat: HostArray) -> HostArray:
        """All letters in the order of the vocabulary, where they fit."""
        return super().order(yhat) if self.likeliest < self.K else np.arange(self.K)

    @property
    def window(self) -> int:
        """The window as it acts: no longer than the text."""
        return min(int(self.knobs["window"]), self.T)

    # the unrolled net

    def graph(self, back_to: int | None = None, back_from: int | None = None) -> Graph:
        """The net in time. From back_from to back_to the gradient flows; elsewhere what ran points forward."""
        nodes = [Node("s-1", "state", -1, "s₋₁", self.vector("s_init", self.H))]
        edges = []
        for t in self.near:
            nodes += [*self._column(t)]
            below, above = f"x{t}", f"E{t}"
            live = f"z[{t}]" in self.view.written or f"s[{t}]" in self.view.written
            known = self.view.get(f"s[{t}]") is not None
            back = back_from is not None and back_to is not None and back_to <= t <= back_from
            edges.append(Edge(below, f"s{t}", "U", "forward" if known or live else "", live))
            out = "backward" if back and t == back_from else "forward" if self.known(f"E[{t}]") else ""
            edges.append(Edge(f"s{t}", above, "V", out, f"o[{t}]" in self.view.written))
            way = "backward" if back and t != back_to else "forward" if known or live else ""
            if t == 0 or t - 1 in self.near:
                edges.append(Edge(f"s{t - 1}", f"s{t}", "W" if t else "", way, live))
        rows = {row: self.say(row) for row in ("target", "loss", "state", "input")}
        return Graph(id="graph", priority=10, layout="time", rows=rows, nodes=nodes, edges=edges, axis=self.axis)

    def _column(self, t: int) -> list[Node]:
        x, y = (self.vocabulary[self.inputs[name][t]] for name in "xy")
        yhat, E = self.view.get(f"yhat[{t}]"), self.view.get(f"E[{t}]")
        target = y if yhat is None else f"{y}  p={five(float(yhat[self.inputs['y'][t]]))}"
        losses = "·" if E is None else f"{subscripted('E', t)} {loss_figures(float(E))}"
        written = self.view.written
        here = self.t == t and self.view.act in ("dV", "dW", "dU", "train")
        state = self.vector(f"s[{t}]", self.H)
        return [
            Node(f"y{t}", "target", t, target, written=f"yhat[{t}]" in written),
            Node(f"E{t}", "loss", t, losses, written=f"E[{t}]" in written or (here and E is not None)),
            Node(f"s{t}", "state", t, subscripted("s", t), state),
            Node(f"x{t}", "input", t, x, Block(f"x[{t}]", None, (1, 1), "row"), read=f"x[{t}]" in self.view.read),
        ]

    def delta_row(self, t: int) -> Row:
        """delta[t,k] under every k up to t."""
        label = f"δ{subscript(str(t))},ₖ"
        return Row(label, {k: self.vector(f"delta[{t},{k}]", self.H) for k in self.near if k <= t})

    def norm_row(self, t: int) -> Row:
        """‖delta[t,k]‖ as bars, the longest being the largest of this row so far."""
        found = {k: self.view.get(f"delta[{t},{k}]") for k in range(t + 1)}
        norms = {k: float(np.linalg.norm(d)) for k, d in found.items() if d is not None}
        most = max((n for n in norms.values() if np.isfinite(n)), default=0.0) or 1.0
        items: dict[int, Item] = {
            k: Bar(norms[k], norms[k] / most) if k in norms else Label("·", role="dim") for k in found
        }
        return Row(f"‖δ{subscript(str(t))},ₖ‖", items)

    def ledger(self, p: str) -> Panel:
        """‖term k of ∂E_t/∂p‖ for all t and k: rows above the present one are done, its own as far as it has come.

        Flipped, one signed cell of every term: those of a row add up to the same cell of ∂E_t/∂p, as norms do not.
        """
        flipped = self.T <= WIDE and self.view.flipped
        values, written = self._norms(p)
        if flipped:
            values = self._signed(p, values)
        title = self.say("ledger_cell" if flipped else "ledger").format(p=p)
        tails = {t: self._sum_of_row(p, t, values) for t in range(self.T)} if self.T <= WIDE else {}
        tail = "Σₖ" if flipped else "‖Σₖ‖"
        return ledger(title, values, self.axis, (self.t, self.k), written, f"norms_{p}", tails, tail)

    def _signed(self, p: str, norms: HostArray) -> HostArray:
        """Entry [0, 0] (for U: of the letter read first) of every term that is known."""
        found = np.where(np.isnan(norms), np.nan, 0.0)
        for t, k in np.argwhere(~np.isnan(norms)):
            term = self.view.get(f"d{p}[{t},{k}]") if t == self.t else self.view.get(f"term_{p}[{t},{k}]")
            if term is not None:
                found[t, k] = term[0, 0]
        return found

    def _norms(self, p: str) -> tuple[HostArray, tuple[int, int] | None]:
        """(T, T): norms where known, NaN where not yet; and the cell just written."""
        found = np.full((self.T, self.T), np.nan)
        norms = self.view.get(f"norms_{p}")
        if norms is not None:
            done = self.t if self.t is not None else self.T
            found[:done] = norms[:done]
        written = None
        if self.t is not None:
            for k in range(self.t + 1):
                term = self.view.get(f"d{p}[{self.t},{k}]")
                cut = self.t - k >= int(self.view.knobs["window"])
                if term is not None or cut:
                    found[self.t, k] = 0.0 if term is None else np.linalg.norm(term)
                if f"d{p}[{self.t},{k}]" in self.view.written:
                    written = (self.t, k)
        return found, written

    def _sum_of_row(self, p: str, t: int, values: HostArray) -> str:
        """‖Σ_k‖ of a finished row, or how much of the present one is in."""
        terms = min(t + 1, int(self.view.knobs["window"]))
        if t == self.t:
            found = [self.view.get(f"d{p}[{t},{k}]") for k in range(t + 1)]
            have = sum(term is not None for term in found)
            if have < terms:
                return self.say("of").format(have=have, terms=terms)
            total = self.view.get(f"d{p}[{t}]")
            if self.view.flipped and total is not None:
                return five(float(total[0, 0]))
            return "" if total is None else five(float(np.linalg.norm(total)))
        if self.view.flipped:
            return five(float(np.nansum(values[t, : t + 1]))) if self.t is not None and t < self.t else ""
        norm = self.view.get(f"total_{p}[{t}]") if self.t is not None and t < self.t else None
        return "" if norm is None else five(float(norm))
