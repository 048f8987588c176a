"""The course as a list: what lessons there are, ours and others', without loading any of them.

A lesson is announced by an entry point of the group `unroll.lessons` that gives its Card, from a module that imports
nothing heavy; the experiment itself is loaded when the lesson is opened.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from lessons.contract.card import Broken, Card, check
from lessons.contract.knobs import Refused

if TYPE_CHECKING:
    from lessons.contract.lesson import Lesson

GROUP = "unroll.lessons"
LAST = 10
CHAPTERS = ("history", "feedforward", "recurrent", "language")


def open_lesson(card: Card | Broken) -> Lesson:
    """The lesson itself. Raises Refused("load") with the reason where it cannot be loaded."""
    if isinstance(card, Broken):
        raise Refused("load", lesson=card.id, error=card.error)
    module, _, attribute = card.load.partition(":")
    try:
        lesson: Lesson = getattr(importlib.import_module(module), attribute)(card)
    except (Exception, SystemExit) as error:  # a third-party lesson may fail in any way, and break nothing but itself
        raise Refused("load", lesson=card.id, error=_line(error)) from error
    return lesson


def _line(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}".splitlines()[0]
    except Exception:  # it fails even at saying why
        return type(error).__name__


def course() -> dict[str, Card | Broken]:
    """Every announced lesson by its id, in the order of the chapters and slides; broken ones last."""
    from importlib.metadata import entry_points

    found: list[Card | Broken] = []
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        try:
            card = point.load()
            if not isinstance(card, Card):
                raise TypeError(f"{point.value} is no Card")
            if card.id != point.name:
                raise ValueError(f"the card says {card.id!r}, the entry point {point.name!r}")
            check(card)
            found.append(card)
        except (Exception, SystemExit) as error:  # see open_lesson
            found.append(Broken(point.name, _line(error)))
    return {card.id: card for card in sorted(found, key=_order)}


def _order(card: Card | Broken) -> tuple[int, int, int, str]:
    if isinstance(card, Broken):
        return len(CHAPTERS) + 1, 0, 0, card.id
    chapter = CHAPTERS.index(card.chapter) if card.chapter in CHAPTERS else len(CHAPTERS)
    digits = "".join(c if c.isdigit() else " " for c in card.slides).split()
    slide = int(digits[0]) if digits and card.place < LAST else 999 * (card.place >= LAST)
    return chapter, slide, card.place, card.id


def number_of(card: Card | Broken, lessons: Mapping[str, Card | Broken]) -> str:
    """Chapter and place of a lesson in the course: 3.1; "" where it has no chapter."""
    if isinstance(card, Broken) or card.chapter not in CHAPTERS:
        return ""
    members = [each.id for each in lessons.values() if isinstance(each, Card) and each.chapter == card.chapter]
    return f"{CHAPTERS.index(card.chapter) + 1}.{members.index(card.id) + 1 if card.id in members else 1}"


def following(lesson: str, lessons: Mapping[str, Card | Broken]) -> Card | None:
    """The lesson after this one in the course; None after the last."""
    cards = [card for card in lessons.values() if isinstance(card, Card)]
    at = next((i for i, card in enumerate(cards) if card.id == lesson), len(cards))
    return cards[at + 1] if at + 1 < len(cards) else None


def find(lesson: str) -> Card:
    """The card of one lesson. Raises Refused where there is none, or it is broken."""
    lessons = course()
    card = lessons.get(lesson)
    if card is None:
        raise unknown(lesson, lessons)
    if isinstance(card, Broken):
        open_lesson(card)
        raise AssertionError
    return card


def unknown(lesson: str, lessons: Iterable[str]) -> Refused:
    """That there is no such lesson, which there are, and which was perhaps meant."""
    from difflib import get_close_matches

    near = get_close_matches(lesson, list(lessons), 1)
    return Refused("lesson_near" if near else "lesson", lesson=lesson, lessons=", ".join(lessons) or "–", near=near)
