"""States of lessons, mutated: refused in one line, or taken, and then every act is walked and shown."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path
from typing import Any

from engine.device import HOST
from lessons.contract.card import Card
from lessons.contract.knobs import Refused
from lessons.contract.phrases import LANGUAGES, Words
from lessons.course import course, open_lesson
from lessons.player.player import Player
from lessons.player.show import everything
from lessons.player.state import export, restore
from tests.fuzz.junk import mutated

CARDS = [card for card in course().values() if isinstance(card, Card)]


@cache
def exported(lesson: str) -> str:
    """A state of this lesson as it begins, as text."""
    player = Player(open_lesson(course()[lesson]), HOST)
    return json.dumps(export(player.lesson, None, player.knobs, player.start))


def try_state(draw: random.Random, lesson: str, folder: Path) -> str:
    """Restore a mutated state and walk a little. What was done with it; raises whatever is no refusal."""
    state: Any
    state, how = mutated(draw, json.loads(exported(lesson)))
    file = folder / "state.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    try:
        opened = open_lesson(course()[lesson])
        knobs, start, seed = restore(opened, str(file), {})
    except Refused as refused:
        return f"refused, {said(refused)}: {how}"
    try:
        player = Player(opened, HOST, knobs, seed, start)
        for act in opened.card.acts[:6]:
            player.to_act(act)
            for _ in range(3):
                player.forward()
            everything(player, False)
    except Refused as refused:
        return f"refused later, {said(refused)}: {how}"
    return f"taken: {how}"


def said(refused: Refused) -> str:
    """The reason in English; it has words in each language."""
    words = {lang: refused.say(Words(lang, "tui")) for lang in LANGUAGES}
    return words["en"]
