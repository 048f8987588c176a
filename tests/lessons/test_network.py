"""What `network` claims: the four properties, each over several seeds; and gradients equal to autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from lessons.contract.knobs import Refused
from lessons.contract.panels import Label, Matrix
from lessons.contract.text import load
from lessons.course import open_lesson
from lessons.feedforward.network import CARD, KINDS
from lessons.player.player import Player
from lessons.player.show import everything

SEEDS = range(10)


def play(seed: int | None = None, **given: Any) -> Player:
    return Player(open_lesson(CARD), HOST, given, seed)


def at(player: Player, place: str, symbol: str) -> Any:
    player.jump(place)
    found = player.view().get(symbol)
    assert found is not None
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_forward_by_units_is_forward_by_layers(seed: int) -> None:
    player = play(seed, inputs=4, hidden=6, outputs=3, activation="sigmoid")
    p, x = player.start.params, np.array(player.start.inputs["x"])
    h = 1 / (1 + np.exp(-(p["W1"] @ x + p["b1"])))
    o = 1 / (1 + np.exp(-(p["W2"] @ h + p["b2"])))
    np.testing.assert_allclose(at(player, "forward/n=2", "h[1]"), h, atol=1e-12)
    np.testing.assert_allclose(at(player, "forward/n=2", "h[2]"), o, atol=1e-12)
    found = everything(player, all_steps=False)["result"]
    np.testing.assert_allclose(found["o"], o, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_only_the_linear_net_adds_up(seed: int) -> None:
    for name in ("sigmoid", "tanh"):  # a relu net may have left nothing of its bend: all its outputs may be off
        assert np.abs(at(play(seed, activation=name, hidden=8), "nonlinear", "bent")).max() > 1e-6
    assert np.abs(at(play(seed, activation="linear", hidden=8), "nonlinear", "bent")).max() < 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_units_in_reverse_make_the_same_layer(seed: int) -> None:
    assert at(play(seed, hidden=9), "parallel", "same") == 0


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_any_parity_is_mapped_without_a_miss(bits: int) -> None:
    player = play(bits=bits)
    assert at(player, "mapping", "missed") == 0
    answers = [float(at(player, "mapping", f"answer[{r}]")[0]) for r in range(1, 2**bits + 1)]
    assert answers == [bin(r).count("1") % 2 for r in range(2**bits)]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_small_step_makes_the_loss_smaller(seed: int) -> None:
    found = everything(play(seed, rate=0.02), all_steps=False)["result"]
    assert found["loss_after"] < found["loss"]


@pytest.mark.peer
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_equals_autograd(name: str, seed: int) -> None:
    torch = pytest.importorskip("torch")
    f = {
        "linear": lambda z: z, "ramp": lambda z: torch.clamp(z, -1, 1), "sigmoid": torch.sigmoid,
        "tanh": torch.tanh, "relu": torch.relu,
    }[name]  # fmt: skip
    player = play(seed, activation=name, inputs=5, hidden=7, outputs=4)
    theta = {p: torch.tensor(v, requires_grad=True) for p, v in player.start.params.items()}
    x, y = (torch.tensor(player.start.inputs[k], dtype=torch.float64) for k in "xy")
    o = f(theta["W2"] @ f(theta["W1"] @ x + theta["b1"]) + theta["b2"])
    loss = ((o - y) ** 2).sum() / 2
    loss.backward()
    found = everything(player, all_steps=False)["result"]
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)
    for p, tensor in theta.items():
        np.testing.assert_allclose(found["grad"][p], tensor.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_predictions() -> None:
    truths: dict[str, Any] = {}
    player = play()
    while player.forward():
        if player.asked is not None:
            truths[player.asked.ask.id] = player.answer(0.0 if player.asked.ask.kind == "number" else "?").truth
            player.skip()
    assert truths == {"bent": "no", "units": 512.0, "falls": "falls"}


@pytest.mark.parametrize("inputs", [{"x": []}, {"x": "a"}, {"x": [1] * 9}, {"b": [1.0]}, {"y": [float("nan")]}])
def test_inputs_that_are_none(inputs: dict[str, Any]) -> None:
    player = play()
    params = {name: value.tolist() for name, value in player.start.params.items()}
    with pytest.raises(Refused, match="finite numbers"):
        open_lesson(CARD).read("f.json", {"params": params, "inputs": inputs}, player.knobs)


def test_large_weights_do_not_make_a_linear_net_bent() -> None:
    player = play(activation="linear")
    player.edit("W1", (0, 0), "100000")
    player.edit("W2", (0, 0), "100000")
    while player.asked is None:
        player.forward()
    assert player.answer("?").truth == "yes"


@pytest.mark.parametrize(("M", "L", "N"), [(2, 3, 1), (3, 2, 2), (4, 5, 3)])
def test_the_number_of_weights_stands_on_the_stage(M: int, L: int, N: int) -> None:
    made = Player(open_lesson(CARD), HOST, {"inputs": M, "hidden": L, "outputs": N})
    made.jump("forward")
    panels = made.lesson.panels(made.view(), load("lessons.feedforward.network", "en"))
    (count,) = (panel for panel in panels if isinstance(panel, Matrix) and panel.id == "count")
    label = count.rows[0].items[0]
    assert isinstance(label, Label)
    params = made.start.params
    weights, biases = (
        sum(v.size for name, v in params.items() if name in kind) for kind in (("W1", "W2"), ("b1", "b2"))
    )
    assert f"= {weights}   biases L + N = {biases}" in label.text
