"""Encoder, decoder, attention: worked values, central differences, PyTorch, rules, fast form, writing, mutants."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Device, HostArray, rng
from engine.feedforward.mlp_training import Batches
from engine.gated import gru, lstm, plain
from engine.maths.activations import log_softmax
from engine.maths.optimisers import OPTIMISERS
from engine.maths.packing import packed
from engine.sequences import attention, fast, looking, writing
from engine.sequences import net as nets
from engine.sequences.attention import Collected, Memory
from engine.sequences.net import Seq2seq
from engine.sequences.pairs import END, Pair, batch, padded
from engine.sequences.training import PairsRun, translate
from engine.sequences.translating import Translating
from engine.walks import descent
from engine.walks.gradient_check import along, checked
from engine.walks.history import History
from engine.walks.reel import Reel
from engine.walks.step import drain
from engine.walks.training import Recipe
from tests.engine.cases import assert_close, assert_gradients, host
from tests.engine.ruling import assert_rules_hold
from tests.mutants.change import Mutant, compiled, load

CELLS = {"lstm": lstm.LSTM, "gru": gru.AFTER, "gru-before": gru.BEFORE, "srn": plain.SRN, "relu": plain.RELU}
KINDS = attention.KINDS
TWO = list(product(CELLS, CELLS))
SOME = [
    ("gru", "gru"),
    ("lstm", "lstm"),
    ("srn", "gru-before"),
    ("lstm", "gru"),
    ("gru-before", "lstm"),
    ("relu", "srn"),
]
GRAINS = {"act": 0, "update": 1, "phase": 2, "t": 3, "s": 3, "op": 5}
PAIRS = [Pair((1, 2, 3, 4), (1, 2, 3)), Pair((2, 0), (5,)), Pair((4, 4, 1), (3, 4, 4, 2))]
"""Sources of 4, 2 and 3 words, targets of 3, 1 and 4."""
every = pytest.mark.parametrize(("one", "other"), SOME)
kinds = pytest.mark.parametrize("kind", KINDS)


def make(one: str, other: str, kind: str, table: int = 0, seed: int = 0) -> tuple[Seq2seq, dict[str, HostArray]]:
    """A net of four units with asymmetric random weights."""
    net, draw = Seq2seq(CELLS[one], CELLS[other], kind, 4, 5, 6, table), rng(seed, 21)
    shapes = {p: shape if len(shape) == 2 else (*shape, 1) for p, shape in nets.shapes(net).items()}
    return net, {p: 0.6 * draw.normal(size=shape) for p, shape in shapes.items()}


def put(device: Device, theta: dict[str, HostArray]) -> dict[str, Any]:
    return {name: device.put(value) for name, value in theta.items()}


# worked values


def test_luong_worked_by_hand(device: Device) -> None:
    """The numbers of one step of attention and of its gradient, computed with another library."""
    h = [[0.5, -0.2], [0.1, 0.4], [-0.3, 0.6]]
    theta = {"Wa": device.put([[1, 0.5], [-0.5, 1]])}
    seen, d = Memory(device.put(h)), device.put([[0.2], [0.7]])
    made = drain(attention.attend(device.xp, "general", theta, seen, d, 0))
    get = device.get
    assert_close(get(made["e"])[:, 0], [-0.235, 0.305, 0.525], 1e-12)
    assert_close(get(made["alpha"])[:, 0], [0.2060036432, 0.3535036653, 0.4404926915], 1e-9)
    assert_close(get(made["c"])[:, 0], [0.0062043807, 0.3644963524], 1e-9)
    Wc, Wd = np.array([[0.3, -0.1], [0.1, 0.5]]), np.array([[0.2, 0.4], [-0.3, 0.2]])
    o = np.tanh(Wc @ get(made["c"]) + Wd @ get(d))
    assert_close(o[:, 0], [0.2779062780, 0.2569766813], 1e-9)
    delta = np.array([[1.0], [-1.0]]) * (1 - o**2)
    gc = Wc.T @ delta
    assert_close(gc[:, 0], [0.1834341317, -0.5592583027], 1e-9)
    into = Collected({"Wa": device.put([[0.0, 0.0]] * 2)})
    drain(attention.begin(device.xp, seen, into))
    walk, written = attention.back(device.xp, "general", theta, seen, made, device.put(gc), 0, into), dict[str, Any]()
    for step in walk:
        written |= step.values
    assert_close(get(written["galpha[0]"])[:, 0], [0.2035687264, -0.2053599079, -0.3905852211], 1e-9)
    assert_close(get(written["ge[0]"])[:, 0], [0.0836947981, -0.0009369232, -0.0827578749], 1e-8)
    assert_close(get(into.total["Wa"]), [[0.0133162138, -0.0133536908], [0.0466067485, -0.0467379177]], 1e-8)
    gd = Wd.T @ delta + np.array([[1, 0.5], [-0.5, 1]]) @ get(written["gq[0]"])
    assert_close(gd[:, 0], [0.4979393580, 0.0822556548], 1e-9)
    assert_close(get(into.ghs)[0], [0.0252338797, -0.0482534093], 1e-8)


def test_bahdanau_worked_by_hand(device: Device) -> None:
    h = np.array([[0.5, -0.2], [0.1, 0.4], [-0.3, 0.6]])
    Ua = np.array([[0.4, -0.2], [0.3, 0.1]])
    theta = {"Wa": device.put([[0.2, 0.1], [-0.3, 0.5]]), "va": device.put([[0.5], [-1]])}
    seen = Memory(device.put(h), device.put(h @ Ua.T))
    made = drain(attention.attend(device.xp, "additive", theta, seen, device.put([[0.2], [0.7]]), 0))
    assert_close(device.get(made["e"])[:, 0], [-0.2287426598, -0.3102710890, -0.3189318244], 1e-9)
    assert_close(device.get(made["alpha"])[:, 0], [0.3526758616, 0.3250636362, 0.3222605022], 1e-9)


# gradients


@every
@kinds
def test_central_differences(one: str, other: str, kind: str) -> None:
    net, theta = make(one, other, kind, 3 * (one == "srn"), 1)
    given = batch(HOST, net, padded(PAIRS), [True, True, False, True, False])
    of = nets.objective(np, net, theta, given)
    assert tuple(of.gradient) == tuple(nets.shapes(net))
    for p in of.theta:
        assert np.abs(of.gradient[p]).max() > 1e-5, p
        for cell in checked(HOST, of, p, 6):
            assert cell.gap < 1e-7 * max(1.0, abs(cell.gradient)), cell
    exact, numeric = along(HOST, of, rng(2))
    assert abs(exact - numeric) < 1e-7 * max(1.0, abs(exact))


@pytest.mark.exhaustive
@pytest.mark.parametrize(("one", "other"), TWO)
@kinds
@pytest.mark.parametrize("table", [0, 3])
def test_every_cell_with_every_other(one: str, other: str, kind: str, table: int) -> None:
    net, theta = make(one, other, kind, table, 2)
    exact, numeric = along(HOST, nets.objective(np, net, theta, batch(HOST, net, padded(PAIRS))), rng(3))
    assert abs(exact - numeric) < 1e-7 * max(1.0, abs(exact))


def test_losses_at_some_timesteps_only() -> None:
    net, theta = make("gru", "lstm", "general", seed=3)
    given = batch(HOST, net, padded(PAIRS))
    given = given._replace(y=[None, given.y[1], None, given.y[3], None])
    of = nets.objective(np, net, theta, given)
    exact, numeric = along(HOST, of, rng(4))
    assert abs(exact - numeric) < 1e-7 * max(1.0, abs(exact))
    assert float(of.loss()) == pytest.approx(sum(float(E) for E in Translating(HOST, net, theta, given).run.E))


def torch_loss(net: Seq2seq, leaf: Any, pairs: list[Pair]) -> Any:
    """The mean loss over all words, each pair for itself: PyTorch's own cells, its autograd, and no padding."""
    torch = pytest.importorskip("torch", reason="no PyTorch here: pip install 'unroll-nn[peers]'")

    def cell(side: Any, x: Any, states: Any) -> Any:
        kind, inner = side.cell, "U" if side.inward == "W" else "W"
        order = {"gru": "rzn", "lstm": "ifgo", "srn": "h", "relu": "h"}[kind.name]
        ih, hh = (torch.cat([leaf[side.name(f"{p}{q}")] for q in order]) for p in (side.inward, inner))
        b = torch.cat([leaf[side.name(f"b{q}")][:, 0] for q in order])
        zero = torch.zeros_like(b)
        h = states[0]
        if kind.name == "lstm":
            return torch.lstm_cell(x, states, ih, hh, b, zero)
        if kind.name == "gru" and kind.more:
            last = torch.cat([zero[: 2 * net.H], leaf[side.name("bm")][:, 0]])
            return (torch.gru_cell(x, h, ih, hh, b, last),)
        if kind.name == "gru":
            r, z = (torch.sigmoid(leaf[side.name(f"{side.inward}{q}")] @ x[0] + leaf[side.name(f"{inner}{q}")] @ h[0]
                                  + leaf[side.name(f"b{q}")][:, 0]) for q in "rz")  # fmt: skip
            n = torch.tanh(leaf[side.name(f"{side.inward}n")] @ x[0] + leaf[side.name("bn")][:, 0]
                           + leaf[side.name(f"{inner}n")] @ (r * h[0]))  # fmt: skip
            return ((z * h[0] + (1 - z) * n)[None],)
        step = {"srn": torch.rnn_tanh_cell, "relu": torch.rnn_relu_cell}[kind.name]
        return (step(x, h, ih, hh, b, zero),)

    total, count = 0.0, 0
    for pair in pairs:
        read = [leaf["Tx"][:, i] if net.table else torch.eye(net.K, dtype=torch.float64)[i] for i in pair.source]
        states = tuple(torch.zeros(1, net.H, dtype=torch.float64) for _ in net.encoder.states)
        hidden = []
        for x in read:
            states = cell(net.reads, x[None], states)
            hidden.append(states[0][0])
        hs = torch.stack(hidden)
        zero = torch.zeros(1, net.H, dtype=torch.float64)
        states = tuple(states[i] if i < len(states) else zero for i in range(len(net.decoder.states)))
        for word, wanted in zip((END, *pair.target), (*pair.target, END), strict=True):
            x = leaf["Ty"][:, word] if net.table else torch.eye(net.L, dtype=torch.float64)[word]
            if net.attention == "additive":
                scores = torch.tanh(states[0] @ leaf["Wa"].T + hs @ leaf["Ua"].T) @ leaf["va"][:, 0]
                c = torch.softmax(scores, 0) @ hs
                x = torch.cat([x, c])
            states = cell(net.writes, x[None], states)
            d, out = states[0][0], leaf["Wd"] @ states[0][0]
            if net.attention in ("general", "dot"):
                scores = hs @ (leaf["Wa"].T @ d if net.attention == "general" else d)
                c = torch.softmax(scores, 0) @ hs
            if net.looks:
                out = out + leaf["Wc"] @ c
            a = leaf["V"] @ torch.tanh(out) + leaf["by"][:, 0]
            total, count = total - torch.log_softmax(a, 0)[wanted], count + 1
    return total / count


@pytest.mark.peer
@every
@kinds
@pytest.mark.parametrize("table", [0, 3])
def test_pytorch_makes_the_same_updates(one: str, other: str, kind: str, table: int) -> None:
    """Three updates with Adam and clipping on batches of unlike lengths; PyTorch reads each pair alone."""
    torch = pytest.importorskip("torch", reason="no PyTorch here: pip install 'unroll-nn[peers]'")
    net, theta = make(one, other, kind, table, 5)
    run = PairsRun(HOST, net, Recipe(OPTIMISERS["adam"], 0.02, 0.5), Batches(2, 3), PAIRS)
    state = run.start(theta)
    leaf = {p: torch.tensor(value, requires_grad=True) for p, value in theta.items()}
    optimise = torch.optim.Adam(list(leaf.values()), lr=0.02)
    for n in range(4):
        drawn = run.batches.of_epoch(len(PAIRS), n // run.per)[n % run.per]
        loss = torch_loss(net, leaf, [PAIRS[i] for i in drawn])
        optimise.zero_grad()
        loss.backward()
        grads = run.translating(n, state.data).grad
        for p, w in leaf.items():
            assert_close(grads[p], w.grad.numpy(), 1e-9, p)
        length = torch.sqrt(sum((w.grad**2).sum() for w in leaf.values()))
        for w in leaf.values():
            w.grad *= min(1.0, 0.5 / float(length))
        optimise.step()
        state = run.advance(state)
        assert float(state.data.loss) == pytest.approx(loss.item(), rel=1e-9)
    for p, w in leaf.items():
        assert_close(state.data.theta[p], w.detach().numpy(), 1e-9, p)


# rules, devices, the fast form


def reel_of(device: Device, whole: Translating) -> Reel:
    sections = [whole.encoder((("encode", -1),)), whole.decoder((("decode", -1),)), whole.back((("backward", -1),))]
    return Reel(sections, GRAINS)


@every
@kinds
@pytest.mark.representative("*gru-gru*", "*lstm-lstm*")
@pytest.mark.parametrize("table", [0, 3])
def test_every_rule_gives_its_step(one: str, other: str, kind: str, table: int, device: Device) -> None:
    net, theta = make(one, other, kind, table)
    rules, met = nets.rules(net), set[str]()
    for pairs, forced in ((PAIRS, []), (PAIRS[:1], [True, False, True, False])):
        given = batch(device, net, padded(pairs), forced)
        if len(pairs) == 1:
            given = given._replace(y=[None, *given.y[1:]])
        reel = reel_of(device, Translating(device, net, put(device, theta), given))
        assert [len(reel.tape(n)) for n in range(3)] == [section.length for section in reel.sections]
        met |= assert_rules_hold(device, reel, rules)
    assert set(rules) - met <= {"gd_0", "gc_0", "gc_fed", "read", f"g{net.reads.name('c')}_last"}


def test_the_source_of_a_renamed_step_is_the_cell() -> None:
    net, theta = make("gru", "lstm", "general")
    reel = reel_of(HOST, Translating(HOST, net, theta, batch(HOST, net, padded(PAIRS))))
    at = reel.seek((("decode", -1), ("t", 1), ("gate_f", -1)))
    assert at is not None
    step, source = reel.step(at), reel.source(at)
    assert step is not None
    assert step.op == "f_d"
    assert source is not None
    assert source.file.endswith("lstm.py")
    assert source.function == "step"


def test_padding_keeps_the_state_and_is_not_looked_at() -> None:
    net, theta = make("lstm", "gru", "general")
    whole = Translating(HOST, net, theta, batch(HOST, net, padded(PAIRS)))
    assert not whole.read[1]["h"][:, 1].any()
    assert not whole.read[1]["c"][:, 1].any()
    assert all(not now["looked"]["alpha"][:2, 1].any() for now in whole.run.made)
    alone = Translating(HOST, net, theta, batch(HOST, net, padded([PAIRS[1]])))
    assert_close(whole.read[-1]["h"][:, 1:2], alone.read[-1]["h"], 1e-14)


@pytest.mark.parametrize(("one", "other"), TWO)
@pytest.mark.parametrize("kind", ["general", "dot", "none"])
@pytest.mark.representative("*gru-gru*", "*lstm-lstm*", "*general-gru*", "*relu-srn*")
def test_the_fast_gradient_is_that_of_the_walk(one: str, other: str, kind: str) -> None:
    for B in (1, 2, 5):
        net, _ = make(one, other, kind)
        kernel = fast.Kernel(net, 5, 5, B)
        for seed in range(3):  # work arrays are used again
            _, theta = make(one, other, kind, seed=seed)
            draw = rng(seed, 22)
            pairs = [Pair((1, 2, 3, 0, 1), (1, 2, 3, 4))]
            while len(pairs) < B:
                lengths = draw.integers(1, 5, 2)
                pairs.append(Pair(tuple(draw.integers(0, 5, lengths[0])), tuple(draw.integers(1, 6, lengths[1]))))
            some = padded(pairs)
            of = nets.objective(np, net, theta, batch(HOST, net, some))
            E = kernel.gradient(packed(theta, kernel.layout), some, some.words)
            assert pytest.approx(float(of.loss()), rel=1e-12) == E
            assert_gradients({p: kernel.grad[p] for p in of.gradient}, of.gradient, 1e-11)


def trained(device: Device, kind: str, optimiser: str = "adam") -> tuple[PairsRun, Any]:
    net, theta = make("gru", "gru", kind, seed=7)
    recipe = Recipe(OPTIMISERS[optimiser], 0.05, 0.7)
    run = PairsRun(device, net, recipe, Batches(2, 1), PAIRS, PAIRS[:2], ((1, 2), (3, 9)), 3)
    return run, run.start(put(device, theta))


@kinds
@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
def test_an_opened_update_ends_where_advance_ends(kind: str, optimiser: str, device: Device) -> None:
    run, state = trained(device, kind, optimiser)
    ruled = {**nets.rules(run.net), **descent.rules(run.recipe.optimiser, run.names)}
    for _ in range(3):
        reel, after = run.inside(state, GRAINS), run.advance(state)
        assert [len(reel.tape(i)) for i in range(5)] == [section.length for section in reel.sections]
        assert_rules_hold(device, reel, ruled)
        ends = {p: reel.get(p, reel.total) for p in (*run.names, *after.data.memory)}
        assert_gradients(host(device, ends), host(device, {**after.data.theta, **after.data.memory}), 1e-11)
        state = after


@kinds
def test_devices_train_alike(kind: str, device: Device) -> None:
    (here, mine), (there, other) = trained(HOST, kind), trained(device, kind)
    for _ in range(6):
        mine, other = here.advance(mine), there.advance(other)
        assert_gradients(host(device, other.data.theta), host(HOST, mine.data.theta), 1e-10)
        assert other.data.reading == mine.data.reading


def test_replayed_states_are_the_same_bits() -> None:
    run, state = trained(HOST, "general")
    history = History(run.track(state, GRAINS), bound=1)
    last = {n: history.grow(n).data.theta for n in range(15)}
    for n in (3, 8, 13):
        assert all((history.state(n).data.theta[name] == last[n][name]).all() for name in run.names)


# writing


def written(kind: str, seed: int) -> tuple[Seq2seq, Any, writing.Begun, Translating]:
    net, theta = make("gru", "gru", kind, seed=seed)
    theta["V"] *= 3
    whole = Translating(HOST, net, theta, batch(HOST, net, padded(PAIRS)))
    return net, theta, writing.begun(HOST, net, theta, whole.batch, whole.read, 1), whole


def score(net: Seq2seq, theta: Any, start: writing.Begun, codes: tuple[int, ...]) -> float:
    """Σ ln ŷ of some words, read one after the other."""
    states, total = start.states, 0.0
    for t, (read, word) in enumerate(zip((END, *codes), codes, strict=False)):
        column = np.eye(net.L)[:, [read]]
        now = drain(nets.timestep(np, net, theta, column, states, start.seen, t))
        now |= drain(nets.answer(np, net, theta, now, t))
        total, states = total + float(log_softmax(np, now["a"])[word, 0]), now
    return total


@kinds
@pytest.mark.parametrize("seed", range(3))
def test_a_wide_beam_finds_what_trying_all_finds(kind: str, seed: int) -> None:
    net, theta, start, _ = written(kind, seed)
    every: dict[tuple[int, ...], float] = {}
    for codes in product(range(net.L), repeat=3):
        one = tuple(writing.ended(codes))
        every[one] = score(net, theta, start, one)
    likeliest = sorted(every, key=every.__getitem__, reverse=True)
    found = drain(writing.beam(HOST, net, theta, start, 60, 3))
    assert [tuple(codes) for codes, _ in found[:5]] == likeliest[:5]
    assert [value for _, value in found[:5]] == pytest.approx([every[codes] for codes in likeliest[:5]])


@kinds
def test_a_beam_of_one_is_greedy(kind: str, device: Device) -> None:
    net, theta = make("gru", "gru", kind, seed=2)
    theta["V"] *= 3
    there = put(device, theta)
    whole = Translating(device, net, there, batch(device, net, padded(PAIRS)))
    greedy = translate(device, net, there, PAIRS, 6)
    for b in range(len(PAIRS)):
        start = writing.begun(device, net, there, whole.batch, whole.read, b)
        ((codes, value),) = drain(writing.beam(device, net, there, start, 1, 6))
        assert codes == writing.ended(greedy[b])
        if device is HOST:
            assert value == pytest.approx(score(net, theta, start, tuple(codes)))


def test_words_are_drawn_as_often_as_they_are_likely() -> None:
    net, theta, start, _ = written("general", 4)
    now = drain(nets.timestep(np, net, theta, np.eye(net.L)[:, [END]], start.states, start.seen, 0))
    a = drain(nets.answer(np, net, theta, now, 0))["a"]
    p = np.exp(log_softmax(np, a / 0.7))[:, 0]
    u = (np.arange(4000) + 0.5) / 4000
    picks = [drain(writing.sample(HOST, net, theta, start, [np.array(each)], 0.7))[0] for each in u]
    assert_close(np.bincount(picks, minlength=net.L) / len(u), p, 2e-3)


@kinds
def test_the_rules_of_writing(kind: str, device: Device) -> None:
    net, theta = make("lstm", "gru", kind, seed=6)
    there = put(device, theta)
    whole = Translating(device, net, there, batch(device, net, padded(PAIRS[2:])))
    u = [device.put(each) for each in (0.3, 0.9, 0.99, 0.5)]
    rules = {**nets.rules(net), **writing.RULES, **writing.beam_rules(net)}
    for section, ops in ((whole.drawn(u, 0.8, ()), {"p", "F", "pick"}), (whole.beamed(3, 4, ()), {"total", "going"})):
        assert ops <= assert_rules_hold(device, Reel([section], GRAINS), rules)


@kinds
def test_where_it_looks_while_it_writes(kind: str, device: Device) -> None:
    """The same words as of greedy translation; the weights of each source alone, which sum to 1."""
    net, theta = make("gru", "gru", kind, seed=3)
    there = put(device, theta)
    found = looking.while_writing(device, net, there, PAIRS, 6)
    greedy = translate(device, net, there, PAIRS, 6)
    for pair, each, codes in zip(PAIRS, found, greedy, strict=True):
        assert each.codes == writing.ended(codes)
        assert each.alpha.shape == (len(each.codes), len(pair.source) if net.looks else 0)
        if net.looks:
            assert_close(each.alpha.sum(axis=1), np.ones(len(each.codes)), 1e-12)
            (alone,) = looking.while_writing(device, net, there, [pair], 6)
            assert_close(each.alpha, alone.alpha, 1e-12)


def test_on_which_side_of_its_own_place_a_word_looks() -> None:
    net, theta = make("gru", "gru", "general", seed=4)
    some = [PAIRS[0], Pair((1, 2, 3), (1, 2, 3)), Pair((4, 0), (5, 1))]
    places: list[int] = []
    for pair in some[1:]:
        run = Translating(HOST, net, theta, batch(HOST, net, padded([pair]))).run
        places += [int(now["looked"]["alpha"][:, 0].argmax()) - t for t, now in enumerate(run.made[:-1])]
    shares = [sum(np.sign(each) == side for each in places) / len(places) for side in (-1, 0, 1)]
    assert looking.sides(HOST, net, theta, some) == pytest.approx(tuple(shares))


# mutants

WALK_MUTANTS = [
    ("net", "(1 - now['htilde'] ** 2)", "1"),
    ("net", "late * now[state] + (1 - late) * states[state]", "now[state]"),
    ("net", "late * later[f'delta_{q}']", "later[f'delta_{q}']"),
    ("net", "gh + slab(xp, into.ghs, s, batch.B)", "gh"),
    ("net", "back_to['c'] + gx[D:, :]", "back_to['c']"),
    ("net", "handed['h'] + theta['Wa'].T @ asked", "handed['h']"),
    ("net", "gd + theta['Wa'].T @ asked", "gd"),
    ("net", "(now['yhat'] * xp.sum(y, axis=0, keepdims=True) - y) / batch.N", "(now['yhat'] - y) / batch.N"),
    ("net", "gd + (theta['Wa'] @ gq if net.attention == 'general' else gq)", "gd"),
    ("attention", "alpha * (galpha - xp.sum(alpha * galpha, axis=0, keepdims=True))", "alpha * galpha"),
    ("attention", "into.ghs + spread(xp, ge, q)", "into.ghs"),
    ("attention", "into.ghs + spread(xp, alpha, gc)", "into.ghs"),
    ("attention", "spread(xp, ge, theta['va']) * (1 - now['j'] ** 2)", "spread(xp, ge, theta['va'])"),
    ("attention", "now['asked'] @ gq.T", "gq @ now['asked'].T"),
    ("side", "later[f'g{state}'] * later[self.cell.road]", "later[f'g{state}']"),
]


def worst(broken: Any) -> float:
    """How far central differences and the gradient are apart, over nets, with another module in place of one."""
    gaps = []
    for one, other, kind in product(("lstm",), ("lstm", "gru"), ("general", "additive", "dot")):
        net, theta = make(one, other, kind, 3, 1)
        given = batch(HOST, net, padded(PAIRS))
        exact, numeric = along(HOST, broken.objective(np, net, theta, given), rng(2))
        gaps.append(abs(exact - numeric) / max(1e-3, abs(exact)))
    return max(gaps)


@pytest.mark.mutation
@pytest.mark.parametrize(("module", "wrong", "of"), WALK_MUTANTS)
def test_a_broken_gradient_is_noticed(module: str, wrong: str, of: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these changes makes central differences disagree."""
    assert worst(nets) < 1e-6
    name = f"engine.sequences.{module}"
    broken = load(name, compiled(Mutant(name, "", wrong, of)))
    if module == "attention":
        for each in ("attend", "back"):
            monkeypatch.setattr(attention, each, getattr(broken, each))
    elif module == "side":
        monkeypatch.setattr(nets, "Side", broken.Side)
    assert worst(broken if module == "net" else nets) > 1e-4


@pytest.mark.mutation
@pytest.mark.parametrize(
    ("wrong", "of"),
    [
        ("enc.L *= begun[None, :, :, None]", "pass"),
        ("e -= SHUT * ~begun.T[:, None, :]", "pass"),
        ("enc.gh[-1] += start['h']", "pass"),
        ("begin_back(enc, start.get('c'))", "pass"),
        ("ge -= alpha * ge.sum(axis=2, keepdims=True)", "pass"),
        ("self.gd += gq", "pass"),
        ("h += layer.gh_at[0] * layer.keep[0]", "pass"),
        ("layer.h_at[t + 1] *= late[t]", "pass"),
    ],
)
def test_a_broken_fast_form_is_noticed(wrong: str, of: str) -> None:
    module = "engine.sequences.fast"
    gaps = []
    for made in (fast, load(module, compiled(Mutant(module, "", wrong, of)))):
        worst = 0.0
        for cell, kind in product(("lstm", "gru", "srn"), ("general", "none")):
            net, theta = make(cell, cell, kind, seed=1)
            kernel, some = made.Kernel(net, 4, 5, 3), padded(PAIRS)
            kernel.gradient(packed(theta, kernel.layout), some, 1.0)
            wanted = nets.objective(np, net, theta, batch(HOST, net, some, mean=False)).gradient
            worst = max(worst, *(np.abs(kernel.grad[p] - wanted[p]).max() for p in wanted))
        gaps.append(worst)
    assert gaps[0] < 1e-10
    assert gaps[1] > 1e-6
