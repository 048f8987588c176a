"""The stages of `words`: the same words in three ways, their distances side by side, and what a vocabulary costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from lessons.building.stage_parts import Parts, Rules, laws
from lessons.contract.panels import Beside, Block, Cloud, Item, Line, Matrix, Panel, Picture, Plot, Row, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import cells, five, number

WIDE = 76


class Seen(Protocol):
    """What is known of the text."""

    @property
    def words(self) -> tuple[str, ...]: ...
    @property
    def chosen(self) -> tuple[int, ...]: ...
    @property
    def beside(self) -> dict[int, list[int]]: ...
    @property
    def pairs(self) -> list[tuple[int, int]]: ...


class Shown(Parts):
    """A position."""

    def __init__(self, view: View, text: Text, seen: Seen) -> None:
        super().__init__(view, text)
        self.seen = seen
        self.label = max(cells(seen.words[w]) for w in seen.chosen) + 2

    def one_hot(self) -> Picture:
        """The chosen words, each as a row of zeros with a single 1."""
        V = len(self.seen.words)
        lit = (self.view.loop("a"), self.view.loop("b"))
        fits = min(V, (WIDE - self.label) // 2)
        marks: list[tuple[int, int, str, str]] = []
        for y, w in enumerate(self.seen.chosen):
            marks.append((y, 0, self.seen.words[w], "written" if w in lit else "label"))
            marks += [(y, self.label + 2 * o, str(int(o == w)), "head" if o == w else "dim") for o in range(fits)]
            if fits < V:
                marks.append((y, self.label + 2 * fits - 1, "…", "dim"))
        return Picture(id="onehot", priority=8, title=self.say("one_hot", V=V), marks=marks)

    def company(self) -> Picture:
        """Whom each chosen word has been seen with so far, and how often."""
        marks: list[tuple[int, int, str, str]] = []
        for y, w in enumerate(self.seen.chosen):
            held = self.view.get(f"c[{w}]")
            here = self.view.loop("w") == w and self.view.loop("o") is not None
            marks.append((y, 0, self.seen.words[w], "written" if here else "label"))
            x = self.label
            for o in [] if held is None else np.flatnonzero(held):
                said = f"{self.seen.words[o]} {held[o]:g}"  # type: ignore[index]
                if x + cells(said) > WIDE:
                    marks.append((y, x, "…", "dim"))
                    break
                marks.append((y, x, said, "written" if here and self.view.loop("o") == o else "head"))
                x += cells(said) + 3
        return Picture(id="company", priority=8, title=self.say("company"), marks=marks)

    def dense(self) -> Matrix:
        """The dense vector of every chosen word: a column of W, which can be edited."""
        D = self.view.start.params["W"].shape[0]
        turning = ("turn", -1) in self.view.path
        rows = []
        for i, w in enumerate(self.seen.chosen):
            items: dict[int, Item] = {0: self.vector(f"v[{w}]", D, "row", True, "v = W x" if not i else "")}
            if turning and w in self.seen.pairs[0]:
                items[1] = self.vector(f"turn[{w}]", D, title="∂cos/∂v" if not i else "")
            rows.append(Row(self.seen.words[w], items, mark=self.view.loop("w") == w))
        return Matrix(id="dense", priority=10, rows=rows)

    def cloud(self) -> Cloud:
        """The chosen words in the first two dimensions of their dense vectors."""
        points = [(0.0, 0.0, "+", "dim")]
        for w in self.seen.chosen:
            held = self.view.get(f"v[{w}]")
            if held is not None:
                points.append((float(held[0]), float(held[1]), self.seen.words[w], "head"))
        return Cloud(id="map", priority=6, title=self.say("map"), points=points, lines=9, every=True)

    def compared(self, *kinds: str) -> Table:
        """Every pair: how far apart, and its cosine, in each of some ways."""
        rows = []
        for n, (a, b) in enumerate(self.seen.pairs):
            row = [f"{self.seen.words[a]} – {self.seen.words[b]}"]
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
        D = self.view.start.params["W"].shape[0]
        w = self.seen.pairs[n][0]
        items: dict[int, Item] = {
            0: self.scalar(f"dist_{kind}[{n}]", title=self.say("dist")),
            1: self.scalar(f"cos_{kind}[{n}]", title="cos"),
        }
        if kind != "v":
            value = self.view.start.params["W"][:, w : w + 1].T
            items[2] = self.column(w, D, value)
        a, b = self.seen.pairs[n]
        return Matrix(id="cells", priority=10, rows=[Row(f"{self.seen.words[a]}–{self.seen.words[b]}", items)])

    def column(self, w: int, D: int, value: Any) -> Item:
        """Column w of W as a row of cells."""
        return Block("W", value, (1, D), "slice", w, title=self.say("column", word=self.seen.words[w]), editable=True)

    def sizes(self, sizes: Sequence[int]) -> Stage:
        """How many numbers a vocabulary takes, and how many of them are not 0."""
        i = self.view.loop("i")
        rows = []
        for n, V in enumerate(sizes):
            ones, sparse, dense = (self.number(f"{name}[{n}]") for name in ("ones", "sparse", "dense"))
            shown = ("·" if each is None else number(int(each)) for each in (sparse, dense))
            rows.append((number(V), "·" if ones is None else five(ones).strip(), *shown))
        heads = (self.say("V"), self.say("ones"), self.say("sparse"), self.say("dense", D=self.view.knobs["wide"]))
        table = Table(id="sizes", priority=10, heads=heads, rows=rows, lit=i)
        at = np.linspace(1, 6, 60)
        wide = np.log10(float(self.view.knobs["wide"]))
        plot = Plot(
            id="plot", priority=7, title=self.say("plot"), x=(1.0, 6.0), y=(0.0, 12.0),
            lines=[Line(self.say("x_kind"), at, 2 * at), Line(self.say("v_kind"), at, at + wide, True)],
            points=[(n + 1.0, 2.0 * (n + 1), "●") for n in range(len(sizes)) if i is not None and n <= i],
        )  # fmt: skip
        k = i or 0
        items: dict[int, Item] = {
            0: self.scalar(f"size[{k}]", title="V"),
            1: self.scalar(f"ones[{k}]", title=self.say("ones")),
            2: self.scalar(f"sparse[{k}]", title="V²"),
            3: self.scalar(f"dense[{k}]", title="V D"),
        }
        w = self.seen.chosen[0]
        value = self.view.start.params["W"][:, w : w + 1].T
        items[4] = self.column(w, value.shape[1], value)
        return [table, Matrix(id="cells", priority=9, rows=[Row("", items)]), plot]


def panels(view: View, text: Text, rules: Rules, seen: Seen, sizes: Sequence[int]) -> Stage:
    """The panels of a position."""
    shown = Shown(view, text, seen)
    if view.act == "onehot":
        return [laws(rules, "dist_x", "cos_x"), shown.one_hot(), shown.compared("x"), shown.cells("x")]
    if view.act == "company":
        ops = ("c",) if view.loop("n") is None else ("dist_c", "cos_c")
        return [laws(rules, *ops), shown.company(), shown.compared("x", "c"), shown.cells("c")]
    if view.act == "size":
        return [laws(rules, "ones", "sparse", "dense"), *shown.sizes(sizes)]
    turning = ("turn", -1) in view.path
    ops = ("turn_a",) if turning else ("v",) if view.loop("n") is None else ("dist_v", "cos_v")
    side: list[list[Panel]] = [[shown.dense()], [shown.cloud()]]
    return [
        laws(rules, *ops),
        Beside(id="side", priority=10, stacks=side, shares=(3.0, 2.0)),
        shown.compared("x", "c", "v"),
        shown.cells("v"),
    ]


def says(view: View, text: Text, seen: Seen) -> dict[str, Any]:
    """The fields that the text of `words` may use."""
    rest = [w for w in range(len(seen.words)) if w not in seen.chosen]
    a, b, c = (seen.words[w] for w in (*seen.chosen, *rest)[:3])
    W = view.start.params["W"]
    return {
        "V": len(seen.words), "a": a, "b": b, "c": c, "D": W.shape[0], "window": view.knobs["window"],
        "wide": view.knobs["wide"], "count": len(seen.chosen), "pairs": len(seen.pairs),
        "words": ", ".join(seen.words[w] for w in seen.chosen),
    }  # fmt: skip
