"""Neighbours, trees and support-vector machines beside scikit-learn's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Device, HostArray
from engine.shallow import boosting, boosting_fast, margin_fast, neighbours, tree, tree_fast
from engine.shallow.margin import Kernel
from engine.shallow.tree import Limits
from lessons.data.pictures.digits import split
from lessons.data.scatter import CLASSES, scatter

pytestmark = pytest.mark.peer

peers: Any = pytest.importorskip("sklearn.neighbors", reason="no scikit-learn here: pip install 'unroll-nn[peers]'")
trees: Any = pytest.importorskip("sklearn.tree")
svm: Any = pytest.importorskip("sklearn.svm")

SETS = [(kind, noise, seed) for kind in CLASSES for noise in (0, 15) for seed in range(2)]


def points(kind: str, noise: float, seed: int, count: int = 200) -> tuple[HostArray, HostArray]:
    x, y = scatter(kind, seed, count, noise)
    return x, y.astype(int)


@pytest.mark.parametrize("k", [1, 5, 20])
@pytest.mark.parametrize("at", SETS[::3], ids=str)
def test_neighbours_are_exactly_those(at: tuple[str, float, int], k: int, device: Device) -> None:
    x, y = points(*at)
    q, _ = points(at[0], at[1], at[2] + 100)
    peer = peers.KNeighborsClassifier(n_neighbors=k, algorithm="brute").fit(x, y)
    distances, _ = peer.kneighbors(q, k + 1)
    clear = (np.diff(distances, axis=1) > 1e-9).all(axis=1)  # of equal distances anyone may come first
    assert clear.mean() > 0.8
    found = device.get(neighbours.nearest(device.xp, device.put(x), device.put(q), k))
    np.testing.assert_array_equal(found[clear], peer.kneighbors(q, k)[1][clear])
    said = device.get(neighbours.classify(device.xp, device.put(x), device.put(np.eye(2)[y]), device.put(q), k))
    votes = peer.predict_proba(q)[:, 1]
    np.testing.assert_array_equal(said[clear & (votes != 0.5)], peer.predict(q)[clear & (votes != 0.5)])


def test_neighbours_of_digits() -> None:
    some = split(0)
    near = neighbours.nearest(np, some.x, some.test_x, 3)
    peer = peers.NearestNeighbors(n_neighbors=3, algorithm="brute").fit(some.x).kneighbors(some.test_x)
    gone = some.test_x[:, None] - some.x[near]
    np.testing.assert_allclose(np.sqrt((gone**2).sum(axis=2)), peer[0], atol=1e-7)
    assert (near == peer[1]).mean() > 0.98


@pytest.mark.parametrize("impurity", ["gini", "entropy"])
@pytest.mark.parametrize("at", SETS, ids=str)
def test_trees_have_its_gain_leaves_and_depth(at: tuple[str, float, int], impurity: str) -> None:
    x, y = points(*at)
    peer = trees.DecisionTreeClassifier(criterion=impurity, random_state=0).fit(x, y)
    found = tree_fast.grow(x, y, 2, Limits(impurity))
    there = peer.tree_
    root = [there.impurity[0], there.impurity[there.children_left[0]], there.impurity[there.children_right[0]]]
    sizes = there.n_node_samples[[there.children_left[0], there.children_right[0]]] / len(x)
    assert found.nodes[0].gain == pytest.approx(root[0] - sizes @ root[1:], abs=1e-9)
    best = trees.DecisionTreeClassifier(criterion=impurity, max_leaf_nodes=6, random_state=0).fit(x, y)
    assert tree_fast.grow(x, y, 2, Limits(impurity, leaves=6)).leaves == best.get_n_leaves()
    assert (tree.classify(found, x) == y).mean() == peer.score(x, y)
    assert (found.leaves, found.depth) == (peer.get_n_leaves(), peer.get_depth())


@pytest.mark.parametrize("kernel", [Kernel("linear"), Kernel("poly", 0.1, 3), Kernel("rbf", 0.5)], ids=str)
@pytest.mark.parametrize("at", SETS[::2], ids=str)
def test_support_vectors_solve_the_same_problem(at: tuple[str, float, int], kernel: Kernel) -> None:
    x, classes = points(*at)
    y, C = 2.0 * classes - 1, 1.0
    found = margin_fast.machine(HOST, x, y, kernel, C, 1e-6, 1_000_000)
    assert found.run.gap < 1e-6
    peer = svm.SVC(kernel=kernel.kind, gamma=kernel.gamma, degree=kernel.degree, coef0=1.0, C=C, tol=1e-6).fit(x, y)
    q, _ = points(at[0], at[1], at[2] + 100)
    np.testing.assert_allclose(found.decide(q), peer.decision_function(q), atol=1e-4)
    a = np.zeros(len(x))
    a[peer.support_] = peer.dual_coef_[0]
    assert objective(found.K, found.run.a * y, y) == pytest.approx(objective(found.K, a, y), abs=1e-4)


def objective(K: HostArray, signed: HostArray, y: HostArray) -> float:
    """The dual at y a."""
    return float((signed * y).sum() - signed @ K @ signed / 2)


def test_digits_one_against_one() -> None:
    some = split(0)
    found = margin_fast.machines(HOST, some.x, some.y, Kernel("rbf", 0.05), 10.0, 1e-6, 100_000)
    peer = svm.SVC(gamma=0.05, C=10.0, tol=1e-6, break_ties=False).fit(some.x, some.y)
    assert (margin_fast.classify(HOST, found, some.test_x) == peer.predict(some.test_x)).mean() > 0.998


@pytest.mark.parametrize("at", SETS[::3], ids=str)
def test_the_stumps_of_boosting_are_the_best_of_depth_one(at: tuple[str, float, int]) -> None:
    """The least weighted error of a stump is at most that of scikit-learn's, which looks for the best impurity."""
    x, classes = points(*at)
    y = 2.0 * classes - 1
    w = np.full(len(x), 1 / len(x))
    for n, stump in enumerate(boosting_fast.boost(x, y, 20)):
        peer = trees.DecisionTreeClassifier(max_depth=1, random_state=0).fit(x, y, sample_weight=w)
        assert stump.eps <= w[peer.predict(x) != y].sum() + 1e-12
        h = np.sign(boosting.decide([stump._replace(alpha=1.0)], x))
        assert stump.eps == pytest.approx(w[h != y].sum(), abs=1e-12), n
        w = w * np.exp(-stump.alpha * y * h)
        w /= w.sum()
