"""word2vec at full speed: the same as the walk, in all four forms; and the walk's gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Array, Device, HostArray, quiet
from engine.walks.reel import Env, Reel, Section
from engine.walks.step import Walk, drain
from engine.words import batch, huffman
from engine.words.corpus.vocabulary import Vocabulary
from engine.words.kernel import examples, fast, node_scores, paths, rows
from engine.words.kernel.chunk import END, kept
from engine.words.run import training
from engine.words.run.training import Settings, WordRun
from tests.engine.ruling import assert_rules_hold
from tests.mutants.change import Mutant, compiled, load

V, D = 40, 6
GRAINS = {"act": 0, "n": 1, "phase": 2, "c": 3, "j": 3, "w": 4, "op": 5}
FORMS = [("sg", "ns", False), ("sg", "hs", False), ("cbow", "ns", False), ("cbow", "ns", True), ("cbow", "hs", False)]
FORMS += [("cbow", "hs", True)]


def text_of(seed: int, tokens: int = 300) -> tuple[Vocabulary, HostArray]:
    """Sentences of 1 to 40 words, some words much more frequent than others."""
    draw = np.random.default_rng(seed)
    counts = np.sort(draw.integers(3, 90, V))[::-1]
    text: list[int] = []
    while len(text) < tokens:
        text += [*draw.choice(V, size=int(draw.integers(1, 40)), p=counts / counts.sum()), END]
    return Vocabulary(tuple(f"w{i}" for i in range(V)), tuple(map(int, counts)), int(counts.sum())), np.array(text)


def school(seed: int, **given: Any) -> tuple[WordRun, HostArray, fast.Vectors]:
    """A school in float64, its text, and vectors of which none is zero."""
    vocabulary, text = text_of(seed)
    settings = Settings(**{"dim": D, "sample": 0.05, "seed": seed, "batch": 64, "alpha": 0.1} | given)
    made = WordRun(HOST, settings, vocabulary, np.float64)
    vectors = made.start()
    draw = np.random.default_rng(seed + 1)
    vectors.table[:-1] = draw.normal(size=vectors.table[:-1].shape) * 0.6
    if vectors.nodes is not None:
        vectors.nodes[:-1] = draw.normal(size=vectors.nodes[:-1].shape) * 0.6
    return made, text, vectors


def by_symbol(device: Device, vectors: fast.Vectors) -> dict[str, Array]:
    """Every vector by its symbol, (D, 1)."""
    found = {f"v[{w}]": device.put(vectors.table[w, 0][:, None]) for w in range(V)}
    if vectors.nodes is not None:
        return found | {f"theta[{n}]": device.put(vectors.nodes[n][:, None]) for n in range(V - 1)}
    return found | {f"u[{w}]": device.put(vectors.table[w, 1][:, None]) for w in range(V)}


def farthest(held: dict[str, Array], vectors: fast.Vectors) -> float:
    """How far the fast form's vectors are from the walk's."""
    return max(float(np.abs(held[name] - each).max()) for name, each in by_symbol(HOST, vectors).items())


def walked(
    made: WordRun, chunk: Any, b: int, table: dict[str, Array], device: Device = HOST, most: int | None = None
) -> tuple[Any, Any, str, list[batch.Example]]:
    """(the walk of a batch, its rate, what is spoken to, its examples)."""
    of = "theta" if made.form.tree else "u"
    some = examples.examples(device, made.form, chunk, b, made.paths, most)
    rate, bound = device.put([[float(chunk.rate[b])]]), device.put([[made.form.bound]])
    return whole(device.xp, some, table, rate, bound, of), rate, of, some


def whole(
    xp: Any, some: list[batch.Example], table: batch.Table, rate: Array, bound: Array, of: str
) -> Walk[tuple[batch.Table, Array]]:
    """All examples of a batch, then the moves. Returns (table, L)."""
    grads: batch.Table = {}
    L = 0 * rate
    for n, example in enumerate(some):
        grads, L = yield from batch.learn(xp, example, table, grads, L, of, (("n", n),))
    moved = yield from batch.move(xp, table, grads, rate, bound, (("move", -1),))
    return moved, L


@pytest.mark.parametrize(("bound", "window"), [(0.5, 5), (0.01, 3), (1e9, 11)])
@pytest.mark.parametrize(("model", "loss", "exact"), FORMS)
def test_the_fast_form_is_the_walk(model: str, loss: str, exact: bool, bound: float, window: int) -> None:
    made, text, vectors = school(
        3, model=model, loss=loss, exact=exact, bound=bound, window=window, alpha=0.1 if bound < 1e6 else 0.01
    )
    laid, kernel = made.lay(text, 0, 0), made.kernel()
    assert laid.chunk.batches >= 3
    for b in range(laid.chunk.batches):
        before = by_symbol(HOST, vectors)
        walk, *_ = walked(made, laid.chunk, b, before)
        held, _ = drain(walk)
        kernel.update(vectors, laid.chunk, laid.paths, b)
        assert farthest(held, vectors) < 1e-12
        assert farthest(before, vectors) > 1e-3
    assert not vectors.table[-1].any(), "the empty row has learned"


def test_the_bound_holds_and_is_felt() -> None:
    made, text, vectors = school(3, bound=0.01)
    before = vectors.table.copy()
    laid = made.lay(text, 0, 0)
    made.kernel().update(vectors, laid.chunk, laid.paths, 0)
    moved = np.linalg.norm(vectors.table - before, axis=2)
    assert moved[:, 0].max() == pytest.approx(0.01)
    assert moved[:, 1].max() <= 0.02 + 1e-12, "by its neighbours and as noise"


@pytest.mark.parametrize(("model", "loss", "exact"), FORMS)
def test_central_differences_of_a_batch(model: str, loss: str, exact: bool) -> None:
    made, text, vectors = school(5, model=model, loss=loss, exact=True, window=3)
    laid = made.lay(text, 0, 0)
    table = by_symbol(HOST, vectors)
    some = examples.examples(HOST, made.form, laid.chunk, 1, made.paths, 9)
    of = "theta" if made.form.tree else "u"
    zero = HOST.put([[0.0]])

    def losses(held: dict[str, Array]) -> tuple[dict[str, Array], float]:
        grads: Any = {}
        L = zero
        for n, example in enumerate(some):
            grads, L = drain(batch.learn(np, example, held, grads, L, of, (("n", n),)))
        return grads, float(L[0, 0])

    grads, _ = losses(table)
    whole: dict[str, Array] = {}
    for name, grad in grads.items():
        kind, w = name.split("[")
        symbol = f"{'u' if kind == 'dnoise' else kind[1:]}[{w}"
        whole[symbol] = whole.get(symbol, 0) + grad
    assert len(whole) > 10
    for symbol, grad in whole.items():
        for d in (0, D - 1):
            ends = []
            for eps in (1e-5, -1e-5):
                moved = table[symbol].copy()
                moved[d] += eps
                ends.append(losses({**table, symbol: moved})[1])
            assert grad[d, 0] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-5, abs=1e-8)


@pytest.mark.peer
@pytest.mark.parametrize(("model", "loss", "exact"), FORMS)
def test_batches_equal_autograd(model: str, loss: str, exact: bool) -> None:
    torch = pytest.importorskip("torch")
    made, text, vectors = school(7, model=model, loss=loss, exact=True, window=4, bound=1e9, alpha=0.01)
    laid, kernel = made.lay(text, 0, 0), made.kernel()
    leaf = {name: torch.tensor(value, requires_grad=True) for name, value in by_symbol(HOST, vectors).items()}
    of = "theta" if made.form.tree else "u"
    for b in range(3):
        L = torch.zeros(())
        for inputs, targets in examples.examples(HOST, made.form, laid.chunk, b, made.paths):
            h = sum(float(share[0, 0]) * leaf[f"v[{w}]"] for w, share, _ in inputs)
            for w, m, t, _ in targets:
                a = (leaf[f"{of}[{w}]"] * h).sum()
                L = L + float(m[0, 0]) * torch.nn.functional.binary_cross_entropy_with_logits(a, torch.tensor(t[0, 0]))
        L.backward()
        rate = float(laid.chunk.rate[b])
        leaf = {
            name: (x - (0 if x.grad is None else rate * x.grad)).detach().requires_grad_() for name, x in leaf.items()
        }
        kernel.update(vectors, laid.chunk, laid.paths, b)
        assert farthest({name: x.detach().numpy() for name, x in leaf.items()}, vectors) < 1e-9


@pytest.mark.parametrize(("model", "loss", "exact"), FORMS)
def test_every_rule_of_a_batch_gives_its_step(model: str, loss: str, exact: bool, device: Device) -> None:
    made, text, vectors = school(9, model=model, loss=loss, exact=exact, window=2, bound=0.05)
    laid = made.lay(text, 0, 0)
    table = by_symbol(device, vectors)
    walk, rate, of, some = walked(made, laid.chunk, 1, table, device, most=6)
    env = {**table, "rate": rate, "bound": device.put([[0.05]]), "L": 0 * rate}
    for n, (inputs, targets) in enumerate(some):
        for c, each in enumerate(inputs):
            env |= {f"share[{n},{c}]": each.share, f"back[{n},{c}]": each.back}
        for j, target in enumerate(targets):
            env |= {f"m[{n},{j}]": target.m, f"t[{n},{j}]": target.t}
    count = sum(1 for _ in walk)
    section = Section((), lambda: walked(made, laid.chunk, 1, table, device, most=6)[0], lambda: Env(env, {}), count)
    met = assert_rules_hold(device, Reel([section], GRAINS), batch.RULES)
    assert {f"a_{of}", f"d{of}", of, "v", "dv", "h"} <= met


@pytest.mark.parametrize("seed", range(4))
def test_rows_add_up(seed: int) -> None:
    draw = np.random.default_rng(seed)
    index = np.minimum(draw.zipf(1.4, size=(3, 50)), 12) - 1
    made = rows.plan(HOST, index.reshape(-1), np.array([0, 50, 100, 150]), 12)
    for b in range(3):
        table, move = draw.normal(size=(13, 8)), draw.normal(size=(50, 2, 4))
        table[12] = 0
        wanted = table.copy()
        np.add.at(wanted, index[b], move.reshape(50, 8))
        rows.add(HOST, table, made, b, move, 1e9, rows.Buffers(8, float))
        assert np.abs(table - wanted).max() < 1e-12


def test_rows_of_many_batches() -> None:
    """Groups are sorted as 16 bits where their numbers are small enough, to the last batch."""
    batches = ((1 << 16) - 1) // (rows.GROUP + 1)
    index = np.tile([0, 1, 1], batches)
    made = rows.plan(HOST, index, 3 * np.arange(batches + 1), 2)
    for b in (0, batches // 2, batches - 1):
        table = np.zeros((3, 4))
        move = np.arange(24.0).reshape(3, 2, 4)[:, :1]
        rows.add(HOST, table, made, b, move, 1e9, rows.Buffers(4, float))
        np.testing.assert_array_equal(table, [move[0, 0], move[1, 0] + move[2, 0], 0 * move[0, 0]])


def test_work_arrays_grow_and_are_used_again() -> None:
    buffers = rows.Buffers(4, np.float32)
    first = buffers.of(np, 3)
    assert [each.shape for each in first] == [(3, 4), (3, 4)]
    for groups in (3, 2):
        assert all(np.shares_memory(a, b) for a, b in zip(first, buffers.of(np, groups), strict=True))
    assert not np.shares_memory(first[0], buffers.of(np, 5)[0])


def test_the_settings_of_a_run_are_those_of_the_c_code() -> None:
    """word2vec.c 0.1c: -size 100 -window 5 -negative 5 -sample 1e-3 -iter 5 -alpha 0.025."""
    found = training.Settings()
    assert (found.dim, found.window, found.negative) == (100, 5, 5)
    assert (found.sample, found.epochs, found.alpha) == (1e-3, 5, 0.025)
    assert found.min_alpha == pytest.approx(found.alpha / 250)


@pytest.mark.parametrize("batch", [8, training.NEIGHBOURS - 1, training.NEIGHBOURS, training.NEIGHBOURS + 1, 64])
def test_tiles_that_ask_their_neighbours_are_multiples_with_their_windows(batch: int) -> None:
    made, *_ = school(0, model="sg", loss="hs", batch=batch)
    wide = made.shape.tile + 2 * made.settings.window
    assert (wide % training.NEIGHBOURS == 0) == (batch >= training.NEIGHBOURS)


def test_sub_sampling_keeps_what_it_should() -> None:
    text = np.array([0, 1, END, 2, 2, END] * 500)
    codes, sentence, place = kept(text, np.array([1.0, 0.5, 0.25], dtype=np.float32), np.random.default_rng(0))
    assert np.bincount(codes) / [500, 500, 1000] == pytest.approx([1, 0.5, 0.25], abs=0.06)
    assert (text[place] == codes).all()
    assert (np.diff(sentence) >= 0).all()
    assert len(set(sentence)) > 650, "two sentences are never one"


@pytest.mark.parametrize(("model", "loss", "exact"), FORMS)
def test_runs_repeat_and_go_on_to_the_bit(model: str, loss: str, exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "STRETCH", 64)
    ends = []
    for stop in (None, 3, 7):
        vocabulary, text = text_of(2)
        settings = Settings(model, loss, dim=16, epochs=2, sample=0.05, seed=4, exact=exact, alpha=0.05)
        made = WordRun(HOST, settings, vocabulary)
        vectors, done = made.start(), 0
        for seen in training.learn(made, text, vectors):
            done = seen.chunks
            if done == stop:
                break
        again = fast.Vectors(*(None if each is None else each.copy() for each in vectors))
        assert stop is None or done == stop
        for _ in training.learn(WordRun(HOST, settings, vocabulary), text, again, done):
            pass
        ends.append(again)
    assert (ends[0].table[:-1] != 0).any()
    for other in ends[1:]:
        assert (ends[0].table == other.table).all()
        assert ends[0].nodes is None or (ends[0].nodes == other.nodes).all()


@pytest.mark.parametrize(("model", "loss", "exact"), FORMS)
def test_training_lowers_the_loss(model: str, loss: str, exact: bool) -> None:
    vocabulary, text = text_of(2, 2000)
    made = WordRun(HOST, Settings(model, loss, dim=16, epochs=30, sample=0, alpha=0.05, exact=exact), vocabulary)
    vectors, laid = made.start(), made.lay(text, 0, 0)
    before = training.loss(made, vectors, laid, 1)
    if loss == "ns":
        assert before == pytest.approx(6 * np.log(2), rel=1e-3), "a coin for the pair and for each of five negatives"
    for _ in training.learn(made, text, vectors):
        pass
    assert training.loss(made, vectors, laid, 1) < before - 0.05


def test_two_threads_learn_as_well() -> None:
    vocabulary, text = text_of(2, 3000)
    losses = []
    for threads in (1, 2):
        made = WordRun(HOST, Settings(dim=16, epochs=20, sample=0, alpha=0.05), vocabulary)
        vectors, laid = made.start(), made.lay(text, 0, 0)
        for _ in training.learn(made, text, vectors, threads=threads):
            pass
        losses.append(training.loss(made, vectors, laid, 1))
    assert losses[1] < losses[0] + 0.1


MUTATIONS = {
    "the halo to the left": (fast, "q[0, :, :w].T", "0 * q[0, :, :w].T"),
    "the halo to the right": (fast, "q[-1, :, C + w :].T", "0 * q[-1, :, C + w :].T"),
    "the tile before": (fast, "T[1:, :w, :w] = q[:-1, C - w :, C + w :]", "T[1:, :w, :w] = 0"),
    "the tile after": (fast, "T[:-1, C + w :, C - w :] = q[1:, :w, :w]", "T[:-1, C + w :, C - w :] = 0"),
    "what noise says to v": (fast, "self.move[self.middle] += self.more", "pass"),
    "what noise says to a mean": (fast, "self.dh[self.middle] += self.more[:, 0]", "pass"),
    "what a mean says to the word": (fast, "xp.matmul(own, self.tiled_h, out=self.tiled_du)", "pass"),
    "the gradient of a mean from its word": (fast, "xp.matmul(own, self.tiled_u, out=self.tiled_dh)", "pass"),
    "whose word it is": (fast, "self.shape.tile + 1", "self.shape.tile"),
    "how much noise counts": (
        fast,
        "chunk.pairs[b] * (self.form.negatives / self.form.shared * chunk.rate[b])",
        "chunk.pairs[b] * (self.form.negatives * chunk.rate[b])",
    ),
    "how much noise counts for a mean": (
        fast,
        "(chunk.pairs[b] > 0) * (self.form.negatives / self.form.shared * chunk.rate[b])",
        "(chunk.pairs[b] > 0) * (self.form.negatives * chunk.rate[b])",
    ),
    "a mean's way back": (fast, "self.M if self.form.exact else mask", "self.M"),
    "the tile's last neighbours": (fast, "middle[1:, :w] += parts[:-1, C + w :]", "pass"),
    "the order of leaves": (fast, "self.dh[self.middle][order] = self.dsorted", "self.dh[self.middle] = self.dsorted"),
    "which bit is taken": (node_scores, "a -= rights", "a -= counts"),
    "which bit the path of one's own word takes": (
        node_scores,
        "sigmoid_error(self.device.xp, scores, rate) - rate * right",
        "sigmoid_error(self.device.xp, scores, rate)",
    ),
    "whose path it is": (node_scores, "a[...] = 0", "pass"),
    "in which order contexts are scored": (
        fast,
        "self.device.take(flat, order, M.reshape(flat.shape))",
        "self.device.take(flat, 0 * order, M.reshape(flat.shape))",
    ),
    "for which words": (
        fast,
        "self.device.xp.matmul(self.firsts, M, out=self.sums)",
        "self.device.xp.matmul(self.firsts[::-1], M, out=self.sums)",
    ),
    "where a node's words begin": (node_scores, "counts -= starts", "pass"),
    "where those with bit 1 begin": (node_scores, "xp.subtract(counts, rights, out=rights)", "pass"),
    "the rate of a path": (fast, "self.sums *= self.dtype(chunk.rate[b])", "pass"),
    "how far the path of one's own word is": (paths, "row * tile + runs % tile", "row * tile"),
    "where bit 1 begins": (paths, "(ones[runs + length] - ones[runs])", "0 * ones[runs]"),
    "the gradient of a context": (
        node_scores,
        "self.product(q.swapaxes(-1, -2), of, out=dh)",
        "dh.fill(0)",
    ),
    "the gradient of a node": (node_scores, "self.product(q, h, out=move)", "move.fill(0)"),
    "the second of equal rows": (rows, "xp.add(first, some, out=first)", "pass"),
    "the ninth of equal rows": (rows, "sums[level.dst[start:end]] += sums[level.src[start:end]]", "pass"),
    "the bound": (
        rows,
        "shorten(device, sums.reshape(groups, *move.shape[1:]), bound)",
        "shorten(device, 0 * sums.reshape(groups, *move.shape[1:]), bound)",
    ),
}


@pytest.mark.representative("the tile before", "the bound", "whose path it is")
@pytest.mark.mutation
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_fast_form_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, right, wrong = MUTATIONS[name]
    space = load(module.__name__, compiled(Mutant(module.__name__, "", right, wrong))).__dict__
    if module is paths:
        space |= {"Own": paths.Own, "Shared": paths.Shared}  # which one it is is asked elsewhere
    used = {fast: (fast, "Kernel"), node_scores: (fast, "NodeScores"), rows: (rows, "add"), paths: (paths, "lay")}
    where, symbol = used[module]
    monkeypatch.setattr(where, symbol, space[symbol])
    noticed = False
    for model, loss, exact in FORMS:
        made, text, vectors = school(
            3, model=model, loss=loss, exact=exact, sample=0, batch=256 if module is rows else 64
        )
        laid = made.lay(text, 0, 0)
        kernel = fast.Kernel(HOST, made.form, made.shape, D, np.float64)
        for b in range(min(2, laid.chunk.batches)):
            with quiet():
                held, _ = drain(walked(made, laid.chunk, b, by_symbol(HOST, vectors))[0])
                kernel.update(vectors, laid.chunk, laid.paths, b)
            noticed |= not farthest(held, vectors) <= 1e-9
    assert noticed


@pytest.mark.parametrize("window", [5, 100])
def test_single_precision_is_close(window: int) -> None:
    """What a tile's words count is added up from the first one on, and taken away again: to rounding."""
    found = []
    for kind in (np.float32, np.float64):
        vocabulary, text = text_of(7, 600)
        settings = Settings(model="sg", loss="hs", dim=D, window=window, sample=0)
        made = WordRun(HOST, settings, vocabulary, kind)
        vectors, laid, kernel = made.start(), made.lay(text, 0, 0), made.kernel()
        assert vectors.nodes is not None
        vectors.nodes[:-1] = np.random.default_rng(1).normal(0, 0.3, vectors.nodes[:-1].shape)
        kernel.update(vectors, laid.chunk, laid.paths, 0)
        found.append(vectors)
    short, exact = found
    assert farthest(by_symbol(HOST, short), exact) < 1e-6


@pytest.mark.parametrize("model", ["sg", "cbow"])
@pytest.mark.parametrize("window", [1, 3, 8])
def test_who_meets_whom(window: int, model: str) -> None:
    made, text, _ = school(6, window=window, sample=0, model=model, group=32)
    chunk = made.lay(text, 0, 0).chunk
    words = [(place, int(code)) for place, code in enumerate(text) if code != END]
    sentence = np.cumsum(text == END)
    B = made.shape.tokens
    assert chunk.batches >= 4
    assert len(words) == chunk.tokens
    for b in range(chunk.batches):
        wanted = np.zeros((B, made.shape.rows))
        for i in range(min(B, len(words) - b * B)):
            here = b * B + i
            reach = window if chunk.reach is None else chunk.reach[b, i]
            for other in range(max(0, here - reach), min(len(words), here + reach + 1)):
                if other != here and sentence[words[here][0]] == sentence[words[other][0]]:
                    share = (window - abs(other - here) + 1) / window
                    wanted[i, i + other - here + window] = share if chunk.reach is None else 1
        found = examples.weights(chunk, b)
        assert np.abs(found - wanted).max() < 1e-12
        assert np.abs(chunk.pairs[b] - wanted.sum(axis=1)).max() < 1e-12
    if chunk.reach is not None:
        assert set(np.unique(chunk.reach)) == set(range(1, window + 1))


@pytest.mark.parametrize("mixed", [False, True])
def test_the_paths_of_a_batch_are_all_there(mixed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "STACK", 2)
    draw = np.random.default_rng(8)
    counts = np.sort(draw.integers(1, 400, V))[::-1]
    tree = huffman.Tree(tuple(huffman.merges(list(map(int, counts)))), V)
    huffman_codes = huffman.codes(tree)
    codes = np.minimum(draw.zipf(1.3, size=(5, 48)) - 1, V)  # V: none
    codes[2, 16:] = V  # whole tiles are empty
    laid = paths.lay(HOST, paths.pack(huffman_codes), codes, 16, mixed)
    assert len(laid.sizes[2]) == (2 if mixed else 3), "stacks of two tiles and one, or tiles"
    assert 0 in laid.sizes[2]
    for b, row in enumerate(codes):
        first = laid.nodes.at[b]
        order = laid.order[b].reshape(-1, 16)
        assert sorted(order.reshape(-1)) == list(range(48))
        sizes = np.repeat(laid.sizes[b], 2)[:3] if mixed else laid.sizes[b]
        for t, count in enumerate(sizes):
            listed = laid.nodes.index[first : first + count]
            nodes = listed[listed != V - 1]
            assert len(set(nodes)) == len(nodes), "a node twice in a tile"
            assert mixed or len(nodes) == count
            for word, token in enumerate(order[t]):
                code = huffman_codes[row[token]] if row[token] < V else huffman.HuffmanCode((), ())
                for bit in (0, 1):
                    wanted = {node for node, taken in zip(*code, strict=True) if taken == bit}
                    found = {int(node) for n, node in enumerate(listed, first) if passes(laid, b, n, t, word) == bit}
                    assert found == wanted
            first += count


def passes(laid: paths.Paths, b: int, n: int, t: int, word: int) -> int | None:
    """The bit that word `word` of tile `t` takes at the n-th node laid out, None where it does not pass."""
    passed = laid.passed
    if isinstance(passed, paths.Own):
        marks, right = passed.of_batch(b)
        assert len(set(marks)) == len(marks)
        at = np.flatnonzero(marks == 16 * (n - laid.nodes.at[b]) + word)
        return int(right[at[0]]) if len(at) else None
    start, middle, end = (int(rows[n]) - 17 * t for rows in passed)
    assert 0 <= start <= middle <= end <= 16
    return int(word >= middle) if start <= word < end else None
