"""The card of a lesson: what is known of it before it is opened. It costs nothing to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lessons.contract.knobs import Knob

ROLES: Mapping[str, str] = {
    "forward": "forward", "train": "update", "update": "update", "step": "update", "clip": "update",
}  # fmt: skip
"""The roles of the phases that every training has, by the names that the engine's walks give them."""


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
    roles: Mapping[str, str] = field(default_factory=dict)
    """What its acts and phases are, where `ROLES` does not say it: "forward", "update", or "" for none of these."""

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
