"""Pictures described in words: gradients against central differences and PyTorch, rules at every step, training."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pytest

from engine.device import HOST, Array, Device, HostArray, rng
from engine.feedforward.mlp_training import Batches
from engine.gated.cell import Cell
from engine.gated.gru import AFTER, BEFORE
from engine.gated.kernel import kinds
from engine.gated.lstm import LSTM
from engine.gated.plain import RELU, SRN
from engine.images.cnn import Cnn, Conv
from engine.images.convolution import Slide
from engine.images.pooling import Pool
from engine.maths.activations import ACTIVATIONS
from engine.maths.optimisers import OPTIMISERS
from engine.maths.packing import packed
from engine.sequences import caption, caption_fast, picture
from engine.sequences.caption import Batch, Captioner
from engine.sequences.caption_fast import Kernel, layout
from engine.sequences.caption_training import EVERY, BesideClassifier, CaptionRun, Described
from engine.sequences.picture import Eye
from engine.walks import descent
from engine.walks.gradient_check import along, checked
from engine.walks.history import History
from engine.walks.reel import Reel, Section
from engine.walks.step import drain
from engine.walks.training import Recipe
from tests.engine.cases import assert_close, assert_gradients, host
from tests.engine.ruling import assert_rules_hold
from tests.mutants.change import Mutant, compiled, load

GRAINS = {"act": 0, "update": 1, "phase": 2, "t": 3, "k": 3, "layer": 3, "op": 5}
H, K = 5, 7
SIZE = (1, 4, 6)
PIXELS = 24
CNN = Cnn(SIZE, (Conv(2, Slide(3, 1, 1), Pool(2)), Conv(3, Slide(2, 1, 1), Pool(2, "mean"))), 2, ACTIVATIONS["relu"])
EYES = {"linear": Eye(PIXELS, H), "mlp": Eye(PIXELS, H, 6), "cnn": Eye(PIXELS, H, 0, CNN)}
CELLS = {"srn": SRN, "gru after": AFTER, "gru before": BEFORE, "lstm": LSTM}
CAPTIONS = [(2, 3, 4), (5,), (2, 6, 3, 5), (4, 4), (3, 6, 2, 2), (6, 2, 5), (5, 5, 3)]
"""Seven captions of one to four words, so that batches are padded."""
BATCH = 3
every = pytest.mark.parametrize("eye", EYES)


class Case(NamedTuple):
    """A net, its weights on the host with vectors as columns, and pictures with captions."""

    net: Captioner
    theta: dict[str, HostArray]
    some: Described


def make(eye: str = "linear", cell: Cell = AFTER, seed: int = 0) -> Case:
    net, draw = Captioner(EYES[eye], cell, K), rng(seed, 31)
    shapes = {p: shape if len(shape) == 2 else (*shape, 1) for p, shape in caption.shapes(net).items()}
    theta = {p: draw.normal(0, 0.3 if p == "D" else 0.6, shape) for p, shape in shapes.items()}
    assert tuple(theta) == net.names
    return Case(net, theta, Described(draw.normal(size=(PIXELS, len(CAPTIONS))), CAPTIONS))


def put(device: Device, arrays: dict[str, HostArray]) -> dict[str, Array]:
    return {name: device.put(value) for name, value in arrays.items()}


def batch_of(device: Device, case: Case, *which: int) -> Batch:
    """Some of the pictures."""
    words = caption.coded([case.some.captions[n] for n in which])
    return caption.batch(device, case.net, case.some.image[:, list(which)], words)


def test_captions_as_codes() -> None:
    x, y, mask = caption.coded([(2, 3), (4,)])
    assert x.T.tolist() == [[0, 2, 3], [0, 4, 1]]
    assert y.T.tolist() == [[2, 3, 1], [4, 1, 1]]
    assert mask.T.tolist() == [[1, 1, 1], [1, 1, 0]]


@every
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_central_differences(eye: str, cell: Cell) -> None:
    case = make(eye, cell, 1)
    of = caption.objective(np, case.net, case.theta, batch_of(HOST, case, 0, 1, 2))
    assert tuple(of.gradient) == case.net.names
    for parameter in of.theta:
        assert np.abs(of.gradient[parameter]).max() > 1e-4, parameter
        for each in checked(HOST, of, parameter, 12):
            assert each.gap < 2e-7 * max(1.0, abs(each.gradient)), each
    exact, numeric = along(HOST, of, rng(2))
    assert abs(exact - numeric) < 2e-7 * max(1.0, abs(exact))


@every
def test_every_pixel_by_central_differences(eye: str) -> None:
    case = make(eye, AFTER, 2)
    some, h = batch_of(HOST, case, 2, 1), 1e-6

    def E(image: HostArray) -> float:
        return float(sum(drain(caption.forward(np, case.net, case.theta, some._replace(image=image))).run.E))

    made = drain(caption.forward(np, case.net, case.theta, some))
    _, by_I = drain(caption.backward(np, case.net, case.theta, some, made))
    assert by_I.shape == some.image.shape
    for at in np.ndindex(by_I.shape):
        way = np.zeros_like(some.image)
        way[at] = h
        assert by_I[at] == pytest.approx((E(some.image + way) - E(some.image - way)) / (2 * h), rel=1e-5, abs=1e-8)


def test_the_slides_word_after_a_picture() -> None:
    """The example of the slides, "hell" to "ello", from s₋₁ = tanh(D x): numbers from PyTorch."""
    net = Captioner(Eye(3, 2), SRN, 4)
    reads, carries = (next(p for p in SRN.own if SRN.shapes(2, 4)[p] == shape) for shape in ((2, 4), (2, 2)))
    theta = {
        "D": [[0.3, -0.2, 0.1], [-0.4, 0.5, 0.2]], "bD": [[0.0]] * 2,
        reads: [[0.5, -0.5, 0.25, 0], [-0.25, 0.5, 0, 0.5]], carries: [[0.5, -0.25], [0.25, 0.5]], "bh": [[0.0]] * 2,
        "V": [[1, 0], [0, 1], [-1, 0], [0, -1]], "by": [[0.0]] * 4,
    }  # fmt: skip
    held = {p: np.array(value, dtype=float) for p, value in theta.items()}
    x, y = ([np.eye(4)[:, [code]] for code in codes] for codes in ([0, 1, 2, 2], [1, 2, 2, 3]))
    some = Batch(np.array([[1.0], [0.0], [1.0]]), x, y, [np.ones((1, 1))] * 4)
    made = drain(caption.forward(np, net, held, some))
    steps = {step.op: step for step in caption.backward(np, net, held, some, made)}
    grad, _ = drain(caption.backward(np, net, held, some, made))
    assert_close(made.seen["h_init"].T, [[0.3799489623, -0.1973753202]], 5e-10)
    assert float(sum(made.run.E)) == pytest.approx(6.0603712751, abs=5e-11)
    assert_close(steps["gh_init"].values["gh_init"].T, [[0.0177669187, -0.8723546289]], 5e-10)
    assert_close(grad["D"], [[0.0152020647, 0, 0.0152020647], [-0.8383702947, 0, -0.8383702947]], 5e-10)
    assert_close(grad[carries], [[1.2056583628, 0.1035305856], [-0.4350515914, 0.7356201332]], 5e-10)


def test_what_pads_a_batch_changes_nothing() -> None:
    """The mean of the gradients of single captions, each without padding, is that of the batch."""
    case = make("mlp", LSTM, 3)
    whole = caption.objective(np, case.net, case.theta, batch_of(HOST, case, 0, 1, 2))
    each = [caption.objective(np, case.net, case.theta, batch_of(HOST, case, n)) for n in (0, 1, 2)]
    assert float(whole.loss()) == pytest.approx(np.mean([float(one.loss()) for one in each]), rel=1e-13)
    mean = {p: sum(one.gradient[p] for one in each) / 3 for p in case.net.names}
    assert_gradients(whole.gradient, mean, 1e-13)


def reel_of(device: Device, case: Case) -> Reel:
    """Forward, backward and the greedy words of one net."""
    net, theta, some = case.net, put(device, case.theta), batch_of(device, case, 0, 1, 2)
    made = drain(caption.forward(device.xp, net, theta, some))
    (there, back), T = caption.steps(net, len(some.x)), len(some.x)
    up, down, write = (("forward", -1),), (("backward", -1),), (("write", -1),)
    first = batch_of(device, case, 0)
    h = drain(caption.forward(device.xp, net, theta, first)).seen
    sections = [
        Section(
            up, lambda: caption.forward(device.xp, net, theta, some, up),
            lambda: caption.env(device, net, theta, some, None), there,
        ),
        Section(
            down, lambda: caption.backward(device.xp, net, theta, some, made, down),
            lambda: caption.env(device, net, theta, some, made), back,
        ),
        Section(
            write, lambda: caption.greedy(device, net, theta, h["h_init"], T, write),
            lambda: caption.env(device, net, theta, first, None, **h),
            len(list(caption.greedy(device, net, theta, h["h_init"], T))),
        ),
    ]  # fmt: skip
    return Reel(sections, GRAINS)


@pytest.mark.parametrize(("eye", "cell"), [("linear", SRN), ("mlp", LSTM), ("cnn", AFTER), ("linear", BEFORE)])
def test_every_rule_gives_its_step(eye: str, cell: Cell, device: Device) -> None:
    case = make(eye, cell)
    case.theta["by"][caption.END] -= 9  # more words than one are written
    reel = reel_of(device, case)
    assert [len(reel.tape(n)) for n in range(3)] == [section.length for section in reel.sections]
    met, ruled = assert_rules_hold(device, reel, caption.rules(case.net)), set(caption.rules(case.net))
    assert met == ruled - {"gh_kept"}


def test_words_are_the_likeliest_until_the_end_mark(device: Device) -> None:
    """Batches and single pictures are described alike, and the end mark ends a caption."""
    case = make("linear", AFTER, 4)
    theta, image = put(device, case.theta), case.some.image
    whole = caption.written(device, case.net, theta, device.put(image), 6)
    for n in range(image.shape[1]):
        h = drain(picture.look(device.xp, case.net.eye, theta, device.put(image[:, [n]])))["h_init"]
        p = [device.get(each)[:, 0] for each in drain(caption.greedy(device, case.net, theta, h, 6))]
        codes = [int(each.argmax()) for each in p]
        assert codes[: codes.index(1) if 1 in codes else None] == whole[n]
        assert all(abs(each.sum() - 1) < 1e-12 for each in p)
        assert len(p) == 6 or codes[-1] == 1
    assert len(set(map(tuple, whole))) > 2
    assert len({len(words) for words in whole}) > 1


# the fast form


def fast_gap(module: Any, case: Case, seed: int) -> float:
    """The largest difference between the fast gradient and the walk's, over batches of changing size."""
    kernel, worst = module.Kernel(case.net, 5), 0.0
    for which in ((0, 1, 2), (3, 4), (2 + seed, 5, 6), (1,)):
        words = caption.coded([*(case.some.captions[n] for n in which), (2, 2, 2, 2)])
        words = type(words)(*(each[:, :-1] for each in words))
        image = case.some.image[:, list(which)]
        of = caption.objective(np, case.net, case.theta, caption.batch(HOST, case.net, image, words))
        flat = packed(case.theta, layout(case.net, kernel.decoder(len(which)).layout))
        grad, E = kernel.gradient(flat, image, words)
        assert set(grad) == set(case.net.names)
        gaps = [np.abs(grad[p] - of.gradient[p]).max() for p in case.net.names]
        worst = max(worst, *gaps, abs(E - float(of.loss())))
    return worst


@every
@pytest.mark.parametrize("cell", [*CELLS.values(), RELU], ids=[*CELLS, "relu"])
def test_the_fast_gradient_is_that_of_the_walk(eye: str, cell: Cell) -> None:
    for seed in range(2):
        assert fast_gap(caption_fast, make(eye, cell, seed), seed) < 1e-12


def test_threads_have_work_arrays_of_their_own() -> None:
    case = make("cnn", AFTER, 6)
    kernel, words = Kernel(case.net, 5), caption.coded(CAPTIONS)
    flat = packed(case.theta, layout(case.net, kernel.decoder(len(CAPTIONS)).layout))
    wanted = [kernel.gradient(flat, case.some.image * way, words)[1] for way in (1, 2, 3, 4)]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            found = pool.map(lambda way: kernel.gradient(flat, case.some.image * way, words)[1], (1, 2, 3, 4))
            assert list(found) == wanted


# training


def trained(device: Device, case: Case, optimiser: str = "adam", clip: float = 0.7) -> tuple[CaptionRun, Any]:
    """A run on the pictures, of which two are measured apart."""
    held = Described(case.some.image[:, :2] + 0.1, case.some.captions[:2])
    run = CaptionRun(device, case.net, Recipe(OPTIMISERS[optimiser], 0.05, clip), Batches(BATCH, 0), case.some, held)
    return run, run.start(put(device, case.theta))


@pytest.mark.parametrize(("eye", "optimiser"), [("linear", "adam"), ("mlp", "adagrad"), ("cnn", "sgd")])
def test_an_opened_update_ends_where_advance_ends(eye: str, optimiser: str, device: Device) -> None:
    run, state = trained(device, make(eye), optimiser)
    ruled = {**caption.rules(run.net), **descent.rules(run.recipe.optimiser, run.names)}
    for _ in range(run.per + 1):
        reel, after = run.inside(state, GRAINS), run.advance(state)
        assert [len(reel.tape(i)) for i in (0, 1)] == [section.length for section in reel.sections]
        assert_rules_hold(device, reel, ruled)
        ends = {p: reel.get(p, reel.total) for p in (*run.names, *after.data.memory)}
        assert_gradients(host(device, ends), host(device, {**after.data.theta, **after.data.memory}), 1e-11)
        state = after


@pytest.mark.parametrize(("eye", "optimiser"), [("linear", "momentum"), ("mlp", "adam"), ("cnn", "adagrad")])
def test_devices_train_alike(eye: str, optimiser: str, device: Device) -> None:
    (here, mine), (there, other) = (trained(each, make(eye, LSTM), optimiser) for each in (HOST, device))
    for _ in range(EVERY):
        mine, other = here.advance(mine), there.advance(other)
        assert_gradients(host(device, other.data.theta), mine.data.theta, 1e-9)
        assert there.loss(other) == pytest.approx(here.loss(mine), rel=1e-10)
    assert other.data.reading == mine.data.reading


def test_whole_captions_are_counted_now_and_then() -> None:
    run, state = trained(HOST, make("linear", AFTER, 4))
    seen = [state.data.reading]
    for n in range(6 * EVERY):
        state = run.advance(state)
        seen.append(state.data.reading)
        if (n + 1) % EVERY:
            assert seen[-1] == seen[-2]
            continue
        right = [tuple(a) == b for a, b in zip(run.written(state.data.theta, run.train), CAPTIONS, strict=True)]
        assert seen[-1].train == np.mean(right)
    assert seen[0].train == 0
    assert seen[-1].train > 0.5


def test_replayed_states_are_the_same_bits() -> None:
    run, state = trained(HOST, make("mlp"))
    history = History(run.track(state, GRAINS), bound=1)
    last = {n: history.grow(n).data.theta for n in range(20)}
    for n in (3, 11, 18):
        assert all((history.state(n).data.theta[name] == last[n][name]).all() for name in run.names)


def test_a_classifier_of_captions_gives_only_those_it_was_trained_on(device: Device) -> None:
    case = make()
    held = Described(case.some.image[:, :3], [(2, 2), (6, 6), (3, 4)])
    both = BesideClassifier(device, case.net, Recipe(OPTIMISERS["adam"], 0.05, 1.0), Batches(BATCH, 0), case.some, held)
    state = both.start(put(device, case.theta))
    for _ in range(4 * EVERY):
        state = both.advance(state)
    assert state.data.classed.held == 0
    assert state.data.classed.train == 1
    assert set(both.classified(state.data.classifier.theta, held)) <= set(CAPTIONS)
    alone = both.run.start(put(device, case.theta))
    for _ in range(4 * EVERY):
        alone = both.run.advance(alone)
    assert_gradients(host(device, state.data.theta), host(device, alone.data.theta), 0)


# PyTorch


def torch_loss(torch: Any, net: Captioner, leaf: dict[str, Any], image: HostArray, words: caption.Captions) -> Any:
    """E by PyTorch's autograd, from its own convolutions, and its own losses."""
    F, cell = torch.nn.functional, net.cell
    shapes = cell.shapes(H, K)
    reads, carries = ({p[1:]: p for p in cell.own if shapes[p] == shape} for shape in ((H, K), (H, H)))
    I = torch.tensor(image.T)  # noqa: E741
    phi = I
    if net.eye.net:
        phi = I.reshape(-1, *SIZE)
        pools = {"max": F.max_pool2d, "mean": F.avg_pool2d}
        for n, conv in enumerate(net.eye.net.convolutions, 1):
            weights = leaf[f"K{n}"].reshape(conv.filters, phi.shape[1], conv.slide.side, conv.slide.side)
            phi = torch.relu(F.conv2d(phi, weights, leaf[f"b{n}"][:, 0], conv.slide.stride, conv.slide.padding))
            assert conv.pool is not None
            phi = pools[conv.pool.kind](phi, conv.pool.side)
        phi = phi.flatten(1)
    elif net.eye.hidden:
        phi = torch.tanh(F.linear(I, leaf["W1"], leaf["b1"][:, 0]))
    h = torch.tanh(F.linear(phi, leaf["D"], leaf["bD"][:, 0]))
    c, total = torch.zeros_like(h), 0.0

    def gate(q: str, x: Any, state: Any) -> Any:
        return F.linear(x, leaf[reads[q]], leaf[f"b{q}"][:, 0]) + F.linear(state, leaf[carries[q]])

    for codes, wanted, counts in zip(words.x, words.y, words.mask, strict=True):
        x = F.one_hot(torch.tensor(codes), K).double()
        if cell.name == "lstm":
            i, f, o = (torch.sigmoid(gate(q, x, h)) for q in "ifo")
            c = f * c + i * torch.tanh(gate("g", x, h))
            h = o * torch.tanh(c)
        elif cell.name == "gru":
            z, r = (torch.sigmoid(gate(q, x, h)) for q in "zr")
            inner = F.linear(h, leaf[carries["n"]], leaf["bm"][:, 0])
            h = z * h + (1 - z) * torch.tanh(F.linear(x, leaf[reads["n"]], leaf["bn"][:, 0]) + r * inner)
        else:
            h = torch.tanh(gate("h", x, h))
        scores = F.linear(h, leaf["V"], leaf["by"][:, 0])
        target = torch.tensor(np.where(counts > 0, wanted, -100))
        if (counts > 0).any():
            total = total + F.cross_entropy(scores, target, reduction="sum", ignore_index=-100)
    return total / image.shape[1]


@pytest.mark.peer
@every
@pytest.mark.parametrize(("cell", "optimiser"), [(SRN, "sgd"), (AFTER, "adam"), (LSTM, "momentum")])
def test_pytorch_makes_the_same_updates(eye: str, cell: Cell, optimiser: str) -> None:
    torch = pytest.importorskip("torch")
    run, state = trained(HOST, make(eye, cell, 4), optimiser)
    leaves = {p: torch.tensor(value, requires_grad=True) for p, value in state.data.theta.items()}
    made_by = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
        "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
        "adam": lambda p: torch.optim.Adam(p, lr=0.05, eps=1e-8),
    }
    optimise = made_by[optimiser](list(leaves.values()))
    for n in range(2 * run.per):
        loss = torch_loss(torch, run.net, leaves, *run.some(n))
        optimise.zero_grad()
        loss.backward()
        length = torch.sqrt(sum((w.grad**2).sum() for w in leaves.values()))
        for w in leaves.values():  # PyTorch's own clipping adds an ε
            w.grad *= min(1.0, run.recipe.clip / float(length))
        optimise.step()
        state = run.advance(state)
        assert float(state.data.loss) == pytest.approx(loss.item(), rel=1e-9)
    for p, w in leaves.items():
        assert_close(state.data.theta[p], w.detach().numpy(), 1e-9, p)


# broken on purpose


def worst(broken: Any) -> float:
    """How far central differences are off, at worst."""
    gaps = [0.0]
    for eye in EYES:
        for cell in (SRN, AFTER):
            case = make(eye, cell, 1)
            of = broken.objective(np, case.net, case.theta, batch_of(HOST, case, 0, 1, 2))
            for p in of.theta:
                way = {q: (1.0 if q == p else 0.0) * rng(2).normal(size=v.shape) for q, v in of.theta.items()}
                exact = float((of.gradient[p] * way[p]).sum())
                ends = [float(of.loss(**{p: of.theta[p] + sign * 1e-6 * way[p]})) for sign in (1, -1)]
                gaps.append(abs(exact - (ends[0] - ends[1]) / 2e-6) / max(1e-2, abs(exact)))
    return max(gaps)


@pytest.mark.mutation
@pytest.mark.parametrize(
    ("module", "wrong", "of"),
    [
        (
            "caption",
            "cells.layer(first, '')",
            "cells.layer(made.run.made[0] | {k: 0 * v for k, v in first.items()}, '')",
        ),
        (
            "caption",
            "Inputs(some.x, list(some.y), states, some.image.shape[1], mask=some.mask)",
            "Inputs(some.x, list(some.y), states, some.image.shape[1])",
        ),
        ("picture", "gh * UNIT.slope(xp, made['h_init'])", "1 * gh"),
        ("picture", "delta @ made[eye.features].T", "delta @ abs(made[eye.features]).T"),
        ("picture", "error * UNIT.slope(xp, made['h1'])", "1 * error"),
        ("picture", "{'D': dD, 'bD': db}", "{'D': dD, 'bD': 0 * db}"),
        ("picture", "grad |= {'W1': dW, 'b1': db}", "grad |= {'W1': dW, 'b1': 0 * db}"),
    ],
)
def test_a_broken_gradient_is_noticed(module: str, wrong: str, of: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these changes makes central differences disagree."""
    assert worst(caption) < 1e-5
    name = f"engine.sequences.{module}"
    broken = load(name, compiled(Mutant(name, "", wrong, of)))
    if module == "picture":
        monkeypatch.setattr(caption, "picture", broken)
        broken = caption
    assert worst(broken) > 1e-4


@pytest.mark.mutation
@pytest.mark.parametrize(
    ("wrong", "of"),
    [
        ("decoder.by_start()['h'] * UNIT.slope(xp, h)", "1 * decoder.by_start()['h']"),
        ("(held['D'].T @ delta) * UNIT.slope(xp, h1)", "1 * (held['D'].T @ delta)"),
        ("words.mask.astype(theta.dtype)", "0 * words.mask.astype(theta.dtype) + 1"),
        ("xp.matmul(delta, phi.T, out=out['D'])", "xp.matmul(delta, abs(phi).T, out=out['D'])"),
        ("xp.sum(delta, axis=1, keepdims=True, out=out['bD'])", "pass"),
        ("{'h': h}", "{'h': 0 * h}"),
    ],
)
def test_a_broken_fast_form_is_noticed(wrong: str, of: str) -> None:
    module = "engine.sequences.caption_fast"
    broken = load(module, compiled(Mutant(module, "", wrong, of)))
    assert max(fast_gap(broken, make(eye, AFTER, 0), 0) for eye in EYES) > 1e-6


@pytest.mark.mutation
@pytest.mark.parametrize(("kind", "cell"), [("Gru", AFTER), ("GruBefore", BEFORE)], ids=["gru after", "gru before"])
def test_what_the_start_states_get_is_noticed(kind: str, cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getattr(kinds, kind), "by_start", kinds.Plain.by_start)
    assert fast_gap(caption_fast, make("linear", cell, 0), 0) > 1e-6
