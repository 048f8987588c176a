"""The stages of `rivals`: the plane as a classifier divides it so far, and the numbers of the step beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from engine.device import HostArray
from engine.shallow import boosting, neighbours
from engine.shallow import tree as trees
from engine.shallow.margin import LEAST
from lessons.building.over_plane import Plane
from lessons.building.stage_parts import growing, subscripted
from lessons.building.staging import Lengths, LessonStage
from lessons.contract import panels as ui
from lessons.contract.panels import Beside, Line, Note, Panel, Plot, Row, Stage
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.history.rivals.models import NAMES, TOL, models_of

KS = (1, 5, 15, 51)
"""Numbers of neighbours whose boundaries are compared."""
ROUNDS, NEAREST = 5, 10
"""Lines of the tables of rounds and of neighbours."""


class RivalsStage(LessonStage):
    """A position in one of the five acts."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.models = models_of(view.knobs, view.start)
        self.y, self.N, self.q = self.models.y, len(self.models.x), self.params["q"]
        self.plane = Plane(self, self.models.x, self.y, self.knobs["data"] in ("xor", "circle", "gauss", "spiral"))
        self.new = ui.Dot(float(self.q[0]), float(self.q[1]), True, True, "◆")

    def whole(self, symbol: str) -> int | None:
        """A number that counts, where it is known."""
        value = self.number(symbol)
        return None if value is None else int(value)

    def beside(self, field: Panel, *others: Panel) -> Beside:
        return Beside(id="work", priority=10, stacks=[[field], list(others)])

    def several(self, id: str, fields: list[ui.Field]) -> ui.Multiples:
        """Fields to be compared."""
        return ui.Multiples(id=id, priority=10, title=self.say(id), fields=fields, shrink=True)

    def short(self, symbol: str) -> str:
        return self.figure(symbol).strip()

    # acts

    def show_knn(self) -> Stage:
        """The nearest, one after the other, and how they vote; or the boundaries of several k."""
        k, votes = self.models.of.k, partial(neighbours.votes, self.models.x, self.y)
        if self.view.flipped:
            some, dots = [n for n in KS if n <= self.N], self.plane.dots()
            fields = [self.plane.field(f"k = {n}", partial(votes, k=n), dots, (10, 20)) for n in some]
            return [self.law("class"), self.several("borders", fields)]
        near = [i for j in range(1, k + 1) if (i := self.whole(f"near[{j}]")) is not None]
        rows, d = list[tuple[str, ...]](), self.view.get("d")
        for j, i in list(enumerate(near, 1))[-NEAREST:]:
            rows.append((str(j), str(i + 1), "·" if d is None else five(float(d[i])), "●" if self.y[i] > 0 else "○"))
        heads = [self.say(key) for key in ("j", "point", "distance", "class")]
        field = self.plane.field(self.say("share", k=k), partial(votes, k=k), [*self.plane.dots(near), self.new])
        names = {"q": "q", "vote": self.say("votes"), "says": self.say("says")}
        return [
            self.law("distance", "near", "vote"), self.side_by_side(names, "state", 9),
            self.beside(field, growing("nearest", heads, rows)),
            self.plane.points({"d": "d", "rest": self.say("rest")}, near[-1] if near else 0),
        ]  # fmt: skip

    def show_tree(self) -> Stage:
        """Every cut of a node, the best of them, and the tree so far beside its rectangles."""
        s, n = self.view.loop("s") or 0, self.view.loop("n") or 0
        splits = s if self.known(f"right[{s}]") else max(0, s - 1)
        tree = self.models.tree.cut_off(splits)

        def says(q: HostArray) -> HostArray:
            return 2.0 * trees.classify(tree, q) - 1

        inside = self.view.get(f"inside[{n}]")
        lit = [] if inside is None or not splits else [int(i) for i in np.flatnonzero(inside)]
        field = self.plane.field(self.say("rectangles", n=tree.leaves), says, self.plane.dots(lit))
        names = {f"{name}[{n}]": subscripted(name, n + 1) for name in ("count", "G", "cut")}
        state = self.side_by_side(names | {f"chosen[{splits}]": self.say("chosen")}, "state", 9)
        way = set(trees.way(self.models.tree, self.q))
        grown = ui.Tree(id="tree", title=self.say("tree"), nodes=list(self.branches(0, "", way)))
        panels: Stage = [self.law("impurity", "gain", "chosen"), state, self.beside(field, grown)]
        places, gain = self.view.get(f"t[{n}]"), self.view.get(f"gain[{n}]")
        if places is not None:
            best = self.whole(f"cut[{n}]")
            focus = best if best is not None else 0 if gain is None else int(np.argmax(gain))
            rows = {f"g[{n}]": self.say("column"), f"t[{n}]": "t", f"gain[{n}]": self.say("gain")}
            rows |= {f"cL[{n}]": self.say("left"), f"GL[{n}]": "GL", f"cR[{n}]": self.say("right"), f"GR[{n}]": "GR"}
            panels.append(self.plane.columns("cuts", rows, len(places), focus, wide=2))
        return panels

    def branches(self, n: int, parent: str, way: set[int]) -> Iterator[ui.Branch]:
        """Node n and those below it, as far as they have been measured; `way` are those that the new point passes."""
        counts, node = self.view.get(f"count[{n}]"), self.models.tree.nodes[n]
        if counts is None:
            return
        below = [each for each in (node.left, node.right) if each > 0 and self.known(f"count[{each}]")]
        text = f"{subscripted('x', node.feature + 1)} ≤ {five(node.place).strip()}"
        text = text if below else f"○{counts[0]:.0f} ●{counts[1]:.0f}"
        side = "" if not parent else "≤" if n % 2 else ">"  # a split makes an odd node on the left, an even one right
        yield ui.Branch(str(n), text, parent, side, path=n in way, written=n == self.view.loop("n"))
        for each in below:
            yield from self.branches(each, str(n), way)

    def show_boosting(self) -> Stage:
        """A round: its stump, its vote, the new weights; and all rounds so far."""
        t, w = self.view.loop("t") or 0, self.view.get("w")
        done = t if self.known(f"alpha[{t}]") else max(0, t - 1)
        says = partial(boosting.sureness, self.models.stumps[:done])
        field = self.plane.field(self.say("stumps", n=done), says, self.plane.dots(weights=w))
        rows = [self.round(n) for n in range(max(1, t - ROUNDS + 1), t + 1)]
        heads = [self.say("t"), self.say("stump"), "ε", "α"]
        names = {f"eps[{t}]": "ε", f"alpha[{t}]": "α", f"Z[{t}]": "Z", f"wrong[{t}]": self.say("wrong")}
        names |= {"bound": "∏ Z", f"error[{t}]": self.say("error")}
        focus = 0 if w is None else int(w.argmax())
        panels: Stage = [
            self.law("e", "eps", "alpha", "w"), self.side_by_side(names, "state", 9),
            self.beside(field, growing("rounds", heads, rows), self.falling(t)),
            self.plane.points({f"h[{t}]": subscripted("h", t), "w": "w", "F": "F"}, focus),
        ]  # fmt: skip
        places = self.view.get("theta")
        if t and places is not None:
            cuts = {"g": self.say("column"), "theta": "θ", f"e[{t}]": subscripted("e", t)}
            cuts |= {f"least[{t}]": self.say("least")}
            shown = self.plane.columns("cuts", cuts, len(places), self.whole(f"cut[{t}]") or 0)
            panels.append(replace(shown, priority=6))
        return panels

    def round(self, t: int) -> tuple[str, ...]:
        """A line of the table of rounds."""
        cut, side = self.whole(f"cut[{t}]"), self.number(f"side[{t}]")
        g, theta, said = self.view.get("g"), self.view.get("theta"), "·"
        if cut is not None and side is not None and g is not None and theta is not None:
            said = f"● {subscripted('x', int(g[cut]))} {'>' if side > 0 else '≤'} {five(float(theta[cut])).strip()}"
        return str(t), said, self.short(f"eps[{t}]"), self.short(f"alpha[{t}]")

    def falling(self, t: int) -> Plot:
        """The share of errors on the points, and its bound, by round."""
        found = [[self.number(f"{name}[{n}]") for n in range(1, t + 1)] for name in ("error", "Z")]
        errors, Zs = ([x for x in each if x is not None] for each in found)
        rounds, bound = range(1, len(errors) + 1), np.cumprod(Zs)[: len(errors)]
        lines = [Line(self.say("error"), rounds, errors), Line("∏ Z", rounds, bound, dotted=True)]
        return Plot(id="errors", title=self.say("falling"), lines=lines, x=(0, self.models.of.rounds), y=(0, 1))

    def show_margin(self) -> Stage:
        """The pair that violates most, the step along it, and the border so far; then the border."""
        run, n, over = self.models.machine.run, self.view.loop("pair") or 0, ("border", -1) in self.view.path
        done = run.steps if over else n if self.view.step and self.view.step.op == "gradient" else max(0, n - 1)
        lit = [] if over else [i for name in "ij" if (i := self.whole(name)) is not None]
        a = self.view.get("a")
        counts = None if a is None or not a.any() else 1.0 * (a > LEAST * self.models.of.C)
        says = partial(self.models.machine.decide, run=self.models.machine.after(done)) if done else None
        field = self.plane.field(self.say("f"), says, [*self.plane.dots(lit, counts), self.new])
        names = {"b": "b", "dual": self.say("dual"), "primal": self.say("primal"), "o": "f(q)"}
        names = names if over else {"i": "i", "j": "j", "gap": self.say("gap"), "eta": "η", "d": "d"}
        said = Note(id="support", text=self.say("support", n=0 if counts is None else int(counts.sum()), N=self.N))
        gaps, wide = Line(self.say("gap"), range(done + 1), run.gaps[: done + 1]), max(1, run.steps)
        plot = Plot(id="gaps", title=self.say("gaps"), lines=[gaps], x=(0, wide), y=(TOL / 10, 10), log=True)
        points = {"v": "v", "rise": self.say("rise"), "fall": self.say("fall"), "a": "a"}
        points |= {"f": "f"} if over else {}
        focus, *own = lit or [0]
        panels: Stage = [
            self.law(*(("b", "f", "o") if over else ("i", "j", "move", "a"))), *([self.verdict()] if over else []),
            self.side_by_side(names, "state", 9), self.beside(field, said, plot),
            self.plane.points(points, focus, own),
        ]  # fmt: skip
        if self.known("slope"):
            panels.insert(-1, self.side_by_side({"q": "q", "slope": "∂f/∂q"}, "slope", 8))
        return panels

    def verdict(self) -> Note:
        """Whether it is solved: after how many pairs, and with what gap."""
        run = self.models.machine.run
        key = "overflow" if not np.isfinite(run.gap) else "solved" if run.gap < TOL else "stopped"
        text = self.say(key, n=run.steps, gap=f"{run.gap:.2g}", tol=f"{TOL:g}")
        return Note(id="verdict", priority=9, text=text, level="proof" if key == "solved" else "warn")

    def show_compare(self) -> Stage:
        """Five fields side by side, and what each gets right."""
        fields, rows = [], []
        for i, name in enumerate(NAMES, 1):
            train, test, known = f"train[{i}]", f"test[{i}]", self.known(f"train[{i}]")

            def says(q: HostArray, name: str = name) -> HostArray:
                return 0.8 * self.models.says(name, q)

            field = self.plane.field(self.say(name), says if known else None, (), (7, 14))
            caption = f"{self.short(train)} {self.short(test)}" if known else ""
            fields.append(replace(field, caption=caption, written=bool({train, test} & self.view.written)))
            shares = [self.scalar(f"{share}[{i}]", self.say(share) if i == 1 else "") for share in ("train", "test")]
            rows.append(Row(self.say(name), dict(enumerate(shares))))
        return [
            self.law("train", "test"),
            self.several("fields", fields),
            ui.Matrix(id="shares", priority=9, rows=rows),
        ]

    def fields(self) -> dict[str, Any]:
        some, of = self.models, self.models.of
        pairs = some.machine.run.steps if self.act in ("margin", "compare") else "·"
        return {
            "N": self.N, "T": self.lengths["T"], "k": of.k, "data": str(self.knobs["data"]), "rounds": of.rounds,
            "leaves": some.tree.leaves, "depth": some.tree.depth, "impurity": self.say(of.limits.impurity),
            "kernel": of.kernel.kind, "C": f"{of.C:g}", "pairs": pairs, "tol": f"{TOL:g}",
        }  # fmt: skip
