"""word2vec's pieces: who is drawn, the tree, one pair's gradients, against values, differences and PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Array, Device, rng
from engine.walks.gradient_check import along, checked
from engine.walks.reel import Env, Reel, Section
from engine.walks.step import Walk, drain
from engine.words import alias, huffman, pair
from engine.words.corpus import vocabulary
from tests.engine.ruling import assert_rules_hold
from tests.mutants.change import Mutant, compiled, load

GRAINS = {"act": 0, "phase": 1, "j": 2, "c": 2, "n": 2, "op": 3}
COUNTS = (15, 7, 6, 6, 5)
FORMS = [(tree, C) for tree in (False, True) for C in (1, 3)]
forms = pytest.mark.parametrize(("tree", "C"), FORMS, ids=["sg-ns", "cbow-ns", "sg-hs", "cbow-hs"])


# words


def test_words_by_count() -> None:
    found = vocabulary.build(["the", "cat", "saw", "the", "dog", "and", "the", "cat"])
    assert found.words == ("the", "cat", "saw", "dog", "and")
    assert found.counts == (3, 2, 1, 1, 1)
    assert found.total == 8
    assert vocabulary.build(["the", "cat", "saw", "the", "dog", "and", "the", "cat"], 2).words == ("the", "cat")
    assert vocabulary.build(["a", "b", "c", "a", "b", "a"], 1, 2).words == ("a", "b")
    assert vocabulary.build([]).words == ()
    assert found.codes()["saw"] == 2


def test_noise() -> None:
    assert vocabulary.noise(COUNTS) == pytest.approx([0.332308, 0.187627, 0.167142, 0.167142, 0.145781], abs=1e-6)
    the, dog = vocabulary.noise([2, 1])
    assert the / dog == pytest.approx(2**0.75)


def test_words_that_are_too_frequent() -> None:
    assert vocabulary.keep_paper(0.01, 1e-3) == pytest.approx(0.3162, abs=1e-4)
    assert vocabulary.keep_c(0.01, 1e-3) == pytest.approx(0.4162, abs=1e-4)
    for keep in (vocabulary.keep_paper, vocabulary.keep_c):
        assert keep(1e-5, 1e-3) == 1.0
        assert keep(0.5, 0) == 1.0


@pytest.mark.parametrize("seed", range(6))
def test_the_alias_table_draws_what_it_should(seed: int) -> None:
    draw = rng(seed)
    p = draw.random(int(draw.integers(1, 40))) ** 3
    p /= p.sum()
    made = alias.table(p.tolist())
    exact = made.keep / len(p)
    np.add.at(exact, made.other, (1 - made.keep) / len(p))
    assert exact == pytest.approx(p, abs=1e-12)
    drawn = np.bincount(alias.draw(draw, made, 20_000), minlength=len(p))
    expected = 20_000 * p
    often = expected > 5
    chi = float(((drawn - expected)[often] ** 2 / expected[often]).sum())
    df = max(int(often.sum()) - 1, 1)
    assert chi < df + 4 * (2 * df) ** 0.5 + 4  # four deviations
    assert (drawn[p == 0] == 0).all()


# the tree


def test_huffman_values() -> None:
    tree = drain(huffman.build(HOST, COUNTS))
    codes = huffman.codes(tree)
    assert [len(code.bits) for code in codes] == [1, 3, 3, 3, 3]
    assert sum(len(code.bits) * count for code, count in zip(codes, COUNTS, strict=True)) == 87


@pytest.mark.parametrize("seed", range(8))
def test_no_code_begins_another_and_lengths_are_least(seed: int) -> None:
    draw = rng(seed)
    counts = draw.integers(1, 50, int(draw.integers(2, 30))).tolist()
    tree = drain(huffman.build(HOST, counts))
    codes = ["".join(map(str, code.bits)) for code in huffman.codes(tree)]
    assert sum(2.0 ** -len(code) for code in codes) == 1.0
    assert all(not b.startswith(a) for a in codes for b in codes if a is not b)
    assert all(code.nodes[0] == len(counts) - 2 for code in huffman.codes(tree))
    shannon = -sum(c * np.log2(c / sum(counts)) for c in counts)
    length = sum(len(code) * count for code, count in zip(codes, counts, strict=True))
    assert shannon - 1e-9 <= length < shannon + sum(counts)
    order = np.argsort(counts, kind="stable")
    lengths = np.array([len(code) for code in codes])[order]
    for i in range(len(order) - 1):
        if counts[order[i]] < counts[order[i + 1]]:
            assert lengths[i] >= lengths[i + 1]


def test_a_tree_of_one_and_of_two() -> None:
    assert huffman.codes(drain(huffman.build(HOST, [3]))) == [huffman.HuffmanCode((), ())]
    two = huffman.codes(drain(huffman.build(HOST, [1, 3])))
    assert [code.bits for code in two] == [(1,), (0,)]


def test_merges_are_steps(device: Device) -> None:
    tree = drain(huffman.build(HOST, COUNTS))
    at = (("build", -1),)
    children = dict(enumerate(tree.children, len(COUNTS)))
    weight: dict[int, float] = dict(enumerate(map(float, COUNTS)))
    for n, (a, b) in children.items():
        weight[n] = weight[a] + weight[b]
    families = {
        "count_a": lambda n: device.put([[weight[children[n][0]]]]),
        "count_b": lambda n: device.put([[weight[children[n][1]]]]),
    }
    reel = Reel([Section(at, lambda: huffman.build(device, COUNTS, at), lambda: Env({}, families), 4)], GRAINS)
    assert_rules_hold(device, reel, huffman.RULES)
    assert float(device.get(reel.get("count[8]", 4))[0, 0]) == sum(COUNTS)


# one pair


def made(device: Device, seed: int, tree: bool, C: int) -> tuple[list[Array], list[Array], list[Array]]:
    """v, out and labels of a random pair: D = 4, three targets or nodes."""
    draw = rng(seed, 3)
    v = [device.put(draw.normal(0, 0.7, (4, 1))) for _ in range(C)]
    out = [device.put(draw.normal(0, 0.7, (4, 1))) for _ in range(3)]
    label = [1.0, 0.0, 0.0] if not tree else draw.integers(0, 2, 3).astype(float).tolist()
    return v, out, [device.put([[each]]) for each in label]


def test_the_values_of_one_pair() -> None:
    v = [np.array([[0.1], [0.2], [-0.1]])]
    u = [np.array([[a], [b], [c]]) for a, b, c in ((0.3, -0.1, 0.2), (-0.2, 0.1, 0.4), (0.05, 0.3, -0.3))]
    t = [np.array([[x]]) for x in (1.0, 0.0, 0.0)]
    h = drain(pair.hidden(v))
    found = drain(pair.scores(HOST.xp, h, u, t))
    assert float(found.L[0, 0]) == pytest.approx(2.1132817293, abs=1e-10)
    du, dv = drain(pair.gradients(h, u, found.q, 1, True))
    assert dv[0][:, 0] == pytest.approx([-0.22256365, 0.25636978, -0.06161911], abs=1e-8)
    assert du[0][:, 0] == pytest.approx([-0.05025, -0.1005, 0.05025], abs=1e-5)
    v, u = drain(pair.step(v, u, dv, du, 0.5))
    after = drain(pair.scores(HOST.xp, drain(pair.hidden(v)), u, t)).L
    assert float(after[0, 0]) == pytest.approx(2.038478, abs=1e-6)


@forms
@pytest.mark.parametrize("mean", [True, False], ids=["mean", "sum"])
@pytest.mark.parametrize("seed", range(3))
def test_central_differences(seed: int, tree: bool, C: int, mean: bool) -> None:
    of = pair.objective(HOST.xp, *made(HOST, seed, tree, C), tree, mean)
    for name in of.theta:
        for cell in checked(HOST, of, name, 10):
            assert cell.gap < 1e-9, (name, cell)
    exact, numeric = along(HOST, of, rng(seed))
    assert abs(exact - numeric) < 1e-8


@pytest.mark.peer
@forms
@pytest.mark.parametrize("seed", range(3))
def test_equals_autograd_over_updates(seed: int, tree: bool, C: int) -> None:
    torch = pytest.importorskip("torch")
    v, out, label = made(HOST, seed, tree, C)
    tv, tout = ([torch.tensor(each, requires_grad=True) for each in some] for some in (v, out))
    for _ in range(3):
        h = sum(tv) / C
        signs = [(1 - 2 * float(x[0, 0])) * (1 if tree else -1) for x in label]
        L = -sum(torch.nn.functional.logsigmoid(s * (u * h).sum()) for s, u in zip(signs, tout, strict=True))
        for each in (*tv, *tout):
            each.grad = None
        L.backward()
        of = pair.objective(HOST.xp, v, out, label, tree)
        assert float(of.loss()) == pytest.approx(L.item(), rel=1e-12)
        name = "theta" if tree else "u"
        for c, each in enumerate(tv):
            np.testing.assert_allclose(of.gradient[f"v{c}"], each.grad.numpy(), rtol=1e-9, atol=1e-14)
        for j, each in enumerate(tout):
            np.testing.assert_allclose(of.gradient[f"{name}{j}"], each.grad.numpy(), rtol=1e-9, atol=1e-14)
        grads = of.gradient
        v, out = drain(
            pair.step(v, out, [grads[f"v{c}"] for c in range(C)], [grads[f"{name}{j}"] for j in range(3)], 0.3, name)
        )
        with torch.no_grad():
            for each in (*tv, *tout):
                each -= 0.3 * each.grad


@forms
@pytest.mark.parametrize("exact", [True, False], ids=["exact", "as in C"])
def test_every_rule_gives_its_step(tree: bool, C: int, exact: bool, device: Device) -> None:
    v, out, label = made(device, 1, tree, C)
    name = "theta" if tree else "u"
    xp, at = device.xp, {phase: ((phase, -1),) for phase in ("said", "scores", "gradients", "step", "forward")}
    h = drain(pair.hidden(v))
    forward = pair.tree_scores if tree else pair.scores
    found = drain(forward(xp, h, out, label))
    dout, dv = drain(pair.gradients(h, out, found.q, C, exact, name))

    def family(values: list[Array]) -> Any:
        return lambda i: values[i] if 0 <= i < len(values) else None

    def env(**more: list[Array]) -> Env:
        families = {"v": family(v), name: family(out), "d" if tree else "t": family(label)}
        return Env({"h": h, "C": C, "rate": 0.3}, {**families, **{key: family(some) for key, some in more.items()}})

    walks: list[tuple[str, Callable[[], Walk[Any]], Callable[[], Env]]] = [
        ("said", lambda: pair.hidden(v, True, at["said"]), env),
        ("scores", lambda: forward(xp, h, out, label, at["scores"]), env),
        (
            "gradients",
            lambda: pair.gradients(h, out, found.q, C, exact, name, at["gradients"]),
            lambda: env(q=found.q),
        ),
        ("forward", lambda: pair.forward(xp, v, out, label, tree, at["forward"], phases=exact), env),
    ]

    def moved() -> Walk[Any]:
        if exact:  # what the second moves the vectors by is the true gradient
            return pair.step_and_forward(xp, v, out, label, 0.3, tree, at["step"])
        return pair.step(v, out, dv, dout, 0.3, name, at["step"])

    walks.append(("step", moved, lambda: env(dv=dv, **{f"d{name}": dout})))
    reel = Reel([Section(at[phase], walk, begun, len(list(walk()))) for phase, walk, begun in walks], GRAINS)
    assert_rules_hold(device, reel, pair.RULES)


@forms
def test_a_step_and_the_scores_after_it(tree: bool, C: int) -> None:
    v, out, label = made(HOST, 4, tree, C)
    of, name = pair.objective(HOST.xp, v, out, label, tree), "theta" if tree else "u"
    found = drain(pair.step_and_forward(HOST.xp, v, out, label, 0.1, tree))
    moved = {p: value - 0.1 * of.gradient[p] for p, value in of.theta.items()}
    assert set(moved) == {*(f"v{c}" for c in range(C)), *(f"{name}{j}" for j in range(3))}
    assert float(found.L[0, 0]) == pytest.approx(float(of.loss(**moved)), rel=1e-14)
    before = drain(pair.forward(HOST.xp, v, out, label, tree))
    assert float(before.L[0, 0]) == pytest.approx(float(of.loss()), rel=1e-14)


@pytest.mark.parametrize("seed", range(4))
def test_the_leaves_add_up_to_one(seed: int) -> None:
    draw = rng(seed)
    counts = draw.integers(1, 20, 9).tolist()
    tree = drain(huffman.build(HOST, counts))
    nodes = [draw.normal(size=(5, 1)) for _ in tree.children]
    h, total = draw.normal(size=(5, 1)), 0.0
    for code in huffman.codes(tree):
        bits = [np.array([[float(b)]]) for b in code.bits]
        steps = list(pair.tree_scores(HOST.xp, h, [nodes[n] for n in code.nodes], bits))
        total += float(next(step.values["P"] for step in reversed(steps) if "P" in step.values)[0, 0])
    assert total == pytest.approx(1.0, abs=1e-12)


@pytest.mark.mutation
@pytest.mark.parametrize(
    ("wrong", "of"),
    [
        ("q = p - t[j]", "q = p + 0 * t[j]"),
        ("q = sigmoid(xp, a) - (1 - d[j])", "q = sigmoid(xp, a) - d[j]"),
        ("dh = dh + error * out[j]", "dh = error * out[j]"),
        ("grad = error * h", "grad = error * h * (j > 0)"),
        ("dh / inputs", "dh"),
        ("h = h / len(v)", "h = h / 2"),
    ],
)
def test_a_broken_gradient_is_noticed(wrong: str, of: str) -> None:
    broken = load(pair.__name__, compiled(Mutant(pair.__name__, "", wrong, of)))
    gaps = []
    for tree, C in FORMS:
        healthy = pair.objective(HOST.xp, *made(HOST, 2, tree, C), tree)
        sick = broken.objective(HOST.xp, *made(HOST, 2, tree, C), tree)
        gaps += [float(abs(healthy.gradient[name] - sick.gradient[name]).max()) for name in healthy.gradient]
    assert max(gaps) > 1e-3


@pytest.mark.parametrize(
    ("inputs", "exact", "op"), [(1, True, "dv"), (1, False, "dv"), (2, True, "dv_mean"), (2, False, "dv")]
)
def test_only_a_mean_of_several_is_divided(inputs: int, exact: bool, op: str) -> None:
    h, out, q = np.array([[1.0], [2.0]]), [np.array([[0.5], [-1.0]])], [np.array([[0.25]])]
    steps = [step.op for step in pair.gradients(h, out, q, inputs, exact) if step.op.startswith("dv")]
    assert steps == [op] * inputs
