"""Playing a lesson in tests without a screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from engine.device import HOST
from lessons.contract.card import Card
from lessons.contract.panels import Laws
from lessons.contract.text import load
from lessons.course import course, open_lesson
from lessons.explaining.formulas import law
from lessons.player.player import Player
from lessons.player.show import everything

CARDS = [card for card in course().values() if isinstance(card, Card)]


def in_chinese(card: Card) -> Card:
    """A lesson whose defaults are those that it has where it is begun in Chinese."""
    return replace(card, knobs=tuple(replace(knob, default=knob.begins("zh"), zh=None) for knob in card.knobs))


CHINESE = [card for card in CARDS if in_chinese(card).knobs != card.knobs]
"""Lessons that have defaults of their own in Chinese."""


def every_card(*without: str) -> pytest.MarkDecorator:
    """A law over all lessons, `without` some; and, exhaustive, over those that have Chinese defaults, with these."""
    found = [pytest.param(card, id=card.id) for card in CARDS if card.id not in without]
    found += [
        pytest.param(in_chinese(card), id=f"{card.id}-zh", marks=pytest.mark.exhaustive)
        for card in CHINESE
        if card.id not in without
    ]
    return pytest.mark.parametrize("card", found)


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
