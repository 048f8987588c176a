"""What `hebb` claims: Hebb's rule grows without bound, Oja's settles on the first axis, half a pattern is enough."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from lessons.contract.knobs import Refused
from lessons.contract.panels import Plot
from lessons.contract.text import load
from lessons.course import open_lesson
from lessons.feedforward.hebb import CARD
from lessons.feedforward.hebb.lesson import LETTERS, pattern
from lessons.player.player import Player
from lessons.player.show import everything

SEEDS = range(10)


def play(seed: int | None = None, **given: Any) -> Player:
    return Player(open_lesson(CARD), HOST, given, seed)


def result(seed: int | None = None, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = everything(play(seed, **given), all_steps=False)["result"]
    return found


def sizes(player: Player, act: str) -> list[float]:
    player.jump(act)
    player.move(player.reel, player.reel.forward(player.spot.p - 1, 0))
    view = player.view()
    found = [view.get(f"w_norm[{n}]") for n in range(1, len(player.start.inputs["x"]) + 1)]
    return [float(size) for size in found if size is not None]


@pytest.mark.parametrize("seed", SEEDS)
def test_hebb_never_shrinks_and_never_stops(seed: int) -> None:
    grown = sizes(play(seed, samples=60), "hebb")
    assert len(grown) == 60
    assert all(b >= a for a, b in pairwise(grown))
    assert grown[-1] > 3 * grown[0]
    assert sizes(play(seed, samples=120), "hebb")[-1] > 1.5 * grown[-1]


@pytest.mark.parametrize("seed", SEEDS)
def test_oja_settles_at_length_one_along_the_first_axis(seed: int) -> None:
    player = play(seed, samples=400, rate=0.03, inputs=3)
    found = sizes(player, "oja")
    assert abs(np.mean(found[200:]) - 1) < 0.1
    x = np.array(player.start.inputs["x"])
    axis = np.linalg.eigh(x.T @ x)[1][:, -1]
    w = np.array(result(seed, samples=400, rate=0.03, inputs=3)["oja"])
    assert abs(w @ axis) / np.linalg.norm(w) > 0.93


@pytest.mark.parametrize("count", [1, 2, 3])
def test_half_a_pattern_is_enough(count: int) -> None:
    found = result(patterns=count)
    assert found["wrong"] == 0
    assert found["recalled"] == pattern(LETTERS[0])


@pytest.mark.parametrize("seed", SEEDS)
def test_recall_mends_one_of_two_unlike_patterns(seed: int) -> None:
    draw = np.random.default_rng(seed)
    patterns = np.sign(draw.normal(size=(2, 25)))
    shown = np.where(np.arange(25) < 18, patterns[0], -1.0)
    while (
        max(abs(patterns[0] @ patterns[1]), abs(shown @ patterns[1])) > 5
    ):  # unlike the first, and what is shown of it
        patterns[1] = np.sign(draw.normal(size=25))
    inputs = {**play().start.inputs, "patterns": patterns.tolist(), "shown": shown.tolist()}
    lesson = open_lesson(CARD)
    knobs, start = lesson.read("f.json", {"params": {"w": [0.1, 0.2]}, "inputs": inputs}, play().knobs)
    found = lesson.result(HOST, knobs, start)
    begun = int((shown != patterns[0]).sum())
    assert found["wrong"] <= begun / 2


def test_six_letters_are_too_many() -> None:
    assert result(patterns=6)["wrong"] > 0


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(3))
def test_hebbs_step_climbs_the_gradient_of_half_y_squared(seed: int) -> None:
    torch = pytest.importorskip("torch")
    player = play(seed, samples=9, inputs=4)
    w = torch.tensor(player.start.params["w"], requires_grad=True)
    loss = ((torch.tensor(player.start.inputs["x"], dtype=torch.float64) @ w) ** 2).sum() / 2
    loss.backward()
    np.testing.assert_allclose(result(seed, samples=9, inputs=4)["grad"]["w"], w.grad.numpy(), rtol=1e-12)
    now = torch.tensor(player.start.params["w"], requires_grad=True)
    for row in player.start.inputs["x"]:
        y = torch.tensor(row, dtype=torch.float64) @ now
        (by,) = torch.autograd.grad(y**2 / 2, now)
        now = (now + 0.1 * by).detach().requires_grad_(True)
    np.testing.assert_allclose(result(seed, samples=9, inputs=4)["hebb"], now.detach().numpy(), rtol=1e-10)


def test_predictions() -> None:
    truths: dict[str, Any] = {}
    player = play()
    while player.forward():
        if player.asked is not None:
            truths[player.asked.ask.id] = player.answer(0.0 if player.asked.ask.kind == "number" else "?").truth
            player.skip()
    assert truths == {"growth": "grows", "tamed": "one", "recalled": 0.0}


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"x": [[1]] * 4}, "5 to 400"),
        ({"x": "no"}, "5 to 400"),
        ({"patterns": [[1.0, -1.0]]}, "25 numbers"),
        ({"shown": [0.0] * 25}, "25 numbers"),
    ],
)
def test_states_that_are_none(inputs: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        open_lesson(CARD).read("f.json", {"params": {"w": [0.1, 0.2]}, "inputs": inputs}, play().knobs)


def test_w_is_drawn_as_an_arrow_that_comes_to_lie_along_the_first_axis() -> None:
    made = play()
    made.record = {ask.id: "skipped" for ask in made.lesson.asks}
    made.to_act("oja")
    while made.act == "oja":
        assert made.forward()
    made.back()
    assert made.act == "oja"
    panels = made.lesson.panels(made.view(), load("lessons.feedforward.hebb", "en"))
    plot = next(part for panel in panels for part in panel.parts() if part.id == "turn")
    assert isinstance(plot, Plot)
    tip = next(point[:2] for point in plot.points if point[2] in "►◄▲▼")
    w = made.view().get("w")
    assert w is not None
    assert tip == pytest.approx(tuple(w.reshape(-1)[:2]))
    far = plot.lines[0].x[1], plot.lines[0].y[1]
    assert abs(np.dot(far, tip)) / np.linalg.norm(far) / np.linalg.norm(tip) > 0.95


def test_the_unit_at_work_has_the_same_number_in_the_title_of_its_state_and_of_its_net_input() -> None:
    made = play()
    made.jump("recall/sweep=1/i=6")
    panels = made.lesson.panels(made.view(), load("lessons.feedforward.hebb", "en"))
    titles = [block.title for panel in panels if panel.id == "cell_now" for block in panel.blocks()]
    assert titles == ["net₆", "s₆"]


def test_the_length_at_which_growth_and_decay_balance_is_drawn_once_it_has_been_asked() -> None:
    made = play()
    made.jump("oja/n=1")
    assert made.asked is None

    def drawn() -> list[str]:
        panels = made.lesson.panels(made.view(), load("lessons.feedforward.hebb", "en"))
        plot = next(part for panel in panels for part in panel.parts() if part.id == "length")
        assert isinstance(plot, Plot)
        return [line.name for line in plot.lines]

    assert drawn() == ["‖w‖"]
    made.record["tamed"] = "skipped"
    assert drawn() == ["‖w‖", "1"]
