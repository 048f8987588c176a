"""A state of another size is refused in every lesson, with the size as the reason."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from engine.device import HOST
from lessons.contract.card import Card
from lessons.contract.knobs import Refused
from lessons.course import course, open_lesson
from lessons.player.player import Player
from lessons.player.state import export, restore

FIRST = 6
"""Parameters of a lesson that are tried: those of the other gates and layers are read alike."""
CARDS = [card for card in course().values() if isinstance(card, Card) and card.id not in ("timeline", "rivals")]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_a_state_of_another_size_is_refused_for_its_size(card: Card, tmp_path: Path) -> None:
    lesson, file = open_lesson(card), tmp_path / "state.json"
    player = Player(lesson, HOST)
    state = json.loads(json.dumps(export(lesson, None, player.knobs, player.start)))
    for name in list(state["params"])[:FIRST]:
        value = np.array(state["params"][name], dtype=float)
        for axis in range(value.ndim):
            for times in (2, 100):
                other = np.repeat(value, times, axis=axis)
                file.write_text(json.dumps({**state, "params": {**state["params"], name: other.tolist()}}))
                with pytest.raises(Refused) as refused:
                    restore(lesson, str(file), {})
                said = str(refused.value)
                assert re.search(r"has shape \(.*\); it should be \(|cannot be \d+ at the same time", said), said
