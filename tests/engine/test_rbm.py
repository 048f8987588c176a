"""Restricted Boltzmann machines: worked values, brute force, exact gradients, every rule and device, scikit-learn."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Array, Device, rng
from engine.feedforward.mlp_training import Batches
from engine.images import rbm, rbm_exact
from engine.images.rbm import NAMES, Draws, Rule, Sampling
from engine.images.rbm_training import RbmRun
from engine.maths.optimisers import OPTIMISERS
from engine.walks.gradient_check import along, checked
from engine.walks.history import History
from engine.walks.reel import Env, Reel, Section, counted
from engine.walks.step import drain
from engine.walks.training import Recipe
from tests.engine.cases import assert_close, assert_gradients, host
from tests.engine.mutants import read
from tests.engine.ruling import assert_rules_hold
from tests.engine.test_devices_agree import assert_same_steps
from tests.mutants.change import compiled, load

GRAINS = {"act": 0, "update": 0, "phase": 1, "n": 2, "i": 3, "j": 3, "op": 4}
WORKED = {"W": [[0.5, -0.3], [0.2, 0.4]], "a": [[0.1], [-0.2]], "b": [[0.0], [0.1]]}
"""Two visible and two hidden units; the values below are from summing all 16 states, and from PyTorch."""
EVERY_WAY = [Sampling(*way) for way in product((True, False), repeat=4)]


def worked(device: Device) -> dict[str, Array]:
    return {p: device.put(value) for p, value in WORKED.items()}


def make(device: Device, V: int, H: int, seed: int = 0) -> dict[str, Array]:
    """Asymmetric random parameters."""
    draw = rng(seed, V + 100 * H)
    shapes = {"W": (V, H), "a": (V, 1), "b": (H, 1)}
    return {p: device.put(draw.normal(0.1, 0.8, shape)) for p, shape in shapes.items()}


def data(V: int, N: int, seed: int = 0) -> Any:
    """Random bits, each visible unit with a frequency of its own."""
    draw = rng(seed, 7)
    return (draw.random((V, N)) < np.linspace(0.2, 0.8, V)[:, None]).astype(float)


def drawn(device: Device, V: int, H: int, k: int, B: int, C: int, seed: int = 0) -> Draws:
    row = rng(seed, 8).random(max(B, C) * rbm.numbers((V, H), k))
    return rbm.draws(device.put, row, (V, H), k, B, C)


def given(device: Device, h: Any, v: Any, k: int = 1) -> Draws:
    """Random numbers that make these bits, in every step alike."""
    u_h, u_v = (device.put([[1.0 - bit] for bit in bits]) for bits in (h, v))
    return Draws([u_h] * (k + 1), [u_v] * (k + 1))


def brute(theta: Any) -> tuple[Any, Any, Any]:
    """(v, h, p(v,h)) of all joint states, one column each, from the energy alone."""
    W, a, b = (np.asarray(theta[p]) for p in NAMES)
    V, H = W.shape
    states = np.array(list(product((0.0, 1.0), repeat=V + H))).T
    v, h = states[:V], states[V:]
    weight = np.exp((a * v).sum(0) + (b * h).sum(0) + np.einsum("in,ij,jn->n", v, W, h))
    return v, h, weight


# exact quantities


def test_worked_values(device: Device) -> None:
    theta, v0 = worked(device), device.put([[1.0], [0.0]])
    every = device.put([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])
    F = device.get(rbm.free_energy(device.xp, theta, every))[0]
    assert_close(F, [-1.4375438406, -1.5722158536, -1.6722158536, -1.8013249183], 1e-10)
    assert_close(device.get(rbm_exact.log_partition(device, theta)), [[3.0159893352]], 1e-10)
    p = device.get(rbm_exact.probabilities(device, theta, every))[0]
    assert_close(p, [0.2062955366, 0.2360354009, 0.2608594607, 0.2968096019], 1e-9)
    assert_close(device.get(rbm.hidden_chance(device.xp, theta, v0))[:, 0], [0.6224593312, 0.4501660027], 1e-10)
    assert_close(device.get(rbm_exact.log_likelihood(device, theta, v0)), -1.3437734816, 1e-10)
    wanted = {
        "W": [[-0.2617603792, -0.1695399322], [0.3281048346, 0.3101184476]],
        "a": [[-0.4423309375], [0.5328450027]],
        "b": [[-0.0288323229], [0.0856833688]],
    }
    assert_gradients(host(device, rbm_exact.objective(device, theta, v0).gradient), wanted, 1e-9)


def test_cd1_with_given_bits(device: Device) -> None:
    theta, v0, of = worked(device), device.put([[1.0], [0.0]]), Rule()
    u = given(device, (1, 0), (1, 1))
    run = drain(rbm.chain(device.xp, theta, v0, u, of))
    h0 = device.put([[1.0], [0.0]])
    assert_close(device.get(rbm.visible_chance(device.xp, theta, h0))[:, 0], [0.6456563062, 0.5], 1e-9)
    assert device.get(run.last[0])[:, 0].tolist() == [1.0, 1.0]
    assert_close(device.get(run.last[1])[:, 0], [0.6681877722, 0.5498339973], 1e-9)
    found = drain(rbm.gradient(device.xp, theta, run, u, of))
    assert_close(device.get(found["W"]), [[0.0457284410, 0.0996679946], [0.6681877722, 0.5498339973]], 1e-9)


@pytest.mark.parametrize(
    ("k", "wanted"),
    [
        (1, [[0.2556335422, 0.1650310149], [-0.3243577408, -0.3056345655]]),
        (5, [[0.2617603780, 0.1695399322], [-0.3281048346, -0.3101184476]]),
    ],
)
def test_the_mean_of_cd_over_all_draws(k: int, wanted: Any) -> None:
    """Every bit that can be drawn, weighted by its probability: with k it tends to the exact gradient."""
    theta, v0 = worked(HOST), np.array([[1.0], [0.0]])
    states = [np.array([[a], [b]]) for a, b in product((0.0, 1.0), repeat=2)]

    def chance(p: Any, s: Any) -> float:
        return float(np.prod(np.where(s == 1, p, 1 - p)))

    weight, mean = {v0.tobytes(): 1.0}, np.zeros((2, 2))
    for _ in range(k):
        after = {s.tobytes(): 0.0 for s in states}
        for v in (s for s in states if s.tobytes() in weight):
            for h, following in product(states, states):
                p = chance(rbm.hidden_chance(np, theta, v), h) * chance(rbm.visible_chance(np, theta, h), following)
                after[following.tobytes()] += weight[v.tobytes()] * p
        weight = after
    for v in states:
        run = drain(rbm.chain(np, theta, v0, given(HOST, (0, 0), v[:, 0]), Rule()))
        grad = drain(rbm.gradient(np, theta, run, given(HOST, (0, 0), v[:, 0]), Rule()))
        assert run.last[0].tobytes() == v.tobytes()
        mean -= weight[v.tobytes()] * grad["W"]
    assert_close(mean, wanted, 5e-9)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("V", "H"), [(3, 5), (5, 3), (4, 4), (1, 6)])
def test_against_the_sum_over_all_states(V: int, H: int, seed: int, device: Device) -> None:
    theta, x = make(device, V, H, seed), data(V, 4, seed)
    v, h, weight = brute(make(HOST, V, H, seed))
    Z, p = weight.sum(), weight / weight.sum()
    found = rbm_exact.expected(device, theta)
    assert_close(device.get(found.lnZ), [[np.log(Z)]], 1e-12)
    assert_close(device.get(found.vh), (v * p) @ h.T, 1e-12)
    assert_close(device.get(found.v), (v * p).sum(1, keepdims=True), 1e-12)
    assert_close(device.get(found.h), (h * p).sum(1, keepdims=True), 1e-12)
    wanted = [p[(v == column[:, None]).all(axis=0)].sum() for column in x.T]
    assert_close(device.get(rbm_exact.probabilities(device, theta, device.put(x)))[0], wanted, 1e-12)
    assert_close(device.get(rbm_exact.log_likelihood(device, theta, device.put(x))), np.log(wanted).mean(), 1e-12)


@pytest.mark.parametrize(("V", "H"), [(14, 3), (3, 14), (15, 13)])
def test_states_taken_in_chunks(V: int, H: int, monkeypatch: pytest.MonkeyPatch) -> None:
    theta = make(HOST, V, H, 3)
    whole = rbm_exact.expected(HOST, theta)
    for inner in (1, 4):
        monkeypatch.setattr(rbm_exact, "INNER", inner)
        for found, wanted in zip(rbm_exact.expected(HOST, theta), whole, strict=True):
            assert_close(found, wanted, 1e-12)
    assert_close(np.log(np.exp(-rbm.free_energy(np, theta, _all(V))).sum()), float(whole.lnZ[0, 0]), 1e-12)


def _all(n: int) -> Any:
    return rbm_exact.columns(np, np.zeros((n, 1)), np.eye(n))


@pytest.mark.parametrize("scale", [30.0, 1000.0])
def test_large_weights(scale: float) -> None:
    """Sums whose exponentials overflow: ln Z is still that of the free energies."""
    theta = {p: scale * value for p, value in make(HOST, 4, 6, 1).items()}
    F = -rbm.free_energy(np, theta, _all(4))[0]
    wanted = F.max() + np.log(np.exp(F - F.max()).sum())
    assert_close(rbm_exact.log_partition(HOST, theta), [[wanted]], 1e-12)
    assert np.isfinite(rbm_exact.expected(HOST, theta).vh).all()


def test_a_zero_machine() -> None:
    theta = {"W": np.zeros((9, 8)), "a": np.zeros((9, 1)), "b": np.zeros((8, 1))}
    assert_close(rbm_exact.log_partition(HOST, theta), [[11.7835020695]], 1e-11)
    assert_close(rbm_exact.log_likelihood(HOST, theta, data(9, 5)), -6.2383246250, 1e-11)


def test_without_z_the_gradient_of_the_free_energy_is_checked() -> None:
    of = rbm_exact.objective(HOST, make(HOST, 22, 21), data(22, 3))
    gradient, numeric = along(HOST, of, rng(0, 3))
    assert gradient == pytest.approx(numeric, rel=1e-7)


def test_too_many_units_to_enumerate() -> None:
    assert rbm_exact.enumerable(64, 20)
    assert not rbm_exact.enumerable(64, 21)
    with pytest.raises(rbm_exact.TooLargeError, match="21"):
        rbm_exact.log_partition(HOST, make(HOST, 30, 21))


@pytest.mark.parametrize(("V", "H"), [(4, 3), (3, 5)])
def test_the_exact_gradient_against_central_differences(V: int, H: int, device: Device) -> None:
    of = rbm_exact.objective(device, make(device, V, H, 2), device.put(data(V, 3, 2)))
    for name in NAMES:
        for cell in checked(device, of, name, 100):
            assert cell.gap < 1e-8 * max(1.0, abs(cell.gradient)), cell


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("V", "H"), [(4, 3), (3, 5), (9, 8)])
def test_the_exact_gradient_against_pytorch(V: int, H: int, seed: int) -> None:
    torch = pytest.importorskip("torch")
    theta, x = make(HOST, V, H, seed), data(V, 5, seed)
    leaves = {p: torch.tensor(value, requires_grad=True) for p, value in theta.items()}
    W, a, b = (leaves[p] for p in NAMES)

    def minus_F(v: Any) -> Any:
        return (a.T @ v).sum(0) + torch.nn.functional.softplus(W.T @ v + b).sum(0)

    L = torch.logsumexp(minus_F(torch.tensor(_all(V))), 0) - minus_F(torch.tensor(x)).mean()
    L.backward()
    of = rbm_exact.objective(HOST, theta, x)
    assert_gradients(of.gradient, {p: leaf.grad.numpy() for p, leaf in leaves.items()}, 1e-9)
    assert float(of.loss()) == pytest.approx(L.item(), rel=1e-12)


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(3))
def test_against_scikit_learn(seed: int) -> None:
    network = pytest.importorskip("sklearn.neural_network")
    theta, x = make(HOST, 6, 4, seed), data(6, 9, seed)
    peer = network.BernoulliRBM(n_components=4)
    peer.components_, peer.intercept_hidden_ = theta["W"].T, theta["b"][:, 0]
    peer.intercept_visible_ = theta["a"][:, 0]
    assert_close(rbm.free_energy(np, theta, x)[0], peer._free_energy(x.T), 1e-12)
    assert_close(rbm.hidden_chance(np, theta, x), peer.transform(x.T).T, 1e-12)
    draw = np.random.RandomState(seed)
    h = (rng(seed, 9).random((4, 9)) < 0.5).astype(float)
    u = np.random.RandomState(seed).uniform(size=(9, 6)).T
    drawn_there = peer._sample_visibles(h.T, draw).T
    assert_close(rbm.bits(np, u, rbm.visible_chance(np, theta, h)), drawn_there.astype(float), 0)


# walks, rules, devices


def update_reel(device: Device, of: Rule, B: int = 3, n: int = 2, optimiser: str = "momentum") -> tuple[RbmRun, Reel]:
    """Update n opened, of a machine with 5 visible and 4 hidden units on 7 examples."""
    run = machine(device, of, B, optimiser)
    state = run.start(make(device, 5, 4, 1))
    for _ in range(n):
        state = run.advance(state)
    return run, run.inside(state, GRAINS)


def machine(device: Device, of: Rule, B: int = 3, optimiser: str = "momentum", rate: float = 0.3) -> RbmRun:
    recipe = Recipe(OPTIMISERS[optimiser], rate, 1.0)
    return RbmRun(device, recipe, of, 4, Batches(B, 5), data(5, 7), data(5, 4, 1), 4)


RULES = [
    *(Rule(1, how) for how in EVERY_WAY),
    Rule(3),
    Rule(2, Sampling(False, True, True, True), True, 0.01),
    Rule(1, persistent=True),
]


@pytest.mark.parametrize("n", [0, 2])
@pytest.mark.parametrize("of", RULES, ids=str)
def test_rules_of_an_update(of: Rule, n: int) -> None:
    run, reel = update_reel(HOST, of, n=n)
    assert [len(reel.tape(0))] == [section.length for section in reel.sections]
    met = assert_rules_hold(HOST, reel, run.rules())
    assert set(run.rules()) - met <= {"h"}


@pytest.mark.parametrize(
    "of", [Rule(2, Sampling(visible=False)), Rule(2, Sampling(False, False, True, True), True, 0.01)], ids=str
)
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_rules_and_devices(optimiser: str, of: Rule, device: Device) -> None:
    run, reel = update_reel(device, of, 3, 3, optimiser)
    assert_rules_hold(device, reel, run.rules())
    assert_same_steps(device, reel, update_reel(HOST, of, 3, 3, optimiser)[1])


def units_reel(device: Device, of: Rule) -> Reel:
    theta, v = make(device, 5, 3), device.put(data(5, 1))
    u, at = drawn(device, 5, 3, of.k, 1, 1), (("gibbs", -1),)

    def env() -> Env:
        return Env({**theta, "v[0]": v}, rbm.unit_families(device, theta, u))

    return Reel(
        [Section(at, lambda: rbm.units(device, theta, v, u, of, at), env, rbm.unit_steps((5, 3), of.k))], GRAINS
    )


@pytest.mark.parametrize(
    "of", [Rule(), Rule(2), Rule(1, Sampling(False, False)), Rule(1, Sampling(True, False))], ids=str
)
def test_unit_by_unit(of: Rule, device: Device) -> None:
    reel = units_reel(device, of)
    assert len(reel.tape(0)) == reel.total
    assert assert_rules_hold(device, reel, rbm.unit_rules(of)) == set(rbm.unit_rules(of))
    theta, v, u = make(device, 5, 3), device.put(data(5, 1)), drawn(device, 5, 3, of.k, 1, 1)
    run = drain(rbm.chain(device.xp, theta, v, u, of))
    v_end, h_end = reel.tape(0).result
    assert_close(device.get(v_end), device.get(run.last[0]), 1e-12)
    p = device.get(rbm.hidden_chance(device.xp, theta, v_end))
    assert_close(device.get(h_end), np.where(device.get(u.h[-1]) < p, 1.0, 0.0) if of.how.hidden else p, 1e-12)
    assert_same_steps(device, reel, units_reel(HOST, of))


def test_patterns_weighed_and_the_exact_gradient(device: Device) -> None:
    theta, x = make(device, 4, 3), data(4, 5)
    columns = [device.put(column[:, None]) for column in x.T]
    model, v = rbm_exact.expected(device, theta), device.put(x)
    given = {"lnZ": model.lnZ, "E_vh": model.vh, "E_v": model.v, "E_h": model.h}
    env = Env({**theta, "M": 5, "X": v, **given}, {"x": counted(columns)})
    weigh, exact = (("weigh", -1),), (("exact", -1),)
    sections = [
        Section(weigh, lambda: rbm_exact.weigh(device, theta, columns, model.lnZ, weigh), lambda: env, 16),
        Section(exact, lambda: rbm_exact.exact(device.xp, theta, v, model, exact), lambda: env, 4),
    ]
    reel = Reel(sections, GRAINS)
    assert [len(reel.tape(i)) for i in (0, 1)] == [16, 4]
    assert assert_rules_hold(device, reel, rbm_exact.rules()) == set(rbm_exact.rules())
    of = rbm_exact.objective(device, theta, device.put(x))
    assert_gradients(host(device, reel.tape(1).result), host(device, of.gradient), 1e-12)
    assert float(device.get(reel.get("E", 16))[0, 0]) == pytest.approx(float(device.get(of.loss())), rel=1e-12)


# training


@pytest.mark.parametrize("of", RULES, ids=str)
def test_fast_updates_are_those_of_the_walk(of: Rule) -> None:
    run = machine(HOST, of)  # where bits cancel, rounding decides the sign of 0: too much for Adam
    way = run.track(run.start(make(HOST, 5, 4, 1)), GRAINS)
    state = way.begin
    for _ in range(8):
        reel, after = way.inside(state), way.advance(state)
        found = {p: reel.get(p, reel.total) for p in (*NAMES, *after.data.memory)}
        assert_gradients(found, {**after.data.theta, **after.data.memory}, 1e-11)
        if of.persistent:
            assert_close(reel.get(f"h[{of.k}]", reel.total), after.data.carried["h"], 1e-12)
        state = after


@pytest.mark.parametrize("of", [Rule(2, decay=0.01), Rule(1, persistent=True)], ids=str)
def test_devices_train_alike(of: Rule, device: Device) -> None:
    ends = []
    for where in (device, HOST):
        run = machine(where, of)
        state = run.start(make(where, 5, 4, 1))
        for _ in range(9):
            state = run.advance(state)
        ends.append((host(where, state.data.theta), state.data.reading, float(state.data.loss)))
    assert_gradients(ends[0][0], ends[1][0], 1e-11)
    assert ends[0][1] == pytest.approx(ends[1][1], rel=1e-11)
    assert ends[0][2] == pytest.approx(ends[1][2], rel=1e-11)


def test_replayed_states_are_the_same_bits() -> None:
    run = machine(HOST, Rule(2, persistent=True))
    history = History(run.track(run.start(make(HOST, 5, 4, 1)), GRAINS), bound=1)
    last = {n: history.grow(n).data for n in range(40)}
    for n in (3, 17, 38):
        again = history.state(n).data
        assert all((again.theta[p] == last[n].theta[p]).all() for p in NAMES)
        assert n == 0 or (again.carried["h"] == last[n].carried["h"]).all()


def test_readings_come_every_few_updates() -> None:
    run = machine(HOST, Rule())
    history = History(run.track(run.start(make(HOST, 5, 4, 1)), GRAINS))
    history.grow(12)
    for n in range(12):
        began = history.state((n + 1) // 4 * 4)
        wanted = float(rbm_exact.log_likelihood(HOST, began.data.theta, run.train))
        assert history.curve(1)[n] == pytest.approx(wanted, rel=1e-12)
        assert history.curve(2)[n] == pytest.approx(
            float(rbm_exact.log_likelihood(HOST, began.data.theta, run.test)), rel=1e-12
        )
    assert len(set(history.curve())) == 4


def test_random_numbers_are_those_of_the_update_alone() -> None:
    """Whatever is sampled, and whichever updates are asked for first: update n has the same numbers."""
    one, other = machine(HOST, Rule()), machine(HOST, Rule(1, Sampling(False, False)))
    far = one.block + 3
    rows = [one.row(far).tobytes(), one.row(0).tobytes(), one.row(1).tobytes()]
    assert rows == [other.row(n).tobytes() for n in (far, 0, 1)]
    assert len(set(rows)) == 3


def test_numbers_beyond_the_finite_are_measured() -> None:
    run = machine(HOST, Rule(), optimiser="sgd", rate=1e308)
    history = History(run.track(run.start(make(HOST, 5, 4, 1)), GRAINS))
    history.grow(8)
    assert not np.isfinite(history.curve()).all()


def test_a_direction_through_all_parameters() -> None:
    theta, x = make(HOST, 6, 5, 4), data(6, 8, 4)
    gradient, numeric = along(HOST, rbm_exact.objective(HOST, theta, x), rng(0, 3))
    assert gradient == pytest.approx(numeric, rel=1e-7)


# what breaks, is noticed

MUTANTS = read("""
the chain begins with probabilities | engine.images.rbm:chain | images
-bits(xp, u.h[0], p) if of.how.hidden else p + 0
+p + 0

no visible bias | engine.images.rbm:visible_chance | images
-sigmoid(xp, theta["W"] @ h + theta["a"])
+sigmoid(xp, theta["W"] @ h)

no hidden bias | engine.images.rbm:hidden_chance | images
-sigmoid(xp, theta["W"].T @ v + theta["b"])
+sigmoid(xp, theta["W"].T @ v)

the other random number | engine.images.rbm:bits | images
-u < p
+u > p

the data again at the end | engine.images.rbm:gradient | images
-vh_model = vk @ h_model.T / C
+vh_model = v0 @ h_model.T / C

sign of ΔW | engine.images.rbm:gradient | images
-vh_model - vh_data + of.decay * theta["W"] if of.decay else vh_model - vh_data
+vh_data - vh_model

no decay | engine.images.rbm:gradient | images
-vh_model - vh_data + of.decay * theta["W"] if of.decay else vh_model - vh_data
+vh_model - vh_data

da without the data | engine.images.rbm:gradient | images
-xp.sum(vk, axis=1, keepdims=True) / C - xp.sum(v0, axis=1, keepdims=True) / B
+xp.sum(vk, axis=1, keepdims=True) / C

db not a mean | engine.images.rbm:gradient | images
-xp.sum(h_model, axis=1, keepdims=True) / C - xp.sum(h_data, axis=1, keepdims=True) / B
+h_model - h_data

a bit where the probability counts | engine.images.rbm:gradient | images
-pk + 0
+bits(xp, u.h[of.k], pk)

a persistent chain begins again | engine.images.rbm:chain | images
-        h = carried
+        h = bits(xp, u.h[0], p)

free energy without bias | engine.images.rbm:free_energy | images
-xp.sum(log_sigmoid(xp, -net), axis=0, keepdims=True) - theta["a"].T @ v
+xp.sum(log_sigmoid(xp, -net), axis=0, keepdims=True)

fast: no second half | engine.images.rbm_fast:sigmoid | images
-    xp.add(z, half, z)
+    xp.add(z, 0, z)

fast: chain and data swapped | engine.images.rbm_fast | images
-xp.concatenate([xp.full(B, -1.0 / B), xp.full(C, 1.0 / C)])
+xp.concatenate([xp.full(B, 1.0 / B), xp.full(C, -1.0 / C)])

fast: no decay | engine.images.rbm_fast | images
-            self._whole[:-1, :-1] += of.decay * whole[:-1, :-1]
+            pass

fast: the chain is forgotten | engine.images.rbm_fast | images
-            copy(h, carried)
+            h[...] = 0

fast: one step too few | engine.images.rbm_fast | images
-range(1, of.k + 1)
+range(1, of.k)

fast: the reconstruction is not drawn | engine.images.rbm_fast | images
-draw(u.v[n], b.p_v, b.v_on, b.chain) if how.visible else copy(b.chain, b.p_v)
+copy(b.chain, b.p_v)

exact: half of the states | engine.images.rbm_exact:columns | images
-found + w[:, j : j + 1]
+found

exact: no bias | engine.images.rbm_exact:sides | images
-Sides(W.T, b, a, True)
+Sides(W.T, b, 0 * a, True)

exact: units off for units on | engine.images.rbm_exact:expected | images
-Expected(both.T, other, one, lnZ)
+Expected(both.T, 1 - other, one, lnZ)

exact: gradient without the model | engine.images.rbm_exact:objective | images
-parts[name] - each / B
+-each / B
""")


def _fast(rbm_fast: Any) -> None:
    for of in (Rule(2, decay=0.05), Rule(1, Sampling(True, True, True, True), True), Rule(1, Sampling(False, False))):
        run = machine(HOST, of)
        run._own.kernel = rbm_fast.Kernel(run.units, run.recipe, of)
        state = run.start(make(HOST, 5, 4, 1))
        for _ in range(3):
            reel = run.inside(state, GRAINS)
            found = {p: reel.get(p, reel.total) for p in NAMES}
            state = run.advance(state)
            assert_gradients(dict(state.data.theta), found, 1e-11)


def _walks(walks: Any) -> None:
    """The worked values, and the mean of many chains of one step beside what they tend to."""
    theta, v0, of = worked(HOST), np.array([[1.0], [0.0]]), Rule()
    u = given(HOST, (1, 0), (1, 1))
    run = drain(walks.chain(np, theta, v0, u, of))
    found = drain(walks.gradient(np, theta, run, u, of))
    assert_close(found["W"], [[0.0457284410, 0.0996679946], [0.6681877722, 0.5498339973]], 1e-9)
    assert_close(found["a"], [[0.0], [1.0]], 1e-12)
    assert_close(found["b"], [[0.6681877722 - 0.6224593312], [0.5498339973 - 0.4501660027]], 1e-9)
    assert_close(walks.free_energy(np, theta, v0), [[-1.6722158536]], 1e-10)
    for k, carried in product((1, 2), (data(4, 3, 9), None)):
        of = Rule(k, Sampling(True, False, True, True), carried is not None, 0.5)
        theta, x, u = make(HOST, 5, 4, 1), data(5, 3), drawn(HOST, 5, 4, k, 3, 3)
        run = drain(walks.chain(np, theta, x, u, of, carried))
        found = drain(walks.gradient(np, theta, run, u, of))
        h_data = (u.h[0] < _sigmoid(theta["W"].T @ x + theta["b"])) * 1.0
        h = h_data if carried is None else carried
        for n in range(1, k + 1):
            v = _sigmoid(theta["W"] @ h + theta["a"])
            h = (u.h[n] < _sigmoid(theta["W"].T @ v + theta["b"])) * 1.0
        assert_close(found["W"], v @ h.T / 3 - x @ h_data.T / 3 + 0.5 * theta["W"], 1e-12)
        assert_close(found["b"].sum(1, keepdims=True), (h - h_data).mean(1, keepdims=True), 1e-12)


def _sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def _exact(exact: Any) -> None:
    for V, H in ((4, 3), (3, 5)):
        theta, (v, h, weight) = make(HOST, V, H), brute(make(HOST, V, H))
        found, p = exact.expected(HOST, theta), weight / weight.sum()
        assert_close(found.lnZ, [[np.log(weight.sum())]], 1e-12)
        assert_close(found.vh, (v * p) @ h.T, 1e-12)
        assert_close(found.v, (v * p).sum(1, keepdims=True), 1e-12)
        of = exact.objective(HOST, theta, data(V, 3))
        for name in NAMES:
            numeric = [(cell.gradient, cell.numeric) for cell in checked(HOST, of, name, 9)]
            assert_close([a for a, _ in numeric], [b for _, b in numeric], 1e-7)


COMPARISONS = {
    "engine.images.rbm": _walks,
    "engine.images.rbm_fast": _fast,
    "engine.images.rbm_exact": _exact,
}


@pytest.mark.mutation
@pytest.mark.parametrize("name", COMPARISONS)
def test_the_unchanged_source_passes(name: str) -> None:
    COMPARISONS[name](load(name))


@pytest.mark.mutation
@pytest.mark.parametrize("wrong", MUTANTS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_mutant_fails(wrong: str) -> None:
    mutant, noticed = MUTANTS[wrong]
    changed = load(mutant.module, compiled(mutant))
    assert noticed == ["images"]
    with pytest.raises(AssertionError, match="off by"):
        COMPARISONS[mutant.module](changed)
