"""Clipping and optimisers by hand: what one number becomes."""

from __future__ import annotations

from math import sqrt

import pytest

from engine.device import HOST, Device
from engine.maths.optimisers import OPTIMISERS, begin, clip_by_norm, norm, update
from tests.engine.cases import assert_close, assert_gradients, host

FIRST = {
    "sgd": 1 - 0.1 * 0.5,
    "momentum": 1 - 0.1 * 0.5,
    "adagrad": 1 - 0.1 * 0.5 / sqrt(0.25 + 1e-8),
    "adam": 1 - 0.1 * 0.5 / (0.5 + 1e-8),
}
SECOND = {
    "sgd": FIRST["sgd"] + 0.1 * 0.2,
    "momentum": FIRST["momentum"] - 0.1 * (0.9 * 0.5 - 0.2),
    "adagrad": FIRST["adagrad"] + 0.1 * 0.2 / sqrt(0.25 + 0.04 + 1e-8),
    "adam": FIRST["adam"]
    - 0.1 * ((0.09 * 0.5 - 0.1 * 0.2) / 0.19) / (sqrt((0.000999 * 0.25 + 0.001 * 0.04) / 0.001999) + 1e-8),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_two_updates_of_one_number(name: str, device: Device) -> None:
    optimiser, theta = OPTIMISERS[name], {"p": device.put([[1.0]])}
    memory = begin(device.xp, optimiser, theta)
    for n, (g, wanted) in enumerate(((0.5, FIRST), (-0.2, SECOND)), 1):
        theta, memory = update(device.xp, optimiser, theta, {"p": device.put([[g]])}, memory, 0.1, n)
        assert_close(device.get(theta["p"]), [[wanted[name]]], 1e-12)


def test_norm_is_over_all_parameters(device: Device) -> None:
    grad = {"p": device.put([[3.0, 0.0]]), "q": device.put([[-4.0], [12.0]])}
    assert float(device.get(norm(device.xp, grad))) == 13.0


@pytest.mark.parametrize(("theta", "factor"), [(6.5, 0.5), (13.0, 1.0), (20.0, 1.0)])
def test_clip_by_norm(theta: float, factor: float, device: Device) -> None:
    grad = {"p": device.put([[3.0, 0.0]]), "q": device.put([[-4.0], [12.0]])}
    wanted = {name: factor * array for name, array in host(device, grad).items()}
    assert_gradients(host(device, clip_by_norm(device.xp, grad, theta)), wanted, 1e-15)


def test_clip_by_norm_leaves_nothing_as_nothing(device: Device) -> None:
    assert float(device.get(clip_by_norm(device.xp, {"p": device.put([[0.0]])}, 1.0)["p"])[0, 0]) == 0.0


def test_nothing_hides_a_nan() -> None:
    grad = {"p": HOST.put([[float("nan"), 1.0]])}
    assert HOST.xp.isnan(clip_by_norm(HOST.xp, grad, 1.0)["p"]).all()
