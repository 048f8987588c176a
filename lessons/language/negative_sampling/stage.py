"""The stages of `negative-sampling`: the targets line by line, and all pairs of a text against PMI − ln k."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from engine.device import HOST
from engine.maths.activations import sigmoid
from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import Lengths
from lessons.contract.panels import Item, Label, Line, Matrix, Panel, Picture, Plot, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import cells, five
from lessons.language.named_pairs import pair_in
from lessons.language.negative_sampling.meetings import read
from lessons.language.pairs import PairStage

LINE = 44
"""Cells of the line from 0 to 1."""
MOST = 6
"""Pairs in the table of the last act."""


class NegativeSamplingStage(PairStage):
    """A position of one pair and its negatives, or of the whole text."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.targets, self.dim = self.lengths["targets"], self.lengths["dim"]
        self.meetings, self.pair = read(self.knobs, view.start), pair_in(self.knobs, view.start)
        self.likely, self.positive = ("likelihood", -1) in view.path, len(self.pair.positive)
        self.after = ("after", -1) in view.path or (self.act == "step" and self.likely)
        self.moving = self.after or ("move", -1) in view.path
        self.begun = self.params["U"] @ self.params["v"]  # u·v of every target before the step

    def name(self, j: int) -> str:
        return self.pair.targets[j] or (self.say("met") if j == 0 else subscripted("n", j))

    def lines(self) -> Matrix:
        """One line for each target: its vector, what it should be, what was said, the error, its gradient."""
        titles, rows = {"a": "u·v", "p": "σ", "q": "q"}, []
        for j in range(self.targets):
            u, t = self.vector(f"u[{j}]", self.dim, title="u"), self.scalar(f"t[{j}]", title="t")
            du = None if self.act == "scores" else self.vector(f"du[{j}]", self.dim, title="du = q v")
            rows.append(self.scored(self.name(j), j, u, t, titles, du))
        return Matrix(id="targets", priority=10, rows=rows)

    def centre(self) -> Matrix:
        """v, and its gradient."""
        items: dict[int, Item] = {0: self.vector("v[0]", self.dim, title="v")}
        if self.act != "scores":
            dh = self.vector("dh", self.dim, title="Σ q u")
            items[1] = dh if self.act == "gradient" else replace(dh, values=None)  # the step is by dv
            items[2] = self.vector("dv[0]", self.dim, title="dv")
        return flow("centre", items, 9, self.pair.centre or self.say("centre"))

    def line(self) -> Picture:
        """σ of every target on a line from 0 to 1: where it is, where it should be, where the step takes it."""
        marks: list[tuple[int, int, str, str]] = []
        wide = max(5, *(cells(self.name(j)) for j in range(self.targets)))
        for j, a in enumerate(self.begun):
            goal, zero, told_at = j < self.positive, wide + 4, wide + 7 + LINE
            marks.append((j, 0, self.name(j), "label"))
            marks.append((j, wide + 2, "0 " + "─" * LINE + " 1", "rule"))
            marks.append((j, zero + (LINE - 1) * goal, "◆" if goal else "◇", "right"))
            before = float(sigmoid(HOST.xp, a)) if self.moving else self.number(f"p[{j}]")
            if before is None:
                marks.append((j, told_at, "", ""))
                continue
            marks.append((j, zero + round(before * (LINE - 1)), "○", "head"))
            told = five(before).strip()
            made = self.after and self.standing(f"p[{j}]", f"u[{j}]", "v[0]")
            now = self.number(f"p[{j}]") if made else None
            if now is not None:
                marks.append((j, zero + round(now * (LINE - 1)), "►" if now > before else "◄", "written"))
                told += f" → {five(now).strip()}"
            marks.append((j, told_at, told, ""))
        return Picture(id="line", priority=6, title=self.say("line"), marks=marks)

    def loss(self) -> list[Panel]:
        """L and the two likelihoods that it is made of; after the step with what they were before it."""
        if self.number("L") is None:
            return []
        made_from = (*(f"u[{j}]" for j in range(self.targets)), "v[0]")
        items: dict[int, Item] = {0: self.score("L", made_from, "L")}
        if self.likely or self.act == "gradient":
            items[1] = self.score("P_pos", made_from, "P₊ = Π σ(u·v)")
            items[2] = self.score("P_neg", made_from, "P₋ = Π (1 − σ(u·v))")
        if self.likely and self.act == "step":
            p, m = sigmoid(HOST.xp, self.begun), self.positive
            items[3] = Label(self.say("before", P_pos=f"{p[:m].prod():.4f}", P_neg=f"{(1 - p[m:]).prod():.4f}"))
        return [flow("loss", items, 7)]

    def one_pair(self, *ops: str) -> Stage:
        """Acts 1 to 3: the pair and its negatives."""
        return [self.law(*ops), self.lines(), self.centre(), self.line(), *self.loss()]

    def show_scores(self) -> Stage:
        return self.one_pair("pos", "neg") if self.likely else self.one_pair("p", "q")

    def show_gradient(self) -> Stage:
        return self.one_pair("dh_u", "du")

    def show_step(self) -> Stage:
        return self.one_pair("pos", "neg") if self.likely else self.one_pair("u", "v")

    def show_limit(self) -> Stage:
        """All scores of the text beside their limits."""
        (words, N, _), optimum = self.meetings, self.meetings.optimum
        X, met = self.view.get("X"), N > 0
        low, high = float(optimum[met].min()) - 1, float(optimum[met].max()) + 1
        gap = "·" if X is None else five(self.meetings.gap(X)).strip()
        points = [] if X is None else [(float(a), float(b), "●") for a, b in zip(optimum[met], X[met], strict=True)]
        plot = Plot(
            id="plot", priority=10, title=self.say("plot", gap=gap),
            lines=[Line(self.say("same"), [low, high], [low, high], True)], x=(low, high), y=(low, high),
            points=points,
        )  # fmt: skip
        often = sorted(((int(c), int(w)) for c, w in np.argwhere(met)), key=lambda at: (-N[at], at))[:MOST]
        rows = [
            (words[w], words[c], f"{N[c, w]:g}", five(float(optimum[c, w])), "·" if X is None else five(float(X[c, w])))
            for c, w in often
        ]
        heads = (self.say("word"), self.say("near"), self.say("times"), "PMI − ln k", "u·v")
        table = Table(id="pairs", priority=8, heads=heads, rows=rows)
        return [self.law("X", "dX"), plot, table, flow("scores", {0: self.scalar("L", title="L")}, 5)]

    def fields(self) -> dict[str, Any]:
        """The fields that the text of `negative-sampling` may use."""
        words, N, _ = self.meetings
        k, names = int(self.knobs["negatives"]), [self.name(j) for j in range(self.targets)]
        return {
            "m": self.positive, "K": self.targets - self.positive, "k": k, "centre": self.pair.centre or "v",
            "positive": ", ".join(names[: self.positive]), "negative": ", ".join(names[self.positive :]),
            "lnk": five(float(np.log(k))).strip(), "D": self.dim, "V": len(words),
            "pairs": f"{N.sum():g}", "rate": f"{float(self.knobs['rate']):g}", "window": self.knobs["window"],
            "n": self.view.loop("n") or 0,
            **self.figures(q="q[0]"),
        }  # fmt: skip
