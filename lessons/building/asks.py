"""What is asked of a lesson, declared: the gradient that is checked, and the predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.device import Array
from lessons.building.acts import Scope, Trial


@dataclass(frozen=True)
class Gradient:
    """What `g` checks: the scalar `of`, and by each parameter the symbol that holds its slope, as "d{}".

    Where no act computes them, both are functions of what can be read at the start; or the first alone, which gives the
    engine's objective.
    """

    of: str | Callable[[Scope], Any]
    by: str | Callable[[Scope], Mapping[str, Array]] | None = None


@dataclass(frozen=True)
class Question:
    """A prediction: see `contract.lesson.Ask`. `at` is an address, in which {M} is a length; asked only `when`."""

    id: str
    at: str | Callable[[Scope], str]
    kind: str
    answer: Callable[[Trial], str | float]
    tolerance: float = 0.05
    within: float = 0.0
    when: Callable[[Scope], bool] | None = None
    track: str = "reel"
