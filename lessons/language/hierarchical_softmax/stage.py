"""The stages of `hierarchical-softmax`: the tree, the questions on the path, the chances of all words, the cost."""

from __future__ import annotations

from math import ceil, log2
from typing import Any

from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import Lengths
from lessons.contract.panels import Item, Label, Matrix, Stage, Table, Tree
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.language.hierarchical_softmax.drawing import drawn
from lessons.language.hierarchical_softmax.word_tree import read
from lessons.language.pairs import PairStage


class HierarchicalSoftmaxStage(PairStage):
    """A position in the tree."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.tree, self.V, self.dim = read(self.knobs, view.start), self.lengths["words"], self.lengths["dim"]
        self.code, self.building, self.n = self.tree.code, self.act == "build", view.loop("n")
        merged = self.V - 1 if self.n is None else self.n
        self.last = merged if self.building else self.tree.root  # the last merged node

    def node(self, n: int) -> str:
        """The name of a node: a word, or n₅, which is what count₅ counts; the root is the last."""
        return self.tree.words[n] if n < self.V else subscripted("n", n)

    def drawing(self) -> Tree:
        """The tree as far as it is built, then the path to the target in it."""
        if self.building:
            here = {n for n in range(self.V, self.tree.root + 1) if f"count[{n}]" in self.view.written}
            return drawn(self.tree, self.last, here, None)
        scores = {}
        for j, node in enumerate(self.code.nodes):
            a = self.view.get(f"a[{j}]")
            if a is not None and self.standing(f"a[{j}]", f"theta[{j}]", "v[0]"):
                scores[self.V + node] = a.reshape(-1)[0]
        at = self.view.loop("j")
        here = set() if at is None else {self.V + self.code.nodes[at]}
        return drawn(self.tree, self.last, here, scores)

    def merged(self) -> Matrix:
        """The merge at work, and the centre's vector, which the next acts will ask about."""
        items: dict[int, Item] = {}
        if self.n is not None:
            a, b = self.tree.children[self.n - self.V]
            titles = {"count_a": self.node(a), "count_b": self.node(b), "count": self.node(self.n)}
            items = {i: self.scalar(f"{name}[{self.n}]", title) for i, (name, title) in enumerate(titles.items())}
        items[3] = self.vector("v[0]", self.dim, title=f"{self.say('centre')} v")
        return flow("merged", items, 8)

    def questions(self) -> Matrix:
        """One line for each node on the path: its vector, which bit, its score, how likely, its error, its gradient."""
        titles, rows = {"a": "θ·h", "s": "σ(±)", "q": "q"}, []
        for j, (node, bit) in enumerate(zip(self.code.nodes, self.code.bits, strict=True)):
            theta = self.vector(f"theta[{j}]" if self.act == "step" else f"node[{node}]", self.dim, title="θ")
            slope = None if self.act == "path" else self.vector(f"dtheta[{j}]", self.dim, title="dθ = q h")
            wanted = Label(f"{self.say('bit')} {bit}")
            rows.append(self.scored(self.node(self.V + node), j, theta, wanted, titles, slope))
        return Matrix(id="questions", priority=10, rows=rows)

    def centre(self) -> Matrix:
        """h, its gradient, the chance of the word so far, and the loss."""
        items: dict[int, Item] = {0: self.vector("v[0]", self.dim, title="h = v")}
        if self.act == "gradient":
            items[1] = self.vector("dh", self.dim, title="Σ q θ")
        elif self.act == "step":
            items[1] = self.vector("dv[0]", self.dim, title="dv = Σ q θ")
        made_from = (*(f"theta[{j}]" for j in range(len(self.code.nodes))), "v[0]")
        items[2] = self.score("P", made_from, f"p({self.node(self.tree.target)})")
        items[3] = self.score("L", made_from, "L")
        return flow("centre", items, 8, self.say("centre"))

    def chances(self) -> dict[str, list[float]]:
        """p of every word by its head in the table, [] where it is not known yet: in the step both before and after."""
        if self.building:
            return {"p": []}
        v, Theta = self.params["v"], self.params["Theta"].copy()
        before = self.tree.chances(v, Theta)
        if self.act == "path" and self.view.loop("j") != len(self.code.bits) - 1:
            return {"p": []}
        if self.act != "step":
            return {"p": before}
        moved = self.view.get("v[0]")
        if moved is None or self.view.loop("j") != len(self.code.bits) - 1 or "L" not in self.view.written:
            return {"before": before, "after": []}
        for j, node in enumerate(self.code.nodes):
            Theta[node] = self.view.get(f"theta[{j}]")
        return {"before": before, "after": self.tree.chances(moved, Theta)}

    def codes(self) -> Table:
        """Every word: its count, its code, its chances, before the step and after it; they add up to 1."""
        tree, whole, chances, rows = self.tree, self.last == self.tree.root, self.chances(), []
        for word, name in enumerate(tree.words):
            code = "".join(map(str, tree.codes[word].bits)) if whole else "·"
            shown = [five(chance[word]) if chance else "·" for chance in chances.values()]
            rows.append((name, str(tree.counts[word]), code, *shown))
        if whole:
            sums = [f"{sum(chance):.6f}" if chance else "·" for chance in chances.values()]
            rows.append(("Σ", str(tree.counts[tree.root]), "", *sums))
        heads = tuple(self.say(head) for head in ("word", "count", "code", *chances))
        return Table(id="codes", priority=5, heads=heads, rows=rows, lit=tree.target if whole else None)

    def cost(self) -> Table:
        """Dot products for one pair, by the size of the vocabulary."""
        sizes = (self.V, 10_000, 1_000_000)
        heads = (self.say("cost"), *(f"V = {size:,}" for size in sizes))
        rows = [
            (self.say("full"), *(f"{size:,}" for size in sizes)),
            (self.say("tree"), *(f"{ceil(log2(size))}" for size in sizes)),
            (self.say("negatives"), *("6" for _ in sizes)),
        ]
        return Table(id="cost", priority=3, heads=heads, rows=rows)

    def show_build(self) -> Stage:
        return [self.law("merge"), self.drawing(), self.merged(), self.codes()]

    def on_path(self, *ops: str) -> Stage:
        """Acts 2 to 4: the questions on the path to the target."""
        return [self.law(*ops), self.drawing(), self.questions(), self.centre(), self.cost(), self.codes()]

    def show_path(self) -> Stage:
        return self.on_path("s", "P")

    def show_gradient(self) -> Stage:
        return self.on_path("q_node", "dtheta")

    def show_step(self) -> Stage:
        return self.on_path("theta", "v")

    def fields(self) -> dict[str, Any]:
        """The fields that the text of `hierarchical-softmax` may use."""
        words, codes, bits = self.tree.words, self.tree.codes, self.code.bits
        return {
            "V": self.V, "inner": self.V - 1, "merged": 0 if self.n is None else self.n - self.V + 1,
            "target": self.node(self.tree.target), "bits": " ".join(map(str, bits)), "J": len(bits),
            "first": words[0], "last": words[-1], "long": len(codes[-1].bits), "rate": f"{float(self.knobs['rate']):g}",
        }  # fmt: skip
