"""The recursive net: worked values, rules at every node, gradients three ways, the chain as an SRN, training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Array, Device, HostArray, Rng, rng
from engine.gated.gru import AFTER
from engine.gated.plain import SRN
from engine.gated.run.streams import Window
from engine.maths.activations import ACTIVATIONS
from engine.maths.optimisers import OPTIMISERS
from engine.recurrent import srn
from engine.trees import chain as chains
from engine.trees import compare, recursive, recursive_fast, tree
from engine.trees.beside_cells import APART, BesideCells, shares
from engine.trees.recursive import Inputs
from engine.trees.training import EVERY, Parts, TreeRun
from engine.trees.tree import Branch, Forest, Leaf, Node, Pair, balanced, leaning, numbered, together
from engine.walks import descent
from engine.walks.gradient_check import along, checked
from engine.walks.history import History
from engine.walks.reel import Reel
from engine.walks.step import drain
from engine.walks.training import Recipe
from tests.engine.cases import assert_close, assert_gradients, hello, host, make, run_of
from tests.engine.ruling import assert_rules_hold
from tests.mutants.change import Mutant, compiled, load

GRAINS = {"act": 0, "update": 1, "phase": 2, "n": 3, "i": 4, "j": 5, "op": 6}
TANH = ACTIVATIONS["tanh"]
H, WORDS, CLASSES = 3, 5, 4
UNITS = ("tanh", "sigmoid", "linear")


def random_tree(draw: Rng, leaves: int, labelled: float = 0.6) -> Branch:
    """A tree of any shape; a node has a label with probability `labelled`, the root always."""
    row: list[Branch] = [
        Leaf(int(w), int(y) if draw.random() < labelled else -1)
        for w, y in draw.integers(0, (WORDS, CLASSES), (leaves, 2))
    ]
    while len(row) > 1:
        i = int(draw.integers(len(row) - 1))
        label = int(draw.integers(CLASSES)) if len(row) == 2 or draw.random() < labelled else -1
        row[i : i + 2] = [Pair(row[i], row[i + 1], label)]
    return row[0]


def trees(seed: int, sizes: tuple[int, ...] = (5, 1, 2, 7)) -> list[Forest]:
    draw = rng(seed, 40)
    made = [numbered(random_tree(draw, size)) for size in sizes]
    return [t if t[-1].label >= 0 else (*t[:-1], t[-1]._replace(label=1)) for t in made]


def theta_of(device: Device, seed: int = 0) -> dict[str, Array]:
    """Asymmetric random parameters, biases as columns."""
    draw = rng(seed, 41)
    every = recursive.shapes(H, WORDS, CLASSES)
    return {p: device.put(draw.normal(0, 0.7, s if len(s) == 2 else (*s, 1))) for p, s in every.items()}


def batch(device: Device, seed: int = 0, sizes: tuple[int, ...] = (5, 1, 2, 7)) -> Inputs:
    return recursive.inputs(device, together(trees(seed, sizes)), WORDS, CLASSES, len(sizes))


# shapes of trees


def test_nodes_are_numbered_leaves_first_and_each_after_its_children() -> None:
    nodes = numbered(Pair(Leaf(7), Pair(Leaf(8), Leaf(9, 1), 1), 0))
    assert nodes == (Node(0, 0, 7, -1), Node(0, 0, 8, -1), Node(0, 0, 9, 1), Node(2, 3, -1, 1), Node(1, 4, -1, 0))
    assert tree.heights(nodes) == [0, 0, 0, 1, 2]
    assert tree.parents(nodes) == [5, 4, 4, 5, 0]
    assert tree.distances(nodes) == [1, 2, 2, 1, 0]
    both = together([nodes, nodes])
    assert both[9] == Node(6, 9, -1, 0)
    assert tree.distances(both) == 2 * [1, 2, 2, 1, 0]


def test_eight_leaves_are_three_nodes_deep_or_seven() -> None:
    words = [Leaf(w) for w in range(8)]
    assert max(tree.distances(numbered(balanced(words)))) == 3
    assert max(tree.distances(numbered(leaning(words)))) == 7


def test_a_tree_of_ten_thousand_levels_is_walked() -> None:
    deep = numbered(leaning([Leaf(n % WORDS, 0) for n in range(10_001)]))
    assert max(tree.heights(deep)) == 10_000
    theta = host(HOST, theta_of(HOST))
    grad, E = recursive_fast.gradient(TANH, theta, recursive_fast.plan([recursive_fast.arrays(deep)]))
    assert np.isfinite(E)
    assert all(np.isfinite(g).all() for g in grad.values())


# worked values


def worked(device: Device) -> tuple[dict[str, Array], Inputs]:
    """(not (very good)) with H 2, labels on good, on (very good) and on the whole."""
    theta = {
        "L": [[0.8, 0.3, -0.4], [-0.6, 0.2, 0.9]],
        "W": [[0.5, -0.3, 0.2, 0.4], [0.1, 0.6, -0.4, 0.3]], "b": [[0.1], [-0.1]],
        "V": [[1.0, -0.5], [-1.0, 0.5]], "c": [[0.0], [0.0]],
    }  # fmt: skip
    nodes = numbered(Pair(Leaf(0), Pair(Leaf(1), Leaf(2, 1), 1), 0))
    return {p: device.put(value) for p, value in theta.items()}, recursive.inputs(device, nodes, 3, 2)


def test_not_very_good(device: Device) -> None:
    theta, some = worked(device)
    xp, get = device.xp, device.get
    run = drain(recursive.forward(xp, TANH, theta, some))
    assert_close(get(run.p[4])[:, 0], [0.4381993148, 0.4462436102], 1e-9)
    assert_close(get(run.p[5])[:, 0], [0.7380293263, -0.3981147909], 1e-9)
    losses = [float(get(run.losses[n])) for n in (3, 4, 5)]
    assert_close(sorted(losses), sorted([0.1677860294, 0.9311777076, 0.1427849995]), 1e-9)
    assert float(get(run.E)) == pytest.approx(1.2417487365, rel=1e-9)
    back = drain(recursive.errors(xp, TANH, theta, some, run))
    assert_close(get(back.delta[5])[:, 0], [-0.1211674173, 0.1119702323], 1e-9)
    assert_close(get(back.delta[4])[:, 0], [0.9233609321, -0.4971672645], 1e-9)
    grad = host(device, drain(recursive.backward(xp, TANH, theta, some, run)))
    W = [
        0.1800743458,
        0.2573726368,
        -0.4224398520,
        0.7769546531,
        -0.0595739935,
        -0.1666155923,
        0.2479321849,
        -0.3974845373,
    ]
    assert_close(grad["W"].reshape(-1), W, 1e-9)
    L = [[-0.0493866854, 0.4119637396, 0.6924696224], [0.1035323646, -0.5753086383, 0.0657289284]]
    assert_close(grad["L"], L, 1e-9)
    assert_close(grad["b"][:, 0], [0.8021935148, -0.3851970322], 1e-9)


# rules and gradients


@pytest.mark.parametrize("unit", UNITS)
def test_every_rule_gives_its_step(unit: str, device: Device) -> None:
    theta, some, f = theta_of(device), batch(device), ACTIVATIONS[unit]
    parts = Parts(device.xp, f, theta, some, {})
    made = [parts.forward((("forward", -1),)), parts.errors((("errors", -1),)), parts.ledger((("ledger", -1),))]
    reel = Reel(made, GRAINS)
    assert [len(reel.tape(n)) for n in range(3)] == list(recursive.lengths(some))
    met, ruled = assert_rules_hold(device, reel, recursive.rules(f)), recursive.rules(f)
    single = {op.removesuffix("_mean") for op in ruled if op.endswith("_mean")}
    assert met == set(ruled) - single - {"by_bare"}


@pytest.mark.parametrize("unit", UNITS)
def test_every_rule_of_one_tree_gives_its_step(unit: str, device: Device) -> None:
    theta, f = theta_of(device, 6), ACTIVATIONS[unit]
    parts = Parts(device.xp, f, theta, batch(device, 6, (7,)), {})
    reel = Reel([parts.forward((("f", -1),)), parts.errors((("e", -1),)), parts.ledger((("l", -1),))], GRAINS)
    ruled = recursive.rules(f)
    assert assert_rules_hold(device, reel, ruled) == {op for op in ruled if not op.endswith("_mean")} - {"by_bare"}


def test_a_root_without_a_label_starts_from_nothing(device: Device) -> None:
    theta, nodes = theta_of(device), numbered(Pair(Pair(Leaf(0), Leaf(1), 2), Leaf(2)))
    some = recursive.inputs(device, nodes, WORDS, CLASSES)
    parts = Parts(device.xp, TANH, theta, some, {})
    reel = Reel([parts.forward((("forward", -1),)), parts.errors((("errors", -1),))], GRAINS)
    assert [len(reel.tape(n)) for n in (0, 1)] == list(recursive.lengths(some)[:2])
    assert "by_bare" in assert_rules_hold(device, reel, recursive.rules(TANH))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("unit", UNITS)
def test_central_differences(unit: str, seed: int) -> None:
    of = recursive.objective(np, ACTIVATIONS[unit], theta_of(HOST, seed), batch(HOST, seed))
    assert tuple(of.gradient) == recursive.PARAMETERS
    for parameter in of.theta:
        for cell in checked(HOST, of, parameter, 100):
            assert cell.gap < 1e-8 * max(1.0, abs(cell.gradient)), cell
    exact, numeric = along(HOST, of, rng(3))
    assert abs(exact - numeric) < 1e-8 * max(1.0, abs(exact))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("unit", UNITS)
def test_the_fast_gradient_is_that_of_the_walk(unit: str, seed: int) -> None:
    f, theta = ACTIVATIONS[unit], theta_of(HOST, seed)
    for sizes in ((5, 1, 2, 7), (1,), (2, 2), (9, 4, 4)):
        of = recursive.objective(np, f, theta, batch(HOST, seed, sizes))
        made = recursive_fast.plan([recursive_fast.arrays(each) for each in trees(seed, sizes)])
        grad, E = recursive_fast.gradient(f, theta, made)
        assert_gradients(grad, of.gradient, 1e-12)
        assert pytest.approx(float(of.loss()), rel=1e-12) == E
        run, roots = (
            drain(recursive.forward(np, f, theta, batch(HOST, seed, sizes))),
            np.cumsum([len(t) for t in trees(seed, sizes)]),
        )
        labels = [each[-1].label for each in trees(seed, sizes)]
        wanted = [int(run.yhat[int(n)].argmax()) == label for n, label in zip(roots, labels, strict=True)]
        assert recursive_fast.right(f, theta, made).tolist() == wanted


def test_the_jacobian_of_the_root_is_its_central_difference(device: Device) -> None:
    nodes, theta = trees(5, (6,))[0], {p: 0.5 * value for p, value in theta_of(device, 5).items()}
    some = recursive.inputs(device, nodes, WORDS, CLASSES)
    run = drain(recursive.forward(device.xp, TANH, theta, some))
    found = recursive.jacobians(device.xp, TANH, theta, some, run)
    leaves = [n for n, node in enumerate(nodes, 1) if not node.inner]
    assert set(found) == set(range(1, len(nodes)))
    fixed = {n: device.get(run.p[n]) for n in leaves}
    theta_host = host(device, theta)

    def root(leaf: int, by: HostArray) -> HostArray:
        given = {**fixed, leaf: fixed[leaf] + by}
        moved = drain(recursive.forward(np, TANH, theta_host, Inputs(nodes, {}, {}, given)))
        top: HostArray = moved.p[len(nodes)]
        return top

    for leaf in leaves:
        numeric = np.hstack([(root(leaf, d) - root(leaf, -d)) / 2e-5 for d in 1e-5 * np.eye(H)[:, :, None]])
        assert_close(device.get(found[leaf]), numeric, 1e-8)
    far = tree.distances(nodes)
    deepest = far.index(max(far)) + 1
    distance, norm = compare.farthest(device, TANH, theta, nodes)
    assert distance == max(far)
    assert norm == pytest.approx(np.linalg.svd(device.get(found[deepest]))[1][0], rel=1e-10)
    assert_close(compare.root(device, TANH, theta, nodes), device.get(run.p[len(nodes)])[:, 0], 1e-12)


def test_a_word_that_is_not_known_is_the_vector_0(device: Device) -> None:
    some = recursive.inputs(device, numbered(Pair(Leaf(-1), Leaf(2), 1)), WORDS, CLASSES)
    run = drain(recursive.forward(device.xp, TANH, theta_of(device), some))
    assert device.get(run.p[1]).tolist() == [[0.0]] * H
    assert np.abs(device.get(run.p[2])).min() > 0


# the chain


def chain(device: Device, theta: srn.Params, some: srn.Inputs, unit: str = "tanh") -> chains.Chain:
    return chains.chain(device.xp, ACTIVATIONS[unit], theta, some, [int(device.get(y)[:, 0].argmax()) for y in some.y])


@pytest.mark.parametrize("unit", ["tanh", "sigmoid", "linear", "ramp"])
@pytest.mark.parametrize("T", [1, 4, 9])
def test_the_chain_is_the_simple_recurrent_net(T: int, unit: str, device: Device) -> None:
    f, case = ACTIVATIONS[unit], make(device, T, 1, 3, 4, seed=T)
    theta, some, own = chain(device, *case, unit)
    run, wanted = drain(recursive.forward(device.xp, f, theta, some)), run_of(device, f, case)
    for t in range(T):
        n = T + 2 + t
        assert_close(device.get(run.p[n]), device.get(wanted.s[t]), 1e-12)
        assert (device.get(own.s[t]) == device.get(wanted.s[t])).all()
        assert_close(device.get(run.yhat[n]), device.get(wanted.yhat[t]), 1e-12)
        assert_close(device.get(run.losses[n]), device.get(wanted.E[t]), 1e-12)
    grad = host(device, drain(recursive.backward(device.xp, f, theta, some, run)))
    other = host(device, drain(srn.sweep(device.xp, f, *case, wanted))._asdict())
    assert_gradients(
        {"W": grad["W"][:, :3], "U": grad["W"][:, 3:], "b": grad["b"], "V": grad["V"], "c": grad["c"]}, other, 1e-12
    )


def test_hell_as_a_tree(device: Device) -> None:
    theta, some, _ = chain(device, *hello(device))
    run = drain(recursive.forward(device.xp, TANH, theta, some))
    assert abs(float(device.get(run.E)) - 5.865422191) < 5e-10
    grad = device.get(drain(recursive.backward(device.xp, TANH, theta, some, run))["W"])
    assert_close(grad[:, :2].reshape(-1), [0.4875542051, 0.2233577542, -0.0176253782, 0.4054405051], 1e-9)
    assert_close(grad[:, 4], [1.4300911058, 1.6001281955], 1e-9)


# training


def trained(device: Device, optimiser: str, clip: float = 0.7, unit: str = "tanh") -> tuple[TreeRun, Any]:
    """A run on nine trees, three an update, with a set to measure."""
    recipe = Recipe(OPTIMISERS[optimiser], 0.05, clip)
    some = trees(8, (5, 1, 2, 7, 3, 4, 4, 6, 2))
    run = TreeRun(device, ACTIVATIONS[unit], recipe, some, 3, 4, WORDS, CLASSES, [some, some[:3]])
    return run, run.start(theta_of(device, 2))


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_an_opened_update_ends_where_advance_ends(optimiser: str, device: Device) -> None:
    run, state = trained(device, optimiser)
    ruled = {**recursive.rules(run.f), **descent.rules(run.recipe.optimiser, run.names)}
    for _ in range(3):
        reel, after = run.inside(state, GRAINS), run.advance(state)
        assert [len(reel.tape(i)) for i in range(5)] == [section.length for section in reel.sections]
        assert_rules_hold(device, reel, ruled)
        ends = {p: reel.get(p, reel.total) for p in (*run.names, *after.data.memory)}
        assert_gradients(host(device, ends), host(device, {**after.data.theta, **after.data.memory}), 1e-12)
        state = after


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_devices_train_alike(optimiser: str, device: Device) -> None:
    (here, mine), (there, other) = trained(HOST, optimiser), trained(device, optimiser)
    assert other.data.reading == mine.data.reading
    for _ in range(4):
        mine, other = here.advance(mine), there.advance(other)
        assert_gradients(host(device, other.data.theta), mine.data.theta, 1e-11)
        assert there.loss(other) == pytest.approx(here.loss(mine), rel=1e-11)


def test_right_roots_are_counted_now_and_then() -> None:
    run, state = trained(HOST, "adam")
    first = state.data.reading
    for n in range(EVERY):
        assert state.data.reading == first, n
        state = run.advance(state)
    assert state.data.reading == run.measured(state.data.theta) != first
    forked = run.fork(state, theta_of(HOST, 3))
    assert forked.data.reading == run.measured(theta_of(HOST, 3))


def test_replayed_states_are_the_same_bits() -> None:
    run, state = trained(HOST, "adam")
    history = History(run.track(state, GRAINS), bound=1)
    last = {n: history.grow(n).data.theta for n in range(20)}
    for n in (3, 11, 18):
        assert all((history.state(n).data.theta[name] == last[n][name]).all() for name in run.names)


class Codes:
    """Sequences of four codes, the class of each the parity of its last two."""

    T, B, inputs, outputs, letters, first = 5, 6, 4, 2, True, 4

    def window(self, n: int) -> Window:
        x = rng(3, n).integers(0, 4, (self.T, self.B))
        return Window(x, x[-2:].sum(axis=0) % 2, True)


def beside(device: Device) -> tuple[BesideCells, Any]:
    run, state = trained(device, "adam")
    x = rng(4).integers(0, 4, (5, 40))
    tests = [(x, x[-2:].sum(axis=0) % 2), (x[2:], x[-2:].sum(axis=0) % 2)]
    both = BesideCells(run, (AFTER, SRN), 7, Recipe(OPTIMISERS["adam"], 0.03, 1.0), Codes(), tests)
    return both, both.start(state.data.theta)


def test_cells_are_trained_beside_the_tree_and_counted_now_and_then() -> None:
    both, state = beside(HOST)
    alone, other = trained(HOST, "adam")
    began = shares(state)
    assert [len(each) for each in began] == [2, 2, 2]
    for n in range(APART):
        assert shares(state)[1:] == began[1:], n
        state, other = both.advance(state), alone.advance(other)
    assert (state.data.theta["W"] == other.data.theta["W"]).all(), "the tree learns as it does alone"
    gru, srn = shares(state)[1:]
    assert min(gru[0], gru[1], srn[0]) > 0.9
    track = both.track(state, GRAINS)
    assert [measure(state) for measure in track.also] == [each[-1] for each in shares(state)]
    forked = both.fork(state, theta_of(HOST, 9))
    assert (forked.data.theta["W"] == theta_of(HOST, 9)["W"]).all()
    assert forked.data.cells == state.data.cells


def test_devices_train_cells_beside_alike(device: Device) -> None:
    (here, mine), (there, other) = beside(HOST), beside(device)
    for _ in range(2):
        mine, other = here.advance(mine), there.advance(other)
    for a, b in zip(mine.data.cells, other.data.cells, strict=True):
        assert_gradients(host(device, b.theta), dict(a.theta), 1e-11)
    assert shares(other) == shares(mine)


@pytest.mark.peer
@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("unit", UNITS)
def test_pytorch_makes_the_same_updates(unit: str, optimiser: str) -> None:
    torch = pytest.importorskip("torch")
    run, state = trained(HOST, optimiser, unit=unit)
    leaves = {p: torch.tensor(value, requires_grad=True) for p, value in state.data.theta.items()}
    made_by = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
        "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
        "adagrad": lambda p: torch.optim.SGD(p, lr=0.05),
        "adam": lambda p: torch.optim.Adam(p, lr=0.05, eps=1e-8),
    }
    optimise, G = made_by[optimiser](list(leaves.values())), {p: torch.zeros_like(w) for p, w in leaves.items()}
    f = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "linear": lambda net: net}[unit]

    def loss_of(each: Forest) -> Any:
        """Recursion from the root: the usual recursive module."""

        def vector(n: int) -> tuple[Any, Any]:
            node = each[n - 1]
            if node.inner:
                (a, E_a), (b, E_b) = vector(node.left), vector(node.right)
                p, E = f(leaves["W"] @ torch.cat((a, b)) + leaves["b"][:, 0]), E_a + E_b
            else:
                p, E = leaves["L"][:, node.word], torch.zeros((), dtype=torch.float64)
            if node.label >= 0:
                scores = leaves["V"] @ p + leaves["c"][:, 0]
                E = E + torch.nn.functional.cross_entropy(scores[None], torch.tensor([node.label]))
            return p, E

        return vector(len(each))[1]

    for n in range(6):
        loss = sum(loss_of(run.trees[i]) for i in run.chosen(n)) / 3
        optimise.zero_grad()
        loss.backward()
        if optimiser == "sgd":
            of = recursive.objective(np, run.f, state.data.theta, run.batch(n))
            assert_gradients(of.gradient, {p: w.grad.numpy() for p, w in leaves.items()}, 1e-9)
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


# changes of the engine


@pytest.mark.mutation
@pytest.mark.parametrize(
    ("where", "wrong", "of"),
    [
        ("errors", "by_p[n] * f.slope(xp, run.p[n])", "by_p[n] * 1"),
        ("errors", "W.T @ delta[n]", "abs(W.T) @ delta[n]"),
        ("errors", "V.T @ e[k] + half", "half"),
        ("errors", "('left', 'i', node.left, by_x[:cut, :])", "('left', 'i', node.left, by_x[cut:, :])"),
        ("errors", "(run.yhat[n] - some.y[n]) / some.B", "run.yhat[n] - some.y[n]"),
        ("errors", "(run.yhat[k] - some.y[k]) / some.B", "run.yhat[k] - some.y[k]"),
        ("ledger", "back.delta[n] @ run.x[n].T", "back.delta[n] @ run.x[len(some.nodes)].T"),
        ("ledger", "back.by_p[n] @ run.x[n].T", "abs(back.by_p[n]) @ run.x[n].T"),
        ("ledger", "grad[q] + column", "column"),
        ("ledger", "grad[q] + term", "grad[q] + term * (n != 3)"),
    ],
)  # fmt: skip
def test_a_broken_gradient_is_noticed(where: str, wrong: str, of: str) -> None:
    """Each of these changes makes central differences disagree."""
    module, gaps = "engine.trees.recursive", []
    broken = load(module, compiled(Mutant(module, where, wrong, of)))
    for seed in range(3):
        some = batch(HOST, seed)
        exact, numeric = along(HOST, broken.objective(np, TANH, theta_of(HOST, seed), some), rng(3))
        gaps.append(abs(exact - numeric) / max(1e-3, abs(exact)))
    assert max(gaps) > 1e-4


@pytest.mark.mutation
@pytest.mark.parametrize(
    ("wrong", "of"),
    [
        ("order = xp.lexsort((words, height))", "order = xp.argsort(height, kind='stable')"),
        ("row[(children + by)[order]]", "row[children[order]]"),
        ("by_p[children] += (own @ W).reshape(-1, H)", "by_p[children] = (own @ W).reshape(-1, H)"),
        ("by_p[children] += (own @ W).reshape(-1, H)", "by_p[children] += (own @ abs(W)).reshape(-1, H)"),
        ("e /= B", "pass"),
        ("delta.T @ x", "abs(delta).T @ x"),
        ("reversed(plan.levels)", "plan.levels"),
    ],
)
def test_a_broken_fast_form_is_noticed(wrong: str, of: str) -> None:
    module, gaps = "engine.trees.recursive_fast", [0.0]
    broken = load(module, compiled(Mutant(module, "", wrong, of)))
    for seed in range(3):
        theta, wanted = (
            theta_of(HOST, seed),
            recursive.objective(np, TANH, theta_of(HOST, seed), batch(HOST, seed)).gradient,
        )
        made = broken.plan([broken.arrays(each) for each in trees(seed)])
        try:
            grad = broken.gradient(TANH, theta, made)[0]
        except ValueError:  # shapes that no longer fit
            return
        gaps += [float(np.abs(grad[p] - wanted[p]).max()) for p in wanted]
    assert max(gaps) > 1e-6
