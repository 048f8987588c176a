"""A net of 128 LSTM units learns real text beside PyTorch's: the same loss curve for 2,000 updates.

The text is Python's own manual, or the file that UNROLL_CORPUS names.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, rng
from engine.gated.lstm import LSTM
from engine.gated.run.letters import encode, vocabulary
from engine.gated.run.streams import Streams
from engine.gated.run.training import GatedRun, Snapshot, drawn
from engine.maths.optimisers import EPSILON, OPTIMISERS
from engine.walks.training import Learning, Recipe
from lessons.data.corpora.read import letters

T, B, H = 25, 8, 128
RATE, CLIP, UPDATES = 0.03, 5.0, 2000
SMOOTHED = 20
"""Windows whose mean is a point of the curve."""


def ours(source: Streams, theta: dict[str, Any]) -> list[float]:
    """The loss of every window, by the form that the app and the command train with."""
    losses: list[float] = []

    def look(n: int, before: None, learning: Learning[None], seen: Snapshot) -> None:
        losses.append(float(learning.loss))

    school = GatedRun(HOST, LSTM, Recipe(OPTIMISERS["adagrad"], RATE, CLIP), source, H, look)
    state = school.start({p: value if value.ndim == 2 else value[:, None] for p, value in theta.items()}, None)
    for _ in range(UPDATES):
        state = school.advance(state)
    return losses


def theirs(torch: Any, source: Streams, theta: dict[str, Any]) -> list[float]:
    """The same by `torch.nn.LSTM` and autograd; AdaGrad written out, for PyTorch's has ε outside the root."""
    K = source.outputs
    net, out = torch.nn.LSTM(K, H).double(), torch.nn.Linear(H, K).double()
    given = {
        net.weight_ih_l0: np.concatenate([theta[f"U{q}"] for q in "ifgo"]),
        net.weight_hh_l0: np.concatenate([theta[f"W{q}"] for q in "ifgo"]),
        net.bias_ih_l0: np.concatenate([theta[f"b{q}"] for q in "ifgo"]),
        net.bias_hh_l0: np.zeros(4 * H),
        out.weight: theta["V"],
        out.bias: theta["by"],
    }
    for parameter, value in given.items():
        parameter.data.copy_(torch.from_numpy(value))
    net.bias_hh_l0.requires_grad_(False)
    moving = [parameter for parameter in given if parameter.requires_grad]
    G = [torch.zeros_like(parameter) for parameter in moving]
    eye, state, losses = torch.eye(K, dtype=torch.float64), None, []
    for n in range(UPDATES):
        window = source.window(n)
        x, y = (torch.from_numpy(np.asarray(codes, dtype=np.int64)) for codes in (window.x, window.y))
        h, state = net(eye[x], None if window.fresh else state)
        loss = torch.nn.functional.cross_entropy(out(h).reshape(T * B, K), y.reshape(-1), reduction="sum") / B
        loss.backward()
        torch.nn.utils.clip_grad_norm_(moving, CLIP)
        with torch.no_grad():
            for parameter, kept in zip(moving, G, strict=True):
                kept += parameter.grad**2
                parameter -= RATE * parameter.grad / torch.sqrt(kept + EPSILON)
                parameter.grad = None
        state = tuple(each.detach() for each in state)
        losses.append(loss.item())
    return losses


@pytest.mark.peer
def test_the_loss_curve_is_pytorchs() -> None:
    """To 1e-7 while rounding has not grown (it does, tenfold every 30 updates or so); then the curve, within 1 %."""
    torch = pytest.importorskip("torch", reason="no PyTorch here: pip install 'unroll-nn[peers]'")
    torch.set_num_threads(1)
    file = os.environ.get("UNROLL_CORPUS")
    text = Path(file).read_text(encoding="utf-8") if file else letters("python")
    known = vocabulary(text, 96)
    source = Streams(encode(text, known), len(known), T, B)
    theta = drawn(LSTM, H, len(known), rng(3))
    mine, other = np.array(ours(source, theta)), np.array(theirs(torch, source, theta))
    np.testing.assert_allclose(mine[:50], other[:50], rtol=1e-7)
    curves = [losses.reshape(-1, SMOOTHED).mean(axis=1) for losses in (mine, other)]
    np.testing.assert_allclose(curves[0], curves[1], rtol=0.01)
    first, last = (part.mean() / (T * np.log(2)) for part in (mine[:20], mine[-200:]))
    gaps = [np.abs(a / b - 1).max() for a, b in ((mine, other), curves)]
    print(f"{first:.2f} → {last:.2f} bits a letter; gap of a window {gaps[0]:.1e}, of the curve {gaps[1]:.1e}")
    assert last < 3.2 < first
