"""The gradient of `trees.recursive` where speed counts: all nodes of one height, of all trees, in one product.

What makes it fast: nodes lie in rows by height, so a height is a slice, and its children are taken by an array of
indices; leaves lie by word, so ∂E/∂L is a sum over slices. A test holds it equal to the walk, a benchmark shows the
need.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from engine.device import HOST, Array, HostArray
from engine.maths.activations import Activation, log_softmax
from engine.trees.recursive import Theta
from engine.trees.tree import Forest, heights

xp = HOST.xp


class Arrays(NamedTuple):
    """One tree as arrays, nodes from 0: children (N, 2), words, labels and heights (N); −1 where there is none."""

    children: HostArray
    words: HostArray
    labels: HostArray
    heights: HostArray


def arrays(tree: Forest) -> Arrays:
    """The arrays of a tree; made once, for `plan`."""
    given = xp.array(tree)
    return Arrays(given[:, :2] - 1, given[:, 2], given[:, 3], xp.array(heights(tree)))


class Plan(NamedTuple):
    """A batch of trees by height. Rows: leaves by word first, then every height in turn.

    `words` and `starts` say which words occur and where their leaves begin; `children` of height h are rows, left and
    right in turn, of the nodes in `levels[h]`; `labelled` rows have the classes `labels`; tree i's root is `roots[i]`.
    """

    size: int
    leaves: int
    words: HostArray
    starts: HostArray
    word: HostArray
    levels: list[slice]
    children: list[HostArray]
    labelled: HostArray
    labels: HostArray
    roots: HostArray
    B: int


def plan(trees: Sequence[Arrays]) -> Plan:
    """The rows of a batch."""
    sizes = xp.array([len(tree.words) for tree in trees])
    ends = xp.cumsum(sizes)
    by = xp.repeat(ends - sizes, sizes)[:, None]
    children, words, labels, height = (xp.concatenate(each) for each in zip(*trees, strict=True))
    order = xp.lexsort((words, height))
    row = xp.empty_like(order)
    row[order] = xp.arange(len(order))
    sorted_height = height[order]
    bounds = xp.searchsorted(sorted_height, xp.arange(int(sorted_height[-1]) + 2))
    levels = [slice(int(a), int(b)) for a, b in pairwise(bounds[1:])]
    both = row[(children + by)[order]]
    word = words[order[: bounds[1]]]
    present, starts = xp.unique(word, return_index=True)
    labelled = xp.flatnonzero(labels[order] >= 0)
    return Plan(
        len(order), int(bounds[1]), present, starts, word, levels, [both[level].reshape(-1) for level in levels],
        labelled, labels[order][labelled], row[ends - 1], len(trees),
    )  # fmt: skip


class Passed(NamedTuple):
    """A forward pass in rows: p of every node, and the pairs (N, 2H) that the inner nodes read."""

    p: HostArray
    x: HostArray


def forward(f: Activation, theta: Theta, plan: Plan) -> Passed:
    """p of every node, height by height."""
    H, first = theta["b"].shape[0], plan.leaves
    p, x = xp.empty((plan.size, H)), xp.empty((plan.size - first, 2 * H))
    p[:first] = theta["L"].T[plan.word]
    W, b = theta["W"].T, theta["b"][:, 0]
    for level, children in zip(plan.levels, plan.children, strict=True):
        pairs = x[level.start - first : level.stop - first]
        xp.take(p, children, axis=0, out=pairs.reshape(-1, H), mode="clip")
        p[level] = f.f(xp, pairs @ W + b)
    return Passed(p, x)


def scores(theta: Theta, p: HostArray) -> HostArray:
    """z = V p + c of some nodes, (N, K)."""
    z: HostArray = p @ theta["V"].T + theta["c"][:, 0]
    return z


def gradient(f: Activation, theta: Theta, plan: Plan) -> tuple[dict[str, Array], float]:
    """∂E/∂θ and E of a batch, E as in the walk: the sum over all labels divided by the number of trees."""
    W, V, first = theta["W"], theta["V"], plan.leaves
    H, (p, x), B = W.shape[0], forward(f, theta, plan), plan.B
    answered, n = p[plan.labelled], xp.arange(len(plan.labels))
    logs = log_softmax(xp, scores(theta, answered).T).T
    e = xp.exp(logs)
    e[n, plan.labels] -= 1
    e /= B
    by_p = xp.zeros_like(p)
    by_p[plan.labelled] = e @ V
    delta = xp.empty((plan.size - first, H))
    for level, children in zip(reversed(plan.levels), reversed(plan.children), strict=True):
        own = delta[level.start - first : level.stop - first]
        xp.multiply(by_p[level], f.slope(xp, p[level]), out=own)
        by_p[children] += (own @ W).reshape(-1, H)
    dL = xp.zeros((theta["L"].shape[1], H))
    dL[plan.words] = xp.add.reduceat(by_p[:first], plan.starts, axis=0)
    grad = {"L": dL.T, "W": delta.T @ x, "b": xp.sum(delta, axis=0)[:, None]}
    return {**grad, "V": e.T @ answered, "c": xp.sum(e, axis=0)[:, None]}, -float(logs[n, plan.labels].sum()) / B


def right(f: Activation, theta: Theta, plan: Plan) -> HostArray:
    """Whether the root of each tree has its largest score at its label."""
    p, labels = forward(f, theta, plan).p, xp.full(plan.size, -1)
    labels[plan.labelled] = plan.labels
    found: HostArray = scores(theta, p[plan.roots]).argmax(axis=1) == labels[plan.roots]
    return found
