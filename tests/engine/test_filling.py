"""A picture filled in with clamped pixels: rules, devices, what stays, and the shares of completions by enumeration."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Array, Device, rng
from engine.images import rbm, rbm_exact, rbm_filling
from engine.images.rbm import Rule, Sampling
from engine.walks.reel import Env, Reel, Section
from engine.walks.step import drain
from tests.engine.cases import assert_close
from tests.engine.ruling import assert_rules_hold
from tests.engine.test_devices_agree import assert_same_steps
from tests.engine.test_rbm import GRAINS, data, drawn, make

RULES = [Rule(1), Rule(3), Rule(2, Sampling(False, False)), Rule(3, Sampling(True, False))]
MASK = np.array([[1.0], [0.0], [1.0], [1.0], [0.0]])


def reel(device: Device, of: Rule, mask: Any = MASK) -> Reel:
    theta, v, c = make(device, 5, 3), device.put(data(5, 1)), device.put(mask)
    u, at = drawn(device, 5, 3, of.k, 1, 1), (("fill", -1),)

    def env() -> Env:
        return Env({**theta, "v[0]": v, "c": c}, rbm.unit_families(device, theta, u))

    length = rbm_filling.steps((5, 3), int((mask == 0).sum()), of.k)
    return Reel([Section(at, lambda: rbm_filling.fill(device, theta, v, c, u, of, at), env, length)], GRAINS)


@pytest.mark.parametrize("of", RULES, ids=str)
def test_every_rule_and_device(of: Rule, device: Device) -> None:
    made = reel(device, of)
    assert len(made.tape(0)) == made.total
    rules = rbm_filling.rules(of)
    assert assert_rules_hold(device, made, rules) == set(rules) - {"v_begin"}
    assert_same_steps(device, made, reel(HOST, of))


@pytest.mark.parametrize("of", RULES, ids=str)
def test_known_pixels_never_change(of: Rule) -> None:
    """At every step of every sweep, also before a covered pixel has been drawn."""
    made, v = reel(HOST, of), data(5, 1)
    assert v[MASK == 1].any()
    seen = 0
    for step in made.tape(0):
        for name, value in step.values.items():
            if name.startswith("v["):
                assert (value[MASK == 1] == v[MASK == 1]).all()
                seen += 1
            assert not name.startswith("net_v") or MASK[int(name[:-1].partition(",")[2]) - 1] == 0
    assert seen == 1 + of.k * 3


@pytest.mark.parametrize("of", RULES, ids=str)
def test_layer_by_layer_it_is_the_same(of: Rule, device: Device) -> None:
    theta, v, c = make(device, 5, 3), device.put(data(5, 1)), device.put(MASK)
    u = drawn(device, 5, 3, of.k, 1, 1)
    end, F = drain(rbm_filling.fill(device, theta, v, c, u, of))
    assert_close(device.get(rbm_filling.filled(device.xp, theta, v, c, u, of)), device.get(end), 1e-12)
    assert_close(device.get(F), device.get(rbm.free_energy(device.xp, theta, end)), 1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_share_of_each_completion(seed: int) -> None:
    """20,000 chains of 60 sweeps against p(covered | known) from the sum over all completions."""
    theta, B, of = make(HOST, 5, 4, seed), 20_000, Rule(60)
    v = data(5, 1, seed).repeat(B, 1)
    found = rbm_filling.filled(np, theta, v, MASK, drawn(HOST, 5, 4, of.k, B, B, seed), of)
    completions = np.array(list(product((0.0, 1.0), repeat=2))).T
    whole = v[:, :4].copy()
    whole[MASK[:, 0] == 0] = completions
    weight = np.exp(-rbm.free_energy(np, theta, whole))[0]
    wanted = weight / weight.sum()
    shares = [(found == column[:, None]).all(axis=0).mean() for column in whole.T]
    assert sum(shares) == pytest.approx(1, abs=1e-12)
    assert (abs(np.array(shares) - wanted) < 4.5 * np.sqrt(wanted * (1 - wanted) / B)).all()
    assert abs(wanted - 0.25).max() > 0.05, "a model that tells completions apart"


# how large parameters may be


def large(V: int, H: int, size: float, seed: int) -> dict[str, Array]:
    draw = rng(seed, 3)
    shapes = {"W": (V, H), "a": (V, 1), "b": (H, 1)}
    return {p: size * draw.choice([-1.0, -0.37, 0.0, 0.61, 1.0], shape) for p, shape in shapes.items()}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("V", "H"), [(9, 16), (9, 5), (12, 12), (9, 64)])
def test_probabilities_of_large_weights_sum_to_one(V: int, H: int, seed: int) -> None:
    theta = large(V, H, 1e3, seed)
    assert rbm_exact.summable(HOST, theta)
    states = rbm_exact.columns(np, np.zeros((V, 1)), np.eye(V))
    assert rbm_exact.probabilities(HOST, theta, states).sum() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("size", [1e8, 1e18, np.inf, np.nan])
def test_parameters_whose_rounding_would_show_are_not_summed(size: float, device: Device) -> None:
    theta = {**make(device, 4, 3), "a": device.put([[size], [1.0], [-size], [0.0]])}
    assert not rbm_exact.summable(device, theta)
    assert rbm_exact.summable(device, make(device, 4, 3))
    assert not rbm_exact.summable(device, make(device, 21, 22))
