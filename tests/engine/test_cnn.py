"""Convolutional nets: gradients against central differences and PyTorch, rules at every step, training everywhere."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Array, Device, HostArray, rng
from engine.feedforward.mlp_training import Batches, Examples
from engine.images import cnn
from engine.images.cnn import Cnn, Conv
from engine.images.cnn_fast import Kernel
from engine.images.cnn_training import CnnRun
from engine.images.convolution import Slide
from engine.images.pooling import Pool
from engine.maths.activations import ACTIVATIONS
from engine.maths.optimisers import OPTIMISERS
from engine.walks import descent
from engine.walks.gradient_check import along, checked
from engine.walks.history import History
from engine.walks.reel import Env, Reel, Section
from engine.walks.step import drain
from engine.walks.training import Recipe
from tests.engine.cases import assert_close, assert_gradients, host
from tests.engine.ruling import assert_rules_hold
from tests.mutants.change import Mutant, compiled, load

GRAINS = {"act": 0, "update": 1, "phase": 2, "layer": 3, "op": 4}
NETS = {
    "pooled": Cnn(
        (2, 8, 9), (Conv(3, Slide(3), Pool(2)), Conv(4, Slide(2, 1, 1), Pool(2, "mean"))), 3, ACTIVATIONS["relu"]
    ),
    "strided": Cnn((1, 9, 9), (Conv(3, Slide(3, 2, 1)), Conv(5, Slide(3), Pool(3))), 4, ACTIVATIONS["tanh"]),
    "flat": Cnn((2, 7, 6), (Conv(4, Slide(3, 1, 1), Pool(2)),), 3, ACTIVATIONS["sigmoid"]),
}
N, BATCH = 7, 3
"""Seven pictures in batches of three: the last is smaller."""


def make(name: str, seed: int = 0, B: int = 2) -> tuple[Cnn, dict[str, HostArray], HostArray, HostArray]:
    """A net with asymmetric random weights, and a batch; biases as columns, on the host."""
    net, draw = NETS[name], rng(seed, 13)
    theta = {p: draw.normal(0, 0.4, shape if len(shape) == 2 else (*shape, 1)) for p, shape in cnn.shapes(net).items()}
    pixels = net.picture[0] * net.picture[1] * net.picture[2]
    x, y = draw.normal(size=(pixels, B)), np.eye(net.classes)[:, draw.integers(0, net.classes, B)]
    return net, theta, x, y


def put(device: Device, arrays: dict[str, HostArray]) -> dict[str, Array]:
    return {name: device.put(value) for name, value in arrays.items()}


@pytest.mark.parametrize("name", NETS)
def test_central_differences(name: str) -> None:
    net, theta, x, y = make(name, 1)
    of = cnn.objective(HOST.xp, net, theta, x, y)
    assert tuple(of.gradient) == tuple(cnn.shapes(net))
    for parameter in of.theta:
        for cell in checked(HOST, of, parameter, 25):
            assert cell.gap < 1e-7 * max(1.0, abs(cell.gradient)), cell
    exact, numeric = along(HOST, of, rng(2))
    assert abs(exact - numeric) < 1e-7 * max(1.0, abs(exact))


def reel_of(device: Device, name: str) -> tuple[Reel, Cnn]:
    net, theta, x, y = make(name)
    there, X, Y = put(device, theta), device.put(x), device.put(y)
    run = drain(cnn.forward(device.xp, net, there, X, Y))
    plain: dict[str, Any] = {**there, "x": X, "y": Y, "B": x.shape[1], **cnn.functions(HOST.xp, net)}
    up, down, lengths = (("forward", -1),), (("backward", -1),), cnn.steps(net)
    sections = [
        Section(up, lambda: cnn.forward(device.xp, net, there, X, Y, up), lambda: Env(plain), lengths[0]),
        Section(
            down,
            lambda: cnn.backward(device.xp, net, there, run, Y, down),
            lambda: Env({**plain, **run.made}),
            lengths[1],
        ),
    ]
    return Reel(sections, GRAINS), net


@pytest.mark.parametrize("name", NETS)
def test_every_rule_gives_its_step(name: str, device: Device) -> None:
    reel, net = reel_of(device, name)
    assert [len(reel.tape(n)) for n in (0, 1)] == list(cnn.steps(net))
    assert assert_rules_hold(device, reel, cnn.rules(net)) == set(cnn.rules(net))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", NETS)
def test_the_fast_gradient_is_that_of_the_walk(name: str, seed: int) -> None:
    kernel = Kernel(NETS[name])
    for B in (3, 2, 3):  # work arrays are used again
        net, theta, x, y = make(name, seed + 10 * B, B)
        of = cnn.objective(np, net, theta, x, y)
        grad, E = kernel.gradient(theta, x, y)
        assert_gradients(grad, of.gradient, 1e-12)
        assert pytest.approx(float(of.loss()), rel=1e-13) == E


def test_threads_have_work_arrays_of_their_own() -> None:
    net, theta, x, y = make("pooled", 6, 4)
    kernel = Kernel(net)
    wanted = [kernel.gradient(theta, x * way, y)[1] for way in (1, 2, 3, 4)]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            assert [E for _, E in pool.map(lambda way: kernel.gradient(theta, x * way, y), (1, 2, 3, 4))] == wanted


def trained(device: Device, name: str, optimiser: str, seed: int = 0, clip: float = 0.7) -> tuple[CnnRun, Any]:
    """A run on seven pictures of its own, with some to measure."""
    net, theta, x, y = make(name, seed, N)
    recipe = Recipe(OPTIMISERS[optimiser], 0.05, clip)
    run = CnnRun(device, net, recipe, Batches(BATCH, seed), Examples(x, y), [Examples(x[:, :4], y[:, :4])])
    return run, run.start(put(device, theta))


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_an_opened_update_ends_where_advance_ends(optimiser: str, device: Device) -> None:
    run, state = trained(device, "pooled", optimiser)
    ruled = {**cnn.rules(run.net), **descent.rules(run.recipe.optimiser, run.names)}
    for _ in range(run.per + 1):
        reel, after = run.inside(state, GRAINS), run.advance(state)
        assert [len(reel.tape(i)) for i in (0, 1)] == [section.length for section in reel.sections]
        assert_rules_hold(device, reel, ruled)
        ends = {p: reel.get(p, reel.total) for p in (*run.names, *after.data.memory)}
        assert_gradients(host(device, ends), host(device, {**after.data.theta, **after.data.memory}), 1e-12)
        state = after


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_devices_train_alike(optimiser: str, device: Device) -> None:
    (here, mine), (there, other) = trained(HOST, "strided", optimiser), trained(device, "strided", optimiser)
    for _ in range(2 * here.every):
        mine, other = here.advance(mine), there.advance(other)
        assert_gradients(host(device, other.data.theta), mine.data.theta, 1e-11)
        assert there.loss(other) == pytest.approx(here.loss(mine), rel=1e-11)
        assert other.data.reading == mine.data.reading


def test_what_is_wrong_is_counted_by_whole_epochs() -> None:
    run, state = trained(HOST, "flat", "sgd")
    seen = [state.data.reading.wrong]
    for n in range(2 * run.every):
        state = run.advance(state)
        seen.append(state.data.reading.wrong)
        if (n + 1) % run.every == 0:
            answers = drain(cnn.forward(np, run.net, state.data.theta, *run.tests[0])).made[f"h{run.net.depth}"]
            assert seen[-1] == (float((answers.argmax(0) != run.tests[0].y.argmax(0)).mean()),)
        else:
            assert seen[-1] == seen[-2]


def test_replayed_states_are_the_same_bits() -> None:
    run, state = trained(HOST, "pooled", "adam")
    history = History(run.track(state, GRAINS), bound=1)
    last = {n: history.grow(n).data.theta for n in range(20)}
    for n in (3, 11, 18):
        assert all((history.state(n).data.theta[name] == last[n][name]).all() for name in run.names)


@pytest.mark.peer
@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("name", NETS)
def test_pytorch_makes_the_same_updates(name: str, optimiser: str) -> None:
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    run, state = trained(HOST, name, optimiser, seed=4)
    net = run.net
    leaves = {p: torch.tensor(value, requires_grad=True) for p, value in state.data.theta.items()}
    made_by = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
        "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
        "adagrad": lambda p: torch.optim.SGD(p, lr=0.05),
        "adam": lambda p: torch.optim.Adam(p, lr=0.05, eps=1e-8),
    }
    optimise, G = made_by[optimiser](list(leaves.values())), {p: torch.zeros_like(w) for p, w in leaves.items()}
    unit = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[net.unit.name]
    pools = {"max": F.max_pool2d, "mean": F.avg_pool2d}
    for n in range(2 * run.per):
        x, y = run.batch(n)
        h = torch.tensor(x.T.reshape(-1, *net.picture))
        for i, (conv, size) in enumerate(zip(net.convolutions, cnn.sizes(net), strict=True), 1):
            K = leaves[f"K{i}"].reshape(conv.filters, size.read[0], conv.slide.side, conv.slide.side)
            h = unit(F.conv2d(h, K, leaves[f"b{i}"][:, 0], conv.slide.stride, conv.slide.padding))
            h = pools[conv.pool.kind](h, conv.pool.side) if conv.pool else h
        scores = h.flatten(1) @ leaves[f"W{net.depth}"].T + leaves[f"b{net.depth}"][:, 0]
        loss = F.cross_entropy(scores, torch.tensor(y.argmax(0)))
        optimise.zero_grad()
        loss.backward()
        length = torch.sqrt(sum((w.grad**2).sum() for w in leaves.values()))
        for p, w in leaves.items():  # PyTorch's own clipping and AdaGrad have their ε elsewhere
            w.grad *= min(1.0, run.recipe.clip / float(length))
            if optimiser == "adagrad":
                G[p] += w.grad**2
                w.grad /= torch.sqrt(G[p] + 1e-8)
        optimise.step()
        state = run.advance(state)
        assert float(state.data.loss) == pytest.approx(loss.item(), rel=1e-9)
    for p, w in leaves.items():
        assert_close(state.data.theta[p], w.detach().numpy(), 1e-9, p)


@pytest.mark.mutation
@pytest.mark.parametrize(
    ("wrong", "of"),
    [
        ("error * net.unit.slope(xp, made[f'h{n}'])", "error * 1"),
        ("delta @ made[f'X{n}'].T", "delta @ (0 * made[f'X{n}'] + 1).T"),
        ("theta[f'W{L}'].T @ delta", "0 * theta[f'W{L}'].T @ delta"),
        ("shift.spread(theta[f'K{n}'].T @ delta)", "shift.spread(abs(theta[f'K{n}'].T) @ delta)"),
        ("(made[f'h{L}'] - y) / y.shape[1]", "made[f'h{L}'] - y"),
        ("grad |= {f'K{n}': dK, f'b{n}': db}", "grad |= {f'K{n}': dK, f'b{n}': 0 * db}"),
    ],
)
def test_a_broken_gradient_is_noticed(wrong: str, of: str) -> None:
    """Each of these changes makes central differences disagree."""
    module = "engine.images.cnn"
    gaps = []
    broken = load(module, compiled(Mutant(module, "", wrong, of)))
    for name in NETS:
        net, theta, x, y = make(name, 1)
        exact, numeric = along(HOST, broken.objective(np, net, theta, x, y), rng(2))
        gaps.append(abs(exact - numeric) / max(1e-3, abs(exact)))
    assert max(gaps) > 1e-4


@pytest.mark.mutation
@pytest.mark.parametrize(
    ("wrong", "of"),
    [
        ("self.dx[...] = 0", "pass"),
        ("self.z += b", "pass"),
        ("error * net.unit.slope(xp, out)", "1 * error"),
        ("unpooled(xp, conv.pool, error, out)", "unpooled(xp, conv.pool, error, -out)"),
        ("(xp.exp(logs) - y) / B", "xp.exp(logs) - y"),
        ("delta @ self.X.T", "abs(delta) @ self.X.T"),
        ("xp.matmul(K.T, delta, out=self.dX)", "xp.matmul(abs(K.T), delta, out=self.dX)"),
    ],
)
def test_a_broken_fast_form_is_noticed(wrong: str, of: str) -> None:
    module = "engine.images.cnn_fast"
    broken = load(module, compiled(Mutant(module, "", wrong, of)))
    gaps = []
    for name in NETS:
        kernel = broken.Kernel(NETS[name])
        for seed in (0, 1):
            net, theta, x, y = make(name, seed)
            grad, wanted = kernel.gradient(theta, x, y)[0], cnn.objective(np, net, theta, x, y).gradient
            gaps += [abs(grad[p] - wanted[p]).max() for p in wanted]
    assert max(gaps) > 1e-6
