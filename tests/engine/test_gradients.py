"""The gradient's forms agree: rows summed, one sweep, diagonals, central differences."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.device import HOST, Device, rng
from engine.maths.activations import ACTIVATIONS
from engine.recurrent import srn
from engine.recurrent.srn import Params
from engine.recurrent.srn_terms import diagonals, ledger, stack
from engine.recurrent.unrolled import Unrolled, gradient
from engine.walks.gradient_check import Objective, along, check
from engine.walks.step import drain
from tests.engine.cases import (
    ALL,
    assert_close,
    assert_gradients,
    away_from_kinks,
    central,
    double_sum,
    host,
    make,
    moved,
    run_of,
)

SHAPES = [(3, 2, 3, 4), (5, 3, 4, 6), (6, 1, 2, 3), (1, 1, 1, 2), (4, 2, 17, 9)]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_central_differences(name: str) -> None:
    case = away_from_kinks(name, 4, 2, 3, 5)
    f = ACTIVATIONS[name]
    run, numeric = run_of(HOST, f, case), central(f, case)
    assert_gradients(drain(srn.sweep(HOST.xp, f, *case, run))._asdict(), numeric, 1e-8)
    assert_gradients(double_sum(HOST, f, case, run, ALL)._asdict(), numeric, 1e-8)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_one_direction_through_everything(name: str, device: Device) -> None:
    case = moved(device, away_from_kinks(name, 3, 2, 3, 4))
    net = Unrolled(device, ACTIVATIONS[name], *case, ALL)
    grad = net.ledger.grad._asdict()
    exact, numeric = along(device, Objective(case.theta._asdict(), net.loss, grad), rng(5))
    assert abs(exact - numeric) < 1e-8 * max(1.0, abs(exact))
    wrong = {**grad, "W": grad["W"] + 0.01}
    exact, numeric = along(device, Objective(case.theta._asdict(), net.loss, wrong), rng(5))
    assert abs(exact - numeric) > 1e-4


def test_check_finds_every_cell_and_a_wrong_one(device: Device) -> None:
    case = make(device, 3, 2, 3, 4)
    net = Unrolled(device, ACTIVATIONS["tanh"], *case, ALL)
    theta, grad = case.theta._asdict(), net.ledger.grad._asdict()
    checked = drain(check(device, lambda name, value: net.loss(**{name: value}), theta, grad, ALL))
    assert len(checked) == sum(value.size for value in theta.values())
    assert len({(c.name, c.cell) for c in checked}) == len(checked)
    assert max(c.gap for c in checked) < 1e-8
    some = drain(check(device, lambda name, value: net.loss(**{name: value}), theta, grad, 4))
    assert len(some) == 19  # four of each parameter, and b has but three
    wrong = {**grad, "U": grad["U"] * 1.01}
    gaps = {c.name: c.gap for c in drain(check(device, lambda p, v: net.loss(**{p: v}), theta, wrong, ALL))}
    assert gaps["U"] > 1e-4
    assert gaps["W"] < 1e-8


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_sweep_is_the_double_sum(name: str, shape: tuple[int, int, int, int], device: Device) -> None:
    case, f = make(device, *shape), ACTIVATIONS[name]
    run = run_of(device, f, case)
    wanted = host(device, double_sum(device, f, case, run, ALL)._asdict())
    found = drain(srn.sweep(device.xp, f, *case, run))
    assert_gradients(host(device, found._asdict()), wanted, 1e-12)


@pytest.mark.parametrize("window", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_windows(window: int, shape: tuple[int, int, int, int], device: Device) -> None:
    case, f = make(device, *shape), ACTIVATIONS["sigmoid"]
    run = run_of(device, f, case)
    wanted = host(device, double_sum(device, f, case, run, window)._asdict())
    for found in (ledger(device.xp, f, *case, run, window).grad, gradient(device, f, *case, run, window)):
        assert_gradients(host(device, found._asdict()), wanted, 1e-12)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    shape=st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(1, 6), st.integers(1, 6)),
    window=st.integers(1, 8),
    name=st.sampled_from(sorted(ACTIVATIONS)),
    seed=st.integers(0, 99),
)
def test_any_shape(shape: tuple[int, int, int, int], window: int, name: str, seed: int) -> None:
    case, f = make(HOST, *shape, seed), ACTIVATIONS[name]
    run = run_of(HOST, f, case)
    wanted = double_sum(HOST, f, case, run, window)._asdict()
    assert_gradients(ledger(HOST.xp, f, *case, run, window).grad._asdict(), wanted, 1e-11)
    if window >= shape[0]:
        assert_gradients(drain(srn.sweep(HOST.xp, f, *case, run))._asdict(), wanted, 1e-11)


@pytest.mark.parametrize("window", [1, 2, ALL])
def test_rows_opened_one_by_one(window: int, device: Device) -> None:
    case, f = make(device, 5, 2, 3, 4), ACTIVATIONS["tanh"]
    net = Unrolled(device, f, *case, window)
    for t in range(net.steps):
        terms = drain(srn.row(device.xp, f, *case, net.run, t, window, "WUb"))
        _, dV, dc = drain(srn.output_error(device.xp, case.inputs, net.run, t))
        wanted = Params(terms["U"], terms["W"], dV, terms["b"], dc)._asdict()
        assert_gradients(host(device, net.row_gradient(t)._asdict()), host(device, wanted), 1e-12)


@pytest.mark.parametrize("window", [1, 3, ALL])
def test_ledger_norms_and_columns(window: int, device: Device) -> None:
    one, f = make(device, 5, 1, 3, 4), ACTIVATIONS["tanh"]
    norms = Unrolled(device, f, *one, window).ledger.norms
    for case in (one, make(device, 5, 3, 3, 4)):
        net = Unrolled(device, f, *case, window)
        columns = [0.0 * device.get(net.run.s[0]) for _ in range(5)]
        seen = set()
        for t in range(5):
            for step in srn.row(device.xp, f, *case, net.run, t, window, "WUb"):
                k = dict(step.path).get("k", 0)
                ((name, array),) = step.values.items()
                value = device.get(array)
                if name.startswith("delta"):
                    columns[k] += value
                    delta = net.delta(t, k)
                    assert delta is not None
                    assert_close(device.get(delta), value, 1e-12)
                if step.op.endswith("_term") and case is one:
                    seen.add((step.op[0], t, k))
                    assert_close(norms[step.op[0]][t][k], float((value**2).sum() ** 0.5), 1e-12)
        for found, wanted in zip(net.ledger.columns, columns, strict=True):
            assert_close(device.get(found), wanted, 1e-12)
        outside = [(p, t, k) for p in "WUb" for t in range(5) for k in range(t + 1) if (p, t, k) not in seen]
        assert case is not one or all(norms[p][t][k] == 0.0 for p, t, k in outside)
    assert net.ledger.norms == {}  # of a batch there are no norms
    assert net.delta(2, 3) is None
    assert net.delta(5, 4) is None


def test_diagonals_are_the_ledger_by_distance(device: Device) -> None:
    case, f = make(device, 4, 2, 3, 4), ACTIVATIONS["tanh"]
    net = Unrolled(device, f, *case, 3)
    found = list(diagonals(case.theta, stack(device.xp, f, case.inputs, net.run), 4, 2, 3))
    assert len(found) == 3
    for d, diagonal in enumerate(found):
        wanted = device.xp.concat([net.delta(k + d, k) for k in range(4 - d)], axis=1)
        assert_close(device.get(diagonal), device.get(wanted), 1e-12)
