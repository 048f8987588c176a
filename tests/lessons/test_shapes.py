"""A parameter of the wrong shape in a state file: the refusal names what was found and what is wanted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lessons.building.declared import DeclaredLesson
from lessons.contract.card import Card
from lessons.contract.knobs import Refused
from lessons.contract.phrases import LANGUAGES, Words
from lessons.course import course
from lessons.player.state import export, restore
from tests.lessons.playing import WITHOUT_WEIGHTS, played

CARDS = {card.id: card for card in course().values() if isinstance(card, Card)}


@pytest.mark.parametrize("id", [id for id in CARDS if id not in WITHOUT_WEIGHTS])
def test_a_vector_for_a_matrix_and_the_reverse_are_refused_with_the_shape_that_is_wanted(
    id: str, tmp_path: Path
) -> None:
    made, file = played(CARDS[id]), tmp_path / "state.json"
    state: dict[str, Any] = export(made.lesson, made.seed, made.knobs, made.start)
    name = next(iter(state["params"]))
    value = np.array(state["params"][name])
    for wrong in (value.reshape(-1), value[None], value[None, None]):
        if wrong.ndim == value.ndim:
            continue
        file.write_text(json.dumps({**state, "params": {**state["params"], name: wrong.tolist()}}), encoding="utf-8")
        with pytest.raises(Refused) as caught:
            restore(made.lesson, str(file), {})
        wanted = value.shape if isinstance(made.lesson, DeclaredLesson) else (*caught.value.fields["wanted"],)
        assert len(wanted) == value.ndim
        for lang in LANGUAGES:
            said = caught.value.say(Words(lang))
            assert f" {name} " in said.replace("：", "： ")
            assert str(wrong.shape) in said, said
            assert str(wanted) in said, said
