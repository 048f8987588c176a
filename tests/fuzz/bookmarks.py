"""Bookmarks, mutated: come back to, or the lesson stands at its start; then it can be stepped and left again."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import Any

from engine.device import HOST
from lessons.course import course, open_lesson
from lessons.player.bookmark import Lost, keep, returning
from lessons.player.player import Player
from tests.fuzz.junk import mutated

PATIENCE = 20
"""Slices of coming back after which a learner stops it: a bookmark may say that there were 10¹² updates."""


@cache
def kept(lesson: str) -> str:
    """A bookmark in the middle of the lesson, in a fork of its training where it has one, as text."""
    player = Player(open_lesson(course()[lesson]), HOST)
    player.forward()
    if player.trains:
        player.to_act("train")
        player.history.grow(3)
        player.land(2, is_open=False)
        if "rate" in player.knobs:
            player.fork("rate", 0.01)
    return json.dumps(keep(player))


def try_bookmark(draw: random.Random, lesson: str) -> str:
    """Come back to a mutated bookmark, step, and leave. What was done with it."""
    place, how = mutated(draw, json.loads(kept(lesson)))
    player = Player(open_lesson(course()[lesson]), HOST)
    found = _come_back(player, place)
    player.forward()
    player.back()
    if player.trains:
        player.to_act("train")
        player.history.advance()
    json.dumps(keep(player))
    return f"{found}: {how}"


def _come_back(player: Player, place: dict[str, Any]) -> str:
    """How coming back ends. A learner stops what would take for ever, and the player stands where that leaves it."""
    try:
        for slices, _ in enumerate(returning(player, place)):
            if slices > PATIENCE:
                return "stopped"
    except Lost:
        return "lost"
    return "found"
