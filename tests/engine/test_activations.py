"""Activations: values, slopes against central differences, and what happens at the far ends of the numbers."""

from __future__ import annotations

from math import e, tanh

import numpy as np
import pytest

from engine.device import HOST, Device, finite, quiet, rng
from engine.maths.activations import ACTIVATIONS, log_softmax, softmax
from tests.engine.cases import assert_close

VALUES = {
    "linear": [-2.0, -0.5, 0.0, 0.5, 2.0],
    "ramp": [-1.0, -0.5, 0.0, 0.5, 1.0],
    "step": [0.0, 0.0, 0.0, 1.0, 1.0],
    "sigmoid": [1 / (1 + e**2), 1 / (1 + e**0.5), 0.5, 1 / (1 + e**-0.5), 1 / (1 + e**-2)],
    "tanh": [tanh(-2), tanh(-0.5), 0.0, tanh(0.5), tanh(2)],
    "relu": [0.0, 0.0, 0.0, 0.5, 2.0],
}
"""At −2, −½, 0, ½, 2."""
SLOPES_AT_KINKS = {("ramp", 1.0): 0.0, ("ramp", -1.0): 0.0, ("relu", 0.0): 0.0, ("step", 0.0): 0.0}
EXTREME = [-1.7e308, -1e308, -1000.0, -745.2, -1e-308, 0.0, 5e-324, 710.0, 1000.0, 1e308]


def test_all_are_covered() -> None:
    assert set(VALUES) == set(ACTIVATIONS)
    assert all(name == f.name for name, f in ACTIVATIONS.items())


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values(name: str, device: Device) -> None:
    z = device.put([[-2.0, -0.5, 0.0, 0.5, 2.0]])
    assert_close(device.get(ACTIVATIONS[name].f(device.xp, z)), [VALUES[name]], 1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes(name: str, device: Device) -> None:
    f, h, z = ACTIVATIONS[name], 1e-6, 1.5 * rng(11).normal(size=(40, 5))
    z = z[np.min([np.abs(z - kink) for kink in (-1, 0, 1)], axis=0) > 1e-3]
    assert z.size > 150
    numeric = (f.f(np, z + h) - f.f(np, z - h)) / (2 * h)
    slope = device.get(f.slope(device.xp, f.f(device.xp, device.put(z))))
    assert_close(slope, numeric, 1e-9)


def test_slopes_at_kinks() -> None:
    """Where the slope is undefined, the flat side counts."""
    for (name, z), wanted in SLOPES_AT_KINKS.items():
        f = ACTIVATIONS[name]
        assert f.slope(np, f.f(np, HOST.put([z]))).tolist() == [wanted]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_extreme_inputs(name: str, device: Device) -> None:
    f = ACTIVATIONS[name]
    with quiet():
        s = f.f(device.xp, device.put([EXTREME]))
        assert finite(device.get(s))
        assert not np.isnan(device.get(f.slope(device.xp, s))).any()
    if name in ("ramp", "step", "sigmoid", "tanh"):
        assert np.abs(device.get(s)).max() <= 1
        assert np.all(np.diff(device.get(s)) >= 0)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "ramp", "step", "relu", "linear"])
def test_no_overflow_even_unasked(name: str) -> None:
    """Warnings are errors here: no activation needs `quiet`."""
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        ACTIVATIONS[name].f(np, HOST.put([EXTREME]))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_nan_stays_nan(name: str, device: Device) -> None:
    s = device.get(ACTIVATIONS[name].f(device.xp, device.put([[float("nan"), 0.5]])))
    assert np.isnan(s).tolist() == [[True, False]]


@pytest.mark.parametrize("f", [softmax, log_softmax])
def test_nan_spoils_its_column_only(f: object) -> None:
    assert callable(f)
    found = f(np, HOST.put([[float("nan"), 1.0], [0.0, 2.0]]))
    assert np.isnan(found).tolist() == [[True, False], [True, False]]


@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0, 1e3, 1e6])
def test_softmax_columns(scale: float, device: Device) -> None:
    z = scale * rng(12).normal(size=(7, 5))
    with quiet():
        p, ln = softmax(device.xp, device.put(z)), log_softmax(device.xp, device.put(z))
    assert_close(device.get(p).sum(axis=0), np.ones(5), 1e-14)
    assert (device.get(p) >= 0).all()
    assert finite(device.get(ln))
    assert_close(np.exp(device.get(ln)), device.get(p), 1e-13)
    with quiet():
        assert_close(device.get(softmax(device.xp, device.put(z + 100))), device.get(p), 1e-9)


def test_log_softmax_at_wide_gaps() -> None:
    assert log_softmax(np, HOST.put([[0.0], [-1000.0]])).tolist() == [[0.0], [-1000.0]]
    assert softmax(np, HOST.put([[1e308], [0.0]])).tolist() == [[1.0], [0.0]]
    ln = log_softmax(np, HOST.put([[1.0], [2.0]]))
    assert_close(ln, [[-np.log(1 + e)], [-np.log(1 + 1 / e)]], 1e-15)


def test_one_class_is_certain(device: Device) -> None:
    assert device.get(softmax(device.xp, device.put([[5.0, -3.0]]))).tolist() == [[1.0, 1.0]]
