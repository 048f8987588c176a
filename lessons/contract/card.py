"""The card of a lesson: what is known of it before it is opened. It costs nothing to read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lessons.contract.knobs import Knob, Value

ROLES: Mapping[str, str] = {
    "forward": "forward", "train": "update", "update": "update", "step": "update", "clip": "update",
}  # fmt: skip
"""The roles of the phases that every training has, by the names that the engine's walks give them."""


@dataclass(frozen=True)
class Place:
    """A place in a lesson: its address as it is typed after `j`, and the knobs that have not their default.

    `at` "" is the first step. `notation` is "first" or "second" where the place is to be seen in that one, "" where it
    does not matter. `seed` None asks for the lecture's example where there is one.
    """

    at: str = ""
    knobs: Mapping[str, Value] = field(default_factory=dict)
    notation: str = ""
    seed: int | None = None


@dataclass(frozen=True)
class Lead:
    """A way to another lesson: its id, and the place in it."""

    lesson: str
    place: Place = Place()


@dataclass(frozen=True)
class Term:
    """A term of the field that a lesson explains, in both languages, its other names, and at which address."""

    en: str
    zh: str
    at: str = ""
    also: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All that it is called."""
        return (self.en, self.zh, *self.also)


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
    knobs: tuple[Knob, ...]
    load: str
    needs: tuple[str, ...] = ()
    notation: Mapping[str, str] = field(default_factory=dict)
    """What its symbols are called in the other notation, the lecture's or that of papers, if it has one."""
    renamed: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """What the next schema calls symbols that were called otherwise in a schema (docs/json.md): {1: {old: new}}."""
    place: int = 0
    """Its place among the lessons of the same slide; from `LAST` on, at the end of its chapter."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """What its acts and phases are, where `ROLES` does not say it: "forward", "update", or "" for none of these."""
    places: Mapping[int, Place] = field(default_factory=dict)
    """The place that shows what a slide of the lecture says, by the number of the slide."""
    terms: tuple[Term, ...] = ()

    def role(self, phase: str) -> str:
        """The role of an act or phase of its addresses, which colours it; "backward" where nothing is declared."""
        return {**ROLES, **self.roles}.get(phase, "backward")

    def describe(self, language: str = "en") -> dict[str, Any]:
        """The card as plain data, for --json; the defaults of its knobs are those of a language."""
        knobs = [
            {
                "id": k.id, "kind": k.kind, "default": k.begins(language), "choices": list(k.choices), "live": k.live,
                **({} if k.choices else {"low": k.low, "high": k.high}),
            }
            for k in self.knobs
        ]  # fmt: skip
        return {
            "id": self.id, "chapter": self.chapter, "slides": self.slides, "minutes": self.minutes,
            "title": dict(self.title), "lead": dict(self.lead), "acts": list(self.acts), "needs": list(self.needs),
            "knobs": knobs, "error": None,
        }  # fmt: skip


ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
"""Ids of lessons: they are typed, and are names of files."""


def check(card: Card) -> None:
    """Raises TypeError or ValueError where a card is not what it should be: it may be somebody else's."""
    if not (isinstance(card.id, str) and ID.fullmatch(card.id)):
        raise ValueError(f"the id {card.id!r} should be small letters, digits and hyphens, 40 at most")
    for name in ("chapter", "slides", "load"):
        if not isinstance(getattr(card, name), str):
            raise TypeError(f"{name} should be a text")
    for name in ("title", "lead"):
        texts = getattr(card, name)
        if not (isinstance(texts, Mapping) and all(isinstance(texts.get(lang), str) for lang in ("en", "zh"))):
            raise TypeError(f"{name} should have a text for en and for zh")
        if not all(text.isprintable() for text in texts.values()):
            raise ValueError(f"{name} has control characters")
    if not (card.acts and isinstance(card.acts, tuple) and all(isinstance(act, str) and act for act in card.acts)):
        raise TypeError("acts should be names, one at least")
    if not (isinstance(card.knobs, tuple) and all(isinstance(knob, Knob) for knob in card.knobs)):
        raise TypeError("knobs should be a tuple of Knob")
    if not all(isinstance(number, int) for number in (card.minutes, card.place)):
        raise TypeError("minutes and place should be whole numbers")
    if not card.load.partition(":")[0].strip(".") or not card.load.partition(":")[2]:
        raise ValueError(f"load is {card.load!r}; it should be module:attribute")
    if not (isinstance(card.terms, tuple) and all(isinstance(term, Term) for term in card.terms)):
        raise TypeError("terms should be a tuple of Term")


@dataclass(frozen=True)
class Broken:
    """A lesson that was announced but could not even show its card."""

    id: str
    error: str

    def describe(self, language: str = "en") -> dict[str, Any]:
        """What can be said of it."""
        return {"id": self.id, "error": self.error}
