"""The bar: every act has the same part of it, and a place on it leads to the position that is shown there."""

from __future__ import annotations

from itertools import pairwise

import pytest

from lessons.contract.card import Card
from lessons.course import course
from tests.lessons.playing import played
from tui.picture.bar import act_ends, position, share

CARDS = [card for card in course().values() if isinstance(card, Card)]


@pytest.mark.representative("negative-sampling", "bptt", "neuron")
@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_every_act_has_the_same_part_of_the_bar(card: Card) -> None:
    player = played(card)
    ends = act_ends(player)
    stepped = [act for act in card.acts if act != "train"]
    assert len(ends) == len(stepped)
    assert ends[-1] == player.reel.total
    for act, (start, end) in zip(stepped, pairwise((0, *ends)), strict=True):
        for p in (start + 1, end):
            player.move(player.reel, p)
            assert player.act == act
    assert [share(ends, end) for end in ends] == pytest.approx([(n + 1) / len(ends) for n in range(len(ends))])
    some = [*range(0, ends[-1], max(1, ends[-1] // 200)), *ends]
    assert [position(ends, share(ends, p)) for p in some] == some
    shares = [share(ends, p) for p in sorted(some)]
    assert shares == sorted(shares)


def test_in_training_the_bar_goes_to_the_latest_update() -> None:
    player = played(CARDS[[card.id for card in CARDS].index("bptt")])
    player.jump("train")
    assert (act_ends(player), share(act_ends(player), 0)) == ((0,), 0.0)
    player.forward()
    assert act_ends(player) == (player.progress[1],)
