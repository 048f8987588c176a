"""The fast form is the walk: same loss, same states, same gradient, same weights after several updates."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, HostArray, rng
from engine.gated import cell as cells
from engine.gated.cell import Cell, Inputs
from engine.gated.kernel import fast, kinds, layers, tiles
from engine.gated.kernel.tiles import Letters, Product, Summed, by_letter, cut
from engine.maths.optimisers import OPTIMISERS, begin, clip_by_norm, update
from engine.maths.packing import aligned, packed
from engine.walks.step import drain
from tests.engine.cases import one_hot
from tests.engine.test_cells import CELLS, every
from tests.mutants.change import compiled, load, one_of

T, H, K, N = 5, 4, 6, 3
Window = tuple[HostArray, HostArray, dict[str, HostArray]]


def drawn(cell: Cell, seed: int, B: int, letters: bool, first: int) -> tuple[dict[str, Any], Window]:
    """Random weights, and what is read and wanted as the fast form takes it."""
    draw = rng(seed, 5)
    shapes = {n: s if len(s) == 2 else (*s, 1) for n, s in cell.shapes(H, K, None if letters else N).items()}
    theta = {name: 0.5 * draw.normal(size=shape) for name, shape in shapes.items()}
    x = draw.integers(0, K, (T, B)) if letters else draw.normal(size=(T, B, N))
    y = draw.integers(0, K, (T - first, B))
    return theta, (x, y, {name: 0.6 * draw.normal(size=(H, B)) for name in cell.carry})


def walked(window: Window, first: int, mean: bool) -> Inputs:
    """The same for the walk."""
    x, y, start = window
    read = one_hot(HOST, x, K) if x.ndim == 2 else [each.T for each in x]
    wanted: list[Any] = [*[None] * first, *one_hot(HOST, y, K)]
    return Inputs(read, wanted, start, x.shape[1] if mean else 1)


def kernel(module: Any, cell: Cell, B: int, letters: bool, first: int, mean: bool, kind: Any = float) -> fast.Kernel:
    made: fast.Kernel = module.Kernel(cell, T, B, H, K, K if letters else N, kind, letters, first, mean)
    return made


Case = tuple[int, bool, int, bool]
CASES: list[Case] = [
    (1, True, 0, False), (3, True, 0, True), (1, False, T - 1, False), (3, False, T - 1, True), (3, False, 2, True),
]  # fmt: skip
"""Examples, whether inputs are letters, the first timestep with a loss, whether the loss is the mean."""


def gap(module: Any, cell: Cell, case: Case, seed: int = 0) -> float:
    """How far loss, states and gradient are from the walk's."""
    B, letters, first, mean = case
    theta, window = drawn(cell, seed, B, letters, first)
    inputs, made = walked(window, first, mean), kernel(module, cell, *case)
    made.gradient(packed(theta, made.layout), *drawn(cell, seed + 7, B, letters, first)[1])  # nothing of it may stay
    E = made.gradient(packed(theta, made.layout), *window)
    run = drain(cells.forward(np, cell, theta, inputs))
    grad = drain(cells.sweep(np, cell, theta, inputs, run))
    gaps = [abs(E - float(sum(run.E)))]
    gaps += [float(np.abs(value - run.made[-1][name]).max()) for name, value in made.states().items()]
    gaps += [float(np.abs(made.grad[name] - grad[name]).max()) for name in cell.names]
    assert cell.name == "relu" or min(float(np.abs(grad[name]).max()) for name in cell.names) > 1e-4
    return max(gaps)


def small_tiles(rows: int, inner: int, cols: int, _: bool) -> tuple[int, int]:
    """Every product of several rows is cut."""
    return (1, 2) if rows > 1 and cols % 2 == 0 else (rows, cols)


LARGER: list[tuple[ModuleType, str, Any]] = [
    (fast, "by_letter", lambda *_: True),
    (tiles, "cut", small_tiles),
    (layers, "CACHED", 2 * 3 * H),
    (layers, "CACHED", 2 * H),
]
"""What larger nets do: letters summed one by one, products cut, a few timesteps at a time, of three examples or one."""


@every
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", range(2))
def test_gradient(cell: Cell, case: Case, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gap(fast, cell, case, seed) < 1e-12
    for module, name, value in LARGER:
        monkeypatch.setattr(module, name, value)
        assert gap(fast, cell, case, seed) < 1e-12


@every
@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("clip", [0.3, 1e6])
def test_updates(cell: Cell, optimiser: str, clip: float) -> None:
    """Three windows that follow one another, the states carried over."""
    how = OPTIMISERS[optimiser]
    theta, window = drawn(cell, 3, 2, True, 0)
    made = kernel(fast, cell, 2, True, 0, True)
    slow, slots, start = theta, begin(np, how, theta), window[2]
    quick: Any = theta
    memory, states = begin(np, how, theta), window[2]
    for n in range(1, 4):
        x, y = rng(9, n).integers(0, K, (2, T, 2))
        quick, memory, E = made.update(how, quick, memory, 0.1, clip, n, x, y, states)
        states = made.states()
        inputs = walked((x, y, start), 0, True)
        run = drain(cells.forward(np, cell, slow, inputs))
        clipped = clip_by_norm(np, drain(cells.sweep(np, cell, slow, inputs, run)), clip)
        slow, slots = update(np, how, slow, clipped, slots, 0.1, n)
        start = {name: run.made[-1][name] for name in cell.carry}
        assert pytest.approx(float(sum(run.E)), rel=1e-11) == E
    for name in cell.names:
        np.testing.assert_allclose(quick[name], slow[name], rtol=1e-9, atol=1e-12, err_msg=name)
        assert np.abs(quick[name] - theta[name]).max() > 1e-4


@every
def test_reach(cell: Cell) -> None:
    """How much of the gradient comes to the first timestep along the road."""
    theta, window = drawn(cell, 1, 3, False, T - 1)
    made, inputs = kernel(fast, cell, 3, False, T - 1, True), walked(window, T - 1, True)
    made.gradient(packed(theta, made.layout), *window)
    seen = {name: value for step in cells.sweep(np, cell, theta, inputs, drain(cells.forward(np, cell, theta, inputs)))
            for name, value in step.values.items()}  # fmt: skip
    wanted = np.linalg.norm(seen[f"g{cell.lasting}[0]"]) / np.linalg.norm(seen[f"g{cell.lasting}[{T - 1}]"])
    assert made.reach() == pytest.approx(wanted, rel=1e-12)


@every
@pytest.mark.parametrize("B", [1, 3])
def test_single_precision(cell: Cell, B: int) -> None:
    """What training in float32 meets: loss and every gradient, near the walk's in float64."""
    theta, window = drawn(cell, 1, B, True, False)
    made, inputs = kernel(fast, cell, B, True, False, False, np.float32), walked(window, False, False)
    single = {name: value.astype(np.float32) for name, value in theta.items()}
    E = made.gradient(packed(single, made.layout), *window)
    run = drain(cells.forward(np, cell, theta, inputs))
    assert pytest.approx(float(sum(run.E)), rel=1e-5) == E
    for name, value in drain(cells.sweep(np, cell, theta, inputs, run)).items():
        assert made.grad[name].dtype == np.float32
        np.testing.assert_allclose(made.grad[name], value, rtol=1e-3, atol=1e-4, err_msg=name)


BROKEN = [
    ("xp.multiply(gh[t], lc, out=gc)", "gc[...] = gh[t]"),
    ("gc *= self.keep[t + 1]", "pass"),
    ("to_f *= self.c[:-1][some]", "to_f *= self.c[1:][some]"),
    ("xp.subtract(i, to_g, out=to_g)", "xp.subtract(o, to_g, out=to_g)"),
    ("to_r *= inner", "pass"),
    ("xp.multiply(to_n, reset, out=inner)", "inner[...] = to_n"),
    ("xp.subtract(h, n, out=spare)", "xp.subtract(n, h, out=spare)"),
    ("inner *= reset", "pass"),
    ("D[2] *= inner", "D[2] = 0"),
    ("kept[...], opened[...] = keep, reset", "kept[...], opened[...] = keep, keep"),
    ("kept[...] = keep", "kept[...] = reset"),
    ("xp.greater(self.h[1:][some], 0, out=L[0])", "L[0][...] = 1"),
    ("xp.multiply(h, h, out=slope)", "slope[...] = h"),
    ("e *= self.share", "pass"),
    ("layer.sent(self.layers[n - 1].gh)", "self.layers[n - 1].gh[:] = 0"),
    ('self.total(3, 1, self.more["bm"][1].T)', 'self.total(0, 1, self.more["bm"][1].T)'),
    ("xp.matmul(self.dU, self.letters, out=self.db)", "self.db[:] = 0"),
    ("out[...] = sums.T", "out += sums.T"),
    ("order[a:b]", "order[a : b - 1]"),
    ("self.D[:, first + n]", "self.D[:, first]"),
    ("self.m.reshape(-1, self.H)", "self.h[:-1].reshape(-1, self.H)"),
    ("into *= through", "pass"),
    ("to_g *= g", "pass"),
    ("xp.subtract(o, lc, out=lc)", "pass"),
    ("yield t, handed(row[t + 1])", "yield t, handed(row[t])"),
    ("self.slopes(some, self.L[:, some])", "self.slopes(some, self.L[:, : some.stop - some.start])"),
    ("across(before[t])", "across(before[0])"),
    ("across(before[first])", "pass"),
    (
        "xp.dot(self.ones, self.made.reshape(len(D), -1), out=self.sum.reshape(-1))",
        "xp.dot(self.ones[:1], self.made[:1].reshape(1, -1), out=self.sum.reshape(-1))",
    ),
    ("self.home.pack()", "pass"),
    ("self.forth.pack()", "pass"),
    ("self._sent.pack()", "pass"),
    ("self._scores.pack()", "pass"),
    ("xp.multiply(seen, self.scale, out=into)", "into[...] = seen"),
    ("into[...] = seen", "pass"),
    ("self.home.of(slice(2, None))", "self.home.of(slice(1, 2))"),
    ("top.h[1 + self.first :]", "top.h[self.first : -1]"),
    ("self.layers[-1].gh[first:]", "self.layers[-1].gh[: self.layers[-1].T - first]"),
    ("top.gh[: self.first] = 0", "pass"),
    ("layer.h[1:].reshape(-1, layer.H)", "layer.h[:-1].reshape(-1, layer.H)"),
    ("start[state + level].T", "start[state].T"),
    ('self.h[0], self.c[0] = start["h"], start["c"]', 'self.h[0] = start["h"]'),
    ('return {"h": self.h[-1], "c": self.c[-1]}', 'return {"h": self.h[-1], "c": self.c[-2]}'),
    ('return {"h": self.h[-1]}', 'return {"h": self.h[-2]}'),
    ("self.layers[n - 1].h[1:]", "self.layers[n - 1].h[:-1]"),
]


def broken(old: str, new: str, patch: pytest.MonkeyPatch) -> Any:
    """The fast form with one piece of its source replaced."""
    names = [module.__name__ for module in (tiles, layers, kinds, fast)]  # each imports those before it
    mutant = one_of(names, old, new)
    for name in names:
        made = load(name, compiled(mutant) if name == mutant.module else None)
        patch.setitem(sys.modules, name, made)
    return made


@pytest.mark.representative("gc*", "xp.greater*", "order*")
@pytest.mark.mutation
@pytest.mark.parametrize(("old", "new"), BROKEN)
def test_a_broken_fast_form_is_noticed(old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = broken(old, new, monkeypatch)
    gaps = [gap(found, cell, case) for cell in CELLS.values() for case in CASES]
    for module, name, value in LARGER:
        monkeypatch.setattr(sys.modules[module.__name__], name, value)
        gaps += [gap(found, cell, case) for cell in CELLS.values() for case in CASES]
    assert max(gaps) > 1e-6


@pytest.mark.parametrize("tiled", [True, False])
@pytest.mark.parametrize(
    ("N", "K", "M"),
    [(2, 6, 6), (32, 256, 256), (64, 512, 512), (70, 192, 192), (1, 1088, 1088), (96, 512, 65), (96, 65, 512)],
)
def test_products_in_tiles(N: int, K: int, M: int, tiled: bool) -> None:
    draw = rng(N, K)
    weights, h, D = (draw.normal(size=shape) for shape in ((3, K, M), (N, K), (3, N, K)))
    product = Product(weights, N, tiles=tiled)
    product.pack()
    np.testing.assert_allclose(product.each(h), h @ weights, atol=1e-11)
    np.testing.assert_allclose(product.total(D), (D @ weights).sum(axis=0), atol=1e-11)
    weights *= 2
    product.pack()
    np.testing.assert_allclose(product.each(h), h @ weights, atol=1e-11)
    whole = product.total(D)
    np.testing.assert_allclose(product.of(slice(1, None)).total(D[1:]), (D[1:] @ weights[1:]).sum(axis=0), atol=1e-11)
    np.testing.assert_allclose(whole, (D @ weights).sum(axis=0), atol=1e-11)
    into = np.full((1, N, M), np.nan)
    one = Product(weights[1:2], N, into, tiled)
    one.pack()
    one.total(D[:1])
    np.testing.assert_allclose(into[0], D[0] @ weights[1], atol=1e-11)


def test_weights_that_lie_apart_are_those_last_packed() -> None:
    """Where they lie apart they are scaled and begin at cache lines; where they do not they are seen as they change."""
    weights, h = rng(1, 1).normal(size=(2, 5, 7)), rng(1, 2).normal(size=(3, 5))
    scale = np.array([-1.0, 0.5])[:, None, None]
    apart, seen = Product(weights, 3, apart=True, scale=scale), Product(weights, 3)
    for product in (apart, seen):
        product.pack()
    then = h @ (weights * scale)
    weights *= 2
    np.testing.assert_allclose(apart.each(h), then, atol=1e-12)
    np.testing.assert_allclose(seen.each(h), h @ weights, atol=1e-12)
    assert {address % 64 for address in (apart.tiles[0, 0, 0, n].ctypes.data for n in range(5))} == {0}


@pytest.mark.parametrize("tiled", [True, False])
@pytest.mark.parametrize(("N", "M", "K"), [(7, 5, 3), (800, 65, 128), (480, 128, 128), (1000, 64, 80), (331, 128, 65)])
def test_sums_in_tiles(N: int, M: int, K: int, tiled: bool) -> None:
    draw = rng(N, M)
    A, B, out = draw.normal(size=(N, M)), draw.normal(size=(N, K + 3))[:, :K], np.full((M, K), np.nan)
    summed = Summed(N, M, K, float, tiled)
    summed.into(A, B, out)
    np.testing.assert_allclose(out, A.T @ B, atol=1e-10)
    assert summed.cut == (tiled and N > 7 and N != 331)  # 331 is a prime: there is nothing to cut it into


@pytest.mark.parametrize("K", [5, 40, 300, 70_000])
def test_sums_by_letter(K: int) -> None:
    """Of letters that do not all occur, with numbers of one byte, of two and of more; what stood in `out` is gone."""
    draw = rng(2, K)
    codes, A, out = draw.integers(K // 2, K - 1, 17), draw.normal(size=(17, 6))[:, ::2], np.full((3, K), np.nan)
    Letters(codes, K).into(A, out)
    np.testing.assert_allclose(out, A.T @ (codes[:, None] == np.arange(K)), atol=1e-12)


def test_where_sums_by_letter_are_quicker() -> None:
    """Few letters of a short window are multiplied; so are the many kinds of a Chinese text, read one by one."""
    shapes = [(800, 65, 128), (1600, 65, 256), (4096, 65, 512), (25, 3000, 128), (100, 3000, 128), (800, 3000, 128)]
    assert [by_letter(*shape) for shape in shapes] == [False, True, True, False, False, True]


def test_which_products_are_cut() -> None:
    square = [cut(B, H, H, True) for B, H in ((16, 128), (32, 256), (64, 512), (64, 1024), (40, 250), (30, 768))]
    assert square == [(16, 128), (8, 256), (16, 64), (64, 1024), (10, 250), (15, 64)]
    assert [cut(800, 128, 65, True), cut(4096, 512, 65, True), cut(1009, 512, 65, True)] == [
        (100, 65),
        (16, 65),
        (1009, 65),
    ]
    assert cut(32, 256, 256, False) == (32, 256)
    address = aligned((3, 5), np.float32).ctypes.data
    assert address % 64 == 0
