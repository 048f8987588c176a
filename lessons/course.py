"""The course as a list: what lessons there are, ours and others', without loading any of them.

A lesson is announced by an entry point of the group `unroll.lessons` that gives its Card, from a module that imports
nothing heavy; the experiment itself is loaded when the lesson is opened.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lessons.contract.knobs import Knob, Refused

if TYPE_CHECKING:
    from lessons.contract.lesson import Lesson

GROUP = "unroll.lessons"
LAST = 10
CHAPTERS = ("history", "feedforward", "recurrent", "language")


@dataclass(frozen=True)
class Card:
    """What is known of a lesson before it is opened. `load` is "module:attribute" of its Lesson class."""

    id: str
    chapter: str
    slides: str
    minutes: int
    title: Mapping[str, str]
    lead: Mapping[str, str]
    acts: tuple[str, ...]
    needs: tuple[str, ...]
    knobs: tuple[Knob, ...]
    load: str
    notation: Mapping[str, str] = field(default_factory=dict)
    """What its symbols are called in the lecture's other notation, if it has one."""
    place: int = 0
    """Its place among the lessons of the same slide; from `LAST` on, at the end of its chapter."""

    def open(self) -> Lesson:
        """The lesson itself. Raises Refused("load") with the reason where it cannot be loaded."""
        module, _, attribute = self.load.partition(":")
        try:
            lesson: Lesson = getattr(importlib.import_module(module), attribute)(self)
        except Exception as error:  # a third-party lesson may fail in any way, and must break nothing but itself
            raise Refused("load", lesson=self.id, error=_line(error)) from error
        return lesson

    def describe(self) -> dict[str, Any]:
        """The card as plain data, for --json."""
        knobs = [
            {
                "id": k.id, "kind": k.kind, "default": k.default, "choices": list(k.choices), "live": k.live,
                **({} if k.choices else {"low": k.low, "high": k.high}),
            }
            for k in self.knobs
        ]  # fmt: skip
        return {
            "id": self.id, "chapter": self.chapter, "slides": self.slides, "minutes": self.minutes,
            "title": dict(self.title), "lead": dict(self.lead), "acts": list(self.acts), "needs": list(self.needs),
            "knobs": knobs, "error": None,
        }  # fmt: skip


@dataclass(frozen=True)
class Broken:
    """A lesson that was announced but could not even show its card."""

    id: str
    error: str

    def open(self) -> Lesson:
        """Always raises Refused("load") with the reason."""
        raise Refused("load", lesson=self.id, error=self.error)

    def describe(self) -> dict[str, Any]:
        """What can be said of it."""
        return {"id": self.id, "error": self.error}


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


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
            found.append(card)
        except Exception as error:  # see Card.open
            found.append(Broken(point.name, _line(error)))
    return {card.id: card for card in sorted(found, key=_order)}


def _order(card: Card | Broken) -> tuple[int, int, int, str]:
    if isinstance(card, Broken):
        return len(CHAPTERS) + 1, 0, 0, card.id
    chapter = CHAPTERS.index(card.chapter) if card.chapter in CHAPTERS else len(CHAPTERS)
    digits = "".join(c if c.isdigit() else " " for c in card.slides).split()
    slide = int(digits[0]) if digits and card.place < LAST else 999 * (card.place >= LAST)
    return chapter, slide, card.place, card.id


def find(lesson: str) -> Card:
    """The card of one lesson. Raises Refused where there is none, or it is broken."""
    lessons = course()
    card = lessons.get(lesson)
    if card is None:
        raise unknown(lesson, lessons)
    if isinstance(card, Broken):
        card.open()
        raise AssertionError
    return card


def unknown(lesson: str, lessons: Iterable[str]) -> Refused:
    """That there is no such lesson, which there are, and which was perhaps meant."""
    from difflib import get_close_matches

    near = get_close_matches(lesson, list(lessons), 1)
    return Refused("lesson_near" if near else "lesson", lesson=lesson, lessons=", ".join(lessons) or "–", near=near)
