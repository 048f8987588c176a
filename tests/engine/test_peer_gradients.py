"""Loss, outputs and every gradient of the SRN beside PyTorch's autograd."""

from __future__ import annotations

import pytest

from engine.device import HOST, Device
from engine.maths.activations import ACTIVATIONS
from engine.recurrent import srn
from engine.recurrent.unrolled import Unrolled, gradient
from engine.walks.step import drain
from tests.engine.cases import ALL, assert_close, assert_gradients, double_sum, host, make, moved, run_of
from tests.engine.peer import HIDDEN, Peer

pytestmark = pytest.mark.peer

SIZES = [(3, 2, 1, 1), (3, 2, 1, 5), (3, 3, 2, 2), (4, 2, 5, 1), (5, 3, 7, 4), (3, 4, 33, 64), (6, 2, 64, 30)]
"""(T, B, H, K)."""


def test_every_activation_with_a_gradient_has_a_peer() -> None:
    assert set(HIDDEN) == set(ACTIVATIONS) - {"step"}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", HIDDEN)
def test_forward_and_gradient(name: str, size: tuple[int, int, int, int], device: Device) -> None:
    host_case, f = make(HOST, *size, start=0.9), ACTIVATIONS[name]
    peer, case = Peer(name, host_case), moved(device, host_case)
    run = run_of(device, f, case)
    states, outputs, losses = peer.forward()
    for t in range(size[0]):
        assert_close(device.get(run.s[t]), states[t], 1e-9)
        assert_close(device.get(run.yhat[t]), outputs[t], 1e-9)
        assert_close(device.get(run.E[t]), losses[t], 1e-9)
    wanted_gradient = peer.backward(ALL)
    found_gradient = drain(srn.sweep(device.xp, f, *case, run))
    assert_gradients(host(device, found_gradient._asdict()), wanted_gradient, 1e-9)
    assert_gradients(host(device, double_sum(device, f, case, run, ALL)._asdict()), wanted_gradient, 1e-9)


@pytest.mark.parametrize("window", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("name", HIDDEN)
def test_windows(name: str, window: int, device: Device) -> None:
    host_case, f = make(HOST, 6, 3, 5, 4, seed=2), ACTIVATIONS[name]
    wanted, case = Peer(name, host_case).backward(window), moved(device, host_case)
    run = run_of(device, f, case)
    assert_gradients(host(device, gradient(device, f, *case, run, window)._asdict()), wanted, 1e-9)
    assert_gradients(host(device, double_sum(device, f, case, run, window)._asdict()), wanted, 1e-9)
    assert_gradients(host(device, Unrolled(device, f, *case, window).ledger.grad._asdict()), wanted, 1e-9)


@pytest.mark.parametrize("window", [2, ALL])
def test_rows(window: int) -> None:
    """∂E_t/∂θ for each t alone: the peer's difference of two sums."""
    case = make(HOST, 4, 2, 3, 5, seed=4)
    net = Unrolled(HOST, ACTIVATIONS["tanh"], *case, window)
    before = {p: 0 * value for p, value in case.theta._asdict().items()}
    for t in range(4):
        shorter = case._replace(inputs=case.inputs._replace(x=case.inputs.x[: t + 1], y=case.inputs.y[: t + 1]))
        upto = Peer("tanh", shorter).backward(window)
        assert_gradients(net.row_gradient(t)._asdict(), {p: upto[p] - before[p] for p in upto}, 1e-9)
        before = upto
