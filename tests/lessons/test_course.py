"""The course: announced by entry points, light to list, and proof against lessons that do not load."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from lessons import course as courses
from lessons.contract.card import Broken, Card
from lessons.contract.knobs import Refused
from lessons.course import course, find, open_lesson


def test_bptt_is_announced_and_opens() -> None:
    card = course()["bptt"]
    assert isinstance(card, Card)
    assert card.slides == "34–37"
    assert open_lesson(card).card is card


def announce(monkeypatch: pytest.MonkeyPatch, *points: tuple[str, str]) -> None:
    import importlib.metadata

    found = [EntryPoint(name, value, courses.GROUP) for name, value in points]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: found)


def test_a_lesson_that_fails_breaks_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    announce(
        monkeypatch,
        ("bptt", "lessons.recurrent.bptt:CARD"),
        ("lost", "no_such_module:CARD"),
        ("odd", "lessons.recurrent.bptt:ACTIVATIONS"),
    )
    found = course()
    assert isinstance(found["bptt"], Card)
    for name in ("lost", "odd"):
        assert isinstance(found[name], Broken)
        with pytest.raises(Refused, match=name):
            open_lesson(found[name])
    assert next(iter(found)) == "bptt"
    with pytest.raises(Refused, match="no_such_module"):
        find("lost")


def test_a_lesson_that_fails_on_opening_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    card: Any = course()["bptt"]
    broken = Card(**{**card.__dict__, "load": "lessons.recurrent.bptt.lesson:Nobody"})
    with pytest.raises(Refused, match="cannot be loaded: AttributeError"):
        open_lesson(broken)


def test_unknown_lessons_are_refused() -> None:
    with pytest.raises(Refused, match=r"no lesson lstm2; the lessons are .*bptt"):
        find("lstm2")
    with pytest.raises(Refused, match=r"did you mean lstm\?$"):
        find("lstm2")
    with pytest.raises(Refused, match=r"the lessons are timeline, .*word2vec"):
        find("quite another thing")


def test_listing_loads_nothing_heavy() -> None:
    heavy = "print([m for m in ('numpy', 'textual', 'rich') if m in sys.modules])"
    code = f"import sys; from lessons.course import course; course(); {heavy}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_acts_and_phases_have_the_roles_that_their_card_declares() -> None:
    cards = {card.id: card for card in course().values() if isinstance(card, Card)}
    assert {role for card in cards.values() for role in card.roles.values()} <= {"forward", "backward", "update", ""}
    roles = [cards["bptt"].role(act) for act in cards["bptt"].acts]
    assert roles == ["forward", *["backward"] * 5, "", "update"]
    assert [cards["mlp"].role(phase) for phase in ("loss", "clip", "step", "update")] == ["backward", *["update"] * 3]
