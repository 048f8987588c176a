"""Training nets of any depth: the fast form, the walks, an opened update and PyTorch all make the same updates."""

from __future__ import annotations

import sys
from itertools import count
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Array, Device, rng
from engine.feedforward import mlp, mlp_fast
from engine.feedforward.mlp import Net
from engine.feedforward.mlp_fast import Kernel
from engine.feedforward.mlp_training import (
    Batches,
    Examples,
    MlpRun,
    epoch,
    fitted,
    loss_on,
    step_and_forward,
    step_and_forward_length,
)
from engine.maths import packing as flat
from engine.maths.activations import ACTIVATIONS
from engine.maths.optimisers import OPTIMISERS
from engine.walks import descent
from engine.walks.history import History
from engine.walks.reel import Env, Reel, Section
from engine.walks.step import Walk, drain
from engine.walks.training import Recipe
from tests.engine.ruling import assert_rules_hold
from tests.engine.test_mlp import make
from tests.mutants.change import compiled, load, one_of

GRAINS = {"update": 1, "phase": 2, "layer": 3, "op": 4}
N, BATCH = 11, 4
"""Eleven examples in batches of four: the last is smaller."""


def school(device: Device, seed: int, optimiser: str, clip: float = 1e3) -> tuple[MlpRun, dict[str, Array]]:
    """A random net with examples of its own, some kept for testing."""
    net, theta, x, y = make(HOST, seed)
    draw = rng(seed, 5)
    x, x_test = draw.normal(size=(x.shape[0], N)), draw.normal(size=(x.shape[0], 5))
    wanted = [draw.normal(size=(y.shape[0], n)) for n in (N, 5)]
    if net.loss == "logistic":
        wanted = [(w > 0).astype(float) for w in wanted]
    elif net.loss == "softmax":
        wanted = [np.eye(y.shape[0])[:, w.argmax(axis=0)] for w in wanted]
    recipe, dealt = Recipe(OPTIMISERS[optimiser], 0.07, clip), Batches(BATCH, seed)
    made = MlpRun(device, net, recipe, dealt, Examples(x, wanted[0]), Examples(x_test, wanted[1]))
    return made, {name: device.put(value) for name, value in theta.items()}


def names_of(seed: int) -> str:
    return list(OPTIMISERS)[seed % 4]


def assert_same(device: Device, found: Any, wanted: Any, within: float = 1e-12) -> None:
    assert set(found) == set(wanted)
    for name in wanted:
        mine, other = device.get(found[name]), HOST.get(wanted[name])
        assert mine.shape == other.shape, name
        np.testing.assert_allclose(mine, other, rtol=within, atol=within, err_msg=name)


@pytest.mark.parametrize("clip", [0.2, 1e3], ids=["clipped", "free"])
@pytest.mark.parametrize("seed", range(24))
def test_fast_updates_are_those_of_the_walk(seed: int, clip: float) -> None:
    made, theta = school(HOST, seed, names_of(seed), clip)
    state, per = made.start(theta), made.per
    trained: mlp.Theta = theta
    memory = state.data.memory
    for n in range(2):
        some = [made.batch(n * per + i) for i in range(per)]
        trained, memory = drain(epoch(HOST.xp, made.net, made.recipe, trained, memory, some, n * per))
        for _ in range(per):
            state = made.advance(state)
        assert_same(HOST, state.data.theta, trained, 1e-11)
        assert_same(HOST, state.data.memory, memory, 1e-11)


@pytest.mark.parametrize("seed", range(12))
def test_an_opened_update_ends_where_advance_ends(seed: int, device: Device) -> None:
    made, theta = school(device, seed, names_of(seed), 0.5)
    way = made.track(made.start(theta), GRAINS)
    state, net = way.begin, made.net
    ruled = {**mlp.rules(net), **descent.rules(made.recipe.optimiser, mlp.names(net.depth))}
    for _ in range(made.per + 1):
        reel, wanted = way.inside(state), way.advance(state)
        assert [len(reel.tape(i)) for i in (0, 1)] == [section.length for section in reel.sections]
        assert_rules_hold(device, reel, ruled)
        end = {p: reel.get(p, reel.total) for p in (*theta, *wanted.data.memory)}
        host = {p: device.get(value) for p, value in {**wanted.data.theta, **wanted.data.memory}.items()}
        assert_same(device, end, host)
        assert abs(float(device.get(reel.get("E", reel.total))) - way.measure(wanted)) < 1e-12
        before = {p: reel.get(p, reel.starts[1]) for p in theta}
        assert_same(device, before, {p: device.get(value) for p, value in state.data.theta.items()}, 0)
        state = wanted


@pytest.mark.parametrize("clip", [0.2, 1e3], ids=["clipped", "free"])
@pytest.mark.parametrize("seed", range(8))
def test_one_step_and_the_same_examples_again(seed: int, clip: float, device: Device) -> None:
    made, theta = school(device, seed, names_of(seed), clip)
    xp, recipe, some, memory = device.xp, made.recipe, made.batch(0), made.start(theta).data.memory
    net, at = made.net, (("step", -1),)
    run = drain(mlp.forward(xp, net, theta, *some))
    grad = drain(mlp.backward(xp, net, theta, run, some.y))
    begun = {
        **theta, **memory, **{f"d{p}": g for p, g in grad.items()}, "x": some.x, "y": some.y, "B": some.x.shape[1],
        "rate": recipe.rate, "theta": recipe.clip, "n": 1, "l1": net.l1, "l2": net.l2,
    }  # fmt: skip

    def walk() -> Walk[mlp.Theta]:
        return step_and_forward(xp, net, recipe, theta, grad, memory, some, at)

    reel = Reel([Section(at, walk, lambda: Env(begun), step_and_forward_length(net, recipe))], GRAINS)
    assert len(reel.tape(0)) == reel.total
    assert_rules_hold(device, reel, {**mlp.rules(net), **descent.rules(recipe.optimiser, mlp.names(net.depth))})
    wanted = made.advance(made.start(theta)).data.theta
    assert_same(device, drain(walk()), {p: device.get(value) for p, value in wanted.items()}, 1e-11)


@pytest.mark.parametrize("seed", range(6))
def test_devices_train_alike(seed: int, device: Device) -> None:
    here, there = school(HOST, seed, names_of(seed)), school(device, seed, names_of(seed))
    mine, other = here[0].start(here[1]), there[0].start(there[1])
    for _ in range(7):
        mine, other = here[0].advance(mine), there[0].advance(other)
        assert_same(device, other.data.theta, mine.data.theta, 1e-11)
        numbers = [(run.loss(s), *s.data.reading, s.data.began) for run, s in ((here[0], mine), (there[0], other))]
        assert numbers[1] == pytest.approx(numbers[0], rel=1e-11)


@pytest.mark.parametrize("seed", range(4))
def test_fitted_for_some_epochs_are_the_updates_of_those_epochs(seed: int) -> None:
    made, theta = school(HOST, seed, "adam")
    state = made.start(theta)
    for _ in range(3 * made.per):
        state = made.advance(state)
    found = fitted(made.net, theta, made.recipe, made.batches, made.host, 3)
    assert_same(HOST, found, state.data.theta)


def test_every_epoch_has_every_example_once_in_an_order_of_its_own() -> None:
    made, _ = school(HOST, 0, "sgd")
    orders = [made.batches.of_epoch(N, e) for e in range(4)]
    assert all(len(o) == made.batches.per_epoch(N) == 3 for o in orders)
    assert [len(batch) for batch in orders[0]] == [4, 4, 3]
    flat = [tuple(np.concatenate(o).tolist()) for o in orders]
    assert all(sorted(each) == list(range(N)) for each in flat)
    assert len(set(flat)) == 4
    assert flat == [tuple(np.concatenate(made.batches.of_epoch(N, e)).tolist()) for e in range(4)]


def test_losses_on_all_examples_follow_by_whole_epochs() -> None:
    made, theta = school(HOST, 2, "momentum")
    history = History(made.track(made.start(theta), GRAINS))
    assert made.every == 12
    history.grow(2 * made.every + 1)
    train, test = history.curve(1), history.curve(2)
    for n in range(2 * made.every + 1):
        began = history.state((n + 1) // made.every * made.every).data.theta
        for curve, some in ((train, made.train), (test, made.test)):
            assert curve[n] == pytest.approx(float(loss_on(HOST.xp, made.net, began, some)), rel=1e-12)
    assert len(set(test)) == 3


def test_replayed_states_are_the_same_bits() -> None:
    made, theta = school(HOST, 4, "adam")
    history = History(made.track(made.start(theta), GRAINS), bound=1)
    last = {n: history.grow(n).data.theta for n in range(40)}
    for n in (3, 17, 38):
        again = history.state(n).data.theta
        assert all((again[name] == last[n][name]).all() for name in again)


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(12))
def test_pytorch_makes_the_same_updates(seed: int) -> None:
    torch = pytest.importorskip("torch")
    made, theta = school(HOST, seed, names_of(seed), 0.4)
    net = made.net._replace(loss="squared", out=ACTIVATIONS["tanh"], f=ACTIVATIONS["tanh"])
    made = MlpRun(HOST, net, made.recipe, made.batches, made.host, made.test)
    weights = {name: torch.tensor(value, requires_grad=True) for name, value in theta.items()}
    made_by = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.07), "momentum": lambda p: torch.optim.SGD(p, lr=0.07, momentum=0.9),
        "adagrad": lambda p: torch.optim.SGD(p, lr=0.07),
        "adam": lambda p: torch.optim.Adam(p, lr=0.07, eps=1e-8),
    }  # fmt: skip
    optimiser = made_by[names_of(seed)](list(weights.values()))
    state, G = made.start(theta), {name: torch.zeros_like(value) for name, value in weights.items()}
    for n in range(2 * made.per):
        x, y = (torch.tensor(value) for value in made.batch(n))
        h, penalty = x, 0.0
        for layer in range(1, net.depth + 1):
            W = weights[f"W{layer}"]
            h = torch.tanh(W @ h + weights[f"b{layer}"])
            penalty = penalty + net.l1 * W.abs().sum() + net.l2 / 2 * (W**2).sum()
        loss = ((h - y) ** 2).sum() / (2 * x.shape[1]) + penalty
        optimiser.zero_grad()
        loss.backward()
        length = torch.sqrt(sum((w.grad**2).sum() for w in weights.values()))
        for name, w in weights.items():  # PyTorch's own clipping and AdaGrad have their ε elsewhere
            w.grad *= min(1.0, 0.4 / float(length))
            if names_of(seed) == "adagrad":
                G[name] += w.grad**2
                w.grad /= torch.sqrt(G[name] + 1e-8)
        optimiser.step()
        state = made.advance(state)
        assert state.data.loss == pytest.approx(loss.item(), rel=1e-9)
    assert_same(HOST, state.data.theta, {k: v.detach().numpy() for k, v in weights.items()}, 1e-9)


@pytest.mark.mutation
@pytest.mark.parametrize(
    ("wrong", "of"),
    [
        ("xp.subtract(one, slope, slope)", "pass"),
        ("xp.greater(h, 0, slope)", "slope[...] = 1"),
        ("dot(WT[n], delta, b.back[n - 1])", "dot(abs(WT[n]), delta, b.back[n - 1])"),
        ("dot(delta, xT, dW[0])", "dot(delta, -xT, dW[0])"),
        ("dot(delta, b.hT[n - 1], dW[n])", "dot(delta, 0 * b.hT[n - 1], dW[n])"),
        ("xp.multiply(last, b.share, last)", "pass"),
        ("xp.multiply(delta, b.slope[n - 1], delta)", "pass"),
        ("whole[:, -1] = 0", "pass"),
        ("n + 1", "n + 2"),
        ("g *= clip / length", "pass"),
        ("slot.grow(before, g)", "slot.grow(0 * g, g)"),
    ],
)
def test_a_broken_fast_form_is_noticed(wrong: str, of: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = one_of([flat.__name__, mlp_fast.__name__], wrong, of)
    changed = load(mutant.module, compiled(mutant))
    if mutant.module == flat.__name__:
        monkeypatch.setitem(sys.modules, flat.__name__, changed)
    broken = changed if mutant.module == mlp_fast.__name__ else load(mlp_fast.__name__)
    for seed in count():
        assert seed < 24, "no seed notices"
        made, theta = school(HOST, seed, names_of(seed), 0.2)
        recipe = made.recipe
        made._own.kernel = broken.Kernel(made.net, recipe.optimiser, recipe.rate, recipe.clip, *made.host)
        state = made.start(theta)
        walked = drain(
            epoch(HOST.xp, made.net, recipe, theta, state.data.memory, [made.batch(i) for i in range(made.per)], 0)
        )[0]
        for _ in range(made.per):
            state = made.advance(state)
        if any(abs(state.data.theta[p] - walked[p]).max() > 1e-6 for p in walked):
            return


def test_threads_train_beside_one_another() -> None:
    from concurrent.futures import ThreadPoolExecutor

    made, theta = school(HOST, 3, "sgd")
    wanted = _states(made, theta)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: _states(made, theta), range(16)):
            assert found == wanted


def _states(made: MlpRun, theta: dict[str, Array]) -> list[float]:
    state, losses = made.start(theta), []
    for _ in range(60):
        state = made.advance(state)
        losses.append(state.data.loss)
    return losses


def test_numbers_beyond_the_finite_are_measured() -> None:
    made, theta = school(HOST, 7, "sgd")
    net = Net(made.net.depth, ACTIVATIONS["linear"], "squared")
    recipe = made.recipe._replace(rate=50.0, clip=1e300)
    made = MlpRun(HOST, net, recipe, made.batches, made.host, Examples(made.test.x, made.test.y))
    way = made.track(made.start(theta), GRAINS)
    history = History(way)
    history.grow(300)
    assert not np.isfinite(history.curve()).all()
    assert isinstance(made.kernel, Kernel)
