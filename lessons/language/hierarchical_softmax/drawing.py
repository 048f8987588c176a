"""Huffman's tree drawn: every merged node over its two children, the path to the target in thick lines."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.device import HOST, HostArray
from engine.maths.activations import sigmoid
from lessons.building.stage_parts import subscripted
from lessons.contract.panels import Picture
from lessons.explaining.figures import cells, five
from lessons.language.hierarchical_softmax.word_tree import WordTree

WIDEST = 84
"""Cells that a drawn tree may take; a wider one is told by its codes alone."""
TALL = 3
"""Lines from a node to its children."""
Marks = list[tuple[int, int, str, str]]


class TreeDrawing:
    """A tree as far as node `last` is merged; `here` are the nodes at work.

    `scores` are those known of merged nodes on the path: what each of their children is reached by. Where they are
    None, no path is walked yet, and none is drawn.
    """

    def __init__(
        self, tree: WordTree, last: int, here: Collection[int], scores: Mapping[int, HostArray] | None
    ) -> None:
        self.tree, self.last, self.here, self.scores = tree, last, here, scores or {}
        self.V = len(tree.words)
        walked = () if scores is None else (*(self.V + n for n in tree.code.nodes), tree.target)
        self.path = frozenset(walked)
        self.leaves = sorted(range(self.V), key=lambda leaf: tree.codes[leaf].bits)
        self.merged = {child for pair in tree.children[: last - self.V + 1] for child in pair}

    def picture(self) -> list[Picture]:
        """The picture, or none where the tree is too wide."""
        wide = max(cells(word) for word in self.tree.words) + 5
        if wide * self.V > WIDEST:
            return []
        column, level = self.columns(wide), self.levels()
        marks: Marks = []
        for n in range(self.V, self.last + 1):
            marks += self.fork(n, column, TALL * level[n])
        bottom = TALL * max(level.values())
        for leaf in self.leaves:
            name = f"{self.tree.words[leaf]} {self.tree.counts[leaf]}"
            name, ink = (f"[{name}]", "head") if leaf in self.path else (name, "")
            y = TALL * level[leaf] if leaf in self.merged else bottom
            marks.append((y, max(0, column[leaf] - cells(name) // 2), name, ink))
        return [Picture(id="tree", priority=9, marks=marks)]

    def columns(self, wide: int) -> dict[int, int]:
        """The column of every node: words side by side in the order of their codes, others between their children."""
        found = {leaf: wide * i + wide // 2 for i, leaf in enumerate(self.leaves)}
        for n, (a, b) in enumerate(self.tree.children, self.V):
            found[n] = (found[a] + found[b]) // 2
        return found

    def levels(self) -> dict[int, int]:
        """How far every node is below the root."""
        found = {self.tree.root: 0}
        for n in range(self.tree.root, self.V - 1, -1):
            found |= dict.fromkeys(self.tree.children[n - self.V], found[n] + 1)
        return found

    def fork(self, n: int, column: Mapping[int, int], y: int) -> Marks:
        """A merged node, and the lines to its two children with their bits and, where known, their chances."""
        x, on_path = column[n], n in self.path
        name = f"{'►' if n in self.here else ''}{subscripted('n', n)} {self.tree.counts[n]}"
        found: Marks = [(y, max(0, x - cells(name) // 2), name, "written" if n in self.here else "label")]
        for bit, child in enumerate(self.tree.children[n - self.V]):
            thick, there = on_path and child in self.path, column[child]
            line, corner = ("━", "┏┓") if thick else ("─", "┌┐")
            ink = "forward" if thick else "dim"
            low, high = sorted((x, there))
            found.append((y + 1, low, line * (high - low + 1), ink))
            found.append((y + 1, there, corner[bit], ink))
            found.append((y + 1, there + (2 if bit == 0 else -2), str(bit), "head" if thick else "dim"))
            if n in self.scores:
                chance = float(sigmoid(HOST.xp, (1 - 2 * bit) * self.scores[n]))
                found.append((y + 2, max(0, there - 2), five(chance), ink))
            else:
                found.append((y + 2, there, "┃" if thick else "│", ink))
        found.append((y + 1, x, "┻" if on_path else "┴", "dim"))
        return found
