"""Networks of any depth: gradients against central differences and PyTorch, rules against steps, on every device."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Array, Device, rng
from engine.feedforward import mlp
from engine.feedforward.mlp import Net
from engine.maths.activations import ACTIVATIONS
from engine.walks.gradient_check import along, checked
from engine.walks.reel import Env, Reel, Section
from engine.walks.step import drain
from tests.engine.ruling import assert_rules_hold
from tests.mutants.change import Mutant, compiled, load

SMOOTH = ("linear", "sigmoid", "tanh")
GRAINS = {"act": 0, "phase": 1, "layer": 2, "op": 3}


def make(device: Device, seed: int, **given: Any) -> tuple[Net, dict[str, Array], Array, Array]:
    """A random net of random depth and widths, with a batch of random inputs and targets that fit its loss."""
    draw = rng(seed, 11)
    depth, B = int(draw.integers(1, 7)), int(draw.integers(2, 6))
    widths = [int(n) for n in draw.integers(2, 6, depth + 1)]
    loss = ("squared", "logistic", "softmax")[seed % 3]
    choices = {"f": ACTIVATIONS[list(ACTIVATIONS)[seed % 6]], "out": ACTIVATIONS[SMOOTH[seed % 3]]}
    net = Net(depth, **{"loss": loss, **choices, "l1": 0.03 * (seed % 2), "l2": 0.05 * (seed % 4 > 1), **given})
    theta = {}
    for n in range(1, depth + 1):
        theta[f"W{n}"] = device.put(draw.normal(0, 0.9 / widths[n - 1] ** 0.5, (widths[n], widths[n - 1])))
        theta[f"b{n}"] = device.put(draw.normal(0, 0.3, (widths[n], 1)))
    x = device.put(draw.normal(size=(widths[0], B)))
    y = draw.normal(size=(widths[-1], B))
    if net.loss == "logistic":
        y = (y > 0).astype(float)
    elif net.loss == "softmax":
        y = np.eye(widths[-1])[:, draw.integers(0, widths[-1], B)]
    return net, theta, x, device.put(y)


@pytest.mark.parametrize("seed", range(24))
def test_central_differences(seed: int) -> None:
    net, theta, x, y = make(HOST, seed)
    of = mlp.objective(HOST.xp, net, theta, x, y)
    assert tuple(of.gradient) == mlp.names(net.depth)
    if net.f.name in ("step", "ramp", "relu"):  # a nudge may cross a kink: one direction, few of which do
        return
    for name in of.theta:
        for cell in checked(HOST, of, name, 40):
            assert cell.gap < 1e-8 * max(1.0, abs(cell.gradient)), (name, cell)
    exact, numeric = along(HOST, of, rng(seed))
    assert abs(exact - numeric) < 1e-7 * max(1.0, abs(exact))


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(36))
def test_equals_autograd(seed: int) -> None:
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    functions = {
        "linear": lambda z: z, "ramp": lambda z: torch.clamp(z, -1, 1), "step": lambda z: (z > 0) * 1.0 + 0 * z,
        "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu,
    }  # fmt: skip
    net, theta, x, y = make(HOST, seed)
    weights = {name: torch.tensor(value, requires_grad=True) for name, value in theta.items()}
    h, wanted, B = torch.tensor(x), torch.tensor(y), x.shape[1]
    z = h
    for n in range(1, net.depth + 1):
        z = weights[f"W{n}"] @ h + weights[f"b{n}"]
        h = functions[net.unit(n).name](z)
    if net.loss == "squared":
        E = F.mse_loss(h, wanted, reduction="sum") / 2
    elif net.loss == "logistic":
        E = F.binary_cross_entropy_with_logits(z, wanted, reduction="sum")
    else:
        E = F.cross_entropy(z.T, wanted.T, reduction="sum")
    E = E / B
    for n in range(1, net.depth + 1):
        E = E + net.l1 * weights[f"W{n}"].abs().sum() + net.l2 / 2 * (weights[f"W{n}"] ** 2).sum()
    E.backward()
    run = drain(mlp.forward(HOST.xp, net, theta, x, y))
    assert float(run.E) == pytest.approx(E.item(), rel=1e-12)
    for name, grad in drain(mlp.backward(HOST.xp, net, theta, run, y)).items():
        found = weights[name].grad
        np.testing.assert_allclose(grad, 0 * grad if found is None else found.numpy(), rtol=1e-9, atol=1e-12)


def reel(device: Device, seed: int, **given: Any) -> tuple[Reel, Net]:
    """Forward and backward of a net as sections."""
    net, theta, x, y = make(device, seed, **given)
    run = drain(mlp.forward(device.xp, net, theta, x, y))
    plain: dict[str, Any] = {**theta, "x": x, "y": y, "B": x.shape[1], "l1": net.l1, "l2": net.l2}
    made = {**plain, **{f"h{n}": run.h[n] for n in range(1, net.depth + 1)}}
    there, back = mlp.steps(net)
    up, down = (("forward", -1),), (("backward", -1),)
    return Reel(
        [
            Section(up, lambda: mlp.forward(device.xp, net, theta, x, y, up), lambda: Env(plain), there),
            Section(down, lambda: mlp.backward(device.xp, net, theta, run, y, down), lambda: Env(made), back),
        ],
        GRAINS,
    ), net


@pytest.mark.parametrize("seed", range(24))
def test_every_rule_gives_its_step(seed: int, device: Device) -> None:
    found, net = reel(device, seed)
    assert [len(found.tape(n)) for n in (0, 1)] == list(mlp.steps(net))
    assert_rules_hold(device, found, mlp.rules(net))


def test_extreme_scores_stay_finite() -> None:
    for loss in ("logistic", "softmax"):
        net, theta, x, y = make(HOST, 1, loss=loss, l1=0.0, l2=0.0, f=ACTIVATIONS["linear"])
        y = np.eye(y.shape[0])[:, [0] * x.shape[1]]
        run = drain(mlp.forward(HOST.xp, net, {k: 1e3 * v for k, v in theta.items()}, x, y))
        assert np.isfinite(run.E)
        assert np.isfinite(drain(mlp.backward(HOST.xp, net, theta, run, y))["W1"]).all()


@pytest.mark.mutation
@pytest.mark.parametrize(
    ("wrong", "of"),
    [
        ("theta[f'W{n + 1}'].T @ delta", "theta[f'W{n + 1}'].T @ (0 * delta)"),
        ("(theta[f'W{n + 1}'].T @ delta) * net.unit(n).slope(xp, run.h[n])", "theta[f'W{n + 1}'].T @ delta"),
        ("delta @ run.h[n - 1].T", "delta @ (0 * run.h[n - 1] + 1).T"),
        ("xp.sum(delta, axis=1, keepdims=True)", "delta[:, :1]"),
        ("dW + net.l2 * theta[f'W{n}']", "dW + 0 * net.l2"),
        ("dW + net.l1 * xp.sign(theta[f'W{n}'])", "dW + net.l1"),
        ("delta = (run.h[n] - y) / B", "delta = run.h[n] - y"),
    ],
)
def test_a_broken_gradient_is_noticed(wrong: str, of: str) -> None:
    """Each of these changes makes central differences disagree."""
    broken = load(mlp.__name__, compiled(Mutant(mlp.__name__, "", wrong, of)))
    gaps = []
    for seed in (0, 1, 3, 4, 6, 9, 13, 15, 16):
        net, theta, x, y = make(HOST, seed, f=ACTIVATIONS["tanh"])
        exact, numeric = along(HOST, broken.objective(HOST.xp, net, theta, x, y), rng(seed))
        gaps.append(abs(exact - numeric) / max(1e-3, abs(exact)))
    assert max(gaps) > 1e-4
