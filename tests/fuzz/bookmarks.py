"""Bookmarks, mutated: come back to, or the lesson stands at its start; then it can be stepped and left again."""

from __future__ import annotations

import json
import random
from functools import cache

from engine.device import HOST
from lessons.course import course, open_lesson
from lessons.player.bookmark import bring_back, keep
from lessons.player.player import Player
from tests.fuzz.junk import mutated


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
    found = bring_back(player, place)
    player.forward()
    player.back()
    if player.trains:
        player.to_act("train")
        player.history.advance()
    json.dumps(keep(player))
    return f"{'found' if found else 'lost'}: {how}"
