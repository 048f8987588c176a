"""The stages of `words`: the same words in three ways, their distances side by side, and what a vocabulary costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.building.stage_parts import flow
from lessons.building.staging import Lengths, LessonStage
from lessons.contract.panels import Beside, Block, Cloud, Item, Line, Matrix, Panel, Picture, Plot, Row, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import cells, five, number
from lessons.language.words.company import association, read

WIDE = 76
SIZES = (10, 100, 1000, 10_000, 100_000, 1_000_000)
"""The vocabularies of the last act."""


class WordsStage(LessonStage):
    """A position."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.read = read(str(self.inputs["text"]), str(self.knobs["words"]), int(self.knobs["window"]))
        self.dim, self.turning = self.lengths["dim"], ("turn", -1) in view.path
        self.label = max(cells(self.word(w)) for w in self.read.chosen) + 2

    def word(self, w: int) -> str:
        return self.read.words[w]

    def one_hot(self) -> Picture:
        """The chosen words, each as a row of zeros with a single 1."""
        V = len(self.read.words)
        lit = (self.view.loop("a"), self.view.loop("b"))
        fits = min(V, (WIDE - self.label) // 2)
        marks: list[tuple[int, int, str, str]] = []
        for y, w in enumerate(self.read.chosen):
            marks.append((y, 0, self.word(w), "written" if w in lit else "label"))
            marks += [(y, self.label + 2 * o, str(int(o == w)), "head" if o == w else "dim") for o in range(fits)]
            if fits < V:
                marks.append((y, self.label + 2 * fits - 1, "…", "dim"))
        return Picture(id="onehot", priority=8, title=self.say("one_hot", V=V), marks=marks)

    def company(self) -> Picture:
        """Whom each chosen word has been seen with so far, and how often."""
        marks: list[tuple[int, int, str, str]] = []
        for y, w in enumerate(self.read.chosen):
            held = self.view.get(f"c[{w}]")
            here = self.view.loop("w") == w and self.view.loop("o") is not None
            marks.append((y, 0, self.word(w), "written" if here else "label"))
            x = self.label
            for o in [] if held is None else np.flatnonzero(held):
                said = f"{self.read.words[o]} {held[o]:g}"  # type: ignore[index]
                if x + cells(said) > WIDE:
                    marks.append((y, x, "…", "dim"))
                    break
                marks.append((y, x, said, "written" if here and self.view.loop("o") == o else "head"))
                x += cells(said) + 3
        return Picture(id="company", priority=8, title=self.say("company"), marks=marks)

    def dense(self) -> Matrix:
        """The dense vector of every chosen word: a column of W, which can be edited."""
        rows = []
        for i, w in enumerate(self.read.chosen):
            items: dict[int, Item] = {0: self.vector(f"v[{w}]", self.dim, title="" if i else "v = W x")}
            if self.turning and w in self.read.pairs[0]:
                items[1] = self.vector(f"turn[{w}]", self.dim, title="" if i else "∂cos/∂v")
            rows.append(Row(self.word(w), items, mark=self.view.loop("w") == w))
        return Matrix(id="dense", priority=10, rows=rows)

    def cloud(self) -> Cloud:
        """The chosen words in the first two dimensions of their dense vectors."""
        points = [(0.0, 0.0, "+", "dim")]
        for w in self.read.chosen:
            held = self.view.get(f"v[{w}]")
            if held is not None:
                points.append((float(held[0]), float(held[1]), self.word(w), "head"))
        return Cloud(id="map", priority=6, title=self.say("map"), points=points, lines=9, every=True)

    def compared(self, *kinds: str) -> Table:
        """Every pair: how far apart, and its cosine, in each of some ways."""
        rows = []
        for n, (a, b) in enumerate(self.read.pairs):
            row = [f"{self.read.words[a]} – {self.read.words[b]}"]
            for kind in kinds:
                for name in ("dist", "cos"):
                    found = self.number(f"{name}_{kind}[{n}]")
                    row.append("·" if found is None else five(found).strip())
            rows.append(tuple(row))
        heads = [self.say("pair")]
        for kind in kinds:
            heads += [self.say(f"{kind}_kind"), "cos"]
        return Table(id="pairs", priority=9, heads=heads, rows=rows, lit=self.view.loop("n"))

    def cells(self, kind: str) -> Matrix:
        """The pair at work in cells, which the inspector explains; and the dense vector of its first word."""
        n = self.view.loop("n") or 0
        a, b = self.read.pairs[n]
        items: dict[int, Item] = {
            0: self.scalar(f"dist_{kind}[{n}]", title=self.say("dist")),
            1: self.scalar(f"cos_{kind}[{n}]", title="cos"),
        }
        if kind != "v":
            items[2] = self.column(a)
        return flow("cells", items, 10, f"{self.word(a)}–{self.word(b)}")

    def column(self, w: int) -> Block:
        """Column w of W as a row of cells."""
        value = self.params["W"][:, w : w + 1].T
        return Block("W", value, value.shape, "slice", w, title=self.say("column", word=self.word(w)))

    def show_size(self) -> Stage:
        """How many numbers a vocabulary takes, and how many of them are not 0."""
        i = self.view.loop("i")
        rows = []
        for n, V in enumerate(SIZES):
            ones, sparse, dense = (self.number(f"{name}[{n}]") for name in ("ones", "sparse", "dense"))
            shown = ("·" if each is None else number(int(each)) for each in (sparse, dense))
            rows.append((number(V), "·" if ones is None else five(ones).strip(), *shown))
        heads = (self.say("V"), self.say("ones"), self.say("sparse"), self.say("dense", D=self.knobs["wide"]))
        table = Table(id="sizes", priority=10, heads=heads, rows=rows, lit=i)
        at = np.linspace(1, 6, 60)
        wide = np.log10(float(self.knobs["wide"]))
        plot = Plot(
            id="plot", priority=7, title=self.say("plot"), x=(1.0, 6.0), y=(0.0, 12.0),
            lines=[Line(self.say("x_kind"), at, 2 * at), Line(self.say("v_kind"), at, at + wide, True)],
            points=[(n + 1.0, 2.0 * (n + 1), "●") for n in range(len(SIZES)) if i is not None and n <= i],
        )  # fmt: skip
        k = i or 0
        items: dict[int, Item] = {
            0: self.scalar(f"size[{k}]", title="V"),
            1: self.scalar(f"ones[{k}]", title=self.say("ones")),
            2: self.scalar(f"sparse[{k}]", title="V²"),
            3: self.scalar(f"dense[{k}]", title="V D"),
        }
        items[4] = self.column(self.read.chosen[0])
        return [self.law("ones", "sparse", "dense"), table, flow("cells", items, 9), plot]

    def show_onehot(self) -> Stage:
        return [self.law("dist_x", "cos_x"), self.one_hot(), self.compared("x"), self.cells("x")]

    def show_company(self) -> Stage:
        ops = ("c",) if self.view.loop("n") is None else ("dist_c", "cos_c")
        return [self.law(*ops), self.company(), self.compared("x", "c"), self.cells("c")]

    def show_dense(self) -> Stage:
        ops = ("turn_a",) if self.turning else ("v",) if self.view.loop("n") is None else ("dist_v", "cos_v")
        side: list[list[Panel]] = [[self.dense()], [self.cloud()]]
        beside = Beside(id="side", priority=10, stacks=side, shares=(3.0, 2.0))
        return [self.law(*ops), beside, self.compared("x", "c", "v"), self.cells("v")]

    def fields(self) -> dict[str, Any]:
        """The fields that the text of `words` may use."""
        words, chosen = self.read.words, self.read.chosen
        a, b, c = [*map(self.word, chosen), *(word for w, word in enumerate(words) if w not in chosen)][:3]
        return {
            "V": len(words), "a": a, "b": b, "c": c, "D": self.dim, "window": self.knobs["window"],
            "wide": self.knobs["wide"], "count": len(chosen), "pairs": len(self.read.pairs),
            "words": ", ".join(map(self.word, chosen)), **association(str(self.inputs["text"]), self.read),
        }  # fmt: skip
