"""Training word2vec as a row of states: an update opened is the update that was made, down to each number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from engine.walks.gradient_check import checked
from engine.walks.history import History
from engine.words import vectors
from engine.words.kernel.fast import Vectors, halves, packed, unpacked
from engine.words.run import live as living
from engine.words.run import training
from engine.words.run.live import Live
from engine.words.run.sample import chance, loss, mean_loss, sample
from engine.words.run.training import Settings
from tests.engine.test_word2vec_training import FORMS, text_of

GRAINS = {"act": 0, "update": 1, "batch": 2, "n": 3, "phase": 4, "c": 5, "j": 5, "w": 5, "op": 6}


def live(seed: int, **given: Any) -> Live:
    vocabulary, text = text_of(seed, 400)
    plan = {"dim": 6, "window": 3, "sample": 0.05, "seed": seed, "batch": 8, "group": 8, "shared": 5, "alpha": 0.1}
    settings = Settings(**(plan | {"epochs": 3} | given))
    return Live(HOST, settings, vocabulary, text, {w: str(w % 3) for w in range(30)}, [0, 3, 7])


def begun(made: Live) -> Vectors:
    """Vectors of which none is zero."""
    start, draw = made.run.start(), np.random.default_rng(3)
    start.table[:-1] = draw.normal(size=start.table[:-1].shape) * 0.5
    if start.nodes is not None:
        start.nodes[:-1] = draw.normal(size=start.nodes[:-1].shape) * 0.5
    return start


@pytest.mark.parametrize("per", [1, 3])
@pytest.mark.parametrize(("model", "kind", "exact"), FORMS)
def test_an_update_opened_is_the_update(
    model: str, kind: str, exact: bool, per: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if per > 1:
        monkeypatch.setattr(living, "COPIED", 8 * 40 * 6 * 2 // 2)
    made = live(4, model=model, loss=kind, exact=exact)
    assert made.per == per
    history = History(made.track(made.start(begun(made)), GRAINS))
    history.grow(4)
    for n in range(3):
        reel = history.track.inside(history.state(n))
        assert [len(reel.tape(i)) for i in range(len(reel.sections))] == [s.length for s in reel.sections]
        after = [np.array(half) for half in halves(history.state(n + 1).data.vectors)]
        names = ("v", "theta" if kind == "hs" else "u")
        moved = 0
        ends = [reel.starts[i + 1] for i, each in enumerate(reel.sections) if each.place[-1][0] == "move"]
        assert len(ends) == per
        for name, half in zip(names, after, strict=True):
            for w in range(len(half) - 1):
                values = [reel.get(f"{name}[{w}]", end) for end in reversed(ends)]
                found = next((value for value in values if value is not None), None)
                if found is not None:
                    moved += 1
                    np.testing.assert_allclose(found[:, 0], half[w], rtol=0, atol=1e-12)
        assert moved > 10


@pytest.mark.parametrize("tree", [False, True])
def test_the_loss_of_no_examples_is_nothing(tree: bool) -> None:
    none = sample(HOST, [], tree)
    assert none.pairs == 0
    table = np.random.default_rng(0).normal(size=(4, 3))
    assert mean_loss(np, none, table, table[::-1]) == 0


@pytest.mark.parametrize(("model", "kind", "exact"), FORMS)
def test_a_state_is_no_smaller_than_its_vectors(model: str, kind: str, exact: bool) -> None:
    made = live(6, model=model, loss=kind, exact=exact)
    start = made.start(begun(made))
    assert made.track(start, GRAINS).size >= sum(each.nbytes for each in start.data.vectors if each is not None)


@pytest.mark.parametrize(("model", "kind", "exact"), FORMS)
def test_the_loss_of_a_sample_is_the_walks(model: str, kind: str, exact: bool) -> None:
    made = live(5, model=model, loss=kind, exact=exact)
    start = begun(made)
    opened = made.opened(0, 1, lambda: start, ())
    some = sample(HOST, opened.some, kind == "hs")
    grads, L = opened.passed(len(opened.some))
    assert len(grads) > 10
    assert float(loss(np, some, *halves(start))) == pytest.approx(float(L[0, 0]), abs=1e-12)
    weights = [[(float(t.m[0, 0]), float(t.t[0, 0])) for t in e.targets] for e in opened.some]
    if model == "cbow":
        assert some.pairs == len(opened.some)
    elif kind == "ns":
        assert some.pairs == pytest.approx(sum(m * t for example in weights for m, t in example))
    else:
        assert some.pairs == pytest.approx(sum(example[0][0] for example in weights))


@pytest.mark.parametrize(("model", "kind", "exact"), FORMS)
def test_tables_are_packed_and_unpacked_without_loss(model: str, kind: str, exact: bool) -> None:
    start = begun(live(2, model=model, loss=kind, exact=exact))
    tables = unpacked(HOST, start)
    assert list(tables) == ["V", "Theta" if kind == "hs" else "U"]
    assert len(tables["V"]) - len(tables.get("Theta", tables["V"])) == (kind == "hs")
    for one, other in zip(packed(HOST, tables), start, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("model", "kind"), [("sg", "ns"), ("sg", "hs"), ("cbow", "ns"), ("cbow", "hs")])
def test_the_gradient_of_a_batch_is_that_of_its_loss_by_the_whole_tables(model: str, kind: str) -> None:
    made = live(7, model=model, loss=kind, exact=True)
    start = begun(made)
    objective = made.opened(0, 1, lambda: start, ()).objective()
    for name, table in unpacked(HOST, start).items():
        assert objective.gradient[name].shape == table.shape
        assert max(cell.gap for cell in checked(HOST, objective, name, 64)) < 1e-7


@pytest.mark.parametrize(("model", "kind"), [("sg", "ns"), ("sg", "hs"), ("cbow", "ns"), ("cbow", "hs")])
def test_the_chance_of_an_example_is_that_of_its_walk(model: str, kind: str) -> None:
    made = live(8, model=model, loss=kind, exact=True)
    start, tree = begun(made), kind == "hs"
    opened, (v, out) = made.opened(0, 1, lambda: start, ()), halves(start)
    for n, example in enumerate(opened.some[:5]):
        p = [float(value[0, 0]) for step in opened.example(n) if step.op == "p" for value in step.values.values()]
        did = [x if float(t.t[0, 0]) else 1 - x for x, t in zip(p, example.targets, strict=True)]
        assert chance(example, v, out, tree) == pytest.approx(float(np.prod(did)) if tree else did[0], rel=1e-12)


def test_the_run_is_that_of_the_trainer_and_ends_with_it() -> None:
    made = live(6)
    history = History(made.track(made.start(made.run.start()), GRAINS))
    while not history.track.done(history.latest):
        history.advance()
    learned = made.run.start()
    (last,) = list(training.learn(made.run, made.text, learned))[-1:]
    np.testing.assert_array_equal(history.latest.data.vectors.table, learned.table)
    assert history.latest.data.tokens == last.tokens
    assert history.curve(2)[-1] == last.tokens
    assert history.curve(3)[-1] > 0
    history.advance()  # it may go on, at the least rate
    assert not np.array_equal(history.latest.data.vectors.table, learned.table)


def test_states_come_back_to_the_bit_and_are_not_changed() -> None:
    made = live(7, loss="hs")
    history = History(made.track(made.start(begun(made)), GRAINS), bound=5 * made.size)
    held = [np.array(history.grow(n).data.vectors.nodes) for n in range(40)]
    for n in (39, 11, 12, 0, 30):
        np.testing.assert_array_equal(history.state(n).data.vectors.nodes, held[n])
    assert not np.array_equal(held[10], held[11])


def test_what_is_read_of_the_vectors() -> None:
    made = live(8)
    start = begun(made)
    reading = made.read(0, start)
    v = start.table[:-1, 0]
    assert reading.right == pytest.approx(vectors.purity(v, made.classes))
    for row, word in zip(reading.places, made.watched, strict=True):
        near = vectors.neighbours(v, [word], 5)[0]
        assert [int(row[each.word]) for each in near] == [0, 1, 2, 3, 4]
        assert row[word] == len(v) - 1
        assert sorted(row) == list(range(len(v)))


def test_a_number_out_of_bounds_is_noticed() -> None:
    made = live(9)
    start = begun(made)
    start.table[3, 0, 2] = np.nan
    history = History(made.track(made.start(start), GRAINS))
    history.advance()
    assert np.isnan(history.value(0) or 0.0)


def test_a_text_of_which_nothing_stays() -> None:
    vocabulary, text = text_of(3, 30)
    made = Live(HOST, Settings(sample=1e-12, dim=4, batch=8, group=8, shared=2, epochs=1), vocabulary, text, {}, [0])
    history = History(made.track(made.start(made.run.start()), GRAINS))
    assert history.grow(3).data.tokens <= 3
