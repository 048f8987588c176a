"""What `activations` claims: saturation, what ten slopes leave of a gradient, and softmax with its temperature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from engine.maths.activations import ACTIVATIONS
from lessons.contract.panels import Label, Matrix
from lessons.contract.text import load
from lessons.course import open_lesson
from lessons.feedforward.activations import CARD
from lessons.player.player import Player
from lessons.player.show import everything

SEEDS = range(10)


def result(seed: int | None = None, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = everything(Player(open_lesson(CARD), HOST, given, seed), all_steps=False)["result"]
    return found


def through(name: str, z: float, w: float = 1.0, depth: int = 10) -> float:
    """∂h_K/∂z of a chain."""
    player = Player(open_lesson(CARD), HOST, {"activation": name, "depth": depth})
    player.edit("net", (0,), str(z))
    player.edit("w", (0,), str(w))
    return float(everything(player, all_steps=False)["result"]["grad"]["net"][0])


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_sigmoids_leave_less_than_a_quarter_each(seed: int) -> None:
    z = float(np.random.default_rng(seed).normal(0, 3))
    assert 0 < through("sigmoid", z) <= 0.25**10
    assert through("sigmoid", z) < through("tanh", 0.01) <= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_relu_passes_all_or_nothing(seed: int) -> None:
    z = float(np.random.default_rng(seed).normal(0, 3))
    assert through("relu", z) == (1.0 if z > 0 else 0.0)
    assert through("step", z) == 0.0


def test_the_saturated_pass_nothing_and_the_linear_everything() -> None:
    functions = result()["functions"]
    assert set(functions) == set(ACTIVATIONS)
    player = Player(open_lesson(CARD), HOST)
    player.edit("net", (0,), "20")
    far = everything(player, all_steps=False)["result"]["functions"]
    assert max(far[name]["slope"] for name in ("ramp", "step", "sigmoid", "tanh")) < 1e-8
    assert far["linear"]["slope"] == far["relu"]["slope"] == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_softmax_adds_to_one_and_cools_to_the_largest(seed: int) -> None:
    plain, cold, hot = (result(seed, scores=6, temperature=T) for T in (1, 0.05, 100))
    for found in (plain, cold, hot):
        assert sum(found["p"]) == pytest.approx(1, abs=1e-12)
    assert np.argmax(cold["p"]) == np.argmax(plain["p"]) == np.argmax(hot["p"])
    assert max(cold["p"]) > max(plain["p"]) > max(hot["p"])
    assert max(hot["p"]) - min(hot["p"]) < 0.05


def test_large_scores_do_not_overflow() -> None:
    player = Player(open_lesson(CARD), HOST)
    player.edit("z[1]", (0,), "1e300")
    assert everything(player, all_steps=False)["result"]["p"] == [1.0, 0.0, 0.0, 0.0]


@pytest.mark.peer
@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("seed", range(3))
def test_equals_autograd(name: str, seed: int) -> None:
    torch = pytest.importorskip("torch")
    functions = {
        "linear": lambda z: z, "ramp": lambda z: torch.clamp(z, -1, 1), "step": lambda z: (z > 0) * 1.0 + 0 * z,
        "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu,
    }  # fmt: skip
    player = Player(open_lesson(CARD), HOST, {"activation": name, "depth": 7, "scores": 5, "temperature": 0.7}, seed)
    net, w, z = (torch.tensor(player.start.params[p], requires_grad=True) for p in ("net", "w", "z"))
    h = net
    for _ in range(7):
        h = functions[name](w * h)
    loss = h.sum() - torch.log_softmax(z / 0.7, 0)[0]
    loss.backward()
    found = everything(player, all_steps=False)["result"]
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)
    for p, tensor in (("net", net), ("w", w), ("z", z)):
        np.testing.assert_allclose(found["grad"][p], tensor.grad.numpy(), rtol=1e-9, atol=1e-13)


def test_predictions_follow_what_is_put_in() -> None:
    for z, steeper in (("0.1", "tanh"), ("3", "sigmoid")):
        player = Player(open_lesson(CARD), HOST)
        player.edit("net", (0,), z)
        while player.asked is None:
            player.forward()
        assert player.asked.ask.id == "steeper"
        assert player.answer("?").truth == steeper
    for name, left in (("linear", "whole"), ("sigmoid", "tiny"), ("step", "zero")):
        player = Player(open_lesson(CARD), HOST, {"activation": name})
        player.record = {"steeper": "skipped"}
        while player.asked is None:
            player.forward()
        assert player.answer("?").truth == left


def test_the_loss_of_a_hopeless_score_is_finite() -> None:
    player = Player(open_lesson(CARD), HOST)
    player.edit("z[1]", (0,), "-800")
    player.jump("softmax")
    loss = player.view().get("L")
    assert loss is not None
    assert float(loss[0]) == pytest.approx(801.4, abs=0.1)


@pytest.mark.parametrize("seed", SEEDS)
def test_softmax_of_two_is_the_sigmoid_of_their_difference_to_the_last_bit(seed: int) -> None:
    draw = np.random.default_rng(seed)
    player = Player(open_lesson(CARD), HOST, {}, seed)
    for size in (0.1, 3, 50, 1e4):
        z = draw.normal(0, size, 2)
        for i, value in enumerate(z):
            player.edit(f"z[{i + 1}]", (0,), repr(float(value)))
        two = everything(player, all_steps=False)["result"]["two"]
        assert two["softmax"] == two["sigmoid"] == pytest.approx(1 / (1 + np.exp(np.clip(z[1] - z[0], -700, 700))))
        player.jump("two/sigmoid")
        gap = player.view().get("gap")
        assert gap is not None
        assert gap.item() == 0.0
        player.jump("curve")


@pytest.mark.parametrize(("lang", "names"), [("en", "linear ramp step sigmoid"), ("zh", "线性 斜面 阶跃 S␣型")])
def test_the_four_functions_of_the_slide_stand_on_the_stage(lang: str, names: str) -> None:
    lesson = open_lesson(CARD)
    player = Player(lesson, HOST)
    player.forward()
    panels = lesson.panels(player.view(), load("lessons.feedforward.activations", lang))
    (values,) = (panel for panel in panels if isinstance(panel, Matrix) and panel.id == "values")
    heads = [item.text for item in values.rows[0].items.values() if isinstance(item, Label)]
    assert heads[:4] == [name.replace("␣", " ") for name in names.split()]
