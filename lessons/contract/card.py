"""The card of a lesson: what is known of it before it is opened. It costs nothing to read."""

from __future__ import annotations

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
    renamed: Mapping[str, str] = field(default_factory=dict)
    """What its symbols are called now that were called otherwise in states of schema 1 (docs/json.md): {old: new}."""
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

    def describe(self) -> dict[str, Any]:
        """What can be said of it."""
        return {"id": self.id, "error": self.error}
