"""The pictures that ship: handwritten digits, as their source describes them, split and put into a frame."""

from __future__ import annotations

import numpy as np

from lessons.data.pictures.digits import FRAME, digits, framed, split


def test_the_digits_are_those_of_their_source() -> None:
    """Counts of each class as the repository's own description gives them for the test part."""
    x, y = digits()
    assert x.shape == (1797, 64)
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.array_equal(x * 16, np.round(x * 16))
    assert (x.min(), x.max()) == (0, 1)


def test_a_split_has_every_picture_once_and_follows_the_seed() -> None:
    one, again, other = split(3), split(3), split(4)
    assert len(one.x) == 1000
    assert len(one.test_x) == 797
    both = np.concatenate([one.x, one.test_x])
    assert np.array_equal(np.sort(both.sum(axis=1)), np.sort(digits()[0].sum(axis=1)))
    assert np.array_equal(one.x, again.x)
    assert not np.array_equal(one.x, other.x)
    few = split(3, train=100)
    assert np.array_equal(few.x, one.x[:100])
    assert np.array_equal(few.test_x, one.test_x)


def test_a_frame_moves_pictures_and_loses_nothing() -> None:
    x = digits()[0][:50]
    moved = framed(x, seed=1)
    assert moved.shape == (50, FRAME * FRAME)
    assert np.allclose(moved.sum(axis=1), x.sum(axis=1))
    middle = framed(x, seed=1, most=0).reshape(-1, FRAME, FRAME)
    assert np.array_equal(middle[:, 2:10, 2:10].reshape(50, -1), x)
    assert not np.array_equal(moved, middle.reshape(50, -1))
