"""Several updates, clipped or not, end where PyTorch's optimisers end."""

from __future__ import annotations

import pytest

from engine.device import HOST, Device
from engine.recurrent.srn import Params
from engine.recurrent.srn_training import SrnRun
from engine.walks.history import State
from tests.engine.cases import ALL, assert_gradients, host, make, moved, srn_run
from tests.engine.peer import HIDDEN, Peer

pytestmark = pytest.mark.peer

RATES = {"sgd": 0.2, "momentum": 0.1, "adagrad": 0.1, "adam": 0.05}


def trained(run: SrnRun, theta: Params, updates: int) -> State:
    state = run.start(theta._asdict())
    for _ in range(updates):
        state = run.advance(state)
    return state


@pytest.mark.parametrize("clip", [0.5, 1e6], ids=lambda clip: f"clip={clip}")
@pytest.mark.parametrize("window", [2, ALL], ids=["window=2", "window=all"])
@pytest.mark.parametrize("name", RATES)
def test_updates(name: str, window: int, clip: float, device: Device) -> None:
    case = make(HOST, 4, 3, 5, 6, seed=7)
    wanted = Peer("tanh", case).train(name, window, RATES[name], clip, 5)
    theta, inputs = moved(device, case)
    state = trained(srn_run(device, "tanh", name, inputs, RATES[name], window, clip), theta, 5)
    assert state.n == 5
    assert_gradients(host(device, state.data.theta), wanted, 1e-9)


@pytest.mark.parametrize("units", HIDDEN)
@pytest.mark.parametrize("name", RATES)
def test_updates_of_other_units(name: str, units: str) -> None:
    case = make(HOST, 4, 2, 4, 5, seed=8)
    wanted = Peer(units, case).train(name, ALL, 0.05, 1.0, 4)
    state = trained(srn_run(HOST, units, name, case.inputs, 0.05), case.theta, 4)
    assert_gradients(state.data.theta, wanted, 1e-9)


def test_the_small_clip_is_at_work() -> None:
    peer = Peer("tanh", make(HOST, 4, 3, 5, 6, seed=7))
    peer.backward(ALL)
    assert peer.clip(0.5) > 1.0
    peer.backward(2)
    assert peer.clip(0.5) > 1.0
