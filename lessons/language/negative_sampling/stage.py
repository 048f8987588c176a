"""The stages of `negative-sampling`: the targets line by line, and all pairs of a text against PMI − ln k."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.device import HOST, HostArray
from engine.maths.activations import sigmoid
from lessons.building.stage_parts import Parts, Rules, laws, subscripted
from lessons.contract.panels import Item, Label, Line, Matrix, Panel, Picture, Plot, Row, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five

Counted = tuple[list[str], HostArray, HostArray]
LINE = 44
"""Cells of the line from 0 to 1."""


class Shown(Parts):
    """A position of one pair."""

    def __init__(self, view: View, text: Text) -> None:
        super().__init__(view, text)
        self.K, self.D = view.start.params["U"].shape
        self.after = ("after", -1) in view.path
        self.moving = self.after or ("move", -1) in view.path

    def name(self, j: int) -> str:
        return self.say("met") if j == 0 else subscripted("n", j)

    def first(self, name: str) -> float | None:
        """A number as it was before the step: σ, or u·v, of a target."""
        if not self.moving:
            return self.number(name)
        j = int(name.partition("[")[2].rstrip("]"))
        params = self.view.start.params
        a = float(params["U"][j] @ params["v"])
        return a if name.startswith("a") else float(sigmoid(HOST.xp, np.array(a)))

    def targets(self) -> Matrix:
        """One line for each target: its vector, what was said, what should have been, the error, its gradient."""
        rows = []
        for j in range(self.K):
            heads = j == 0
            items: dict[int, Item] = {
                0: self.vector(f"u[{j}]", self.D, "row", title="u" if heads else ""),
                1: self.scalar(f"t[{j}]", title="t" if heads else ""),
                2: self.score(f"a[{j}]", (f"u[{j}]", "v[0]"), "u·v" if heads else ""),
                3: self.score(f"p[{j}]", (f"u[{j}]", "v[0]"), "σ" if heads else ""),
                4: self.score(f"q[{j}]", (f"u[{j}]", "v[0]"), "q" if heads else ""),
            }
            if self.view.act != "scores":
                items[5] = self.vector(f"du[{j}]", self.D, title="du = q v" if heads else "")
            rows.append(Row(self.name(j), items, mark=self.view.loop("j") == j))
        return Matrix(id="targets", priority=10, rows=rows)

    def centre(self) -> Matrix:
        """v, and what it is to be told."""
        items: dict[int, Item] = {0: self.vector("v[0]", self.D, "row", title="v")}
        if self.view.act != "scores":
            items[1] = self.vector("dh", self.D, title="Σ q u")
            items[2] = self.vector("dv[0]", self.D, title="dv")
        return Matrix(id="centre", priority=9, rows=[Row(self.say("centre"), items)])

    def line(self) -> Picture:
        """σ of every target on a line from 0 to 1: where it is, where it should be, where the step takes it."""
        marks: list[tuple[int, int, str, str]] = []
        for j in range(self.K):
            marks.append((j, 0, f"{self.name(j):<6}", "label"))
            marks.append((j, 7, "0 " + "─" * LINE + " 1", "rule"))
            goal = 9 + (LINE - 1) * (j == 0)
            marks.append((j, goal, "◆" if j == 0 else "◇", "right"))
            before = self.first(f"p[{j}]")
            if before is not None:
                marks.append((j, 9 + round(before * (LINE - 1)), "○", "head"))
            made = self.after and self.standing(f"p[{j}]", f"u[{j}]", "v[0]")
            now = self.number(f"p[{j}]") if made else None
            if now is not None and before is not None:
                marks.append((j, 9 + round(now * (LINE - 1)), "►" if now > before else "◄", "written"))
            told = "" if before is None else five(before).strip() + ("" if now is None else f" → {five(now).strip()}")
            marks.append((j, 12 + LINE, told, ""))
        return Picture(id="line", priority=6, title=self.say("line"), marks=marks)

    def loss(self) -> list[Panel]:
        """L, and after the step both."""
        L = self.number("L")
        if L is None:
            return []
        vectors = [f"u[{j}]" for j in range(self.K)]
        items: dict[int, Item] = {0: self.score("L", (*vectors, "v[0]"), "L")}
        if self.after and self._done():
            before = -sum(_log_sigmoid((1 if j == 0 else -1) * (self.first(f"a[{j}]") or 0.0)) for j in range(self.K))
            said = self.say("likelihood", before=f"{before:.4f}", after=f"{L:.4f}", p=f"{np.exp(-before):.4f}",
                            q=f"{np.exp(-L):.4f}")  # fmt: skip
            items[1] = Label(said)
        return [Matrix(id="loss", priority=7, rows=[Row("", items)])]

    def _done(self) -> bool:
        return self.view.loop("j") == self.K - 1 and "L" in self.view.written


def _log_sigmoid(x: float) -> float:
    return float(min(x, 0.0) - np.log1p(np.exp(-abs(x))))


def panels(view: View, text: Text, rules: Rules, counted: Counted) -> Stage:
    """The panels of a position."""
    shown = Shown(view, text)
    if view.act == "limit":
        return limit(shown, rules, counted)
    ops = {"scores": ("p", "q"), "gradient": ("dh_u", "du"), "step": ("u", "v")}[view.act]
    return [laws(rules, *ops), shown.targets(), shown.centre(), shown.line(), *shown.loss()]


def limit(shown: Shown, rules: Rules, counted: Counted) -> Stage:
    """Act 4: all scores of the text beside their limits."""
    words, N, M = counted
    view = shown.view
    X = view.get("X")
    if X is None:
        U, V = view.get("U"), view.get("V")
        X = U @ V.T if U is not None and V is not None else np.zeros_like(N)
    with np.errstate(divide="ignore"):
        target = np.log(N / M)
    met = N > 0
    low, high = float(target[met].min()) - 1, float(target[met].max()) + 1
    points = [(float(a), float(b), "●") for a, b in zip(target[met], X[met], strict=True)]
    gap = float(np.abs(X - target)[met].max())
    same = Line(shown.say("same"), [low, high], [low, high], True)
    plot = Plot(
        id="plot", priority=10, title=shown.say("plot", gap=five(gap).strip()), lines=[same], points=points,
        x=(low, high), y=(low, high),
    )  # fmt: skip
    order = sorted(zip(*np.nonzero(met), strict=True), key=lambda at: (-N[at], at))[:6]
    rows = [
        (words[w], words[c], f"{N[c, w]:g}", five(float(target[c, w])), five(float(X[c, w])))
        for c, w in ((int(c), int(w)) for c, w in order)
    ]
    heads = (shown.say("word"), shown.say("near"), shown.say("times"), "PMI − ln k", "u·v")
    table = Table(id="pairs", priority=8, heads=heads, rows=rows)
    matrix = Matrix(id="scores", priority=5, rows=[Row("", {
        0: shown.scalar("L", title="L"),
    })])  # fmt: skip
    return [laws(rules, "X", "dX"), plot, table, matrix]


def says(view: View, text: Text, counted: Counted) -> dict[str, Any]:
    """The fields that the text of `negative-sampling` may use."""
    words, N, _ = counted
    q = view.get("q[0]")
    K = view.start.params["U"].shape[0] - 1
    return {
        "K": K, "D": view.start.params["U"].shape[1], "rate": f"{float(view.knobs['rate']):g}",
        "q": "·" if q is None else five(float(q.reshape(-1)[0])).strip(), "V": len(words), "pairs": f"{N.sum():g}",
        "lnk": five(float(np.log(K))).strip(), "k": K, "window": view.knobs["window"],
        "n": view.loop("n") or 0,
    }  # fmt: skip
