"""Binary trees over words, with labels at any node, and what a tree's shape says of a net on it.

Nodes count from 1: the leaves first, in the order in which they are read, then the inner nodes, each after both of its
children; the last is the root. Several trees are one forest, whose nodes go on counting from tree to tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Union


class Leaf(NamedTuple):
    """A word by its number, and the class it is labelled with, −1 for none."""

    word: int
    label: int = -1


class Pair(NamedTuple):
    """A node over two others, and the class it is labelled with, −1 for none."""

    left: Branch
    right: Branch
    label: int = -1


Branch = Union[Leaf, Pair]  # noqa: UP007 - an alias that names itself cannot be written with |


class Node(NamedTuple):
    """A node by number: its children, 0 and 0 for a leaf; its word, −1 for an inner node; its label, −1 for none."""

    left: int
    right: int
    word: int
    label: int

    @property
    def inner(self) -> bool:
        return self.left > 0


Forest = tuple[Node, ...]
"""The nodes of one tree or several; node n is forest[n − 1]."""


def numbered(root: Branch) -> Forest:
    """A tree's nodes by number. Runs without recursion: a tree may be deep."""
    leaves: list[Leaf] = []
    inner: list[tuple[int, int, int]] = []  # children as ±numbers: leaves from 1 on, inner nodes from −1 down
    made: list[int] = []
    waiting: list[tuple[Branch, bool]] = [(root, False)]
    while waiting:
        branch, ready = waiting.pop()
        if isinstance(branch, Leaf):
            leaves.append(branch)
            made.append(len(leaves))
        elif ready:
            right, left = made.pop(), made.pop()
            inner.append((left, right, branch.label))
            made.append(-len(inner))
        else:
            waiting += [(branch, True), (branch.right, False), (branch.left, False)]
    first = len(leaves)
    nodes = [Node(0, 0, leaf.word, leaf.label) for leaf in leaves]
    for left, right, label in inner:
        low, high = (n if n > 0 else first - n for n in (left, right))
        nodes.append(Node(low, high, -1, label))
    return tuple(nodes)


def together(trees: Sequence[Forest]) -> Forest:
    """Several trees as one forest: the numbers of each go on from those of the tree before."""
    found: list[Node] = []
    for tree in trees:
        by = len(found)
        found += [node._replace(left=node.left + by, right=node.right + by) if node.inner else node for node in tree]
    return tuple(found)


def heights(forest: Forest) -> list[int]:
    """Of every node, in order: 0 for a leaf, else one more than its higher child."""
    found: list[int] = []
    for node in forest:
        found.append(1 + max(found[node.left - 1], found[node.right - 1]) if node.inner else 0)
    return found


def parents(forest: Forest) -> list[int]:
    """The node that each hangs on, in order; 0 for a root."""
    found = [0] * len(forest)
    for n, node in enumerate(forest, 1):
        if node.inner:
            found[node.left - 1] = found[node.right - 1] = n
    return found


def distances(forest: Forest) -> list[int]:
    """How many nodes stand above each, in order: so often its error has met W on its way from the root."""
    above, found = parents(forest), [0] * len(forest)
    for n in range(len(forest), 0, -1):
        found[n - 1] = found[above[n - 1] - 1] + 1 if above[n - 1] else 0
    return found


def balanced(leaves: Sequence[Branch]) -> Branch:
    """A tree over these leaves that is as flat as can be: the left half and the right half, and so on."""
    if len(leaves) == 1:
        return leaves[0]
    half = (len(leaves) + 1) // 2
    return Pair(balanced(leaves[:half]), balanced(leaves[half:]))


def leaning(leaves: Sequence[Branch]) -> Branch:
    """The chain: every right child is a leaf, every left child all that was read before it."""
    whole = leaves[0]
    for leaf in leaves[1:]:
        whole = Pair(whole, leaf)
    return whole
