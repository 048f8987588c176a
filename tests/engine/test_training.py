"""An update opened step by step ends where `advance` ends, and both where PyTorch ended once."""

from __future__ import annotations

from math import isnan

import pytest

from engine.device import HOST, Device
from engine.maths.activations import ACTIVATIONS
from engine.maths.optimisers import OPTIMISERS, clip_by_norm, norm
from engine.recurrent.srn_training import Learning, Recipe, advance, start, track
from engine.walks.descent import walk_clip
from engine.walks.history import History
from tests.engine import stored
from tests.engine.cases import ALL, GRAINS, assert_gradients, host, make

TANH = ACTIVATIONS["tanh"]


@pytest.mark.parametrize("name", OPTIMISERS)
def test_stored_updates(name: str, device: Device) -> None:
    theta, inputs = stored.stored_case(device)
    recipe = Recipe(TANH, OPTIMISERS[name], stored.RATE, ALL, stored.CLIP)
    state = start(device, theta, recipe.optimiser)
    for _ in range(stored.UPDATES):
        state = advance(device, recipe, inputs, state)
    assert_gradients(host(device, state.data.theta._asdict()), stored.AFTER[name], 1e-11)


@pytest.mark.parametrize("window", [2, ALL], ids=["window=2", "window=all"])
@pytest.mark.parametrize("clip", [0.3, 1e3], ids=["clipped", "free"])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_opened_update_agrees(name: str, clip: float, window: int, device: Device) -> None:
    theta, inputs = make(device, 4, 2, 3, 4)
    recipe = Recipe(TANH, OPTIMISERS[name], 0.1, window, clip)
    way = track(device, recipe, inputs, start(device, theta, recipe.optimiser), GRAINS)
    state = way.begin
    for n in range(3):
        reel, wanted = way.inside(state), way.advance(state)
        opened = {p: device.get(reel.get(p, reel.total)) for p in theta._fields}
        assert_gradients(opened, host(device, wanted.data.theta._asdict()), 1e-12)
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
        state = start(HOST, theta, optimiser)
        assert state.n == 0
        assert isnan(state.data.loss)
        assert len(state.data.memory) == 5 * len(optimiser.slots)
        assert all(not array.any() for array in state.data.memory.values())
        after = advance(HOST, Recipe(TANH, optimiser, 0.1, ALL, 1.0), inputs, state)
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


def test_track_knows_its_size_and_measure() -> None:
    theta, inputs = make(HOST, 3, 2, 3, 4)
    recipe = Recipe(TANH, OPTIMISERS["adam"], 0.1, ALL, 1.0)
    way = track(HOST, recipe, inputs, start(HOST, theta, recipe.optimiser), GRAINS)
    assert way.size >= 3 * 8 * sum(value.size for value in theta)
    history = History(way)
    history.grow(5)
    curve = history.curve()
    assert len(curve) == 5
    assert curve[0] == float(way.advance(way.begin).data.loss)
    assert curve[4] < curve[0]
