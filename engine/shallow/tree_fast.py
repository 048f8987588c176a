"""Growing a decision tree at full speed, on the host: every column is sorted once, and every cut measured at once.

x (N, M) points, classes (N,) from 0 below C. The tree is that of `tree.grow`, node by node.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.device import HOST, HostArray
from engine.maths.selecting import TIE, halfway
from engine.shallow.tree import Limits, Node, Tree, impurity_of

xp = HOST.xp


class _Leaf(NamedTuple):
    """A leaf that may be split: `order` (M, n) has the numbers of its points, sorted by each column."""

    order: HostArray
    worth: float


def grow(x: HostArray, classes: HostArray, kinds: int, limits: Limits) -> Tree:
    """The whole tree. `kinds` is C, the number of classes."""
    columns = xp.ascontiguousarray(x.T)
    order = xp.argsort(columns, axis=1, kind="stable")
    root, leaf = _measured(columns, classes, kinds, order, 0, limits)
    nodes, open_leaves = [root], {0: leaf} if leaf else {}
    while open_leaves and (len(nodes) + 1) // 2 < limits.leaves:
        most = max(leaf.worth for leaf in open_leaves.values())
        chosen = next(n for n, leaf in sorted(open_leaves.items()) if leaf.worth >= most - TIE)
        order, parent, new = open_leaves.pop(chosen).order, nodes[chosen], len(nodes)
        goes_left = columns[parent.feature] <= parent.place
        for n, side in enumerate((goes_left, ~goes_left), new):
            some = order[side[order]].reshape(len(order), -1)
            node, below = _measured(columns, classes, kinds, some, parent.depth + 1, limits)
            nodes.append(node)
            if below:
                open_leaves[n] = below
        nodes[chosen] = parent._replace(left=new, right=new + 1)
    return Tree(tuple(nodes))


def _measured(
    columns: HostArray, classes: HostArray, kinds: int, order: HostArray, depth: int, limits: Limits
) -> tuple[Node, _Leaf | None]:
    """A node, with its best cut if it can be split: then also as a leaf to split."""
    counts = xp.bincount(classes[order[0]], minlength=kinds).astype(float)
    size = order.shape[1]
    G = float(impurity_of(xp, limits.impurity, counts[None, :] / size)[0, 0])
    node = Node(depth, tuple(counts.tolist()), G)
    if depth >= limits.depth or (counts > 0).sum() < 2:
        return node, None
    values = xp.take_along_axis(columns, order, axis=1)
    differ = values[:, :-1] < values[:, 1:]
    if not differ.any():
        return node, None
    gains = xp.where(differ, G - _after(classes[order], counts, limits.impurity) / size, -xp.inf).ravel()
    best = int(xp.argmax(gains >= gains.max() - TIE))
    f, i = divmod(best, size - 1)
    place = float(halfway(values[f, i : i + 1], values[f, i + 1 : i + 2])[0])
    node = node._replace(gain=float(gains[best]), feature=f, place=place)
    return node, _Leaf(order, size / columns.shape[1] * node.gain)


def _after(sorted_classes: HostArray, counts: HostArray, impurity: str) -> HostArray:
    """n_L G_L + n_R G_R (M, n − 1) of a cut after each of the sorted points."""
    size = sorted_classes.shape[1]
    left = xp.arange(1.0, size)
    sums = [xp.zeros((len(sorted_classes), size - 1)) for _ in range(2)]
    for kind in xp.flatnonzero(counts):
        below = xp.cumsum(sorted_classes[:, :-1] == kind, axis=1, dtype=float)
        for total, count in zip(sums, (below, counts[kind] - below), strict=True):
            total += count * (count if impurity == "gini" else xp.log2(xp.maximum(count, 1e-300)))
    found: HostArray
    if impurity == "gini":
        found = size - sums[0] / left - sums[1] / (size - left)
    else:
        found = left * xp.log2(left) + (size - left) * xp.log2(size - left) - sums[0] - sums[1]
    return found
