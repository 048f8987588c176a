"""What `neuron` claims: net and o are those of the slide, and a weight is felt by its input, not by its own size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from engine.maths.activations import ACTIVATIONS
from lessons.contract.knobs import Refused
from lessons.course import open_lesson
from lessons.feedforward.neuron import CARD
from lessons.player.player import Player
from lessons.player.show import everything


def play(seed: int | None = None, **given: Any) -> Player:
    return Player(open_lesson(CARD), HOST, given, seed)


def test_the_example() -> None:
    result = everything(play(), all_steps=False)["result"]
    assert result["net"] == pytest.approx(0.8 * 1 - 0.4 * 0.5 + 0.3 * 2 - 0.5)
    assert result["o"] == pytest.approx(1 / (1 + np.exp(-0.7)))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("name", ["linear", "sigmoid", "tanh"])
def test_the_weight_of_the_largest_input_is_felt_most(seed: int, name: str) -> None:
    player = play(seed, inputs=6, activation=name)
    grad = everything(player, all_steps=False)["result"]["grad"]["w"]
    x = player.start.inputs["x"]
    assert np.argmax(np.abs(grad)) == np.argmax(np.abs(x))


@pytest.mark.peer
@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("seed", range(3))
def test_equals_autograd(name: str, seed: int) -> None:
    torch = pytest.importorskip("torch")
    functions = {
        "linear": lambda z: z, "ramp": lambda z: torch.clamp(z, -1, 1), "step": lambda z: (z > 0) * 1.0 + 0 * z,
        "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu,
    }  # fmt: skip
    player = play(seed, inputs=5, activation=name)
    w, b = (torch.tensor(player.start.params[p], requires_grad=True) for p in "wb")
    o = functions[name](torch.tensor(player.start.inputs["x"], dtype=torch.float64) @ w + b[0])
    o.backward()
    found = everything(player, all_steps=False)["result"]
    np.testing.assert_allclose(found["o"], o.item(), rtol=1e-12, atol=1e-14)
    for p, tensor in (("w", w), ("b", b)):
        np.testing.assert_allclose(found["grad"][p], tensor.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_what_is_put_in_by_hand_is_followed() -> None:
    player = play()
    player.jump("fire")
    player.edit("x[3]", (0,), "-1")
    assert player.path == (("fire", -1),)
    assert player.view().get("net") == pytest.approx([0.8 - 0.2 - 0.3 - 0.5])
    player.edit("w[1]", (0,), "2")
    assert player.start.params["w"].tolist() == [2, -0.4, 0.3]
    assert player.view().get("net") == pytest.approx([2 - 0.2 - 0.3 - 0.5])
    player.edit("b", (0,), "0")
    assert player.view().get("net") == pytest.approx([1.5])
    for symbol, raw in (("o", "1"), ("p[1]", "1"), ("w[1]", "NaN"), ("x[1]", "abc")):
        with pytest.raises(Refused):
            player.edit(symbol, (0,), raw)


@pytest.mark.parametrize("x", ["abc", [], [1] * 9, ["a"], [None]])
def test_inputs_that_are_none_are_refused(x: Any) -> None:
    lesson = open_lesson(CARD)
    with pytest.raises(Refused, match="1 to 8 finite numbers"):
        lesson.read("f.json", {"params": {"w": [1.0]}, "inputs": {"x": x}}, play().knobs)


def test_predictions() -> None:
    player = play()
    truths = {}
    while player.forward():
        if player.asked is not None:
            truths[player.asked.ask.id] = player.answer(0.0).truth
            player.skip()
    assert truths == {"net": 0.7, "felt": "input"}
