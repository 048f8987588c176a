"""`g` names the quantity that the lesson has, and shows the two values of it to the digit where they part."""

from __future__ import annotations

import pytest

from engine.device import HOST
from lessons.contract.card import Card
from lessons.contract.phrases import LANGUAGES, Words
from lessons.course import course, open_lesson
from lessons.explaining.figures import parted
from lessons.explaining.typeset import slope
from lessons.player.player import Player
from tests.lessons.playing import WITHOUT_WEIGHTS
from tui.picture.drawers import Check
from tui.picture.lesson_picture import LessonPicture, Manner
from tui.picture.look import Look

OTHERS = {
    "hebb": "½ Σ y²", "neuron": "o", "words": "cos", "windows": "L", "negative-sampling": "L", "word2vec": "L",
    "hierarchical-softmax": "L", "boltzmann": "−ln p", "rivals": "f",
}  # fmt: skip
CARDS = [card for card in course().values() if isinstance(card, Card) and card.id not in WITHOUT_WEIGHTS]


@pytest.mark.representative("neuron-*", "hebb-*", "bptt-*")
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_the_heading_names_what_is_checked(card: Card, lang: str) -> None:
    player = Player(open_lesson(card), HOST)
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    player.forward()
    picture = LessonPicture(player, Look(), Manner(Words(lang, "tui")))
    picture.draw(120, 36, "", list)
    of = OTHERS.get(card.id, "E")
    assert player.lesson.checks == of
    with picture.drawing():
        drawer = Check(picture.desk(), "")
        drawn = drawer.draw(picture.desk(), 80, 24)
    assert slope(of, drawer.names[drawer.at]) in drawn.line(0)
    first = drawer.found[0]
    assert (first.plus - first.minus) == pytest.approx(2 * 1e-5 * first.numeric, rel=0.5, abs=1e-15) or first.numeric
    for value in parted(first.plus, first.minus):
        assert f"= {value} " in drawn.text()


def test_a_quantity_of_several_signs_stands_in_brackets() -> None:
    assert (slope("E", "W1"), slope("½ Σ y²", "w")) == ("∂E/∂W₁", "∂(½ Σ y²)/∂w")
