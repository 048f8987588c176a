"""Words by their company and as dense vectors: every rule of both walks holds, and the gradient is the cosine's."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Array, Device, rng
from engine.walks.gradient_check import Objective, along
from engine.walks.reel import Env, Reel, Section
from engine.walks.step import Path, Walk, drain
from engine.words import meaning
from tests.engine.ruling import assert_rules_hold

GRAINS = {"act": 0, "phase": 1, "w": 2, "n": 2, "i": 3, "a": 3, "b": 4, "o": 4, "op": 5}
V, D = 6, 4
CHOSEN = (4, 0, 3)
PAIRS = list(combinations(CHOSEN, 2))
BESIDE = {4: [1, 1, 0], 0: [5, 4], 3: [2, 1, 5, 0]}


def make(device: Device, seed: int) -> tuple[Array, list[Array]]:
    """W (D, V), and every word one-hot."""
    return device.put(rng(seed, 31).normal(size=(D, V))), [device.put(np.eye(V)[:, w : w + 1]) for w in range(V)]


@pytest.mark.parametrize("seed", range(2))
def test_every_rule_gives_its_step(seed: int, device: Device) -> None:
    W, x = make(device, seed)
    xp, company, dense = device.xp, (("company", -1),), (("dense", -1),)
    families: dict[str, Any] = {"x": lambda w: x[w] if 0 <= w < V else None}
    walks: list[tuple[Path, Callable[[], Walk[Any]]]] = [
        (company, lambda: meaning.by_company(xp, x, BESIDE, PAIRS, company)),
        (dense, lambda: meaning.by_dense(xp, W, x, CHOSEN, PAIRS, dense)),
    ]
    sections = [Section(at, walk, lambda: Env({"W": W}, families), len(list(walk()))) for at, walk in walks]
    met = assert_rules_hold(device, Reel(sections, GRAINS), meaning.RULES)
    assert met == {"c_0", "c", "dist_c", "cos_c", "v", "dist_v", "cos_v", "turn_a", "turn_b", "grad_W"}


def test_company_counts_who_stands_beside() -> None:
    _, x = make(HOST, 0)
    rows = np.array([np.bincount(BESIDE[w], minlength=V) for w in CHOSEN], dtype=float)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = drain(meaning.by_company(np, x, BESIDE, PAIRS))
    wanted = [unit[i] @ unit[j] for i, j in combinations(range(len(CHOSEN)), 2)]
    np.testing.assert_allclose(np.array(cosines).reshape(-1), wanted, atol=1e-14)


@pytest.mark.parametrize("seed", range(4))
def test_the_gradient_of_the_first_cosine(seed: int) -> None:
    W, x = make(HOST, seed)
    a, b = PAIRS[0]
    steps = list(meaning.by_dense(np, W, x, CHOSEN, PAIRS))
    grad = next(step.values["grad_W"] for step in steps if step.op == "grad_W")

    def cosine(W: Array = W) -> Array:
        return np.sum(meaning.cosine(np, W @ x[a], W @ x[b]))

    exact, numeric = along(HOST, Objective({"W": W}, cosine, {"W": grad}), rng(seed))
    assert abs(exact - numeric) < 1e-9
