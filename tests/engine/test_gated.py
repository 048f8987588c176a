"""LSTM and GRU, both forms: PyTorch, central differences, their rules, the strict double, and broken on purpose."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Device, rng
from engine.gated import cell as cells
from engine.gated import gru, lstm
from engine.gated.cell import Cell, Inputs, Theta
from engine.reel import Env, Reel, Section
from engine.step import drain
from tests.engine.cases import one_hot
from tests.engine.ruling import assert_rules_hold

CELLS = {"lstm": lstm.LSTM, "gru before": gru.BEFORE, "gru after": gru.AFTER}
every = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
GRAINS = {"act": 0, "t": 1, "k": 1, "phase": 2, "op": 4}
T, B, H, K = 5, 3, 4, 6


def make(device: Device, cell: Cell, seed: int = 0, batch: int = B) -> tuple[dict[str, Any], Inputs]:
    """Random weights, inputs and start states."""
    draw = rng(seed, 77)
    shapes = {name: shape if len(shape) == 2 else (*shape, 1) for name, shape in cell.shapes(H, K).items()}
    theta = {name: device.put(0.8 * draw.normal(size=shape)) for name, shape in shapes.items()}
    x, y = (one_hot(device, draw.integers(0, K, (T, batch)), K) for _ in range(2))
    start = {name: device.put(0.6 * draw.normal(size=(H, batch))) for name in cell.states}
    return theta, Inputs(x, y, start)


@every
@pytest.mark.parametrize("seed", range(3))
def test_central_differences(cell: Cell, seed: int) -> None:
    theta, inputs = make(HOST, cell, seed)
    of = cells.objective(np, cell, theta, inputs)
    assert set(of.gradient) == set(cell.names)
    for name, grad in of.gradient.items():
        assert np.abs(grad).max() > 1e-3, name
        for at in np.ndindex(grad.shape):
            ends = []
            for sign in (1, -1):
                moved = theta[name].copy()
                moved[at] += sign * 1e-5
                ends.append(float(of.loss(**{name: moved})))
            assert grad[at] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-6, abs=1e-8), (name, at)


def torch_run(cell: Cell, theta: Theta, inputs: Inputs) -> tuple[Any, dict[str, Any], list[Any]]:
    """(loss, leaves, hidden states): PyTorch's own modules where they have this form, else its autograd."""
    torch = pytest.importorskip("torch", reason="no PyTorch here: pip install 'unroll-nn[peers]'")
    leaf = {name: torch.tensor(value, requires_grad=True) for name, value in theta.items()}
    x = torch.stack([torch.tensor(each.T) for each in inputs.x])  # (T, B, K)
    if cell.name == "lstm" or cell.more:
        order = "ifgo" if cell.name == "lstm" else "rzn"
        made = (torch.nn.LSTM if cell.name == "lstm" else torch.nn.GRU)(K, H, dtype=torch.float64)
        zero = torch.zeros(H, 1, dtype=torch.float64)
        inner = [leaf["bm"] if cell.more and q == "n" else zero for q in order]
        weights = {
            "weight_ih_l0": torch.cat([leaf[f"W{q}"] for q in order]),
            "weight_hh_l0": torch.cat([leaf[f"U{q}"] for q in order]),
            "bias_ih_l0": torch.cat([leaf[f"b{q}"] for q in order])[:, 0],
            "bias_hh_l0": torch.cat(inner)[:, 0],
        }
        start = [torch.tensor(inputs.start[name].T)[None] for name in cell.states]
        states, _ = torch.func.functional_call(made, weights, (x, tuple(start) if len(start) == 2 else start[0]))
        hidden = [h.T for h in states]
    else:  # reset before the matrix: PyTorch has no module for it
        h, hidden = torch.tensor(inputs.start["h"]), []
        for t in range(T):
            z, r = (torch.sigmoid(leaf[f"W{q}"] @ x[t].T + leaf[f"U{q}"] @ h + leaf[f"b{q}"]) for q in "zr")
            n = torch.tanh(leaf["Wn"] @ x[t].T + leaf["Un"] @ (r * h) + leaf["bn"])
            h = z * h + (1 - z) * n
            hidden.append(h)
    loss = sum(
        -(torch.tensor(y) * torch.log_softmax(leaf["V"] @ h + leaf["by"], dim=0)).sum()
        for h, y in zip(hidden, inputs.y, strict=True)
    )
    return loss, leaf, hidden


@pytest.mark.peer
@every
@pytest.mark.parametrize("seed", range(3))
def test_states_losses_and_gradients_equal_pytorch(cell: Cell, seed: int) -> None:
    """Over three updates: its LSTM and GRU take our weights as they are."""
    theta, inputs = make(HOST, cell, seed)
    for _ in range(3):
        loss, leaf, hidden = torch_run(cell, theta, inputs)
        loss.backward()
        run = drain(cells.forward(np, cell, theta, inputs))
        grad = drain(cells.sweep(np, cell, theta, inputs, run))
        assert sum(map(float, run.E)) == pytest.approx(float(loss.detach()), abs=1e-9)
        for made, h in zip(run.made, hidden, strict=True):
            np.testing.assert_allclose(made["h"], h.detach().numpy(), atol=1e-9)
        for name in cell.names:
            np.testing.assert_allclose(grad[name], leaf[name].grad.numpy(), atol=1e-9, err_msg=name)
        theta = {name: value - 0.1 * grad[name] for name, value in theta.items()}


STORED = {"lstm": 31.4834749607, "gru before": 33.0690087005, "gru after": 41.2721052249}


@pytest.mark.parametrize("name", CELLS)
def test_stored_losses(name: str) -> None:
    """For everyone without PyTorch, which gave these."""
    theta, inputs = make(HOST, CELLS[name], 11)
    assert sum(map(float, drain(cells.forward(np, CELLS[name], theta, inputs)).E)) == pytest.approx(
        STORED[name], abs=1e-4
    )


def reel_of(device: Device, cell: Cell, batch: int = B) -> Reel:
    """Forward, then back."""
    theta, inputs = make(device, cell, 5, batch)
    run = drain(cells.forward(device.xp, cell, theta, inputs))
    start = {f"{name}_init": value for name, value in inputs.start.items()}

    def known(families: dict[str, Any]) -> Env:
        seen = {name: (lambda t, v=v: v[t] if 0 <= t < T else None) for name, v in families.items()}
        return Env({**theta, **start}, seen)

    given = {"x": inputs.x, "y": inputs.y}
    made = {name: [each[name] for each in run.made] for name in run.made[0] if name != "x"}
    there, back = cells.lengths(cell, T)
    return Reel(
        [
            Section((("forward", -1),), lambda: cells.forward(device.xp, cell, theta, inputs, (("forward", -1),)),
                    lambda: known(given), there),
            Section((("backward", -1),),
                    lambda: cells.sweep(device.xp, cell, theta, inputs, run, (("backward", -1),)),
                    lambda: known({**given, **made}), back),
        ],
        GRAINS,
    )  # fmt: skip


@every
@pytest.mark.parametrize("batch", [1, B])
def test_every_rule_gives_its_step(cell: Cell, batch: int, device: Device) -> None:
    reel = reel_of(device, cell, batch)
    assert [len(reel.tape(n)) for n in (0, 1)] == [section.length for section in reel.sections]
    met = assert_rules_hold(device, reel, cells.rules(cell))
    assert met == set(cells.rules(cell)) - {"road", "road_last"}


@every
def test_one_loss_alone_adds_up_to_the_sweep(cell: Cell) -> None:
    theta, inputs = make(HOST, cell, 6)
    run = drain(cells.forward(np, cell, theta, inputs))
    rows = [cells.only_last(np, cell, theta, inputs, run, t) for t in range(T)]
    gate, before = cell.gates[0], [cells.before(inputs, run, k)["h"] for k in range(T)]
    total = sum(row[k][f"delta_{gate}"] @ before[k].T for t, row in enumerate(rows) for k in range(t + 1))
    grad = drain(cells.sweep(np, cell, theta, inputs, run))
    np.testing.assert_allclose(total, grad[f"U{gate}"], atol=1e-12)


def test_nothing_but_f_on_the_road() -> None:
    """∂c_t/∂c_k with every gate held is the product of the f between: no matrix, no slope of tanh."""
    theta, inputs = make(HOST, lstm.LSTM, 8)
    run = drain(cells.forward(np, lstm.LSTM, theta, inputs))
    c, nudged = inputs.start["c"], inputs.start["c"] + 1
    for made in run.made:
        c, nudged = (made["f"] * each + made["i"] * made["g"] for each in (c, nudged))
    product = np.prod([made["f"] for made in run.made], axis=0)
    np.testing.assert_allclose(nudged - c, product, atol=1e-15)


MUTATIONS = [
    ("lstm", 'later["gc"] * later["f"]', 'later["gc"]'),
    ("lstm", "gc * g * i * (1 - i)", "gc * g * i"),
    ("lstm", 'gc * before["c"] * f * (1 - f)', 'gc * now["c"] * f * (1 - f)'),
    ("lstm", "gh * xp.tanh(c) * o * (1 - o)", "gh * c * o * (1 - o)"),
    ("lstm", "gc * i * (1 - g**2)", "gc * i * (1 - g)"),
    ("lstm", "gc = gh * o * (1 - xp.tanh(c) ** 2) + later", "gc = gh * o + later"),
    ("lstm", 'theta[f"U{q}"].T @ later', 'theta[f"U{q}"] @ later'),
    ("lstm", '(delta, before["h"])', '(delta, now["h"])'),
    ("gru", "gh * (h - n) * z * (1 - z)", "gh * (n - h) * z * (1 - z)"),
    ("gru", "gh * (1 - z) * (1 - n**2)", "gh * (1 - n**2)"),
    ("gru", 'delta_n * now["m"] if', "delta_n * h if"),
    ("gru", '(theta["Un"].T @ delta_n) * h\n', '(theta["Un"] @ delta_n) * h\n'),
    ("gru", "reset * r * (1 - r)", "reset * (1 - r)"),
    ("gru", 'later["gh"] * later["z"] + gates', "gates"),
    ("gru", "(delta * r, h) if", "(delta, h) if"),
    ("gru", "else (delta, r * h)", "else (delta, h)"),
    ("gru", "@ (delta_n * r) if", "@ delta_n if"),
    ("gru", "@ delta_n) * r\n", "@ delta_n)\n"),
]


@pytest.mark.parametrize(("name", "old", "new"), MUTATIONS)
def test_a_broken_gate_is_noticed(name: str, old: str, new: str) -> None:
    file = import_module(f"engine.gated.{name}").__file__
    assert file is not None
    source = Path(file).read_text(encoding="utf-8")
    assert source.count(old) == 1, old
    broken = ModuleType(name)
    exec(compile(source.replace(old, new), file, "exec"), broken.__dict__)
    wrong = []
    for kind in ("LSTM",) if name == "lstm" else ("BEFORE", "AFTER"):
        cell = getattr(broken, kind)
        theta, inputs = make(HOST, cell, 1)
        of = cells.objective(np, cell, theta, inputs)
        gaps = []
        for p, grad in of.gradient.items():
            way = rng(4).normal(size=grad.shape)
            ends = [float(of.loss(**{p: theta[p] + sign * 1e-5 * way})) for sign in (1, -1)]
            gaps.append(abs(float((grad * way).sum()) - (ends[0] - ends[1]) / 2e-5))
        wrong.append(max(gaps) > 1e-4)
    assert any(wrong)
