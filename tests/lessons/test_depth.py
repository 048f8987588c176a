"""What `depth` claims: sigmoid loses the gradient on its way down, ReLU with he keeps it, a bad start spoils both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from lessons.contract.knobs import Refused
from lessons.course import open_lesson
from lessons.feedforward.depth import CARD, KINDS
from lessons.player.player import Player
from lessons.player.show import everything

SEEDS = range(10)


def play(seed: int | None = None, **given: Any) -> Player:
    return Player(open_lesson(CARD), HOST, given, seed)


def shares(seed: int, **given: Any) -> dict[str, float]:
    """The first layer's error over the last's, by unit."""
    sizes = everything(play(seed, **given), all_steps=False)["result"]["sizes"]
    return {kind: sizes[kind][0] / sizes[kind][-1] for kind in KINDS}


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_layers_of_sigmoid_teach_the_first_one_next_to_nothing(seed: int) -> None:
    assert shares(seed, depth=10, width=12)["sigmoid"] < 1e-3


def test_relu_with_he_and_tanh_with_xavier_keep_it() -> None:
    relu = [shares(seed, depth=10, width=12, initial="he")["relu"] for seed in SEEDS]
    tanh = [shares(seed, depth=10, width=12)["tanh"] for seed in SEEDS]
    assert 0.1 < np.median(relu) < 10
    assert 0.1 < np.median(tanh) < 10


@pytest.mark.parametrize("seed", SEEDS)
def test_a_small_start_starves_every_kind(seed: int) -> None:
    small = shares(seed, depth=10, width=12, initial="small")
    fair = shares(seed, depth=10, width=12, initial="he")
    for kind in KINDS:
        assert small[kind] < 0.1 * fair[kind], kind


@pytest.mark.parametrize("seed", SEEDS)
def test_deeper_is_worse_for_sigmoid(seed: int) -> None:
    found = [shares(seed, depth=depth, width=8)["sigmoid"] for depth in (3, 6, 12)]
    assert found[0] > found[1] > found[2]


@pytest.mark.peer
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_equals_autograd(kind: str, seed: int) -> None:
    torch = pytest.importorskip("torch")
    f = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}[kind]
    player = play(seed, depth=7, width=5, activation=kind, initial="he")
    theta = {p: torch.tensor(v, requires_grad=True) for p, v in player.start.params.items()}
    x, y = (torch.tensor(player.start.inputs[k], dtype=torch.float64) for k in "xy")
    h, nets = x, []
    for n in range(1, 8):
        z = theta[f"W{n}"] @ h + theta[f"b{n}"][:, None]
        z.retain_grad()
        nets.append(z)
        h = f(z) if n < 7 else z
    loss = ((h - y) ** 2).sum() / 2 / x.shape[1]
    loss.backward()
    found = everything(player, all_steps=False)["result"]
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)
    for p, tensor in theta.items():
        np.testing.assert_allclose(found["grad"][p], tensor.grad.numpy(), rtol=1e-9, atol=1e-13)
    sizes = [float(z.grad.norm()) for z in nets]
    np.testing.assert_allclose(found["sizes"][kind], sizes, rtol=1e-9)


def test_predictions() -> None:
    truths: dict[str, Any] = {}
    player = play()
    while player.forward():
        if player.asked is not None:
            truths[player.asked.ask.id] = player.answer("?").truth
            player.skip()
    found = shares(0)
    assert truths == {"arrives": "tiny", "keeps": max(found, key=lambda kind: found[kind])}


@pytest.mark.parametrize("inputs", [{"x": [[1, 2], [3]]}, {"x": "a"}, {"y": [[1.0]]}, {"x": [[float("inf")] * 4] * 6}])
def test_inputs_that_are_none(inputs: dict[str, Any]) -> None:
    player = play()
    params = {name: value.tolist() for name, value in player.start.params.items()}
    with pytest.raises(Refused, match="finite numbers"):
        open_lesson(CARD).read("f.json", {"params": params, "inputs": inputs}, player.knobs)
