"""The stages of `hebb`: a weight vector and its length over the samples; patterns, the memory, and what it recalls."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.device import HostArray
from lessons.building.arrow_plot import arrow_plot
from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import LessonStage
from lessons.contract.panels import (
    Axis,
    Beside,
    Block,
    Field,
    Heat,
    Item,
    Line,
    Matrix,
    Multiples,
    Note,
    Panel,
    Plot,
    Row,
    Stage,
)

SIDE = 5
"""Patterns are SIDE × SIDE cells."""


class HebbStage(LessonStage):
    """A position: one neuron that learns, or a memory of as many neurons as a pattern has cells."""

    def stage(self) -> Stage:
        return {"hebb": self.growing, "oja": self.growing, "store": self.storing, "recall": self.recalling}[self.act]()

    def growing(self) -> Stage:
        """Acts 1 and 2: one sample after the other, and how long w has become."""
        n = self.view.loop("n") or 1
        shown = {f"x[{n}]": subscripted("x", n), "w": "w", f"y[{n}]": subscripted("y", n), f"w_norm[{n}]": "‖w‖"}
        return [self.law("y", self.act), self.side_by_side(shown, id="state"), self.length_and_turn(), self.samples()]

    def length_and_turn(self) -> Panel:
        """How long w is; of two inputs or more also the first two: samples so far, w, and their principal axis."""
        if self.lengths["M"] < 2:
            return self.length()
        x, held = np.array(self.inputs["x"], dtype=float), self.view.get("w")
        w = np.asarray(self.params["w"] if held is None else held, dtype=float).reshape(-1)[:2]
        turn = arrow_plot("turn", self.say("turn"), x, self.view.loop("n") or 0, w, self.say("axis"))
        return Beside(id="length", priority=8, stacks=[[self.length()], [turn]])

    def length(self) -> Plot:
        """‖w‖ after every sample so far; the axis grows by doubling."""
        N = self.lengths["N"]
        found = [(n, self.number(f"w_norm[{n}]")) for n in range(1, (self.view.loop("n") or 0) + 1)]
        known = [(float(n), size) for n, size in found if size is not None and np.isfinite(size)]
        x, y = [0.0, *(n for n, _ in known)], [float(np.linalg.norm(self.params["w"])), *(size for _, size in known)]
        top = 2.0
        while top < max(y):
            top *= 2
        balance = [] if self.view.hides("balance") else [Line("1", [0, N], [1, 1], dotted=True)]
        lines = [Line("‖w‖", x, y), *balance]
        points = [(x[-1], y[-1], "●")]
        return Plot(id="length", priority=8, title=self.say("length"), lines=lines, x=(0, N), y=(0, top), points=points)

    def samples(self) -> Matrix:
        """The samples around this one, a column each."""
        N, n = self.lengths["N"], self.view.loop("n") or 1
        axis = Axis(tuple(str(k) for k in range(1, N + 1)), n - 1, 1, close=True)
        blocks: dict[int, Item] = {k: self.shown(f"x[{k + 1}]") for k in range(max(0, n - 17), min(N, n + 16))}
        return Matrix(id="samples", priority=5, axis=axis, rows=[Row("x", blocks)])

    def storing(self) -> Stage:
        """Act 3: the same rule, once for every pattern."""
        m = self.view.loop("m")
        patterns = [np.array(q) for q in self.inputs["patterns"]]
        shown = [picture(f"q{k}", q, written=k == m and "W" in self.view.written) for k, q in enumerate(patterns, 1)]
        return [
            self.law("store"),
            Multiples(id="patterns", priority=9, title=self.say("patterns"), fields=shown),
            self.memory(),
        ]

    def memory(self, focus: tuple[int, int] = (0, 1)) -> Heat:
        """W: who goes with whom."""
        return Heat(id="memory", priority=8, title=self.say("memory"), block=self.shown("W"), focus=focus)

    def recalling(self) -> Stage:
        """Act 4: from half of the first pattern, cell by cell."""
        i = self.view.loop("i")
        wanted, begun = np.array(self.inputs["patterns"][0]), np.array(self.inputs["shown"])
        s = self.view.get("s")
        assert s is not None
        at = (i or 1) - 1
        fields = [
            picture(self.say("shown"), begun),
            picture(self.say("now"), s, "s" in self.view.written, None if i is None else at),
            picture(self.say("wanted"), wanted),
        ]
        items: dict[int, Item] = {
            0: self.scalar(f"net[{i or 1}]", title=subscripted("net", i or 1)),
            1: Block(
                "s", s[at : at + 1].reshape(1, 1), (1, 1), "at", at, title=subscripted("s", at + 1), **self.flags("s")
            ),
        }
        wrong = int((s != wanted).sum())
        return [
            self.law("net", "s"),
            Multiples(id="patterns", priority=10, fields=fields, arrows=True),
            flow("cell_now", items, 9),
            Note(id="wrong", priority=7, text=self.say("wrong", n=wrong), level="say" if wrong else "proof"),
            self.memory((at, 0)),
        ]

    def fields(self) -> dict[str, Any]:
        n, inputs = self.view.loop("n") or 0, self.inputs
        return {name: self.lengths[name] for name in "NMP"} | {
            "rate": f"{float(self.knobs['rate']):g}", "n": n, "size": self.figure(f"w_norm[{n}]"),
            "wrong": int((np.array(inputs["shown"]) != np.array(inputs["patterns"][0])).sum()),
        }  # fmt: skip


def picture(title: str, cells: HostArray, written: bool = False, lit: int | None = None) -> Field:
    """A pattern: two characters a cell."""
    values = np.repeat((cells.reshape(SIDE, SIDE) > 0).astype(float), 2, axis=1)
    if lit is not None:
        r, c = divmod(lit, SIDE)
        values[r, 2 * c : 2 * c + 2] = np.where(values[r, 2 * c : 2 * c + 2] > 0, 0.6, -0.3)
    return Field(id="picture", title=title, values=values, x=(0, 1), y=(0, 1), written=written)
