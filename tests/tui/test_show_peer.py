"""`show --json` against PyTorch: random texts, Chinese too, sizes 1 to 64, every unit, start states, windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from lessons.course import open_lesson
from lessons.player.player import Player
from lessons.player.show import everything
from lessons.recurrent.bptt import CARD

torch = pytest.importorskip("torch", reason="PyTorch is in the extra `peers`")
pytestmark = pytest.mark.peer

UNITS = {
    "linear": lambda z: z,
    "ramp": lambda z: torch.clamp(z, -1, 1),
    "step": lambda z: (z > 0).to(z.dtype) + 0 * z.detach(),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
}
LETTERS = "abcdefghij klm你好世界学习网络"


def random_case(seed: int) -> tuple[dict[str, Any], int]:
    rng = np.random.default_rng(seed)
    text = "".join(rng.choice(list(LETTERS), rng.integers(3, 14)))
    hidden = int(rng.choice([1, 2, 3, 7, 16, 33, 64]))
    unit = list(UNITS)[seed % len(UNITS)]
    window = int(rng.choice([1, 2, 3, 500]))
    start = str(rng.choice(["zero", "random"]))
    return {"text": text, "hidden": hidden, "activation": unit, "window": window, "start": start}, int(
        rng.integers(1000)
    )


def autograd(found: dict[str, Any]) -> tuple[list[float], dict[str, Any]]:
    """Losses and gradients by PyTorch; with a window, each E_t on a graph cut w steps back."""
    params = {k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in found["params"].items()}
    f, window = UNITS[found["knobs"]["activation"]], found["knobs"]["window"]
    x, y = found["inputs"]["x"], found["inputs"]["y"]

    def loss(t: int) -> Any:
        s = params["s_init"].detach()
        for k in range(t + 1):
            s = s.detach() if k == t - window + 1 else s
            s = f(params["U"][:, x[k]] + params["W"] @ s + params["b"])
        return torch.nn.functional.cross_entropy((params["V"] @ s + params["c"])[None], torch.tensor([y[t]]))

    losses = [loss(t) for t in range(len(x))]
    sum(losses).backward()
    grads = {k: params[k].grad.numpy() if params[k].grad is not None else np.zeros(params[k].shape) for k in "UWVbc"}
    return [float(E.detach()) for E in losses], grads


@pytest.mark.parametrize("seed", range(36))
def test_losses_and_gradients(seed: int) -> None:
    given, drawn = random_case(seed)
    found = everything(Player(open_lesson(CARD), HOST, given, drawn), all_steps=False)
    losses, grads = autograd(found)
    np.testing.assert_allclose(found["result"]["losses"], losses, rtol=1e-9, atol=1e-9)
    for name, grad in grads.items():
        np.testing.assert_allclose(found["result"]["grad"][name], grad, rtol=1e-9, atol=1e-9, err_msg=f"{name} {given}")
    for p in ("U", "W"):
        total = np.sum([np.sum(row, axis=0) for row in found["result"]["terms"][p]], axis=0)
        np.testing.assert_allclose(total, grads[p], rtol=1e-9, atol=1e-9)
