"""Deep belief nets: each layer is a machine of its own, fine-tuning is the MLP's training, and the devices agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Device, rng
from engine.feedforward import mlp
from engine.feedforward.mlp import Net
from engine.feedforward.mlp_training import Batches, Examples, MlpRun
from engine.images import dbn, rbm
from engine.images.dbn import DbnRun
from engine.images.rbm import Rule, Sampling
from engine.images.rbm_training import RbmRun
from engine.maths.activations import ACTIVATIONS
from engine.maths.optimisers import OPTIMISERS
from engine.walks import descent
from engine.walks.history import History, State
from engine.walks.packing import pack, read, unpack, write
from engine.walks.step import drain
from engine.walks.training import Recipe
from tests.engine.cases import assert_close, assert_gradients, host
from tests.engine.mutants import read as mutants
from tests.engine.ruling import assert_rules_hold
from tests.mutants.change import compiled, load

GRAINS = {"act": 0, "update": 0, "phase": 1, "n": 2, "layer": 2, "op": 4}
SIZES = (7, 5, 4, 3)
UPDATES = 6
MACHINE, NET = Recipe(OPTIMISERS["momentum"], 0.1, 1e300), Recipe(OPTIMISERS["sgd"], 0.5, 1e300)


def examples(N: int, seed: int) -> Examples:
    draw = rng(seed, 3)
    return Examples(draw.random((7, N)), np.eye(3)[:, draw.integers(0, 3, N)])


def make(device: Device, layers: int = 2, module: Any = dbn) -> DbnRun:
    train, test = examples(8, 1), examples(6, 2)
    plan = module.Plan(layers, UPDATES, MACHINE, Batches(4, 5), every=4)
    net = Net(3, ACTIVATIONS["sigmoid"], "softmax")
    run: DbnRun = module.DbnRun(device, net, NET, Batches(3, 5), examples(11, 0).x, train, test, plan)
    return run


def begun(device: Device) -> dict[str, Any]:
    return dbn.initial(device, rng(4, 1), examples(11, 0).x, SIZES, 0.4)


def states(run: DbnRun, count: int) -> list[Any]:
    found = [run.start(begun(run.device))]
    for _ in range(count):
        found.append(run.advance(found[-1]))
    return found


def layers_alone(module: Any) -> None:
    """Each layer's machine trained by itself on what the layer below makes of the pictures."""
    found = states(make(HOST, module=module), 2 * UPDATES)
    theta, x = begun(HOST), examples(11, 0).x
    for layer in (1, 2):
        of = Rule(1, Sampling(visible=False), decay=1e-4)
        peer = RbmRun(HOST, MACHINE, of, SIZES[layer], Batches(4, 5), x, x[:, :0], 100)
        state = peer.start({"W": theta[f"W{layer}"].T, "a": theta[f"a{layer}"], "b": theta[f"b{layer}"]})
        state = state._replace(n=(layer - 1) * UPDATES, data=state.data._replace(began=(layer - 1) * UPDATES))
        for n in range((layer - 1) * UPDATES, layer * UPDATES):
            assert_gradients(module.machine(found[n].data.theta, layer), state.data.theta, 1e-12)
            state = peer.advance(state)
        after = found[layer * UPDATES].data.theta
        assert_close(after[f"W{layer}"], state.data.theta["W"].T, 1e-12)
        assert_close(after[f"b{layer}"], state.data.theta["b"], 1e-12)
        x = rbm.hidden_chance(np, state.data.theta, x)
        assert_close(module.features(np, after, examples(11, 0).x, layer), x, 1e-12)


def test_each_layer_is_trained_as_a_machine_of_its_own() -> None:
    layers_alone(dbn)


def test_fine_tuning_is_the_training_of_the_mlp() -> None:
    run = make(HOST)
    found = states(run, 2 * UPDATES + 9)
    first = found[2 * UPDATES]
    assert set(first.data.theta) == set(mlp.names(3))
    assert first.data.began == 2 * UPDATES
    peer = MlpRun(HOST, run.net, NET, Batches(3, 5), examples(8, 1), examples(6, 2))
    state = peer.fork(first._replace(data=first.data._replace(reading=None)), first.data.theta)
    for n in range(9):
        state = peer.advance(state)
        assert_gradients(found[2 * UPDATES + n + 1].data.theta, state.data.theta, 1e-12)
        assert found[2 * UPDATES + n + 1].data.loss == pytest.approx(state.data.loss, rel=1e-12)


def test_without_layers_it_is_an_mlp_from_the_start() -> None:
    run = make(HOST, 0)
    state = run.advance(run.start(begun(HOST)))
    assert set(state.data.theta) == set(mlp.names(3))
    peer = MlpRun(HOST, run.net, NET, Batches(3, 5), examples(8, 1), examples(6, 2))
    other = peer.advance(peer.start({p: begun(HOST)[p] for p in mlp.names(3)}))
    assert_gradients(state.data.theta, other.data.theta, 1e-12)


def test_devices_train_alike(device: Device) -> None:
    there, here = (states(make(d), 2 * UPDATES + 5) for d in (device, HOST))
    for one, other in zip(there, here, strict=True):
        assert_gradients(host(device, one.data.theta), dict(other.data.theta), 1e-11)
        assert one.data.reading == pytest.approx(other.data.reading, rel=1e-11, nan_ok=True)


@pytest.mark.parametrize("n", [0, UPDATES - 1, UPDATES + 2, 2 * UPDATES + 3])
def test_rules_of_every_phase(n: int, device: Device) -> None:
    run = make(device)
    state, after = states(run, n + 1)[-2:]
    reel, layer = run.inside(state, GRAINS), run.layer(n)
    assert [len(reel.tape(i)) for i in range(len(reel.sections))] == [s.length for s in reel.sections]
    own = {**mlp.rules(run.net), **descent.rules(NET.optimiser, run.names)}
    assert_rules_hold(device, reel, run.machine(state.data.theta, layer).rules() if layer else own)
    end = {p: device.get(reel.get(p, reel.total)) for p in (("W", "a", "b") if layer else run.names)}
    wanted = dbn.machine(after.data.theta, layer) if n == 0 else None
    if layer and n != UPDATES - 1:
        wanted = dbn.machine(after.data.theta, layer)
    elif not layer:
        wanted = after.data.theta
    if wanted is not None:
        assert_gradients(end, host(device, wanted), 1e-11)
    else:
        assert_close(end["W"].T, device.get(after.data.theta[f"W{layer}"]), 1e-11)


def test_readings() -> None:
    run = make(HOST)
    found = states(run, 2 * UPDATES + 8)
    readings = [state.data.reading for state in found]
    assert all(np.isfinite(r.reconstruction) and np.isnan(r.wrong) for r in readings[: 2 * UPDATES])
    assert all(np.isnan(r.reconstruction) and 0 <= r.wrong <= 1 for r in readings[2 * UPDATES :])
    assert readings[UPDATES] != readings[UPDATES - 1]
    h = drain(mlp.forward(np, run.net, found[2 * UPDATES + 4].data.theta, *examples(6, 2))).h[-1]
    wrong = (h.argmax(axis=0) != examples(6, 2).y.argmax(axis=0)).mean()
    assert readings[2 * UPDATES + 4].wrong == pytest.approx(wrong)


def test_replayed_and_forked() -> None:
    run = make(HOST)
    history = History(run.track(run.start(begun(HOST)), GRAINS), bound=1)
    history.grow(2 * UPDATES + 8)
    last = {n: state.data for n, state in enumerate(states(run, 2 * UPDATES + 8))}
    for n in (2, UPDATES, UPDATES + 3, 2 * UPDATES, 2 * UPDATES + 7):
        again = history.state(n).data
        assert all((again.theta[p] == last[n].theta[p]).all() for p in again.theta)
        fork = run.fork(history.state(n), again.theta)
        one, other = (run.advance(state).data.theta for state in (fork, history.state(n)))
        assert all((one[p] == other[p]).all() for p in other)


def test_a_stored_state_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    """Whatever the layout of its arrays was: readings, and what a layer reads of those below, included."""
    run = make(HOST)
    found = states(run, 2 * UPDATES + 8)
    kinds = run.track(found[0], GRAINS).kinds
    for n in range(0, len(found) - 1, 3):
        write(tmp_path / "state.npz", pack(HOST, found[n].data, kinds))
        state = State(n, unpack(HOST, read(tmp_path / "state.npz"), kinds))
        other = make(HOST)
        for wanted in found[n + 1 :]:
            state = other.advance(state)
            assert all((state.data.theta[p] == wanted.data.theta[p]).all() for p in wanted.data.theta), (n, state.n)
            assert np.array_equal(state.data.reading, wanted.data.reading, equal_nan=True), (n, state.n)


MUTANTS = mutants("""
features without biases | engine.images.dbn:features | layers
-rbm.hidden_chance(xp, {"W": theta[f"W{layer}"].T, "b": theta[f"b{layer}"]}, x)
+rbm.hidden_chance(xp, {"W": theta[f"W{layer}"].T, "b": 0 * theta[f"b{layer}"]}, x)

layer 2 reads from layer 1 twice as much | engine.images.dbn | layers
-features(device.xp, below, device.put(self.pictures), layer - 1)
+layer * features(device.xp, below, device.put(self.pictures), layer - 1)

what was learned is not kept | engine.images.dbn | layers
-{**theta, f"W{layer}": moved["W"].T, f"a{layer}": moved["a"], f"b{layer}": moved["b"]}
+{**theta, f"W{layer}": moved["W"].T, f"a{layer}": moved["a"]}

the memory of the layer below | engine.images.dbn | layers
-after._replace(theta=theta, memory=self.memory(following, theta), began=n + 1)
+after._replace(theta=theta, memory={p: m + 1 for p, m in self.memory(following, theta).items()}, began=n + 1)

a layer begins too late | engine.images.dbn | layers
-n // self.plan.updates + 1 if n < self.plan.end else 0
+max(n - 1, 0) // self.plan.updates + 1 if n < self.plan.end else 0
""")


@pytest.mark.mutation
def test_the_unchanged_source_passes() -> None:
    layers_alone(load(dbn.__name__))


@pytest.mark.mutation
@pytest.mark.parametrize("wrong", MUTANTS)
def test_a_mutant_fails(wrong: str) -> None:
    mutant, noticed = MUTANTS[wrong]
    assert noticed == ["layers"]
    changed = load(mutant.module, compiled(mutant))
    with pytest.raises(AssertionError, match="off by"):
        layers_alone(changed)
