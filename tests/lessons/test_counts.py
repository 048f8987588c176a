"""Counts and places are whole numbers wherever a lesson shows them: in cells, and in the formula of a cell."""

from __future__ import annotations

import re

import numpy as np

from engine.device import HOST
from engine.walks.step import split
from lessons.contract.card import Card
from lessons.contract.phrases import Words
from lessons.course import course, open_lesson
from lessons.explaining.figures import COUNTED, counts
from lessons.explaining.numbering import numbering
from lessons.player.player import Player
from tests.lessons.playing import every_card
from tui.picture.lens import flat
from tui.picture.lesson_picture import LessonPicture, Manner
from tui.picture.look import Look

MEASURED = {"activations": {"top", "m"}, "memory": {"bf"}, "perceptron": {"w", "b", "u", "m"}}
"""Families that happen to be whole numbers in the lecture's example, and need not be."""


@every_card()
def test_what_is_always_whole_is_shown_whole(card: Card) -> None:
    player = Player(open_lesson(card), HOST)
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    seen: dict[str, list[float]] = {}
    for n in range(1, 25):
        player.move(player.reel, max(1, player.reel.total * n // 24))
        picture = LessonPicture(player, Look(), Manner(Words("en", "tui")))
        with picture.drawing():
            for block in (block for panel in flat(picture.panels()) for block in panel.blocks()):
                if block.values is not None:
                    known = np.asarray(block.values)[np.isfinite(block.values)]
                    seen.setdefault(split(block.symbol)[0], []).extend(known[:40].tolist())
    whole = {name for name, held in seen.items() if held and max(held) > 1 and all(x == int(x) for x in held)}
    with numbering(player.lesson, player.knobs, player.path):
        assert {name for name in whole if not counts(name)} <= MEASURED.get(card.id, set())
    assert COUNTED.get() == frozenset()


def test_the_place_of_a_word_has_no_point() -> None:
    player = Player(open_lesson(course()["windows"]), HOST)
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    player.move(player.reel, 30)
    picture = LessonPicture(player, Look(cursor=(f"d[{player.view().loop('n')}]", (0,))), Manner(Words("en", "tui")))
    text = picture.draw(120, 36, "", list).stage.text()
    assert re.search(r"=  \|\d+ − \d+\|  =  \|−?\d+\|  =  \d", text), text
