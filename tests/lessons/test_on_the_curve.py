"""On the training curve, where no update is open: what symbols hold there, and that a picture costs little."""

from __future__ import annotations

import numpy as np
import pytest

from engine.device import HOST
from lessons.building.latest import latest
from lessons.contract.card import Card
from lessons.contract.text import load
from lessons.course import course, open_lesson
from lessons.player.player import Player

TRAINED = [card for card in course().values() if isinstance(card, Card) and "train" in card.acts]


def trained(card: Card, updates: int = 5) -> Player:
    player = Player(open_lesson(card), HOST)
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    player.to_act("train")
    for _ in range(updates):
        player.history.advance()
    player.follow()
    return player


@pytest.mark.parametrize("card", TRAINED, ids=lambda card: card.id)
def test_a_symbol_holds_there_what_it_holds_after_the_first_section(card: Card) -> None:
    player = trained(card)
    view, reel = player.view(), player.runs.inside(5)
    end = reel.starts[1]
    symbols = {*view.start.params, *(name for step in reel.tape(0) for name in step.values)}
    assert symbols
    for symbol in symbols:
        np.testing.assert_array_equal(np.asarray(view.held(symbol)), np.asarray(reel.get(symbol, end)), symbol)


@pytest.mark.parametrize("card", [card for card in TRAINED if card.id in ("generate", "memory")], ids=lambda c: c.id)
def test_a_picture_runs_no_section_of_an_update(card: Card) -> None:
    """Hundreds of steps would be made anew for every picture while training runs."""
    player = trained(card)
    view, text = player.view(), load(type(player.lesson).__module__.rpartition(".")[0], "en")
    player.lesson.says(view, text)
    player.lesson.panels(view, text)
    assert not player.runs.inside(5)._tapes


def test_what_was_made_last_is_kept_for_the_same_object_alone() -> None:
    made = list[str]()

    @latest
    def spelled(of: list[int], more: str = "") -> str:
        made.append(f"{of}{more}")
        return made[-1]

    one, equal = [1], [1]
    assert (spelled(one, "a"), spelled(one, "b"), spelled(equal), spelled(one)) == ("[1]a", "[1]a", "[1]", "[1]")
    assert len(made) == 3


def test_another_update_is_read_anew() -> None:
    player = trained(next(card for card in TRAINED if card.id == "generate"))
    text = load("lessons.recurrent.generate", "en")
    shown = [repr(player.lesson.panels(player.view(), text)) for _ in range(2)]
    assert shown[0] == shown[1]
    player.history.advance()
    player.follow()
    assert repr(player.lesson.panels(player.view(), text)) != shown[0]
