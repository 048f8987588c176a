"""Playing a lesson in tests without a screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.device import HOST
from lessons.contract.card import Card
from lessons.contract.panels import Laws
from lessons.contract.text import load
from lessons.course import open_lesson
from lessons.explaining.formulas import law
from lessons.player.player import Player
from lessons.player.show import everything

WITHOUT_WEIGHTS = frozenset({"timeline"})
"""Lessons that hold no parameters: there is nothing to put in by hand, and no gradient."""


def played(card: Card, seed: int | None = None, **given: Any) -> Player:
    """A lesson with these knobs, its predictions answered."""
    made = Player(open_lesson(card), HOST, given, seed)
    made.record = {ask.id: "skipped" for ask in made.lesson.asks}
    return made


def result(made: Player) -> dict[str, Any]:
    """What `unroll show --json` gives as its result."""
    found: dict[str, Any] = everything(made, all_steps=False)["result"]
    return found


def said_at_the_top(made: Player) -> Sequence[str]:
    """The laws that stand over a position."""
    text = load(type(made.lesson).__module__.rpartition(".")[0], "en")
    panel = next(panel for panel in made.lesson.panels(made.view(), text) if panel.id == "law")
    assert isinstance(panel, Laws)
    return panel.laws


def assert_laws_are_those_of_the_steps(made: Player, most: int, at_least: int) -> None:
    """From here on, operation by operation, in this act: the law is that of the step."""
    made.grain = max(made.lesson.grains.values())
    made.forward()
    rules, act, seen = made.lesson.rule(made.knobs), made.act, set()
    for _ in range(most):
        view = made.view()
        if view.act != act:
            break
        assert view.step is not None
        assert said_at_the_top(made) == [law(rules[view.step.op])]
        seen.add(view.step.op)
        made.forward()
    assert len(seen) >= at_least
