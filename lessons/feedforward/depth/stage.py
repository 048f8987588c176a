"""The stages of `depth`: the layer at work, the log of all layers, and the gradient's size on a log axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lessons.building.over_log import Point, over_log
from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import LessonStage
from lessons.contract.panels import Block, Item, Line, Plot, Stage, Table
from lessons.explaining.figures import five
from lessons.feedforward.depth import KINDS


class DepthStage(LessonStage):
    """A position of a deep net."""

    def stage(self) -> Stage:
        n = self.view.loop("layer") or 1
        if self.act == "compare":
            return self.comparing()
        if self.act == "variance":
            return self.variances()
        if self.act == "measure":
            return [self.law(f"size{n}", f"taught{n}"), self.log(), self.measured()]
        W = subscripted("W", n)
        layer: dict[int, Item] = {0: self.matrix(f"W{n}", W)}
        if self.act == "forward":
            layer[1] = self.matrix("x", "x") if n == 1 else self.matrix(f"h{n - 1}", subscripted("h", n - 1))
            made: dict[int, Item] = {
                0: self.matrix(f"net{n}", subscripted("net", n)),
                1: self.matrix(f"h{n}", subscripted("h", n)),
            }
            ops = (f"net{n}", f"h{n}")
        else:
            layer[1] = self.matrix(f"delta{n}", subscripted("δ", n))
            made = {0: self.matrix(f"dW{n}", f"∂E/∂{W}")}
            ops = (f"delta{n}", f"dW{n}")
        return [self.law(*ops), flow("layer", layer, 9), flow("made", made, 7), self.log()]

    def matrix(self, name: str, title: str) -> Block:
        value = self.view.get(name)
        shape = (1, 1) if value is None else value.shape if value.ndim == 2 else (value.shape[0], 1)
        if value is None and name.startswith(("h", "net", "delta")):
            n = int(name.lstrip("hnetdla"))
            shape = (self.params[f"W{n}"].shape[0], self.lengths["B"])
        shown = None if value is None else value.reshape(shape)
        return Block(name, shown, (shape[0], shape[1]), title=title, **self.flags(name))

    def norm(self, name: str) -> str:
        value = self.view.get(name)
        return "·" if value is None else five(float(np.linalg.norm(value)))

    def by_layer(self, id: str, heads: Sequence[str], cells: Callable[[int], Sequence[str]]) -> Table:
        """A row for every layer, that at work lit."""
        rows = [(str(n), *cells(n)) for n in range(1, self.lengths["D"] + 1)]
        n = self.view.loop("layer")
        return Table(
            id=id, priority=8, heads=(self.say("layer"), *heads), rows=rows, lit=None if n is None else n - 1
        )  # fmt: skip

    def log(self) -> Table:
        """How large the weights, outputs, errors and gradient of a layer are."""
        families = ("W", "h", "delta", "dW")
        heads = ("‖W‖", "‖h‖", "‖δ‖", "‖∂E/∂W‖")
        return self.by_layer("log", heads, lambda n: [self.norm(f"{family}{n}") for family in families])

    def measured(self) -> Plot:
        """‖δ_n‖ over the layers, as far as it is known, on a log axis."""
        known = [(n, self.number(f"norm_delta[{n}]")) for n in range(1, self.lengths["D"] + 1)]
        found = [(float(n), size) for n, size in known if size]
        lines = [Line("‖δ‖", [n for n, _ in found], [s for _, s in found])] if len(found) > 1 else []
        return self.log_plot("sizes", lines, [(n, s, "●") for n, s in found])

    def log_plot(self, id: str, lines: list[Line], points: Sequence[Point] = ()) -> Plot:
        """Sizes over the layers."""
        return over_log(id, 9, self.say("sizes"), (1, self.lengths["D"]), lines, points)

    def variances(self) -> Stage:
        """L Var(w), the mean square of the inputs, the variance that follows, and what the net inputs have."""
        n, families = self.view.loop("layer") or 1, ("gain", "q", "expected", "found")
        heads, lines = ("L·v", "q", "L·v·q", self.say("found")), []
        for family, head in zip(families[2:], heads[2:], strict=True):
            layers = [n for n in range(1, self.lengths["D"] + 1) if self.known(f"{family}[{n}]")]
            sizes = [self.number(f"{family}[{n}]") or 0.0 for n in layers]
            lines.append(Line(head, layers, sizes, family == "found"))
        shown = lines if self.known("found[2]") else []
        plot = over_log("spread", 8, self.say("spread"), (1, self.lengths["D"]), shown)
        table = self.by_layer("variances", heads, lambda n: [self.figure(f"{each}[{n}]").strip() for each in families])
        return [self.law(f"gain{n}", f"expected{n}", f"found{n}"), table, plot]

    def comparing(self) -> Stage:
        """Act 4: the same weights, three kinds of unit."""
        now = KINDS[(self.view.loop("i") or 1) - 1]
        lines = []
        for kind in KINDS:
            sizes = self.view.get(f"sizes_{kind}")
            if sizes is not None and self.known(f"share_{kind}"):
                layers = np.arange(1, self.lengths["D"] + 1)
                lines.append(Line(kind, layers, sizes[:, 0], dotted=kind != now))
        shares = {f"share_{kind}": f"{kind}: {self.say('share')}" for kind in KINDS}
        return [self.law(f"share_{now}"), self.side_by_side(shares, id="shares"), self.log_plot("compared", lines)]

    def fields(self) -> dict[str, Any]:
        D, knobs = self.lengths["D"], self.knobs
        return {kind: self.figure(f"share_{kind}") for kind in KINDS} | {
            "D": D, "hidden": D - 1, "L": self.lengths["L"], "B": self.lengths["B"], "f": knobs["activation"],
            "initial": knobs["initial"],
        }  # fmt: skip
