"""A lesson says where its stage has a second view; there, and nowhere else, the panels differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

from engine.device import quiet
from lessons.contract.card import Card
from lessons.contract.panels import Stage
from lessons.contract.text import load
from lessons.course import course
from lessons.player.player import Player
from tests.lessons.playing import played

CARDS = {card.id: card for card in course().values() if isinstance(card, Card)}
KNOBS: list[tuple[str, dict[str, Any]]] = [(id, {}) for id in CARDS]
KNOBS += [("bptt", {"text": "hello hello, hello"}), ("word2vec", {"race": "four"})]


def positions(made: Player) -> Iterator[str]:
    """Stands at the start, middle and end of every section, then on the training curve, then in an update's phases."""
    reel = made.reel
    sections = range(len(reel.sections))
    for n in [*sections][:: max(1, len(sections) // 12)]:
        first, last = reel.starts[n], reel.starts[n + 1]
        for p in sorted({min(first + 1, last), (first + last) // 2, last}):
            made.move(reel, p)
            yield f"{p}"
    if made.trains:
        made.to_act("train")
        yield "train"
        made.land(1, is_open=True)
        inside = made.inside()
        for p in range(1, inside.total + 1, max(1, inside.total // 12)):
            made.move(inside, p)
            yield f"train, {p}"


def panels(made: Player, flipped: bool) -> Stage:
    made.flipped = flipped
    with quiet():
        return made.lesson.panels(made.view(), load(type(made.lesson).__module__.rpartition(".")[0], "en"))


@pytest.mark.parametrize(("id", "given"), KNOBS, ids=lambda each: each if isinstance(each, str) else "-".join(each))
def test_the_panels_differ_where_a_second_view_is_declared_and_only_there(id: str, given: dict[str, Any]) -> None:
    made = played(CARDS[id], **given)
    declared = 0
    for position in positions(made):
        two = made.lesson.has_second_view(made.view())
        declared += two
        assert (repr(panels(made, True)) != repr(panels(made, False))) == two, position
    if not given:
        assert bool(declared) == bool(made.lesson.second_views)  # type: ignore[attr-defined]


def test_a_view_cannot_be_changed() -> None:
    view = played(CARDS["neuron"]).view()
    for field in ("cursor", "flipped", "p", "act"):
        with pytest.raises(FrozenInstanceError):
            setattr(view, field, None)


def test_the_player_alone_makes_views() -> None:
    """So that a view always fits the position that it is of."""
    root = Path(__file__).parents[2]
    files = (file for folder in ("lessons", "tui") for file in (root / folder).rglob("*.py"))
    made = [file.relative_to(root).as_posix() for file in files if re.search(r"\bView\(", file.read_text("utf-8"))]
    assert made == ["lessons/player/views.py"]
