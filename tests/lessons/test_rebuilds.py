"""A knob that is changed alone leaves the start that one has who opens the lesson with it: no part of it goes stale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.device import HOST
from lessons.contract.card import Card
from lessons.contract.knobs import Knob, Refused
from lessons.contract.plain import plain
from lessons.contract.view import Start
from lessons.course import course, open_lesson
from lessons.player.setup import Setting, Setup

CARDS = {card.id: card for card in course().values() if isinstance(card, Card)}
TEXTS = ("abba abba ab", "hello hello world hello")


def others(knob: Knob) -> list[Any]:
    """A few values beside the default."""
    match knob.kind:
        case "int":
            default = int(knob.default)
            near = (max(int(knob.low), default // 2), default + 1, default + 3)
            return [value for value in near if knob.low <= value <= knob.high and value != default]
        case "float":
            return [value for value in (knob.low, min(knob.high, float(knob.default) * 2)) if value != knob.default]
        case "sizes":
            return ["3", "3,2"]
        case "text":
            return list(TEXTS)
    return [choice for choice in knob.choices if choice != knob.default][:2]


def set_up(id: str, setting: Setting) -> Setup | None:
    """The lesson with these knobs; None where they do not go together."""
    try:
        return Setup.of(open_lesson(CARDS[id]), HOST, setting)
    except Refused:
        return None


def all_of(start: Start) -> Mapping[str, Any]:
    return {"params": plain(start.params), "inputs": plain(start.inputs)}


def bases(card: Card) -> list[dict[str, Any]]:
    """The knobs as they open, and with a short text, where the lesson takes one."""
    short = [{knob.id: text} for knob in card.knobs if knob.kind == "text" for text in TEXTS[:1]]
    return [{}, *(given for given in short if set_up(card.id, Setting(given)) is not None)]


@pytest.mark.representative("generate", "memory", "mlp")
@pytest.mark.parametrize("id", CARDS)
def test_a_knob_changed_alone_gives_the_start_of_a_lesson_opened_with_it(id: str) -> None:
    tried = 0
    for base in bases(CARDS[id]):
        begun = set_up(id, Setting(base))
        assert begun is not None
        own = Setting(base, begun.seed, begun.start)  # as after an edit: a start of the learner's own is kept
        for knob in (knob for knob in CARDS[id].knobs if knob.id not in base):
            for value in others(knob):
                opened = set_up(id, Setting({**base, knob.id: value}, begun.seed))
                kept = set_up(id, own)
                assert kept is not None
                if opened is None:
                    continue
                changed = set_up(id, kept.with_knobs({knob.id: value}, None))
                assert changed is not None, (base, knob.id, value)
                assert all_of(changed.start) == all_of(opened.start), (base, knob.id, value)
                tried += 1
    assert tried
