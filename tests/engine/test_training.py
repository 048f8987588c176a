"""An update opened step by step ends where `advance` ends, and both where PyTorch ended once."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from engine.device import HOST, Device
from engine.maths.optimisers import OPTIMISERS, UNCLIPPED, clip_by_norm, norm
from engine.walks.descent import walk_clip
from engine.walks.history import History
from engine.walks.training import Learning
from tests.engine import stored
from tests.engine.cases import ALL, GRAINS, assert_gradients, host, make, srn_run


@pytest.mark.parametrize("name", stored.AFTER)
def test_stored_updates(name: str, device: Device) -> None:
    theta, inputs = stored.stored_case(device)
    run = srn_run(device, "tanh", name, inputs, stored.RATE, clip=stored.CLIP)
    state = run.start(theta._asdict())
    for _ in range(stored.UPDATES):
        state = run.advance(state)
    assert_gradients(host(device, state.data.theta), stored.AFTER[name], 1e-11)


@pytest.mark.parametrize("window", [2, ALL], ids=["window=2", "window=all"])
@pytest.mark.parametrize("clip", [0.3, 1e3], ids=["clipped", "free"])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_opened_update_agrees(name: str, clip: float, window: int, device: Device) -> None:
    theta, inputs = make(device, 4, 2, 3, 4)
    run = srn_run(device, "tanh", name, inputs, window=window, clip=clip)
    way = run.track(run.start(theta._asdict()), GRAINS)
    state = way.begin
    for n in range(3):
        reel, wanted = way.inside(state), way.advance(state)
        opened = {p: device.get(reel.get(p, reel.total)) for p in theta._fields}
        assert_gradients(opened, host(device, wanted.data.theta), 1e-12)
        for symbol, array in wanted.data.memory.items():
            assert_gradients({symbol: device.get(reel.get(symbol, reel.total))}, {symbol: device.get(array)}, 1e-12)
        losses = [float(device.get(reel.get(f"E[{t}]", reel.starts[1]))) for t in range(4)]
        assert abs(sum(losses) - way.measure(wanted)) < 1e-12
        clipped = float(device.get(reel.get("g_norm", reel.starts[-2]))) > clip
        assert clipped == (clip == 0.3)
        assert reel.act(reel.total) == ("update", n)
        state = wanted


def test_start_remembers_nothing() -> None:
    theta, inputs = make(HOST, 3, 2, 3, 4)
    for optimiser in OPTIMISERS.values():
        run = srn_run(HOST, "tanh", optimiser.name, inputs)
        state = run.start(theta._asdict())
        assert state.n == 0
        assert isnan(state.data.loss)
        assert len(state.data.memory) == 5 * len(optimiser.slots)
        assert all(not array.any() for array in state.data.memory.values())
        after = run.advance(state)
        assert after.n == 1
        assert isinstance(after.data, Learning)
        assert all(not array.any() for array in state.data.memory.values())  # the state before is left as it was


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_clip_walk_is_clip(factor: float, device: Device) -> None:
    grad = make(device, 3, 2, 3, 4).theta._asdict()
    theta = factor * float(device.get(norm(device.xp, grad)))
    steps = list(walk_clip(device.xp, grad, theta))
    walked = {name: device.get(array) for step in steps[1:] for name, array in step.values.items()}
    wanted = host(device, clip_by_norm(device.xp, grad, theta))
    assert_gradients({name[1:]: array for name, array in walked.items()}, wanted, 1e-12)


def test_no_bound_is_no_step_of_clipping(device: Device) -> None:
    grad = make(device, 3, 2, 3, 4).theta._asdict()
    assert list(walk_clip(device.xp, grad, UNCLIPPED)) == []
    assert len(list(walk_clip(device.xp, grad, UNCLIPPED / 2))) == 1 + len(grad)
    assert_gradients(host(device, clip_by_norm(device.xp, grad, UNCLIPPED)), host(device, grad), 0)
    theta, inputs = make(HOST, 3, 2, 3, 4)
    run = srn_run(HOST, "tanh", "adam", inputs)
    for clip in (5.0, UNCLIPPED):
        run.recipe = run.recipe._replace(clip=clip)
        begun = run.start(theta._asdict())
        reel = run.inside(begun, GRAINS)
        paths = {step.path for n in range(len(reel.sections)) for step in reel.tape(n)}
        assert any(("clip", -1) in path for path in paths) == (clip < UNCLIPPED)
        walked = {name: value for step in reel.tape(len(reel.sections) - 1) for name, value in step.values.items()}
        for name, value in run.advance(begun).data.theta.items():
            np.testing.assert_allclose(walked[name], value, rtol=1e-12)


def test_track_knows_its_size_and_measure() -> None:
    theta, inputs = make(HOST, 3, 2, 3, 4)
    run = srn_run(HOST, "tanh", "adam", inputs)
    way = run.track(run.start(theta._asdict()), GRAINS)
    assert way.size >= 3 * 8 * sum(value.size for value in theta)
    history = History(way)
    history.grow(5)
    curve = history.curve()
    assert len(curve) == 5
    assert curve[0] == float(way.advance(way.begin).data.loss)
    assert curve[4] < curve[0]
