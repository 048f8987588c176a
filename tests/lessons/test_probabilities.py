"""A law over all lessons: probabilities that are shown sum to 1, however large the weights are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST, quiet, rng
from lessons.contract.view import Start
from lessons.course import course, open_lesson
from lessons.player.player import Player

SIZES = [1e3, 1e8, 1e18]
SHOWN = (
    "convolution", "bptt", "lstm", "gru", "memory", "generate", "translate", "music", "shapes", "tree", "caption",
)  # fmt: skip
"""Lessons that have a distribution over several outcomes in a step."""


def distributions(id: str) -> dict[str, str]:
    """The ops of a lesson that write one."""
    player = Player(open_lesson(course()[id]), HOST)
    rules = player.lesson.rule(player.knobs)
    return {op: rule for op, rule in rules.items() if "softmax(" in rule.replace("log_softmax(", "")}


def test_which_lessons_there_are() -> None:
    assert {id for id in course() if distributions(id)} == set(SHOWN)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("id", SHOWN)
def test_they_sum_to_one_or_are_not_finite(id: str, size: float) -> None:
    """To 1e-9; numbers that are not finite are told as such by every screen, `say.diverged`."""
    player, ops, draw = Player(open_lesson(course()[id]), HOST), distributions(id), rng(1, 3)
    params = {name: size * draw.choice([-1.0, 0.0, 1.0], value.shape) for name, value in player.start.params.items()}
    start, found = Start(params, player.start.inputs), list[Any]()
    with quiet():
        reel = player.lesson.reel(HOST, player.knobs, start)
        for p in range(1, min(reel.total, 1500) + 1):
            step = reel.step(p)
            assert step is not None
            found += step.values.values() if step.op in ops else ()
        found += [player.lesson.result(HOST, player.knobs, start)["probabilities"]] if id == "convolution" else []
    assert found
    for value in found:
        total = np.asarray(value).sum(axis=0)
        assert (abs(total - 1) < 1e-9)[np.isfinite(total)].all()
