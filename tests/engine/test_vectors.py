"""What learned vectors are asked, against plain loops."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from engine.words import vectors


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(sum(x * y for x, y in zip(a, b, strict=True)) / sqrt(sum(x * x for x in a) * sum(y * y for y in b)))


@pytest.fixture
def table() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(30, 5)) * np.linspace(0.1, 4, 30)[:, None]


def test_neighbours_are_exact(table: np.ndarray) -> None:
    for word, found in zip((4, 29), vectors.neighbours(table, (4, 29), 7), strict=True):
        wanted = sorted((-cosine(table[word], table[w]), w) for w in range(30) if w != word)[:7]
        assert [near.word for near in found] == [w for _, w in wanted]
        assert [near.cosine for near in found] == pytest.approx([-c for c, _ in wanted])


def test_more_neighbours_than_words(table: np.ndarray) -> None:
    (found,) = vectors.neighbours(table, [2], 99)
    assert sorted(near.word for near in found) == [w for w in range(30) if w != 2]


def test_a_zero_vector_is_near_nothing(table: np.ndarray) -> None:
    table[3] = 0
    (found,) = vectors.neighbours(table, [3], 2)
    assert [near.cosine for near in found] == [0, 0]


def test_analogies(table: np.ndarray) -> None:
    unit = np.array([row / sqrt(row @ row) for row in table])
    ((best,),) = vectors.analogies(table, [(1, 2, 3)])
    target = unit[2] - unit[1] + unit[3]
    wanted = max((cosine(target, table[w]), w) for w in range(30) if w not in (1, 2, 3))
    assert best.word == wanted[1]
    assert best.cosine == pytest.approx(wanted[0])
    assert vectors.solved(table, [(1, 2, 3, best.word), (1, 2, 3, 0)]) == 0.5


def test_the_mean_of_all_pairs(table: np.ndarray) -> None:
    every = [cosine(table[i], table[j]) for i in range(30) for j in range(30) if i != j]
    assert vectors.mean_cosine(table) == pytest.approx(sum(every) / len(every))


def test_the_plane_keeps_as_much_as_any_plane_can(table: np.ndarray) -> None:
    flat = vectors.plane(table)
    values = np.linalg.eigvalsh(np.cov(table.T))[::-1]
    assert np.cov(flat.T) == pytest.approx(np.diag(values[:2]), abs=1e-9)
    assert (vectors.plane(table) == flat).all()


def test_purity() -> None:
    table = np.array([[1.0, 0.1], [1, 0.2], [1, 0], [0, 1], [0.1, 1], [0.5, 0.5]])
    assert vectors.purity(table, {0: "a", 1: "a", 2: "a", 3: "b", 4: "b"}, 1) == 1
    assert vectors.purity(table, {0: "a", 1: "b", 2: "b", 3: "b", 4: "b"}, 1) == pytest.approx(2 / 5)


@pytest.mark.parametrize("size", [50, 640, 5000, 5003])
@pytest.mark.parametrize("count", [1, 10])
def test_the_largest_are_found_in_blocks(size: int, count: int) -> None:
    scores = np.random.default_rng(size).normal(size=(7, size))
    scores[0, 3], scores[0, -1] = 9, 9 - (count == 1)
    wanted = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    assert (vectors.top(scores, count) == wanted).all()


def test_the_largest_of_equals_are_the_first_and_what_is_no_number_is_last() -> None:
    scores = np.zeros((3, 900))
    scores[1, 500:] = 1
    scores[2, ::2] = np.nan
    assert vectors.top(scores, 4).tolist() == [[0, 1, 2, 3], [500, 501, 502, 503], [1, 3, 5, 7]]
    few = np.linspace(0, 1, 896)[None].copy()
    few[0, [0, 5, 9]] = np.nan
    assert vectors.top(few, 4).tolist() == [[895, 894, 893, 892]]


def test_where_all_words_are_asked_for_none_is_near() -> None:
    table = np.array([[1.0, 0], [0, 1], [1, 1]])
    assert vectors.neighbours(table[:1], [0], 10) == [[]]
    assert vectors.analogies(table, [(0, 1, 2)]) == [[]]
