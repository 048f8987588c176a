"""Training on windows: what is read when, that an update opened is the update, letters drawn, nets in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Device, rng
from engine.gated import cell as cells
from engine.gated.cell import Cell, Inputs
from engine.gated.net import Net
from engine.gated.run import writing
from engine.gated.run.files import CELLS as KINDS
from engine.gated.run.files import Kept, Model, ModelError, keep, load, resume, save
from engine.gated.run.streams import Latch, Sequences, Source, Streams, walked
from engine.gated.run.training import GatedRun, SequenceRun, Snapshot
from engine.maths.optimisers import OPTIMISERS
from engine.walks import descent
from engine.walks.history import State
from engine.walks.reel import Env, Reel, Section
from engine.walks.step import drain
from engine.walks.training import Learning, Recipe
from tests.engine.ruling import assert_rules_hold
from tests.engine.test_cells import CELLS, every

GRAINS = {"act": 0, "update": 1, "phase": 2, "t": 3, "k": 3, "layer": 4, "op": 6}
H = 4
TEXT = rng(1, 1).integers(0, 5, 47)


def theta_of(device: Device, cell: Cell, source: Source, seed: int = 0) -> dict[str, Any]:
    draw = rng(seed, 3)
    shapes = cell.shapes(H, source.outputs, source.inputs)
    return {name: device.put(0.4 * draw.normal(size=(*shape, 1)[:2])) for name, shape in shapes.items()}


def look(n: int, before: tuple[Any, ...], learning: Learning[Any], seen: Snapshot) -> tuple[Any, ...]:
    """All that was seen."""
    return (*before, seen)


def school(device: Device, cell: Cell, source: Source, optimiser: str = "adam") -> GatedRun[tuple[Any, ...]]:
    return GatedRun(device, cell, Recipe(OPTIMISERS[optimiser], 0.05, 0.6), source, H, look)


def sequences(T: int, first: int, B: int) -> Sequences:
    """Twenty sequences of five numbers a timestep, the losses from timestep `first` on."""
    draw = rng(4, 4)
    return Sequences(draw.normal(size=(20, T, 5)), draw.integers(0, 3, (20, T - first)), 3, B, 7)


STREAMS = Streams(TEXT, 5, 4, 3)
SOURCES: dict[str, Source] = {
    "streams": STREAMS, "one stream": Streams(TEXT, 5, 6, 1), "latch": Latch(6, 5, 0.5, 2),
    "some losses": sequences(6, 2, 4),
}  # fmt: skip
both = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)


def test_streams_read_all_of_every_row_in_order() -> None:
    """47 letters in 3 rows of 15 pairs: 3 windows of 4, the last 3 letters of each row left out; then again."""
    source = Streams(TEXT, 5, 4, 3)
    assert source.windows == 3
    for n in range(7):
        window, first = source.window(n), n % 3 * 4
        assert window.fresh == (n % 3 == 0)
        for b in range(3):
            row = TEXT[15 * b : 15 * b + 16]
            np.testing.assert_array_equal(window.x[:, b], row[first : first + 4])
            np.testing.assert_array_equal(window.y[:, b], row[first + 1 : first + 5])
    assert Streams(TEXT[:3], 5, 25, 1).T == 2
    with pytest.raises(ValueError, match="too few"):
        Streams(TEXT[:3], 5, 25, 4)


def test_a_latch_is_drawn_for_its_update_alone() -> None:
    source = Latch(9, 64, 0.5, 3)
    one, other = source.window(5), source.window(6)
    np.testing.assert_array_equal(one.x, Latch(9, 64, 0.5, 3).window(5).x)
    np.testing.assert_array_equal(one.x[0, :, 0], 2.0 * one.y - 1)
    assert 0.4 < one.x[1:].std() < 0.6
    assert 0.2 < one.y.mean() < 0.8
    assert not np.array_equal(one.x[1:], other.x[1:])


def test_sequences_are_drawn_for_their_update_alone() -> None:
    """Each at most once, its own targets with it; of fewer than a batch all."""
    source = sequences(6, 2, 8)
    one, other = source.window(5), source.window(6)
    np.testing.assert_array_equal(one.x, sequences(6, 2, 8).window(5).x)
    assert (one.x.shape, one.y.shape) == ((6, 8, 5), (4, 8))
    rows = [int(np.flatnonzero((source.x[:, 0] == one.x[0, b]).all(axis=1))[0]) for b in range(8)]
    assert len(set(rows)) == 8
    for b, row in enumerate(rows):
        np.testing.assert_array_equal(one.x[:, b], source.x[row])
        np.testing.assert_array_equal(one.y[:, b], source.y[row])
    assert not np.array_equal(one.x, other.x)
    assert sequences(6, 2, 100).window(0).x.shape[1] == 20


@every
@both
def test_full_speed_is_the_walk(cell: Cell, source: Source, device: Device) -> None:
    """Four updates: on the host the fast form, elsewhere the walk; the states carried on; every update opened."""
    if device is not HOST and cell.layers > 1:
        pytest.skip("one layer is enough for another device")
    theta = theta_of(HOST, cell, source)
    mine = school(device, cell, source)
    state = mine.start({name: device.put(value) for name, value in theta.items()}, ())
    other = school(HOST, cell, source)
    wanted = other.start(theta, ())
    for n in range(4):
        opened = mine.inside(state, GRAINS)
        learning, seen = other.walked(n, wanted.data)
        state = mine.advance(state)
        wanted = State(n + 1, learning._replace(reading=wanted.data.reading))
        for name, value in learning.theta.items():
            np.testing.assert_allclose(device.get(state.data.theta[name]), value, rtol=1e-9, atol=1e-12)
            found = opened.get(name, opened.total)
            assert found is not None
            np.testing.assert_allclose(device.get(found), value, rtol=1e-9, atol=1e-12)
        last = state.data.reading[-1]
        assert last.loss == pytest.approx(float(learning.loss), rel=1e-10)
        assert last.reach == pytest.approx(seen.reach, rel=1e-8)
        if source.first:
            np.testing.assert_array_equal(last.guesses, seen.guesses)
        for name, value in (learning.carried or {}).items():
            np.testing.assert_allclose(device.get(state.data.carried[name]), value, atol=1e-11)


LETTERS = rng(2, 2).integers(0, 12, 4 * 3 * 26)
USES: dict[str, tuple[Source, tuple[str, ...], int, Any]] = {
    "memory": (Latch(25, 8, 0.5, 1), ("srn", "relu", "lstm", "gru"), 1, float),
    "memory of one bit": (Latch(3, 1, 0.2, 4), ("srn", "relu", "lstm", "gru"), 1, float),
    "generate": (Streams(LETTERS, 12, 25, 1), ("srn", "lstm", "gru"), 1, float),
    "generate, two layers": (Streams(LETTERS, 12, 25, 4), ("srn", "lstm", "gru"), 2, float),
    "generate, before": (Streams(LETTERS, 12, 13, 4), ("gru-before",), 2, float),
    "shapes": (sequences(9, 3, 6), ("srn", "lstm", "gru"), 1, float),
    "shapes, one timestep": (sequences(1, 0, 6), ("srn", "lstm", "gru"), 1, float),
    "train charnn": (Streams(LETTERS, 12, 25, 4), ("srn", "lstm", "gru", "gru-before"), 3, np.float32),
}
"""How lessons and the command line use the fast form: what is read and when it is asked, kinds of cells, layers."""


@pytest.mark.parametrize(("use", "kind"), [(use, kind) for use, (_, kinds, *_) in USES.items() for kind in kinds])
def test_every_use_of_the_fast_form_is_the_walk(use: str, kind: str) -> None:
    """Loss at the end or at each step, layers, states carried or fresh: each update beside the walk's."""
    source, _, layers, dtype = USES[use]
    cell = KINDS[kind]._replace(layers=layers)
    made = GatedRun(HOST, cell, Recipe(OPTIMISERS["adam"], 0.02, 0.6), source, 16, look, dtype)
    draw, within = rng(5, 5), 1e-10 if dtype is float else 2e-4
    shapes = cell.shapes(16, source.outputs, source.inputs)
    state = made.start({p: draw.normal(0, 0.3, (*s, 1)[:2]).astype(dtype) for p, s in shapes.items()}, ())
    for n in range(6):
        learning, seen = made.walked(n, state.data)
        state = made.advance(state)
        last = state.data.reading[-1]
        assert last.loss == pytest.approx(seen.loss, rel=within)
        for name, value in learning.theta.items():
            assert np.abs(state.data.theta[name] - value).max() < 10 * within, name
        for name, value in (learning.carried or {}).items():
            assert np.abs(state.data.carried[name] - value).max() < within, name
        if source.first:
            np.testing.assert_array_equal(last.guesses, seen.guesses)
            assert last.reach == pytest.approx(seen.reach, rel=1e-8)


def test_memory_goes_on_over_the_border_of_a_window() -> None:
    """The first window's states reach the second: without them its loss is another."""
    source, cell = STREAMS, CELLS["lstm"]
    mine = school(HOST, cell, source)
    state = mine.advance(mine.start(theta_of(HOST, cell, source), ()))
    fresh = mine.advance(state._replace(data=state.data._replace(carried=None)))
    assert mine.advance(state).data.loss != fresh.data.loss
    again = mine.before(source.windows, state.data.carried)
    assert not any(value.any() for value in again.values())


@every
@both
def test_every_rule_of_an_opened_update(cell: Cell, source: Source) -> None:
    mine = school(HOST, cell, source)
    state = mine.advance(mine.start(theta_of(HOST, cell, source), ()))
    opened = mine.inside(state, GRAINS)
    assert [len(opened.tape(n)) for n in range(4)] == [section.length for section in opened.sections]
    rules = {**cells.rules(cell, mean=True), **descent.rules(OPTIMISERS["adam"], cell.names)}
    met = assert_rules_hold(HOST, opened, rules)
    assert {"e", "g_norm", f"gh_last{cell.levels[-1]}"} <= met
    assert ("gh_kept" + cell.levels[-1] in met) == bool(source.first)


# writing


def written(device: Device, cell: Cell, chances: list[float], temperature: float, top: int) -> Reel:
    """A net that writes a few letters."""
    source = SOURCES["one stream"]
    theta, x = theta_of(device, cell, source, 4), device.put([[0.0], [1.0], [0.0], [0.0], [0.0]])
    start = {name: device.put(0.5 * rng(5, n).normal(size=(H, 1))) for n, name in enumerate(cell.carry)}
    u = [device.put([[each]]) for each in chances]
    letters = device.put([[float(n)] for n in range(5)])
    plain = {**theta, **{f"{name}_init": value for name, value in start.items()}, "letters": letters, "last": 4.0}
    families = {"x": lambda t: x if t == 0 else None, "u": lambda t: u[t] if 0 <= t < len(u) else None}
    section = Section(
        (("write", -1),),
        lambda: writing.write(device, cell, theta, start, x, u, temperature, top, (("write", -1),)),
        lambda: Env({**plain, "tau": temperature, "top": top}, families),
        writing.length(cell, len(chances), top),
    )
    return Reel([section], GRAINS)


@every
@pytest.mark.parametrize("top", [0, 2])
def test_every_rule_of_writing(cell: Cell, top: int, device: Device) -> None:
    reel = written(device, cell, [0.1, 0.9, 0.5, 0.999999], 0.7, top)
    assert len(reel.tape(0)) == reel.total
    met = assert_rules_hold(device, reel, writing.rules(cell))
    assert set(writing.RULES) - met == (set() if top else {"q_top"})


def test_letters_are_drawn_as_often_as_they_are_likely() -> None:
    """The first letter, 4,000 times at each of two temperatures; what is not among the top never comes."""
    cell = CELLS["gru after"]
    for temperature, top in ((0.5, 0), (2.0, 0), (1.0, 2)):
        reel = written(HOST, cell, [0.5], temperature, top)
        q = np.asarray(reel.get("q[0]", reel.total))[:, 0]
        assert q.sum() == pytest.approx(1)
        assert np.count_nonzero(q) == (top or 5)
        counts = np.zeros(5)
        for u in rng(6).random(4000):
            F = np.cumsum(q)
            counts[min(int((u > F).sum()), 4)] += 1
        picks = [int(np.asarray(written(HOST, cell, [u], temperature, top).get("pick[0]", 99)).item())
                 for u in (1e-9, 0.5, 1 - 1e-12)]  # fmt: skip
        assert picks == [int((np.cumsum(q) < u).sum()) for u in (1e-9, 0.5, 1 - 1e-12)]
        np.testing.assert_allclose(counts / 4000, q, atol=0.03)
    sharp = np.asarray(written(HOST, cell, [0.5], 0.02, 0).get("q[0]", 99))
    assert sharp.max() > 0.99


def test_what_was_written_is_read() -> None:
    reel = written(HOST, CELLS["srn"], [0.3, 0.8, 0.6], 1.0, 0)
    for t in (1, 2):
        x, pick = reel.get(f"x[{t}]", reel.total), reel.get(f"pick[{t - 1}]", reel.total)
        assert int(np.asarray(x).argmax()) == int(np.asarray(pick).item())


# files


def model_of(kind: str, layers: int = 1) -> Model:
    cell = KINDS[kind]._replace(layers=layers)
    return Model(kind, layers, theta_of(HOST, cell, STREAMS, 8), "abc d", lower=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layers", [1, 2])
def test_a_net_comes_back(kind: str, layers: int, tmp_path: Path) -> None:
    model, path = model_of(kind, layers), tmp_path / "net.npz"
    save(path, model)
    again = load(path)
    assert (again.kind, again.layers, again.letters, again.lower) == (kind, layers, "abc d", True)
    for name, value in model.theta.items():
        np.testing.assert_array_equal(again.theta[name], value.astype(np.float32))
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", KINDS)
def test_keys_of_files_stay(kind: str, tmp_path: Path) -> None:
    """W is what reads the input and U what reads the state, as in the first version, whatever they are called here."""
    model = model_of(kind, 2)
    memory = {f"G_{name}": value + 1 for name, value in model.theta.items()}
    keep(tmp_path / "net.npz", Kept(model, 3, memory, None, {}))
    with np.load(tmp_path / "net.npz") as held:
        for q in model.cell.gates:
            for level in model.cell.levels:
                for mine, theirs in (("U", "W"), ("W", "U"), ("b", "b")):
                    value, there = model.theta[f"{mine}{q}{level}"], f"{theirs}{q}{level}"
                    np.testing.assert_array_equal(held[there], value if mine != "b" else value[:, 0])
                    np.testing.assert_array_equal(held[f"memory.G_{there}"], value + 1)
    again = resume(tmp_path / "net.npz")
    for name, value in memory.items():
        np.testing.assert_array_equal(again.memory[name], value)
        np.testing.assert_array_equal(again.model.theta[name[2:]], model.theta[name[2:]])


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"V": None}, "missing"),
        ({"Wi": np.zeros((2, 2), np.float32)}, "shape"),
        ({"by": np.full(5, np.nan, np.float32)}, "finite"),
        ({"Uo": np.zeros((4, 4), int)}, "kind_of"),
        ({"about": {"format": "other"}}, "archive"),
        ({"about": {"cell": "dnc"}}, "kind"),
        ({"about": {"layers": 99}}, "kind"),
        ({"about": {"letters": "aabcd"}}, "letters"),
    ],
)
def test_a_broken_file_is_named(change: dict[str, Any], key: str, tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    save(path, model_of("lstm"))
    with np.load(path) as held:
        arrays = {name: held[name] for name in held.files}
    for name, value in change.items():
        if name == "about":
            about = json.loads(arrays["about"].tobytes()) | value
            arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
        elif value is None:
            del arrays[name]
        else:
            arrays[name] = value
    np.savez(path, **arrays)
    with pytest.raises(ModelError) as found:
        load(path)
    assert found.value.key == key


@pytest.mark.parametrize("content", [b"", b"PK", b"hello, world", b"\x80\x04\x95pickle"])
def test_what_is_no_archive(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="archive"):
        load(path)
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object))
    with pytest.raises(ModelError, match="archive"):
        load(tmp_path / "objects.npy")


class Opening:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_no_code_in_an_archive_is_run(tmp_path: Path) -> None:
    path, mark = tmp_path / "net.npz", tmp_path / "mark"
    save(path, model_of("lstm"))
    with np.load(path) as held:
        arrays: dict[str, Any] = {name: held[name] for name in held.files}
    np.savez(path, **arrays | {"more": np.array([Opening(mark)], dtype=object)})
    with pytest.raises(ModelError, match="archive"):
        load(path)
    assert not mark.exists()


@pytest.mark.parametrize("kind", ["lstm", "gru", "srn"])
def test_a_run_taken_up_is_the_run(kind: str, tmp_path: Path) -> None:
    """Six updates at once, or three, a checkpoint, and three more: the same to the bit."""
    source = STREAMS
    model = model_of(kind, 2)
    mine = school(HOST, model.cell, source)
    state = mine.start(model.theta, ())
    for n in range(6):
        if n == 3:
            data = state.data
            kept = Kept(model._replace(theta=data.theta), n, data.memory, data.carried, {"rate": 0.05})
            keep(tmp_path / "net.checkpoint", kept)
        state = mine.advance(state)
    held = resume(tmp_path / "net.checkpoint")
    assert (held.done, held.about) == (3, {"rate": 0.05})
    again = State(3, state.data._replace(theta=held.model.theta, memory=held.memory, carried=held.carried))
    for _ in range(3):
        again = mine.advance(again)
    for name, value in state.data.theta.items():
        np.testing.assert_array_equal(again.data.theta[name], value)


@pytest.mark.peer
@pytest.mark.parametrize("kind", ["lstm", "gru", "srn", "relu"])
@pytest.mark.parametrize("layers", [1, 2])
def test_pytorch_takes_an_exported_net(kind: str, layers: int, tmp_path: Path) -> None:
    """The arrays of a file, laid on top of one another, are the state of PyTorch's modules: the same outputs."""
    torch = pytest.importorskip("torch", reason="no PyTorch here: pip install 'unroll-nn[peers]'")
    model = model_of(kind, layers)
    save(tmp_path / "net.npz", model)
    with np.load(tmp_path / "net.npz", allow_pickle=False) as file:
        held = {name: torch.from_numpy(file[name]) for name in file.files if name != "about"}
    order = {"lstm": "ifgo", "gru": "rzn"}.get(kind, "h")
    made = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.get(kind, torch.nn.RNN)
    net = made(5, H, num_layers=layers, **({"nonlinearity": "relu"} if kind == "relu" else {}))
    state: dict[str, Any] = {}
    for n, level in enumerate(model.cell.levels):
        inner = [held[f"bm{level}"] if kind == "gru" and q == "n" else torch.zeros(H) for q in order]
        state |= {
            f"weight_ih_l{n}": torch.cat([held[f"W{q}{level}"] for q in order]),
            f"weight_hh_l{n}": torch.cat([held[f"U{q}{level}"] for q in order]),
            f"bias_ih_l{n}": torch.cat([held[f"b{q}{level}"] for q in order]),
            f"bias_hh_l{n}": torch.cat(inner),
        }
    net.load_state_dict(state)
    x = rng(7).integers(0, 5, (9, 2))
    with torch.no_grad():
        top, _ = net(torch.eye(5)[torch.from_numpy(x)])
        theirs = (top @ held["V"].T + held["by"]).numpy()
    zero = {name: np.zeros((H, 2)) for name in model.cell.carry}
    eye = np.eye(5)
    inputs = Inputs([eye[:, row] for row in x], [eye[:, row] for row in x], zero)
    run = drain(cells.forward(np, model.cell, load(tmp_path / "net.npz").theta, inputs))
    np.testing.assert_allclose(np.stack([m["a"].T for m in run.made]), theirs, atol=2e-6)


def test_a_window_is_the_mean_over_its_examples() -> None:
    source = STREAMS
    inputs = walked(HOST, source, source.window(0), {"h": np.zeros((H, 3))})
    assert inputs.B == 3


def test_reach_is_nothing_where_nothing_comes_back() -> None:
    """Without W nothing of the error at the end reaches the first timestep; where there is no error it says nothing."""
    cell, source = CELLS["relu"], SOURCES["latch"]
    theta = theta_of(HOST, cell, source)
    theta |= {"bh": theta["bh"] + 10, "Wh": 0 * theta["Wh"]}
    made = school(HOST, cell, source)
    first = walked(HOST, source, source.window(0), made.before(0, None))
    assert made.reach(theta, first) == 0
    assert np.isnan(made.reach({**theta, "V": 0 * theta["V"]}, first))


def first_window(cell: Cell) -> Inputs:
    """What the first update on `STREAMS` reads."""
    run = school(HOST, cell, STREAMS)
    return walked(HOST, STREAMS, STREAMS.window(0), run.before(0, None))


def test_rows_of_a_ledger_stop_at_its_edges() -> None:
    cell = CELLS["lstm"]
    theta = theta_of(HOST, cell, STREAMS)
    net = Net(HOST, cell, theta, first_window(cell))
    above = net._above(2)
    assert above["gh"](1, 0) is not None
    assert above["gh"](1, -1) is None
    assert above["gh"](0, 1) is None
    assert above["gh"](2, 0) is None
    env = net.env(True)
    for family in ("x", "y", "h", "c"):
        assert env.get(f"{family}[{net.T - 1}]") is not None
        assert env.get(f"{family}[-1]") is env.get(f"{family}[{net.T}]") is None
    x, y, start, *_ = net.inputs
    single = Net(HOST, cell, theta, Inputs(x[:1], y[:1], start))
    assert set(single._above(0)) == set(above)


def test_a_state_is_no_smaller_than_its_numbers() -> None:
    cell, adam = CELLS["lstm"], OPTIMISERS["adam"]
    theta = theta_of(HOST, cell, STREAMS)
    run = SequenceRun[None](HOST, cell, Recipe(adam, 0.1, 1.0), first_window(cell))
    start = run.start(theta)
    track = run.track(start, GRAINS)
    assert track.size >= sum(array.nbytes for array in (*theta.values(), *start.data.memory.values()))
