"""Playing a lesson in tests without a screen."""

from __future__ import annotations

from typing import Any

from engine.device import HOST
from lessons.course import Card
from lessons.player import Player
from lessons.show import everything


def played(card: Card, seed: int | None = None, **given: Any) -> Player:
    """A lesson with these knobs, its predictions answered."""
    made = Player(card.open(), HOST, given, seed)
    made.record = {ask.id: "skipped" for ask in made.lesson.asks}
    return made


def result(made: Player) -> dict[str, Any]:
    """What `unroll show --json` gives as its result."""
    found: dict[str, Any] = everything(made, all_steps=False)["result"]
    return found
