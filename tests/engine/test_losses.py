"""Losses: values by hand, slopes against central differences, and probabilities that have run down to nothing."""

from __future__ import annotations

from math import exp, log

import numpy as np

from engine.device import HOST, Device, rng
from engine.maths import losses
from engine.maths.activations import softmax
from tests.engine.cases import assert_close


def test_values_by_hand(device: Device) -> None:
    o, y = device.put([[1.0, 0.0], [2.0, 0.0]]), device.put([[0.0, 1.0], [1.0, 0.0]])
    cross = float(device.get(losses.cross_entropy(device.xp, o, y)))
    assert abs(cross - (log(1 + exp(-1)) + log(2))) < 1e-15


def test_its_slope_is_softmax_minus_truth(device: Device) -> None:
    draw, h = rng(3), 1e-5
    o, y = draw.normal(size=(5, 3)), np.eye(5)[:, [4, 0, 2]]
    numeric = np.zeros_like(o)
    for cell in np.ndindex(*o.shape):
        nudge = np.zeros_like(o)
        nudge[cell] = h
        sides = [losses.cross_entropy(np, o + way * nudge, y) for way in (1, -1)]
        numeric[cell] = (sides[0] - sides[1]) / (2 * h)
    assert_close(device.get(softmax(device.xp, device.put(o)) - device.put(y)), numeric, 1e-8)


def test_a_probability_of_nothing_costs_no_nan() -> None:
    o = HOST.put([[1000.0], [-1000.0]])
    assert float(losses.cross_entropy(np, o, HOST.put([[0.0], [1.0]]))) == 2000.0
    assert float(losses.cross_entropy(np, o, HOST.put([[1.0], [0.0]]))) == 0.0


def test_random_guess() -> None:
    """ln 8000 is what a vocabulary of 8000 costs a net that knows nothing."""
    y = np.zeros((8000, 1))
    y[17] = 1
    assert abs(float(losses.cross_entropy(np, np.zeros((8000, 1)), y)) - 8.987197) < 1e-6
