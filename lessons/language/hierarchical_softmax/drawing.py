"""Huffman's tree as a panel: merged nodes over their children, the path to the target among them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.device import HOST, HostArray
from engine.maths.activations import sigmoid
from lessons.building.stage_parts import subscripted
from lessons.contract.panels import Branch, Tree
from lessons.explaining.figures import five
from lessons.language.hierarchical_softmax.word_tree import WordTree


def drawn(tree: WordTree, last: int, here: Collection[int], scores: Mapping[int, HostArray] | None) -> Tree:
    """The tree as far as node `last` is merged; `here` are the nodes at work.

    `scores` are those known of merged nodes on the path: what each of their children is reached by. Where they are
    None, no path is walked yet, and none is drawn.
    """
    V, known = len(tree.words), scores or {}
    path = set() if scores is None else {*(V + n for n in tree.code.nodes), tree.target}
    above = {child: (V + n, bit) for n, pair in enumerate(tree.children) for bit, child in enumerate(pair)}

    def branch(node: int) -> Branch:
        name = tree.words[node] if node < V else subscripted("n", node)
        parent, bit = above.get(node, (-1, 0))
        chance = five(float(sigmoid(HOST.xp, (1 - 2 * bit) * known[parent]))) if parent in known else ""
        return Branch(
            str(node), f"{name} {tree.counts[node]}", str(parent), str(bit), chance,
            path=node in path, written=node in here, shown=node <= last or node < V,
        )  # fmt: skip

    order, waiting = [], [tree.root]
    while waiting:
        node = waiting.pop()
        order.append(branch(node))
        waiting += reversed(tree.children[node - V]) if node >= V else ()
    return Tree(id="tree", priority=9, nodes=order)
