"""Classifiers without a state: what they read of a sentence, what they can learn, and what no bag of words can."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from engine.device import HOST, HostArray, rng
from engine.gated import cell as cells
from engine.gated.cell import Inputs
from engine.gated.plain import SRN
from engine.sequences.without_state import bag, counted, features, frames
from engine.walks.step import drain

GOOD, BAD, NOT = range(3)
FOUR = [[GOOD], [BAD], [NOT, GOOD], [NOT, BAD]]
LABELS = np.array([[1], [0], [0], [1]])


def sentences(words: list[list[int]], size: int = 3, T: int = 4) -> HostArray:
    """Words one-hot, the last of each sentence at T - 1."""
    x = np.zeros((len(words), T, size))
    for n, each in enumerate(words):
        for t, code in enumerate(each, T - len(each)):
            x[n, t, code] = 1
    return x


def test_words_and_pairs_that_occur() -> None:
    """An empty timestep is no word, and makes no pair with the one after it."""
    x = sentences([[NOT, GOOD, NOT, GOOD], [BAD]])
    assert features(x, False) == [{GOOD, NOT}, {BAD}]
    assert features(x, True) == [{3 * NOT + GOOD, 3 * GOOD + NOT}, set()]
    gap = sentences([[NOT, GOOD]])
    gap[0, 1] = gap[0, 2]  # NOT, NOT, GOOD, …
    gap[0, 2] = 0
    assert features(gap, True) == [set()]
    assert counted([{1, 7}, set()], [7, 4]).tolist() == [[1, 0], [0, 0]]


def test_not_is_xor_for_a_bag() -> None:
    """Of good, bad, not good, not bad no linear classifier has more than three right; the trained one has two or three.

    The scores of the first and the last add up to what those of the other two do: g + d + n + 2b.
    """
    draw = rng(3)
    for w in [*draw.normal(0, 3, (2000, 4)), *map(np.array, product((-2.0, -1.0, 1.0, 2.0), repeat=4))]:
        g, d, n, b = w
        scores = np.array([g + b, d + b, n + g + b, n + d + b])
        assert scores[0] + scores[3] == pytest.approx(scores[1] + scores[2])
        assert ((scores > 0) == (LABELS[:, 0] == 1)).sum() <= 3
    x = np.repeat(sentences(FOUR), 50, axis=0)
    answers = bag(x, np.repeat(LABELS, 50, axis=0), 2, 0)(sentences(FOUR))
    assert (answers == LABELS).sum() <= 3


def test_pairs_learn_the_four_and_a_bag_learns_what_adds_up() -> None:
    x, y = np.repeat(sentences(FOUR), 50, axis=0), np.repeat(LABELS, 50, axis=0)
    negated = [2, 3]  # of one word there is no pair
    assert (bag(x, y, 2, 0, pairs=True)(sentences(FOUR))[negated] == LABELS[negated]).all()
    one = np.array([[1], [0], [1], [0]])
    assert (bag(x, np.repeat(one, 50, axis=0), 2, 0)(sentences(FOUR)) == one).all()


def test_the_order_of_words_is_nothing_to_a_bag() -> None:
    draw = rng(5)
    words = [list(draw.permutation(6)[: draw.integers(1, 5)]) for _ in range(200)]
    y = np.array([[int(each[0] < 3)] for each in words])
    turned = [each[::-1] for each in words]
    plain, pairs = (bag(sentences(words, 6), y, 2, 1, pairs=p) for p in (False, True))
    assert (plain(sentences(words, 6)) == plain(sentences(turned, 6))).all()
    assert (pairs(sentences(words, 6)) != pairs(sentences(turned, 6))).any()


def test_a_mean_over_frames_is_that_of_the_latest() -> None:
    """Two kinds of frames; in the middle the kind changes: alone at once, over three frames with the second frame."""
    draw = rng(7)
    x = draw.normal(0, 0.1, (300, 6, 4))
    x[:150, :, 0] += 1
    x[150:, :, 1] += 1
    over = frames(x, np.repeat([[0], [1]], 150, axis=0).repeat(6, axis=1), 2, 0)
    clip = np.concatenate([x[:1, :3], x[-1:, :3]], axis=1)
    assert over(1)(clip).tolist() == [[0, 0, 0, 1, 1, 1]]
    assert over(3)(clip)[0, 3] == 0
    assert over(3)(clip)[0, 4:].tolist() == [1, 1]


# losses at some timesteps: values worked out with PyTorch


def test_hell_with_a_loss_at_the_end_only() -> None:
    """Only E₃ counts: the other three scores are not computed, and the gradient is that of E₃ alone."""
    theta = {
        "Uh": np.array([[0.5, -0.5, 0.25, 0], [-0.25, 0.5, 0, 0.5]]), "Wh": np.array([[0.5, -0.25], [0.25, 0.5]]),
        "bh": np.zeros((2, 1)), "V": np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1]]), "by": np.zeros((4, 1)),
    }  # fmt: skip
    letters = np.eye(4)[:, :, None]
    inputs = Inputs([letters[c] for c in (0, 1, 2, 2)], [None, None, None, letters[3]], {"h": np.zeros((2, 1))})
    run = drain(cells.forward(HOST.xp, SRN, theta, inputs))
    np.testing.assert_allclose(np.array(run.E), [1.4962690639], rtol=0, atol=6e-11)
    grad, first = drain(cells.swept(HOST.xp, SRN, theta, inputs, run))
    np.testing.assert_allclose(
        grad["Wh"].reshape(-1), [0.0615075778, 0.0956595943, -0.0041959192, 0.3688313703], rtol=0, atol=6e-11
    )
    np.testing.assert_allclose(
        (theta["Wh"].T @ first["delta_h"])[:, 0], [0.0638334456, -0.0331341132], rtol=0, atol=6e-11
    )


def test_two_scores_are_one_by_their_difference() -> None:
    """Binary cross-entropy at a = .3, y = 1: −ln σ(a), and σ(a) − 1."""
    theta = {"Uh": np.zeros((1, 1)), "Wh": np.zeros((1, 1)), "bh": np.zeros((1, 1)), "V": np.zeros((2, 1))}
    inputs = Inputs([np.zeros((1, 1))], [np.array([[0.0], [1.0]])], {"h": np.zeros((1, 1))})
    biased = {**theta, "by": np.array([[0.0], [0.3]])}
    run = drain(cells.forward(HOST.xp, SRN, biased, inputs))
    np.testing.assert_allclose(np.array(run.E), [0.5543552445], rtol=0, atol=6e-11)
    grad = drain(cells.sweep(HOST.xp, SRN, biased, inputs, run))
    np.testing.assert_allclose(grad["by"][:, 0], [0.4255574832, -0.4255574832], rtol=0, atol=6e-11)
