"""The boundary to hardware: what it opens, what it refuses in one line, and what its own functions do."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Device, DeviceError, finite, open_device, rng
from engine.maths import initial


def missing() -> int:
    raise RuntimeError("cudaErrorInsufficientDriver: no driver")


def test_cpu_is_always_there() -> None:
    assert open_device("cpu") is HOST
    assert HOST.name == "cpu"


@pytest.mark.parametrize("name", ["tpu", "", "GPU"])
def test_an_unknown_device(name: str) -> None:
    with pytest.raises(DeviceError) as error:
        open_device(name)
    assert str(error.value) == f"device {name!r} is not known; use cpu or gpu"


def test_gpu_without_cupy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(DeviceError, match="no CuPy here: pip install") as error:
        open_device("gpu")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("count", [lambda: 0, missing])
def test_cupy_without_a_gpu(count: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = SimpleNamespace(runtime=SimpleNamespace(getDeviceCount=count))
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(cuda=cuda))
    monkeypatch.setitem(sys.modules, "cupyx", SimpleNamespace(scatter_add=None))
    with pytest.raises(DeviceError, match="CuPy is installed but finds no GPU") as error:
        open_device("gpu")
    assert "\n" not in str(error.value)


def test_put_and_get(device: Device) -> None:
    source = np.array([[1, 2], [3, 4]])
    there = device.put(source)
    back = device.get(there)
    assert back.dtype == np.float64
    assert back.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    source[0, 0] = 9  # what was put is a copy
    assert device.get(there)[0, 0] == 1.0
    assert device.get(device.put([[0.5]])).tolist() == [[0.5]]


def test_scatter_add(device: Device) -> None:
    target = device.put([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    found = device.scatter_add(target, [2, 0, 2, 2], device.put([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0], [8.0, 80.0]]))
    assert device.get(found).tolist() == [[3.0, 21.0], [2.0, 2.0], [16.0, 133.0]]
    assert device.get(target).tolist() == [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]


def test_chance_belongs_to_seed_and_section() -> None:
    draws = {(seed, section): rng(seed, section).normal() for seed in range(3) for section in range(3)}
    assert len(set(draws.values())) == 9
    assert rng(2, 1).normal() == draws[2, 1]
    assert rng(2).normal() == draws[2, 0]


def test_finite() -> None:
    assert finite(np.array([1.0, 1e308]))
    assert not finite(np.array([1.0, np.inf]))
    assert not finite(np.array([np.nan]))


def test_initial_weights() -> None:
    assert abs(initial.normal(rng(0), 200, 200, 0.5).std() - 0.5) < 0.01
    assert abs(initial.he(rng(0), 200, 300).var() - 2 / 300) < 2e-4
    assert 0.24 < np.abs(initial.uniform(rng(0), 100, 100, 0.25)).max() <= 0.25
    xavier = initial.xavier(rng(0), 100, 200)
    assert 0.99 * (6 / 300) ** 0.5 < np.abs(xavier).max() <= (6 / 300) ** 0.5
    assert xavier.shape == (100, 200)
