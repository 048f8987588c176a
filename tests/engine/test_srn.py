"""The SRN against numbers computed elsewhere: by hand for "hell" to "ello", by PyTorch for a batch with biases."""

from __future__ import annotations

from math import log

import pytest

from engine.device import HOST, Device, rng
from engine.maths.activations import ACTIVATIONS
from engine.maths.initial import normal
from engine.recurrent import srn
from engine.recurrent.srn import Inputs, Params
from engine.recurrent.srn_terms import ledger
from engine.recurrent.unrolled import Unrolled, gradient
from engine.walks.step import drain
from tests.engine import stored
from tests.engine.cases import ALL, Case, assert_close, assert_gradients, double_sum, hello, host, run_of

TANH = ACTIVATIONS["tanh"]


def test_hello_losses(device: Device) -> None:
    losses = [float(device.get(E)) for E in run_of(device, TANH, hello(device)).E]
    assert_close(losses, [1.698326, 1.243145, 1.427682, 1.496269], 5e-7)
    assert abs(sum(losses) - 5.865422191) < 5e-10


def test_hello_ledger(device: Device) -> None:
    case = hello(device)
    net = Unrolled(device, TANH, case.theta, case.inputs, ALL)
    norms = [float(((device.get(net.delta(3, k))) ** 2).sum() ** 0.5) for k in (3, 2, 1, 0)]
    assert_close(norms, [1.04282840, 0.57001913, 0.29262991, 0.12865555], 1e-8)
    assert_close(net.ledger.norms["b"][3], norms[::-1], 1e-12)
    wanted = [[0.487554, 0.223358], [-0.017625, 0.405441]]
    assert_close(device.get(net.ledger.grad.W), wanted, 2e-6)
    assert_close(device.get(double_sum(device, TANH, case, net.run, ALL).W), wanted, 2e-6)


def test_small_weights_guess_evenly() -> None:
    theta = Params(*(normal(rng(1), *shape, scale=0.01) for shape in ((3, 4), (3, 3), (4, 3), (3, 1), (4, 1))))
    run = run_of(HOST, TANH, Case(theta, hello(HOST).inputs._replace(s_init=HOST.put([[0.0]] * 3))))
    assert abs(float(sum(run.E)) - 4 * log(4)) < 0.05


def test_stored_losses(device: Device) -> None:
    run = run_of(device, TANH, stored.stored_case(device))
    assert_close([float(device.get(E)) for E in run.E], stored.LOSSES, 1e-11)


@pytest.mark.parametrize("form", ["sweep", "rows", "ledger", "unrolled"])
def test_stored_gradient(device: Device, form: str) -> None:
    case = stored.stored_case(device)
    theta, inputs = case
    run = run_of(device, TANH, case)
    if form == "sweep":
        grad = drain(srn.sweep(device.xp, TANH, theta, inputs, run))
    elif form == "rows":
        grad = double_sum(device, TANH, case, run, ALL)
    elif form == "ledger":
        grad = ledger(device.xp, TANH, theta, inputs, run, ALL).grad
    else:
        grad = Unrolled(device, TANH, theta, inputs, ALL).ledger.grad
    assert_gradients(host(device, grad._asdict()), stored.GRADIENT, 1e-11)


@pytest.mark.parametrize("form", ["rows", "gradient"])
def test_stored_gradient_within_a_window(device: Device, form: str) -> None:
    case = stored.stored_case(device)
    run = run_of(device, TANH, case)
    if form == "rows":
        grad = double_sum(device, TANH, case, run, 2)
    else:
        grad = gradient(device, TANH, case.theta, case.inputs, run, 2)
    wanted = {**stored.GRADIENT, **stored.WINDOW_2}  # V and c know no window
    assert_gradients(host(device, grad._asdict()), wanted, 1e-11)


def test_x_and_y_must_be_equally_long() -> None:
    theta, inputs = hello(HOST)
    with pytest.raises(ValueError, match="zip"):
        drain(srn.forward(HOST.xp, TANH, theta, Inputs(inputs.x, inputs.y[:-1], inputs.s_init)))
