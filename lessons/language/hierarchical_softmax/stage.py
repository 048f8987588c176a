"""The stages of `hierarchical-softmax`: the tree, the questions on the way, the chances of all words, the cost."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, log2
from typing import Any, Protocol

import numpy as np

from engine.device import HOST
from engine.maths.activations import sigmoid
from engine.words.huffman import HuffmanCode, Tree
from lessons.building.stage_parts import Parts, Rules, laws, subscripted
from lessons.contract.panels import Item, Label, Matrix, Picture, Row, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import cells, five

WIDEST = 84
"""Cells that a drawn tree may take; a wider one is told by its codes alone."""


class Known(Protocol):
    """What the experiment knows of its words."""

    @property
    def words(self) -> tuple[str, ...]: ...
    @property
    def counts(self) -> tuple[int, ...]: ...
    @property
    def tree(self) -> Tree: ...
    @property
    def ways(self) -> tuple[HuffmanCode, ...]: ...
    @property
    def target(self) -> int: ...
    @property
    def way(self) -> HuffmanCode: ...


class Shown(Parts):
    """A position in the tree."""

    def __init__(self, view: View, text: Text, known: Known, chances: Mapping[str, list[float]]) -> None:
        super().__init__(view, text)
        self.known_words, self.chances = known, chances
        self.V, self.D = len(known.words), view.start.params["v"].shape[0]
        building = view.act == "build"
        n = view.loop("n")
        self.built = (n if n is not None else self.V - 1) if building else known.tree.root

    def node(self, n: int) -> str:
        """The name of a merged node: n₅ is what count₅ counts, and the root is the last."""
        return subscripted("n", n)

    def tree(self) -> list[Picture]:
        """The tree as far as it is built, the way to the target thick."""
        leaves = self._leaves(self.known_words.tree.root)
        wide = max(cells(self.known_words.words[leaf]) for leaf in leaves) + 5
        if wide * self.V > WIDEST:
            return []
        where: dict[int, int] = {leaf: wide * i + wide // 2 for i, leaf in enumerate(leaves)}
        depth = {leaf: len(self.known_words.ways[leaf].bits) for leaf in leaves}
        bottom = max(depth.values())
        level: dict[int, int] = {}
        self._place(self.known_words.tree.root, 0, where, level)
        marks: list[tuple[int, int, str, str]] = []
        path = {self.V + n for n in self.known_words.way.nodes} | {self.known_words.target}
        for n, (a, b) in enumerate(self.known_words.tree.children, self.V):
            if n > self.built:
                continue
            marks += self._fork(n, (a, b), where, level, path)
        for leaf in leaves:
            on = leaf == self.known_words.target and self.view.act != "build"
            y = 3 * level[leaf] if self._hangs(leaf) else 3 * bottom
            name = f"{self.known_words.words[leaf]} {self.known_words.counts[leaf]}"
            name = f"[{name}]" if on else name
            marks.append((y, max(0, where[leaf] - cells(name) // 2), name, "head" if on else ""))
        return [Picture(id="tree", priority=9, marks=marks)]

    def _leaves(self, n: int) -> list[int]:
        if n < self.V:
            return [n]
        a, b = self.known_words.tree.children[n - self.V]
        return [*self._leaves(a), *self._leaves(b)]

    def _hangs(self, leaf: int) -> bool:
        """Whether a leaf has been merged already."""
        return any(leaf in pair for pair in self.known_words.tree.children[: max(0, self.built - self.V + 1)])

    def _place(self, n: int, depth: int, where: dict[int, int], level: dict[int, int]) -> None:
        level[n] = depth
        if n >= self.V:
            a, b = self.known_words.tree.children[n - self.V]
            self._place(a, depth + 1, where, level)
            self._place(b, depth + 1, where, level)
            where[n] = (where[a] + where[b]) // 2

    def _fork(
        self, n: int, children: tuple[int, int], where: dict[int, int], level: dict[int, int], path: set[int]
    ) -> list[tuple[int, int, str, str]]:
        """A merged node, and the lines to its two children with their bits and, where known, their chances."""
        y, x = 3 * level[n], where[n]
        walking = self.view.act != "build"
        count = sum(self.known_words.counts[leaf] for leaf in self._leaves(n))
        written = f"count[{n}]" in self.view.written
        j = self.known_words.way.nodes.index(n - self.V) if n in path and n >= self.V else None
        here = walking and j is not None and self.view.loop("j") == j
        name = f"{'►' if written or here else ''}{self.node(n)} {count}"
        found = [(y, max(0, x - cells(name) // 2), name, "written" if written or here else "label")]
        for bit, child in enumerate(children):
            thick = walking and child in path and n in path
            line, corner = ("━", "┏┓") if thick else ("─", "┌┐")
            ink = "forward" if thick else "dim"
            low, high = sorted((x, where[child]))
            found.append((y + 1, low, line * (high - low + 1), ink))
            found.append((y + 1, where[child], corner[bit], ink))
            found.append((y + 1, where[child] + (2 if bit == 0 else -2), str(bit), "head" if thick else "dim"))
            a = self.number(f"a[{j}]") if walking and j is not None else None
            if a is not None and self.standing(f"a[{j}]", f"theta[{j}]", "v[0]"):
                chance = float(sigmoid(HOST.xp, np.array((1 - 2 * bit) * a)))
                found.append((y + 2, max(0, where[child] - 2), five(chance), ink))
            else:
                found.append((y + 2, where[child], "┃" if thick else "│", ink))
        found.append((y + 1, x, "┻" if walking and n in path else "┴", "dim"))
        return found

    def merged(self) -> Matrix:
        """The merge at work, and the centre's vector, which the next acts will ask about."""
        n = self.view.loop("n")
        items: dict[int, Item] = {}
        if n is not None:
            a, b = self.known_words.tree.children[n - self.V]
            items |= {
                0: self.scalar(f"count_a[{n}]", title=self._named(a)),
                1: self.scalar(f"count_b[{n}]", title=self._named(b)),
                2: self.scalar(f"count[{n}]", title=self.node(n)),
            }
        items[3] = self.vector("v[0]", self.D, "row", title=f"{self.say('centre')} v")
        return Matrix(id="merged", priority=8, rows=[Row("", items)])

    def _named(self, n: int) -> str:
        return self.known_words.words[n] if n < self.V else self.node(n)

    def questions(self) -> Matrix:
        """One line for each node on the way: its vector, its score, which bit, how likely, its error, its gradient."""
        rows = []
        way = self.known_words.way
        for j, (node, bit) in enumerate(zip(way.nodes, way.bits, strict=True)):
            heads = j == 0
            vector = f"theta[{j}]" if self.view.act == "step" else f"node[{node}]"
            of = (f"theta[{j}]", "v[0]")
            items: dict[int, Item] = {
                0: self.vector(vector, self.D, "row", title="θ" if heads else ""),
                1: Label(f"{self.say('bit')} {bit}"),
                2: self.score(f"a[{j}]", of, "θ·h" if heads else ""),
                3: self.score(f"s[{j}]", of, "σ(±)" if heads else ""),
                4: self.score(f"q[{j}]", of, "q" if heads else ""),
            }
            if self.view.act != "path":
                items[5] = self.vector(f"dtheta[{j}]", self.D, title="dθ = q h" if heads else "")
            rows.append(Row(self.node(self.V + node), items, mark=self.view.loop("j") == j))
        return Matrix(id="questions", priority=10, rows=rows)

    def centre(self) -> Matrix:
        """h, the chance of the word so far, and the loss."""
        items: dict[int, Item] = {0: self.vector("v[0]", self.D, "row", title="h = v")}
        if self.view.act == "gradient":
            items[1] = self.vector("dh", self.D, title="Σ q θ")
        elif self.view.act == "step":
            items[1] = self.vector("dv[0]", self.D, title="dv = Σ q θ")
        of = (*(f"theta[{j}]" for j in range(len(self.known_words.way.nodes))), "v[0]")
        items[2] = self.score("P", of, f"p({self.known_words.words[self.known_words.target]})")
        items[3] = self.score("L", of, "L")
        return Matrix(id="centre", priority=8, rows=[Row(self.say("centre"), items)])

    def codes(self) -> Table:
        """Every word: its count, its code, its chances, before the step and after it; they add up to 1."""
        known = self.known_words
        whole = self.built == known.tree.root
        rows = []
        for i, word in enumerate(known.words):
            code = "".join(map(str, known.ways[i].bits)) if whole else "·"
            shown = [five(chance[i]) if chance else "·" for chance in self.chances.values()]
            rows.append((word, str(known.counts[i]), code, *shown))
        if whole:
            sums = [f"{sum(chance):.6f}" if chance else "·" for chance in self.chances.values()]
            rows.append(("Σ", str(sum(known.counts)), "", *sums))
        heads = (self.say("word"), self.say("count"), self.say("code"), *(self.say(head) for head in self.chances))
        return Table(id="codes", priority=5, heads=heads, rows=rows, lit=known.target if whole else None)

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


def panels(view: View, text: Text, rules: Rules, known: Known, chances: Mapping[str, list[float]]) -> Stage:
    """The panels of a position."""
    shown = Shown(view, text, known, chances)
    if view.act == "build":
        return [laws(rules, "merge"), *shown.tree(), shown.merged(), shown.codes()]
    ops = {"path": ("s", "P"), "gradient": ("q_node", "dtheta"), "step": ("theta", "v")}[view.act]
    return [laws(rules, *ops), *shown.tree(), shown.questions(), shown.centre(), shown.cost(), shown.codes()]


def says(view: View, text: Text, known: Known) -> dict[str, Any]:
    """The fields that the text of `hierarchical-softmax` may use."""
    n = view.loop("n")
    return {
        "V": len(known.words), "target": known.words[known.target], "J": len(known.way.bits),
        "bits": " ".join(map(str, known.way.bits)), "rate": f"{float(view.knobs['rate']):g}",
        "first": known.words[0], "last": known.words[-1], "long": len(known.ways[-1].bits),
        "inner": len(known.words) - 1, "merged": 0 if n is None else n - len(known.words) + 1,
    }  # fmt: skip
