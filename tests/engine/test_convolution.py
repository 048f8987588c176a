"""Convolution and pooling: worked values, rules at every step, the fast forms equal to the walks, on every device."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Array, Device, HostArray, rng
from engine.images import convolution, pooling, windows
from engine.images.convolution import Layer, Slide, layer_of
from engine.images.pooling import KINDS, Pool
from engine.maths.activations import ACTIVATIONS
from engine.walks.reel import Env, Families, Reel, Section
from engine.walks.step import Path, Walk, drain
from tests.engine.cases import assert_close
from tests.engine.ruling import assert_rules_hold
from tests.mutants.change import Mutant, compiled, load

RELU, LINEAR = ACTIVATIONS["relu"], ACTIVATIONS["linear"]
SLIDES = [Slide(3), Slide(3, 2), Slide(3, 1, 1), Slide(3, 2, 1), Slide(2, 3), Slide(1), Slide(5, 2, 3)]
POOLS = [Pool(side, kind) for side, kind in product((1, 2, 3), KINDS)]
GRAINS = {"act": 0, "f": 1, "i": 2, "m": 2, "j": 3, "n": 3, "c": 4, "a": 4, "g": 5, "u": 5, "b": 5, "v": 6, "op": 7}
C, F, B, ROWS, COLS = 2, 3, 2, 6, 7
"""Channels, filters, pictures of a batch, and sides that differ."""


class Case:
    """Seeded pictures (C, H, W, B), filters and errors (F, rows, cols, B), asymmetric, on the host."""

    def __init__(self, slide: Slide, seed: int = 0) -> None:
        draw = rng(seed, 41)
        self.slide = slide
        self.x = draw.normal(size=(C, ROWS, COLS, B))
        self.K, self.b = draw.normal(size=(F, C * slide.side**2)), draw.normal(size=(F, 1))
        self.dh = draw.normal(size=(F, slide.places(ROWS), slide.places(COLS), B))

    def layer(self, device: Device, unit: Any = RELU) -> Layer:
        return layer_of(device.xp, self.slide, unit, device.put(self.K), device.put(self.b), C)

    def picture(self, device: Device, n: int) -> list[Array]:
        return maps(device, self.x[..., n])


def maps(device: Device, host: HostArray) -> list[Array]:
    """(F, H, W) as one array a map."""
    return [device.put(each) for each in host]


def stacked(device: Device, *pictures: list[Array]) -> HostArray:
    """Maps of several pictures as (F, H, W, B) on the host."""
    return np.stack([np.stack([device.get(each) for each in maps]) for maps in pictures], axis=-1)


def walked(device: Device, case: Case, unit: Any = RELU) -> dict[str, HostArray]:
    """Forward and back by the walks, picture by picture: maps stacked, gradients of parameters added up."""
    xp, layer = device.xp, case.layer(device, unit)
    z, h, delta, dx = (list[list[Array]]() for _ in range(4))
    dK, db = 0 * case.K, 0 * case.b
    for n in range(B):
        x = case.picture(device, n)
        nets, outs = drain(convolution.forward(xp, layer, x))
        errors = drain(convolution.errors(xp, layer, outs, maps(device, case.dh[..., n])))
        kernels, biases = drain(convolution.by_weights(xp, layer, x, errors))
        dx.append(drain(convolution.by_picture(xp, layer, x, errors)))
        for all_of, one_of in ((z, nets), (h, outs), (delta, errors)):
            all_of.append(one_of)
        dK = dK + np.stack([np.stack([device.get(each) for each in row]) for row in kernels]).reshape(dK.shape)
        db = db + np.concatenate([device.get(each) for each in biases])
    both = {name: stacked(device, *each) for name, each in (("z", z), ("h", h), ("delta", delta), ("dx", dx))}
    return {**both, "dK": dK, "db": db}


@pytest.mark.parametrize("slide", SLIDES, ids=str)
def test_the_product_of_windows_is_the_walk(slide: Slide, device: Device) -> None:
    case, xp = Case(slide), device.xp
    wanted = walked(device, case)
    X = windows.windows(xp, slide, device.put(case.x))
    z = device.put(case.K) @ X + device.put(case.b)
    assert_close(device.get(z).reshape(wanted["z"].shape), wanted["z"], 1e-12)
    delta = device.put(wanted["delta"].reshape(F, -1))
    assert_close(device.get(delta @ X.T), wanted["dK"], 1e-12)
    assert_close(device.get(xp.sum(delta, axis=1, keepdims=True)), wanted["db"], 1e-12)
    dx = windows.spread(xp, slide, device.put(case.K).T @ delta, (C, ROWS, COLS))
    assert_close(device.get(dx), wanted["dx"], 1e-12)


@pytest.mark.parametrize("slide", SLIDES, ids=str)
def test_windows_and_spread_are_adjoint(slide: Slide, device: Device) -> None:
    """⟨windows(x), Y⟩ = ⟨x, spread(Y)⟩: each is the other's transpose, whatever the numbers."""
    case, xp = Case(slide), device.xp
    X = windows.windows(xp, slide, device.put(case.x))
    Y = rng(1, 1).normal(size=X.shape)
    back = device.get(windows.spread(xp, slide, device.put(Y), (C, ROWS, COLS)))
    assert float((device.get(X) * Y).sum()) == pytest.approx(float((case.x * back).sum()), rel=1e-12)


@pytest.mark.parametrize("slide", SLIDES, ids=str)
def test_central_differences(slide: Slide) -> None:
    """Σ h ∘ r for random r, by every weight, bias and pixel; no unit near its corner."""
    case, h = Case(slide, seed=3), 1e-6
    assert np.abs(walked(HOST, case)["z"]).min() > 1e-4
    found = walked(HOST, case)
    for name, slope in (("K", "dK"), ("b", "db"), ("x", "dx")):
        value = getattr(case, name)
        for at in list(np.ndindex(*value.shape))[:: max(1, value.size // 12)]:
            sides = []
            for way in (h, -h):
                moved = value.copy()
                moved[at] += way
                setattr(case, name, moved)
                out = case.K @ windows.windows(np, slide, case.x) + case.b
                sides.append(float((np.maximum(out, 0).reshape(case.dh.shape) * case.dh).sum()))
            setattr(case, name, value)
            assert (sides[0] - sides[1]) / (2 * h) == pytest.approx(found[slope][at], rel=1e-6, abs=1e-7), (name, at)


@pytest.mark.parametrize("pool", POOLS, ids=str)
@pytest.mark.parametrize("tied", [False, True])
def test_pooling_of_a_batch_is_the_walk(pool: Pool, tied: bool, device: Device) -> None:
    draw, xp = rng(2, 7), device.xp
    h = draw.normal(size=(F, ROWS, COLS, B))
    if tied:
        h = np.round(h)  # many equal entries: the first has won
    kept = (F, ROWS // pool.side, COLS // pool.side, B)
    dp = draw.normal(size=kept)
    found, back = [], []
    for n in range(B):
        outs = maps(device, h[..., n])
        p, won = drain(pooling.forward(xp, pool, outs))
        found.append(p)
        back.append(drain(pooling.backward(xp, pool, outs, won, maps(device, dp[..., n]))))
    assert_close(device.get(windows.pooled(xp, pool, device.put(h))), stacked(device, *found), 1e-12)
    fast = device.get(windows.unpooled(xp, pool, device.put(dp), device.put(h)))
    assert_close(fast, stacked(device, *back), 1e-12)
    assert fast.sum() == pytest.approx(dp.sum(), rel=1e-12)  # an error is handed on whole, to one place or to all


def section(at: Path, walk: Callable[[Path], Walk[Any]], held: Families) -> Section:
    """A walk at a place, with what its rules read."""
    return Section(at, lambda: walk(at), lambda: Env({}, held), len(list(walk(at))))


def reel_of(device: Device, slide: Slide, pool: Pool) -> tuple[Reel, dict[str, str]]:
    """Forward, pooling, and back through both to the picture, of one picture: and the rules of all."""
    case, xp = Case(slide, seed=5), device.xp
    layer, x = case.layer(device), case.picture(device, 0)
    _, outs = drain(convolution.forward(xp, layer, x))
    p, won = drain(pooling.forward(xp, pool, outs))
    dp = [device.put(rng(6, f).normal(size=each.shape)) for f, each in enumerate(p)]
    dh = drain(pooling.backward(xp, pool, outs, won, dp))
    delta = drain(convolution.errors(xp, layer, outs, dh))
    squares = pooling.families(xp, pool, outs, won, dp)
    both = {**squares, **convolution.families(xp, layer, x, delta)}
    slopes = {"by_h": lambda f, i, j: convolution.one(dh[f - 1], i, j)}
    held = convolution.families(xp, layer, x)
    walks: list[tuple[str, Callable[[Path], Walk[Any]], Families]] = [
        ("slide", lambda at: convolution.forward(xp, layer, x, at), held),
        ("pool", lambda at: pooling.forward(xp, pool, outs, at), squares),
        ("unpool", lambda at: pooling.backward(xp, pool, outs, won, dp, at), squares),
        ("delta", lambda at: convolution.errors(xp, layer, outs, dh, at), {**squares, **slopes}),
        ("by_weights", lambda at: convolution.by_weights(xp, layer, x, delta, at), both),
        ("by_picture", lambda at: convolution.by_picture(xp, layer, x, delta, at), both),
    ]
    sections = [section(((name, -1),), walk, given) for name, walk, given in walks]
    return Reel(sections, GRAINS, kept=10**6), {**convolution.rules(slide, RELU), **pooling.rules(pool)}


@pytest.mark.representative("cpu-*kind='mean'*side=3, stride=2*", "strict-*kind='max'*side=2, stride=2*")
@pytest.mark.parametrize("slide", [Slide(3, 1, 1), Slide(2, 2, 1), Slide(3, 2)], ids=str)
@pytest.mark.parametrize("pool", [Pool(2), Pool(2, "mean"), Pool(1)], ids=str)
def test_every_rule_gives_its_step(slide: Slide, pool: Pool, device: Device) -> None:
    reel, rules = reel_of(device, slide, pool)
    met = assert_rules_hold(device, reel, rules)
    even = not any(slide.places(length) % pool.side for length in (ROWS, COLS))
    assert met == set(rules) - ({"outside"} if even else set())


def example(device: Device) -> tuple[Layer, list[Array]]:
    """4 × 4, one kernel 3 × 3, padding 1, bias ½ (PROOFS.md §4)."""
    kernel = np.array([[0.0, 1, 0, 1, -2, 0, 0, 0, 1]])
    layer = layer_of(device.xp, Slide(3, 1, 1), RELU, device.put(kernel), device.put([[0.5]]), 1)
    x = [[1, 0, 2, 0], [0, 1, 0, 1], [2, 0, 1, 0], [0, 1, 0, 2]]
    return layer, [device.put(x)]


def test_the_worked_example(device: Device) -> None:
    xp, (layer, x) = device.xp, example(device)
    z, h = drain(convolution.forward(xp, layer, x))
    rows = [[-0.5, 1.5, -2.5, 2.5], [1.5, -0.5, 3.5, -1.5], [-2.5, 3.5, 0.5, 2.5], [2.5, -1.5, 2.5, -3.5]]
    assert_close(device.get(z[0]), rows, 1e-12)
    p, won = drain(pooling.forward(xp, Pool(2), h))
    assert_close(device.get(p[0]), [[1.5, 3.5], [3.5, 2.5]], 1e-12)
    assert_close(device.get(won[0]), [[1, 2], [1, 1]], 0)
    V = np.array([[0.1, 0.2, -0.1, 0.3], [-0.2, 0.1, 0.2, 0]])
    scores = V @ device.get(p[0]).reshape(4, 1)
    assert_close(scores, [[1.25], [0.75]], 1e-12)
    chances = np.exp(scores) / np.exp(scores).sum()
    assert_close(chances, [[0.6224593312], [0.3775406688]], 1e-10)
    dp = (V.T @ (chances - [[1], [0]])).reshape(2, 2)
    assert_close(dp, [[-0.1132622006, -0.0377540669], [0.1132622006, -0.1132622006]], 1e-9)
    dh = drain(pooling.backward(xp, Pool(2), h, won, [device.put(dp)]))
    delta = drain(convolution.errors(xp, layer, h, dh))
    dK, db = drain(convolution.by_weights(xp, layer, x, delta))
    wanted = [[0, -0.0755081338, 0], [-0.0377540669, 0, -0.1510162675], [0, -0.2642784682, 0]]
    assert_close(device.get(dK[0][0]), wanted, 1e-9)
    assert_close(device.get(db[0]), [[-0.1510162675]], 1e-9)
    dx = drain(convolution.by_picture(xp, layer, x, delta))
    assert_close(device.get(dx[0])[:1], [[-0.1132622006, 0.2265244013, -0.0377540669, 0]], 1e-9)
    small = layer_of(xp, Slide(2), LINEAR, device.put([[1.0, -1, 0, 1]]), device.put([[0.0]]), 1)
    assert_close(device.get(drain(convolution.forward(xp, small, x))[0][0]), [[2, -2, 3], [-1, 2, -1], [3, -1, 3]], 0)


def test_a_shifted_picture_has_shifted_maps_exactly() -> None:
    """conv(shift x) = shift conv(x) inside the frame: the difference is 0.0, not small (PROOFS.md §4, claim 2)."""
    for seed in range(5):
        draw = rng(seed, 3)
        x, K = np.zeros((1, 12, 12, 1)), draw.normal(size=(4, 9))
        x[0, 4:8, 4:8, 0] = draw.normal(size=(4, 4))
        still = (K @ windows.windows(np, Slide(3), x)).reshape(4, 10, 10)
        for shift in product((-2, -1, 0, 1, 2), repeat=2):
            moved = (K @ windows.windows(np, Slide(3), np.roll(x, shift, (1, 2)))).reshape(4, 10, 10)
            assert np.array_equal(moved, np.roll(still, shift, (1, 2)))


def test_a_kernel_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Slide(5).places(4)
    assert Slide(5, 1, 1).places(4) == 2
    assert Slide(3, 2).places(6) == 2


@pytest.mark.peer
@pytest.mark.parametrize("slide", SLIDES, ids=str)
def test_pytorch_convolves_alike(slide: Slide) -> None:
    torch = pytest.importorskip("torch")
    case, found = Case(slide, seed=9), walked(HOST, Case(slide, seed=9))
    x = torch.tensor(np.moveaxis(case.x, 3, 0).copy(), requires_grad=True)
    K = torch.tensor(case.K.reshape(F, C, slide.side, slide.side), requires_grad=True)
    b = torch.tensor(case.b[:, 0], requires_grad=True)
    z = torch.nn.functional.conv2d(x, K, b, stride=slide.stride, padding=slide.padding)
    torch.relu(z).backward(torch.tensor(np.moveaxis(case.dh, 3, 0).copy()))
    assert_close(found["z"], np.moveaxis(z.detach().numpy(), 0, 3), 1e-9)
    assert_close(found["dK"], K.grad.numpy().reshape(F, -1), 1e-9)
    assert_close(found["db"][:, 0], b.grad.numpy(), 1e-9)
    assert_close(found["dx"], np.moveaxis(x.grad.numpy(), 0, 3), 1e-9)


@pytest.mark.peer
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("pool", POOLS, ids=str)
def test_pytorch_pools_alike(pool: Pool, tied: bool) -> None:
    torch = pytest.importorskip("torch")
    draw = rng(4, 8)
    h = draw.normal(size=(F, ROWS, COLS, B))
    h = np.round(h) if tied else h
    there = torch.tensor(np.moveaxis(h, 3, 0).copy(), requires_grad=True)
    function = {"max": torch.nn.functional.max_pool2d, "mean": torch.nn.functional.avg_pool2d}[pool.kind]
    p = function(there, pool.side)
    dp = draw.normal(size=(F, ROWS // pool.side, COLS // pool.side, B))
    p.backward(torch.tensor(np.moveaxis(dp, 3, 0).copy()))
    assert_close(windows.pooled(np, pool, h), np.moveaxis(p.detach().numpy(), 0, 3), 1e-9)
    assert_close(windows.unpooled(np, pool, dp, h), np.moveaxis(there.grad.numpy(), 0, 3), 1e-9)


def noticed(broken: Any, name: str) -> bool:
    """Whether the comparisons above see a change in one of the three modules."""
    forms = {"convolution": convolution, "pooling": pooling, "windows": windows, name: broken}
    gaps = []
    for slide, pool in product((Slide(3, 2, 1), Slide(2)), (Pool(2), Pool(2, "mean"))):
        case, layer = Case(slide, seed=8), Case(slide, seed=8).layer(HOST)
        x = case.picture(HOST, 1)
        _, outs = drain(forms["convolution"].forward(np, layer, x))
        outs = [np.round(each, 1) for each in outs]  # some are equal
        p, won = drain(forms["pooling"].forward(np, pool, outs))
        dp = [each + 1 for each in p]
        dh = drain(forms["pooling"].backward(np, pool, outs, won, dp))
        delta = drain(forms["convolution"].errors(np, layer, outs, dh))
        kernels, biases = drain(forms["convolution"].by_weights(np, layer, x, delta))
        dx = drain(forms["convolution"].by_picture(np, layer, x, delta))
        h, flat = np.stack(outs)[..., None], np.stack(delta).reshape(F, -1)
        X = forms["windows"].windows(np, slide, case.x[..., 1:])
        fast = {
            "h": np.round(np.maximum(case.K @ X + case.b, 0), 1).reshape(h.shape),
            "p": forms["windows"].pooled(np, pool, h)[..., 0],
            "dh": forms["windows"].unpooled(np, pool, np.stack(dp)[..., None], h)[..., 0],
            "dK": flat @ X.T, "db": flat.sum(axis=1),
            "dx": forms["windows"].spread(np, slide, case.K.T @ flat, (C, ROWS, COLS))[..., 0],
            "delta": np.stack(dh) * (h[..., 0] > 0),
        }  # fmt: skip
        walk = {
            "h": h, "p": np.stack(p), "dh": np.stack(dh), "dK": np.array(kernels).reshape(case.K.shape),
            "db": np.concatenate(biases)[:, 0], "dx": np.stack(dx), "delta": np.stack(delta),
        }  # fmt: skip
        gaps += [np.abs(fast[each] - walk[each]).max() for each in walk]
    return bool(max(gaps) > 1e-6)


@pytest.mark.mutation
@pytest.mark.parametrize(
    ("name", "wrong", "of"),
    [
        ("convolution", "z + one(kernels[c], u, v) * pixel", "z + one(kernels[c], v, u) * pixel"),
        ("convolution", "one(padded[c], slide.stride * i + u, slide.stride * j + v)", "one(padded[c], i + u, j + v)"),
        ("convolution", "z = bias + 0", "z = 0 * bias"),
        ("convolution", "sums[c - 1] + term", "sums[c - 1] + term * (i > 0)"),
        ("convolution", "db = db + one(error, i, j)", "db = one(error, i, j)"),
        ("convolution", "return xp.flip(kernel, axis=(0, 1))", "return kernel"),
        ("convolution", "return whole[slide.padding :, slide.padding :]", "return whole"),
        ("convolution", "delta = one(slope, i, j) * layer.unit.slope(xp, one(out, i, j))", "delta = one(slope, i, j)"),
        ("pooling", "xp.argmax(column, axis=0, keepdims=True)", "xp.argmin(column, axis=0, keepdims=True)"),
        ("pooling", "e / side ** 2", "e"),
        ("pooling", "xp.where(one(won[n_th], m, n) == side * a + b, e, 0 * e)", "e"),
        ("windows", "xp.sum(inside, axis=(2, 4)) / pool.side**2", "xp.sum(inside, axis=(2, 4))"),
        ("windows", "xp.argmax(entries, axis=3)", "xp.argmin(entries, axis=3)"),
        ("windows", "xp.max(inside, axis=(2, 4))", "xp.min(inside, axis=(2, 4))"),
        ("windows", "range(slide.side), repeat=2", "range(slide.side), repeat=2"),
    ],
)
def test_a_broken_form_is_noticed(name: str, wrong: str, of: str) -> None:
    module = f"engine.images.{name}"
    if wrong == of:  # the unchanged source passes
        assert not noticed({"convolution": convolution, "pooling": pooling, "windows": windows}[name], name)
        return
    assert noticed(load(module, compiled(Mutant(module, "", wrong, of))), name)
