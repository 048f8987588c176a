"""A decision tree that is grown cut by cut (CART; slide 4; Breiman, Friedman, Olshen and Stone 1984).

    x        (N, M)  points                 Y     (N, C)  their classes, one 1 a row     kind  (C, 1)  the classes
    leaf     (N, 1)  the node that a point is in           axis  (M, 1)  the columns of x, from 1
    node     (K, 1)  the numbers of the nodes, from 0: split s = 1, 2, … makes nodes 2s − 1 (left) and 2s (right)
    inside[n]        (N, 1)  1 for the points of node n    count[n]      (C, 1)  how many of each class they are
    G[n]             (1, 1)  impurity of the node          says[n]       (1, 1)  the class of most of them
    g[n], t[n]       (T, 1)  its candidate cuts: x in column g is at most t, or above
    cL[n], cR[n]     (T, C)  counts left and right of each cut           GL[n], GR[n]  (T, 1)  their impurities
    gain[n]          (T, 1)  impurity before less after    cut[n]        (1, 1)  the first of the largest gains
    feature, place, worth, open  (K, 1)  by node: its best cut; the gain times the node's share of all points; whether
                                 it can be split
    chosen[s]        (1, 1)  the open node worth most      right[s]      (N, 1)  1 for its points that go right

Grown best-first: of all leaves the one is split whose best cut takes most impurity from the whole. A leaf can be split
if it has two classes, is not too deep and has points that differ; also by a cut that gains nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray
from engine.maths import selecting
from engine.walks.step import Path, Step, Walk

IMPURITIES: Mapping[str, str] = {
    "gini": "1 - {sum}({p}**2)",
    "entropy": "-{sum}({p} * log(maximum({p}, 1e-300))) / log(2)",
}
"""The rules of impurities: of p, the shares of the classes, summed by `sum`."""


def rules(impurity: str) -> dict[str, str]:
    """The rule of every op below."""
    form = IMPURITIES[impurity]
    shares = {"G": "(count[n] / sum(count[n]))", "GL": "(cL[n] / row_sum(cL[n]))", "GR": "(cR[n] / row_sum(cR[n]))"}
    measured = {op: form.format(sum="sum" if op == "G" else "row_sum", p=p) for op, p in shares.items()}
    return {
        "inside": "inside[n] = (leaf == n)",
        "count": "count[n] = Y.T @ inside[n]",
        "label": "says[n] = at(kind, argmax(count[n]))",
        "impurity": f"G[n] = {measured['G']}",
        "g": "g[n] = cut_axis(x, inside[n])",
        "t": "t[n] = cut_place(x, inside[n])",
        "cL": "cL[n] = below(x, g[n], t[n]) @ (inside[n] * Y)",
        "cR": "cR[n] = count[n].T - cL[n]",
        "GL": f"GL[n] = {measured['GL']}",
        "GR": f"GR[n] = {measured['GR']}",
        "gain": "gain[n] = G[n] - (row_sum(cL[n]) * GL[n] + row_sum(cR[n]) * GR[n]) / sum(count[n])",
        "cut": "cut[n] = argmax(gain[n])",
        "feature": "feature = feature + (node == n) * at(g[n], cut[n])",
        "place": "place = place + (node == n) * at(t[n], cut[n])",
        "worth": "worth = worth + (node == n) * sum(count[n]) / N * at(gain[n], cut[n])",
        "open": "open = open + (node == n)",
        "chosen": "chosen[s] = argmax(worth, open)",
        "right": "right[s] = (leaf == chosen[s]) * (x @ (axis == at(feature, chosen[s])) > at(place, chosen[s]))",
        "leaf": "leaf = leaf + (leaf == chosen[s]) * (new[s] - chosen[s]) + right[s]",
        "close": "open = open - (node == chosen[s])",
    }


class Limits(NamedTuple):
    """How a tree is grown: the impurity, the most leaves that it may have, the most cuts on the way to a leaf."""

    impurity: str = "gini"
    leaves: int = 1 << 30
    depth: int = 1 << 30


class Node(NamedTuple):
    """A node: its depth, how many of each class are in it, its impurity, the gain of its best cut (0 if there is none).

    `left` is −1 for a leaf; points whose column `feature`, from 0, is at most `place` go to it, others to `right`.
    """

    depth: int
    counts: tuple[float, ...]
    impurity: float
    gain: float = 0.0
    feature: int = 0
    place: float = 0.0
    left: int = -1
    right: int = -1

    @property
    def says(self) -> int:
        """The number of its class; of equally many the first."""
        return self.counts.index(max(self.counts))


class Tree(NamedTuple):
    """A tree by its nodes: the root first, and the two that the s-th split made at 2s − 1 and 2s."""

    nodes: tuple[Node, ...]

    @property
    def leaves(self) -> int:
        """How many leaves it has."""
        return (len(self.nodes) + 1) // 2

    @property
    def depth(self) -> int:
        """Cuts on the longest way to a leaf."""
        return max(node.depth for node in self.nodes)

    def cut_off(self, splits: int) -> Tree:
        """The tree as it was after so many splits."""
        kept = self.nodes[: 2 * splits + 1]
        return Tree(tuple(n if n.left < len(kept) else n._replace(left=-1, right=-1) for n in kept))


def state(device: Device, count: int, limits: Limits) -> dict[str, Array]:
    """What the rules read that is there before the first step: for `count` points, by symbol."""
    nodes = 2 * min(count, limits.leaves) - 1
    node = device.put([[float(n)] for n in range(nodes)])
    zero = device.xp.zeros_like(node)
    leaf = device.put([[0.0]] * count)
    new = {f"new[{s}]": node[2 * s - 1 : 2 * s, :] for s in range(1, (nodes + 1) // 2)}
    return {"node": node, "leaf": leaf, "feature": zero, "place": zero, "worth": zero, "open": zero, **new}


def grow(device: Device, x: Array, Y: Array, kind: Array, axis: Array, limits: Limits, at: Path = ()) -> Walk[Tree]:
    """Split the leaf that is worth most until none can be split or there are as many leaves as there may be."""
    xp, count = device.xp, x.shape[0]
    begun = state(device, count, limits)
    node, leaf, flags = begun["node"], begun["leaf"], begun
    nodes: list[Node] = []
    for s in range(min(count, limits.leaves)):
        here, new = (*at, ("s", s)), [0]
        if s:
            if not device.get(xp.any(flags["open"] > 0)):
                break
            chosen = selecting.argmax(device.get(flags["worth"]), device.get(flags["open"]))
            yield Step(here, "chosen", {f"chosen[{s}]": device.put([[chosen]])})
            parent, new = nodes[chosen], [2 * s - 1, 2 * s]
            above = x @ xp.astype(axis == parent.feature + 1, x.dtype) > parent.place
            right = xp.astype((leaf == chosen) & above, x.dtype)
            yield Step(here, "right", {f"right[{s}]": right})
            leaf = leaf + xp.astype(leaf == chosen, x.dtype) * (2 * s - 1 - chosen) + right
            yield Step(here, "leaf", {"leaf": leaf})
            flags = {**flags, "open": flags["open"] - xp.astype(node == chosen, x.dtype)}
            yield Step(here, "close", {"open": flags["open"]})
            nodes[chosen] = parent._replace(left=new[0], right=new[1])
        depth = nodes[chosen].depth + 1 if s else 0
        for n in new:
            inside = xp.astype(leaf == n, x.dtype)
            found, flags = yield from _measure(device, x, Y, kind, node, flags, inside, limits, n, depth, here)
            nodes.append(found)
    return Tree(tuple(nodes))


def _measure(
    device: Device, x: Array, Y: Array, kind: Array, node: Array, flags: dict[str, Array], inside: Array,
    limits: Limits, n: int, depth: int, at: Path,
) -> Walk[tuple[Node, dict[str, Array]]]:  # fmt: skip
    """A new node: its counts, its impurity, and where it can be split every cut with its gain, and the best."""
    xp, here = device.xp, (*at, ("n", n))
    yield Step(here, "inside", {f"inside[{n}]": inside})
    count = Y.T @ inside
    yield Step(here, "count", {f"count[{n}]": count})
    most = selecting.argmax(device.get(count))
    yield Step(here, "label", {f"says[{n}]": kind[most : most + 1, :]})
    size = xp.sum(count)
    G = impurity_of(xp, limits.impurity, count.T / size)
    yield Step(here, "impurity", {f"G[{n}]": G})
    counts = device.get(count)[:, 0]
    made = Node(depth, tuple(counts.tolist()), float(device.get(G)[0, 0]))
    where = selecting.cut_place(device.get(x), device.get(inside))
    if depth >= limits.depth or (counts > 0).sum() < 2 or not len(where):
        return made, flags
    columns = selecting.cut_axis(device.get(x), device.get(inside))
    yield Step(here, "g", {f"g[{n}]": device.put(columns)})
    yield Step(here, "t", {f"t[{n}]": device.put(where)})
    cL = device.put(selecting.below(device.get(x), columns, where)) @ (inside * Y)
    yield Step(here, "cL", {f"cL[{n}]": cL})
    cR = count.T - cL
    yield Step(here, "cR", {f"cR[{n}]": cR})
    nL, nR = (xp.sum(side, axis=1, keepdims=True) for side in (cL, cR))
    GL = impurity_of(xp, limits.impurity, cL / nL)
    yield Step(here, "GL", {f"GL[{n}]": GL})
    GR = impurity_of(xp, limits.impurity, cR / nR)
    yield Step(here, "GR", {f"GR[{n}]": GR})
    gain = G - (nL * GL + nR * GR) / size
    yield Step(here, "gain", {f"gain[{n}]": gain})
    gains = device.get(gain)
    cut = selecting.argmax(gains)
    yield Step(here, "cut", {f"cut[{n}]": device.put([[cut]])})
    best, this = float(gains[cut, 0]), xp.astype(node == n, x.dtype)
    feature = flags["feature"] + this * float(columns[cut, 0])
    yield Step(here, "feature", {"feature": feature})
    place = flags["place"] + this * float(where[cut, 0])
    yield Step(here, "place", {"place": place})
    worth = flags["worth"] + this * size / x.shape[0] * best
    yield Step(here, "worth", {"worth": worth})
    opened = flags["open"] + this
    yield Step(here, "open", {"open": opened})
    made = made._replace(gain=best, feature=int(columns[cut, 0]) - 1, place=float(where[cut, 0]))
    return made, {**flags, "feature": feature, "place": place, "worth": worth, "open": opened}


def impurity_of(xp: Any, kind: str, p: Array) -> Array:
    """The impurity (T, 1) of shares p (T, C): Gini's, or the entropy in bits."""
    if kind == "gini":
        return 1 - xp.sum(p**2, axis=1, keepdims=True)
    return -xp.sum(p * xp.log(xp.where(p > 1e-300, p, 1e-300 + 0 * p)), axis=1, keepdims=True) / xp.log(2 + 0 * p[0, 0])


def leaf_of(tree: Tree, x: HostArray) -> HostArray:
    """(Q,): the number of the leaf that each of x (Q, M) comes to, on the host."""
    xp = HOST.xp
    columns = zip(*((n.feature, n.place, n.left, n.right) for n in tree.nodes), strict=True)
    feature, place, left, right = (xp.asarray(column) for column in columns)
    at: HostArray = xp.zeros(len(x), dtype=int)
    rows = xp.arange(len(x))
    for _ in range(tree.depth):
        goes = xp.where(x[rows, feature[at]] <= place[at], left[at], right[at])
        at = xp.where(left[at] >= 0, goes, at)
    return at


def classify(tree: Tree, x: HostArray) -> HostArray:
    """(Q,): the class that the tree gives to each of x (Q, M), by its number, on the host."""
    says: HostArray = HOST.xp.asarray([node.says for node in tree.nodes])
    return says[leaf_of(tree, x)]


def way(tree: Tree, x: HostArray) -> list[int]:
    """The nodes that a point x (M,) comes through, from the root to its leaf."""
    found = [0]
    while (node := tree.nodes[found[-1]]).left >= 0:
        found.append(node.left if x[node.feature] <= node.place else node.right)
    return found


def begun(device: Device, y: HostArray, limits: Limits) -> dict[str, Array]:
    """`state` with Y and axis, for points in the plane of two classes: y (N,), ±1, of which −1 comes first."""
    Y = device.put([[float(each < 0), float(each > 0)] for each in y])
    return {"Y": Y, "axis": device.put([[1.0], [2.0]]), **state(device, len(y), limits)}
