"""One plain step of an M-L-N network: every rule of the walk holds, and the step is gradient descent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Array, Device, rng
from engine.feedforward import mlp, network
from engine.feedforward.mlp import Net
from engine.maths.activations import ACTIVATIONS
from engine.walks.reel import Env, Reel, Section
from engine.walks.step import address, drain
from tests.engine.ruling import assert_rules_hold

GRAINS = {"act": 0, "phase": 1, "layer": 2, "op": 4}
RATE = 0.05


def make(device: Device, name: str, seed: int) -> tuple[Net, dict[str, Array], Array, Array]:
    """Two layers, random weights and one example."""
    draw = rng(seed, 21)
    M, L, N = (int(n) for n in draw.integers(1, 5, 3))
    shapes = {"W1": (L, M), "b1": (L, 1), "W2": (N, L), "b2": (N, 1)}
    theta = {p: device.put(draw.normal(size=shape)) for p, shape in shapes.items()}
    f = ACTIVATIONS[name]
    return Net(2, f, "squared", f), theta, device.put(draw.normal(size=(M, 1))), device.put(draw.normal(size=(N, 1)))


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("seed", range(3))
def test_every_rule_gives_its_step(name: str, seed: int, device: Device) -> None:
    net, theta, x, y = make(device, name, seed)
    at = (("adapt", -1),)
    plain: dict[str, Any] = {**theta, "x": x, "y": y, "B": 1, "rate": RATE}
    length = network.adapt_length(net)
    section = Section(at, lambda: network.adapt(device.xp, net, theta, x, y, RATE, at), lambda: Env(plain), length)
    reel = Reel([section], GRAINS)
    assert len(reel.tape(0)) == length
    met = assert_rules_hold(device, reel, {**mlp.rules(net), **network.ADAPT_RULES})
    assert set(network.ADAPT_RULES) <= met


@pytest.mark.parametrize("seed", range(3))
def test_a_short_step_follows_the_gradient(seed: int) -> None:
    net, theta, x, y = make(HOST, "tanh", seed)
    of = mlp.objective(np, net, theta, x, y)
    moved = drain(network.adapt(np, net, theta, x, y, RATE))
    for p, value in theta.items():
        np.testing.assert_array_equal(moved[p], value - RATE * of.gradient[p])
    steps = list(network.adapt(np, net, theta, x, y, RATE))
    before, after = (float(step.values["E"]) for step in steps if step.op == "E")
    assert before == float(of.loss())
    assert after == float(of.loss(**moved)) < before


@pytest.mark.parametrize("seed", range(3))
def test_every_step_of_a_layer_is_at_one_of_its_units(seed: int) -> None:
    net, theta, x, _ = make(HOST, "tanh", seed)
    layers = [(theta["W1"], theta["b1"]), (theta["W2"], theta["b2"])]
    places = [address(step.path) for step in network.forward(HOST, net.f, layers, x)]
    units = [f"n={n}/j={j}" for n, (W, _) in enumerate(layers, 1) for j in (1, *np.repeat(np.arange(len(W)) + 1, 2))]
    assert places == units


@pytest.mark.parametrize("wants", [(1, 0, 0, 1, 0, 1), (0, 1, 1, 0, 0, 0), (0, 0, 0, 0, 0, 0), (1, 1, 1, 1, 1, 1)])
def test_a_table_is_mapped_exactly(wants: tuple[int, ...]) -> None:
    """Also one whose first row wants 1, and one in which none does; answers that are wrong are counted."""
    rows = [[0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0], [1, 1, 1]]
    made = network.table_net(HOST, rows, wants)
    q = [HOST.put([[v] for v in row]) for row in rows]
    targets = [HOST.put([[want]]) for want in wants]
    assert float(drain(network.mapping(np, made, q, targets))) == 0
    others = [1 - target for target in targets]
    assert float(drain(network.mapping(np, made, q, others))) == len(rows)
    missed = [float(step.values["missed"]) for step in network.mapping(np, made, q, others) if "missed" in step.values]
    assert missed == [float(n) for n in range(len(rows) + 1)]
