"""Every walk gives on each device what it gives on the CPU, and nothing leaves a device by accident."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.device import HOST, Device
from engine.maths.activations import ACTIVATIONS
from engine.maths.optimisers import OPTIMISERS, clip_by_norm
from engine.walks.reel import Reel
from tests.engine.cases import (
    ALL,
    assert_close,
    assert_gradients,
    host,
    lesson_reel,
    make,
    run_of,
    srn_run,
    update_reel,
)
from tests.engine.strict import Strict, TransferError, guard


def assert_same_steps(device: Device, found: Reel, wanted: Reel) -> None:
    """Step by step the same address, op and numbers."""
    assert found.total == wanted.total
    for p in range(1, wanted.total + 1):
        one, other = found.step(p), wanted.step(p)
        assert one is not None
        assert other is not None
        assert one[:2] == other[:2]
        for name, array in other.values.items():
            difference = other.op.startswith(("numeric_", "gap_"))  # of E₊ and E₋: 1e-16 / h remains
            there = device.get(one.values[name])
            if difference:
                assert_close(there + 1.0, array + 1.0, 1e-9, name)
            else:
                assert_close(there, array, 1e-12, name)


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("window", [2, ALL])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_lesson(name: str, window: int, batch: int, device: Device) -> None:
    found, wanted = (lesson_reel(d, name, make(d, 3, batch, 3, 4), window)[1] for d in (device, HOST))
    assert_same_steps(device, found, wanted)


@pytest.mark.parametrize("window", [2, ALL])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_update(optimiser: str, window: int, device: Device) -> None:
    found, wanted = (update_reel(d, "tanh", optimiser, make(d, 4, 2, 3, 4), window, 1) for d in (device, HOST))
    assert_same_steps(device, found, wanted)


@pytest.mark.parametrize("window", [2, ALL])
@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_advance(optimiser: str, name: str, window: int, device: Device) -> None:
    ends = []
    for d in (device, HOST):
        theta, inputs = make(d, 4, 2, 3, 4)
        run = srn_run(d, name, optimiser, inputs, window=window)
        state = run.start(theta._asdict())
        for _ in range(3):
            state = run.advance(state)
        ends.append({**host(d, state.data.theta), "loss": d.get(state.data.loss)})
    assert_gradients(ends[0], ends[1], 1e-12)


@pytest.mark.parametrize("theta", [0.1, 100.0])
def test_clipping(theta: float, device: Device) -> None:
    found = clip_by_norm(device.xp, make(device, 3, 2, 3, 4).theta._asdict(), theta)
    wanted = clip_by_norm(np, make(HOST, 3, 2, 3, 4).theta._asdict(), theta)
    assert_gradients(host(device, found), wanted, 1e-12)


def test_the_strict_device_lets_nothing_through(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Strict()
    guard(monkeypatch, device)
    one, square = device.xp.sum(device.put([1.0])), device.put([[1.0, 2.0], [3.0, 4.0]])
    leaks: list[Callable[[], object]] = [
        lambda: float(one),
        lambda: bool(one),
        lambda: int(one),
        lambda: complex(one),
        lambda: np.asarray(square),
        lambda: list(square),
        lambda: [1, 2, 3][device.xp.astype(one, device.xp.int64)],
        lambda: "yes" if one > 0 else "no",
        lambda: device.put(square),
        lambda: device.get(1.0),
    ]
    for leak in leaks:
        with pytest.raises(TransferError):
            leak()
    mixtures: list[Callable[[], object]] = [
        lambda: square + np.ones((2, 2)),
        lambda: square @ device.xp.ones((2, 2)),
        lambda: device.xp.where(square > 1, square, device.xp.zeros((2, 2))),
        lambda: np.float64(2.0) * square,
        lambda: np.tanh(square),
        lambda: device.xp.add.at(square, [0], 1.0),
    ]
    for mixture in mixtures:
        with pytest.raises((TransferError, TypeError, ValueError, AttributeError)):
            mixture()
    assert device.get(square).tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_a_walk_that_makes_arrays_on_the_host_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Strict()
    guard(monkeypatch, device)
    case = make(device, 3, 2, 3, 4)
    for careless in (lambda xp, z: xp.tanh(z) + xp.zeros(z.shape), lambda xp, z: z if z[0, 0] > 0 else -z):
        with pytest.raises((ValueError, TransferError)):
            run_of(device, ACTIVATIONS["tanh"]._replace(f=careless), case)
