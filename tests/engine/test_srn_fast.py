"""The fast form is the walk: same loss, same states, same gradient, same weights after several updates."""

from __future__ import annotations

import numpy as np
import pytest

from engine.activations import ACTIVATIONS
from engine.device import HOST
from engine.optimisers import OPTIMISERS
from engine.srn import PARAMETERS, forward, sweep
from engine.srn_fast import Kernel, codes
from engine.step import drain
from engine.training import Recipe, advance, start
from tests.engine.cases import make

TANH = ACTIVATIONS["tanh"]


@pytest.mark.parametrize(("T", "B", "H", "K"), [(3, 2, 4, 5), (6, 1, 3, 7), (1, 3, 2, 2), (9, 5, 8, 4)])
def test_gradient(T: int, B: int, H: int, K: int) -> None:
    case = make(HOST, T, B, H, K)
    kernel = Kernel(case.theta, T, B)
    x, y = codes(case.inputs)
    loss = kernel.gradient(x, y, case.inputs.s_init.T)
    run = drain(forward(np, TANH, case.theta, case.inputs))
    grad = drain(sweep(np, TANH, case.theta, case.inputs, run))
    assert loss == pytest.approx(float(sum(run.E)), rel=1e-13)
    for t in range(T):
        np.testing.assert_allclose(kernel.s[t + 1].T, run.s[t], atol=1e-14)
    for name in PARAMETERS:
        np.testing.assert_allclose(getattr(kernel.grad, name), getattr(grad, name), rtol=1e-11, atol=1e-12)
        assert np.abs(getattr(kernel.grad, name)).max() > 1e-3


@pytest.mark.parametrize("clip", [0.3, 1e6])
def test_updates(clip: float) -> None:
    case = make(HOST, 5, 3, 4, 6)
    kernel = Kernel(case.theta, 5, 3)
    x, y = codes(case.inputs)
    recipe = Recipe(TANH, OPTIMISERS["adagrad"], 0.1, 5, clip)
    state = start(HOST, case.theta, recipe.optimiser)
    for _ in range(4):
        kernel.gradient(x, y, case.inputs.s_init.T)
        kernel.adagrad(0.1, clip)
        state = advance(HOST, recipe, case.inputs, state)
    for name in PARAMETERS:
        np.testing.assert_allclose(getattr(kernel.theta, name), getattr(state.data.theta, name), rtol=1e-11, atol=1e-12)
        assert np.abs(getattr(kernel.theta, name) - getattr(case.theta, name)).max() > 1e-3
