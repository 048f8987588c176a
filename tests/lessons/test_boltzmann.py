"""`boltzmann`: its acts against the engine, its states, its training opened; and what the lesson claims, by seeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, rng
from engine.feedforward.mlp import Net
from engine.feedforward.mlp_training import Batches, Examples, MlpRun
from engine.images import rbm, rbm_exact
from engine.maths.activations import ACTIVATIONS
from engine.maths.optimisers import OPTIMISERS
from engine.walks.far import Far
from engine.walks.step import drain
from engine.walks.training import Recipe
from lessons.building.defaults import on_device
from lessons.building.picture_parts import log_bars, square
from lessons.building.training_panel import known
from lessons.contract.knobs import Refused
from lessons.course import course, open_lesson
from lessons.data.pictures.black_and_white import bars, half_known, pictures
from lessons.data.pictures.own import read_picture
from lessons.history.boltzmann import machine as exp
from lessons.player.player import Player
from lessons.player.show import everything
from lessons.player.state import restore
from tests.engine.cases import assert_close
from tests.engine.ruling import assert_rules_hold

CARD: Any = course()["boltzmann"]
SEEDS = range(5)


def made(seed: int | None = None, **knobs: Any) -> Player:
    player = Player(open_lesson(CARD), HOST, knobs, seed)
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    return player


def number(player: Player, name: str, p: int) -> float:
    value = player.reel.get(name, p)
    assert value is not None
    return float(value[0, 0])


def theta(player: Player) -> dict[str, Any]:
    return on_device(HOST, player.start.params)


def test_bars_and_stripes() -> None:
    assert bars(4).shape == (16, 30)
    assert bars(3).shape == (9, 14)
    for column in bars(4).T:
        picture = column.reshape(4, 4)
        assert (picture == picture[0]).all() or (picture == picture[:, :1]).all()


def test_units_fill_a_picture() -> None:
    assert [square(n) for n in (16, 64, 10, 7, 1)] == [(4, 4), (8, 8), (2, 5), (1, 7), (1, 1)]


def test_bars_of_probabilities() -> None:
    """Higher where a probability is larger, a dot where it is not known; nothing below 10⁻⁸."""
    marks = log_bars("p", [1.0, 1e-4, 1e-9, None], lit=1).marks
    columns = ["".join(text for _, column, text, _ in marks if column == 2 * m) for m in range(4)]
    assert columns == ["███", " ▄█", "   ", "  ·"]
    assert {role for _, column, _, role in marks if column == 2} == {"written"}


def test_the_known_parts_of_curves() -> None:
    nan = float("nan")
    curves = [("A", [nan, nan, 0.5, nan, 0.25, nan], 10), ("B", [nan], 0), ("C", [], 0)]
    ((name, y, first),) = known(curves)
    assert (name, list(y)[::2], first) == ("A", [0.5, 0.25], 12)


@pytest.mark.parametrize(
    "knobs", [{}, {"k": 3}, {"h0": "mean", "v1": "mean"}, {"data": "digits", "hidden": 6}], ids=str
)
def test_unit_by_unit_it_is_the_chain_of_the_engine(knobs: dict[str, Any]) -> None:
    player = made(1, **knobs)
    end = player.reel.starts[1]
    v0, of = np.array(player.start.inputs["v"])[:, None], exp.rule_of(player.knobs)
    W = player.start.params["W"]
    u = exp.drawn(HOST, player.knobs, W.shape, 1)
    run = drain(rbm.chain(np, theta(player), v0, u, of))
    assert_close(player.reel.get(f"v[{of.k}]", end), run.last[0], 1e-12)
    grad = drain(rbm.gradient(np, theta(player), run, u, of))
    for p in "Wab":
        assert_close(player.reel.get(f"d{p}", player.reel.starts[2]), grad[p], 1e-12)
        moved = theta(player)[p] - float(player.knobs["rate"]) * grad[p]
        assert_close(player.reel.get(p, player.reel.starts[2]), moved, 1e-12)


@pytest.mark.parametrize("data", ["bars", "small"])
def test_probabilities_are_exact(data: str) -> None:
    player = made(2, data=data)
    X = exp.shown(player.knobs, 2)
    end = player.reel.starts[3]
    p = [number(player, f"P[{n}]", end) for n in range(1, X.shape[1] + 1)]
    states = rbm_exact.columns(np, np.zeros((len(X), 1)), np.eye(len(X)))
    weight = np.exp(-rbm.free_energy(np, theta(player), states))[0]
    wanted = np.exp(-rbm.free_energy(np, theta(player), X))[0] / weight.sum()
    assert_close(p, wanted, 1e-10)
    E = number(player, "E", end)
    assert pytest.approx(-np.log(wanted).mean(), rel=1e-12) == E
    found = everything(player, all_steps=False)["result"]
    assert found["loss"] == pytest.approx(E, rel=1e-12)
    assert_close(found["p"], wanted, 1e-10)


def test_a_machine_too_large_to_sum() -> None:
    player = made(data="digits", hidden=25)
    assert "likelihood" not in {section.place[0][0] for section in player.reel.sections}
    cells = player.lesson.check(player.view(), "W")
    assert max(cell.gap for cell in cells) < 1e-6
    assert "p" not in everything(player, all_steps=False)["result"]
    player.to_act("train")
    player.forward()
    assert player.lesson.panels(player.view(), text())


def text() -> Any:
    from lessons.contract.text import load

    return load("lessons.history.boltzmann", "en")


def test_pixels_are_0_or_1() -> None:
    player = made()
    before = player.start.inputs["v"][3]
    player.edit("v[0]", (3,), f"{1 - before:g}")
    assert player.start.inputs["v"][3] == 1 - before
    with pytest.raises(Refused, match="0, 1"):
        player.edit("v[0]", (3,), "0.5")
    with pytest.raises(Refused):
        player.edit("h[0]", (0,), "1")


def test_states_of_other_sizes(tmp_path: Path) -> None:
    printed = everything(made(3, data="small", hidden=5), all_steps=False)
    file = tmp_path / "state.json"
    file.write_text(json.dumps(printed), encoding="utf-8")
    knobs, start, _ = restore(open_lesson(CARD), str(file), {})
    assert knobs["data"] == "small"
    assert start.params["W"].shape == (9, 5)
    for inputs, says in (({"v": [0.0] * 10}, "9, 16, 64"), ({"v": [0.5] * 16}, "v"), ({"seed": -1}, "seed")):
        harmed = {**printed, "inputs": {**printed["inputs"], **inputs}}
        if inputs.get("v", []):
            harmed["params"] = {"W": np.zeros((len(inputs["v"]), 5)).tolist()}  # type: ignore[arg-type]
        file.write_text(json.dumps(harmed), encoding="utf-8")
        with pytest.raises(Refused, match=says):
            restore(open_lesson(CARD), str(file), {})


def test_knobs_follow_the_net_and_the_data() -> None:
    deep, digits = made(net="dbn").knobs, made(data="digits").knobs
    assert (deep["data"], deep["hidden"], deep["v1"], deep["trained"]) == ("digits", 64, "mean", 0)
    assert (digits["rate"], digits["batch"]) == (0.2, 100)
    assert made(net="dbn", hidden=9).knobs["hidden"] == 9
    assert made(net="dbn", data="digits").start.params["W"].shape == (64, 64)


@pytest.mark.parametrize(
    ("knobs", "at"),
    [
        ({}, 3),
        ({"chain": "persistent", "k": 2, "decay": 0.01}, 4),
        ({"h0": "mean", "v1": "mean", "h_data": "sample", "h_model": "sample"}, 2),
        ({"net": "dbn", "layers": 2, "hidden": 9}, 3),
        ({"net": "dbn", "layers": 2, "hidden": 9, "begin": "random"}, 3),
        ({"net": "dbn", "layers": 1, "hidden": 9, "begin": "hundred"}, exp.PER_LAYER + 2),
    ],
    ids=str,
)
def test_an_opened_update_is_the_one_that_was_made(knobs: dict[str, Any], at: int) -> None:
    player = made(1, **knobs)
    player.to_act("train")
    track = player.branches[0].history.track
    history = player.branches[0].history
    history.grow(at + 1)
    reel = track.inside(history.state(at))
    assert_rules_hold(HOST, reel, player.lesson.rule(player.knobs))
    after = history.state(at + 1).data.theta
    if "W" in after:
        assert_close(reel.get("W", reel.total), after["W"], 1e-11)
    elif at < exp.prepared(player.knobs) * exp.PER_LAYER:
        assert_close(reel.get("W", reel.total), after["W1"].T, 1e-11)
    else:
        assert_close(reel.get("W1", reel.total), after["W1"], 1e-11)


def test_a_fork_with_another_chain_and_an_edited_first_layer() -> None:
    player = made(2)
    player.to_act("train")
    player.branches[0].history.grow(30)
    player.land(20, is_open=False)
    for knob, value in (("k", "5"), ("chain", "persistent"), ("decay", "0.01"), ("h0", "mean")):
        player.fork(knob, value)
        assert len(player.history) >= 30
    deep = made(2, net="dbn", layers=2, hidden=9)
    deep.to_act("train")
    deep.branches[0].history.grow(30)
    deep.land(20, is_open=False)
    deep.edit("W", (3, 2), "0.75")
    begun = deep.history.state(20).data.theta
    assert begun["W1"][2, 3] == 0.75
    assert begun["W2"].shape == (9, 9)


@pytest.mark.parametrize(
    ("ask", "knobs", "wanted"),
    [
        ("again", {}, "other"),
        ("again", {"h0": "mean", "trained": 0}, "other"),
        ("share", {"trained": 0}, "part"),
        ("share", {"trained": 3000}, "most"),
        ("falls", {}, "error"),
        ("falls", {"decay": 0.001}, "both"),
        ("starts", {"net": "dbn"}, "no"),
        ("starts", {"net": "dbn", "layers": 1}, "yes"),
    ],
    ids=str,
)
def test_answers(ask: str, knobs: dict[str, Any], wanted: str) -> None:
    player = made(**knobs)
    question = next(each for each in player.lesson.asks if each.id == ask)
    assert question.truth(player.view()) == wanted


def test_rivals_of_a_deep_net() -> None:
    player = made(net="dbn", begin="random")
    player.to_act("train")
    assert [branch.knobs["begin"] for branch in player.branches] == ["random", "machines", "hundred", "relu"]
    first = [branch.history.state(0).data.theta["W1"] for branch in player.branches]
    assert len({np.ascontiguousarray(W).tobytes() for W in first}) == 3
    assert not made().lesson.rivals(made().knobs, made().start)


# what the lesson claims


class Course:
    """Readings of training from scratch, every 100 updates."""

    def __init__(self, seed: int, updates: int, **knobs: Any) -> None:
        player = made(seed, trained=0, **knobs)
        player.to_act("train")
        track = player.branches[0].history.track
        state, found = track.begin, []
        for _ in range(updates):
            state = track.advance(state)
            if state.n % exp.EVERY == 0:
                found.append(state.data.reading)
        self.theta, self.player = state.data.theta, player
        self.likelihood, self.error = (np.array([getattr(r, n) for r in found]) for n in ("likelihood", "error"))

    @property
    def best(self) -> int:
        return int(self.likelihood.argmax())

    @property
    def fallen(self) -> float:
        """How far the likelihood is at the end under its best, in nats."""
        return float(self.likelihood.max() - self.likelihood[-5:].mean())

    def error_at(self, which: int) -> float:
        """The reconstruction error around a reading, the mean of nine."""
        return float(self.error[max(0, which - 4) : which + 5].mean())

    @property
    def p(self) -> Any:
        X = exp.shown(self.player.knobs, 0)
        return rbm_exact.probabilities(HOST, self.theta, X)[0]


@pytest.mark.exhaustive
def test_with_cd1_the_likelihood_falls_while_the_reconstruction_goes_on_improving() -> None:
    """PROOFS §2 (a), and that rare patterns starve: each of five seeds, 8,000 updates."""
    for seed in SEEDS:
        early, late = Course(seed, 3000), Course(seed, 8000)
        assert -4.9 < late.likelihood.max() < -4.5
        assert late.fallen > 0.2
        assert late.error_at(late.best) > 1.7 * late.error_at(len(late.error) - 5)
        assert late.p.sum() > early.p.sum() + 0.05, "samples get prettier"
        assert late.p.min() < early.p.min() / 3, "and rare patterns starve"


@pytest.mark.exhaustive
def test_never_sampling_costs_likelihood() -> None:
    """PROOFS §2 (b): more than a nat at best, and much more later, each of five seeds."""
    for seed in SEEDS:
        sampled, mean = Course(seed, 8000), Course(seed, 8000, h0="mean", v1="mean")
        assert mean.likelihood.max() < sampled.likelihood.max() - 1.2
        assert mean.likelihood[-1] < sampled.likelihood[-1] - 2.5


@pytest.mark.exhaustive
def test_what_helps() -> None:
    """PROOFS §2 (d): more steps, or a little decay; a persistent chain with a small rate goes on rising."""
    for seed in SEEDS:
        plain, more, less = (Course(seed, 8000, **g) for g in ({}, {"k": 5}, {"decay": 0.001}))
        assert min(more.likelihood.max(), less.likelihood.max()) > plain.likelihood.max() + 0.5
        assert min(more.likelihood[-1], less.likelihood[-1]) > plain.likelihood[-1] + 0.7
        assert less.fallen < 0.2
        persistent = Course(seed, 8000, chain="persistent", rate=0.02)
        assert persistent.likelihood[-1] > persistent.likelihood[60] > persistent.likelihood[40]


@pytest.mark.exhaustive
def test_the_exact_gradient_only_climbs() -> None:
    """PROOFS §2 (c): 3 × 3, every one of 3,000 steps raises the likelihood, five of five seeds."""
    for seed in SEEDS:
        x = bars(3)
        now = rbm.initial(HOST, rng(seed, 1), x, 8, 0.01)
        found = []
        for _ in range(3000):
            of = rbm_exact.objective(HOST, now, x)
            found.append(-float(of.loss()))
            now = {p: now[p] - 0.1 * of.gradient[p] for p in now}
        assert (np.diff(found) > 0).all()
        assert found[-1] > -3.5


@pytest.mark.exhaustive
def test_a_deep_belief_net_learns_where_a_random_start_does_not() -> None:
    """PROOFS §3: five seeds, 100 labels, 2,000 updates of back-propagation after 1,950 a layer.

    Prepared on the labelled pictures alone it is nearly as good: no win is claimed between these two, nor between a
    deep net and one layer of softmax, which is 10 % wrong.
    """
    wrong = {begin: [deep(begin, seed) for seed in SEEDS] for begin in exp.BEGINNINGS}
    assert max(wrong["machines"]) < 0.14
    assert np.mean(wrong["machines"]) < 0.1
    assert min(wrong["random"]) > 0.8
    assert max(wrong["hundred"]) < 0.17
    assert np.mean(wrong["machines"]) < np.mean(wrong["relu"]) - 0.015
    assert max(wrong["relu"]) < 0.2
    assert 0.08 < np.mean([softmax(seed) for seed in SEEDS]) < 0.13


def deep(begin: str, seed: int) -> float:
    """The share of wrong test pictures."""
    player = made(seed, net="dbn", begin=begin)
    track = player.lesson.track(HOST, player.knobs, player.start)
    assert track is not None
    state = track.begin
    for _ in range(exp.prepared(player.knobs) * exp.PER_LAYER + 2000):
        state = track.advance(state)
    return float(state.data.reading.wrong)


def softmax(seed: int) -> float:
    """The same of one layer on the pixels."""
    run = exp.deep(HOST, made(seed, net="dbn").knobs, seed)
    recipe = Recipe(OPTIMISERS["sgd"], 0.1, 1e300)
    none = Examples(run.test.x[:, :0], run.test.y[:, :0])
    own = MlpRun(HOST, Net(1, ACTIVATIONS["sigmoid"], "softmax"), recipe, Batches(20, seed), run.mlp.host, none)
    state = own.start({"W1": np.zeros((10, 64)), "b1": np.zeros((10, 1))})
    for _ in range(2000):
        state = own.advance(state)
    W, b = state.data.theta["W1"], state.data.theta["b1"]
    return float(((W @ run.test.x + b).argmax(axis=0) != run.test.y.argmax(axis=0)).mean())


@pytest.mark.parametrize("data", ["bars", "small"])
def test_a_deep_net_refuses_pictures_without_classes(data: str) -> None:
    player = Player(open_lesson(course()["boltzmann"]), HOST)
    with pytest.raises(Refused, match="data=digits"):
        player.set_knobs({"net": "dbn", "data": data})
    player.set_knobs({"net": "dbn"})
    assert player.knobs["data"] == "digits"
    with pytest.raises(Refused, match="data=digits"):
        player.set_knobs({"data": data})


# filling in, and a picture of one's own


def test_the_covered_half_is_filled_in_and_the_other_stays() -> None:
    player = made(1, data="digits", sweeps=3, covered="left")
    v = np.array(player.start.inputs["v"])
    known = np.arange(64) % 8 >= 4
    begin = player.reel.starts[-2]
    first = player.reel.get("v[0]", begin + 2)
    assert first is not None
    assert_close(first[:, 0], v * known, 0)
    for p in range(begin + 2, player.reel.total + 1):
        for n in range(4):
            value = player.reel.get(f"v[{n}]", p)
            assert value is None or (value[known, 0] == v[known]).all()
    end = player.reel.get("v[3]", player.reel.total)
    assert end is not None
    assert end[~known].any()
    found = everything(player, all_steps=False)["result"]
    assert found["filled"] == end[:, 0].tolist()


@pytest.mark.parametrize("covered", ["bottom", "top", "left", "right"])
@pytest.mark.parametrize("side", [3, 4, 8])
def test_halves(covered: str, side: int) -> None:
    known = half_known(side, covered).reshape(side, side)
    assert set(known.ravel()) == {0, 1}
    assert (known == 0).sum() == side * (side // 2)
    lines = known if covered in ("bottom", "top") else known.T
    assert (lines == lines[:, :1]).all()
    assert (lines[-1] == 0).all() == (covered in ("bottom", "right"))


def test_what_is_filled_in_is_found_by_chains() -> None:
    """Trained, several completions; one that is certain, and the one that was there, with weights that force it."""
    question = next(each for each in open_lesson(CARD).asks if each.id == "fills")
    assert question.truth(made(0).view()) == "several"
    assert question.truth(made(0, data="digits").view()) == "several"
    for a, wanted in ((-900.0, "one"), (900.0, "same")):
        player = made(0, trained=0)
        for i in range(16):
            player.edit("v[0]", (i,), "1")
            player.edit("a", (i,), f"{a:g}")
        assert question.truth(player.view()) == wanted


def own(**knobs: Any) -> Player:
    return made(0, picture="docs/data/digit.pgm", **knobs)


def test_a_picture_of_ones_own() -> None:
    """In black and white, with digits; as a pixmap and as text it is the same picture."""
    player, text = own(), made(0, picture="docs/data/digit.txt")
    assert player.knobs["data"] == "digits"
    v = np.array(player.start.inputs["v"])
    assert set(v) == {0, 1}
    assert v.tolist() == text.start.inputs["v"]
    ink = read_picture("docs/data/digit.pgm", (8,))
    assert v.tolist() == (ink >= 0.5).astype(float).ravel().tolist()
    assert player.start.params["W"].tobytes() == made(0, data="digits").start.params["W"].tobytes()
    F = number(player, "F_x", player.reel.starts[-2] + 1)
    assert pytest.approx(rbm.free_energy(np, theta(player), v[:, None])[0, 0], rel=1e-12) == F
    assert own(data="bars").start.inputs["v"] == (ink.reshape(4, 2, 4, 2).mean((1, 3)) >= 0.5).ravel().tolist()


@pytest.mark.parametrize("knobs", [{"data": "small"}, {"picture": "docs/data/none.pgm"}, {"picture": "docs/data.md"}])
def test_a_picture_that_does_not_fit_is_refused(knobs: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="docs/data"):
        made(0, **{"picture": "docs/data/digit.pgm", **knobs})


# how large numbers may be


@pytest.mark.parametrize("size", [1e3, 1e8, 1e18])
@pytest.mark.parametrize("p", "Wab")
def test_probabilities_sum_to_one_or_the_numbers_are_refused(p: str, size: float, tmp_path: Path) -> None:
    printed = everything(made(3, data="small", hidden=5), all_steps=False)
    value = size * rng(0, 5).choice([-1.0, 0.5, 1.0], np.shape(printed["params"][p]))
    file = tmp_path / "state.json"
    file.write_text(json.dumps({**printed, "params": {**printed["params"], p: value.tolist()}}), encoding="utf-8")
    player = made(3, data="small")
    if size > 1e3:
        with pytest.raises(Refused, match="1,000"):
            restore(open_lesson(CARD), str(file), {})
        with pytest.raises(Refused, match="1,000"):
            player.edit(p, (0, 0) if p == "W" else (0,), f"{-size:g}")
        return
    player.edit(p, (0, 0) if p == "W" else (0,), f"{-size:g}")
    states = rbm_exact.columns(np, np.zeros((9, 1)), np.eye(9))
    for start in (player.start, restore(open_lesson(CARD), str(file), {})[1]):
        given = on_device(HOST, start.params)
        assert rbm_exact.probabilities(HOST, given, states).sum() == pytest.approx(1, abs=1e-9)


def test_training_that_leaves_the_numbers_that_can_be_summed_says_so() -> None:
    player = made(0, trained=0, rate=10, decay=1)
    player.to_act("train")
    player.branches[0].history.grow(400)
    player.land(3, is_open=False)
    assert not any(panel.id == "large" for panel in player.lesson.panels(player.view(), text()))
    player.land(400, is_open=False)
    panels = player.lesson.panels(player.view(), text())
    assert any(panel.id == "large" for panel in panels)
    assert not any(panel.id in ("bars", "together") for panel in panels)
    assert np.isnan(player.history.state(400).data.reading.likelihood)


# what the lesson claims of filling in


@pytest.mark.exhaustive
def test_a_trained_machine_fills_in_what_goes_with_the_known_half() -> None:
    """Five seeds: likelier by two nats than covered pixels drawn by their means alone; an untrained one is not."""
    for seed in SEEDS:
        gains = []
        for trained in (0, 1500):
            player = made(seed, data="digits", trained=trained)
            found, v = exp.filled_again(player.knobs, player.start), np.array(player.start.inputs["v"])[:, None]
            assert len(np.unique(found.T, axis=0)) > 1
            x, known = pictures("digits", seed).x, half_known(8, "bottom")[:, None]
            alone = known * v + (1 - known) * (rng(seed, 9).random((64, 200)) < x.mean(axis=1, keepdims=True))
            gains.append(float(np.mean(rbm.free_energy(np, theta(player), alone)) - np.mean(
                rbm.free_energy(np, theta(player), found))))  # fmt: skip
        assert gains[0] < 2 < gains[1] - 2


@pytest.mark.parametrize("knobs", [{"data": "digits", "hidden": 24, "trained": 0}, {"net": "dbn"}], ids=str)
def test_an_act_that_is_out_of_reach_is_passed_over(knobs: dict[str, Any]) -> None:
    """Z of 24 × 64 units is not computed: there is no act of probabilities, and going to it is refused."""
    player, passed = Player(open_lesson(CARD), HOST, knobs), ["gibbs"]
    while player.next_act():
        passed.append(player.act)
    assert passed == ["gibbs", "learn", "fill", "train"]
    assert player.next_act(-1)
    assert player.next_act(-1)
    assert player.act == "learn"
    for go, where in ((player.jump, "act 3"), (player.to_act, "likelihood")):
        with pytest.raises(Refused, match="no such place here"):
            go(where)
        assert player.act == "learn"


def test_weights_that_take_long_are_trained_in_slices() -> None:
    """With no patience the player stays as it was until all updates are made; the weights are then the same."""
    knobs = {"data": "digits", "hidden": 24, "trained": 40, "batch": 200}
    player = Player(open_lesson(CARD), HOST, patience=0.0)
    before = player.setup
    with pytest.raises(Far) as far:
        player.set_knobs(knobs, seed=5)
    assert player.setup is before
    done = [far.value.done]
    again = far.value.again
    while True:
        try:
            again(0.0)
            break
        except Far as more:
            done.append(more.done)
            again = more.again
    assert done == list(range(1, 40))
    player.set_knobs(knobs, seed=5)
    exp._fitting.cache_clear()
    assert player.start.params["W"].tolist() == made(5, **knobs).start.params["W"].tolist()
