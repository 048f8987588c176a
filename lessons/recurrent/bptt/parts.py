"""What the stages of `bptt` are made of: the unrolled graph, and rows of vectors, terms and norms under it."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from engine.device import HostArray
from lessons.building.stage_parts import WIDE, ledger, subscripted
from lessons.building.stage_parts import Parts as Common
from lessons.contract.panels import Axis, Bar, Block, Edge, Graph, Item, Label, Node, Panel, Row, Strip
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.explaining.figures import loss as loss_figures
from lessons.explaining.typeset import subscript


class Parts(Common):
    """Builds the panels of one position of `bptt`."""

    def __init__(self, view: View, text: Text) -> None:
        super().__init__(view, text)
        self.inputs = view.start.inputs
        self.T, self.H = len(self.inputs["x"]), int(view.start.params["W"].shape[0])
        self.vocabulary = [letter(v) for v in self.inputs["vocabulary"]]
        self.K = len(self.vocabulary)
        self.t, self.k = view.loop("t"), view.loop("k")

    @cached_property
    def axis(self) -> Axis:
        """One column a timestep; the innermost loop of the address stays in sight."""
        focus = self.k if self.k is not None else self.t if self.t is not None else 0
        return Axis(tuple(f"t={t}" for t in range(self.T)), focus, self.H)

    @cached_property
    def near(self) -> range:
        """The timesteps that may be in sight, however wide the screen."""
        focus = self.axis.focus
        return range(max(0, focus - 12), min(self.T, focus + 13))

    def matrix(
        self,
        name: str,
        shape: tuple[int, int],
        title: str = "",
        editable: bool = False,
        labels: str = "",
        only: int | None = None,
    ) -> Block:
        """A matrix symbol; `labels` "cols" or "rows" puts the vocabulary there; `only` this column is ever read."""
        letters = tuple(self.vocabulary)
        rows, cols = (letters if labels == "rows" else ()), (letters if labels == "cols" else ())
        value, flags = self.view.get(name), self.flags(name)
        return Block(name, value, shape, title=title, rows=rows, cols=cols, editable=editable, only=only, **flags)

    # the unrolled net

    def graph(self, back_to: int | None = None, back_from: int | None = None, probability: bool = False) -> Graph:
        """The net in time. From back_from to back_to the gradient flows; elsewhere what ran points forward."""
        nodes = [Node("s-1", "state", -1, "s₋₁", self.vector("s_init", self.H, editable=True))]
        edges = []
        for t in self.near:
            nodes += [*self._column(t, probability)]
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
        rows = {
            row: self.say(row) for row in ("target", "loss", "state", "input")
        }  # fmt: skip
        return Graph(id="graph", priority=10, layout="time", rows=rows, nodes=nodes, edges=edges, axis=self.axis)

    def _column(self, t: int, probability: bool) -> list[Node]:
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
            Node(
                f"x{t}", "input", t, x, read=f"x[{t}]" in self.view.read,
                block=Block(f"x[{t}]", None, (1, 1), "row", editable=True),
            ),
        ]  # fmt: skip

    def strip(self) -> list[Panel]:
        """All letters in one line, where they are too many for the columns."""
        if self.T <= 4:
            return []
        losses = [self.view.get(f"E[{t}]") for t in range(self.T)] if self.T <= 60 else []
        shade = [0.0 if E is None else float(E) for E in losses]
        tokens = [self.vocabulary[code] for code in self.inputs["x"]]
        return [Strip(id="strip", priority=8, tokens=tokens, axis=self.axis, shade=shade)]

    # rows on the axis

    def row(self, label: str, name: str, size: int, lie: str = "row", upto: int | None = None) -> Row:
        """name[t] under every t."""
        last = self.T - 1 if upto is None else upto
        return Row(label, {t: self.vector(f"{name}[{t}]", size, lie) for t in self.near if t <= last})

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


def letter(raw: str) -> str:
    """A letter as it is shown: white space made visible."""
    return {" ": "␣", "\n": "⏎", "\t": "⇥"}.get(raw, raw)


def guess(shown: str, p: float) -> str:
    """How likely a letter is, in percent, behind it; a dot between what could be read as one number, or as none."""
    percent = f"{100 * p:.0f}" if np.isfinite(p) else five(p)
    return f"{shown}{percent}" if shown.isalpha() else f"{shown}·{percent}"


def window_of(view: View, steps: int) -> int:
    """The window as it acts: no longer than the text."""
    return min(int(view.knobs["window"]), steps)
