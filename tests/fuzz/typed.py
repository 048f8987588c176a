"""What is typed, at random: values of knobs, addresses, values of cells. Refused in words, or done."""

from __future__ import annotations

import random
from functools import cache

from engine.device import HOST
from engine.walks.far import Far
from lessons.contract.card import Card
from lessons.contract.knobs import Refused
from lessons.course import course, open_lesson
from lessons.player.player import Player
from tests.fuzz.states import said

PIECES = [
    "0", "1", "2", "-1", "²", "٣", "½", "1e400", "nan", "inf", "-inf", "9" * 4400, "5_0", "0x10",
    "1,000", "１２", "", " ",
    "x", "\x1b[2J", "\ud800", "a\nb", "\u202e", "é", "हि", "👩‍👩‍👧", "你好", "/", "=", "..", "/etc/passwd",
    "/dev/zero", "true", "None",
    "[1]", "{}", "act", "update", "t", "k", "t=1", "update=3", "forward", "→", "W[0,0]", "δ", "∂E/∂W",
    "%s", "{0}", "\\", "'",
]  # fmt: skip


def piece(draw: random.Random, own: list[str]) -> str:
    """Something to type: a word of the lesson's or a piece of junk, or some of them together."""
    return draw.choice(["", " ", "/", "=", ","]).join(
        draw.choice([*own, *PIECES]) for _ in range(draw.choice([1, 1, 2, 3]))
    )


@cache
def card_of(lesson: str) -> Card:
    card = course()[lesson]
    assert isinstance(card, Card)
    return card


def try_typed(draw: random.Random, lesson: str) -> str:
    """Set a knob, jump, or edit a cell. What was done; raises whatever is no refusal."""
    card = card_of(lesson)
    player = Player(open_lesson(card), HOST, patience=0.5)
    own = [*card.acts, *(name for loop in player.lesson.grains for name in [str(loop)])]
    how = draw.choice(["knob", "jump", "edit"])
    knob = draw.choice([each.id for each in card.knobs] or ["x"])
    text = piece(draw, [*own, *(str(choice) for each in card.knobs if each.id == knob for choice in each.choices)])
    try:
        if how == "knob":
            player.set_knobs({knob: text})
        elif how == "jump":
            player.jump(text)
        else:
            player.forward()
            symbol = draw.choice(sorted(player.start.params) or ["x"])
            player.edit(symbol, tuple(draw.randrange(3) for _ in range(draw.choice([0, 1, 2]))), text)
        player.forward()
        player.view()
    except Refused as refused:
        line = said(refused)
        assert line
        return f"{how} {knob} {text[:30]!r} refused: {line[:80]}"
    except Far:
        return f"{how} {text[:30]!r} far"
    return f"{how} {knob} {text[:30]!r} done"
