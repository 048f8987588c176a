"""Recurrent cells, one layer and two: PyTorch, central differences, rules, the strict double, and broken on purpose."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Array, Device, rng
from engine.gated import cell as cells
from engine.gated import gru, ledger, lstm, plain, reach
from engine.gated.cell import Cell, Inputs, Theta
from engine.gated.net import Net
from engine.maths.activations import ACTIVATIONS
from engine.recurrent import srn
from engine.walks.reel import Env, Reel, Section
from engine.walks.step import drain
from tests.engine.cases import one_hot
from tests.engine.ruling import assert_rules_hold
from tests.mutants.change import Mutant, compiled, load

GATED = {"lstm": lstm.LSTM, "gru before": gru.BEFORE, "gru after": gru.AFTER}
ONE = {**GATED, "srn": plain.SRN, "relu": plain.RELU}
CELLS = {**ONE, **{f"{name} twice": cell._replace(layers=2) for name, cell in ONE.items()}}
every = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
gated = pytest.mark.parametrize("cell", GATED.values(), ids=GATED)
GRAINS = {"act": 0, "t": 1, "k": 1, "layer": 2, "phase": 3, "op": 5}
T, B, H, K = 5, 3, 4, 6
STEP = 1e-5


def make(
    device: Device, cell: Cell, seed: int = 0, batch: int = B, asked: tuple[int, ...] = tuple(range(T)), mean: int = 1
) -> tuple[dict[str, Any], Inputs]:
    """Random weights, inputs and start states; only the timesteps `asked` have a target."""
    draw = rng(seed, 77)
    shapes = {name: shape if len(shape) == 2 else (*shape, 1) for name, shape in cell.shapes(H, K).items()}
    scale = 0.4 if cell.name == "relu" else 0.8
    theta = {name: device.put(scale * draw.normal(size=shape)) for name, shape in shapes.items()}
    x, y = (one_hot(device, draw.integers(0, K, (T, batch)), K) for _ in range(2))
    start = {name: device.put(0.6 * draw.normal(size=(H, batch))) for name in cell.carry}
    return theta, Inputs(x, [each if t in asked else None for t, each in enumerate(y)], start, mean)


@every
@pytest.mark.parametrize("seed", range(2))
def test_central_differences(cell: Cell, seed: int) -> None:
    theta, inputs = make(HOST, cell, seed, B, (0, 3, T - 1) if seed else tuple(range(T)), 1 + seed)
    of = cells.objective(np, cell, theta, inputs)
    assert set(of.gradient) == set(cell.names)
    for name, grad in of.gradient.items():
        assert np.abs(grad).max() > 1e-3, name
        for at in np.ndindex(grad.shape):
            ends = []
            for sign in (1, -1):
                moved = theta[name].copy()
                moved[at] += sign * STEP
                ends.append(float(of.loss(**{name: moved})))
            assert grad[at] == pytest.approx((ends[0] - ends[1]) / (2 * STEP), rel=1e-6, abs=1e-8), (name, at)


def torch_run(cell: Cell, theta: Theta, inputs: Inputs) -> tuple[Any, dict[str, Any], list[Any]]:
    """(loss, leaves, hidden states of the top): PyTorch's own modules where they have this form, else its autograd."""
    torch = pytest.importorskip("torch", reason="no PyTorch here: pip install 'unroll-nn[peers]'")
    leaf = {name: torch.tensor(value, requires_grad=True) for name, value in theta.items()}
    x = torch.stack([torch.tensor(each.T) for each in inputs.x])  # (T, B, K)
    if cell.name == "gru" and not cell.more:  # reset before the matrix: PyTorch has no module for it
        below = [each.T for each in x]
        for level in cell.levels:
            h, hidden = torch.tensor(inputs.start[f"h{level}"]), []
            for each in below:
                z, r = (
                    torch.sigmoid(leaf[f"U{q}{level}"] @ each + leaf[f"W{q}{level}"] @ h + leaf[f"b{q}{level}"])
                    for q in "zr"
                )
                n = torch.tanh(leaf[f"Un{level}"] @ each + leaf[f"Wn{level}"] @ (r * h) + leaf[f"bn{level}"])
                h = z * h + (1 - z) * n
                hidden.append(h)
            below = hidden
    else:
        order = {"lstm": "ifgo", "gru": "rzn"}.get(cell.name, "h")
        kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.get(cell.name, torch.nn.RNN)
        extra = {"nonlinearity": "relu"} if cell.name == "relu" else {}
        size = leaf["V"].shape[1]
        made = kind(leaf[cell.own[0]].shape[1], size, num_layers=cell.layers, dtype=torch.float64, **extra)
        zero = torch.zeros(size, 1, dtype=torch.float64)
        weights: dict[str, Any] = {}
        for n, level in enumerate(cell.levels):
            inner = [leaf[f"bm{level}"] if cell.more and q == "n" else zero for q in order]
            weights |= {
                f"weight_ih_l{n}": torch.cat([leaf[f"U{q}{level}"] for q in order]),
                f"weight_hh_l{n}": torch.cat([leaf[f"W{q}{level}"] for q in order]),
                f"bias_ih_l{n}": torch.cat([leaf[f"b{q}{level}"] for q in order])[:, 0],
                f"bias_hh_l{n}": torch.cat(inner)[:, 0],
            }
        start = [
            torch.stack([torch.tensor(inputs.start[name + level].T) for level in cell.levels]) for name in cell.states
        ]
        states, _ = torch.func.functional_call(made, weights, (x, tuple(start) if len(start) == 2 else start[0]))
        hidden = [h.T for h in states]
    loss = sum(
        -(torch.tensor(y) * torch.log_softmax(leaf["V"] @ h + leaf["by"], dim=0)).sum() / inputs.B
        for h, y in zip(hidden, inputs.y, strict=True)
        if y is not None
    )
    return loss, leaf, hidden


@pytest.mark.peer
@every
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("asked", "mean"), [(tuple(range(T)), 1), ((1, T - 1), B)], ids=["all", "some"])
def test_states_losses_and_gradients_equal_pytorch(cell: Cell, seed: int, asked: tuple[int, ...], mean: int) -> None:
    """Over three updates: its modules take our weights as they are."""
    theta, inputs = make(HOST, cell, seed, B, asked, mean)
    for _ in range(3):
        loss, leaf, hidden = torch_run(cell, theta, inputs)
        loss.backward()
        run = drain(cells.forward(np, cell, theta, inputs))
        grad = drain(cells.sweep(np, cell, theta, inputs, run))
        assert sum(map(float, run.E)) == pytest.approx(float(loss.detach()), abs=1e-9)
        for made, h in zip(run.made, hidden, strict=True):
            np.testing.assert_allclose(made[cell.top], h.detach().numpy(), atol=1e-9)
        for name in cell.names:
            np.testing.assert_allclose(grad[name], leaf[name].grad.numpy(), atol=1e-9, err_msg=name)
        theta = {name: value - 0.1 * grad[name] for name, value in theta.items()}


STORED = {"lstm": 31.4834749607, "gru before": 33.0690087005, "gru after": 41.2721052249}


@pytest.mark.parametrize("name", STORED)
def test_stored_losses(name: str) -> None:
    """For everyone without PyTorch, which gave these."""
    theta, inputs = make(HOST, CELLS[name], 11)
    assert sum(map(float, drain(cells.forward(np, CELLS[name], theta, inputs)).E)) == pytest.approx(
        STORED[name], abs=1e-4
    )


def reel_of(device: Device, cell: Cell, batch: int, asked: tuple[int, ...]) -> Reel:
    """Forward, then back."""
    theta, inputs = make(device, cell, 5, batch, asked, batch)
    run = drain(cells.forward(device.xp, cell, theta, inputs))
    start = {f"{name}_init": value for name, value in inputs.start.items()}

    def known(families: dict[str, Any]) -> Env:
        seen = {name: (lambda t, v=v: v[t] if 0 <= t < T else None) for name, v in families.items()}
        return Env({**theta, **start, "B": inputs.B}, seen)

    given = {"x": inputs.x, "y": inputs.y}
    made = {name: [each.get(name) for each in run.made] for name in run.made[-1] if name != "x"}
    there, back = cells.lengths(cell, T, len(asked))
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
@pytest.mark.parametrize("asked", [tuple(range(T)), (0, T - 1)], ids=["all", "some"])
def test_every_rule_gives_its_step(cell: Cell, batch: int, asked: tuple[int, ...], device: Device) -> None:
    reel = reel_of(device, cell, batch, asked)
    assert [len(reel.tape(n)) for n in (0, 1)] == [section.length for section in reel.sections]
    rules = cells.rules(cell, mean=True)
    met = assert_rules_hold(device, reel, rules)
    unmet = ("road", "gh_kept") if len(asked) == T else ("road",)
    assert met == {op for op in rules if not op.startswith(unmet)}


@every
@pytest.mark.parametrize("batch", [1, B])
def test_how_much_of_the_gradient_arrives_where(cell: Cell, batch: int, device: Device) -> None:
    """Every rule of the walk holds, and its shares are the lengths of ∂E/∂(state on the road) over the last of them."""
    net = Net(device, cell, *make(device, cell, 8, batch, (T - 1,)))
    section = net.reach((("reach", -1),))
    reel = Reel([section], GRAINS)
    assert len(reel.tape(0)) == section.length
    assert assert_rules_hold(device, reel, reach.rules(cell, T)) == {"end", "reach"}
    shares = [float(device.get(share)) for share in drain(reach.reach(device.xp, net.on_road))]
    sizes = [float((device.get(net.left[f"g{cell.lasting}[{k}]"]) ** 2).sum()) ** 0.5 for k in range(T)]
    np.testing.assert_allclose(shares, np.array(sizes) / sizes[-1], rtol=1e-14)
    assert shares[-1] == 1.0
    assert len(set(shares)) == T


@pytest.mark.parametrize("seed", range(3))
def test_the_plain_cell_is_the_lectures_network(seed: int) -> None:
    """The same states and gradient as `engine.recurrent.srn`, whose names are the lecture's."""
    theta, inputs = make(HOST, plain.SRN, seed)
    theirs = srn.Params(*(theta[name] for name in ("Uh", "Wh", "V", "bh", "by")))
    given = srn.Inputs(inputs.x, [y for y in inputs.y if y is not None], inputs.start["h"])
    run, tanh = drain(cells.forward(np, plain.SRN, theta, inputs)), ACTIVATIONS["tanh"]
    wanted = drain(srn.forward(np, tanh, theirs, given))
    np.testing.assert_array_equal([made["h"] for made in run.made], wanted.s)
    grad, same = (
        drain(cells.sweep(np, plain.SRN, theta, inputs, run)),
        drain(srn.sweep(np, tanh, theirs, given, wanted)),
    )
    for name, value in zip(("Uh", "Wh", "V", "bh", "by"), same, strict=True):
        np.testing.assert_allclose(grad[name], value, atol=1e-13)


@gated
def test_one_loss_alone_adds_up_to_the_sweep(cell: Cell) -> None:
    """Rows of the ledger: each the gradient of its own loss, their sum what the sweep finds, all at once the same."""
    theta, inputs = make(HOST, cell, 6)
    run = drain(cells.forward(np, cell, theta, inputs))
    columns: list[Array] = []
    rows = []
    for t in range(T):
        values: dict[str, Array] = {}
        walk, found = ledger.row(np, cell, theta, inputs, run, t, columns), None
        count = 0
        while found is None:
            try:
                step = next(walk)
                values |= step.values
                count += 1
            except StopIteration as end:
                found = end.value
        assert count == ledger.length(cell, t)
        columns = [values[f"column[{k}]"] for k in range(t + 1)]
        rows.append(found)
    left: dict[str, Array] = {}
    for step in cells.sweep(np, cell, theta, inputs, run):
        left |= step.values
    whole = ledger.whole(np, cell, theta, inputs, run)
    for k in range(T):
        np.testing.assert_allclose(columns[k], left[f"{ledger.road(cell)}[{k}]"], atol=1e-13)
        for name in ("gh", *(f"delta_{gate}" for gate in cell.gates)):
            np.testing.assert_allclose(sum(row[k][name] for row in rows[k:]), left[f"{name}[{k}]"], atol=1e-13)
            side_by_side = np.concatenate([row[k][name] for row in rows[k:]], axis=1)
            np.testing.assert_allclose(whole[k][name], side_by_side, atol=1e-14)
    alone = inputs._replace(y=[None] * (T - 1) + [inputs.y[T - 1]])
    last: dict[str, Array] = {}
    for step in cells.sweep(np, cell, theta, alone, run):
        last |= step.values
    for k in range(T):
        for name in ("gh", *(f"delta_{gate}" for gate in cell.gates)):
            np.testing.assert_allclose(rows[T - 1][k][name], last[f"{name}[{k}]"], atol=1e-14)


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
    ("lstm", "gh * o * (1 - xp.tanh(c) ** 2) + later['gc'] * later['f']", "gh * o + later['gc'] * later['f']"),
    ("lstm", "theta[f'W{q}'].T @ later[f'delta_{q}']", "theta[f'W{q}'] @ later[f'delta_{q}']"),
    ("lstm", '(delta, before["h"])', '(delta, now["h"])'),
    ("gru", "gh * (h - n) * z * (1 - z)", "gh * (n - h) * z * (1 - z)"),
    ("gru", "gh * (1 - z) * (1 - n**2)", "gh * (1 - n**2)"),
    ("gru", 'delta_n * now["m"]', "delta_n * h"),
    ("gru", '(theta["Wn"].T @ delta_n) * h', '(theta["Wn"] @ delta_n) * h'),
    ("gru", "reset * r * (1 - r)", "reset * (1 - r)"),
    ("gru", 'later["gh"] * later["z"] + gates', "gates"),
    ("gru", "(delta * r, h)", "(delta, h)"),
    ("gru", "(delta, r * h)", "(delta, h)"),
    ("gru", 'theta["Wn"].T @ (delta_n * r)', 'theta["Wn"].T @ delta_n'),
    ("gru", '(theta["Wn"].T @ delta_n) * r', 'theta["Wn"].T @ delta_n'),
]


@pytest.mark.mutation
@pytest.mark.parametrize(("name", "old", "new"), MUTATIONS)
def test_a_broken_gate_is_noticed(name: str, old: str, new: str) -> None:
    module = f"engine.gated.{name}"
    broken = load(module, compiled(Mutant(module, "", old, new)))
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
