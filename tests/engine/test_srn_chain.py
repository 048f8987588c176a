"""The partial derivatives of slides 35-36, multiplied, against the ledger, differences and PyTorch's Jacobians."""

from __future__ import annotations

import numpy as np
import pytest

from engine.device import HOST, Device
from engine.maths.activations import ACTIVATIONS
from engine.recurrent import srn
from engine.recurrent.srn_chain import chain, rules, steps
from engine.recurrent.unrolled import Unrolled
from engine.walks.reel import Reel
from engine.walks.step import drain
from tests.engine.cases import ALL, GRAINS, hello, make
from tests.engine.ruling import assert_rules_hold

CHAIN = (("chain", -1),)


@pytest.mark.parametrize("t", [0, 2, 4])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_it_is_the_row_of_the_ledger(device: Device, name: str, t: int) -> None:
    case = make(device, 5, 1, 3, 4, seed=7)
    net = Unrolled(device, ACTIVATIONS[name], case.theta, case.inputs, ALL)
    reel = Reel([net.section_chain(CHAIN, t)], GRAINS)
    assert reel.total == steps(t)
    made = {symbol: value for n in range(1, reel.total + 1) for symbol, value in reel.step(n).values.items()}  # type: ignore[union-attr]
    assert np.abs(device.get(made[f"dW[{t}]"]) - device.get(net.summed_row("W", t))).max() < 1e-14
    assert np.abs(device.get(made[f"dV[{t}]"]) - device.get(net.summed_row("V", t))).max() < 1e-14
    for k in range(t + 1):
        assert np.abs(device.get(made[f"delta[{t},{k}]"]) - device.get(net.delta(t, k))).max() < 1e-14
        assert np.abs(device.get(made[f"dW[{t},{k}]"]) - device.get(net.term("W", t, k))).max() < 1e-14


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_step_goes_by_its_rule(name: str) -> None:
    case = make(HOST, 4, 1, 3, 4, seed=1)
    net = Unrolled(HOST, ACTIVATIONS[name], case.theta, case.inputs, ALL)
    own = rules(ACTIVATIONS[name])
    shared = ("e", "dV_t", "W_zero", "W_term", "W_add")
    assert not set(own) & set(srn.rules(ACTIVATIONS[name]))
    met = assert_rules_hold(HOST, Reel([net.section_chain(CHAIN, 3)], GRAINS), {**net.rules(), **own})
    assert met == {*own, *shared}
    if name == "tanh":
        wrong = {**net.rules(), **own, "ds": "ds[t,k] = J[k+1] @ ds[t,k+1]"}
        with pytest.raises(AssertionError, match="off by"):
            assert_rules_hold(HOST, Reel([net.section_chain(CHAIN, 3)], GRAINS), wrong)


def test_the_numbers_of_the_lecture() -> None:
    """ "hell" → "ello": ‖∂s₃/∂sₖ‖ and the errors, in order from k = 3 (MATHS.md has the norms of δ₃,ₖ)."""
    case, f = hello(HOST), ACTIVATIONS["tanh"]
    run = drain(srn.forward(HOST.xp, f, case.theta, case.inputs))
    found: dict[str, np.ndarray] = {}
    for step in chain(HOST.xp, f, case.theta, case.inputs, run, 3, (np.eye(4), np.eye(2))):
        found.update(step.values)
    norms = [float(np.linalg.norm(found[f"delta[3,{k}]"])) for k in (3, 2, 1, 0)]
    assert norms == pytest.approx([1.04282840, 0.57001913, 0.29262991, 0.12865555], abs=5e-9)
    assert np.linalg.norm(found["by_yhat[3]"]) == pytest.approx(1 / float(run.yhat[3][3, 0]), rel=1e-14)
    assert np.abs(found["dyhat_z[3]"].sum(axis=0)).max() < 1e-16  # probabilities add up to 1 whatever the scores are
    product = np.eye(2)
    for k in (2, 1, 0):
        product = product @ (np.diag(1 - run.s[k + 1][:, 0] ** 2) @ case.theta.W)
        assert np.abs(found[f"ds[3,{k}]"] - product).max() < 1e-16


@pytest.mark.peer
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_jacobians_are_those_of_pytorch(seed: int) -> None:
    torch = pytest.importorskip("torch")
    case, f, t = make(HOST, 4, 1, 3, 5, seed=seed), ACTIVATIONS["tanh"], 3
    run = drain(srn.forward(HOST.xp, f, case.theta, case.inputs))
    found: dict[str, np.ndarray] = {}
    for step in chain(HOST.xp, f, case.theta, case.inputs, run, t, (np.eye(5), np.eye(3))):
        found.update(step.values)
    U, W, V, b, c = (torch.tensor(p) for p in case.theta)

    def later(s: object, k: int) -> object:
        for x in case.inputs.x[k + 1 : t + 1]:
            s = torch.tanh(U @ torch.tensor(x) + W @ s + b)
        return s

    def close(name: str, wanted: object) -> None:
        assert np.abs(found[name] - np.asarray(wanted).reshape(found[name].shape)).max() < 1e-13, name

    jacobian = torch.autograd.functional.jacobian
    for k in range(t + 1):
        s_k = torch.tensor(run.s[k])
        close(f"ds[{t},{k}]", jacobian(lambda s, k=k: later(s, k), s_k).reshape(3, 3))
        loss = lambda s, k=k: -torch.log_softmax(V @ later(s, k) + c, 0)[torch.tensor(case.inputs.y[t]) == 1].sum()  # noqa: E731
        close(f"by_s[{t},{k}]", jacobian(loss, s_k))
    close(f"dyhat_z[{t}]", jacobian(lambda z: torch.softmax(z, 0), V @ torch.tensor(run.s[t]) + c).reshape(5, 5))
    close(f"dyhat_s[{t}]", jacobian(lambda s: torch.softmax(V @ s + c, 0), torch.tensor(run.s[t])).reshape(5, 3))
