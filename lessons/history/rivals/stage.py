"""The stages of `rivals`: the plane as a classifier divides it so far, and the numbers of the step beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np

from engine.device import HostArray
from engine.shallow.tree import classify
from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import Lengths, LessonStage
from lessons.contract.panels import (
    Axis,
    Beside,
    Block,
    Branch,
    Curve,
    Dot,
    Field,
    Item,
    Label,
    Matrix,
    Multiples,
    Note,
    Panel,
    Row,
    Series,
    Stage,
    Table,
    Tree,
)
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.data.scatter import REACH
from lessons.explaining.figures import five
from lessons.history.rivals.models import NAMES, TOL, models_of

LINES, COLUMNS = 12, 36
"""Size of a field that stands alone."""
KS = (1, 5, 15, 51)
"""Numbers of neighbours whose borders are compared."""
ROUNDS = 5
"""Rounds of boosting in the table."""
SIZES = {True: "·•●", False: "·◦○"}
"""A point of little, middling and much weight, by its class."""


class RivalsStage(LessonStage):
    """A position in one of the five acts."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.models = models_of(view.knobs, view.start)
        self.x, self.y, self.N = self.models.x, self.models.y, len(self.models.x)
        self.q = np.asarray(self.params["q"], dtype=float)

    # the plane

    @cached_property
    def extent(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """How far the plane reaches: the square of the named sets, or a little beyond all points."""
        if len(self.y) > 4 and self.knobs["data"] in ("xor", "circle", "gauss", "spiral"):
            return (-REACH, REACH), (-REACH, REACH)
        low, high = self.x.min(axis=0), self.x.max(axis=0)
        margin = np.where(high > low, 0.2 * (high - low), 1.0)
        (x0, y0), (x1, y1) = low - margin, high + margin
        return (float(x0), float(x1)), (float(y0), float(y1))

    def field(
        self, title: str, says: Callable[[HostArray], HostArray] | None, dots: Sequence[Dot] = (),
        size: tuple[int, int] = (LINES, COLUMNS), written: bool = False, caption: str = "",
    ) -> Field:  # fmt: skip
        """What a classifier says over the plane, from −1 to 1, and points over it."""
        (x0, x1), (y0, y1) = self.extent
        lines, columns = size
        values = np.zeros((2 * lines, columns))
        if says is not None:
            xs, ys = ((np.arange(n) + 0.5) / n for n in (columns, 2 * lines))
            grid = np.stack(np.meshgrid(x0 + xs * (x1 - x0), y1 - ys * (y1 - y0)), axis=-1).reshape(-1, 2)
            values = np.clip(says(grid), -1, 1).reshape(2 * lines, columns)
        return Field(
            id="plane", title=title, values=values, x=(x0, x1), y=(y0, y1), dots=dots, halves=True, written=written,
            caption=caption,
        )  # fmt: skip

    def dots(self, lit: Sequence[int] = (), weights: HostArray | None = None) -> list[Dot]:
        """All points, the new one, and those in focus; larger the more they weigh."""
        found = []
        for i, (at, y) in enumerate(zip(self.x, self.y, strict=True)):
            sign = ""
            if weights is not None:
                share = float(weights[i]) / max(float(weights.max()), 1e-300)
                sign = SIZES[bool(y > 0)][(share > 0.15) + (share > 0.5)]
            found.append(Dot(float(at[0]), float(at[1]), bool(y > 0), i in lit, sign))
        return found

    @property
    def new(self) -> Dot:
        """The new point."""
        return Dot(float(self.q[0]), float(self.q[1]), True, True, "◆")

    # numbers

    def one(self, symbol: str, i: int) -> Item:
        """Entry i of a vector over the points, or of the points themselves: "p0" and "p1" are their coordinates."""
        if symbol in ("p0", "p1"):
            symbol, i = f"p[{i}]", int(symbol[1])
        value = self.view.get(symbol)
        known = None if value is None else value[i : i + 1].reshape(1, -1)
        wide = 1 if known is None else known.shape[1]
        lie = "at" if wide == 1 else "line"
        return Block(symbol, known, (1, wide), lie, i, **self.flags(symbol))

    def entries(
        self,
        id: str,
        rows: dict[str, str],
        count: int,
        focus: int,
        priority: int,
        own: Sequence[int] = (),
        wide: int = 1,
    ) -> Matrix:
        """Vectors over the points, or over the cuts, around one of them: a column for each, a row for each vector."""
        axis = Axis(tuple(str(i) for i in range(count)), focus, wide, close=True, own=tuple(own))
        near = sorted({*range(max(0, focus - 12), min(count, focus + 13)), *own})
        heads: dict[int, Item] = {i: Label(str(i), role="head" if i in (focus, *own) else "dim") for i in near}
        found = [Row(self.say(id), heads)]
        for symbol, label in rows.items():
            found.append(Row(label, {i: self.one(symbol, i) for i in near}))
        return Matrix(id=id, priority=priority, axis=axis, rows=found)

    def beside(self, field: Panel, *others: Panel) -> Beside:
        return Beside(id="work", priority=10, stacks=[[field], list(others)], shares=(1.0, 1.0))

    def whole(self, symbol: str) -> int | None:
        """A number that counts, where it is known."""
        value = self.number(symbol)
        return None if value is None else int(value)

    # acts

    def show_knn(self) -> Stage:
        """The nearest, one after the other, and how they vote."""
        k = self.models.k
        if self.view.flipped:
            some = [n for n in KS if n <= self.N]
            share = self.models.neighbours
            fields = [self.field(f"k = {n}", partial(share, k=n), self.dots(), (10, 20)) for n in some]
            return [
                self.law("class"),
                Multiples(id="borders", priority=10, title=self.say("borders"), fields=fields, shrink=True),
            ]
        near = [i for r in range(1, k + 1) if (i := self.whole(f"near[{r}]")) is not None]
        table = Table(
            id="nearest", heads=[self.say("r"), self.say("point"), "d", self.say("class")],
            rows=[self._neighbour(r, i) for r, i in enumerate(near, 1)][-10:],
            lit=min(len(near), 10) - 1 if near else None,
        )  # fmt: skip
        share = partial(self.models.neighbours, k=k)
        field = self.field(self.say("share", k=k), share, [*self.dots(near), self.new])
        state: dict[int, Item] = {
            0: self.vector("q", 2, title="q"), 1: self.shown("vote", self.say("votes")),
            2: self.shown("says", self.say("says")),
        }  # fmt: skip
        focus = near[-1] if near else 0
        return [
            self.law("distance", "near", "vote"), flow("state", state, 9), self.beside(field, table),
            self.entries("points", {"p0": "x₁", "p1": "x₂", "y": "y", "d": "d", "rest": self.say("rest")}, self.N, focus, 7),
        ]  # fmt: skip

    def _neighbour(self, r: int, i: int) -> tuple[str, ...]:
        d = self.view.get("d")
        return str(r), str(i), five(float(d[i])) if d is not None else "·", "●" if self.y[i] > 0 else "○"

    @property
    def splits(self) -> int:
        """Splits that are done here."""
        s = self.view.loop("s") or 0
        return s if self.known(f"right[{s}]") else max(0, s - 1)

    def show_tree(self) -> Stage:
        """Every cut of a node, the best of them, and the tree so far beside its rectangles."""
        splits, n = self.splits, self.view.loop("n") or 0
        tree = self.models.tree.cut_off(splits)

        def says(q: HostArray) -> HostArray:
            return 2.0 * classify(tree, q) - 1

        inside = self.view.get(f"inside[{n}]")
        lit = [] if inside is None or not splits else [int(i) for i in np.flatnonzero(inside)]
        field = self.field(self.say("rectangles", n=tree.leaves), says, self.dots(lit))
        state: dict[int, Item] = {
            0: self.shown(f"count[{n}]", subscripted("count", n)),
            1: self.shown(f"G[{n}]", subscripted("G", n)),
        }
        state |= {
            2: self.shown(f"cut[{n}]", subscripted("cut", n)),
            3: self.shown(f"chosen[{splits}]", self.say("chosen")),
        }
        panels: Stage = [
            self.law("impurity", "gain", "chosen"),
            flow("state", state, 9),
            self.beside(field, self.grown()),
        ]
        places = self.view.get(f"t[{n}]")
        if places is not None:
            gain = self.view.get(f"gain[{n}]")
            focus = self.whole(f"cut[{n}]") or (0 if gain is None else int(np.argmax(gain)))
            rows = {
                f"g[{n}]": self.say("column"),
                f"t[{n}]": "t",
                f"cL[{n}]": self.say("left"),
                f"cR[{n}]": self.say("right"),
            }
            rows |= {f"GL[{n}]": "GL", f"GR[{n}]": "GR", f"gain[{n}]": self.say("gain")}
            panels.append(self.entries("cuts", rows, len(places), focus, 7, wide=2))
        return panels

    def grown(self) -> Tree:
        """The nodes that have been measured; the way of the new point is thick."""
        nodes, at, way = self.models.tree.nodes, 0, set[int]()
        parents = {child: n for n, node in enumerate(nodes) for child in (node.left, node.right) if child > 0}
        while at >= 0:
            way.add(at)
            node = nodes[at]
            at = -1 if node.left < 0 else node.left if self.q[node.feature] <= node.place else node.right
        shown = [n for n in range(len(nodes)) if self.known(f"count[{n}]")]
        found = []
        for n in self._in_order(0):
            if n not in shown:
                continue
            node, split = nodes[n], nodes[n].left in shown
            counts = self.view.get(f"count[{n}]")
            said = f"○{counts[0]:.0f} ●{counts[1]:.0f}" if counts is not None else ""
            text = f"{subscripted('x', node.feature + 1)} ≤ {five(node.place).strip()}" if split else said
            parent = parents.get(n, -1)
            side = "" if parent < 0 else "≤" if nodes[parent].left == n else ">"
            found.append(
                Branch(
                    str(n),
                    text,
                    str(parent) if parent >= 0 else "",
                    side,
                    path=n in way,
                    written=n == self.view.loop("n"),
                )
            )
        return Tree(id="tree", title=self.say("tree"), nodes=found)

    def _in_order(self, n: int) -> list[int]:
        node = self.models.tree.nodes[n]
        below = [] if node.left < 0 else [*self._in_order(node.left), *self._in_order(node.right)]
        return [n, *below]

    def show_boosting(self) -> Stage:
        """A round: its stump, its vote, the new weights; and all rounds so far."""
        m = self.view.loop("m") or 0
        done = m if self.known(f"error[{m}]") else max(0, m - 1)
        done, w = m if self.known(f"alpha[{m}]") else done, self.view.get("w")
        says = partial(self.models.boosted, rounds=done)
        field = self.field(self.say("stumps", n=done), says, self.dots(weights=w))
        rows = [self._round(n) for n in range(max(1, m - ROUNDS + 1), m + 1)]
        heads = [self.say("m"), self.say("stump"), "ε", "α"]
        table = Table(id="rounds", heads=heads, rows=rows, lit=len(rows) - 1 if rows else None)
        names = {f"eps[{m}]": "ε", f"alpha[{m}]": "α", f"Z[{m}]": "Z", f"wrong[{m}]": self.say("wrong"), "bound": "∏ Z",
                 f"error[{m}]": self.say("error")}  # fmt: skip
        panels: Stage = [
            self.law("e", "eps", "alpha", "w"), self.side_by_side(names, "state", 9),
            self.beside(field, table, self.falling(m)),
        ]  # fmt: skip
        heaviest = 0 if w is None else int(np.argmax(w))
        rows_of = {"p0": "x₁", "p1": "x₂", "y": "y", f"h[{m}]": subscripted("h", m), "w": "w", "F": "F"}
        panels.append(self.entries("points", rows_of, self.N, heaviest, 7))
        places = self.view.get("t")
        if m and places is not None:
            cuts = {"g": self.say("column"), "t": "t", f"e[{m}]": subscripted("e", m), f"least[{m}]": self.say("least")}
            panels.append(self.entries("cuts", cuts, len(places), self.whole(f"cut[{m}]") or 0, 6))
        return panels

    def _round(self, m: int) -> tuple[str, ...]:
        cut, g, t, side = (self.view.get(name) for name in (f"cut[{m}]", "g", "t", f"side[{m}]"))
        said = "·"
        if cut is not None and g is not None and t is not None and side is not None:
            i = int(cut.reshape(-1)[0])
            above = ">" if side.reshape(-1)[0] > 0 else "≤"
            said = f"● {subscripted('x', int(g[i]))} {above} {five(float(t[i])).strip()}"
        return str(m), said, *(self.figure(f"{name}[{m}]").strip() for name in ("eps", "alpha"))

    def falling(self, m: int) -> Curve:
        """The share of errors on the points, and its bound, by round."""
        errors = [x for n in range(1, m + 1) if (x := self.number(f"error[{n}]")) is not None]
        Zs = [x for n in range(1, m + 1) if (x := self.number(f"Z[{n}]")) is not None]
        bound = np.cumprod(Zs)[: len(errors)]
        lines = [Series(self.say("errors"), errors, 1), Series("∏ Z", bound, 1, dotted=True)]
        return Curve(id="errors", title=self.say("falling"), series=lines, reach=max(5, m))

    def show_margin(self) -> Stage:
        """The pair that violates most, the step along it, and the border so far."""
        run, n = self.models.machine.run, self.view.loop("pair") or 0
        over = ("border", -1) in self.view.path
        moved = run.steps if over else n if n and self.known("d") and "G" in self.view.written else max(0, n - 1)
        there = self.models.machine.after(moved)
        i, j = self.whole("i"), self.whole("j")
        lit = [at for at in (i, j) if at is not None and not over]
        held = self.view.get("a")
        weights = None if held is None or not held.any() else held
        field = self.field(
            self.say("f"),
            (lambda q: self.models.margin(q, there)) if moved else None,
            [*self.dots(lit, weights), self.new],
        )
        if over:
            names = {"b": "b", "dual": self.say("dual"), "primal": self.say("primal"), "o": "f(q)"}
        else:
            names = {name: name for name in ("i", "j", "gap")} | {"eta": "η", "d": "d"}
        state = self.side_by_side(names, "state", 9)
        known = max(1, moved + 1)
        curve = Curve(
            id="gaps", title=self.say("gaps"), reach=20, least_top=0.1,
            series=[Series(self.say("gap"), run.gaps[:known], 0)],
        )  # fmt: skip
        support = 0 if held is None else int((held > 1e-12 * self.models.C).sum())
        said = Note(id="state_of_run", text=self.say("support", n=support, N=self.N))
        laws = ("b", "f", "o") if over else ("i", "j", "move", "a")
        panels: Stage = [self.law(*laws), *self.verdict(over), state, self.beside(field, said, curve)]
        rows = {
            "p0": "x₁",
            "p1": "x₂",
            "y": "y",
            "v": "v",
            "rise": self.say("rise"),
            "fall": self.say("fall"),
            "a": "a",
        }
        rows |= {"f": "f"} if over else {}
        focus, *own = lit or [0]
        panels.append(self.entries("points", rows, self.N, focus, 7, own))
        if self.known("slope"):
            panels.append(
                flow("slope", {0: self.vector("q", 2, title="q"), 1: self.vector("slope", 2, title="∂f/∂q")}, 8)
            )
        return panels

    def verdict(self, over: bool) -> list[Note]:
        """Whether it is solved: with what gap, after how many pairs."""
        run = self.models.machine.run
        if not over:
            return []
        if not np.isfinite(run.gap):
            return [Note(id="verdict", priority=9, text=self.say("overflow", n=run.steps), level="warn")]
        key = "solved" if run.gap < TOL else "stopped"
        text = self.say(key, n=run.steps, gap=five(run.gap).strip(), tol=f"{TOL:g}")
        return [Note(id="verdict", priority=9, text=text, level="proof" if run.gap < TOL else "warn")]

    def show_compare(self) -> Stage:
        """Five fields side by side, and what each gets right."""
        fields, rows = [], []
        for i, name in enumerate(NAMES, 1):
            known = self.known(f"train[{i}]")
            says = (lambda q, name=name: np.sign(self.models.says(name, q)) * 0.8) if known else None
            caption = f"{self.figure(f'train[{i}]').strip()} {self.figure(f'test[{i}]').strip()}" if known else ""
            written = f"train[{i}]" in self.view.written or f"test[{i}]" in self.view.written
            fields.append(self.field(self.say(name), says, self.dots(), (7, 14), written, caption))
            rows.append(Row(self.say(name), {0: self.shown(f"train[{i}]"), 1: self.shown(f"test[{i}]")}))
        heads: dict[int, Item] = {0: Label(self.say("train")), 1: Label(self.say("test"))}
        axis = Axis((self.say("train"), self.say("test")), 0, 1)
        return [
            self.law("train", "test"),
            Multiples(id="fields", priority=10, title=self.say("fields"), fields=fields, shrink=True),
            Matrix(id="shares", priority=9, axis=axis, rows=[Row("", heads), *rows]),
        ]

    def fields(self) -> dict[str, Any]:
        some, run = self.models, self.models.machine.run
        m = self.view.loop("m") or 1
        return {
            "N": self.N, "T": self.lengths["T"], "k": some.k, "data": str(self.knobs["data"]), "rounds": some.rounds,
            "leaves": some.tree.leaves, "depth": some.tree.depth, "impurity": self.say(str(self.knobs["impurity"])),
            "kernel": str(self.knobs["kernel"]), "C": f"{some.C:g}", "gamma": f"{some.kernel.gamma:g}",
            "pairs": run.steps, "gap": five(run.gap).strip(), "tol": f"{TOL:g}", "m": m,
        }  # fmt: skip
